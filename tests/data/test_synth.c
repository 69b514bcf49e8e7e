/* Drawn faces: the same from the same seed, different otherwise, and written where a loader looks. */
/* nftw is an X/Open extension of POSIX. */
#define _XOPEN_SOURCE 700
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "data/synth.h"

enum { SIZE = 48 };

static amend_image face(uint64_t seed, uint64_t index, size_t expression)
{
    amend_image image = {0};
    amend_status status = synth_face(seed, index, expression, SIZE, &image);
    assert_string_equal(status.message, "");
    assert_int_equal(image.width, SIZE);
    assert_int_equal(image.height, SIZE);
    assert_int_equal(image.channels, 3);
    return image;
}

/* Mean absolute difference of the pixels. */
static double difference(const amend_image *a, const amend_image *b)
{
    size_t count = a->width * a->height * a->channels;
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += abs(a->pixels[i] - b->pixels[i]);
    return sum / (double)count;
}

static double compare(amend_image a, amend_image b)
{
    double result = difference(&a, &b);
    amend_image_free(&a);
    amend_image_free(&b);
    return result;
}

static void same_arguments_same_face(void **state)
{
    (void)state;
    for (size_t e = 0; e < SYNTH_EXPRESSIONS; e++) assert_true(compare(face(3, e, e), face(3, e, e)) == 0);
}

static void other_arguments_other_face(void **state)
{
    (void)state;
    assert_true(compare(face(3, 0, SYNTH_HAPPY), face(4, 0, SYNTH_HAPPY)) > 5);
    assert_true(compare(face(3, 0, SYNTH_HAPPY), face(3, 1, SYNTH_HAPPY)) > 5);
    assert_true(compare(face(3, 0, SYNTH_HAPPY), face(3, 0, SYNTH_SAD)) > 1);
}

static void refuses_bad_arguments(void **state)
{
    amend_image image = {0};
    synth_set set = {.folder = "/tmp", .count = SYNTH_FEWEST - 1, .size = SIZE};
    (void)state;
    assert_int_equal(synth_face(1, 1, SYNTH_EXPRESSIONS, SIZE, &image).code, AMEND_BAD_ARGUMENT);
    assert_int_equal(synth_face(1, 1, 0, SYNTH_SMALLEST - 1, &image).code, AMEND_BAD_ARGUMENT);
    assert_int_equal(synth_face(1, 1, 0, SYNTH_LARGEST + 1, &image).code, AMEND_BAD_ARGUMENT);
    assert_null(image.pixels);
    assert_int_equal(synth_write_set(&set).code, AMEND_BAD_ARGUMENT);
    set.count = (size_t)SYNTH_MOST + 1;
    assert_int_equal(synth_write_set(&set).code, AMEND_BAD_ARGUMENT);
}

static void survives_lack_of_memory(void **state)
{
    amend_image image = {0};
    (void)state;
    mem_fail_at(1);
    assert_int_equal(synth_face(1, 1, 0, SIZE, &image).code, AMEND_NO_MEMORY);
    mem_fail_at(0);
    assert_null(image.pixels);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static size_t steps;
static void count_steps(size_t done, size_t count)
{
    steps++;
    assert_int_equal(done, steps);
    assert_int_equal(count, SYNTH_FEWEST);
}

static void assert_holds(const char *folder, const char *name)
{
    char *path = NULL;
    assert_int_equal(file_join(folder, name, &path).code, AMEND_OK);
    if (!file_exists(path)) fail_msg("%s is missing", path);
    mem_free(path);
}

static void writes_a_set_once(void **state)
{
    char folder[] = "/tmp/amend-synth-XXXXXX";
    synth_set set = {.folder = folder, .count = SYNTH_FEWEST, .size = 32, .seed = 1, .progress = count_steps};
    amend_status status;
    (void)state;
    assert_non_null(mkdtemp(folder));
    steps = 0;
    status = synth_write_set(&set);
    assert_string_equal(status.message, "");
    assert_int_equal(steps, SYNTH_FEWEST);
    for (size_t e = 0; e < SYNTH_EXPRESSIONS; e++) {
        static const char *const splits[] = {"train", "valid", "test"};
        for (int number = 0; number < 3; number++) {
            char name[64];
            snprintf(name, sizeof name, "%s/%s/%04d.png", splits[number], synth_expression_name(e), number);
            assert_holds(folder, name);
        }
    }
    status = synth_write_set(&set);
    assert_int_equal(status.code, AMEND_BAD_ARGUMENT);
    assert_non_null(strstr(status.message, folder));
    assert_int_equal(nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void names_the_folder_it_cannot_write(void **state)
{
    synth_set set = {.folder = "/proc/amend", .count = SYNTH_FEWEST, .size = SIZE};
    amend_status status = synth_write_set(&set);
    (void)state;
    assert_int_equal(status.code, AMEND_IO);
    assert_non_null(strstr(status.message, "/proc/amend"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_arguments_same_face), cmocka_unit_test(other_arguments_other_face),
        cmocka_unit_test(refuses_bad_arguments),    cmocka_unit_test(survives_lack_of_memory),
        cmocka_unit_test(writes_a_set_once),        cmocka_unit_test(names_the_folder_it_cannot_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
