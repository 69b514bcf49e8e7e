/* Model files, bf16 and 8 bits: their description and every tensor. The input is a safetensors header alone; the
 * tensors' bytes are all 0x3c, which is a number in every type. */
#include "model/model.h"
#include "target.h"

enum { MOST = 1 << 21, PREFIX = 8 };

/* The largest number in the text, as far as MOST: where the last tensor ends. */
static size_t data_size(const uint8_t *text, size_t size)
{
    size_t largest = 0, number = 0;
    for (size_t i = 0; i < size; i++) {
        number = text[i] >= '0' && text[i] <= '9' && number <= MOST ? 10 * number + (size_t)(text[i] - '0') : 0;
        if (number > largest && number <= MOST) largest = number;
    }
    return largest;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    amend_model *model;
    size_t data = data_size(bytes, size), whole = PREFIX + size + data;
    uint8_t *file = malloc(whole);
    if (!file) return 0;
    for (int i = 0; i < PREFIX; i++) file[i] = (uint8_t)((uint64_t)size >> 8 * i);
    if (size) memcpy(file + PREFIX, bytes, size);
    memset(file + PREFIX + size, 0x3c, data);
    const char *path = target_file("model.safetensors", file, whole);
    free(file);
    if (!worked(model_open(path, &model))) return 0;
    must(model_describe(model)->classes == amend_model_classes(model), "a model has its classes");
    amend_model_free(model);
    return 0;
}
