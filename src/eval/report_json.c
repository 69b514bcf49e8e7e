/* The report as JSON. jansson's "new" setters take a NULL value for a failure, so failures inside need no check of
 * their own: each function returns NULL when anything in it failed. */
#include <math.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "base/status.h"
#include "eval/protocol.h"
#include "eval/report.h"

static json_t *finished(json_t *value, int failures)
{
    if (!failures) return value;
    json_decref(value);
    return NULL;
}

/* JSON has no NaN. */
static json_t *share(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *labels_array(const eval_report *report)
{
    json_t *array = json_array();
    int failures = 0;
    for (size_t k = 0; k < report->metrics->classes; k++)
        failures |= json_array_append_new(array, json_string(report->labels[k]));
    return finished(array, failures);
}

static json_t *confusion_array(const eval_metrics *m)
{
    json_t *array = json_array();
    int failures = 0;
    for (size_t truth = 0; truth < m->classes; truth++) {
        json_t *row = json_array();
        for (size_t k = 0; k < m->classes; k++)
            failures |= json_array_append_new(row, json_integer((json_int_t)m->confusion[truth * m->classes + k]));
        failures |= json_array_append_new(array, row);
    }
    return finished(array, failures);
}

static json_t *class_object(const eval_class *class, const char *label)
{
    json_t *object = json_object();
    int failures = json_object_set_new(object, "label", json_string(label));
    failures |= json_object_set_new(object, "count", json_integer((json_int_t) class->count));
    failures |= json_object_set_new(object, "precision", share(class->precision));
    failures |= json_object_set_new(object, "recall", share(class->recall));
    failures |= json_object_set_new(object, "f1", share(class->f1));
    return finished(object, failures);
}

static json_t *classes_array(const eval_report *report)
{
    json_t *array = json_array();
    int failures = 0;
    for (size_t k = 0; k < report->metrics->classes; k++)
        failures |= json_array_append_new(array, class_object(&report->metrics->per_class[k], report->labels[k]));
    return finished(array, failures);
}

static json_t *protocol_object(const eval_protocol *protocol)
{
    json_t *object = json_object();
    int failures = 0;
    for (size_t i = 0; i < EVAL_PROTOCOL_FIELDS; i++) {
        const char *value = eval_protocol_value(protocol, i);
        failures |= json_object_set_new(object, eval_protocol_name(i), value ? json_string(value) : json_null());
    }
    return finished(object, failures);
}

static json_t *report_object(const eval_report *report)
{
    const eval_metrics *m = report->metrics;
    json_t *object = json_object();
    int failures = json_object_set_new(object, "schema", json_integer(1));
    failures |= json_object_set_new(object, "top1", json_real(m->top1));
    failures |= json_object_set_new(object, "top1_interval", json_pack("[ff]", m->top1_low, m->top1_high));
    failures |= json_object_set_new(object, "mean_class", json_real(m->mean_class));
    failures |= json_object_set_new(object, "macro_f1", json_real(m->macro_f1));
    failures |= json_object_set_new(object, "ece", json_real(m->ece));
    failures |= json_object_set_new(object, "count", json_integer((json_int_t)m->count));
    failures |= json_object_set_new(object, "confusion", confusion_array(m));
    failures |= json_object_set_new(object, "labels", labels_array(report));
    failures |= json_object_set_new(object, "per_class", classes_array(report));
    failures |= json_object_set_new(object, "protocol", protocol_object(&report->protocol));
    return finished(object, failures);
}

amend_status eval_report_json(const eval_report *report, FILE *stream)
{
    json_t *object = report_object(report);
    int failed;
    if (!object)
        return status_error(AMEND_BAD_DATA, "report as JSON: out of memory, or a label or file name is not UTF-8");
    failed = json_dumpf(object, stream, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    json_decref(object);
    if (failed || fputc('\n', stream) == EOF || fflush(stream))
        return status_error(AMEND_IO, "report as JSON: could not be written; is the disk full?");
    return status_ok();
}

amend_status eval_report_write_json(const eval_report *report, const char *path)
{
    file_replacement file = {0};
    amend_status status;
    if (!strcmp(path, "-")) return eval_report_json(report, stdout);
    TRY(file_replace_begin(path, &file));
    status = eval_report_json(report, file.stream);
    if (!status.code) return file_replace_commit(&file);
    file_replace_abandon(&file);
    return status_prefix(status, "%s", path);
}
