/* What files say, on a terminal. */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

/* On standard output, with '?' for control characters and blanks up to `width` bytes. */
void cli_print_clean(const char *text, int width);

#endif
