/* What the overlap machine of proto/ costs per pair of elements (one token at either side), beside
 * the bare calls of crypto/oprf.h that it makes (blind, evaluate, finalize, evaluate_own: no sets,
 * no frames, no search), and beside the group operations of libsodium: derive and multiply for
 * either token, one multiplication to evaluate, one to unblind. All use all processors; two
 * machines talk in memory, so that nothing but computation is measured.
 *
 *     bench_overlap [BITS…]        sets of 2^BITS tokens (14 and 17)
 */
#include "proto/overlap.h"

#include "tests/support/overlap_rig.h"

#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BARE_PAIRS 8192u
#define CALL_PAIRS (1u << 17)
#define CALL_GRAIN 512u
#define TAG_BYTES  10u
#define MOST_BITS  24u

static void must(bool done, const char *what)
{
    if (!done) {
        (void)fprintf(stderr, "bench_overlap: %s failed\n", what);
        exit(1);
    }
}

/* What the bare calls work on; their tags are of no use. */
struct calls {
    const struct sym_ristretto *with;
    struct sym_scalar r;
    struct sym_scalar k;
    uint8_t digests[CALL_PAIRS * SYM_HASH_BYTES];
    uint8_t tags[CALL_PAIRS * TAG_BYTES];
};

struct spent {
    double wall_us;
    double cpu_us;
};

static double us_of(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct spent now(void)
{
    return (struct spent){.wall_us = us_of(CLOCK_MONOTONIC),
                          .cpu_us = us_of(CLOCK_PROCESS_CPUTIME_ID)};
}

static struct spent since(struct spent began, size_t pairs)
{
    struct spent t = now();
    return (struct spent){.wall_us = (t.wall_us - began.wall_us) / (double)pairs,
                          .cpu_us = (t.cpu_us - began.cpu_us) / (double)pairs};
}

static enum sym_err bare_piece(void *context, size_t first, size_t n)
{
    unsigned char uniform[64];
    unsigned char k[32];
    unsigned char e[32];
    unsigned bad = 0;
    (void)context;
    (void)first;
    randombytes_buf(uniform, sizeof uniform);
    crypto_core_ristretto255_scalar_random(k);
    for (size_t i = 0; i < n; i++) {
        for (int token = 0; token < 2; token++) {
            uniform[0]++;
            (void)crypto_core_ristretto255_from_hash(e, uniform);
            bad |= (unsigned)crypto_scalarmult_ristretto255(e, k, e);
            bad |= (unsigned)crypto_scalarmult_ristretto255(e, k, e);
        }
    }
    return bad == 0 ? SYM_OK : SYM_INTERNAL;
}

static enum sym_err call_piece(void *context, size_t first, size_t n)
{
    struct calls *c = context;
    struct sym_span inputs[CALL_GRAIN];
    struct sym_element e[CALL_GRAIN];
    struct sym_oprf_tags tags = {c->tags + first * TAG_BYTES, TAG_BYTES};
    sym_oprf_spans(inputs, n, c->digests + first * SYM_HASH_BYTES, SYM_HASH_BYTES);
    enum sym_err err = sym_oprf_blind(e, NULL, c->with, inputs, n, &c->r);
    if (err == SYM_OK) {
        err = sym_oprf_evaluate(e, NULL, c->with, e, n, &c->k);
    }
    if (err == SYM_OK) {
        err = sym_oprf_finalize(tags, NULL, c->with, inputs, e, n, &c->r);
    }
    if (err == SYM_OK) {
        err = sym_oprf_evaluate_own(tags, NULL, c->with, inputs, n, &c->k, SYM_OPRF_INPUT);
    }
    return err;
}

static struct spent measure_pieces(struct crew *crew, struct sym_work work)
{
    void *owner = NULL;
    enum sym_err err = SYM_OK;
    size_t pairs = work.n;
    struct spent began = now();
    crew_give(crew, &work, NULL);
    must(crew_take(crew, true, &work, &owner, &err) && err == SYM_OK, "a measurement");
    return since(began, pairs);
}

static struct spent measure_bare(struct crew *crew)
{
    return measure_pieces(crew, (struct sym_work){.run = bare_piece, .n = BARE_PAIRS, .grain = 64});
}

/* As many pairs as the overlap has, up to CALL_PAIRS. */
static struct spent measure_calls(struct crew *crew, const struct sym_ristretto *with, size_t pairs)
{
    static struct calls c;
    size_t n = pairs < CALL_PAIRS ? pairs : CALL_PAIRS;
    c.with = with;
    sym_random(c.digests, sizeof c.digests);
    sym_scalar_random(&c.r);
    sym_scalar_random(&c.k);
    return measure_pieces(
        crew, (struct sym_work){.run = call_piece, .context = &c, .n = n, .grain = CALL_GRAIN});
}

/* Lets one side say what it has to say; true when it did anything. */
static bool turn(struct rig *r, int side, uint8_t *payload)
{
    struct sym_work work;
    bool moved = false;
    size_t len = 0;
    while (sym_overlap_work(r->runs[side], &work)) {
        crew_give(r->crew, &work, r->runs[side]);
        moved = true;
    }
    for (;;) {
        enum sym_overlap_step step = sym_overlap_step(r->runs[side], &len);
        if (step == SYM_OVERLAP_WAIT) {
            return moved;
        }
        moved = true;
        must(sym_overlap_write(r->runs[side], payload, len) == SYM_OK, "writing");
        must(sym_overlap_take(r->runs[1 - side],
                              step == SYM_OVERLAP_DATA ? SYM_EVENT_DATA : SYM_EVENT_CLOSED,
                              sym_span(payload, len)) == SYM_OK,
             "taking");
    }
}

static struct spent measure_overlap(struct rig *r, size_t pairs)
{
    uint8_t *payload = malloc(RIG_PAYLOAD_BYTES);
    must(payload != NULL, "memory");
    struct spent began = now();
    for (;;) {
        struct sym_work work;
        void *run = NULL;
        enum sym_err err = SYM_OK;
        bool moved = turn(r, RIG_INITIATOR, payload);
        moved = turn(r, RIG_RESPONDER, payload) || moved;
        if (!moved && !crew_take(r->crew, true, &work, &run, &err)) {
            break;
        }
        if (!moved) {
            must(sym_overlap_worked(run, work.context, err) == SYM_OK, "a work");
        }
    }
    struct spent spent = since(began, pairs);
    must(rig_done(r), "the overlap");
    free(payload);
    return spent;
}

/* What malloc has given out, bytes. */
static size_t allocated(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void compare(struct crew *crew, unsigned bits, enum sym_kind kind)
{
    const struct sym_ristretto *with = NULL;
    struct token_set a;
    struct token_set b;
    struct rig r;
    size_t n = (size_t)1 << bits;
    must(sym_ristretto_choose(&with, NULL) == SYM_OK, "choosing a backend");
    token_set_make(&a, bits, n / 2, n / 2, 0);
    token_set_make(&b, bits, n / 2, n / 2, 1);
    size_t before = allocated();
    rig_open(&r, kind, with, &a, &b, (struct rig_sizes){0, 0});
    size_t bytes = allocated() - before;
    r.crew = crew;
    struct spent first = measure_bare(crew);
    struct spent calls = measure_calls(crew, with, n);
    struct spent overlap = measure_overlap(&r, n);
    struct spent again = measure_calls(crew, with, n);
    struct spent second = measure_bare(crew);
    struct sym_overlap_result result;
    must(sym_overlap_result(r.runs[RIG_INITIATOR], &result) == SYM_OK && result.common == n / 2,
         "counting what is common");
    double bare_wall = (first.wall_us + second.wall_us) / 2;
    double bare_cpu = (first.cpu_us + second.cpu_us) / 2;
    double calls_wall = (calls.wall_us + again.wall_us) / 2;
    double calls_cpu = (calls.cpu_us + again.cpu_us) / 2;
    (void)printf("%-16s 2^%-3u %-8s %9.2f %9.2f %9.2f %7.3f %9.2f %9.2f %9.2f %7.3f %9.0f\n",
                 sym_kind_text((uint32_t)kind), bits, sym_ristretto_name(with), bare_wall,
                 calls_wall, overlap.wall_us, overlap.wall_us / calls_wall, bare_cpu, calls_cpu,
                 overlap.cpu_us, overlap.cpu_us / calls_cpu, (double)bytes / (double)n);
    (void)fflush(stdout);
    rig_close(&r);
    token_set_free(&a);
    token_set_free(&b);
}

int main(int argc, char **argv)
{
    static const char *const usual[] = {"", "14", "17"};
    const char *const *sizes = argc > 1 ? (const char *const *)argv : usual;
    int n = argc > 1 ? argc : 3;
    must(sym_crypto_init() == SYM_OK, "set-up");
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct crew *crew = crew_new(processors > 0 && processors < 64 ? (unsigned)processors : 1);
    (void)printf("microseconds per pair of elements, %ld processors; memory of both sides beside "
                 "the digests\n",
                 processors);
    (void)printf("%-16s %-5s %-8s %9s %9s %9s %7s %9s %9s %9s %7s %9s\n", "kind", "size", "backend",
                 "libsodium", "calls", "overlap", "ratio", "libs. CPU", "calls CPU", "CPU", "ratio",
                 "bytes");
    for (int i = 1; i < n; i++) {
        unsigned long bits = strtoul(sizes[i], NULL, 10);
        must(bits > 0 && bits <= MOST_BITS, "the size: it is not from 1 to 24, which");
        compare(crew, (unsigned)bits, SYM_KIND_OVERLAP_MATCHES);
        compare(crew, (unsigned)bits, SYM_KIND_OVERLAP_COUNT);
    }
    crew_free(crew);
    return 0;
}
