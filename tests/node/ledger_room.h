/* ledger_room.h - a ledger over a store of its own, and its calls, each in a transaction of its
 * own: for the tests of the ledger. */
#ifndef SYM_TESTS_NODE_LEDGER_ROOM_H
#define SYM_TESTS_NODE_LEDGER_ROOM_H

#include "node/tabulation/ledger.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NANO    UINT64_C(1000000000)
#define CAP     (8 * NANO)
#define HOUR_MS UINT64_C(3600000)
#define NOW     UINT64_C(1780272000000) /* 2026-06-01 */

static const struct sym_node_id police = {.bytes = {1}};

struct fixture {
    struct room room;
    struct sym_ledger ledger;
    uint64_t restored_ms;
    uint64_t now_ms;
    uint64_t peer_cap;
    uint64_t cap;
    const char *dataset;
};

static inline void begin(struct fixture *f)
{
    *f = (struct fixture){.now_ms = NOW, .cap = CAP, .dataset = "cases"};
    room_open(&f->room);
    f->ledger.log = room_log(&f->room);
    f->ledger.restored_ms = &f->restored_ms;
}

static inline int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return -1;
    }
    begin(f);
    *state = f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;
    room_close(&f->room);
    free(f);
    return 0;
}

/* One call in a transaction of its own. */
struct doing {
    const struct fixture *f;
    uint8_t qid[SYM_HASH_BYTES];
    const struct sym_node_id *peer;
    uint64_t epsilon;
    uint64_t expires_ms;
    struct sym_ledger_left left;
};

static inline struct doing doing(const struct fixture *f, uint8_t query)
{
    return (struct doing){.f = f,
                          .qid = {query, 0x51},
                          .peer = &police,
                          .epsilon = NANO,
                          .expires_ms = f->now_ms + HOUR_MS};
}

static inline struct sym_ledger_ask ask_of(const struct doing *d)
{
    return (struct sym_ledger_ask){.dataset = sym_span_text(d->f->dataset),
                                   .peer = d->peer,
                                   .cap_nano = d->f->cap,
                                   .peer_cap_nano = d->f->peer_cap,
                                   .now_ms = d->f->now_ms};
}

static inline enum sym_err do_reserve(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    const struct sym_ledger_ask ask = ask_of(d);
    return sym_ledger_reserve(&d->f->ledger, t, d->qid, &ask, d->epsilon, d->expires_ms);
}

static inline enum sym_err do_debit(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    const uint8_t id[SYM_EXCHANGE_ID_BYTES] = {9};
    const struct sym_ledger_exchange x = {.kind = SYM_KIND_TABULATE,
                                          .id = id,
                                          .initiator = d->peer,
                                          .responder = &d->f->room.self,
                                          .alias = "police",
                                          .purpose = SYM_PURPOSE_STATISTICS,
                                          .basis = SYM_BASIS_PUBLIC_TASK};
    return sym_ledger_debit(&d->f->ledger, t, d->qid, &x, d->f->now_ms);
}

static inline enum sym_err do_release(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    return sym_ledger_release(t, d->qid);
}

static inline enum sym_err do_unmask(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    return sym_ledger_unmask(t, d->qid);
}

static inline enum sym_err do_left(struct sym_transaction *t, void *context)
{
    struct doing *d = context;
    const struct sym_ledger_ask ask = ask_of(d);
    return sym_ledger_left(&d->f->ledger, t, &d->left, &ask);
}

static inline enum sym_err run(sym_store_fn *fn, struct doing *d)
{
    return sym_store_write(d->f->room.store, fn, d);
}

static inline enum sym_err change(struct fixture *f, uint8_t query, sym_store_fn *fn)
{
    struct doing d = doing(f, query);
    return run(fn, &d);
}

static inline struct sym_ledger_left left(struct fixture *f)
{
    struct doing d = doing(f, 0);
    assert_int_equal(run(do_left, &d), SYM_OK);
    return d.left;
}

static inline void assert_left(struct fixture *f, uint64_t left_nano, uint64_t spent,
                               uint64_t reserved)
{
    struct sym_ledger_left l = left(f);
    assert_int_equal(l.left_nano, left_nano);
    assert_int_equal(l.spent_nano, spent);
    assert_int_equal(l.reserved_nano, reserved);
}

static inline size_t debits_in_log(struct fixture *f)
{
    return room_lines(&f->room, "debited").found;
}

static inline void spend(struct fixture *f, uint8_t query)
{
    assert_int_equal(change(f, query, do_reserve), SYM_OK);
    assert_int_equal(change(f, query, do_debit), SYM_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
