/* What the opcodes of a pickle do here, without doors to Python. */
#include "weights/pickle_machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "weights/pickle_globals.h"

/* ---- opcodes with a value in them ---- */

static amend_status push_bytes(pickle_machine *m, size_t width, pickle_kind kind)
{
    uint64_t length;
    pickle_value value = {.kind = kind};
    TRY(pickle_take_number(m, width, &length));
    if (length > m->size) return pickle_wrong(m, "cut short");
    value.count = (size_t)length;
    TRY(pickle_take(m, value.count, &value.bytes));
    return pickle_push_new(m, value);
}

static amend_status push_int(pickle_machine *m, int64_t integer)
{
    return pickle_push_new(m, (pickle_value){.kind = PICKLE_INT, .integer = integer});
}

/* `width` bytes of an unsigned number. */
static amend_status push_number(pickle_machine *m, size_t width)
{
    uint64_t number;
    TRY(pickle_take_number(m, width, &number));
    return push_int(m, (int64_t)number);
}

static amend_status push_int32(pickle_machine *m)
{
    uint64_t number;
    TRY(pickle_take_number(m, 4, &number));
    return push_int(m, (int32_t)(uint32_t)number);
}

/* A signed number of any length, whose length takes `width` bytes. */
static amend_status push_long(pickle_machine *m, size_t width)
{
    uint64_t length, number = 0;
    const unsigned char *bytes;
    TRY(pickle_take_number(m, width, &length));
    if (length > m->size) return pickle_wrong(m, "cut short");
    TRY(pickle_take(m, (size_t)length, &bytes));
    if (length > 8)
        return pickle_push_new(m, (pickle_value){.kind = PICKLE_BIG_INT, .count = (size_t)length, .bytes = bytes});
    if (length && bytes[length - 1] & 0x80) number = UINT64_MAX;
    for (size_t i = 0; i < length; i++) number = (number & ~((uint64_t)255 << 8 * i)) | (uint64_t)bytes[i] << 8 * i;
    return push_int(m, (int64_t)number);
}

/* A line of digits, as Python 2 writes integers of more than 32 bits in every protocol. I00 and I01 are false and true;
 * the L that older protocols put behind long integers is `suffix`. */
static amend_status push_digits(pickle_machine *m, char suffix)
{
    const unsigned char *line;
    size_t length;
    char *end;
    TRY(pickle_take_line(m, &line, &length));
    if (!suffix && length == 2 && line[0] == '0' && (line[1] == '0' || line[1] == '1'))
        return pickle_push(m, line[1] == '1' ? PICKLE_AT_TRUE : PICKLE_AT_FALSE);
    if (suffix && length && line[length - 1] == suffix) length--;
    bool begins =
        length && (*line == '-' || (*line >= '0' && *line <= '9')); /* blanks lead strtoll over the line's end */
    errno = 0;
    long long number = begins ? strtoll((const char *)line, &end, 10) : 0;
    if (!begins || errno || end != (const char *)line + length) return pickle_wrong(m, "not an integer of 64 bits");
    return push_int(m, number);
}

static amend_status push_real(pickle_machine *m)
{
    pickle_value value = {.kind = PICKLE_REAL};
    const unsigned char *bytes;
    uint64_t bits = 0;
    TRY(pickle_take(m, 8, &bytes));
    for (size_t i = 0; i < 8; i++) bits = bits << 8 | bytes[i]; /* the one big-endian number of the format */
    memcpy(&value.real, &bits, sizeof bits);
    return pickle_push_new(m, value);
}

static amend_status remember_at(pickle_machine *m, size_t width)
{
    uint64_t index;
    TRY(pickle_take_number(m, width, &index));
    return pickle_remember(m, index);
}

/* ---- what Python would look up and call ---- */

static amend_status push_global(pickle_machine *m, const unsigned char *module, size_t module_length,
                                const unsigned char *name, size_t name_length)
{
    int found = pickle_global_find(module, module_length, name, name_length);
    if (found < 0) {
        char shown_module[100], shown[100];
        pickle_print(module, module_length, shown_module, sizeof shown_module);
        pickle_print(name, name_length, shown, sizeof shown);
        return status_error(AMEND_UNSUPPORTED,
                            "%s: needs Python's '%s.%s', which amend refuses: only tensors, numbers, text and lists of "
                            "them are read from a file; save model.state_dict() alone",
                            m->p->name, shown_module, shown);
    }
    return pickle_push_new(m, (pickle_value){.kind = PICKLE_GLOBAL, .integer = found});
}

static amend_status push_named_global(pickle_machine *m)
{
    const unsigned char *module, *name;
    size_t module_length, name_length;
    TRY(pickle_take_line(m, &module, &module_length));
    TRY(pickle_take_line(m, &name, &name_length));
    return push_global(m, module, module_length, name, name_length);
}

static amend_status push_stack_global(pickle_machine *m)
{
    uint32_t module, name;
    TRY(pickle_pop(m, &name));
    TRY(pickle_pop(m, &module));
    const pickle_value *a = &m->p->values[module], *b = &m->p->values[name];
    if (a->kind != PICKLE_TEXT || b->kind != PICKLE_TEXT) return pickle_wrong(m, "a name that is not text");
    return push_global(m, a->bytes, a->count, b->bytes, b->count);
}

static amend_status call(pickle_machine *m)
{
    uint32_t arguments, function, made;
    pickle_call c;
    TRY(pickle_pop(m, &arguments));
    TRY(pickle_pop(m, &function));
    if (m->p->values[function].kind != PICKLE_GLOBAL || m->p->values[arguments].kind != PICKLE_TUPLE)
        return pickle_wrong(m, "a call of something that is not a function");
    if (!pickle_global_call(m->p, &m->p->values[function], arguments, &c)) return pickle_wrong(m, c.problem);
    if (c.same) return pickle_push(m, c.same);
    TRY(pickle_make(m, c.result, &made));
    if (c.pairs) TRY(pickle_fill(m, made, c.pairs));
    return pickle_push(m, made);
}

static amend_status push_storage(pickle_machine *m)
{
    uint32_t id;
    const char *problem;
    TRY(pickle_pop(m, &id));
    if (!pickle_is_storage(m->p, &m->p->values[id], &problem)) return pickle_wrong(m, problem);
    return pickle_push_new(m, (pickle_value){.kind = PICKLE_STORAGE, .of = id});
}

/* Attributes of an object: PyTorch hangs "_metadata", the versions of its modules, on a state dictionary. */
static amend_status build(pickle_machine *m)
{
    uint32_t state;
    pickle_value *object;
    TRY(pickle_pop(m, &state));
    return pickle_peek(m, 0, PICKLE_DICT, &object);
}

/* ---- the machine ---- */

static amend_status check_frame(pickle_machine *m)
{
    uint64_t length;
    TRY(pickle_take_number(m, 8, &length));
    return length > m->size - m->at ? pickle_wrong(m, "cut short") : status_ok();
}

static amend_status check_protocol(pickle_machine *m)
{
    const unsigned char *version;
    TRY(pickle_take(m, 1, &version));
    if (*version >= 2 && *version <= 5) return status_ok();
    return status_error(AMEND_UNSUPPORTED, "%s: pickle protocol %d; 2 to 5 are read", m->p->name, *version);
}

static amend_status drop(pickle_machine *m, size_t count)
{
    if (count > m->depth) return pickle_wrong(m, "a value is missing on the stack");
    m->depth -= count;
    return status_ok();
}

static amend_status drop_marked(pickle_machine *m)
{
    size_t count;
    TRY(pickle_above_mark(m, &count));
    return drop(m, count + 1);
}

static amend_status duplicate(pickle_machine *m)
{
    uint32_t value;
    TRY(pickle_pop(m, &value));
    TRY(pickle_push(m, value));
    return pickle_push(m, value);
}

static amend_status step_object(pickle_machine *m, unsigned char opcode)
{
    switch (opcode) {
    case 'c':
        return push_named_global(m);
    case 0x93:
        return push_stack_global(m);
    case 'R':
        return call(m);
    case 'Q':
        return push_storage(m);
    case 'b':
        return build(m);
    default:
        return status_error(AMEND_UNSUPPORTED, "%s: pickle, byte %zu: opcode 0x%02x, which no state dictionary needs",
                            m->p->name, m->opcode, opcode);
    }
}

static amend_status step_stack(pickle_machine *m, unsigned char opcode)
{
    switch (opcode) {
    case 0x80:
        return check_protocol(m);
    case 0x95:
        return check_frame(m);
    case '(':
        return pickle_push(m, PICKLE_AT_MARK);
    case '0':
        return drop(m, 1);
    case '1':
        return drop_marked(m);
    case '2':
        return duplicate(m);
    case 'q':
        return remember_at(m, 1);
    case 'r':
        return remember_at(m, 4);
    case 0x94:
        return pickle_remember(m, m->memo_count);
    case 'h':
        return pickle_recall(m, 1);
    case 'j':
        return pickle_recall(m, 4);
    default:
        return step_object(m, opcode);
    }
}

static amend_status step_container(pickle_machine *m, unsigned char opcode)
{
    switch (opcode) {
    case ')':
    case 0x85:
    case 0x86:
    case 0x87:
        return pickle_collect(m, PICKLE_TUPLE, opcode == ')' ? 0 : opcode - 0x84);
    case 't':
        return pickle_collect_marked(m, PICKLE_TUPLE);
    case ']':
        return pickle_collect(m, PICKLE_LIST, 0);
    case 'l':
        return pickle_collect_marked(m, PICKLE_LIST);
    case 'a':
        return pickle_extend(m, PICKLE_LIST, 1);
    case 'e':
        return pickle_extend_marked(m, PICKLE_LIST);
    case '}':
        return pickle_collect(m, PICKLE_DICT, 0);
    case 'd':
        return pickle_collect_marked(m, PICKLE_DICT);
    case 's':
        return pickle_extend(m, PICKLE_DICT, 2);
    case 'u':
        return pickle_extend_marked(m, PICKLE_DICT);
    default:
        return step_stack(m, opcode);
    }
}

static amend_status step(pickle_machine *m, unsigned char opcode)
{
    switch (opcode) {
    case 'N':
        return pickle_push(m, PICKLE_AT_NONE);
    case 0x88:
        return pickle_push(m, PICKLE_AT_TRUE);
    case 0x89:
        return pickle_push(m, PICKLE_AT_FALSE);
    case 'K':
        return push_number(m, 1);
    case 'M':
        return push_number(m, 2);
    case 'J':
        return push_int32(m);
    case 0x8a:
        return push_long(m, 1);
    case 0x8b:
        return push_long(m, 4);
    case 'I':
    case 'L':
        return push_digits(m, opcode == 'L' ? 'L' : '\0');
    case 'G':
        return push_real(m);
    case 0x8c:
    case 'U': /* U, T: Python 2's str, which names are */
        return push_bytes(m, 1, PICKLE_TEXT);
    case 'X':
    case 'T':
        return push_bytes(m, 4, PICKLE_TEXT);
    case 0x8d:
        return push_bytes(m, 8, PICKLE_TEXT);
    case 'C':
        return push_bytes(m, 1, PICKLE_BYTES);
    case 'B':
        return push_bytes(m, 4, PICKLE_BYTES);
    case 0x8e:
    case 0x96:
        return push_bytes(m, 8, PICKLE_BYTES);
    default:
        return step_container(m, opcode);
    }
}

amend_status pickle_run(pickle_machine *m)
{
    const unsigned char *opcode;
    for (;;) {
        m->opcode = m->at;
        TRY(pickle_take(m, 1, &opcode));
        if (!m->opcode && *opcode != 0x80) return pickle_wrong(m, "not a pickle of protocol 2 or later");
        if (*opcode == '.') break;
        TRY(step(m, *opcode));
    }
    TRY(pickle_pop(m, &m->p->root));
    return m->depth ? pickle_wrong(m, "values left over on the stack") : status_ok();
}
