/* Where the detector is, and where pictures go. */
#include "cli/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "face/detector.h"
#include "image/image.h"
#include "model/model.h"

const char *cli_beside(const char *name, char *path)
{
    static const char *const places[] = {"../models", "../share/amend/models"};
    char folder[CLI_PATH - 200];
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    if (length <= 0) return NULL;
    folder[length] = '\0';
    *strrchr(folder, '/') = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(path, CLI_PATH, "%s/%s/%.100s", folder, places[i], name);
        if (file_exists(path)) return path;
    }
    return NULL;
}

const char *cli_model_file(const char *named, char *path)
{
    if (named) return named;
    return getenv("AMEND_MODEL") ? NULL : cli_beside(MODEL_RELEASED, path);
}

bool cli_parse_box(const char *text, amend_box *box)
{
    int end = 0;
    return sscanf(text, "%lf,%lf,%lf,%lf%n", &box->x, &box->y, &box->width, &box->height, &end) == 4 && !text[end];
}

amend_status cli_open_detector(const char *file, amend_detector **detector)
{
    char path[CLI_PATH];
    if (!file && !getenv("AMEND_DETECTOR")) file = cli_beside(FACE_DETECTOR, path);
    return amend_detector_open(file, detector);
}

amend_status cli_write_picture(const char *folder, const char *photo_file, const amend_image *drawn)
{
    const char *slash = strrchr(photo_file, '/');
    char name[300], *path = NULL;
    snprintf(name, sizeof name, "%.255s", slash ? slash + 1 : photo_file);
    char *dot = strrchr(name, '.');
    snprintf(dot ? dot : name + strlen(name), 5, ".png");
    TRY(file_make_folder(folder));
    TRY(file_join(folder, name, &path));
    amend_status status = image_write_png(path, drawn);
    if (!status.code) fprintf(stderr, "drawn: %s\n", path);
    mem_free(path);
    return status;
}
