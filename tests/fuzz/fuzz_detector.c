/* Face detectors: ONNX files of small networks, which then look for faces on a square photo and on a wide one, which is
 * seen in parts. */
#include <math.h>

#include "amend/faces.h"
#include "small_network.h"
#include "target.h"

enum { MOST = 1 << 17, ROWS = 64 };

/* Sizes that the file leaves open are not for here: the detector would choose large ones. */
static bool is_worth_it(const uint8_t *bytes, size_t size)
{
    static const onnx_import_options options = {.fold = true};
    onnx_file file;
    onnx_network *network;
    if (!worked(onnx_file_parse(bytes, size, "net.onnx", &file))) return false;
    bool small = worked(onnx_import(&file, &options, &network));
    if (small) {
        small = is_small(network, MOST, ROWS);
        onnx_network_free(network);
    }
    onnx_file_close(&file);
    return small;
}

static void look(amend_detector *detector, size_t width, size_t height, double threshold)
{
    static unsigned char pixels[200 * 90 * 3];
    const amend_image photo = {pixels, width, height, 3};
    amend_face *faces;
    size_t count;
    for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (unsigned char)(i * i >> 4);
    if (!worked(amend_detector_find(detector, &photo, threshold, &faces, &count))) return;
    for (size_t i = 0; i < count; i++) {
        const amend_box *b = &faces[i].box;
        must(isfinite(b->x + b->width) && isfinite(b->y + b->height), "a face has a place");
        must(b->width > 0 && b->height > 0, "a face has a size");
        must(faces[i].score >= threshold, "a face is as sure as it was asked to be");
    }
    amend_faces_free(faces);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    amend_detector *detector;
    if (!is_worth_it(bytes, size)) return 0;
    if (!worked(amend_detector_open(target_file("net.onnx", bytes, size), &detector))) return 0;
    look(detector, 90, 90, 0.1);
    look(detector, 200, 90, 0.5);
    amend_detector_free(detector);
    return 0;
}
