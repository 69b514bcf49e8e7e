/* The machine's bytes, stack, containers and memo. */
#include <string.h>

#include "base/mem.h"
#include "weights/pickle_machine.h"

enum {
    MAX_VALUES = 1 << 20, /* of one pickle; a state dictionary of 1000 tensors has about 15,000 */
    MAX_LINE = 256,       /* a module's or class's name, a number in digits */
    FIRST = 64
};

amend_status pickle_wrong(const pickle_machine *m, const char *what)
{
    return status_error(AMEND_BAD_DATA, "%s: pickle, byte %zu: %s", m->p->name, m->opcode, what);
}

/* ---- reading bytes ---- */

amend_status pickle_take(pickle_machine *m, size_t count, const unsigned char **bytes)
{
    if (count > m->size - m->at) return pickle_wrong(m, "cut short");
    *bytes = m->bytes + m->at;
    m->at += count;
    return status_ok();
}

/* A little-endian number of `width` bytes. */
amend_status pickle_take_number(pickle_machine *m, size_t width, uint64_t *number)
{
    const unsigned char *bytes = NULL;
    TRY(pickle_take(m, width, &bytes));
    *number = 0;
    for (size_t i = 0; i < width; i++) *number |= (uint64_t)bytes[i] << 8 * i;
    return status_ok();
}

amend_status pickle_take_line(pickle_machine *m, const unsigned char **line, size_t *length)
{
    size_t rest = m->size - m->at, limit = rest < MAX_LINE ? rest : MAX_LINE;
    const unsigned char *end = limit ? memchr(m->bytes + m->at, '\n', limit) : NULL;
    if (!end) return pickle_wrong(m, rest < MAX_LINE ? "cut short" : "a name or number of more than 256 characters");
    *line = m->bytes + m->at;
    *length = (size_t)(end - *line);
    m->at += *length + 1;
    return status_ok();
}

/* ---- values and the stack ---- */

/* Makes room for one more item behind `count`. */
static amend_status room(void *block, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) return status_ok();
    size_t larger = *capacity ? 2 * *capacity : FIRST;
    TRY(mem_grow(block, count, larger, size, "pickle"));
    *capacity = larger;
    return status_ok();
}

amend_status pickle_push(pickle_machine *m, uint32_t value)
{
    if (m->depth >= MAX_VALUES) return pickle_wrong(m, "more values than amend accepts");
    TRY(room(&m->stack, m->depth, &m->stack_capacity, sizeof *m->stack));
    m->stack[m->depth++] = value;
    return status_ok();
}

amend_status pickle_make(pickle_machine *m, pickle_value value, uint32_t *index)
{
    pickle *p = m->p;
    if (p->count >= MAX_VALUES) return pickle_wrong(m, "more values than amend accepts");
    TRY(room(&p->values, p->count, &p->capacity, sizeof *p->values));
    *index = (uint32_t)p->count;
    p->values[p->count++] = value;
    return status_ok();
}

amend_status pickle_push_new(pickle_machine *m, pickle_value value)
{
    uint32_t index = 0;
    TRY(pickle_make(m, value, &index));
    return pickle_push(m, index);
}

/* A value that is not a mark. */
amend_status pickle_pop(pickle_machine *m, uint32_t *value)
{
    if (!m->depth || m->stack[m->depth - 1] == PICKLE_AT_MARK)
        return pickle_wrong(m, "a value is missing on the stack");
    *value = m->stack[--m->depth];
    return status_ok();
}

/* The value under `above` others. */
amend_status pickle_peek(pickle_machine *m, size_t above, pickle_kind kind, pickle_value **value)
{
    if (m->depth <= above || m->stack[m->depth - 1 - above] == PICKLE_AT_MARK)
        return pickle_wrong(m, "a value is missing on the stack");
    *value = &m->p->values[m->stack[m->depth - 1 - above]];
    if ((*value)->kind != kind) return pickle_wrong(m, "a list or dictionary is expected on the stack");
    return status_ok();
}

/* How many values lie above the last mark. */
amend_status pickle_above_mark(pickle_machine *m, size_t *count)
{
    size_t at = m->depth;
    while (at && m->stack[at - 1] != PICKLE_AT_MARK) at--;
    if (!at) return pickle_wrong(m, "no mark on the stack");
    *count = m->depth - at;
    return status_ok();
}

/* A container's capacity follows from its count. */
static size_t capacity_for(size_t count)
{
    size_t capacity = count ? 4 : 0;
    while (capacity < count) capacity *= 2;
    return capacity;
}

static amend_status append(pickle_value *container, const uint32_t *items, size_t count)
{
    size_t needed = container->count + count;
    if (needed > capacity_for(container->count))
        TRY(mem_grow(&container->items, container->count, capacity_for(needed), sizeof *items, "pickle"));
    if (count) memcpy(container->items + container->count, items, count * sizeof *items);
    container->count = needed;
    return status_ok();
}

static amend_status check_group(const pickle_machine *m, pickle_kind kind, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (i >= m->depth || m->stack[m->depth - 1 - i] == PICKLE_AT_MARK)
            return pickle_wrong(m, "a value is missing on the stack");
    return kind == PICKLE_DICT && count % 2 ? pickle_wrong(m, "a key without value") : status_ok();
}

/* The uppermost values of the stack; NULL for none, as there may be no stack yet. */
static const uint32_t *top_group(const pickle_machine *m, size_t count)
{
    return count ? m->stack + (m->depth - count) : NULL;
}

/* `marked`: 1 when a mark lies below the group and leaves the stack with it. */
static amend_status collect(pickle_machine *m, pickle_kind kind, size_t count, size_t marked)
{
    uint32_t index = 0;
    TRY(check_group(m, kind, count));
    TRY(pickle_make(m, (pickle_value){.kind = kind}, &index));
    TRY(append(&m->p->values[index], top_group(m, count), count));
    m->depth -= count + marked;
    return pickle_push(m, index);
}

static amend_status extend(pickle_machine *m, pickle_kind kind, size_t count, size_t marked)
{
    pickle_value *container = NULL;
    TRY(check_group(m, kind, count));
    TRY(pickle_peek(m, count + marked, kind, &container));
    TRY(append(container, top_group(m, count), count));
    m->depth -= count + marked;
    return status_ok();
}

amend_status pickle_collect(pickle_machine *m, pickle_kind kind, size_t count)
{
    return collect(m, kind, count, 0);
}

amend_status pickle_collect_marked(pickle_machine *m, pickle_kind kind)
{
    size_t count = 0;
    TRY(pickle_above_mark(m, &count));
    return collect(m, kind, count, 1);
}

amend_status pickle_extend(pickle_machine *m, pickle_kind kind, size_t count)
{
    return extend(m, kind, count, 0);
}

amend_status pickle_extend_marked(pickle_machine *m, pickle_kind kind)
{
    size_t count = 0;
    TRY(pickle_above_mark(m, &count));
    return extend(m, kind, count, 1);
}

/* ---- memo ---- */

amend_status pickle_remember(pickle_machine *m, uint64_t index)
{
    if (!m->depth || m->stack[m->depth - 1] == PICKLE_AT_MARK)
        return pickle_wrong(m, "a value is missing on the stack");
    if (index >= MAX_VALUES || index > m->size) return pickle_wrong(m, "a memo index out of range");
    if (index >= m->memo_capacity) {
        size_t larger = m->memo_capacity ? m->memo_capacity : FIRST;
        while (larger <= index) larger *= 2;
        TRY(mem_grow(&m->memo, m->memo_capacity, larger, sizeof *m->memo, "pickle"));
        m->memo_capacity = larger;
    }
    m->memo_count += !m->memo[index];
    m->memo[index] = m->stack[m->depth - 1];
    return status_ok();
}

/* The one copy that an opcode can make of more than it holds: hence counted. */
amend_status pickle_fill(pickle_machine *m, uint32_t dictionary, uint32_t pairs)
{
    const pickle *p = m->p;
    size_t count = p->values[pairs].count;
    if (count > MAX_VALUES - m->filled) return pickle_wrong(m, "more values than amend accepts");
    m->filled += count;
    for (size_t i = 0; i < count; i++)
        TRY(append(&p->values[dictionary], pickle_item(p, &p->values[pairs], i)->items, 2));
    return status_ok();
}

amend_status pickle_recall(pickle_machine *m, size_t width)
{
    uint64_t index = 0;
    TRY(pickle_take_number(m, width, &index));
    if (index >= m->memo_capacity || !m->memo[index]) return pickle_wrong(m, "a memo entry that was never made");
    return pickle_push(m, m->memo[index]);
}
