/* Opening a data set and looking at it. */
#include "data/dataset_internal.h"

#include "base/mem.h"
#include "data/layout.h"

const char *data_split_name(data_split split)
{
    static const char *const names[DATA_SPLITS] = {"train", "valid", "test"};
    return names[split];
}

data_options data_options_defaults(const char *path)
{
    data_options options = {.path = path, .split = DATA_TRAIN, .rule = DATA_PLURALITY, .classes = 8};
    return options;
}

static amend_status check_options(const data_options *options)
{
    enum { SIDE_MAX = 4096 };
    if (options->channels != 0 && options->channels != 1 && options->channels != 3)
        return status_error(AMEND_BAD_ARGUMENT, "images of %zu channels; take 1 (gray), 3 (RGB) or 0 (as they are)",
                            options->channels);
    if (options->size > SIDE_MAX)
        return status_error(AMEND_BAD_ARGUMENT, "images of side %zu; take at most %d", options->size, SIDE_MAX);
    if (options->classes != 7 && options->classes != 8)
        return status_error(AMEND_BAD_ARGUMENT, "AffectNet with %zu classes; take 8, or 7 (without contempt)",
                            options->classes);
    if ((unsigned)options->split >= DATA_SPLITS)
        return status_error(AMEND_BAD_ARGUMENT, "no split %d; there are train, valid and test", (int)options->split);
    return status_ok();
}

static amend_status check_not_empty(const data_builder *b)
{
    const size_t *seen = b->seen;
    if (b->set->count || b->bad) return status_ok();
    if ((b->all && !b->set->dropped) || seen[DATA_TRAIN] + seen[DATA_VALID] + seen[DATA_TEST] == 0)
        return status_error(AMEND_BAD_DATA, "%s: no images in it; give the folder or file that holds them",
                            b->options->path);
    return status_error(
        AMEND_BAD_DATA,
        "%s: no images of split '%s' (there are train %zu, valid %zu, test %zu) in layout %s; choose another split",
        b->options->path, data_split_name(b->options->split), seen[DATA_TRAIN], seen[DATA_VALID], seen[DATA_TEST],
        b->set->layout->name);
}

amend_status dataset_read(const data_options *options, bool all, const data_bad_sink *sink, dataset **set)
{
    data_builder b = {.options = options, .all = all, .sink = sink};
    amend_status st;
    *set = NULL;
    TRY(check_options(options));
    TRY(mem_alloc(&b.set, 1, sizeof *b.set, "data set"));
    st = layout_find(options->layout, options->path, &b.set->layout);
    if (st.code) goto fail;
    st = b.set->layout->read(&b);
    if (st.code) goto fail;
    st = check_not_empty(&b);
    if (st.code) goto fail;
    *set = b.set;
    return st;
fail:
    dataset_free(b.set);
    return st;
}

amend_status dataset_open(const data_options *options, dataset **set)
{
    return dataset_read(options, false, NULL, set);
}

void dataset_free(dataset *set)
{
    if (!set) return;
    for (size_t i = 0; i < set->classes; i++) mem_free(set->labels[i]);
    mem_free(set->labels);
    mem_free(set->samples);
    mem_free(set->images);
    mem_free(set->targets);
    for (size_t i = 0; i < set->block_count; i++) mem_free(set->blocks[i]);
    mem_free(set->blocks);
    mem_free(set->text);
    mem_free(set);
}

size_t dataset_count(const dataset *set)
{
    return set->count;
}

size_t dataset_classes(const dataset *set)
{
    return set->classes;
}

size_t dataset_dropped(const dataset *set)
{
    return set->dropped;
}

const text_list *dataset_left_aside(const dataset *set)
{
    return &set->left_aside;
}

const char *dataset_label_name(const dataset *set, size_t label)
{
    return set->labels[label];
}

const char *dataset_layout(const dataset *set)
{
    return set->layout->name;
}

size_t dataset_label(const dataset *set, size_t index)
{
    return set->samples[index].label;
}

const float *dataset_target(const dataset *set, size_t index)
{
    return set->targets + index * set->classes;
}

const amend_image *dataset_image(const dataset *set, size_t index)
{
    return &set->images[index];
}

const char *dataset_origin(const dataset *set, size_t index)
{
    return set->text + set->samples[index].origin;
}

data_split dataset_split(const dataset *set, size_t index)
{
    return set->samples[index].split;
}

const fingerprint *dataset_print(const dataset *set, size_t index)
{
    return &set->samples[index].print;
}
