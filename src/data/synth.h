/* Drawn faces: a labelled set for trying training without any photograph. Faces follow the action units of the
 * Facial Action Coding System (Ekman and Friesen, 1978), with random identity, pose, light and camera. */
#ifndef DATA_SYNTH_H
#define DATA_SYNTH_H

#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

typedef enum synth_expression {
    SYNTH_ANGRY,
    SYNTH_DISGUST,
    SYNTH_FEAR,
    SYNTH_HAPPY,
    SYNTH_SAD,
    SYNTH_SURPRISE,
    SYNTH_NEUTRAL,
    SYNTH_EXPRESSIONS
} synth_expression;

enum { SYNTH_SMALLEST = 32, SYNTH_LARGEST = 1024, SYNTH_DEFAULT_SIZE = 96 }; /* pixels a side */

/* Fewer images would leave a split without some class. */
enum { SYNTH_FEWEST = 3 * SYNTH_EXPRESSIONS, SYNTH_MOST = 9999 * SYNTH_EXPRESSIONS };

/* "angry" ... "neutral": the folders' names. */
const char *synth_expression_name(size_t expression);

/* One new size x size RGB face; depends on nothing but its arguments. */
amend_status synth_face(uint64_t seed, uint64_t index, size_t expression, size_t size,
                        amend_image *image) AMEND_MUST_USE;

typedef struct synth_set {
    const char *folder; /* made when missing; must not hold a set */
    size_t count;       /* SYNTH_FEWEST .. SYNTH_MOST */
    size_t size;        /* SYNTH_SMALLEST .. SYNTH_LARGEST */
    uint64_t seed;
    void (*progress)(size_t done, size_t count); /* after each image; may be NULL */
} synth_set;

/* Writes FOLDER/SPLIT/CLASS/NNNN.png: classes take turns, and of each ten images of a class one goes to valid and one
 * to test. NNNN counts within a class over all splits, so image i is the same whatever `count` is. */
amend_status synth_write_set(const synth_set *set) AMEND_MUST_USE;

#endif
