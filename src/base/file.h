/* Files: whole reads with a limit, mapped reads, and writes that either happen whole or not at all. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/status.h"

/* Whole regular file in *bytes (free with mem_free; one NUL follows the last byte). Over `limit` bytes: error. */
amend_status file_read(const char *path, size_t limit, unsigned char **bytes, size_t *size) AMEND_MUST_USE;

/* The same from a stream, to its end; `name` stands in messages. */
amend_status file_read_stream(FILE *stream, const char *name, size_t limit, unsigned char **bytes,
                              size_t *size) AMEND_MUST_USE;

/* Read-only map of a regular file. An empty file gives bytes NULL, size 0. */
typedef struct file_map {
    const unsigned char *bytes;
    size_t size;
} file_map;
amend_status file_map_open(const char *path, file_map *map) AMEND_MUST_USE;
void file_map_close(file_map *map); /* accepts a zeroed map */

/* A file written beside its place ("PLACE.new-PID-NUMBER") and renamed over it by commit, after fsync of the file and,
 * after the rename, of its folder. Write to `stream`. Until commit succeeds, what stood there stays. A file that is
 * replaced hands on its permissions; of a link what it names is replaced. Refused: folders, pipes, devices, and
 * whatever goes by a name of /dev or /proc. */
typedef struct file_replacement {
    FILE *stream;
    char *path;  /* as it was named, for messages */
    char *place; /* where it leads */
    char *temporary;
} file_replacement;
amend_status file_replace_begin(const char *path, file_replacement *file) AMEND_MUST_USE;
amend_status file_replace_commit(file_replacement *file) AMEND_MUST_USE; /* frees everything, on failure too */
void file_replace_abandon(file_replacement *file); /* removes the temporary; accepts a zeroed or ended one */

/* The folder that `path` lies in, "." where it names none; to be freed with free(). NULL: out of memory. */
char *file_folder_of(const char *path);

/* Before the work whose result goes to `path`: whether file_replace_begin would take it, as far as can be said without
 * writing. */
amend_status file_check_place(const char *path) AMEND_MUST_USE;

/* A replacement in one call. */
amend_status file_write(const char *path, const void *bytes, size_t size) AMEND_MUST_USE;

bool file_exists(const char *path);
bool file_is_folder(const char *path);
bool file_is_link(const char *path);
bool file_is_same(const char *one, const char *other);      /* both are there and are one file, whatever their names */
bool file_has_ending(const char *path, const char *ending); /* ".onnx" after something, in any case of letters */

/* mkdir -p. */
amend_status file_make_folder(const char *path) AMEND_MUST_USE;

/* Makes the folder, if need be, and takes it for this process by a file ".lock" in it. The lock goes with the process,
 * however it ends, or when *lock is closed. */
amend_status file_lock_folder(const char *folder, int *lock) AMEND_MUST_USE;

/* "FOLDER/NAME" in new memory (mem_free). */
amend_status file_join(const char *folder, const char *name, char **path) AMEND_MUST_USE;

/* The same into an array, for the files of a run's folder; AMEND_BAD_ARGUMENT where they do not fit. */
enum { FILE_PATH = 4096 };
amend_status file_in(const char *folder, const char *name, char path[FILE_PATH]) AMEND_MUST_USE;

const char *file_base_name(const char *path); /* what comes after the last '/'; within `path` */

#endif
