/* Time that only goes forward, whatever happens to the calendar. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

double clock_seconds(void); /* since some moment before the program's start */

#endif
