/* What a witness keeps and gives: rows of partners over restarts, cosignatures of what is durable
 * only, the evidence of the own log, and what partners hold of it. */
#include "tests/support/witness_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SOMEBODY   "\xe2\x80\x94 x AAAAAAA=\n"
#define TEST(name) cmocka_unit_test_setup_teardown(name, witness_rig_set_up, witness_rig_tear_down)

/* The own evidence as it is now, for no entry. */
static struct sym_evidence give(struct witness_rig *r)
{
    struct sym_shown shown;
    const struct sym_evidence *e = NULL;
    assert_int_equal(witness_rig_give(r, &e, SYM_NO_LEAF, &shown), SYM_OK);
    return *e;
}

static void newest(char out[SYM_HEAD_NOTE_BYTES], const struct witness_rig *r)
{
    const struct sym_head *head = sym_log_head(r->room.log);
    assert_true(head->checkpoint_len < SYM_HEAD_NOTE_BYTES);
    memcpy(out, head->checkpoint, head->checkpoint_len);
    out[head->checkpoint_len] = '\0';
}

/* The line that it would send is its own, under the head that it names. */
static bool cosigns(const struct witness_rig *r, const struct sym_evidence *e)
{
    char text[SYM_HEAD_NOTE_BYTES + SYM_SIGNATURE_LINE_BYTES];
    struct sym_note_key key = {.type = SYM_NOTE_COSIGNATURE};
    struct sym_note note;
    int len =
        snprintf(text, sizeof text, "%.*s%.*s", (int)e->known.len, (const char *)e->known.data,
                 (int)e->cosignature.len, (const char *)e->cosignature.data);
    sym_witness_name(key.name, &r->room.self);
    memcpy(key.key, r->room.cosign_key.public_key, sizeof key.key);
    return e->cosignature.len > 0 && len > 0 &&
           sym_note_parse(&note, sym_span(text, (size_t)len)) == SYM_OK &&
           sym_note_verify(&note, &key, NULL) == SYM_OK;
}

/* Of others ------------------------------------------------------------------------------------
 */

static void knows_nothing_of_a_partner_that_was_never_met(void **state)
{
    struct witness_rig *r = *state;
    struct sym_witness_row row = witness_rig_row(r);
    assert_int_equal(row.state, SYM_WITNESS_NEW);
    assert_int_equal(row.size, 0);
    assert_int_equal(row.checkpoint.len, 0);
    assert_int_equal(give(r).known.len, 0);
    assert_int_equal(witness_rig_allows(r), SYM_OK);
    assert_false(sym_witness_is_met(r->witness, &r->peer.id));
}

static void keeps_what_a_partner_has_shown_over_a_restart(void **state)
{
    struct witness_rig *r = *state;
    assert_int_equal(witness_rig_show(r, &r->log, 5, 0), SYM_OK);
    assert_int_equal(witness_rig_tell(r, &r->log, 20, 5, 100), SYM_OK);
    witness_rig_commit(r);
    witness_rig_reopen(r);
    struct sym_witness_row row = witness_rig_row(r);
    assert_int_equal(row.state, SYM_WITNESS_GOOD);
    assert_int_equal(row.size, 20);
    assert_true(sym_span_equal(row.checkpoint, r->made.evidence.checkpoint));
    struct sym_evidence e = give(r);
    assert_true(cosigns(r, &e));
    assert_true(sym_span_equal(e.known, r->made.evidence.checkpoint));
    assert_int_equal(witness_rig_show(r, &r->log, 30, 20), SYM_OK);
    assert_int_equal(witness_rig_row(r).size, 30);
}

static void forgets_at_a_restart_what_was_not_committed(void **state)
{
    struct witness_rig *r = *state;
    assert_int_equal(witness_rig_show(r, &r->log, 5, 0), SYM_OK);
    witness_rig_commit(r);
    assert_int_equal(witness_rig_show(r, &r->log, 20, 5), SYM_OK);
    witness_rig_reopen(r);
    assert_int_equal(witness_rig_row(r).size, 5);
}

static void cosigns_a_head_only_when_it_is_durable(void **state)
{
    struct witness_rig *r = *state;
    assert_int_equal(witness_rig_show(r, &r->log, 5, 0), SYM_OK);
    assert_int_equal(give(r).known.len, 0);
    witness_rig_commit(r);
    struct sym_evidence e = give(r);
    assert_true(cosigns(r, &e));
    assert_int_equal(witness_rig_row(r).cosigned, 5);
    assert_int_equal(witness_rig_show(r, &r->log, 20, 5), SYM_OK);
    e = give(r);
    assert_true(cosigns(r, &e));
    assert_int_equal(witness_rig_row(r).cosigned, 5);
    witness_rig_commit(r);
    e = give(r);
    assert_true(cosigns(r, &e));
    assert_true(sym_span_equal(e.known, r->made.evidence.checkpoint));
    assert_int_equal(witness_rig_row(r).cosigned, 20);
}

static void cosigns_nothing_after_a_commit_that_failed(void **state)
{
    struct witness_rig *r = *state;
    assert_int_equal(witness_rig_show(r, &r->log, 5, 0), SYM_OK);
    room_fill_disk(true);
    assert_int_not_equal(room_put(&r->room, SYM_TABLE_SETTINGS, "some", "thing"), SYM_OK);
    assert_int_equal(give(r).known.len, 0);
    room_fill_disk(false);
    assert_int_equal(give(r).known.len, 0);
    witness_rig_commit(r);
    struct sym_evidence e = give(r);
    assert_true(cosigns(r, &e));
}

struct stored {
    struct sym_span key;
    struct sym_secret *value;
};

static enum sym_err get_row(struct sym_transaction *t, void *context)
{
    const struct stored *s = context;
    sym_secret_clear(s->value);
    return sym_store_get(t, SYM_TABLE_WITNESSES, s->key, s->value);
}

struct row {
    struct sym_span key;
    struct sym_span value;
};

static enum sym_err put_row(struct sym_transaction *t, void *context)
{
    const struct row *row = context;
    return sym_store_put(t, SYM_TABLE_WITNESSES, row->key, row->value);
}

/* A node whose witness reads this row at its start. */
static enum sym_err opens_with(struct witness_rig *r, struct sym_span key, struct sym_span value)
{
    struct row row = {.key = key, .value = value};
    sym_witness_close(r->witness);
    r->witness = NULL;
    assert_int_equal(sym_store_write(r->room.store, put_row, &row), SYM_OK);
    r->fault = (struct sym_fault){.err = SYM_OK};
    return witness_rig_try_open(r);
}

/* A row as it is stored: a copy, freed by the caller. */
static uint8_t *stored_row(struct witness_rig *r, size_t *len)
{
    SYM_SECRET_AUTO value = {0};
    struct stored s = {.key = sym_span(r->peer.id.bytes, SYM_NODE_ID_BYTES), .value = &value};
    assert_int_equal(sym_store_read(r->room.store, get_row, &s), SYM_OK);
    struct sym_span bytes = sym_secret_span(&value);
    uint8_t *copy = malloc(bytes.len + 1);
    assert_non_null(copy);
    memcpy(copy, bytes.data, bytes.len);
    copy[bytes.len] = 0;
    *len = bytes.len;
    return copy;
}

static void refuses_a_row_that_was_cut_or_has_another_form(void **state)
{
    struct witness_rig *r = *state;
    struct sym_span key = sym_span(r->peer.id.bytes, SYM_NODE_ID_BYTES);
    size_t len = 0;
    assert_int_equal(witness_rig_tell(r, &r->log, 20, 0, 100), SYM_OK);
    witness_rig_commit(r);
    uint8_t *row = stored_row(r, &len);
    for (size_t cut = 1; cut < len; cut += cut < 40 || cut > len - 40 ? 1 : 97) {
        assert_int_not_equal(opens_with(r, key, sym_span(row, cut)), SYM_OK);
        assert_non_null(strstr(r->fault.text, "restore a backup"));
    }
    assert_int_not_equal(opens_with(r, key, sym_span(row, len + 1)), SYM_OK);
    row[0] = 3; /* version */
    assert_int_equal(opens_with(r, key, sym_span(row, len)), SYM_BAD_FORMAT);
    row[0] = 2;
    row[4] = SYM_WITNESS_STATE_COUNT;
    assert_int_equal(opens_with(r, key, sym_span(row, len)), SYM_BAD_FORMAT);
    row[4] = SYM_WITNESS_GOOD;
    assert_int_equal(opens_with(r, key, sym_span(row, len)), SYM_OK);
    assert_int_equal(witness_rig_row(r).size, 20);
    assert_int_not_equal(opens_with(r, sym_span(key.data, key.len - 1), sym_span(row, len)),
                         SYM_OK);
    free(row);
}

static void reads_rows_from_before_they_had_an_alias(void **state)
{
    struct witness_rig *r = *state;
    struct sym_span key = sym_span(r->peer.id.bytes, SYM_NODE_ID_BYTES);
    size_t len = 0;
    assert_int_equal(witness_rig_show(r, &r->log, 20, 0), SYM_OK);
    witness_rig_commit(r);
    uint8_t *row = stored_row(r, &len);
    row[0] = 1;
    assert_int_not_equal(opens_with(r, key, sym_span(row, len)), SYM_OK);
    assert_int_equal(opens_with(r, key, sym_span(row, len - 4 - strlen("bank-b"))), SYM_OK);
    assert_int_equal(witness_rig_row(r).size, 20);
    free(row);
}

/* The own log ----------------------------------------------------------------------------------
 */

static void gives_proofs_that_hold(void **state)
{
    struct witness_rig *r = *state;
    const struct sym_evidence *e = NULL;
    struct sym_shown shown;
    witness_rig_grow(r, 7);
    assert_int_equal(witness_rig_give(r, &e, 3, &shown), SYM_OK);
    assert_int_equal(shown.head.size, 7);
    assert_int_equal(shown.from, 0);
    witness_rig_grow(r, 300);
    assert_int_equal(witness_rig_give(r, &e, 299, &shown), SYM_OK);
    assert_int_equal(shown.head.size, 300);
    assert_int_equal(shown.from, 7); /* what was sent before */
    assert_int_equal(e->leaf_index, 299);
}

static void gives_no_entry_that_is_not_there_yet(void **state)
{
    struct witness_rig *r = *state;
    const struct sym_evidence *e = NULL;
    witness_rig_grow(r, 7);
    assert_int_equal(sym_witness_give(r->witness, &e, &r->peer, 7), SYM_WRONG_STATE);
    assert_null(e);
}

static void proves_from_what_was_said_again_over_a_new_link(void **state)
{
    struct witness_rig *r = *state;
    const struct sym_evidence *e = NULL;
    struct sym_shown shown;
    char held[SYM_HEAD_NOTE_BYTES];
    witness_rig_grow(r, 7);
    newest(held, r);
    witness_rig_grow(r, 9);
    assert_int_equal(witness_rig_known(r, held, NULL), SYM_OK);
    assert_int_equal(witness_rig_row(r).ours, 7);
    assert_int_equal(witness_rig_give(r, &e, 3, &shown), SYM_OK);
    assert_int_equal(shown.from, 7);
    witness_rig_grow(r, 12);
    assert_int_equal(witness_rig_give(r, &e, 3, &shown), SYM_OK);
    assert_int_equal(shown.from, 9);
    sym_witness_link_up(r->witness, &r->peer.id);
    assert_int_equal(witness_rig_give(r, &e, 3, &shown), SYM_OK);
    assert_int_equal(shown.from, 7);
}

static void proves_any_beginning_that_it_is_asked_for(void **state)
{
    struct witness_rig *r = *state;
    const struct sym_evidence *e = NULL;
    struct sym_shown shown;
    witness_rig_grow(r, 20);
    for (uint64_t from = 1; from < 20; from++) {
        assert_int_equal(sym_witness_prove(r->witness, &e, &r->peer, SYM_NO_LEAF, from), SYM_OK);
        assert_int_equal(
            sym_shown_read(&shown, e, &r->room.self, r->room.log_key.public_key, false), SYM_OK);
        assert_int_equal(shown.from, from);
    }
    assert_int_equal(sym_witness_prove(r->witness, &e, &r->peer, SYM_NO_LEAF, 21), SYM_OK);
    assert_int_equal(e->consistent_from, 0);
}

/* What partners hold of it ---------------------------------------------------------------------
 */

static void keeps_a_cosignature_of_the_own_head(void **state)
{
    struct witness_rig *r = *state;
    char head[SYM_HEAD_NOTE_BYTES];
    char line[SYM_SIGNATURE_LINE_BYTES];
    char text[2048];
    size_t len = 1;
    witness_rig_grow(r, 7);
    assert_int_equal(sym_witness_cosigned(r->witness, text, sizeof text, &len), SYM_OK);
    assert_int_equal(len, 0);
    newest(head, r);
    witness_rig_cosign(line, r, head, &r->partner.keys.cosign);
    assert_int_equal(witness_rig_known(r, head, line), SYM_OK);
    assert_int_equal(sym_witness_checkpoint(r->witness, text, sizeof text, &len), SYM_OK);
    assert_non_null(strstr(text, line));
    witness_rig_grow(r, 9);
    witness_rig_reopen(r);
    assert_int_equal(sym_witness_checkpoint(r->witness, text, sizeof text, &len), SYM_OK);
    assert_null(strstr(text, line));
    assert_int_equal(sym_witness_cosigned(r->witness, text, sizeof text, &len), SYM_OK);
    assert_true(strncmp(text, head, strlen(head)) == 0 && strstr(text, line) != NULL);
    assert_int_equal(sym_witness_cosigned(r->witness, text, len, &len), SYM_TOO_LONG);
}

static void refuses_cosignatures_that_are_none(void **state)
{
    struct witness_rig *r = *state;
    char heads[2][SYM_HEAD_NOTE_BYTES];
    char line[2 * SYM_SIGNATURE_LINE_BYTES];
    char text[2048];
    size_t len = 1;
    witness_rig_grow(r, 7);
    newest(heads[0], r);
    witness_rig_grow(r, 9);
    newest(heads[1], r);
    witness_rig_cosign(line, r, heads[1], &r->partner.keys.cosign); /* of another head */
    assert_int_equal(witness_rig_known(r, heads[0], line), SYM_BAD_SIGNATURE);
    witness_rig_cosign(line, r, heads[0], &r->partner.keys.log); /* by another key */
    assert_int_not_equal(witness_rig_known(r, heads[0], line), SYM_OK);
    assert_int_not_equal(witness_rig_known(r, heads[0], "no line\n"), SYM_OK);
    witness_rig_cosign(line, r, heads[0], &r->partner.keys.cosign);
    memcpy(text, line, sizeof line);
    memcpy(line + strlen(line), text, strlen(text) + 1); /* twice */
    assert_int_not_equal(witness_rig_known(r, heads[0], line), SYM_OK);
    witness_rig_cosign(line, r, heads[0], &r->partner.keys.cosign);
    memcpy(line + strlen(line), SOMEBODY, sizeof SOMEBODY); /* with a line of another */
    assert_int_equal(witness_rig_known(r, heads[0], line), SYM_BAD_FORMAT);
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\0';
    assert_int_equal(witness_rig_known(r, heads[0], line), SYM_TOO_LONG);
    assert_int_equal(sym_witness_cosigned(r->witness, text, sizeof text, &len), SYM_OK);
    assert_int_equal(len, 0);
}

static void freezes_the_log_when_a_partner_holds_what_it_does_not_lead_to(void **state)
{
    struct witness_rig *r = *state;
    const char *why = "";
    char head[SYM_HEAD_NOTE_BYTES];
    const struct sym_evidence *e = NULL;
    struct sym_shown shown;
    witness_rig_grow(r, 7);
    witness_rig_own_head(head, r, 1, 5, 3, &r->room.log_key);
    assert_int_equal(witness_rig_known(r, head, NULL), SYM_DENIED);
    assert_non_null(strstr(r->fault.text, "bank-b holds a head of it with 5 entries"));
    for (unsigned again = 0; again < 2; again++) {
        assert_true(sym_log_is_frozen(r->room.log, &why));
        assert_non_null(strstr(why, "symbolon log restore"));
        assert_int_equal(witness_rig_allows(r), SYM_DENIED);
        assert_int_equal(sym_witness_may_meet(r->witness, &r->fault), SYM_DENIED);
        witness_rig_reopen(r);
    }
    assert_int_equal(room_lines(&r->room, "frozen").found, 1);
    /* What it has is shown from the head that it was asked about. */
    assert_int_equal(witness_rig_give(r, &e, SYM_NO_LEAF, &shown), SYM_OK);
    assert_int_equal(shown.from, 5);
    assert_int_equal(shown.head.size, 7);
}

static void freezes_the_log_when_it_is_shorter_than_a_partner_says(void **state)
{
    struct witness_rig *r = *state;
    char head[SYM_HEAD_NOTE_BYTES];
    witness_rig_grow(r, 7);
    witness_rig_own_head(head, r, 1, 8, 3, &r->room.log_key);
    assert_int_equal(witness_rig_known(r, head, NULL), SYM_DENIED);
    assert_true(sym_log_is_frozen(r->room.log, NULL));
    struct sym_evidence e = give(r);
    assert_int_equal(e.cosignature.len, 0);
}

static void is_not_frozen_by_what_it_has_not_signed(void **state)
{
    struct witness_rig *r = *state;
    char head[SYM_HEAD_NOTE_BYTES];
    char other[SYM_HEAD_NOTE_BYTES];
    witness_rig_grow(r, 7);
    witness_rig_own_head(head, r, 1, 8, 3, &r->partner.keys.log);
    assert_int_equal(witness_rig_known(r, head, NULL), SYM_BAD_SIGNATURE);
    toy_log_show(&r->log, &r->made, 5, 0, RIG_NONE);
    memcpy(other, r->made.note, sizeof other);
    assert_int_not_equal(witness_rig_known(r, other, NULL), SYM_OK); /* of another log */
    assert_int_not_equal(witness_rig_known(r, "no checkpoint\n", NULL), SYM_OK);
    assert_false(sym_log_is_frozen(r->room.log, NULL));
    assert_int_equal(witness_rig_allows(r), SYM_OK);
    assert_int_equal(witness_rig_row(r).ours, 0);
}

/* The own log begins again ---------------------------------------------------------------------
 */

static void begins_again_with_all_that_partners_hold(void **state)
{
    struct witness_rig *r = *state;
    SYM_SECRET_AUTO text = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_entry_body body;
    uint8_t salt[SYM_HASH_BYTES];
    char own[SYM_HEAD_NOTE_BYTES];
    char lost[SYM_HEAD_NOTE_BYTES];
    witness_rig_grow(r, 7);
    witness_rig_own_head(lost, r, 1, 90, 3, &r->room.log_key);
    assert_int_equal(witness_rig_known(r, lost, NULL), SYM_DENIED);
    newest(own, r);
    assert_int_equal(sym_witness_begin_again(r->witness, NULL, &r->fault), SYM_OK);
    assert_false(sym_log_is_frozen(r->room.log, NULL));
    assert_true(sym_log_head(r->room.log)->generation > 1);
    assert_int_equal(sym_log_body(r->room.log, salt, &text, 0), SYM_OK);
    assert_int_equal(sym_decode(&arena, &body, &sym_msg_entry_body, sym_secret_span(&text)),
                     SYM_OK);
    /* The largest first. */
    size_t n = strlen(lost);
    assert_int_equal(body.checkpoint.len, n + 1 + strlen(own));
    assert_memory_equal(body.checkpoint.data, lost, n);
    assert_memory_equal(body.checkpoint.data + n + 1, own, strlen(own));
    assert_int_equal(witness_rig_allows(r), SYM_OK);
    witness_rig_reopen(r);
    assert_int_equal(witness_rig_allows(r), SYM_OK);
}

static void names_a_lost_head_once(void **state)
{
    struct witness_rig *r = *state;
    SYM_SECRET_AUTO text = {0};
    uint8_t salt[SYM_HASH_BYTES];
    char lost[SYM_HEAD_NOTE_BYTES];
    witness_rig_own_head(lost, r, 1, 90, 3, &r->room.log_key);
    assert_int_equal(witness_rig_known(r, lost, NULL), SYM_DENIED);
    for (uint32_t again = 0; again < 2; again++) {
        assert_int_equal(sym_witness_begin_again(r->witness, NULL, &r->fault), SYM_OK);
        assert_int_equal(sym_log_body(r->room.log, salt, &text, 0), SYM_OK);
        struct sym_span body = sym_secret_span(&text);
        assert_true((memmem(body.data, body.len, lost, strlen(lost)) != NULL) == (again == 0));
        sym_secret_clear(&text);
    }
}

static void skips_the_generations_that_were_used_up(void **state)
{
    struct witness_rig *r = *state;
    char lost[SYM_HEAD_NOTE_BYTES];
    witness_rig_grow(r, 7);
    witness_rig_own_head(lost, r, 4000000000, 2, 3, &r->room.log_key);
    assert_int_equal(witness_rig_known(r, lost, NULL), SYM_DENIED);
    assert_int_equal(sym_witness_begin_again(r->witness, NULL, &r->fault), SYM_OK);
    assert_true(sym_log_head(r->room.log)->generation > 4000000000);
}

static void who_asked_is_the_second_entry_of_the_new_log(void **state)
{
    struct witness_rig *r = *state;
    SYM_SECRET_AUTO text = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_entry_body body;
    uint8_t salt[SYM_HASH_BYTES];
    const struct sym_author olga = {.log = r->room.log, .user = "olga"};
    witness_rig_grow(r, 7);
    assert_int_equal(sym_witness_begin_again(r->witness, &olga, &r->fault), SYM_OK);
    assert_int_equal(sym_log_head(r->room.log)->size, 2);
    assert_int_equal(sym_log_body(r->room.log, salt, &text, 0), SYM_OK);
    struct sym_span first = sym_secret_span(&text);
    assert_null(memmem(first.data, first.len, "olga", 4)); /* partners see it */
    sym_secret_clear(&text);
    assert_int_equal(sym_log_body(r->room.log, salt, &text, 1), SYM_OK);
    assert_int_equal(sym_decode(&arena, &body, &sym_msg_entry_body, sym_secret_span(&text)),
                     SYM_OK);
    assert_true(sym_span_equal(body.user, sym_span_text("olga")));
    assert_true(sym_span_equal(body.event, sym_span_text("log-restored")));
}

static void owes_its_first_entry_to_who_holds_the_log_before(void **state)
{
    struct witness_rig *r = *state;
    char head[SYM_HEAD_NOTE_BYTES];
    witness_rig_grow(r, 7);
    newest(head, r);
    assert_int_equal(witness_rig_known(r, head, NULL), SYM_OK);
    assert_false(sym_witness_owes_restore(r->witness, &r->peer.id));
    assert_int_equal(sym_witness_begin_again(r->witness, NULL, &r->fault), SYM_OK);
    assert_true(sym_witness_owes_restore(r->witness, &r->peer.id));
    assert_int_equal(witness_rig_row(r).ours, 0);
    /* An old head is no news, and the new one settles it. */
    assert_int_equal(witness_rig_known(r, head, NULL), SYM_OK);
    assert_true(sym_witness_owes_restore(r->witness, &r->peer.id));
    newest(head, r);
    assert_int_equal(witness_rig_known(r, head, NULL), SYM_OK);
    assert_false(sym_witness_owes_restore(r->witness, &r->peer.id));
}

static void does_not_begin_again_on_a_full_disk(void **state)
{
    struct witness_rig *r = *state;
    char lost[SYM_HEAD_NOTE_BYTES];
    witness_rig_grow(r, 7);
    witness_rig_own_head(lost, r, 1, 90, 3, &r->room.log_key);
    assert_int_equal(witness_rig_known(r, lost, NULL), SYM_DENIED);
    room_fill_disk(true);
    assert_int_not_equal(sym_witness_begin_again(r->witness, NULL, &r->fault), SYM_OK);
    assert_true(sym_log_is_frozen(r->room.log, NULL));
    room_fill_disk(false);
    witness_rig_reopen(r);
    assert_true(sym_log_is_frozen(r->room.log, NULL));
    assert_int_equal(sym_log_head(r->room.log)->generation, 1);
}

static void one_that_was_removed_makes_room_unless_its_log_was_wrong(void **state)
{
    struct witness_rig *r = *state;
    struct sym_witnessed other = r->peer;
    const struct sym_evidence *e = NULL;
    assert_int_equal(witness_rig_show(r, &r->log, 20, 0), SYM_OK);
    assert_int_equal(witness_rig_show(r, &r->copy, 20, 0), SYM_DENIED);
    r->has_card = false;
    memset(&other.id, 0, sizeof other.id);
    for (uint32_t i = 0; i < SYM_PEERS_MAX + 5; i++) {
        sym_put_u32(other.id.bytes, i);
        assert_int_equal(sym_witness_give(r->witness, &e, &other, SYM_NO_LEAF), SYM_OK);
    }
    witness_rig_commit(r);
    assert_int_equal(room_count(&r->room, SYM_TABLE_WITNESSES), SYM_PEERS_MAX);
    witness_rig_reopen(r);
    assert_int_equal(witness_rig_row(r).state, SYM_WITNESS_SPLIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(knows_nothing_of_a_partner_that_was_never_met),
        TEST(keeps_what_a_partner_has_shown_over_a_restart),
        TEST(forgets_at_a_restart_what_was_not_committed),
        TEST(cosigns_a_head_only_when_it_is_durable),
        TEST(cosigns_nothing_after_a_commit_that_failed),
        TEST(refuses_a_row_that_was_cut_or_has_another_form),
        TEST(reads_rows_from_before_they_had_an_alias),
        TEST(gives_proofs_that_hold),
        TEST(gives_no_entry_that_is_not_there_yet),
        TEST(proves_from_what_was_said_again_over_a_new_link),
        TEST(proves_any_beginning_that_it_is_asked_for),
        TEST(keeps_a_cosignature_of_the_own_head),
        TEST(refuses_cosignatures_that_are_none),
        TEST(freezes_the_log_when_a_partner_holds_what_it_does_not_lead_to),
        TEST(freezes_the_log_when_it_is_shorter_than_a_partner_says),
        TEST(is_not_frozen_by_what_it_has_not_signed),
        TEST(begins_again_with_all_that_partners_hold),
        TEST(names_a_lost_head_once),
        TEST(skips_the_generations_that_were_used_up),
        TEST(who_asked_is_the_second_entry_of_the_new_log),
        TEST(owes_its_first_entry_to_who_holds_the_log_before),
        TEST(does_not_begin_again_on_a_full_disk),
        TEST(one_that_was_removed_makes_room_unless_its_log_was_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
