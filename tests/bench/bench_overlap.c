/* What the overlap machine of proto/ costs per pair of elements (one token at either side), beside
 * the bare calls of crypto/oprf.h that it makes (blind, evaluate, finalize, evaluate_own: no sets,
 * no frames, no search), and beside the group operations of libsodium: derive and multiply for
 * either token, one multiplication to evaluate, one to unblind. All use all processors; two
 * machines talk in memory, so that nothing but computation is measured.
 *
 *     bench_overlap [--matches] [SIZE…]     17: sets of 2^17 tokens; 10x22: 2^10 that ask, 2^22
 *                                           that are asked (14 and 17)
 *
 * Of unequal sets a pair is one token of the longer and its share of a token of the shorter. The
 * bytes that each side sends are per token of its own; the peak is that of the process so far.
 */
#include "proto/overlap.h"

#include "tests/support/overlap_rig.h"

#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Pairs i of which one in each[side] has a token of that side. */
struct shape {
    size_t each[2];
};

static size_t tokens_of(const struct shape *s, int side, size_t first, size_t n)
{
    size_t each = s->each[side];
    return (first + n + each - 1) / each - (first + each - 1) / each;
}

/* What the bare calls work on; their tags are of no use. */
struct calls {
    struct shape shape;
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
    const struct shape *shape = context;
    size_t asking = tokens_of(shape, RIG_INITIATOR, first, n);
    size_t asked = tokens_of(shape, RIG_RESPONDER, first, n);
    randombytes_buf(uniform, sizeof uniform);
    crypto_core_ristretto255_scalar_random(k);
    for (size_t i = 0; i < asking + asked; i++) {
        /* An asking token is blinded, evaluated, unblinded, one that is asked for evaluated. */
        int multiplications = i < asking ? 3 : 1;
        uniform[i % sizeof uniform]++;
        (void)crypto_core_ristretto255_from_hash(e, uniform);
        for (int j = 0; j < multiplications; j++) {
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
    size_t asking = tokens_of(&c->shape, RIG_INITIATOR, first, n);
    size_t asked = tokens_of(&c->shape, RIG_RESPONDER, first, n);
    enum sym_err err = SYM_OK;
    sym_oprf_spans(inputs, n, c->digests + first * SYM_HASH_BYTES, SYM_HASH_BYTES);
    if (asking > 0) {
        err = sym_oprf_blind(e, NULL, c->with, inputs, asking, &c->r);
    }
    if (err == SYM_OK && asking > 0) {
        err = sym_oprf_evaluate(e, NULL, c->with, e, asking, &c->k);
    }
    if (err == SYM_OK && asking > 0) {
        err = sym_oprf_finalize(tags, NULL, c->with, inputs, e, asking, &c->r);
    }
    if (err == SYM_OK && asked > 0) {
        err = sym_oprf_evaluate_own(tags, NULL, c->with, inputs, asked, &c->k, SYM_OPRF_INPUT);
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

static struct spent measure_bare(struct crew *crew, struct shape shape)
{
    return measure_pieces(
        crew,
        (struct sym_work){.run = bare_piece, .context = &shape, .n = BARE_PAIRS, .grain = 64});
}

/* As many pairs as the overlap has, up to CALL_PAIRS. */
static struct spent measure_calls(struct crew *crew, const struct sym_ristretto *with,
                                  struct shape shape, size_t pairs)
{
    static struct calls c;
    size_t n = pairs < CALL_PAIRS ? pairs : CALL_PAIRS;
    c.shape = shape;
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
        r->bytes[side] += len;
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

static void show(const char *with, const struct spent spent[3])
{
    (void)printf("%-7s %9.2f %9.2f %9.2f %7.3f %9.2f %9.2f %9.2f %7.3f", with, spent[0].wall_us,
                 spent[1].wall_us, spent[2].wall_us, spent[2].wall_us / spent[1].wall_us,
                 spent[0].cpu_us, spent[1].cpu_us, spent[2].cpu_us,
                 spent[2].cpu_us / spent[1].cpu_us);
}

static struct spent between(struct spent a, struct spent b)
{
    return (struct spent){(a.wall_us + b.wall_us) / 2, (a.cpu_us + b.cpu_us) / 2};
}

static void compare(struct crew *crew, const char *word, const size_t n[2], enum sym_kind kind)
{
    const struct sym_ristretto *with = NULL;
    struct token_set a;
    struct token_set b;
    struct rig r;
    size_t pairs = n[0] > n[1] ? n[0] : n[1];
    size_t common = (n[0] < n[1] ? n[0] : n[1]) / 2;
    struct shape shape = {{pairs / n[0], pairs / n[1]}};
    must(sym_ristretto_choose(&with, NULL) == SYM_OK, "choosing a backend");
    token_set_make(&a, pairs, common, n[0] - common, 0);
    token_set_make(&b, pairs, common, n[1] - common, 1);
    size_t before = allocated();
    rig_open(&r, kind, with, &a, &b, (struct rig_sizes){0, 0});
    size_t bytes = allocated() - before;
    r.crew = crew;
    struct spent bare = measure_bare(crew, shape);
    struct spent calls = measure_calls(crew, with, shape, pairs);
    struct spent overlap = measure_overlap(&r, pairs);
    struct spent spent[3] = {
        [1] = between(calls, measure_calls(crew, with, shape, pairs)), [2] = overlap};
    spent[0] = between(bare, measure_bare(crew, shape));
    struct sym_overlap_result result;
    must(sym_overlap_result(r.runs[RIG_INITIATOR], &result) == SYM_OK && result.common == common,
         "counting what is common");
    (void)printf("%-16s 2^%-6s ", sym_kind_text((uint32_t)kind), word);
    show(sym_ristretto_name(with), spent);
    (void)printf(" %9.0f %9.2f %9.2f %9.1f\n", (double)bytes / (double)pairs,
                 (double)r.bytes[0] / (double)n[0], (double)r.bytes[1] / (double)n[1],
                 (double)peak_kib() / 1024);
    (void)fflush(stdout);
    rig_close(&r);
    token_set_free(&a);
    token_set_free(&b);
}

int main(int argc, char **argv)
{
    static const char *const usual[] = {"14", "17"};
    bool matches_only = argc > 1 && strcmp(argv[1], "--matches") == 0;
    int given = argc - 1 - (matches_only ? 1 : 0);
    const char *const *words = given > 0 ? (const char *const *)argv + argc - given : usual;
    must(sym_crypto_init() == SYM_OK, "set-up");
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct crew *crew = crew_new(processors > 0 && processors < 64 ? (unsigned)processors : 1);
    (void)printf("microseconds per pair of elements, %ld processors; memory of both sides beside "
                 "the digests\n",
                 processors);
    (void)printf("%-16s %-8s %-7s %9s %9s %9s %7s %9s %9s %9s %7s %9s %9s %9s %9s\n", "kind",
                 "size", "backend", "libsodium", "calls", "overlap", "ratio", "libs. CPU",
                 "calls CPU", "CPU", "ratio", "bytes", "sent", "received", "peak MiB");
    for (int i = 0; i < (given > 0 ? given : 2); i++) {
        size_t n[2];
        must(token_set_sizes(n, words[i], MOST_BITS),
             "the size: it is not as 17 or 10x22, 24 at most, which");
        compare(crew, words[i], n, SYM_KIND_OVERLAP_MATCHES);
        if (!matches_only) {
            compare(crew, words[i], n, SYM_KIND_OVERLAP_COUNT);
        }
    }
    crew_free(crew);
    return 0;
}
