/* Names and notes on standard output. */
#include "cli/print.h"

#include <stdio.h>

#include "base/text.h"

void cli_print_clean(const char *text, int width)
{
    int shown = 0;
    for (; *text; text++, shown++) putchar(text_printable(*text));
    printf("%*s", shown < width ? width - shown : 0, "");
}
