/* What makes two runs the same. */
#include "support.h"

#include "train/identity.h"

static uint64_t hash_of(const recipe *r)
{
    uint64_t hash = 0;
    assert_ok(run_hash(r, &hash));
    return hash;
}

/* Which computation, not on how many loader threads or how often it is saved. */
static void what_changes_nothing_does_not_count(void **state)
{
    recipe r = recipe_defaults(), other = r;
    (void)state;
    other.threads = 7;
    other.checkpoint = 60;
    assert_true(hash_of(&r) == hash_of(&other));
    other.epochs++;
    assert_true(hash_of(&r) != hash_of(&other));
}

static void older_checkpoints_do_not_name_the_data(void **state)
{
    static const char identity[] = "00000000000000aa-28+00000000000000dd-init00000000000000ff-part4";
    (void)state;
    assert_true(run_identity_is(identity, identity));
    assert_true(run_identity_is("00000000000000aa-28-init00000000000000ff-part4", identity));
    assert_false(run_identity_is("00000000000000aa-28+00000000000000de-init00000000000000ff-part4", identity));
    assert_false(run_identity_is("00000000000000aa-28-init00000000000000fe-part4", identity));
    assert_false(run_identity_is("00000000000000aa-27-init00000000000000ff-part4", identity));
    assert_false(run_identity_is("00000000000000aa-28", identity));
    assert_false(run_identity_is("", identity));
    assert_true(run_identity_is("00000000000000aa-28", "00000000000000aa-28+00000000000000dd"));
    assert_false(run_identity_is("another", "recipe"));
}

static void parts_are_said(void **state)
{
    run_identity identity = {.text = "00000000000000aa-28+00000000000000dd"};
    (void)state;
    assert_int_equal(run_identity_part(identity.text), 0);
    run_identify_part(&identity, 12);
    assert_int_equal(run_identity_part(identity.text), 12);
    assert_int_equal(run_identity_part("-part"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_changes_nothing_does_not_count),
                                       cmocka_unit_test(older_checkpoints_do_not_name_the_data),
                                       cmocka_unit_test(parts_are_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
