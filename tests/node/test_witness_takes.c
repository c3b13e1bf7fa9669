/* What a witness makes of what partners show: heads that fit, contradictions and their exhibits,
 * heads without proof, logs that begin again. */
#include "proto/exhibit.h"
#include "tests/support/witness_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEST(name) cmocka_unit_test_setup_teardown(name, witness_rig_set_up, witness_rig_tear_down)

/* The exhibit convinces somebody who has nothing but the file. */
static void convinces(struct witness_rig *r, enum sym_split_rule rule)
{
    SYM_SECRET_AUTO text = {0};
    struct sym_split_exhibit e = {.memory = NULL};
    struct sym_fault fault = {.text = ""};
    assert_int_equal(sym_witness_exhibit(r->witness, &text, &r->peer.id), SYM_OK);
    if (sym_split_read(&e, sym_secret_span(&text), "exhibit", &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
    assert_int_equal(e.rule, rule);
    assert_memory_equal(e.card.identity, r->partner.card.identity, SYM_ED25519_BYTES);
    sym_split_clear(&e);
}

static void has_no_exhibit(struct witness_rig *r)
{
    SYM_SECRET_AUTO text = {0};
    assert_int_equal(sym_witness_exhibit(r->witness, &text, &r->peer.id), SYM_NOT_FOUND);
}

/* Refused now, and after a restart, by name. */
static void is_stopped(struct witness_rig *r, enum sym_witness_state state, const char *text)
{
    for (unsigned again = 0; again < 2; again++) {
        assert_int_equal(witness_rig_row(r).state, state);
        assert_int_equal(witness_rig_allows(r), SYM_DENIED);
        assert_true(strncmp(r->fault.text, "bank-b: ", 8) == 0);
        assert_non_null(strstr(r->fault.text, text));
        assert_int_equal(witness_rig_trusts(r), SYM_DENIED);
        witness_rig_reopen(r);
    }
}

/* Evidence that is none ------------------------------------------------------------------------
 */

static void acts_upon_nothing_without_evidence(void **state)
{
    struct witness_rig *r = *state;
    struct sym_evidence none = {.consistent_from = 0};
    struct sym_span no_bytes = sym_span(NULL, 0);
    assert_int_equal(sym_witness_take(r->witness, &r->peer, NULL, no_bytes, true, NULL, &r->fault),
                     SYM_DENIED);
    assert_non_null(strstr(r->fault.text, "shows no evidence"));
    assert_int_not_equal(
        sym_witness_take(r->witness, &r->peer, &none, no_bytes, true, NULL, &r->fault), SYM_OK);
    assert_int_equal(sym_witness_take(r->witness, &r->peer, NULL, no_bytes, false, NULL, &r->fault),
                     SYM_OK);
    assert_int_equal(
        sym_witness_take(r->witness, &r->peer, &none, no_bytes, false, NULL, &r->fault), SYM_OK);
    assert_int_equal(witness_rig_row(r).size, 0);
}

static void refuses_a_head_that_another_has_signed(void **state)
{
    struct witness_rig *r = *state;
    memset(r->peer.log_key, 1, sizeof r->peer.log_key);
    assert_int_not_equal(witness_rig_show(r, &r->log, 5, 0), SYM_OK);
    assert_non_null(strstr(r->fault.text, "the evidence of its message"));
    assert_int_not_equal(witness_rig_tell(r, &r->log, 5, 0, 100), SYM_OK);
    assert_int_equal(witness_rig_row(r).size, 0);
}

static void refuses_a_message_whose_entry_is_not_in_the_tree(void **state)
{
    struct witness_rig *r = *state;
    assert_int_equal(witness_rig_tell(r, &r->log, 5, 0, 100), SYM_OK);
    r->log.leaves[19][r->log.len[19] - 1] ^= 1;
    assert_int_equal(witness_rig_tell(r, &r->log, 20, 5, 101), SYM_BAD_TAG);
    assert_int_equal(witness_rig_row(r).size, 5);
    assert_int_equal(witness_rig_row(r).state, SYM_WITNESS_GOOD);
    assert_int_equal(witness_rig_allows(r), SYM_OK);
}

static void reads_the_entry_that_a_message_rests_on(void **state)
{
    struct witness_rig *r = *state;
    struct sym_leaf leaf = {.kind = 0};
    toy_log_show(&r->log, &r->made, 20, 0, 7);
    assert_int_equal(sym_witness_take(r->witness, &r->peer, &r->made.evidence, sym_span(NULL, 0),
                                      true, &leaf, &r->fault),
                     SYM_OK);
    assert_int_equal(leaf.kind, SYM_ENTRY_REQUESTED);
    assert_int_equal(leaf.time_ms, 1007);
}

/* Contradictions -------------------------------------------------------------------------------
 */

static void keeps_two_heads_of_one_size_as_an_exhibit(void **state)
{
    struct witness_rig *r = *state;
    assert_int_equal(witness_rig_show(r, &r->log, 20, 0), SYM_OK);
    has_no_exhibit(r);
    assert_int_equal(witness_rig_show(r, &r->copy, 20, 0), SYM_DENIED);
    is_stopped(r, SYM_WITNESS_SPLIT, "two evidence logs that contradict each other");
    convinces(r, SYM_SPLIT_SAME_SIZE);
    assert_int_equal(room_lines(&r->room, "split").found, 1);
}

static void keeps_a_head_that_denies_the_one_before_as_an_exhibit(void **state)
{
    struct witness_rig *r = *state;
    assert_int_equal(witness_rig_show(r, &r->log, 20, 0), SYM_OK);
    assert_int_equal(witness_rig_tell(r, &r->copy, 30, 20, 100), SYM_DENIED);
    is_stopped(r, SYM_WITNESS_SPLIT, "with 20 and then 30 entries");
    convinces(r, SYM_SPLIT_PREFIX);
}

static void keeps_messages_of_a_log_that_became_shorter_as_an_exhibit(void **state)
{
    struct witness_rig *r = *state;
    assert_int_equal(witness_rig_tell(r, &r->log, 30, 0, 100), SYM_OK);
    assert_int_equal(witness_rig_tell(r, &r->copy, 10, 0, 200), SYM_DENIED);
    is_stopped(r, SYM_WITNESS_SHORTER, "a shorter evidence log than before");
    convinces(r, SYM_SPLIT_SHORTER);
    assert_int_equal(room_lines(&r->room, "shorter").found, 1);
}

static void looks_for_what_two_heads_prove_after_a_shorter_log(void **state)
{
    struct witness_rig *r = *state;
    assert_int_equal(witness_rig_tell(r, &r->log, 30, 0, 100), SYM_OK);
    assert_int_equal(witness_rig_tell(r, &r->copy, 10, 0, 200), SYM_DENIED);
    assert_int_equal(witness_rig_tell(r, &r->copy, 30, 0, 300), SYM_DENIED);
    is_stopped(r, SYM_WITNESS_SPLIT, "contradict");
    convinces(r, SYM_SPLIT_SAME_SIZE);
}

static void does_not_go_on_after_a_contradiction(void **state)
{
    struct witness_rig *r = *state;
    const struct sym_evidence *e = NULL;
    struct sym_shown shown;
    assert_int_equal(witness_rig_show(r, &r->log, 20, 0), SYM_OK);
    witness_rig_commit(r);
    assert_int_equal(witness_rig_show(r, &r->copy, 20, 0), SYM_DENIED);
    assert_int_equal(witness_rig_tell(r, &r->log, 30, 20, 100), SYM_DENIED);
    assert_int_equal(witness_rig_row(r).size, 20);
    /* What is held is told, and not cosigned any more. */
    assert_int_equal(witness_rig_give(r, &e, SYM_NO_LEAF, &shown), SYM_OK);
    assert_true(e->known.len > 0);
    assert_int_equal(e->cosignature.len, 0);
    /* A second contradiction is no second entry. */
    assert_int_equal(witness_rig_show(r, &r->copy, 25, 20), SYM_OK);
    assert_int_equal(room_lines(&r->room, "split").found, 1);
}

static void raises_the_alarm_also_when_no_exhibit_can_be_made(void **state)
{
    struct witness_rig *r = *state;
    r->has_card = false;
    assert_int_equal(witness_rig_show(r, &r->log, 20, 0), SYM_OK);
    assert_int_equal(witness_rig_show(r, &r->copy, 20, 0), SYM_DENIED);
    is_stopped(r, SYM_WITNESS_SPLIT, "contradict");
    has_no_exhibit(r);
    assert_int_equal(room_lines(&r->room, "split").found, 1);
}

static void raises_the_alarm_also_on_a_full_disk(void **state)
{
    struct witness_rig *r = *state;
    assert_int_equal(witness_rig_show(r, &r->log, 20, 0), SYM_OK);
    room_fill_disk(true);
    assert_int_equal(witness_rig_show(r, &r->copy, 20, 0), SYM_DENIED);
    room_fill_disk(false);
    assert_int_equal(witness_rig_row(r).state, SYM_WITNESS_SPLIT);
    assert_int_equal(witness_rig_allows(r), SYM_DENIED);
    has_no_exhibit(r);
    assert_int_equal(room_lines(&r->room, "split").found, 0);
    witness_rig_commit(r);
    is_stopped(r, SYM_WITNESS_SPLIT, "contradict");
    convinces(r, SYM_SPLIT_SAME_SIZE);
    assert_int_equal(room_lines(&r->room, "split").found, 1);
    witness_rig_commit(r);
    assert_int_equal(room_lines(&r->room, "split").found, 1);
}

/* Heads without proof --------------------------------------------------------------------------
 */

static void asks_for_the_proof_of_a_head_and_waits_for_it(void **state)
{
    struct witness_rig *r = *state;
    uint64_t sizes[SYM_WITNESS_WANTS_MAX];
    assert_int_equal(witness_rig_show(r, &r->log, 5, 0), SYM_OK);
    sym_witness_set_met(r->witness, &r->peer.id);
    assert_int_equal(witness_rig_show(r, &r->log, 20, 12), SYM_OK);
    assert_int_equal(witness_rig_row(r).size, 5);
    assert_int_equal(sym_witness_wants(r->witness, &r->peer.id, sizes), 2);
    assert_int_equal(sizes[0], 5);
    assert_int_equal(sizes[1], 20);
    assert_int_equal(witness_rig_trusts(r), SYM_OK); /* messages may overtake each other */
    assert_true(sym_witness_is_met(r->witness, &r->peer.id));
    assert_int_equal(witness_rig_show(r, &r->log, 30, 5), SYM_OK);
    assert_int_equal(witness_rig_show(r, &r->log, 30, 20), SYM_OK);
    assert_int_equal(sym_witness_wants(r->witness, &r->peer.id, sizes), 0);
    assert_int_equal(witness_rig_row(r).size, 30);
}

static void refuses_who_was_asked_for_a_proof_and_gave_none(void **state)
{
    struct witness_rig *r = *state;
    uint64_t sizes[SYM_WITNESS_WANTS_MAX];
    assert_int_equal(witness_rig_show(r, &r->log, 5, 0), SYM_OK);
    sym_witness_set_met(r->witness, &r->peer.id);
    assert_int_equal(witness_rig_show(r, &r->log, 20, 12), SYM_OK);
    size_t n = sym_witness_wants(r->witness, &r->peer.id, sizes);
    sym_witness_answered(r->witness, &r->peer.id, sizes, n);
    assert_int_equal(witness_rig_trusts(r), SYM_DENIED);
    assert_non_null(strstr(r->fault.text, "not proven that it continues"));
    assert_int_equal(witness_rig_tell(r, &r->log, 20, 12, 100), SYM_DENIED);
    assert_int_equal(witness_rig_row(r).state, SYM_WITNESS_UNPROVEN);
    assert_false(sym_witness_is_met(r->witness, &r->peer.id));
    assert_int_equal(witness_rig_allows(r), SYM_OK); /* after heads were told again */
    assert_int_equal(witness_rig_tell(r, &r->log, 20, 5, 101), SYM_OK);
    assert_int_equal(witness_rig_trusts(r), SYM_OK);
    assert_int_equal(witness_rig_row(r).state, SYM_WITNESS_GOOD);
}

static void tells_heads_again_when_somebody_waits(void **state)
{
    struct witness_rig *r = *state;
    const struct sym_node_id *id = &r->peer.id;
    assert_true(sym_witness_must_meet(r->witness, id, true));
    assert_false(sym_witness_must_meet(r->witness, id, false));
    assert_int_equal(witness_rig_show(r, &r->log, 5, 0), SYM_OK);
    sym_witness_set_met(r->witness, id);
    assert_false(sym_witness_must_meet(r->witness, id, true));
    sym_witness_link_up(r->witness, id);
    assert_false(sym_witness_is_met(r->witness, id));
    assert_true(sym_witness_must_meet(r->witness, id, true));
    assert_false(sym_witness_must_meet(r->witness, id, false));
    assert_int_equal(witness_rig_show(r, &r->log, 20, 12), SYM_OK);
    assert_true(sym_witness_must_meet(r->witness, id, false));
}

/* Logs that begin again ------------------------------------------------------------------------
 */

/* A later log of the partner, whose first entry names these checkpoints. */
struct restored {
    struct toy_log log;
    uint8_t salt[SYM_HASH_BYTES];
    uint8_t body[2048];
    size_t len;
};

static void begin_later(struct restored *out, const struct witness_rig *r, const char *checkpoints)
{
    uint8_t commitment[SYM_HASH_BYTES];
    const struct sym_entry_body body = {.event = sym_span_text("restored"),
                                        .checkpoint = sym_span_text(checkpoints)};
    toy_log_copy(&out->log, &r->log);
    out->log.size = 0;
    out->log.generation = 2;
    memset(out->salt, 5, sizeof out->salt);
    assert_int_equal(sym_encode(out->body, sizeof out->body, &out->len, &sym_msg_entry_body, &body),
                     SYM_OK);
    assert_int_equal(sym_body_commit(commitment, out->salt, sym_span(out->body, out->len)), SYM_OK);
    const struct sym_leaf leaf = {.version = SYM_LEAF_VERSION,
                                  .time_ms = 9000,
                                  .kind = SYM_ENTRY_RESTORED,
                                  .commitment = sym_span(commitment, sizeof commitment)};
    toy_log_add_leaf(&out->log, &leaf);
    toy_log_add(&out->log, 9001);
}

static enum sym_err show_restore(struct witness_rig *r, const struct restored *x)
{
    toy_log_show(&x->log, &r->made, x->log.size, 0, 0);
    r->fault = (struct sym_fault){.err = SYM_OK};
    return sym_witness_take_restore(r->witness, &r->peer, &r->made.evidence,
                                    sym_span(x->salt, sizeof x->salt), sym_span(x->body, x->len),
                                    &r->fault);
}

/* Holds 20 entries of the partner, which then begins again and names its head of `named`. */
static void restore_after(struct restored *out, struct witness_rig *r, size_t named)
{
    assert_int_equal(witness_rig_tell(r, &r->log, 20, 0, 100), SYM_OK);
    toy_log_show(&r->log, &r->made, named, 0, RIG_NONE);
    begin_later(out, r, r->made.note);
}

static void accepts_a_later_log_that_names_what_it_holds(void **state)
{
    struct witness_rig *r = *state;
    struct restored x;
    restore_after(&x, r, 20);
    assert_int_equal(witness_rig_show(r, &x.log, 2, 0), SYM_OK);
    assert_int_equal(witness_rig_row(r).state, SYM_WITNESS_UNPROVEN);
    assert_int_equal(witness_rig_allows(r), SYM_DENIED);
    assert_int_equal(show_restore(r, &x), SYM_OK);
    for (unsigned again = 0; again < 2; again++) {
        assert_int_equal(witness_rig_allows(r), SYM_OK);
        assert_int_equal(witness_rig_row(r).size, 2);
        assert_int_equal(witness_rig_row(r).state, SYM_WITNESS_GOOD);
        witness_rig_reopen(r);
    }
    assert_int_equal(room_lines(&r->room, "its restore was shown").found, 1);
    /* And the one before has ended. */
    assert_int_equal(witness_rig_tell(r, &r->log, 30, 20, 200), SYM_DENIED);
    assert_int_equal(witness_rig_row(r).state, SYM_WITNESS_SHORTER);
    toy_log_close(&x.log);
}

static void refuses_a_later_log_that_names_less(void **state)
{
    struct witness_rig *r = *state;
    struct restored x;
    restore_after(&x, r, 19);
    assert_int_equal(show_restore(r, &x), SYM_DENIED);
    assert_non_null(strstr(r->fault.text, "symbolon log accept bank-b"));
    assert_int_equal(witness_rig_row(r).size, 20);
    assert_int_equal(witness_rig_allows(r), SYM_DENIED);
    assert_int_equal(witness_rig_tell(r, &x.log, 2, 0, 300), SYM_DENIED);
    toy_log_close(&x.log);
}

static void refuses_a_first_entry_that_is_another(void **state)
{
    struct witness_rig *r = *state;
    struct restored x;
    restore_after(&x, r, 20);
    x.salt[0] ^= 1;
    assert_int_equal(show_restore(r, &x), SYM_BAD_TAG);
    x.salt[0] ^= 1;
    x.body[x.len - 1] ^= 1;
    assert_int_equal(show_restore(r, &x), SYM_BAD_TAG);
    x.body[x.len - 1] ^= 1;
    x.log.leaves[0][x.log.len[0] - 1] ^= 1;
    assert_int_equal(show_restore(r, &x), SYM_BAD_TAG);
    assert_int_equal(witness_rig_row(r).size, 20);
    toy_log_close(&x.log);
}

static void lets_an_operator_accept_what_was_shown(void **state)
{
    struct witness_rig *r = *state;
    struct restored x;
    struct sym_author oscar = {.log = r->room.log, .user = "oscar"};
    assert_int_equal(sym_witness_accept(r->witness, &r->peer, &oscar, &r->fault), SYM_NOT_FOUND);
    restore_after(&x, r, 19);
    assert_int_equal(sym_witness_accept(r->witness, &r->peer, &oscar, &r->fault), SYM_NOT_FOUND);
    assert_int_equal(show_restore(r, &x), SYM_DENIED);
    assert_int_equal(sym_witness_accept(r->witness, &r->peer, &oscar, &r->fault), SYM_OK);
    assert_int_equal(witness_rig_allows(r), SYM_OK);
    assert_int_equal(witness_rig_row(r).size, 2);
    assert_int_equal(room_lines(&r->room, "accepted user=oscar").found, 1);
    assert_int_equal(sym_witness_accept(r->witness, &r->peer, &oscar, &r->fault), SYM_NOT_FOUND);
    toy_log_close(&x.log);
}

static void accepts_nothing_that_could_not_be_recorded(void **state)
{
    struct witness_rig *r = *state;
    struct restored x;
    restore_after(&x, r, 20);
    room_fill_disk(true);
    assert_int_not_equal(show_restore(r, &x), SYM_OK);
    assert_int_equal(witness_rig_row(r).size, 20);
    room_fill_disk(false);
    assert_int_equal(show_restore(r, &x), SYM_OK);
    assert_int_equal(witness_rig_row(r).size, 2);
    toy_log_close(&x.log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(acts_upon_nothing_without_evidence),
        TEST(refuses_a_head_that_another_has_signed),
        TEST(refuses_a_message_whose_entry_is_not_in_the_tree),
        TEST(reads_the_entry_that_a_message_rests_on),
        TEST(keeps_two_heads_of_one_size_as_an_exhibit),
        TEST(keeps_a_head_that_denies_the_one_before_as_an_exhibit),
        TEST(keeps_messages_of_a_log_that_became_shorter_as_an_exhibit),
        TEST(looks_for_what_two_heads_prove_after_a_shorter_log),
        TEST(does_not_go_on_after_a_contradiction),
        TEST(raises_the_alarm_also_when_no_exhibit_can_be_made),
        TEST(raises_the_alarm_also_on_a_full_disk),
        TEST(asks_for_the_proof_of_a_head_and_waits_for_it),
        TEST(refuses_who_was_asked_for_a_proof_and_gave_none),
        TEST(tells_heads_again_when_somebody_waits),
        TEST(accepts_a_later_log_that_names_what_it_holds),
        TEST(refuses_a_later_log_that_names_less),
        TEST(refuses_a_first_entry_that_is_another),
        TEST(lets_an_operator_accept_what_was_shown),
        TEST(accepts_nothing_that_could_not_be_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
