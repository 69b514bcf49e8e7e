/* Which amend a program runs with. */
#ifndef AMEND_VERSION_H
#define AMEND_VERSION_H

#include "amend/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "MAJOR.MINOR.PATCH" of the library that is loaded. Constant; nothing to free. */
AMEND_API const char *amend_version(void);

#ifdef __cplusplus
}
#endif
#endif
