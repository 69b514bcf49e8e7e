/* Tests of bf16 are skipped on processors without it. */
#ifndef TEST_BF16_H
#define TEST_BF16_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nn/dnn.h"

static inline void needs_bf16(void)
{
    if (dnn_has(NN_BF16)) return;
    print_message("this processor has no bf16 for oneDNN\n");
    skip();
}

#endif
