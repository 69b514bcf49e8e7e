/* Predictions as a table, CSV, JSON and pictures. */
#include "cli/predict.h"

#include <stdio.h>
#include <string.h>

#include "cli/detect.h"
#include "cli/print.h"
#include "image/draw_prediction.h"

/* NULL: no expression is probable enough, or the face is not to be seen whole. */
static const char *label_of(const predict_request *r, const prediction *p, const amend_model *model)
{
    bool sure = !p->cut && (double)p->probabilities[p->best] >= r->threshold;
    return sure ? amend_model_label(model, p->best) : NULL;
}

static void print_bar(const prediction *p, const amend_model *model, size_t k)
{
    printf("  %-12s %5.1f %%  ", amend_model_label(model, k), 100 * (double)p->probabilities[k]);
    for (int i = 0; i < (int)(p->probabilities[k] * 40 + 0.5f); i++) putchar('#');
    putchar('\n');
}

static void print_headline(const predict_request *r, const char *file, const prediction *p, const amend_model *model)
{
    const char *label = label_of(r, p, model);
    cli_print_face(file, &p->box);
    fputs(": ", stdout);
    if (p->cut)
        puts("uncertain, cut off by the photo's edge");
    else
        printf("%s %.1f %%\n", label ? label : "uncertain,", 100 * (double)p->probabilities[p->best]);
}

/* In the model's order, or only the `top` most probable, the best first. */
static void print_table(const predict_request *r, const char *file, const prediction *p, const amend_model *model)
{
    bool printed[AMEND_MAX_CLASSES] = {false};
    print_headline(r, file, p, model);
    for (size_t n = 0; !p->cut && n < p->classes && n < r->top; n++) {
        size_t next = n;
        if (r->top < p->classes) {
            for (next = 0; printed[next];) next++;
            for (size_t k = 0; k < p->classes; k++)
                if (!printed[k] && p->probabilities[k] > p->probabilities[next]) next = k;
            printed[next] = true;
        }
        print_bar(p, model, next);
    }
}

static void print_quoted(const char *text)
{
    putchar('"');
    for (const char *c = text; *c; c++) printf(*c == '"' ? "\"\"" : "%c", *c);
    putchar('"');
}

/* Quoted where it must be (RFC 4180). */
static void print_cell(const char *text)
{
    if (strpbrk(text, "\",\r\n"))
        print_quoted(text);
    else
        fputs(text, stdout);
}

static void print_csv(const predict_request *r, const char *file, const prediction *p, const amend_model *model)
{
    const char *label = label_of(r, p, model);
    print_quoted(file);
    printf(",%g,%g,%g,%g,", p->box.x, p->box.y, p->box.width, p->box.height);
    print_cell(label ? label : "uncertain");
    for (size_t k = 0; k < p->classes; k++) printf(",%.6f", (double)p->probabilities[k]);
    putchar('\n');
}

void predict_print_csv_header(const amend_model *model)
{
    printf("file,x,y,w,h,label");
    for (size_t k = 0; k < amend_model_classes(model); k++) {
        putchar(',');
        print_cell(amend_model_label(model, k));
    }
    putchar('\n');
}

static json_t *to_json(const predict_request *r, const prediction *p, const amend_model *model)
{
    json_t *probabilities = json_object();
    const char *label = label_of(r, p, model);
    int failures = 0;
    for (size_t k = 0; k < p->classes; k++)
        failures |=
            json_set_text_key(probabilities, amend_model_label(model, k), json_real((double)p->probabilities[k]));
    return json_pack("{s:[f,f,f,f], s:f, s:b, s:o, s:o}", "box", p->box.x, p->box.y, p->box.width, p->box.height,
                     "score", p->score, "cut", p->cut, "label", label ? json_text(label) : json_null(), "probabilities",
                     json_finished(probabilities, failures));
}

amend_status predict_annotate(const predict_request *r, const char *name, const amend_image *photo,
                              const prediction *faces, size_t count, const amend_model *model)
{
    const char *labels[PREDICT_MAX_FACES], *names[AMEND_MAX_CLASSES];
    char text[PREDICT_MAX_FACES][64];
    amend_box boxes[PREDICT_MAX_FACES];
    amend_image drawn = {0};
    for (size_t k = 0; k < amend_model_classes(model); k++) names[k] = amend_model_label(model, k);
    for (size_t i = 0; i < count; i++) {
        const char *label = label_of(r, &faces[i], model);
        boxes[i] = faces[i].box;
        if (label)
            snprintf(text[i], sizeof text[i], "%.40s %.0f %%", label,
                     100 * (double)faces[i].probabilities[faces[i].best]);
        else
            snprintf(text[i], sizeof text[i], "uncertain");
        labels[i] = text[i];
    }
    bool bars = count == 1 && label_of(r, faces, model);
    amend_status status =
        bars ? draw_prediction(photo, boxes[0], names, faces[0].probabilities, amend_model_classes(model), &drawn)
             : draw_faces(photo, boxes, labels, count, &drawn);
    if (!status.code) status = cli_write_picture(r->annotate, name, &drawn);
    amend_image_free(&drawn);
    return status;
}

amend_status predict_print(const predict_request *r, const char *file, const prediction *faces, size_t count,
                           const amend_model *model, json_t *images)
{
    json_t *list = json_array();
    int failures = 0;
    for (size_t i = 0; i < count; i++) {
        if (r->json) failures |= json_array_append_new(list, to_json(r, &faces[i], model));
        if (r->csv) print_csv(r, file, &faces[i], model);
        if (!r->csv && (!r->json || strcmp(r->json, "-"))) print_table(r, file, &faces[i], model);
    }
    list = json_finished(list, failures);
    return status_prefix(json_append(images, json_pack("{s:o, s:o}", "file", json_text(file), "faces", list)), "%s",
                         file);
}
