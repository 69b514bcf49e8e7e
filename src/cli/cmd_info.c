/* amend info */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/args.h"
#include "cli/cost.h"
#include "cli/output.h"
#include "cli/print.h"
#include "model/model.h"
#include "weights/dtype.h"
#include "weights/weight_file.h"

typedef struct sums {
    size_t parameters, bytes;
} sums;

/* Statistics that training keeps, and what an 8-bit file says about its codes, are values but no parameters. */
static bool is_parameter(const char *name)
{
    static const char *const others[] = {"running_mean", "running_var",  "num_batches_tracked",
                                         "generic",      "weight_scale", "step"};
    const char *last = strrchr(name, '.');
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!strcmp(last ? last + 1 : name, others[i])) return false;
    return true;
}

static bool is_checkpoint(weight_file *file)
{
    const char *name, *value;
    bool found = false;
    while (weight_file_next_note(file, &name, &value)) found = found || !strcmp(name, "amend.checkpoint");
    return found;
}

/* What a checkpoint has of a parameter beside its value. */
static bool is_copy(const char *name)
{
    static const char *const fronts[] = {"moment1.", "moment2.", "average."};
    for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++)
        if (!strncmp(name, fronts[i], strlen(fronts[i]))) return true;
    return false;
}

static sums add_up(weight_file *file)
{
    sums s = {0, 0};
    bool copies = is_checkpoint(file);
    for (size_t i = 0; i < weight_file_count(file); i++) {
        tensor_view tensor = weight_file_at(file, i);
        if (is_parameter(tensor.name) && !(copies && is_copy(tensor.name))) s.parameters += tensor_values(&tensor);
        s.bytes += tensor_bytes(&tensor);
    }
    return s;
}

/* A text of many lines, as the rows of a network, is only counted. */
static void print_note(const char *name, const char *value)
{
    size_t lines = 0;
    for (const char *at = value; (at = strchr(at, '\n')); at++) lines++;
    cli_print_clean(name, 20);
    putchar(' ');
    if (lines > 1)
        printf("%zu lines, see --json", lines);
    else
        cli_print_clean(value, 0);
    putchar('\n');
}

static void print_tensor(tensor_view tensor)
{
    char shape[TENSOR_SHAPE_TEXT];
    tensor_print_shape(shape, tensor.shape, tensor.dims);
    fputs("  ", stdout);
    cli_print_clean(tensor.name, 40);
    printf(" %-4s %s\n", dtype_name(tensor.type), shape);
}

/* Of one image through a model of amend; 0: the file is none that can be opened. */
static size_t multiply_adds(const weight_file *file)
{
    amend_model *model = NULL;
    network_cost cost = {0};
    amend_status status = model_open(weight_file_path(file), &model);
    if (!status.code) status = network_cost_of(model_describe(model), &cost);
    amend_model_free(model);
    return status.code ? 0 : cost.products;
}

static void print_text(weight_file *file)
{
    size_t products = multiply_adds(file);
    const char *name, *value;
    sums s = add_up(file);
    printf("%-20s %s\n", "format", weight_file_format(file));
    while (weight_file_next_note(file, &name, &value)) {
        if (!strcmp(name, "format")) continue; /* safetensors files say "pt" here */
        print_note(name, value);
    }
    printf("%zu tensors, %zu parameters, %zu bytes\n", weight_file_count(file), s.parameters, s.bytes);
    if (products) printf("%.1f million multiply-adds an image\n", (double)products / 1e6);
    for (size_t i = 0; i < weight_file_count(file); i++) print_tensor(weight_file_at(file, i));
}

static json_t *tensors_json(const weight_file *file)
{
    json_t *list = json_array();
    for (size_t i = 0; i < weight_file_count(file); i++) {
        tensor_view tensor = weight_file_at(file, i);
        json_t *shape = json_array();
        for (size_t k = 0; k < tensor.dims; k++)
            json_array_append_new(shape, json_integer((json_int_t)tensor.shape[k]));
        json_t *entry = json_pack("{s:o, s:s, s:o}", "name", json_text(tensor.name), "dtype", dtype_name(tensor.type),
                                  "shape", shape);
        if (json_array_append_new(list, entry)) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *notes_json(weight_file *file)
{
    const char *name, *value;
    json_t *notes = json_object();
    int failures = 0;
    while (weight_file_next_note(file, &name, &value)) {
        json_t *key = json_text(name);
        failures |= !key || json_object_set_new(notes, json_string_value(key), json_text(value));
        json_decref(key);
    }
    return json_finished(notes, failures);
}

static amend_status write_json(weight_file *file, const char *path)
{
    sums s = add_up(file);
    json_t *object = json_pack(
        "{s:i, s:o, s:s, s:o, s:I, s:I, s:I, s:o}", "schema", 1, "file", json_text(weight_file_path(file)), "format",
        weight_file_format(file), "metadata", notes_json(file), "parameters", (json_int_t)s.parameters, "multiply_adds",
        (json_int_t)multiply_adds(file), "bytes", (json_int_t)s.bytes, "tensors", tensors_json(file));
    return json_save(object, path);
}

static int run(int argc, char **argv)
{
    const char *json = NULL;
    bool backbones = false;
    const cli_option options[] = {{"--json", &json, NULL}, {"--backbones", NULL, &backbones}};
    int operands = 0;
    weight_file *file = NULL;
    int result = cli_parse(&cli_info, argc, argv, options, 2, &operands);
    if (result) return result;
    if (backbones) {
        if (operands || json) return cli_usage(&cli_info, "--backbones goes alone");
        amend_status printed = network_costs_print();
        return printed.code ? cli_fail(printed) : CLI_DONE;
    }
    result = cli_no_more(&cli_info, argv, operands, 1);
    if (result) return result;
    if (!operands) return cli_usage(&cli_info, "one file is needed");
    result = cli_check_output(&cli_info, "--json", json, CLI_OUTPUT_TEXT);
    if (!result) result = cli_check_kept("--json", json, argv[0], "file");
    if (result) return result;
    amend_status status = weight_file_open(argv[0], &file);
    if (status.code) return cli_fail(status);
    if (!json || strcmp(json, "-")) print_text(file);
    if (json) status = write_json(file, json);
    weight_file_free(file);
    return status.code ? cli_fail(status) : CLI_DONE;
}

const cli_command cli_info = {
    "info", run, "show what a weight file holds",
    "Usage: amend info FILE [--json FILE]\n"
    "       amend info --backbones\n"
    "Prints what a model, a checkpoint, weights of PyTorch or a network in ONNX (.safetensors, .pth, .onnx) say of\n"
    "themselves, their tensors and how many parameters and bytes these have; of a model also the multiply-adds of an\n"
    "image.\n\n"
    "  --json FILE      also as JSON; - is standard output, in the place of the text\n"
    "  --backbones      instead: the networks that can be trained, what they cost at 224 x "
    "224 pixels, and the\n"
    "                   arrangement factors r that their channels allow\n\n"
    "Examples:\n  amend info models/ferplus-resnet18-ema.safetensors\n"
    "  amend info --backbones\n"};
