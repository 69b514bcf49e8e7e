/* The log of a run, read back: whole, without its first rows, and with rows that cannot be. */
#include "train/log.h"

#include <math.h>

#include "base/mem.h"
#include "support.h"

#define HEADER "epoch,rate,loss,top1,images_per_second,seconds,waited\n"

static amend_status read_text(const char *text, size_t epochs, train_log *log)
{
    *log = (train_log){0};
    write_bytes(in_test_folder("log.csv"), text, strlen(text));
    return log_read(in_test_folder("log.csv"), epochs, log);
}

static void rows_come_back(void **state)
{
    train_log log = {0}, read = {0};
    (void)state;
    for (int i = 1; i <= 3; i++) assert_ok(log_add(&log, (log_row){i, 0.5 / i, 1.25 * i, 0.25 * i, 100, 10, 1}));
    assert_ok(log_write(&log, in_test_folder("log.csv")));
    assert_ok(log_read(in_test_folder("log.csv"), 2, &read)); /* the third is to be repeated */
    assert_int_equal(read.count, 2);
    assert_true(read.rows[1].loss == 2.5 && read.rows[1].top1 == 0.5 && read.rows[1].rate == 0.25);
    log_free(&log);
    log_free(&read);
    assert_ok(log_read(in_test_folder("none.csv"), 2, &read));
    assert_int_equal(read.count, 0);
}

/* A log that was moved away goes on with a later epoch, which is drawn in its place. */
static void epochs_without_a_row(void **state)
{
    train_log log;
    log_lines lines;
    (void)state;
    assert_ok(read_text(HEADER "3,0.1,2,0.5,100,10,0\n5,0.1,1,0.75,100,10,0\n", 9, &log));
    assert_ok(log_curves(&log, &lines));
    assert_int_equal(lines.epochs, 5);
    assert_true(isnan(lines.loss[0]) && isnan(lines.top1[1]) && isnan(lines.rate[3]));
    assert_true(lines.loss[2] == 2 && lines.loss[4] == 1 && lines.top1[4] == 75 && lines.rate[4] == 0.1);
    assert_ok(log_picture(&log, in_test_folder("curves.png")));
    mem_free(lines.loss);
    log_free(&log);
}

static void rows_that_cannot_be(void **state)
{
    static const char *const rows[] = {
        "words\n",          "1,2,3\n",           "0,1,1,1,1,1,1\n",     "1.5,1,1,1,1,1,1\n",
        "-1,1,1,1,1,1,1\n", "nan,1,1,1,1,1,1\n", "1e300,1,1,1,1,1,1\n", "2,1,1,1,1,1,1\n2,1,1,1,1,1,1\n"};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256];
        train_log log;
        snprintf(text, sizeof text, HEADER "%s", rows[i]);
        assert_refused(read_text(text, 9, &log), AMEND_BAD_DATA, "not a row of a training log");
        log_free(&log);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_come_back), cmocka_unit_test(epochs_without_a_row),
                                       cmocka_unit_test(rows_that_cannot_be)};
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
