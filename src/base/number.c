/* Numbers in the "C" locale, which the calling thread alone takes for the moment: the program's own stays. */
#include "base/number.h"

#include <locale.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>

static locale_t plain; /* of the whole process, never given back */

static void make_plain(void)
{
    plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* Returns the locale to go back to. */
static locale_t enter(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_plain);
    return uselocale(plain); /* which changes nothing if there was no memory for it */
}

double number_read(const char *text, char **end)
{
    locale_t before = enter();
    double value = strtod(text, end);
    uselocale(before);
    return value;
}

int number_print(char *text, size_t size, const char *format, ...)
{
    va_list arguments;
    locale_t before = enter();
    va_start(arguments, format);
    int length = vsnprintf(text, size, format, arguments);
    va_end(arguments);
    uselocale(before);
    return length;
}

int number_write(FILE *stream, const char *format, ...)
{
    va_list arguments;
    locale_t before = enter();
    va_start(arguments, format);
    int length = vfprintf(stream, format, arguments);
    va_end(arguments);
    uselocale(before);
    return length;
}
