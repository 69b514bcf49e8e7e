/* 128 bits that stand for an image's size and pixels: two images with the same are taken for copies. */
#ifndef DATA_FINGERPRINT_H
#define DATA_FINGERPRINT_H

#include <stdint.h>

#include "image/image.h"

typedef struct fingerprint {
    uint64_t words[2];
} fingerprint;

fingerprint fingerprint_of(const amend_image *image);

/* An order, as memcmp. */
int fingerprint_compare(const fingerprint *a, const fingerprint *b);

#endif
