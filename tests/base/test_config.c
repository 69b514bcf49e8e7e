/* Settings: what is read, what is refused and with which words, and that what is written reads back. */
#include "check.h"

#include <float.h>
#include <stdbool.h>

#include "base/config.h"

typedef struct recipe {
    size_t batch;
    double rate, decay;
    bool nesterov;
    int kind;
} recipe;

static const char *const kinds[] = {"adam", "adamw", "sgd", NULL};

static const config_key keys[] = {
    {"train.batch", CONFIG_SIZE, offsetof(recipe, batch), 1, 4096, NULL, "images a step"},
    {"train.rate", CONFIG_REAL, offsetof(recipe, rate), -DBL_MAX, DBL_MAX, NULL, "learning rate"},
    {"train.decay", CONFIG_REAL, offsetof(recipe, decay), 0, 1, NULL, "weight decay"},
    {"train.nesterov", CONFIG_FLAG, offsetof(recipe, nesterov), 0, 0, NULL, "look ahead"},
    {"net.kind", CONFIG_CHOICE, offsetof(recipe, kind), 0, 0, kinds, "optimizer"},
};

enum { KEYS = sizeof keys / sizeof *keys };

static amend_status load(const char *text, recipe *r)
{
    assert_ok(file_write(scratch("R.ini"), text, strlen(text)));
    return config_load(scratch("R.ini"), keys, KEYS, r);
}

static void refused(const char *text, const char *message)
{
    recipe r = {0};
    char whole[512];
    snprintf(whole, sizeof whole, "R.ini:%s", message);
    assert_fails(load(text, &r), AMEND_BAD_DATA, whole);
}

static void all_types(void **state)
{
    recipe r = {.decay = 0.25};
    (void)state;
    assert_ok(load("\xef\xbb\xbf; top\n\n[train]\r\nbatch = 64\r\n  rate: -1.5e-3 ; why\n"
                   "  nesterov = true\n[net]\n# no\nkind = sgd",
                   &r));
    assert_int_equal(r.batch, 64);
    assert_true(r.rate == -1.5e-3);
    assert_true(r.decay == 0.25); /* not given: kept */
    assert_true(r.nesterov);
    assert_int_equal(r.kind, 2);
}

static void wrong_keys(void **state)
{
    (void)state;
    refused("[train]\n\nbach = 3\n", "3: no key 'train.bach'; did you mean 'train.batch'?");
    refused("[tran]\nbatch = 3\n", "2: no key 'tran.batch'; did you mean 'train.batch'?");
    refused("something = 3\n", "1: no key 'something'");
    refused("[train]\nbatch = 3\n\nbatch = 3\n", "4: train.batch is given a second time");
    refused("[train]\nbatch = 3\nnonsense\n", "3: neither [section]");
    refused("[train\nbatch = 3\n", "1: neither [section]");
}

static void wrong_values(void **state)
{
    static const char *const bad[] = {
        "many", "", "-1", "+1", "3.5", "0x10", "1e3", "3 4", "0", "4097", "99999999999999999999"};
    static const char *const not_share[] = {"nan", "NaN", "inf",   "-inf", "",     "0,5",
                                            "1e",  "--1", "-1e-9", "1.01", "1e999"};
    char text[128], message[128];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "[train]\nbatch = %s\n", bad[i]);
        snprintf(message, sizeof message, "2: train.batch is '%s', needed is a whole number from 1 to 4096", bad[i]);
        refused(text, message);
    }
    for (size_t i = 0; i < sizeof not_share / sizeof *not_share; i++) {
        snprintf(text, sizeof text, "[train]\ndecay = %s\n", not_share[i]);
        snprintf(message, sizeof message, "2: train.decay is '%s', needed is a number from 0 to 1", not_share[i]);
        refused(text, message);
    }
    refused("[train]\nnesterov = maybe\n", "2: train.nesterov is 'maybe', needed is one of: true, false");
    refused("[net]\nkind = adan\n", "2: net.kind is 'adan', needed is one of: adam, adamw, sgd");
}

static void long_line(void **state)
{
    char text[1000];
    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, "[net]\nkind = ", 13);
    text[sizeof text - 1] = '\0';
    refused(text, "2: the line is too long");
}

static void not_settings(void **state)
{
    recipe r = {0};
    (void)state;
    assert_fails(config_load(scratch("none"), keys, KEYS, &r), AMEND_IO, "none: cannot open");
    assert_ok(file_write(scratch("zero"), "a\0b", 3));
    assert_fails(config_load(scratch("zero"), keys, KEYS, &r), AMEND_BAD_DATA, "not a text file");
    assert_ok(load("", &r));
    for (size_t n = 1; n <= 2; n++) {
        mem_fail_at(n);
        assert_fails(config_load(scratch("R.ini"), keys, KEYS, &r), AMEND_NO_MEMORY, "out of memory");
    }
    mem_fail_at(0);
}

static void from_the_command_line(void **state)
{
    recipe r = {0};
    (void)state;
    assert_ok(config_set(keys, KEYS, &r, "train.batch=12"));
    assert_int_equal(r.batch, 12);
    assert_fails(config_set(keys, KEYS, &r, "train.batch"), AMEND_BAD_ARGUMENT, "section.key=value");
    assert_fails(config_set(keys, KEYS, &r, "train.bach=1"), AMEND_BAD_ARGUMENT, "did you mean 'train.batch'");
    assert_fails(config_set(keys, KEYS, &r, "train.batch=0"), AMEND_BAD_ARGUMENT, "from 1 to 4096");
    assert_int_equal(r.batch, 12);
}

static void written_reads_back(void **state)
{
    static const double numbers[] = {
        0, -0.0, 0.1, 1.0 / 3, -2.5e-8, DBL_MAX, -DBL_MAX, 1e300, DBL_MIN, 5e-324, 1e15, 1e-5, 123456789.123456789};
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        recipe r = {1 + i, numbers[i], 1.0 / (double)(i + 1), i % 2, (int)(i % 3)}, back = {0};
        file_replacement file;
        assert_ok(file_replace_begin(scratch("R.ini"), &file));
        config_write(file.stream, keys, KEYS, &r);
        assert_ok(file_replace_commit(&file));
        assert_ok(config_load(scratch("R.ini"), keys, KEYS, &back));
        assert_int_equal(back.batch, r.batch);
        assert_memory_equal(&back.rate, &r.rate, sizeof r.rate);
        assert_memory_equal(&back.decay, &r.decay, sizeof r.decay);
        assert_int_equal(back.nesterov, r.nesterov);
        assert_int_equal(back.kind, r.kind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_types),          cmocka_unit_test(wrong_keys),   cmocka_unit_test(wrong_values),
        cmocka_unit_test(long_line),          cmocka_unit_test(not_settings), cmocka_unit_test(from_the_command_line),
        cmocka_unit_test(written_reads_back),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
