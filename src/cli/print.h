/* What files say, on a terminal. */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include "amend/image.h"

/* On standard output, with '?' for control characters and blanks up to `width` bytes. */
void cli_print_clean(const char *text, int width);

/* The file and its face's place, in tenths of a pixel: "photo.jpg: face 10.5,20,30,30". */
void cli_print_face(const char *file, const amend_box *box);

#endif
