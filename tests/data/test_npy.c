/* .npy files of one number: all kinds that are read, and what is refused. */
#include "npy_file.h"

#include "data/npy.h"

#define HEADER(descr, shape) "{'descr': '" descr "', 'fortran_order': False, 'shape': " shape ", }"

static const struct good {
    const char *header;
    const char *values;
    size_t size;
    double value;
} goods[] = {
    {HEADER("<i8", "()"), "\3\0\0\0\0\0\0\0", 8, 3},
    {HEADER("<i8", "(1,)"), "\xfe\xff\xff\xff\xff\xff\xff\xff", 8, -2},
    {HEADER(">i4", "()"), "\0\0\1\2", 4, 258},
    {HEADER("<i2", "()"), "\xff\xff", 2, -1},
    {HEADER("|i1", "()"), "\x80", 1, -128},
    {HEADER("|u1", "()"), "\xff", 1, 255},
    {HEADER("<u4", "()"), "\7\0\0\0", 4, 7},
    {HEADER("<f4", "()"), "\0\0\x40\x40", 4, 3},
    {HEADER("<f8", "()"), "\0\0\0\0\0\0\x04\xc0", 8, -2.5},
    {HEADER(">f8", "()"), "\xc0\x04\0\0\0\0\0\0", 8, -2.5},
    {HEADER("<U1", "()"), "7\0\0\0", 4, 7},
    {HEADER(">U2", "()"), "\0\0\0001\0\0\0000", 8, 10},
    {HEADER("<U3", "()"), "-\0\0\0004\0\0\0\0\0\0\0", 12, -4},
    {"{\"shape\": (), \"fortran_order\": True, \"descr\": \"<i2\"}", "\5\0", 2, 5},
};

static const struct bad {
    const char *header;
    const char *values;
    size_t size;
    const char *part;
} bads[] = {
    {HEADER("|O", "()"), "\x80\3K\7.", 5, "pickled Python object"},
    {HEADER("<i8", "(2,)"), "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0", 16, "holds an array"},
    {HEADER("<f8", "(68, 2)"), "", 0, "holds an array"},
    {HEADER("<i8", "(0,)"), "", 0, "holds an array"},
    {HEADER("<i8", "()"), "\3\0\0\0", 4, "4 bytes of values where '<i8' has 8"},
    {HEADER("<i2", "()"), "\3\0\0\0", 4, "4 bytes of values where '<i2' has 2"},
    {HEADER("<c8", "()"), "\0\0\0\0\0\0\0\0", 8, "type '<c8'"},
    {HEADER("|S1", "()"), "7", 1, "type '|S1'"},
    {HEADER("<i3", "()"), "\1\0\0", 3, "is not a number"},
    {HEADER("<f2", "()"), "\0\0", 2, "is not a number"},
    {HEADER("<i", "()"), "", 0, "type '<i'"},
    {HEADER("<U99999999999999999999", "()"), "", 0, "not that of one number"},
    {HEADER("<U1", "()"), "x\0\0\0", 4, "is not a number"},
    {HEADER("<U1", "()"), "\0\0\0\0", 4, "is not a number"},
    {HEADER("<U2", "()"), "3\0\0\0-\0\0\0", 8, "is not a number"},
    {"{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (), }", "\0\0\0\0", 4, "not that of one number"},
    {"{'descr': '<i4', 'fortran_order': False, }", "\0\0\0\0", 4, "not that of one number"},
    {"{'descr': '<i4', 'shape': (1", "\0\0\0\0", 4, "not that of one number"},
    {"", "", 0, "not that of one number"},
};

static amend_status read_scalar(double *value)
{
    char path[256];
    scratch_path("x.npy", path, sizeof path);
    return npy_scalar(path, value);
}

static void refused(const char *part)
{
    double value;
    amend_status st = read_scalar(&value);
    assert_int_equal(st.code, AMEND_BAD_DATA);
    if (!strstr(st.message, part) || !strstr(st.message, "x.npy")) fail_msg("'%s' not in '%s'", part, st.message);
}

static void reads_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof goods / sizeof *goods; i++)
        for (int version = 1; version <= 3; version++) {
            double value = 1e9;
            npy_write("x.npy", version, goods[i].header, goods[i].values, goods[i].size);
            amend_status st = read_scalar(&value);
            if (st.code || !(value == goods[i].value)) fail_msg("%s: %g, %s", goods[i].header, value, st.message);
        }
}

static void refuses_the_rest(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        npy_write("x.npy", 1, bads[i].header, bads[i].values, bads[i].size);
        refused(bads[i].part);
    }
    npy_write("x.npy", 4, HEADER("<i8", "()"), "\3\0\0\0\0\0\0\0", 8);
    refused(".npy version 4");
    scratch_write("x.npy", "not NumPy's");
    refused("not a .npy file");
    scratch_write("x.npy", "");
    refused("not a .npy file");
}

/* A file cut off anywhere is refused, and nothing beyond its end is read. */
static void refuses_every_cut(void **state)
{
    (void)state;
    char path[256];
    unsigned char bytes[512];
    size_t size = npy_bytes(bytes, 1, HEADER("<U1", "()"), "7\0\0\0", 4);
    scratch_path("x.npy", path, sizeof path);
    for (size_t n = 0; n < size; n++) {
        assert_int_equal(file_write(path, bytes, n).code, AMEND_OK);
        refused("");
    }
    memset(bytes + 8, 0xff, 2); /* a header longer than the file */
    assert_int_equal(file_write(path, bytes, size).code, AMEND_OK);
    refused("cut off in its header");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_numbers), cmocka_unit_test(refuses_the_rest),
                                       cmocka_unit_test(refuses_every_cut)};
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
