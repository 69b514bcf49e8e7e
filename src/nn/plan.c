/* From table to plan: fuse rows into layers, compile them, plan the memory by lifetimes, bind. */
#include "nn/plan.h"

#include "base/mem.h"
#include "nn/arena.h"
#include "nn/layer.h"
#include "nn/norm.h"

typedef struct step {
    nn_layer layer;
    nn_tensor out;
    size_t in_steps[NN_MAX_INPUTS]; /* which steps' results it reads */
    size_t data_at, gradient_at, own_at;
    size_t last_row;              /* the one whose result this is */
    size_t last_reader;           /* the last step that reads the result */
    bool kept;                    /* the backward pass needs the result */
    bool has_gradient;            /* while planning: some reader has written it */
    size_t sum_at[NN_MAX_INPUTS]; /* a second gradient of the same map, to be added to the first */
    bool adds[NN_MAX_INPUTS];
} step;

struct nn_plan {
    nn_table table;
    nn_params *params;
    nn_plan_options options;
    nn_run run;
    step *steps;
    size_t count;
    arena arena;
    char *maps, *own, *scratch;
    size_t own_bytes, scratch_bytes, version;
};

static const nn_op *op_of(const nn_table *table, const nn_row *row)
{
    static const nn_op *const ops[NN_KINDS] = {
        [NN_INPUT] = &nn_op_input,
        [NN_CONV] = &nn_op_conv,
        [NN_BATCH_NORM] = &nn_op_batch_norm,
        [NN_MAX_POOL] = &nn_op_pool,
        [NN_AVERAGE_POOL] = &nn_op_pool,
        [NN_GLOBAL_POOL] = &nn_op_global_pool,
        [NN_ARRANGE] = &nn_op_arrange,
        [NN_SHARED_CONV] = &nn_op_shared_conv,
        [NN_PLANES] = &nn_op_planes,
        [NN_AFFINITY] = &nn_op_affinity,
        [NN_LINEAR] = &nn_op_linear,
        [NN_RELU] = &nn_op_activation,
        [NN_ACTIVATION] = &nn_op_activation,
        [NN_COMBINE] = &nn_op_gate,
        [NN_ADD] = &nn_op_pair,
        [NN_GATHER] = &nn_op_gather,
    };
    bool alike = row->kind == NN_COMBINE && nn_shape_same(table->shapes[row->in[0]], table->shapes[row->in[1]]);
    bool slopes = row->kind == NN_ACTIVATION && row->function == NN_SLOPES;
    return alike ? &nn_op_pair : slopes ? &nn_op_slopes : ops[row->kind];
}

static bool is_f32_only(nn_kind kind)
{
    return kind == NN_GLOBAL_POOL || kind == NN_ARRANGE || kind == NN_SHARED_CONV || kind == NN_PLANES ||
           kind == NN_AFFINITY || kind == NN_LINEAR;
}

static size_t tensor_bytes(const nn_tensor *t)
{
    return nn_shape_count(t->shape) * nn_type_size(t->type);
}

/* ---- fusing ---- */

/* A sum keeps the result alone, from which a function's slope can be told only when it clips. */
static bool can_fuse(const nn_curve *curve, bool sum)
{
    bool clips = curve->function == NN_RECTIFY || (curve->function == NN_CLIP && curve->alpha == 0);
    return clips || (!sum && curve->function != NN_NO_FUNCTION && curve->function != NN_SLOPES);
}

/* Whether the row behind the relu at row i is a max pooling that batch normalisation does in passing. */
static bool absorbs_pool(const nn_table *table, size_t i, const step *s)
{
    const nn_row *next = &table->rows[i + 1];
    return i + 1 < table->count && s->layer.curve.function == NN_RECTIFY && !s->layer.in[1] &&
           next->kind == NN_MAX_POOL && next->in[0] == i && next->kernel <= NORM_POOL_KERNEL &&
           next->pad < next->kernel && nn_table_readers(table, i) == 1;
}

/* Whether the row behind row i adds it, which nothing else reads, to another one: *other. */
static bool is_added(const nn_table *table, size_t i, size_t *other)
{
    const nn_row *next = &table->rows[i + 1];
    if (i + 1 >= table->count || next->kind != NN_ADD || nn_table_readers(table, i) != 1) return false;
    *other = next->in[next->in[0] == i];
    return next->in[0] == i || next->in[1] == i;
}

/* Takes the rows behind row i that its layer can do in passing; returns the last one taken. */
static size_t absorb(const nn_table *table, size_t i, step *s, const size_t *step_of_row)
{
    size_t other;
    if (table->rows[i].kind != NN_BATCH_NORM) return i;
    if (is_added(table, i, &other)) {
        i++;
        s->in_steps[1] = step_of_row[other];
        s->layer.in[1] = &s->out; /* marks the input as used; set for good below */
    }
    if (i + 1 >= table->count || table->rows[i + 1].in[0] != i || nn_table_readers(table, i) != 1) return i;
    const nn_curve curve = nn_row_curve(&table->rows[i + 1]);
    if (!can_fuse(&curve, s->layer.in[1])) return i;
    s->layer.curve = curve;
    i++;
    if (absorbs_pool(table, i, s)) s->layer.pool = &table->rows[++i];
    return i;
}

static amend_status find_params(nn_plan *plan, nn_layer *layer)
{
    static const char *const suffixes[NN_KINDS][NN_MAX_PARAMS] = {
        [NN_CONV] = {"weight", "bias"},   [NN_BATCH_NORM] = {"weight", "bias", "running_mean", "running_var"},
        [NN_SHARED_CONV] = {"weight"},    [NN_AFFINITY] = {"alpha", "generic"},
        [NN_LINEAR] = {"weight", "bias"}, [NN_ACTIVATION] = {"weight"},
    };
    size_t wanted = layer->row->kind == NN_AFFINITY     ? (size_t)layer->row->affinity
                    : layer->row->kind == NN_CONV       ? 1 + (size_t)layer->row->bias
                    : layer->row->kind == NN_ACTIVATION ? layer->row->function == NN_SLOPES
                                                        : NN_MAX_PARAMS;
    for (size_t i = 0; i < wanted; i++) {
        const char *suffix = suffixes[layer->row->kind][i];
        if (!suffix) break;
        layer->params[i] = nn_params_find(plan->params, layer->row->name, suffix);
        if (!layer->params[i])
            return status_error(AMEND_BAD_ARGUMENT, "the network has no tensor '%s.%s', which this head needs",
                                layer->row->name, suffix);
    }
    return status_ok();
}

/* The head's layers read f32 only; two maps that meet are of one type, unless one is a gate. */
static amend_status check_input(const step *s)
{
    nn_kind kind = s->layer.row->kind;
    bool converts = kind == NN_ARRANGE || kind == NN_GLOBAL_POOL;
    if (kind == NN_INPUT) return status_ok();
    if (is_f32_only(kind) && !converts && s->layer.in[0]->type != NN_F32)
        return status_error(AMEND_UNSUPPORTED, "%s %s: needs an f32 map; put arrange or global_pool before it",
                            nn_kind_name(kind), s->layer.row->name);
    if (s->layer.in[1] && s->layer.op != &nn_op_gate && s->layer.in[1]->type != s->layer.in[0]->type)
        return status_error(AMEND_UNSUPPORTED, "%s %s: reads maps of two precisions; train in f32", nn_kind_name(kind),
                            s->layer.row->name);
    return status_ok();
}

/* The plan's type up to the head; what hangs on a mean over the map (a gate's branch) stays f32 as that is. */
static nn_type result_type(const nn_plan *plan, const step *s)
{
    if (s->layer.row->kind == NN_INPUT) return plan->options.type;
    return is_f32_only(s->layer.row->kind) ? NN_F32 : plan->steps[s->in_steps[0]].out.type;
}

static bool reads_learnt(const nn_layer *layer)
{
    bool learnt = false;
    for (size_t k = 0; k < NN_MAX_INPUTS; k++) learnt = learnt || (layer->in[k] && layer->in[k]->wants_gradient);
    return learnt;
}

static amend_status make_step(nn_plan *plan, size_t row, step *s, const nn_shape *shape)
{
    const nn_table *table = &plan->table;
    s->layer.row = &table->rows[row];
    s->layer.op = op_of(table, s->layer.row);
    if (!s->layer.op)
        return status_error(AMEND_UNSUPPORTED, "%s %s: has no form that can be trained",
                            nn_kind_name(s->layer.row->kind), s->layer.row->name);
    s->layer.run = &plan->run;
    s->layer.training = plan->options.training;
    s->layer.out = &s->out;
    s->out.shape = *shape;
    s->out.type = result_type(plan, s);
    if (row) s->layer.in[0] = &plan->steps[s->in_steps[0]].out;
    if (s->layer.row->kind == NN_RELU || s->layer.row->kind == NN_ACTIVATION)
        s->layer.curve = nn_row_curve(s->layer.row);
    if (nn_row_inputs(s->layer.row) == 2 || s->layer.in[1]) s->layer.in[1] = &plan->steps[s->in_steps[1]].out;
    TRY(check_input(s));
    TRY(find_params(plan, &s->layer));
    s->out.wants_gradient = plan->options.training && (nn_layer_learns(&s->layer) || reads_learnt(&s->layer));
    return status_ok();
}

static amend_status make_steps(nn_plan *plan)
{
    size_t step_of_row[NN_MAX_ROWS] = {0};
    const nn_table *table = &plan->table;
    for (size_t row = 0; row < table->count;) {
        step *s = &plan->steps[plan->count];
        for (size_t k = 0; k < nn_row_inputs(&table->rows[row]); k++)
            s->in_steps[k] = step_of_row[table->rows[row].in[k]];
        size_t last = s->last_row = absorb(table, row, s, step_of_row);
        nn_shape shape = table->shapes[last];
        if (!mem_multiply(shape.n, plan->options.batch, &shape.n))
            return status_error(AMEND_NO_MEMORY, "a batch of %zu is too large", plan->options.batch);
        TRY(make_step(plan, row, s, &shape));
        for (size_t i = row; i <= last; i++) step_of_row[i] = plan->count;
        plan->count++;
        row = last + 1;
    }
    if (plan->options.training && !plan->steps[plan->count - 1].out.wants_gradient)
        return status_error(AMEND_BAD_ARGUMENT, "all layers are frozen: there is nothing to train");
    return status_ok();
}

/* ---- memory ---- */

static void note_readers(nn_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        step *s = &plan->steps[i];
        s->last_reader = i;
        s->kept = s->out.wants_gradient;
        for (size_t k = 0; k < NN_MAX_INPUTS; k++) {
            if (!s->layer.in[k]) continue;
            plan->steps[s->in_steps[k]].last_reader = i;
            plan->steps[s->in_steps[k]].kept |= s->out.wants_gradient;
        }
    }
}

static amend_status plan_forward_memory(nn_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        TRY(arena_take(&plan->arena, tensor_bytes(&plan->steps[i].out), &plan->steps[i].data_at));
        for (size_t j = 0; j < i; j++)
            if (plan->steps[j].last_reader == i && !plan->steps[j].kept)
                TRY(arena_give(&plan->arena, plan->steps[j].data_at, tensor_bytes(&plan->steps[j].out)));
    }
    return status_ok();
}

/* Batch normalisation goes pixel by pixel, so the gradient of its input may take the place of that of its result. */
static bool is_in_place(const step *s, size_t k)
{
    return s->layer.row->kind == NN_BATCH_NORM && !k && s->layer.in[0]->wants_gradient && !s->adds[0] && !s->layer.pool;
}

/* The first reader that goes backward writes the gradient of a map, the next ones write beside and add. */
static amend_status plan_input_gradient(nn_plan *plan, step *s, size_t k)
{
    step *from = &plan->steps[s->in_steps[k]];
    if (!s->layer.in[k] || !from->out.wants_gradient) return status_ok();
    s->adds[k] = from->has_gradient;
    if (s->adds[k]) return arena_take(&plan->arena, tensor_bytes(&from->out), &s->sum_at[k]);
    from->has_gradient = true;
    if (is_in_place(s, k)) {
        from->gradient_at = s->gradient_at;
        return status_ok();
    }
    return arena_take(&plan->arena, tensor_bytes(&from->out), &from->gradient_at);
}

static amend_status plan_backward_memory(nn_plan *plan)
{
    step *logits = &plan->steps[plan->count - 1];
    logits->has_gradient = true;
    TRY(arena_take(&plan->arena, tensor_bytes(&logits->out), &logits->gradient_at));
    for (size_t i = plan->count; i-- > 1;) {
        step *s = &plan->steps[i];
        if (s->out.wants_gradient && !s->has_gradient)
            return status_error(AMEND_BAD_ARGUMENT, "%s: learns, and nothing reads it", s->layer.row->name);
        for (size_t k = 0; k < NN_MAX_INPUTS; k++) TRY(plan_input_gradient(plan, s, k));
        for (size_t k = 0; k < NN_MAX_INPUTS; k++)
            if (s->adds[k]) TRY(arena_give(&plan->arena, s->sum_at[k], tensor_bytes(s->layer.in[k])));
        if (s->kept) TRY(arena_give(&plan->arena, s->data_at, tensor_bytes(&s->out)));
        if (s->out.wants_gradient && !is_in_place(s, 0))
            TRY(arena_give(&plan->arena, s->gradient_at, tensor_bytes(&s->out)));
    }
    return status_ok();
}

static amend_status take_memory(nn_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        nn_layer *layer = &plan->steps[i].layer;
        plan->steps[i].own_at = plan->own_bytes;
        plan->own_bytes += (layer->own_bytes + MEM_ALIGNMENT - 1) / MEM_ALIGNMENT * MEM_ALIGNMENT;
        if (layer->scratch_bytes > plan->scratch_bytes) plan->scratch_bytes = layer->scratch_bytes;
    }
    if (plan->options.limit && nn_plan_bytes(plan) > plan->options.limit)
        return status_error(AMEND_NO_MEMORY, "a batch of %zu needs %zu MB, over the limit of %zu MB",
                            plan->options.batch, nn_plan_bytes(plan) / 1000000, plan->options.limit / 1000000);
    TRY(mem_alloc(&plan->maps, plan->arena.peak, 1, "feature maps"));
    TRY(mem_alloc(&plan->own, plan->own_bytes, 1, "packed weights"));
    return mem_alloc(&plan->scratch, plan->scratch_bytes, 1, "oneDNN's scratchpad");
}

static void place(nn_plan *plan, step *s)
{
    s->out.data = plan->maps + s->data_at;
    if (s->out.wants_gradient) s->out.gradient = plan->maps + s->gradient_at;
    s->layer.own = plan->own + s->own_at;
    s->layer.scratch = plan->scratch;
}

static amend_status bind_steps(nn_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) place(plan, &plan->steps[i]);
    for (size_t i = 0; i < plan->count; i++) {
        step *s = &plan->steps[i];
        for (size_t k = 0; k < NN_MAX_INPUTS; k++)
            if (s->layer.in[k] && s->layer.in[k]->wants_gradient)
                s->layer.in_gradient[k] = s->adds[k] ? plan->maps + s->sum_at[k] : s->layer.in[k]->gradient;
        if (s->layer.op->bind) TRY(s->layer.op->bind(&s->layer));
    }
    return status_ok();
}

amend_status nn_plan_create(const nn_table *table, nn_params *params, const nn_plan_options *options, nn_plan **made)
{
    nn_plan *plan = NULL;
    *made = NULL;
    if (table->count < 2 || !options->batch || options->batch > 65536)
        return status_error(AMEND_BAD_ARGUMENT, "a plan needs a network and a batch of 1..65536");
    TRY(mem_alloc(&plan, 1, sizeof *plan, "plan"));
    plan->table = *table;
    plan->params = params;
    plan->options = *options;
    plan->version = params->version - 1;
    amend_status status = mem_alloc(&plan->steps, table->count, sizeof *plan->steps, "plan");
    if (!status.code && options->training) status = nn_params_want_gradients(params);
    if (!status.code && options->type == NN_BF16) status = nn_params_want_rounded(params);
    if (!status.code) status = make_steps(plan);
    for (size_t i = 0; !status.code && i < plan->count; i++)
        if (plan->steps[i].layer.op->create) status = plan->steps[i].layer.op->create(&plan->steps[i].layer);
    if (!status.code) {
        note_readers(plan);
        status = plan_forward_memory(plan);
    }
    if (!status.code && options->training) status = plan_backward_memory(plan);
    if (!status.code) status = take_memory(plan);
    if (!status.code) status = bind_steps(plan);
    if (status.code) {
        nn_plan_free(plan);
        return status;
    }
    *made = plan;
    return status;
}

void nn_plan_free(nn_plan *plan)
{
    if (!plan) return;
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].layer.op->destroy) plan->steps[i].layer.op->destroy(&plan->steps[i].layer);
    mem_free(plan->steps);
    mem_free(plan->maps);
    mem_free(plan->own);
    mem_free(plan->scratch);
    mem_free(plan);
}

/* ---- running ---- */

float *nn_plan_pixels(nn_plan *plan)
{
    return plan->steps[0].layer.own;
}

const float *nn_plan_logits(const nn_plan *plan)
{
    return plan->steps[plan->count - 1].out.data;
}

float *nn_plan_logits_gradient(nn_plan *plan)
{
    return plan->steps[plan->count - 1].out.gradient;
}

const float *nn_plan_map(const nn_plan *plan, size_t row, size_t *count)
{
    for (size_t i = 0; plan->options.training && i < plan->count; i++) {
        const step *s = &plan->steps[i];
        if (s->last_row != row || s->out.type != NN_F32 || !s->kept) continue;
        *count = nn_shape_count(s->out.shape);
        return s->out.data;
    }
    return NULL;
}

size_t nn_plan_bytes(const nn_plan *plan)
{
    return plan->arena.peak + plan->own_bytes + plan->scratch_bytes;
}

static amend_status refresh(nn_plan *plan)
{
    if (plan->version == plan->params->version) return status_ok();
    if (plan->options.type == NN_BF16) nn_params_round(plan->params);
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].layer.op->refresh) TRY(plan->steps[i].layer.op->refresh(&plan->steps[i].layer));
    plan->version = plan->params->version;
    return status_ok();
}

amend_status nn_plan_forward(nn_plan *plan, size_t count, bool training)
{
    if (!count || count > plan->options.batch || (training && count != plan->options.batch))
        return status_error(AMEND_BAD_ARGUMENT, "%zu samples for a plan of batch %zu", count, plan->options.batch);
    plan->run.training = training;
    plan->run.count = count;
    TRY(refresh(plan));
    for (size_t i = 0; i < plan->count; i++) TRY(plan->steps[i].layer.op->forward(&plan->steps[i].layer));
    return status_ok();
}

NN_VECTOR static void add_f32(float *to, const float *from, size_t count)
{
    for (size_t i = 0; i < count; i++) to[i] += from[i];
}

NN_VECTOR static void add_bf16(uint16_t *to, const uint16_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++) to[i] = nn_to_bf16(nn_from_bf16(to[i]) + nn_from_bf16(from[i]));
}

static void add_gradient(nn_tensor *tensor, const void *more)
{
    size_t samples = tensor->shape.n, size = nn_shape_count(tensor->shape) / samples;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < samples; n++) {
        if (tensor->type == NN_F32)
            add_f32((float *)tensor->gradient + n * size, (const float *)more + n * size, size);
        else
            add_bf16((uint16_t *)tensor->gradient + n * size, (const uint16_t *)more + n * size, size);
    }
}

amend_status nn_plan_backward(nn_plan *plan)
{
    if (!plan->options.training || !plan->run.training)
        return status_error(AMEND_BAD_ARGUMENT, "backward needs a training plan after a training forward pass");
    for (size_t i = plan->count; i-- > 1;) {
        nn_layer *layer = &plan->steps[i].layer;
        if (!layer->out->wants_gradient) continue;
        TRY(layer->op->backward(layer));
        for (size_t k = 0; k < NN_MAX_INPUTS; k++)
            if (plan->steps[i].adds[k]) add_gradient(layer->in[k], layer->in_gradient[k]);
    }
    return status_ok();
}
