/* Files: what is refused, and that a replacement happens whole or not at all. */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

static void assert_holds(const char *path, const char *text)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    assert_ok(file_read(path, 1 << 20, &bytes, &size));
    assert_int_equal(size, strlen(text));
    assert_string_equal((const char *)bytes, text);
    mem_free(bytes);
}

static size_t files_in(const char *folder)
{
    DIR *stream = opendir(folder);
    size_t count = 0;
    assert_non_null(stream);
    for (struct dirent *entry; (entry = readdir(stream));) count += entry->d_name[0] != '.';
    closedir(stream);
    return count;
}

static void reading(void **state)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    (void)state;
    assert_ok(file_write(in_test_folder("a"), "12345", 5));
    assert_holds(in_test_folder("a"), "12345");
    assert_ok(file_read(in_test_folder("a"), 5, &bytes, &size));
    mem_free(bytes);
    assert_refused(file_read(in_test_folder("a"), 4, &bytes, &size), AMEND_BAD_DATA, "5 bytes, more than the 4");
    assert_null(bytes);
    assert_refused(file_read(in_test_folder("b"), 4, &bytes, &size), AMEND_IO, "/b: cannot open: No such file");
    assert_refused(file_read(test_folder, 4, &bytes, &size), AMEND_IO, "not a regular file but a folder");
}

static void reading_streams(void **state)
{
    enum { SIZE = 300000 }; /* room grows several times */
    static char written[SIZE];
    unsigned char *bytes = NULL;
    size_t size = 0;
    (void)state;
    for (size_t i = 0; i < SIZE; i++) written[i] = (char)(i * 31 % 127);
    assert_ok(file_write(in_test_folder("stream"), written, SIZE));
    FILE *stream = fopen(in_test_folder("stream"), "rb");
    assert_non_null(stream);
    assert_ok(file_read_stream(stream, "in", SIZE, &bytes, &size));
    assert_int_equal(size, SIZE);
    assert_memory_equal(bytes, written, SIZE);
    assert_int_equal(bytes[SIZE], 0);
    mem_free(bytes);
    assert_ok(file_read_stream(stream, "in", SIZE, &bytes, &size)); /* nothing is left */
    assert_int_equal(size, 0);
    mem_free(bytes);
    rewind(stream);
    assert_refused(file_read_stream(stream, "in", SIZE - 1, &bytes, &size), AMEND_BAD_DATA, "in: more than the 299999");
    assert_null(bytes);
    for (size_t n = 1; n <= 4; n++) { /* each time that it needs room */
        rewind(stream);
        mem_fail_at(n);
        amend_status status = file_read_stream(stream, "in", SIZE, &bytes, &size);
        mem_fail_at(0);
        assert_int_equal(status.code, AMEND_NO_MEMORY);
        assert_null(bytes);
    }
    fclose(stream);
}

static void mapping(void **state)
{
    file_map map;
    (void)state;
    assert_ok(file_write(in_test_folder("a"), "12345", 5));
    assert_ok(file_map_open(in_test_folder("a"), &map));
    assert_int_equal(map.size, 5);
    assert_memory_equal(map.bytes, "12345", 5);
    file_map_close(&map);
    file_map_close(&map);
    assert_ok(file_write(in_test_folder("a"), NULL, 0));
    assert_ok(file_map_open(in_test_folder("a"), &map));
    assert_null(map.bytes);
    file_map_close(&map);
}

/* A pipe without a writer would be waited for without end. */
static void pipes_are_refused(void **state)
{
    file_map map;
    (void)state;
    assert_int_equal(mkfifo(in_test_folder("pipe"), 0600), 0);
    assert_refused(file_map_open(in_test_folder("pipe"), &map), AMEND_IO, "not a regular file");
    assert_int_equal(unlink(in_test_folder("pipe")), 0);
}

static void replacing(void **state)
{
    file_replacement file;
    char path[512];
    (void)state;
    strcpy(path, in_test_folder("a"));
    assert_ok(file_write(path, "old", 3));
    size_t before = files_in(test_folder);
    assert_ok(file_replace_begin(path, &file));
    fputs("new", file.stream);
    assert_holds(path, "old");
    assert_ok(file_replace_commit(&file));
    assert_holds(path, "new");

    assert_ok(file_replace_begin(path, &file));
    fputs("never", file.stream);
    file_replace_abandon(&file);
    file_replace_abandon(&file);
    assert_holds(path, "new");
    assert_int_equal(files_in(test_folder), before);
}

/* Not tried on a device: what must not happen would happen to the machine. */
static void pipes_stay(void **state)
{
    struct stat info;
    char path[512];
    (void)state;
    strcpy(path, in_test_folder("pipe"));
    assert_int_equal(mkfifo(path, 0600), 0);
    size_t before = files_in(test_folder);
    assert_refused(file_write(path, "x", 1), AMEND_BAD_ARGUMENT, "/pipe: a device or pipe cannot be replaced");
    assert_int_equal(stat(path, &info), 0);
    assert_true(S_ISFIFO(info.st_mode));
    assert_int_equal(files_in(test_folder), before);
    assert_int_equal(unlink(path), 0);
}

static void ordinary_permissions(void **state)
{
    struct stat info;
    mode_t old = umask(027);
    (void)state;
    assert_ok(file_write(in_test_folder("mode"), "x", 1));
    umask(old);
    assert_int_equal(stat(in_test_folder("mode"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
}

/* What was private stays private, what all may read stays so. */
static void permissions_of_what_is_replaced(void **state)
{
    static const mode_t modes[] = {0600, 0644, 0666};
    struct stat info;
    mode_t old = umask(027);
    char path[512];
    (void)state;
    strcpy(path, in_test_folder("kept"));
    assert_ok(file_write(path, "old", 3));
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_ok(file_write(path, "new", 3));
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 0777, modes[i]);
    }
    umask(old);
}

/* Of a link what it names is replaced. */
static void links_stay(void **state)
{
    struct stat info;
    char path[512];
    (void)state;
    assert_ok(file_make_folder(in_test_folder("far")));
    assert_ok(file_write(in_test_folder("far/real"), "old", 3));
    strcpy(path, in_test_folder("link"));
    assert_int_equal(symlink("far/real", path), 0);
    assert_ok(file_write(path, "new", 3));
    assert_holds(in_test_folder("far/real"), "new");
    assert_int_equal(lstat(path, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(unlink(in_test_folder("far/real")), 0);
    assert_refused(file_write(path, "x", 1), AMEND_IO, "/link: cannot follow the link: No such file");
    assert_int_equal(unlink(path), 0);
}

/* Standard output by a name of the system's: here a plain file of ours. */
static void names_of_the_system(void **state)
{
    char path[64];
    (void)state;
    write_bytes(in_test_folder("open"), "old", 3);
    FILE *stream = fopen(in_test_folder("open"), "r+");
    assert_non_null(stream);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(stream));
    assert_refused(file_write(path, "new", 3), AMEND_BAD_ARGUMENT, "- is standard output");
    assert_refused(file_check_place(path), AMEND_BAD_ARGUMENT, "- is standard output");
    fclose(stream);
    assert_holds(in_test_folder("open"), "old");
    assert_refused(file_check_place("/dev/null"), AMEND_BAD_ARGUMENT, "/dev/null: a device or pipe");
    assert_refused(file_check_place("/dev/no-such-device"), AMEND_BAD_ARGUMENT, "a device or pipe");
}

/* A temporary that a process of this number left is not in the way. */
static void left_temporaries(void **state)
{
    char name[64];
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "stale.new-%ld-%u", (long)getpid(), i);
        write_bytes(in_test_folder(name), "x", 1);
    }
    assert_ok(file_write(in_test_folder("stale"), "new", 3));
    assert_holds(in_test_folder("stale"), "new");
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "stale.new-%ld-%u", (long)getpid(), i);
        assert_holds(in_test_folder(name), "x");
        assert_int_equal(unlink(in_test_folder(name)), 0);
    }
}

static size_t umask_calls;

/* In the place of the C library's. */
mode_t umask(mode_t mask)
{
    umask_calls++;
    return (mode_t)syscall(SYS_umask, mask);
}

/* It is the whole process's: what other threads create while it is changed would be open to all. */
static void the_umask_is_left_alone(void **state)
{
    (void)state;
    umask_calls = 0;
    assert_ok(file_write(in_test_folder("new"), "x", 1));
    assert_ok(file_write(in_test_folder("new"), "y", 1));
    assert_int_equal(umask_calls, 0);
}

static void places(void **state)
{
    size_t before = files_in(test_folder);
    (void)state;
    assert_ok(file_check_place(in_test_folder("not-yet")));
    assert_ok(file_check_place("not-yet"));
    assert_refused(file_check_place(""), AMEND_BAD_ARGUMENT, "empty");
    assert_refused(file_write("", "x", 1), AMEND_BAD_ARGUMENT, "empty");
    assert_refused(file_check_place(test_folder), AMEND_IO, "a folder is here");
    assert_refused(file_write(test_folder, "x", 1), AMEND_IO, "a folder is here");
    assert_refused(file_check_place(in_test_folder("no/such")), AMEND_IO, "/no/such: cannot create: No such file");
    assert_int_equal(files_in(test_folder), before);
    if (!geteuid()) return; /* permissions do not bind the superuser */
    assert_ok(file_make_folder(in_test_folder("closed")));
    assert_int_equal(chmod(in_test_folder("closed"), 0500), 0);
    assert_refused(file_check_place(in_test_folder("closed/a")), AMEND_IO, "cannot create: Permission denied");
}

static void names(void **state)
{
    char path[512];
    (void)state;
    strcpy(path, in_test_folder("first"));
    assert_ok(file_write(path, "x", 1));
    assert_int_equal(link(path, in_test_folder("second")), 0);
    assert_true(file_is_same(path, in_test_folder("second")));
    assert_false(file_is_same(path, in_test_folder("a")));
    assert_false(file_is_same(path, in_test_folder("missing")));
    assert_false(file_is_same(in_test_folder("missing"), in_test_folder("missing")));
    assert_true(file_has_ending("a.ONNX", ".onnx"));
    assert_false(file_has_ending("aonnx", ".onnx"));
    assert_false(file_has_ending(".onnx", ".onnx"));
}

static int flock_error; /* 0: flock as it is */

/* In the place of the C library's. */
int flock(int fd, int operation)
{
    if (!flock_error) return (int)syscall(SYS_flock, fd, operation);
    errno = flock_error;
    return -1;
}

static void locking(void **state)
{
    int first = -1, second = -1;
    (void)state;
    assert_ok(file_lock_folder(in_test_folder("run"), &first));
    assert_refused(file_lock_folder(in_test_folder("run"), &second), AMEND_IO, "/run: another run is writing here");
    close(first);
    flock_error = ENOLCK;
    assert_refused(file_lock_folder(in_test_folder("run"), &first), AMEND_IO, "/run/.lock: cannot lock: No locks");
    flock_error = 0;
}

static void disk_full(void **state)
{
    static char large[100000];
    char path[512];
    struct rlimit old, small;
    (void)state;
    strcpy(path, in_test_folder("a"));
    assert_ok(file_write(path, "old", 3));
    size_t before = files_in(test_folder);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 50000;
    setrlimit(RLIMIT_FSIZE, &small);
    amend_status status = file_write(path, large, sizeof large);
    assert_refused(status, AMEND_IO, "/a: cannot write: File too large");
    file_replacement file;
    assert_ok(file_replace_begin(path, &file));
    fwrite(large, 1, sizeof large, file.stream); /* fails, and nobody looks why */
    errno = 0;
    status = file_replace_commit(&file);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_refused(status, AMEND_IO, "/a: cannot write all of it; is the disk full?");
    assert_holds(path, "old");
    assert_int_equal(files_in(test_folder), before);
}

static void no_place_to_write(void **state)
{
    (void)state;
    assert_refused(file_write(in_test_folder("no/such"), "x", 1), AMEND_IO, "/no/such: cannot create");
    assert_ok(file_write(in_test_folder("a"), "x", 1));
    assert_refused(file_write(in_test_folder("a/b"), "x", 1), AMEND_IO, "/a/b: cannot create: Not a directory");
    if (!geteuid()) return; /* permissions do not bind the superuser */
    assert_ok(file_make_folder(in_test_folder("locked")));
    assert_int_equal(chmod(in_test_folder("locked"), 0500), 0);
    assert_refused(file_write(in_test_folder("locked/a"), "x", 1), AMEND_IO, "cannot create: Permission denied");
}

static void folders(void **state)
{
    char *path = NULL;
    (void)state;
    assert_ok(file_make_folder(in_test_folder("x//y/z/")));
    assert_ok(file_make_folder(in_test_folder("x/y/z")));
    assert_true(file_is_folder(in_test_folder("x/y/z")));
    assert_ok(file_write(in_test_folder("a"), "x", 1));
    assert_true(file_exists(in_test_folder("a")));
    assert_false(file_is_folder(in_test_folder("a")));
    assert_refused(file_make_folder(in_test_folder("a")), AMEND_IO, "not a folder");
    assert_refused(file_make_folder(in_test_folder("a/b")), AMEND_IO, "cannot create the folder");
    assert_ok(file_join("x", "y", &path));
    assert_string_equal(path, "x/y");
    mem_free(path);
    assert_ok(file_join("/", "y", &path));
    assert_string_equal(path, "/y");
    mem_free(path);
    assert_ok(file_join("", "y", &path));
    assert_string_equal(path, "y");
    mem_free(path);
}

static void out_of_memory(void **state)
{
    amend_status status = status_error(AMEND_NO_MEMORY, "start");
    (void)state;
    for (size_t n = 1; status.code; n++) {
        assert_int_equal(status.code, AMEND_NO_MEMORY);
        mem_fail_at(n);
        status = file_write(in_test_folder("a"), "x", 1);
    }
    mem_fail_at(0);
}

/* What may not be written is not replaced. As another user, since nothing binds root. */
static void what_is_read_only_stays(void **state)
{
    char path[512];
    int status = 0;
    (void)state;
    strcpy(path, in_test_folder("read-only"));
    assert_ok(file_write(path, "old", 3));
    assert_int_equal(chmod(path, 0444), 0);
    bool root = !geteuid();
    if (root && (chown(path, 65534, (gid_t)-1) || chown(test_folder, 65534, (gid_t)-1))) skip();
    pid_t child = fork();
    if (!child) _exit(root && setuid(65534) ? 99 : (int)file_write(path, "new", 3).code);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (root) assert_int_equal(chown(test_folder, 0, (gid_t)-1), 0);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 99) skip();
    assert_int_equal(WEXITSTATUS(status), AMEND_IO);
    assert_holds(path, "old");
}

static int synced, synced_before_rename, fsync_error;

/* In the place of the C library's. */
int fsync(int fd)
{
    synced++;
    if (!fsync_error) return (int)syscall(SYS_fsync, fd);
    errno = fsync_error;
    return -1;
}

int rename(const char *from, const char *to)
{
    synced_before_rename = synced;
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

static void on_the_disk_before_it_is_in_place(void **state)
{
    char path[512];
    (void)state;
    strcpy(path, in_test_folder("synced"));
    assert_ok(file_write(path, "old", 3));
    synced = 0;
    assert_ok(file_write(path, "new", 3));
    assert_int_equal(synced_before_rename, 1);
    assert_int_equal(synced, 2); /* and its folder */
    fsync_error = EIO;
    amend_status status = file_write(path, "never", 5);
    fsync_error = 0;
    assert_refused(status, AMEND_IO, "/synced: cannot write: Input/output error");
    assert_holds(path, "new");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_only_stays),
        cmocka_unit_test(on_the_disk_before_it_is_in_place),
        cmocka_unit_test(reading),
        cmocka_unit_test(reading_streams),
        cmocka_unit_test(mapping),
        cmocka_unit_test(pipes_are_refused),
        cmocka_unit_test(replacing),
        cmocka_unit_test(disk_full),
        cmocka_unit_test(ordinary_permissions),
        cmocka_unit_test(permissions_of_what_is_replaced),
        cmocka_unit_test(links_stay),
        cmocka_unit_test(names_of_the_system),
        cmocka_unit_test(left_temporaries),
        cmocka_unit_test(the_umask_is_left_alone),
        cmocka_unit_test(places),
        cmocka_unit_test(names),
        cmocka_unit_test(locking),
        cmocka_unit_test(no_place_to_write),
        cmocka_unit_test(folders),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(pipes_stay),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
