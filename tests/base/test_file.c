/* Files: whole or not at all, whatever the disk does. */
#include "check.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void assert_holds(const char *path, const char *text)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    assert_ok(file_read(path, 1 << 20, &bytes, &size));
    assert_int_equal(size, strlen(text));
    assert_string_equal((const char *)bytes, text);
    mem_free(bytes);
}

static size_t files_in_scratch(void)
{
    size_t count = 0;
    DIR *folder = opendir(scratch_folder);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static void assert_not_readable(const char *path, const char *part)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    file_map map;
    assert_fails(file_read(path, 1 << 20, &bytes, &size), AMEND_IO, part);
    assert_null(bytes);
    assert_fails(file_map_open(path, &map), AMEND_IO, part);
    assert_null(map.bytes);
}

static void write_then_read(void **state)
{
    const char *path = scratch("a");
    struct stat info;
    file_map map;
    (void)state;
    mode_t mask = umask(022);
    assert_ok(file_write(path, "old", 3));
    assert_holds(path, "old");
    assert_ok(file_write(path, "newer", 5));
    umask(mask);
    assert_holds(path, "newer");
    assert_int_equal(files_in_scratch(), 1);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0644);
    assert_ok(file_map_open(path, &map));
    assert_int_equal(map.size, 5);
    assert_memory_equal(map.bytes, "newer", 5);
    file_map_close(&map);
    file_map_close(&map);
}

static void empty_file(void **state)
{
    const char *path = scratch("empty");
    file_map map;
    (void)state;
    assert_ok(file_write(path, NULL, 0));
    assert_holds(path, "");
    assert_ok(file_map_open(path, &map));
    assert_null(map.bytes);
    assert_int_equal(map.size, 0);
    file_map_close(&map);
}

static void limit_is_kept(void **state)
{
    const char *path = scratch("a");
    unsigned char *bytes = NULL;
    size_t size = 0;
    (void)state;
    assert_ok(file_write(path, "12345", 5));
    assert_fails(file_read(path, 4, &bytes, &size), AMEND_BAD_DATA, "5 bytes");
    assert_ok(file_read(path, 5, &bytes, &size));
    mem_free(bytes);
}

static void abandoned_write_leaves_the_old(void **state)
{
    const char *path = scratch("a");
    file_replacement file;
    (void)state;
    assert_ok(file_write(path, "old", 3));
    assert_ok(file_replace_begin(path, &file));
    fputs("half a fi", file.stream);
    file_replace_abandon(&file);
    file_replace_abandon(&file);
    assert_holds(path, "old");
    assert_int_equal(files_in_scratch(), 1);
}

/* A limit on the size of files stands in for a full disk: writing stops in the middle in the same way. */
static void full_disk_leaves_the_old(void **state)
{
    const char *path = scratch("a");
    static char large[100000];
    struct rlimit before, small;
    (void)state;
    assert_ok(file_write(path, "old", 3));
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 5000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    amend_status status = file_write(path, large, sizeof large);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    assert_fails(status, AMEND_IO, path);
    assert_holds(path, "old");
    assert_int_equal(files_in_scratch(), 1);
}

static void unwritable_places(void **state)
{
    const char *path = scratch("a");
    (void)state;
    assert_ok(file_write(path, "old", 3));
    assert_fails(file_write(scratch("a/below"), "x", 1), AMEND_IO, "a/below: cannot create: Not a directory");
    assert_fails(file_write(scratch("none/b"), "x", 1), AMEND_IO, "none/b: cannot create: No such file");
    assert_fails(file_write("/proc/amend-test", "x", 1), AMEND_IO, "/proc/amend-test: cannot create");
    assert_fails(file_write(scratch(""), "x", 1), AMEND_IO, "cannot"); /* a folder in the place of the file */
    assert_holds(path, "old");
    assert_int_equal(files_in_scratch(), 1);
}

static void not_regular_files(void **state)
{
    const char *fifo = scratch("fifo");
    (void)state;
    assert_not_readable(scratch("none"), "none: cannot open: No such file");
    assert_not_readable(scratch_folder, "not a regular file but a folder");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_not_readable(fifo, "fifo: not a regular file");
    assert_not_readable("/dev/null", "/dev/null: not a regular file");
}

static void folders(void **state)
{
    (void)state;
    assert_ok(file_make_folder(scratch("x/y//z/")));
    assert_ok(file_make_folder(scratch("x/y/z")));
    assert_true(file_is_folder(scratch("x/y/z")));
    assert_true(file_exists(scratch("x")));
    assert_false(file_exists(scratch("y")));
    assert_ok(file_write(scratch("x/file"), "1", 1));
    assert_false(file_is_folder(scratch("x/file")));
    assert_fails(file_make_folder(scratch("x/file")), AMEND_IO, "exists and is not a folder");
    assert_fails(file_make_folder(scratch("x/file/z")), AMEND_IO, "cannot create the folder");
}

static void joining(void **state)
{
    static const char *const cases[][3] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"", "b", "b"}, {"/", "b", "/b"}};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        char *path = NULL;
        assert_ok(file_join(cases[i][0], cases[i][1], &path));
        assert_string_equal(path, cases[i][2]);
        mem_free(path);
    }
}

static void no_memory(void **state)
{
    const char *path = scratch("a");
    unsigned char *bytes = NULL;
    size_t size = 0;
    (void)state;
    assert_ok(file_write(path, "old", 3));
    for (size_t n = 1; n <= 2; n++) {
        mem_fail_at(n);
        assert_fails(file_write(path, "new", 3), AMEND_NO_MEMORY, "out of memory");
    }
    mem_fail_at(1);
    assert_fails(file_read(path, 10, &bytes, &size), AMEND_NO_MEMORY, "out of memory");
    assert_null(bytes);
    assert_holds(path, "old");
    assert_int_equal(files_in_scratch(), 1);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(write_then_read),   IN_SCRATCH(empty_file),
        IN_SCRATCH(limit_is_kept),     IN_SCRATCH(abandoned_write_leaves_the_old),
        IN_SCRATCH(unwritable_places), IN_SCRATCH(full_disk_leaves_the_old),
        IN_SCRATCH(not_regular_files), IN_SCRATCH(folders),
        IN_SCRATCH(no_memory),         cmocka_unit_test(joining),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
