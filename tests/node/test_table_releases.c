/* What is kept of overlap tables: releases, and who broke one. */
#include "node/grant/breaches.h"
#include "node/tabulation/table_releases.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t first_id[SYM_EXCHANGE_ID_BYTES] = {1};
static const uint8_t second_id[SYM_EXCHANGE_ID_BYTES] = {2};
static const struct sym_node_id liar = {.bytes = {4}};
static const struct sym_node_id honest = {.bytes = {5}};

struct doing {
    const uint8_t *id;
    const struct sym_node_id *peer;
    struct sym_span bytes;
    struct sym_secret out;
};

static enum sym_err do_put(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    return sym_table_release_put(t, d->id, d->bytes);
}

static enum sym_err do_get(struct sym_transaction *t, void *context)
{
    struct doing *d = context;
    return sym_table_release_get(t, &d->out, sym_span(d->id, SYM_EXCHANGE_ID_BYTES));
}

static enum sym_err do_accuse(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    return sym_breach_put(t, d->peer, 8, d->bytes);
}

static enum sym_err do_has(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    const char *what = NULL;
    return sym_breach_has(t, &what, d->peer);
}

static enum sym_err do_proof(struct sym_transaction *t, void *context)
{
    struct doing *d = context;
    return sym_breach_proof(t, &d->out, d->peer);
}

static enum sym_err do_forget(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    return sym_breach_forget(t, d->peer);
}

static enum sym_err put(struct room *r, const uint8_t *id, const char *bytes)
{
    struct doing d = {.id = id, .bytes = sym_span_text(bytes)};
    return sym_store_write(r->store, do_put, &d);
}

static bool is_kept(struct room *r, sym_store_fn *fn, struct doing *d, const char *bytes)
{
    assert_int_equal(sym_store_read(r->store, fn, d), SYM_OK);
    bool same = sym_span_equal(sym_secret_span(&d->out), sym_span_text(bytes));
    sym_secret_clear(&d->out);
    return same;
}

static void a_release_is_there_after_a_restart(void **state)
{
    struct room *r = *state;
    struct doing d = {.id = first_id};
    assert_int_equal(put(r, first_id, "signed"), SYM_OK);
    room_reopen(r);
    assert_true(is_kept(r, do_get, &d, "signed"));
}

static void a_release_is_not_replaced_by_another(void **state)
{
    struct room *r = *state;
    struct doing d = {.id = first_id};
    assert_int_equal(put(r, first_id, "signed"), SYM_OK);
    assert_int_equal(put(r, first_id, "signed"), SYM_OK);
    assert_int_equal(put(r, first_id, "other"), SYM_REPLAY);
    assert_true(is_kept(r, do_get, &d, "signed"));
    d.id = second_id;
    assert_int_equal(sym_store_read(r->store, do_get, &d), SYM_NOT_FOUND);
}

static void who_broke_a_table_is_known_until_that_is_accepted(void **state)
{
    struct room *r = *state;
    struct doing d = {.peer = &liar, .bytes = sym_span_text("proof")};
    struct doing other = {.peer = &honest};
    assert_int_equal(sym_store_read(r->store, do_has, &d), SYM_NOT_FOUND);
    assert_int_equal(sym_store_write(r->store, do_accuse, &d), SYM_OK);
    room_reopen(r);
    assert_int_equal(sym_store_read(r->store, do_has, &d), SYM_OK);
    assert_true(is_kept(r, do_proof, &d, "proof"));
    assert_int_equal(sym_store_read(r->store, do_has, &other), SYM_NOT_FOUND);
    assert_int_equal(sym_store_write(r->store, do_forget, &d), SYM_OK);
    assert_int_equal(sym_store_read(r->store, do_has, &d), SYM_NOT_FOUND);
    assert_int_equal(sym_store_write(r->store, do_forget, &d), SYM_NOT_FOUND);
}

static void a_proof_is_not_lost_to_a_breach_without_one(void **state)
{
    struct room *r = *state;
    struct doing d = {.peer = &liar};
    assert_int_equal(sym_store_write(r->store, do_accuse, &d), SYM_OK);
    assert_int_equal(sym_store_read(r->store, do_has, &d), SYM_OK);
    assert_int_equal(sym_store_read(r->store, do_proof, &d), SYM_NOT_FOUND);
    d.bytes = sym_span_text("proof");
    assert_int_equal(sym_store_write(r->store, do_accuse, &d), SYM_OK);
    d.bytes = sym_span(NULL, 0);
    assert_int_equal(sym_store_write(r->store, do_accuse, &d), SYM_OK);
    assert_true(is_kept(r, do_proof, &d, "proof"));
    d.bytes = sym_span_text("later");
    assert_int_equal(sym_store_write(r->store, do_accuse, &d), SYM_OK);
    assert_true(is_kept(r, do_proof, &d, "later"));
}

#define T(test) cmocka_unit_test_setup_teardown(test, room_set_up, room_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_release_is_there_after_a_restart),
        T(a_release_is_not_replaced_by_another),
        T(who_broke_a_table_is_known_until_that_is_accepted),
        T(a_proof_is_not_lost_to_a_breach_without_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
