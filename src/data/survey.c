/* Reads every split once, then looks at what was read. */
#include "data/survey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/dataset_internal.h"

static amend_status take_bad(void *context, const char *message)
{
    survey *s = context;
    if (s->bad < SURVEY_BAD_SHOWN) TRY(mem_copy_string(&s->bad_rows[s->bad], message));
    s->bad++;
    return status_ok();
}

typedef struct item {
    const fingerprint *print;
    size_t index;
} item;

static int compare(const void *a, const void *b)
{
    const item *x = a, *y = b;
    int order = fingerprint_compare(x->print, y->print);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static amend_status count_copies(const dataset *set, survey *s)
{
    size_t count = dataset_count(set);
    item *items = NULL;
    TRY(mem_alloc(&items, count, sizeof *items, "copies"));
    for (size_t i = 0; i < count; i++) items[i] = (item){dataset_print(set, i), i};
    qsort(items, count, sizeof *items, compare);
    for (size_t i = 1, first = 0; i < count; i++) {
        size_t a = items[first].index, b = items[i].index;
        if (fingerprint_compare(items[first].print, items[i].print)) {
            first = i;
            continue;
        }
        s->copies++;
        s->copies_other_label += dataset_label(set, a) != dataset_label(set, b);
        s->copies_other_split += dataset_split(set, a) != dataset_split(set, b);
    }
    mem_free(items);
    return status_ok();
}

static void widen(size_t value, size_t *low, size_t *high)
{
    if (!*low || value < *low) *low = value;
    if (value > *high) *high = value;
}

static amend_status count_samples(const dataset *set, survey *s)
{
    size_t classes = dataset_classes(set);
    s->dropped = dataset_dropped(set);
    s->left_aside = *dataset_left_aside(set);
    TRY(mem_alloc(&s->counts, DATA_SPLITS * classes, sizeof *s->counts, "counts"));
    for (size_t i = 0; i < dataset_count(set); i++) {
        const amend_image *image = dataset_image(set, i);
        data_split split = dataset_split(set, i);
        s->counts[split * classes + dataset_label(set, i)]++;
        s->totals[split]++;
        widen(image->width, &s->width_low, &s->width_high);
        widen(image->height, &s->height_low, &s->height_high);
    }
    return status_ok();
}

static amend_status copy_names(const dataset *set, survey *s)
{
    snprintf(s->layout, sizeof s->layout, "%s", dataset_layout(set));
    TRY(mem_alloc(&s->labels, dataset_classes(set), sizeof *s->labels, "labels"));
    for (size_t i = 0; i < dataset_classes(set); i++) {
        TRY(mem_copy_string(&s->labels[i], dataset_label_name(set, i)));
        s->classes = i + 1;
    }
    return status_ok();
}

amend_status survey_make(const data_options *options, survey *s)
{
    data_options plain = *options;
    data_bad_sink sink = {take_bad, s};
    dataset *set = NULL;
    plain.soft = false;
    plain.channels = plain.size = 0;
    amend_status st = dataset_read(&plain, true, &sink, &set);
    if (!st.code) st = copy_names(set, s);
    if (!st.code) st = count_samples(set, s);
    if (!st.code) st = count_copies(set, s);
    dataset_free(set);
    if (st.code) survey_free(s);
    return st;
}

void survey_free(survey *s)
{
    for (size_t i = 0; i < s->classes; i++) mem_free(s->labels[i]);
    for (size_t i = 0; i < SURVEY_BAD_SHOWN; i++) mem_free(s->bad_rows[i]);
    mem_free(s->labels);
    mem_free(s->counts);
    memset(s, 0, sizeof *s);
}
