/* How much of a feature comes from padding instead of from the image: the paper's erosion, which de-albino weighs
 * down. */
#ifndef ARM_EROSION_H
#define ARM_EROSION_H

#include "arm/geometry.h"
#include "nn/table.h"

/* erosion [h][w] of row `row`, the caller's: the share, 0 to 1, of a position's paths down through the network that end
 * in padding, all taps of a kernel and both sides of a sum counting alike, maps side by side by their channels. It
 * depends on the table alone. Pools do not see their padding. AMEND_UNSUPPORTED for rows that no backbone has. */
amend_status arm_erosion(const nn_table *table, size_t row, double *erosion) AMEND_MUST_USE;

/* After de-albino: windows [out_height][out_width], the mean erosion of the arranged pixels in each window. */
void arm_erosion_windows(const arm_geometry *geometry, const double *erosion, double *windows);

#endif
