/* What drives a fuzz target where there is no libFuzzer: every file of a corpus as it is, then with each allocation
 * failing in its turn, then deterministic mutations of them for some seconds.
 *   replay_NAME CORPUS [SECONDS]
 * An input that aborts, or takes longer than LONGEST seconds, is left in /tmp/amend-fuzz-input. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "target.h"

enum { MAX_SEEDS = 256, MAX_BYTES = 1 << 17, LONGEST = 10, MAX_FAILURES = 400 };

typedef struct seed {
    unsigned char *bytes;
    size_t size;
} seed;

static seed seeds[MAX_SEEDS];
static size_t seed_count;

/* ---- one input ---- */

static const unsigned char *current;
static size_t current_size;

static void save_input(int signal_number)
{
    static const char said[] = "\nreplay: the input is in /tmp/amend-fuzz-input\n";
    int file = open("/tmp/amend-fuzz-input", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool whole = file >= 0 && write(file, current, current_size) == (ssize_t)current_size;
    if (whole && write(STDERR_FILENO, said, sizeof said - 1) < 0) _exit(3);
    if (file >= 0) close(file);
    _exit(signal_number == SIGALRM ? 4 : 3);
}

/* From a block of its very size, so that a sanitizer sees a read behind its end. */
static void run(const unsigned char *bytes, size_t size)
{
    unsigned char *exact = malloc(size ? size : 1);
    must(exact, "memory for an input");
    memcpy(exact, bytes, size);
    current = bytes;
    current_size = size;
    alarm(LONGEST);
    LLVMFuzzerTestOneInput(exact, size);
    alarm(0);
    free(exact);
}

/* ---- mutations ---- */

static size_t below(rng *r, size_t bound)
{
    return bound ? rng_below(r, bound) : 0;
}

/* A number that sizes and counts are wrong about. */
static uint64_t odd_number(rng *r)
{
    static const uint64_t numbers[] = {0,          1,          0x7f,      0x80,       0xff,       0x7fff,
                                       0x8000,     0xffff,     1 << 20,   0x7fffffff, 0x80000000, 0xffffffff,
                                       1ull << 32, 1ull << 62, INT64_MAX, 1ull << 63, UINT64_MAX};
    uint64_t number = numbers[below(r, sizeof numbers / sizeof *numbers)];
    return below(r, 2) ? number : number - 1 + below(r, 3);
}

static size_t overwrite(rng *r, unsigned char *bytes, size_t size)
{
    uint64_t number = odd_number(r);
    size_t width = (size_t)1 << below(r, 4), at = below(r, size);
    for (size_t i = 0; i < width && at + i < size; i++) bytes[at + i] = (unsigned char)(number >> 8 * i);
    return size;
}

static size_t cut(rng *r, unsigned char *bytes, size_t size)
{
    size_t at = below(r, size), count = 1 + below(r, below(r, 4) ? 8 : size);
    if (count > size - at) count = size - at;
    memmove(bytes + at, bytes + at + count, size - at - count);
    return size - count;
}

/* A part of any seed, put in or over. */
static size_t splice(rng *r, unsigned char *bytes, size_t size)
{
    const seed *other = &seeds[below(r, seed_count)];
    size_t from = below(r, other->size), count = 1 + below(r, below(r, 4) ? 16 : other->size), at = below(r, size);
    bool insert = below(r, 2);
    if (count > other->size - from) count = other->size - from;
    if (count > MAX_BYTES - at) count = MAX_BYTES - at;
    if (insert && size + count <= MAX_BYTES) {
        memmove(bytes + at + count, bytes + at, size - at);
        size += count;
    }
    memcpy(bytes + at, other->bytes + from, count);
    return at + count > size ? at + count : size;
}

static size_t mutate(rng *r, unsigned char *bytes, size_t size)
{
    switch (below(r, 5)) {
    case 0:
        if (size) bytes[below(r, size)] ^= (unsigned char)(1 << below(r, 8));
        return size;
    case 1:
        if (size) bytes[below(r, size)] = (unsigned char)rng_next(r);
        return size;
    case 2:
        return overwrite(r, bytes, size);
    case 3:
        return size ? cut(r, bytes, size) : 0;
    default:
        return splice(r, bytes, size);
    }
}

static size_t run_mutations(double seconds)
{
    static unsigned char bytes[MAX_BYTES];
    double start = clock_seconds();
    size_t count = 0;
    for (; clock_seconds() - start < seconds; count++) {
        rng r = rng_make(1, 0, count);
        const seed *from = &seeds[below(&r, seed_count)];
        size_t size = from->size;
        memcpy(bytes, from->bytes, size);
        for (size_t edits = 1 + below(&r, 6); edits > 0; edits--) size = mutate(&r, bytes, size);
        run(bytes, size);
    }
    return count;
}

/* ---- the corpus ---- */

/* The first MAX_FAILURES allocations; leaks are told at the end. */
static size_t run_failures(const seed *s)
{
    size_t before = mem_calls();
    run(s->bytes, s->size);
    size_t calls = mem_calls() - before, most = calls < MAX_FAILURES ? calls : MAX_FAILURES;
    for (size_t n = 1; n <= most; n++) {
        mem_fail_at(n);
        run(s->bytes, s->size);
        mem_fail_at(0);
    }
    return most;
}

static void read_corpus(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    must(count > 0, "the corpus is a folder");
    for (int i = 0; i < count; i++) {
        char *path = NULL;
        must(!file_join(folder, entries[i]->d_name, &path).code, "memory for a path");
        if (!file_is_folder(path) && seed_count < MAX_SEEDS) {
            seed *s = &seeds[seed_count++];
            must(!file_read(path, MAX_BYTES, &s->bytes, &s->size).code, "a seed is a file of at most 128 KiB");
        }
        mem_free(path);
        free(entries[i]);
    }
    free(entries);
    must(seed_count, "the corpus has files");
}

int main(int argc, char **argv)
{
    size_t failures = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: %s CORPUS [SECONDS]\n", argv[0]);
        return 2;
    }
    signal(SIGABRT, save_input);
    signal(SIGALRM, save_input);
    read_corpus(argv[1]);
    for (size_t i = 0; i < seed_count; i++) failures += run_failures(&seeds[i]);
    size_t mutations = run_mutations(argc > 2 ? strtod(argv[2], NULL) : 3);
    printf("%zu files, %zu failing allocations, %zu mutations\n", seed_count, failures, mutations);
    for (size_t i = 0; i < seed_count; i++) mem_free(seeds[i].bytes);
    return 0;
}
