/* Pictures change by the amounts that a recipe names. */
#include "data/augment.h"
#include "support.h"

#include <math.h>

enum { SIDE = 64, COUNT = SIDE * SIDE, DRAWS = 400 };

static unsigned char pixels[COUNT];
static const amend_image image = {pixels, SIDE, SIDE, 1};
static float out[COUNT];

static void draw(const data_augment *a, uint64_t number)
{
    rng r = rng_make(3, 1, number);
    augment_image(&image, a, &data_normal_bytes, &r, SIDE, 1, out);
}

static void noise_has_its_variance(void **state)
{
    const data_augment a = {.noise_variance = 30};
    double sum = 0, squares = 0;
    (void)state;
    memset(pixels, 128, COUNT);
    draw(&a, 0);
    for (size_t i = 0; i < COUNT; i++) {
        sum += (double)out[i] - 128;
        squares += pow((double)out[i] - 128, 2);
    }
    assert_true(fabs(sum / COUNT) < 0.4 && fabs(squares / COUNT - 30) < 3);
}

static void a_tenth_of_a_quarter_is_erased(void **state)
{
    const data_augment a = {.erase = 0.25, .erase_low = 0.1, .erase_high = 0.1};
    size_t erased = 0;
    (void)state;
    memset(pixels, 128, COUNT);
    for (uint64_t n = 0; n < DRAWS; n++) {
        size_t kept = 0;
        draw(&a, n);
        for (size_t i = 0; i < COUNT; i++) kept += out[i] == 128;
        if (kept == COUNT) continue;
        erased++;
        assert_in_range(COUNT - kept, COUNT * 9 / 100, COUNT * 11 / 100);
    }
    assert_in_range(erased, DRAWS / 4 - 35, DRAWS / 4 + 35);
}

static void turns_by_degrees(void **state)
{
    const data_augment a = {.rotation = 10};
    double most = 0;
    (void)state;
    for (size_t i = 0; i < COUNT; i++) pixels[i] = (unsigned char)(4 * (i % SIDE)); /* brighter to the right */
    for (uint64_t n = 0; n < DRAWS; n++) {
        const float *at = out + 32 * SIDE + 32;
        draw(&a, n);
        most = fmax(most, fabs(atan2((double)(at[SIDE] - at[-SIDE]), (double)(at[1] - at[-1]))) * 180 / acos(-1));
    }
    assert_true(most > 9 && most < 10.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(noise_has_its_variance),
                                       cmocka_unit_test(a_tenth_of_a_quarter_is_erased),
                                       cmocka_unit_test(turns_by_degrees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
