/* Status values: formatting and prefixing of messages. */
#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

amend_status status_ok(void)
{
    amend_status status;
    status.code = AMEND_OK;
    status.message[0] = '\0';
    return status;
}

static void format_message(char *message, const char *format, va_list arguments)
{
    int length = vsnprintf(message, AMEND_MESSAGE_SIZE, format, arguments);
    if (length < 0) snprintf(message, AMEND_MESSAGE_SIZE, "error message could not be formatted");
    if (length >= AMEND_MESSAGE_SIZE) memcpy(message + AMEND_MESSAGE_SIZE - 4, "...", 4);
    /* One line, whatever a stranger's file name holds. */
    for (char *p = message; *p; p++) {
        memset(p, ' ', text_control(p));
    }
}

amend_status status_error(amend_code code, const char *format, ...)
{
    amend_status status;
    va_list arguments;
    status.code = code;
    va_start(arguments, format);
    format_message(status.message, format, arguments);
    va_end(arguments);
    return status;
}

amend_status status_prefix(amend_status status, const char *format, ...)
{
    char prefix[AMEND_MESSAGE_SIZE];
    va_list arguments;
    if (!status.code) return status;
    va_start(arguments, format);
    format_message(prefix, format, arguments);
    va_end(arguments);
    return status_error(status.code, "%s: %s", prefix, status.message);
}

amend_status status_errno(const char *path, const char *action)
{
    int error = errno;
    return status_error(AMEND_IO, "%s: cannot %s: %s", path, action, strerror(error));
}
