/* Settings, over libinih. */
#include "base/config.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"

enum { FILE_LIMIT = 1 << 20, NAME_SIZE = 128, CHOICES_SIZE = 256 };

const char *config_variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* ---- one value ---- */

static bool parse_size(const config_key *key, const char *text, size_t *value)
{
    char *end;
    if (!isdigit((unsigned char)*text)) return false; /* strtoull would take "-1" */
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (errno || *end || number > SIZE_MAX) return false;
    *value = (size_t)number;
    return (double)number >= key->low && (double)number <= key->high;
}

static bool parse_real(const config_key *key, const char *text, double *value)
{
    char *end;
    *value = number_read(text, &end);
    return end != text && !*end && *value >= key->low && *value <= key->high; /* NaN fails both */
}

static bool parse_choice(const config_key *key, const char *text, int *value)
{
    for (*value = 0; key->choices[*value]; ++*value)
        if (!strcmp(text, key->choices[*value])) return true;
    return false;
}

/* What stands in a file as it is, and in the line of 200 characters that libinih reads. */
static bool parse_text(const config_key *key, const char *text, char *value)
{
    size_t length = strlen(text);
    if (length >= (size_t)key->high || strchr(text, ';')) return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 127) return false;
    if (length && (text[0] == ' ' || text[length - 1] == ' ')) return false;
    memcpy(value, text, length + 1);
    return true;
}

static void print_choices(const config_key *key, char text[CHOICES_SIZE])
{
    size_t used = 0;
    for (size_t i = 0; key->choices[i] && used < CHOICES_SIZE; i++)
        used += (size_t)snprintf(text + used, CHOICES_SIZE - used, i ? ", %s" : "%s", key->choices[i]);
}

static amend_status refuse(const config_key *key, const char *text)
{
    char choices[CHOICES_SIZE] = "true, false";
    if (key->kind == CONFIG_CHOICE) print_choices(key, choices);
    if (key->kind == CONFIG_CHOICE || key->kind == CONFIG_FLAG)
        return status_error(AMEND_BAD_ARGUMENT, "%s is '%.80s', needed is one of: %s (%s)", key->name, text, choices,
                            key->help);
    if (key->kind == CONFIG_TEXT)
        return status_error(AMEND_BAD_ARGUMENT,
                            "%s is '%.80s', needed is a text of at most %d characters, without semicolons, control "
                            "characters and blanks at its ends (%s)",
                            key->name, text, (int)key->high - 1, key->help);
    return status_error(AMEND_BAD_ARGUMENT, "%s is '%.80s', needed is a %snumber from %.15g to %.15g (%s)", key->name,
                        text, key->kind == CONFIG_SIZE ? "whole " : "", key->low, key->high, key->help);
}

static amend_status set_value(const config_key *key, const char *text, void *target)
{
    void *place = (char *)target + key->offset;
    size_t size;
    double real;
    int choice;
    if (key->kind == CONFIG_SIZE && parse_size(key, text, &size))
        *(size_t *)place = size;
    else if (key->kind == CONFIG_REAL && parse_real(key, text, &real))
        *(double *)place = real;
    else if (key->kind == CONFIG_CHOICE && parse_choice(key, text, &choice))
        *(int *)place = choice;
    else if (key->kind == CONFIG_FLAG && (!strcmp(text, "true") || !strcmp(text, "false")))
        *(bool *)place = *text == 't';
    else if (key->kind != CONFIG_TEXT || !parse_text(key, text, place))
        return refuse(key, text);
    return status_ok();
}

/* ---- keys ---- */

static amend_status refuse_unknown(const config_key *keys, size_t count, const char *name)
{
    const char **names = NULL;
    TRY(mem_alloc(&names, count, sizeof *names, "names of the keys"));
    for (size_t i = 0; i < count; i++) names[i] = keys[i].name;
    const char *nearest = text_nearest(name, names, count);
    mem_free(names);
    if (nearest) return status_error(AMEND_BAD_ARGUMENT, "no key '%s'; did you mean '%s'?", name, nearest);
    return status_error(AMEND_BAD_ARGUMENT, "no key '%s'", name);
}

static amend_status find_key(const config_key *keys, size_t count, const char *name, size_t *index)
{
    for (*index = 0; *index < count; ++*index)
        if (!strcmp(keys[*index].name, name)) return status_ok();
    return refuse_unknown(keys, count, name);
}

amend_status config_set(const config_key *keys, size_t count, void *target, const char *assignment)
{
    char name[NAME_SIZE];
    size_t index, length = strcspn(assignment, "=");
    if (!assignment[length])
        return status_error(AMEND_BAD_ARGUMENT, "'%.80s' is not of the form section.key=value", assignment);
    snprintf(name, sizeof name, "%.*s", (int)(length < NAME_SIZE ? length : NAME_SIZE), assignment);
    TRY(find_key(keys, count, name, &index));
    return set_value(&keys[index], assignment + length + 1, target);
}

/* ---- a file ---- */

typedef struct load_state {
    const config_key *keys;
    size_t count;
    void *target;
    const config_section *other; /* or NULL */
    bool *seen;                  /* per key */
    const char *at;              /* next line of the text */
    int line;                    /* of the line before `at`, from 1 */
    int too_long;                /* first line that libinih would cut; 0: none */
    size_t longest;              /* line that it takes whole */
    int error_line;              /* of `status`; 0: none */
    amend_status status;
} load_state;

/* A line for libinih, which counts no lines for its handler. Leading blanks are dropped: to libinih an indented line
 * goes on with the value of the line before. */
static char *read_line(char *line, int size, void *stream)
{
    load_state *s = stream;
    if (!*s->at) return NULL;
    size_t length = strcspn(s->at, "\n"), skip = strspn(s->at, " \t");
    size_t kept = skip < length ? length - skip : 0;
    s->line++;
    s->longest = (size_t)size - 2;
    if (kept > s->longest) {
        if (!s->too_long && !strchr(";#", s->at[skip])) s->too_long = s->line; /* of a comment nothing is lost */
        kept = s->longest;
    }
    memcpy(line, s->at + skip, kept);
    memcpy(line + kept, "\n", 2);
    s->at += length + (s->at[length] == '\n');
    return line;
}

static amend_status set_once(load_state *s, const char *section, const char *key, const char *value)
{
    char name[NAME_SIZE];
    size_t index;
    snprintf(name, sizeof name, "%s%s%s", section, *section ? "." : "", key);
    TRY(find_key(s->keys, s->count, name, &index));
    if (s->seen[index]) return status_error(AMEND_BAD_ARGUMENT, "%s is given a second time; remove one", name);
    s->seen[index] = true;
    return set_value(&s->keys[index], value, s->target);
}

static int on_pair(void *user, const char *section, const char *key, const char *value)
{
    load_state *s = user;
    if (s->error_line) return 1; /* the first error is the one to tell */
    s->status = s->other && !strcmp(section, s->other->name) ? s->other->set(s->other->user, key, value)
                                                             : set_once(s, section, key, value);
    if (s->status.code) s->error_line = s->line;
    return !s->error_line;
}

static amend_status load_text(const char *path, const char *text, load_state *s)
{
    s->at = text;
    int bad = ini_parse_stream(read_line, s, on_pair, s);
    if (s->too_long)
        return status_error(
            AMEND_BAD_DATA,
            "%s:%d: the line has more than %zu bytes; shorten it, or put its comment on a line of its own", path,
            s->too_long, s->longest);
    if (bad < 0) return status_error(AMEND_NO_MEMORY, "%s: out of memory", path);
    if (bad && bad != s->error_line)
        return status_error(AMEND_BAD_DATA, "%s:%d: neither [section], nor key = value, nor comment", path, bad);
    if (s->status.code == AMEND_BAD_ARGUMENT) s->status.code = AMEND_BAD_DATA;
    return status_prefix(s->status, "%s:%d", path, s->error_line);
}

amend_status config_load(const char *path, const config_key *keys, size_t count, void *target)
{
    return config_load_with(path, keys, count, target, NULL);
}

amend_status config_load_with(const char *path, const config_key *keys, size_t count, void *target,
                              const config_section *other)
{
    load_state state = {.keys = keys, .count = count, .target = target, .other = other, .status = status_ok()};
    unsigned char *text = NULL;
    size_t size = 0;
    TRY(file_read(path, FILE_LIMIT, &text, &size));
    amend_status status = mem_alloc(&state.seen, count, sizeof *state.seen, path);
    if (!status.code && memchr(text, '\0', size)) status = status_error(AMEND_BAD_DATA, "%s: not a text file", path);
    if (!status.code) status = load_text(path, (const char *)text, &state);
    mem_free(state.seen);
    mem_free(text);
    return status;
}

/* ---- writing ---- */

/* As few digits as give the same number again. */
static void write_real(FILE *stream, double value)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        number_print(text, sizeof text, "%.*g", digits, value);
        if (number_read(text, NULL) == value) break;
    }
    fputs(text, stream);
}

static void write_value(FILE *stream, const config_key *key, const void *place)
{
    switch (key->kind) {
    case CONFIG_SIZE:
        fprintf(stream, "%zu", *(const size_t *)place);
        break;
    case CONFIG_REAL:
        write_real(stream, *(const double *)place);
        break;
    case CONFIG_FLAG:
        fputs(*(const bool *)place ? "true" : "false", stream);
        break;
    case CONFIG_CHOICE:
        fputs(key->choices[*(const int *)place], stream);
        break;
    case CONFIG_TEXT:
        fputs(place, stream);
        break;
    }
}

void config_write(FILE *stream, const config_key *keys, size_t count, const void *target)
{
    const char *section = "";
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = keys[i].name;
        size_t dot = strcspn(name, ".");
        if (dot != length || strncmp(name, section, dot)) {
            fprintf(stream, "%s[%.*s]\n", i ? "\n" : "", (int)dot, name);
            section = name;
            length = dot;
        }
        if (keys[i].kind == CONFIG_TEXT) fprintf(stream, "; %s\n", keys[i].help); /* the line may be full */
        fprintf(stream, "%s = ", name + dot + 1);
        write_value(stream, &keys[i], (const char *)target + keys[i].offset);
        if (keys[i].kind == CONFIG_TEXT)
            fputs("\n", stream);
        else
            fprintf(stream, " ; %s\n", keys[i].help);
    }
}

static bool same_value(const config_key *key, const void *a, const void *b)
{
    static const size_t sizes[] = {[CONFIG_SIZE] = sizeof(size_t),
                                   [CONFIG_REAL] = sizeof(double),
                                   [CONFIG_FLAG] = sizeof(bool),
                                   [CONFIG_CHOICE] = sizeof(int)};
    if (key->kind == CONFIG_TEXT) return !strcmp((const char *)a + key->offset, (const char *)b + key->offset);
    return !memcmp((const char *)a + key->offset, (const char *)b + key->offset, sizes[key->kind]);
}

void config_write_changes(FILE *stream, const config_key *keys, size_t count, const void *target, const void *defaults)
{
    for (size_t i = 0; i < count; i++) {
        if (same_value(&keys[i], target, defaults)) continue;
        fprintf(stream, "%s = ", keys[i].name);
        write_value(stream, &keys[i], (const char *)target + keys[i].offset);
        fputc('\n', stream);
    }
}
