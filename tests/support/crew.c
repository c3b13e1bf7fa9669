#include "tests/support/crew.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#define WORKS_MAX   64u
#define THREADS_MAX 64u

struct task {
    struct sym_work work;
    void *owner;
    size_t given; /* items that a thread has taken */
    size_t done;
    enum sym_err err;
    bool used;
    uint64_t age;
};

struct crew {
    pthread_mutex_t lock;
    pthread_cond_t more;
    pthread_cond_t ended;
    struct task tasks[WORKS_MAX];
    uint64_t age;
    bool stopping;
    unsigned n_threads;
    pthread_t threads[THREADS_MAX];
};

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* The oldest work of which a piece is left; with ended, one that is finished. */
static struct task *find(struct crew *c, bool ended)
{
    struct task *found = NULL;
    for (size_t i = 0; i < WORKS_MAX; i++) {
        struct task *t = &c->tasks[i];
        bool fits = t->used && (ended ? t->done == t->work.n : t->given < t->work.n);
        if (fits && (found == NULL || t->age < found->age)) {
            found = t;
        }
    }
    return found;
}

static void *labour(void *context)
{
    struct crew *c = context;
    pthread_mutex_lock(&c->lock);
    while (!c->stopping) {
        struct task *t = find(c, false);
        if (t == NULL) {
            pthread_cond_wait(&c->more, &c->lock);
            continue;
        }
        size_t first = t->given;
        size_t n = t->work.n - first < t->work.grain ? t->work.n - first : t->work.grain;
        t->given += n;
        pthread_mutex_unlock(&c->lock);
        enum sym_err err = t->work.run(t->work.context, first, n);
        pthread_mutex_lock(&c->lock);
        t->err = t->err == SYM_OK ? err : t->err;
        t->done += n;
        if (t->done == t->work.n) {
            pthread_cond_signal(&c->ended);
        }
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

struct crew *crew_new(unsigned threads)
{
    struct crew *c = calloc(1, sizeof *c);
    insist(c != NULL && threads <= THREADS_MAX);
    insist(pthread_mutex_init(&c->lock, NULL) == 0 && pthread_cond_init(&c->more, NULL) == 0 &&
           pthread_cond_init(&c->ended, NULL) == 0);
    for (; c->n_threads < threads; c->n_threads++) {
        insist(pthread_create(&c->threads[c->n_threads], NULL, labour, c) == 0);
    }
    return c;
}

void crew_free(struct crew *c)
{
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_broadcast(&c->more);
    pthread_mutex_unlock(&c->lock);
    for (unsigned i = 0; i < c->n_threads; i++) {
        insist(pthread_join(c->threads[i], NULL) == 0);
    }
    (void)pthread_mutex_destroy(&c->lock);
    (void)pthread_cond_destroy(&c->more);
    (void)pthread_cond_destroy(&c->ended);
    free(c);
}

void crew_give(struct crew *c, const struct sym_work *work, void *owner)
{
    size_t i = 0;
    pthread_mutex_lock(&c->lock);
    while (i < WORKS_MAX && c->tasks[i].used) {
        i++;
    }
    insist(i < WORKS_MAX);
    c->tasks[i] = (struct task){.work = *work, .owner = owner, .used = true, .age = c->age++};
    pthread_cond_broadcast(&c->more);
    pthread_mutex_unlock(&c->lock);
}

static bool is_idle(const struct crew *c)
{
    for (size_t i = 0; i < WORKS_MAX; i++) {
        if (c->tasks[i].used) {
            return false;
        }
    }
    return true;
}

bool crew_take(struct crew *c, bool wait, struct sym_work *work, void **owner, enum sym_err *err)
{
    pthread_mutex_lock(&c->lock);
    struct task *t = find(c, true);
    while (t == NULL && wait && !is_idle(c)) {
        pthread_cond_wait(&c->ended, &c->lock);
        t = find(c, true);
    }
    if (t != NULL) {
        *work = t->work;
        *owner = t->owner;
        *err = t->err;
        t->used = false;
    }
    pthread_mutex_unlock(&c->lock);
    return t != NULL;
}
