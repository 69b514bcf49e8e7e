/* What the fuzz targets share: their entry, and a folder of their own for readers that take paths. */
#ifndef TESTS_FUZZ_TARGET_H
#define TESTS_FUZZ_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"

/* One file of a stranger. Returns 0; whatever else happens (a crash, a sanitizer, too much time or memory) is a
 * finding. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What must hold, else the input is a finding. */
static inline void must(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

/* Whether it succeeded; a failure must say what it is about in one line. */
static inline bool worked(amend_status status)
{
    if (!status.code) return true;
    must(*status.message && !strchr(status.message, '\n'), "a failure has a message of one line");
    return false;
}

static char target_folder[40];

static inline void remove_target_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", target_folder);
    if (system(command)) perror(target_folder);
}

/* FOLDER/NAME; good until the next call. The first call makes the folder, in memory where that is possible. */
static inline const char *target_path(const char *name)
{
    static char path[256];
    if (!*target_folder) {
        const char *parent = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
        snprintf(target_folder, sizeof target_folder, "%s/amend-fuzz-XXXXXX", parent);
        must(mkdtemp(target_folder), "a folder can be made");
        atexit(remove_target_folder);
    }
    snprintf(path, sizeof path, "%s/%s", target_folder, name);
    return path;
}

/* The bytes as a file there. Returns its path. */
static inline const char *target_file(const char *name, const void *bytes, size_t size)
{
    const char *path = target_path(name);
    FILE *stream = fopen(path, "wb");
    must(stream && fwrite(bytes, 1, size, stream) == size && !fclose(stream), "a file can be written");
    return path;
}

#endif
