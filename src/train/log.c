/* The log's CSV and picture. */
#include "train/log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "image/plot.h"

enum { LIMIT = 64 << 20, LAST_EPOCH = 1 << 20 };
static const char header[] = "epoch,rate,loss,top1,images_per_second,seconds,waited";

amend_status log_add(train_log *log, log_row row)
{
    if (log->count == log->capacity) {
        size_t more = log->capacity ? 2 * log->capacity : 64;
        TRY(mem_grow(&log->rows, log->count, more, sizeof *log->rows, "training log"));
        log->capacity = more;
    }
    log->rows[log->count++] = row;
    return status_ok();
}

/* Seven numbers with commas between, of an epoch behind `before`. */
static bool read_row(const char *text, double before, log_row *r)
{
    double *const fields[] = {&r->epoch, &r->rate, &r->loss, &r->top1, &r->images_per_second, &r->seconds, &r->waited};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        char *end;
        *fields[i] = number_read(text, &end);
        if (end == text || (i + 1 < sizeof fields / sizeof *fields && *end != ',')) return false;
        text = end + 1;
    }
    return r->epoch > before && r->epoch <= LAST_EPOCH && floor(r->epoch) == r->epoch;
}

static amend_status read_rows(const char *path, const char *text, size_t epochs, train_log *log)
{
    size_t line = 1;
    const char *at = strchr(text, '\n');
    for (; at && at[1]; at = strchr(at + 1, '\n')) {
        log_row r;
        line++;
        if (!read_row(at + 1, log->count ? log->rows[log->count - 1].epoch : 0, &r))
            return status_error(AMEND_BAD_DATA, "%s:%zu: not a row of a training log; move the file away", path, line);
        if (r.epoch <= (double)epochs) TRY(log_add(log, r));
    }
    return status_ok();
}

amend_status log_read(const char *path, size_t epochs, train_log *log)
{
    unsigned char *text = NULL;
    size_t size;
    if (!file_exists(path)) return status_ok();
    TRY(file_read(path, LIMIT, &text, &size));
    amend_status status = read_rows(path, (const char *)text, epochs, log);
    mem_free(text);
    return status;
}

amend_status log_write(const train_log *log, const char *path)
{
    file_replacement file;
    TRY(file_replace_begin(path, &file));
    fprintf(file.stream, "%s\n", header);
    for (size_t i = 0; i < log->count; i++) {
        const log_row *r = &log->rows[i];
        number_write(file.stream, "%.0f,%.6g,%.6f,%.5f,%.1f,%.2f,%.2f\n", r->epoch, r->rate, r->loss, r->top1,
                     r->images_per_second, r->seconds, r->waited);
    }
    return file_replace_commit(&file);
}

amend_status log_curves(const train_log *log, log_lines *lines)
{
    *lines = (log_lines){.epochs = log->count ? (size_t)log->rows[log->count - 1].epoch : 0};
    TRY(mem_alloc(&lines->loss, 3 * lines->epochs, sizeof *lines->loss, "curves"));
    lines->top1 = lines->loss + lines->epochs;
    lines->rate = lines->top1 + lines->epochs;
    for (size_t i = 0; i < 3 * lines->epochs; i++) lines->loss[i] = NAN;
    for (size_t i = 0; i < log->count; i++) {
        const log_row *r = &log->rows[i];
        size_t at = (size_t)r->epoch - 1;
        lines->loss[at] = r->loss;
        lines->top1[at] = 100 * r->top1;
        lines->rate[at] = r->rate;
    }
    return status_ok();
}

amend_status log_picture(const train_log *log, const char *path)
{
    log_lines lines;
    if (!log->count) return status_ok();
    TRY(log_curves(log, &lines));
    const plot_series loss = {"train", lines.loss}, top1 = {"train", lines.top1};
    const plot_panel panels[] = {{"loss", &loss, 1}, {"top-1 (%)", &top1, 1}};
    amend_status status = plot_curves(path, "Training", panels, 2, lines.epochs);
    mem_free(lines.loss);
    return status;
}

void log_free(train_log *log)
{
    mem_free(log->rows);
    memset(log, 0, sizeof *log);
}
