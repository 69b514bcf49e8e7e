/* Folded models in 8 bits as safetensors: of each convolution but the first "NAME.weight" (I8) and "NAME.weight_scale"
 * (f32, one an output channel), the first one's weights in f32 (the program quantizes them with the normalisation in
 * them), all biases in f32, "fc.weight" in bf16, and "ROW.step": what one code of a row's result is worth. */
#ifndef MODEL_INT8_FILE_H
#define MODEL_INT8_FILE_H

#include "model/folded.h"

/* `description` must say int8. */
amend_status int8_file_save(const model_description *description, const model_folded *folded,
                            const char *path) AMEND_MUST_USE;

/* Fills a folded network of the description from the file, whose description was read before. */
amend_status int8_file_load(const safetensors *file, model_folded *folded) AMEND_MUST_USE;

#endif
