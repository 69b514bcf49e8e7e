/* ONNX files: parsed, made into tables; networks that are small are compiled and run once. As backbones: cut, written
 * as rows and read again. */
#include "base/mem.h"
#include "nn/rows.h"
#include "small_network.h"
#include "target.h"

enum { SIDE = 8, MOST = 1 << 14, ROWS = 12 };

static void run(const onnx_network *n)
{
    size_t rows[NN_MAX_OUTPUTS];
    nn_program *program;
    nn_context *context = NULL;
    nn_program_options options = {
        .batch = 1, .type = NN_F32, .deviation = {1, 1, 1, 1}, .outputs = rows, .output_count = n->output_count};
    for (size_t i = 0; i < n->output_count; i++) rows[i] = n->outputs[i].row;
    if (!worked(nn_program_create(&n->table, &n->params, &options, &program))) return;
    if (worked(nn_context_create(program, &context))) worked(nn_context_run(context, 1));
    nn_context_free(context);
    nn_program_free(program);
}

static void take_backbone(const onnx_file *file)
{
    static const onnx_import_options options = {.height = SIDE, .width = SIDE, .backbone = true};
    onnx_network *network;
    char *text;
    nn_rows *rows;
    if (!worked(onnx_import(file, &options, &network))) return;
    nn_shape in = network->table.shapes[0];
    if (worked(nn_rows_write(&network->table, network->table.count - 1, &text)) &&
        worked(nn_rows_read(text, in.h, in.w, in.c, &rows)))
        nn_rows_free(rows);
    mem_free(text);
    onnx_network_free(network);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const onnx_import_options options = {.height = SIDE, .width = SIDE, .fold = true};
    onnx_file file;
    onnx_network *network;
    if (!worked(onnx_file_parse(bytes, size, "net.onnx", &file))) return 0;
    if (worked(onnx_import(&file, &options, &network))) {
        if (is_small(network, MOST, ROWS)) run(network);
        onnx_network_free(network);
    }
    take_backbone(&file);
    onnx_file_close(&file);
    return 0;
}
