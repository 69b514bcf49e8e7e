/* Groups one beside the other as long as the page is wide enough, the panels of each in rows, its colour bar below. */
#include "image/plot_maps_layout.h"

#include <math.h>

#include "image/plot_text.h"

static const double least_side = 220, few_side = 300; /* of a panel; `few`: FEW or less */
static const size_t finest = 640;                     /* cells a side that are drawn with a pixel of their own */
enum { FEW = 3 };

static size_t count_panels(const map_page *page)
{
    size_t total = 0;
    for (size_t g = 0; g < page->count; g++) total += page->groups[g].count;
    return total;
}

/* A whole number of pixels a cell for the finest map, so that all its cells are alike. */
static double choose_side(const map_page *page)
{
    size_t cells = 1;
    for (size_t g = 0; g < page->count; g++)
        for (size_t i = 0; i < page->groups[g].count; i++) {
            const heat_grid *grid = &page->groups[g].panels[i].grid;
            if (grid->values && grid->columns > cells) cells = grid->columns;
        }
    double side = count_panels(page) <= FEW ? few_side : least_side;
    return cells > finest ? (double)finest : ceil(side / (double)cells) * (double)cells;
}

/* FEW in a row; more fill 3 to 6 columns with the fewest places left empty, the rows no more than the columns. */
static size_t choose_columns(size_t count)
{
    size_t best = count, fewest = count;
    if (count <= FEW) return count;
    for (size_t columns = FEW; columns <= 6; columns++) {
        size_t rows = (count + columns - 1) / columns, empty = rows * columns - count;
        if (rows > columns || empty >= fewest) continue;
        fewest = empty;
        best = columns;
    }
    return best;
}

static double across(size_t panels, double side)
{
    return (double)panels * side + (double)(panels - 1) * maps_gap;
}

double maps_down(size_t rows, double side)
{
    return (double)rows * (maps_text + side) + (double)(rows - 1) * maps_row_gap;
}

/* Places the groups from `first` on that fit beside each other; returns the one behind them. */
static size_t place_row(const map_page *page, maps_layout *l, size_t first, double inner, double y, double *height)
{
    double x = maps_edge;
    size_t end = first;
    bool headed = false;
    *height = 0;
    for (; end < page->count; end++) {
        placed_group *p = &l->groups[end];
        size_t rows = (page->groups[end].count + p->columns - 1) / p->columns;
        if (end > first && x + p->width > maps_edge + inner + 0.5) break;
        p->x = x;
        p->y = y;
        p->height = maps_down(rows, l->side) + maps_bar;
        headed = headed || page->groups[end].heading;
        *height = fmax(*height, p->height);
        x += p->width + maps_gap;
    }
    for (size_t i = first; i < end; i++) l->groups[i].headed = headed;
    if (headed) *height += maps_heading;
    return end;
}

/* All groups, the first at the height `top`; returns where they end. */
static double place_all(const map_page *page, maps_layout *l, double inner, double top)
{
    double height = 0, y = top;
    for (size_t g = 0; g < page->count; y += height) g = place_row(page, l, g, inner, y, &height);
    return y;
}

/* How wide text and the widest group are. */
static double least_width(cairo_t *ruler, const map_page *page, maps_layout *l)
{
    double inner = plot_text_width(ruler, maps_title, page->title) * 1.15; /* it is bold */
    for (size_t i = 0; i < PLOT_MOST_LINES && page->lines[i]; i++)
        inner = fmax(inner, plot_text_width(ruler, maps_line, page->lines[i]));
    for (size_t g = 0; g < page->count; g++) {
        l->groups[g].columns = choose_columns(page->groups[g].count);
        l->groups[g].width = across(l->groups[g].columns, l->side);
        inner = fmax(inner, l->groups[g].width);
    }
    return inner;
}

/* Several groups: FEW panels wide, or one more where that makes the page lower. */
void maps_lay_out(cairo_t *ruler, const map_page *page, maps_layout *l)
{
    double top = maps_edge + maps_title + 14 + 8;
    for (size_t i = 0; i < PLOT_MOST_LINES && page->lines[i]; i++) top += maps_line_height;
    l->side = choose_side(page);
    double inner = least_width(ruler, page, l);
    if (count_panels(page) > FEW) inner = fmax(inner, across(FEW, l->side));
    double wider = fmax(inner, across(FEW + 1, l->side)), bottom = place_all(page, l, inner, top);
    if (page->count > 1 && place_all(page, l, wider, top) < bottom) inner = wider;
    bottom = place_all(page, l, inner, top);
    l->width = ceil(inner + 2 * maps_edge);
    l->height = ceil(bottom + maps_edge / 2);
}
