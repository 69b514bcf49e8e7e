/* Models beside the library: dladdr says where that is. */
#define _GNU_SOURCE /* dladdr, which POSIX has since 2024 */
#include "base/released.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/file.h"
#include "base/mem.h"

#ifndef AMEND_MODEL_FOLDER
#define AMEND_MODEL_FOLDER "/usr/local/share/amend/models"
#endif

/* The folder that this code was loaded from. A program that was found by PATH has no folder in its name. */
static bool own_folder(char folder[PATH_MAX])
{
    static const char here; /* any address of ours */
    Dl_info info;
    if (!dladdr(&here, &info) || !info.dli_fname || !strchr(info.dli_fname, '/') || !realpath(info.dli_fname, folder))
        return false;
    *strrchr(folder, '/') = '\0';
    return true;
}

/* Under lib, or under lib/MACHINE. */
static bool find_beside(const char *name, char path[PATH_MAX])
{
    static const char *const places[] = {"../share/amend/models", "../../share/amend/models"};
    char folder[PATH_MAX];
    if (!own_folder(folder)) return false;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (snprintf(path, PATH_MAX, "%s/%s/%s", folder, places[i], name) < PATH_MAX && file_exists(path)) return true;
    return false;
}

amend_status released_find(const char *variable, const char *name, char **path)
{
    const char *named = config_variable(variable);
    char beside[PATH_MAX];
    if (named) return mem_copy_string(path, named);
    if (find_beside(name, beside)) return mem_copy_string(path, beside);
    return file_join(AMEND_MODEL_FOLDER, name, path);
}
