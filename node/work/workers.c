#include "node/work/workers.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define THREADS_MAX 256u

struct job {
    struct job *next;
    sym_work_fn *work;
    sym_done_fn *done;
    void *context;
    const void *whose;
    uint64_t served; /* the turn in which one of the same was served last; 0: none that waits was */
    size_t n;
    size_t grain;
    size_t next_item; /* first item nobody has taken */
    size_t left;      /* items not finished */
    enum sym_err err;
};

/* A list with its end, so that appending is one step. */
struct queue {
    struct job *first;
    struct job **end;
};

struct sym_workers {
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t more;
    struct queue waiting;  /* items left to take */
    uint64_t turn;         /* pieces that were taken */
    struct queue finished; /* for the loop's thread */
    size_t jobs;
    bool stopping;
    int wake; /* eventfd: something is finished */
    struct sym_watch *watch;
    unsigned count;
    pthread_t threads[THREADS_MAX];
};

static void queue_init(struct queue *q)
{
    q->first = NULL;
    q->end = &q->first;
}

static void queue_add(struct queue *q, struct job *job)
{
    job->next = NULL;
    *q->end = job;
    q->end = &job->next;
}

static struct job *queue_take(struct queue *q)
{
    struct job *job = q->first;
    if (job != NULL) {
        q->first = job->next;
        if (q->first == NULL) {
            q->end = &q->first;
        }
    }
    return job;
}

static void queue_remove(struct queue *q, struct job **at)
{
    struct job *job = *at;
    *at = job->next;
    if (q->end == &job->next) {
        q->end = at;
    }
}

/* The first job of whom it is longest ago that a piece of his was taken. */
static struct job **next_served(struct sym_workers *w)
{
    struct job **next = &w->waiting.first;
    for (struct job **at = next; *at != NULL; at = &(*at)->next) {
        next = (*at)->served < (*next)->served ? at : next;
    }
    return next;
}

static void note_served(struct sym_workers *w, const void *whose)
{
    w->turn++;
    for (struct job *job = w->waiting.first; job != NULL; job = job->next) {
        job->served = job->whose == whose ? w->turn : job->served;
    }
}

static uint64_t served_last(const struct sym_workers *w, const void *whose)
{
    const struct job *job = w->waiting.first;
    while (job != NULL && job->whose != whose) {
        job = job->next;
    }
    return job == NULL ? 0 : job->served;
}

/* Runs one piece of the job whose turn it is; the lock is held on entry and exit. */
static void run_piece(struct sym_workers *w)
{
    struct job **at = next_served(w);
    struct job *job = *at;
    size_t first = job->next_item;
    size_t n = job->n - first < job->grain ? job->n - first : job->grain;
    note_served(w, job->whose);
    job->next_item += n;
    if (job->next_item == job->n) {
        queue_remove(&w->waiting, at);
    }
    pthread_mutex_unlock(&w->lock);
    enum sym_err err = job->work(job->context, first, n);
    pthread_mutex_lock(&w->lock);
    if (job->err == SYM_OK) {
        job->err = err;
    }
    job->left -= n;
    if (job->left == 0) {
        queue_add(&w->finished, job);
        uint64_t one = 1;
        ssize_t written = write(w->wake, &one, sizeof one);
        (void)written;
    }
}

static void *worker(void *context)
{
    struct sym_workers *w = context;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->stopping && w->waiting.first == NULL) {
            pthread_cond_wait(&w->more, &w->lock);
        }
        if (w->stopping) {
            break;
        }
        run_piece(w);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Those that have finished by now: what their done functions start may finish at once, and must not
 * keep the loop from its other watches. */
static void collect(void *context, short ready)
{
    struct sym_workers *w = context;
    uint64_t count;
    (void)ready;
    ssize_t got = read(w->wake, &count, sizeof count);
    (void)got;
    pthread_mutex_lock(&w->lock);
    struct job *job = w->finished.first;
    queue_init(&w->finished);
    pthread_mutex_unlock(&w->lock);
    while (job != NULL) {
        struct job *next = job->next;
        pthread_mutex_lock(&w->lock);
        w->jobs--;
        pthread_mutex_unlock(&w->lock);
        job->done(job->context, job->err);
        free(job);
        job = next;
    }
}

static unsigned processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        return 1;
    }
    unsigned n = (unsigned)CPU_COUNT(&set);
    return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : n;
}

/* Signals are the loop's thread's business. */
static enum sym_err start_threads(struct sym_workers *w, unsigned wanted)
{
    sigset_t all;
    sigset_t before;
    enum sym_err err = SYM_OK;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (err == SYM_OK && w->count < wanted) {
        if (pthread_create(&w->threads[w->count], NULL, worker, w) != 0) {
            err = SYM_NO_MEMORY;
        } else {
            w->count++;
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return err;
}

enum sym_err sym_workers_new(struct sym_workers **out, struct sym_loop *loop, unsigned threads)
{
    if (threads > THREADS_MAX) {
        return SYM_BAD_VALUE;
    }
    struct sym_workers *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return SYM_NO_MEMORY;
    }
    queue_init(&w->waiting);
    queue_init(&w->finished);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->more, NULL);
    w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    enum sym_err err =
        w->wake < 0 ? SYM_IO : sym_loop_watch(loop, &w->watch, w->wake, POLLIN, collect, w);
    if (err == SYM_OK) {
        err = start_threads(w, threads > 0 ? threads : processors());
    }
    if (err != SYM_OK) {
        sym_workers_free(w);
        return err;
    }
    *out = w;
    return SYM_OK;
}

static void drop_jobs(struct queue *q)
{
    for (struct job *job = queue_take(q); job != NULL; job = queue_take(q)) {
        free(job);
    }
}

void sym_workers_free(struct sym_workers *w)
{
    if (w == NULL) {
        return;
    }
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_broadcast(&w->more);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->count; i++) {
        pthread_join(w->threads[i], NULL);
    }
    drop_jobs(&w->waiting);
    drop_jobs(&w->finished);
    sym_watch_remove(&w->watch);
    if (w->wake >= 0) {
        close(w->wake);
    }
    pthread_cond_destroy(&w->more);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

unsigned sym_workers_count(const struct sym_workers *w)
{
    return w->count;
}

enum sym_err sym_workers_run(struct sym_workers *w, const void *whose, size_t n, size_t grain,
                             sym_work_fn *work, sym_done_fn *done, void *context)
{
    if (n == 0 || grain == 0) {
        return SYM_BAD_VALUE;
    }
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        return SYM_NO_MEMORY;
    }
    *job = (struct job){.work = work,
                        .done = done,
                        .context = context,
                        .whose = whose,
                        .n = n,
                        .grain = grain,
                        .left = n};
    pthread_mutex_lock(&w->lock);
    bool room = w->jobs < SYM_JOBS_MAX;
    if (room) {
        w->jobs++;
        job->served = served_last(w, whose);
        queue_add(&w->waiting, job);
        pthread_cond_broadcast(&w->more);
    }
    pthread_mutex_unlock(&w->lock);
    if (!room) {
        free(job);
        return SYM_LIMIT;
    }
    return SYM_OK;
}
