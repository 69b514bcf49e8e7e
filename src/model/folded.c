/* Folding a model. */
#include "model/folded.h"

#include "arm/fold.h"
#include "base/mem.h"
#include "nn/fold.h"

enum { PART = 256 };

static const float *value_of(const nn_params *params, const char *row, const char *suffix)
{
    const nn_param *found = nn_params_find(params, row, suffix);
    return found ? found->value : NULL;
}

/* The mean over a map and a linear layer behind it. */
static void fold_pooling(const nn_params *params, nn_shape map, size_t classes, float *weight, float *bias)
{
    const float *fc = value_of(params, "fc", "weight"), *fc_bias = value_of(params, "fc", "bias");
    size_t pixels = map.h * map.w;
    for (size_t k = 0; k < classes; k++) {
        bias[k] = fc_bias[k];
        for (size_t i = 0; i < pixels * map.c; i++)
            weight[k * pixels * map.c + i] = fc[k * map.c + i % map.c] / (float)pixels;
    }
}

/* In a batch of one, generic = unique: all but the classifier's bias counts 1 + alpha times. */
static void share_with_itself(const nn_params *params, size_t classes, size_t inputs, float *weight, float *bias)
{
    float factor = 1 + value_of(params, "arm", "alpha")[0];
    const float *fc_bias = value_of(params, "fc", "bias");
    for (size_t i = 0; i < classes * inputs; i++) weight[i] *= factor;
    for (size_t k = 0; k < classes; k++) bias[k] = fc_bias[k] + factor * (bias[k] - fc_bias[k]);
}

/* weight [row][C] = projected [row][P] project [P][C]; a row is a class at a position. */
static void unproject(const float *projected, const nn_param *project, size_t rows, float *weight)
{
    size_t inner = project->shape[0], channels = project->shape[1];
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < rows; i++)
        for (size_t c = 0; c < channels; c += PART) {
            size_t part = channels - c < PART ? channels - c : PART;
            double sums[PART] = {0};
            for (size_t p = 0; p < inner; p++)
                for (size_t k = 0; k < part; k++)
                    sums[k] += (double)projected[i * inner + p] * (double)project->value[p * channels + c + k];
            for (size_t k = 0; k < part; k++) weight[i * channels + c + k] = (float)sums[k];
        }
}

/* The head on the map that it arranges. */
static amend_status fold_arm(const model_description *d, const nn_params *params, const arm_geometry *g, float *weight,
                             float *bias)
{
    const arm_fold_source source = {
        .de_albino = value_of(params, "arm.de_albino", "weight"),
        .bn_weight = value_of(params, "arm.bn", "weight"),
        .bn_bias = value_of(params, "arm.bn", "bias"),
        .running_mean = value_of(params, "arm.bn", "running_mean"),
        .running_var = value_of(params, "arm.bn", "running_var"),
        .alpha = d->head == ARM_HEAD_EMA ? value_of(params, "arm", "alpha")[0] : 0,
        .generic = d->head == ARM_HEAD_EMA ? value_of(params, "arm", "generic") : NULL,
        .fc_weight = value_of(params, "fc", "weight"),
        .fc_bias = value_of(params, "fc", "bias"),
    };
    TRY(arm_fold(g, d->classes, &source, weight, bias));
    if (d->head == ARM_HEAD_BATCH) share_with_itself(params, d->classes, arm_geometry_features(g), weight, bias);
    return status_ok();
}

static amend_status fold_head(const model_description *d, const nn_params *params, nn_shape map, float *weight,
                              float *bias)
{
    arm_geometry g;
    const nn_param *project = nn_params_find(params, "arm.project", "weight");
    float *projected = NULL;
    if (d->head == ARM_HEAD_GAP) {
        fold_pooling(params, map, d->classes, weight, bias);
        return status_ok();
    }
    TRY(arm_geometry_make(map.c, map.h, map.w, d->arrangement, &d->variant, &g));
    if (!project) return fold_arm(d, params, &g, weight, bias);
    TRY(mem_alloc(&projected, d->classes * arm_geometry_features(&g), sizeof *projected, "folded head"));
    amend_status status = fold_arm(d, params, &g, projected, bias);
    if (!status.code) unproject(projected, project, d->classes * g.height * g.width, weight);
    mem_free(projected);
    return status;
}

/* Rows of the backbone and of the folded network; *features and *end: where the feature map is in each. */
static amend_status build_rows(const model_description *d, nn_table *backbone, size_t *features, nn_table *folded,
                               size_t *end)
{
    size_t fc, went_to[NN_MAX_ROWS];
    TRY(description_backbone(d, backbone, features));
    TRY(nn_fold_rows(backbone, *features, folded, went_to));
    *end = went_to[*features];
    return nn_table_add(folded, (nn_row){.kind = NN_LINEAR, .name = "fc", .in = {*end}, .channels = d->classes}, &fc);
}

static amend_status fold(const model_description *d, const nn_params *params, nn_table *backbone, model_folded *folded)
{
    size_t features, end;
    TRY(build_rows(d, backbone, &features, &folded->table, &end));
    TRY(nn_params_create(&folded->table, &folded->params));
    if (!params) return status_ok();
    TRY(nn_fold_values(backbone, features, params, &folded->params));
    return fold_head(d, params, folded->table.shapes[end], nn_params_find(&folded->params, "fc", "weight")->value,
                     nn_params_find(&folded->params, "fc", "bias")->value);
}

/* params NULL: parameters stay zero. */
static amend_status make(const model_description *d, const nn_params *params, model_folded **made)
{
    nn_table *backbone = NULL;
    model_folded *folded = NULL;
    *made = NULL;
    TRY(mem_alloc(&backbone, 1, sizeof *backbone, "network"));
    amend_status status = mem_alloc(&folded, 1, sizeof *folded, "folded network");
    if (!status.code) status = fold(d, params, backbone, folded);
    mem_free(backbone);
    if (status.code) {
        model_folded_free(folded);
        return status;
    }
    *made = folded;
    return status;
}

amend_status model_folded_create(const model_description *d, model_folded **folded)
{
    return make(d, NULL, folded);
}

amend_status model_fold(const model_description *d, const nn_params *params, model_folded **folded)
{
    return make(d, params, folded);
}

void model_folded_free(model_folded *folded)
{
    if (!folded) return;
    nn_params_free(&folded->params);
    mem_free(folded);
}
