/* Metadata of model files: what comes back, and what is refused, by file and key. */
#include "model/description.h"

#include "base/mem.h"
#include "comma_locale.h"

static const meta_entry good[] = {{"amend.architecture", "resnet18"},
                                  {"amend.stem", "small"},
                                  {"amend.width", "0.25"},
                                  {"amend.head", "ema"},
                                  {"amend.arrangement", "8"},
                                  {"amend.size", "32"},
                                  {"amend.channels", "3"},
                                  {"amend.labels", "glad,sad"},
                                  {"amend.mean", "0.5,0.4,0.3"},
                                  {"amend.deviation", "0.25,0.2,0.3"}};
enum { KEYS = sizeof good / sizeof *good };

/* Reads the metadata with one value changed or one entry added; value NULL: the key is left out. */
static amend_status read_with(const char *key, const char *value, model_description *d)
{
    meta_entry meta[KEYS + 1];
    size_t count = 0;
    bool known = !*key;
    const float one = 1;
    const tensor_entry tensor = {"x", TENSOR_F32, 1, {1}, &one};
    safetensors *file = NULL;
    for (size_t i = 0; i < KEYS; i++) {
        bool changed = !strcmp(good[i].key, key);
        known = known || changed;
        if (changed && !value) continue;
        meta[count++] = (meta_entry){good[i].key, changed ? value : good[i].value};
    }
    if (!known) meta[count++] = (meta_entry){key, value};
    assert_ok(safetensors_write(in_test_folder("m.safetensors"), &tensor, 1, meta, count));
    assert_ok(safetensors_open(in_test_folder("m.safetensors"), &file));
    const meta_source source = safetensors_meta_source(file);
    amend_status status = description_read(&source, d);
    safetensors_free(file);
    return status;
}

static void what_is_written_comes_back(void **state)
{
    model_description d;
    (void)state;
    assert_ok(read_with("", "", &d));
    assert_true(d.small_stem && !d.int8 && d.width == 0.25 && d.head == ARM_HEAD_EMA);
    assert_int_equal(d.arrangement, 8);
    assert_int_equal(d.size, 32);
    assert_int_equal(d.channels, 3);
    assert_int_equal(d.classes, 2);
    assert_string_equal(d.labels[1], "sad");
    assert_true(d.normal.mean[1] == 0.4f && d.normal.deviation[2] == 0.3f);
}

/* A model is the same file, and opens, wherever a program is run. */
static void in_a_locale_with_decimal_commas(void **state)
{
    description_texts plain, comma;
    meta_entry meta[DESCRIPTION_ENTRIES];
    model_description d;
    use_comma_locale();
    what_is_written_comes_back(state);
    assert_ok(read_with("amend.temperature", "1.25", &d));
    memset(&plain, 0, sizeof plain);
    memset(&comma, 0, sizeof comma);
    description_meta(&d, &comma, meta);
    leave_comma_locale();
    assert_true(d.temperature == 1.25);
    description_meta(&d, &plain, meta);
    assert_memory_equal(&plain, &comma, sizeof plain);
}

static void every_key_is_needed(void **state)
{
    model_description d;
    (void)state;
    for (size_t i = 0; i < KEYS; i++) {
        assert_refused(read_with(good[i].key, NULL, &d), AMEND_BAD_DATA, good[i].key);
        assert_refused(read_with(good[i].key, NULL, &d), AMEND_BAD_DATA, "m.safetensors");
    }
}

static void hostile_values(void **state)
{
    static const char *const values[][2] = {{"amend.width", "nan"},
                                            {"amend.width", "1e9"},
                                            {"amend.width", ""},
                                            {"amend.width", "1,1"},
                                            {"amend.size", "-1"},
                                            {"amend.size", "99999999999999999999"},
                                            {"amend.size", "32.5"},
                                            {"amend.size", "32 "},
                                            {"amend.channels", "2"},
                                            {"amend.channels", "0"},
                                            {"amend.arrangement", "1e300"},
                                            {"amend.mean", "0.5"},
                                            {"amend.mean", "0.5,0.5,x"},
                                            {"amend.mean", "0,0,0,0"},
                                            {"amend.deviation", "0,0.2,0.3"},
                                            {"amend.deviation", "1,inf,1"},
                                            {"amend.labels", "glad"},
                                            {"amend.labels", ""},
                                            {"amend.labels", "a,,b"},
                                            {"amend.labels", "a,b,"},
                                            {"amend.labels", "a,b,a"},
                                            {"amend.labels", "a,b\nc"},
                                            {"amend.labels", "a,\x1b[31m"},
                                            {"amend.labels", "a,b\x7f"},
                                            {"amend.labels", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"},
                                            {"amend.labels", "a,abcdefghijklmnopqrstuvwxyzabcdefghij"}};
    model_description d;
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_refused(read_with(values[i][0], values[i][1], &d), AMEND_BAD_DATA, values[i][0]);
}

static void names_of_classes(void **state)
{
    static const char longest[] = "abcdefghijklmnopqrstuvwxyz_1234";
    static const char *const bad[][2] = {{"", "without a name"},
                                         {"a,b", "class 'a,b': a comma"},
                                         {"a\nb", "a control character"},
                                         {"a\xc2\x9b", "a control character"},
                                         {"caf\xe9", "not UTF-8"},
                                         {"gl\xc3", "not UTF-8"},
                                         {"glad", "'glad' is named twice"},
                                         {"glad ", "class 'glad ': a blank at an end"},
                                         {" ", "a blank at an end"},
                                         {"abcdefghijklmnopqrstuvwxyz_12345", "32 bytes; shorten it to 31"}};
    model_description d = {0};
    (void)state;
    assert_ok(description_add_label(&d, "glad", 4));
    assert_ok(description_add_label(&d, "gla", 3));
    assert_ok(description_add_label(&d, "\xc3\xa9", 2));
    assert_ok(description_add_label(&d, longest, MODEL_LABEL_SIZE - 1));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(description_add_label(&d, bad[i][0], strlen(bad[i][0])), AMEND_BAD_DATA, bad[i][1]);
    assert_int_equal(d.classes, 4);
    assert_string_equal(d.labels[3], longest);
}

static void unknown_kinds(void **state)
{
    model_description d;
    (void)state;
    assert_refused(read_with("amend.architecture", "resnet9000", &d), AMEND_UNSUPPORTED, "resnet9000");
    assert_refused(read_with("amend.head", "EMA", &d), AMEND_UNSUPPORTED, "amend.head");
    assert_refused(read_with("amend.stem", "", &d), AMEND_UNSUPPORTED, "amend.stem");
    assert_refused(read_with("amend.crop", "nose", &d), AMEND_UNSUPPORTED, "nose");
    assert_refused(read_with("amend.crop", "eyes-mouth", &d), AMEND_BAD_DATA, "amend.crop_points");
}

/* Words for people are cut to their room, at a character. */
static void long_texts(void **state)
{
    char text[600] = "xx";
    model_description d;
    (void)state;
    for (size_t i = 2; i + 2 < sizeof text; i += 2) memcpy(text + i, "\xc3\xa9", 3);
    assert_ok(read_with("amend.training", text, &d));
    assert_int_equal(strlen(d.training), 510); /* 511 would be half a letter */
    assert_memory_equal(d.training, text, 510);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_written_comes_back),
                                       cmocka_unit_test(in_a_locale_with_decimal_commas),
                                       cmocka_unit_test(every_key_is_needed),
                                       cmocka_unit_test(hostile_values),
                                       cmocka_unit_test(names_of_classes),
                                       cmocka_unit_test(unknown_kinds),
                                       cmocka_unit_test(long_texts)};
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
