/* Importing: the description from the shapes, then the parameters by name. */
#include "model/import.h"

#include <math.h>
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "weights/state_dict.h"

enum { SIZE_LOW = 8, SIZE_HIGH = 1024, STRIDE_IMAGENET = 32, STRIDE_SMALL = 8, SIZE_IMAGENET = 224, PAPER_R = 16 };

static const char imagenet_mean[] = "0.485,0.456,0.406", imagenet_deviation[] = "0.229,0.224,0.225";

static amend_status need(const state_dict *dict, const char *name, size_t dims, const tensor_view **view)
{
    const char *path = weight_file_path(dict->file);
    *view = state_dict_find(dict, name);
    if (!*view)
        return status_error(AMEND_BAD_DATA,
                            "%s: no tensor '%s' among %zu (the first is '%.100s'): not a ResNet, VGG, "
                            "MobileNet or EfficientNet with torchvision's names",
                            path, name, dict->count, dict->count ? dict->tensors[0].name : "");
    if ((*view)->dims == dims) return status_ok();
    return status_error(AMEND_BAD_DATA, "%s: tensor '%s' has %zu dimensions, not %zu", path, name, (*view)->dims, dims);
}

static amend_status refuse_own(const state_dict *dict)
{
    const char *name, *value;
    while (weight_file_next_note(dict->file, &name, &value)) {
        if (!strcmp(name, "amend.checkpoint")) return description_refuse_checkpoint(weight_file_path(dict->file));
        if (!strcmp(name, "amend.architecture"))
            return status_error(AMEND_BAD_ARGUMENT, "%s: is a model of amend already", weight_file_path(dict->file));
    }
    return status_ok();
}

/* ---- the description ---- */

static bool is_conv(const state_dict *dict, const char *name)
{
    const tensor_view *view = state_dict_find(dict, name);
    return view && view->dims == 4;
}

/* The three ResNets by what only the deeper ones have. */
static backbone_kind infer_resnet(const state_dict *dict)
{
    if (state_dict_find(dict, "layer1.0.conv3.weight")) return BACKBONE_RESNET50;
    return state_dict_find(dict, "layer1.2.conv1.weight") ? BACKBONE_RESNET34 : BACKBONE_RESNET18;
}

/* The three VGGs by where the second and the third stage begin: their modules are numbered in one row. */
static backbone_kind infer_vgg(const state_dict *dict)
{
    if (!is_conv(dict, "features.3.weight")) return BACKBONE_VGG11;
    return is_conv(dict, "features.20.weight") ? BACKBONE_VGG16 : BACKBONE_VGG13;
}

/* What a family of backbones begins with. */
typedef struct beginning {
    const char *conv; /* its first convolution */
    size_t base, step,
        kernel; /* outputs with width 1; what they are multiples of; side, 0: 7 or, with the small stem, 3 */
} beginning;

static const beginning resnet = {"conv1.weight", 64, 16, 0}, vgg = {"features.0.weight", 64, 16, 3},
                       mobile = {"features.0.0.weight", 32, 8, 3}, mobile_v3 = {"features.0.0.weight", 16, 8, 3};

/* The networks of inverted residuals by how torchvision names their blocks; the larger MobileNetV3 has more of them. */
static backbone_kind infer_mobile(const state_dict *dict)
{
    if (is_conv(dict, "features.1.0.block.0.0.weight")) return BACKBONE_EFFICIENTNET_B0;
    if (!is_conv(dict, "features.1.block.0.0.weight")) return BACKBONE_MOBILENET_V2;
    return is_conv(dict, "features.16.0.weight") ? BACKBONE_MOBILENET_V3_LARGE : BACKBONE_MOBILENET_V3_SMALL;
}

static amend_status infer_kind(const state_dict *dict, backbone_kind *kind, const beginning **begins)
{
    if (is_conv(dict, mobile.conv)) {
        *kind = infer_mobile(dict);
        bool v3 = *kind == BACKBONE_MOBILENET_V3_SMALL || *kind == BACKBONE_MOBILENET_V3_LARGE;
        *begins = v3 ? &mobile_v3 : &mobile;
    } else if (is_conv(dict, vgg.conv)) {
        *kind = infer_vgg(dict);
        *begins = &vgg;
        if (!state_dict_find(dict, "features.1.running_mean"))
            return status_error(AMEND_UNSUPPORTED, "%s: a VGG without batch normalisations; those with them are known",
                                weight_file_path(dict->file));
    } else {
        *kind = infer_resnet(dict);
        *begins = &resnet;
    }
    return status_ok();
}

static amend_status check_first(const char *path, const tensor_view *conv, const beginning *b)
{
    const size_t *shape = conv->shape;
    if (b->kernel ? shape[2] != b->kernel : shape[2] != 7 && shape[2] != 3)
        return status_error(AMEND_UNSUPPORTED, "%s: '%s' is a kernel of %zu x %zu; %s3 x 3 are known", path, b->conv,
                            shape[2], shape[3], b->kernel ? "" : "7 x 7 and ");
    if (shape[1] != 1 && shape[1] != 3)
        return status_error(AMEND_UNSUPPORTED, "%s: '%s' reads %zu channels; 1 and 3 are known", path, b->conv,
                            shape[1]);
    if (shape[0] > 4 * b->base || !shape[0] || shape[0] % b->step)
        return status_error(AMEND_UNSUPPORTED, "%s: '%s' has %zu outputs; multiples of %zu up to %zu are possible",
                            path, b->conv, shape[0], b->step, 4 * b->base);
    return status_ok();
}

static amend_status need_classifier(const state_dict *dict, const tensor_view **fc)
{
    if (!state_dict_find(dict, "fc.weight") && state_dict_find(dict, "classifier.0.weight"))
        return status_error(AMEND_UNSUPPORTED,
                            "%s: its classifier of several layers has no counterpart here; its backbone can begin a "
                            "training: amend train ... train.init=FILE",
                            weight_file_path(dict->file));
    return need(dict, "fc.weight", 2, fc);
}

/* Whether the file's convolutions have as many outputs as the network's of that width. */
static bool has_width(const state_dict *dict, const model_description *d, double width, nn_table *table)
{
    const backbone_options options = {d->backbone, d->small_stem, width};
    char name[NN_NAME_SIZE + sizeof ".weight"];
    size_t features;
    if (nn_table_begin(table, SIZE_IMAGENET, SIZE_IMAGENET, d->channels).code ||
        backbone_build(table, &options, &features).code)
        return false;
    for (size_t i = 0; i < table->count; i++) {
        const nn_row *row = &table->rows[i];
        if (row->kind != NN_CONV) continue;
        snprintf(name, sizeof name, "%s.weight", row->name);
        const tensor_view *view = state_dict_find(dict, name);
        if (!view || !view->dims || view->shape[0] != row->channels) return false;
    }
    return true;
}

/* Channels are rounded, so that widths share a stem (MobileNetV2's 1.4 has that of 1.5): what the stem says, else the
 * first multiple of 0.05 or of 0.01 that the later layers fit too. Where none does, the missing shapes are named
 * later. */
static amend_status infer_width(const state_dict *dict, double of_stem, model_description *d)
{
    static const int parts[] = {20, 100}; /* of 1 */
    nn_table *table = NULL;
    TRY(mem_alloc(&table, 1, sizeof *table, "network"));
    d->width = of_stem;
    bool found = has_width(dict, d, of_stem, table);
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        for (int i = 1; !found && i <= 4 * parts[k]; i++)
            if ((found = has_width(dict, d, (double)i / parts[k], table))) d->width = (double)i / parts[k];
    mem_free(table);
    return status_ok();
}

static amend_status infer_backbone(const state_dict *dict, model_description *d)
{
    const tensor_view *conv, *fc;
    const beginning *begins;
    TRY(infer_kind(dict, &d->backbone, &begins));
    TRY(need(dict, begins->conv, 4, &conv));
    TRY(need_classifier(dict, &fc));
    TRY(check_first(weight_file_path(dict->file), conv, begins));
    d->classes = fc->shape[0];
    d->channels = conv->shape[1];
    d->small_stem = !begins->kernel && conv->shape[2] == 3;
    return infer_width(dict, (double)conv->shape[0] / (double)begins->base, d);
}

/* The side of a feature map whose de-albino map has `outputs` values: (2 h - 3)^2; 0 when none has. */
static size_t map_side(size_t outputs)
{
    size_t d = (size_t)lround(sqrt((double)outputs));
    return d * d == outputs && d % 2 ? (d + 3) / 2 : 0;
}

static amend_status infer_head(const state_dict *dict, model_description *d)
{
    const char *path = weight_file_path(dict->file);
    const tensor_view *kernel, *project, *fc = state_dict_find(dict, "fc.weight");
    size_t stride = d->small_stem ? STRIDE_SMALL : STRIDE_IMAGENET;
    d->head = ARM_HEAD_GAP;
    d->arrangement = PAPER_R;
    d->size = d->small_stem ? 0 : SIZE_IMAGENET;
    if (!state_dict_find(dict, "arm.de_albino.weight")) return status_ok();
    TRY(need(dict, "arm.de_albino.weight", 4, &kernel));
    d->head = state_dict_find(dict, "arm.generic") ? ARM_HEAD_EMA
              : state_dict_find(dict, "arm.alpha") ? ARM_HEAD_BATCH
                                                   : ARM_HEAD_NONE;
    d->arrangement = kernel->shape[2] / 2;
    if (state_dict_find(dict, "arm.project.weight")) {
        TRY(need(dict, "arm.project.weight", 4, &project));
        d->variant.project = project->shape[0];
    }
    if (!map_side(fc->shape[1]))
        return status_error(AMEND_BAD_DATA, "%s: 'fc.weight' reads %zu values, which no ARM head gives", path,
                            fc->shape[1]);
    d->size = map_side(fc->shape[1]) * stride;
    return status_ok();
}

/* What the options say, and what still is not known then. */
static amend_status apply_options(const state_dict *dict, const import_options *o, model_description *d)
{
    const char *path = weight_file_path(dict->file);
    size_t classes = d->classes;
    if (o->size) d->size = o->size;
    if (d->size < SIZE_LOW || d->size > SIZE_HIGH)
        return status_error(AMEND_BAD_ARGUMENT,
                            d->size ? "%s: an input side of %zu pixels; %d..%d are possible"
                                    : "%s: which input side was it trained with? Say it with --size",
                            path, d->size, SIZE_LOW, SIZE_HIGH);
    if (!o->labels)
        return status_error(AMEND_BAD_ARGUMENT, "%s: %zu classes; name them in their order with --labels A,B,...", path,
                            classes);
    TRY(status_prefix(description_parse_labels(o->labels, d), "--labels"));
    if (d->classes != classes)
        return status_error(AMEND_BAD_ARGUMENT, "%s: %zu classes, but --labels names %zu", path, classes, d->classes);
    if (d->channels == 1 && (!o->mean || !o->deviation))
        return status_error(AMEND_BAD_ARGUMENT, "%s: reads gray images; which --mean and --std was it trained with?",
                            path);
    TRY(status_prefix(description_parse_normal(o->mean ? o->mean : imagenet_mean,
                                               o->deviation ? o->deviation : imagenet_deviation, d),
                      "--mean, --std"));
    return status_ok();
}

static void describe_origin(const state_dict *dict, model_description *d)
{
    char name[256];
    text_copy(name, sizeof name, file_base_name(weight_file_path(dict->file)));
    snprintf(d->training, sizeof d->training, "imported from %s (%s)", name, weight_file_format(dict->file));
}

/* ---- the parameters ---- */

static amend_status check_names(const state_dict *dict, const char *network, const nn_params *params)
{
    text_list missing = {0}, surplus = {0};
    for (size_t i = 0; i < params->count; i++)
        if (!state_dict_find(dict, params->items[i].name)) text_list_add(&missing, params->items[i].name);
    for (size_t i = 0; i < dict->count; i++) {
        size_t k = 0;
        while (k < params->count && strcmp(params->items[k].name, dict->tensors[i].name)) k++;
        if (k == params->count) text_list_add(&surplus, dict->tensors[i].name);
    }
    if (!missing.count && !surplus.count) return status_ok();
    return status_error(AMEND_BAD_DATA, "%s: not the tensors of a %s: %zu missing%s; %zu too many%s",
                        weight_file_path(dict->file), network, missing.count, missing.text, surplus.count,
                        surplus.text);
}

static amend_status load(const state_dict *dict, const char *network, nn_params *params)
{
    TRY(check_names(dict, network, params));
    for (size_t i = 0; i < params->count; i++)
        TRY(description_load_param(weight_file_path(dict->file), state_dict_find(dict, params->items[i].name),
                                   &params->items[i]));
    return status_ok();
}

static amend_status convert(const state_dict *dict, const model_description *d, const char *out)
{
    nn_table *table = NULL;
    nn_params params = {0};
    TRY(mem_alloc(&table, 1, sizeof *table, "network"));
    amend_status status = status_prefix(description_build(d, table), "%s", weight_file_path(dict->file));
    if (!status.code) status = nn_params_create(table, &params);
    if (!status.code) status = load(dict, backbone_names[d->backbone], &params);
    if (!status.code) status = description_save(d, &params, TENSOR_F32, out);
    nn_params_free(&params);
    mem_free(table);
    return status;
}

amend_status model_import(const char *path, const import_options *options, const char *out, model_description *d)
{
    state_dict dict = {0};
    memset(d, 0, sizeof *d);
    TRY(state_dict_open(path, &dict));
    amend_status status = refuse_own(&dict);
    if (!status.code) status = infer_backbone(&dict, d);
    if (!status.code) status = infer_head(&dict, d);
    if (!status.code) status = apply_options(&dict, options, d);
    if (!status.code) {
        describe_origin(&dict, d);
        status = convert(&dict, d, out);
    }
    state_dict_close(&dict);
    return status;
}
