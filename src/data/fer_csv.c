/* Columns and pixels of FER2013's CSV. Its 250 MB are mostly decimal numbers, so their parser decides the speed. */
#include "data/fer_csv.h"

#include <stdint.h>

amend_status fer_csv_open(const char *path, fer_csv *fer)
{
    amend_status st;
    TRY(csv_open(path, &fer->csv));
    st = csv_column(&fer->csv, "emotion", &fer->emotion);
    if (!st.code) st = csv_column(&fer->csv, "pixels", &fer->pixels);
    if (!st.code) st = csv_column(&fer->csv, "Usage", &fer->usage);
    if (st.code) csv_close(&fer->csv);
    return st;
}

amend_status fer_usage(const csv_file *csv, size_t column, data_split *split)
{
    static const char *const usages[DATA_SPLITS] = {"Training", "PublicTest", "PrivateTest"};
    csv_text text = csv->fields[column];
    for (int i = 0; i < DATA_SPLITS; i++) {
        *split = (data_split)i;
        if (csv_is(text, usages[i])) return status_ok();
    }
    return csv_error(csv, "Usage '%.*s'; write Training, PublicTest or PrivateTest", csv_width(text), text.start);
}

/* One to three digits and a space in the four bytes at `p`, without a branch on how many: returns their count and the
 * value, or 0 when they are anything else. */
static inline unsigned number_and_space(const unsigned char *p, unsigned *value)
{
    const uint32_t ones = 0x01010101u, tops = 0x80808080u;
    uint32_t word = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    uint32_t blank = word ^ (ones * ' ');
    uint32_t found = (blank - ones) & ~blank & tops; /* lowest set bit: top of the first byte that is a space */
    if (!found) return 0;
    unsigned digits = (unsigned)__builtin_ctz(found) / 8;
    if (!digits) return 0;
    unsigned shift = 8 * (4 - digits);
    uint32_t right = (word << shift) ^ ((ones * '0') << shift); /* the last digit's value in the top byte */
    if (((right + ones * 0x76) | right) & tops) return 0;       /* a byte over 9 */
    *value = (right >> 8 & 0xff) * 100 + (right >> 16 & 0xff) * 10 + (right >> 24);
    return digits;
}

/* The plain way, for what the fast way leaves: the last numbers, several spaces, errors. */
static amend_status plain_number(const fer_csv *fer, const unsigned char **p, const unsigned char *end, size_t index,
                                 unsigned *value)
{
    const unsigned char *start = *p, *q = start;
    while (q < end && *q != ' ') q++;
    csv_text text = {(const char *)start, (size_t)(q - start)};
    size_t number = 0;
    if (!csv_number(text, 255, &number))
        return csv_error(&fer->csv, "pixel %zu is '%.*s'; it must be a number from 0 to 255", index + 1,
                         csv_width(text), text.start);
    *value = (unsigned)number;
    *p = q;
    return status_ok();
}

amend_status fer_pixels(const fer_csv *fer, unsigned char *pixels)
{
    csv_text text = fer->csv.fields[fer->pixels];
    const unsigned char *p = (const unsigned char *)text.start, *end = p + text.length;
    size_t count = 0;
    while (p < end) {
        unsigned value = 0, digits = end - p >= 4 ? number_and_space(p, &value) : 0;
        if (digits && value < 256) {
            p += digits + 1;
        } else if (*p == ' ') {
            p++;
            continue;
        } else {
            TRY(plain_number(fer, &p, end, count, &value));
        }
        if (count < FER_PIXELS) pixels[count] = (unsigned char)value;
        count++;
    }
    if (count != FER_PIXELS)
        return csv_error(&fer->csv, "%zu pixels, %d are needed (48 x 48); repair or remove the row", count, FER_PIXELS);
    return status_ok();
}
