/* A split without the images that a network may have learnt: those that are in the training split too. */
#ifndef DATA_UNSEEN_H
#define DATA_UNSEEN_H

#include "data/dataset.h"

/* Takes the exact copies of training images, as files hold them, out of a set that dataset_open made with the same
 * options, but for channels and size, which count for nothing here. Training images that have no label under these
 * options are not known: a stricter rule for votes knows fewer. *left_out: how many there were. AMEND_BAD_DATA when no
 * image is left. Reads the whole data set anew. */
amend_status unseen_keep(dataset *set, const data_options *options, size_t *left_out) AMEND_MUST_USE;

#endif
