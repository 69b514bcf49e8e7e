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

enum { MAX_DEPTH = 64, FEW = 16 };

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static amend_status add(cli_inputs *inputs, const char *path, const char *name)
{
    if (!(inputs->count & (inputs->count - 1))) /* room doubles */
        TRY(mem_grow(&inputs->items, inputs->count, inputs->count ? 2 * inputs->count : 1, sizeof *inputs->items,
                     path));
    cli_input *item = &inputs->items[inputs->count];
    *item = (cli_input){0};
    TRY(mem_copy_string(&item->path, path));
    inputs->count++;
    TRY(mem_copy_string(&item->name, name));
    for (char *c = item->name; *c; c++)
        if (*c == '/') *c = '_';
    return status_ok();
}

static bool is_link(const char *path)
{
    struct stat info;
    return !lstat(path, &info) && S_ISLNK(info.st_mode);
}

/* `inside`: how much of the path is the operand's own. */
static amend_status add_folder(cli_inputs *inputs, const char *folder, size_t inside, int depth)
{
    listing images = {0}, folders = {0};
    amend_status status = listing_add_images(folder, &images);
    for (size_t i = 0; !status.code && i < images.count; i++) {
        char *path = NULL;
        status = file_join(folder, images.names[i], &path);
        if (!status.code) status = add(inputs, path, path + inside + strspn(path + inside, "/"));
        mem_free(path);
    }
    if (!status.code && depth < MAX_DEPTH) status = listing_add_folders(folder, &folders);
    for (size_t i = 0; !status.code && i < folders.count; i++) {
        char *path = NULL;
        status = file_join(folder, folders.names[i], &path);
        if (!status.code && !is_link(path)) status = add_folder(inputs, path, inside, depth + 1);
        mem_free(path);
    }
    listing_free(&images);
    listing_free(&folders);
    return status;
}

static amend_status add_pattern(cli_inputs *inputs, const char *pattern)
{
    glob_t found;
    int failed = glob(pattern, 0, NULL, &found);
    if (failed) return status_error(AMEND_IO, "%s: no file is called like this", pattern);
    amend_status status = status_ok();
    for (size_t i = 0; !status.code && i < found.gl_pathc; i++)
        status = add(inputs, found.gl_pathv[i], last_name(found.gl_pathv[i]));
    globfree(&found);
    return status;
}

static amend_status add_operand(cli_inputs *inputs, const char *operand)
{
    size_t before = inputs->count;
    if (file_is_folder(operand)) {
        TRY(add_folder(inputs, operand, strlen(operand), 0));
        if (inputs->count > before) return status_ok();
        return status_error(AMEND_IO, "%s: no image (.jpg, .jpeg, .png, .webp) in this folder", operand);
    }
    if (!strcmp(operand, "-")) return add(inputs, operand, "standard-input");
    if (!file_exists(operand) && strpbrk(operand, "*?[")) return add_pattern(inputs, operand);
    return add(inputs, operand, last_name(operand));
}

static size_t stem_length(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? (size_t)(dot - name) : strlen(name);
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

/* "x.jpg" becomes "x-2.jpg". */
static amend_status number_name(cli_input *input, size_t number)
{
    size_t stem = stem_length(input->name), room = strlen(input->name) + 24;
    char *name = NULL;
    TRY(mem_alloc(&name, room, 1, input->path));
    snprintf(name, room, "%.*s-%zu%s", (int)stem, input->name, number, input->name + stem);
    mem_free(input->name);
    input->name = name;
    return status_ok();
}

/* Inputs of one name, but for its ending, must not write over each other's pictures. */
static amend_status number_namesakes(cli_inputs *inputs)
{
    cli_input **sorted = NULL;
    amend_status status = status_ok();
    if (inputs->count < 2) return status;
    TRY(mem_alloc(&sorted, inputs->count, sizeof *sorted, "inputs"));
    for (size_t i = 0; i < inputs->count; i++) sorted[i] = &inputs->items[i];
    qsort(sorted, inputs->count, sizeof *sorted, by_stem);
    for (size_t i = inputs->count - 1, first; !status.code && i > 0; i = first ? first - 1 : 0) {
        for (first = i; first > 0 && !compare_stems(sorted[first - 1]->name, sorted[i]->name);) first--;
        for (size_t k = first + 1; !status.code && k <= i; k++) status = number_name(sorted[k], k - first + 1);
    }
    mem_free(sorted);
    return status;
}

amend_status cli_inputs_expand(char *const *operands, size_t count, cli_inputs *inputs)
{
    amend_status status = status_ok();
    *inputs = (cli_inputs){0};
    for (size_t i = 0; !status.code && i < count; i++) status = add_operand(inputs, operands[i]);
    if (!status.code) status = number_namesakes(inputs);
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
    if (status.code && t->shown) progress_finish(&t->bar);
    if (status.code) cli_fail(status);
    t->failed += status.code != AMEND_OK;
    if (t->shown) progress_update(&t->bar, ++t->done, "");
    v->forget(found);
}

static void visit_in_turn(visit *t, const cli_inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++) {
        void *found = NULL;
        amend_status status = t->visitor->work(t->visitor->context, &inputs->items[i], &found);
        tell(t, &inputs->items[i], found, status);
    }
}

static void visit_at_once(visit *t, const cli_inputs *inputs, int threads)
{
#pragma omp parallel for ordered schedule(dynamic) num_threads(threads)
    for (size_t i = 0; i < inputs->count; i++) {
        void *found = NULL;
        amend_status status = t->visitor->work(t->visitor->context, &inputs->items[i], &found);
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

void cli_inputs_free(cli_inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++) {
        mem_free(inputs->items[i].path);
        mem_free(inputs->items[i].name);
    }
    mem_free(inputs->items);
    *inputs = (cli_inputs){0};
}
