/* PyTorch checkpoints: what PyTorch itself writes, and hostile ones built byte by byte. */
#include "weights/checkpoint.h"

#include "base/mem.h"
#include "base/rng.h"
#include "weights/pth.h"

#define FLOATS "torch\nFloatStorage\n"

static const float data[6] = {0, 1, 2, 3, 4, 5};
static const made_tensor whole = {"w", FLOATS, "0", 6, 0, 2, {2, 3}, {3, 1}};

/* The pickle and the storage "0" as an archive. */
static void make_archive(buffer *b, const buffer *pickle, const void *bytes, size_t size)
{
    const zip_entry entries[] = {
        {"net/data.pkl", pickle->bytes, pickle->size, 0, false},
        {"net/data/0", bytes, size, 0, false},
        {"net/version", "3\n", 2, 0, false},
    };
    make_zip(b, entries, 3);
}

static amend_status open_bytes(const buffer *b, pth **file)
{
    return pth_open_memory(b->bytes, b->size, "x.pth", file);
}

/* Both formats must say the same. */
static void refused_both(const made_tensor *tensors, size_t count, const char *part)
{
    static buffer pickle, b;
    pth *file;
    make_pickle(&pickle, tensors, count, false);
    make_archive(&b, &pickle, data, sizeof data);
    amend_status zip = open_bytes(&b, &file);
    assert_null(file);
    make_pickle(&pickle, tensors, count, true);
    make_old(&b, &pickle, 6, data, sizeof data);
    amend_status old = open_bytes(&b, &file);
    assert_null(file);
    if (!strstr(zip.message, part) || !strstr(zip.message, "x.pth"))
        fail_msg("zip: '%s' does not contain '%s'", zip.message, part);
    if (!strstr(old.message, part) || !strstr(old.message, "x.pth"))
        fail_msg("old: '%s' does not contain '%s'", old.message, part);
}

static void check_views(const pth *file)
{
    static const float turned[6] = {0, 3, 1, 4, 2, 5}, twice[6] = {4, 4, 4, 5, 5, 5};
    float got[6];
    assert_int_equal(pth_count(file), 6);
    tensor_view v = pth_at(file, 0);
    assert_string_equal(v.name, "w");
    assert_int_equal(v.type, TENSOR_F32);
    assert_ok(tensor_read_f32("x", &v, (size_t[]){2, 3}, 2, got));
    assert_memory_equal(got, data, sizeof data);
    v = pth_at(file, 1);
    assert_ok(tensor_read_f32("x", &v, (size_t[]){3, 2}, 2, got));
    assert_memory_equal(got, turned, sizeof turned);
    v = pth_at(file, 2);
    assert_ok(tensor_read_f32("x", &v, (size_t[]){2, 1, 2}, 3, got));
    assert_memory_equal(got, data + 2, 4 * sizeof *got);
    v = pth_at(file, 3);
    assert_ok(tensor_read_f32("x", &v, NULL, 0, got));
    assert_true(got[0] == 5);
    v = pth_at(file, 4);
    assert_ok(tensor_read_f32("x", &v, (size_t[]){0, 7}, 2, got));
    v = pth_at(file, 5);
    assert_ok(tensor_read_f32("x", &v, (size_t[]){2, 3}, 2, got));
    assert_memory_equal(got, twice, sizeof twice);
}

static void strided_views(void **state)
{
    const made_tensor views[] = {
        whole,
        {"turned", FLOATS, "0", 6, 0, 2, {3, 2}, {1, 3}},
        {"part", FLOATS, "0", 6, 2, 3, {2, 1, 2}, {2, 99, 1}}, /* a stride that is never taken */
        {"last", FLOATS, "0", 6, 5, 0, {0}, {0}},
        {"empty", FLOATS, "0", 6, 6, 2, {0, 7}, {7, 1}},
        {"repeated", FLOATS, "0", 6, 4, 2, {2, 3}, {1, 0}},
    };
    static buffer pickle, b;
    pth *file;
    (void)state;
    make_pickle(&pickle, views, 6, false);
    make_archive(&b, &pickle, data, sizeof data);
    assert_ok(open_bytes(&b, &file));
    assert_string_equal(pth_format(file), "PyTorch");
    check_views(file);
    pth_free(file);
    make_pickle(&pickle, views, 6, true);
    make_old(&b, &pickle, 6, data, sizeof data);
    assert_ok(open_bytes(&b, &file));
    assert_string_equal(pth_format(file), "PyTorch before 1.6");
    check_views(file);
    pth_free(file);
}

static void hostile_tensors(void **state)
{
    static const struct {
        made_tensor tensor;
        const char *message;
    } cases[] = {
        {{"w", FLOATS, "0", 6, 0, 1, {-6}, {1}}, "\"w\": its sizes are not whole"},
        {{"w", FLOATS, "0", 6, 0, 2, {-2, -3}, {3, 1}}, "\"w\": its sizes are not whole"},
        {{"w", FLOATS, "0", 6, 5, 1, {6}, {-1}}, "\"w\": its strides are not whole"},
        {{"w", FLOATS, "0", 6, -1, 1, {2}, {1}}, "\"w\": its offset is not"},
        {{"w", FLOATS, "0", 6, 0, 1, {7}, {1}}, "\"w\": its sizes and strides lead out"},
        {{"w", FLOATS, "0", 6, 1, 1, {6}, {1}}, "\"w\": its sizes and strides lead out"},
        {{"w", FLOATS, "0", 6, 0, 1, {2}, {6}}, "\"w\": its sizes and strides lead out"},
        {{"w", FLOATS, "0", 6, 7, 1, {0}, {1}}, "\"w\": its sizes and strides lead out"},
        {{"w", FLOATS, "0", 6, 6, 0, {0}, {0}}, "\"w\": its sizes and strides lead out"},
        {{"w", FLOATS, "0", 6, INT64_MAX, 1, {2}, {INT64_MAX}}, "\"w\": its sizes and strides lead out"},
        {{"w", FLOATS, "0", 6, 0, 2, {3, 3}, {INT64_MAX, INT64_MAX}}, "\"w\": its sizes and strides lead out"},
        {{"w", FLOATS, "0", 6, 0, 2, {INT64_MAX, 4}, {0, 0}}, "\"w\": more values than memory can hold"},
        {{"w", FLOATS, "0", 6, 0, 3, {1LL << 32, 1LL << 32, 4}, {0, 0, 0}}, "\"w\": more values than memory"},
        {{"w", FLOATS, "0", 6, 0, 1, {1LL << 40}, {0}}, "\"w\": its strides make more of the file"},
        {{"w", FLOATS, "0", 6, 0, 9, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {0}}, "\"w\": more than 8 dimensions"},
        {{"w", FLOATS, "0", -6, 0, 1, {1}, {1}}, "storage '0': a negative number"},
        {{"w", FLOATS, "0", INT64_MAX, 0, 1, {1}, {1}}, "storage '0': more values than memory"},
        {{"w", FLOATS, "0", 7, 0, 1, {7}, {1}}, "in the file than the pickle says"},
        {{"w", "torch\nDoubleStorage\n", "0", 6, 0, 1, {6}, {1}}, "storage '0'"},
        {{"w", FLOATS, "1", 6, 0, 1, {6}, {1}}, "storage"},
        {{"", FLOATS, "0", 6, 0, 1, {6}, {1}}, "a tensor's name of 0 bytes"},
        {{"a\x1b[31m", FLOATS, "0", 6, 0, 1, {6}, {1}}, "a control character"},
    };
    const made_tensor twice[] = {whole, whole}, typed[] = {whole, {"v", "torch\nIntStorage\n", "0", 6, 0, 0, {0}, {0}}};
    const made_tensor bombs[] = {{"a", FLOATS, "0", 6, 0, 1, {1 << 21}, {0}},
                                 {"b", FLOATS, "0", 6, 0, 1, {1 << 21}, {0}},
                                 {"c", FLOATS, "0", 6, 0, 1, {1 << 21}, {0}}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) refused_both(&cases[i].tensor, 1, cases[i].message);
    refused_both(twice, 2, "\"w\" is there twice");
    refused_both(typed, 2, "named twice, with different types");
    refused_both(bombs, 3, "\"c\": its strides make more of the file");
}

/* Pickles with a tensor's parts exchanged for other things. */
static void hostile_arguments(void **state)
{
    static const struct {
        const char *arguments, *message; /* opcodes between the storage and the end of the arguments */
        size_t size;
    } cases[] = {
        {"K\x00]]", "not two tuples", 4},
        {"N))", "its offset is not", 3},
        {"K\x00K\x06\x85)", "not two tuples", 6},
        {"K\x00N\x85K\x01\x85", "its sizes are not", 7},
        {"K\x00K\x01\x85N\x85", "its strides are not", 7},
    };
    static buffer pickle, b;
    pth *file;
    (void)state;
    for (size_t i = 0; i <= sizeof cases / sizeof *cases; i++) {
        bool last = i == sizeof cases / sizeof *cases; /* no storage at all */
        op_begin(&pickle);
        op(&pickle, '}');
        op_text(&pickle, "w");
        op_global(&pickle, "torch._utils\n_rebuild_tensor_v2\n");
        op(&pickle, '(');
        if (last)
            put(&pickle, "NK\x00))", 5);
        else {
            op_storage(&pickle, &whole, false);
            put(&pickle, cases[i].arguments, cases[i].size);
        }
        put(&pickle, "tRs.", 4);
        make_archive(&b, &pickle, data, sizeof data);
        assert_refused(open_bytes(&b, &file), AMEND_BAD_DATA, last ? "\"w\": no storage" : cases[i].message);
    }
}

/* {"best": scalar, "model": {"depth": 7}, "net": {"w": ...}}: the last holds the weights. */
static void tensors_beside_the_state(void)
{
    static const made_tensor best = {"best", FLOATS, "0", 6, 5, 0, {0}, {0}};
    static buffer pickle, b;
    size_t cursor = 0;
    pth_note note;
    pth *file;
    op_begin(&pickle);
    put(&pickle, "}(", 2);
    op_tensor(&pickle, &best, false);
    op_text(&pickle, "model");
    put(&pickle, "}(", 2);
    op_text(&pickle, "depth");
    put(&pickle, "K\x07u", 3);
    op_text(&pickle, "net");
    put(&pickle, "}(", 2);
    op_tensor(&pickle, &whole, false);
    put(&pickle, "uu.", 3);
    make_archive(&b, &pickle, data, sizeof data);
    assert_ok(open_bytes(&b, &file));
    assert_int_equal(pth_count(file), 1);
    assert_string_equal(pth_at(file, 0).name, "w");
    assert_true(pth_note_next(file, &cursor, &note));
    assert_string_equal(note.name, "best");
    assert_string_equal(note.value, "tensor");
    pth_free(file);
}

static void nested_state(void **state)
{
    static buffer pickle, b;
    static const char *const keys[] = {"state_dict", "model_state_dict", "model", "net"};
    pth_note note;
    pth *file;
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        op_begin(&pickle);
        put(&pickle, "}(", 2);
        op_text(&pickle, "epoch");
        put(&pickle, "K\x07", 2);
        op_text(&pickle, keys[i]);
        put(&pickle, "}(", 2);
        op_tensor(&pickle, &whole, false);
        put(&pickle, "uu.", 3);
        make_archive(&b, &pickle, data, sizeof data);
        assert_ok(open_bytes(&b, &file));
        assert_int_equal(pth_count(file), 1);
        size_t cursor = 0;
        assert_true(pth_note_next(file, &cursor, &note));
        assert_string_equal(note.name, "epoch");
        assert_string_equal(note.value, "7");
        assert_false(pth_note_next(file, &cursor, &note));
        pth_free(file);
    }
    tensors_beside_the_state();
    op_begin(&pickle);
    put(&pickle,
        "}(U\x03"
        "abcK\x01U\x05modelK\x02u.",
        20);
    make_archive(&b, &pickle, data, sizeof data);
    assert_refused(open_bytes(&b, &file), AMEND_BAD_DATA, "it holds abc, model");
    op_begin(&pickle);
    put(&pickle, "].", 2);
    make_archive(&b, &pickle, data, sizeof data);
    assert_refused(open_bytes(&b, &file), AMEND_BAD_DATA, "no state dictionary");
}

static void hostile_archives(void **state)
{
    const made_tensor tensors[] = {whole, {"v", FLOATS, "1", 6, 0, 1, {6}, {1}}};
    static buffer pickle, b;
    pth *file;
    (void)state;
    make_pickle(&pickle, tensors, 1, false);
    const zip_entry packed[] = {{"net/data.pkl", pickle.bytes, pickle.size, 0, false},
                                {"net/data/0", data, 24, 8, false}};
    make_zip(&b, packed, 2);
    assert_refused(open_bytes(&b, &file), AMEND_BAD_DATA, "'net/data/0': compressed");
    const zip_entry bare[] = {{"net/data.pk", pickle.bytes, pickle.size, 0, false}};
    make_zip(&b, bare, 1);
    assert_refused(open_bytes(&b, &file), AMEND_BAD_DATA, "without data.pkl");
    const zip_entry big[] = {{"data.pkl", pickle.bytes, pickle.size, 0, false},
                             {"byteorder", "big", 3, 0, false},
                             {"data/0", data, 24, 0, false}};
    make_zip(&b, big, 3);
    assert_refused(open_bytes(&b, &file), AMEND_BAD_DATA, "little-endian");
    const zip_entry little[] = {big[0], {"byteorder", "little", 6, 0, false}, big[2]};
    make_zip(&b, little, 3);
    assert_ok(open_bytes(&b, &file));
    pth_free(file);
    make_archive(&b, &pickle, data, 20);
    assert_refused(open_bytes(&b, &file), AMEND_BAD_DATA, "storage '0': fewer values in the file");
    make_archive(&b, &pickle, data, sizeof data);
    for (size_t i = 0; i < b.size; i++) /* one bit in the stored values: the checksum sees it */
        if (!memcmp(b.bytes + i, data, sizeof data)) b.bytes[i + 5] ^= 1;
    assert_refused(open_bytes(&b, &file), AMEND_BAD_DATA, "'net/data/0': wrong checksum");
}

/* Many storages over the same bytes: an archive that unpacks to more than it is. */
static void shared_bytes(void **state)
{
    static buffer pickle, b;
    static unsigned char values[4000];
    static char names[15][16];
    made_tensor tensors[14];
    zip_entry entries[15] = {{"data/0", values, sizeof values, 0, false}};
    pth *file;
    (void)state;
    for (size_t i = 0; i < 14; i++) {
        snprintf(names[i], sizeof names[i], "data/%zu", i);
        tensors[i] = (made_tensor){names[i], FLOATS, names[i] + 5, 1000, 0, 1, {1000}, {1}};
        entries[i] = (zip_entry){names[i], values, sizeof values, 0, i > 0};
    }
    make_pickle(&pickle, tensors, 14, false);
    entries[14] = (zip_entry){"data.pkl", pickle.bytes, pickle.size, 0, false};
    make_zip(&b, entries, 15);
    assert_refused(open_bytes(&b, &file), AMEND_BAD_DATA, "the entries are larger than the file");
}

static void hostile_old_files(void **state)
{
    static buffer pickle, b;
    pth *file;
    (void)state;
    make_pickle(&pickle, &whole, 1, true);
    assert_refused(open_bytes(&pickle, &file), AMEND_BAD_DATA, "not of torch.save");
    make_old(&b, &pickle, 5, data, 20);
    assert_refused(open_bytes(&b, &file), AMEND_BAD_DATA, "another number of values");
    make_old(&b, &pickle, 6, data, 20);
    assert_refused(open_bytes(&b, &file), AMEND_BAD_DATA, "storage '0': cut short");
    make_old(&b, &pickle, 6, data, 24);
    b.bytes[18] ^= 1;
    assert_refused(open_bytes(&b, &file), AMEND_UNSUPPORTED, "not 1001");
    b.size = 0;
    assert_refused(open_bytes(&b, &file), AMEND_BAD_DATA, "not a checkpoint");
}

static void make_both(buffer *zip, buffer *old)
{
    static buffer pickle;
    make_pickle(&pickle, &whole, 1, false);
    make_archive(zip, &pickle, data, sizeof data);
    make_pickle(&pickle, &whole, 1, true);
    make_old(old, &pickle, 6, data, sizeof data);
}

static void cut_short_anywhere(void **state)
{
    static buffer files[2];
    pth *file;
    (void)state;
    make_both(&files[0], &files[1]);
    for (size_t i = 0; i < 2; i++)
        for (size_t kept = 0; kept < files[i].size; kept++) {
            unsigned char *copy = NULL; /* of its exact size: the sanitizer sees the byte behind */
            assert_ok(mem_alloc(&copy, kept, 1, "test"));
            memcpy(copy, files[i].bytes, kept);
            assert_refused(pth_open_memory(copy, kept, "x.pth", &file), AMEND_BAD_DATA, "x.pth");
            mem_free(copy);
        }
}

static void read_everything(const pth *file)
{
    static float out[1 << 16];
    for (size_t i = 0; i < pth_count(file); i++) {
        tensor_view v = pth_at(file, i);
        if (tensor_values(&v) <= sizeof out / sizeof *out) (void)tensor_read_f32("x", &v, v.shape, v.dims, out).code;
    }
}

static void broken_at_random(void **state)
{
    static buffer files[2], b;
    size_t opened = 0;
    rng r = rng_make(1, 2, 3);
    (void)state;
    make_both(&files[0], &files[1]);
    for (int i = 0; i < 20000; i++) {
        pth *file;
        b = files[i % 2];
        for (int k = rng_below(&r, 3) ? 1 : 3; k > 0; k--)
            b.bytes[rng_below(&r, b.size)] = (unsigned char)rng_below(&r, 256);
        if (!open_bytes(&b, &file).code) {
            opened++;
            read_everything(file);
        }
        pth_free(file);
    }
    assert_in_range(opened, 100, 19000);
}

static void out_of_memory(void **state)
{
    static buffer files[2];
    (void)state;
    make_both(&files[0], &files[1]);
    for (size_t i = 0; i < 2; i++) {
        pth *file = NULL;
        amend_status status = status_error(AMEND_NO_MEMORY, "start");
        for (size_t n = 1; status.code; n++) {
            assert_int_equal(status.code, AMEND_NO_MEMORY);
            mem_fail_at(n);
            status = open_bytes(&files[i], &file);
        }
        pth_free(file);
    }
    mem_fail_at(0);
}

/* ---- PyTorch as the witness ---- */

static void check_torch_file(const char *path)
{
    static const char *const names[] = {"f32", "f64", "f16", "bf16", "turned", "every.second", "parameter"};
    static const float turned[6] = {0, 3, 1, 4, 2, 5}, second[3] = {0, 2, 4};
    pth *file;
    float got[6];
    assert_ok(pth_open(path, &file));
    assert_int_equal(pth_count(file), 14);
    for (size_t i = 0; i < 7; i++) {
        tensor_view v = pth_at(file, i);
        assert_string_equal(v.name, names[i]);
        assert_ok(tensor_read_f32(path, &v, v.shape, v.dims, got));
        const float *expected = i == 4 ? turned : i == 5 ? second : data;
        assert_memory_equal(got, expected, tensor_values(&v) * sizeof *got);
    }
    tensor_view scalar = pth_at(file, 7);
    assert_int_equal(scalar.type, TENSOR_I64);
    assert_int_equal(scalar.dims, 0);
    assert_int_equal(*(const unsigned char *)scalar.data, 7);
    static const tensor_type others[] = {TENSOR_I32, TENSOR_I16, TENSOR_I8, TENSOR_U8, TENSOR_BOOL};
    for (size_t i = 0; i < 5; i++) assert_int_equal(pth_at(file, 8 + i).type, others[i]);
    assert_int_equal(pth_at(file, 13).shape[0], 0);
    pth_note note;
    size_t cursor = 0;
    assert_true(pth_note_next(file, &cursor, &note));
    assert_string_equal(note.name, "best");
    assert_string_equal(note.value, "0.5");
    pth_free(file);
}

static void torch_writes(void **state)
{
    char name[32];
    pth *file;
    (void)state;
    const char *python = python_with("torch");
    run_python(
        python,
        "import sys, torch\n"
        "from collections import OrderedDict\n"
        "a = torch.arange(6.).reshape(2, 3)\n"
        "d = OrderedDict(f32=a, f64=a.double(), f16=a.half(), bf16=a.bfloat16(), turned=a.t())\n"
        "d[\"every.second\"] = a.flatten()[::2]\n"
        "d[\"parameter\"] = torch.nn.Parameter(a.clone())\n"
        "d[\"steps\"] = torch.tensor(7)\n"
        "for n, t in ((\"i4\", torch.int32), (\"i2\", torch.int16), (\"i1\", torch.int8), (\"u1\", torch.uint8),\n"
        "             (\"b\", torch.bool)): d[n] = a.to(t)\n"
        "d[\"none\"] = torch.zeros(0, 4)\n"
        "d._metadata = OrderedDict({\"\": {\"version\": 1}})\n"
        "c = {\"best\": 0.5, \"text\": \"x\", \"bytes\": b\"\\xff\\x00\", \"big\": 10**30, \"list\": [1, (2.5, "
        "None)],\n"
        "     \"state_dict\": d, \"empty\": b\"\"}\n"
        "for p in (2, 3, 4, 5):\n"
        "    for z in (False, True):\n"
        "        torch.save(c, \"%s/%d%d.pth\" % (sys.argv[1], p, z), pickle_protocol=p,\n"
        "                   _use_new_zipfile_serialization=z)\n"
        "torch.save(torch.nn.Linear(2, 2), sys.argv[1] + \"/module.pth\")\n");
    for (int protocol = 2; protocol <= 5; protocol++)
        for (int zip = 0; zip < 2; zip++) {
            snprintf(name, sizeof name, "%d%d.pth", protocol, zip);
            check_torch_file(in_test_folder(name));
        }
    assert_refused(pth_open(in_test_folder("module.pth"), &file), AMEND_UNSUPPORTED, "torch.nn.modules.linear.Linear");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strided_views),     cmocka_unit_test(hostile_tensors),    cmocka_unit_test(hostile_arguments),
        cmocka_unit_test(nested_state),      cmocka_unit_test(hostile_archives),   cmocka_unit_test(shared_bytes),
        cmocka_unit_test(hostile_old_files), cmocka_unit_test(cut_short_anywhere), cmocka_unit_test(broken_at_random),
        cmocka_unit_test(out_of_memory),     cmocka_unit_test(torch_writes),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
