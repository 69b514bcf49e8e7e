/* Learning rates of parts: the factors, what they do to steps, and frozen layers, which stay as they are. */
#include "train/net.h"

static void entries(void **state)
{
    static const struct {
        const char *text, *part;
    } bad[] = {
        {"backbone", "'backbone'; a name, a colon and a factor"},
        {"backbone:", "'backbone:'"},
        {"backbone:0,fc", "'fc'"},
        {":0", "':0'"},
        {"fc:-1", "'fc:-1'"},
        {"fc:nan", "'fc:nan'"},
        {"fc:1001", "'fc:1001'"},
        {"fc:0x", "'fc:0x'"},
        {"fc:1,,", "''"},
        {"layer9:0", "begins with 'layer9'"},
        {"layer:0", "begins with 'layer'"},
        {"bn1.running_mean:0", "no parameter of this network that is trained begins with 'bn1.running_mean'"},
    };
    const trainer_options options = net_options(NN_F32);
    net n;
    (void)state;
    assert_ok(net_try(&n, &options, 1, "backbone:0.5,layer4:2,layer4.1.bn1.weight:0,arm:3"));
    for (size_t i = 0; i < n.params.count; i++) {
        const nn_param *p = &n.params.items[i];
        float wanted = !strcmp(p->name, "layer4.1.bn1.weight") ? 0
                       : !strncmp(p->name, "layer4.", 7)       ? 2
                       : !strncmp(p->name, "arm.", 4)          ? 3
                       : !strncmp(p->name, "fc.", 3)           ? 1
                                                               : 0.5f;
        assert_true(p->rate == wanted);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(rates_apply(bad[i].text, &n.params), AMEND_BAD_ARGUMENT, bad[i].part);
    net_drop(&n);
}

static bool begins(const char *name, const char *const *fronts)
{
    for (; *fronts; fronts++)
        if (!strncmp(name, *fronts, strlen(*fronts))) return true;
    return false;
}

/* After some steps, exactly the tensors that begin with one of the words are bit for bit as before, also in the
 * average.
 */
static void check_frozen(const trainer_options *options, const char *rates, const char *const *frozen)
{
    net n, before;
    assert_ok(net_try(&n, options, 1, rates));
    assert_ok(net_try(&before, options, 1, ""));
    for (size_t i = 0; i < 2; i++) assert_ok(net_step(&n, i, false));
    for (int average = 0; average < 2; average++) {
        for (size_t i = 0; i < n.params.count; i++) {
            const nn_param *p = &n.params.items[i], *old = &before.params.items[i];
            bool same = !memcmp(p->value, old->value, p->count * sizeof *p->value);
            if (same != begins(p->name, frozen)) fail_msg("'%s': %s is %s", rates, p->name, same ? "as before" : "new");
        }
        trainer_swap_average(n.trainer);
    }
    net_drop(&before);
    net_drop(&n);
}

static void frozen_layers_stay(void **state)
{
    static const char *const first[] = {"conv1.", "bn1.", "layer1.", NULL};
    static const char *const middle[] = {"layer2.", NULL};
    static const char *const all_but_head[] = {"conv1.", "bn1.", "layer", NULL};
    static const char *const head[] = {"arm.", "fc.", NULL};
    static const char *const norms[] = {"layer1.0.bn2.", "layer3.0.downsample.1.", "arm.bn.", NULL};
    static const char *const one[] = {"layer1.0.bn1.weight", NULL};
    (void)state;
    for (int kind = OPTIMIZER_ADAM; kind <= OPTIMIZER_SGD; kind++) {
        trainer_options options = net_options(NN_F32);
        options.optimizer.kind = (optimizer_kind)kind;
        options.optimizer.momentum = 0.9;
        options.decay_all = true;
        check_frozen(&options, "conv1:0,bn1:0,layer1:0", first);
        if (kind != OPTIMIZER_ADAM) continue; /* the rest is the same for all */
        check_frozen(&options, "layer2:0", middle);
        check_frozen(&options, "backbone:0", all_but_head);
        check_frozen(&options, "arm:0,fc:0", head);
        check_frozen(&options, "layer1.0.bn2:0,layer3.0.downsample.1:0,arm.bn:0", norms);
        check_frozen(&options, "layer1.0.bn1.weight:0", one);
    }
}

/* Of plain SGD. What begins at 0 shows the step itself. */
static void factors_scale_steps(void **state)
{
    trainer_options options = net_options(NN_F32);
    net whole, half;
    size_t zeros = 0;
    (void)state;
    options.optimizer = (optimizer_options){.kind = OPTIMIZER_SGD};
    options.clip = 0;
    options.schedule.rate = 0.1;
    assert_ok(net_try(&whole, &options, 1, ""));
    assert_ok(net_try(&half, &options, 1, "backbone:0.25"));
    assert_ok(net_step(&whole, 0, false));
    assert_ok(net_step(&half, 0, false));
    for (size_t i = 0; i < whole.params.count; i++) {
        const nn_param *a = &whole.params.items[i], *b = &half.params.items[i];
        bool from_zero = a->init == NN_INIT_CONSTANT && a->init_scale == 0 && a->trainable;
        float factor = arm_head_owns(a->name) ? 1 : 0.25f;
        if (from_zero) {
            for (size_t k = 0; k < a->count; k++) assert_true(b->value[k] == factor * a->value[k]);
            zeros++;
        } else if (!a->trainable || factor == 1)
            assert_memory_equal(a->value, b->value, a->count * sizeof *a->value);
    }
    assert_true(zeros > 15);
    net_drop(&half);
    net_drop(&whole);
}

static void resumed(void **state)
{
    static const char rates[] = "conv1:0,bn1:0,layer1:0,layer3:0,layer4:0.1,arm.bn:0";
    const char *path = in_test_folder("checkpoint.safetensors");
    const trainer_options options = net_options(NN_F32);
    net whole, first, second;
    epoch_sums sums = {0};
    (void)state;
    assert_ok(net_try(&whole, &options, 1, rates));
    assert_ok(net_try(&first, &options, 1, rates));
    assert_ok(net_try(&second, &options, 2, rates));
    for (size_t i = 0; i < STEPS; i++) assert_ok(net_step(&whole, i, false));
    for (size_t i = 0; i < STEPS / 2; i++) assert_ok(net_step(&first, i, false));
    assert_ok(trainer_save(first.trainer, path, "recipe", &sums));
    assert_ok(trainer_load(second.trainer, path, "recipe", &sums));
    for (size_t i = STEPS / 2; i < STEPS; i++) assert_ok(net_step(&second, i, false));
    assert_same_weights(&whole, &second);
    trainer_swap_average(whole.trainer);
    trainer_swap_average(second.trainer);
    assert_same_weights(&whole, &second);
    net_drop(&whole);
    net_drop(&first);
    net_drop(&second);
}

/* The maps of a frozen backbone are given back while the forward pass goes on. In a batch this large maps weigh more
 * than weights, whose packed form depends on the processor.
 */
static void frozen_layers_need_little_memory(void **state)
{
    trainer_options options = net_options(NN_F32);
    net all, head;
    (void)state;
    options.batch = 64;
    assert_ok(net_try(&all, &options, 1, ""));
    assert_ok(net_try(&head, &options, 1, "backbone:0"));
    print_message("%zu bytes, with a frozen backbone %zu\n", trainer_bytes(all.trainer), trainer_bytes(head.trainer));
    assert_true(trainer_bytes(head.trainer) < trainer_bytes(all.trainer) / 2);
    net_drop(&all);
    net_drop(&head);
}

static void nothing_left_to_train(void **state)
{
    const trainer_options options = net_options(NN_F32);
    net n;
    (void)state;
    assert_refused(net_try(&n, &options, 1, "backbone:0,arm:0,fc:0"), AMEND_BAD_ARGUMENT, "all layers are frozen");
    net_drop(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries),
        cmocka_unit_test(frozen_layers_stay),
        cmocka_unit_test(factors_scale_steps),
        cmocka_unit_test(resumed),
        cmocka_unit_test(frozen_layers_need_little_memory),
        cmocka_unit_test(nothing_left_to_train),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
