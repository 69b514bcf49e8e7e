/* Files written whole or not at all: beside their place, then renamed. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

/* ---- the place ---- */

/* What these names lead to is the system's or another program's, also where it is a plain file just now, as
 * /dev/stdout may be. Shared memory is for everybody's files. */
static bool is_of_the_system(const char *path)
{
    return (!strncmp(path, "/dev/", 5) && strncmp(path, "/dev/shm/", 9)) || !strncmp(path, "/proc/", 6);
}

/* A rename puts a plain file in the place of /dev/null or a pipe, for everybody, when the user is root. */
static amend_status refuse_device(const char *path)
{
    return status_error(AMEND_BAD_ARGUMENT,
                        "%s: a device or pipe cannot be replaced by a file; name a file (- is standard output, for "
                        "what can be written there)",
                        path);
}

static amend_status check_replaceable(const char *path, const char *place)
{
    struct stat info;
    bool there = !stat(place, &info);
    if (there && S_ISDIR(info.st_mode))
        return status_error(AMEND_IO, "%s: a folder is here; name a file, in it or elsewhere", path);
    if (there && S_ISREG(info.st_mode) && access(place, W_OK)) return status_errno(path, "replace");
    return is_of_the_system(place) || (there && !S_ISREG(info.st_mode)) ? refuse_device(path) : status_ok();
}

/* Where `path` leads: a rename over a link would leave the file that it names as it was. */
static amend_status find_place(const char *path, char **place)
{
    struct stat info;
    if (!*path) return status_error(AMEND_BAD_ARGUMENT, "the name of a file to write is empty; name a file");
    if (is_of_the_system(path)) return refuse_device(path);
    char *real = realpath(path, NULL);
    if (!real && !lstat(path, &info) && S_ISLNK(info.st_mode)) return status_errno(path, "follow the link");
    amend_status status = mem_copy_string(place, real ? real : path);
    free(real);
    if (!status.code) status = check_replaceable(path, *place);
    if (!status.code) return status;
    mem_free(*place);
    *place = NULL;
    return status;
}

char *file_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
}

amend_status file_check_place(const char *path)
{
    char *place = NULL;
    TRY(find_place(path, &place));
    char *folder = file_folder_of(place);
    amend_status status = status_ok();
    if (folder && access(folder, W_OK | X_OK)) status = status_errno(path, "create");
    free(folder);
    mem_free(place);
    return status;
}

/* ---- writing ---- */

static void release(file_replacement *file)
{
    mem_free(file->path);
    mem_free(file->place);
    mem_free(file->temporary);
    memset(file, 0, sizeof *file);
}

/* Under a name of this process; one that is taken was left by a process that ended. mkstemp's private files would have
 * to be opened up to the umask, which cannot be read without changing it for all threads. */
static int create_beside(file_replacement *file, size_t room, mode_t mode)
{
    static atomic_uint number;
    int fd;
    do {
        snprintf(file->temporary, room, "%s.new-%ld-%u", file->place, (long)getpid(), atomic_fetch_add(&number, 1));
        fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EEXIST);
    return fd;
}

static amend_status open_beside(file_replacement *file)
{
    struct stat old;
    bool there = !stat(file->place, &old);
    mode_t mode = there ? old.st_mode & 0777 : 0666;
    size_t room = strlen(file->place) + sizeof ".new--" + 2 * 20;
    TRY(mem_alloc(&file->temporary, room, 1, file->path));
    int fd = create_beside(file, room, mode);
    if (fd < 0) return status_errno(file->path, "create");
    if (there) fchmod(fd, mode); /* what the umask took; where that cannot be, less is allowed than was */
    file->stream = fdopen(fd, "wb");
    if (file->stream) return status_ok();
    amend_status status = status_errno(file->path, "create");
    close(fd);
    unlink(file->temporary);
    return status;
}

amend_status file_replace_begin(const char *path, file_replacement *file)
{
    memset(file, 0, sizeof *file);
    TRY(find_place(path, &file->place));
    amend_status status = mem_copy_string(&file->path, path);
    if (!status.code) status = open_beside(file);
    if (status.code) release(file);
    return status;
}

/* The rename itself reaches the disk only with its folder. */
static void sync_folder_of(const char *path)
{
    char *folder = file_folder_of(path);
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        fsync(fd); /* some file systems cannot; the data are safe all the same */
        close(fd);
    }
    free(folder);
}

/* All of it to the disk. Of a write that failed long ago stdio remembers that it failed, and not why. */
static amend_status finish_stream(const file_replacement *file)
{
    bool failed_before = ferror(file->stream) != 0;
    if (fflush(file->stream) || fsync(fileno(file->stream))) return status_errno(file->path, "write");
    if (failed_before) return status_error(AMEND_IO, "%s: cannot write all of it; is the disk full?", file->path);
    return status_ok();
}

amend_status file_replace_commit(file_replacement *file)
{
    amend_status status = finish_stream(file);
    if (fclose(file->stream) && !status.code) status = status_errno(file->path, "write");
    file->stream = NULL;
    if (!status.code && rename(file->temporary, file->place)) {
        bool mounted = errno == EBUSY; /* a file that a container has from outside */
        status = status_errno(file->path, "replace");
        if (mounted) status = status_error(AMEND_IO, "%s; what was to be there is %s", status.message, file->temporary);
        if (!mounted) unlink(file->temporary);
    } else if (status.code) {
        unlink(file->temporary);
    } else {
        sync_folder_of(file->place);
    }
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
    if (!size || fwrite(bytes, 1, size, file.stream) == size) return file_replace_commit(&file);
    amend_status status = status_errno(path, "write");
    file_replace_abandon(&file);
    return status;
}
