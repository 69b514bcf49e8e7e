/* Maps of numbers: cells where they belong, colours that tell signs apart, pages of any size; extremes. */
#include "samples.h"

#include <float.h>
#include <math.h>

#include "fontconfig.h"
#include "image/plot_maps.h"

static const unsigned char *pixel(const amend_image *image, size_t x, size_t y)
{
    return image->pixels + (y * image->width + x) * image->channels;
}

static int is_white(const unsigned char *p)
{
    return p[0] == 255 && p[1] == 255 && p[2] == 255;
}

static void every_value_is_one_cell(void **state)
{
    const double values[] = {-2, 0, 2, 1, 0, -1};
    const heat_scale scale = heat_scale_signed(values, 6);
    amend_image out = {0};
    (void)state;
    assert_true(scale.low == -2 && scale.high == 2);
    assert_ok(heat_map(&(heat_grid){.values = values, .rows = 2, .columns = 3}, &scale, NULL, 60, &out));
    assert_int_equal(out.width, 60);
    assert_int_equal(out.height, 60);
    for (size_t y = 0; y < 60; y++)
        for (size_t x = 0; x < 60; x++) /* the same colour in the whole cell */
            assert_memory_equal(pixel(&out, x, y), pixel(&out, x / 20 * 20, y / 30 * 30), 3);
    assert_true(pixel(&out, 0, 0)[2] > 2 * pixel(&out, 0, 0)[0]);   /* blue */
    assert_true(pixel(&out, 59, 0)[0] > 2 * pixel(&out, 59, 0)[2]); /* red */
    assert_true(is_white(pixel(&out, 30, 0)) && is_white(pixel(&out, 30, 59)));
    amend_image_free(&out);
}

/* Cells of a quarter that begin half a cell outside: the first is cut, and the last half cell of the picture is bare.
 */
static void cells_lie_where_they_belong(void **state)
{
    const double ones[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    const heat_scale scale = {true, -1, 1};
    amend_image out = {0};
    (void)state;
    assert_ok(heat_map(&(heat_grid){ones, 4, 4, -0.125, 0.25}, &scale, NULL, 80, &out));
    for (size_t y = 0; y < 80; y++)
        for (size_t x = 0; x < 80; x++) assert_int_equal(is_white(pixel(&out, x, y)), x >= 70 || y >= 70);
    amend_image_free(&out);
}

/* Lightness falls from white to both ends, so that a grey copy still shows how much. */
static void stronger_is_darker(void **state)
{
    const heat_scale scales[] = {{true, -1, 1}, {false, 0, 1}};
    (void)state;
    for (int s = 0; s < 2; s++)
        for (int sign = scales[s].is_signed ? -1 : 1; sign <= 1; sign += 2) {
            double before = 2;
            for (int i = 0; i <= 50; i++) {
                draw_colour c = heat_colour(&scales[s], sign * i / 50.0);
                double luma = 0.2126 * c.red + 0.7152 * c.green + 0.0722 * c.blue;
                assert_true(luma < before);
                before = luma;
            }
            assert_true(before < 0.4);
        }
}

static void a_face_shows_through(void **state)
{
    const double zero = 0;
    const heat_scale scale = heat_scale_signed(&zero, 1);
    amend_image face = sample_pattern(64, 64, 3), out = {0};
    (void)state;
    assert_ok(heat_map(&(heat_grid){.values = &zero, .rows = 1, .columns = 1}, &scale, &face, 64, &out));
    assert_memory_not_equal(pixel(&out, 0, 0), pixel(&out, 63, 63), 3);
    for (size_t i = 0; i < 64; i++) assert_int_equal(pixel(&out, i, i)[0], pixel(&out, i, i)[2]); /* grey */
    amend_image_free(&face);
    amend_image_free(&out);
}

static void extremes_are_drawn(void **state)
{
    const double values[] = {DBL_MAX, -DBL_MAX, NAN, INFINITY, -INFINITY, 1e-300};
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        const heat_scale scale = kind ? heat_scale_signed(values, 6) : heat_scale_amount(values + 2, 4);
        const map_panel panel = {.title = "", .grid = {.values = values, .rows = 2, .columns = 3}};
        const map_group group = {.panels = &panel, .count = 1, .scale = scale, .unit = ""};
        amend_image out = {0};
        assert_ok(plot_maps(&(map_page){.title = "", .groups = &group, .count = 1}, &out));
        amend_image_free(&out);
    }
}

/* Pages of 1 to all panels: no picture reaches over another, none is left out. */
static void any_number_of_panels(void **state)
{
    const double one = 1;
    map_panel panels[PLOT_MOST_MAPS];
    (void)state;
    for (size_t count = 1; count <= PLOT_MOST_MAPS; count += 1 + count / 8 * 5) {
        amend_image out = {0};
        size_t coloured = 0;
        for (size_t i = 0; i < count; i++)
            panels[i] = (map_panel){.title = "t", .aside = "1 %", .grid = {.values = &one, .rows = 1, .columns = 1}};
        const map_group group = {.panels = panels, .count = count, .scale = {true, -1, 1}, .unit = "u"};
        assert_ok(plot_maps(&(map_page){"page", {"line"}, &group, 1}, &out));
        const size_t side = count <= 3 ? 300 : 220;
        for (size_t i = 0; i < out.width * out.height; i++)
            coloured += out.pixels[3 * i] == 179 && out.pixels[3 * i + 1] == 23 && out.pixels[3 * i + 2] == 43;
        assert_in_range(coloured, count * side * side, count * side * side + 400); /* and the end of the bar */
        amend_image_free(&out);
    }
}

static void refuses_bad_pages(void **state)
{
    const double one = 1;
    const map_panel panel = {.title = "\xff", .grid = {.values = &one, .rows = 1, .columns = 1}};
    map_group group = {.panels = &panel, .scale = {true, -1, 1}, .unit = ""};
    amend_image out = {0};
    (void)state;
    assert_refused(plot_maps(&(map_page){.title = ""}, &out), AMEND_BAD_ARGUMENT,
                   "0 groups of maps; 1 to 8 can be drawn");
    assert_refused(plot_maps(&(map_page){.title = "", .groups = &group, .count = 1}, &out), AMEND_BAD_ARGUMENT,
                   "0 maps in a group; 1 to 32 can be drawn");
    group.count = 1;
    assert_int_equal(plot_maps(&(map_page){.title = "", .groups = &group, .count = 1}, &out).code, AMEND_BAD_DATA);
    assert_null(out.pixels);
}

static void out_of_memory(void **state)
{
    const double one = 1;
    amend_image face = sample_pattern(32, 32, 3), out = {0};
    const map_panel panels[] = {{.title = "face", .picture = &face},
                                {.title = "map", .grid = {.values = &one, .rows = 1, .columns = 1}, .picture = &face}};
    const map_group group = {.panels = panels, .count = 2, .scale = {true, -1, 1}, .unit = ""};
    size_t n = 1;
    (void)state;
    for (;; n++) {
        mem_fail_at(n);
        amend_status status = plot_maps(&(map_page){.title = "", .groups = &group, .count = 1}, &out);
        mem_fail_at(0);
        if (!status.code) break;
        assert_int_equal(status.code, AMEND_NO_MEMORY);
        assert_null(out.pixels);
    }
    assert_true(n > 4);
    amend_image_free(&face);
    amend_image_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_one_cell), cmocka_unit_test(cells_lie_where_they_belong),
        cmocka_unit_test(stronger_is_darker),      cmocka_unit_test(a_face_shows_through),
        cmocka_unit_test(extremes_are_drawn),      cmocka_unit_test(any_number_of_panels),
        cmocka_unit_test(refuses_bad_pages),       cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
