/* The machine that figures were measured on. */
#ifndef BASE_MACHINE_H
#define BASE_MACHINE_H

#include <stddef.h>

/* The processor's name as Linux tells it, else its architecture. */
void machine_processor(char *name, size_t size);

/* Bytes of physical memory that this process holds now; 0 when Linux does not tell. */
size_t machine_resident_bytes(void);

#endif
