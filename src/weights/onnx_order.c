/* Views brought into order, moved values, constants as rows: what turns a view into a row that others can read. */
#include <string.h>

#include "base/mem.h"
#include "weights/onnx_graph.h"

amend_status graph_shape_of(const graph *g, const graph_value *v, bool as_map, nn_shape *shape)
{
    if (as_map && v->rank == 4) {
        *shape = (nn_shape){v->dims[0], v->dims[2], v->dims[3], v->dims[1]};
    } else {
        size_t outer = 1;
        for (size_t i = 0; i + 2 < v->rank; i++) outer *= v->dims[i];
        *shape = (nn_shape){1, outer, v->rank > 1 ? v->dims[v->rank - 2] : 1, v->rank ? v->dims[v->rank - 1] : 1};
    }
    if (shape->n != 1)
        return graph_error(g, AMEND_UNSUPPORTED, "a batch of %zu inside; export with a batch of one", shape->n);
    if (!nn_shape_count(*shape)) return graph_error(g, AMEND_UNSUPPORTED, "a value without elements");
    return status_ok();
}

static bool has_order(const graph_value *v, const graph_value *wanted)
{
    if (v->offset) return false;
    for (size_t i = 0; i < v->rank; i++)
        if (v->dims[i] > 1 && v->strides[i] != wanted->strides[i]) return false;
    return true;
}

/* Whether row `at` gathers the very same: of maps that are joined one by one, again and again, most are there. */
static bool gathers_same(const nn_table *table, size_t at, const nn_row *row, const uint32_t *source)
{
    const nn_row *old = &table->rows[at];
    if (old->kind != NN_GATHER || old->in[0] != row->in[0] || old->in[1] != row->in[1] || old->pair != row->pair ||
        old->height != row->height || old->width != row->width || old->channels != row->channels ||
        memcmp(&old->alpha, &row->alpha, sizeof row->alpha) || !old->source != !source)
        return false;
    return !source || !memcmp(old->source, source, row->height * row->width * row->channels * sizeof *source);
}

/* Takes over `source`. */
static amend_status add_gather(graph *g, nn_row row, uint32_t *source, size_t *index)
{
    onnx_network *n = g->network;
    for (size_t i = 1; i < n->table.count; i++)
        if (gathers_same(&n->table, i, &row, source)) {
            mem_free(source);
            *index = i;
            return status_ok();
        }
    amend_status status =
        mem_grow(&n->sources, n->source_count, n->source_count + 1, sizeof *n->sources, "moved values");
    if (status.code) {
        mem_free(source);
        return status;
    }
    n->sources[n->source_count++] = source;
    row.kind = NN_GATHER;
    row.source = source;
    return graph_add_row(g, row, index);
}

static amend_status move_constant(graph *g, const graph_value *a, size_t rank, const size_t *dims,
                                  const uint32_t *elements, float fill, graph_value *moved)
{
    graph_value made;
    TRY(graph_new_constant(g, rank, dims, &made));
    made.is_whole = a->is_whole;
    for (size_t i = 0, count = value_count(&made); i < count; i++)
        made.constant[i] = elements[i] == NN_FILL ? (double)fill : a->constant[elements[i]];
    *moved = made;
    return status_ok();
}

amend_status graph_move(graph *g, const graph_value *a, const graph_value *b, size_t rank, const size_t *dims,
                        const uint32_t *elements, float fill, graph_value *moved)
{
    uint32_t *source = NULL;
    nn_shape shape;
    graph_value made; /* `moved` may be one of the two */
    if (a->constant && !b) return move_constant(g, a, rank, dims, elements, fill, moved);
    graph_row_value(0, rank, dims, &made);
    TRY(graph_shape_of(g, &made, true, &shape));
    size_t count = nn_shape_count(shape);
    TRY(mem_alloc(&source, count, sizeof *source, "moved values"));
    size_t at[ONNX_MAX_RANK] = {0};
    for (size_t i = 0; i < count; i++, value_next(rank, dims, at)) source[value_at(&made, at)] = elements[i];
    nn_row row = {.in = {a->row}, .height = shape.h, .width = shape.w, .channels = shape.c, .alpha = fill};
    row.pair = b;
    if (b) row.in[1] = b->row;
    TRY(add_gather(g, row, source, &made.row));
    *moved = made;
    return status_ok();
}

/* What a view shows, as a value of its own. */
static amend_status gather_view(graph *g, const graph_value *value, bool as_map, nn_shape shape, graph_value *ordered)
{
    graph_value wanted = {0};
    uint32_t *source = NULL;
    size_t count;
    TRY(graph_take_room(g, value->rank, value->dims, &count));
    value_set_dims(&wanted, value->rank, value->dims);
    if (as_map) graph_row_value(0, value->rank, value->dims, &wanted);
    if (!has_order(value, &wanted) || nn_shape_count(g->network->table.shapes[value->row]) != count) {
        TRY(mem_alloc(&source, count, sizeof *source, "moved values"));
        size_t at[ONNX_MAX_RANK] = {0};
        for (size_t i = 0; i < count; i++, value_next(value->rank, value->dims, at))
            source[value_at(&wanted, at)] = (uint32_t)value_at(value, at);
    }
    const nn_row row = {.in = {value->row}, .height = shape.h, .width = shape.w, .channels = shape.c};
    TRY(add_gather(g, row, source, &wanted.row));
    wanted.name = value->name;
    *ordered = wanted;
    return status_ok();
}

static amend_status order_constant(graph *g, const graph_value *value, graph_value *ordered)
{
    graph_value made;
    TRY(graph_new_constant(g, value->rank, value->dims, &made));
    for (size_t i = 0, count = value_count(value); i < count; i++)
        made.constant[i] = value->constant[value_element(value, i)];
    made.name = value->name;
    made.is_whole = value->is_whole;
    *ordered = made;
    return status_ok();
}

amend_status graph_in_order(graph *g, const graph_value *value, bool as_map, graph_value *ordered)
{
    graph_value wanted = {0}, from = *value;
    nn_shape shape;
    value_set_dims(&wanted, value->rank, value->dims);
    if (value->constant) {
        if (!has_order(value, &wanted)) return order_constant(g, &from, ordered);
        *ordered = from;
        return status_ok();
    }
    TRY(graph_shape_of(g, value, as_map, &shape));
    if (as_map) graph_row_value(value->row, value->rank, value->dims, &wanted);
    if (!has_order(value, &wanted) || !nn_shape_same(g->network->table.shapes[value->row], shape))
        return gather_view(g, &from, as_map, shape, ordered);
    *ordered = from;
    return status_ok();
}

amend_status graph_flat(graph *g, const graph_value *value, graph_value *flat)
{
    graph_value wanted = {0}, view = *value;
    value_set_dims(&wanted, value->rank, value->dims);
    view.offset = 0;
    if (!has_order(&view, &wanted)) return graph_in_order(g, value, false, flat);
    *flat = *value;
    return status_ok();
}

amend_status graph_as_row(graph *g, const graph_value *value, graph_value *row)
{
    graph_value made;
    float *values;
    size_t count;
    nn_shape shape;
    *row = *value;
    if (!value->constant) return status_ok();
    TRY(graph_take_room(g, value->rank, value->dims, &count));
    graph_row_value(0, value->rank, value->dims, &made);
    TRY(graph_shape_of(g, &made, true, &shape));
    const nn_row constant = {.kind = NN_CONSTANT, .height = shape.h, .width = shape.w, .channels = shape.c};
    TRY(graph_add_row(g, constant, &made.row));
    TRY(graph_fill(g, made.row, "value", count, &values));
    for (size_t i = 0; i < count; i++)
        values[value_element(&made, i)] = (float)value->constant[value_element(value, i)];
    *row = made;
    return status_ok();
}
