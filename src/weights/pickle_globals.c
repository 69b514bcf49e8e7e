/* The list of what is known: everything else is refused. */
#include "weights/pickle_globals.h"

#include <string.h>

typedef enum role { DICTIONARY, TENSOR, PARAMETER, ENCODE, EMPTY_BYTES, STORAGE } role;

static const struct {
    const char *module, *name;
    role role;
    tensor_type type;
} globals[] = {
    {"collections", "OrderedDict", DICTIONARY, 0},
    {"torch._utils", "_rebuild_tensor", TENSOR, 0},
    {"torch._utils", "_rebuild_tensor_v2", TENSOR, 0},
    {"torch._utils", "_rebuild_parameter", PARAMETER, 0},
    {"_codecs", "encode", ENCODE, 0},         /* protocol 2 writes Python 3's bytes with it */
    {"__builtin__", "bytes", EMPTY_BYTES, 0}, /* and empty ones with this */
    {"torch", "FloatStorage", STORAGE, TENSOR_F32},
    {"torch", "DoubleStorage", STORAGE, TENSOR_F64},
    {"torch", "HalfStorage", STORAGE, TENSOR_F16},
    {"torch", "BFloat16Storage", STORAGE, TENSOR_BF16},
    {"torch", "LongStorage", STORAGE, TENSOR_I64},
    {"torch", "IntStorage", STORAGE, TENSOR_I32},
    {"torch", "ShortStorage", STORAGE, TENSOR_I16},
    {"torch", "CharStorage", STORAGE, TENSOR_I8},
    {"torch", "ByteStorage", STORAGE, TENSOR_U8},
    {"torch", "BoolStorage", STORAGE, TENSOR_BOOL},
};

static bool is(const char *word, const unsigned char *bytes, size_t length)
{
    return strlen(word) == length && !memcmp(word, bytes, length);
}

int pickle_global_find(const unsigned char *module, size_t module_length, const unsigned char *name, size_t name_length)
{
    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++)
        if (is(globals[i].module, module, module_length) && is(globals[i].name, name, name_length)) return (int)i;
    return -1;
}

bool pickle_global_storage(const pickle_value *global, tensor_type *type)
{
    if (global->kind != PICKLE_GLOBAL || globals[global->integer].role != STORAGE) return false;
    *type = globals[global->integer].type;
    return true;
}

static bool is_pair_list(const pickle *p, const pickle_value *list)
{
    if (list->kind != PICKLE_LIST) return false;
    for (size_t i = 0; i < list->count; i++) {
        const pickle_value *pair = pickle_item(p, list, i);
        if ((pair->kind != PICKLE_LIST && pair->kind != PICKLE_TUPLE) || pair->count != 2) return false;
    }
    return true;
}

bool pickle_global_call(const pickle *p, const pickle_value *global, uint32_t arguments, pickle_call *call)
{
    const pickle_value *a = &p->values[arguments];
    const pickle_value *first = a->count ? pickle_item(p, a, 0) : NULL;
    memset(call, 0, sizeof *call);
    switch (globals[global->integer].role) {
    case DICTIONARY: /* empty, or, from Python 2, one list of pairs */
        call->problem = "OrderedDict is called with something else than a list of pairs";
        call->result.kind = PICKLE_DICT;
        if (first) call->pairs = a->items[0];
        return !first || (a->count == 1 && is_pair_list(p, first));
    case TENSOR:
        call->problem = "a tensor without storage, offset, sizes and strides";
        call->result.kind = PICKLE_TENSOR;
        call->result.of = arguments;
        return a->count >= 4;
    case PARAMETER:
        call->problem = "a parameter without tensor";
        if (first) call->same = a->items[0];
        return first && first->kind == PICKLE_TENSOR;
    case ENCODE:
        call->problem = "bytes that are not Latin-1 text";
        if (!first || first->kind != PICKLE_TEXT || a->count != 2 || !pickle_is_text(pickle_item(p, a, 1), "latin1"))
            return false;
        call->result = *first;
        call->result.kind = PICKLE_BYTES;
        return true;
    case EMPTY_BYTES:
        call->problem = "bytes() is called with arguments";
        call->result.kind = PICKLE_BYTES;
        return !first;
    case STORAGE:
        break;
    }
    call->problem = "a storage is called as if it were a function";
    return false;
}

bool pickle_is_storage(const pickle *p, const pickle_value *id, const char **problem)
{
    tensor_type type;
    *problem = "a persistent id that is not a storage";
    if (id->kind != PICKLE_TUPLE || id->count < 5 || id->count > 6 ||
        !pickle_is_text(pickle_item(p, id, 0), "storage") || !pickle_global_storage(pickle_item(p, id, 1), &type))
        return false;
    *problem = "a storage whose key is not text or whose size is not a number";
    if (pickle_item(p, id, 2)->kind != PICKLE_TEXT || pickle_item(p, id, 4)->kind != PICKLE_INT) return false;
    *problem = "a storage that is a view of another one, as very old versions of PyTorch wrote; save it again";
    return id->count == 5 || pickle_item(p, id, 5)->kind == PICKLE_NONE;
}
