/* PyTorch checkpoints, zip archives and the old format: opened, every tensor and every note read. */
#include "target.h"
#include "weights/pth.h"

enum { MOST = 1 << 20 };

static void read_tensor(tensor_view view)
{
    size_t values = tensor_values(&view);
    float *out = values <= MOST ? malloc((values + 1) * sizeof *out) : NULL;
    if (out) worked(tensor_read_f32("fuzz", &view, view.shape, view.dims, out));
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    pth *file;
    pth_note note;
    size_t cursor = 0;
    if (!worked(pth_open_memory(bytes, size, "fuzz", &file))) return 0;
    for (size_t i = 0; i < pth_count(file); i++) read_tensor(pth_at(file, i));
    while (pth_note_next(file, &cursor, &note)) continue;
    pth_free(file);
    return 0;
}
