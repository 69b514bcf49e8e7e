/* The report as JSON. */
#include "base/json.h"
#include "eval/protocol.h"
#include "eval/report.h"

static json_t *labels_array(const eval_report *report)
{
    json_t *array = json_array();
    int failures = 0;
    for (size_t k = 0; k < report->metrics->classes; k++)
        failures |= json_array_append_new(array, json_text(report->labels[k]));
    return json_finished(array, failures);
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
    return json_finished(array, failures);
}

static json_t *class_object(const eval_class *class, const char *label)
{
    json_t *object = json_object();
    int failures = json_object_set_new(object, "label", json_text(label));
    failures |= json_object_set_new(object, "count", json_integer((json_int_t) class->count));
    failures |= json_object_set_new(object, "precision", json_number(class->precision));
    failures |= json_object_set_new(object, "recall", json_number(class->recall));
    failures |= json_object_set_new(object, "f1", json_number(class->f1));
    return json_finished(object, failures);
}

static json_t *classes_array(const eval_report *report)
{
    json_t *array = json_array();
    int failures = 0;
    for (size_t k = 0; k < report->metrics->classes; k++)
        failures |= json_array_append_new(array, class_object(&report->metrics->per_class[k], report->labels[k]));
    return json_finished(array, failures);
}

static json_t *protocol_object(const eval_protocol *protocol)
{
    json_t *object = json_object();
    int failures = 0;
    for (size_t i = 0; i < EVAL_PROTOCOL_FIELDS; i++) {
        const char *value = eval_protocol_value(protocol, i);
        failures |= json_object_set_new(object, eval_protocol_name(i), value ? json_text(value) : json_null());
    }
    return json_finished(object, failures);
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
    return json_finished(object, failures);
}

amend_status eval_report_write_json(const eval_report *report, const char *path)
{
    return json_save_exact(report_object(report), path);
}
