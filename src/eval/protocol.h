/* The protocol's fields by name, in the order in which reports show them. */
#ifndef EVAL_PROTOCOL_H
#define EVAL_PROTOCOL_H

#include "eval/report.h"

enum { EVAL_PROTOCOL_FIELDS = 13 };

const char *eval_protocol_name(size_t field);
const char *eval_protocol_value(const eval_protocol *protocol, size_t field); /* may be NULL */

#endif
