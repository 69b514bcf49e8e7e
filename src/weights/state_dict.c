/* One table of renames. */
#include "weights/state_dict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Whose names they are: told by a tensor that only such files have. */
typedef enum family {
    WRAPPER,        /* of any network */
    SEQUENCE,       /* how ARM's authors keep torchvision's ResNet-18, as a Sequential of its children
                       (https://github.com/JiaweiShiCV/Amend-Representation-Module); their "arm." and "fc." are ours */
    MOBILENET,      /* MobileNetV2, EfficientNet: torchvision's classifier is a dropout and a linear layer */
    ONE_CLASSIFIER, /* a linear layer in place of torchvision's classifier */
    FAMILIES
} family;

static const char *const evidence[FAMILIES] = {[SEQUENCE] = "features.4.0.conv1.weight",
                                               [MOBILENET] = "features.0.0.weight",
                                               [ONE_CLASSIFIER] = "classifier.weight"};

/* Beginnings of names. Wrappers are cut off until none fits, then one other rename is made. */
static const struct {
    const char *from, *to;
    family family;
} renames[] = {
    {"module.", "", WRAPPER},    /* DataParallel */
    {"_orig_mod.", "", WRAPPER}, /* torch.compile */
    {"model.", "", WRAPPER},     /* Lightning and other wrappers */
    {"net.", "", WRAPPER},
    {"features.0.", "conv1.", SEQUENCE},
    {"features.1.", "bn1.", SEQUENCE},
    {"features.4.", "layer1.", SEQUENCE},
    {"features.5.", "layer2.", SEQUENCE},
    {"features.6.", "layer3.", SEQUENCE},
    {"features.7.", "layer4.", SEQUENCE},
    {"classifier.1.", "fc.", MOBILENET},
    {"classifier.", "fc.", ONE_CLASSIFIER},
};

static const char dropped[] = "num_batches_tracked";

static bool is_dropped(const char *name)
{
    const char *last = strrchr(name, '.');
    return !strcmp(last ? last + 1 : name, dropped);
}

/* The rename that fits the beginning of a name; -1: none. known: whose names the file has. */
static int find_rename(const char *name, const bool known[FAMILIES])
{
    for (size_t i = 0; i < sizeof renames / sizeof *renames; i++)
        if (known[renames[i].family] && !strncmp(name, renames[i].from, strlen(renames[i].from))) return (int)i;
    return -1;
}

/* The name without what is cut off its beginning; *front takes the place. */
static const char *cut(const char *name, const bool known[FAMILIES], const char **front)
{
    int found;
    *front = "";
    while (!**front && (found = find_rename(name, known)) >= 0) {
        name += strlen(renames[found].from);
        *front = renames[found].to;
    }
    return name;
}

/* A model of amend: its names are its own. */
static bool is_ours(weight_file *file)
{
    const char *name, *value;
    bool ours = false;
    while (weight_file_next_note(file, &name, &value)) ours = ours || !strcmp(name, "amend.architecture");
    return ours;
}

static void find_families(weight_file *file, bool known[FAMILIES])
{
    static const bool wrappers[FAMILIES] = {[WRAPPER] = true};
    const char *front;
    memset(known, 0, FAMILIES * sizeof *known);
    if (is_ours(file)) return;
    memcpy(known, wrappers, sizeof wrappers);
    for (size_t i = 0; i < weight_file_count(file); i++)
        for (size_t k = WRAPPER + 1; k < FAMILIES; k++)
            if (!strcmp(cut(weight_file_at(file, i).name, wrappers, &front), evidence[k])) known[k] = true;
}

static amend_status rename_copy(const char *name, const bool known[FAMILIES], char **copy)
{
    const char *front, *rest = cut(name, known, &front);
    size_t size = strlen(front) + strlen(rest) + 1;
    TRY(mem_alloc(copy, size, 1, "tensor name"));
    snprintf(*copy, size, "%s%s", front, rest);
    return status_ok();
}

static int compare(const void *left, const void *right)
{
    const tensor_view *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static amend_status take_tensors(state_dict *dict)
{
    size_t most = weight_file_count(dict->file);
    const char *path = weight_file_path(dict->file);
    bool known[FAMILIES];
    find_families(dict->file, known);
    TRY(mem_alloc(&dict->tensors, most, sizeof *dict->tensors, path));
    TRY(mem_alloc(&dict->names, most, sizeof *dict->names, path));
    for (size_t i = 0; i < most; i++) {
        tensor_view view = weight_file_at(dict->file, i);
        if (is_dropped(view.name)) continue;
        TRY(rename_copy(view.name, known, &dict->names[dict->count]));
        view.name = dict->names[dict->count];
        dict->tensors[dict->count++] = view;
    }
    qsort(dict->tensors, dict->count, sizeof *dict->tensors, compare);
    for (size_t i = 1; i < dict->count; i++)
        if (!compare(&dict->tensors[i - 1], &dict->tensors[i]))
            return status_error(AMEND_BAD_DATA, "%s: two tensors are called '%.200s' without their prefixes", path,
                                dict->tensors[i].name);
    return status_ok();
}

amend_status state_dict_open(const char *path, state_dict *dict)
{
    TRY(weight_file_open(path, &dict->file));
    amend_status status = take_tensors(dict);
    if (status.code) state_dict_close(dict);
    return status;
}

void state_dict_close(state_dict *dict)
{
    for (size_t i = 0; i < dict->count; i++) mem_free(dict->names[i]);
    mem_free(dict->names);
    mem_free(dict->tensors);
    weight_file_free(dict->file);
    memset(dict, 0, sizeof *dict);
}

const tensor_view *state_dict_find(const state_dict *dict, const char *name)
{
    const tensor_view wanted = {.name = name};
    return bsearch(&wanted, dict->tensors, dict->count, sizeof wanted, compare);
}
