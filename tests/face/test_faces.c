/* Faces in photos. What needs the detector's file runs where tools/detector.sh has put it. */
#include <math.h>

#include "base/file.h"
#include "base/mem.h"
#include "face/detector.h"
#include "image/image.h"
#include "support.h"

static const char photo_file[] = "tests/data/astronaut.png";
static const amend_box face_of_photo = {174, 73, 104, 104}; /* in its 512 x 512 pixels */

static amend_detector *open_or_skip(const char *file)
{
    amend_detector *detector = NULL;
    if (!file_exists(file)) {
        print_message("skipped: no %s; tools/detector.sh fetches it\n", file);
        skip();
    }
    assert_ok(amend_detector_open(file, &detector));
    return detector;
}

static double overlap(amend_box a, amend_box b)
{
    double w = fmin(a.x + a.width, b.x + b.width) - fmax(a.x, b.x);
    double h = fmin(a.y + a.height, b.y + b.height) - fmax(a.y, b.y);
    double shared = w > 0 && h > 0 ? w * h : 0;
    return shared / (a.width * a.height + b.width * b.height - shared);
}

/* The surest face is the photo's, at this scale. */
static void expect_face(amend_detector *detector, const amend_image *image, double scale)
{
    amend_face *faces;
    size_t count;
    const amend_box b = face_of_photo;
    assert_ok(amend_detector_find(detector, image, 0, &faces, &count));
    assert_in_range(count, 1, 4); /* the small network takes a pattern for a face now and then */
    if (overlap(faces[0].box, (amend_box){b.x * scale, b.y * scale, b.width * scale, b.height * scale}) < 0.5)
        fail_msg("scale %g: face at %g,%g,%g,%g", scale, faces[0].box.x, faces[0].box.y, faces[0].box.width,
                 faces[0].box.height);
    assert_true(faces[0].points[AMEND_LEFT_EYE].x < faces[0].points[AMEND_RIGHT_EYE].x);
    assert_true(faces[0].points[AMEND_MOUTH].y > faces[0].points[AMEND_NOSE].y);
    amend_faces_free(faces);
}

static void the_face_is_found_at_scales(void **state)
{
    (void)state;
    amend_detector *detector = open_or_skip("models/blazeface-256.onnx");
    amend_image photo = {0};
    assert_ok(amend_image_open(photo_file, &photo));
    for (double scale = 0.25; scale <= 4; scale *= 2) {
        amend_image scaled = {0};
        size_t side = (size_t)(512 * scale);
        assert_ok(image_crop_resize(&photo, (amend_box){0, 0, 512, 512}, side, side, &scaled));
        expect_face(detector, &scaled, scale);
        amend_image_free(&scaled);
    }
    amend_image_free(&photo);
    amend_detector_free(detector);
}

/* Turned around the middle of the face. */
static void turn(const amend_image *from, double degrees, amend_image *to)
{
    double c = cos(degrees * M_PI / 180), s = sin(degrees * M_PI / 180), x0 = 226, y0 = 125;
    assert_ok(image_create(to, 512, 512, 3));
    for (size_t y = 0; y < 512; y++)
        for (size_t x = 0; x < 512; x++) {
            double dx = (double)x - x0, dy = (double)y - y0;
            double u = fmin(fmax(x0 + c * dx - s * dy, 0), 511), v = fmin(fmax(y0 + s * dx + c * dy, 0), 511);
            memcpy(to->pixels + 3 * (y * 512 + x), from->pixels + 3 * ((size_t)v * 512 + (size_t)u), 3);
        }
}

static void the_face_is_found_when_turned(void **state)
{
    (void)state;
    static const char *const files[] = {"models/blazeface-256.onnx", "models/blazeface-128.onnx"};
    amend_image photo = {0};
    for (int i = 0; i < 2; i++) {
        amend_detector *detector = open_or_skip(files[i]);
        assert_ok(amend_image_open(photo_file, &photo));
        for (double degrees = -20; degrees <= 20; degrees += 10) {
            amend_image turned = {0};
            turn(&photo, degrees, &turned);
            expect_face(detector, &turned, 1);
            amend_image_free(&turned);
        }
        amend_image_free(&photo);
        amend_detector_free(detector);
    }
}

/* The same face twelve times on one picture, each at its own size: how many of them are found. */
static size_t count_found(amend_detector *detector, const amend_image *photo, size_t cell, size_t columns,
                          const double sides[12])
{
    amend_image scene = {0};
    amend_box boxes[12];
    amend_face *faces;
    size_t count, hits = 0;
    assert_ok(image_create(&scene, cell * columns, cell * (12 / columns), 3));
    memset(scene.pixels, 120, scene.width * scene.height * 3);
    for (size_t i = 0; i < 12; i++) {
        double k = sides[i] / face_of_photo.width;
        size_t w = (size_t)(190 * k), h = (size_t)(220 * k), x = i % columns * cell + 10, y = i / columns * cell + 10;
        amend_image head = {0};
        assert_true(h + 10 < cell);
        assert_ok(image_crop_resize(photo, (amend_box){120, 20, 190, 220}, w, h, &head));
        for (size_t row = 0; row < h; row++)
            memcpy(scene.pixels + ((y + row) * scene.width + x) * 3, head.pixels + row * w * 3, w * 3);
        amend_image_free(&head);
        boxes[i] = (amend_box){(double)x + 54 * k, (double)y + 53 * k, sides[i], sides[i]};
    }
    assert_ok(amend_detector_find(detector, &scene, 0, &faces, &count));
    for (size_t i = 0; i < 12; i++) {
        size_t found = 0;
        for (size_t f = 0; f < count; f++) found += overlap(faces[f].box, boxes[i]) >= 0.5;
        assert_in_range(found, 0, 1); /* never twice */
        hits += found;
    }
    print_message("%zu of 12 faces found on %zu x %zu pixels, %zu boxes\n", hits, scene.width, scene.height, count);
    amend_faces_free(faces);
    amend_image_free(&scene);
    return hits;
}

static void small_faces_are_found_once(void **state)
{
    (void)state;
    static const double small[12] = {24, 26, 28, 32, 36, 42, 50, 60, 70, 90, 110, 130};
    static const double large[12] = {76, 80, 90, 100, 110, 130, 160, 200, 240, 280, 340, 400};
    amend_detector *detector = open_or_skip("models/blazeface-256.onnx");
    amend_image photo = {0};
    assert_ok(amend_image_open(photo_file, &photo));
    assert_true(count_found(detector, &photo, 320, 4, small) >= 11);
    assert_true(count_found(detector, &photo, 320, 3, small) >= 11);
    assert_true(count_found(detector, &photo, 900, 4, large) >= 11);
    assert_true(count_found(detector, &photo, 900, 6, large) >= 11);
    amend_image_free(&photo);
    amend_detector_free(detector);
}

typedef struct seeker {
    amend_detector *detector;
    const amend_image *photo;
    size_t seen; /* runs that found the face */
} seeker;

static void *seek(void *data)
{
    seeker *s = data;
    for (int i = 0; i < 3; i++) {
        amend_face *faces = NULL;
        size_t count = 0;
        amend_status status = amend_detector_find(s->detector, s->photo, 0, &faces, &count);
        s->seen += !status.code && count >= 1 && overlap(faces[0].box, face_of_photo) >= 0.5;
        amend_faces_free(faces);
    }
    return NULL;
}

static void threads_share_a_detector(void **state)
{
    enum { THREADS = 4 };
    amend_detector *detector = open_or_skip("models/blazeface-256.onnx");
    amend_image photo = {0};
    seeker seekers[THREADS];
    pthread_t threads[THREADS];
    (void)state;
    assert_ok(amend_image_open(photo_file, &photo));
    for (int i = 0; i < THREADS; i++) {
        seekers[i] = (seeker){detector, &photo, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, seek, &seekers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++) assert_int_equal(seekers[i].seen, 3);
    amend_image_free(&photo);
    amend_detector_free(detector);
}

static void no_face_is_made_up(void **state)
{
    (void)state;
    amend_detector *detector = open_or_skip("models/blazeface-256.onnx");
    amend_image image = {0};
    amend_face *faces;
    size_t count;
    assert_ok(image_create(&image, 700, 500, 1));
    for (int pass = 0; pass < 3; pass++) {
        for (size_t i = 0; i < 700 * 500; i++)
            image.pixels[i] = pass == 0   ? 128
                              : pass == 1 ? (unsigned char)(i % 700 / 3)
                                          : (unsigned char)(i * 2654435761u >> 13);
        assert_ok(amend_detector_find(detector, &image, 0, &faces, &count));
        if (count)
            fail_msg("picture %d: a face of score %g at %g,%g,%g,%g", pass, faces->score, faces->box.x, faces->box.y,
                     faces->box.width, faces->box.height);
        assert_null(faces);
    }
    amend_image_free(&image);
    amend_detector_free(detector);
}

/* Largest difference of all outputs on the photo, relative; of values below 5, offsets in pixels and raw scores, a part
 * of 5. */
static double compare_outputs(const char *python, const char *file, face_network *n, face_shape shape)
{
    const face_window window = {0, 0, 1};
    size_t height = n->inputs[shape].height, width = n->inputs[shape].width, size, at = 0;
    face_look *look = NULL;
    amend_image photo = {0}, scaled = {0};
    unsigned char *bytes;
    char command[900];
    double worst = 0;
    assert_ok(face_network_take(n, shape, &look));
    assert_ok(amend_image_open(photo_file, &photo));
    assert_ok(image_crop_resize(&photo, (amend_box){0, 0, 512, 512}, width, height, &scaled));
    memcpy(face_look_pixels(look), scaled.pixels, height * width * 3);
    amend_image_free(&photo);
    amend_image_free(&scaled);
    write_bytes(in_test_folder("pixels"), face_look_pixels(look), height * width * 3);
    snprintf(command, sizeof command, "%s tests/face/onnx_at_size.py %s %zu %zu %s/pixels %s/out 2>/dev/null", python,
             file, height, width, test_folder, test_folder);
    assert_int_equal(system(command), 0);
    assert_ok(face_network_run(n, look, &window, 0.5));
    assert_ok(file_read(in_test_folder("out"), 1 << 20, &bytes, &size));
    for (size_t k = 0; k < n->onnx->output_count; k++) {
        size_t count;
        const float *values = nn_context_map(look->context, n->onnx->outputs[k].row, &count);
        for (size_t v = 0; v < count; v++, at++) {
            double theirs = (double)((const float *)(const void *)bytes)[at];
            worst = fmax(worst, fabs((double)values[v] - theirs) / fmax(5, fabs(theirs)));
        }
    }
    assert_int_equal(at * sizeof(float), size);
    mem_free(bytes);
    face_network_give(n, look);
    return worst;
}

static void outputs_equal_onnx_runtimes(void **state)
{
    (void)state;
    static const char *const files[] = {"models/blazeface-256.onnx", "models/blazeface-128.onnx"};
    const char *python = python_with("numpy, onnx, onnxruntime");
    double worst = 0;
    for (int i = 0; i < 2; i++) {
        face_network *n = NULL;
        amend_detector_free(open_or_skip(files[i]));
        assert_ok(face_network_open(files[i], &n));
        for (face_shape shape = FACE_SQUARE; shape < FACE_SHAPES; shape++)
            worst = fmax(worst, compare_outputs(python, files[i], n, shape));
        face_network_free(n);
    }
    print_message("largest relative difference %g\n", worst);
    assert_true(worst < 1e-4);
}

/* A network whose map does not grow as its input does: as large as BlazeFace's on its square, smaller than expected on
 * a larger part. */
static void a_network_bound_to_its_square(void **state)
{
    (void)state;
    static const char script[] =
        "import sys, onnx\n"
        "from onnx import helper as h, numpy_helper as n, TensorProto as t\n"
        "import numpy as np\n"
        "nodes, values, outs = [h.make_node(\"Transpose\", [\"x\"], [\"p\"], perm=[0, 3, 1, 2])], [], []\n"
        "for name, cells, stride, extra, channels, columns in ((\"a\", 16, 9, 8, 2, 1), (\"b\", 16, 9, 8, 32, 16), "
        "(\"c\", 8, 17, 0, 6, 1), (\"d\", 8, 17, 0, 96, 16)):\n"
        "    values += [n.from_array(np.full((channels, 3, 1, 1), 0.01, np.float32), name + \"w\"), "
        "n.from_array(np.array([1, cells * cells * channels // columns, columns], np.int64), name + \"s\")]\n"
        "    nodes += [h.make_node(\"Conv\", [\"p\", name + \"w\"], [name + \"m\"], kernel_shape=[1, 1], "
        "strides=[stride, stride], pads=[0, 0, extra, extra]), "
        "h.make_node(\"Transpose\", [name + \"m\"], [name + \"t\"], perm=[0, 2, 3, 1]), "
        "h.make_node(\"Reshape\", [name + \"t\", name + \"s\"], [name])]\n"
        "    outs += [h.make_tensor_value_info(name, t.FLOAT, [1, cells * cells * channels // columns, columns])]\n"
        "graph = h.make_graph(nodes, \"g\", [h.make_tensor_value_info(\"x\", t.FLOAT, [1, 128, 128, 3])], outs, "
        "values)\n"
        "onnx.save(h.make_model(graph, opset_imports=[h.make_opsetid(\"\", 12)]), sys.argv[1] + \"/bound.onnx\")\n";
    face_network *n = NULL;
    amend_detector *detector = NULL;
    amend_image image = {0};
    amend_face *faces;
    size_t count;
    run_python(python_with("onnx, numpy"), script);
    assert_ok(face_network_open(in_test_folder("bound.onnx"), &n));
    assert_int_equal(n->size, 128);
    assert_int_equal(n->inputs[FACE_WIDE].width, 0);
    face_network_free(n);
    assert_ok(amend_detector_open(in_test_folder("bound.onnx"), &detector));
    assert_ok(image_create(&image, 700, 500, 3));
    memset(image.pixels, 255, 700 * 500 * 3);
    assert_ok(amend_detector_find(detector, &image, 0.01, &faces, &count));
    amend_faces_free(faces);
    assert_refused(amend_detector_find(detector, &(amend_image){image.pixels, 0, 0, 3}, 0, &faces, &count),
                   AMEND_BAD_ARGUMENT, "0 x 0 pixels");
    assert_refused(amend_detector_find(detector, &(amend_image){image.pixels, 9, 9, 4}, 0, &faces, &count),
                   AMEND_BAD_ARGUMENT, "4 channels");
    amend_image_free(&image);
    amend_detector_free(detector);
}

/* Outputs as BlazeFace's from inputs on which its cells do not fit; and boxes that are too narrow to be faces. */
static void networks_that_are_almost_a_detector(void **state)
{
    (void)state;
    static const char script[] =
        "import sys, onnx\n"
        "from onnx import helper as h, numpy_helper as n, TensorProto as t\n"
        "import numpy as np\n"
        "def make(side, score, width):\n"
        "    nodes, values, outs = [], [], []\n"
        "    for rows in 512, 384:\n"
        "        for columns, cell in ((1, [score]), (16, [0, 0, width, width] + [0] * 12)):\n"
        "            name, count = f\"{rows}x{columns}\", rows * columns\n"
        "            values += [n.from_array(np.zeros((count, 3, 1, 1), np.float32), name + \"w\"), "
        "n.from_array(np.array(cell * rows, np.float32), name + \"b\"), "
        "n.from_array(np.array([1, rows, columns], np.int64), name + \"s\")]\n"
        "            nodes += [h.make_node(\"Conv\", [\"x\", name + \"w\", name + \"b\"], [name + \"m\"], "
        "kernel_shape=[1, 1], "
        "strides=[side, side]), h.make_node(\"Reshape\", [name + \"m\", name + \"s\"], [name])]\n"
        "            outs += [h.make_tensor_value_info(name, t.FLOAT, [1, rows, columns])]\n"
        "    graph = h.make_graph(nodes, \"g\", [h.make_tensor_value_info(\"x\", t.FLOAT, [1, 3, side, side])], outs, "
        "values)\n"
        "    onnx.save(h.make_model(graph, opset_imports=[h.make_opsetid(\"\", 12)]), sys.argv[1] + "
        "f\"/of{side}.onnx\")\n"
        "make(8, 9, 20)\n"
        "make(17, 9, 20)\n"
        "make(128, 9, 1e-20)\n";
    amend_detector *detector = NULL;
    amend_image image = {0};
    amend_face *faces;
    size_t count;
    run_python(python_with("onnx, numpy"), script);
    assert_refused(amend_detector_open(in_test_folder("of8.onnx"), &detector), AMEND_UNSUPPORTED,
                   "of8.onnx: looks at 8 x 8 pixels; needed are multiples of 16");
    assert_refused(amend_detector_open(in_test_folder("of17.onnx"), &detector), AMEND_UNSUPPORTED, "17 x 17 pixels");
    assert_ok(amend_detector_open(in_test_folder("of128.onnx"), &detector));
    assert_ok(image_create(&image, 300, 200, 3));
    memset(image.pixels, 255, 300 * 200 * 3);
    assert_ok(amend_detector_find(detector, &image, 0, &faces, &count));
    assert_int_equal(count, 0);
    amend_image_free(&image);
    amend_detector_free(detector);
}

/* ---- without the file ---- */

static void overlapping_faces_become_one(void **state)
{
    (void)state;
    face_list *list;
    assert_ok(mem_alloc(&list, 1, sizeof *list, "faces"));
    face_list_add(list, &(amend_face){.box = {300, 10, 50, 50}, .score = 0.7});
    face_list_add(list, &(amend_face){.box = {10, 10, 100, 100}, .score = 0.6});
    face_list_add(list, &(amend_face){.box = {20, 10, 100, 100}, .score = 0.9});
    face_list_add(list, &(amend_face){.box = {40, 40, 30, 30}, .score = 0.65}); /* inside: part of it */
    face_merge(list);
    assert_int_equal(list->count, 2);
    assert_true(fabs(list->faces[0].box.x - (0.6 * 10 + 0.9 * 20) / 1.5) < 1e-9);
    assert_true(list->faces[0].score == 0.9);
    assert_true(list->faces[1].box.x == 300);
    mem_free(list);
}

static void a_full_list_keeps_the_surest(void **state)
{
    (void)state;
    face_list *list, *turned;
    assert_ok(mem_alloc(&list, 1, sizeof *list, "faces"));
    assert_ok(mem_alloc(&turned, 1, sizeof *turned, "faces"));
    for (int i = 0; i < FACE_MAX_CANDIDATES + 9; i++) { /* 9 too many, all of one score but the last */
        int back = FACE_MAX_CANDIDATES + 8 - i;
        face_list_add(list, &(amend_face){.box = {i, 0, 1, 1}, .score = i < FACE_MAX_CANDIDATES + 8 ? 0.5 : 0.9});
        face_list_add(turned, &(amend_face){.box = {back, 0, 1, 1}, .score = i ? 0.5 : 0.9});
    }
    assert_int_equal(list->count, FACE_MAX_CANDIDATES);
    qsort(list->faces, list->count, sizeof *list->faces, face_compare);
    qsort(turned->faces, turned->count, sizeof *turned->faces, face_compare);
    assert_true(list->faces[0].score == 0.9 && list->faces[FACE_MAX_CANDIDATES - 1].box.x == FACE_MAX_CANDIDATES - 2);
    assert_memory_equal(list->faces, turned->faces, sizeof list->faces);
    mem_free(list);
    mem_free(turned);
}

static void what_cannot_be_a_face_is_left_out(void **state)
{
    (void)state;
    face_list *list;
    assert_ok(mem_alloc(&list, 1, sizeof *list, "faces"));
    static const amend_box boxes[] = {
        {10, 10, 1e-20, 50}, {10, 10, 50, 0}, {10, 10, -5, 50}, {NAN, 10, 50, 50}, {10, 10, INFINITY, 50}};
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++)
        face_list_add(list, &(amend_face){.box = boxes[i], .score = 0.9});
    face_list_add(list, &(amend_face){.box = {10, 10, 50, 50}, .points = {{NAN, 1}}, .score = 0.9});
    assert_int_equal(list->count, 0);
    for (size_t i = 0; i < 3; i++) list->faces[list->count++] = (amend_face){.box = {1e20, 0, 1, 1}, .score = 0.9};
    face_merge(list); /* a face that does not even share a pixel with itself */
    assert_int_equal(list->count, 3);
    mem_free(list);
}

static void what_is_no_detector_is_refused(void **state)
{
    (void)state;
    amend_detector *detector = NULL;
    amend_image image = {0};
    amend_face *faces;
    size_t count;
    write_bytes(in_test_folder("text.onnx"), "text", 4);
    assert_refused(amend_detector_open(in_test_folder("text.onnx"), &detector), AMEND_BAD_DATA,
                   "text.onnx: not an ONNX");
    assert_refused(amend_detector_open("/nowhere/d.onnx", &detector), AMEND_IO, "tools/detector.sh");
    assert_refused(amend_detector_find(NULL, &image, 0, &faces, &count), AMEND_BAD_ARGUMENT, "must be given");
}

static void is_at(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-6 * fmax(1, fabs(wanted)))) fail_msg("%.9g, expected %.9g", got, wanted);
}

static double within(float score)
{
    return fmin(fmax((double)score, 0), 1);
}

typedef struct yunet_maps {
    const float *scores[2], *boxes, *points; /* class, object */
} yunet_maps;

static yunet_maps maps_of(const face_network *n, const face_look *look, size_t stride)
{
    static const char *const names[] = {"cls", "obj", "bbox", "kps"};
    static const size_t columns[] = {1, 1, 4, 10};
    const float *maps[4];
    for (size_t p = 0; p < 4; p++) {
        char name[16];
        snprintf(name, sizeof name, "%s_%zu", names[p], stride);
        const onnx_output *output = face_output(n->onnx, name, (n->size / stride) * (n->size / stride), columns[p]);
        assert_non_null(output);
        maps[p] = face_look_output(look, output);
    }
    return (yunet_maps){{maps[0], maps[1]}, maps[2], maps[3]};
}

/* Cell by cell from the maps: places, logarithms of sides, points; on a network with random weights. */
static void yunets_cells_become_faces(void **state)
{
    const face_window window = {100, 50, 2};
    face_network *n = NULL;
    face_look *look = NULL;
    size_t found = 0;
    (void)state;
    assert_ok(face_network_open("tests/fuzz/corpus/detector/yunet", &n));
    assert_int_equal(n->size, 64);
    assert_ok(face_network_take(n, FACE_SQUARE, &look));
    for (size_t i = 0; i < 64 * 64 * 3; i++) face_look_pixels(look)[i] = (uint8_t)(i * 2654435761u >> 13 & 1);
    assert_ok(face_network_run(n, look, &window, 0.3));
    for (size_t stride = 8; stride <= 32; stride *= 2) {
        const yunet_maps maps = maps_of(n, look, stride);
        for (size_t side = 64 / stride, cell = 0; cell < side * side; cell++) {
            double score = sqrt(within(maps.scores[0][cell]) * within(maps.scores[1][cell]));
            double unit = 2 * (double)stride, x = (double)(cell % side), y = (double)(cell / side);
            const float *b = maps.boxes + 4 * cell, *k = maps.points + 10 * cell;
            if (score < 0.3) continue;
            assert_true(found < look->found.count);
            const amend_face *f = &look->found.faces[found++];
            is_at(f->score, score);
            is_at(f->box.width, exp((double)b[2]) * unit);
            is_at(f->box.height, exp((double)b[3]) * unit);
            is_at(f->box.x + f->box.width / 2, 100 + (x + (double)b[0]) * unit);
            is_at(f->box.y + f->box.height / 2, 50 + (y + (double)b[1]) * unit);
            is_at(f->points[AMEND_LEFT_EYE].x, 100 + (x + (double)k[0]) * unit);
            is_at(f->points[AMEND_RIGHT_EYE].y, 50 + (y + (double)k[3]) * unit);
            is_at(f->points[AMEND_NOSE].x, 100 + (x + (double)k[4]) * unit);
            is_at(f->points[AMEND_MOUTH].y, 50 + (y + ((double)k[7] + (double)k[9]) / 2) * unit);
        }
    }
    assert_int_equal(found, look->found.count);
    assert_true(found > 10);
    face_network_give(n, look);
    face_network_free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(yunets_cells_become_faces),
                                       cmocka_unit_test(the_face_is_found_at_scales),
                                       cmocka_unit_test(the_face_is_found_when_turned),
                                       cmocka_unit_test(small_faces_are_found_once),
                                       cmocka_unit_test(threads_share_a_detector),
                                       cmocka_unit_test(no_face_is_made_up),
                                       cmocka_unit_test(outputs_equal_onnx_runtimes),
                                       cmocka_unit_test(a_network_bound_to_its_square),
                                       cmocka_unit_test(networks_that_are_almost_a_detector),
                                       cmocka_unit_test(overlapping_faces_become_one),
                                       cmocka_unit_test(a_full_list_keeps_the_surest),
                                       cmocka_unit_test(what_cannot_be_a_face_is_left_out),
                                       cmocka_unit_test(what_is_no_detector_is_refused)};
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
