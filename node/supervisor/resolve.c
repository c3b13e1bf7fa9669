#include "node/supervisor/resolve.h"

#include "crypto/card.h"
#include "proto/limits.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STACK_BYTES   (256u * 1024u)
#define TEXT_BYTES    (INET6_ADDRSTRLEN + sizeof "[]:65535\n")
#define SWEEPS        8u /* in the time of patience */
#define PORT_BYTES    6u
#define ANSWERS_BYTES (SYM_ADDRESSES_MAX * TEXT_BYTES)

enum state { STATE_FREE, STATE_RUNNING, STATE_DONE };

/* Written by its thread while RUNNING, by the loop's otherwise; state and the fields behind it are
 * under the lock of the pool. */
struct job {
    struct pool *pool;
    char host[SYM_ADDRESS_BYTES];
    char port[PORT_BYTES];
    char text[ANSWERS_BYTES];
    size_t len;
    enum sym_err err;
    enum state state;
    bool answered; /* the loop has given up on it */
    uint32_t number;
    uint64_t until_ms;
};

/* Outlives the resolver while threads run: the last one frees it. */
struct pool {
    pthread_mutex_t lock;
    struct job jobs[SYM_LOOKUPS_MAX];
    unsigned users; /* the resolver and the threads */
    int done;       /* eventfd, counts jobs that are DONE */
};

struct sym_resolver {
    struct pool *pool;
    struct sym_watch *watch;
    struct sym_timer *sweep;
    bool sweeping; /* the timer is set */
    uint64_t patience_ms;
    sym_resolved_fn *fn;
    void *owner;
};

static void leave(struct pool *p)
{
    (void)pthread_mutex_lock(&p->lock);
    bool last = --p->users == 0;
    (void)pthread_mutex_unlock(&p->lock);
    if (last) {
        (void)close(p->done);
        (void)pthread_mutex_destroy(&p->lock);
        free(p);
    }
}

/* On a thread ---------------------------------------------------------------------------------- */

static enum sym_err err_of(int code)
{
    switch (code) {
    case 0:
        return SYM_OK;
    case EAI_NONAME:
    case EAI_NODATA:
        return SYM_NOT_FOUND;
    case EAI_AGAIN:
    case EAI_FAIL:
        return SYM_UNREACHABLE;
    case EAI_MEMORY:
        return SYM_NO_MEMORY;
    default:
        return SYM_IO;
    }
}

/* "address:port" LF, or nothing for a family that gate does not speak. */
static void put_address(struct job *j, const struct addrinfo *a)
{
    char host[INET6_ADDRSTRLEN];
    bool v6 = a->ai_family == AF_INET6;
    const void *at = NULL;

    if (v6) {
        at = &((const struct sockaddr_in6 *)(const void *)a->ai_addr)->sin6_addr;
    } else if (a->ai_family == AF_INET) {
        at = &((const struct sockaddr_in *)(const void *)a->ai_addr)->sin_addr;
    }
    if (at == NULL || inet_ntop(a->ai_family, at, host, sizeof host) == NULL) {
        return;
    }
    int n = snprintf(j->text + j->len, sizeof j->text - j->len, v6 ? "[%s]:%s\n" : "%s:%s\n", host,
                     j->port);
    if (n > 0 && (size_t)n < sizeof j->text - j->len) {
        j->len += (size_t)n;
    }
}

static void look_up(struct job *j)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    size_t n = 0;

    j->len = 0;
    j->err = err_of(getaddrinfo(j->host, j->port, &hints, &list));
    if (j->err != SYM_OK) {
        return;
    }
    for (const struct addrinfo *a = list; a != NULL && n < SYM_ADDRESSES_MAX; a = a->ai_next) {
        size_t before = j->len;
        put_address(j, a);
        n += j->len > before;
    }
    freeaddrinfo(list);
    if (n == 0) {
        j->err = SYM_NOT_FOUND;
    }
}

static void *run(void *argument)
{
    struct job *j = argument;
    struct pool *p = j->pool;
    const uint64_t one = 1;

    look_up(j);
    (void)pthread_mutex_lock(&p->lock);
    j->state = STATE_DONE;
    (void)pthread_mutex_unlock(&p->lock);
    ssize_t n = write(p->done, &one, sizeof one);
    (void)n; /* fails only when the count is full, and then the loop is awake */
    leave(p);
    return NULL;
}

/* The thread's signals are the loop's business. */
static bool start_thread(struct job *j)
{
    pthread_attr_t how;
    pthread_t thread;
    sigset_t all;
    sigset_t before;

    if (pthread_attr_init(&how) != 0) {
        return false;
    }
    (void)pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&how, STACK_BYTES);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread, &how, run, j) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&how);
    return started;
}

/* On the loop ---------------------------------------------------------------------------------- */

static void take_back(struct sym_resolver *r, struct job *j)
{
    (void)pthread_mutex_lock(&r->pool->lock);
    bool done = j->state == STATE_DONE;
    (void)pthread_mutex_unlock(&r->pool->lock);
    if (!done) {
        return;
    }
    char text[ANSWERS_BYTES];
    struct sym_span answer = sym_span(text, j->err == SYM_OK ? j->len : 0);
    enum sym_err err = j->err;
    bool wanted = !j->answered;
    memcpy(text, j->text, answer.len);
    j->state = STATE_FREE;
    if (wanted) {
        r->fn(r->owner, j->number, err, answer);
    }
}

static void collect(void *owner, short ready)
{
    struct sym_resolver *r = owner;
    uint64_t count;
    ssize_t n = read(r->pool->done, &count, sizeof count);

    (void)n;
    (void)ready;
    for (size_t i = 0; i < SYM_LOOKUPS_MAX; i++) {
        take_back(r, &r->pool->jobs[i]);
    }
}

static bool is_running(struct pool *p, const struct job *j)
{
    (void)pthread_mutex_lock(&p->lock);
    bool running = j->state == STATE_RUNNING;
    (void)pthread_mutex_unlock(&p->lock);
    return running;
}

/* Setting the timer anew for each question would put it off for ever. */
static void keep_sweeping(struct sym_resolver *r)
{
    if (!r->sweeping) {
        r->sweeping = true;
        sym_timer_set(r->sweep, r->patience_ms / SWEEPS);
    }
}

static void sweep(void *owner)
{
    struct sym_resolver *r = owner;
    uint64_t now_ms = sym_now_ms();
    bool more = false;

    r->sweeping = false;
    for (size_t i = 0; i < SYM_LOOKUPS_MAX; i++) {
        struct job *j = &r->pool->jobs[i];
        if (!is_running(r->pool, j) || j->answered) {
            continue;
        }
        if (now_ms >= j->until_ms) {
            j->answered = true;
            r->fn(r->owner, j->number, SYM_TIMEOUT, sym_span(NULL, 0));
        } else {
            more = true;
        }
    }
    if (more) {
        keep_sweeping(r);
    }
}

static enum sym_err pool_new(struct pool **out)
{
    struct pool *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return SYM_NO_MEMORY;
    }
    p->users = 1;
    p->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (p->done < 0 || pthread_mutex_init(&p->lock, NULL) != 0) {
        if (p->done >= 0) {
            (void)close(p->done);
        }
        free(p);
        return SYM_IO;
    }
    *out = p;
    return SYM_OK;
}

enum sym_err sym_resolver_new(struct sym_resolver **out, struct sym_loop *loop,
                              uint64_t patience_ms, sym_resolved_fn *fn, void *owner)
{
    struct sym_resolver *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return SYM_NO_MEMORY;
    }
    *r = (struct sym_resolver){.patience_ms = patience_ms, .fn = fn, .owner = owner};
    enum sym_err err = pool_new(&r->pool);
    if (err == SYM_OK) {
        err = sym_loop_watch(loop, &r->watch, r->pool->done, POLLIN, collect, r);
    }
    if (err == SYM_OK) {
        err = sym_loop_timer(loop, &r->sweep, patience_ms / SWEEPS, sweep, r);
    }
    if (err != SYM_OK) {
        sym_resolver_free(r);
        return err;
    }
    *out = r;
    return SYM_OK;
}

void sym_resolver_free(struct sym_resolver *r)
{
    if (r == NULL) {
        return;
    }
    sym_watch_remove(&r->watch);
    sym_timer_remove(&r->sweep);
    if (r->pool != NULL) {
        leave(r->pool);
    }
    free(r);
}

/* A place for one more; NULL when all are taken. */
static struct job *find_free(struct pool *p)
{
    for (size_t i = 0; i < SYM_LOOKUPS_MAX; i++) {
        if (p->jobs[i].state == STATE_FREE) {
            return &p->jobs[i];
        }
    }
    return NULL;
}

/* endpoint is well-formed: host:port or [v6]:port. */
static void split(struct job *j, struct sym_span endpoint)
{
    size_t colon = endpoint.len;
    while (endpoint.data[colon - 1] != ':') {
        colon--;
    }
    bool v6 = endpoint.data[0] == '[';
    size_t start = v6 ? 1 : 0;
    size_t host = colon - 1 - start - (v6 ? 1 : 0);
    size_t port = endpoint.len - colon;
    memcpy(j->host, endpoint.data + start, host);
    j->host[host] = '\0';
    memcpy(j->port, endpoint.data + colon, port);
    j->port[port] = '\0';
}

void sym_resolver_ask(struct sym_resolver *r, uint32_t number, struct sym_span endpoint)
{
    struct pool *p = r->pool;
    struct job *j = NULL;
    enum sym_err err = sym_endpoint_check(endpoint) == SYM_OK ? SYM_OK : SYM_BAD_FORMAT;

    (void)pthread_mutex_lock(&p->lock);
    if (err == SYM_OK && (j = find_free(p)) == NULL) {
        err = SYM_LIMIT;
    }
    if (err == SYM_OK) {
        *j = (struct job){.pool = p, .state = STATE_RUNNING, .number = number};
        split(j, endpoint);
        j->until_ms = sym_now_ms() + r->patience_ms;
        p->users++;
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (err == SYM_OK && !start_thread(j)) {
        j->state = STATE_FREE;
        leave(p);
        err = SYM_NO_MEMORY;
    }
    if (err != SYM_OK) {
        r->fn(r->owner, number, err, sym_span(NULL, 0));
    } else {
        keep_sweeping(r);
    }
}
