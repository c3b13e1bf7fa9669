#include "node/grant/proposals.h"
#include "proto/codec.h"
#include "proto/exchange.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW    UINT64_C(1790000000000)
#define HOUR   UINT64_C(3600000)
#define PEOPLE 4u

enum who { ALICE, ANNA, OTTO, AMIR };

static const struct {
    const char *name;
    unsigned roles;
} people[PEOPLE] = {[ALICE] = {"alice", SYM_USER_ANALYST | SYM_USER_APPROVER},
                    [ANNA] = {"anna", SYM_USER_APPROVER},
                    [OTTO] = {"otto", SYM_USER_OPERATOR},
                    [AMIR] = {"amir", SYM_USER_ANALYST}};

struct fixture {
    struct room room;
    struct sym_users users;
    struct sym_sign_key keys[PEOPLE];
    struct sym_proposals *proposals;
    struct sym_fault fault;
    struct sym_held_request row;
    struct sym_approved approved;
    uint8_t command[8192];
};

static uint64_t clock_ms;

static uint64_t read_clock(void)
{
    return clock_ms;
}

static void open_all(struct fixture *f)
{
    struct sym_proposals_config c = {.store = f->room.store,
                                     .log = room_log(&f->room),
                                     .users = &f->users,
                                     .wall_ms = read_clock};
    if (sym_proposals_open(&f->proposals, &c, &f->fault) != SYM_OK) {
        fail_msg("%s", f->fault.text);
    }
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return -1;
    }
    clock_ms = NOW;
    room_open(&f->room);
    f->users.n = PEOPLE;
    for (size_t i = 0; i < PEOPLE; i++) {
        struct sym_user *u = &f->users.items[i];
        assert_int_equal(sym_sign_key_new(&f->keys[i]), SYM_OK);
        (void)snprintf(u->name, sizeof u->name, "%s", people[i].name);
        u->roles = people[i].roles;
        memcpy(u->key, f->keys[i].public_key, sizeof u->key);
    }
    open_all(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    room_fill_disk(false);
    sym_proposals_close(f->proposals);
    for (size_t i = 0; i < PEOPLE; i++) {
        sym_sign_key_clear(&f->keys[i]);
    }
    room_close(&f->room);
    free(f);
    return 0;
}

static void restart(struct fixture *f)
{
    sym_proposals_close(f->proposals);
    f->proposals = NULL;
    room_reopen(&f->room);
    open_all(f);
}

/* The author of a command, as control.c makes it: signed anew each time. */
static struct sym_author author(struct fixture *f, enum who who, enum sym_verb verb,
                                const void *arguments)
{
    static struct sym_node_id node;
    uint8_t nonce[SYM_NONCE_BYTES];
    size_t len = 0;
    sym_random(nonce, sizeof nonce);
    assert_int_equal(sym_control_sign(f->command, sizeof f->command, &len, &f->keys[who], &node,
                                      nonce, clock_ms + 1000, verb, arguments),
                     SYM_OK);
    return (struct sym_author){.log = f->room.log,
                               .user = people[who].name,
                               .roles = people[who].roles,
                               .command = sym_span(f->command, len)};
}

static struct sym_overlap_start wish(const char *case_ref)
{
    return (struct sym_overlap_start){.alias = sym_span_text("bank-b"),
                                      .mine = sym_span_text("mine"),
                                      .theirs = sym_span_text("theirs"),
                                      .kind = SYM_KIND_OVERLAP_MATCHES,
                                      .purpose = SYM_PURPOSE_AML,
                                      .basis = SYM_BASIS_314B,
                                      .case_ref = sym_span_text(case_ref),
                                      .timeout_ms = 1000};
}

static enum sym_err hold(struct fixture *f, enum who who, const char *case_ref)
{
    struct sym_overlap_start w = wish(case_ref);
    struct sym_author by = author(f, who, SYM_VERB_OVERLAP_START, &w);
    f->fault.text[0] = '\0';
    enum sym_err err =
        sym_proposals_hold(f->proposals, &by, sym_span_text("an overlap"), &f->fault);
    assert_true(err != SYM_OK && f->fault.text[0] != '\0');
    return err;
}

static size_t list(struct fixture *f, struct sym_held_request rows[SYM_PROPOSALS_MAX])
{
    return sym_proposals_list(f->proposals, rows, SYM_PROPOSALS_MAX, NULL);
}

/* The id of the newest. */
static void newest(struct fixture *f, uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    struct sym_held_request rows[SYM_PROPOSALS_MAX];
    size_t n = list(f, rows);
    assert_true(n > 0);
    memcpy(id, rows[n - 1].id.data, SYM_EXCHANGE_ID_BYTES);
}

static enum sym_err decide(struct fixture *f, enum who who, const uint8_t *id, bool approve)
{
    struct sym_request_decision d = {.id = sym_span(id, SYM_EXCHANGE_ID_BYTES),
                                     .approve = approve,
                                     .why = sym_span_text(approve ? "" : "not now")};
    struct sym_author by = author(f, who, SYM_VERB_REQUEST_DECIDE, &d);
    f->fault.text[0] = '\0';
    enum sym_err err =
        sym_proposals_decide(f->proposals, &f->row, &f->approved, &d, &by, &f->fault);
    assert_int_equal(err == SYM_OK, f->fault.text[0] == '\0');
    return err;
}

static enum sym_err collect(struct fixture *f, enum who who, const char *case_ref, uint8_t *out)
{
    struct sym_overlap_start w = wish(case_ref);
    struct sym_author by = author(f, who, SYM_VERB_OVERLAP_START, &w);
    return sym_proposals_collect(f->proposals, out, &by);
}

static uint32_t state_of(struct fixture *f, const uint8_t *id)
{
    struct sym_held_request rows[SYM_PROPOSALS_MAX];
    size_t n = list(f, rows);
    for (size_t i = 0; i < n; i++) {
        if (sym_span_equal(rows[i].id, sym_span(id, SYM_EXCHANGE_ID_BYTES))) {
            return rows[i].state;
        }
    }
    return SYM_HELD_STATE_COUNT;
}

static void a_command_is_kept_as_it_was_signed_and_done_once_approved(void **state)
{
    struct fixture *f = *state;
    struct sym_held_request rows[SYM_PROPOSALS_MAX];
    uint8_t kept[8192];
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    assert_int_equal(hold(f, AMIR, "C-1"), SYM_HELD);
    memcpy(kept, f->command, sizeof kept);
    newest(f, id);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(list(f, rows), 1);
        assert_true(sym_span_equal(rows[0].user, sym_span_text("amir")));
        assert_true(sym_span_equal(rows[0].what, sym_span_text("an overlap")));
        assert_int_equal(rows[0].verb, SYM_VERB_OVERLAP_START);
        assert_int_equal(rows[0].state, SYM_HELD_WAITING);
        assert_int_equal(rows[0].received_ms, NOW);
        assert_int_equal(rows[0].expires_ms, NOW + 24 * HOUR);
        assert_int_equal(rows[0].alias.len, 0);
        restart(f);
    }
    assert_int_equal(decide(f, ANNA, id, true), SYM_OK);
    assert_string_equal(f->approved.user.name, "amir");
    assert_memory_equal(f->approved.command.data, kept, f->approved.command.len);
    assert_int_equal(f->row.state, SYM_HELD_APPROVED);
    assert_true(sym_span_equal(f->row.decided_by, sym_span_text("anna")));
}

static void the_same_command_waits_once(void **state)
{
    struct fixture *f = *state;
    struct sym_held_request rows[SYM_PROPOSALS_MAX];
    char first[SYM_FAULT_BYTES];
    assert_int_equal(hold(f, AMIR, "C-1"), SYM_HELD);
    memcpy(first, f->fault.text, sizeof first);
    clock_ms += HOUR;
    assert_int_equal(hold(f, AMIR, "C-1"), SYM_HELD); /* another nonce, another time */
    assert_string_equal(f->fault.text, first);
    assert_int_equal(list(f, rows), 1);
    assert_int_equal(hold(f, AMIR, "C-2"), SYM_HELD);
    assert_int_equal(hold(f, ALICE, "C-1"), SYM_HELD);
    assert_int_equal(list(f, rows), 3);
    assert_int_equal(sym_proposals_list(f->proposals, rows, SYM_PROPOSALS_MAX, "amir"), 2);
    assert_int_equal(sym_proposals_list(f->proposals, rows, 1, NULL), 1);
}

static void who_gave_it_cannot_approve_it(void **state)
{
    struct fixture *f = *state;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    assert_int_equal(hold(f, ALICE, "C-1"), SYM_HELD);
    newest(f, id);
    assert_int_equal(decide(f, ALICE, id, true), SYM_DENIED);
    assert_non_null(strstr(f->fault.text, "alice's own"));
    assert_int_equal(decide(f, ALICE, id, false), SYM_DENIED);
    assert_int_equal(state_of(f, id), SYM_HELD_WAITING);
    assert_int_equal(decide(f, ANNA, id, true), SYM_OK);
}

static enum sym_err withdraw(struct fixture *f, enum who who, const uint8_t *id)
{
    const struct sym_exchange_name name = {.id = sym_span(id, SYM_EXCHANGE_ID_BYTES)};
    struct sym_author by = author(f, who, SYM_VERB_EXCHANGE_CANCEL, &name);
    f->fault.text[0] = '\0';
    return sym_proposals_withdraw(f->proposals, name.id, &by, &f->fault);
}

static void who_gave_it_takes_it_back_and_nobody_else(void **state)
{
    struct fixture *f = *state;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint8_t none[SYM_EXCHANGE_ID_BYTES] = {1};
    assert_int_equal(hold(f, AMIR, "C-1"), SYM_HELD);
    newest(f, id);
    assert_int_equal(withdraw(f, AMIR, none), SYM_NOT_FOUND);
    assert_int_equal(withdraw(f, ANNA, id), SYM_DENIED);
    assert_non_null(strstr(f->fault.text, "is amir's, who alone takes it back"));
    assert_int_equal(state_of(f, id), SYM_HELD_WAITING);
    assert_int_equal(withdraw(f, AMIR, id), SYM_OK);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(state_of(f, id), SYM_HELD_CANCELLED);
        assert_int_equal(decide(f, ANNA, id, true), SYM_WRONG_STATE);
        assert_non_null(strstr(f->fault.text, "was decided before: cancelled, by amir"));
        assert_int_equal(withdraw(f, AMIR, id), SYM_WRONG_STATE);
        restart(f);
    }
    assert_int_equal(hold(f, AMIR, "C-1"), SYM_HELD); /* given once more it is another one */
    newest(f, none);
    assert_memory_not_equal(none, id, sizeof id);
    assert_int_equal(decide(f, ANNA, none, true), SYM_OK);
    assert_int_equal(withdraw(f, AMIR, none), SYM_WRONG_STATE);
}

static void who_has_not_the_role_cannot_approve_it(void **state)
{
    struct fixture *f = *state;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    assert_int_equal(hold(f, ALICE, "C-1"), SYM_HELD);
    newest(f, id);
    for (enum who who = OTTO; who <= AMIR; who++) {
        assert_int_equal(decide(f, who, id, true), SYM_DENIED);
        assert_non_null(strstr(f->fault.text, "has not the approver role"));
        assert_int_equal(decide(f, who, id, false), SYM_DENIED);
    }
    assert_int_equal(state_of(f, id), SYM_HELD_WAITING);
}

static void it_expires_after_a_day(void **state)
{
    struct fixture *f = *state;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    struct sym_held_request rows[SYM_PROPOSALS_MAX];
    assert_int_equal(hold(f, AMIR, "C-1"), SYM_HELD);
    newest(f, id);
    clock_ms += 24 * HOUR - 1;
    assert_int_equal(state_of(f, id), SYM_HELD_WAITING);
    clock_ms++;
    assert_int_equal(state_of(f, id), SYM_HELD_EXPIRED);
    assert_int_equal(decide(f, ANNA, id, true), SYM_EXPIRED);
    assert_int_equal(decide(f, ANNA, id, false), SYM_EXPIRED);
    assert_int_equal(hold(f, AMIR, "C-1"), SYM_HELD); /* a new one */
    assert_int_equal(list(f, rows), 2);
    clock_ms += 24 * HOUR;
    assert_int_equal(list(f, rows), 1);
}

static void it_is_decided_once(void **state)
{
    struct fixture *f = *state;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    for (int approve = 0; approve < 2; approve++) {
        assert_int_equal(hold(f, AMIR, approve ? "C-1" : "C-2"), SYM_HELD);
        newest(f, id);
        assert_int_equal(decide(f, ANNA, id, approve), SYM_OK);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(decide(f, ANNA, id, true), SYM_WRONG_STATE);
            assert_non_null(strstr(f->fault.text, "by anna"));
            assert_int_equal(decide(f, ALICE, id, false), SYM_WRONG_STATE);
            restart(f);
        }
        assert_int_equal(state_of(f, id), approve ? SYM_HELD_APPROVED : SYM_HELD_DENIED);
    }
}

static void refuses_ids_that_are_none_and_denials_without_a_reason(void **state)
{
    struct fixture *f = *state;
    uint8_t id[SYM_EXCHANGE_ID_BYTES] = {1};
    struct sym_request_decision d = {.id = sym_span(id, sizeof id)};
    assert_int_equal(decide(f, ANNA, id, true), SYM_NOT_FOUND);
    assert_false(sym_proposals_has(f->proposals, d.id));
    assert_false(sym_proposals_has(f->proposals, sym_span(NULL, 0)));
    assert_int_equal(hold(f, AMIR, "C-1"), SYM_HELD);
    newest(f, id);
    assert_true(sym_proposals_has(f->proposals, d.id));
    struct sym_author by = author(f, ANNA, SYM_VERB_REQUEST_DECIDE, &d);
    assert_int_equal(sym_proposals_decide(f->proposals, &f->row, &f->approved, &d, &by, &f->fault),
                     SYM_BAD_VALUE);
    assert_int_equal(state_of(f, id), SYM_HELD_WAITING);
}

static void a_user_who_went_or_lost_the_role_gives_no_commands(void **state)
{
    struct fixture *f = *state;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    struct sym_user *amir = &f->users.items[AMIR];
    assert_int_equal(hold(f, AMIR, "C-1"), SYM_HELD);
    newest(f, id);
    amir->roles = SYM_USER_AUDITOR;
    assert_int_equal(decide(f, ANNA, id, true), SYM_DENIED);
    amir->roles = SYM_USER_ANALYST;
    amir->key[0] ^= 1; /* the same name, another key */
    assert_int_equal(decide(f, ANNA, id, true), SYM_DENIED);
    assert_non_null(strstr(f->fault.text, "no user with the role"));
    assert_int_equal(decide(f, ANNA, id, false), SYM_OK); /* can be denied all the same */
}

static void who_gives_the_command_again_gets_the_exchange_once(void **state)
{
    struct fixture *f = *state;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint8_t got[SYM_EXCHANGE_ID_BYTES] = {0};
    const uint8_t exchange[SYM_EXCHANGE_ID_BYTES] = {0xee};
    assert_int_equal(collect(f, AMIR, "C-1", got), SYM_NOT_FOUND);
    assert_int_equal(hold(f, AMIR, "C-1"), SYM_HELD);
    newest(f, id);
    assert_int_equal(collect(f, AMIR, "C-1", got), SYM_NOT_FOUND);
    assert_int_equal(decide(f, ANNA, id, true), SYM_OK);
    assert_int_equal(collect(f, AMIR, "C-1", got), SYM_NOT_FOUND);
    sym_proposals_done(f->proposals, &f->row, sym_span(id, sizeof id),
                       sym_span(exchange, sizeof exchange), "");
    assert_int_equal(f->row.state, SYM_HELD_USED);
    restart(f);
    assert_int_equal(collect(f, AMIR, "C-2", got), SYM_NOT_FOUND);
    assert_int_equal(collect(f, ALICE, "C-1", got), SYM_NOT_FOUND);
    assert_int_equal(collect(f, AMIR, "C-1", got), SYM_OK);
    assert_memory_equal(got, exchange, sizeof got);
    restart(f);
    assert_int_equal(collect(f, AMIR, "C-1", got), SYM_NOT_FOUND);
    assert_int_equal(hold(f, AMIR, "C-1"), SYM_HELD); /* one approval, one exchange */
    assert_int_equal(state_of(f, id), SYM_HELD_USED);
}

static void too_many_of_one_user_are_refused_and_others_still_heard(void **state)
{
    struct fixture *f = *state;
    struct sym_held_request rows[SYM_PROPOSALS_MAX];
    char name[16];
    for (unsigned i = 0; i < SYM_PROPOSALS_PER_USER_MAX; i++) {
        (void)snprintf(name, sizeof name, "C-%u", i);
        assert_int_equal(hold(f, AMIR, name), SYM_HELD);
    }
    assert_int_equal(hold(f, AMIR, "one more"), SYM_LIMIT);
    assert_int_equal(hold(f, AMIR, "C-0"), SYM_HELD); /* waits already */
    assert_int_equal(hold(f, ALICE, "C-0"), SYM_HELD);
    assert_int_equal(list(f, rows), SYM_PROPOSALS_PER_USER_MAX + 1);
}

static void what_was_decided_makes_room(void **state)
{
    struct fixture *f = *state;
    struct sym_held_request rows[SYM_PROPOSALS_MAX];
    uint8_t first[SYM_EXCHANGE_ID_BYTES];
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    char name[16];
    for (unsigned i = 0; i < SYM_PROPOSALS_MAX; i++) {
        (void)snprintf(name, sizeof name, "C-%u", i);
        assert_int_equal(hold(f, AMIR, name), SYM_HELD);
        newest(f, id);
        assert_int_equal(decide(f, ANNA, id, i % 2 == 0), SYM_OK);
        if (i == 0) {
            memcpy(first, id, sizeof first);
        }
    }
    assert_int_equal(list(f, rows), SYM_PROPOSALS_MAX);
    assert_int_equal(hold(f, AMIR, "new"), SYM_HELD);
    assert_int_equal(list(f, rows), SYM_PROPOSALS_MAX);
    assert_int_equal(state_of(f, first), SYM_HELD_STATE_COUNT);
    restart(f);
    assert_int_equal(list(f, rows), SYM_PROPOSALS_MAX);
}

static void a_full_disk_holds_nothing_and_decides_nothing(void **state)
{
    struct fixture *f = *state;
    struct sym_held_request rows[SYM_PROPOSALS_MAX];
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    assert_int_equal(hold(f, AMIR, "C-1"), SYM_HELD);
    newest(f, id);
    room_fill_disk(true);
    assert_int_not_equal(hold(f, AMIR, "C-2"), SYM_HELD);
    assert_int_not_equal(decide(f, ANNA, id, true), SYM_OK);
    room_fill_disk(false);
    assert_int_equal(list(f, rows), 1);
    assert_int_equal(state_of(f, id), SYM_HELD_WAITING);
    assert_int_equal(decide(f, ANNA, id, true), SYM_OK);
}

static void a_command_that_is_too_long_is_refused(void **state)
{
    struct fixture *f = *state;
    static uint8_t long_one[SYM_PROPOSAL_BYTES_MAX + 1];
    struct sym_author by = {.log = f->room.log,
                            .user = "amir",
                            .roles = SYM_USER_ANALYST,
                            .command = sym_span(long_one, sizeof long_one)};
    assert_int_equal(sym_proposals_hold(f->proposals, &by, sym_span_text("x"), &f->fault),
                     SYM_TOO_LONG);
    by.command.len = 100; /* and no request at all */
    assert_int_not_equal(sym_proposals_hold(f->proposals, &by, sym_span_text("x"), &f->fault),
                         SYM_HELD);
}

/* The newest entry of the log. */
static void last_entry(struct fixture *f, struct sym_arena *arena, struct sym_entry_body *out)
{
    SYM_SECRET_AUTO body = {0};
    uint8_t salt[SYM_HASH_BYTES];
    uint64_t size = sym_log_head(f->room.log)->size;
    assert_true(size > 0);
    assert_int_equal(sym_log_body(f->room.log, salt, &body, size - 1), SYM_OK);
    assert_int_equal(sym_decode(arena, out, &sym_msg_entry_body, sym_secret_span(&body)), SYM_OK);
}

static void the_entry_holds_both_exact_commands(void **state)
{
    struct fixture *f = *state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_entry_body body;
    uint8_t proposed[8192];
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    assert_int_equal(hold(f, AMIR, "C-1"), SYM_HELD);
    memcpy(proposed, f->command, sizeof proposed);
    newest(f, id);
    assert_int_equal(decide(f, ANNA, id, true), SYM_OK);
    last_entry(f, &arena, &body);
    assert_true(sym_span_equal(body.event, sym_span_text("command-approved")));
    assert_true(sym_span_equal(body.user, sym_span_text("amir")));
    assert_true(sym_span_equal(body.approver, sym_span_text("anna")));
    assert_memory_equal(body.command.data, proposed, body.command.len);
    assert_memory_equal(body.approval.data, f->command, body.approval.len);
    assert_true(body.command.len > 100 && body.approval.len > 100);
}

static void refuses_a_stored_row_that_it_did_not_write(void **state)
{
    struct fixture *f = *state;
    struct sym_proposals *p = NULL;
    struct sym_proposals_config c = {.store = f->room.store, .users = &f->users};
    assert_int_equal(room_put(&f->room, SYM_TABLE_PROPOSALS, "0123456789abcdef", "x"), SYM_OK);
    assert_int_equal(sym_proposals_open(&p, &c, &f->fault), SYM_BAD_FORMAT);
    assert_non_null(strstr(f->fault.text, "restore a backup"));
    assert_null(p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_command_is_kept_as_it_was_signed_and_done_once_approved),
        TEST(the_same_command_waits_once),
        TEST(who_gave_it_cannot_approve_it),
        TEST(who_gave_it_takes_it_back_and_nobody_else),
        TEST(who_has_not_the_role_cannot_approve_it),
        TEST(it_expires_after_a_day),
        TEST(it_is_decided_once),
        TEST(refuses_ids_that_are_none_and_denials_without_a_reason),
        TEST(a_user_who_went_or_lost_the_role_gives_no_commands),
        TEST(who_gives_the_command_again_gets_the_exchange_once),
        TEST(too_many_of_one_user_are_refused_and_others_still_heard),
        TEST(what_was_decided_makes_room),
        TEST(a_full_disk_holds_nothing_and_decides_nothing),
        TEST(a_command_that_is_too_long_is_refused),
        TEST(the_entry_holds_both_exact_commands),
        TEST(refuses_a_stored_row_that_it_did_not_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
