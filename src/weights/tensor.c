/* What all weight files do with their tensors. */
#include "weights/tensor.h"

#include <stdio.h>

#include "weights/dtype.h"

size_t tensor_bytes(const tensor_view *view)
{
    size_t bytes = 0;
    (void)dtype_bytes(view->type, view->shape, view->dims, &bytes); /* fits: the file's reader looked */
    return bytes;
}

size_t tensor_values(const tensor_view *view)
{
    return tensor_bytes(view) / dtype_size(view->type);
}

void tensor_print_shape(char text[TENSOR_SHAPE_TEXT], const size_t *shape, size_t dims)
{
    size_t used = (size_t)snprintf(text, TENSOR_SHAPE_TEXT, "[");
    for (size_t i = 0; i < dims; i++)
        used += (size_t)snprintf(text + used, TENSOR_SHAPE_TEXT - used, i ? ", %zu" : "%zu", shape[i]);
    snprintf(text + used, TENSOR_SHAPE_TEXT - used, "]");
}

static bool same_shape(const tensor_view *view, const size_t *shape, size_t dims)
{
    if (view->dims != dims) return false;
    for (size_t i = 0; i < dims; i++)
        if (view->shape[i] != shape[i]) return false;
    return true;
}

amend_status tensor_read_f32(const char *path, const tensor_view *view, const size_t *shape, size_t dims, float *out)
{
    if (dims > TENSOR_MAX_DIMS || !same_shape(view, shape, dims)) {
        char found[TENSOR_SHAPE_TEXT], wanted[TENSOR_SHAPE_TEXT];
        tensor_print_shape(found, view->shape, view->dims);
        tensor_print_shape(wanted, shape, dims > TENSOR_MAX_DIMS ? TENSOR_MAX_DIMS : dims);
        return status_error(AMEND_BAD_DATA, "%s: tensor \"%.200s\" has shape %s, needed is %s", path, view->name, found,
                            wanted);
    }
    if (!view->data)
        return status_error(AMEND_UNSUPPORTED,
                            "%s: tensor \"%.200s\": its values do not lie in the file as numbers of "
                            "its type and shape",
                            path, view->name);
    if (!dtype_to_f32(view->type, view->data, tensor_values(view), out))
        return status_error(AMEND_BAD_DATA, "%s: tensor \"%.200s\" has dtype %s, needed is F32, BF16, F16 or F64", path,
                            view->name, dtype_name(view->type));
    return status_ok();
}
