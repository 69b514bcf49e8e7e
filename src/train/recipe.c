/* The recipe's keys. */
#include "train/recipe.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "backbone/backbone.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "nn/dnn.h"
#include "train/optimizer.h"

static const char *const layouts[] = {"guess", "affectnet", "fer2013", "ferplus", "folder", "rafdb", "sfew", NULL};
static const char *const rules[] = {"plurality", "majority", NULL};
static const char *const stems[] = {"imagenet", "small", NULL};
static const char *const de_albinos[] = {"shared", "planes", "off", NULL};
static const char *const generics[] = {"gradient", "constant", "running", NULL};
static const char *const precisions[] = {"f32", "bf16", "auto", NULL};
static const char *const samplings[] = {"shuffle", "mrr", "sqrt", NULL};
static const char *const optimizers[] = {"adam", "adamw", "sgd", NULL};
static const char *const schedules[] = {"exponential", "cosine", "step", NULL};

#define CHOICE(name, field, names, help)                                                                               \
    {                                                                                                                  \
        name, CONFIG_CHOICE, offsetof(recipe, field), 0, 0, names, help                                                \
    }
#define REAL(name, field, low, high, help)                                                                             \
    {                                                                                                                  \
        name, CONFIG_REAL, offsetof(recipe, field), low, high, NULL, help                                              \
    }
#define SIZE(name, field, low, high, help)                                                                             \
    {                                                                                                                  \
        name, CONFIG_SIZE, offsetof(recipe, field), low, high, NULL, help                                              \
    }
#define FLAG(name, field, help)                                                                                        \
    {                                                                                                                  \
        name, CONFIG_FLAG, offsetof(recipe, field), 0, 0, NULL, help                                                   \
    }
#define TEXT(name, field, help)                                                                                        \
    {                                                                                                                  \
        name, CONFIG_TEXT, offsetof(recipe, field), 0, RECIPE_TEXT_SIZE, NULL, help                                    \
    }

const config_key recipe_keys[] = {
    CHOICE("data.layout", layout, layouts, "how the data set lies on disk"),
    CHOICE("data.rule", rule, rules, "FER+: how votes become a label"),
    SIZE("data.classes", classes, 7, 8, "AffectNet: 8, or 7 without contempt"),
    FLAG("data.soft", soft, "FER+ alone: train on the shares of the votes, not on one label"),
    TEXT("model.backbone", backbone, "the network before the head: one of amend's, or the path of an .onnx file"),
    CHOICE("model.stem", stem, stems, "imagenet: as published; small: for images of 32 to 64 pixels"),
    REAL("model.width", width, 0.125, 4, "factor on the channels"),
    CHOICE("model.head", head, arm_head_names, "gap: average pooling; none, batch, ema: ARM with that affinity"),
    SIZE("model.arrangement", arrangement, 1, 64, "r of ARM; r * r must divide the last channels; 1: no arrangement"),
    CHOICE("model.de_albino", de_albino, de_albinos, "ARM: one kernel for all planes, one a plane, or none"),
    SIZE("model.kernel", kernel, 0, 4096, "ARM: side of de-albino's kernel in arranged pixels; 0: the paper's 2 r"),
    SIZE("model.stride", stride, 0, 4096, "ARM: of de-albino; 0: the paper's r / 2"),
    SIZE("model.project", project, 0, 65536,
         "ARM: channels of a 1x1 convolution before it, where r * r does not divide the backbone's; 0: none"),
    CHOICE("model.generic", generic, generics,
           "ARM with batch or ema: it trains with the batch's mean, the same without its gradient, the running mean "
           "(ema)"),
    SIZE("model.size", size, 8, 1024, "input side in pixels"),
    SIZE("model.channels", channels, 1, 3, "1: gray, 3: RGB"),
    TEXT("model.points", points,
         "where the pictures show the left eye, the right eye and the mouth: x,y of each in shares of the side; empty: "
         "as FER2013's"),
    SIZE("train.epochs", epochs, 1, 100000, "passes over the training rows"),
    SIZE("train.batch", batch, 1, 4096, "images a step"),
    SIZE("train.seed", seed, 0, 1e15, "of the weights, the order and the augmentation"),
    SIZE("train.threads", threads, 1, 64, "that prepare images"),
    CHOICE("train.precision", precision, precisions,
           "of feature maps and convolutions; auto: bf16 where the processor is fast at it, else f32"),
    REAL("train.average", average, 0, 0.99999, "decay a step of the weight average; 0: none"),
    REAL("train.smoothing", smoothing, 0, 0.9, "label smoothing"),
    REAL("train.checkpoint", checkpoint, 0.01, 1e6, "minutes between checkpoints inside an epoch"),
    CHOICE(
        "train.sampling", sampling, samplings,
        "of an epoch; shuffle: every image; mrr: as many of each class as the smallest has; sqrt: by roots of counts"),
    TEXT("train.init", init, "weights to start from: a model, or a .pth, safetensors or ONNX file; empty: random"),
    TEXT("train.teacher", teacher,
         "models, with commas between them, whose probabilities are mixed into the targets; empty: none"),
    REAL("train.teaching", teaching, 0, 1, "share of the teachers in the targets, where there are any"),
    FLAG("train.balance", balance, "weigh classes by their rarity"),
    CHOICE("optimizer.kind", optimizer, optimizers, "adam: L2 in the gradient; adamw: decoupled; sgd: with momentum"),
    REAL("optimizer.rate", rate, 1e-9, 100, "full learning rate"),
    TEXT("optimizer.rates", rates,
         "factors on the rate for parts of the network, by the beginnings of names: backbone:0,layer4:0.1; 0: frozen"),
    REAL("optimizer.weight_decay", weight_decay, 0, 1, "weight decay"),
    REAL("optimizer.momentum", momentum, 0, 0.9999, "sgd only"),
    REAL("optimizer.clip", clip, 0, 1e6, "limit of the gradient's norm; 0: none"),
    FLAG("optimizer.nesterov", nesterov, "sgd only"),
    FLAG("optimizer.decay_all", decay_all, "decay biases, normalisation and alpha too"),
    CHOICE("schedule.kind", schedule, schedules, "how the rate falls"),
    REAL("schedule.factor", factor, 1e-6, 1, "exponential: an epoch; step: every `every` epochs"),
    REAL("schedule.floor", floor, 0, 1, "cosine: the last rate as a share of the full one"),
    REAL("schedule.warmup", warmup, 0, 1000, "epochs of linear rise"),
    SIZE("schedule.every", every, 1, 100000, "step: epochs"),
    REAL("augment.flip", augment.flip, 0, 1, "probability of a horizontal flip, but with flip_or_noise"),
    FLAG("augment.flip_or_noise", augment.flip_or_noise,
         "the paper: half of the images get either a flip or noise, whatever augment.flip is"),
    REAL("augment.noise_variance", augment.noise_variance, 0, 10000, "Gaussian noise on 0..255"),
    REAL("augment.crop", augment.crop, 0, 0.5, "random shift, share of the side"),
    REAL("augment.rotation", augment.rotation, 0, 180, "degrees to either side"),
    REAL("augment.scale", augment.scale, 0, 0.5, "factor in 1 - s .. 1 + s"),
    REAL("augment.brightness", augment.brightness, 0, 1, "share of 255 to either side"),
    REAL("augment.contrast", augment.contrast, 0, 1, "factor in 1 - c .. 1 + c"),
    REAL("augment.erase", augment.erase, 0, 1, "probability of random erasing"),
    REAL("augment.erase_low", augment.erase_low, 0, 1, "smallest erased share of the area"),
    REAL("augment.erase_high", augment.erase_high, 0, 1, "largest erased share of the area"),
    REAL("augment.mixup", augment.mixup, 0, 1, "alpha of the shares by which images are mixed by twos; 0: none"),
};
const size_t recipe_key_count = sizeof recipe_keys / sizeof *recipe_keys;

recipe recipe_defaults(void)
{
    return (recipe){
        .classes = 8,
        .backbone = "resnet18",
        .stem = 1,
        .head = 3,
        .width = 0.5,
        .arrangement = 16,
        .size = 48,
        .channels = 1,
        .epochs = 20,
        .batch = 64,
        .seed = 1,
        .threads = 1,
        .precision = RECIPE_F32,
        .checkpoint = 5,
        .teaching = 0.5,
        .optimizer = 1,
        .rate = 1e-3,
        .weight_decay = 1e-2,
        .momentum = 0.9,
        .schedule = 1,
        .factor = 0.9,
        .floor = 0.01,
        .warmup = 1,
        .every = 10,
        .augment = {.flip = 0.5, .erase_low = 0.02, .erase_high = 0.1},
    };
}

data_options recipe_data(const recipe *r, const char *path)
{
    data_options options = data_options_defaults(path);
    options.layout = r->layout ? layouts[r->layout] : NULL; /* the first is "guess" */
    options.rule = (data_rule)r->rule;
    options.classes = r->classes;
    options.soft = r->soft;
    options.channels = r->channels;
    options.size = r->size;
    return options;
}

void recipe_decide(recipe *r)
{
    if (r->precision == RECIPE_AUTO) r->precision = dnn_has_fast(NN_BF16) ? RECIPE_BF16 : RECIPE_F32;
}

amend_status recipe_hash(const recipe *r, uint64_t *hash)
{
    const recipe defaults = recipe_defaults();
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream) return status_error(AMEND_NO_MEMORY, "recipe: out of memory");
    config_write_changes(stream, recipe_keys, recipe_key_count, r, &defaults);
    if (fclose(stream)) return free(text), status_error(AMEND_NO_MEMORY, "recipe: out of memory");
    *hash = hash_bytes(HASH_START, text, size);
    free(text);
    return status_ok();
}

static data_normal normal_for(const recipe *r)
{
    if (r->channels == 1) return (data_normal){{0.5f}, {0.25f}};
    return (data_normal){{0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}}; /* ImageNet's, as torchvision */
}

bool recipe_has_file(const recipe *r)
{
    return file_has_ending(r->backbone, ".onnx");
}

/* BACKBONES: there is none of this name. */
static backbone_kind find_backbone(const recipe *r)
{
    int kind = 0;
    while (kind < BACKBONES && strcmp(r->backbone, backbone_names[kind])) kind++;
    return (backbone_kind)kind;
}

static amend_status check_backbone(const recipe *r)
{
    text_list names = {0};
    if (recipe_has_file(r) || find_backbone(r) < BACKBONES) return status_ok();
    for (size_t i = 0; i < BACKBONES; i++) text_list_add(&names, backbone_names[i]);
    return status_error(AMEND_BAD_ARGUMENT,
                        "model.backbone is '%.80s'; the path of an .onnx file or one of amend's is "
                        "needed%s",
                        r->backbone, names.text);
}

static amend_status read_points(const recipe *r, face_template *crop)
{
    *crop = face_template_fer2013;
    return *r->points ? status_prefix(description_parse_points(r->points, crop), "model.points") : status_ok();
}

model_description recipe_network(const recipe *r, size_t classes)
{
    face_template crop;
    if (read_points(r, &crop).code) crop = face_template_fer2013; /* recipe_check has refused such a recipe */
    return (model_description){
        .backbone = find_backbone(r),
        .small_stem = r->stem == 1,
        .width = r->width,
        .head = (arm_head)r->head,
        .arrangement = r->arrangement,
        .variant = {(arm_de_albino)r->de_albino, r->kernel, r->stride, (nn_generic)r->generic, r->project},
        .size = r->size,
        .channels = r->channels,
        .crop = crop,
        .classes = classes,
        .normal = normal_for(r)};
}

loader_options recipe_loader(const recipe *r)
{
    return (loader_options){.batch = r->batch,
                            .size = r->size,
                            .channels = r->channels,
                            .augment = r->augment,
                            .normal = normal_for(r),
                            .seed = r->seed,
                            .threads = r->threads,
                            .shuffle = true,
                            .sampling = (data_sampling)r->sampling};
}

/* Keys that would do nothing, silently. Those of another head, optimiser or schedule, and the share of a teacher that
 * is named later, may stand in a recipe: it is made for several. */
static amend_status check_idle(const recipe *r)
{
    if (r->optimizer == OPTIMIZER_SGD && r->nesterov && !(r->momentum > 0))
        return status_error(AMEND_BAD_ARGUMENT, "optimizer.nesterov needs a momentum, and optimizer.momentum is 0");
    return status_ok();
}

static amend_status check_teachers(const recipe *r)
{
    size_t length = strlen(r->teacher);
    if (*r->teacher != ',' && !strstr(r->teacher, ",,") && !(length && r->teacher[length - 1] == ','))
        return status_ok();
    return status_error(AMEND_BAD_ARGUMENT, "train.teacher is '%.200s': one of the models between commas has no name",
                        r->teacher);
}

amend_status recipe_check(const recipe *r)
{
    face_template crop;
    TRY(check_backbone(r));
    TRY(check_teachers(r));
    TRY(read_points(r, &crop));
    if (r->channels == 2)
        return status_error(AMEND_BAD_ARGUMENT, "model.channels is 2; 1 (gray) and 3 (RGB) are possible");
    if (r->augment.erase_low > r->augment.erase_high)
        return status_error(AMEND_BAD_ARGUMENT, "augment.erase_low is %g, more than augment.erase_high, which is %g",
                            r->augment.erase_low, r->augment.erase_high);
    if (r->warmup >= (double)r->epochs && r->warmup > 1) /* the default is a look at one epoch, too */
        return status_error(AMEND_BAD_ARGUMENT, "schedule.warmup is %g of %zu epochs: the full rate is never reached",
                            r->warmup, r->epochs);
    return check_idle(r);
}
