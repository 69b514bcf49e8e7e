/* Running the command: its exit status and what it printed, also while it runs; a folder for the files; a small model
 * without training. */
#ifndef TESTS_CLI_COMMAND_H
#define TESTS_CLI_COMMAND_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "image/image.h"
#include "untrained.h"

static char folder[] = "/tmp/amend-cli-XXXXXX";
static char printed[1 << 16], errors[1 << 16]; /* standard output and error of the last command */

#define assert_ok(expression)                                                                                          \
    do {                                                                                                               \
        amend_status assert_status_ = (expression);                                                                    \
        if (assert_status_.code) fail_msg("%s", assert_status_.message);                                               \
    } while (0)

static inline void read_text(const char *path, char *text, size_t size)
{
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    text[fread(text, 1, size - 1, stream)] = '\0';
    fclose(stream);
}

/* "amend ARGUMENTS" by the shell, which finds the folder in $T; returns the exit status. */
static inline int amend(const char *arguments)
{
    char line[2048], path[64];
    int length = snprintf(line, sizeof line, "\"$AMEND_COMMAND\" %s >$T/printed 2>$T/errors", arguments);
    assert_in_range(length, 1, sizeof line - 1);
    int status = system(line);
    snprintf(path, sizeof path, "%s/printed", folder);
    read_text(path, printed, sizeof printed);
    snprintf(path, sizeof path, "%s/errors", folder);
    read_text(path, errors, sizeof errors);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part)) fail_msg("'%s' does not contain '%s'", text, part);
}

/* Exit status and a part of standard error. */
static inline void assert_refused(const char *arguments, int status, const char *part)
{
    int got = amend(arguments);
    if (got != status) fail_msg("amend %s: exit status %d, %d expected; it said: %s", arguments, got, status, errors);
    assert_says(errors, part);
}

static inline void assert_works(const char *arguments)
{
    assert_refused(arguments, 0, "");
}

static inline void shell(const char *line)
{
    if (system(line)) fail_msg("failed: %s", line);
}

static inline int open_folder(void **state)
{
    (void)state;
    if (!getenv("AMEND_COMMAND") || !mkdtemp(folder)) return -1;
    setenv("OMP_NUM_THREADS", "2", 0);
    setenv("OMP_WAIT_POLICY", "passive", 0); /* tests run side by side */
    return setenv("T", folder, 1);
}

static inline int remove_folder(void **state)
{
    (void)state;
    return system("rm -rf \"$T\"");
}

static inline bool exists(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return !access(path, F_OK);
}

static inline pid_t start(const char *line)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* Until the file is there; the run must not have ended by then. */
static inline void wait_for(const char *name, pid_t pid)
{
    const struct timespec moment = {0, 5000000};
    while (!exists(name)) {
        if (waitpid(pid, NULL, WNOHANG)) fail_msg("the run ended before %s was there", name);
        nanosleep(&moment, NULL);
    }
}

/* The status with which a run ended that got the signal `number` once the file was there. */
static inline int stop_when_there(const char *line, const char *name, int number)
{
    int status;
    pid_t pid = start(line);
    wait_for(name, pid);
    assert_int_equal(kill(pid, number), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

/* A gray image of 40 x 40 pixels in $T. */
static inline void make_image(const char *name)
{
    char path[128];
    amend_image image = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(image_create(&image, 40, 40, 1));
    for (size_t i = 0; i < 1600; i++) image.pixels[i] = (unsigned char)(i * 7 % 251);
    assert_ok(image_write_png(path, &image));
    amend_image_free(&image);
}

/* The mirror image of $T/FROM as $T/TO. */
static inline void make_mirrored(const char *from, const char *to)
{
    char path[128];
    amend_image image = {0};
    snprintf(path, sizeof path, "%s/%s", folder, from);
    assert_ok(amend_image_open(path, &image));
    size_t width = image.width, channels = image.channels;
    for (size_t row = 0; row < image.height; row++)
        for (size_t left = 0; left < width / 2; left++)
            for (size_t c = 0; c < channels; c++) {
                unsigned char *a = image.pixels + (row * width + left) * channels + c;
                unsigned char *b = image.pixels + (row * width + width - 1 - left) * channels + c, value = *a;
                *a = *b;
                *b = value;
            }
    snprintf(path, sizeof path, "%s/%s", folder, to);
    assert_ok(image_write_png(path, &image));
    amend_image_free(&image);
}

/* An untrained network with the given classes as $T/NAME. */
static inline void make_model_with_head(const char *name, const char *const *labels, size_t classes, arm_head head)
{
    char path[128];
    model_description d = {.small_stem = true,
                           .width = 0.25,
                           .head = head,
                           .arrangement = 8,
                           .size = 32,
                           .channels = 1,
                           .classes = classes,
                           .normal = {{0.5f}, {0.25f}}};
    for (size_t k = 0; k < classes; k++) snprintf(d.labels[k], MODEL_LABEL_SIZE, "%s", labels[k]);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    untrained u = untrained_make(&d, 1);
    untrained_save(&u, &d, TENSOR_F32, path);
}

static inline void make_model(const char *name, const char *const *labels, size_t classes)
{
    make_model_with_head(name, labels, classes, ARM_HEAD_EMA);
}

#endif
