/* An overlap table by its machines alone, all parties in one process and on all processors, beside
 * the bare crypto that it consists of: for each element one blinding, an evaluation by each other
 * list with its proof and two sums to verify it, and what makes a row of the answers.
 *
 *     bench_table [--bare] [LISTS [ELEMENTS]]        6 lists of 100,000; --bare: no table
 *
 * Wall time, and processor time in brackets. Fails above 1.3 times the bare crypto, where the
 * machine is quiet.
 */
#include "crypto/dleq.h"
#include "crypto/oprf.h"
#include "tests/support/table_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FRAME     SYM_OVERLAP_ITEMS_MAX
#define CHUNK     256u
#define RATIO_MAX 1.3

static struct table_rig rig;

static void must(bool done, const char *what)
{
    if (!done) {
        (void)fprintf(stderr, "bench_table: %s failed\n", what);
        exit(1);
    }
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One frame of one list, from its digests to rows, with n - 1 evaluators. */
struct bare {
    const struct sym_ristretto *with;
    uint32_t n;
    struct sym_scalar r, inverse, k;
    struct sym_element key;
    uint8_t digests[FRAME][SYM_HASH_BYTES];
    struct sym_element asked[FRAME];
    struct sym_element answers[FRAME];
    struct sym_element joined[FRAME];
};

static void blind(struct bare *b)
{
    struct sym_span inputs[CHUNK];
    for (size_t at = 0; at < FRAME; at += CHUNK) {
        sym_oprf_spans(inputs, CHUNK, b->digests[at], SYM_HASH_BYTES);
        must(sym_oprf_blind(b->asked + at, NULL, b->with, inputs, CHUNK, &b->r) == SYM_OK,
             "blinding");
    }
}

static void evaluate(struct bare *b)
{
    struct sym_dleq st = {.key = &b->key, .asked = b->asked, .answers = b->answers, .n = FRAME};
    uint8_t proof[SYM_DLEQ_PROOF_BYTES];
    must(sym_ristretto_multiply(b->answers, NULL, b->with, b->asked, FRAME, &b->k) == SYM_OK &&
             sym_dleq_hash(st.asked_hash, b->asked, FRAME) == SYM_OK &&
             sym_dleq_hash(st.answers_hash, b->answers, FRAME) == SYM_OK &&
             sym_dleq_prove(proof, b->with, &st, &b->k) == SYM_OK,
         "evaluating");
    must(sym_dleq_verify(proof, b->with, &st) == SYM_OK, "verifying");
}

static void join(struct bare *b)
{
    const struct sym_element *sets[SYM_TABLE_LISTS_MAX] = {b->joined};
    for (uint32_t j = 1; j < b->n; j++) {
        sets[j] = b->answers;
    }
    must(sym_ristretto_multiply(b->joined, NULL, b->with, b->asked, FRAME, &b->k) == SYM_OK &&
             sym_ristretto_add_multiply(b->joined, NULL, b->with, sets, b->n, FRAME, &b->inverse) ==
                 SYM_OK,
         "joining");
}

/* Processor seconds for each element of one list. */
static double measure_bare(uint32_t n)
{
    static struct bare b;
    b.n = n;
    must(sym_ristretto_choose(&b.with, NULL) == SYM_OK, "choosing a backend");
    sym_scalar_random(&b.r);
    sym_scalar_random(&b.k);
    must(sym_scalar_invert(&b.inverse, &b.r) == SYM_OK, "a scalar");
    must(sym_ristretto_multiply(&b.key, NULL, b.with, &sym_ristretto_generator, 1, &b.k) == SYM_OK,
         "a key");
    sym_random_many(b.digests[0], sizeof b.digests);
    double began = seconds(CLOCK_THREAD_CPUTIME_ID);
    blind(&b);
    for (uint32_t j = 1; j < n; j++) {
        evaluate(&b);
    }
    join(&b);
    return (seconds(CLOCK_THREAD_CPUTIME_ID) - began) / FRAME;
}

int main(int argc, char **argv)
{
    bool bare_alone = argc > 1 && strcmp(argv[1], "--bare") == 0;
    argc -= bare_alone;
    argv += bare_alone;
    uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 6;
    uint32_t each = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 100000;
    must(sym_crypto_init() == SYM_OK, "set-up");
    must(n >= SYM_TABLE_LISTS_MIN && n <= SYM_TABLE_LISTS_MAX && each > 0 &&
             each <= SYM_TABLE_SET_MAX,
         "reading how many lists and elements");
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    processors = processors > 0 && processors < 64 ? processors : 1;
    double before = measure_bare(n);
    if (bare_alone) {
        (void)printf("bare crypto %.3f s of processor\n", before * (double)n * (double)each);
        return 0;
    }
    table_rig_make(&rig, n, 0, 1);
    table_rig_plant(&rig, (1u << n) - 1u, each / 2);
    for (uint32_t i = 0; i < n; i++) {
        table_rig_plant(&rig, 1u << i, each - each / 2);
    }
    rig.crew = crew_new((unsigned)processors);
    table_rig_open(&rig, 0);
    double wall = seconds(CLOCK_MONOTONIC);
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    table_rig_run(&rig);
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    must(table_rig_done(&rig), "the table");
    double bare = (before + measure_bare(n)) / 2 * (double)n * (double)each;
    double ratio = wall / (bare / (double)processors);
    (void)printf("%u lists of %u elements, %s, %ld processors: bare crypto %.2f s (%.2f s of "
                 "processor), table %.2f s (%.2f s), ratio %.3f (%.3f); %.1f MB sent\n",
                 n, each, sym_ristretto_name(rig.with), processors, bare / (double)processors, bare,
                 wall, cpu, ratio, cpu / bare, (double)rig.bytes / 1e6);
    crew_free(rig.crew);
    rig.crew = NULL;
    table_rig_close(&rig);
    must(ratio <= RATIO_MAX, "staying within 1.3 times the bare crypto");
    return 0;
}
