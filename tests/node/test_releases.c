#include "node/tabulation/releases.h"

#include "proto/codec.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CELLS 200000u
#define NOW   UINT64_C(1780272000000)

static const uint8_t first_id[SYM_EXCHANGE_ID_BYTES] = {1};
static const uint8_t second_id[SYM_EXCHANGE_ID_BYTES] = {2};
static const uint8_t question[SYM_HASH_BYTES] = {3};
static const struct sym_node_id police = {.bytes = {4}};
static const struct sym_node_id agency = {.bytes = {5}};

struct doing {
    const uint8_t *id;
    struct sym_span head;
    struct sym_span cells;
    uint8_t found[SYM_EXCHANGE_ID_BYTES];
    uint32_t cell;
    uint32_t first;
    uint32_t n;
    const uint64_t *epochs;
    struct sym_secret out;
    const struct sym_node_id *initiator;
    uint64_t now_ms;
};

static enum sym_err do_put(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    return sym_release_put(t, d->id, question, d->head, d->cells);
}

static enum sym_err do_head(struct sym_transaction *t, void *context)
{
    struct doing *d = context;
    return sym_release_head(t, &d->out, sym_span(d->id, SYM_EXCHANGE_ID_BYTES));
}

static enum sym_err do_page(struct sym_transaction *t, void *context)
{
    struct doing *d = context;
    return sym_release_page(t, &d->out, &d->first, &d->n, sym_span(d->id, SYM_EXCHANGE_ID_BYTES),
                            d->cell);
}

static enum sym_err do_find(struct sym_transaction *t, void *context)
{
    struct doing *d = context;
    return sym_release_find(t, d->found, question, d->epochs, 4);
}

static enum sym_err do_withhold(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    return sym_withheld_put(t, d->id, d->initiator, d->now_ms);
}

static enum sym_err do_clear(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    return sym_withheld_clear(t, d->id);
}

static enum sym_err do_withheld(struct sym_transaction *t, void *context)
{
    struct doing *d = context;
    return sym_withheld_find(t, d->found, d->initiator, d->now_ms);
}

static enum sym_err run(struct room *r, sym_store_fn *fn, struct doing *d)
{
    return sym_store_write(r->store, fn, d);
}

/* Cells 0, 1, 2 … as varints. */
static struct sym_span made_cells(void)
{
    static uint8_t bytes[3 * CELLS];
    static uint64_t cells[CELLS];
    size_t len = 0;
    size_t done = 0;
    for (size_t i = 0; i < CELLS; i++) {
        cells[i] = i;
    }
    sym_cells_write(bytes, sizeof bytes, &len, cells, CELLS, &done);
    assert_int_equal(done, CELLS);
    return sym_span(bytes, len);
}

static void put(struct room *r, const uint8_t *id, const char *head)
{
    struct doing d = {.id = id, .head = sym_span_text(head), .cells = made_cells()};
    assert_int_equal(run(r, do_put, &d), SYM_OK);
}

static bool head_is(struct room *r, const uint8_t *id, const char *head)
{
    struct doing d = {.id = id};
    assert_int_equal(sym_store_read(r->store, do_head, &d), SYM_OK);
    bool same = sym_span_equal(sym_secret_span(&d.out), sym_span_text(head));
    sym_secret_clear(&d.out);
    return same;
}

/* Releases --------------------------------------------------------------------------------------
 */

static void a_release_is_read_page_by_page_after_a_restart(void **state)
{
    struct room *r = *state;
    put(r, first_id, "head");
    put(r, second_id, "other");
    room_reopen(r);
    assert_true(head_is(r, first_id, "head"));
    uint64_t *cells = calloc(CELLS, sizeof *cells);
    assert_non_null(cells);
    uint32_t pages = 0;
    for (uint32_t at = 0; at < CELLS; pages++) {
        struct doing d = {.id = first_id, .cell = at};
        size_t n = 0;
        assert_int_equal(sym_store_read(r->store, do_page, &d), SYM_OK);
        assert_int_equal(d.first, at);
        assert_int_equal(sym_cells_read(cells, CELLS, &n, sym_secret_span(&d.out)), SYM_OK);
        assert_int_equal(n, d.n);
        for (uint32_t i = 0; i < d.n; i++) {
            assert_int_equal(cells[i], at + i);
        }
        at += d.n;
        sym_secret_clear(&d.out);
    }
    assert_true(pages > 1);
    free(cells);
}

/* Of four that were asked, where the last did not take part. */
static void put_of_three(struct room *r, const uint8_t *id, const uint64_t epochs[4],
                         uint64_t released_ms)
{
    static const uint8_t some[4 * SYM_HASH_BYTES] = {1};
    static const uint8_t survivors[] = {0, 1, 2};
    uint8_t packed[4 * 8];
    uint8_t head[1024];
    size_t len = 0;
    for (size_t i = 0; i < 4; i++) {
        sym_put_u64(packed + 8 * i, epochs[i]);
    }
    const struct sym_span hash = sym_span(some, SYM_HASH_BYTES);
    const struct sym_release release = {.version = 1,
                                        .tabulation = sym_span(id, SYM_EXCHANGE_ID_BYTES),
                                        .qid = hash,
                                        .initiator = hash,
                                        .dataset = sym_span_text("cases"),
                                        .released_ms = released_ms,
                                        .query = sym_span_text("q"),
                                        .cohort = sym_span(some, sizeof some),
                                        .epochs = sym_span(packed, sizeof packed),
                                        .survivors = sym_span(survivors, sizeof survivors),
                                        .quorum = 3,
                                        .colluders = 1,
                                        .noise_shares = 2,
                                        .sensitivity = 1,
                                        .cells = CELLS,
                                        .consents_hash = hash,
                                        .survivors_hash = hash,
                                        .cells_hash = hash};
    assert_int_equal(sym_encode(head, sizeof head, &len, &sym_msg_release, &release), SYM_OK);
    struct doing d = {.id = id, .head = sym_span(head, len), .cells = made_cells()};
    assert_int_equal(run(r, do_put, &d), SYM_OK);
}

static enum sym_err find(struct room *r, const uint8_t **found, uint64_t a, uint64_t b, uint64_t c,
                         uint64_t e)
{
    static struct doing d;
    const uint64_t epochs[4] = {a, b, c, e};
    d = (struct doing){.epochs = epochs};
    *found = d.found;
    return run(r, do_find, &d);
}

static void a_question_is_answered_while_all_that_were_added_up_have_the_same_epochs(void **state)
{
    struct room *r = *state;
    const uint8_t *found = NULL;
    assert_int_equal(find(r, &found, 3, 5, 7, 0), SYM_NOT_FOUND);
    put_of_three(r, first_id, (const uint64_t[]){3, 5, 7, 0}, NOW);
    assert_int_equal(find(r, &found, 3, 5, 7, 0), SYM_OK);
    assert_memory_equal(found, first_id, SYM_EXCHANGE_ID_BYTES);
    /* Who took no part then does not change it, nor who is away now. */
    assert_int_equal(find(r, &found, 3, 5, 7, 9), SYM_OK);
    assert_int_equal(find(r, &found, 3, 0, 7, 9), SYM_OK);
    assert_int_equal(find(r, &found, 4, 5, 7, 0), SYM_NOT_FOUND);
    assert_int_equal(find(r, &found, 3, 5, 8, 9), SYM_NOT_FOUND);
    put_of_three(r, second_id, (const uint64_t[]){3, 5, 8, 9}, NOW + 1);
    assert_int_equal(find(r, &found, 3, 5, 8, 9), SYM_OK);
    assert_memory_equal(found, second_id, SYM_EXCHANGE_ID_BYTES);
    assert_int_equal(find(r, &found, 3, 5, 7, 9), SYM_OK);
    assert_memory_equal(found, first_id, SYM_EXCHANGE_ID_BYTES);
    assert_int_equal(find(r, &found, 3, 5, 0, 0), SYM_OK);
    assert_memory_equal(found, second_id, SYM_EXCHANGE_ID_BYTES);
}

static void a_release_stays_as_it_was_kept_first(void **state)
{
    struct room *r = *state;
    put(r, first_id, "head");
    put(r, first_id, "head");
    struct doing d = {.id = first_id, .head = sym_span_text("altered"), .cells = made_cells()};
    assert_int_equal(run(r, do_put, &d), SYM_REPLAY);
    assert_true(head_is(r, first_id, "head"));
}

static void refuses_cells_that_there_are_not(void **state)
{
    struct room *r = *state;
    struct doing d = {.id = first_id, .cell = CELLS};
    assert_int_equal(sym_store_read(r->store, do_page, &d), SYM_NOT_FOUND);
    put(r, first_id, "head");
    assert_int_equal(sym_store_read(r->store, do_page, &d), SYM_NOT_FOUND);
    d.id = second_id;
    d.cell = 0;
    assert_int_equal(sym_store_read(r->store, do_page, &d), SYM_NOT_FOUND);
    assert_int_equal(sym_store_read(r->store, do_head, &d), SYM_NOT_FOUND);
}

static void refuses_cells_that_are_cut_within_a_number(void **state)
{
    struct room *r = *state;
    static const uint8_t cut[] = {0x80};
    struct doing d = {
        .id = first_id, .head = sym_span_text("head"), .cells = sym_span(cut, sizeof cut)};
    assert_int_equal(run(r, do_put, &d), SYM_BAD_FORMAT);
    assert_int_equal(sym_store_read(r->store, do_head, &d), SYM_NOT_FOUND);
}

/* Withheld --------------------------------------------------------------------------------------
 */

static enum sym_err withheld(struct room *r, const struct sym_node_id *initiator, uint64_t now_ms)
{
    struct doing d = {.initiator = initiator, .now_ms = now_ms};
    return sym_store_read(r->store, do_withheld, &d);
}

static void a_release_that_never_came_is_held_against_who_asked_alone(void **state)
{
    struct room *r = *state;
    struct doing d = {.id = first_id, .initiator = &police, .now_ms = NOW};
    assert_int_equal(run(r, do_withhold, &d), SYM_OK);
    room_reopen(r);
    assert_int_equal(withheld(r, &police, NOW - 1), SYM_NOT_FOUND);
    assert_int_equal(withheld(r, &police, NOW), SYM_OK);
    assert_int_equal(withheld(r, &agency, NOW), SYM_NOT_FOUND);
    assert_int_equal(run(r, do_clear, &d), SYM_OK);
    assert_int_equal(run(r, do_clear, &d), SYM_OK);
    assert_int_equal(withheld(r, &police, NOW), SYM_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, room_set_up, room_tear_down)
        T(a_release_is_read_page_by_page_after_a_restart),
        T(a_question_is_answered_while_all_that_were_added_up_have_the_same_epochs),
        T(a_release_stays_as_it_was_kept_first),
        T(refuses_cells_that_there_are_not),
        T(refuses_cells_that_are_cut_within_a_number),
        T(a_release_that_never_came_is_held_against_who_asked_alone),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
