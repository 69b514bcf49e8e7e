/* Weights as other programs keep them: a network's tensors in a safetensors file without description. */
#ifndef TESTS_MODEL_FOREIGN_H
#define TESTS_MODEL_FOREIGN_H

#include "support.h"

#include "base/mem.h"
#include "model/description.h"

enum { MOST = 400 };

typedef struct foreign {
    nn_table *table;
    nn_params params;
    char names[MOST][128];
    tensor_entry entries[MOST];
    size_t count;
} foreign;

/* A network's tensors, `prefix` before their names. */
static inline foreign *make_foreign_of(const model_description *d, const char *prefix)
{
    foreign *f = NULL;
    assert_ok(mem_alloc(&f, 1, sizeof *f, "test"));
    assert_ok(mem_alloc(&f->table, 1, sizeof *f->table, "test"));
    assert_ok(description_build(d, f->table));
    assert_ok(nn_params_create(f->table, &f->params));
    nn_params_init(&f->params, 3);
    for (size_t i = 0; i < f->params.count; i++) {
        const nn_param *p = &f->params.items[i];
        tensor_entry *e = &f->entries[f->count];
        snprintf(f->names[f->count], sizeof f->names[0], "%s%s", prefix, p->name);
        *e = (tensor_entry){.name = f->names[f->count++], .stored = TENSOR_F32, .dims = p->dims, .data = p->value};
        memcpy(e->shape, p->shape, sizeof p->shape);
    }
    return f;
}

static inline foreign *make_foreign(const char *prefix, arm_head head)
{
    const model_description d = {
        .small_stem = true, .width = 0.25, .head = head, .arrangement = 8, .size = 32, .channels = 3, .classes = 7};
    return make_foreign_of(&d, prefix);
}

static inline void free_foreign(foreign *f)
{
    nn_params_free(&f->params);
    mem_free(f->table);
    mem_free(f);
}

static inline tensor_entry *entry(foreign *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (!strcmp(f->entries[i].name, name)) return &f->entries[i];
    fail_msg("no %s", name);
    return NULL;
}

#endif
