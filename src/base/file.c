/* POSIX files. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static amend_status open_regular(const char *path, int *descriptor, size_t *size)
{
    struct stat info;
    /* O_NONBLOCK: a named pipe must be refused below, not waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return status_errno(path, "open");
    if (fstat(fd, &info)) {
        amend_status status = status_errno(path, "inspect");
        close(fd);
        return status;
    }
    if (!S_ISREG(info.st_mode)) {
        close(fd);
        return status_error(AMEND_IO, "%s: not a regular file%s", path, S_ISDIR(info.st_mode) ? " but a folder" : "");
    }
    *descriptor = fd;
    *size = (size_t)info.st_size;
    return status_ok();
}

amend_status file_read(const char *path, size_t limit, unsigned char **bytes, size_t *size)
{
    int fd = -1;
    size_t expected = 0, done = 0;
    amend_status status = open_regular(path, &fd, &expected);
    *bytes = NULL;
    *size = 0;
    if (status.code) return status;
    if (expected > limit) {
        status = status_error(AMEND_BAD_DATA, "%s: %zu bytes, more than the %zu that such a file may have", path,
                              expected, limit);
        goto done;
    }
    status = mem_alloc(bytes, expected + 1, 1, path);
    if (status.code) goto done;
    while (done < expected) {
        ssize_t got = read(fd, *bytes + done, expected - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) status = status_errno(path, "read");
        if (got <= 0) break;
        done += (size_t)got;
    }
    *size = done;
done:
    close(fd);
    if (status.code) {
        mem_free(*bytes);
        *bytes = NULL;
        *size = 0;
    }
    return status;
}

amend_status file_map_open(const char *path, file_map *map)
{
    int fd = -1;
    size_t size = 0;
    map->bytes = NULL;
    map->size = 0;
    TRY(open_regular(path, &fd, &size));
    if (size) {
        void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes == MAP_FAILED) {
            amend_status status = status_errno(path, "map");
            close(fd);
            return status;
        }
        map->bytes = bytes;
        map->size = size;
    }
    close(fd);
    return status_ok();
}

void file_map_close(file_map *map)
{
    if (map->bytes) munmap((void *)map->bytes, map->size);
    map->bytes = NULL;
    map->size = 0;
}

static void release(file_replacement *file)
{
    mem_free(file->path);
    mem_free(file->temporary);
    memset(file, 0, sizeof *file);
}

/* A rename puts a plain file in the place of /dev/null or a pipe, for everybody, when the user is root. */
static amend_status check_replaceable(const char *path)
{
    struct stat info;
    if (stat(path, &info) || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) return status_ok();
    return status_error(AMEND_BAD_ARGUMENT, "%s: a device or pipe cannot be replaced by a file; name a file", path);
}

amend_status file_replace_begin(const char *path, file_replacement *file)
{
    static const char suffix[] = ".new-XXXXXX";
    size_t length = strlen(path);
    int fd = -1;
    amend_status status;
    memset(file, 0, sizeof *file);
    TRY(check_replaceable(path));
    status = mem_copy_string(&file->path, path);
    if (status.code) goto fail;
    status = mem_alloc(&file->temporary, length + sizeof suffix, 1, path);
    if (status.code) goto fail;
    memcpy(file->temporary, path, length);
    memcpy(file->temporary + length, suffix, sizeof suffix);
    fd = mkstemp(file->temporary);
    if (fd < 0) {
        status = status_errno(path, "create");
        goto fail;
    }
    /* mkstemp makes files private; ours are ordinary ones, under the user's umask. */
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(fd, 0666 & ~mask) || !(file->stream = fdopen(fd, "wb"))) {
        status = status_errno(path, "create");
        close(fd);
        unlink(file->temporary);
        goto fail;
    }
    return status;
fail:
    release(file);
    return status;
}

/* The rename itself reaches the disk only with its folder. */
static void sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        fsync(fd); /* some file systems cannot; the data are safe all the same */
        close(fd);
    }
    free(folder);
}

amend_status file_replace_commit(file_replacement *file)
{
    amend_status status = status_ok();
    errno = 0;
    if (fflush(file->stream) || ferror(file->stream) || fsync(fileno(file->stream))) {
        if (!errno) errno = EIO;
        status = status_errno(file->path, "write");
    }
    if (fclose(file->stream) && !status.code) status = status_errno(file->path, "write");
    file->stream = NULL;
    if (!status.code && rename(file->temporary, file->path)) status = status_errno(file->path, "replace");
    if (status.code)
        unlink(file->temporary);
    else
        sync_folder_of(file->path);
    release(file);
    return status;
}

void file_replace_abandon(file_replacement *file)
{
    if (file->stream) fclose(file->stream);
    if (file->temporary) unlink(file->temporary);
    release(file);
}

amend_status file_write(const char *path, const void *bytes, size_t size)
{
    file_replacement file;
    TRY(file_replace_begin(path, &file));
    /* A short write leaves the stream's error flag set, which commit reports. */
    if (size) fwrite(bytes, 1, size, file.stream);
    return file_replace_commit(&file);
}

bool file_exists(const char *path)
{
    struct stat info;
    return !stat(path, &info);
}

bool file_is_folder(const char *path)
{
    struct stat info;
    return !stat(path, &info) && S_ISDIR(info.st_mode);
}

amend_status file_make_folder(const char *path)
{
    char *copy = NULL;
    amend_status status = status_ok();
    TRY(mem_copy_string(&copy, path));
    for (char *p = copy; *p && !status.code; p++) {
        bool last = !p[1];
        if (!(last || (p[1] == '/' && *p != '/'))) continue;
        char held = p[1];
        p[1] = '\0';
        if (mkdir(copy, 0777) && errno != EEXIST) status = status_errno(copy, "create the folder");
        p[1] = held;
    }
    if (!status.code && !file_is_folder(path))
        status = status_error(AMEND_IO, "%s: exists and is not a folder; name another one", path);
    mem_free(copy);
    return status;
}

amend_status file_join(const char *folder, const char *name, char **path)
{
    size_t a = strlen(folder), b = strlen(name);
    bool slash = a && folder[a - 1] != '/';
    TRY(mem_alloc(path, a + b + 2, 1, "path"));
    memcpy(*path, folder, a);
    if (slash) (*path)[a++] = '/';
    memcpy(*path + a, name, b + 1);
    return status_ok();
}

static amend_status lock_file(const char *folder, const char *path, int *lock)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return status_errno(path, "create");
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        close(fd);
        return status_error(AMEND_IO, "%s: another run is writing here; wait for its end or name another folder",
                            folder);
    }
    *lock = fd;
    return status_ok();
}

amend_status file_lock_folder(const char *folder, int *lock)
{
    char *path = NULL;
    TRY(file_make_folder(folder));
    TRY(file_join(folder, ".lock", &path));
    amend_status status = lock_file(folder, path, lock);
    mem_free(path);
    return status;
}
