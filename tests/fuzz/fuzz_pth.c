/* libFuzzer: opens any bytes as a PyTorch checkpoint and reads every tensor of what opens. */
#include <stdlib.h>

#include "weights/pth.h"

enum { MOST = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void read_tensor(tensor_view view)
{
    size_t values = tensor_values(&view);
    float *out = values <= MOST ? malloc((values + 1) * sizeof *out) : NULL;
    if (out) (void)tensor_read_f32("fuzz", &view, view.shape, view.dims, out).code;
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    pth *file = NULL;
    pth_note note;
    size_t cursor = 0;
    if (pth_open_memory(bytes, size, "fuzz", &file).code) return 0;
    for (size_t i = 0; i < pth_count(file); i++) read_tensor(pth_at(file, i));
    while (pth_note_next(file, &cursor, &note)) continue;
    pth_free(file);
    return 0;
}
