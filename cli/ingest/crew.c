#include "cli/ingest/crew.h"

#include "cli/ingest/incident_row.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

/* One batch is filled and one looked at while each thread has one. */
#define BATCHES_MAX (SYM_CREW_THREADS_MAX + 2u)

/* Batches go round in a ring; these count from the start and never fall back:
 * returned <= taken <= handed_in <= returned + n_batches. */
struct sym_crew {
    struct sym_batch batches[BATCHES_MAX];
    bool worked[BATCHES_MAX];
    size_t n_batches;
    size_t returned, taken, handed_in;
    pthread_mutex_t mutex;
    pthread_cond_t work;
    pthread_cond_t done;
    bool stop;
    struct sym_worker {
        struct sym_crew *crew;
        struct sym_canon *canon; /* NULL: incidents need none */
        pthread_t thread;
    } workers[SYM_CREW_THREADS_MAX];
    size_t n_workers; /* that were started */
};

static size_t place(const struct sym_crew *c, size_t number)
{
    return number % c->n_batches;
}

static void *work(void *context)
{
    struct sym_worker *w = context;
    struct sym_crew *c = w->crew;
    (void)pthread_mutex_lock(&c->mutex);
    for (;;) {
        while (!c->stop && c->taken == c->handed_in) {
            (void)pthread_cond_wait(&c->work, &c->mutex);
        }
        if (c->stop) {
            break;
        }
        size_t at = place(c, c->taken++);
        (void)pthread_mutex_unlock(&c->mutex);
        if (w->canon != NULL) {
            sym_batch_work(&c->batches[at], w->canon);
        } else {
            sym_incident_rows_work(&c->batches[at]);
        }
        (void)pthread_mutex_lock(&c->mutex);
        c->worked[at] = true;
        (void)pthread_cond_signal(&c->done);
    }
    (void)pthread_mutex_unlock(&c->mutex);
    return NULL;
}

static unsigned processors(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return n > 0 ? (unsigned)n : 1;
}

static enum sym_err start(struct sym_crew *c, const struct sym_canon_rules *rules,
                          struct sym_fault *fault)
{
    struct sym_worker *w = &c->workers[c->n_workers];
    bool incidents = c->batches[0].binding->n_fields > 0;
    enum sym_err err = incidents ? SYM_OK : sym_canon_new(&w->canon, rules, fault);
    if (err != SYM_OK) {
        return err;
    }
    w->crew = c;
    if (pthread_create(&w->thread, NULL, work, w) != 0) {
        sym_canon_free(w->canon);
        return sym_fail(fault, SYM_NO_MEMORY, "import: a thread cannot be started");
    }
    c->n_workers++;
    return SYM_OK;
}

enum sym_err sym_crew_new(struct sym_crew **out, const struct sym_binding *binding,
                          const struct sym_canon_rules *rules, unsigned threads,
                          struct sym_fault *fault)
{
    threads = threads > 0 ? threads : processors();
    threads = threads < SYM_CREW_THREADS_MAX ? threads : SYM_CREW_THREADS_MAX;
    struct sym_crew *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "import: %s", sym_err_text(SYM_NO_MEMORY));
    }
    (void)pthread_mutex_init(&c->mutex, NULL);
    (void)pthread_cond_init(&c->work, NULL);
    (void)pthread_cond_init(&c->done, NULL);
    enum sym_err err = SYM_OK;
    while (err == SYM_OK && c->n_batches < threads + 2) {
        err = sym_batch_init(&c->batches[c->n_batches], binding);
        c->n_batches += err == SYM_OK ? 1 : 0;
    }
    if (err != SYM_OK) {
        (void)sym_fail(fault, err, "import: %s", sym_err_text(err));
    }
    while (err == SYM_OK && c->n_workers < threads) {
        err = start(c, rules, fault);
    }
    if (err != SYM_OK) {
        sym_crew_free(c);
        return err;
    }
    *out = c;
    return SYM_OK;
}

void sym_crew_free(struct sym_crew *c)
{
    if (c == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&c->mutex);
    c->stop = true;
    (void)pthread_cond_broadcast(&c->work);
    (void)pthread_mutex_unlock(&c->mutex);
    for (size_t i = 0; i < c->n_workers; i++) {
        (void)pthread_join(c->workers[i].thread, NULL);
        sym_canon_free(c->workers[i].canon);
    }
    for (size_t i = 0; i < c->n_batches; i++) {
        sym_batch_clear(&c->batches[i]);
    }
    (void)pthread_cond_destroy(&c->done);
    (void)pthread_cond_destroy(&c->work);
    (void)pthread_mutex_destroy(&c->mutex);
    free(c);
}

struct sym_batch *sym_crew_free_batch(struct sym_crew *c)
{
    if (c->handed_in - c->returned == c->n_batches) {
        return NULL;
    }
    struct sym_batch *b = &c->batches[place(c, c->handed_in)];
    sym_batch_reset(b);
    return b;
}

void sym_crew_hand_in(struct sym_crew *c)
{
    (void)pthread_mutex_lock(&c->mutex);
    c->worked[place(c, c->handed_in)] = false;
    c->handed_in++;
    (void)pthread_cond_signal(&c->work);
    (void)pthread_mutex_unlock(&c->mutex);
}

struct sym_batch *sym_crew_get_back(struct sym_crew *c, bool wait)
{
    struct sym_batch *b = NULL;
    if (c->returned == c->handed_in) {
        return NULL;
    }
    size_t at = place(c, c->returned);
    (void)pthread_mutex_lock(&c->mutex);
    while (wait && !c->worked[at]) {
        (void)pthread_cond_wait(&c->done, &c->mutex);
    }
    if (c->worked[at]) {
        b = &c->batches[at];
        c->returned++;
    }
    (void)pthread_mutex_unlock(&c->mutex);
    return b;
}
