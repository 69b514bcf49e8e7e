/* NumPy's format (numpy.lib.format): "\x93NUMPY", version, length of the header, the header as a Python dictionary with
 * descr, fortran_order and shape, then the values. */
#include "data/npy.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

enum { FILE_MAX = 1 << 16, NAME_SIZE = 16, TEXT_MAX = 15 }; /* characters of a number as text */

typedef struct npy_cursor { /* in the header */
    const unsigned char *at, *end;
} npy_cursor;

typedef struct npy_header {
    char descr[NAME_SIZE]; /* "<i8", "<U1" ...; "" while not found */
    bool shaped, one;      /* shape found; it holds one value */
} npy_header;

static void skip_blanks(npy_cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n')) c->at++;
}

static bool take(npy_cursor *c, char wanted)
{
    skip_blanks(c);
    if (c->at == c->end || *c->at != (unsigned char)wanted) return false;
    c->at++;
    return true;
}

static bool take_word(npy_cursor *c, const char *word)
{
    size_t length = strlen(word);
    skip_blanks(c);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length)) return false;
    c->at += length;
    return true;
}

/* 'text', shorter than NAME_SIZE. */
static bool take_string(npy_cursor *c, char text[NAME_SIZE])
{
    size_t length = 0;
    char quote = take(c, '\'') ? '\'' : '"';
    if (quote == '"' && !take(c, '"')) return false;
    while (c->at < c->end && *c->at != (unsigned char)quote && length < NAME_SIZE - 1) text[length++] = (char)*c->at++;
    text[length] = '\0';
    return take(c, quote);
}

/* "()", "(1,)", "(3, 4)": whether it is well formed; *one: whether it holds one value. */
static bool take_shape(npy_cursor *c, bool *one)
{
    *one = true;
    if (!take(c, '(')) return false;
    while (!take(c, ')')) {
        const unsigned char *digits = c->at;
        while (c->at < c->end && *c->at >= '0' && *c->at <= '9') c->at++;
        if (c->at == digits) return false;
        if (c->at - digits != 1 || *digits != '1') *one = false;
        take(c, ',');
        skip_blanks(c);
    }
    return true;
}

static bool take_entry(npy_cursor *c, npy_header *header)
{
    char key[NAME_SIZE];
    if (!take_string(c, key) || !take(c, ':')) return false;
    if (!strcmp(key, "descr")) return take_string(c, header->descr);
    if (!strcmp(key, "fortran_order")) return take_word(c, "False") || take_word(c, "True");
    header->shaped = !strcmp(key, "shape");
    return header->shaped && take_shape(c, &header->one);
}

static bool parse_header(npy_cursor c, npy_header *header)
{
    if (!take(&c, '{')) return false;
    while (!take(&c, '}')) {
        if (!take_entry(&c, header)) return false;
        take(&c, ',');
    }
    return header->descr[0] && header->shaped;
}

static uint64_t read_bytes(const unsigned char *bytes, size_t count, bool big)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++) value = value << 8 | bytes[big ? i : count - 1 - i];
    return value;
}

static bool read_integer(const unsigned char *bytes, size_t size, bool big, bool is_signed, double *value)
{
    uint64_t bits = read_bytes(bytes, size, big);
    if (size != 1 && size != 2 && size != 4 && size != 8) return false;
    bool negative = is_signed && bits >> (8 * size - 1);
    if (negative && size < 8) bits |= ~(uint64_t)0 << 8 * size;
    *value = negative ? -(double)(~bits + 1) : (double)bits;
    return true;
}

static bool read_float(const unsigned char *bytes, size_t size, bool big, double *value)
{
    uint64_t bits = read_bytes(bytes, size, big);
    uint32_t half = (uint32_t)bits;
    float single;
    if (size == 8) memcpy(value, &bits, 8);
    if (size == 4) {
        memcpy(&single, &half, 4);
        *value = (double)single;
    }
    return size == 4 || size == 8;
}

/* Code points of four bytes, filled up with zeros: digits, after a minus or not. */
static bool read_text(const unsigned char *bytes, size_t length, bool big, double *value)
{
    char text[TEXT_MAX + 1] = "";
    size_t count = 0;
    for (; count < length; count++) {
        uint64_t point = read_bytes(bytes + 4 * count, 4, big);
        if (!point) break;
        if ((point < '0' || point > '9') && (point != '-' || count)) return false;
        text[count] = (char)point;
    }
    if (!count || !strcmp(text, "-")) return false;
    *value = strtod(text, NULL);
    return true;
}

typedef struct npy_type {
    bool big;
    char kind;     /* 'i', 'u', 'f', 'U' */
    size_t length; /* of a value: bytes, characters for 'U' */
    size_t bytes;
} npy_type;

static bool parse_type(const char *descr, npy_type *type)
{
    char *end;
    if (!strchr("<>|=", descr[0]) || !descr[1] || !strchr("iufU", descr[1])) return false;
    *type = (npy_type){.big = descr[0] == '>', .kind = descr[1], .length = strtoul(descr + 2, &end, 10)};
    if (end == descr + 2 || *end || !type->length || type->length > TEXT_MAX) return false;
    type->bytes = type->kind == 'U' ? 4 * type->length : type->length;
    return true;
}

static bool read_value(const unsigned char *bytes, const npy_type *type, double *value)
{
    if (type->kind == 'U') return read_text(bytes, type->length, type->big, value);
    if (type->length > 8) return false;
    if (type->kind == 'f') return read_float(bytes, type->length, type->big, value);
    return read_integer(bytes, type->length, type->big, type->kind == 'i', value);
}

/* Where header and values are. */
static amend_status split_file(const char *path, const unsigned char *bytes, size_t size, npy_cursor *header)
{
    static const unsigned char magic[] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
    if (size < sizeof magic || memcmp(bytes, magic, sizeof magic))
        return status_error(AMEND_BAD_DATA, "%s: not a .npy file; copy it again", path);
    unsigned version = size > 6 ? bytes[6] : 1;
    size_t field = version == 1 ? 2 : 4, start = 8 + field;
    if (version < 1 || version > 3)
        return status_error(AMEND_BAD_DATA, "%s: .npy version %u; 1 to 3 can be read", path, version);
    if (size < start || read_bytes(bytes + 8, field, false) > size - start)
        return status_error(AMEND_BAD_DATA, "%s: the file is cut off in its header; copy it again", path);
    *header = (npy_cursor){bytes + start, bytes + start + read_bytes(bytes + 8, field, false)};
    return status_ok();
}

static amend_status parse(const char *path, const unsigned char *bytes, size_t size, double *value)
{
    npy_cursor text;
    npy_header header = {0};
    npy_type type;
    TRY(split_file(path, bytes, size, &text));
    size_t left = size - (size_t)(text.end - bytes);
    if (!parse_header(text, &header))
        return status_error(AMEND_BAD_DATA, "%s: its header is not that of one number; save a plain number", path);
    if (strchr(header.descr, 'O'))
        return status_error(AMEND_BAD_DATA, "%s: holds a pickled Python object; save a plain number", path);
    if (!header.one) return status_error(AMEND_BAD_DATA, "%s: holds an array, not one number; save a number", path);
    if (!parse_type(header.descr, &type))
        return status_error(AMEND_BAD_DATA, "%s: type '%s'; integers, floats and text of digits can be read", path,
                            header.descr);
    if (left != type.bytes)
        return status_error(AMEND_BAD_DATA, "%s: %zu bytes of values where '%s' has %zu; copy it again", path, left,
                            header.descr, type.bytes);
    if (read_value(text.end, &type, value)) return status_ok();
    return status_error(AMEND_BAD_DATA, "%s: its value of type '%s' is not a number; save a number", path,
                        header.descr);
}

amend_status npy_scalar(const char *path, double *value)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    TRY(file_read(path, FILE_MAX, &bytes, &size));
    amend_status st = parse(path, bytes, size, value);
    mem_free(bytes);
    return st;
}
