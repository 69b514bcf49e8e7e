/* The machine that figures were measured on. */
#ifndef BASE_MACHINE_H
#define BASE_MACHINE_H

#include <stddef.h>

/* The processor's name as Linux tells it, else its architecture. */
void machine_processor(char *name, size_t size);

#endif
