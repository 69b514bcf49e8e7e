/* HTML: escaping, the page's frame, images as data. */
#include "report/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "amend/version.h"
#include "base/status.h"
#include "base/text.h"

/* The policy is a second lock: should a mark ever slip through, a browser still loads and runs nothing. */
static const char head[] =
    "<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
    "'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<style>\n"
    ":root { color-scheme: light dark; --ink: #1b1b1b; --page: #fff; --faint: #767676; --line: #d9d9d9; --mark: "
    "#0072b2; }\n"
    "@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --page: #161616; --faint: #979797; --line: #3a3a3a; "
    "--mark: #56b4e9; } }\n"
    "body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }\n"
    "main { max-width: 62rem; margin: 0 auto; padding: 1rem 1.5rem 3rem; overflow-wrap: anywhere; }\n"
    "h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }\n"
    "h1, th, td, pre, figcaption { unicode-bidi: isolate; }\n"
    ".wide { overflow-x: auto; }\n"
    "table { border-collapse: collapse; } th, td { padding: .2rem .7rem; border-bottom: 1px solid var(--line); "
    "text-align: left; vertical-align: top; font-variant-numeric: tabular-nums; }\n"
    "th { font-weight: 600; overflow-wrap: normal; } .n { text-align: right; white-space: nowrap; }\n"
    ".big { font-size: 1.3rem; } .faint, figcaption { color: var(--faint); }\n"
    ".charts, .faces { display: flex; flex-wrap: wrap; gap: 1rem; } figure { margin: 0; }\n"
    ".faces figure { width: 9rem; font-size: .82rem; } .faces img { width: 6rem; height: 6rem; object-fit: contain; }\n"
    "svg { width: 30rem; max-width: 100%; height: auto; }\n"
    "svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .axis { stroke: var(--line); }\n"
    "svg .curve { fill: none; stroke: var(--mark); stroke-width: 2; } svg .dot, svg .bar { fill: var(--mark); }\n"
    "svg .ideal { stroke: var(--faint); stroke-dasharray: 5 4; }\n"
    "pre { white-space: pre-wrap; font-size: .82rem; }\n"
    "</style>\n";

void html_begin(FILE *out, const char *title)
{
    fprintf(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n%s<title>", head);
    html_text(out, title);
    fputs("</title>\n</head>\n<body>\n<main>\n<h1>", out);
    html_text(out, title);
    fputs("</h1>\n", out);
}

void html_end(FILE *out)
{
    fprintf(out, "<p class=\"faint\">Made by amend %s.</p>\n</main>\n</body>\n</html>\n", amend_version());
}

static const char *entity(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return (c < ' ' && c != '\n' && c != '\t') || c == 0x7F ? "&#xFFFD;" : NULL;
    }
}

void html_text(FILE *out, const char *text)
{
    const char *at = text;
    while (*at) {
        size_t length = text_character(at);
        const char *instead = length ? entity((unsigned char)*at) : "&#xFFFD;";
        if (instead)
            fputs(instead, out);
        else
            fwrite(at, 1, length, out);
        at += length ? length : 1;
    }
}

void html_row(FILE *out, const char *name, const char *value)
{
    fputs("<tr><th>", out);
    html_text(out, name);
    fputs("</th><td>", out);
    html_text(out, value);
    fputs("</td></tr>\n", out);
}

void html_share(FILE *out, double share)
{
    if (isfinite(share))
        fprintf(out, "<td class=\"n\">%.2f</td>", 100 * share);
    else
        fputs("<td class=\"n\">–</td>", out);
}

static void base64(FILE *out, const unsigned char *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        unsigned second = i + 1 < size ? bytes[i + 1] : 0, third = i + 2 < size ? bytes[i + 2] : 0;
        unsigned three = (unsigned)bytes[i] << 16 | second << 8 | third;
        fputc(digits[three >> 18], out);
        fputc(digits[three >> 12 & 63], out);
        fputc(i + 1 < size ? digits[three >> 6 & 63] : '=', out);
        fputc(i + 2 < size ? digits[three & 63] : '=', out);
    }
}

amend_status html_image(FILE *out, const amend_image *image)
{
    char *png = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&png, &size);
    if (!memory) return status_error(AMEND_NO_MEMORY, "picture for the report: out of memory");
    amend_status status = image_encode_png(image, "picture for the report", memory);
    if (fclose(memory) && !status.code) status = status_error(AMEND_NO_MEMORY, "picture for the report: out of memory");
    if (!status.code) {
        fputs("<img alt=\"\" src=\"data:image/png;base64,", out);
        base64(out, (const unsigned char *)png, size);
        fputs("\">", out);
    }
    free(png);
    return status;
}
