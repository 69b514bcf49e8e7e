/* amend predict */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/args.h"
#include "cli/detect.h"
#include "cli/inputs.h"
#include "cli/output.h"
#include "cli/predict.h"
#include "model/model.h"

static void choose_best(prediction *p)
{
    for (size_t k = 1; k < p->classes; k++)
        if (p->probabilities[k] > p->probabilities[p->best]) p->best = k;
}

/* The face that the caller names, or the whole image. */
static amend_status read_named(const predict_request *r, const face_photo *photo, amend_model *model, prediction *face)
{
    face->score = 1;
    face->box = r->box ? r->face : (amend_box){0, 0, (double)photo->width, (double)photo->height};
    TRY(amend_model_predict(model, &photo->image, r->box ? &r->face : NULL, face->probabilities));
    choose_best(face);
    return status_ok();
}

static amend_status read_found(face_photo *photo, amend_model *model, const amend_face *found, size_t count,
                               prediction *faces)
{
    size_t classes = amend_model_classes(model);
    float *probabilities = NULL;
    TRY(mem_alloc(&probabilities, count * classes, sizeof *probabilities, "probabilities"));
    amend_status status = model_predict_faces(model, photo, found, count, probabilities);
    for (size_t i = 0; !status.code && i < count; i++) {
        faces[i].box = found[i].box;
        faces[i].score = found[i].score;
        faces[i].cut = face_is_cut(&found[i], photo->width, photo->height);
        memcpy(faces[i].probabilities, probabilities + i * classes, classes * sizeof *probabilities);
        choose_best(&faces[i]);
    }
    mem_free(probabilities);
    return status;
}

static amend_status read_faces(const predict_request *r, face_photo *photo, amend_model *model, prediction *faces,
                               size_t *count)
{
    amend_face *found = NULL;
    *count = 1;
    for (size_t i = 0; i < PREDICT_MAX_FACES; i++) faces[i].classes = amend_model_classes(model);
    if (!r->detector) return read_named(r, photo, model, &faces[0]);
    TRY(face_photo_find(r->detector, photo, 0, &found, count));
    if (!*count)
        return status_error(AMEND_BAD_DATA,
                            "no face found; --box X,Y,W,H names one, --no-detect takes the whole image");
    if (*count > PREDICT_MAX_FACES) *count = PREDICT_MAX_FACES;
    amend_status status = read_found(photo, model, found, *count, faces);
    amend_faces_free(found);
    return status;
}

/* Pictures are drawn on the whole photo; faces are looked for on less. */
static size_t side_needed(const predict_request *r)
{
    return r->detector && !r->annotate ? face_photo_side(r->detector) : 0;
}

typedef struct predict_context {
    const predict_request *request;
    amend_model *model;
    json_t *images;
} predict_context;

/* Of one photo. */
typedef struct predicted {
    prediction *faces;
    size_t count;
    amend_status drawn;
} predicted;

static void forget_predicted(void *found)
{
    predicted *p = found;
    if (p) mem_free(p->faces);
    mem_free(p);
}

static amend_status predict_file(void *context, const cli_input *input, void **found)
{
    const predict_context *c = context;
    const predict_request *r = c->request;
    face_photo photo = {0};
    predicted *p = NULL;
    TRY(mem_alloc(&p, 1, sizeof *p, "faces"));
    *found = p;
    TRY(mem_alloc(&p->faces, PREDICT_MAX_FACES, sizeof *p->faces, "faces"));
    TRY(cli_open_photo(input, side_needed(r), &photo));
    amend_status status = status_prefix(read_faces(r, &photo, c->model, p->faces, &p->count), "%s", photo.name);
    if (!status.code && r->annotate)
        p->drawn = predict_annotate(r, input->name, &photo.image, p->faces, p->count, c->model);
    face_photo_free(&photo);
    return status;
}

static amend_status tell_predicted(void *context, const cli_input *input, void *found)
{
    const predict_context *c = context;
    const predicted *p = found;
    TRY(predict_print(c->request, input->path, p->faces, p->count, c->model, c->images));
    return p->drawn;
}

/* Without --box and --no-detect faces are looked for; where there is no detector, that is an error that says what to
 * do. */
static amend_status open_all(predict_request *r, amend_model **model)
{
    char path[CLI_PATH];
    TRY(amend_model_open_precision(cli_model_file(r->model, path), r->type, model));
    model_set_flip(*model, r->flip);
    amend_status status = status_ok();
    if (!r->box && !r->no_detect) status = cli_open_detector(r->detector_file, &r->detector);
    if (!status.code) return status;
    amend_model_free(*model);
    return status_error(status.code, "%.300s; or name the face with --box, or take whole images with --no-detect",
                        status.message);
}

static int predict_files(predict_request *r, const cli_inputs *inputs)
{
    amend_model *model = NULL;
    int result = CLI_DONE;
    amend_status status = r->annotate && r->json ? file_make_folder(r->annotate) : status_ok(); /* JSON may go there */
    if (!status.code) status = open_all(r, &model);
    if (status.code) return cli_fail(status);
    json_t *images = json_array();
    if (r->csv) predict_print_csv_header(model);
    predict_context context = {r, model, images};
    const cli_visitor visitor = {"predicting", predict_file, tell_predicted, forget_predicted, &context};
    if (cli_visit_inputs(inputs, &visitor)) result = CLI_FAILED;
    if (r->json) {
        json_t *all = json_pack("{s:i, s:o, s:s?, s:o}", "schema", 1, "model", json_text(amend_model_path(model)),
                                "tta", r->flip ? "flip" : NULL, "images", images);
        status = json_save(all, r->json);
        if (status.code) result = cli_fail(status);
    } else {
        json_decref(images);
    }
    amend_detector_free(r->detector);
    amend_model_free(model);
    return result;
}

/* Which faces are read. */
static int check_faces(predict_request *r)
{
    if (r->box && !cli_parse_box(r->box, &r->face))
        return cli_usage(&cli_predict, "--box %s: X,Y,W,H in pixels", r->box);
    if (r->box && r->no_detect) return cli_usage(&cli_predict, "--box and --no-detect exclude each other");
    if (r->detector_file && (r->box || r->no_detect))
        return cli_usage(&cli_predict, "--detector: none is needed with --box or --no-detect");
    return CLI_DONE;
}

/* How they are read and told. */
static int read_words(predict_request *r, const char *top, const char *threshold, const char *tta)
{
    static const char *const precisions[] = {"auto", "f32", "bf16", "int8"};
    size_t type = 0;
    if (r->json && r->csv) return cli_usage(&cli_predict, "--json and --csv exclude each other");
    if (tta && strcmp(tta, "flip")) return cli_usage(&cli_predict, "--tta %s: flip", tta);
    r->flip = tta != NULL;
    while (type < 4 && strcmp(r->precision, precisions[type])) type++;
    if (type == 4) return cli_usage(&cli_predict, "--precision %s: auto, f32, bf16 or int8", r->precision);
    r->type = (amend_precision)type;
    int result = cli_read_size(&cli_predict, "--top", top, 1, AMEND_MAX_CLASSES, &r->top);
    return result ? result : cli_read_real(&cli_predict, "--threshold", threshold, 0, 1, &r->threshold);
}

static int run(int argc, char **argv)
{
    predict_request r = {.precision = "auto", .top = AMEND_MAX_CLASSES};
    const char *top = NULL, *threshold = NULL, *tta = NULL;
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
                                  {"--threshold", &threshold, NULL},
                                  {"--tta", &tta, NULL}};
    int result = cli_parse(&cli_predict, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (result) return result;
    if (!operands) return cli_usage(&cli_predict, "at least one image is needed");
    result = check_faces(&r);
    if (!result) result = read_words(&r, top, threshold, tta);
    if (result) return result;
    result = cli_check_output(&cli_predict, "--annotate", r.annotate, CLI_OUTPUT_FOLDER);
    if (!result) result = cli_check_json(&cli_predict, r.json, r.annotate);
    if (!result) result = cli_check_kept("--json", r.json, r.model, "model");
    if (!result) result = cli_check_kept("--json", r.json, r.detector_file, "detector");
    if (result) return result;
    cli_inputs inputs;
    amend_status status = cli_inputs_expand(argv, (size_t)operands, r.annotate, &inputs);
    if (status.code) return cli_fail(status);
    status = cli_check_photos_kept(&inputs, r.annotate, r.json);
    result = status.code ? cli_fail(status) : predict_files(&r, &inputs);
    cli_inputs_free(&inputs);
    return result;
}

const cli_command cli_predict = {
    "predict", run, "recognise the expression in photos",
    "Usage: amend predict IMAGE|FOLDER|'PATTERN'|-... [options]\n"
    "Finds the faces (of a photo the 512 surest at most) and prints the probability of each expression; - reads an\n"
    "image from standard input.\n\n"
    "  --model FILE    model; the released one if left out\n"
    "  --box X,Y,W,H   the face, in pixels of the upright image; nothing is looked for\n"
    "  --no-detect     the whole image is the face\n"
    "  --detector FILE ONNX file of BlazeFace or YuNet; the installed one if left out\n"
    "  --top N         only the N most probable expressions in the table\n"
    "  --threshold P   says \"uncertain\" below this probability, from 0 to 1 (default 0)\n"
    "  --tta flip      mean of the probabilities of the face and its mirror image; twice the time\n"
    "  --precision P   auto (default: what is fastest here), f32, bf16, or int8 for quantized models\n"
    "  --annotate DIR  writes a drawn copy of each photo; not to where the photos are\n"
    "  --json FILE     also as JSON; - is standard output, without the table\n"
    "  --csv           a row a face instead of the table\n\n"
    "Examples:\n"
    "  amend predict photo.jpg\n"
    "  amend predict holiday/ --csv --threshold 0.6 >faces.csv\n"
    "  amend predict --no-detect face48.png\n"
    "  curl -s https://example.org/photo.jpg | amend predict -\n"
    "  amend predict photo.png --box 170,60,105,130 --annotate drawn\n"};
