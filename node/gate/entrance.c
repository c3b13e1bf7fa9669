#include "node/gate/entrance.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Connections taken in one turn of the loop. */
#define BATCH 32

/* Half-open connections; those of one party only, when party is not NULL. */
static size_t count(const struct sym_entrance *e, const struct sym_address *party)
{
    size_t n = 0;
    for (const struct sym_gate_link *l = e->pairing->links; l != NULL; l = l->next) {
        bool counts = party == NULL || sym_address_same_party(party, &l->address);
        n += sym_gate_link_is_half_open(l) && counts ? 1 : 0;
    }
    return n;
}

static size_t random_below(size_t n)
{
    uint8_t bytes[8];
    sym_random(bytes, sizeof bytes);
    return (size_t)(sym_get_u64(bytes) % n);
}

/* Ends one of the n half-open connections (of one party). */
static void evict(struct sym_entrance *e, const struct sym_address *party, size_t n)
{
    size_t skip = random_below(n);
    for (struct sym_gate_link *l = e->pairing->links; l != NULL; l = l->next) {
        if (!sym_gate_link_is_half_open(l) ||
            (party != NULL && !sym_address_same_party(party, &l->address))) {
            continue;
        }
        if (skip-- == 0) {
            sym_gate_link_end(l, SYM_LIMIT, "made room for a newer connection");
            return;
        }
    }
}

static void make_room(struct sym_entrance *e, const struct sym_address *from)
{
    size_t of_party = count(e, from);
    size_t all = count(e, NULL);

    if (of_party >= SYM_HALF_OPEN_PER_ADDRESS_MAX) {
        evict(e, from, of_party);
    } else if (all >= SYM_HALF_OPEN_MAX) {
        evict(e, NULL, all);
    }
}

/* Without a descriptor a connection can be neither accepted nor refused, and the listener would
 * stay ready for ever: the reserve makes room to refuse it. */
static void refuse_for_want_of_descriptors(struct sym_entrance *e)
{
    struct sym_address from = {.len = sizeof from.at};
    struct sym_fault fault;

    if (e->reserve >= 0) {
        (void)close(e->reserve);
    }
    int fd = accept4(e->listener, (struct sockaddr *)&from.at, &from.len, SOCK_CLOEXEC);
    if (fd >= 0) {
        (void)close(fd);
        e->accepted++;
        (void)sym_fail(&fault, SYM_LIMIT, "no descriptor is left: raise the limit of open files");
        sym_refusals_note(&e->pairing->refusals, sym_now_ms(), &from, &fault);
    }
    e->reserve = eventfd(0, EFD_CLOEXEC);
}

static void on_listener(void *owner, short ready)
{
    struct sym_entrance *e = owner;
    (void)ready;

    for (int i = 0; i < BATCH; i++) {
        struct sym_address from = {.len = sizeof from.at};
        int fd = accept4(e->listener, (struct sockaddr *)&from.at, &from.len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
            refuse_for_want_of_descriptors(e);
            return;
        }
        /* Other errors are about that one connection, which is gone. */
        if (fd < 0) {
            return;
        }
        e->accepted++;
        make_room(e, &from);
        sym_pairing_adopt(e->pairing, fd, &from);
    }
}

enum sym_err sym_entrance_open(struct sym_entrance *e, struct sym_loop *loop, int listener,
                               struct sym_pairing *pairing)
{
    *e = (struct sym_entrance){.pairing = pairing, .listener = listener, .reserve = -1};
    e->reserve = eventfd(0, EFD_CLOEXEC);
    return sym_loop_watch(loop, &e->watch, listener, POLLIN, on_listener, e);
}

void sym_entrance_close(struct sym_entrance *e)
{
    sym_watch_remove(&e->watch);
    if (e->listener >= 0) {
        (void)close(e->listener);
    }
    if (e->reserve >= 0) {
        (void)close(e->reserve);
    }
    *e = (struct sym_entrance)SYM_ENTRANCE_CLOSED;
}

size_t sym_entrance_half_open(const struct sym_entrance *e)
{
    return e->pairing == NULL ? 0 : count(e, NULL);
}
