/* amend import */
#include <stdio.h>

#include "cli/args.h"
#include "cli/output.h"
#include "model/import.h"

static void print_result(const model_description *d, const char *out)
{
    printf("%s: %s, %s stem, width %g, head %s", out, backbone_names[d->backbone], d->small_stem ? "small" : "imagenet",
           d->width, arm_head_names[d->head]);
    if (d->head != ARM_HEAD_GAP) printf(", r %zu", d->arrangement);
    printf(", %zu x %zu %s, %zu classes\n", d->size, d->size, d->channels == 1 ? "gray" : "RGB", d->classes);
    if (d->head == ARM_HEAD_BATCH)
        fputs("Its generic features are the mean of each batch: alone, an image is its own batch. "
              "See 'amend eval --help' about --affinity.\n",
              stderr);
}

static int run(int argc, char **argv)
{
    const char *out = NULL, *size = NULL;
    import_options how = {0};
    const cli_option options[] = {{"--out", &out, NULL},
                                  {"--labels", &how.labels, NULL},
                                  {"--size", &size, NULL},
                                  {"--mean", &how.mean, NULL},
                                  {"--std", &how.deviation, NULL}};
    model_description described;
    int operands = 0;
    int result = cli_parse(&cli_import, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (!result) result = cli_no_more(&cli_import, argv, operands, 1);
    if (result) return result;
    if (!operands || !out) return cli_usage(&cli_import, "a weight file and --out are needed");
    result = cli_read_size(&cli_import, "--size", size, 8, 1024, &how.size);
    if (result) return result;
    result = cli_check_output(&cli_import, "--out", out, CLI_OUTPUT_WEIGHTS);
    if (!result) result = cli_check_kept("--out", out, argv[0], "weight file");
    if (result) return result;
    amend_status status = model_import(argv[0], &how, out, &described);
    if (status.code) return cli_fail(status);
    print_result(&described, out);
    return CLI_DONE;
}

const cli_command cli_import = {
    "import", run, "make a model of PyTorch's weights",
    "Usage: amend import FILE --out MODEL.safetensors --labels A,B,... [options]\n"
    "Reads a checkpoint of PyTorch (.pth, without Python: nothing in it is run) or a safetensors file with "
    "torchvision's\n"
    "names, of a ResNet-18, 34 or 50, VGG-11, 13 or 16 with batch normalisation, MobileNetV2 or V3, or\n"
    "EfficientNet-B0, with an ARM head or average pooling. The network follows from the tensors' names and shapes. "
    "Weights of ImageNet are for\n"
    "'amend train train.init=FILE', which takes the backbone of such a file.\n\n"
    "  --labels A,B,... names of the classes in their order\n"
    "  --size PX        input side; as the ARM head's size says if left out; with average pooling 224, and for a\n"
    "                   ResNet with a 3x3 stem it must be given\n"
    "  --mean M,M,M     what the training subtracted from pixels of 0..1, a channel; ImageNet's if left out, for gray\n"
    "                   images it must be given\n"
    "  --std D,D,D      and divided them by\n\n"
    "Example, for what the authors of ARM train on RAF-DB:\n"
    "  amend import raf-db.pth --out raf-db.safetensors \\\n"
    "    --labels surprise,fear,disgust,happiness,sadness,anger,neutral\n"};
