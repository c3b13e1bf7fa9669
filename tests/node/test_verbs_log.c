/* What the command line gets of the log: rows that fit a reply, tiles, proofs, reports. */
#include "node/core/state.h"
#include "node/tabulation/ledger.h"
#include "proto/exhibit.h"
#include "tests/support/partner.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

struct fixture {
    struct room room;
    struct partner self;
    struct sym_core *core;
    struct sym_fault fault;
    uint8_t asked; /* queries */
    uint8_t answer[SYM_CONTROL_BYTES_MAX];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    room_open(&f->room);
    partner_open(&f->self, "Bank A", NULL);
    f->room.self = f->self.id;
    sym_sign_key_clear(&f->room.log_key);
    assert_int_equal(sym_sign_key_from(&f->room.log_key, sym_secret_span(&f->self.keys.log.seed)),
                     SYM_OK);
    f->core = calloc(1, sizeof *f->core);
    assert_non_null(f->core);
    f->core->store = f->room.store;
    f->core->log = room_log(&f->room);
    f->core->card.id = f->self.id;
    memcpy(f->core->card.text, f->self.text, f->self.len);
    f->core->card.len = f->self.len;
    assert_int_equal(
        sym_sign_key_from(&f->core->keys.identity, sym_secret_span(&f->self.keys.identity.seed)),
        SYM_OK);
    memcpy(f->core->keys.log.public_key, f->self.keys.log.public_key, SYM_ED25519_BYTES);
    memcpy(f->core->keys.cosign.public_key, f->self.keys.cosign.public_key, SYM_ED25519_BYTES);
    const struct sym_witness_config config = {.store = f->room.store,
                                              .log = f->core->log,
                                              .self = f->self.id,
                                              .cosign_key = &f->self.keys.cosign};
    assert_int_equal(sym_witness_open(&f->core->witness, &config, &f->fault), SYM_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    sym_witness_close(f->core->witness);
    sym_sign_key_clear(&f->core->keys.identity);
    free(f->core);
    partner_close(&f->self);
    room_close(&f->room);
    free(f);
    return 0;
}

static enum sym_err run(struct fixture *f, enum sym_verb verb, const void *arguments,
                        struct sym_arena *arena, void *value)
{
    const struct sym_verb_row *row = sym_verb_row((uint32_t)verb);
    struct sym_answer answer = {.message = row->answer, .bytes = f->answer};
    const struct sym_author author = {.log = f->core->log,
                                      .user = "audra",
                                      .roles = SYM_USER_AUDITOR,
                                      .command = sym_span_text("the command")};
    f->fault.text[0] = '\0';
    enum sym_err err = sym_core_run_verb(f->core, verb, &author, arguments, &answer, &f->fault);
    assert_int_equal(err == SYM_OK, f->fault.text[0] == '\0');
    if (err == SYM_OK) {
        assert_int_equal(sym_decode(arena, value, row->answer, sym_span(f->answer, answer.len)),
                         SYM_OK);
    }
    return err;
}

static void add(struct fixture *f, unsigned n, size_t request_bytes)
{
    static uint8_t request[SYM_SIGNED_BYTES_MAX];
    for (unsigned i = 0; i < n; i++) {
        const struct sym_entry_body body = {.event = sym_span_text("tested"),
                                            .request = sym_span(request, request_bytes)};
        const struct sym_entry entry = {.kind = SYM_ENTRY_SETTING, .body = &body};
        assert_int_equal(sym_log_add(f->core->log, &entry), SYM_OK);
    }
}

static void shows_the_head_and_the_keys_behind_it(void **state)
{
    struct fixture *f = *state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_log_head head;
    struct sym_empty none = {0};
    struct sym_note note;
    struct sym_checkpoint c;
    add(f, 3, 0);
    assert_int_equal(run(f, SYM_VERB_LOG_HEAD, &none, &arena, &head), SYM_OK);
    assert_int_equal(head.size, 3);
    assert_int_equal(head.generation, 1);
    assert_false(head.frozen);
    assert_true(sym_span_equal(head.log_key, sym_span(f->self.card.log, SYM_ED25519_BYTES)));
    assert_int_equal(sym_checkpoint_open(&c, &note, head.checkpoint, head.log_key.data), SYM_OK);
    assert_memory_equal(c.root, head.root.data, sizeof c.root);
}

static void says_that_the_log_is_frozen_and_signs_no_report_then(void **state)
{
    struct fixture *f = *state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_log_head head;
    struct sym_empty none = {0};
    struct sym_exhibit out;
    const struct sym_exhibit report = {.text = sym_span_text("# Report\n")};
    add(f, 3, 0);
    assert_int_equal(sym_log_freeze(f->core->log, "bank-b holds more"), SYM_OK);
    assert_int_equal(run(f, SYM_VERB_LOG_HEAD, &none, &arena, &head), SYM_OK);
    assert_true(head.frozen);
    assert_true(sym_span_equal(head.fault, sym_span_text("bank-b holds more")));
    sym_arena_clear(&arena);
    assert_int_equal(run(f, SYM_VERB_LOG_SIGN_REPORT, &report, &arena, &out), SYM_DENIED);
    assert_non_null(strstr(f->fault.text, "bank-b holds more"));
    assert_int_equal(sym_log_head(f->core->log)->size, 3);
}

static enum sym_err reserve(struct sym_transaction *t, void *context)
{
    struct fixture *f = context;
    const struct sym_ledger ledger = {.log = f->core->log,
                                      .restored_ms = &f->core->restored.restored_ms};
    const struct sym_ledger_ask ask = {.dataset = sym_span_text("cases"),
                                       .peer = &f->self.id,
                                       .cap_nano = 8,
                                       .now_ms = sym_wall_ms()};
    const uint8_t qid[SYM_HASH_BYTES] = {++f->asked};
    return sym_ledger_reserve(&ledger, t, qid, &ask, 1, ask.now_ms + 60000);
}

static enum sym_err debit_first(struct sym_transaction *t, void *context)
{
    struct fixture *f = context;
    const struct sym_ledger ledger = {.log = f->core->log};
    const uint8_t qid[SYM_HASH_BYTES] = {1};
    const struct sym_ledger_exchange x = {
        .id = qid, .initiator = &f->self.id, .responder = &f->self.id, .alias = ""};
    return sym_ledger_debit(&ledger, t, qid, &x, sym_wall_ms());
}

static void a_log_that_is_begun_again_takes_the_budget_for_spent(void **state)
{
    struct fixture *f = *state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_log_head head;
    struct sym_empty none = {0};
    add(f, 3, 0);
    assert_int_equal(sym_store_write(f->room.store, reserve, f), SYM_OK);
    assert_int_equal(run(f, SYM_VERB_LOG_RESTORE, &none, &arena, &head), SYM_WRONG_STATE);
    assert_int_equal(f->core->restored.restored_ms, 0);
    assert_int_equal(sym_log_freeze(f->core->log, "bank-b holds more"), SYM_OK);
    assert_int_equal(run(f, SYM_VERB_LOG_RESTORE, &none, &arena, &head), SYM_OK);
    assert_true(head.generation > 1);
    assert_in_range(f->core->restored.restored_ms, sym_wall_ms() - 60000, sym_wall_ms());
    assert_int_equal(sym_store_write(f->room.store, reserve, f), SYM_LIMIT);
    assert_int_equal(sym_store_write(f->room.store, debit_first, f), SYM_EXPIRED);
}

/* All rows, page by page: the number of pages. */
static unsigned list_all(struct fixture *f, struct sym_log_query q, size_t *rows, size_t *bodies)
{
    unsigned pages = 0;
    *rows = *bodies = 0;
    for (bool more = true; more; pages++) {
        SYM_ARENA_AUTO arena = {0};
        struct sym_log_list list;
        assert_int_equal(run(f, SYM_VERB_LOG_LIST, &q, &arena, &list), SYM_OK);
        assert_true(list.n_rows > 0 || list.more || pages == 0);
        for (size_t i = 0; i < list.n_rows; i++) {
            assert_int_equal(list.rows[i].index, *rows);
            *bodies += list.rows[i].body.len > 0;
            (*rows)++;
        }
        more = list.more;
        q.first = list.next;
    }
    return pages;
}

static void lists_rows_in_pages_that_fit_a_reply(void **state)
{
    struct fixture *f = *state;
    size_t rows = 0;
    size_t bodies = 0;
    add(f, 200, SYM_SIGNED_BYTES_MAX);
    assert_true(list_all(f, (struct sym_log_query){.bodies = true}, &rows, &bodies) > 1);
    assert_int_equal(rows, 200);
    assert_int_equal(bodies, 200);
    assert_int_equal(list_all(f, (struct sym_log_query){.bodies = false}, &rows, &bodies), 1);
    assert_int_equal(rows, 200);
    assert_int_equal(bodies, 0);
    assert_true(list_all(f, (struct sym_log_query){.most = 7}, &rows, &bodies) >= 200 / 7);
    assert_int_equal(rows, 200);
}

static void proves_an_entry_to_the_head_it_shows(void **state)
{
    struct fixture *f = *state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_log_proof p;
    struct sym_note note;
    struct sym_checkpoint c;
    uint8_t hash[SYM_HASH_BYTES];
    add(f, 300, 0);
    const struct sym_proof_query q = {.index = 17, .from = 200};
    assert_int_equal(run(f, SYM_VERB_LOG_PROOF, &q, &arena, &p), SYM_OK);
    assert_int_equal(p.size, 300);
    assert_int_equal(sym_checkpoint_open(&c, &note, p.checkpoint, f->self.card.log), SYM_OK);
    assert_int_equal(sym_merkle_leaf(hash, p.leaf), SYM_OK);
    assert_int_equal(sym_merkle_check_inclusion(c.root, hash, 17, 300, p.inclusion, p.n_inclusion),
                     SYM_OK);
    uint8_t old[SYM_HASH_BYTES];
    assert_int_equal(sym_log_root(f->core->log, old, 200), SYM_OK);
    assert_int_equal(
        sym_merkle_check_consistency(old, 200, c.root, 300, p.consistency, p.n_consistency),
        SYM_OK);
}

static void refuses_what_the_log_does_not_hold(void **state)
{
    struct fixture *f = *state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_log_proof p;
    struct sym_log_list list;
    struct sym_tile tile;
    const struct sym_proof_query proofs[] = {
        {.index = 5}, {.index = 0, .size = 6}, {.index = 0, .size = 5, .from = 6}};
    struct sym_empty none = {0};
    (void)none;
    assert_int_equal(run(f, SYM_VERB_LOG_PROOF, &proofs[0], &arena, &p), SYM_BAD_VALUE);
    add(f, 5, 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(run(f, SYM_VERB_LOG_PROOF, &proofs[i], &arena, &p), SYM_BAD_VALUE);
    }
    const struct sym_proof_query other = {.generation = 2, .index = 0};
    assert_int_equal(run(f, SYM_VERB_LOG_PROOF, &other, &arena, &p), SYM_NOT_FOUND);
    const struct sym_log_query query = {.generation = 2};
    assert_int_equal(run(f, SYM_VERB_LOG_LIST, &query, &arena, &list), SYM_NOT_FOUND);
    const struct sym_tile_query wide = {.width = 6};
    assert_int_equal(run(f, SYM_VERB_LOG_TILE, &wide, &arena, &tile), SYM_BAD_VALUE);
    const struct sym_tile_query fits = {.width = 5};
    assert_int_equal(run(f, SYM_VERB_LOG_TILE, &fits, &arena, &tile), SYM_OK);
    assert_int_equal(tile.hashes.len, 5 * SYM_HASH_BYTES);
}

static void signs_a_report_over_the_head_that_knows_of_it(void **state)
{
    struct fixture *f = *state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_exhibit out;
    struct sym_report_exhibit report = {.memory = NULL};
    const struct sym_exhibit asked = {.text = sym_span_text("# Report\n\nnothing happened\n")};
    add(f, 3, 0);
    assert_int_equal(run(f, SYM_VERB_LOG_SIGN_REPORT, &asked, &arena, &out), SYM_OK);
    assert_int_equal(sym_report_read(&report, out.text, "report", &f->fault), SYM_OK);
    assert_true(sym_span_equal(report.payload, asked.text));
    assert_int_equal(report.head.size, 4);
    sym_report_clear(&report);
    assert_int_equal(room_lines(&f->room, "report-signed user=audra").found, 1);
}

static void signs_no_report_that_cannot_be_logged(void **state)
{
    struct fixture *f = *state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_exhibit out;
    const struct sym_exhibit asked = {.text = sym_span_text("# Report\n")};
    add(f, 1, 0);
    room_fill_disk(true);
    assert_int_not_equal(run(f, SYM_VERB_LOG_SIGN_REPORT, &asked, &arena, &out), SYM_OK);
    room_fill_disk(false);
    assert_non_null(strstr(f->fault.text, "not signed"));
}

static void erases_and_counts(void **state)
{
    struct fixture *f = *state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_log_erased erased;
    size_t rows = 0;
    size_t bodies = 0;
    add(f, 10, 0);
    uint64_t now_ms = sym_wall_ms();
    while (sym_wall_ms() < now_ms + 3) {
    }
    const struct sym_log_erase asked = {.before_ms = now_ms + 2};
    assert_int_equal(run(f, SYM_VERB_LOG_ERASE, &asked, &arena, &erased), SYM_OK);
    assert_int_equal(erased.bodies, 10);
    (void)list_all(f, (struct sym_log_query){.bodies = true}, &rows, &bodies);
    assert_int_equal(rows, 11);
    assert_int_equal(bodies, 1);
}

static void erases_nothing_before_a_date_that_is_to_come(void **state)
{
    struct fixture *f = *state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_log_erased erased;
    size_t rows = 0;
    size_t bodies = 0;
    const uint64_t dates[] = {sym_wall_ms() + 60000, INT64_MAX - 1};
    add(f, 10, 0);
    for (size_t i = 0; i < 2; i++) {
        const struct sym_log_erase asked = {.before_ms = dates[i]};
        assert_int_equal(run(f, SYM_VERB_LOG_ERASE, &asked, &arena, &erased), SYM_BAD_VALUE);
        assert_non_null(strstr(f->fault.text, "in the future"));
    }
    (void)list_all(f, (struct sym_log_query){.bodies = true}, &rows, &bodies);
    assert_int_equal(rows, 10);
    assert_int_equal(bodies, 10);
    const struct sym_log_erase all = {.before_ms = SYM_LOG_ERASE_ALL}; /* is none */
    assert_int_equal(run(f, SYM_VERB_LOG_ERASE, &all, &arena, &erased), SYM_OK);
    assert_int_equal(erased.bodies, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shows_the_head_and_the_keys_behind_it),
        TEST(says_that_the_log_is_frozen_and_signs_no_report_then),
        TEST(a_log_that_is_begun_again_takes_the_budget_for_spent),
        TEST(lists_rows_in_pages_that_fit_a_reply),
        TEST(proves_an_entry_to_the_head_it_shows),
        TEST(refuses_what_the_log_does_not_hold),
        TEST(signs_a_report_over_the_head_that_knows_of_it),
        TEST(signs_no_report_that_cannot_be_logged),
        TEST(erases_and_counts),
        TEST(erases_nothing_before_a_date_that_is_to_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
