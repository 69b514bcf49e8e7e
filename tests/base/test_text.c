/* Nearest words. */
#include "support.h"

#include "base/text.h"

static const char *const words[] = {"train.batch", "train.rate", "adam", "adamw", "sgd", "on"};

static const char *nearest(const char *word)
{
    return text_nearest(word, words, sizeof words / sizeof *words);
}

static void slips_are_found(void **state)
{
    (void)state;
    assert_string_equal(nearest("train.bach"), "train.batch");   /* left out */
    assert_string_equal(nearest("train.battch"), "train.batch"); /* inserted */
    assert_string_equal(nearest("train.bitch"), "train.batch");  /* changed */
    assert_string_equal(nearest("train.abtch"), "train.batch");  /* swapped */
    assert_string_equal(nearest("adm"), "adam");
    assert_string_equal(nearest("adam"), "adam");
    assert_string_equal(nearest("adamw"), "adamw");
}

static void strangers_are_not(void **state)
{
    char huge[5000];
    (void)state;
    memset(huge, 'a', sizeof huge);
    huge[sizeof huge - 1] = '\0';
    assert_null(nearest("momentum"));
    assert_null(nearest(""));
    assert_null(nearest("xyz"));
    assert_null(nearest(huge));
    assert_null(text_nearest("adam", words, 0));
    const char *const long_words[] = {huge, "aaa"};
    assert_string_equal(text_nearest("aaaa", long_words, 2), "aaa");
}

static void lists_end_in_dots(void **state)
{
    text_list list = {0};
    char name[100];
    (void)state;
    assert_string_equal(list.text, "");
    text_list_add(&list, "one");
    text_list_add(&list, "two");
    assert_string_equal(list.text, ": one, two");
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (int i = 0; i < 3; i++) text_list_add(&list, name);
    text_list_add(&list, "six"); /* would fit again, but after a gap */
    assert_int_equal(list.count, 6);
    assert_int_equal(strlen(list.text), 10 + 2 + 99 + 5);
    assert_string_equal(list.text + 10 + 2 + 99, ", ...");
}

static void characters(void **state)
{
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {{"a", 1},
                 {"", 1},
                 {"\xc3\xa9", 2},
                 {"\xe2\x82\xac", 3},
                 {"\xf0\x9f\x98\x80", 4},
                 {"\xc3", 0},             /* cut */
                 {"\xa9", 0},             /* no first byte */
                 {"\xc0\xaf", 0},         /* overlong */
                 {"\xed\xa0\x80", 0},     /* a surrogate */
                 {"\xf4\x90\x80\x80", 0}, /* beyond the last */
                 {"\xe2\x82z", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(text_character(cases[i].text), cases[i].length);
}

static void terminals_get_no_orders(void **state)
{
    char c0[] = "a\x1b[2J\n",
         c1[] = "a\xc2\x9b"
                "31m \xc2\xa0\x7f",
         cut[] = "\xc2";
    text_list list = {0};
    (void)state;
    text_clean(c0);
    text_clean(c1);
    text_clean(cut);
    assert_string_equal(c0, "a?[2J?");
    assert_string_equal(c1, "a??31m \xc2\xa0?");
    assert_string_equal(cut, "\xc2");
    assert_int_equal(text_control(""), 0);
    text_list_add(&list, "\xc2\x85");
    assert_string_equal(list.text, ": ??");
}

static void bytes_that_are_no_characters_are_replaced(void **state)
{
    char cut[] = "caf\xc3\xa9 \xe2\x82", alone[] = "\xa9z\xff", good[] = "\xf0\x9f\x98\x80";
    (void)state;
    text_make_valid(cut);
    text_make_valid(alone);
    text_make_valid(good);
    assert_string_equal(cut, "caf\xc3\xa9 ??");
    assert_string_equal(alone, "?z?");
    assert_string_equal(good, "\xf0\x9f\x98\x80");
}

static void copies_end_with_a_character(void **state)
{
    static const struct {
        size_t size;
        const char *from, *copy;
    } cases[] = {{8, "", ""},
                 {1, "abc", ""},
                 {4, "abc", "abc"},
                 {3, "abc", "ab"},
                 {4, "a\xe2\x82\xac", "a"},
                 {5, "a\xe2\x82\xac", "a\xe2\x82\xac"},
                 {8, "gr\xfc\xdf", "gr??"},
                 {8, "a\xe2\x82", "a??"}};
    char copy[8];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        text_copy(copy, cases[i].size, cases[i].from);
        assert_string_equal(copy, cases[i].copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(slips_are_found),
                                       cmocka_unit_test(strangers_are_not),
                                       cmocka_unit_test(lists_end_in_dots),
                                       cmocka_unit_test(characters),
                                       cmocka_unit_test(terminals_get_no_orders),
                                       cmocka_unit_test(bytes_that_are_no_characters_are_replaced),
                                       cmocka_unit_test(copies_end_with_a_character)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
