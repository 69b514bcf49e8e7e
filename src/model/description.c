/* Descriptions: network, metadata, tensors. */
#include "model/description.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "nn/loss.h"

enum { MOST_FOLDED = 1 << 26 }; /* weights of a folded head: a file of few bytes may ask for any */

static const char other_backbone[] = "rows";

void description_free(model_description *d)
{
    nn_rows_free(d->rows);
    d->rows = NULL;
}

static const char *backbone_name(const model_description *d)
{
    return d->rows ? other_backbone : backbone_names[d->backbone];
}

amend_status description_backbone(const model_description *d, nn_table *table, size_t *features)
{
    backbone_options backbone = {d->backbone, d->small_stem, d->width};
    if (d->classes < 2 || d->classes > MODEL_MAX_CLASSES)
        return status_error(AMEND_BAD_ARGUMENT, "%zu classes; 2..%d are possible", d->classes, MODEL_MAX_CLASSES);
    TRY(nn_table_begin(table, d->size, d->size, d->channels));
    TRY(d->rows ? nn_rows_build(d->rows, table, features) : backbone_build(table, &backbone, features));
    nn_shape map = table->shapes[*features];
    if (nn_shape_count(map) <= MOST_FOLDED / d->classes) return status_ok();
    return status_error(AMEND_UNSUPPORTED,
                        "a last feature map of %zu x %zu x %zu, which folds into a head of more than %d weights", map.h,
                        map.w, map.c, MOST_FOLDED);
}

amend_status description_build(const model_description *d, nn_table *table)
{
    size_t features;
    TRY(description_backbone(d, table, &features));
    return arm_head_build(table, d->head, features, d->arrangement, &d->variant, d->classes);
}

void description_probabilities(const model_description *d, const float *logits, size_t count, float *probabilities)
{
    float scale = d->temperature > 0 ? (float)(1 / d->temperature) : 1;
    for (size_t i = 0; i < count * d->classes; i++) probabilities[i] = scale * logits[i];
    nn_softmax(probabilities, count, d->classes, probabilities);
}

/* ---- reading ---- */

amend_status description_refuse_checkpoint(const char *path)
{
    return status_error(
        AMEND_BAD_DATA,
        "%s: a checkpoint, for 'amend train --resume'; the model is model.safetensors, at the run's end", path);
}

static amend_status need(const meta_source *file, const char *key, const char **value)
{
    *value = file->find(file->file, key);
    if (*value) return status_ok();
    if (file->find(file->file, "amend.checkpoint")) return description_refuse_checkpoint(file->path);
    return status_error(AMEND_BAD_DATA, "%s: no '%s' in its metadata: not a model of amend", file->path, key);
}

/* `count` numbers, separated by commas. */
static amend_status parse_reals(const char *text, double low, double high, double *values, size_t count)
{
    const char *at = text;
    for (size_t i = 0; i < count; i++) {
        char *end;
        values[i] = number_read(at, &end);
        if (end == at || !(values[i] >= low && values[i] <= high) || *end != (i + 1 < count ? ',' : '\0'))
            return status_error(AMEND_BAD_DATA, "'%.100s'; %zu numbers from %g to %g are expected", text, count, low,
                                high);
        at = end + 1;
    }
    return status_ok();
}

static amend_status read_reals(const meta_source *file, const char *key, double low, double high, double *values,
                               size_t count)
{
    const char *text;
    TRY(need(file, key, &text));
    return status_prefix(parse_reals(text, low, high, values, count), "%s: '%s'", file->path, key);
}

static amend_status read_size(const meta_source *file, const char *key, double low, double high, size_t *value)
{
    double number;
    TRY(read_reals(file, key, low, high, &number, 1));
    *value = (size_t)number;
    if (number != floor(number)) return status_error(AMEND_BAD_DATA, "%s: '%s' is not a whole number", file->path, key);
    return status_ok();
}

static amend_status read_choice(const meta_source *file, const char *key, const char *const *names, size_t count,
                                size_t *choice)
{
    const char *text;
    TRY(need(file, key, &text));
    for (*choice = 0; *choice < count; ++*choice)
        if (!strcmp(text, names[*choice])) return status_ok();
    return status_error(AMEND_UNSUPPORTED, "%s: '%s' is '%s', which this version does not know", file->path, key, text);
}

amend_status description_add_label(model_description *d, const char *label, size_t length)
{
    int shown = length < 160 ? (int)length : 160;
    if (d->classes == MODEL_MAX_CLASSES)
        return status_error(AMEND_BAD_DATA, "more than %d classes; 2..%d are possible", MODEL_MAX_CLASSES,
                            MODEL_MAX_CLASSES);
    if (!length) return status_error(AMEND_BAD_DATA, "a class without a name");
    if (*label == ' ' || label[length - 1] == ' ') /* which lists of names are free to have around them */
        return status_error(AMEND_BAD_DATA, "class '%.*s': a blank at an end of its name; rename it", shown, label);
    if (length >= MODEL_LABEL_SIZE)
        return status_error(AMEND_BAD_DATA, "class '%.*s': a name of %zu bytes; shorten it to %d", shown, label, length,
                            MODEL_LABEL_SIZE - 1);
    for (size_t at = 0; at < length; at += text_character(label + at)) {
        unsigned char c = (unsigned char)label[at];
        if (!text_character(label + at) || c == ',' || !c || text_control(label + at))
            return status_error(AMEND_BAD_DATA, "class '%.*s': %s in its name; rename it", shown, label,
                                c == ','                      ? "a comma"
                                : !text_character(label + at) ? "what is not UTF-8"
                                                              : "a control character");
    }
    for (size_t i = 0; i < d->classes; i++)
        if (strlen(d->labels[i]) == length && !memcmp(d->labels[i], label, length))
            return status_error(AMEND_BAD_DATA, "'%.*s' is named twice; rename one", shown, label);
    snprintf(d->labels[d->classes++], MODEL_LABEL_SIZE, "%.*s", shown, label);
    return status_ok();
}

amend_status description_parse_labels(const char *text, model_description *d)
{
    bool more = true;
    d->classes = 0;
    while (more) {
        text += strspn(text, " ");
        size_t whole = strcspn(text, ","), length = whole;
        while (length && text[length - 1] == ' ') length--;
        TRY(description_add_label(d, text, length));
        more = text[whole] == ',';
        text += whole + more;
    }
    if (d->classes >= 2) return status_ok();
    return status_error(AMEND_BAD_DATA, "2..%d names with commas between are expected", MODEL_MAX_CLASSES);
}

static amend_status read_labels(const meta_source *file, model_description *d)
{
    const char *text;
    TRY(need(file, "amend.labels", &text));
    return status_prefix(description_parse_labels(text, d), "%s: 'amend.labels'", file->path);
}

amend_status description_parse_normal(const char *mean, const char *deviation, model_description *d)
{
    double means[3], deviations[3];
    TRY(status_prefix(parse_reals(mean, -10, 10, means, d->channels), "the mean"));
    TRY(status_prefix(parse_reals(deviation, 1e-6, 100, deviations, d->channels), "the deviation"));
    for (size_t i = 0; i < d->channels; i++) {
        d->normal.mean[i] = (float)means[i];
        d->normal.deviation[i] = (float)deviations[i];
    }
    return status_ok();
}

static amend_status read_normal(const meta_source *file, model_description *d)
{
    const char *mean, *deviation;
    TRY(need(file, "amend.mean", &mean));
    TRY(need(file, "amend.deviation", &deviation));
    return status_prefix(description_parse_normal(mean, deviation, d), "%s: 'amend.mean', 'amend.deviation'",
                         file->path);
}

amend_status description_parse_points(const char *text, face_template *crop)
{
    double p[6];
    TRY(parse_reals(text, -10, 10, p, 6));
    *crop = (face_template){{p[0], p[1]}, {p[2], p[3]}, {p[4], p[5]}};
    if (hypot(p[2] - p[0], p[3] - p[1]) >= 0.01) return status_ok();
    return status_error(AMEND_BAD_DATA, "both eyes are on one spot");
}

static const char *const crops[] = {"eyes-mouth"};

/* Files of older versions have none. */
static amend_status read_crop(const meta_source *file, face_template *crop)
{
    const char *points;
    size_t choice;
    *crop = face_template_fer2013;
    if (!file->find(file->file, "amend.crop")) return status_ok();
    TRY(read_choice(file, "amend.crop", crops, 1, &choice));
    TRY(need(file, "amend.crop_points", &points));
    return status_prefix(description_parse_points(points, crop), "%s: 'amend.crop_points'", file->path);
}

static void read_text(const meta_source *file, const char *key, char *text)
{
    const char *found = file->find(file->file, key);
    text_copy(text, MODEL_TEXT_SIZE, found ? found : "");
}

static const char *const de_albinos[] = {"shared", "planes", "off"};

/* Heads other than the paper's; files of older versions have none. */
static amend_status read_variant(const meta_source *file, arm_variant *v)
{
    size_t choice;
    if (file->find(file->file, "amend.project")) TRY(read_size(file, "amend.project", 0, 65536, &v->project));
    if (!file->find(file->file, "amend.de_albino")) return status_ok();
    TRY(read_choice(file, "amend.de_albino", de_albinos, 3, &choice));
    v->de_albino = (arm_de_albino)choice;
    TRY(read_size(file, "amend.kernel", 0, 4096, &v->kernel));
    return read_size(file, "amend.stride", 0, 4096, &v->stride);
}

/* Rows and tensors of the head have names of their own. */
static amend_status check_row_names(const nn_rows *rows)
{
    char name[NN_NAME_SIZE + 1];
    for (size_t i = 0; i < rows->count; i++) {
        snprintf(name, sizeof name, "%s.", rows->rows[i].name);
        if (arm_head_owns(name)) return status_error(AMEND_BAD_DATA, "'%s' is a name of the head", rows->rows[i].name);
    }
    return status_ok();
}

/* Once size and channels are known. */
static amend_status read_backbone(const meta_source *file, model_description *d)
{
    static const char *const stems[] = {"imagenet", "small"};
    const char *name, *text;
    size_t choice;
    TRY(need(file, "amend.architecture", &name));
    if (!strcmp(name, other_backbone)) {
        TRY(need(file, "amend.rows", &text));
        amend_status status = nn_rows_read(text, d->size, d->size, d->channels, &d->rows);
        if (!status.code) status = check_row_names(d->rows);
        return status_prefix(status, "%s: 'amend.rows'", file->path);
    }
    TRY(read_choice(file, "amend.architecture", backbone_names, BACKBONES, &choice));
    d->backbone = (backbone_kind)choice;
    TRY(read_choice(file, "amend.stem", stems, 2, &choice));
    d->small_stem = choice == 1;
    return read_reals(file, "amend.width", 0.125, 4, &d->width, 1);
}

amend_status description_read(const meta_source *file, model_description *d)
{
    const char *backbone;
    size_t choice;
    memset(d, 0, sizeof *d);
    TRY(need(file, "amend.architecture", &backbone)); /* what no other file has */
    TRY(read_choice(file, "amend.head", arm_head_names, ARM_HEADS, &choice));
    d->head = (arm_head)choice;
    TRY(read_size(file, "amend.arrangement", 1, 64, &d->arrangement));
    TRY(read_variant(file, &d->variant));
    TRY(read_size(file, "amend.size", 8, 1024, &d->size));
    TRY(read_size(file, "amend.channels", 1, 3, &d->channels));
    if (d->channels == 2) return status_error(AMEND_BAD_DATA, "%s: 'amend.channels' is 2", file->path);
    TRY(read_backbone(file, d));
    if (file->find(file->file, "amend.precision")) {
        TRY(read_choice(file, "amend.precision", (const char *const[]){"int8"}, 1, &choice));
        d->int8 = true;
    }
    d->temperature = 1;
    if (file->find(file->file, "amend.temperature"))
        TRY(read_reals(file, "amend.temperature", 0.01, 100, &d->temperature, 1));
    TRY(read_labels(file, d));
    TRY(read_normal(file, d));
    TRY(read_crop(file, &d->crop));
    read_text(file, "amend.training", d->training);
    read_text(file, "amend.figures", d->figures);
    return status_ok();
}

/* Of a few missing tensors the first is named later. */
enum { VALUES_SLACK = 1 << 22 };

amend_status description_check_size(const safetensors *file, size_t values)
{
    size_t held = 0;
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const tensor_view view = safetensors_at(file, i);
        held += tensor_values(&view);
    }
    if (values <= held + VALUES_SLACK) return status_ok();
    return status_error(AMEND_BAD_DATA, "%s: has %zu values; the network that its metadata describe needs %zu",
                        safetensors_path(file), held, values);
}

amend_status description_load_param(const char *path, const tensor_view *view, nn_param *p)
{
    TRY(tensor_read_f32(path, view, p->shape, p->dims, p->value));
    return status_prefix(nn_check_values(p->name, p->value, p->count), "%s", path);
}

amend_status description_load_params(const safetensors *file, nn_params *params)
{
    for (size_t i = 0; i < params->count; i++) {
        const tensor_view *view = safetensors_find(file, params->items[i].name);
        if (!view)
            return status_error(AMEND_BAD_DATA, "%s: no tensor \"%s\"", safetensors_path(file), params->items[i].name);
        TRY(description_load_param(safetensors_path(file), view, &params->items[i]));
    }
    params->version++;
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const char *name = safetensors_at(file, i).name;
        size_t k = 0;
        while (k < params->count && strcmp(params->items[k].name, name)) k++;
        if (k == params->count)
            return status_error(AMEND_BAD_DATA,
                                "%s: tensor '%s' has no place in the network that its metadata describe",
                                safetensors_path(file), name);
    }
    return status_ok();
}

/* ---- writing ---- */

static void join_reals(char *text, size_t size, const float *values, size_t count)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        at += (size_t)number_print(text + at, size - at, "%s%.9g", i ? "," : "", (double)values[i]);
}

static void write_crop(const face_template *crop, char *text, size_t size)
{
    bool apart = crop->right_eye.x != crop->left_eye.x || crop->right_eye.y != crop->left_eye.y;
    const face_template *c = apart ? crop : &face_template_fer2013;
    number_print(text, size, "%.17g,%.17g,%.17g,%.17g,%.17g,%.17g", c->left_eye.x, c->left_eye.y, c->right_eye.x,
                 c->right_eye.y, c->mouth.x, c->mouth.y);
}

static void fill_texts(const model_description *d, description_texts *t)
{
    size_t at = 0;
    number_print(t->temperature, sizeof t->temperature, "%.6g", d->temperature > 0 ? d->temperature : 1);
    number_print(t->width, sizeof t->width, "%.17g", d->width);
    snprintf(t->arrangement, sizeof t->arrangement, "%zu", d->arrangement);
    snprintf(t->kernel, sizeof t->kernel, "%zu", d->variant.kernel);
    snprintf(t->stride, sizeof t->stride, "%zu", d->variant.stride);
    snprintf(t->project, sizeof t->project, "%zu", d->variant.project);
    snprintf(t->size, sizeof t->size, "%zu", d->size);
    snprintf(t->channels, sizeof t->channels, "%zu", d->channels);
    join_reals(t->mean, sizeof t->mean, d->normal.mean, d->channels);
    join_reals(t->deviation, sizeof t->deviation, d->normal.deviation, d->channels);
    write_crop(&d->crop, t->points, sizeof t->points);
    for (size_t i = 0; i < d->classes; i++)
        at += (size_t)snprintf(t->labels + at, sizeof t->labels - at, "%s%s", i ? "," : "", d->labels[i]);
}

size_t description_meta(const model_description *d, description_texts *t, meta_entry meta[DESCRIPTION_ENTRIES])
{
    fill_texts(d, t);
    const meta_entry all[] = {{"format", "pt"},
                              {"amend.architecture", backbone_name(d)},
                              {"amend.head", arm_head_names[d->head]},
                              {"amend.arrangement", t->arrangement},
                              {"amend.de_albino", de_albinos[d->variant.de_albino]},
                              {"amend.kernel", t->kernel},
                              {"amend.stride", t->stride},
                              {"amend.project", t->project},
                              {"amend.size", t->size},
                              {"amend.channels", t->channels},
                              {"amend.labels", t->labels},
                              {"amend.mean", t->mean},
                              {"amend.deviation", t->deviation},
                              {"amend.training", d->training},
                              {"amend.figures", d->figures},
                              {"amend.temperature", t->temperature},
                              {"amend.crop", crops[0]},
                              {"amend.crop_points", t->points}};
    size_t count = sizeof all / sizeof *all;
    memcpy(meta, all, sizeof all);
    if (d->int8) meta[count++] = (meta_entry){"amend.precision", "int8"};
    if (d->rows) {
        meta[count++] = (meta_entry){"amend.rows", d->rows->text};
        return count;
    }
    meta[count++] = (meta_entry){"amend.stem", d->small_stem ? "small" : "imagenet"};
    meta[count++] = (meta_entry){"amend.width", t->width};
    return count;
}

amend_status description_write(const model_description *d, const tensor_entry *tensors, size_t count, const char *path)
{
    description_texts t;
    meta_entry meta[DESCRIPTION_ENTRIES];
    size_t entries = description_meta(d, &t, meta);
    return safetensors_write(path, tensors, count, meta, entries);
}

amend_status description_save(const model_description *d, const nn_params *params, tensor_type stored, const char *path)
{
    tensor_entry *entries = NULL;
    TRY(mem_alloc(&entries, params->count, sizeof *entries, "tensor list"));
    for (size_t i = 0; i < params->count; i++) {
        const nn_param *p = &params->items[i];
        entries[i].name = p->name;
        entries[i].stored = p->dims > 1 ? stored : TENSOR_F32;
        entries[i].dims = p->dims;
        memcpy(entries[i].shape, p->shape, p->dims * sizeof *p->shape);
        entries[i].data = p->value;
    }
    amend_status status = description_write(d, entries, params->count, path);
    mem_free(entries);
    return status;
}
