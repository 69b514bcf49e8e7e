/* From operands to files. */
#include "cli/inputs.h"

#include <glob.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/status.h"
#include "cli/cli.h"
#include "data/listing.h"

enum {
    MAX_DEPTH = 64,
    FEW = 16,
    LONGEST_STEM = 200 /* a file's name has 255 bytes: room for a number and an ending */
};

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static size_t stem_length(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? (size_t)(dot - name) : strlen(name);
}

/* A way through folders as one name; of one that is too long for a file the end, from a whole character on. */
static void make_name(char *name)
{
    for (char *c = name; *c; c++)
        if (*c == '/') *c = '_';
    size_t stem = stem_length(name), drop = stem > LONGEST_STEM ? stem - LONGEST_STEM : 0;
    while (drop < stem && ((unsigned char)name[drop] & 0xC0) == 0x80) drop++;
    memmove(name, name + drop, strlen(name + drop) + 1);
}

static amend_status add(cli_inputs *inputs, const char *path, const char *name)
{
    if (!(inputs->count & (inputs->count - 1))) /* room doubles */
        TRY(mem_grow(&inputs->items, inputs->count, inputs->count ? 2 * inputs->count : 1, sizeof *inputs->items,
                     path));
    cli_input *item = &inputs->items[inputs->count];
    struct stat info;
    *item = (cli_input){0};
    if (!stat(path, &info)) {
        item->device = info.st_dev;
        item->node = info.st_ino;
    }
    TRY(mem_copy_string(&item->path, path));
    inputs->count++;
    TRY(mem_copy_string(&item->name, name));
    make_name(item->name);
    return status_ok();
}

/* What is wrong with an operand, or a folder in it, fails in its turn and stops nothing. */
static amend_status add_failure(cli_inputs *inputs, amend_status why)
{
    if (!why.code || why.code == AMEND_NO_MEMORY) return why;
    TRY(add(inputs, "", ""));
    return mem_copy_string(&inputs->items[inputs->count - 1].error, why.message);
}

static amend_status list(const char *folder, bool deeper, listing *images, listing *folders)
{
    TRY(listing_add_images(folder, images));
    return deeper ? listing_add_folders(folder, folders) : status_ok();
}

/* `inside`: how much of the path is the operand's own. */
static amend_status add_folder(cli_inputs *inputs, const char *folder, size_t inside, int depth)
{
    listing images = {0}, folders = {0};
    amend_status status = add_failure(inputs, list(folder, depth < MAX_DEPTH, &images, &folders));
    for (size_t i = 0; !status.code && i < images.count; i++) {
        char *path = NULL;
        status = file_join(folder, images.names[i], &path);
        if (!status.code) status = add(inputs, path, path + inside + strspn(path + inside, "/"));
        mem_free(path);
    }
    for (size_t i = 0; !status.code && i < folders.count; i++) {
        char *path = NULL;
        status = file_join(folder, folders.names[i], &path);
        bool drawn = inputs->left_out && path && file_is_same(path, inputs->left_out);
        if (!status.code && !drawn && !file_is_link(path)) status = add_folder(inputs, path, inside, depth + 1);
        mem_free(path);
    }
    listing_free(&images);
    listing_free(&folders);
    return status;
}

/* Not a pattern. Beside others, the folder that pictures go to is none: an earlier call may have filled it. */
static amend_status add_place(cli_inputs *inputs, const char *place, bool alone)
{
    size_t before = inputs->count;
    if (!alone && inputs->left_out && file_is_folder(place) && file_is_same(place, inputs->left_out))
        return status_ok();
    if (!strcmp(place, "-")) return add(inputs, place, "standard-input");
    if (!file_is_folder(place)) return add(inputs, place, last_name(place));
    TRY(add_folder(inputs, place, strlen(place), 0));
    if (inputs->count > before) return status_ok();
    return status_error(AMEND_IO, "%s: no image (.jpg, .jpeg, .png, .webp) in this folder", place);
}

/* As the shell would have put its matches in its place. */
static amend_status add_pattern(cli_inputs *inputs, const char *pattern)
{
    glob_t found;
    int failed = glob(pattern, 0, NULL, &found);
    if (failed == GLOB_NOSPACE) return status_error(AMEND_NO_MEMORY, "%s: out of memory", pattern);
    if (failed) return status_error(AMEND_IO, "%s: no file is called like this", pattern);
    amend_status status = status_ok();
    for (size_t i = 0; !status.code && i < found.gl_pathc; i++)
        status = add_failure(inputs, add_place(inputs, found.gl_pathv[i], false));
    globfree(&found);
    return status;
}

static amend_status add_operand(cli_inputs *inputs, const char *operand, bool alone)
{
    bool pattern = strpbrk(operand, "*?[") && !file_exists(operand);
    return add_failure(inputs, pattern ? add_pattern(inputs, operand) : add_place(inputs, operand, alone));
}

/* Where nothing is left to work on, that is said before anything else is opened. */
static amend_status check_any(const cli_inputs *inputs)
{
    const char *last = NULL;
    for (size_t i = 0; i < inputs->count; i++)
        if (!inputs->items[i].error) return status_ok();
    for (size_t i = 0; i < inputs->count; i++) {
        if (last) cli_fail(status_error(AMEND_IO, "%s", last));
        last = inputs->items[i].error;
    }
    return last ? status_error(AMEND_IO, "%s", last) : status_ok();
}

static int compare_stems(const char *a, const char *b)
{
    size_t first = stem_length(a), second = stem_length(b);
    int order = memcmp(a, b, first < second ? first : second);
    return order ? order : (first > second) - (first < second);
}

static int by_stem(const void *a, const void *b)
{
    const cli_input *first = *(cli_input *const *)a, *second = *(cli_input *const *)b;
    int order = compare_stems(first->name, second->name);
    return order ? order : (first > second) - (first < second);
}

static bool is_taken(cli_input *const *sorted, size_t count, const char *name)
{
    size_t first = 0, end = count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        int order = compare_stems(sorted[middle]->name, name);
        if (!order) return true;
        if (order < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return false;
}

/* "x.jpg" becomes "x-2.jpg", or of the next number whose stem no other input has; *number is the last one tried. */
static amend_status number_name(cli_input *const *sorted, size_t count, const cli_input *input, size_t *number,
                                char **name)
{
    size_t stem = stem_length(input->name), room = strlen(input->name) + 24;
    TRY(mem_alloc(name, room, 1, input->path));
    do snprintf(*name, room, "%.*s-%zu%s", (int)stem, input->name, ++*number, input->name + stem);
    while (is_taken(sorted, count, *name));
    return status_ok();
}

/* The new names (NULL: as it was) of sorted inputs. Those of different stems differ: their last '-' parts stem and
 * number. */
static amend_status find_numbers(cli_input *const *sorted, size_t count, char **names)
{
    size_t number = 1;
    for (size_t i = 1; i < count; i++) {
        if (compare_stems(sorted[i - 1]->name, sorted[i]->name))
            number = 1;
        else
            TRY(number_name(sorted, count, sorted[i], &number, &names[i]));
    }
    return status_ok();
}

/* Inputs of one name, but for its ending, must not write over each other's pictures. */
static amend_status number_namesakes(cli_inputs *inputs)
{
    cli_input **sorted = NULL;
    char **names = NULL;
    amend_status status = mem_alloc(&sorted, inputs->count, sizeof *sorted, "inputs");
    if (!status.code) status = mem_alloc(&names, inputs->count, sizeof *names, "inputs");
    for (size_t i = 0; !status.code && i < inputs->count; i++) sorted[i] = &inputs->items[i];
    if (!status.code) qsort(sorted, inputs->count, sizeof *sorted, by_stem);
    if (!status.code) status = find_numbers(sorted, inputs->count, names);
    for (size_t i = 0; names && i < inputs->count; i++) {
        if (!names[i]) continue;
        mem_free(sorted[i]->name);
        sorted[i]->name = names[i];
    }
    mem_free(names);
    mem_free(sorted);
    return status;
}

static int compare_files(const cli_input *a, const cli_input *b)
{
    if (a->device != b->device) return a->device < b->device ? -1 : 1;
    return (a->node > b->node) - (a->node < b->node);
}

static int by_file(const void *a, const void *b)
{
    return compare_files(*(const cli_input *const *)a, *(const cli_input *const *)b);
}

static amend_status sort_by_file(cli_inputs *inputs)
{
    TRY(mem_alloc(&inputs->by_file, inputs->count, sizeof *inputs->by_file, "inputs"));
    for (size_t i = 0; i < inputs->count; i++) inputs->by_file[i] = &inputs->items[i];
    qsort(inputs->by_file, inputs->count, sizeof *inputs->by_file, by_file);
    return status_ok();
}

amend_status cli_inputs_expand(char *const *operands, size_t count, const char *drawn, cli_inputs *inputs)
{
    amend_status status = status_ok();
    *inputs = (cli_inputs){.left_out = drawn};
    for (size_t i = 0; !status.code && i < count; i++) status = add_operand(inputs, operands[i], count == 1);
    if (!status.code) status = check_any(inputs);
    if (!status.code) status = number_namesakes(inputs);
    if (!status.code) status = sort_by_file(inputs);
    if (status.code) cli_inputs_free(inputs);
    return status;
}

amend_status cli_open_photo(const cli_input *input, size_t least, face_photo *photo)
{
    bool from_stream = !strcmp(input->path, "-");
    const char *name = from_stream ? "standard input" : input->path;
    unsigned char *bytes = NULL;
    size_t size;
    *photo = (face_photo){0};
    if (from_stream)
        TRY(file_read_stream(stdin, name, IMAGE_MAX_BYTES, &bytes, &size));
    else
        TRY(image_read_file(name, &bytes, &size));
    return face_photo_open(name, bytes, size, least, photo);
}

/* Many inputs: a thread takes one from its file to its result, which leaves no thread waiting for another's decoder.
 * Few: all threads work on one. */
static int inputs_at_once(size_t count)
{
    enum { EACH = 4, MOST = 16 /* photos in memory */ };
    int threads = omp_get_max_threads();
    if (count < EACH * (size_t)threads) return 1;
    return threads < MOST ? threads : MOST;
}

typedef struct visit {
    const cli_visitor *visitor;
    progress bar;
    bool shown;
    size_t done, failed;
} visit;

static void tell(visit *t, const cli_input *input, void *found, amend_status status)
{
    const cli_visitor *v = t->visitor;
    if (!status.code) status = v->tell(v->context, input, found);
    if (status.code && t->shown) progress_interrupt(&t->bar);
    if (status.code) cli_fail(status);
    t->failed += status.code != AMEND_OK;
    if (t->shown) progress_update(&t->bar, ++t->done, "");
    v->forget(found);
}

static amend_status work(const cli_visitor *v, const cli_input *input, void **found)
{
    if (input->error) return status_error(AMEND_IO, "%s", input->error);
    return v->work(v->context, input, found);
}

static void visit_in_turn(visit *t, const cli_inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++) {
        void *found = NULL;
        amend_status status = work(t->visitor, &inputs->items[i], &found);
        tell(t, &inputs->items[i], found, status);
    }
}

static void visit_at_once(visit *t, const cli_inputs *inputs, int threads)
{
#pragma omp parallel for ordered schedule(dynamic) num_threads(threads)
    for (size_t i = 0; i < inputs->count; i++) {
        void *found = NULL;
        amend_status status = work(t->visitor, &inputs->items[i], &found);
#pragma omp ordered
        tell(t, &inputs->items[i], found, status);
    }
}

size_t cli_visit_inputs(const cli_inputs *inputs, const cli_visitor *v)
{
    visit t = {.visitor = v, .shown = inputs->count > FEW && !isatty(STDOUT_FILENO)};
    int threads = inputs_at_once(inputs->count);
    mem_keep_freed(); /* one photo is as large as the next */
    progress_start(&t.bar, v->what, inputs->count);
    if (threads > 1)
        visit_at_once(&t, inputs, threads);
    else /* inside a region of one thread, those of the work would start their threads anew each time */
        visit_in_turn(&t, inputs);
    progress_finish(&t.bar);
    if (t.failed && inputs->count > 1) fprintf(stderr, "amend: %zu of %zu files failed\n", t.failed, inputs->count);
    return t.failed;
}

const cli_input *cli_inputs_find(const cli_inputs *inputs, const char *path)
{
    struct stat info;
    if (stat(path, &info)) return NULL;
    const cli_input wanted = {.device = info.st_dev, .node = info.st_ino}, *key = &wanted;
    const cli_input **found = bsearch(&key, inputs->by_file, inputs->count, sizeof *inputs->by_file, by_file);
    return found ? *found : NULL;
}

void cli_inputs_free(cli_inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++) {
        mem_free(inputs->items[i].path);
        mem_free(inputs->items[i].name);
        mem_free(inputs->items[i].error);
    }
    mem_free(inputs->items);
    mem_free(inputs->by_file);
    *inputs = (cli_inputs){0};
}
