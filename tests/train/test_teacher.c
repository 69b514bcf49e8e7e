/* Targets that a teacher gives, against the library's own prediction of the same pictures; what makes a student wrong
 * for it. */
#include "train/teacher.h"

#include <math.h>

#include "amend/model.h"
#include "model/model.h"
#include "support.h"
#include "untrained.h"
#include "train/net.h"

enum { STUDENT_SIDE = 24 };

static model_description describe(const char *last, size_t size, float mean, float deviation)
{
    model_description d = {.small_stem = true,
                           .width = 0.25,
                           .head = ARM_HEAD_EMA,
                           .arrangement = 8,
                           .size = size,
                           .channels = 1,
                           .classes = CLASSES,
                           .labels = {"happy", "sad"},
                           .normal = {{mean}, {deviation}}};
    snprintf(d.labels[2], MODEL_LABEL_SIZE, "%s", last);
    return d;
}

static void save(const char *name, size_t size, uint64_t seed)
{
    const model_description d = describe("fear", size, 0.5f, 0.25f);
    untrained u = untrained_make(&d, seed);
    nn_param *fc = nn_params_find(&u.params, "fc", "weight");
    for (size_t k = 0; k < fc->count; k++) fc->value[k] *= 30; /* probabilities that differ */
    untrained_save(&u, &d, TENSOR_F32, in_test_folder(name));
}

static int save_teachers(void **state)
{
    if (make_test_folder(state)) return -1;
    save("teacher.safetensors", SIDE, 5);
    save("other.safetensors", 2 * SIDE, 6);
    return 0;
}

/* Pictures with large shapes, as shrinking blurs small ones. */
static void draw(unsigned char bytes[BATCH][STUDENT_SIDE * STUDENT_SIDE])
{
    rng r = rng_make(9, 0, 0);
    for (size_t n = 0; n < BATCH; n++) {
        double level[4];
        for (size_t i = 0; i < 4; i++) level[i] = 255 * rng_uniform(&r);
        for (size_t i = 0; i < STUDENT_SIDE * STUDENT_SIDE; i++) {
            size_t y = i / STUDENT_SIDE, x = i % STUDENT_SIDE;
            bytes[n][i] = (unsigned char)level[2 * (y > STUDENT_SIDE / 2 + n) + (x > STUDENT_SIDE / 3 + n)];
        }
    }
}

static amend_status open_teacher(const char *name, const model_description *student, double share, bool mirror,
                                 teacher **t)
{
    const teacher_options options = {in_test_folder(name), BATCH, share, mirror};
    return teacher_open(&options, student, t);
}

static void mixes_its_probabilities_in(void **state)
{
    static unsigned char bytes[BATCH][STUDENT_SIDE * STUDENT_SIDE];
    static float pixels[BATCH * STUDENT_SIDE * STUDENT_SIDE];
    const float given[BATCH * CLASSES] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0.5f, 0.5f, 0};
    float targets[BATCH * CLASSES];
    const data_batch batch = {pixels, targets, NULL, BATCH};
    const model_description student = describe("fear", STUDENT_SIDE, 0.3f, 0.2f);
    amend_model *model = NULL;
    float probabilities[2][BATCH][AMEND_MAX_CLASSES], spread[2] = {0, 0}; /* of the pictures, of both views */
    (void)state;
    draw(bytes);
    assert_ok(amend_model_open(in_test_folder("teacher.safetensors"), &model));
    for (size_t n = 0; n < BATCH; n++) {
        const amend_image image = {bytes[n], STUDENT_SIDE, STUDENT_SIDE, 1};
        for (int mirror = 0; mirror < 2; mirror++) {
            model_set_flip(model, mirror);
            assert_ok(amend_model_predict(model, &image, NULL, probabilities[mirror][n]));
        }
        for (size_t k = 0; k < CLASSES; k++) {
            spread[0] = fmaxf(spread[0], fabsf(probabilities[0][n][k] - probabilities[0][0][k]));
            spread[1] = fmaxf(spread[1], fabsf(probabilities[0][n][k] - probabilities[1][n][k]));
        }
        for (size_t i = 0; i < STUDENT_SIDE * STUDENT_SIDE; i++)
            pixels[n * STUDENT_SIDE * STUDENT_SIDE + i] = ((float)bytes[n][i] / 255 - 0.3f) / 0.2f;
    }
    amend_model_free(model);
    assert_true(spread[0] > 0.05f && spread[1] > 0.01f); /* it tells the pictures apart, and left from right */
    memcpy(targets, given, sizeof targets);
    for (int step = 0; step < 10; step++) {
        const float share = (float)(step / 2) / 4;
        const int mirror = step % 2;
        const float *mixed;
        teacher *t = NULL;
        assert_ok(open_teacher("teacher.safetensors", &student, (double)share, mirror, &t));
        assert_ok(teacher_targets(t, &batch, &mixed));
        for (size_t i = 0; i < BATCH * CLASSES; i++) {
            float wanted = share * probabilities[mirror][i / CLASSES][i % CLASSES] + (1 - share) * given[i];
            assert_float_equal(mixed[i], wanted, 2e-3);
        }
        teacher_free(t);
    }
    assert_memory_equal(targets, given, sizeof targets);
}

static void several_teach_their_mean(void **state)
{
    static unsigned char bytes[BATCH][STUDENT_SIDE * STUDENT_SIDE];
    static float pixels[BATCH * STUDENT_SIDE * STUDENT_SIDE], given[BATCH * CLASSES];
    static const char *const names[] = {"teacher.safetensors", "other.safetensors"};
    const data_batch batch = {pixels, given, NULL, BATCH};
    const model_description student = describe("fear", STUDENT_SIDE, 0.5f, 0.25f);
    float wanted[BATCH * CLASSES] = {0}, differ = 0;
    char both[300];
    const float *mixed;
    teacher *t;
    (void)state;
    draw(bytes);
    for (size_t i = 0; i < sizeof pixels / sizeof *pixels; i++)
        pixels[i] = ((float)bytes[i / sizeof *bytes][i % sizeof *bytes] / 255 - 0.5f) / 0.25f;
    for (size_t n = 0; n < BATCH; n++) given[n * CLASSES] = 1;
    for (int i = 0; i < 2; i++) {
        assert_ok(open_teacher(names[i], &student, 0.5, true, &t));
        assert_ok(teacher_targets(t, &batch, &mixed));
        for (size_t k = 0; k < BATCH * CLASSES; k++) {
            differ = fmaxf(differ, fabsf(2 * wanted[k] - mixed[k]) * (float)i);
            wanted[k] += mixed[k] / 2;
        }
        teacher_free(t);
    }
    assert_true(differ > 0.01f);
    snprintf(both, sizeof both, "%s/%s,%s/%s", test_folder, names[0], test_folder, names[1]);
    const teacher_options options = {both, BATCH, 0.5, true};
    assert_ok(teacher_open(&options, &student, &t));
    assert_ok(teacher_targets(t, &batch, &mixed));
    for (size_t k = 0; k < BATCH * CLASSES; k++) assert_float_equal(mixed[k], wanted[k], 1e-6);
    teacher_free(t);
}

static void too_many_or_none(void **state)
{
    const model_description student = describe("fear", STUDENT_SIDE, 0.5f, 0.25f);
    const char *path = in_test_folder("teacher.safetensors");
    char list[(TEACHER_PATH + 1) * (TEACHER_MAX + 1)] = "";
    teacher_options options = {list, BATCH, 0.5, true};
    teacher *t;
    (void)state;
    for (size_t i = 0; i <= TEACHER_MAX; i++) strcat(strcat(list, path), ",");
    assert_refused(teacher_open(&options, &student, &t), AMEND_UNSUPPORTED, "more than 16 models");
    snprintf(list, sizeof list, "%s,,%s", path, path);
    assert_refused(teacher_open(&options, &student, &t), AMEND_IO, "");
    assert_null(t);
}

static void wants_the_same_classes(void **state)
{
    const model_description other = describe("anger", STUDENT_SIDE, 0.5f, 0.25f);
    teacher *t = NULL;
    (void)state;
    assert_refused(open_teacher("teacher.safetensors", &other, 0.5, false, &t), AMEND_BAD_DATA,
                   "3 classes, this data set has 3 (class 3 is fear there, anger here); a teacher of the same classes");
    assert_null(t);
    assert_refused(open_teacher("none.safetensors", &other, 0.5, false, &t), AMEND_IO, "none.safetensors");
    assert_null(t);
    teacher_free(NULL);
}

/* A network that is taught nothing else comes to say what its teacher says. */
static void a_student_learns_from_it_alone(void **state)
{
    const model_description d = describe("fear", SIDE, 0.5f, 0.25f);
    static float pixels[BATCH * SIDE * SIDE], nothing[BATCH * CLASSES];
    const data_batch batch = {pixels, nothing, NULL, BATCH};
    const float *targets;
    double loss = 0, floor = 0;
    size_t right = 0;
    net n = {0};
    teacher *t = NULL;
    rng r = rng_make(4, 0, 0);
    (void)state;
    for (size_t i = 0; i < BATCH * SIDE * SIDE; i++) pixels[i] = (float)rng_normal(&r);
    for (size_t i = 0; i < BATCH; i++) nothing[i * CLASSES] = 1;
    assert_ok(open_teacher("teacher.safetensors", &d, 1, false, &t));
    assert_ok(teacher_targets(t, &batch, &targets));
    for (size_t i = 0; i < BATCH * CLASSES; i++) /* the least that cross entropy can be: the entropy of the targets */
        floor -= targets[i] > 0 ? (double)targets[i] * log((double)targets[i]) / BATCH : 0;
    trainer_options options = net_options(NN_F32);
    options.teacher = t;
    options.schedule = (schedule_options){.kind = SCHEDULE_EXPONENTIAL, .rate = 5e-3, .factor = 1, .epochs = 1};
    assert_ok(net_try(&n, &options, 2, ""));
    for (int step = 0; step < 100; step++) assert_ok(trainer_step(n.trainer, &batch, &loss, &right));
    if (!(loss < floor + 0.1 && loss > floor - 1e-4)) fail_msg("loss %g after 100 steps, %g is the least", loss, floor);
    net_drop(&n);
    teacher_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mixes_its_probabilities_in),
        cmocka_unit_test(several_teach_their_mean),
        cmocka_unit_test(too_many_or_none),
        cmocka_unit_test(wants_the_same_classes),
        cmocka_unit_test(a_student_learns_from_it_alone),
    };
    return cmocka_run_group_tests(tests, save_teachers, remove_test_folder);
}
