/* Numbers in files, in a program whose own have a decimal comma. */
#include "base/number.h"
#include "base/config.h"
#include "comma_locale.h"

static void points_and_no_commas(void **state)
{
    char text[32], *end;
    (void)state;
    use_comma_locale();
    assert_true(number_read("0.25,1", &end) == 0.25);
    assert_string_equal(end, ",1");
    number_print(text, sizeof text, "%.3g", 1.5);
    assert_string_equal(text, "1.5");
    snprintf(text, sizeof text, "%.1f", 1.5);
    assert_string_equal(text, "1,5"); /* the program's own is as it was */
    leave_comma_locale();
}

static void recipes(void **state)
{
    static const config_key key = {"train.rate", CONFIG_REAL, 0, 0, 1, NULL, "learning rate"};
    double rate = 0.1 + 0.2, again = 0;
    (void)state;
    use_comma_locale();
    FILE *stream = fopen(in_test_folder("r.ini"), "w");
    assert_non_null(stream);
    config_write(stream, &key, 1, &rate);
    fclose(stream);
    assert_ok(config_load(in_test_folder("r.ini"), &key, 1, &again));
    assert_true(again == rate);
    assert_ok(config_set(&key, 1, &again, "train.rate=0.5"));
    assert_true(again == 0.5);
    leave_comma_locale();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(points_and_no_commas), cmocka_unit_test(recipes)};
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
