/* Releases that are not what was asked for, and those that never came: who may ask again, and when
 * an approver lets them. */
#include "node/core/state.h"
#include "node/tabulation/releases.h"
#include "proto/codec.h"
#include "tests/support/partner.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define DUE_MS     5000u

struct fixture {
    struct room room;
    struct partner self;
    struct sym_core *core;
    struct sym_fault fault;
    struct sym_node_id initiators[2];
    uint8_t handles[2][SYM_EXCHANGE_ID_BYTES];
    uint8_t tabulations[2][SYM_EXCHANGE_ID_BYTES];
    bool is_joint;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    room_open(&f->room);
    partner_open(&f->self, "Bank A", NULL);
    f->room.self = f->self.id;
    f->core = calloc(1, sizeof *f->core);
    assert_non_null(f->core);
    f->core->store = f->room.store;
    f->core->log = room_log(&f->room);
    f->core->card.id = f->self.id;
    assert_int_equal(sym_history_open(&f->core->history, f->room.store, &f->fault), SYM_OK);
    const struct sym_opens_config config = {.store = f->room.store,
                                            .log = f->core->log,
                                            .self = f->self.id,
                                            .identity = &f->self.keys.identity};
    assert_int_equal(sym_opens_open(&f->core->opens, &config, &f->fault), SYM_OK);
    for (unsigned i = 0; i < 2; i++) {
        memset(f->initiators[i].bytes, 0xa0 + (int)i, sizeof f->initiators[i].bytes);
        memset(f->handles[i], 0xb0 + (int)i, sizeof f->handles[i]);
        memset(f->tabulations[i], 0xc0 + (int)i, sizeof f->tabulations[i]);
    }
    f->is_joint = true;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    sym_opens_close(f->core->opens);
    free(f->core);
    partner_close(&f->self);
    room_close(&f->room);
    free(f);
    return 0;
}

/* Two tabulations of two initiators, whose releases are due. */
static enum sym_err put_both(struct sym_transaction *t, void *context)
{
    const struct fixture *f = context;
    enum sym_err err = SYM_OK;
    for (unsigned i = 0; err == SYM_OK && i < 2; i++) {
        const struct sym_exchange_entry entry = {
            .id = sym_span(f->handles[i], sizeof f->handles[i]),
            .role = SYM_AS_PARTICIPANT,
            .kind = f->is_joint ? SYM_KIND_TABULATE : SYM_KIND_PING,
            .state = SYM_EXCHANGE_ABORTED,
            .alias = sym_span_text("ngo"),
            .purpose = SYM_PURPOSE_TEST,
            .basis = SYM_BASIS_CONSENT,
            .started_ms = 1,
            .ended_ms = 2,
            .tabulation = sym_span(f->tabulations[i], f->is_joint ? sizeof f->tabulations[i] : 0)};
        err = sym_history_put(t, &entry);
        if (err == SYM_OK) {
            err = sym_withheld_put(t, f->tabulations[i], &f->initiators[i], DUE_MS);
        }
    }
    return err;
}

struct search {
    const struct sym_node_id *initiator;
    uint64_t now_ms;
    uint8_t found[SYM_EXCHANGE_ID_BYTES];
};

static enum sym_err search(struct sym_transaction *t, void *context)
{
    struct search *s = context;
    return sym_withheld_find(t, s->found, s->initiator, s->now_ms);
}

static enum sym_err withholds(struct fixture *f, unsigned i, uint64_t now_ms)
{
    struct search s = {.initiator = &f->initiators[i], .now_ms = now_ms};
    enum sym_err err = sym_store_read(f->room.store, search, &s);
    assert_true(err != SYM_OK || sym_equal(s.found, f->tabulations[i], sizeof s.found));
    return err;
}

static enum sym_err settle(struct fixture *f, const uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    static uint8_t bytes[SYM_CONTROL_BYTES_MAX];
    const struct sym_verb_row *row = sym_verb_row(SYM_VERB_EXCHANGE_SETTLE);
    const struct sym_exchange_name name = {.id = sym_span(id, SYM_EXCHANGE_ID_BYTES)};
    struct sym_answer answer = {.message = row->answer, .bytes = bytes};
    const struct sym_author author = {.log = f->core->log,
                                      .user = "anna",
                                      .roles = SYM_USER_APPROVER,
                                      .command = sym_span_text("the command")};
    f->fault.text[0] = '\0';
    enum sym_err err =
        sym_core_run_verb(f->core, SYM_VERB_EXCHANGE_SETTLE, &author, &name, &answer, &f->fault);
    assert_int_equal(err == SYM_OK, f->fault.text[0] == '\0');
    return err;
}

static void an_initiator_withholds_from_when_its_release_is_due(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(sym_store_write(f->room.store, put_both, f), SYM_OK);
    assert_int_equal(withholds(f, 0, DUE_MS - 1), SYM_NOT_FOUND);
    assert_int_equal(withholds(f, 0, DUE_MS), SYM_OK);
    assert_int_equal(withholds(f, 1, DUE_MS), SYM_OK);
}

static void an_approver_closes_one_whose_release_never_came(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(sym_store_write(f->room.store, put_both, f), SYM_OK);
    assert_int_equal(settle(f, f->handles[0]), SYM_OK);
    assert_int_equal(withholds(f, 0, DUE_MS), SYM_NOT_FOUND);
    assert_int_equal(withholds(f, 1, DUE_MS), SYM_OK);
    struct room_lines lines =
        room_lines(&f->room, "withheld-closed user=anna subject=b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0");
    assert_int_equal(lines.found, 1);
}

static void refuses_to_close_one_twice(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(sym_store_write(f->room.store, put_both, f), SYM_OK);
    assert_int_equal(settle(f, f->handles[0]), SYM_OK);
    assert_int_equal(settle(f, f->handles[0]), SYM_NOT_FOUND);
    assert_int_equal(room_lines(&f->room, "withheld-closed").found, 1);
}

static void refuses_to_close_what_is_no_tabulation_here(void **state)
{
    struct fixture *f = *state;
    static const uint8_t unknown[SYM_EXCHANGE_ID_BYTES] = {1};
    f->is_joint = false;
    assert_int_equal(sym_store_write(f->room.store, put_both, f), SYM_OK);
    assert_int_equal(settle(f, f->handles[0]), SYM_NOT_FOUND);
    assert_int_equal(settle(f, unknown), SYM_NOT_FOUND);
    assert_non_null(strstr(f->fault.text, "exchange: is not open"));
    assert_int_equal(withholds(f, 0, DUE_MS), SYM_OK);
    assert_int_equal(room_lines(&f->room, "withheld-closed").found, 0);
}

static void nothing_is_closed_when_its_entry_cannot_be_written(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(sym_store_write(f->room.store, put_both, f), SYM_OK);
    room_fill_disk(true);
    assert_true(settle(f, f->handles[0]) != SYM_OK);
    room_fill_disk(false);
    assert_int_equal(withholds(f, 0, DUE_MS), SYM_OK);
    assert_int_equal(settle(f, f->handles[0]), SYM_OK);
}

/* What is released ------------------------------------------------------------------------------
 */

static struct sym_span make_head(uint8_t out[4096])
{
    static const uint8_t bytes[8 * SYM_HASH_BYTES] = {1};
    size_t len = 0;
    const struct sym_release r = {.version = 1,
                                  .tabulation = sym_span(bytes, SYM_EXCHANGE_ID_BYTES),
                                  .qid = sym_span(bytes, SYM_HASH_BYTES),
                                  .initiator = sym_span(bytes, SYM_HASH_BYTES),
                                  .dataset = sym_span_text("incidents"),
                                  .purpose = SYM_PURPOSE_TRAFFICKING,
                                  .basis = SYM_BASIS_CONSENT,
                                  .released_ms = 1,
                                  .query = sym_span(bytes, SYM_HASH_BYTES),
                                  .cohort = sym_span(bytes, 3 * SYM_HASH_BYTES),
                                  .epochs = sym_span(bytes, 3 * 8),
                                  .survivors = sym_span(bytes, 3),
                                  .quorum = 3,
                                  .colluders = 1,
                                  .noise_shares = 2,
                                  .sensitivity = 1,
                                  .half_width = 1,
                                  .threshold = 11,
                                  .cells = 1,
                                  .consents_hash = sym_span(bytes, SYM_HASH_BYTES),
                                  .survivors_hash = sym_span(bytes, SYM_HASH_BYTES),
                                  .cells_hash = sym_span(bytes, SYM_HASH_BYTES)};
    assert_int_equal(sym_encode(out, 4096, &len, &sym_msg_release, &r), SYM_OK);
    return sym_span(out, len);
}

static void a_release_answers_what_was_asked_and_nothing_else(void **state)
{
    (void)state;
    uint8_t room[4096];
    struct sym_span head = make_head(room);
    struct sym_span incidents = sym_span_text("incidents");
    assert_int_equal(
        sym_release_answers(head, incidents, SYM_PURPOSE_TRAFFICKING, SYM_BASIS_CONSENT), SYM_OK);
    assert_int_equal(sym_release_answers(head, sym_span_text("incident"), SYM_PURPOSE_TRAFFICKING,
                                         SYM_BASIS_CONSENT),
                     SYM_BAD_VALUE);
    assert_int_equal(sym_release_answers(head, incidents, SYM_PURPOSE_AML, SYM_BASIS_CONSENT),
                     SYM_BAD_VALUE);
    assert_int_equal(
        sym_release_answers(head, incidents, SYM_PURPOSE_TRAFFICKING, SYM_BASIS_AGREEMENT),
        SYM_BAD_VALUE);
    head.len--;
    assert_int_not_equal(
        sym_release_answers(head, incidents, SYM_PURPOSE_TRAFFICKING, SYM_BASIS_CONSENT), SYM_OK);
}

int main(void)
{
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        TEST(an_initiator_withholds_from_when_its_release_is_due),
        TEST(an_approver_closes_one_whose_release_never_came),
        TEST(refuses_to_close_one_twice),
        TEST(refuses_to_close_what_is_no_tabulation_here),
        TEST(nothing_is_closed_when_its_entry_cannot_be_written),
        cmocka_unit_test(a_release_answers_what_was_asked_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
