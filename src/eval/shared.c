/* Names matched, probabilities reduced. */
#include "eval/shared.h"

#include <stdio.h>
#include <string.h>

/* The nouns of FER+ and RAF-DB for the adjectives of FER2013, AffectNet and SFEW. */
static const char *noun(const char *name)
{
    static const char *const pairs[][2] = {{"angry", "anger"}, {"happy", "happiness"}, {"sad", "sadness"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (!strcmp(name, pairs[i][0])) return pairs[i][1];
    return name;
}

static void add(shared_classes *s, size_t of_model, size_t of_set, const char *name, const char *set_name)
{
    size_t used = strlen(s->text);
    s->of_model[s->count] = of_model;
    s->of_set[s->count] = of_set;
    s->names[s->count] = name;
    bool same = !strcmp(name, set_name);
    snprintf(s->text + used, sizeof s->text - used, "%s%s%s%s", s->count ? ", " : "", name, same ? "" : " = ",
             same ? "" : set_name);
    s->count++;
}

static const char *exact(const char *name)
{
    return name;
}

enum { UNPAIRED = -1 };

static bool is_taken(const int *pairs, size_t classes, size_t of_set)
{
    for (size_t i = 0; i < classes; i++)
        if (pairs[i] == (int)of_set) return true;
    return false;
}

/* Gives each of the model's classes that has none yet the first free one of the set whose name has the same form. */
static void pair_names(const amend_model *model, const dataset *set, const char *(*form)(const char *), int *pairs)
{
    size_t classes = amend_model_classes(model);
    for (size_t i = 0; i < classes; i++)
        for (size_t k = 0; k < dataset_classes(set) && pairs[i] == UNPAIRED; k++)
            if (!strcmp(form(amend_model_label(model, i)), form(dataset_label_name(set, k))) &&
                !is_taken(pairs, classes, k))
                pairs[i] = (int)k;
}

amend_status shared_find(const amend_model *model, const dataset *set, shared_classes *shared)
{
    int pairs[MODEL_MAX_CLASSES];
    *shared = (shared_classes){0};
    for (size_t i = 0; i < MODEL_MAX_CLASSES; i++) pairs[i] = UNPAIRED;
    pair_names(model, set, exact, pairs);
    pair_names(model, set, noun, pairs);
    for (size_t i = 0; i < amend_model_classes(model); i++)
        if (pairs[i] != UNPAIRED)
            add(shared, i, (size_t)pairs[i], amend_model_label(model, i), dataset_label_name(set, (size_t)pairs[i]));
    if (shared->count >= 2) return status_ok();
    return status_error(AMEND_BAD_DATA, "%s and the data set share %zu classes (%s ... and %s ...); two are needed",
                        amend_model_path(model), shared->count, amend_model_label(model, 0),
                        dataset_label_name(set, 0));
}

/* The shared class of a label of the set; shared->count: none. */
static size_t shared_label(const shared_classes *shared, size_t label)
{
    size_t k = 0;
    while (k < shared->count && shared->of_set[k] != label) k++;
    return k;
}

static void reduce_row(const shared_classes *shared, const float *row, float *reduced)
{
    float sum = 0;
    for (size_t k = 0; k < shared->count; k++) sum += row[shared->of_model[k]];
    for (size_t k = 0; k < shared->count; k++)
        reduced[k] = sum > 0 ? row[shared->of_model[k]] / sum : 1 / (float)shared->count;
}

size_t shared_reduce(const shared_classes *shared, const dataset *set, size_t classes, float *probabilities,
                     size_t *labels)
{
    size_t kept = 0;
    for (size_t i = 0; i < dataset_count(set); i++) {
        float row[MODEL_MAX_CLASSES];
        size_t label = shared_label(shared, dataset_label(set, i));
        if (label == shared->count) continue;
        memcpy(row, probabilities + i * classes, classes * sizeof *row);
        reduce_row(shared, row, probabilities + kept * shared->count);
        labels[kept++] = label;
    }
    return kept;
}
