/* What every amend function that can fail returns: a code and, when the code is not AMEND_OK, one line of text
 * that says what failed, where (file, row, tensor) and what to do. Plain value: nothing to free, safe to copy
 * and to return from any thread. */
#ifndef AMEND_STATUS_H
#define AMEND_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
#define AMEND_MUST_USE __attribute__((warn_unused_result))
#define AMEND_API __attribute__((visibility("default")))
#else
#define AMEND_MUST_USE
#define AMEND_API
#endif

typedef enum amend_code {
    AMEND_OK = 0,
    AMEND_BAD_ARGUMENT, /* the caller asked for something that makes no sense (range, name, shape) */
    AMEND_BAD_DATA,     /* a file was read, but what it holds is malformed */
    AMEND_IO,           /* the system refused: no such file, no permission, disk full */
    AMEND_NO_MEMORY,    /* an allocation failed or would overflow */
    AMEND_UNSUPPORTED,  /* well formed, but this version or processor cannot do it */
    AMEND_NUMERIC,      /* a loss, a weight or an answer became NaN or infinite */
    AMEND_INTERRUPTED,  /* the user asked to stop; the state was saved */
    AMEND_INTERNAL      /* a bug in amend or in a library under it */
} amend_code;

enum { AMEND_MESSAGE_SIZE = 508 };

typedef struct amend_status {
    amend_code code;
    char message[AMEND_MESSAGE_SIZE]; /* NUL terminated, no trailing newline, "" when code is AMEND_OK */
} amend_status;

#ifdef __cplusplus
}
#endif
#endif
