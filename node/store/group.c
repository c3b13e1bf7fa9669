#include "node/store/group.h"

#include <stdlib.h>

struct job {
    sym_store_fn *fn;
    void *context;
    sym_group_done_fn *done;
    enum sym_err err;
    bool left_out;
};

struct jobs {
    struct job *list;
    size_t n;
    size_t room;
};

struct sym_group {
    struct sym_store *store;
    struct sym_timer *next_turn;
    struct jobs waiting;
};

/* What one commit is made of. */
struct batch {
    struct jobs jobs;
    struct job *failed; /* in the latest run */
};

static void on_next_turn(void *owner)
{
    sym_group_flush(owner);
}

enum sym_err sym_group_new(struct sym_group **out, struct sym_loop *loop, struct sym_store *store)
{
    struct sym_group *g = calloc(1, sizeof *g);
    if (g == NULL) {
        return SYM_NO_MEMORY;
    }
    g->store = store;
    enum sym_err err = sym_loop_timer(loop, &g->next_turn, 0, on_next_turn, g);
    if (err != SYM_OK) {
        free(g);
        return err;
    }
    sym_timer_stop(g->next_turn);
    *out = g;
    return SYM_OK;
}

void sym_group_free(struct sym_group *g)
{
    if (g != NULL) {
        sym_group_flush(g);
        sym_timer_remove(&g->next_turn);
        free(g->waiting.list);
        free(g);
    }
}

enum sym_err sym_group_write(struct sym_group *g, sym_store_fn *fn, void *context,
                             sym_group_done_fn *done)
{
    struct jobs *w = &g->waiting;
    if (w->n == w->room) {
        size_t room = w->room == 0 ? 16 : w->room * 2;
        struct job *list = reallocarray(w->list, room, sizeof *list);
        if (list == NULL) {
            return SYM_NO_MEMORY;
        }
        w->list = list;
        w->room = room;
    }
    if (w->n == 0) {
        sym_timer_set(g->next_turn, 0);
    }
    w->list[w->n++] = (struct job){.fn = fn, .context = context, .done = done};
    return SYM_OK;
}

static enum sym_err run_all(struct sym_transaction *t, void *context)
{
    struct batch *b = context;
    b->failed = NULL;
    for (size_t i = 0; i < b->jobs.n; i++) {
        struct job *job = &b->jobs.list[i];
        enum sym_err err = job->left_out ? SYM_OK : job->fn(t, job->context);
        if (err != SYM_OK) {
            b->failed = job;
            return err;
        }
    }
    return SYM_OK;
}

/* Without the one that has failed, until the rest is committed, or nobody's function is to blame:
 * then all that are left share the error. */
static void commit(struct sym_store *store, struct batch *b)
{
    for (size_t left = b->jobs.n; left > 0; left--) {
        enum sym_err err = sym_store_write(store, run_all, b);
        if (err == SYM_OK) {
            return;
        }
        for (size_t i = 0; b->failed == NULL && i < b->jobs.n; i++) {
            struct job *job = &b->jobs.list[i];
            job->err = job->left_out ? job->err : err;
        }
        if (b->failed == NULL) {
            return;
        }
        b->failed->err = err;
        b->failed->left_out = true;
    }
}

void sym_group_flush(struct sym_group *g)
{
    while (g->waiting.n > 0) {
        struct batch b = {.jobs = g->waiting};
        g->waiting = (struct jobs){.n = 0};
        commit(g->store, &b);
        for (size_t i = 0; i < b.jobs.n; i++) {
            b.jobs.list[i].done(b.jobs.list[i].context, b.jobs.list[i].err);
        }
        free(b.jobs.list);
    }
    sym_timer_stop(g->next_turn);
}
