#include "proto/codec.h"
#include "proto/overlap_agree.h"
#include "proto/token.h"
#include "tests/support/grants_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GRANTED SYM_DECISION_GRANTED
#define DENIED  SYM_DECISION_DENIED

static enum sym_err add(struct grants_rig *r, const struct sym_grant *row)
{
    struct sym_grant out;
    struct sym_grant before;
    r->fault.text[0] = '\0';
    enum sym_err err = sym_grants_add(r->grants, &out, &before, row, &r->operator_, &r->fault);
    assert_int_equal(err == SYM_OK, r->fault.text[0] == '\0');
    return err;
}

static enum sym_err revoke(struct grants_rig *r, const char *alias, const char *dataset,
                           uint32_t kind)
{
    struct sym_grant_name name = {
        .alias = sym_span_text(alias), .dataset = sym_span_text(dataset), .kind = kind};
    r->fault.text[0] = '\0';
    enum sym_err err = sym_grants_revoke(r->grants, &name, &r->operator_, &r->fault);
    assert_int_equal(err == SYM_OK, r->fault.text[0] == '\0');
    return err;
}

static size_t count(struct grants_rig *r)
{
    const struct sym_grant *rows;
    return sym_grants_list(r->grants, &rows);
}

static void shows_a_grant_as_it_was_given_after_a_restart(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    const struct sym_grant *rows;
    row.approval = true;
    row.expires_s = RIG_NOW / 1000 + 5;
    grants_rig_add(r, &row);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(sym_grants_list(r->grants, &rows), 1);
        assert_true(sym_span_equal(rows[0].alias, row.alias));
        assert_true(sym_span_equal(rows[0].dataset, row.dataset));
        assert_true(sym_span_equal(rows[0].added_by, sym_span_text("olga")));
        assert_int_equal(rows[0].added_s, RIG_NOW / 1000);
        assert_int_equal(rows[0].kind, row.kind);
        assert_int_equal(rows[0].min_elements, 10);
        assert_int_equal(rows[0].max_elements, 1000);
        assert_int_equal(rows[0].per_day, 5);
        assert_int_equal(rows[0].purposes, row.purposes);
        assert_int_equal(rows[0].types, row.types);
        assert_int_equal(rows[0].expires_s, row.expires_s);
        assert_int_equal(rows[0].asked, 0);
        assert_true(rows[0].approval);
        grants_rig_restart(r);
    }
    assert_int_equal(grants_rig_lines(r, "grant-added user=olga peer=peer-0 subject=suspects "
                                         "kind=overlap:matches"),
                     1);
}

static void shows_the_limits_of_the_outcome_after_a_restart(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    const struct sym_grant *rows;
    row.min_result = 7;
    row.engines = SYM_OVERLAP_ENGINES;
    row.standing_days = 30;
    row.elements_per_day = 200;
    row.epsilon_micro = 1250000;
    grants_rig_add(r, &row);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(sym_grants_list(r->grants, &rows), 1);
        assert_int_equal(rows[0].min_result, 7);
        assert_int_equal(rows[0].engines, SYM_OVERLAP_ENGINES);
        assert_int_equal(rows[0].epsilon_micro, 1250000);
        assert_int_equal(rows[0].standing_days, 30);
        assert_int_equal(rows[0].elements_per_day, 200);
        assert_int_equal(grants_rig_decision(r, 0), GRANTED);
        assert_int_equal(r->verdict.min_result, 7);
        grants_rig_restart(r);
    }
}

struct stored {
    uint8_t version;
    struct sym_grant row;
};

static enum sym_err put_stored(struct sym_transaction *t, void *context)
{
    const struct stored *s = context;
    uint8_t key[SYM_NODE_ID_BYTES + 8] = {1};
    uint8_t bytes[512] = {s->version};
    size_t len = 0;
    key[sizeof key - 1] = 1;
    assert_int_equal(sym_encode(bytes + 1, sizeof bytes - 1, &len, &sym_msg_grant, &s->row),
                     SYM_OK);
    return sym_store_put(t, SYM_TABLE_GRANTS, sym_span(key, sizeof key), sym_span(bytes, len + 1));
}

static void a_grant_of_the_first_version_allows_what_it_allowed(void **state)
{
    struct grants_rig *r = *state;
    struct stored s = {.version = 1, .row = grants_rig_row()};
    const struct sym_grant *rows;
    struct rig_ask ask;
    s.row.engines = 0;
    s.row.added_by = sym_span_text("olga");
    assert_int_equal(sym_store_write(r->room.store, put_stored, &s), SYM_OK);
    grants_rig_restart(r);
    assert_int_equal(sym_grants_list(r->grants, &rows), 1);
    assert_int_equal(rows[0].engines, 1u << SYM_OVERLAP_ENGINE_DH);
    assert_int_equal(rows[0].min_result, 0);
    assert_int_equal(rows[0].epsilon_micro, 0);
    assert_int_equal(grants_rig_decision(r, 0), GRANTED);
    grants_rig_ask(r, &ask, 0);
    ask.ask.engines = 1u << SYM_OVERLAP_ENGINE_VOLE;
    assert_int_equal(grants_rig_decide(r, &ask), SYM_OK);
    assert_int_equal(r->verdict.decision, DENIED);
    assert_string_equal(r->verdict.cause, "engine");
}

static void refuses_a_stored_grant_of_a_later_version(void **state)
{
    struct grants_rig *r = *state;
    struct stored s = {.version = 3, .row = grants_rig_row()};
    assert_int_equal(sym_store_write(r->room.store, put_stored, &s), SYM_OK);
    sym_grants_close(r->grants);
    r->grants = NULL;
    room_reopen(&r->room);
    assert_int_equal(grants_rig_open(r), SYM_BAD_VERSION);
    assert_non_null(strstr(r->fault.text, "grants: the stored table"));
}

static void lists_grants_in_the_order_in_which_they_were_given(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    static const char *const aliases[] = {"peer-3", "peer-1", "peer-2", "peer-0"};
    const struct sym_grant *rows;
    for (size_t n = 1; n <= 4; n++) {
        row.alias = sym_span_text(aliases[n - 1]);
        grants_rig_add(r, &row);
        grants_rig_restart(r); /* the store has them by node id */
        assert_int_equal(sym_grants_list(r->grants, &rows), n);
        for (size_t i = 0; i < n; i++) {
            assert_true(sym_span_equal(rows[i].alias, sym_span_text(aliases[i])));
        }
    }
}

static void a_peer_keeps_its_grants_under_another_alias(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    const struct sym_grant *rows;
    grants_rig_add(r, &row);
    (void)snprintf(r->peer[0].alias, sizeof r->peer[0].alias, "renamed");
    grants_rig_restart(r);
    assert_int_equal(sym_grants_list(r->grants, &rows), 1);
    assert_true(sym_span_equal(rows[0].alias, sym_span_text("renamed")));
    assert_int_equal(grants_rig_decision(r, 0), GRANTED);
    assert_int_equal(revoke(r, "peer-0", "suspects", row.kind), SYM_NOT_FOUND);
    assert_int_equal(revoke(r, "renamed", "suspects", row.kind), SYM_OK);
}

static void a_grant_opens_one_dataset_to_one_peer_for_one_kind(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    struct rig_ask ask;
    grants_rig_add(r, &row);
    assert_int_equal(grants_rig_decision(r, 0), GRANTED);
    assert_int_equal(grants_rig_decision(r, 1), DENIED);
    grants_rig_ask(r, &ask, 0);
    ask.request.kind = SYM_KIND_OVERLAP_COUNT;
    assert_int_equal(grants_rig_decide(r, &ask), SYM_OK);
    assert_int_equal(r->verdict.decision, DENIED);
    static const char *const names[] = {"suspect", "suspects2", "SUSPECTS", "", "clients"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        grants_rig_ask(r, &ask, 0);
        ask.request.dataset = sym_span_text(names[i]);
        assert_int_equal(grants_rig_decide(r, &ask), SYM_OK);
        assert_int_equal(r->verdict.decision, DENIED);
    }
    assert_int_equal(grants_rig_asked(r), 1);
}

static void no_grant_and_no_dataset_sound_the_same(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    struct rig_ask ask;
    grants_rig_add(r, &row);
    grants_rig_ask(r, &ask, 0);
    ask.ask.dataset_known = false;
    assert_int_equal(grants_rig_decide(r, &ask), SYM_OK);
    struct sym_policy_verdict unknown = r->verdict;
    grants_rig_ask(r, &ask, 1);
    assert_int_equal(grants_rig_decide(r, &ask), SYM_OK);
    assert_int_equal(unknown.decision, DENIED);
    assert_int_equal(unknown.reason, r->verdict.reason);
    assert_string_equal(unknown.remark, r->verdict.remark);
    assert_int_equal(grants_rig_asked(r), 0);
}

static void replaces_a_grant_and_keeps_what_was_asked(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    grants_rig_add(r, &row);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(grants_rig_decision(r, 0), GRANTED);
    }
    assert_int_equal(grants_rig_decision(r, 0), DENIED);
    grants_rig_add(r, &row);
    assert_int_equal(grants_rig_decision(r, 0), DENIED);
    row.per_day = 8;
    grants_rig_add(r, &row);
    assert_int_equal(count(r), 1);
    assert_int_equal(grants_rig_decision(r, 0), GRANTED);
    assert_int_equal(grants_rig_decision(r, 0), DENIED);
    grants_rig_restart(r);
    assert_int_equal(count(r), 1);
    assert_int_equal(grants_rig_asked(r), 9);
}

static void refuses_a_grant_that_cannot_be_kept_and_says_why(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    row.alias = sym_span_text("nobody");
    assert_int_equal(add(r, &row), SYM_NOT_FOUND);
    assert_non_null(strstr(r->fault.text, "peer nobody: is not pinned"));
    static const char *const names[] = {"", "-x", "a b", "a/b", "ä"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        row = grants_rig_row();
        row.dataset = sym_span_text(names[i]);
        assert_int_equal(add(r, &row), SYM_BAD_VALUE);
        assert_non_null(strstr(r->fault.text, "dataset:"));
    }
    row = grants_rig_row();
    row.kind = SYM_KIND_PING;
    assert_int_equal(add(r, &row), SYM_BAD_VALUE);
    row = grants_rig_row();
    row.per_day = 0;
    assert_int_equal(add(r, &row), SYM_BAD_VALUE);
    row = grants_rig_row();
    row.expires_s = RIG_NOW / 1000;
    assert_int_equal(add(r, &row), SYM_EXPIRED);
    row.expires_s++;
    assert_int_equal(add(r, &row), SYM_OK);
    assert_int_equal(count(r), 1);
    assert_int_equal(grants_rig_lines(r, "grant-"), 1);
}

static void refuses_more_grants_than_there_is_room_for(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    for (unsigned i = 0; i < SYM_GRANTS_MAX; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "d%u", i);
        row.dataset = sym_span_text(name);
        assert_int_equal(add(r, &row), SYM_OK);
    }
    row.dataset = sym_span_text("one-more");
    assert_int_equal(add(r, &row), SYM_LIMIT);
    assert_non_null(strstr(r->fault.text, "revoke one first"));
    row.dataset = sym_span_text("d511");
    assert_int_equal(add(r, &row), SYM_OK);
    assert_int_equal(revoke(r, "peer-0", "d7", row.kind), SYM_OK);
    row.dataset = sym_span_text("one-more");
    assert_int_equal(add(r, &row), SYM_OK);
    grants_rig_restart(r);
    const struct sym_grant *rows;
    assert_int_equal(sym_grants_list(r->grants, &rows), SYM_GRANTS_MAX);
    assert_true(sym_span_equal(rows[SYM_GRANTS_MAX - 1].dataset, sym_span_text("one-more")));
    assert_true(sym_span_equal(rows[0].dataset, sym_span_text("d0")));
}

static void a_revoked_grant_holds_no_longer_also_after_a_restart(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    grants_rig_add(r, &row);
    assert_int_equal(grants_rig_decision(r, 0), GRANTED);
    assert_int_equal(revoke(r, "peer-0", "suspects", SYM_KIND_OVERLAP_COUNT), SYM_NOT_FOUND);
    assert_int_equal(revoke(r, "peer-1", "suspects", row.kind), SYM_NOT_FOUND);
    assert_int_equal(revoke(r, "peer-0", "clients", row.kind), SYM_NOT_FOUND);
    assert_int_equal(grants_rig_decision(r, 0), GRANTED);
    assert_int_equal(revoke(r, "peer-0", "suspects", row.kind), SYM_OK);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(grants_rig_decision(r, 0), DENIED);
        assert_string_equal(r->verdict.cause, "no grant");
        assert_int_equal(count(r), 0);
        grants_rig_restart(r);
    }
    assert_int_equal(room_count(&r->room, SYM_TABLE_ASKED), 0);
    assert_int_equal(revoke(r, "peer-0", "suspects", row.kind), SYM_NOT_FOUND);
    assert_non_null(strstr(r->fault.text, "grants list"));
}

static void removing_a_peer_takes_what_was_its_own_and_nothing_else(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    row.approval = true;
    grants_rig_add(r, &row);
    row.dataset = sym_span_text("clients");
    grants_rig_add(r, &row);
    row = grants_rig_row();
    row.alias = sym_span_text("peer-1");
    grants_rig_add(r, &row);
    assert_int_equal(grants_rig_decision(r, 0), SYM_DECISION_HELD);
    assert_int_equal(grants_rig_decision(r, 1), GRANTED);
    assert_int_equal(grants_rig_drop(r, 0), SYM_OK);
    assert_int_equal(grants_rig_drop(r, 0), SYM_OK);
    for (int again = 0; again < 2; again++) {
        const struct sym_held_request *requests;
        assert_int_equal(count(r), 1);
        assert_int_equal(sym_grants_requests(r->grants, &requests), 0);
        assert_int_equal(grants_rig_decision(r, 0), DENIED);
        assert_int_equal(grants_rig_decision(r, 1), GRANTED);
        grants_rig_restart(r);
    }
    assert_int_equal(room_count(&r->room, SYM_TABLE_ASKED), 1);
    assert_int_equal(room_count(&r->room, SYM_TABLE_HELD), 0);
    assert_int_equal(grants_rig_lines(r, "grants-dropped"), 1);
}

static void a_start_drops_what_belongs_to_no_pinned_peer(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    row.approval = true;
    for (unsigned i = 0; i < 4; i++) {
        char alias[16];
        (void)snprintf(alias, sizeof alias, "peer-%u", i);
        row.alias = sym_span_text(alias);
        grants_rig_add(r, &row);
        assert_int_equal(grants_rig_decision(r, i), SYM_DECISION_HELD);
    }
    r->peers.items = r->items + 2;
    r->peers.n = 1;
    grants_rig_restart(r);
    const struct sym_grant *rows;
    const struct sym_held_request *requests;
    assert_int_equal(sym_grants_list(r->grants, &rows), 1);
    assert_true(sym_span_equal(rows[0].alias, sym_span_text("peer-2")));
    assert_int_equal(sym_grants_requests(r->grants, &requests), 1);
    assert_int_equal(grants_rig_lines(r, "grants-dropped"), 3);
}

static void nothing_is_granted_that_cannot_be_recorded(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    struct rig_ask ask;
    grants_rig_add(r, &row);
    for (int again = 0; again < 3; again++) {
        grants_rig_ask(r, &ask, 0);
        room_fill_disk(true);
        enum sym_err err = grants_rig_decide(r, &ask);
        room_fill_disk(false);
        assert_int_equal(err, SYM_NO_SPACE);
        assert_int_equal(grants_rig_asked(r), 0);
    }
    grants_rig_restart(r);
    assert_int_equal(grants_rig_asked(r), 0);
    assert_int_equal(grants_rig_decide(r, &ask), SYM_OK);
    assert_int_equal(r->verdict.decision, GRANTED);
}

static void a_full_disk_changes_no_grant(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    struct sym_grant other = row;
    other.dataset = sym_span_text("clients");
    grants_rig_add(r, &row);
    row.per_day = 77;
    room_fill_disk(true);
    enum sym_err added = add(r, &other);
    enum sym_err replaced = add(r, &row);
    enum sym_err revoked = revoke(r, "peer-0", "suspects", row.kind);
    enum sym_err dropped = grants_rig_drop(r, 0);
    room_fill_disk(false);
    assert_int_equal(added, SYM_NO_SPACE);
    assert_int_equal(replaced, SYM_NO_SPACE);
    assert_int_equal(revoked, SYM_NO_SPACE);
    assert_int_equal(dropped, SYM_NO_SPACE);
    for (int again = 0; again < 2; again++) {
        const struct sym_grant *rows;
        assert_int_equal(sym_grants_list(r->grants, &rows), 1);
        assert_int_equal(rows[0].per_day, 5);
        grants_rig_restart(r);
    }
    assert_int_equal(grants_rig_lines(r, "grant"), 1);
}

static void names_of_datasets_lie_on_the_disk_sealed(void **state)
{
    struct grants_rig *r = *state;
    struct sym_grant row = grants_rig_row();
    static char bytes[4 << 20];
    row.approval = true;
    grants_rig_add(r, &row);
    assert_int_equal(grants_rig_decision(r, 0), SYM_DECISION_HELD);
    FILE *file = fopen(room_path(&r->room, "store/data.mdb"), "rb");
    assert_non_null(file);
    size_t len = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    assert_null(memmem(bytes, len, "suspects", 8));
    assert_null(memmem(bytes, len, "olga", 4));
    assert_non_null(memmem(bytes, len, "grants", 6)); /* the search finds what is there */
}

static void refuses_tables_that_are_damaged(void **state)
{
    struct grants_rig *r = *state;
    static const enum sym_table tables[] = {SYM_TABLE_GRANTS, SYM_TABLE_ASKED, SYM_TABLE_HELD,
                                            SYM_TABLE_PATTERNS};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        sym_grants_close(r->grants);
        r->grants = NULL;
        room_close(&r->room);
        room_open(&r->room);
        assert_int_equal(room_put(&r->room, tables[i], "0123456789abcdef", "x"), SYM_OK);
        assert_int_equal(grants_rig_open(r), SYM_BAD_FORMAT);
        assert_non_null(strstr(r->fault.text, "restore a backup"));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, grants_rig_set_up, grants_rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shows_a_grant_as_it_was_given_after_a_restart),
        TEST(shows_the_limits_of_the_outcome_after_a_restart),
        TEST(a_grant_of_the_first_version_allows_what_it_allowed),
        TEST(refuses_a_stored_grant_of_a_later_version),
        TEST(lists_grants_in_the_order_in_which_they_were_given),
        TEST(a_peer_keeps_its_grants_under_another_alias),
        TEST(a_grant_opens_one_dataset_to_one_peer_for_one_kind),
        TEST(no_grant_and_no_dataset_sound_the_same),
        TEST(replaces_a_grant_and_keeps_what_was_asked),
        TEST(refuses_a_grant_that_cannot_be_kept_and_says_why),
        TEST(refuses_more_grants_than_there_is_room_for),
        TEST(a_revoked_grant_holds_no_longer_also_after_a_restart),
        TEST(removing_a_peer_takes_what_was_its_own_and_nothing_else),
        TEST(a_start_drops_what_belongs_to_no_pinned_peer),
        TEST(nothing_is_granted_that_cannot_be_recorded),
        TEST(a_full_disk_changes_no_grant),
        TEST(names_of_datasets_lie_on_the_disk_sealed),
        TEST(refuses_tables_that_are_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
