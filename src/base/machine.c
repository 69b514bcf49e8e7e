/* Processor names. */
#include "base/machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

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

size_t machine_resident_bytes(void)
{
    size_t pages = 0;
    FILE *counts = fopen("/proc/self/statm", "r");
    if (counts && fscanf(counts, "%*u %zu", &pages) != 1) pages = 0;
    if (counts) fclose(counts);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}
