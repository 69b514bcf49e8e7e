/* amend info */
#include <stdio.h>

#include "cli/args.h"
#include "weights/safetensors.h"

static const char *type_name(tensor_type type)
{
    static const char *const names[] = {"F32", "BF16", "F16", "I64", "I32", "I8", "U8", "F64"};
    return names[type];
}

static void print_tensor(tensor_view tensor)
{
    printf("  %-40s %-4s [", tensor.name, type_name(tensor.type));
    for (size_t i = 0; i < tensor.dims; i++) printf("%s%zu", i ? ", " : "", tensor.shape[i]);
    puts("]");
}

static int run(int argc, char **argv)
{
    static const char *const keys[] = {"amend.architecture", "amend.stem",      "amend.width",    "amend.head",
                                       "amend.arrangement",  "amend.size",      "amend.channels", "amend.labels",
                                       "amend.mean",         "amend.deviation", "amend.training", "amend.figures",
                                       "amend.checkpoint",   "amend.epoch",     "amend.step"};
    int operands = 0;
    safetensors *file = NULL;
    int result = cli_parse(&cli_info, argc, argv, NULL, 0, &operands);
    if (result) return result;
    if (operands != 1) return cli_usage(&cli_info, "one file is needed");
    amend_status status = safetensors_open(argv[0], &file);
    if (status.code) return cli_fail(status);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *value = safetensors_meta(file, keys[i]);
        if (value) printf("%-20s %s\n", keys[i], value);
    }
    printf("%zu tensors\n", safetensors_count(file));
    for (size_t i = 0; i < safetensors_count(file); i++) print_tensor(safetensors_at(file, i));
    safetensors_free(file);
    return CLI_DONE;
}

const cli_command cli_info = {"info", run, "show what a weight file holds",
                              "Usage: amend info FILE.safetensors\n"
                              "Prints the description and the tensors of a model or checkpoint.\n\n"
                              "Example:\n  amend info models/ferplus-resnet18-ema.safetensors\n"};
