#include "nn/convert.h"

NN_VECTOR void nn_convert(nn_type type, const float *values, size_t count, void *to)
{
    nn_store(type, to, 0, count, values);
}
