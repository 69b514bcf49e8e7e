/* Calibration and quantization. */
#include "model/quantize.h"

#include <math.h>

#include "base/mem.h"
#include "nn/quantize.h"

enum { BINS = 4096, CLIPS = 120 };

/* What one row's results were. */
typedef struct row_range {
    bool seen;
    double limit;      /* the histogram covers 0 .. limit of the absolute value */
    double bins[BINS]; /* counts */
    double *mean;      /* sums, of each channel */
    size_t pixels;     /* summed */
} row_range;

struct model_calibration {
    const model_folded *folded;
    nn_program *program;
    nn_context *context;
    size_t batch;
    row_range *ranges; /* by row */
};

/* Whether the network has a form in 8 bits, before time goes into looking for its ranges. */
static amend_status try_program(const model_folded *folded, nn_program_options options)
{
    nn_steps *any = NULL;
    nn_program *program = NULL;
    TRY(mem_alloc(&any, 1, sizeof *any, "ranges of activations"));
    for (size_t i = 0; i < folded->table.count; i++) any->step[i] = 1;
    options.type = NN_U8;
    options.keep_maps = false;
    options.steps = any;
    amend_status status = nn_program_create(&folded->table, &folded->params, &options, &program);
    nn_program_free(program);
    mem_free(any);
    return status;
}

amend_status model_calibration_create(const model_description *d, const model_folded *folded, size_t batch,
                                      model_calibration **made)
{
    const nn_table *table = &folded->table;
    nn_program_options options = {.batch = batch, .type = NN_F32, .keep_maps = true};
    model_calibration *c = NULL;
    *made = NULL;
    memcpy(options.mean, d->normal.mean, sizeof d->normal.mean);
    memcpy(options.deviation, d->normal.deviation, sizeof d->normal.deviation);
    TRY(try_program(folded, options));
    TRY(mem_alloc(&c, 1, sizeof *c, "calibration"));
    c->folded = folded;
    c->batch = batch;
    amend_status status = nn_program_create(table, &folded->params, &options, &c->program);
    if (!status.code) status = nn_context_create(c->program, &c->context);
    if (!status.code) status = mem_alloc(&c->ranges, table->count, sizeof *c->ranges, "ranges of activations");
    for (size_t i = 0; !status.code && i < table->count; i++)
        status = mem_alloc(&c->ranges[i].mean, table->shapes[i].c, sizeof(double), "means of activations");
    if (status.code) {
        model_calibration_free(c);
        return status;
    }
    *made = c;
    return status;
}

void model_calibration_free(model_calibration *c)
{
    if (!c) return;
    for (size_t i = 0; c->ranges && i < c->folded->table.count; i++) mem_free(c->ranges[i].mean);
    mem_free(c->ranges);
    nn_context_free(c->context);
    nn_program_free(c->program);
    mem_free(c);
}

uint8_t *model_calibration_pixels(model_calibration *c)
{
    return nn_context_pixels(c->context);
}

/* ---- noting ---- */

/* Doubles what the histogram covers until `largest` is inside. */
static void widen(row_range *r, double largest)
{
    if (!(r->limit > 0)) r->limit = largest;
    while (r->limit < largest) {
        for (size_t i = 0; i < BINS; i++) r->bins[i] = i < BINS / 2 ? r->bins[2 * i] + r->bins[2 * i + 1] : 0;
        r->limit *= 2;
    }
}

/* false: some value is not finite, and nothing is noted. */
static bool note(row_range *r, const float *map, size_t count, size_t channels)
{
    float largest = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(map[i])) return false;
        largest = fmaxf(largest, fabsf(map[i]));
    }
    widen(r, largest);
    double scale = r->limit > 0 ? BINS / r->limit : 0; /* of tiny values beyond what a float holds */
    for (size_t i = 0; i < count; i++) {
        size_t bin = (size_t)((double)fabsf(map[i]) * scale);
        r->bins[bin < BINS ? bin : BINS - 1]++;
        r->mean[i % channels] += (double)map[i];
    }
    r->pixels += count / channels;
    r->seen = true;
    return true;
}

amend_status model_calibration_add(model_calibration *c)
{
    TRY(nn_context_run(c->context, c->batch));
    for (size_t row = 0; row + 1 < c->folded->table.count; row++) {
        size_t count = 0;
        const float *map = nn_context_map(c->context, row, &count);
        if (map && !note(&c->ranges[row], map, count, c->folded->table.shapes[row].c))
            return status_error(AMEND_NUMERIC,
                                "the results of '%s' are not numbers: the network's weights are damaged or too large",
                                c->folded->table.rows[row].name);
    }
    return status_ok();
}

/* ---- choosing ---- */

/* Squared error when the absolute values 0 .. clip are rounded to `levels` codes and larger ones are clipped. */
static double squared_error(const row_range *r, double clip, int levels)
{
    double step = clip / levels, sum = 0;
    for (size_t i = 0; i < BINS; i++) {
        double value = ((double)i + 0.5) * r->limit / BINS, code = fmin(nearbyint(value / step), levels);
        double error = value - code * step;
        sum += r->bins[i] * error * error;
    }
    return sum;
}

static float best_step(const row_range *r, int levels)
{
    double best = r->limit, least = HUGE_VAL;
    for (int i = 1; i <= CLIPS; i++) {
        double clip = r->limit * i / CLIPS, error = squared_error(r, clip, levels);
        if (error >= least) continue;
        least = error;
        best = clip;
    }
    return best > 0 ? (float)(best / levels) : 1; /* all activations 0: any step will do */
}

/* Replaces weights by codes times scales; takes the mean error that this makes out of the bias. */
static amend_status quantize_conv(const model_calibration *c, const nn_row *row, nn_param *weight, nn_param *bias)
{
    const row_range *in = &c->ranges[row->in[0]];
    size_t outputs = weight->shape[0], inputs = weight->shape[1], area = weight->shape[2] * weight->shape[3];
    size_t taps = inputs * area, groups = row->groups ? row->groups : 1;
    int8_t *codes = NULL;
    TRY(mem_alloc(&codes, taps, 1, "8-bit weights"));
    for (size_t o = 0; o < outputs; o++) {
        float *values = weight->value + o * taps, step = nn_quantize_weights(values, taps, codes);
        size_t first = o / (outputs / groups) * inputs; /* of its group's channels */
        double shift = 0;
        for (size_t i = 0; i < taps; i++) {
            float coded = step * (float)codes[i];
            shift += (double)(coded - values[i]) * in->mean[first + i / area] / (double)in->pixels;
            values[i] = coded;
        }
        bias->value[o] -= (float)shift;
    }
    mem_free(codes);
    return status_ok();
}

amend_status model_quantize(const model_calibration *c, model_folded *folded)
{
    const nn_table *table = &folded->table;
    bool positive[NN_MAX_ROWS];
    nn_table_signs(table, positive);
    memset(&folded->steps, 0, sizeof folded->steps);
    if (!c->ranges[0].seen) return status_error(AMEND_BAD_ARGUMENT, "no images to calibrate with");
    for (size_t i = 1; i < table->count; i++) {
        const nn_row *row = &table->rows[i];
        const nn_shape *shape = &table->shapes[i];
        bool own = row->kind != NN_MAX_POOL && row->kind != NN_AVERAGE_POOL && row->kind != NN_CONSTANT;
        if (own && shape->h * shape->w > 1 && c->ranges[i].seen)
            folded->steps.step[i] = best_step(&c->ranges[i], positive[i] ? 255 : 127);
        if (row->kind != NN_CONV || !row->in[0]) continue;
        TRY(quantize_conv(c, row, nn_params_find(&folded->params, row->name, "weight"),
                          nn_params_find(&folded->params, row->name, "bias")));
    }
    return status_ok();
}
