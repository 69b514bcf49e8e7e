/* Rows as text: written and read back, and texts of strangers that are refused. */
#include "base/mem.h"
#include "base/rng.h"
#include "comma_locale.h"
#include "nn/params.h"
#include "nn/rows.h"

enum { SIDE = 16 };

static const char good[] = "stem conv input channels=24 kernel=3 stride=2 pad=1\n"
                           "stem.norm batch_norm stem epsilon=0.00100000005 momentum=0.200000003\n"
                           "r1 relu stem.norm\n"
                           "deep conv r1 channels=24 kernel=3 stride=1 pad=2 groups=24 dilation=1 bias=1\n"
                           "clip activation deep function=clip alpha=-inf beta=6\n"
                           "both gather clip,r1 take=0-23,40-47,24-24\n"
                           "some gather both take=0-23\n"
                           "mean global_pool some\n"
                           "gate activation mean function=hard_sigmoid alpha=0.166666672 beta=0.5\n"
                           "gated combine some,gate operation=times\n"
                           "sum add gated,r1\n"
                           "less combine sum,r1 operation=minus\n"
                           "bent activation less function=slopes\n"
                           "most max_pool bent kernel=3 stride=2 pad=1\n"
                           "mild average_pool most kernel=2 stride=1 pad_more=1 count_padding=1\n"
                           "last conv mild channels=2 kernel=1 stride=1 kernel_width=5 pad_width=2\n";

static amend_status read_text(const char *text)
{
    nn_rows *rows = NULL;
    amend_status status = nn_rows_read(text, SIDE, SIDE, 3, &rows);
    nn_rows_free(rows);
    return status;
}

static void written_as_read(void **state)
{
    nn_rows *rows = NULL;
    nn_table *table = NULL;
    char *text = NULL;
    size_t last;
    (void)state;
    assert_ok(nn_rows_read(good, SIDE, SIDE, 3, &rows));
    assert_string_equal(rows->text, good);
    assert_ok(mem_alloc(&table, 1, sizeof *table, "table"));
    assert_ok(nn_table_begin(table, SIDE, SIDE, 3));
    assert_ok(nn_rows_build(rows, table, &last));
    assert_int_equal(last, table->count - 1);
    assert_ok(nn_rows_write(table, last, &text));
    assert_string_equal(text, good);
    assert_int_equal(table->shapes[last].h, 4);
    assert_int_equal(table->shapes[last].w, 4);
    assert_int_equal(table->shapes[6].c, 33);
    assert_int_equal(table->rows[6].source[33], 24); /* the second pixel's first */
    assert_int_equal(table->rows[6].source[33 + 24], 8 * 8 * 24 + 24 + 16);
    assert_int_equal(table->rows[6].source[33 + 32], 8 * 8 * 24 + 24);
    assert_int_equal(nn_params_values(table), 24 * 3 * 9 + 4 * 24 + 24 * 9 + 24 + 24 + 2 * 24 * 5);
    mem_free(text);
    mem_free(table);
    nn_rows_free(rows);
}

static void written_as_read_in_other_locales(void **state)
{
    use_comma_locale();
    written_as_read(state);
    leave_comma_locale();
}

/* The same rows for images of another size and with other channels. */
static void fits_other_images(void **state)
{
    nn_rows *rows = NULL;
    (void)state;
    assert_ok(nn_rows_read(good, 40, 24, 1, &rows));
    nn_rows_free(rows);
}

#define STEM "a conv input channels=8 kernel=3 stride=1 pad=1\n"

static void strangers(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "there are no rows"},
        {"\n", "row 1: '' is no name"},
        {"a relu input", "row 1: its line has no end"},
        {STEM "a relu a\n", "row 2: 'a' is no name, or another row's"},
        {"input relu input\n", "row 1: 'input' is no name"},
        {"a,b relu input\n", "row 1: 'a,b' is no name"},
        {"\x01 relu input\n", "is no name"},
        {"0123456789012345678901234567890123456789012345678901234567890123 relu input\n", "is no name"},
        {"a", "its line has no end"},
        {"a\n", "row 1 (a): '' is no kind"},
        {"a  relu input\n", "'' is no kind"},
        {"a input input\n", "'input' is no kind"},
        {"a conv3d input\n", "'conv3d' is no kind"},
        {"a linear input channels=3\n", "'linear' is no kind"},
        {"a constant input\n", "'constant' is no kind"},
        {"a affinity input\n", "'affinity' is no kind"},
        {"a resize input\n", "'resize' is no kind"},
        {"a max_pool input kernel=2 stride=1 pad=2\n", "a window lies in the padding alone"},
        {"a average_pool input kernel=2 stride=1 pad_more=2\n", "a window lies in the padding alone"},
        {"a relu\n", "1 inputs are needed"},
        {"a relu b\nb relu a\n", "row 1 (a): its input 'b' is no row before it"},
        {"a relu a\n", "its input 'a' is no row before it"},
        {"a relu input,input\n", "1 inputs are needed"},
        {"a add input\n", "2 inputs are needed"},
        {"a add input,\n", "its input '' is no row before it"},
        {"a add input,input,input\n", "its input 'input,input' is no row"},
        {STEM "b add a,input\n", "different shapes"},
        {"a relu input kernel=3\n", "'kernel' is no attribute of a relu"},
        {"a conv input kernel\n", "'kernel' is no attribute of a conv"},
        {"a conv input  kernel=1\n", "'' is no attribute of a conv"},
        {"a conv input kernel=3 kernel=3\n", "kernel stands twice"},
        {"a conv input kernel=-3\n", "kernel=-3 is no value"},
        {"a conv input kernel=3x\n", "kernel=3x is no value"},
        {"a conv input kernel=\n", "kernel= is no value"},
        {"a conv input kernel=18446744073709551617\n", "is no value"},
        {"a conv input kernel=65537\n", "is no value"},
        {"a conv input bias=2\n", "bias=2 is no value"},
        {"a conv input channels=8 kernel=3\n", "does not fit"},
        {"a conv input kernel=3 stride=1\n", "0 channels"},
        {"a conv input channels=8 kernel=1 stride=1 pad_width=1\n", "pad_width without kernel_width"},
        {"a conv input channels=8 kernel=1 stride=1 kernel_width=17\n", "a 1 x 17 window"},
        {"a conv input channels=8 kernel=1 stride=1 kernel_width=3 pad_width=4\n", "and padding 0, 4 does not fit"},
        {"a conv input channels=8 kernel=1 stride=1 kernel_width=5000\n", "sides must be below 4096"},
        {"a max_pool input kernel=1 stride=1 kernel_width=3\n", "'kernel_width' is no attribute of a max_pool"},
        {"a conv input channels=8 kernel=40 stride=1\n", "does not fit"},
        {"a conv input channels=8 kernel=1 stride=1 groups=2\n", "2 groups divide neither"},
        {"a conv input channels=65536 kernel=1 stride=1\nb conv a channels=65536 kernel=1 stride=1\n",
         "more than 268435456 weights"},
        {"a max_pool input kernel=0 stride=1\n", "does not fit"},
        {"a batch_norm input epsilon=nan\n", "epsilon=nan is no value"},
        {"a batch_norm input epsilon=-1\n", "epsilon and momentum must be 0 .. 1"},
        {"a batch_norm input momentum=inf\n", "epsilon and momentum must be 0 .. 1"},
        {"a batch_norm input epsilon= 1\n", "is no value"},
        {"a activation input\n", "no function"},
        {"a activation input function=\n", "function= is no value"},
        {"a activation input function=rectify\n", "function=rectify is no value"},
        {"a combine input,input\n", "no operation"},
        {"a combine input,input operation=over\n", "operation=over is no value"},
        {"m global_pool input\na combine m,input operation=times\n", "has no form that can be trained"},
        {"a gather input\n", "no take"},
        {"a gather input take=\n", "take=;"},
        {"a gather input take=0\n", "ranges of 3 channels"},
        {"a gather input take=0-3\n", "ranges of 3 channels"},
        {"a gather input take=2-1\n", "ranges of 3 channels"},
        {"a gather input take=0-2,\n", "ranges of 3 channels"},
        {"a gather input take=0-2;\n", "ranges of 3 channels"},
        {"a gather input take=0-99999999999999999999\n", "ranges of 3 channels"},
        {"m global_pool input\na gather input,m take=0-2\n", "maps of 16 x 16 and 1 x 1"},
        {STEM "b relu input\n", "nothing reads row 1 (a)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        amend_status status = read_text(cases[i].text);
        if (!status.code || !strstr(status.message, cases[i].message))
            fail_msg("'%s': said '%s', not '%s'", cases[i].text, status.message, cases[i].message);
    }
}

/* A line again and again, each row reading the one before. */
static amend_status read_repeated(const char *format, size_t count)
{
    char *text = NULL;
    size_t used = 0;
    assert_ok(mem_alloc(&text, count + 1, 128, "text"));
    for (size_t i = 1; i <= count; i++) {
        char before[32] = "input";
        if (i > 1) snprintf(before, sizeof before, "r%zu", i - 1);
        used += (size_t)snprintf(text + used, 128, format, i, before);
    }
    amend_status status = read_text(text);
    mem_free(text);
    return status;
}

static void too_much(void **state)
{
    char *text = NULL;
    const size_t size = (1 << 20) + 2;
    (void)state;
    assert_ok(read_repeated("r%zu relu %s\n", NN_MAX_ROWS - 1));
    assert_refused(read_repeated("r%zu relu %s\n", NN_MAX_ROWS), AMEND_BAD_ARGUMENT, "more than 512 rows");
    assert_ok(mem_alloc(&text, size, 1, "text"));
    memset(text, 'a', size - 1);
    assert_refused(read_text(text), AMEND_BAD_DATA, "more than 1048576 characters");
    mem_free(text);
}

/* A few kilobytes that would make gigabytes of places to take values from. */
static void too_many_places(void **state)
{
    enum { WIDE = 20000, ROWS = 20 };
    char *text = NULL;
    size_t used = 0;
    (void)state;
    assert_ok(mem_alloc(&text, ROWS + 1, 64, "text"));
    used += (size_t)sprintf(text, "r0 conv input channels=%d kernel=1 stride=1\n", WIDE);
    for (int i = 1; i <= ROWS; i++)
        used += (size_t)sprintf(text + used, "r%d gather r%d take=0-%d\n", i, i - 1, WIDE - 1);
    assert_refused(read_text(text), AMEND_BAD_DATA, "row 15 (r14): more than 67108864 values are moved");
    mem_free(text);
}

/* A good text with one byte changed, cut or doubled: read, or refused, but nothing else. */
static void mutations(void **state)
{
    static const char bytes[] = "0123456789=,-\n abcinf_.";
    char text[sizeof good + 1];
    rng random = rng_make(5, 0, 0);
    size_t taken = 0;
    (void)state;
    for (int i = 0; i < 4000; i++) {
        size_t at = rng_below(&random, sizeof good - 1), rest = sizeof good - at;
        char byte = bytes[rng_below(&random, sizeof bytes - 1)];
        memcpy(text, good, sizeof good);
        switch (rng_below(&random, 3)) {
        case 0:
            text[at] = byte;
            break;
        case 1:
            memmove(text + at, text + at + 1, rest - 1);
            break;
        default:
            memmove(text + at + 1, text + at, rest);
            text[at] = byte;
        }
        taken += !read_text(text).code;
    }
    print_message("%zu of 4000 changed texts are still networks\n", taken);
    assert_in_range(taken, 1, 3999);
}

/* Whatever allocation fails, the failure is passed on and nothing is lost. */
static void out_of_memory(void **state)
{
    (void)state;
    size_t before = mem_calls();
    assert_ok(read_text(good));
    size_t calls = mem_calls() - before;
    for (size_t i = 1; i <= calls; i++) {
        mem_fail_at(i);
        assert_int_equal(read_text(good).code, AMEND_NO_MEMORY);
    }
    mem_fail_at(0);
}

static void names_are_unique(void **state)
{
    nn_table *table = NULL;
    size_t index;
    (void)state;
    assert_ok(mem_alloc(&table, 1, sizeof *table, "table"));
    assert_ok(nn_table_begin(table, SIDE, SIDE, 3));
    assert_ok(nn_table_add(table, (nn_row){.kind = NN_RELU, .name = "a"}, &index));
    assert_refused(nn_table_add(table, (nn_row){.kind = NN_RELU, .name = "a"}, &index), AMEND_BAD_ARGUMENT,
                   "row 2 (a): another row has its name");
    mem_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_as_read),   cmocka_unit_test(written_as_read_in_other_locales),
        cmocka_unit_test(fits_other_images), cmocka_unit_test(names_are_unique),
        cmocka_unit_test(strangers),         cmocka_unit_test(too_much),
        cmocka_unit_test(too_many_places),   cmocka_unit_test(mutations),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
