/* Opening ONNX models, and networks that are to be backbones. */
#include "model/onnx_model.h"

#include "base/mem.h"

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
    if (!status.code && d->int8)
        status = status_error(AMEND_BAD_DATA, "%s: 'amend.precision' is 'int8'; values of an ONNX file are f32", path);
    if (!status.code) status = onnx_import(&file, &options, network);
    onnx_file_close(&file);
    if (!status.code) status = check(path, d, *network, logits);
    if (!status.code) return status;
    onnx_network_free(*network);
    *network = NULL;
    return status;
}

/* The rows go through their text, as they will when the trained model is opened. */
static amend_status take_rows(const onnx_network *network, model_description *d)
{
    char *text = NULL;
    size_t channels = network->table.shapes[0].c;
    if (channels != d->channels)
        return status_error(AMEND_BAD_ARGUMENT, "reads images of %zu channels; set model.channels=%zu", channels,
                            channels);
    TRY(nn_rows_write(&network->table, network->table.count - 1, &text));
    amend_status status = nn_rows_read(text, d->size, d->size, d->channels, &d->rows);
    mem_free(text);
    return status;
}

amend_status onnx_model_backbone(const char *path, model_description *d, onnx_network **network)
{
    onnx_file file;
    const onnx_import_options options = {.height = d->size, .width = d->size, .backbone = true};
    *network = NULL;
    TRY(onnx_file_open(path, &file));
    amend_status status = onnx_import(&file, &options, network);
    onnx_file_close(&file);
    return status.code ? status : status_prefix(take_rows(*network, d), "%s", path);
}

size_t onnx_model_fill(const onnx_network *network, nn_params *params)
{
    size_t filled = 0;
    for (size_t i = 0; i < network->params.count; i++)
        for (size_t k = 0; k < params->count; k++) {
            const nn_param *from = &network->params.items[i], *to = &params->items[k];
            if (strcmp(from->name, to->name) || from->count != to->count) continue;
            memcpy(to->value, from->value, to->count * sizeof *to->value);
            filled++;
        }
    params->version++;
    return filled;
}
