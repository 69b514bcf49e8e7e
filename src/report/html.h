/* Writing HTML in which strangers' text stays text. Failures show in the stream's error flag. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stdio.h>

#include "image/image.h"

/* Head and style of a page that loads nothing and runs nothing, readable in light and dark; then its heading. */
void html_begin(FILE *out, const char *title);
void html_end(FILE *out);

/* Any bytes as text, between tags and in quoted attributes: marks are escaped, bytes that are not UTF-8 and control
 * characters become U+FFFD. */
void html_text(FILE *out, const char *text);

/* A row of a table of names and values. */
void html_row(FILE *out, const char *name, const char *value);

/* A share as percent with two digits in a cell; not finite: a dash. */
void html_share(FILE *out, double share);

/* The image inside the page, as PNG. */
amend_status html_image(FILE *out, const amend_image *image) AMEND_MUST_USE;

#endif
