/* amend predict */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/args.h"
#include "cli/json.h"
#include "image/draw_prediction.h"
#include "image/image.h"
#include "model/model.h"

typedef struct predict_request {
    const char *model, *box, *annotate, *precision, *json;
    bool csv;
    amend_box face;
    amend_precision type;
} predict_request;

typedef struct prediction {
    amend_box box;
    float probabilities[AMEND_MAX_CLASSES];
    size_t classes, best;
} prediction;

/* The released model beside the command, where it was built or unpacked; NULL: not there. `path` has room for 4096. */
static const char *model_beside(char *path)
{
    static const char *const places[] = {"../models", "../share/amend/models"};
    char folder[3900];
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    if (length <= 0 || getenv("AMEND_MODEL")) return NULL;
    folder[length] = '\0';
    *strrchr(folder, '/') = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(path, 4096, "%s/%s/%s", folder, places[i], MODEL_RELEASED);
        if (file_exists(path)) return path;
    }
    return NULL;
}

static bool parse_box(const char *text, amend_box *box)
{
    int end = 0;
    return sscanf(text, "%lf,%lf,%lf,%lf%n", &box->x, &box->y, &box->width, &box->height, &end) == 4 && !text[end];
}

static void print_table(const char *file, const prediction *p, amend_model *model)
{
    printf("%s: face %g,%g,%g,%g: %s %.1f %%\n", file, p->box.x, p->box.y, p->box.width, p->box.height,
           amend_model_label(model, p->best), 100 * (double)p->probabilities[p->best]);
    for (size_t k = 0; k < p->classes; k++) {
        printf("  %-12s %5.1f %%  ", amend_model_label(model, k), 100 * (double)p->probabilities[k]);
        for (int i = 0; i < (int)(p->probabilities[k] * 40 + 0.5f); i++) putchar('#');
        putchar('\n');
    }
}

static void print_csv(const char *file, const prediction *p, amend_model *model)
{
    putchar('"');
    for (const char *c = file; *c; c++) printf(*c == '"' ? "\"\"" : "%c", *c);
    printf("\",%g,%g,%g,%g,%s", p->box.x, p->box.y, p->box.width, p->box.height, amend_model_label(model, p->best));
    for (size_t k = 0; k < p->classes; k++) printf(",%.6f", (double)p->probabilities[k]);
    putchar('\n');
}

static void print_csv_header(amend_model *model)
{
    printf("file,x,y,w,h,label");
    for (size_t k = 0; k < amend_model_classes(model); k++) printf(",%s", amend_model_label(model, k));
    putchar('\n');
}

static json_t *to_json(const char *file, const prediction *p, amend_model *model)
{
    json_t *probabilities = json_object();
    for (size_t k = 0; k < p->classes; k++)
        json_object_set_new(probabilities, amend_model_label(model, k), json_real((double)p->probabilities[k]));
    return json_pack("{s:s, s:[{s:[f,f,f,f], s:f, s:s, s:o}]}", "file", file, "faces", "box", p->box.x, p->box.y,
                     p->box.width, p->box.height, "score", (double)p->probabilities[p->best], "label",
                     amend_model_label(model, p->best), "probabilities", probabilities);
}

/* FOLDER/NAME.png, drawn. */
static amend_status annotate(const char *folder, const char *file, const amend_image *photo, const prediction *p,
                             amend_model *model)
{
    const char *slash = strrchr(file, '/');
    const char *labels[AMEND_MAX_CLASSES];
    char name[300];
    char *path = NULL;
    amend_image drawn = {0};
    for (size_t k = 0; k < p->classes; k++) labels[k] = amend_model_label(model, k);
    snprintf(name, sizeof name, "%.255s", slash ? slash + 1 : file);
    char *dot = strrchr(name, '.');
    snprintf(dot ? dot : name + strlen(name), 5, ".png");
    TRY(file_make_folder(folder));
    amend_status status = file_join(folder, name, &path);
    if (!status.code) status = draw_prediction(photo, p->box, labels, p->probabilities, p->classes, &drawn);
    if (!status.code) status = image_write_png(path, &drawn);
    if (!status.code) fprintf(stderr, "drawn: %s\n", path);
    amend_image_free(&drawn);
    mem_free(path);
    return status;
}

static amend_status predict_file(const predict_request *r, const char *file, amend_model *model, json_t *images)
{
    amend_image photo = {0};
    prediction p = {.classes = amend_model_classes(model)};
    TRY(amend_image_open(file, &photo));
    p.box = r->box ? r->face : (amend_box){0, 0, (double)photo.width, (double)photo.height};
    amend_status status =
        status_prefix(amend_model_predict(model, &photo, r->box ? &r->face : NULL, p.probabilities), "%s", file);
    for (size_t k = 1; k < p.classes; k++)
        if (p.probabilities[k] > p.probabilities[p.best]) p.best = k;
    if (!status.code && r->annotate) status = annotate(r->annotate, file, &photo, &p, model);
    if (!status.code && r->json) json_array_append_new(images, to_json(file, &p, model));
    if (!status.code && r->csv) print_csv(file, &p, model);
    if (!status.code && !r->csv && (!r->json || strcmp(r->json, "-"))) print_table(file, &p, model);
    amend_image_free(&photo);
    return status;
}

/* One bad file does not stop the rest; the exit status says that there was one. */
static int predict_files(const predict_request *r, char **files, int count)
{
    char beside[4096];
    amend_model *model = NULL;
    int result = CLI_DONE;
    amend_status status = amend_model_open_precision(r->model ? r->model : model_beside(beside), r->type, &model);
    if (status.code) return cli_fail(status);
    json_t *images = json_array();
    if (r->csv) print_csv_header(model);
    for (int i = 0; i < count; i++) {
        status = predict_file(r, files[i], model, images);
        if (status.code) result = cli_fail(status);
    }
    if (r->json) {
        json_t *all = json_pack("{s:i, s:s, s:o}", "schema", 1, "model", amend_model_path(model), "images", images);
        status = json_save(all, r->json);
        if (status.code) result = cli_fail(status);
    } else {
        json_decref(images);
    }
    amend_model_free(model);
    return result;
}

static int run(int argc, char **argv)
{
    static const char *const precisions[] = {"auto", "f32", "bf16", "int8"};
    predict_request r = {.precision = "auto"};
    int operands = 0;
    const cli_option options[] = {{"--model", &r.model, NULL},         {"--box", &r.box, NULL},
                                  {"--precision", &r.precision, NULL}, {"--annotate", &r.annotate, NULL},
                                  {"--json", &r.json, NULL},           {"--csv", NULL, &r.csv}};
    int result = cli_parse(&cli_predict, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (result) return result;
    if (!operands) return cli_usage(&cli_predict, "at least one image is needed");
    if (r.json && r.csv) return cli_usage(&cli_predict, "--json and --csv exclude each other");
    if (r.box && !parse_box(r.box, &r.face)) return cli_usage(&cli_predict, "--box %s: X,Y,W,H in pixels", r.box);
    size_t type = 0;
    while (type < 4 && strcmp(r.precision, precisions[type])) type++;
    if (type == 4) return cli_usage(&cli_predict, "--precision %s: auto, f32, bf16 or int8", r.precision);
    r.type = (amend_precision)type;
    return predict_files(&r, argv, operands);
}

const cli_command cli_predict = {
    "predict", run, "recognise the expression in photos",
    "Usage: amend predict IMAGE... [options]\n"
    "Prints the probability of each expression. Without --box the whole image counts as the face.\n\n"
    "  --model FILE    model; the released one if left out\n"
    "  --box X,Y,W,H   the face, in pixels of the upright image\n"
    "  --precision P   auto (default: what is fastest here), f32, bf16, or int8 for quantized models\n"
    "  --annotate DIR  writes a drawn copy of each photo\n"
    "  --json FILE     also as JSON; - is standard output, without the table\n"
    "  --csv           a row a face instead of the table\n\n"
    "Examples:\n"
    "  amend predict face.jpg\n"
    "  amend predict photo.png --box 170,60,105,130 --annotate drawn\n"};
