/* The pickle reader: what it takes, and what hostile pickles get. */
#include "weights/checkpoint.h"

#include "base/mem.h"
#include "weights/pickle.h"

#define PICKLE(text) text, sizeof(text) - 1

static amend_status read_bytes(const void *bytes, size_t size, pickle *p)
{
    size_t used;
    memset(p, 0, sizeof *p);
    return pickle_read(bytes, size, "x.pth", p, &used);
}

static void plain_values(void **state)
{
    /* [None, True, False, 7, 300, -2, -1 (LONG1), 0 (LONG1), 1.5, "ab", b"c", (1, 2), {"k": 3}], protocol 4, framed */
    static const char bytes[] = "\x80\x04\x95\x37\0\0\0\0\0\0\0]\x94(N\x88\x89K\x07M\x2c\x01J\xfe\xff\xff\xff"
                                "\x8a\x01\xff\x8a\x00G\x3f\xf8\0\0\0\0\0\0"
                                "\x8c\x02"
                                "ab\x94"
                                "C\x01"
                                "c\x94K\x01K\x02\x86\x94}\x94\x8c\x01kK\x03s"
                                "e.";
    static const int64_t integers[] = {7, 300, -2, -1, 0};
    pickle p;
    (void)state;
    assert_ok(read_bytes(PICKLE(bytes), &p));
    const pickle_value *list = &p.values[p.root];
    assert_int_equal(list->kind, PICKLE_LIST);
    assert_int_equal(list->count, 13);
    assert_int_equal(pickle_item(&p, list, 0)->kind, PICKLE_NONE);
    assert_int_equal(pickle_item(&p, list, 1)->integer, 1);
    assert_int_equal(pickle_item(&p, list, 2)->integer, 0);
    for (size_t i = 0; i < 5; i++) assert_true(pickle_item(&p, list, 3 + i)->integer == integers[i]);
    assert_true(pickle_item(&p, list, 8)->real == 1.5);
    assert_true(pickle_is_text(pickle_item(&p, list, 9), "ab"));
    assert_int_equal(pickle_item(&p, list, 10)->kind, PICKLE_BYTES);
    assert_int_equal(pickle_item(&p, list, 11)->count, 2);
    assert_int_equal(pickle_find(&p, pickle_item(&p, list, 12), "k")->integer, 3);
    assert_null(pickle_find(&p, pickle_item(&p, list, 12), "j"));
    pickle_free(&p);
}

/* Python 2's integers of more than 32 bits, and the forms that only older protocols need. */
static void numbers_in_digits(void **state)
{
    static const int64_t integers[] = {140234567890123, INT64_MIN, 0, 1, 5, -6};
    pickle p;
    (void)state;
    assert_ok(read_bytes(PICKLE("\x80\x02(I140234567890123\nI-9223372036854775808\nI00\nI01\nL5L\nL-6\nl."), &p));
    const pickle_value *list = &p.values[p.root];
    assert_int_equal(list->count, 6);
    for (size_t i = 0; i < 6; i++) {
        const pickle_value *item = pickle_item(&p, list, i);
        assert_int_equal(item->kind, i == 2 || i == 3 ? PICKLE_BOOL : PICKLE_INT);
        assert_true(item->integer == integers[i]);
    }
    pickle_free(&p);
}

static void ordered_dictionaries(void **state)
{
    pickle p;
    (void)state;
    /* Python 3: empty, then filled; with attributes, which are dropped */
    assert_ok(read_bytes(PICKLE("\x80\x02"
                                "ccollections\nOrderedDict\n)R(U\x01"
                                "aK\x01u}U\x01mK\x02sb."),
                         &p));
    assert_int_equal(pickle_find(&p, &p.values[p.root], "a")->integer, 1);
    assert_null(pickle_find(&p, &p.values[p.root], "m"));
    pickle_free(&p);
    /* Python 2: called with a list of pairs; Python 3, protocol 4: by name from the stack */
    assert_ok(read_bytes(PICKLE("\x80\x02"
                                "ccollections\nOrderedDict\n](](U\x01"
                                "aK\x01"
                                "e](U\x01"
                                "bK\x02"
                                "ee\x85R."),
                         &p));
    assert_int_equal(pickle_find(&p, &p.values[p.root], "b")->integer, 2);
    pickle_free(&p);
    assert_ok(read_bytes(PICKLE("\x80\x04\x8c\x0b"
                                "collections\x8c\x0bOrderedDict\x93)R."),
                         &p));
    assert_int_equal(p.values[p.root].kind, PICKLE_DICT);
    pickle_free(&p);
}

static void refuses(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *message;
    } cases[] = {
        {PICKLE("\x80\x02"
                "cos\nsystem\n(U\x08"
                "echo ow!tR."),
         "'os.system'"},
        {PICKLE("\x80\x02"
                "cposix\nsystem\n."),
         "'posix.system'"},
        {PICKLE("\x80\x04\x8c\x02os\x8c\x06system\x93."), "'os.system'"},
        {PICKLE("\x80\x02"
                "c__builtin__\neval\n."),
         "'__builtin__.eval'"},
        {PICKLE("\x80\x02"
                "cbuiltins\ngetattr\n."),
         "'builtins.getattr'"},
        {PICKLE("\x80\x02"
                "ctorch\nload\n."),
         "'torch.load'"},
        {PICKLE("\x80\x02"
                "ctorch\nComplexFloatStorage\n."),
         "'torch.ComplexFloatStorage'"},
        {PICKLE("\x80\x02"
                "cnumpy.core.multiarray\nscalar\n."),
         "'numpy.core.multiarray.scalar'"},
        {PICKLE("\x80\x02"
                "ccollections.OrderedDict\n__init__\n."),
         "refuses"},
        {PICKLE("\x80\x02"
                "c\x1b[31m\nx\n."),
         "'?[31m.x'"},
        {PICKLE("\x80\x02"
                "(ios\nsystem\n."),
         "opcode 0x69"}, /* INST */
        {PICKLE("\x80\x02"
                "(cos\nsystem\no."),
         "'os.system'"}, /* OBJ */
        {PICKLE("\x80\x02"
                "ccollections\nOrderedDict\n)\x81."),
         "opcode 0x81"}, /* NEWOBJ */
        {PICKLE("\x80\x04"
                "ccollections\nOrderedDict\n)}\x92."),
         "opcode 0x92"},                              /* NEWOBJ_EX */
        {PICKLE("\x80\x02\x82\x01."), "opcode 0x82"}, /* EXT1: a registered global */
        {PICKLE("\x80\x05\x97."), "opcode 0x97"},     /* NEXT_BUFFER */
        {PICKLE("\x80\x04\x8f."), "opcode 0x8f"},     /* EMPTY_SET */
        {PICKLE("\x80\x02P1\n."), "opcode 0x50"},     /* PERSID */
        {PICKLE("\x80\x02\xff."), "opcode 0xff"},
        {PICKLE("I1\n."), "not a pickle of protocol 2"},
        {PICKLE("\x80\x01."), "protocol 1"},
        {PICKLE("\x80\x06."), "protocol 6"},
        {PICKLE("\x80\x02."), "a value is missing"},
        {PICKLE("\x80\x02NN."), "left over"},
        {PICKLE("\x80\x02(."), "a value is missing"},
        {PICKLE("\x80\x02(N0"
                "0."),
         "a value is missing"},
        {PICKLE("\x80\x02"
                "0."),
         "a value is missing"},
        {PICKLE("\x80\x02t."), "no mark"},
        {PICKLE("\x80\x02"
                "1."),
         "no mark"},
        {PICKLE("\x80\x02K\x01(K\x02"
                "e."),
         "a list or dictionary is expected"},
        {PICKLE("\x80\x02}K\x02"
                "a."),
         "a list or dictionary is expected"},
        {PICKLE("\x80\x02](K\x01K\x02u."), "a list or dictionary is expected"},
        {PICKLE("\x80\x02}(K\x01u."), "a key without value"},
        {PICKLE("\x80\x02(K\x01"
                "d."),
         "a key without value"},
        {PICKLE("\x80\x02(\x85."), "a value is missing"},
        {PICKLE("\x80\x02}(K\x01s."), "a value is missing"},
        {PICKLE("\x80\x02h\x05."), "a memo entry that was never made"},
        {PICKLE("\x80\x02j\xff\xff\xff\xff."), "a memo entry that was never made"},
        {PICKLE("\x80\x02Nr\xff\xff\xff\xff."), "memo index out of range"},
        {PICKLE("\x80\x02q\x01."), "a value is missing"},
        {PICKLE("\x80\x02(q\x01."), "a value is missing"},
        {PICKLE("\x80\x02]q\x01h\x01"
                "a."),
         "contains itself"},
        {PICKLE("\x80\x02}q\x01U\x01kh\x01s."), "contains itself"},
        {PICKLE("\x80\x02]q\x01h\x01\x85"
                "a."),
         "contains itself"},
        {PICKLE("\x80\x02NNR."), "not a function"},
        {PICKLE("\x80\x02"
                "ccollections\nOrderedDict\nNR."),
         "not a function"},
        {PICKLE("\x80\x02"
                "ccollections\nOrderedDict\nK\x01\x85R."),
         "list of pairs"},
        {PICKLE("\x80\x02"
                "ccollections\nOrderedDict\n]K\x01"
                "a\x85R."),
         "list of pairs"},
        {PICKLE("\x80\x02"
                "ctorch\nFloatStorage\n)R."),
         "as if it were a function"},
        {PICKLE("\x80\x02"
                "ctorch._utils\n_rebuild_tensor_v2\n)R."),
         "a tensor without storage"},
        {PICKLE("\x80\x02"
                "ctorch._utils\n_rebuild_parameter\nN\x85R."),
         "a parameter without tensor"},
        {PICKLE("\x80\x02"
                "c_codecs\nencode\nU\x01"
                "aU\x05utf16\x86R."),
         "Latin-1"},
        {PICKLE("\x80\x02"
                "c__builtin__\nbytes\nK\x05\x85R."),
         "bytes()"},
        {PICKLE("\x80\x02NQ."), "not a storage"},
        {PICKLE("\x80\x02(U\x07storageNU\x01"
                "0U\x03"
                "cpuK\x01tQ."),
         "not a storage"},
        {PICKLE("\x80\x02(U\x07storagectorch\nFloatStorage\nK\x01U\x03"
                "cpuK\x01tQ."),
         "whose key is not text"},
        {PICKLE("\x80\x02(U\x07storagectorch\nFloatStorage\nU\x01"
                "0U\x03"
                "cpuK\x01K\x01tQ."),
         "view of another"},
        {PICKLE("\x80\x02(U\x06modulectorch\nFloatStorage\nU\x01"
                "0U\x03"
                "cpuK\x01tQ."),
         "not a storage"},
        {PICKLE("\x80\x02Nb."), "a value is missing"},
        {PICKLE("\x80\x02]}b."), "a list or dictionary is expected"},
        {PICKLE("\x80\x02I\n."), "not an integer"},
        {PICKLE("\x80\x02I\n"), "not an integer"}, /* nothing behind the line: an empty one ends there, too */
        {PICKLE("\x80\x02I \n"), "not an integer"},
        {PICKLE("\x80\x02I-\n."), "not an integer"},
        {PICKLE("\x80\x02I 1\n."), "not an integer"},
        {PICKLE("\x80\x02I1x\n."), "not an integer"},
        {PICKLE("\x80\x02I1L\n."), "not an integer"},
        {PICKLE("\x80\x02L\n7\n."), "not an integer"},
        {PICKLE("\x80\x02LL\n."), "not an integer"},
        {PICKLE("\x80\x02I1\0\n."), "not an integer"},
        {PICKLE("\x80\x02I9223372036854775808\n."), "not an integer of 64 bits"},
        {PICKLE("\x80\x02I12"), "cut short"},
        {PICKLE("\x80\x02I"), "cut short"},
        {PICKLE("\x80\x02X\xff\xff\xff\xff"
                "a."),
         "cut short"},
        {PICKLE("\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
                "a."),
         "cut short"},
        {PICKLE("\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xffN."), "cut short"},
        {PICKLE("\x80\x02\x8b\xff\xff\xff\xff"
                "a."),
         "cut short"},
        {PICKLE(""), "cut short"},
        {PICKLE("\x80"), "cut short"},
        {PICKLE("\x80\x02N"), "cut short"},
        {PICKLE("\x80\x02"
                "cos"),
         "cut short"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pickle p;
        char *exact = malloc(cases[i].size + !cases[i].size); /* the sanitizer sees reads behind it */
        assert_non_null(exact);
        memcpy(exact, cases[i].bytes, cases[i].size);
        amend_status status = read_bytes(exact, cases[i].size, &p);
        if (!status.code || !strstr(status.message, cases[i].message) || !strstr(status.message, "x.pth"))
            fail_msg("case %zu: '%s' does not contain '%s'", i, status.message, cases[i].message);
        pickle_free(&p);
        free(exact);
    }
}

static void long_lines(void **state)
{
    static const char opcodes[] = {'c', 'I', 'L'};
    static buffer b;
    pickle p;
    (void)state;
    for (size_t i = 0; i < sizeof opcodes; i++) {
        op_begin(&b);
        op(&b, (unsigned char)opcodes[i]);
        for (int k = 0; k < 1000; k++) op(&b, '7');
        assert_refused(read_bytes(b.bytes, b.size, &p), AMEND_BAD_DATA, "a name or number of more than 256");
        pickle_free(&p);
    }
}

/* A list of twice the list before, 40 times over: a million million items if each were visited. */
static void memo_bomb(void **state)
{
    static buffer b;
    pickle p;
    (void)state;
    op_begin(&b);
    put(&b, "]q\x00", 3);
    for (unsigned char i = 0; i < 40; i++) {
        put(&b, (unsigned char[]){'0', ']', 'q', (unsigned char)(i + 1), '(', 'h', i, 'h', i, 'e'}, 10);
    }
    op(&b, '.');
    assert_ok(read_bytes(b.bytes, b.size, &p));
    pickle_free(&p);
}

static void nested_too_deep(void **state)
{
    static buffer b;
    pickle p;
    (void)state;
    for (int deep = 60; deep < 70; deep++) {
        op_begin(&b);
        op(&b, ')');
        for (int i = 1; i < deep; i++) op(&b, 0x85);
        op(&b, '.');
        amend_status status = read_bytes(b.bytes, b.size, &p);
        assert_int_equal(status.code, deep <= 64 ? AMEND_OK : AMEND_BAD_DATA);
        if (status.code) assert_non_null(strstr(status.message, "nested deeper than 64"));
        pickle_free(&p);
    }
    op_begin(&b);
    op(&b, ')');
    while (b.size < sizeof b.bytes - 1) op(&b, 0x85);
    op(&b, '.');
    assert_refused(read_bytes(b.bytes, b.size, &p), AMEND_BAD_DATA, "nested deeper");
    pickle_free(&p);
    /* deep through the memo: 40 levels over a list that was made with 40 before */
    op_begin(&b);
    op(&b, ')');
    for (int i = 0; i < 40; i++) op(&b, 0x85);
    put(&b, "q\x01\x85h\x01", 5);
    for (int i = 0; i < 40; i++) op(&b, 0x85);
    put(&b, "\x86.", 2);
    assert_refused(read_bytes(b.bytes, b.size, &p), AMEND_BAD_DATA, "nested deeper");
    pickle_free(&p);
}

static unsigned char *many(size_t size, unsigned char opcode)
{
    unsigned char *bytes = NULL;
    assert_ok(mem_alloc(&bytes, size, 1, "test"));
    memset(bytes, opcode, size);
    memcpy(bytes, "\x80\x02", 2);
    return bytes;
}

static void too_many_values(void **state)
{
    static const unsigned char opcodes[] = {'N', ']', '('};
    enum { SIZE = (1 << 20) + 100 };
    pickle p;
    (void)state;
    for (size_t i = 0; i < sizeof opcodes; i++) {
        unsigned char *bytes = many(SIZE, opcodes[i]);
        assert_refused(read_bytes(bytes, SIZE, &p), AMEND_BAD_DATA, "more values than amend accepts");
        pickle_free(&p);
        mem_free(bytes);
    }
}

/* A list of 1000 pairs from which 3000 dictionaries are made. */
static void dictionaries_from_one_list(void **state)
{
    static buffer b;
    pickle p;
    (void)state;
    op_begin(&b);
    put(&b, "K\x01K\x02\x86q\x01(", 8);
    for (int i = 0; i < 1000; i++) put(&b, "h\x01", 2);
    put(&b,
        "l\x85q\x02"
        "0",
        5);
    op_global(&b, "collections\nOrderedDict\n");
    put(&b, "q\x03(", 3);
    for (int i = 0; i < 3000; i++) put(&b, "h\x03h\x02R", 5);
    put(&b, "l.", 2);
    assert_refused(read_bytes(b.bytes, b.size, &p), AMEND_BAD_DATA, "more values than amend accepts");
    pickle_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_values),
        cmocka_unit_test(ordered_dictionaries),
        cmocka_unit_test(refuses),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(numbers_in_digits),
        cmocka_unit_test(memo_bomb),
        cmocka_unit_test(nested_too_deep),
        cmocka_unit_test(too_many_values),
        cmocka_unit_test(dictionaries_from_one_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
