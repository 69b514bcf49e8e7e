/* amend export */
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/output.h"
#include "model/model.h"

static int run(int argc, char **argv)
{
    const char *out = NULL, *precision = NULL, *figures = NULL;
    const cli_option options[] = {
        {"--out", &out, NULL}, {"--precision", &precision, NULL}, {"--figures", &figures, NULL}};
    amend_model *model = NULL;
    int operands = 0;
    int result = cli_parse(&cli_export, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (!result) result = cli_no_more(&cli_export, argv, operands, 1);
    if (result) return result;
    if (!operands || !out) return cli_usage(&cli_export, "a model and --out are needed");
    bool onnx = file_has_ending(out, ".onnx");
    bool bf16 = !precision || !strcmp(precision, "bf16");
    if (onnx && precision && strcmp(precision, "f32"))
        return cli_usage(&cli_export, "--precision %s: values of an ONNX file are f32", precision);
    if (!bf16 && strcmp(precision, "f32")) return cli_usage(&cli_export, "--precision %s: bf16 or f32", precision);
    if (figures && strlen(figures) >= MODEL_TEXT_SIZE)
        return cli_usage(&cli_export, "--figures: at most %d characters", MODEL_TEXT_SIZE - 1);
    for (const char *at = figures; at && *at; at += text_character(at))
        if (!text_character(at)) return cli_usage(&cli_export, "--figures: what is not UTF-8 in them");
    result = cli_check_output(&cli_export, "--out", out, onnx ? CLI_OUTPUT_FILE : CLI_OUTPUT_WEIGHTS);
    if (!result) result = cli_check_kept("--out", out, argv[0], "model");
    if (result) return result;
    amend_status status = model_open(argv[0], &model);
    if (!status.code && onnx)
        status = model_save_onnx(model, figures, out);
    else if (!status.code)
        status = model_save(model, bf16 ? TENSOR_BF16 : TENSOR_F32, figures, out);
    amend_model_free(model);
    return status.code ? cli_fail(status) : CLI_DONE;
}

const cli_command cli_export = {
    "export", run, "write a model for release",
    "Usage: amend export MODEL --out FILE.safetensors|FILE.onnx [options]\n"
    "Writes the model again: smaller, and with its measured figures in its description; or, for other programs, its\n"
    "folded network as ONNX, which takes pixels of 0..255 and gives logits and probabilities.\n\n"
    "  --precision P   of stored kernels and matrices: bf16 (default, half the size) or f32; not of ONNX\n"
    "  --figures TEXT  what was measured, with the protocol; kept as it is if left out\n\n"
    "Example:\n"
    "  amend export MODEL --out model.onnx\n"
    "  amend export runs/ferplus/model.safetensors --out ferplus.safetensors --figures \"FER+ valid: 84.0 %\"\n"};
