/* Processor names. */
#include "base/machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

void machine_processor(char *name, size_t size)
{
    char line[512];
    struct utsname kernel;
    FILE *info = fopen("/proc/cpuinfo", "r");
    snprintf(name, size, "%s", uname(&kernel) ? "unknown" : kernel.machine);
    while (info && fgets(line, sizeof line, info)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) || !colon || !colon[1]) continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(name, size, "%s", colon + 2);
        break;
    }
    if (info) fclose(info);
}
