/* amend predict */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/progress.h"
#include "cli/args.h"
#include "cli/detect.h"
#include "cli/inputs.h"
#include "cli/json.h"
#include "image/draw_prediction.h"
#include "image/image.h"
#include "model/model.h"

enum { MAX_FACES = 512 };

typedef struct predict_request {
    const char *model, *box, *annotate, *precision, *json, *detector_file;
    bool csv, no_detect;
    size_t top;               /* expressions in the table */
    double threshold;         /* least probability of a label */
    amend_detector *detector; /* NULL: a box, or the whole image */
    amend_box face;
    amend_precision type;
} predict_request;

typedef struct prediction {
    amend_box box;
    double score; /* of the detector; 1: the caller named the face */
    float probabilities[AMEND_MAX_CLASSES];
    size_t classes, best;
} prediction;

/* NULL: no expression is probable enough. */
static const char *label_of(const predict_request *r, const prediction *p, amend_model *model)
{
    bool sure = (double)p->probabilities[p->best] >= r->threshold;
    return sure ? amend_model_label(model, p->best) : NULL;
}

static void print_bar(const prediction *p, amend_model *model, size_t k)
{
    printf("  %-12s %5.1f %%  ", amend_model_label(model, k), 100 * (double)p->probabilities[k]);
    for (int i = 0; i < (int)(p->probabilities[k] * 40 + 0.5f); i++) putchar('#');
    putchar('\n');
}

/* In the model's order, or only the `top` most probable, the best first. */
static void print_table(const predict_request *r, const char *file, const prediction *p, amend_model *model)
{
    const char *label = label_of(r, p, model);
    bool printed[AMEND_MAX_CLASSES] = {false};
    printf("%s: face %g,%g,%g,%g: %s %.1f %%\n", file, p->box.x, p->box.y, p->box.width, p->box.height,
           label ? label : "uncertain,", 100 * (double)p->probabilities[p->best]);
    for (size_t n = 0; n < p->classes && n < r->top; n++) {
        size_t next = n;
        if (r->top < p->classes) {
            for (next = 0; printed[next];) next++;
            for (size_t k = 0; k < p->classes; k++)
                if (!printed[k] && p->probabilities[k] > p->probabilities[next]) next = k;
            printed[next] = true;
        }
        print_bar(p, model, next);
    }
}

static void print_csv(const predict_request *r, const char *file, const prediction *p, amend_model *model)
{
    putchar('"');
    for (const char *c = file; *c; c++) printf(*c == '"' ? "\"\"" : "%c", *c);
    const char *label = label_of(r, p, model);
    printf("\",%g,%g,%g,%g,%s", p->box.x, p->box.y, p->box.width, p->box.height, label ? label : "uncertain");
    for (size_t k = 0; k < p->classes; k++) printf(",%.6f", (double)p->probabilities[k]);
    putchar('\n');
}

static void print_csv_header(amend_model *model)
{
    printf("file,x,y,w,h,label");
    for (size_t k = 0; k < amend_model_classes(model); k++) printf(",%s", amend_model_label(model, k));
    putchar('\n');
}

static json_t *to_json(const predict_request *r, const prediction *p, amend_model *model)
{
    json_t *probabilities = json_object();
    for (size_t k = 0; k < p->classes; k++)
        json_object_set_new(probabilities, amend_model_label(model, k), json_real((double)p->probabilities[k]));
    return json_pack("{s:[f,f,f,f], s:f, s:s?, s:o}", "box", p->box.x, p->box.y, p->box.width, p->box.height, "score",
                     p->score, "label", label_of(r, p, model), "probabilities", probabilities);
}

/* One face: with bars for all expressions. Several: a label on each. */
static amend_status annotate(const char *folder, const char *name, const amend_image *photo, const prediction *faces,
                             size_t count, amend_model *model)
{
    const char *labels[MAX_FACES], *names[AMEND_MAX_CLASSES];
    char text[MAX_FACES][64];
    amend_box boxes[MAX_FACES];
    amend_image drawn = {0};
    for (size_t k = 0; k < amend_model_classes(model); k++) names[k] = amend_model_label(model, k);
    for (size_t i = 0; i < count; i++) {
        boxes[i] = faces[i].box;
        snprintf(text[i], sizeof text[i], "%.40s %.0f %%", names[faces[i].best],
                 100 * (double)faces[i].probabilities[faces[i].best]);
        labels[i] = text[i];
    }
    amend_status status =
        count == 1 ? draw_prediction(photo, boxes[0], names, faces[0].probabilities, amend_model_classes(model), &drawn)
                   : draw_faces(photo, boxes, labels, count, &drawn);
    if (!status.code) status = cli_write_picture(folder, name, &drawn);
    amend_image_free(&drawn);
    return status;
}

static void choose_best(prediction *p)
{
    for (size_t k = 1; k < p->classes; k++)
        if (p->probabilities[k] > p->probabilities[p->best]) p->best = k;
}

/* The face that the caller names, the faces that the detector finds, or the whole image. */
static amend_status read_faces(const predict_request *r, const amend_image *photo, amend_model *model,
                               prediction *faces, size_t *count)
{
    amend_face *found = NULL;
    *count = 1;
    faces[0] = (prediction){.classes = amend_model_classes(model), .score = 1};
    if (!r->detector) {
        faces[0].box = r->box ? r->face : (amend_box){0, 0, (double)photo->width, (double)photo->height};
        TRY(amend_model_predict(model, photo, r->box ? &r->face : NULL, faces[0].probabilities));
        choose_best(&faces[0]);
        return status_ok();
    }
    TRY(amend_detector_find(r->detector, photo, 0, &found, count));
    amend_status status = status_ok();
    if (!*count)
        status =
            status_error(AMEND_BAD_DATA, "no face found; --box X,Y,W,H names one, --no-detect takes the whole image");
    if (*count > MAX_FACES) *count = MAX_FACES;
    for (size_t i = 0; !status.code && i < *count; i++) {
        faces[i] = (prediction){.classes = amend_model_classes(model), .box = found[i].box, .score = found[i].score};
        status = amend_model_predict_face(model, photo, &found[i], faces[i].probabilities);
        choose_best(&faces[i]);
    }
    amend_faces_free(found);
    return status;
}

static void print_faces(const predict_request *r, const char *file, const prediction *faces, size_t count,
                        amend_model *model, json_t *images)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        if (r->json) json_array_append_new(list, to_json(r, &faces[i], model));
        if (r->csv) print_csv(r, file, &faces[i], model);
        if (!r->csv && (!r->json || strcmp(r->json, "-"))) print_table(r, file, &faces[i], model);
    }
    json_array_append_new(images, json_pack("{s:s, s:o}", "file", file, "faces", list));
}

static amend_status predict_file(const predict_request *r, const cli_input *input, amend_model *model, json_t *images)
{
    const char *file = input->path;
    amend_image photo = {0};
    prediction *faces = NULL;
    size_t count = 0;
    TRY(mem_alloc(&faces, MAX_FACES, sizeof *faces, "faces"));
    amend_status status = amend_image_open(file, &photo);
    if (!status.code) {
        status = status_prefix(read_faces(r, &photo, model, faces, &count), "%s", file);
        if (!status.code && r->annotate) status = annotate(r->annotate, input->name, &photo, faces, count, model);
        if (!status.code) print_faces(r, file, faces, count, model, images);
    }
    amend_image_free(&photo);
    mem_free(faces);
    return status;
}

/* Without --box and --no-detect faces are looked for; where there is no detector, that is an error that says what to
 * do. */
static amend_status open_all(predict_request *r, amend_model **model)
{
    char path[CLI_PATH];
    TRY(amend_model_open_precision(cli_model_file(r->model, path), r->type, model));
    amend_status status = status_ok();
    if (!r->box && !r->no_detect) status = cli_open_detector(r->detector_file, &r->detector);
    if (!status.code) return status;
    amend_model_free(*model);
    return status_error(status.code, "%.300s; or name the face with --box, or take whole images with --no-detect",
                        status.message);
}

/* One bad file does not stop the rest; how many there were. A bar where the table does not show the way. */
static size_t predict_inputs(const predict_request *r, const cli_inputs *inputs, amend_model *model, json_t *images)
{
    progress bar;
    size_t failed = 0;
    bool shown = inputs->count > 16 && !isatty(STDOUT_FILENO);
    progress_start(&bar, "predicting", inputs->count);
    for (size_t i = 0; i < inputs->count; i++) {
        amend_status status = predict_file(r, &inputs->items[i], model, images);
        if (status.code && shown) progress_finish(&bar);
        if (status.code) cli_fail(status);
        failed += status.code != AMEND_OK;
        if (shown) progress_update(&bar, i + 1, "");
    }
    progress_finish(&bar);
    if (failed && inputs->count > 1) fprintf(stderr, "amend: %zu of %zu files failed\n", failed, inputs->count);
    return failed;
}

static int predict_files(predict_request *r, const cli_inputs *inputs)
{
    amend_model *model = NULL;
    int result = CLI_DONE;
    amend_status status = open_all(r, &model);
    if (status.code) return cli_fail(status);
    json_t *images = json_array();
    if (r->csv) print_csv_header(model);
    size_t failed = predict_inputs(r, inputs, model, images);
    if (failed) result = CLI_FAILED;
    if (r->json) {
        json_t *all = json_pack("{s:i, s:s, s:o}", "schema", 1, "model", amend_model_path(model), "images", images);
        status = json_save(all, r->json);
        if (status.code) result = cli_fail(status);
    } else {
        json_decref(images);
    }
    amend_detector_free(r->detector);
    amend_model_free(model);
    return result;
}

static bool read_top(const char *text, size_t *top)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    *top = value;
    return !*end && value >= 1 && value <= AMEND_MAX_CLASSES;
}

static bool read_share(const char *text, double *share)
{
    char *end;
    *share = strtod(text, &end);
    return !*end && end != text && *share >= 0 && *share <= 1;
}

static int run(int argc, char **argv)
{
    static const char *const precisions[] = {"auto", "f32", "bf16", "int8"};
    predict_request r = {.precision = "auto", .top = AMEND_MAX_CLASSES};
    const char *top = NULL, *threshold = NULL;
    int operands = 0;
    const cli_option options[] = {{"--model", &r.model, NULL},
                                  {"--box", &r.box, NULL},
                                  {"--precision", &r.precision, NULL},
                                  {"--annotate", &r.annotate, NULL},
                                  {"--json", &r.json, NULL},
                                  {"--csv", NULL, &r.csv},
                                  {"--detector", &r.detector_file, NULL},
                                  {"--no-detect", NULL, &r.no_detect},
                                  {"--top", &top, NULL},
                                  {"--threshold", &threshold, NULL}};
    int result = cli_parse(&cli_predict, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (result) return result;
    if (!operands) return cli_usage(&cli_predict, "at least one image is needed");
    if (r.json && r.csv) return cli_usage(&cli_predict, "--json and --csv exclude each other");
    if (r.box && !cli_parse_box(r.box, &r.face)) return cli_usage(&cli_predict, "--box %s: X,Y,W,H in pixels", r.box);
    if (top && !read_top(top, &r.top)) return cli_usage(&cli_predict, "--top %s: 1 to %d", top, AMEND_MAX_CLASSES);
    if (threshold && !read_share(threshold, &r.threshold))
        return cli_usage(&cli_predict, "--threshold %s: a probability from 0 to 1", threshold);
    size_t type = 0;
    while (type < 4 && strcmp(r.precision, precisions[type])) type++;
    if (type == 4) return cli_usage(&cli_predict, "--precision %s: auto, f32, bf16 or int8", r.precision);
    r.type = (amend_precision)type;
    cli_inputs inputs;
    amend_status status = cli_inputs_expand(argv, (size_t)operands, &inputs);
    if (status.code) return cli_fail(status);
    result = predict_files(&r, &inputs);
    cli_inputs_free(&inputs);
    return result;
}

const cli_command cli_predict = {
    "predict", run, "recognise the expression in photos",
    "Usage: amend predict IMAGE|FOLDER|'PATTERN'... [options]\n"
    "Finds the faces and prints the probability of each expression.\n\n"
    "  --model FILE    model; the released one if left out\n"
    "  --box X,Y,W,H   the face, in pixels of the upright image; nothing is looked for\n"
    "  --no-detect     the whole image is the face\n"
    "  --detector FILE ONNX file of BlazeFace or YuNet; the installed one if left out\n"
    "  --top N         only the N most probable expressions in the table\n"
    "  --threshold P   says \"uncertain\" below this probability, from 0 to 1 (default 0)\n"
    "  --precision P   auto (default: what is fastest here), f32, bf16, or int8 for quantized models\n"
    "  --annotate DIR  writes a drawn copy of each photo\n"
    "  --json FILE     also as JSON; - is standard output, without the table\n"
    "  --csv           a row a face instead of the table\n\n"
    "Examples:\n"
    "  amend predict photo.jpg\n"
    "  amend predict holiday/ --csv --threshold 0.6 >faces.csv\n"
    "  amend predict --no-detect face48.png\n"
    "  amend predict photo.png --box 170,60,105,130 --annotate drawn\n"};
