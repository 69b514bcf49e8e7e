/* Evidence as a table: a row a class, with the positions that say most for it and against it. */
#include <math.h>
#include <stdio.h>

#include "cli/explain.h"
#include "cli/print.h"

enum { TOP = 3 };

static size_t area_of(const model_evidence *e)
{
    return e->shape.height * e->shape.width;
}

/* 0, 1 or 2: the third of the square's side in which the middle of what a position sees lies. */
static size_t third(const model_evidence *e, size_t at)
{
    double place = 3 * (e->field.first + (double)at * e->field.step);
    return place < 1 ? 0 : place < 2 ? 1 : 2;
}

/* "+1.25 lower left (5,2)": row and column, from 1; "-": nothing that two digits could show. */
static void print_position(const model_evidence *e, double value, size_t at, int width)
{
    static const char *const places[3][3] = {{"upper left", "upper middle", "upper right"},
                                             {"left", "middle", "right"},
                                             {"lower left", "lower middle", "lower right"}};
    size_t y = at / e->shape.width, x = at % e->shape.width;
    char text[64] = "     -";
    if (fabs(value) >= 0.005)
        snprintf(text, sizeof text, "%+6.2f %s (%zu,%zu)", value, places[third(e, y)][third(e, x)], y + 1, x + 1);
    printf("  %-*s", width, text);
}

static void print_row(const model_evidence *e, const char *name, double logit, double bias, const double *positions)
{
    size_t most = 0, least = 0;
    double sum = 0;
    for (size_t i = 0; i < area_of(e); i++) {
        if (positions[i] > positions[most]) most = i;
        if (positions[i] < positions[least]) least = i;
        sum += positions[i];
    }
    printf("  %-23s %+7.2f %+7.2f %+9.2f", name, logit, bias, sum);
    print_position(e, fmax(positions[most], 0), most, 27);
    print_position(e, fmin(positions[least], 0), least, 0);
    putchar('\n');
}

static void print_class(const model_evidence *e, const char *label, size_t k)
{
    char name[MODEL_LABEL_SIZE + 16];
    snprintf(name, sizeof name, "%-15s %5.1f %%", label, 100 * (double)e->probabilities[k]);
    print_row(e, name, e->logits[k], e->bias[k], e->positions + k * area_of(e));
}

static void print_top(const model_description *d, const model_evidence *e)
{
    size_t order[MODEL_MAX_CLASSES];
    model_evidence_order(e, order);
    for (size_t n = 0; n < TOP && n < d->classes; n++) print_class(e, d->labels[order[n]], order[n]);
}

static void print_asked(const explain_result *r)
{
    const model_evidence *e = &r->evidence;
    size_t class = r->class, against = r->against;
    print_class(e, r->description->labels[class], class);
    if (!r->difference) return;
    print_class(e, r->description->labels[against], against);
    print_row(e, "difference", e->logits[class] - e->logits[against], e->bias[class] - e->bias[against], r->difference);
}

void explain_print(const explain_result *r)
{
    const model_evidence *e = &r->evidence;
    cli_print_face(r->file, &r->box);
    if (r->count > 1) printf(" (%zu of %zu)", r->index, r->count);
    printf("\n  %-23s %7s %7s %9s  %6s %-20s  %6s\n", "", "logit", "bias", "evidence", "most", "for it",
           "most against it");
    if (r->class == EXPLAIN_ANY)
        print_top(r->description, e);
    else
        print_asked(r);
    printf("  logit = bias + evidence of %zu x %zu positions; in brackets row and column, (1,1) at the upper left\n",
           e->shape.height, e->shape.width);
}
