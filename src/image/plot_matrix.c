/* A confusion matrix: truth down, prediction across, percent of each row. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "base/text.h"
#include "image/canvas.h"
#include "image/plot.h"
#include "image/plot_text.h"

static const double cell = 66, label_size = 14, line_height = 20, edge = 28;

typedef struct layout {
    double left, top, width, height; /* of the cells' corner, and of the page */
} layout;

static size_t count_lines(const char *text)
{
    size_t lines = 1;
    for (; *text; text++) lines += *text == '\n';
    return lines;
}

enum { ROW = 256 };

/* The first `length` bytes of text, or as many whole characters of them as there is room for. */
static void take_row(char row[ROW], const char *text, size_t length)
{
    size_t used = 0;
    while (used < length) {
        size_t next = text_character(text + used);
        if (!next) next = 1; /* not UTF-8: whoever draws it says so */
        if (used + next >= ROW) break;
        used += next;
    }
    memcpy(row, text, used);
    row[used] = '\0';
}

static double widest_line(cairo_t *cr, double size, const char *text)
{
    char row[ROW];
    double widest = 0;
    while (*text) {
        size_t length = strcspn(text, "\n");
        take_row(row, text, length);
        widest = fmax(widest, plot_text_width(cr, size, row));
        text += length + (text[length] == '\n');
    }
    return widest;
}

static amend_status place(const char *title, const char *const *labels, size_t classes, layout *l)
{
    cairo_t *ruler = NULL; /* text has no width without a surface */
    double label = 0;
    TRY(canvas_create(1, 1, &ruler));
    for (size_t k = 0; k < classes; k++) label = fmax(label, plot_text_width(ruler, label_size, labels[k]));
    l->left = edge + 24 + label + 10;
    l->top = edge + line_height * (double)count_lines(title) + 16;
    /* The last column's label is wider than its cell at worst by half of the label. */
    l->width = fmax(l->left + cell * (double)classes + edge + fmax(0, label - cell) / 2,
                    2 * edge + widest_line(ruler, label_size, title));
    l->height = l->top + cell * (double)classes + 58 + edge;
    cairo_destroy(ruler);
    return status_ok();
}

static void draw_title(cairo_t *cr, const char *title)
{
    char row[ROW];
    for (double y = edge + 6; *title; y += line_height) {
        size_t length = strcspn(title, "\n");
        take_row(row, title, length);
        if (y < edge + line_height)
            plot_heading(cr, 16, PLOT_LEFT, edge, y, row);
        else
            plot_text(cr, label_size - 1, PLOT_LEFT, edge, y, row);
        title += length + (title[length] == '\n');
    }
}

/* White for nothing to deep blue for all. */
static void cell_colour(cairo_t *cr, double share)
{
    double depth = pow(share, 0.7); /* small confusions stay visible */
    cairo_set_source_rgb(cr, 1 - 0.97 * depth, 1 - 0.73 * depth, 1 - 0.5 * depth);
}

static void draw_cell(cairo_t *cr, double x, double y, size_t count, size_t total)
{
    double share = total ? (double)count / (double)total : 0;
    char text[32];
    cell_colour(cr, share);
    cairo_rectangle(cr, x, y, cell - 1, cell - 1);
    cairo_fill(cr);
    if (!total) return;
    if (share > 0.45)
        cairo_set_source_rgb(cr, 1, 1, 1);
    else
        cairo_set_source_rgb(cr, 0.15, 0.15, 0.15);
    snprintf(text, sizeof text, "%.1f", 100 * share);
    plot_text(cr, 15, PLOT_CENTRE, x + cell / 2, y + cell / 2 + 1, text);
    snprintf(text, sizeof text, "%zu", count);
    plot_text(cr, 11, PLOT_CENTRE, x + cell / 2, y + cell / 2 + 18, text);
}

static void draw_cells(cairo_t *cr, const layout *l, const size_t *counts, size_t classes)
{
    double side = cell * (double)classes;
    cairo_set_source_rgb(cr, 0.82, 0.82, 0.82); /* shows as thin lines between cells */
    cairo_rectangle(cr, l->left - 1, l->top - 1, side + 1, side + 1);
    cairo_fill(cr);
    for (size_t truth = 0; truth < classes; truth++) {
        const size_t *row = counts + truth * classes;
        size_t total = 0;
        for (size_t k = 0; k < classes; k++) total += row[k];
        for (size_t k = 0; k < classes; k++)
            draw_cell(cr, l->left + cell * (double)k, l->top + cell * (double)truth, row[k], total);
    }
}

static void draw_labels(cairo_t *cr, const layout *l, const char *const *labels, size_t classes)
{
    double side = cell * (double)classes, below = l->top + side;
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    for (size_t k = 0; k < classes; k++) {
        double middle = cell * ((double)k + 0.5);
        plot_text(cr, label_size, PLOT_RIGHT, l->left - 10, l->top + middle + 5, labels[k]);
        plot_text(cr, label_size, PLOT_CENTRE, l->left + middle, below + 22, labels[k]);
    }
    cairo_set_source_rgb(cr, 0.35, 0.35, 0.35);
    plot_text(cr, label_size, PLOT_CENTRE, l->left + side / 2, below + 50, "predicted (% of the row, count)");
    cairo_save(cr);
    cairo_translate(cr, edge + 6, l->top + side / 2);
    cairo_rotate(cr, -acos(-1) / 2);
    plot_text(cr, label_size, PLOT_CENTRE, 0, 0, "truth");
    cairo_restore(cr);
}

amend_status plot_matrix(const char *path, const char *title, const char *const *labels, const size_t *counts,
                         size_t classes)
{
    layout l;
    cairo_t *cr = NULL;
    amend_status status;
    if (!classes || classes > PLOT_MOST_CLASSES)
        return status_error(AMEND_BAD_ARGUMENT, "%s: a matrix of %zu classes; 1 to %d can be drawn", path, classes,
                            PLOT_MOST_CLASSES);
    TRY(place(title, labels, classes, &l));
    TRY(canvas_create((size_t)ceil(l.width), (size_t)ceil(l.height), &cr));
    plot_page(cr, ceil(l.width), ceil(l.height));
    draw_title(cr, title);
    draw_cells(cr, &l, counts, classes);
    draw_labels(cr, &l, labels, classes);
    status = canvas_write_png(cr, path);
    cairo_destroy(cr);
    return status;
}
