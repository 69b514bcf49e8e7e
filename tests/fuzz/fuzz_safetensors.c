/* safetensors files: opened, all metadata and every tensor read. */
#include "target.h"
#include "weights/safetensors.h"

enum { MOST = 1 << 20 };

static void read_tensor(const safetensors *file, tensor_view view)
{
    size_t values = tensor_values(&view);
    must(safetensors_find(file, view.name), "a tensor is found by its name");
    float *out = values <= MOST ? malloc((values + 1) * sizeof *out) : NULL;
    if (out) worked(safetensors_read_f32(file, view.name, view.shape, view.dims, out));
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    safetensors *file;
    const char *key = NULL, *value;
    if (!worked(safetensors_open(target_file("a.safetensors", bytes, size), &file))) return 0;
    for (size_t i = 0; i < safetensors_count(file); i++) read_tensor(file, safetensors_at(file, i));
    while (safetensors_meta_next(file, &key, &value)) must(key && value, "metadata are text");
    safetensors_free(file);
    return 0;
}
