/* Lists of true boxes, by which found faces are judged. */
#include "eval/detection.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const amend_face face = {.box = {0, 0, 10, 10}, .score = 0.5f};
    detection_boxes *boxes;
    if (!worked(detection_boxes_open(target_file("boxes.csv", bytes, size), &boxes))) return 0;
    static const char *const photos[] = {"b/a.png", "a.png"};
    detection_score score;
    if (worked(detection_begin(boxes, photos, 2, &score))) detection_compare(&score, "a.png", &face, 1);
    must(score.hits <= score.found && score.hits <= score.boxes, "a hit is a face and a box");
    detection_boxes_free(boxes);
    return 0;
}
