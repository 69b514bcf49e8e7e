/* Making and passing on amend_status values. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include "amend/status.h"

/* Success. */
amend_status status_ok(void) AMEND_MUST_USE;

/* Failure with a printf-style message; a message longer than AMEND_MESSAGE_SIZE - 1 is cut with "...". */
amend_status status_error(amend_code code, const char *format, ...)
    __attribute__((format(printf, 2, 3))) AMEND_MUST_USE;

/* `status` with "PREFIX: " in front of its message (code kept; success stays success). */
amend_status status_prefix(amend_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3))) AMEND_MUST_USE;

/* Failure AMEND_IO from errno: "PATH: cannot ACTION: STRERROR". */
amend_status status_errno(const char *path, const char *action) AMEND_MUST_USE;

/* Returns from the calling function when `expression` failed. Functions that hold resources use
 *     st = f(...); if (st.code) goto fail;                                                          instead. */
#define TRY(expression)                                                                                                \
    do {                                                                                                               \
        amend_status try_status_ = (expression);                                                                       \
        if (try_status_.code) return try_status_;                                                                      \
    } while (0)

#endif
