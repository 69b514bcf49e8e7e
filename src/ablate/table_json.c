/* The table as JSON, schema 1. jansson's "new" setters take a NULL value for a failure. */
#include <math.h>

#include "ablate/table.h"

static json_t *real(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *finished(json_t *value, int failures)
{
    if (!failures) return value;
    json_decref(value);
    return NULL;
}

static json_t *runs_array(const table_row *row)
{
    json_t *array = json_array();
    int failures = 0;
    for (size_t i = 0; i < row->done; i++)
        failures |= json_array_append_new(
            array, json_pack("{s:I, s:f}", "seed", (json_int_t)row->seeds[i], "top1", row->top1[i]));
    return finished(array, failures);
}

static json_t *difference_object(const paired_comparison *d)
{
    if (!d->pairs) return json_null();
    return json_pack("{s:I, s:f, s:[o, o], s:o}", "common_seeds", (json_int_t)d->pairs, "top1", d->difference,
                     "interval", real(d->low), real(d->high), "p", real(d->p));
}

static json_t *row_object(const table_row *row)
{
    const struct {
        const char *name;
        double value;
    } figures[] = {{"top1", row->mean},
                   {"deviation", row->deviation},
                   {"mean_class", row->mean_class},
                   {"macro_f1", row->macro_f1},
                   {"ece", row->ece},
                   {"seconds", row->seconds},
                   {"images_per_second", row->images_per_second}};
    const char *message = row->first_failure ? row->first_failure->message : NULL;
    json_t *object =
        json_pack("{s:s, s:s, s:o, s:I, s:I, s:s?, s:I, s:I, s:o}", "name", row->row->name, "changes",
                  row->row->changes, "runs", runs_array(row), "failed", (json_int_t)row->failed, "missing",
                  (json_int_t)row->missing, "message", message, "planned_bytes", (json_int_t)row->planned_bytes,
                  "parameters", (json_int_t)row->parameters, "difference", difference_object(&row->difference));
    int failures = !object;
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        failures |= json_object_set_new(object, figures[i].name, real(figures[i].value));
    return finished(object, failures);
}

json_t *table_json(const ablate_table *table)
{
    json_t *rows = json_array();
    int failures = 0;
    for (size_t i = 0; i < table->count; i++) failures |= json_array_append_new(rows, row_object(&table->rows[i]));
    rows = finished(rows, failures);
    return json_pack("{s:i, s:s, s:I, s:s, s:o}", "schema", 1, "split", table->split, "count",
                     (json_int_t)table->images, "baseline", table->rows[0].row->name, "rows", rows);
}
