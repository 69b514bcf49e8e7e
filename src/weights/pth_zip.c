/* PyTorch's zip archives: NAME/data.pkl, and NAME/data/KEY for each storage. PyTorch never compresses, so compressed
 * entries are refused; then nothing that is read is larger than the file, unless entries share bytes, and those of all
 * entries together may not be more than the file has. */
#include <stdio.h>
#include <string.h>
#include <zip.h>

#include "base/mem.h"
#include "weights/pth_storage.h"

enum { PICKLE_LIMIT = 1 << 28, NAME_LIMIT = 512 };

struct pth_zip {
    const char *name;
    zip_t *archive;
    char prefix[NAME_LIMIT]; /* "NAME/", or "" */
    unsigned char *pickle;
    size_t pickle_size;
    size_t left; /* bytes that entries may still have */
};

static amend_status open_archive(pth_zip *zip, const unsigned char *bytes, size_t size)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes, size, 0, &error);
    if (source) zip->archive = zip_open_from_source(source, ZIP_RDONLY, &error);
    amend_status status = status_ok();
    if (!zip->archive)
        status = status_error(AMEND_BAD_DATA, "%s: not a zip archive, or cut short: %s", zip->name,
                              zip_error_strerror(&error));
    if (source && !zip->archive) zip_source_free(source);
    zip_error_fini(&error);
    return status;
}

static amend_status wrong(const pth_zip *zip, const char *entry, const char *what)
{
    char shown[100];
    pickle_print((const unsigned char *)entry, strlen(entry), shown, sizeof shown);
    return status_error(AMEND_BAD_DATA, "%s: '%s': %s", zip->name, shown, what);
}

/* The entry's size, when it can be read and is what the archive may still hold. */
static amend_status check_entry(pth_zip *zip, zip_uint64_t index, const char *entry, size_t *size)
{
    static const zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    zip_stat_t stat;
    if (zip_stat_index(zip->archive, index, 0, &stat) || (stat.valid & needed) != needed)
        return wrong(zip, entry, "cannot be found out about");
    if (stat.encryption_method != ZIP_EM_NONE) return wrong(zip, entry, "encrypted");
    if (stat.comp_method != ZIP_CM_STORE)
        return wrong(zip, entry, "compressed, which PyTorch never does; save the checkpoint with PyTorch again");
    if (stat.size > zip->left) return wrong(zip, entry, "the entries are larger than the file");
    *size = (size_t)stat.size;
    zip->left -= *size;
    return status_ok();
}

static amend_status read_entry(pth_zip *zip, zip_uint64_t index, const char *entry, size_t size, void *data)
{
    zip_file_t *file = zip_fopen_index(zip->archive, index, 0);
    unsigned char past;
    if (!file) return wrong(zip, entry, zip_strerror(zip->archive));
    zip_int64_t got = zip_fread(file, data, size);
    bool whole = got >= 0 && (size_t)got == size && zip_fread(file, &past, 1) == 0; /* the end checks the CRC */
    amend_status status = status_ok();
    if (!whole)
        status = wrong(zip, entry,
                       zip_error_code_zip(zip_file_get_error(file)) == ZIP_ER_CRC ? "wrong checksum"
                                                                                  : "cut short or damaged");
    zip_fclose(file);
    return status;
}

/* The entry "data.pkl" or "NAME/data.pkl" gives the prefix of all others. */
static amend_status find_pickle(pth_zip *zip, zip_uint64_t *index)
{
    static const char wanted[] = "data.pkl";
    zip_int64_t count = zip_get_num_entries(zip->archive, 0);
    for (zip_int64_t i = 0; i < count; i++) {
        const char *entry = zip_get_name(zip->archive, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
        const char *base = entry ? strrchr(entry, '/') : NULL;
        base = base ? base + 1 : entry;
        if (!base || strcmp(base, wanted) || strchr(entry, '/') != strrchr(entry, '/')) continue;
        if ((size_t)(base - entry) >= sizeof zip->prefix) return wrong(zip, entry, "a name too long");
        snprintf(zip->prefix, sizeof zip->prefix, "%.*s", (int)(base - entry), entry);
        *index = (zip_uint64_t)i;
        return status_ok();
    }
    return status_error(AMEND_BAD_DATA, "%s: a zip archive without data.pkl: not a checkpoint of PyTorch", zip->name);
}

/* PyTorch 2.1 and later say the order of bytes. */
static amend_status check_byte_order(pth_zip *zip)
{
    char entry[NAME_LIMIT + 16], text[8] = "";
    size_t size;
    snprintf(entry, sizeof entry, "%sbyteorder", zip->prefix);
    zip_int64_t index = zip_name_locate(zip->archive, entry, ZIP_FL_ENC_RAW);
    if (index < 0) return status_ok();
    TRY(check_entry(zip, (zip_uint64_t)index, entry, &size));
    if (size < sizeof text) TRY(read_entry(zip, (zip_uint64_t)index, entry, size, text));
    return strcmp(text, "little") ? wrong(zip, entry, "only files in little-endian order are read") : status_ok();
}

static amend_status read_pickle(pth_zip *zip)
{
    static const char entry[] = "data.pkl";
    zip_uint64_t index = 0;
    TRY(find_pickle(zip, &index));
    TRY(check_byte_order(zip));
    TRY(check_entry(zip, index, entry, &zip->pickle_size));
    if (zip->pickle_size > PICKLE_LIMIT) return wrong(zip, entry, "more than 256 MiB");
    TRY(mem_alloc(&zip->pickle, zip->pickle_size, 1, zip->name));
    return read_entry(zip, index, entry, zip->pickle_size, zip->pickle);
}

amend_status pth_zip_open(const unsigned char *bytes, size_t size, const char *name, pth_zip **made)
{
    pth_zip *zip = NULL;
    *made = NULL;
    TRY(mem_alloc(&zip, 1, sizeof *zip, name));
    zip->name = name;
    zip->left = size;
    amend_status status = open_archive(zip, bytes, size);
    if (!status.code) status = read_pickle(zip);
    if (status.code) {
        pth_zip_close(zip);
        return status;
    }
    *made = zip;
    return status;
}

void pth_zip_close(pth_zip *zip)
{
    if (!zip) return;
    if (zip->archive) zip_discard(zip->archive);
    mem_free(zip->pickle);
    mem_free(zip);
}

void pth_zip_pickle(const pth_zip *zip, const unsigned char **bytes, size_t *size)
{
    *bytes = zip->pickle;
    *size = zip->pickle_size;
}

amend_status pth_zip_load(pth_zip *zip, pth_storage *storage)
{
    char entry[2 * NAME_LIMIT];
    size_t size;
    if (storage->key->count >= NAME_LIMIT || memchr(storage->key->bytes, '\0', storage->key->count))
        return pth_storage_wrong(zip->name, storage->key, "not the name of a file");
    snprintf(entry, sizeof entry, "%sdata/%.*s", zip->prefix, (int)storage->key->count,
             (const char *)storage->key->bytes);
    zip_int64_t index = zip_name_locate(zip->archive, entry, ZIP_FL_ENC_RAW);
    if (index < 0) return pth_storage_wrong(zip->name, storage->key, "the archive does not have it");
    TRY(check_entry(zip, (zip_uint64_t)index, entry, &size));
    if (size < storage->bytes)
        return pth_storage_wrong(zip->name, storage->key, "fewer values in the file than the pickle says");
    TRY(mem_alloc(&storage->owned, size, 1, zip->name));
    storage->data = storage->owned;
    return read_entry(zip, (zip_uint64_t)index, entry, size, storage->owned);
}
