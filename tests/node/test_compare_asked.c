/* What a comparison answers: the pages of the own log one after the other, and nothing twice. */
#include "tests/node/exchange_rig.c"

#include "proto/codec.h"
#include "proto/evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ENTRIES (3 * SYM_COMPARE_ENTRIES_MAX)

static struct exchange_rig *rig;
static struct sym_run *run;
static struct {
    size_t bytes;
    size_t entries;
    uint64_t next;
    bool last;
    bool has_head;
} page;

static enum sym_err add_entries(struct sym_transaction *t, void *context)
{
    struct rig_side *s = context;
    enum sym_err err = SYM_OK;
    for (unsigned i = 0; err == SYM_OK && i < ENTRIES; i++) {
        uint8_t id[SYM_EXCHANGE_ID_BYTES] = {9, (uint8_t)i, (uint8_t)(i >> 8)};
        const struct sym_entry_body body = {.event = sym_span_text("aborted")};
        const struct sym_entry entry = {.kind = SYM_ENTRY_ABORTED,
                                        .exchange_id = id,
                                        .initiator = &rig->sides[1].self.id,
                                        .responder = &s->self.id,
                                        .body = &body};
        err = sym_log_append(s->log, t, &entry, NULL);
    }
    return err;
}

static int set_up(void **state)
{
    static struct sym_exchange e;
    (void)state;
    rig = exchange_rig_open(NULL);
    struct rig_side *s = &rig->sides[0];
    assert_int_equal(sym_store_write(s->room.store, add_entries, s), SYM_OK);
    struct sym_run_evidence ev = sym_exchange_run_evidence(s->exchanges, &e, s->peers.items[0]);
    const struct sym_run_plan plan = {
        .kind = SYM_KIND_COMPARE, .role = SYM_SESSION_RESPONDER, .evidence = &ev};
    assert_int_equal(sym_run_new(&run, &plan), SYM_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sym_run_free(run);
    exchange_rig_close(rig);
    return 0;
}

static enum sym_err ask(uint64_t first)
{
    uint8_t bytes[64];
    size_t len = 0;
    const struct sym_compare_ask a = {.first = first};
    assert_int_equal(sym_encode(bytes, sizeof bytes, &len, &sym_msg_compare_ask, &a), SYM_OK);
    return sym_run_take(run, false, sym_span(bytes, len), 0);
}

static void hear(void)
{
    static uint8_t bytes[SYM_FRAME_BYTES_MAX];
    SYM_ARENA_AUTO arena = {0};
    struct sym_compare_show show;
    assert_int_equal(sym_run_step(run, &page.bytes), SYM_STEP_DATA);
    assert_int_equal(sym_run_write(run, bytes, page.bytes, 0), SYM_OK);
    assert_int_equal(sym_decode(&arena, &show, &sym_msg_compare_show, sym_span(bytes, page.bytes)),
                     SYM_OK);
    page.entries = show.n_entries;
    page.next = show.next;
    page.last = show.last;
    page.has_head = show.evidence != NULL;
}

/* As an honest node asks; returns where it would go on. */
static uint64_t ask_for_all(void)
{
    size_t entries = 0;
    uint64_t next = 0;
    page.last = false;
    while (!page.last) {
        assert_int_equal(ask(next), SYM_OK);
        hear();
        assert_int_equal(page.has_head, next == 0);
        entries += page.entries;
        next = page.next > next ? page.next : next;
    }
    assert_int_equal(entries, ENTRIES);
    return next;
}

static void shows_all_pages_to_who_goes_on(void **state)
{
    (void)state;
    (void)ask_for_all();
}

static void refuses_to_begin_in_the_middle(void **state)
{
    (void)state;
    assert_int_equal(ask(1), SYM_WRONG_STATE);
}

static void refuses_to_show_a_page_again(void **state)
{
    (void)state;
    assert_int_equal(ask(0), SYM_OK);
    hear();
    assert_int_equal(ask(0), SYM_WRONG_STATE);
}

static void refuses_to_leave_out_a_page(void **state)
{
    (void)state;
    assert_int_equal(ask(0), SYM_OK);
    hear();
    assert_int_equal(ask(page.next + 1), SYM_WRONG_STATE);
}

/* The other side reads its own log meanwhile, which may be longer. */
static void after_the_last_page_it_only_says_so(void **state)
{
    (void)state;
    uint64_t next = ask_for_all();
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(ask(next), SYM_OK);
        hear();
        assert_true(page.last && page.entries == 0 && !page.has_head);
        assert_int_equal(page.next, next);
        assert_true(page.bytes < 32);
    }
}

static void answers_so_many_asks_and_no_more(void **state)
{
    (void)state;
    uint64_t next = ask_for_all();
    unsigned n = 0;
    while (n <= SYM_COMPARE_ASKS_MAX && ask(next) == SYM_OK) {
        hear();
        n++;
    }
    assert_true(n > SYM_COMPARE_ASKS_MAX / 2 && n < SYM_COMPARE_ASKS_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(shows_all_pages_to_who_goes_on),      TEST(refuses_to_begin_in_the_middle),
        TEST(refuses_to_show_a_page_again),        TEST(refuses_to_leave_out_a_page),
        TEST(after_the_last_page_it_only_says_so), TEST(answers_so_many_asks_and_no_more),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
