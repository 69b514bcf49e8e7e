/* The log's CSV and picture. */
#include "train/log.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "image/plot.h"

enum { LIMIT = 64 << 20 };
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

/* Seven numbers with commas between. */
static bool read_row(const char *text, log_row *r)
{
    double *const fields[] = {&r->epoch, &r->rate, &r->loss, &r->top1, &r->images_per_second, &r->seconds, &r->waited};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        char *end;
        *fields[i] = number_read(text, &end);
        if (end == text || (i + 1 < sizeof fields / sizeof *fields && *end != ',')) return false;
        text = end + 1;
    }
    return true;
}

static amend_status read_rows(const char *path, const char *text, size_t epochs, train_log *log)
{
    size_t line = 1;
    const char *at = strchr(text, '\n');
    for (; at && at[1]; at = strchr(at + 1, '\n')) {
        log_row r;
        line++;
        if (!read_row(at + 1, &r))
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

amend_status log_picture(const train_log *log, const char *path)
{
    double *values = NULL;
    if (!log->count) return status_ok();
    TRY(mem_alloc(&values, 2 * log->count, sizeof *values, "training log"));
    for (size_t i = 0; i < log->count; i++) {
        values[i] = log->rows[i].loss;
        values[log->count + i] = 100 * log->rows[i].top1;
    }
    const plot_series loss = {"train", values}, top1 = {"train", values + log->count};
    const plot_panel panels[] = {{"loss", &loss, 1}, {"top-1 (%)", &top1, 1}};
    amend_status status = plot_curves(path, "Training", panels, 2, log->count);
    mem_free(values);
    return status;
}

void log_free(train_log *log)
{
    mem_free(log->rows);
    memset(log, 0, sizeof *log);
}
