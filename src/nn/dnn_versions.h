/* The whole difference between oneDNN 2.6 and 3.x: 3.x made memory descriptors opaque, dropped operation descriptors,
 * and takes scales when a primitive runs, not when it is made. For dnn.c only, which includes oneDNN before. */
#ifndef NN_DNN_VERSIONS_H
#define NN_DNN_VERSIONS_H

typedef struct conv_layouts conv_layouts;

#if DNNL_VERSION_MAJOR >= 3

typedef const_dnnl_memory_desc_t layout_ref;
typedef dnnl_memory_desc_t layout;

struct conv_layouts {
    layout in, weights, bias, out; /* bias NULL: none */
    dnnl_dims_t strides, gaps, before, after;
};

static dnnl_status_t layout_make(layout *made, int dims, const dnnl_dims_t sizes, dnnl_data_type_t type,
                                 dnnl_format_tag_t tag)
{
    return dnnl_memory_desc_create_with_tag(made, dims, sizes, type, tag);
}

static layout_ref layout_of(const layout *made)
{
    return *made;
}

static void layout_drop(layout *made)
{
    if (*made) dnnl_memory_desc_destroy(*made);
}

static dnnl_status_t layout_dims(layout_ref known, int *count, dnnl_dims_t dims)
{
    dnnl_dims_t *found = NULL;
    dnnl_status_t status = dnnl_memory_desc_query(known, dnnl_query_ndims_s32, count);
    if (!status) status = dnnl_memory_desc_query(known, dnnl_query_dims, &found);
    if (!status) memcpy(dims, *found, sizeof(dnnl_dims_t));
    return status;
}

/* preferred: what the name of a better way than oneDNN's first one begins with, or NULL. Of 3.x none is known. */
static dnnl_status_t describe_conv(dnn_pass pass, const conv_layouts *l, const char *preferred,
                                   const_dnnl_primitive_attr_t attributes, const_dnnl_primitive_desc_t hint,
                                   dnnl_primitive_desc_t *made)
{
    (void)preferred;
    if (pass == DNN_INFERENCE || pass == DNN_FORWARD)
        return dnnl_convolution_forward_primitive_desc_create(
            made, engine, pass == DNN_FORWARD ? dnnl_forward_training : dnnl_forward_inference, dnnl_convolution_direct,
            l->in, l->weights, l->bias, l->out, l->strides, l->gaps, l->before, l->after, attributes);
    if (pass == DNN_BACKWARD_DATA)
        return dnnl_convolution_backward_data_primitive_desc_create(made, engine, dnnl_convolution_direct, l->in,
                                                                    l->weights, l->out, l->strides, l->gaps, l->before,
                                                                    l->after, hint, attributes);
    return dnnl_convolution_backward_weights_primitive_desc_create(made, engine, dnnl_convolution_direct, l->in,
                                                                   l->weights, l->bias, l->out, l->strides, l->gaps,
                                                                   l->before, l->after, hint, attributes);
}

static dnnl_status_t describe_pool(dnn_pass pass, dnnl_alg_kind_t algorithm, const conv_layouts *l,
                                   const dnnl_dims_t kernel, const_dnnl_primitive_attr_t attributes,
                                   const_dnnl_primitive_desc_t hint, dnnl_primitive_desc_t *made)
{
    const dnnl_dims_t dense = {0, 0};
    if (pass != DNN_BACKWARD_DATA)
        return dnnl_pooling_forward_primitive_desc_create(
            made, engine, pass == DNN_FORWARD ? dnnl_forward_training : dnnl_forward_inference, algorithm, l->in,
            l->out, l->strides, kernel, dense, l->before, l->after, attributes);
    return dnnl_pooling_backward_primitive_desc_create(made, engine, algorithm, l->in, l->out, l->strides, kernel,
                                                       dense, l->before, l->after, hint, attributes);
}

static dnnl_status_t describe_reorder(layout_ref from, layout_ref to, const_dnnl_primitive_attr_t attributes,
                                      dnnl_primitive_desc_t *made)
{
    return dnnl_reorder_primitive_desc_create(made, from, engine, to, engine, attributes);
}

static dnnl_status_t append_sum(dnnl_post_ops_t operations, float scale, dnnl_data_type_t type)
{
    return dnnl_post_ops_append_sum(operations, scale, 0, type);
}

static dnnl_status_t append_function(dnnl_post_ops_t operations, dnnl_alg_kind_t algorithm, float alpha, float beta)
{
    return dnnl_post_ops_append_eltwise(operations, algorithm, alpha, beta);
}

/* The scales themselves are an argument of each run. Weights of groups have their outputs in two dimensions. */
static dnnl_status_t announce_scales(dnnl_primitive_attr_t attributes, const float *scales, size_t count, bool groups)
{
    (void)scales, (void)count;
    return dnnl_primitive_attr_set_scales_mask(attributes, DNNL_ARG_WEIGHTS, groups ? 3 : 1);
}

static const int scales_role = DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS;

/* Here the bias is added to what is already scaled. */
static float bias_unit(float scale)
{
    (void)scale;
    return 1;
}

#else

typedef const dnnl_memory_desc_t *layout_ref;
typedef dnnl_memory_desc_t layout;

struct conv_layouts {
    layout in, weights, bias, out; /* bias.ndims 0: none */
    dnnl_dims_t strides, gaps, before, after;
};

static dnnl_status_t layout_make(layout *made, int dims, const dnnl_dims_t sizes, dnnl_data_type_t type,
                                 dnnl_format_tag_t tag)
{
    return dnnl_memory_desc_init_by_tag(made, dims, sizes, type, tag);
}

static layout_ref layout_of(const layout *made)
{
    return made;
}

static void layout_drop(layout *made)
{
    (void)made;
}

static dnnl_status_t layout_dims(layout_ref known, int *count, dnnl_dims_t dims)
{
    *count = known->ndims;
    memcpy(dims, known->dims, sizeof(dnnl_dims_t));
    return dnnl_success;
}

static bool has_name(const_dnnl_primitive_desc_t description, const char *beginning)
{
    const char *name = NULL;
    return !dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, &name) &&
           !strncmp(name, beginning, strlen(beginning));
}

/* The first way to do it whose name begins so; none: NULL. */
static dnnl_primitive_desc_t find_way(const void *operation, const char *beginning,
                                      const_dnnl_primitive_attr_t attributes, const_dnnl_primitive_desc_t hint)
{
    dnnl_primitive_desc_iterator_t ways = NULL;
    dnnl_primitive_desc_t found = NULL;
    if (dnnl_primitive_desc_iterator_create(&ways, operation, attributes, engine, hint)) return NULL;
    do {
        found = dnnl_primitive_desc_iterator_fetch(ways);
        if (!found || has_name(found, beginning)) break;
        dnnl_primitive_desc_destroy(found);
        found = NULL;
    } while (!dnnl_primitive_desc_iterator_next(ways));
    dnnl_primitive_desc_iterator_destroy(ways);
    return found;
}

static dnnl_status_t describe_conv(dnn_pass pass, const conv_layouts *l, const char *preferred,
                                   const_dnnl_primitive_attr_t attributes, const_dnnl_primitive_desc_t hint,
                                   dnnl_primitive_desc_t *made)
{
    dnnl_convolution_desc_t operation;
    dnnl_status_t status;
    if (pass == DNN_INFERENCE || pass == DNN_FORWARD)
        status = dnnl_dilated_convolution_forward_desc_init(
            &operation, pass == DNN_FORWARD ? dnnl_forward_training : dnnl_forward_inference, dnnl_convolution_direct,
            &l->in, &l->weights, l->bias.ndims ? &l->bias : NULL, &l->out, l->strides, l->gaps, l->before, l->after);
    else if (pass == DNN_BACKWARD_DATA)
        status =
            dnnl_dilated_convolution_backward_data_desc_init(&operation, dnnl_convolution_direct, &l->in, &l->weights,
                                                             &l->out, l->strides, l->gaps, l->before, l->after);
    else
        status = dnnl_dilated_convolution_backward_weights_desc_init(&operation, dnnl_convolution_direct, &l->in,
                                                                     &l->weights, l->bias.ndims ? &l->bias : NULL,
                                                                     &l->out, l->strides, l->gaps, l->before, l->after);
    if (status) return status;
    *made = preferred ? find_way(&operation, preferred, attributes, hint) : NULL;
    return *made ? dnnl_success : dnnl_primitive_desc_create(made, &operation, attributes, engine, hint);
}

static dnnl_status_t describe_pool(dnn_pass pass, dnnl_alg_kind_t algorithm, const conv_layouts *l,
                                   const dnnl_dims_t kernel, const_dnnl_primitive_attr_t attributes,
                                   const_dnnl_primitive_desc_t hint, dnnl_primitive_desc_t *made)
{
    dnnl_pooling_desc_t operation;
    dnnl_status_t status;
    if (pass != DNN_BACKWARD_DATA)
        status = dnnl_pooling_forward_desc_init(&operation,
                                                pass == DNN_FORWARD ? dnnl_forward_training : dnnl_forward_inference,
                                                algorithm, &l->in, &l->out, l->strides, kernel, l->before, l->after);
    else
        status = dnnl_pooling_backward_desc_init(&operation, algorithm, &l->in, &l->out, l->strides, kernel, l->before,
                                                 l->after);
    if (status) return status;
    return dnnl_primitive_desc_create(made, &operation, attributes, engine, hint);
}

static dnnl_status_t describe_reorder(layout_ref from, layout_ref to, const_dnnl_primitive_attr_t attributes,
                                      dnnl_primitive_desc_t *made)
{
    return dnnl_reorder_primitive_desc_create(made, from, engine, to, engine, attributes);
}

static dnnl_status_t append_sum(dnnl_post_ops_t operations, float scale, dnnl_data_type_t type)
{
    return dnnl_post_ops_append_sum_v2(operations, scale, type);
}

static dnnl_status_t append_function(dnnl_post_ops_t operations, dnnl_alg_kind_t algorithm, float alpha, float beta)
{
    return dnnl_post_ops_append_eltwise(operations, 1, algorithm, alpha, beta);
}

static dnnl_status_t announce_scales(dnnl_primitive_attr_t attributes, const float *scales, size_t count, bool groups)
{
    (void)groups;
    return dnnl_primitive_attr_set_output_scales(attributes, (dnnl_dim_t)count, 2, scales);
}

static const int scales_role = 0; /* they are compiled in */

/* Here the sum of products and bias is scaled. */
static float bias_unit(float scale)
{
    return scale;
}

#endif

#endif
