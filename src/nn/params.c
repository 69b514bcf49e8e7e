/* Which parameters each row has, their storage and first values. */
#include "nn/params.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "nn/convert.h"

enum { MAX_SPECS = 4 };

static nn_param make(const char *row, const char *suffix, bool trainable, size_t dims, const size_t *shape)
{
    nn_param param;
    memset(&param, 0, sizeof param);
    snprintf(param.name, sizeof param.name, "%s.%s", row, suffix);
    param.trainable = trainable;
    param.rate = 1;
    param.dims = dims;
    param.count = 1;
    for (size_t i = 0; i < dims; i++) param.count *= param.shape[i] = shape[i];
    return param;
}

static nn_param with_init(nn_param param, int init, double scale)
{
    param.init = init;
    param.init_scale = (float)scale;
    return param;
}

/* Fills specs with what the row has; returns how many. */
static size_t row_params(const nn_table *table, const nn_row *row, nn_param *specs)
{
    nn_shape in = table->shapes[row->in[0]];
    const char *name = row->name;
    size_t k = row->kernel, width = nn_row_kernel(row, 1), c = in.c, groups = row->groups ? row->groups : 1,
           features = in.h * in.w * in.c;
    switch (row->kind) {
    case NN_CONV:
        specs[1] = make(name, "bias", true, 1, &row->channels);
        specs[0] = with_init(make(name, "weight", true, 4, (size_t[]){row->channels, c / groups, k, width}),
                             NN_INIT_NORMAL, sqrt(2.0 * (double)groups / (double)(row->channels * k * width)));
        return row->bias ? 2 : 1;
    case NN_BATCH_NORM:
        specs[0] = with_init(make(name, "weight", true, 1, &c), NN_INIT_CONSTANT, 1);
        specs[1] = make(name, "bias", true, 1, &c);
        specs[2] = make(name, "running_mean", false, 1, &c);
        specs[3] = with_init(make(name, "running_var", false, 1, &c), NN_INIT_CONSTANT, 1);
        return 4;
    case NN_SHARED_CONV:
        specs[0] =
            with_init(make(name, "weight", true, 4, (size_t[]){groups, 1, k, k}), NN_INIT_UNIFORM, 1.0 / (double)k);
        return 1;
    case NN_AFFINITY:
        if (row->affinity == NN_AFFINITY_NONE) return 0;
        specs[0] = with_init(make(name, "alpha", true, 1, (size_t[]){1}), NN_INIT_CONSTANT, 1);
        specs[1] = make(name, "generic", false, 1, (size_t[]){in.h * in.w});
        return row->affinity == NN_AFFINITY_EMA ? 2 : 1;
    case NN_LINEAR:
        specs[0] = with_init(make(name, "weight", true, 2, (size_t[]){row->channels, features}), NN_INIT_UNIFORM,
                             1.0 / sqrt((double)features));
        specs[1] =
            with_init(make(name, "bias", true, 1, &row->channels), NN_INIT_UNIFORM, 1.0 / sqrt((double)features));
        return 2;
    case NN_ACTIVATION:
        specs[0] = with_init(make(name, "weight", true, 1, &c), NN_INIT_CONSTANT, 0.25);
        return row->function == NN_SLOPES ? 1 : 0;
    case NN_CONSTANT:
        specs[0] = make(name, "value", false, 3, (size_t[]){row->height, row->width, row->channels});
        return 1;
    default:
        return 0;
    }
}

size_t nn_params_values(const nn_table *table)
{
    size_t values = 0;
    for (size_t i = 0; i < table->count; i++) {
        nn_param specs[MAX_SPECS];
        size_t count = row_params(table, &table->rows[i], specs);
        for (size_t k = 0; k < count; k++) values += specs[k].count;
    }
    return values;
}

static size_t padded(size_t count)
{
    return (count + 15) / 16 * 16; /* each array starts on a cache line */
}

amend_status nn_params_create(const nn_table *table, nn_params *params)
{
    size_t floats = 0;
    memset(params, 0, sizeof *params);
    TRY(mem_alloc(&params->items, table->count * MAX_SPECS, sizeof *params->items, "parameters"));
    for (size_t i = 0; i < table->count; i++)
        params->count += row_params(table, &table->rows[i], params->items + params->count);
    for (size_t i = 0; i < params->count; i++) {
        floats += padded(params->items[i].count);
        params->values += params->items[i].count;
    }
    amend_status status = mem_alloc(&params->storage, floats, sizeof(float), "parameters");
    if (status.code) {
        nn_params_free(params);
        return status;
    }
    float *next = params->storage;
    for (size_t i = 0; i < params->count; i++) {
        params->items[i].value = next;
        next += padded(params->items[i].count);
    }
    return status_ok();
}

amend_status nn_params_want_gradients(nn_params *params)
{
    size_t floats = 0;
    if (params->gradients) return status_ok();
    for (size_t i = 0; i < params->count; i++)
        if (params->items[i].trainable) floats += padded(params->items[i].count);
    TRY(mem_alloc(&params->gradients, floats, sizeof(float), "gradients of parameters"));
    float *next = params->gradients;
    for (size_t i = 0; i < params->count; i++)
        if (params->items[i].trainable) {
            params->items[i].gradient = next;
            next += padded(params->items[i].count);
        }
    return status_ok();
}

static bool is_convolution(const nn_param *param)
{
    return param->dims == 4;
}

amend_status nn_params_want_rounded(nn_params *params)
{
    enum { LINE = MEM_ALIGNMENT / sizeof(uint16_t) };
    size_t count = 0;
    if (params->halves) return status_ok();
    for (size_t i = 0; i < params->count; i++)
        if (is_convolution(&params->items[i])) count += (params->items[i].count + LINE - 1) / LINE * LINE;
    TRY(mem_alloc(&params->halves, count, sizeof *params->halves, "weights in bf16"));
    params->rounded_version = params->version - 1;
    uint16_t *next = params->halves;
    for (size_t i = 0; i < params->count; i++)
        if (is_convolution(&params->items[i])) {
            params->items[i].rounded = next;
            next += (params->items[i].count + LINE - 1) / LINE * LINE;
        }
    return status_ok();
}

static void round_param(const nn_param *param)
{
    enum { RUN = 16384 };
#pragma omp parallel for schedule(static)
    for (size_t at = 0; at < param->count; at += RUN) {
        size_t count = param->count - at < RUN ? param->count - at : RUN;
        nn_convert(NN_BF16, param->value + at, count, param->rounded + at);
    }
}

void nn_params_round(nn_params *params)
{
    if (params->rounded_version == params->version) return;
    for (size_t i = 0; i < params->count; i++)
        if (params->items[i].rounded) round_param(&params->items[i]);
    params->rounded_version = params->version;
}

void nn_params_free(nn_params *params)
{
    mem_free(params->halves);
    mem_free(params->items);
    mem_free(params->storage);
    mem_free(params->gradients);
    memset(params, 0, sizeof *params);
}

void nn_params_init(nn_params *params, uint64_t seed)
{
    for (size_t i = 0; i < params->count; i++) {
        nn_param *p = &params->items[i];
        rng r = rng_make(seed, 0x696e6974 /* "init" */, i);
        for (size_t j = 0; j < p->count; j++) {
            if (p->init == NN_INIT_CONSTANT) p->value[j] = p->init_scale;
            if (p->init == NN_INIT_NORMAL) p->value[j] = (float)rng_normal(&r) * p->init_scale;
            if (p->init == NN_INIT_UNIFORM) p->value[j] = (float)rng_between(&r, -p->init_scale, p->init_scale);
        }
    }
    params->version++;
}

nn_param *nn_params_find(const nn_params *params, const char *row, const char *suffix)
{
    size_t length = strlen(row);
    for (size_t i = 0; i < params->count; i++) {
        const char *name = params->items[i].name;
        if (!strncmp(name, row, length) && name[length] == '.' && !strcmp(name + length + 1, suffix))
            return &params->items[i];
    }
    return NULL;
}

amend_status nn_check_values(const char *name, const float *values, size_t count)
{
    const char *suffix = strrchr(name, '.');
    bool variance = suffix && !strcmp(suffix, ".running_var");
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            return status_error(AMEND_BAD_DATA, "tensor '%s' holds values that are not numbers", name);
        if (variance && values[i] < 0)
            return status_error(AMEND_BAD_DATA, "tensor '%s' holds a variance below 0, %g", name, (double)values[i]);
    }
    return status_ok();
}
