/* Recipes: lines go through libinih, values are checked against the table of keys. */
#include "base/config.h"

#include <ctype.h>
#include <ini.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

enum {
    FILE_LIMIT = 1 << 20,
    LINE_LIMIT = 190, /* libinih's line buffer, as distributions build it, has 200 bytes */
    NAME_SIZE = 128,
    PIECE = 100,    /* bytes of a quoted text on one line when written */
    MANY_KEYS = 256 /* for which a nearest one is looked for */
};

/* ---- single values ---- */

static void *field_of(void *target, const config_key *key)
{
    return (char *)target + key->offset;
}

/* The shortest decimal number that reads back as `value`. */
static void format_real(double value, char text[32])
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, value);
        if (strtod(text, NULL) == value) return;
    }
}

static amend_status check_range(const config_key *key, const char *value, double number)
{
    char low[32], high[32];
    if (isfinite(number) && number >= key->low && number <= key->high) return status_ok();
    format_real(key->low, low);
    format_real(key->high, high);
    if (key->high > 1.7e308)
        return status_error(AMEND_BAD_DATA, "%s = %s is out of range; it must be at least %s", key->name, value, low);
    return status_error(AMEND_BAD_DATA, "%s = %s is out of range; it must be %s .. %s", key->name, value, low, high);
}

static amend_status set_size(const config_key *key, const char *value, void *field)
{
    size_t number = 0;
    bool fits = true;
    /* By hand: strtoull would take blanks, signs, and turn -1 into a large number. */
    if (!value[0] || value[strspn(value, "0123456789")])
        return status_error(AMEND_BAD_DATA, "%s = %s: a whole number is needed, digits only", key->name, value);
    for (const char *p = value; *p; p++)
        fits = fits && !__builtin_mul_overflow(number, (size_t)10, &number) &&
               !__builtin_add_overflow(number, (size_t)(*p - '0'), &number);
    TRY(check_range(key, value, fits ? (double)number : INFINITY));
    *(size_t *)field = number;
    return status_ok();
}

static amend_status set_real(const config_key *key, const char *value, void *field)
{
    char *end = NULL;
    /* The letters rule out what strtod takes beside decimal numbers: nan, inf, hexadecimal. */
    bool decimal = value[0] && !value[strspn(value, "0123456789+-.eE")];
    double number = strtod(value, &end);
    if (!decimal || *end) return status_error(AMEND_BAD_DATA, "%s = %s: a number is needed", key->name, value);
    TRY(check_range(key, value, number));
    *(double *)field = number;
    return status_ok();
}

static amend_status set_flag(const config_key *key, const char *value, void *field)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(value, words[i])) continue;
        *(bool *)field = i % 2;
        return status_ok();
    }
    return status_error(AMEND_BAD_DATA, "%s = %s: yes or no is needed", key->name, value);
}

static amend_status set_choice(const config_key *key, const char *value, void *field)
{
    char list[256] = "";
    size_t count = 0, used = 0;
    for (; key->choices[count]; count++) {
        if (!strcmp(value, key->choices[count])) {
            *(int *)field = (int)count;
            return status_ok();
        }
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", count ? ", " : "", key->choices[count]);
    }
    const char *nearest = text_nearest(value, key->choices, count);
    if (!nearest) return status_error(AMEND_BAD_DATA, "%s = %s: must be one of %s", key->name, value, list);
    return status_error(AMEND_BAD_DATA, "%s = %s: must be one of %s; did you mean '%s'?", key->name, value, list,
                        nearest);
}

/* ---- texts ---- */

/* The character that the escape at **p, past the backslash, stands for; -1 for none. Moves *p to its last letter. */
static int unescape(const char **p)
{
    static const char from[] = "\"\\nt", to[] = "\"\\\n\t";
    char digits[3] = {0}, *end = NULL;
    const char *at = **p ? strchr(from, **p) : NULL;
    if (at) return to[at - from];
    if (**p != 'x' || !isxdigit((unsigned char)(*p)[1]) || !isxdigit((unsigned char)(*p)[2])) return -1;
    memcpy(digits, *p + 1, 2);
    *p += 2;
    int code = (int)strtol(digits, &end, 16);
    return code ? code : -1; /* a NUL would end the text */
}

/* What the quotes of `value` enclose, in `text` (as long as `value`). */
static amend_status unquote(const config_key *key, const char *value, char *text)
{
    const char *p = value + 1;
    for (; *p && *p != '"'; p++) {
        int c = (unsigned char)*p;
        if (c == '\\') {
            p++;
            c = unescape(&p);
        }
        if (c < 0)
            return status_error(AMEND_BAD_DATA, "%s: after \\ comes one of \" \\ n t or x and two hexadecimal digits",
                                key->name);
        *text++ = (char)c;
    }
    *text = '\0';
    if (*p != '"')
        return status_error(AMEND_BAD_DATA, "%s: the closing quote is missing (a ; in the text is written \\x3b)",
                            key->name);
    if (p[1]) return status_error(AMEND_BAD_DATA, "%s: '%s' stands after the closing quote", key->name, p + 1);
    return status_ok();
}

/* Puts `value` behind the first `kept` bytes of the field. */
static amend_status set_text(const config_key *key, const char *value, size_t kept, void *field)
{
    char *copy = NULL;
    TRY(mem_copy_string(&copy, value));
    amend_status status = value[0] == '"' ? unquote(key, value, copy) : status_ok();
    size_t length = strlen(copy);
    if (!status.code && kept + length >= CONFIG_TEXT_SIZE)
        status = status_error(AMEND_BAD_DATA, "%s: the text has %zu bytes, at most %d fit", key->name, kept + length,
                              CONFIG_TEXT_SIZE - 1);
    if (!status.code) memcpy((char *)field + kept, copy, length + 1);
    mem_free(copy);
    return status;
}

static amend_status set_value(const config_key *key, const char *value, void *target)
{
    void *field = field_of(target, key);
    switch (key->type) {
    case CONFIG_SIZE:
        return set_size(key, value, field);
    case CONFIG_REAL:
        return set_real(key, value, field);
    case CONFIG_FLAG:
        return set_flag(key, value, field);
    case CONFIG_TEXT:
        return set_text(key, value, 0, field);
    case CONFIG_CHOICE:
        return set_choice(key, value, field);
    }
    return status_error(AMEND_INTERNAL, "%s: type %d is not known", key->name, (int)key->type);
}

static amend_status find_key(const config_key *keys, size_t count, const char *name, const config_key **found)
{
    const char *names[MANY_KEYS];
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(keys[i].name, name)) {
            *found = &keys[i];
            return status_ok();
        }
        if (known < MANY_KEYS) names[known++] = keys[i].name;
    }
    const char *nearest = text_nearest(name, names, known);
    if (!nearest) return status_error(AMEND_BAD_DATA, "no key '%s'", name);
    return status_error(AMEND_BAD_DATA, "no key '%s'; did you mean '%s'?", name, nearest);
}

/* ---- reading ---- */

typedef struct reading {
    const config_key *keys;
    size_t count;
    void *target;
    const char *next;            /* the rest of the file */
    size_t line;                 /* of the line last handed over, from 1 */
    size_t *given_in;            /* for each key: the line that gave it, 0 for none */
    const config_key *open_text; /* a text that a line beginning with a quote would continue */
    bool continues;              /* the line last handed over is such a one */
    amend_status status;         /* the first failure */
} reading;

/* Length without a comment behind the value: # or ; after a blank, outside quotes. */
static size_t without_comment(const char *line, size_t length)
{
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        bool first = !i || isspace((unsigned char)line[i - 1]);
        if (quoted && line[i] == '\\')
            i++;
        else if (line[i] == '"')
            quoted = !quoted && (first || line[i - 1] == '=' || line[i - 1] == ':');
        else if (!quoted && first && (line[i] == '#' || line[i] == ';'))
            return i;
    }
    return length;
}

/* libinih's fgets: one line at a time, so that its line numbers and ours agree. Indented keys are pushed to the left,
 * as libinih would take them to continue the value above; only a line that begins with a quote does that here. */
static char *read_line(char *buffer, int size, void *stream)
{
    reading *r = stream;
    if (!*r->next || r->status.code) return NULL;
    const char *line = r->next;
    size_t length = strcspn(line, "\n");
    r->next += length + (line[length] == '\n');
    r->line++;
    for (; length && isspace((unsigned char)*line); length--) line++;
    length = without_comment(line, length);
    if (length > LINE_LIMIT || length + 3 > (size_t)size) {
        r->status = status_error(AMEND_BAD_DATA,
                                 "the line has more than %d bytes; a long text can be written in quotes "
                                 "and continued on the next line, in quotes again",
                                 LINE_LIMIT);
        return NULL;
    }
    if (*line == '[') r->open_text = NULL;
    r->continues = length && *line == '"';
    snprintf(buffer, (size_t)size, "%s%.*s\n", r->continues ? " " : "", (int)length, line);
    return buffer;
}

static amend_status continue_text(reading *r, const char *value)
{
    if (!r->open_text)
        return status_error(AMEND_BAD_DATA,
                            "a quoted text stands here, but no quoted text above that it could continue");
    char *field = field_of(r->target, r->open_text);
    return set_text(r->open_text, value, strlen(field), field);
}

static amend_status take(reading *r, const char *section, const char *key_name, const char *value)
{
    char name[NAME_SIZE];
    const config_key *key = NULL;
    if (r->continues) return continue_text(r, value);
    snprintf(name, sizeof name, "%s%s%s", section, section[0] ? "." : "", key_name);
    TRY(find_key(r->keys, r->count, name, &key));
    size_t *given_in = &r->given_in[key - r->keys];
    if (*given_in)
        return status_error(AMEND_BAD_DATA, "key '%s' was given in line %zu already; keep one", name, *given_in);
    *given_in = r->line;
    r->open_text = key->type == CONFIG_TEXT && value[0] == '"' ? key : NULL;
    return set_value(key, value, r->target);
}

/* Called by libinih for each value. Always content: failures are kept in the reading, with better words. */
static int on_value(void *user, const char *section, const char *name, const char *value
#if INI_HANDLER_LINENO
                    ,
                    int line
#endif
)
{
    reading *r = user;
#if INI_HANDLER_LINENO
    (void)line;
#endif
    if (!r->status.code) r->status = take(r, section, name, value);
    return 1;
}

static amend_status read_all(reading *r, const char *path)
{
    int first_bad = ini_parse_stream(read_line, r, on_value, r);
    if (first_bad < 0) return status_error(AMEND_NO_MEMORY, "%s: out of memory", path);
    if (first_bad && (!r->status.code || (size_t)first_bad < r->line)) {
        r->line = (size_t)first_bad;
        r->status = status_error(AMEND_BAD_DATA, "neither [section] nor key = value");
    }
    return status_prefix(r->status, "%s:%zu", path, r->line);
}

amend_status config_load(const char *path, const config_key *keys, size_t count, void *target)
{
    reading r = {keys, count, target, NULL, 0, NULL, NULL, false, status_ok()};
    unsigned char *bytes = NULL;
    size_t size = 0;
    TRY(file_read(path, FILE_LIMIT, &bytes, &size));
    amend_status status = mem_alloc(&r.given_in, count, sizeof *r.given_in, path);
    if (!status.code && memchr(bytes, '\0', size))
        status = status_error(AMEND_BAD_DATA, "%s: not a text file (it holds a zero byte)", path);
    r.next = (const char *)bytes;
    if (!strncmp(r.next, "\xef\xbb\xbf", 3)) r.next += 3; /* byte order mark */
    if (!status.code) status = read_all(&r, path);
    mem_free(r.given_in);
    mem_free(bytes);
    return status;
}

/* [begin, end) without blanks around, in new memory. */
static amend_status copy_trimmed(const char *begin, const char *end, char **copy)
{
    while (begin < end && isspace((unsigned char)*begin)) begin++;
    while (begin < end && isspace((unsigned char)end[-1])) end--;
    TRY(mem_alloc(copy, (size_t)(end - begin) + 1, 1, "setting"));
    memcpy(*copy, begin, (size_t)(end - begin));
    return status_ok();
}

amend_status config_set(const config_key *keys, size_t count, void *target, const char *assignment)
{
    const config_key *key = NULL;
    char *name = NULL, *value = NULL;
    const char *equals = strchr(assignment, '=');
    if (!equals) return status_error(AMEND_BAD_ARGUMENT, "'%s': section.key=value is needed", assignment);
    amend_status status = copy_trimmed(assignment, equals, &name);
    if (!status.code) status = copy_trimmed(equals + 1, equals + strlen(equals), &value);
    if (!status.code) status = find_key(keys, count, name, &key);
    if (!status.code) status = set_value(key, value, target);
    if (status.code == AMEND_BAD_DATA) status.code = AMEND_BAD_ARGUMENT; /* no file is to blame */
    mem_free(name);
    mem_free(value);
    return status;
}

/* ---- writing ---- */

static void write_help(FILE *stream, const config_key *key)
{
    char low[32], high[32];
    for (const char *line = key->help; line && *line;) {
        size_t length = strcspn(line, "\n");
        fprintf(stream, "# %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
    if (key->type == CONFIG_SIZE || key->type == CONFIG_REAL) {
        format_real(key->low, low);
        format_real(key->high, high);
        if (key->high > 1.7e308)
            fprintf(stream, "# at least %s\n", low);
        else
            fprintf(stream, "# %s .. %s\n", low, high);
    }
    if (key->type != CONFIG_CHOICE) return;
    for (size_t i = 0; key->choices[i]; i++) fprintf(stream, "%s%s", i ? ", " : "# ", key->choices[i]);
    fputc('\n', stream);
}

/* Whether the text can stand on its line without quotes. */
static bool is_plain(const char *text)
{
    size_t length = strlen(text);
    if (length > PIECE || text[0] == '"' || text[0] == ' ' || (length && text[length - 1] == ' ')) return false;
    for (; *text; text++)
        if ((unsigned char)*text < 32 || *text == 127 || *text == ';' || *text == '#') return false;
    return true;
}

static void write_text(FILE *stream, const char *text)
{
    size_t used = 0;
    if (is_plain(text)) {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        /* A new piece begins with a character, not inside one. A text that is not UTF-8 is broken anywhere. */
        if (used >= PIECE && ((c & 0xc0) != 0x80 || used >= PIECE + 4)) {
            fputs("\"\n    \"", stream);
            used = 0;
        }
        if (c == '"' || c == '\\')
            used += (size_t)fprintf(stream, "\\%c", c);
        else if (c < 32 || c == 127 || c == ';')
            used += (size_t)fprintf(stream, "\\x%02x", c);
        else
            used += fputc(c, stream) != EOF;
    }
    fputc('"', stream);
}

static void write_value(FILE *stream, const config_key *key, const void *target)
{
    char number[32];
    const void *field = (const char *)target + key->offset;
    switch (key->type) {
    case CONFIG_SIZE:
        fprintf(stream, "%zu", *(const size_t *)field);
        break;
    case CONFIG_REAL:
        format_real(*(const double *)field, number);
        fputs(number, stream);
        break;
    case CONFIG_FLAG:
        fputs(*(const bool *)field ? "yes" : "no", stream);
        break;
    case CONFIG_TEXT:
        write_text(stream, field);
        break;
    case CONFIG_CHOICE:
        fputs(key->choices[*(const int *)field], stream);
        break;
    }
}

void config_write(FILE *stream, const config_key *keys, size_t count, const void *target)
{
    const char *section = "";
    size_t section_length = 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = keys[i].name, *dot = strchr(name, '.');
        size_t length = dot ? (size_t)(dot - name) : 0;
        if (length != section_length || strncmp(section, name, length)) {
            fprintf(stream, "%s[%.*s]\n", i ? "\n" : "", (int)length, name);
            section = name;
            section_length = length;
        }
        write_help(stream, &keys[i]);
        fprintf(stream, "%s = ", dot ? dot + 1 : name);
        write_value(stream, &keys[i], target);
        fputc('\n', stream);
    }
}
