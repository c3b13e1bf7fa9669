/* What engine vole of proto/ costs by itself: both sides in one process, in memory, without a node;
 * one thread for each side, so that two cores do what two nodes with one core each would do.
 *
 *     bench_vole [SIZE…]        20: lists of 2^20 items, a third in common; 10x22: 2^10 items at R,
 *                               2^22 at S (12, 16 and 20)
 *
 * Wall time is from the first function of a side to the last; memory is the peak of the process,
 * both sides' digests included. Arrays below 64 MiB were entered by the run before, as the sketch
 * had it; FRESH=1 takes them from the system each time. The environment may change RUNS=9 and
 * THREADS=1 also; STAGES=1 shows where the time of each side goes, one line for each kind of work.
 */
#include "proto/vole_state.h"

#include "tests/support/crew.h"
#include "tests/support/overlap_rig.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define FRAMES_MAX 64u /* on their way, in one direction */
#define MOST_BITS  26u
#define RUNS_MAX   99u

static void must(bool done, const char *what)
{
    if (!done) {
        (void)fprintf(stderr, "bench_vole: %s failed\n", what);
        exit(1);
    }
}

static double ms_of(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Memory ----------------------------------------------------------------------------------------
 */

#define HUGE ((size_t)2 << 20)

#define KEPT_MAX 64u

/* What a run has given back, for the next: entered already, so that it is the engine that is
 * measured, and not how fast the system zeroes pages. FRESH=1: the system's, each time. */
static struct {
    pthread_mutex_t lock;
    size_t n;
    struct {
        uint8_t *at;
        size_t len;
    } of[KEPT_MAX];
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t whole_pages(size_t len)
{
    return (len + HUGE - 1) / HUGE * HUGE;
}

/* Of the shortest that is long enough. */
static void *take_kept(size_t whole)
{
    size_t best = KEPT_MAX;
    void *at = NULL;
    (void)pthread_mutex_lock(&kept.lock);
    for (size_t i = 0; i < kept.n; i++) {
        if (kept.of[i].len >= whole && (best == KEPT_MAX || kept.of[i].len < kept.of[best].len)) {
            best = i;
        }
    }
    if (best < KEPT_MAX) {
        at = kept.of[best].at;
        kept.of[best].at += whole;
        kept.of[best].len -= whole;
        if (kept.of[best].len == 0) {
            kept.of[best] = kept.of[--kept.n];
        }
    }
    (void)pthread_mutex_unlock(&kept.lock);
    return at;
}

/* Together with what lies beside it; false if there is no room. */
static bool keep(uint8_t *at, size_t whole)
{
    for (size_t i = 0; i < kept.n;) {
        bool before = kept.of[i].at + kept.of[i].len == at;
        if (before || at + whole == kept.of[i].at) {
            at = before ? kept.of[i].at : at;
            whole += kept.of[i].len;
            kept.of[i] = kept.of[--kept.n];
            i = 0;
        } else {
            i++;
        }
    }
    if (kept.n == KEPT_MAX) {
        return false;
    }
    kept.of[kept.n].at = at;
    kept.of[kept.n++].len = whole;
    return true;
}

/* Huge pages where the system gives them. */
static void *take_memory(size_t len)
{
    size_t whole = whole_pages(len);
    void *again = take_kept(whole);
    uint8_t *room = again != NULL ? MAP_FAILED
                                  : mmap(NULL, whole + HUGE, PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) {
        return again;
    }
    size_t before = (HUGE - (uintptr_t)room % HUGE) % HUGE;
    if (before > 0) {
        (void)munmap(room, before);
    }
    if (before < HUGE) {
        (void)munmap(room + before + whole, HUGE - before);
    }
    (void)madvise(room + before, whole, MADV_HUGEPAGE);
    return room + before;
}

static void give_memory(void *at, size_t len)
{
    (void)pthread_mutex_lock(&kept.lock);
    bool is_kept = getenv("FRESH") == NULL && keep(at, whole_pages(len));
    (void)pthread_mutex_unlock(&kept.lock);
    if (!is_kept) {
        (void)munmap(at, whole_pages(len));
    }
}

/* Lists of another size need other arrays. */
static void drop_kept(void)
{
    for (; kept.n > 0; kept.n--) {
        (void)munmap(kept.of[kept.n - 1].at, kept.of[kept.n - 1].len);
    }
}

static const struct sym_vole_memory huge_pages = {take_memory, give_memory};

/* Frames from one side to the other ---------------------------------------------------------------
 */

struct frame {
    enum sym_session_event_kind kind;
    uint8_t *bytes;
    size_t len;
};

struct line {
    struct frame frames[FRAMES_MAX];
    size_t first;
    size_t n;
    uint8_t *free[FRAMES_MAX + 2]; /* room for frames that were taken */
    size_t n_free;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;

static bool give(struct line *l, struct frame f)
{
    (void)pthread_mutex_lock(&lock);
    bool fits = l->n < FRAMES_MAX;
    if (fits) {
        l->frames[(l->first + l->n++) % FRAMES_MAX] = f;
        (void)pthread_cond_broadcast(&moved);
    }
    (void)pthread_mutex_unlock(&lock);
    return fits;
}

static bool receive(struct line *l, struct frame *f)
{
    (void)pthread_mutex_lock(&lock);
    bool any = l->n > 0;
    if (any) {
        *f = l->frames[l->first];
        l->first = (l->first + 1) % FRAMES_MAX;
        l->n--;
        (void)pthread_cond_broadcast(&moved);
    }
    (void)pthread_mutex_unlock(&lock);
    return any;
}

/* Where the time goes -----------------------------------------------------------------------------
 */

/* Kinds of work: stages of batches, stages of the list, and two more. */
#define LISTS  VOLE_STAGE_COUNT
#define BASE   (LISTS + LIST_STAGE_COUNT)
#define MATRIX (BASE + 1)
#define KINDS  (MATRIX + 1)

static const char *const kind_names[KINDS] = {
    [R_ENCODES] = "R encode",
    [R_CLAIMS] = "R challenge, x*",
    [R_FOLLOWS] = "R trees, sum",
    [R_ACCUMULATES] = "R code: accumulate",
    [R_SPREADS] = "R code: spread, A",
    [R_DECODES] = "R decode",
    [S_GROWS] = "S trees",
    [S_CHALLENGES] = "S challenge",
    [S_SUMS] = "S sum",
    [S_ACCUMULATES] = "S code: accumulate",
    [S_SPREADS] = "S code: spread",
    [S_ANSWERS] = "S K, decode",
    [LISTS + LIST_HASHES] = "hash items",
    [LISTS + LIST_BINS] = "bins",
    [LISTS + LIST_SCATTERS] = "scatter to bins",
    [LISTS + LIST_MASKS] = "masks",
    [LISTS + LIST_BUCKETS] = "buckets",
    [LISTS + LIST_PARTITIONS] = "scatter to buckets",
    [LISTS + LIST_SORTS] = "sort",
    [LISTS + LIST_SEARCHES] = "search",
    [BASE] = "base OTs",
    [MATRIX] = "COT matrix",
};

static size_t kind_of(const struct vole_job *job)
{
    if (job->room != NULL) {
        return job->room->stage;
    }
    if (strstr(job->fault, "base OT") != NULL) {
        return BASE;
    }
    return strstr(job->fault, "COT matrix") != NULL ? MATRIX : LISTS + job->run->list.stage;
}

/* Room for a frame of this line; as a link would have it, that sends one after the other. */
static uint8_t *frame_room(struct line *l)
{
    uint8_t *room = NULL;
    (void)pthread_mutex_lock(&lock);
    if (l->n_free > 0) {
        room = l->free[--l->n_free];
    }
    (void)pthread_mutex_unlock(&lock);
    room = room != NULL ? room : malloc(VOLE_HEAD_BYTES + SYM_VOLE_FRAME_BYTES);
    must(room != NULL, "memory");
    return room;
}

static void frame_back(struct line *l, uint8_t *room)
{
    (void)pthread_mutex_lock(&lock);
    l->free[l->n_free++] = room;
    (void)pthread_mutex_unlock(&lock);
}

/* One side ---------------------------------------------------------------------------------------
 */

struct side {
    struct sym_vole_config config;
    struct sym_vole_run *run;
    struct line *in;
    struct line *out;
    struct frame held; /* what did not fit */
    struct crew *crew; /* more than one thread */
    uint64_t bytes;
    double began_ms;
    double ended_ms;
    double cpu_ms;
    double kinds_ms[KINDS];
    uint32_t common;
};

static bool send_something(struct side *s)
{
    size_t len = 0;
    if (s->held.kind == 0) {
        enum sym_vole_step step = sym_vole_step(s->run, &len);
        if (step == SYM_VOLE_WAIT) {
            return false;
        }
        s->held = (struct frame){.kind = step == SYM_VOLE_CLOSE ? SYM_EVENT_CLOSED : SYM_EVENT_DATA,
                                 .bytes = frame_room(s->out),
                                 .len = len};
        must(sym_vole_write(s->run, s->held.bytes, len) == SYM_OK, "writing");
        s->bytes += len;
    }
    if (!give(s->out, s->held)) {
        return false;
    }
    s->held = (struct frame){0};
    return true;
}

static bool take_something(struct side *s)
{
    struct frame f;
    if (!receive(s->in, &f)) {
        return false;
    }
    must(sym_vole_take(s->run, f.kind, sym_span(f.bytes, f.len)) == SYM_OK, "taking");
    frame_back(s->in, f.bytes);
    return true;
}

static void end_work(struct side *s, const struct sym_work *work, enum sym_err err)
{
    must(sym_vole_worked(s->run, work->context, err) == SYM_OK, "working");
}

static bool work_some(struct side *s)
{
    struct sym_work work;
    void *owner = NULL;
    enum sym_err err = SYM_OK;
    bool any = false;
    while (s->crew != NULL && sym_vole_work(s->run, &work)) {
        crew_give(s->crew, &work, NULL);
        any = true;
    }
    if (s->crew != NULL) {
        if (!crew_take(s->crew, false, &work, &owner, &err)) {
            return any;
        }
        end_work(s, &work, err);
        return true;
    }
    if (!sym_vole_work(s->run, &work)) {
        return false;
    }
    double cpu_ms = ms_of(CLOCK_THREAD_CPUTIME_ID);
    size_t kind = kind_of(work.context);
    for (size_t at = 0, n = 0; err == SYM_OK && at < work.n; at += n) {
        n = work.n - at < work.grain ? work.n - at : work.grain;
        err = work.run(work.context, at, n);
    }
    s->kinds_ms[kind] += ms_of(CLOCK_THREAD_CPUTIME_ID) - cpu_ms;
    end_work(s, &work, err);
    return true;
}

static void wait_for_the_other(struct side *s)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += s->crew != NULL ? 100000 : 20000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    (void)pthread_mutex_lock(&lock);
    if (s->in->n == 0 && (s->held.kind == 0 || s->out->n == FRAMES_MAX)) {
        (void)pthread_cond_timedwait(&moved, &lock, &until);
    }
    (void)pthread_mutex_unlock(&lock);
}

/* Closed by both, and what is looked up afterwards is known. */
static bool is_over(const struct side *s)
{
    struct sym_vole_result result;
    bool knows =
        s->config.role == SYM_SESSION_RESPONDER || sym_vole_result(s->run, &result) == SYM_OK;
    return s->run->state == VOLE_DONE && knows;
}

static void *play(void *context)
{
    struct side *s = context;
    struct sym_vole_result result;
    double cpu_ms = ms_of(CLOCK_THREAD_CPUTIME_ID);
    s->began_ms = ms_of(CLOCK_MONOTONIC);
    must(sym_vole_new(&s->run, &s->config) == SYM_OK, "beginning");
    while (!is_over(s)) {
        bool moves = take_something(s);
        moves = send_something(s) || moves;
        moves = work_some(s) || moves;
        if (!moves) {
            wait_for_the_other(s);
        }
    }
    while (s->held.kind != 0) {
        (void)send_something(s);
    }
    if (s->config.role == SYM_SESSION_INITIATOR) {
        must(sym_vole_result(s->run, &result) == SYM_OK, "asking for the result");
        s->common = result.common;
    }
    sym_vole_free(s->run);
    s->ended_ms = ms_of(CLOCK_MONOTONIC);
    s->cpu_ms = ms_of(CLOCK_THREAD_CPUTIME_ID) - cpu_ms;
    return NULL;
}

/* Both -------------------------------------------------------------------------------------------
 */

struct row {
    double wall_ms;
    double r_cpu_ms;
    double s_cpu_ms;
    double r_bytes; /* per item */
    double s_bytes;
};

static void show_stages(const struct side sides[2], size_t n)
{
    for (int i = 0; i < 2; i++) {
        double rest = sides[i].cpu_ms;
        for (size_t k = 0; k < KINDS; k++) {
            rest -= sides[i].kinds_ms[k];
            if (sides[i].kinds_ms[k] > 0 && kind_names[k] != NULL) {
                (void)printf("  %c  %-20s %8.2f ms  %6.1f ns/item\n", "RS"[i], kind_names[k],
                             sides[i].kinds_ms[k], sides[i].kinds_ms[k] * 1e6 / (double)n);
            }
        }
        (void)printf("  %c  %-20s %8.2f ms  %6.1f ns/item\n", "RS"[i], "the rest", rest,
                     rest * 1e6 / (double)n);
    }
}

static struct row meet(const struct token_set *x, const struct token_set *y, size_t common,
                       unsigned threads)
{
    struct line lines[2] = {{.n = 0}};
    struct side sides[2] = {{.in = &lines[1], .out = &lines[0]},
                            {.in = &lines[0], .out = &lines[1]}};
    pthread_t players[2];
    for (int i = 0; i < 2; i++) {
        const struct token_set *own = i == 0 ? x : y;
        struct sym_vole_config *c = &sides[i].config;
        c->role = i == 0 ? SYM_SESSION_INITIATOR : SYM_SESSION_RESPONDER;
        must(sym_ristretto_choose(&c->with, getenv("SYMBOLON_RISTRETTO")) == SYM_OK, "the group");
        must(sym_vole_kernel_choose(&c->kernel, getenv("SYMBOLON_VOLE")) == SYM_OK, "the kernel");
        c->memory = getenv("SMALL_PAGES") == NULL ? &huge_pages : NULL;
        c->digests = own->digests[0];
        c->n = own->n;
        c->own_size = (uint32_t)own->n;
        c->peer_size = (uint32_t)(i == 0 ? y->n : x->n);
        sides[i].crew = threads > 1 ? crew_new(threads) : NULL;
    }
    for (int i = 0; i < 2; i++) {
        must(pthread_create(&players[i], NULL, play, &sides[i]) == 0, "a thread");
    }
    for (int i = 0; i < 2; i++) {
        (void)pthread_join(players[i], NULL);
        if (sides[i].crew != NULL) {
            crew_free(sides[i].crew);
        }
    }
    for (int i = 0; i < 2; i++) {
        while (lines[i].n_free > 0) {
            free(lines[i].free[--lines[i].n_free]);
        }
    }
    must(sides[0].common == common, "finding what both have");
    if (getenv("STAGES") != NULL) {
        show_stages(sides, x->n);
    }
    double began = sides[0].began_ms < sides[1].began_ms ? sides[0].began_ms : sides[1].began_ms;
    return (struct row){.wall_ms = sides[0].ended_ms - began,
                        .r_cpu_ms = sides[0].cpu_ms,
                        .s_cpu_ms = sides[1].cpu_ms,
                        .r_bytes = (double)sides[0].bytes / (double)x->n,
                        .s_bytes = (double)sides[1].bytes / (double)y->n};
}

static int compare_rows(const void *a, const void *b)
{
    double x = ((const struct row *)a)->wall_ms;
    double y = ((const struct row *)b)->wall_ms;
    return x < y ? -1 : x > y;
}

static unsigned setting(const char *name, unsigned usual)
{
    const char *text = getenv(name);
    unsigned value = text != NULL ? (unsigned)strtoul(text, NULL, 10) : usual;
    must(value > 0 && value <= RUNS_MAX, name);
    return value;
}

static void measure(const char *word)
{
    struct token_set x;
    struct token_set y;
    struct row rows[RUNS_MAX];
    size_t n[2];
    must(token_set_sizes(n, word, MOST_BITS),
         "a size: it is not as 20 or 10x22, 26 at most, which");
    size_t less = n[0] < n[1] ? n[0] : n[1];
    size_t more = n[0] < n[1] ? n[1] : n[0];
    size_t common = less / 3;
    unsigned threads = setting("THREADS", 1);
    unsigned runs = setting("RUNS", more < (size_t)1 << 22 ? 9 : 3);
    token_set_make(&x, n[0], common, n[0] - common, 0);
    token_set_make(&y, n[0], common, n[1] - common, 1);
    for (unsigned i = 0; i < runs; i++) {
        rows[i] = meet(&x, &y, common, threads);
    }
    drop_kept();
    qsort(rows, runs, sizeof *rows, compare_rows);
    const struct row *r = &rows[runs / 2];
    (void)printf("vole 2^%-5s wall %8.1f ms (%.1f - %.1f)  cpu R %8.1f  S %8.1f ms  bytes/item "
                 "R->S %6.2f  S->R %6.2f  all %6.2f  memory %6.0f MiB, %.0f bytes/item\n",
                 word, r->wall_ms, rows[0].wall_ms, rows[runs - 1].wall_ms, r->r_cpu_ms,
                 r->s_cpu_ms, r->r_bytes, r->s_bytes, r->r_bytes + r->s_bytes,
                 (double)peak_kib() / 1024, (double)peak_kib() * 1024 / (double)more);
    (void)fflush(stdout);
    token_set_free(&x);
    token_set_free(&y);
}

int main(int argc, char **argv)
{
    static const char *const usual[] = {"12", "16", "20"};
    must(sym_crypto_init() == SYM_OK, "libsodium");
    for (int i = 0; argc == 1 && i < 3; i++) {
        measure(usual[i]);
    }
    for (int i = 1; i < argc; i++) {
        measure(argv[i]);
    }
    return 0;
}
