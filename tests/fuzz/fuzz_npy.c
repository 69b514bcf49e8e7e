/* NumPy files of one number. */
#include "data/npy.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    double value;
    worked(npy_scalar(target_file("a.npy", bytes, size), &value));
    return 0;
}
