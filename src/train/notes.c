/* Notes: a line a fact. */
#include "train/notes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/file.h"
#include "base/machine.h"
#include "base/mem.h"
#include "nn/dnn.h"

enum { LIMIT = 1 << 20 };

amend_status notes_write(const train_notes *notes, const char *path)
{
    struct utsname machine;
    char processor[256];
    file_replacement file;
    TRY(file_replace_begin(path, &file));
    fprintf(file.stream, "amend = %s\noneDNN = %s\ndata = %s\ntraining = %s\nseed = %zu\n", AMEND_VERSION,
            dnn_version(), notes->data, notes->training, notes->seed);
    fprintf(file.stream, "recipe_hash = %016" PRIx64 "\ndata_hash = %016" PRIx64 "\n", notes->recipe_hash,
            notes->data_hash);
    fprintf(file.stream, "planned_bytes = %zu\nparameters = %zu\n", notes->planned_bytes, notes->parameters);
    if (*notes->init) fprintf(file.stream, "init = %s (hash %s)\n", notes->init, notes->init_hash);
    if (*notes->backbone_hash) fprintf(file.stream, "backbone = %s (hash %s)\n", notes->backbone, notes->backbone_hash);
    if (*notes->teacher) fprintf(file.stream, "teacher = %s (hash %s)\n", notes->teacher, notes->teacher_hash);
    if (!uname(&machine))
        fprintf(file.stream, "system = %s %s %s\n", machine.sysname, machine.release, machine.machine);
    machine_processor(processor, sizeof processor);
    fprintf(file.stream, "processor = %s\n", processor);
    return file_replace_commit(&file);
}

amend_status notes_read(const char *path, train_costs *costs)
{
    unsigned char *text = NULL;
    size_t size;
    memset(costs, 0, sizeof *costs);
    TRY(file_read(path, LIMIT, &text, &size));
    for (const char *line = (const char *)text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        sscanf(line, "recipe_hash = %" SCNx64, &costs->recipe_hash);
        sscanf(line, "data_hash = %" SCNx64, &costs->data_hash);
        sscanf(line, "planned_bytes = %zu", &costs->planned_bytes);
        sscanf(line, "parameters = %zu", &costs->parameters);
        sscanf(line, "processor = %127[^\n]", costs->processor);
    }
    mem_free(text);
    return status_ok();
}
