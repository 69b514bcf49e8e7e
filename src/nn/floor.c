/* Convolutions timed alone. */
#include "nn/floor.h"

#include "base/clock.h"
#include "base/mem.h"
#include "nn/dnn_row.h"

enum { MAX_REPEATS = 64 };

static double median(double *values, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k && values[k] < values[k - 1]; k--) {
            double held = values[k];
            values[k] = values[k - 1];
            values[k - 1] = held;
        }
    return values[count / 2];
}

static amend_status time_job(dnn_job *job, size_t repeats, double *seconds)
{
    void *buffers[DNN_BUFFERS] = {0}, *scratch = NULL;
    dnn_call *call = NULL;
    double times[MAX_REPEATS];
    amend_status status = mem_alloc(&scratch, dnn_scratch_size(job), 1, "scratchpad");
    for (size_t i = 0; !status.code && i < DNN_BUFFERS; i++)
        status = mem_alloc(&buffers[i], dnn_buffer_size(job, i), 1, "feature map");
    if (!status.code) status = dnn_bind(job, buffers, scratch, &call);
    if (!status.code) status = dnn_run(call); /* warm */
    for (size_t i = 0; !status.code && i < repeats; i++) {
        double start = clock_seconds();
        status = dnn_run(call);
        times[i] = clock_seconds() - start;
    }
    if (!status.code) *seconds = median(times, repeats);
    dnn_unbind(call);
    for (size_t i = 0; i < DNN_BUFFERS; i++) mem_free(buffers[i]);
    mem_free(scratch);
    return status;
}

static amend_status create_inference(const dnn_conv *conv, dnn_job **job)
{
    dnn_fusion fusion = {.out = conv->type, .function = NN_RECTIFY};
    float *scale = NULL;
    if (conv->type == NN_U8) {
        TRY(mem_alloc(&scale, conv->out.c, sizeof *scale, "scales"));
        for (size_t i = 0; i < conv->out.c; i++) scale[i] = 0.01f;
        fusion.scale = scale;
    }
    amend_status status = dnn_fused_conv_create(conv, &fusion, true, job);
    mem_free(scale);
    return status;
}

static amend_status time_pass(const dnn_conv *conv, dnn_pass pass, size_t repeats, double *sum)
{
    dnn_job *job = NULL;
    double seconds = 0;
    if (pass == DNN_INFERENCE)
        TRY(create_inference(conv, &job));
    else
        TRY(dnn_conv_create(conv, pass, true, &job));
    amend_status status = time_job(job, repeats, &seconds);
    dnn_free(job);
    *sum += seconds;
    return status;
}

static bool learns(const nn_params *params, const nn_row *row)
{
    const nn_param *weight = nn_params_find(params, row->name, "weight");
    return weight && nn_param_learns(weight);
}

/* A pass whose operations count. */
static amend_status time_counted(const dnn_conv *conv, dnn_pass pass, size_t repeats, double flops, double *sum,
                                 nn_floor *m)
{
    m->flops += flops;
    return time_pass(conv, pass, repeats, sum);
}

/* The three passes of a convolution, as far as training needs them. */
static amend_status time_training(const dnn_conv *conv, double flops, bool input_wants, bool row_learns, size_t repeats,
                                  nn_floor *m)
{
    TRY(time_counted(conv, DNN_FORWARD, repeats, flops, &m->forward, m));
    if (row_learns) TRY(time_counted(conv, DNN_BACKWARD_WEIGHTS, repeats, flops, &m->backward_weights, m));
    return input_wants ? time_counted(conv, DNN_BACKWARD_DATA, repeats, flops, &m->backward_data, m) : status_ok();
}

amend_status nn_floor_measure(const nn_table *table, size_t batch, nn_type type, const nn_params *trained,
                              size_t repeats, nn_floor *measured)
{
    bool wants[NN_MAX_ROWS] = {false};
    memset(measured, 0, sizeof *measured);
    if (!repeats || repeats > MAX_REPEATS)
        return status_error(AMEND_BAD_ARGUMENT, "%zu repeats; 1..%d are possible", repeats, MAX_REPEATS);
    for (size_t i = 1; i < table->count; i++) {
        const nn_row *row = &table->rows[i];
        bool row_learns = trained && learns(trained, row);
        for (size_t k = 0; k < nn_row_inputs(row); k++) wants[i] |= wants[row->in[k]];
        wants[i] |= row_learns;
        if (row->kind != NN_CONV) continue;
        dnn_conv conv = dnn_row_window(row, table->shapes[row->in[0]], table->shapes[i], type);
        conv.in.n = conv.out.n = batch;
        conv.bias = !trained;
        double flops = 2.0 * (double)(batch * nn_row_products(table, i));
        TRY(trained ? time_training(&conv, flops, wants[row->in[0]], row_learns, repeats, measured)
                    : time_counted(&conv, DNN_INFERENCE, repeats, flops, &measured->forward, measured));
    }
    return status_ok();
}
