/* The user's wish to stop: SIGINT (Ctrl-C) or SIGTERM. */
#ifndef BASE_STOP_H
#define BASE_STOP_H

#include <stdbool.h>

/* From the first stop_listen to the last stop_leave a signal sets stop_asked, and says so; the second one of its kind
 * ends the program. Calls may be nested. The outermost stop_listen forgets earlier wishes. One thread calls them. */
void stop_listen(void);
void stop_leave(void);

bool stop_asked(void);

#endif
