/* Found faces against true boxes. */
#include "eval/detection.h"
#include "support.h"

static detection_boxes *open_text(const char *text)
{
    detection_boxes *boxes = NULL;
    write_bytes(in_test_folder("b.csv"), text, strlen(text));
    assert_ok(detection_boxes_open(in_test_folder("b.csv"), &boxes));
    return boxes;
}

static void hits_are_counted_once(void **state)
{
    (void)state;
    detection_boxes *boxes =
        open_text("file,x,y,w,h\r\nphotos/a.png,10,10,100,100\na.png,300,10,50,50\nb.png,0,0,9,9\n");
    detection_score score = {.truth = boxes};
    const amend_face found[] = {
        {.box = {12, 12, 100, 100}, .score = 0.9}, {.box = {8, 8, 100, 100}, .score = 0.8}, {.box = {300, 40, 50, 50}}};
    detection_compare(&score, "/else/a.png", found, 3);
    assert_int_equal(score.boxes, 2);
    assert_int_equal(score.hits, 1); /* the second hits the same, the third overlaps by 2 / 8 */
    assert_true(detection_recall(&score) == 0.5);
    assert_true(detection_precision(&score) == 1.0 / 3);
    detection_compare(&score, "c.png", NULL, 0);
    assert_int_equal(score.boxes, 2);
    detection_boxes_free(boxes);
}

static void bad_rows_are_named(void **state)
{
    (void)state;
    static const char *const texts[] = {"file,x,y,w,h\na.png,1,2,3\n", "a.png,1,2,0,3\n", "a.png,1,2,3,4,5\n",
                                        "file,x,y,w,h\n"};
    static const char *const parts[] = {"b.csv:2", "b.csv:1", "b.csv:1", "no boxes"};
    for (int i = 0; i < 4; i++) {
        detection_boxes *boxes = NULL;
        write_bytes(in_test_folder("b.csv"), texts[i], strlen(texts[i]));
        assert_refused(detection_boxes_open(in_test_folder("b.csv"), &boxes), AMEND_BAD_DATA, parts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hits_are_counted_once), cmocka_unit_test(bad_rows_are_named)};
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
