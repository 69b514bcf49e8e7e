/* The public side of face detection. */
#include "amend/faces.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/released.h"
#include "face/detector.h"
#include "face/photo.h"
#include "image/image.h"

struct amend_detector {
    face_network *network;
};

static amend_status open_network(const char *path, amend_detector *d)
{
    if (file_exists(path)) return face_network_open(path, &d->network);
    return status_error(AMEND_IO, "%s: no such file; tools/detector.sh fetches a face detector", path);
}

amend_status amend_detector_open(const char *path, amend_detector **made)
{
    amend_detector *d = NULL;
    char *found = NULL;
    if (!made) return status_error(AMEND_BAD_ARGUMENT, "amend_detector_open: no place for the detector was given");
    *made = NULL;
    if (!path) {
        TRY(released_find("AMEND_DETECTOR", FACE_DETECTOR, &found));
        path = found;
    }
    amend_status status = mem_alloc(&d, 1, sizeof *d, "detector");
    if (!status.code) status = open_network(path, d);
    if (status.code)
        mem_free(d);
    else
        *made = d;
    mem_free(found);
    return status;
}

void amend_detector_free(amend_detector *d)
{
    if (!d) return;
    face_network_free(d->network);
    mem_free(d);
}

size_t face_photo_side(const amend_detector *d)
{
    return face_search_side(d->network);
}

static amend_status copy_faces(const face_list *list, amend_face **faces, size_t *count)
{
    if (!list->count) return status_ok();
    TRY(mem_alloc(faces, list->count, sizeof **faces, "faces"));
    memcpy(*faces, list->faces, list->count * sizeof **faces);
    *count = list->count;
    return status_ok();
}

amend_status amend_detector_find(amend_detector *d, const amend_image *image, double threshold, amend_face **faces,
                                 size_t *count)
{
    if (!d || !faces || !count)
        return status_error(AMEND_BAD_ARGUMENT, "amend_detector_find: detector, faces and count must be given");
    *faces = NULL;
    *count = 0;
    TRY(status_prefix(image_check(image), "amend_detector_find"));
    if (!(threshold >= 0 && threshold < 1))
        return status_error(AMEND_BAD_ARGUMENT, "a threshold of %g; 0 or more and less than 1 is possible", threshold);
    face_list *list = NULL;
    TRY(mem_alloc(&list, 1, sizeof *list, "faces"));
    amend_status status = face_search(d->network, image, threshold > 0 ? threshold : d->network->kind->threshold, list);
    if (!status.code) status = copy_faces(list, faces, count);
    mem_free(list);
    return status;
}

void amend_faces_free(amend_face *faces)
{
    mem_free(faces);
}
