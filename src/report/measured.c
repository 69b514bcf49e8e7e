/* Evaluation for the page. */
#include "report/measured.h"

#include <string.h>

#include "base/mem.h"
#include "eval/evaluate.h"

static void describe(measured *m, const data_options *options, const char *split, const char *rule)
{
    const model_description *d = model_describe(m->model);
    const char *layout = dataset_layout(m->set);
    for (size_t k = 0; k < d->classes; k++) m->labels[k] = d->labels[k];
    snprintf(m->input, sizeof m->input, "%zux%zu, %s, single crop", d->size, d->size,
             d->channels == 1 ? "gray" : "RGB");
    m->report = (eval_report){&m->metrics,
                              m->labels,
                              {.data = options->path,
                               .layout = layout,
                               .split = split,
                               .rule = strcmp(layout, "ferplus") ? NULL : rule,
                               .affinity = arm_head_names[d->head],
                               .input = m->input,
                               .precision = "f32",
                               .batch = d->head == ARM_HEAD_BATCH ? "1, each image alone" : NULL,
                               .model = amend_model_path(m->model)}};
}

amend_status measured_create(const char *path, const data_options *options, const char *split, const char *rule,
                             measured *m)
{
    *m = (measured){0};
    TRY(model_open(path, &m->model));
    TRY(dataset_open(options, &m->set));
    size_t count = dataset_count(m->set);
    TRY(mem_alloc(&m->probabilities, count * amend_model_classes(m->model), sizeof(float), "predictions"));
    arm_head head = model_describe(m->model)->head;
    const evaluate_options how = {.head = head, .batch = evaluate_batch(head), .type = NN_F32};
    TRY(evaluate_metrics(m->model, m->set, &how, m->probabilities, &m->metrics));
    describe(m, options, split, rule);
    return status_ok();
}

void measured_free(measured *m)
{
    eval_metrics_free(&m->metrics);
    mem_free(m->probabilities);
    dataset_free(m->set);
    amend_model_free(m->model);
    *m = (measured){0};
}
