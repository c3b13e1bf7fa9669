#include "node/exchange/exchange_table.h"
#include "proto/codec.h"
#include "tests/support/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A link that takes as many frames as the test says: in the place of links.c. */
struct sym_link {
    int room;
    enum sym_err broken;
    unsigned taken;
    size_t bytes;
    uint8_t *last; /* owned */
    size_t last_len;
};

enum sym_err sym_link_send(struct sym_link *link, uint8_t *frame, size_t len)
{
    if (link->broken != SYM_OK) {
        return link->broken;
    }
    if (link->room == 0) {
        return SYM_AGAIN;
    }
    link->room--;
    link->taken++;
    link->bytes += len;
    sym_bus_release(link->last);
    link->last = frame;
    link->last_len = len;
    return SYM_OK;
}

static struct sym_exchange_table table;
static struct sym_link link;

static int set_up(void **state)
{
    (void)state;
    memset(&table, 0, sizeof table);
    memset(&link, 0, sizeof link);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sym_exchange_table_clear(&table);
    assert_int_equal(table.n, 0);
    sym_bus_release(link.last);
    return 0;
}

static struct sym_node_id peer(unsigned number)
{
    struct sym_node_id id = {.bytes = {0}};
    sym_put_u64(id.bytes, number);
    return id;
}

static struct sym_exchange *add(unsigned number, enum sym_err wanted)
{
    struct sym_exchange *e = NULL;
    struct sym_fault fault = {.text = ""};
    struct sym_node_id id = peer(number);
    assert_int_equal(sym_exchange_table_add(&table, &e, &id, &fault), wanted);
    assert_int_equal(wanted == SYM_OK, e != NULL);
    assert_int_equal(wanted == SYM_OK, fault.text[0] == '\0');
    return e;
}

static void finish(struct sym_exchange *e)
{
    sym_exchange_finish(e, SYM_EXCHANGE_DONE, 1);
}

static uint8_t *frame(size_t len)
{
    uint8_t *bytes = sym_bus_buffer(len);
    assert_non_null(bytes);
    memset(bytes, 0, len);
    return bytes;
}

static void finds_exchanges_by_id_and_by_handle(void **state)
{
    (void)state;
    struct sym_exchange *e[3];
    for (uint8_t i = 0; i < 3; i++) {
        e[i] = add(1, SYM_OK);
        assert_true(
            sym_node_id_equal(&e[i]->peer, &(struct sym_node_id){{0, 0, 0, 0, 0, 0, 0, 1}}));
        memset(e[i]->id, 10 + i, sizeof e[i]->id);
        memset(e[i]->handle, 20 + i, sizeof e[i]->handle);
    }
    for (size_t i = 0; i < 3; i++) {
        struct sym_span handle = sym_span(e[i]->handle, sizeof e[i]->handle);
        assert_ptr_equal(sym_exchange_table_find(&table, e[i]->id), e[i]);
        assert_ptr_equal(sym_exchange_table_find_handle(&table, handle), e[i]);
        assert_null(sym_exchange_table_find(&table, e[i]->handle));
        assert_null(sym_exchange_table_find_handle(&table, sym_span(handle.data, 15)));
    }
    sym_exchange_table_remove(&table, e[1]);
    assert_int_equal(table.n, 2);
    assert_ptr_equal(table.items[0], e[0]);
    assert_ptr_equal(table.items[1], e[2]);
    uint8_t gone[SYM_EXCHANGE_ID_BYTES];
    memset(gone, 11, sizeof gone);
    assert_null(sym_exchange_table_find(&table, gone));
}

static void refuses_more_exchanges_than_may_be_in_flight(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SYM_EXCHANGES_MAX; i++) {
        (void)add(i, SYM_OK);
    }
    assert_int_equal(sym_exchange_table_in_flight(&table), SYM_EXCHANGES_MAX);
    (void)add(1000, SYM_LIMIT);
    finish(table.items[7]);
    assert_int_equal(sym_exchange_table_in_flight(&table), SYM_EXCHANGES_MAX - 1);
    (void)add(1000, SYM_OK);
    (void)add(1001, SYM_LIMIT);
}

static void refuses_more_than_twice_the_limit_with_one_peer(void **state)
{
    (void)state;
    struct sym_exchange *first = add(1, SYM_OK);
    for (unsigned i = 1; i < 2 * SYM_EXCHANGES_PER_PEER_MAX; i++) {
        (void)add(1, SYM_OK);
    }
    (void)add(1, SYM_LIMIT);
    (void)add(2, SYM_OK);
    finish(first);
    (void)add(1, SYM_OK);
    (void)add(1, SYM_LIMIT);
}

static void calls_a_peer_busy_above_the_limit(void **state)
{
    (void)state;
    struct sym_exchange *e = NULL;
    for (unsigned i = 0; i < SYM_EXCHANGES_PER_PEER_MAX; i++) {
        e = add(1, SYM_OK);
        (void)add(2, SYM_OK);
        assert_false(sym_exchange_table_busy(&table, e));
    }
    struct sym_exchange *more = add(1, SYM_OK);
    assert_true(sym_exchange_table_busy(&table, more));
    finish(e);
    assert_false(sym_exchange_table_busy(&table, more));
}

static void forgets_the_oldest_that_has_ended_to_make_room(void **state)
{
    (void)state;
    struct sym_exchange *running = add(1, SYM_OK);
    for (unsigned i = 1; i < SYM_EXCHANGE_SLOTS; i++) {
        struct sym_exchange *e = add(i, SYM_OK);
        sym_put_u64(e->id, i);
        finish(e);
    }
    assert_int_equal(table.n, SYM_EXCHANGE_SLOTS);
    uint8_t id[SYM_EXCHANGE_ID_BYTES] = {0};
    for (unsigned i = 1; i < 4; i++) {
        sym_put_u64(id, i);
        assert_non_null(sym_exchange_table_find(&table, id));
        finish(add(7, SYM_OK));
        assert_null(sym_exchange_table_find(&table, id));
        assert_int_equal(table.n, SYM_EXCHANGE_SLOTS);
        assert_ptr_equal(table.items[0], running);
    }
}

static void moves_an_entry_behind_all_others(void **state)
{
    (void)state;
    struct sym_exchange *a = add(1, SYM_OK);
    struct sym_exchange *b = add(2, SYM_OK);
    struct sym_exchange *c = add(3, SYM_OK);
    sym_exchange_table_put_last(&table, 0);
    assert_ptr_equal(table.items[0], b);
    assert_ptr_equal(table.items[1], c);
    assert_ptr_equal(table.items[2], a);
    sym_exchange_table_put_last(&table, 2);
    assert_ptr_equal(table.items[2], a);
    assert_int_equal(table.n, 3);
}

static void sends_what_is_queued_in_order_when_there_is_room(void **state)
{
    (void)state;
    struct sym_exchange *e = add(1, SYM_OK);
    e->link = &link;
    link.room = 1;
    assert_int_equal(sym_exchange_queue(e, frame(10), 10), SYM_OK);
    assert_int_equal(link.taken, 1);
    assert_int_equal(sym_exchange_queue(e, frame(20), 20), SYM_OK);
    assert_int_equal(sym_exchange_queue(e, frame(30), 30), SYM_OK);
    assert_int_equal(sym_exchange_queue(e, frame(40), 40), SYM_OK);
    assert_int_equal(e->n_queue, 3);
    assert_int_equal(e->bytes_sent, 10);
    assert_int_equal(sym_exchange_flush(e), SYM_AGAIN);
    link.room = 1;
    assert_int_equal(sym_exchange_flush(e), SYM_AGAIN);
    assert_int_equal(link.last_len, 20);
    link.room = 1;
    assert_int_equal(sym_exchange_flush(e), SYM_AGAIN);
    assert_int_equal(link.last_len, 30);
    link.room = 5;
    assert_int_equal(sym_exchange_flush(e), SYM_OK);
    assert_int_equal(link.last_len, 40);
    assert_int_equal(sym_exchange_flush(e), SYM_OK);
    assert_int_equal(link.taken, 4);
    assert_int_equal(e->bytes_sent, 100);
}

static void refuses_a_frame_beyond_its_queue_which_stays_the_callers(void **state)
{
    (void)state;
    struct sym_exchange *e = add(1, SYM_OK);
    e->link = &link;
    for (unsigned i = 0; i < SYM_EXCHANGE_QUEUE_MAX; i++) {
        assert_int_equal(sym_exchange_queue(e, frame(5), 5), SYM_OK);
    }
    uint8_t *more = frame(5);
    assert_int_equal(sym_exchange_queue(e, more, 5), SYM_LIMIT);
    sym_bus_release(more);
    assert_int_equal(e->n_queue, SYM_EXCHANGE_QUEUE_MAX);
}

static void keeps_frames_of_a_broken_link_until_it_is_unlinked(void **state)
{
    (void)state;
    struct sym_exchange *e = add(1, SYM_OK);
    e->link = &link;
    link.broken = SYM_IO;
    assert_int_equal(sym_exchange_queue(e, frame(5), 5), SYM_OK);
    assert_int_equal(sym_exchange_flush(e), SYM_IO);
    assert_int_equal(e->n_queue, 1);
    sym_exchange_unlink(e);
    assert_null(e->link);
    assert_int_equal(e->n_queue, 0);
    assert_int_equal(sym_exchange_flush(e), SYM_OK);
    assert_int_equal(sym_exchange_queue(e, frame(5), 5), SYM_OK);
    assert_int_equal(sym_exchange_flush(e), SYM_CLOSED);
}

static void give_run(struct sym_exchange *e, uint64_t bytes)
{
    uint8_t parameters[32];
    size_t len = 0;
    struct sym_ping ping = {.bytes = bytes};
    assert_int_equal(sym_encode(parameters, sizeof parameters, &len, &sym_msg_ping, &ping), SYM_OK);
    struct sym_run_plan plan = {.kind = SYM_KIND_PING,
                                .role = SYM_SESSION_INITIATOR,
                                .parameters = sym_span(parameters, len)};
    assert_int_equal(sym_run_new(&e->run, &plan), SYM_OK);
}

static void keeps_progress_and_queue_of_an_exchange_that_ends(void **state)
{
    (void)state;
    struct sym_exchange *e = add(1, SYM_OK);
    uint8_t payload[100];
    give_run(e, 100);
    e->link = &link;
    assert_int_equal(sym_run_write(e->run, payload, sizeof payload, 1), SYM_OK);
    assert_int_equal(sym_exchange_queue(e, frame(5), 5), SYM_OK);
    assert_false(sym_exchange_ended(e));
    sym_exchange_finish(e, SYM_EXCHANGE_ABORTED, 77);
    assert_true(sym_exchange_ended(e));
    assert_int_equal(e->state, SYM_EXCHANGE_ABORTED);
    assert_int_equal(e->ended_us, 77);
    assert_int_equal(e->progress.done, 100);
    assert_int_equal(e->progress.total, 100);
    assert_null(e->run);
    assert_null(e->session);
    link.room = 1;
    assert_int_equal(sym_exchange_flush(e), SYM_OK);
    assert_int_equal(link.taken, 1);
}

static void seals_what_the_run_has_to_say_for_the_other_side(void **state)
{
    (void)state;
    static struct pair p;
    struct sym_exchange *e = add(1, SYM_OK);
    size_t len = 0;
    pair_open(&p, true);
    pair_grant(&p);
    e->link = &link;
    e->session = p.initiator;
    give_run(e, 1000);
    link.room = 2;
    const enum sym_step steps[] = {SYM_STEP_FILLER, SYM_STEP_DATA};
    const enum sym_session_event_kind events[] = {SYM_EVENT_FILLER, SYM_EVENT_DATA};
    const size_t lens[] = {1000, 8};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sym_run_step(e->run, &len), steps[i]);
        assert_int_equal(len, lens[i]);
        assert_int_equal(sym_exchange_send_step(e, steps[i], len, 5), SYM_OK);
        assert_int_equal(link.last_len, SYM_FRAME_HEAD_BYTES + lens[i] + SYM_FRAME_TAIL_BYTES);
        memcpy(p.frame, link.last, link.last_len);
        p.len = link.last_len;
        pair_pass(&p, p.responder, events[i]);
        assert_int_equal(p.event.data.len, lens[i]);
    }
    assert_int_equal(e->bytes_sent, link.bytes);
    e->session = NULL;
    pair_close(&p);
}

static void queues_nothing_when_the_session_refuses(void **state)
{
    (void)state;
    static struct pair p;
    struct sym_exchange *e = add(1, SYM_OK);
    pair_open(&p, false); /* has not even asked */
    e->link = &link;
    e->session = p.initiator;
    give_run(e, 0);
    link.room = 1;
    assert_int_equal(sym_exchange_send_step(e, SYM_STEP_DATA, 32, 5), SYM_WRONG_STATE);
    assert_int_equal(e->n_queue, 0);
    assert_int_equal(link.taken, 0);
    e->session = NULL;
    pair_close(&p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finds_exchanges_by_id_and_by_handle),
        TEST(refuses_more_exchanges_than_may_be_in_flight),
        TEST(refuses_more_than_twice_the_limit_with_one_peer),
        TEST(calls_a_peer_busy_above_the_limit),
        TEST(forgets_the_oldest_that_has_ended_to_make_room),
        TEST(moves_an_entry_behind_all_others),
        TEST(sends_what_is_queued_in_order_when_there_is_room),
        TEST(refuses_a_frame_beyond_its_queue_which_stays_the_callers),
        TEST(keeps_frames_of_a_broken_link_until_it_is_unlinked),
        TEST(keeps_progress_and_queue_of_an_exchange_that_ends),
        TEST(seals_what_the_run_has_to_say_for_the_other_side),
        TEST(queues_nothing_when_the_session_refuses),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
