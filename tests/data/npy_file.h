/* .npy files as np.save writes them. */
#ifndef TESTS_DATA_NPY_FILE_H
#define TESTS_DATA_NPY_FILE_H

#include "scratch.h"

/* Version 1 as NumPy writes it: the header is filled up with blanks to a multiple of 64 bytes. Returns the size. */
static inline size_t npy_bytes(unsigned char *bytes, int version, const char *header, const void *values, size_t size)
{
    size_t start = version == 1 ? 10 : 12, length = (start + strlen(header) + 1 + 63) / 64 * 64 - start;
    memcpy(bytes, "\x93NUMPY", 6);
    bytes[6] = (unsigned char)version;
    bytes[7] = bytes[10] = bytes[11] = 0;
    bytes[8] = (unsigned char)length;
    bytes[9] = (unsigned char)(length >> 8);
    memset(bytes + start, ' ', length);
    memcpy(bytes + start, header, strlen(header));
    bytes[start + length - 1] = '\n';
    memcpy(bytes + start + length, values, size);
    return start + length + size;
}

static inline void npy_write(const char *name, int version, const char *header, const void *values, size_t size)
{
    unsigned char bytes[512];
    char path[256];
    scratch_path(name, path, sizeof path);
    assert_int_equal(file_write(path, bytes, npy_bytes(bytes, version, header, values, size)).code, AMEND_OK);
}

/* As the release has its labels: text of one character. */
static inline void npy_digit(const char *name, char digit)
{
    const char text[4] = {digit};
    npy_write(name, 1, "{'descr': '<U1', 'fortran_order': False, 'shape': (), }", text, sizeof text);
}

#endif
