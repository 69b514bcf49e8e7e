/* The images that operands of a command mean: files, folders with all that is in them, patterns in quotes, and
 * standard input. */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include <stddef.h>
#include <sys/types.h>

#include "face/photo.h"

typedef struct cli_input {
    char *path;   /* "-": standard input */
    char *name;   /* for a picture of it: its own name; of a folder's image its way inside with '_' for '/'; numbered
                     where several are the same; of a very long one the end */
    char *error;  /* why the operand, or a part of it, is no image; NULL: it may be one */
    dev_t device; /* of the file, if it is there */
    ino_t node;
} cli_input;

typedef struct cli_inputs {
    cli_input *items;
    size_t count;
    const cli_input **by_file; /* sorted by device and node */
    const char *left_out;      /* a folder in which nothing is looked for, or NULL */
} cli_inputs;

/* The photo of an input, decoded as far as `least` says (face/photo.h). */
amend_status cli_open_photo(const cli_input *input, size_t least, face_photo *photo) AMEND_MUST_USE;

/* What a command does with each input. */
typedef struct cli_visitor {
    const char *what; /* it does, for the bar */
    /* An input's work; *found (NULL before) goes on to `tell`. Of many inputs several are worked on at a time. */
    amend_status (*work)(void *context, const cli_input *input, void **found);
    /* Says what was found, in the order of the inputs, one at a time; not where the work failed. */
    amend_status (*tell)(void *context, const cli_input *input, void *found);
    void (*forget)(void *found); /* accepts NULL */
    void *context;
} cli_visitor;

/* All inputs. A failure is printed and does not stop the rest; returns how many there were, which is printed as well.
 * A bar where nothing else shows the way: many inputs, and the output elsewhere. */
size_t cli_visit_inputs(const cli_inputs *inputs, const cli_visitor *visitor);

/* In the order of the operands, folders' images sorted. Symbolic links to folders are not followed. A folder that
 * cannot be read, and an operand without images, is one input that failed; a file that does not exist is left to
 * whoever opens it. Fails where there is nothing else. `drawn` (or NULL) is the folder that pictures of them go to:
 * inside an operand it is left out, for an earlier call may have filled it. */
amend_status cli_inputs_expand(char *const *operands, size_t count, const char *drawn,
                               cli_inputs *inputs) AMEND_MUST_USE;

/* The input whose file is at `path`; NULL: none. */
const cli_input *cli_inputs_find(const cli_inputs *inputs, const char *path);

void cli_inputs_free(cli_inputs *inputs); /* accepts a zeroed one */

#endif
