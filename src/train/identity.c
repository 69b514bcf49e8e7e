/* Identities of runs. */
#include "train/identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "train/teacher.h"

static const char part_mark[] = "-part";

static amend_status add_file(const char *key, const char *path, uint64_t *hash)
{
    file_map map;
    TRY(status_prefix(file_map_open(path, &map), "%s", key));
    *hash = hash_bytes(*hash, map.bytes, map.size);
    file_map_close(&map);
    return status_ok();
}

static amend_status hash_file(const char *key, const char *path, char text[17])
{
    uint64_t hash = HASH_START;
    *text = '\0';
    if (!*path) return status_ok();
    TRY(add_file(key, path, &hash));
    snprintf(text, 17, "%016" PRIx64, hash);
    return status_ok();
}

/* One after the other. */
static amend_status hash_teachers(const char *paths, char text[17])
{
    uint64_t hash = HASH_START;
    char path[TEACHER_PATH];
    *text = '\0';
    if (!*paths) return status_ok();
    while (teacher_next(&paths, path)) TRY(add_file("train.teacher", path, &hash));
    snprintf(text, 17, "%016" PRIx64, hash);
    return status_ok();
}

static amend_status hash_files(const recipe *r, run_identity *identity)
{
    TRY(hash_file("train.init", r->init, identity->init));
    TRY(hash_teachers(r->teacher, identity->teacher));
    return hash_file("model.backbone", recipe_has_file(r) ? r->backbone : "", identity->backbone);
}

/* What `defaults` takes back decides how fast a run is and what a kill costs, and not what comes of it. */
static amend_status hash_nameless(const recipe *r, uint64_t *hash)
{
    const recipe defaults = recipe_defaults();
    recipe nameless = *r;
    nameless.threads = defaults.threads;
    nameless.checkpoint = defaults.checkpoint;
    *nameless.init = '\0';
    *nameless.teacher = '\0';
    if (recipe_has_file(r)) strcpy(nameless.backbone, "onnx");
    return recipe_hash(&nameless, hash);
}

amend_status run_hash(const recipe *r, uint64_t *hash)
{
    run_identity files;
    TRY(hash_files(r, &files));
    TRY(hash_nameless(r, hash));
    *hash = hash_bytes(*hash, files.init, strlen(files.init));
    *hash = hash_bytes(*hash, files.backbone, strlen(files.backbone));
    if (*files.teacher) *hash = hash_bytes(*hash, "-teacher", strlen("-teacher")); /* else as one that it starts from */
    *hash = hash_bytes(*hash, files.teacher, strlen(files.teacher));
    return status_ok();
}

static uint64_t add_text(uint64_t hash, const char *text)
{
    return hash_bytes(hash, text, strlen(text) + 1);
}

uint64_t run_data_hash(const dataset *set)
{
    uint64_t hash = add_text(HASH_START, dataset_layout(set));
    for (size_t k = 0; k < dataset_classes(set); k++) hash = add_text(hash, dataset_label_name(set, k));
    for (size_t i = 0; i < dataset_count(set); i++) {
        hash = add_text(hash, dataset_label_name(set, dataset_label(set, i)));
        hash = add_text(hash, file_base_name(dataset_origin(set, i)));
    }
    return hash;
}

amend_status run_identify(const recipe *r, const dataset *set, run_identity *identity)
{
    uint64_t hash;
    TRY(hash_files(r, identity));
    TRY(hash_nameless(r, &hash));
    snprintf(identity->text, sizeof identity->text, "%016" PRIx64 "-%zu+%016" PRIx64 "%s%s%s%s%s%s", hash,
             dataset_count(set), run_data_hash(set), *identity->init ? "-init" : "", identity->init,
             *identity->backbone ? "-onnx" : "", identity->backbone, *identity->teacher ? "-teacher" : "",
             identity->teacher);
    return status_ok();
}

void run_identify_part(run_identity *identity, size_t part)
{
    size_t used = strlen(identity->text);
    snprintf(identity->text + used, sizeof identity->text - used, "%s%zu", part_mark, part);
}

size_t run_identity_part(const char *identity)
{
    const char *mark = strstr(identity, part_mark);
    size_t part = 0;
    return mark && sscanf(mark + strlen(part_mark), "%zu", &part) == 1 ? part : 0;
}

bool run_identity_is(const char *found, const char *identity)
{
    const char *data = strchr(identity, '+');
    size_t before = data ? (size_t)(data - identity) : 0;
    if (!strcmp(found, identity)) return true;
    return data && !strncmp(found, identity, before) && !strcmp(found + before, data + strcspn(data, "-"));
}
