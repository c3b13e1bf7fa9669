/* What a joint tabulation costs where there is nothing but computation: all nodes in this process,
 * without messages, signatures or storage. The yardstick of bench_federation.
 *
 *     bench_tabulate [--json] [NODES [CELLS [GONE]]]      (200 nodes, 100000 cells, 0 gone)
 *
 * GONE nodes deal shares, but send no vector. Epsilon is 1 and the sensitivity 2; the threshold is
 * 80 % of the nodes, and noise suffices without a fifth of them. Ends with an error unless the sum
 * is exact. All processors are used; CPU time is that of one participant, or of the initiator. */
#include "tests/support/tally.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TILE        8192u
#define THREADS_MAX 64u

enum phase { KEYS, TABLE, DEAL, SEAL, UNSEAL, AGREE, NOISE, MASK, RECOVER, STRIP, PHASES };

static const struct {
    const char *name;
    const char *text;
    bool once; /* by the initiator, or not at all by a participant in need of time */
} phases[PHASES] = {
    [KEYS] = {"keys", "fresh keys, seed and commitment", false},
    [TABLE] = {"table", "the noise table", false},
    [DEAL] = {"deal", "shares of seed and mask key", false},
    [SEAL] = {"seal", "boxes sealed", false},
    [UNSEAL] = {"unseal", "boxes opened", false},
    [AGREE] = {"agree", "keys of the masks", false},
    [NOISE] = {"noise", "noise", false},
    [MASK] = {"mask", "masks", false},
    [RECOVER] = {"recover", "initiator: secrets recovered from shares", true},
    [STRIP] = {"strip", "initiator: masks taken off", true},
};

struct bench {
    struct tally y;
    struct sym_laplace_params params;
    struct sym_laplace *table;
    size_t cells;
    size_t gone;
    uint64_t *sum;  /* of masked vectors */
    uint64_t *want; /* of counts with noise */
    struct tally_masks masks;
    unsigned threads;
    pthread_mutex_t lock;
    double cpu_s[PHASES];
    double wall_s[PHASES];
};

static void must(bool done, const char *what)
{
    if (!done) {
        (void)fprintf(stderr, "bench_tabulate: %s failed\n", what);
        exit(1);
    }
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* What one thread has of its own. */
struct hand {
    struct bench *b;
    struct sym_masker masker;
    uint64_t *sum;
    uint64_t *want;
    double cpu_s[PHASES];
};

struct job {
    struct bench *b;
    enum phase phase;
    atomic_size_t next;
};

static uint64_t *words(size_t n)
{
    uint64_t *made = calloc(n, sizeof *made);
    must(made != NULL, "memory");
    return made;
}

static void vector(struct hand *hand, size_t node)
{
    struct bench *b = hand->b;
    uint64_t tile[TILE];
    for (size_t first = 0; first < b->cells; first += TILE) {
        size_t n = b->cells - first < TILE ? b->cells - first : TILE;
        for (size_t c = 0; c < n; c++) {
            tile[c] = ((first + c) * 2654435761u + node * 40503u) % 7 == 0 ? node % 5 + 1 : 0;
        }
        double began = seconds(CLOCK_THREAD_CPUTIME_ID);
        must(sym_laplace_add(tile, n, first, b->table, &hand->masker, b->y.nodes[node].noise_key) ==
                 SYM_OK,
             "noise");
        double noisy = seconds(CLOCK_THREAD_CPUTIME_ID);
        for (size_t c = 0; c < n; c++) {
            hand->want[first + c] += tile[c];
        }
        double masking = seconds(CLOCK_THREAD_CPUTIME_ID);
        must(tally_mask(tile, n, first, &b->y, node, &hand->masker) == SYM_OK, "masking");
        hand->cpu_s[MASK] += seconds(CLOCK_THREAD_CPUTIME_ID) - masking;
        hand->cpu_s[NOISE] += noisy - began;
        for (size_t c = 0; c < n; c++) {
            hand->sum[first + c] += tile[c];
        }
    }
}

/* Vectors of those that send one; the sums of all hands are added up. */
static void vectors(struct job *job, struct hand *hand)
{
    struct bench *b = job->b;
    hand->sum = words(b->cells);
    hand->want = words(b->cells);
    for (size_t i = atomic_fetch_add(&job->next, 1); i < b->y.n;
         i = atomic_fetch_add(&job->next, 1)) {
        if (i >= b->gone) {
            vector(hand, i);
        }
    }
    (void)pthread_mutex_lock(&b->lock);
    for (size_t c = 0; c < b->cells; c++) {
        b->sum[c] += hand->sum[c];
        b->want[c] += hand->want[c];
    }
    (void)pthread_mutex_unlock(&b->lock);
    free(hand->sum);
    free(hand->want);
}

static void strip(struct job *job, struct hand *hand)
{
    struct bench *b = job->b;
    for (size_t at = atomic_fetch_add(&job->next, TILE); at < b->cells;
         at = atomic_fetch_add(&job->next, TILE)) {
        size_t n = b->cells - at < TILE ? b->cells - at : TILE;
        must(sym_mask_cells(b->sum + at, n, at, &hand->masker, sym_secret_span(&b->masks.keys),
                            b->masks.signs) == SYM_OK,
             "taking masks off");
    }
}

typedef enum sym_err (*step)(struct tally *y, size_t node);

static void *work(void *argument)
{
    static const step steps[PHASES] = {
        [KEYS] = tally_consent,  [DEAL] = tally_deal,   [SEAL] = tally_seal,
        [UNSEAL] = tally_unseal, [AGREE] = tally_agree,
    };
    struct job *job = argument;
    struct bench *b = job->b;
    struct hand hand = {.b = b};
    must(sym_masker_new(&hand.masker) == SYM_OK, "a masker");
    double began = seconds(CLOCK_THREAD_CPUTIME_ID);
    if (job->phase == MASK) {
        vectors(job, &hand);
    } else if (job->phase == STRIP) {
        strip(job, &hand);
    } else {
        for (size_t i = atomic_fetch_add(&job->next, 1); i < b->y.n;
             i = atomic_fetch_add(&job->next, 1)) {
            must(steps[job->phase](&b->y, i) == SYM_OK, phases[job->phase].text);
        }
    }
    if (job->phase != MASK) {
        hand.cpu_s[job->phase] = seconds(CLOCK_THREAD_CPUTIME_ID) - began;
    }
    (void)pthread_mutex_lock(&b->lock);
    for (unsigned p = 0; p < PHASES; p++) {
        b->cpu_s[p] += hand.cpu_s[p];
    }
    (void)pthread_mutex_unlock(&b->lock);
    sym_masker_clear(&hand.masker);
    return NULL;
}

static void run(struct bench *b, enum phase phase)
{
    pthread_t threads[THREADS_MAX];
    struct job job = {.b = b, .phase = phase};
    double began = seconds(CLOCK_MONOTONIC);
    for (unsigned i = 0; i < b->threads; i++) {
        must(pthread_create(&threads[i], NULL, work, &job) == 0, "a thread");
    }
    for (unsigned i = 0; i < b->threads; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    b->wall_s[phase] = seconds(CLOCK_MONOTONIC) - began;
}

/* Every node makes one; here one stands for all. */
static void make_table(struct bench *b)
{
    double began = seconds(CLOCK_THREAD_CPUTIME_ID);
    must(sym_laplace_new(&b->table, &b->params) == SYM_OK, phases[TABLE].text);
    b->wall_s[TABLE] = seconds(CLOCK_THREAD_CPUTIME_ID) - began;
    b->cpu_s[TABLE] = b->wall_s[TABLE] * (double)b->y.n;
}

static void recover(struct bench *b)
{
    bool survived[SYM_SHAMIR_SHARES_MAX] = {false};
    uint8_t answered[SYM_SHAMIR_SHARES_MAX];
    for (size_t i = b->gone; i < b->y.n; i++) {
        survived[i] = true;
    }
    for (size_t i = 0; i < b->y.t; i++) {
        answered[i] = (uint8_t)(b->y.n - 1 - i);
    }
    double began = seconds(CLOCK_THREAD_CPUTIME_ID);
    must(tally_recover(&b->masks, &b->y, survived, answered) == SYM_OK, phases[RECOVER].text);
    b->cpu_s[RECOVER] = b->wall_s[RECOVER] = seconds(CLOCK_THREAD_CPUTIME_ID) - began;
}

static void tabulate(struct bench *b)
{
    static const enum phase before[] = {KEYS, DEAL, SEAL, UNSEAL, AGREE, MASK};
    make_table(b);
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        run(b, before[i]);
    }
    recover(b);
    run(b, STRIP);
    must(memcmp(b->sum, b->want, b->cells * sizeof *b->sum) == 0, "the exact sum");
}

/* In milliseconds, of one node. */
static double of_one(const struct bench *b, enum phase p)
{
    size_t sent = b->y.n - b->gone;
    size_t by = phases[p].once ? 1 : p == NOISE || p == MASK ? sent : b->y.n;
    return b->cpu_s[p] * 1e3 / (double)by;
}

static void show(const struct bench *b, bool json)
{
    double wall_s = 0;
    double cpu_s = 0;
    double one_ms = 0;
    for (unsigned p = 0; p < PHASES; p++) {
        wall_s += b->wall_s[p];
        cpu_s += b->cpu_s[p];
        one_ms += phases[p].once ? 0 : of_one(b, p);
        if (!json) {
            (void)printf("  %9.2f ms   %s\n", of_one(b, p), phases[p].text);
        }
    }
    if (!json) {
        (void)printf("  %9.2f ms   of a participant in all\n", one_ms);
        (void)printf("  %9.2f s    CPU of all, %.2f s of wall time\n", cpu_s, wall_s);
        return;
    }
    (void)printf(
        "{\"nodes\": %zu, \"cells\": %zu, \"gone\": %zu, \"processors\": %u, \"cpu_ms\": {", b->y.n,
        b->cells, b->gone, b->threads);
    for (unsigned p = 0; p < PHASES; p++) {
        (void)printf("%s\"%s\": %.3f", p > 0 ? ", " : "", phases[p].name, of_one(b, p));
    }
    (void)printf("}, \"participant_cpu_ms\": %.3f, \"cpu_s\": %.3f, \"wall_s\": %.3f}\n", one_ms,
                 cpu_s, wall_s);
}

static size_t number(const char *text, size_t least, size_t most, const char *what)
{
    char *end = NULL;
    unsigned long n = strtoul(text, &end, 10);
    must(*text != '\0' && *end == '\0' && n >= least && n <= most, what);
    return n;
}

int main(int argc, char **argv)
{
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    const char *given[3] = {"200", "100000", "0"};
    for (int i = json ? 2 : 1, k = 0; i < argc && k < 3; i++, k++) {
        given[k] = argv[i];
    }
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = number(given[0], 3, SYM_SHAMIR_SHARES_MAX, "NODES: 3 to 255, which");
    size_t t = (n * 4 + 4) / 5;
    size_t m = n / 5 > 0 ? n / 5 : 1;
    struct bench b = {
        .cells = number(given[1], 1, 10000000, "CELLS: 1 to 10000000, which"),
        .gone = number(given[2], 0, n - t, "GONE: at most a fifth of the nodes, which"),
        .params = {.epsilon_nano = 1000000000u, .sensitivity = 2, .shares = (uint32_t)(t - m)},
        .threads = processors > 0 && processors < (long)THREADS_MAX ? (unsigned)processors : 1,
    };
    must(sym_crypto_init() == SYM_OK && pthread_mutex_init(&b.lock, NULL) == 0 &&
             tally_open(&b.y, n, t) == SYM_OK,
         "set-up");
    b.sum = words(b.cells);
    b.want = words(b.cells);
    tabulate(&b);
    if (!json) {
        (void)printf("%zu nodes, %zu cells, %zu gone before their vector, noise of %zu shares at "
                     "scale 2, %u processors; CPU time\n",
                     n, b.cells, b.gone, t - m, b.threads);
    }
    show(&b, json);
    sym_laplace_free(b.table);
    tally_masks_clear(&b.masks);
    tally_close(&b.y);
    free(b.sum);
    free(b.want);
    return 0;
}
