/* Time for measuring: monotonic, unmoved by changes of the date. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/* Seconds since some fixed moment; only differences mean anything. */
double clock_seconds(void);

#endif
