/* amend faces */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/args.h"
#include "cli/detect.h"
#include "cli/face_points.h"
#include "cli/inputs.h"
#include "cli/output.h"
#include "cli/print.h"
#include "eval/detection.h"
#include "image/draw_prediction.h"

typedef struct faces_request {
    const char *detector, *threshold, *annotate, *json, *eval;
    double least;
    bool points;
} faces_request;

static json_t *to_json(const amend_face *f)
{
    json_t *points = json_array();
    int failures = 0;
    for (size_t k = 0; k < AMEND_POINTS; k++)
        failures |= json_array_append_new(points, json_pack("[f,f]", f->points[k].x, f->points[k].y));
    return json_pack("{s:[f,f,f,f], s:f, s:o}", "box", f->box.x, f->box.y, f->box.width, f->box.height, "score",
                     f->score, "points", json_finished(points, failures));
}

static void print(const char *file, const amend_face *faces, size_t count)
{
    cli_print_clean(file, 0);
    printf(": %zu %s\n", count, count == 1 ? "face" : "faces");
    for (size_t i = 0; i < count; i++)
        printf("  %.0f,%.0f,%.0f,%.0f  score %.2f\n", faces[i].box.x, faces[i].box.y, faces[i].box.width,
               faces[i].box.height, faces[i].score);
}

static amend_status annotate(const char *folder, const char *file, const amend_image *photo, const amend_face *faces,
                             size_t count)
{
    amend_box *boxes = NULL;
    const char **labels = NULL;
    char(*text)[8] = NULL;
    amend_image drawn = {0};
    amend_status status = mem_alloc(&boxes, count, sizeof *boxes, "boxes");
    if (!status.code) status = mem_alloc(&labels, count, sizeof *labels, "labels");
    if (!status.code) status = mem_alloc(&text, count, sizeof *text, "labels");
    for (size_t i = 0; !status.code && i < count; i++) {
        boxes[i] = faces[i].box;
        snprintf(text[i], sizeof text[i], "%.0f %%", 100 * faces[i].score);
        labels[i] = text[i];
    }
    if (!status.code) status = draw_faces(photo, boxes, labels, count, &drawn);
    if (!status.code) status = cli_write_picture(folder, file, &drawn);
    amend_image_free(&drawn);
    mem_free(boxes);
    mem_free(labels);
    mem_free(text);
    return status;
}

typedef struct faces_context {
    const faces_request *request;
    amend_detector *detector;
    json_t *images;
    detection_score score;
    face_points points;
} faces_context;

/* Of one photo. */
typedef struct found_faces {
    amend_face *faces;
    size_t count, width, height; /* of the photo */
    amend_status drawn;
} found_faces;

static void forget_faces(void *found)
{
    found_faces *f = found;
    if (f) amend_faces_free(f->faces);
    mem_free(f);
}

static amend_status find_in_file(void *context, const cli_input *input, void **found)
{
    const faces_context *c = context;
    const faces_request *r = c->request;
    face_photo photo;
    found_faces *f = NULL;
    TRY(mem_alloc(&f, 1, sizeof *f, "faces"));
    *found = f;
    TRY(cli_open_photo(input, r->annotate ? 0 : face_photo_side(c->detector), &photo));
    f->width = photo.width;
    f->height = photo.height;
    amend_status status =
        status_prefix(face_photo_find(c->detector, &photo, r->least, &f->faces, &f->count), "%s", photo.name);
    if (!status.code && r->annotate) f->drawn = annotate(r->annotate, input->name, &photo.image, f->faces, f->count);
    face_photo_free(&photo);
    return status;
}

static amend_status tell_faces(void *context, const cli_input *input, void *found)
{
    faces_context *c = context;
    const faces_request *r = c->request;
    const found_faces *f = found;
    if (r->eval) detection_compare(&c->score, input->path, f->faces, f->count);
    if (r->points) TRY(face_points_add(&c->points, f->faces, f->count, f->width, f->height));
    json_t *list = json_array();
    int failures = 0;
    for (size_t i = 0; i < f->count; i++) failures |= json_array_append_new(list, to_json(&f->faces[i]));
    list = json_finished(list, failures);
    TRY(status_prefix(json_append(c->images, json_pack("{s:o, s:o}", "file", json_text(input->path), "faces", list)),
                      "%s", input->path));
    if (!r->json || strcmp(r->json, "-")) print(input->path, f->faces, f->count);
    return f->drawn;
}

/* ---- against true boxes ---- */

/* The score of all inputs: a photo that cannot be read has its boxes missed. */
static amend_status begin_score(const faces_request *r, const cli_inputs *inputs, detection_boxes **boxes,
                                detection_score *score)
{
    const char **paths = NULL;
    TRY(detection_boxes_open(r->eval, boxes));
    size_t count = 0;
    TRY(mem_alloc(&paths, inputs->count, sizeof *paths, "photos"));
    for (size_t i = 0; i < inputs->count; i++)
        if (!inputs->items[i].error) paths[count++] = inputs->items[i].path;
    amend_status status = detection_begin(*boxes, paths, count, score);
    mem_free(paths);
    if (!status.code && score->left_out)
        fprintf(stderr, "%s: %zu boxes of %zu files that were not given are not counted%s\n", r->eval, score->left_out,
                score->left_files.count, score->left_files.text);
    return status_prefix(status, "%s", r->eval);
}

static void print_share(const char *name, double share)
{
    if (isnan(share))
        printf(" (%s not defined)", name);
    else
        printf(" (%s %.1f %%)", name, 100 * share);
}

static void print_score(const faces_request *r, const detection_score *s)
{
    if (r->json && !strcmp(r->json, "-")) return;
    printf("%s: %zu boxes, %zu found", r->eval, s->boxes, s->hits);
    print_share("recall", detection_recall(s));
    printf(", %zu found beside them", s->found - s->hits);
    print_share("precision", detection_precision(s));
    printf(", at IoU %.1f\n", DETECTION_OVERLAP);
}

static json_t *score_to_json(const detection_score *s)
{
    return json_pack("{s:f, s:o, s:o, s:I, s:I, s:I, s:I}", "iou", DETECTION_OVERLAP, "recall",
                     json_number(detection_recall(s)), "precision", json_number(detection_precision(s)), "boxes",
                     (json_int_t)s->boxes, "found", (json_int_t)s->found, "hits", (json_int_t)s->hits, "left_out",
                     (json_int_t)s->left_out);
}

/* As lines of a recipe, and for programs: null where no picture shows one face. Not 0: JSON could not be made. */
static int report_points(const faces_request *r, face_points *points, json_t *all, amend_status *status)
{
    double m[FACE_POINTS_VALUES];
    *status = face_points_medians(points, m);
    if (status->code) return json_object_set_new(all, "points", json_null());
    if (!r->json || strcmp(r->json, "-"))
        printf("[model]\npoints = %.4g,%.4g,%.4g,%.4g,%.4g,%.4g ; medians of the pictures with one face: %zu of %zu\n",
               m[0], m[1], m[2], m[3], m[4], m[5], points->count, points->pictures);
    return json_object_set_new(all, "points", json_pack("[f,f,f,f,f,f]", m[0], m[1], m[2], m[3], m[4], m[5]));
}

/* As above. */
static int report_score(const faces_request *r, const detection_score *s, json_t *all)
{
    print_score(r, s);
    return json_object_set_new(all, "eval", score_to_json(s));
}

static amend_status find_all(faces_context *c, const cli_inputs *inputs, int *result)
{
    const faces_request *r = c->request;
    const cli_visitor visitor = {"finding faces", find_in_file, tell_faces, forget_faces, c};
    if (r->annotate && r->json) TRY(file_make_folder(r->annotate)); /* the JSON may go there */
    c->images = json_array();
    if (cli_visit_inputs(inputs, &visitor)) *result = CLI_FAILED;
    json_t *all = json_pack("{s:i, s:o}", "schema", 1, "images", c->images);
    amend_status status = status_ok();
    int failures = 0;
    if (r->eval) failures |= report_score(r, &c->score, all);
    if (r->points) failures |= report_points(r, &c->points, all, &status);
    all = json_finished(all, failures);
    amend_status saved = r->json ? json_save(all, r->json) : status_ok();
    if (!r->json) json_decref(all);
    return status.code ? status : saved;
}

static amend_status find_faces(const faces_request *r, amend_detector *detector, const cli_inputs *inputs, int *result)
{
    detection_boxes *boxes = NULL;
    faces_context context = {.request = r, .detector = detector};
    amend_status status = r->eval ? begin_score(r, inputs, &boxes, &context.score) : status_ok();
    if (!status.code) status = find_all(&context, inputs, result);
    face_points_free(&context.points);
    detection_boxes_free(boxes);
    return status;
}

static int run(int argc, char **argv)
{
    faces_request r = {0};
    amend_detector *detector = NULL;
    int operands = 0;
    const cli_option options[] = {{"--detector", &r.detector, NULL}, {"--threshold", &r.threshold, NULL},
                                  {"--annotate", &r.annotate, NULL}, {"--json", &r.json, NULL},
                                  {"--eval", &r.eval, NULL},         {"--points", NULL, &r.points}};
    int result = cli_parse(&cli_faces, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (result) return result;
    if (!operands) return cli_usage(&cli_faces, "at least one image is needed");
    if (r.threshold) {
        char *end;
        r.least = strtod(r.threshold, &end);
        if (*end || end == r.threshold || !(r.least > 0 && r.least < 1))
            return cli_usage(&cli_faces, "--threshold %s: a number between 0 and 1", r.threshold);
    }
    result = cli_check_output(&cli_faces, "--annotate", r.annotate, CLI_OUTPUT_FOLDER);
    if (!result) result = cli_check_json(&cli_faces, r.json, r.annotate);
    if (!result) result = cli_check_kept("--json", r.json, r.eval, "list of boxes");
    if (!result) result = cli_check_kept("--json", r.json, r.detector, "detector");
    if (result) return result;
    cli_inputs inputs = {0};
    amend_status status = cli_inputs_expand(argv, (size_t)operands, r.annotate, &inputs);
    if (!status.code) status = cli_check_photos_kept(&inputs, r.annotate, r.json);
    if (!status.code) status = cli_open_detector(r.detector, &detector);
    if (!status.code) status = find_faces(&r, detector, &inputs, &result);
    amend_detector_free(detector);
    cli_inputs_free(&inputs);
    return status.code ? cli_fail(status) : result;
}

const cli_command cli_faces = {
    "faces", run, "find the faces in photos",
    "Usage: amend faces IMAGE|FOLDER|'PATTERN'|-... [options]\n"
    "Prints the box and the score of every face, the surest first.\n\n"
    "  --detector FILE  ONNX file of BlazeFace or YuNet; the installed one if left out\n"
    "  --threshold P    least score, between 0 and 1 (default: the detector's own)\n"
    "  --annotate DIR   writes a drawn copy of each photo; not to where the photos are\n"
    "  --json FILE      also as JSON, with eyes, nose and mouth; - is standard output, without the table\n"
    "  --eval CSV       compares with the true boxes, rows of file,x,y,w,h: recall and precision. The longest end of\n"
    "                   the path tells which photo a row is of; rows of other files are named and not counted; a "
    "photo\n"
    "                   that cannot be read counts as missed\n"
    "  --points         where the pictures of a data set show eyes and mouth, as lines of a recipe\n\n"
    "Examples:\n"
    "  amend faces photo.jpg --annotate drawn\n"
    "  amend faces --eval boxes.csv photos/*.jpg\n"
    "  amend faces raf-db/Image/aligned --points\n"};
