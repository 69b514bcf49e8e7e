/* Included by tests that draw text: fontconfig never frees some of its own tables, which LeakSanitizer would report. */
#ifndef TESTS_FONTCONFIG_H
#define TESTS_FONTCONFIG_H

/* Called by LeakSanitizer's run time, under this very name. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\n";
}

#endif
