/* Reading a whole pickle, and looking at what it holds. */
#include "weights/pickle.h"

#include <string.h>

#include "base/mem.h"
#include "weights/pickle_machine.h"

enum { MAX_DEPTH = 64 }; /* containers in containers */

/* ---- the result as a tree ---- */

static bool has_items(const pickle_value *v)
{
    return v->kind == PICKLE_LIST || v->kind == PICKLE_TUPLE || v->kind == PICKLE_DICT;
}

/* Depth first, each value once, however many containers share it: `walked` with `deep` 0 means that its inside is being
 * walked now, so meeting it again is a cycle. */
static amend_status measure(const pickle *p, uint32_t index, unsigned level)
{
    pickle_value *v = &p->values[index];
    size_t count = has_items(v) ? v->count : v->kind == PICKLE_STORAGE || v->kind == PICKLE_TENSOR;
    unsigned deepest = 0;
    if (v->walked && !v->deep)
        return status_error(AMEND_BAD_DATA, "%s: a list or dictionary that contains itself", p->name);
    if (!v->walked) {
        v->walked = true;
        for (size_t i = 0; level < MAX_DEPTH && i < count; i++) {
            uint32_t child = has_items(v) ? v->items[i] : v->of;
            TRY(measure(p, child, level + 1));
            if (p->values[child].deep > deepest) deepest = p->values[child].deep;
        }
        v->deep = (uint16_t)(deepest + 1);
    }
    if (level + v->deep > MAX_DEPTH)
        return status_error(AMEND_BAD_DATA, "%s: lists and dictionaries nested deeper than %d", p->name, MAX_DEPTH);
    return status_ok();
}

amend_status pickle_read(const unsigned char *bytes, size_t size, const char *name, pickle *made, size_t *used)
{
    pickle_machine m = {.p = made, .bytes = bytes, .size = size};
    uint32_t index;
    amend_status status = status_ok();
    made->name = name;
    for (int kind = PICKLE_MARK; kind <= PICKLE_BOOL && !status.code; kind++)
        status = pickle_make(&m, (pickle_value){.kind = (pickle_kind)kind}, &index);
    if (!status.code) status = pickle_make(&m, (pickle_value){.kind = PICKLE_BOOL, .integer = 1}, &index);
    if (!status.code) status = pickle_run(&m);
    if (!status.code) status = measure(made, made->root, 0);
    mem_free(m.stack);
    mem_free(m.memo);
    *used = m.at;
    return status;
}

void pickle_free(pickle *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (has_items(&p->values[i])) mem_free(p->values[i].items);
    mem_free(p->values);
    memset(p, 0, sizeof *p);
}

/* ---- looking at it ---- */

const pickle_value *pickle_item(const pickle *p, const pickle_value *container, size_t index)
{
    return &p->values[container->items[index]];
}

bool pickle_is_text(const pickle_value *value, const char *text)
{
    return value->kind == PICKLE_TEXT && value->count == strlen(text) && !memcmp(value->bytes, text, value->count);
}

const pickle_value *pickle_find(const pickle *p, const pickle_value *dictionary, const char *key)
{
    for (size_t i = 0; i + 1 < dictionary->count; i += 2)
        if (pickle_is_text(pickle_item(p, dictionary, i), key)) return pickle_item(p, dictionary, i + 1);
    return NULL;
}

void pickle_print(const unsigned char *bytes, size_t count, char *text, size_t size)
{
    size_t length = count < size - 1 ? count : size - 1;
    for (size_t i = 0; i < length; i++) text[i] = bytes[i] < ' ' || bytes[i] == 127 ? '?' : (char)bytes[i];
    text[length] = '\0';
}
