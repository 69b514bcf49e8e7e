/* Names and notes on standard output. */
#include "cli/print.h"

#include <math.h>
#include <stdio.h>

#include "base/text.h"

void cli_print_clean(const char *text, int width)
{
    int shown = 0;
    for (; *text; text++, shown++) {
        size_t control = text_control(text);
        putchar(control ? '?' : *text);
        if (control == 2) text++;
    }
    printf("%*s", shown < width ? width - shown : 0, "");
}

static double tenths(double x)
{
    return round(10 * x) / 10;
}

void cli_print_face(const char *file, const amend_box *box)
{
    cli_print_clean(file, 0);
    printf(": face %g,%g,%g,%g", tenths(box->x), tenths(box->y), tenths(box->width), tenths(box->height));
}
