/* Settings: what a file or a command line may say, and the messages when it may not. */
#include "support.h"

#include <stdbool.h>

#include "base/config.h"
#include "base/text.h"

typedef struct settings {
    size_t epochs;
    double rate;
    bool soft;
    int head;
    char file[180];
} settings;

static const char *const heads[] = {"gap", "ema", NULL};
static const config_key keys[] = {
    {"train.epochs", CONFIG_SIZE, offsetof(settings, epochs), 1, 100, NULL, "passes"},
    {"train.rate", CONFIG_REAL, offsetof(settings, rate), 0, 1, NULL, "learning rate"},
    {"model.soft", CONFIG_FLAG, offsetof(settings, soft), 0, 0, NULL, "soft targets"},
    {"model.head", CONFIG_CHOICE, offsetof(settings, head), 0, 0, heads, "the head"},
    {"model.file", CONFIG_TEXT, offsetof(settings, file), 0, 180, NULL,
     "a file with a long, long help that would not fit"},
};
enum { KEYS = sizeof keys / sizeof *keys };

static amend_status load(const char *text, settings *s)
{
    write_bytes(in_test_folder("r.ini"), text, strlen(text));
    return config_load(in_test_folder("r.ini"), keys, KEYS, s);
}

static void written_files_load_again(void **state)
{
    settings before = {7, 0.1 + 0.2, true, 1, "it's a=b, #1: \"c\""}, after = {0};
    (void)state;
    memset(before.file + strlen(before.file), '/', sizeof before.file - 1 - strlen(before.file));
    FILE *stream = fopen(in_test_folder("r.ini"), "w");
    assert_non_null(stream);
    config_write(stream, keys, KEYS, &before);
    fclose(stream);
    assert_ok(config_load(in_test_folder("r.ini"), keys, KEYS, &after));
    assert_true(after.epochs == 7 && after.rate == before.rate && after.soft && after.head == 1);
    assert_string_equal(after.file, before.file);
}

#define FIFTY "a comment of fifty characters without any meaning,"
#define LONG FIFTY FIFTY FIFTY FIFTY

static void errors_name_the_line(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"[train]\nepoch = 3\n", "r.ini:2: no key 'train.epoch'; did you mean 'train.epochs'?"},
        {"[train]\n\nepochs = 0\n", "r.ini:3: train.epochs is '0', needed is a whole number from 1 to 100 (passes)"},
        {"[train]\nepochs = -1", "r.ini:2"},
        {"[train]\nepochs = 3.5", "r.ini:2"},
        {"[train]\nepochs = 99999999999999999999999", "r.ini:2"},
        {"; a comment\n[train]\nrate = 0.1 ; " LONG, "r.ini:3: the line has more than 198 bytes; shorten it"},
        {"; " LONG "\n[train]\nrate = 2 ; ", "r.ini:3: train.rate"},
        {"[train]\nrate = nan", "needed is a number from 0 to 1"},
        {"[train]\nrate = inf", "r.ini:2"},
        {"[train]\nrate = 0.1x", "r.ini:2"},
        {"[train]\nrate = 0.1\n  rate = 0.2", "r.ini:3: train.rate is given a second time"},
        {"[model]\nsoft = maybe", "true, false"},
        {"[model]\nhead = emma", "gap, ema"},
        {"[model]\nnonsense\nhead = emma", "r.ini:2: neither"},
        {"epochs = 3", "no key 'epochs'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        settings s = {0};
        assert_refused(load(cases[i].text, &s), AMEND_BAD_DATA, cases[i].message);
    }
}

static amend_status take_row(void *user, const char *key, const char *value)
{
    char *text = user;
    if (!strcmp(value, "bad")) return status_error(AMEND_BAD_ARGUMENT, "bad row");
    strcat(strcat(strcat(strcat(text, key), "="), value), ";");
    return status_ok();
}

static void another_section(void **state)
{
    char text[100] = "";
    settings s = {0};
    const config_section rows = {"rows", take_row, text};
    (void)state;
    const char good[] = "[rows]\nb @ 1-3 = train.epochs=2 ; first\na =\n[train]\nepochs = 3\n";
    write_bytes(in_test_folder("r.ini"), good, strlen(good));
    assert_ok(config_load_with(in_test_folder("r.ini"), keys, KEYS, &s, &rows));
    assert_string_equal(text, "b @ 1-3=train.epochs=2;a=;");
    assert_int_equal(s.epochs, 3);
    assert_refused(load(good, &s), AMEND_BAD_DATA, "r.ini:2: no key 'rows.b @ 1-3'");
    write_bytes(in_test_folder("r.ini"), "[rows]\n\nc = bad\n", 16);
    assert_refused(config_load_with(in_test_folder("r.ini"), keys, KEYS, &s, &rows), AMEND_BAD_DATA,
                   "r.ini:3: bad row");
}

static void command_line(void **state)
{
    char long_text[11 + 180 + 1] = {0};
    settings s = {0};
    (void)state;
    assert_ok(config_set(keys, KEYS, &s, "train.rate=1e-3"));
    assert_true(s.rate == 1e-3);
    assert_ok(config_set(keys, KEYS, &s, "model.file=a b=c"));
    assert_string_equal(s.file, "a b=c");
    assert_refused(config_set(keys, KEYS, &s, "model.file=a;b"), AMEND_BAD_ARGUMENT,
                   "model.file is 'a;b', needed is a");
    assert_refused(config_set(keys, KEYS, &s, "model.file=a\nb"), AMEND_BAD_ARGUMENT, "control characters");
    assert_refused(config_set(keys, KEYS, &s, "model.file=a "), AMEND_BAD_ARGUMENT, "blanks at its ends");
    memcpy(memset(long_text, 'x', sizeof long_text - 1), "model.file=", 11);
    assert_refused(config_set(keys, KEYS, &s, long_text), AMEND_BAD_ARGUMENT, "at most 179 characters");
    assert_ok(config_set(keys, KEYS, &s, "model.file="));
    assert_string_equal(s.file, "");
    assert_refused(config_set(keys, KEYS, &s, "train.rate"), AMEND_BAD_ARGUMENT, "section.key=value");
    assert_refused(config_set(keys, KEYS, &s, "train.rates=1"), AMEND_BAD_ARGUMENT, "did you mean 'train.rate'?");
}

/* A key that is as it was does not show: files and checkpoints of versions with fewer keys compare as equal. */
static void changes_alone(void **state)
{
    settings defaults = {0}, s = {0};
    char text[200] = "";
    (void)state;
    FILE *stream = fmemopen(text, sizeof text, "w");
    config_write_changes(stream, keys, KEYS, &defaults, &defaults);
    fflush(stream);
    assert_string_equal(text, "");
    assert_ok(config_set(keys, KEYS, &s, "train.rate=0.25"));
    assert_ok(config_set(keys, KEYS, &s, "model.file=a b"));
    config_write_changes(stream, keys, KEYS, &s, &defaults);
    fclose(stream);
    assert_string_equal(text, "train.rate = 0.25\nmodel.file = a b\n");
}

static void nearest_words(void **state)
{
    static const char *const words[] = {"train", "eval", "predict"};
    (void)state;
    assert_string_equal(text_nearest("trian", words, 3), "train");
    assert_string_equal(text_nearest("predikt", words, 3), "predict");
    assert_null(text_nearest("xylophone", words, 3));
    assert_null(text_nearest("", words, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_files_load_again),
        cmocka_unit_test(errors_name_the_line),
        cmocka_unit_test(another_section),
        cmocka_unit_test(command_line),
        cmocka_unit_test(changes_alone),
        cmocka_unit_test(nearest_words),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
