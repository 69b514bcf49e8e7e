/* Opening ONNX models. */
#include "model/onnx_model.h"

static amend_status check(const char *path, const model_description *d, const onnx_network *network, size_t *logits)
{
    const onnx_output *output = onnx_network_output(network, "logits");
    nn_shape in = network->table.shapes[0];
    if (!output || nn_shape_count(network->table.shapes[output->row]) != d->classes)
        return status_error(AMEND_BAD_DATA, "%s: no output 'logits' with a value for each of its %zu labels", path,
                            d->classes);
    if (in.h != d->size || in.w != d->size || in.c != d->channels)
        return status_error(AMEND_BAD_DATA, "%s: its input is %zu x %zu x %zu, its description says %zu x %zu x %zu",
                            path, in.h, in.w, in.c, d->size, d->size, d->channels);
    *logits = output->row;
    return status_ok();
}

amend_status onnx_model_open(const char *path, model_description *d, onnx_network **network, size_t *logits)
{
    onnx_file file;
    const onnx_import_options options = {.fold = true};
    *network = NULL;
    TRY(onnx_file_open(path, &file));
    const meta_source meta = onnx_meta_source(&file);
    amend_status status = description_read(&meta, d);
    if (!status.code) status = onnx_import(&file, &options, network);
    onnx_file_close(&file);
    if (!status.code) status = check(path, d, *network, logits);
    if (!status.code) return status;
    onnx_network_free(*network);
    *network = NULL;
    return status;
}
