/* Two chains of multiply and shift over words of 8 bytes, each with an odd constant of its own; size and channels come
 * first. No defence against images that are made to collide, none is needed. */
#include "data/fingerprint.h"

#include <string.h>

static void mix(fingerprint *f, uint64_t word)
{
    static const uint64_t factors[2] = {0x9e3779b97f4a7c15u, 0xd6e8feb86659fd93u};
    for (int i = 0; i < 2; i++) {
        f->words[i] = (f->words[i] ^ word) * factors[i];
        f->words[i] ^= f->words[i] >> 32;
    }
}

fingerprint fingerprint_of(const amend_image *image)
{
    fingerprint f = {{1, 2}};
    size_t size = image->width * image->height * image->channels;
    mix(&f, image->width);
    mix(&f, image->height);
    mix(&f, image->channels);
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = 0;
        memcpy(&word, image->pixels + i, size - i < 8 ? size - i : 8);
        mix(&f, word);
    }
    return f;
}

int fingerprint_compare(const fingerprint *a, const fingerprint *b)
{
    for (int i = 0; i < 2; i++)
        if (a->words[i] != b->words[i]) return a->words[i] < b->words[i] ? -1 : 1;
    return 0;
}
