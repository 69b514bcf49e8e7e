/* Where the detector is, and where pictures go. */
#include "cli/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/output.h"
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
    return config_variable("AMEND_MODEL") ? NULL : cli_beside(MODEL_RELEASED, path);
}

bool cli_parse_box(const char *text, amend_box *box)
{
    int end = 0;
    return sscanf(text, "%lf,%lf,%lf,%lf%n", &box->x, &box->y, &box->width, &box->height, &end) == 4 && !text[end];
}

amend_status cli_open_detector(const char *file, amend_detector **detector)
{
    char path[CLI_PATH];
    if (!file && !config_variable("AMEND_DETECTOR")) file = cli_beside(FACE_DETECTOR, path);
    return amend_detector_open(file, detector);
}

static amend_status picture_path(const char *folder, const char *name, char **path)
{
    const char *dot = strrchr(name, '.');
    size_t room = strlen(name) + sizeof ".png";
    char *picture = NULL;
    TRY(mem_alloc(&picture, room, 1, "path"));
    snprintf(picture, room, "%.*s.png", (int)(dot ? (size_t)(dot - name) : strlen(name)), name);
    amend_status status = file_join(folder, picture, path);
    mem_free(picture);
    return status;
}

amend_status cli_write_picture(const char *folder, const char *name, const amend_image *drawn)
{
    char *path = NULL;
    TRY(file_make_folder(folder));
    TRY(picture_path(folder, name, &path));
    amend_status status = image_write_png(path, drawn);
    text_clean(path);
    if (!status.code) fprintf(stderr, "drawn: %s\n", path);
    mem_free(path);
    return status;
}

static amend_status check_kept(const cli_inputs *inputs, const char *path, const char *option, const char *other)
{
    const cli_input *photo = cli_inputs_find(inputs, path);
    return photo ? cli_would_replace(photo->path, option, "photo", other) : status_ok();
}

/* Beside a photo others may lie which were not given: a picture could take the place of one. */
static amend_status check_apart(const char *annotate, const cli_input *photo)
{
    char *folder = file_folder_of(photo->path);
    bool same = folder && strcmp(photo->path, "-") && file_is_same(folder, annotate);
    free(folder);
    if (!same) return status_ok();
    return status_error(AMEND_BAD_ARGUMENT,
                        "%s: --annotate would put pictures among the photos, in whose places they could come; name "
                        "another folder",
                        annotate);
}

amend_status cli_check_photos_kept(const cli_inputs *inputs, const char *annotate, const char *json)
{
    amend_status status = json ? check_kept(inputs, json, "--json", "file") : status_ok();
    for (size_t i = 0; !status.code && annotate && i < inputs->count; i++) {
        char *path = NULL;
        TRY(picture_path(annotate, inputs->items[i].name, &path));
        status = check_kept(inputs, path, "--annotate", "folder");
        if (!status.code) status = check_apart(annotate, &inputs->items[i]);
        mem_free(path);
    }
    return status;
}
