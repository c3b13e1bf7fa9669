#include "node/loop.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

/* Taken from the kernel per turn; what is beyond comes first in the next one. */
#define EVENTS_PER_TURN 64

_Static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT && POLLERR == EPOLLERR &&
                   POLLHUP == EPOLLHUP,
               "poll and epoll bits agree");

struct sym_watch {
    struct sym_loop *loop;
    struct sym_watch *next;
    struct sym_watch *previous;
    sym_watch_fn *fn;
    void *owner;
    int fd;
    short events;
    bool dead; /* removed, but this turn may still hold an event of it */
};

struct sym_timer {
    struct sym_loop *loop;
    sym_timer_fn *fn;
    void *owner;
    uint64_t due_ms;
    uint64_t set_in_turn;
    size_t at; /* index in timers */
};

struct sym_loop {
    int epoll;
    bool stopped;
    enum sym_err err; /* sticky: a watch could not be set */
    uint64_t turn;
    struct sym_watch *watches;
    struct sym_watch *dead;
    struct sym_timer **timers; /* the set ones as a binary heap, earliest first, then the others */
    size_t n_set;
    size_t n_timers;
    size_t room;
};

static uint64_t clock_ms(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

uint64_t sym_now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

uint64_t sym_now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

uint64_t sym_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

enum sym_err sym_loop_new(struct sym_loop **out)
{
    struct sym_loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) {
        return SYM_NO_MEMORY;
    }
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0) {
        free(loop);
        return errno == EMFILE ? SYM_LIMIT : SYM_IO;
    }
    *out = loop;
    return SYM_OK;
}

static void bury(struct sym_loop *loop)
{
    while (loop->dead != NULL) {
        struct sym_watch *w = loop->dead;
        loop->dead = w->next;
        free(w);
    }
}

void sym_loop_free(struct sym_loop *loop)
{
    if (loop == NULL) {
        return;
    }
    while (loop->watches != NULL) {
        struct sym_watch *w = loop->watches;
        sym_watch_remove(&w);
    }
    bury(loop);
    while (loop->n_timers > 0) {
        struct sym_timer *t = loop->timers[loop->n_timers - 1];
        sym_timer_remove(&t);
    }
    free(loop->timers);
    (void)close(loop->epoll);
    free(loop);
}

static enum sym_err tell_kernel(struct sym_watch *w, short events)
{
    struct epoll_event e = {.events = (uint16_t)events, .data.ptr = w};
    int op = events == 0 ? EPOLL_CTL_DEL : w->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

    if (epoll_ctl(w->loop->epoll, op, w->fd, &e) != 0) {
        return errno == ENOSPC ? SYM_LIMIT : errno == ENOMEM ? SYM_NO_MEMORY : SYM_IO;
    }
    return SYM_OK;
}

enum sym_err sym_loop_watch(struct sym_loop *loop, struct sym_watch **out, int fd, short events,
                            sym_watch_fn *fn, void *owner)
{
    struct sym_watch *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return SYM_NO_MEMORY;
    }
    *w = (struct sym_watch){.loop = loop, .fn = fn, .owner = owner, .fd = fd};
    enum sym_err err = events == 0 ? SYM_OK : tell_kernel(w, events);
    if (err != SYM_OK) {
        free(w);
        return err;
    }
    w->events = events;
    w->next = loop->watches;
    if (loop->watches != NULL) {
        loop->watches->previous = w;
    }
    loop->watches = w;
    *out = w;
    return SYM_OK;
}

void sym_watch_set(struct sym_watch *w, short events)
{
    if (w->events == events) {
        return;
    }
    enum sym_err err = tell_kernel(w, events);
    if (err != SYM_OK) {
        w->loop->err = err;
    }
    w->events = events;
}

void sym_watch_remove(struct sym_watch **at)
{
    struct sym_watch *w = *at;
    if (w == NULL) {
        return;
    }
    *at = NULL;
    if (w->events != 0) {
        (void)tell_kernel(w, 0);
    }
    if (w->previous != NULL) {
        w->previous->next = w->next;
    } else {
        w->loop->watches = w->next;
    }
    if (w->next != NULL) {
        w->next->previous = w->previous;
    }
    w->dead = true;
    w->next = w->loop->dead;
    w->loop->dead = w;
}

static void put(struct sym_loop *loop, size_t at, struct sym_timer *t)
{
    loop->timers[at] = t;
    t->at = at;
}

static void sift_up(struct sym_loop *loop, struct sym_timer *t)
{
    size_t at = t->at;
    while (at > 0 && loop->timers[(at - 1) / 2]->due_ms > t->due_ms) {
        put(loop, at, loop->timers[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(loop, at, t);
}

static void sift_down(struct sym_loop *loop, struct sym_timer *t)
{
    size_t at = t->at;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < loop->n_set &&
            loop->timers[child + 1]->due_ms < loop->timers[child]->due_ms) {
            child++;
        }
        if (child >= loop->n_set || loop->timers[child]->due_ms >= t->due_ms) {
            break;
        }
        put(loop, at, loop->timers[child]);
        at = child;
    }
    put(loop, at, t);
}

void sym_timer_stop(struct sym_timer *t)
{
    struct sym_loop *loop = t->loop;
    size_t at = t->at;
    if (at >= loop->n_set) {
        return;
    }
    struct sym_timer *last = loop->timers[--loop->n_set];
    put(loop, loop->n_set, t);
    if (last != t) {
        put(loop, at, last);
        sift_up(loop, last);
        sift_down(loop, last);
    }
}

void sym_timer_set(struct sym_timer *t, uint64_t delay_ms)
{
    struct sym_loop *loop = t->loop;
    uint64_t now_ms = sym_now_ms();

    sym_timer_stop(t);
    t->due_ms = delay_ms > UINT64_MAX - now_ms ? UINT64_MAX : now_ms + delay_ms;
    t->set_in_turn = loop->turn;
    put(loop, t->at, loop->timers[loop->n_set]);
    put(loop, loop->n_set++, t);
    sift_up(loop, t);
}

static enum sym_err make_room(struct sym_loop *loop)
{
    if (loop->n_timers < loop->room) {
        return SYM_OK;
    }
    size_t room = loop->room == 0 ? 16 : loop->room * 2;
    struct sym_timer **timers = reallocarray(loop->timers, room, sizeof(struct sym_timer *));
    if (timers == NULL) {
        return SYM_NO_MEMORY;
    }
    loop->timers = timers;
    loop->room = room;
    return SYM_OK;
}

enum sym_err sym_loop_timer(struct sym_loop *loop, struct sym_timer **out, uint64_t delay_ms,
                            sym_timer_fn *fn, void *owner)
{
    enum sym_err err = make_room(loop);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_timer *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return SYM_NO_MEMORY;
    }
    *t = (struct sym_timer){.loop = loop, .fn = fn, .owner = owner};
    put(loop, loop->n_timers++, t);
    sym_timer_set(t, delay_ms);
    *out = t;
    return SYM_OK;
}

void sym_timer_remove(struct sym_timer **at)
{
    struct sym_timer *t = *at;
    if (t == NULL) {
        return;
    }
    *at = NULL;
    sym_timer_stop(t);
    struct sym_loop *loop = t->loop;
    put(loop, t->at, loop->timers[--loop->n_timers]);
    free(t);
}

/* A timer that a callback sets to no delay waits for the next turn. */
static void run_timers(struct sym_loop *loop)
{
    uint64_t now_ms = sym_now_ms();
    while (loop->n_set > 0 && !loop->stopped) {
        struct sym_timer *t = loop->timers[0];
        if (t->due_ms > now_ms || t->set_in_turn == loop->turn) {
            return;
        }
        sym_timer_stop(t);
        t->fn(t->owner);
    }
}

static int patience_ms(const struct sym_loop *loop)
{
    if (loop->n_set == 0) {
        return -1;
    }
    uint64_t now_ms = sym_now_ms();
    uint64_t due_ms = loop->timers[0]->due_ms;
    if (due_ms <= now_ms) {
        return 0;
    }
    return due_ms - now_ms > INT_MAX ? INT_MAX : (int)(due_ms - now_ms);
}

static void run_watches(struct sym_loop *loop, const struct epoll_event *events, int n)
{
    for (int i = 0; i < n && !loop->stopped; i++) {
        struct sym_watch *w = events[i].data.ptr;
        uint32_t wanted = (uint16_t)w->events | (uint32_t)(EPOLLERR | EPOLLHUP);
        uint32_t ready = events[i].events & wanted;

        /* An earlier callback of this turn may have removed or paused it. */
        if (!w->dead && w->events != 0 && ready != 0) {
            w->fn(w->owner, (short)ready);
        }
    }
    bury(loop);
}

enum sym_err sym_loop_run(struct sym_loop *loop)
{
    struct epoll_event events[EVENTS_PER_TURN];

    while (!loop->stopped) {
        int n = epoll_wait(loop->epoll, events, EVENTS_PER_TURN, patience_ms(loop));
        if (n < 0 && errno != EINTR) {
            return SYM_IO;
        }
        loop->turn++;
        run_watches(loop, events, n);
        run_timers(loop);
        if (loop->err != SYM_OK) {
            return loop->err;
        }
    }
    loop->stopped = false;
    return SYM_OK;
}

void sym_loop_stop(struct sym_loop *loop)
{
    loop->stopped = true;
}
