/* The classifier's head as rows of a table: ARM (arrangement, de-albino, sharing affinity, linear) or global average
 * pooling. */
#ifndef ARM_HEAD_H
#define ARM_HEAD_H

#include "arm/geometry.h"

typedef enum arm_head { ARM_HEAD_GAP, ARM_HEAD_NONE, ARM_HEAD_BATCH, ARM_HEAD_EMA, ARM_HEADS } arm_head;

/* "gap", "none", "batch", "ema"; NULL ends them. */
extern const char *const arm_head_names[];

/* Appends the head behind row `features`; its logits are the table's last row. `variant` NULL: the paper's. Errors say
 * which r, projection or size would fit. */
amend_status arm_head_build(nn_table *table, arm_head head, size_t features, size_t arrangement,
                            const arm_variant *variant, size_t classes) AMEND_MUST_USE;

/* A tensor's name is the head's: "arm." and "fc." in front. All others are the backbone's. */
bool arm_head_owns(const char *tensor);

#endif
