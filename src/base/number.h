/* Numbers as text of files: with a decimal point, whatever the program's locale says. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stddef.h>
#include <stdio.h>

/* As strtod, snprintf and fprintf. */
double number_read(const char *text, char **end);
int number_print(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int number_write(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
