/* Where released models are. */
#ifndef BASE_RELEASED_H
#define BASE_RELEASED_H

#include "base/status.h"

/* The file that the environment's `variable` names; else `name` of share/amend/models beside this library, wherever it
 * was put, or, where it is not there, of the folder that the build was configured for. Free *path with mem_free. */
amend_status released_find(const char *variable, const char *name, char **path) AMEND_MUST_USE;

#endif
