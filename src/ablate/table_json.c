/* The table as JSON, schema 1. */
#include "ablate/table.h"
#include "base/json.h"

static json_t *runs_array(const table_row *row)
{
    json_t *array = json_array();
    int failures = 0;
    for (size_t i = 0; i < row->done; i++)
        failures |= json_array_append_new(
            array, json_pack("{s:I, s:f}", "seed", (json_int_t)row->seeds[i], "top1", row->top1[i]));
    return json_finished(array, failures);
}

static json_t *difference_object(const paired_comparison *d)
{
    if (!d->pairs) return json_null();
    return json_pack("{s:I, s:f, s:[o, o], s:o}", "common_seeds", (json_int_t)d->pairs, "top1", d->difference,
                     "interval", json_number(d->low), json_number(d->high), "p", json_number(d->p));
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
        json_pack("{s:o, s:o, s:o, s:I, s:I, s:o, s:I, s:I, s:o}", "name", json_text(row->row->name), "changes",
                  json_text(row->row->changes), "runs", runs_array(row), "failed", (json_int_t)row->failed, "missing",
                  (json_int_t)row->missing, "message", message ? json_text(message) : json_null(), "planned_bytes",
                  (json_int_t)row->planned_bytes, "parameters", (json_int_t)row->parameters, "difference",
                  difference_object(&row->difference));
    int failures = !object;
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        failures |= json_object_set_new(object, figures[i].name, json_number(figures[i].value));
    return json_finished(object, failures);
}

json_t *table_json(const ablate_table *table)
{
    json_t *rows = json_array();
    int failures = 0;
    for (size_t i = 0; i < table->count; i++) failures |= json_array_append_new(rows, row_object(&table->rows[i]));
    rows = json_finished(rows, failures);
    return json_pack("{s:i, s:s, s:I, s:o, s:o}", "schema", 1, "split", table->split, "count",
                     (json_int_t)table->images, "baseline", json_text(table->rows[0].row->name), "rows", rows);
}
