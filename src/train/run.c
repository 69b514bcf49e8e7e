/* A run: its folder, its epochs, its end. */
#include "train/run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/machine.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/stop.h"
#include "base/text.h"
#include "model/onnx_model.h"
#include "model/transfer.h"
#include "nn/dnn.h"
#include "nn/floor.h"
#include "train/identity.h"
#include "train/log.h"
#include "train/notes.h"
#include "train/rates.h"
#include "train/trainer.h"

typedef struct run {
    recipe recipe; /* its precision decided */
    const char *folder;
    int lock;
    dataset *set;
    loader *loader;
    model_description description;
    onnx_network *onnx; /* the backbone's weights, where it is of a file; else NULL */
    nn_table *table;
    nn_params params;
    teacher *teacher; /* NULL: none */
    trainer *trainer;
    train_log log;
    float class_weights[MODEL_MAX_CLASSES];
    run_identity identity;
    epoch_sums sums;     /* without the time since `started` */
    double started;      /* clock when the epoch was begun or gone on with */
    double saved_at;     /* clock of the last checkpoint */
    double floor_images; /* images a second if there were only convolutions */
} run;

static nn_type precision_of(const recipe *c)
{
    return c->precision == RECIPE_BF16 ? NN_BF16 : NN_F32;
}

/* ---- setting up ---- */

static bool has_votes(const dataset *set)
{
    return !strcmp(dataset_layout(set), "ferplus");
}

static amend_status open_data(run *r, const char *path)
{
    const data_options options = recipe_data(&r->recipe, path);
    const loader_options batches = recipe_loader(&r->recipe);
    TRY(dataset_open(&options, &r->set));
    const text_list *left = dataset_left_aside(r->set);
    if (left->count)
        fprintf(stderr, "data: %zu folders beside those of the splits are left aside%s\n", left->count, left->text);
    if (options.soft && !has_votes(r->set))
        return status_error(AMEND_BAD_ARGUMENT,
                            "data.soft is true, but %s is a data set of layout %s; FER+ alone has votes: give "
                            "data.soft=false",
                            path, dataset_layout(r->set));
    return loader_create(r->set, &batches, &r->loader);
}

static amend_status set_rates(run *r)
{
    size_t frozen = 0, all = 0;
    TRY(rates_apply(r->recipe.rates, &r->params));
    for (size_t i = 0; i < r->params.count; i++) {
        const nn_param *p = &r->params.items[i];
        if (!p->trainable) continue;
        all += p->count;
        if (!nn_param_learns(p)) frozen += p->count;
    }
    if (frozen) fprintf(stderr, "rates: %zu of %zu weights are frozen\n", frozen, all);
    return status_ok();
}

static void name_teachers(const char *paths, char *text, size_t size)
{
    char path[TEACHER_PATH];
    size_t used = 0;
    *text = '\0';
    while (used < size && teacher_next(&paths, path))
        used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " and " : "", file_base_name(path));
}

/* Checked before the first step: a model with names that cannot be read again would be lost. */
static amend_status take_labels(const dataset *set, model_description *d)
{
    size_t classes = dataset_classes(set);
    d->classes = 0;
    for (size_t i = 0; i < classes; i++) {
        const char *label = dataset_label_name(set, i);
        TRY(description_add_label(d, label, strlen(label)));
    }
    return status_ok();
}

/* What it was trained on and how, for people. */
static void describe_training(run *r)
{
    static const char *const rules[] = {", plurality rule", ", majority rule"};
    static const char *const sampled[] = {"", " resampled (mrr)", " resampled (sqrt)"};
    const recipe *c = &r->recipe;
    char teachers[80], text[MODEL_TEXT_SIZE];
    name_teachers(c->teacher, teachers, sizeof teachers);
    snprintf(text, sizeof text,
             "%s%s, train split, %zu images%s, %s; %zu epochs, seed %zu, %s%s%.80s%s%.80s%s%.80s; amend %s, oneDNN %s",
             dataset_layout(r->set), has_votes(r->set) ? rules[c->rule] : "", dataset_count(r->set),
             sampled[c->sampling], c->soft ? "soft targets" : "hard targets", c->epochs, c->seed,
             precision_of(c) == NN_BF16 ? "bf16" : "f32", recipe_has_file(c) ? ", backbone of " : "",
             recipe_has_file(c) ? file_base_name(c->backbone) : "", *c->init ? ", from " : "", file_base_name(c->init),
             *c->teacher ? ", taught by " : "", teachers, AMEND_VERSION, dnn_version());
    /* a name may have been cut inside a character */
    text_copy(r->description.training, sizeof r->description.training, text);
}

static amend_status describe(run *r)
{
    const recipe *c = &r->recipe;
    model_description *d = &r->description;
    *d = recipe_network(c, dataset_classes(r->set));
    TRY(take_labels(r->set, d));
    describe_training(r);
    if (recipe_has_file(c)) TRY(status_prefix(onnx_model_backbone(c->backbone, d, &r->onnx), "model.backbone"));
    TRY(mem_alloc(&r->table, 1, sizeof *r->table, "network"));
    TRY(description_build(d, r->table));
    TRY(nn_params_create(r->table, &r->params));
    return set_rates(r);
}

/* count / (classes that have images * count of the class), as scikit-learn's "balanced". */
static const float *balance(run *r)
{
    size_t counts[MODEL_MAX_CLASSES] = {0}, classes = r->description.classes, present = 0;
    if (!r->recipe.balance) return NULL;
    for (size_t i = 0; i < dataset_count(r->set); i++) counts[dataset_label(r->set, i)]++;
    for (size_t k = 0; k < classes; k++) present += counts[k] > 0;
    for (size_t k = 0; k < classes; k++)
        r->class_weights[k] = counts[k] ? (float)dataset_count(r->set) / ((float)present * (float)counts[k]) : 0;
    return r->class_weights;
}

/* What is left of the memory that was allowed, beside what the process holds already but for what the trainer counts,
 * too: weights, gradients and teacher. */
static amend_status memory_left(const run *r, size_t allowed, size_t *left)
{
    size_t held = machine_resident_bytes(), counted = 2 * r->params.values * sizeof(float) + teacher_bytes(r->teacher);
    *left = 0;
    if (!allowed) return status_ok();
    held -= counted < held ? counted : held;
    if (allowed <= held)
        return status_error(AMEND_NO_MEMORY, "--memory %zu MB: the images alone take %zu MB; allow more",
                            allowed / 1000000, held / 1000000);
    *left = allowed - held;
    return status_ok();
}

/* Random ones, or those of files where these have them. */
static amend_status first_weights(run *r)
{
    transfer_report report;
    const char *path = r->recipe.init;
    nn_params_init(&r->params, r->recipe.seed);
    if (r->onnx)
        fprintf(stderr, "backbone: %zu rows and %zu tensors from %s\n", r->description.rows->count,
                onnx_model_fill(r->onnx, &r->params), r->recipe.backbone);
    if (!*path) return status_ok();
    TRY(status_prefix(model_transfer(path, &r->description, &r->params, &report), "train.init"));
    fprintf(stderr, "init: %zu tensors from %s; %zu begin at random%s; %zu of the file are not used%s\n", report.taken,
            path, report.kept.count, report.kept.text, report.left.count, report.left.text);
    if (report.summed)
        fprintf(stderr, "init: %s is summed over its colours, for gray images\n", r->params.items[0].name);
    if (report.grown) fprintf(stderr, "init: %s is a narrower network, the first channels of this one\n", path);
    return status_ok();
}

/* Before the memory that is left is divided. Where mirror images are training data, the teacher reads them, too. */
static amend_status find_teacher(run *r)
{
    const recipe *c = &r->recipe;
    const teacher_options options = {.paths = c->teacher,
                                     .batch = c->batch,
                                     .share = c->teaching,
                                     .mirror = c->augment.flip > 0 || c->augment.flip_or_noise};
    if (!*c->teacher) return status_ok();
    TRY(status_prefix(teacher_open(&options, &r->description, &r->teacher), "train.teacher"));
    fprintf(stderr, "teacher: %s, %.0f %% of the targets%s\n", c->teacher, 100 * c->teaching,
            options.mirror ? ", the mean of each picture and its mirror image" : "");
    return status_ok();
}

static schedule_options schedule_of(const recipe *c)
{
    return (schedule_options){(schedule_kind)c->schedule, c->rate, c->factor, c->floor, c->every, c->warmup, c->epochs};
}

/* A run that goes on takes its batches in the parts that it was begun with. */
static amend_status find_part(const run *r, size_t *part)
{
    char checkpoint[FILE_PATH];
    *part = 0;
    TRY(file_in(r->folder, "checkpoint.safetensors", checkpoint));
    if (!file_exists(checkpoint)) return status_ok();
    TRY(trainer_read_part(checkpoint, part));
    if (!*part || r->recipe.batch % *part) *part = r->recipe.batch;
    return status_ok();
}

static amend_status make_trainer(run *r, size_t memory)
{
    const recipe *c = &r->recipe;
    trainer_options options = {
        .batch = c->batch,
        .type = precision_of(c),
        .optimizer = {(optimizer_kind)c->optimizer, 0.9, 0.999, 1e-8, c->momentum, c->nesterov, c->weight_decay},
        .schedule = schedule_of(c),
        .clip = c->clip,
        .average = c->average,
        .smoothing = c->smoothing,
        .decay_all = c->decay_all,
        .class_weights = balance(r)};
    TRY(find_part(r, &options.part));
    TRY(first_weights(r));
    TRY(find_teacher(r));
    options.teacher = r->teacher;
    TRY(memory_left(r, memory, &options.memory));
    amend_status status = trainer_create(r->table, &r->params, &options, loader_batches(r->loader), &r->trainer);
    if (status.code == AMEND_NO_MEMORY && memory)
        return status_prefix(status, "--memory %zu MB, of which images and libraries take %zu MB", memory / 1000000,
                             (memory - options.memory) / 1000000);
    TRY(status);
    fprintf(stderr, "memory: %.0f MB planned for a training step\n", (double)trainer_bytes(r->trainer) / 1e6);
    size_t part = trainer_part(r->trainer);
    if (part == c->batch) return status_ok();
    fprintf(
        stderr,
        "memory: each batch of %zu is taken in parts of %zu; batch normalisation and affinity see one part at a time\n",
        c->batch, part);
    run_identify_part(&r->identity, part);
    return status_ok();
}

static amend_status refuse_to_overwrite(const run *r, bool resume)
{
    char checkpoint[FILE_PATH], model[FILE_PATH];
    TRY(file_in(r->folder, "checkpoint.safetensors", checkpoint));
    TRY(file_in(r->folder, "model.safetensors", model));
    bool begun = file_exists(checkpoint);
    if (!begun && file_exists(model))
        return status_error(AMEND_BAD_ARGUMENT,
                            "%s: holds a trained model, and no checkpoint to go on from; name another folder",
                            r->folder);
    if (resume || !begun) return status_ok();
    return status_error(AMEND_BAD_ARGUMENT, "%s: holds a run already; go on with --resume or name another folder",
                        r->folder);
}

static amend_status resume_or_start(run *r)
{
    char checkpoint[FILE_PATH], log[FILE_PATH];
    TRY(file_in(r->folder, "checkpoint.safetensors", checkpoint));
    TRY(file_in(r->folder, "log.csv", log));
    if (!file_exists(checkpoint)) return status_ok();
    TRY(trainer_load(r->trainer, checkpoint, r->identity.text, &r->sums));
    return log_read(log, trainer_at(r->trainer)->epoch, &r->log);
}

static amend_status write_recipe(const run *r)
{
    char path[FILE_PATH];
    file_replacement file;
    TRY(file_in(r->folder, "recipe.ini", path));
    TRY(file_replace_begin(path, &file));
    config_write(file.stream, recipe_keys, recipe_key_count, &r->recipe);
    return file_replace_commit(&file);
}

static amend_status write_notes(const run *r, const char *data)
{
    char path[FILE_PATH];
    train_notes notes = {.data = data,
                         .training = r->description.training,
                         .init = r->recipe.init,
                         .init_hash = r->identity.init,
                         .backbone = r->recipe.backbone,
                         .backbone_hash = r->identity.backbone,
                         .teacher = r->recipe.teacher,
                         .teacher_hash = r->identity.teacher,
                         .data_hash = run_data_hash(r->set),
                         .seed = r->recipe.seed,
                         .planned_bytes = trainer_bytes(r->trainer)};
    for (size_t i = 0; i < r->params.count; i++)
        if (r->params.items[i].trainable) notes.parameters += r->params.items[i].count;
    TRY(run_hash(&r->recipe, &notes.recipe_hash));
    TRY(file_in(r->folder, "run.txt", path));
    return notes_write(&notes, path);
}

/* With little memory, on a few images: time grows with their number. */
static amend_status measure_floor(run *r, bool little_memory)
{
    nn_floor floor;
    size_t batch = little_memory && r->recipe.batch > 4 ? 4 : r->recipe.batch;
    TRY(nn_floor_measure(r->table, batch, precision_of(&r->recipe), &r->params, 3, &floor));
    r->floor_images = (double)batch / (floor.forward + floor.backward_data + floor.backward_weights);
    return status_ok();
}

/* ---- going through the epochs ---- */

static epoch_sums sums_now(const run *r)
{
    epoch_sums sums = r->sums;
    sums.seconds += clock_seconds() - r->started;
    sums.waited += loader_waited(r->loader);
    return sums;
}

static amend_status save_checkpoint(run *r, const epoch_sums *sums)
{
    char path[FILE_PATH];
    TRY(file_in(r->folder, "checkpoint.safetensors", path));
    TRY(trainer_save(r->trainer, path, r->identity.text, sums));
    r->saved_at = clock_seconds();
    return status_ok();
}

static amend_status save_within(run *r)
{
    const epoch_sums sums = sums_now(r);
    return save_checkpoint(r, &sums);
}

static void show(const run *r, progress *bar)
{
    char detail[160];
    const trainer_position *at = trainer_at(r->trainer);
    const epoch_sums sums = sums_now(r);
    double speed = (double)sums.images / sums.seconds;
    snprintf(detail, sizeof detail, "epoch %zu/%zu loss %.4f top-1 %.1f %% %.0f images/s, %.0f %% of the floor",
             at->epoch + 1, r->recipe.epochs, sums.loss / (double)sums.batches,
             100 * (double)sums.right / (double)sums.images, speed, 100 * speed / r->floor_images);
    progress_update(bar, at->epoch * loader_batches(r->loader) + at->batch, detail);
}

static amend_status interrupted(run *r)
{
    TRY(save_within(r));
    return status_error(AMEND_INTERRUPTED, "stopped at epoch %zu, batch %zu; the same command with --resume goes on",
                        trainer_at(r->trainer)->epoch + 1, trainer_at(r->trainer)->batch);
}

static amend_status train_batches(run *r, progress *bar)
{
    for (;;) {
        data_batch batch;
        double loss = 0;
        size_t right = 0;
        TRY(loader_next(r->loader, &batch));
        if (!batch.count) return status_ok();
        TRY(trainer_step(r->trainer, &batch, &loss, &right));
        r->sums.loss += loss;
        r->sums.right += right;
        r->sums.images += batch.count;
        r->sums.batches++;
        show(r, bar);
        if (stop_asked()) return interrupted(r);
        if (clock_seconds() - r->saved_at > 60 * r->recipe.checkpoint) TRY(save_within(r));
    }
}

static log_row row_of(const run *r)
{
    const epoch_sums sums = sums_now(r);
    const schedule_options schedule = schedule_of(&r->recipe);
    size_t epoch = trainer_at(r->trainer)->epoch;
    double images = sums.images ? (double)sums.images : 1;
    return (log_row){.epoch = (double)epoch + 1,
                     .rate = schedule_rate(&schedule, epoch, 0, loader_batches(r->loader)),
                     .loss = sums.batches ? sums.loss / (double)sums.batches : 0,
                     .top1 = (double)sums.right / images,
                     .images_per_second = images / sums.seconds,
                     .seconds = sums.seconds,
                     .waited = sums.waited};
}

static amend_status end_epoch(run *r)
{
    char path[FILE_PATH];
    TRY(log_add(&r->log, row_of(r)));
    TRY(file_in(r->folder, "log.csv", path));
    TRY(log_write(&r->log, path));
    trainer_next_epoch(r->trainer);
    r->sums = (epoch_sums){0};
    TRY(save_checkpoint(r, &r->sums)); /* before the picture, whose failure costs no work */
    TRY(file_in(r->folder, "curves.png", path));
    return log_picture(&r->log, path);
}

static amend_status train_epochs(run *r, progress *bar)
{
    while (trainer_at(r->trainer)->epoch < r->recipe.epochs) {
        const trainer_position *at = trainer_at(r->trainer);
        r->started = clock_seconds();
        TRY(loader_start(r->loader, at->epoch, at->batch));
        TRY(train_batches(r, bar));
        TRY(end_epoch(r));
    }
    return status_ok();
}

static amend_status save_model(run *r)
{
    char path[FILE_PATH];
    TRY(file_in(r->folder, "model.safetensors", path));
    trainer_swap_average(r->trainer);
    amend_status status = description_save(&r->description, &r->params, TENSOR_F32, path);
    trainer_swap_average(r->trainer);
    if (!status.code) fprintf(stderr, "the trained model is %s\n", path);
    return status;
}

static amend_status train_all(run *r)
{
    progress bar;
    stop_listen();
    r->saved_at = clock_seconds();
    progress_start(&bar, "training", r->recipe.epochs * loader_batches(r->loader));
    amend_status status = train_epochs(r, &bar);
    progress_finish(&bar);
    stop_leave();
    return status;
}

static amend_status set_up(run *r, const train_request *request)
{
    TRY(open_data(r, request->data));
    TRY(describe(r));
    TRY(run_identify(&r->recipe, r->set, &r->identity));
    TRY(file_lock_folder(r->folder, &r->lock));
    TRY(refuse_to_overwrite(r, request->resume));
    TRY(measure_floor(r, request->memory > 0)); /* its memory is given back before the training's is taken */
    TRY(make_trainer(r, request->memory));
    TRY(resume_or_start(r));
    TRY(write_recipe(r));
    return write_notes(r, request->data);
}

static void tear_down(run *r)
{
    trainer_free(r->trainer);
    teacher_free(r->teacher);
    nn_params_free(&r->params);
    mem_free(r->table);
    onnx_network_free(r->onnx);
    description_free(&r->description);
    loader_free(r->loader);
    dataset_free(r->set);
    log_free(&r->log);
    if (r->lock >= 0) close(r->lock);
}

amend_status train_run(const train_request *request)
{
    run r = {.recipe = *request->recipe, .folder = request->folder, .lock = -1};
    recipe_decide(&r.recipe);
    amend_status status = set_up(&r, request);
    if (!status.code) status = train_all(&r);
    if (!status.code) status = save_model(&r);
    tear_down(&r);
    return status;
}
