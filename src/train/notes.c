/* Notes of a run. */
#include "train/notes.h"

#include <sys/utsname.h>

#include "base/file.h"
#include "base/machine.h"
#include "base/mem.h"
#include "nn/dnn.h"

static void print_recipe(FILE *stream, const run_notes *n)
{
    config_write(stream, recipe_keys, recipe_key_count, n->recipe);
}

static void print_run(FILE *stream, const run_notes *n)
{
    struct utsname machine;
    char processor[256];
    fprintf(stream, "amend = %s\noneDNN = %s\ndata = %s\ntraining = %s\nseed = %zu\n", AMEND_VERSION, dnn_version(),
            n->data, n->training, n->recipe->seed);
    if (*n->recipe->init) fprintf(stream, "init = %s (hash %s)\n", n->recipe->init, n->identity->init);
    if (!uname(&machine)) fprintf(stream, "system = %s %s %s\n", machine.sysname, machine.release, machine.machine);
    machine_processor(processor, sizeof processor);
    fprintf(stream, "processor = %s\n", processor);
}

static amend_status write_note(const char *folder, const char *name, void (*print)(FILE *, const run_notes *),
                               const run_notes *notes)
{
    char *path = NULL;
    file_replacement file;
    TRY(file_join(folder, name, &path));
    amend_status status = file_replace_begin(path, &file);
    if (!status.code) {
        print(file.stream, notes);
        status = file_replace_commit(&file);
    }
    mem_free(path);
    return status;
}

amend_status run_notes_write(const run_notes *notes, const char *folder)
{
    TRY(write_note(folder, "recipe.ini", print_recipe, notes));
    return write_note(folder, "run.txt", print_run, notes);
}
