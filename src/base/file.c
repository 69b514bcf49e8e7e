/* POSIX files; writing them whole is in file_replace.c. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
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

amend_status file_read_stream(FILE *stream, const char *name, size_t limit, unsigned char **bytes, size_t *size)
{
    size_t room = 0;
    amend_status status = status_ok();
    *bytes = NULL;
    *size = 0;
    while (!status.code) {
        if (room - *size < 2) { /* one for the NUL */
            size_t more = room ? 2 * room : (size_t)1 << 16;
            status = mem_grow(bytes, room, more, 1, name);
            if (status.code) break;
            room = more;
        }
        size_t got = fread(*bytes + *size, 1, room - *size - 1, stream);
        *size += got;
        if (*size > limit)
            status = status_error(AMEND_BAD_DATA, "%s: more than the %zu bytes that such a file may have", name, limit);
        else if (ferror(stream))
            status = status_errno(name, "read");
        if (!got) break;
    }
    if (!status.code) return status;
    mem_free(*bytes);
    *bytes = NULL;
    *size = 0;
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

bool file_is_link(const char *path)
{
    struct stat info;
    return !lstat(path, &info) && S_ISLNK(info.st_mode);
}

bool file_is_same(const char *one, const char *other)
{
    struct stat a, b;
    return !stat(one, &a) && !stat(other, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool file_has_ending(const char *path, const char *ending)
{
    size_t length = strlen(path), end = strlen(ending);
    return length > end && !strcasecmp(path + length - end, ending);
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

amend_status file_in(const char *folder, const char *name, char path[FILE_PATH])
{
    if (snprintf(path, FILE_PATH, "%s/%s", folder, name) < FILE_PATH) return status_ok();
    return status_error(AMEND_BAD_ARGUMENT, "%.60s...: the folder's path is too long", folder);
}

const char *file_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
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
        amend_status status = errno == EWOULDBLOCK
                                  ? status_error(AMEND_IO,
                                                 "%s: another run is writing here; wait for its end or name another "
                                                 "folder",
                                                 folder)
                                  : status_errno(path, "lock");
        close(fd);
        return status;
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
