/* Weights by name: all of the backbone, and of the head what fits. */
#include "model/transfer.h"

#include <stdio.h>

#include "base/mem.h"
#include "weights/state_dict.h"

enum { COLOURS = 3 };

static bool begins(const char *text, const char *front)
{
    return !strncmp(text, front, strlen(front));
}

static bool fits(const tensor_view *view, const nn_param *p)
{
    return view && view->dims == p->dims && !memcmp(view->shape, p->shape, p->dims * sizeof *p->shape);
}

/* ---- what the file says of itself ---- */

static amend_status refuse_folded(const state_dict *dict)
{
    return status_error(AMEND_UNSUPPORTED,
                        "%s: its normalisations are folded into its convolutions for good; train on from the model "
                        "that it was made from",
                        weight_file_path(dict->file));
}

/* An 8-bit file has no normalisations to train. *other_labels: it names its classes, and they are not ours. */
static amend_status read_notes(const state_dict *dict, const model_description *d, bool *other_labels)
{
    const char *name, *value;
    bool folded = false;
    description_texts texts;
    meta_entry meta[DESCRIPTION_ENTRIES];
    description_meta(d, &texts, meta);
    *other_labels = false;
    while (weight_file_next_note(dict->file, &name, &value)) {
        folded = folded || !strcmp(name, "amend.precision");
        if (!strcmp(name, "amend.labels")) *other_labels = strcmp(value, texts.labels) != 0;
    }
    return folded ? refuse_folded(dict) : status_ok();
}

static amend_status check_backbone(const state_dict *dict, const model_description *d, const nn_params *params)
{
    text_list missing = {0};
    for (size_t i = 0; i < params->count; i++) {
        const char *name = params->items[i].name;
        if (!arm_head_owns(name) && !state_dict_find(dict, name)) text_list_add(&missing, name);
    }
    if (!missing.count) return status_ok();
    if (!strcmp(weight_file_format(dict->file), "ONNX") && state_dict_find(dict, params->items[0].name))
        return refuse_folded(dict);
    return status_error(AMEND_BAD_DATA, "%s: not the weights of %s%s: %zu tensors are missing%s",
                        weight_file_path(dict->file), d->rows ? "this network" : "a ",
                        d->rows ? "" : backbone_names[d->backbone], missing.count, missing.text);
}

/* Weight and bias go together. */
static bool classifier_fits(const state_dict *dict, const nn_params *params)
{
    for (size_t i = 0; i < params->count; i++) {
        const nn_param *p = &params->items[i];
        if (begins(p->name, "fc.") && !fits(state_dict_find(dict, p->name), p)) return false;
    }
    return true;
}

/* The running mean of features has the size of the classifier's input. */
static bool keeps_its_values(const tensor_view *view, const nn_param *p, bool classifier)
{
    if (!view) return true; /* the backbone's are all there */
    if (begins(p->name, "fc.")) return !classifier;
    return !strcmp(p->name, "arm.generic") && !fits(view, p);
}

/* ---- the values ---- */

/* A gray image as three equal channels: the sum of their kernels reads it. */
static amend_status sum_colours(const char *path, const tensor_view *view, nn_param *p)
{
    const size_t shape[4] = {p->shape[0], COLOURS, p->shape[2], p->shape[3]}, taps = p->shape[2] * p->shape[3];
    nn_param colours = *p;
    memcpy(colours.shape, shape, sizeof shape);
    colours.count *= COLOURS;
    TRY(mem_alloc(&colours.value, colours.count, sizeof *colours.value, path));
    amend_status status = description_load_param(path, view, &colours);
    for (size_t i = 0; !status.code && i < p->count; i++) {
        const float *from = colours.value + i / taps * COLOURS * taps + i % taps;
        p->value[i] = from[0] + from[taps] + from[2 * taps];
    }
    mem_free(colours.value);
    return status;
}

/* The file's network is a narrower one: what it has fits into the first rows and columns of ours. */
static bool is_narrower(const tensor_view *view, const nn_param *p, bool first)
{
    if (view->dims != p->dims || !p->dims || fits(view, p)) return false;
    for (size_t k = 0; k < p->dims; k++)
        if (!view->shape[k] || view->shape[k] > p->shape[k] ||
            ((k > 1 || (first && k)) && view->shape[k] != p->shape[k]))
            return false;
    return true;
}

/* The first channels compute what the file's compute: they do not read the ones that are new, which keep their first
 * values and read all (after Chen et al., "Net2Net", 2016, with new channels instead of copied ones). */
static void place(const nn_param *from, nn_param *p)
{
    size_t columns = from->dims > 1 ? from->shape[1] : 1, taps = from->count / from->shape[0] / columns;
    size_t row = p->count / p->shape[0];
    for (size_t o = 0; o < from->shape[0]; o++) {
        memset(p->value + o * row, 0, row * sizeof *p->value);
        memcpy(p->value + o * row, from->value + o * columns * taps, columns * taps * sizeof *p->value);
    }
}

static amend_status grow(const char *path, const tensor_view *view, nn_param *p)
{
    nn_param from = *p;
    memcpy(from.shape, view->shape, p->dims * sizeof *p->shape);
    from.count = tensor_values(view);
    TRY(mem_alloc(&from.value, from.count, sizeof *from.value, path));
    amend_status status = description_load_param(path, view, &from);
    if (!status.code) place(&from, p);
    mem_free(from.value);
    return status;
}

static amend_status load(const char *path, const tensor_view *view, nn_param *p, bool first, transfer_report *report)
{
    bool sums = first && p->dims == 4 && p->shape[1] == 1 && view->dims == 4 && view->shape[1] == COLOURS;
    bool grows = !sums && is_narrower(view, p, first);
    report->summed = report->summed || sums;
    report->grown = report->grown || grows;
    if (sums) return sum_colours(path, view, p);
    if (grows) return grow(path, view, p);
    amend_status status = description_load_param(path, view, p);
    if (!status.code || fits(view, p) || arm_head_owns(p->name)) return status;
    return status_error(status.code, "%s; backbone, stem, width and channels must be the file's", status.message);
}

static void list_left(const state_dict *dict, const nn_params *params, bool classifier, text_list *left)
{
    for (size_t i = 0; i < dict->count; i++) {
        const tensor_view *view = &dict->tensors[i];
        size_t k = 0;
        while (k < params->count && strcmp(params->items[k].name, view->name)) k++;
        if (k == params->count || keeps_its_values(view, &params->items[k], classifier))
            text_list_add(left, view->name);
    }
}

static amend_status transfer(const state_dict *dict, const model_description *d, nn_params *params,
                             transfer_report *report)
{
    const char *path = weight_file_path(dict->file);
    bool other_labels;
    TRY(read_notes(dict, d, &other_labels));
    TRY(check_backbone(dict, d, params));
    bool classifier = !other_labels && classifier_fits(dict, params);
    for (size_t i = 0; i < params->count; i++) {
        nn_param *p = &params->items[i];
        const tensor_view *view = state_dict_find(dict, p->name);
        if (keeps_its_values(view, p, classifier)) {
            text_list_add(&report->kept, p->name);
            continue;
        }
        TRY(load(path, view, p, i == 0, report));
        report->taken++;
    }
    list_left(dict, params, classifier, &report->left);
    params->version++;
    return status_ok();
}

amend_status model_transfer(const char *path, const model_description *d, nn_params *params, transfer_report *report)
{
    state_dict dict = {0};
    memset(report, 0, sizeof *report);
    TRY(state_dict_open(path, &dict));
    amend_status status = transfer(&dict, d, params, report);
    state_dict_close(&dict);
    return status;
}
