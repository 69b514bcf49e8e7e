/* Faces for commands: the model and the detector that are at hand, and pictures of what it found. */
#ifndef CLI_DETECT_H
#define CLI_DETECT_H

#include <stdbool.h>

#include "amend/faces.h"
#include "cli/inputs.h"

/* A file of the models' folder beside the command, where it was built or unpacked; NULL: not there. `path` has room for
 * CLI_PATH bytes. */
enum { CLI_PATH = 4096 };
const char *cli_beside(const char *name, char *path);

/* The model to open: `named`; or the released one beside the command, unless $AMEND_MODEL names another. NULL: what the
 * library takes then. */
const char *cli_model_file(const char *named, char *path);

/* "X,Y,W,H" */
bool cli_parse_box(const char *text, amend_box *box);

/* The detector `file`; NULL: $AMEND_DETECTOR, the one beside the command, or the installed one. */
amend_status cli_open_detector(const char *file, amend_detector **detector) AMEND_MUST_USE;

/* DIR/NAME.png for the input called NAME.jpg, drawn with its boxes and labels; says so on standard error. */
amend_status cli_write_picture(const char *folder, const char *name, const amend_image *drawn) AMEND_MUST_USE;

/* Before any of that: an error where a picture in the folder `annotate`, or the file `json`, would take the place of
 * one of the photos. Either may be NULL. */
amend_status cli_check_photos_kept(const cli_inputs *inputs, const char *annotate, const char *json) AMEND_MUST_USE;

#endif
