/* The one number in a .npy file of NumPy, as np.save writes a scalar: an integer, a float, or text that spells an
 * integer. Arrays, Python objects and everything else are refused. */
#ifndef DATA_NPY_H
#define DATA_NPY_H

#include "base/status.h"

/* Format versions 1 to 3, either byte order, shape () or (1,). */
amend_status npy_scalar(const char *path, double *value) AMEND_MUST_USE;

#endif
