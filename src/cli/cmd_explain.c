/* amend explain */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/detect.h"
#include "cli/explain.h"
#include "cli/inputs.h"
#include "cli/output.h"
#include "face/crop.h"
#include "model/explain_page.h"
#include "model/model.h"

enum { MOST_FACES = 10000 /* that --face can count to */ };

typedef struct explain_request {
    char *image; /* "-": standard input */
    const char *model, *box, *detector, *out, *json, *class, *against, *face;
    bool no_detect, maps;
    amend_box place; /* what --box says */
    size_t number;   /* what --face says; 0: the surest */
} explain_request;

/* ---- which face ---- */

static amend_status choose(const explain_request *r, const amend_image *photo, const amend_face *faces, size_t count,
                           explain_result *result, face_view *view)
{
    if (!count)
        return status_error(AMEND_BAD_DATA,
                            "no face found; --box X,Y,W,H names one, --no-detect takes the whole image");
    if (r->number > count)
        return status_error(AMEND_BAD_ARGUMENT, "--face %zu: only %zu found; 'amend faces' lists them", r->number,
                            count);
    result->index = r->number ? r->number : 1;
    result->count = count;
    if (count > 1 && !r->number) fprintf(stderr, "%zu faces: explaining the surest; --face N takes another\n", count);
    result->box = faces[result->index - 1].box;
    result->score = faces[result->index - 1].score;
    return face_align(photo, &faces[result->index - 1], &result->description->crop, view);
}

/* *view: what the network is to see. */
static amend_status find_face(const explain_request *r, const amend_image *photo, explain_result *result,
                              face_view *view)
{
    amend_detector *detector = NULL;
    amend_face *faces = NULL;
    size_t count = 0;
    result->score = 1;
    result->index = result->count = 1;
    result->box = r->box ? r->place : (amend_box){0, 0, (double)photo->width, (double)photo->height};
    *view = (face_view){0};
    if (r->box || r->no_detect) return face_crop(photo, r->box ? &r->place : NULL, &view->box);
    amend_status status = cli_open_detector(r->detector, &detector);
    if (status.code)
        return status_error(status.code,
                            "%.300s; or name the face with --box, or take the whole image with --no-detect",
                            status.message);
    status = amend_detector_find(detector, photo, 0, &faces, &count);
    if (!status.code) status = choose(r, photo, faces, count, result, view);
    amend_faces_free(faces);
    amend_detector_free(detector);
    return status;
}

/* ---- which classes ---- */

/* name NULL: EXPLAIN_ANY. */
static amend_status find_class(const model_description *d, const char *option, const char *name, size_t *class)
{
    const char *labels[MODEL_MAX_CLASSES];
    *class = EXPLAIN_ANY;
    if (!name) return status_ok();
    for (size_t k = 0; k < d->classes; k++) {
        labels[k] = d->labels[k];
        if (!strcmp(labels[k], name)) *class = k;
    }
    if (*class != EXPLAIN_ANY) return status_ok();
    const char *nearest = text_nearest(name, labels, d->classes);
    if (nearest)
        return status_error(AMEND_BAD_ARGUMENT, "%s %s: not a class of this model; did you mean '%s'?", option, name,
                            nearest);
    return status_error(AMEND_BAD_ARGUMENT, "%s %s: not a class of this model; 'amend info' lists them", option, name);
}

static amend_status find_classes(const explain_request *r, explain_result *result)
{
    TRY(find_class(result->description, "--class", r->class, &result->class));
    TRY(find_class(result->description, "--against", r->against, &result->against));
    if (r->against && result->class == result->against)
        return status_error(AMEND_BAD_ARGUMENT, "--against %s: the same as --class; name another one", r->against);
    return status_ok();
}

/* ---- explaining ---- */

static amend_status compare(explain_result *result)
{
    const arm_evidence_shape *s = &result->evidence.shape;
    if (result->against == EXPLAIN_ANY) return status_ok();
    TRY(mem_alloc(&result->difference, s->height * s->width, sizeof(double), "difference"));
    model_evidence_difference(&result->evidence, result->class, result->against, result->difference);
    return status_ok();
}

static amend_status draw(const explain_request *r, const explain_result *result, const amend_image *photo)
{
    const explained face = {result->description, photo, &result->evidence};
    size_t list[MODEL_MAX_CLASSES], count = result->description->classes;
    amend_image page = {0};
    model_evidence_order(&result->evidence, list);
    if (result->class != EXPLAIN_ANY) list[0] = result->class, count = 1;
    if (r->maps)
        TRY(explain_page_maps(&face, result->geometry, &result->maps, list[0], &page));
    else if (result->difference)
        TRY(explain_page_difference(&face, list[0], result->against, &page));
    else
        TRY(explain_page_classes(&face, list, count, &page));
    amend_status status = image_write_png(r->out, &page);
    if (!status.code) fprintf(stderr, "drawn: %s\n", r->out);
    amend_image_free(&page);
    return status;
}

static amend_status tell(const explain_request *r, const explain_result *result, const amend_image *photo)
{
    if (!r->json || strcmp(r->json, "-")) explain_print(result);
    if (r->out) TRY(draw(r, result, photo));
    if (r->maps && !result->geometry)
        fputs("a gap head has no planes, no de-albino and no coverage (a projected map neither): only erosion is there "
              "to be seen\n",
              stderr);
    return r->json ? json_save_exact(explain_json(result), r->json) : status_ok();
}

static amend_status explain_photo(const explain_request *r, model_explainer *explainer, explain_result *result,
                                  const face_photo *photo)
{
    const amend_image *image = &photo->image;
    face_view view;
    TRY(status_prefix(find_face(r, image, result, &view), "%s", photo->name));
    TRY(status_prefix(model_explain_view(explainer, image, &view, &result->evidence), "%s", photo->name));
    amend_status status = compare(result);
    if (!status.code && r->maps) status = model_maps_create(explainer, &result->evidence, &result->maps);
    if (!status.code) status = tell(r, result, image);
    model_maps_free(&result->maps);
    mem_free(result->difference);
    model_evidence_free(&result->evidence);
    return status;
}

static amend_status explain_with(const explain_request *r, const amend_model *model, explain_result *result)
{
    const cli_input input = {.path = r->image};
    model_explainer *explainer = NULL;
    face_photo photo = {0};
    TRY(model_explainer_create(model, &explainer));
    result->geometry = model_explainer_geometry(explainer);
    amend_status status = cli_open_photo(&input, 0, &photo);
    if (!status.code) status = explain_photo(r, explainer, result, &photo);
    face_photo_free(&photo);
    model_explainer_free(explainer);
    return status;
}

/* What the model's classes are called it alone knows: a wrong name is bad usage none the less. */
static int explain(const explain_request *r)
{
    char path[CLI_PATH];
    amend_model *model = NULL;
    amend_status status = model_open(cli_model_file(r->model, path), &model);
    if (status.code) return cli_fail(status);
    explain_result result = {.description = model_describe(model), .file = r->image, .model = amend_model_path(model)};
    amend_status named = find_classes(r, &result);
    if (!named.code) status = explain_with(r, model, &result);
    amend_model_free(model);
    if (named.code) return cli_usage(&cli_explain, "%s", named.message);
    return status.code ? cli_fail(status) : CLI_DONE;
}

static int check(explain_request *r, int operands)
{
    if (!operands) return cli_usage(&cli_explain, "one image is needed");
    if (r->box && !cli_parse_box(r->box, &r->place))
        return cli_usage(&cli_explain, "--box %s: X,Y,W,H in pixels", r->box);
    if ((r->box != NULL) + (r->face != NULL) + r->no_detect > 1)
        return cli_usage(&cli_explain, "--box, --face and --no-detect exclude each other");
    if (r->detector && (r->box || r->no_detect))
        return cli_usage(&cli_explain, "--detector: none is needed with --box or --no-detect");
    if (r->against && !r->class) return cli_usage(&cli_explain, "--against needs --class");
    if (r->maps && !r->out && !r->json) return cli_usage(&cli_explain, "--maps needs --out or --json");
    return cli_read_size(&cli_explain, "--face", r->face, 1, MOST_FACES, &r->number);
}

static int check_outputs(const explain_request *r)
{
    int result = cli_check_output(&cli_explain, "--out", r->out, CLI_OUTPUT_FILE);
    if (!result) result = cli_check_output(&cli_explain, "--json", r->json, CLI_OUTPUT_TEXT);
    const char *const inputs[][2] = {{r->image, "photo"}, {r->model, "model"}, {r->detector, "detector"}};
    for (size_t i = 0; !result && i < sizeof inputs / sizeof *inputs; i++) {
        result = cli_check_kept("--out", r->out, inputs[i][0], inputs[i][1]);
        if (!result) result = cli_check_kept("--json", r->json, inputs[i][0], inputs[i][1]);
    }
    return result;
}

static int run(int argc, char **argv)
{
    explain_request r = {0};
    int operands = 0;
    const cli_option options[] = {{"--model", &r.model, NULL},       {"--out", &r.out, NULL},
                                  {"--class", &r.class, NULL},       {"--against", &r.against, NULL},
                                  {"--maps", NULL, &r.maps},         {"--box", &r.box, NULL},
                                  {"--face", &r.face, NULL},         {"--no-detect", NULL, &r.no_detect},
                                  {"--detector", &r.detector, NULL}, {"--json", &r.json, NULL}};
    int result = cli_parse(&cli_explain, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (!result) result = cli_no_more(&cli_explain, argv, operands, 1);
    if (!result) result = check(&r, operands);
    if (result) return result;
    r.image = argv[0];
    result = check_outputs(&r);
    return result ? result : explain(&r);
}

const cli_command cli_explain = {
    "explain", run, "show which parts of a face speak for an expression",
    "Usage: amend explain IMAGE|- [options]\n"
    "The logit of an expression is a sum over the positions of the feature map: prints the positions that say most,\n"
    "and draws all of them over the face. See docs/explain.md. - reads the image from standard input.\n\n"
    "  --out PNG        the picture: a map for each expression\n"
    "  --class NAME     this expression only\n"
    "  --against NAME   with --class: what speaks for the one and not for the other\n"
    "  --maps           in the place of evidence the paper's maps: arranged planes, erosion, coverage\n"
    "  --model FILE     model; the released one if left out\n"
    "  --face N         the N-th of the faces found, the surest being 1 (default)\n"
    "  --box X,Y,W,H    the face, in pixels of the upright image; nothing is looked for\n"
    "  --no-detect      the whole image is the face\n"
    "  --detector FILE  ONNX file of BlazeFace or YuNet; the installed one if left out\n"
    "  --json FILE      also as JSON; - is standard output, in the place of the table\n\n"
    "Examples:\n"
    "  amend explain photo.jpg --out why.png\n"
    "  amend explain photo.jpg --class sadness --against neutral --out why.png\n"
    "  amend explain photo.jpg --maps --out arm.png\n"};
