/* Growing a data set: samples in one array, pixels of all images in blocks. */
#include "data/dataset_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

/* Room for `more` items after `used`, by doubling. */
static amend_status reserve(void *block, size_t *capacity, size_t used, size_t more, size_t size, const char *what)
{
    size_t wanted = *capacity ? *capacity : 1024;
    if (more <= *capacity - used) return status_ok();
    while (wanted - used < more)
        if (!mem_multiply(wanted, 2, &wanted))
            return status_error(AMEND_NO_MEMORY, "%s: too many for this machine's memory", what);
    TRY(mem_grow(block, used, wanted, size, what));
    *capacity = wanted;
    return status_ok();
}

/* samples, images and targets grow together. */
static amend_status reserve_sample(dataset *set)
{
    size_t capacity = set->capacity, cells = 0;
    TRY(reserve(&set->samples, &capacity, set->count, 1, sizeof *set->samples, "samples"));
    if (capacity == set->capacity) return status_ok();
    TRY(mem_grow(&set->images, set->count, capacity, sizeof *set->images, "samples"));
    if (!mem_multiply(capacity, set->classes, &cells)) return status_error(AMEND_NO_MEMORY, "targets: too many");
    TRY(mem_grow(&set->targets, set->count * set->classes, cells, sizeof *set->targets, "targets"));
    set->capacity = capacity;
    return status_ok();
}

amend_status builder_classes(data_builder *b, const char *const *names, size_t count)
{
    TRY(mem_alloc(&b->set->labels, count, sizeof *b->set->labels, "labels"));
    for (size_t i = 0; i < count; i++) {
        TRY(mem_copy_string(&b->set->labels[i], names[i]));
        b->set->classes = i + 1;
    }
    return status_ok();
}

bool builder_reads(const data_builder *b, data_split split)
{
    return b->all || split == b->options->split;
}

bool builder_wants(data_builder *b, data_split split)
{
    b->seen[split]++;
    return builder_reads(b, split);
}

void builder_drop(data_builder *b)
{
    b->set->dropped++;
}

amend_status builder_bad(data_builder *b, amend_status bad)
{
    if (!b->sink || bad.code == AMEND_NO_MEMORY) return bad;
    b->bad++;
    return b->sink->take(b->sink->context, bad.message);
}

static amend_status add_origin(dataset *set, const data_entry *entry, size_t *offset)
{
    char line[32] = "";
    if (entry->line) snprintf(line, sizeof line, ":%zu", entry->line);
    size_t length = strlen(entry->file), total = length + strlen(line) + 1;
    TRY(reserve(&set->text, &set->text_capacity, set->text_size, total, 1, "file names"));
    memcpy(set->text + set->text_size, entry->file, length);
    memcpy(set->text + set->text_size + length, line, total - length);
    *offset = set->text_size;
    set->text_size += total;
    return status_ok();
}

/* A new last block, for `bytes` or more. What it does not fill is no memory. */
static amend_status add_block(dataset *set, size_t bytes)
{
    enum { BLOCK = 1 << 26 };
    size_t size = bytes > BLOCK ? bytes : BLOCK;
    TRY(reserve(&set->blocks, &set->blocks_capacity, set->block_count, 1, sizeof *set->blocks, "pixels"));
    TRY(mem_alloc_unset(&set->blocks[set->block_count], size, 1, "pixels"));
    set->block_count++;
    set->block_used = 0;
    set->block_size = size;
    return status_ok();
}

static amend_status keep_pixels(dataset *set, const amend_image *image, unsigned char **kept)
{
    size_t bytes = image->width * image->height * image->channels; /* an image in memory: its size fits */
    if (set->block_size - set->block_used < bytes) TRY(add_block(set, bytes));
    *kept = set->blocks[set->block_count - 1] + set->block_used;
    memcpy(*kept, image->pixels, bytes);
    set->block_used += bytes;
    return status_ok();
}

static amend_status append(data_builder *b, const data_entry *entry, const amend_image *image)
{
    dataset *set = b->set;
    data_sample sample = {.label = entry->label, .split = entry->split};
    amend_image kept = *image;
    kept.pixels = NULL;
    TRY(reserve_sample(set));
    TRY(add_origin(set, entry, &sample.origin));
    if (b->all)
        sample.print = fingerprint_of(image);
    else
        TRY(keep_pixels(set, image, &kept.pixels));
    float *target = set->targets + set->count * set->classes;
    if (entry->target)
        memcpy(target, entry->target, set->classes * sizeof *target);
    else
        target[entry->label] = 1.0f;
    set->images[set->count] = kept;
    set->samples[set->count++] = sample;
    return status_ok();
}

amend_status builder_add(data_builder *b, const data_entry *entry)
{
    amend_image converted = {0}, resized = {0};
    const amend_image *image = entry->image;
    size_t size = b->options->size, channels = b->options->channels;
    amend_status st = status_ok();
    if (!channels && !b->all && b->set->count) channels = b->set->images[0].channels;
    if (channels && image->channels != channels) {
        st = image_convert(image, channels, &converted);
        if (st.code) goto done;
        image = &converted;
    }
    amend_box box = {0, 0, (double)image->width, (double)image->height};
    if (entry->box) box = *entry->box;
    size_t width = size ? size : (size_t)box.width, height = size ? size : (size_t)box.height;
    if (entry->box || image->width != width || image->height != height) {
        st = image_crop_resize(image, box, width, height, &resized);
        if (st.code) goto done;
        image = &resized;
    }
    st = append(b, entry, image);
done:
    amend_image_free(&converted);
    amend_image_free(&resized);
    return st;
}

amend_status builder_add_file(data_builder *b, const char *folder, const char *name, const data_entry *entry)
{
    amend_image image = {0};
    data_entry whole = *entry;
    char *path = NULL;
    TRY(file_join(folder, name, &path));
    amend_status st = amend_image_open(path, &image);
    whole.image = &image;
    whole.file = path;
    if (!st.code) st = builder_add(b, &whole);
    amend_image_free(&image);
    mem_free(path);
    return st;
}
