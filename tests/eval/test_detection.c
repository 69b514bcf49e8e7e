/* Found faces against true boxes. */
#include "eval/detection.h"
#include "support.h"

#include <math.h>

static detection_boxes *open_text(const char *text)
{
    detection_boxes *boxes = NULL;
    write_bytes(in_test_folder("b.csv"), text, strlen(text));
    assert_ok(detection_boxes_open(in_test_folder("b.csv"), &boxes));
    return boxes;
}

static detection_score begin(detection_boxes *boxes, const char *const *photos, size_t count)
{
    detection_score score;
    assert_ok(detection_begin(boxes, photos, count, &score));
    return score;
}

static void hits_are_counted_once(void **state)
{
    (void)state;
    static const char *const photos[] = {"/else/a.png", "c.png"};
    detection_boxes *boxes =
        open_text("file,x,y,w,h\r\nphotos/a.png,10,10,100,100\nphotos/a.png,300,10,50,50\nb.png,0,0,9,9\n");
    detection_score score = begin(boxes, photos, 2);
    const amend_face found[] = {
        {.box = {12, 12, 100, 100}, .score = 0.9}, {.box = {8, 8, 100, 100}, .score = 0.8}, {.box = {300, 40, 50, 50}}};
    detection_compare(&score, "/else/a.png", found, 3);
    assert_int_equal(score.boxes, 2);
    assert_int_equal(score.hits, 1); /* the second hits the same, the third overlaps by 2 / 8 */
    assert_true(detection_recall(&score) == 0.5);
    assert_true(detection_precision(&score) == 1.0 / 3);
    detection_compare(&score, "c.png", NULL, 0);
    assert_int_equal(score.boxes, 2);
    assert_int_equal(score.left_out, 1);
    assert_string_equal(score.left_files.text, ": b.png");
    detection_boxes_free(boxes);
}

static void longest_path_end_decides(void **state)
{
    (void)state;
    static const char *const photos[] = {"photos/a/1.jpg", "photos/b/1.jpg", "2.jpg"};
    const amend_face face = {.box = {0, 0, 10, 10}, .score = 0.9};
    detection_boxes *boxes = open_text("a/1.jpg,0,0,10,10\nb/1.jpg,50,0,10,10\nc/1.jpg,0,0,10,10\nx/2.jpg,0,0,10,10\n");
    detection_score score = begin(boxes, photos, 3);
    assert_int_equal(score.boxes, 3);
    assert_int_equal(score.left_out, 1); /* c/1.jpg */
    detection_compare(&score, photos[1], &face, 1);
    assert_int_equal(score.hits, 0);
    detection_compare(&score, photos[0], &face, 1);
    assert_int_equal(score.hits, 1);
    detection_compare(&score, photos[2], &face, 1); /* its name is unique */
    assert_int_equal(score.hits, 2);
    assert_true(detection_recall(&score) == 2.0 / 3);
    detection_boxes_free(boxes);
}

static void names_of_two_photos_are_refused(void **state)
{
    (void)state;
    static const char *const photos[] = {"a/1.jpg", "b/1.jpg"}, *const one[] = {"1.jpg"};
    detection_score score;
    detection_boxes *boxes = open_text("1.jpg,0,0,10,10\n");
    assert_refused(detection_begin(boxes, photos, 2, &score), AMEND_BAD_DATA, "'1.jpg' may be a/1.jpg or b/1.jpg");
    detection_boxes_free(boxes);
    boxes = open_text("a/1.jpg,0,0,10,10\nb/1.jpg,0,0,10,10\n");
    assert_refused(detection_begin(boxes, one, 1, &score), AMEND_BAD_DATA, "both 'a/1.jpg' and 'b/1.jpg'");
    detection_boxes_free(boxes);
}

/* As 'amend predict --csv' writes them. */
static void quotes_and_more_columns(void **state)
{
    (void)state;
    static const char *const photos[] = {"d/one, \"two\".jpg", "3.jpg"};
    detection_boxes *boxes = open_text("file,x,y,w,h,label,happy\n\"d/one, \"\"two\"\".jpg\",1,2,3,4,happy,0.9\n"
                                       "\"3.jpg\",1,2,3,4,happy,0.9\n");
    detection_score score = begin(boxes, photos, 2);
    assert_int_equal(score.boxes, 2);
    detection_boxes_free(boxes);
}

static void shares_of_nothing_are_not_defined(void **state)
{
    (void)state;
    static const char *const photos[] = {"b.png"};
    detection_boxes *boxes = open_text("a.png,0,0,10,10\n");
    detection_score score = begin(boxes, photos, 1);
    assert_true(isnan(detection_recall(&score)));
    assert_true(isnan(detection_precision(&score)));
    detection_boxes_free(boxes);
}

static void bad_rows_are_named(void **state)
{
    (void)state;
    static const char *const texts[] = {"file,x,y,w,h\na.png,1,2,3\n", "a.png,1,2,0,3\n",
                                        "a.png,1,2,3,4,5\n",           "file,x,y,w,h\n",
                                        "\"a.png,1,2,3,4\n",           "\"a\"b.png,1,2,3,4\n",
                                        "a.png,1,nan,3,4\n",           "file,x1,y1,x2,y2\na.png,1,2,3,4\n"};
    static const char *const parts[] = {"b.csv:2", "b.csv:1", "b.csv:1", "no boxes",
                                        "b.csv:1", "b.csv:1", "b.csv:1", "b.csv:1: columns 'file,x1,y1,x2,y2'"};
    for (int i = 0; i < 8; i++) {
        detection_boxes *boxes = NULL;
        write_bytes(in_test_folder("b.csv"), texts[i], strlen(texts[i]));
        assert_refused(detection_boxes_open(in_test_folder("b.csv"), &boxes), AMEND_BAD_DATA, parts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hits_are_counted_once),
                                       cmocka_unit_test(longest_path_end_decides),
                                       cmocka_unit_test(names_of_two_photos_are_refused),
                                       cmocka_unit_test(quotes_and_more_columns),
                                       cmocka_unit_test(shares_of_nothing_are_not_defined),
                                       cmocka_unit_test(bad_rows_are_named)};
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
