/* A page of maps: numbers that have a place, as colours; in groups that share a scale. */
#ifndef IMAGE_PLOT_MAPS_H
#define IMAGE_PLOT_MAPS_H

#include "image/heat.h"

typedef struct map_panel {
    const char *title;          /* above it */
    const char *aside;          /* at the right of the title; NULL: none */
    const char *note;           /* below the title, small; NULL: none */
    heat_grid grid;             /* values NULL: the picture alone */
    const amend_image *picture; /* shows through the colours; NULL: none */
} map_panel;

typedef struct map_group {
    const char *heading; /* NULL: none */
    const map_panel *panels;
    size_t count; /* 1 .. PLOT_MOST_MAPS */
    heat_scale scale;
    const char *unit;       /* below the colour bar */
    const char *low, *high; /* what its ends mean; NULL: nothing to be said */
} map_group;

enum { PLOT_MOST_MAPS = 32, PLOT_MOST_GROUPS = 8, PLOT_MOST_LINES = 6 };

typedef struct map_page {
    const char *title;
    const char *lines[PLOT_MOST_LINES]; /* below the title; NULL ends them early */
    const map_group *groups;
    size_t count; /* 1 .. PLOT_MOST_GROUPS */
} map_page;

/* A new RGB picture. All text is UTF-8. */
amend_status plot_maps(const map_page *page, amend_image *out) AMEND_MUST_USE;

/* Colours and ticks of a scale alone, `width` pixels wide. */
amend_status plot_map_scale(const map_group *group, size_t width, amend_image *out) AMEND_MUST_USE;

#endif
