/* Inside the reader of PyTorch checkpoints: storages, the flat arrays that tensors are views of, and where the two
 * formats keep them. */
#ifndef WEIGHTS_PTH_STORAGE_H
#define WEIGHTS_PTH_STORAGE_H

#include "weights/pickle.h"

typedef struct pth_storage {
    const pickle_value *key; /* its name in the file */
    tensor_type type;
    size_t values, bytes;
    const unsigned char *data; /* NULL: not read */
    void *owned;               /* the same, when it is a copy */
} pth_storage;

typedef struct pth_storages {
    pth_storage *items; /* by key */
    size_t count;
} pth_storages;

/* All that the pickle names. Two of one key must agree. */
amend_status pth_storages_gather(const pickle *p, pth_storages *storages) AMEND_MUST_USE;
void pth_storages_free(pth_storages *storages);
pth_storage *pth_storages_find(const pth_storages *storages, const pickle_value *key); /* NULL: not there */

/* "FILE: storage 'KEY': WHAT" */
amend_status pth_storage_wrong(const char *name, const pickle_value *key, const char *what) AMEND_MUST_USE;

/* ---- the zip format ---- */

typedef struct pth_zip pth_zip;

/* Opens the archive in memory and reads its pickle; messages name the file `name`. */
amend_status pth_zip_open(const unsigned char *bytes, size_t size, const char *name, pth_zip **zip) AMEND_MUST_USE;
void pth_zip_close(pth_zip *zip);
void pth_zip_pickle(const pth_zip *zip, const unsigned char **bytes, size_t *size);
amend_status pth_zip_load(pth_zip *zip, pth_storage *storage) AMEND_MUST_USE;

/* ---- the format before PyTorch 1.6 ---- */

/* Reads the pickle of the checkpoint itself, the fourth in the file; *rest is where the list of storages begins. */
amend_status pth_old_read(const unsigned char *bytes, size_t size, const char *name, pickle *p,
                          size_t *rest) AMEND_MUST_USE;

/* Finds all storages in the bytes from `rest` on. */
amend_status pth_old_load(const unsigned char *bytes, size_t size, size_t rest, const char *name,
                          pth_storages *storages) AMEND_MUST_USE;

#endif
