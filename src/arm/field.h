/* Where the positions of a feature map look. */
#ifndef ARM_FIELD_H
#define ARM_FIELD_H

#include "nn/table.h"

/* Along one side of the input, in its pixels, the left edge of the first being 0: position i sees `size` pixels around
 * first + i step, those outside the input being padding. */
typedef struct arm_field {
    double first, step, size;
} arm_field;

/* Of row `row`; AMEND_UNSUPPORTED for rows that no backbone has. Behind two maps that meet it is the wider of both, and
 * where positions see more of one side of the input than of the other, that of the former. */
amend_status arm_field_of(const nn_table *table, size_t row, arm_field *field) AMEND_MUST_USE;

#endif
