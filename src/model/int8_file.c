/* 8-bit models to and from files. */
#include "model/int8_file.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "nn/quantize.h"

enum { NAME_SIZE = NN_NAME_SIZE + 16 };

/* The convolution whose weights `p` are, when they are stored as codes; else NULL. */
static const nn_row *coded_row(const nn_table *table, const nn_param *p)
{
    if (p->dims != 4) return NULL;
    for (size_t i = 1; i < table->count; i++) {
        const nn_row *row = &table->rows[i];
        size_t length = strlen(row->name);
        if (row->kind == NN_CONV && row->in[0] && !strncmp(p->name, row->name, length) &&
            !strcmp(p->name + length, ".weight"))
            return row;
    }
    return NULL;
}

/* ---- writing ---- */

typedef struct writer {
    tensor_entry *entries;
    char (*names)[NAME_SIZE]; /* of tensors that are no parameters */
    int8_t *codes;
    float *scales;
    size_t count, names_used, codes_used, scales_used;
} writer;

static amend_status writer_open(const model_folded *f, writer *w)
{
    size_t most = 2 * f->params.count + f->table.count;
    memset(w, 0, sizeof *w);
    TRY(mem_alloc(&w->entries, most, sizeof *w->entries, "tensor list"));
    TRY(mem_alloc(&w->names, most, sizeof *w->names, "tensor names"));
    TRY(mem_alloc(&w->codes, f->params.values, 1, "8-bit weights"));
    return mem_alloc(&w->scales, f->params.values, sizeof(float), "scales");
}

static void writer_close(writer *w)
{
    mem_free(w->entries);
    mem_free(w->names);
    mem_free(w->codes);
    mem_free(w->scales);
}

static void add(writer *w, const char *name, tensor_type stored, const size_t *shape, size_t dims, const void *data)
{
    tensor_entry *e = &w->entries[w->count++];
    *e = (tensor_entry){.name = name, .stored = stored, .dims = dims, .data = data};
    memcpy(e->shape, shape, dims * sizeof *shape);
}

static void add_codes(writer *w, const nn_row *row, const nn_param *p)
{
    size_t outputs = p->shape[0], taps = p->count / outputs;
    int8_t *codes = w->codes + w->codes_used;
    float *scales = w->scales + w->scales_used;
    char *name = w->names[w->names_used++];
    for (size_t i = 0; i < outputs; i++) scales[i] = nn_quantize_weights(p->value + i * taps, taps, codes + i * taps);
    snprintf(name, NAME_SIZE, "%s.weight_scale", row->name);
    add(w, p->name, TENSOR_I8, p->shape, p->dims, codes);
    add(w, name, TENSOR_F32, &outputs, 1, scales);
    w->codes_used += p->count;
    w->scales_used += outputs;
}

static void add_steps(writer *w, const model_folded *f)
{
    for (size_t i = 1; i < f->table.count; i++) {
        if (!(f->steps.step[i] > 0)) continue;
        char *name = w->names[w->names_used++];
        snprintf(name, NAME_SIZE, "%s.step", f->table.rows[i].name);
        add(w, name, TENSOR_F32, (size_t[]){1}, 1, &f->steps.step[i]);
    }
}

amend_status int8_file_save(const model_description *d, const model_folded *f, const char *path)
{
    writer w;
    amend_status status = writer_open(f, &w);
    for (size_t i = 0; !status.code && i < f->params.count; i++) {
        const nn_param *p = &f->params.items[i];
        const nn_row *row = coded_row(&f->table, p);
        if (row)
            add_codes(&w, row, p);
        else
            add(&w, p->name, p->dims == 2 ? TENSOR_BF16 : TENSOR_F32, p->shape, p->dims, p->value);
    }
    if (!status.code) {
        add_steps(&w, f);
        status = description_write(d, w.entries, w.count, path);
    }
    writer_close(&w);
    return status;
}

/* ---- reading ---- */

static amend_status read_codes(const safetensors *file, const nn_row *row, const nn_param *p)
{
    char name[NAME_SIZE];
    float *scales = NULL;
    const tensor_view *view = safetensors_find(file, p->name);
    size_t outputs = p->shape[0], taps = p->count / outputs;
    if (!view || view->type != TENSOR_I8 || view->dims != p->dims ||
        memcmp(view->shape, p->shape, p->dims * sizeof *p->shape))
        return status_error(AMEND_BAD_DATA, "%s: tensor '%s' should be 8-bit weights of %zu x %zu x %zu x %zu",
                            safetensors_path(file), p->name, p->shape[0], p->shape[1], p->shape[2], p->shape[3]);
    snprintf(name, sizeof name, "%s.weight_scale", row->name);
    TRY(mem_alloc(&scales, outputs, sizeof *scales, name));
    amend_status status = safetensors_read_f32(file, name, &outputs, 1, scales);
    if (!status.code) status = status_prefix(nn_check_values(name, scales, outputs), "%s", safetensors_path(file));
    for (size_t i = 0; !status.code && i < p->count; i++)
        p->value[i] = scales[i / taps] * (float)((const int8_t *)view->data)[i];
    mem_free(scales);
    return status;
}

/* Rows without a step are those that are fused into a later one: the program knows which it needs. */
static amend_status read_steps(const safetensors *file, model_folded *f)
{
    for (size_t i = 1; i < f->table.count; i++) {
        char name[NAME_SIZE];
        float *step = &f->steps.step[i];
        snprintf(name, sizeof name, "%s.step", f->table.rows[i].name);
        if (!safetensors_find(file, name)) continue;
        TRY(safetensors_read_f32(file, name, (size_t[]){1}, 1, step));
        if (!(*step > 0) || !isfinite(*step))
            return status_error(AMEND_BAD_DATA, "%s: tensor '%s' is %g, not a step", safetensors_path(file), name,
                                (double)*step);
    }
    return status_ok();
}

/* Whether `name` is a parameter's, "ROW.weight_scale" of coded weights, or "ROW.step". */
static bool has_place(const model_folded *f, const char *name)
{
    char wanted[NAME_SIZE];
    for (size_t i = 0; i < f->params.count; i++) {
        const nn_param *p = &f->params.items[i];
        const nn_row *row = coded_row(&f->table, p);
        if (!strcmp(p->name, name)) return true;
        snprintf(wanted, sizeof wanted, "%s.weight_scale", row ? row->name : "");
        if (row && !strcmp(wanted, name)) return true;
    }
    for (size_t i = 1; i < f->table.count; i++) {
        snprintf(wanted, sizeof wanted, "%s.step", f->table.rows[i].name);
        if (!strcmp(wanted, name)) return true;
    }
    return false;
}

static amend_status check_names(const safetensors *file, const model_folded *f)
{
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const char *name = safetensors_at(file, i).name;
        if (!has_place(f, name))
            return status_error(AMEND_BAD_DATA,
                                "%s: tensor '%.200s' has no place in the network that its metadata describe",
                                safetensors_path(file), name);
    }
    return status_ok();
}

amend_status int8_file_load(const safetensors *file, model_folded *f)
{
    for (size_t i = 0; i < f->params.count; i++) {
        const nn_param *p = &f->params.items[i];
        const nn_row *row = coded_row(&f->table, p);
        if (row)
            TRY(read_codes(file, row, p));
        else
            TRY(safetensors_read_f32(file, p->name, p->shape, p->dims, p->value));
        TRY(status_prefix(nn_check_values(p->name, p->value, p->count), "%s", safetensors_path(file)));
    }
    TRY(read_steps(file, f));
    return check_names(file, f);
}
