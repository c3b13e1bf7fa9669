#include "proto/witness.h"

#include "tests/support/toy_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NONE UINT64_MAX

struct scene {
    struct toy_log log;
    struct toy_log copy; /* of the data directory, with 8 entries */
    struct sym_held held;
    struct sym_judgement j;
};

static int set_up(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    toy_log_open(&s->log);
    for (uint64_t i = 0; i < 8; i++) {
        toy_log_add(&s->log, 1000 + i);
    }
    toy_log_copy(&s->copy, &s->log);
    for (uint64_t i = 8; i < 40; i++) {
        toy_log_add(&s->log, 1000 + i);
        toy_log_add(&s->copy, 5000 + i);
    }
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    toy_log_close(&s->log);
    toy_log_close(&s->copy);
    free(s);
    return 0;
}

static enum sym_err read_shown(struct sym_shown *out, const struct toy_log *log,
                               const struct sym_evidence *e, bool must_rest)
{
    return sym_shown_read(out, e, &log->id, log->key.public_key, must_rest);
}

/* A message of this time that shows the head of size and the proof from `from`. */
static enum sym_verdict shows(struct scene *s, const struct toy_log *log, size_t size, size_t from,
                              uint64_t time_ms)
{
    struct toy_evidence e;
    struct sym_shown shown;
    toy_log_show(log, &e, size, from, NONE);
    assert_int_equal(read_shown(&shown, log, &e.evidence, false), SYM_OK);
    shown.time_ms = time_ms;
    shown.since_ms = time_ms;
    sym_held_judge(&s->held, &shown, &s->j);
    return s->j.verdict;
}

static uint64_t newest(const struct scene *s)
{
    const struct sym_signed_head *h = sym_held_newest(&s->held);
    return h == NULL ? 0 : h->size;
}

/* Heads that fit ------------------------------------------------------------------------------
 */

static void takes_the_first_head_and_each_that_extends_it(void **state)
{
    struct scene *s = *state;
    assert_null(sym_held_newest(&s->held));
    assert_int_equal(shows(s, &s->log, 5, 0, 100), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->log, 9, 5, 101), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->log, 9, 5, 102), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->log, 40, 9, 103), SYM_VERDICT_GOOD);
    assert_int_equal(newest(s), 40);
}

static void knows_an_older_head_again(void **state)
{
    struct scene *s = *state;
    assert_int_equal(shows(s, &s->log, 5, 0, 100), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->log, 9, 5, 101), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->log, 12, 9, 102), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->log, 9, 5, 101), SYM_VERDICT_OLDER);
    assert_int_equal(shows(s, &s->log, 5, 0, 100), SYM_VERDICT_OLDER);
    assert_int_equal(newest(s), 12);
}

static void takes_messages_that_overtake_each_other(void **state)
{
    struct scene *s = *state;
    assert_int_equal(shows(s, &s->log, 5, 0, 100), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->log, 20, 12, 104), SYM_VERDICT_UNPROVEN);
    assert_int_equal(shows(s, &s->log, 12, 9, 103), SYM_VERDICT_UNPROVEN);
    assert_int_equal(newest(s), 5);
    assert_int_equal(shows(s, &s->log, 9, 5, 102), SYM_VERDICT_GOOD);
    assert_int_equal(newest(s), 20);
    assert_int_equal(s->held.n_pending, 0);
    assert_int_equal(shows(s, &s->log, 12, 9, 103), SYM_VERDICT_OLDER);
}

static void raises_no_alarm_for_any_order_of_concurrent_messages(void **state)
{
    struct scene *s = *state;
    for (unsigned round = 0; round < 200; round++) {
        struct {
            size_t size;
            size_t from;
        } m[4];
        size_t size = 5;
        memset(&s->held, 0, sizeof s->held);
        assert_int_equal(shows(s, &s->log, size, 0, 100), SYM_VERDICT_GOOD);
        for (size_t i = 0; i < 4; i++) {
            uint8_t step;
            sym_random(&step, 1);
            m[i].from = size;
            size += 1 + step % 8;
            m[i].size = size;
        }
        for (size_t left = 4; left > 0; left--) {
            uint8_t pick;
            sym_random(&pick, 1);
            size_t at = pick % left;
            enum sym_verdict v = shows(s, &s->log, m[at].size, m[at].from, 100 + m[at].size);
            assert_true(v == SYM_VERDICT_GOOD || v == SYM_VERDICT_UNPROVEN);
            m[at] = m[left - 1];
        }
        assert_int_equal(newest(s), size);
        assert_int_equal(s->held.n_pending, 0);
    }
}

static void forgets_the_oldest_heads_and_still_goes_on(void **state)
{
    struct scene *s = *state;
    assert_int_equal(shows(s, &s->log, 1, 0, 100), SYM_VERDICT_GOOD);
    for (size_t i = 2; i <= 40; i++) {
        assert_int_equal(shows(s, &s->log, i, i - 1, 100 + i), SYM_VERDICT_GOOD);
    }
    assert_int_equal(s->held.n_recent, SYM_WITNESS_RECENT_MAX);
    assert_int_equal(newest(s), 40);
}

static void waits_for_the_proof_of_a_head_for_some_time(void **state)
{
    struct scene *s = *state;
    assert_int_equal(shows(s, &s->log, 5, 0, 100), SYM_VERDICT_GOOD);
    assert_true(sym_held_pending_since(&s->held) == UINT64_MAX);
    assert_int_equal(shows(s, &s->log, 20, 12, 104), SYM_VERDICT_UNPROVEN);
    assert_int_equal(shows(s, &s->log, 20, 13, 110), SYM_VERDICT_UNPROVEN);
    assert_int_equal(sym_held_pending_since(&s->held), 104);
    assert_int_equal(shows(s, &s->log, 20, 5, 300), SYM_VERDICT_GOOD);
    assert_true(sym_held_pending_since(&s->held) == UINT64_MAX);
}

static void proofs_of_all_that_it_wants_leave_nothing_pending(void **state)
{
    struct scene *s = *state;
    uint64_t sizes[SYM_WITNESS_WANTS_MAX];
    assert_int_equal(sym_held_wants(&s->held, sizes), 0);
    assert_int_equal(shows(s, &s->log, 9, 0, 100), SYM_VERDICT_GOOD);
    assert_int_equal(sym_held_wants(&s->held, sizes), 0);
    for (size_t i = 20; i <= 26; i++) {
        assert_int_equal(shows(s, &s->log, i, 8, 100 + i), SYM_VERDICT_UNPROVEN);
    }
    /* Proofs of what is pending alone do not lead there. */
    assert_int_equal(shows(s, &s->log, 30, 20, 200), SYM_VERDICT_UNPROVEN);
    assert_int_equal(sym_held_wants(&s->held, sizes), SYM_WITNESS_WANTS_MAX);
    assert_int_equal(sizes[0], 9);
    assert_int_equal(sizes[1], 20);
    for (size_t i = 0; i < SYM_WITNESS_WANTS_MAX; i++) {
        assert_true(i == 0 || sym_held_is_pending(&s->held, sizes[i]));
        assert_int_equal(shows(s, &s->log, 40, sizes[i], 300 + i), SYM_VERDICT_GOOD);
        assert_false(sym_held_is_pending(&s->held, sizes[i]));
    }
    assert_int_equal(s->held.n_pending, 0);
    assert_int_equal(newest(s), 40);
}

static void learns_by_a_later_proof_that_a_pending_head_was_honest(void **state)
{
    struct scene *s = *state;
    assert_int_equal(shows(s, &s->log, 5, 0, 100), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->log, 20, 5, 110), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->log, 15, 12, 109), SYM_VERDICT_UNPROVEN);
    assert_int_equal(s->held.n_pending, 1);
    assert_int_equal(shows(s, &s->log, 20, 15, 111), SYM_VERDICT_GOOD);
    assert_int_equal(s->held.n_pending, 0);
    /* Also by the proof of a head that is no longer the newest. */
    assert_int_equal(shows(s, &s->log, 30, 20, 120), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->log, 16, 13, 110), SYM_VERDICT_UNPROVEN);
    assert_int_equal(shows(s, &s->log, 20, 16, 111), SYM_VERDICT_OLDER);
    assert_int_equal(s->held.n_pending, 0);
}

static void keeps_no_more_pending_heads_than_there_is_room_for(void **state)
{
    struct scene *s = *state;
    assert_int_equal(shows(s, &s->log, 5, 0, 100), SYM_VERDICT_GOOD);
    for (size_t i = 20; i < 40; i++) {
        assert_int_equal(shows(s, &s->log, i, i - 1, 100 + i), SYM_VERDICT_UNPROVEN);
    }
    assert_int_equal(s->held.n_pending, SYM_WITNESS_PENDING_MAX);
    assert_int_equal(sym_held_pending_since(&s->held), 120); /* the first one stays */
}

static void waits_for_no_proof_of_an_empty_log(void **state)
{
    struct scene *s = *state;
    assert_int_equal(shows(s, &s->log, 20, 0, 100), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->log, 0, 0, 100), SYM_VERDICT_OLDER);
    assert_int_equal(s->held.n_pending, 0);
    assert_int_equal(shows(s, &s->log, 0, 0, 101), SYM_VERDICT_SHORTER);
}

/* Contradictions -------------------------------------------------------------------------------
 */

static void catches_two_heads_of_one_size(void **state)
{
    struct scene *s = *state;
    assert_int_equal(shows(s, &s->log, 20, 0, 100), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->copy, 20, 0, 200), SYM_VERDICT_SPLIT);
    assert_int_equal(s->j.before.size, 20);
    assert_int_equal(s->j.after.head.size, 20);
    assert_int_equal(s->j.after.from, 0);
    assert_int_equal(newest(s), 20);
}

static void catches_two_heads_of_one_size_also_when_older(void **state)
{
    struct scene *s = *state;
    assert_int_equal(shows(s, &s->log, 20, 0, 100), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->log, 30, 20, 101), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->copy, 20, 0, 102), SYM_VERDICT_SPLIT);
}

static void catches_two_unproven_heads_of_one_size(void **state)
{
    struct scene *s = *state;
    assert_int_equal(shows(s, &s->log, 5, 0, 100), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->log, 20, 12, 101), SYM_VERDICT_UNPROVEN);
    assert_int_equal(shows(s, &s->copy, 20, 12, 102), SYM_VERDICT_SPLIT);
}

static void catches_a_head_whose_own_proof_begins_otherwise(void **state)
{
    struct scene *s = *state;
    assert_int_equal(shows(s, &s->log, 20, 0, 100), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->copy, 30, 20, 200), SYM_VERDICT_SPLIT);
    assert_int_equal(s->j.before.size, 20);
    assert_int_equal(s->j.after.from, 20);
    assert_int_equal(newest(s), 20);
}

static void catches_it_also_when_the_proof_begins_at_an_older_head(void **state)
{
    struct scene *s = *state;
    assert_int_equal(shows(s, &s->log, 12, 0, 100), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->log, 20, 12, 101), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->copy, 30, 12, 200), SYM_VERDICT_SPLIT);
    assert_int_equal(s->j.before.size, 12);
}

static void catches_a_pending_head_once_it_can_be_linked(void **state)
{
    struct scene *s = *state;
    assert_int_equal(shows(s, &s->log, 5, 0, 100), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->copy, 20, 12, 101), SYM_VERDICT_UNPROVEN);
    assert_int_equal(shows(s, &s->log, 12, 5, 102), SYM_VERDICT_SPLIT);
    assert_int_equal(s->j.before.size, 12);
    assert_int_equal(s->j.after.head.size, 20);
}

static void catches_a_proof_that_begins_otherwise_than_a_pending_head(void **state)
{
    struct scene *s = *state;
    assert_int_equal(shows(s, &s->log, 5, 0, 100), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->copy, 20, 12, 101), SYM_VERDICT_UNPROVEN);
    assert_int_equal(shows(s, &s->log, 30, 20, 102), SYM_VERDICT_SPLIT);
}

static void catches_a_log_that_shows_less_than_before(void **state)
{
    struct scene *s = *state;
    assert_int_equal(shows(s, &s->log, 30, 0, 100), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->copy, 10, 5, 101), SYM_VERDICT_SHORTER);
    assert_int_equal(s->j.before.size, 30);
    assert_int_equal(s->j.after.head.size, 10);
    assert_int_equal(newest(s), 30);
}

static void does_not_call_an_old_message_a_shorter_log(void **state)
{
    struct scene *s = *state;
    assert_int_equal(shows(s, &s->log, 30, 0, 100), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->log, 10, 5, 100), SYM_VERDICT_UNPROVEN);
    assert_int_equal(shows(s, &s->log, 11, 5, 0), SYM_VERDICT_UNPROVEN);
}

static void catches_a_log_that_was_given_up_before(void **state)
{
    struct scene *s = *state;
    s->log.generation = 2;
    assert_int_equal(shows(s, &s->log, 10, 0, 100), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->copy, 30, 5, 101), SYM_VERDICT_SHORTER);
}

static void wants_to_see_how_a_later_log_begins(void **state)
{
    struct scene *s = *state;
    assert_int_equal(shows(s, &s->log, 10, 0, 100), SYM_VERDICT_GOOD);
    s->copy.generation = 2;
    assert_int_equal(shows(s, &s->copy, 3, 0, 101), SYM_VERDICT_RESTORED);
    assert_int_equal(s->held.generation, 1);
    assert_int_equal(newest(s), 10);
}

/* Evidence that is no evidence -----------------------------------------------------------------
 */

static void refuses_a_head_signed_by_another(void **state)
{
    struct scene *s = *state;
    struct toy_evidence e;
    struct toy_log other;
    struct sym_shown shown;
    toy_log_open(&other);
    toy_log_show(&s->log, &e, 10, 5, 3);
    assert_int_equal(
        sym_shown_read(&shown, &e.evidence, &s->log.id, other.key.public_key, false) == SYM_OK, 0);
    assert_int_equal(
        sym_shown_read(&shown, &e.evidence, &other.id, s->log.key.public_key, false) == SYM_OK, 0);
    assert_int_equal(read_shown(&shown, &s->log, &e.evidence, true), SYM_OK);
    toy_log_close(&other);
}

static void refuses_a_proof_with_any_bit_flipped(void **state)
{
    struct scene *s = *state;
    struct toy_evidence e;
    struct sym_shown shown;
    toy_log_show(&s->log, &e, 20, 7, 3);
    for (size_t i = 0; i < e.consistency.n; i++) {
        e.consistency.hash[i][i] ^= 4;
        assert_int_equal(read_shown(&shown, &s->log, &e.evidence, false), SYM_BAD_TAG);
        e.consistency.hash[i][i] ^= 4;
    }
    for (size_t i = 0; i < e.inclusion.n; i++) {
        e.inclusion.hash[i][i] ^= 1;
        assert_int_equal(read_shown(&shown, &s->log, &e.evidence, false), SYM_BAD_TAG);
        e.inclusion.hash[i][i] ^= 1;
    }
    e.prefix_root[0] ^= 1;
    assert_int_equal(read_shown(&shown, &s->log, &e.evidence, false), SYM_BAD_TAG);
    e.prefix_root[0] ^= 1;
    assert_int_equal(read_shown(&shown, &s->log, &e.evidence, true), SYM_OK);
}

static void refuses_a_leaf_that_is_not_there_or_elsewhere(void **state)
{
    struct scene *s = *state;
    struct toy_evidence e;
    struct sym_shown shown;
    toy_log_show(&s->log, &e, 20, 0, 3);
    e.evidence.leaf_index = 4;
    assert_int_equal(read_shown(&shown, &s->log, &e.evidence, false), SYM_BAD_TAG);
    e.evidence.leaf_index = 20;
    assert_int_equal(read_shown(&shown, &s->log, &e.evidence, false) == SYM_OK, 0);
    e.evidence.leaf_index = 3;
    e.evidence.leaf = sym_span(s->copy.leaves[9], s->copy.len[9]);
    assert_int_equal(read_shown(&shown, &s->log, &e.evidence, false), SYM_BAD_TAG);
}

static void refuses_evidence_that_lacks_what_it_must_have(void **state)
{
    struct scene *s = *state;
    struct toy_evidence e;
    struct sym_shown shown;
    toy_log_show(&s->log, &e, 20, 7, NONE);
    assert_int_equal(read_shown(&shown, &s->log, &e.evidence, true), SYM_BAD_FORMAT);
    e.evidence.prefix_root = sym_span(NULL, 0);
    assert_int_equal(read_shown(&shown, &s->log, &e.evidence, false), SYM_BAD_FORMAT);
    toy_log_show(&s->log, &e, 20, 7, NONE);
    e.evidence.consistent_from = 21;
    assert_int_equal(read_shown(&shown, &s->log, &e.evidence, false), SYM_BAD_VALUE);
    e.evidence = (struct sym_evidence){.consistent_from = 0};
    assert_int_equal(read_shown(&shown, &s->log, &e.evidence, false), SYM_BAD_FORMAT);
}

static void reads_the_generation_in_one_form_only(void **state)
{
    struct scene *s = *state;
    char origin[SYM_KEY_NAME_BYTES];
    char other[SYM_KEY_NAME_BYTES + 8];
    uint32_t g = 0;
    for (uint32_t i = 1; i < 1000; i += 37) {
        sym_log_origin(origin, &s->log.id, i);
        assert_int_equal(sym_origin_generation(&g, sym_span_text(origin), &s->log.id), SYM_OK);
        assert_int_equal(g, i);
    }
    sym_log_origin(origin, &s->log.id, 1);
    static const char *const bad[] = {"/1", "/0", "/02", "/", "/2x", "/99999999999", "x2", "/-2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)snprintf(other, sizeof other, "%s%s", origin, bad[i]);
        assert_int_equal(sym_origin_generation(&g, sym_span_text(other), &s->log.id),
                         SYM_BAD_VALUE);
    }
    s->log.id.bytes[0] ^= 1;
    assert_int_equal(sym_origin_generation(&g, sym_span_text(origin), &s->log.id), SYM_BAD_VALUE);
}

/* The own log ----------------------------------------------------------------------------------
 */

static void judges_what_others_hold_of_the_own_log(void **state)
{
    struct scene *s = *state;
    struct sym_checkpoint known = {.size = 10};
    uint8_t root[SYM_HASH_BYTES];
    toy_log_root(&s->log, known.root, 10);
    toy_log_root(&s->log, root, 10);
    assert_int_equal(sym_known_judge(1, &known, 1, 20, root), SYM_KNOWN_FITS);
    assert_int_equal(sym_known_judge(1, &known, 1, 10, root), SYM_KNOWN_FITS);
    assert_int_equal(sym_known_judge(1, &known, 1, 9, root), SYM_KNOWN_LOST);
    assert_int_equal(sym_known_judge(2, &known, 1, 20, root), SYM_KNOWN_LOST);
    assert_int_equal(sym_known_judge(1, &known, 2, 3, root), SYM_KNOWN_EARLIER);
    toy_log_root(&s->copy, root, 10);
    assert_int_equal(sym_known_judge(1, &known, 1, 20, root), SYM_KNOWN_LOST);
}

/* Restores -------------------------------------------------------------------------------------
 */

struct restore {
    uint8_t salt[SYM_HASH_BYTES];
    uint8_t body[8192];
    size_t body_len;
    uint8_t commitment[SYM_HASH_BYTES];
    struct sym_leaf leaf;
};

static void make_restore(struct restore *r, const char *checkpoints)
{
    struct sym_entry_body body = {.event = sym_span_text("restored"),
                                  .checkpoint = sym_span_text(checkpoints)};
    memset(r, 0, sizeof *r);
    sym_random(r->salt, sizeof r->salt);
    assert_int_equal(sym_encode(r->body, sizeof r->body, &r->body_len, &sym_msg_entry_body, &body),
                     SYM_OK);
    assert_int_equal(sym_body_commit(r->commitment, r->salt, sym_span(r->body, r->body_len)),
                     SYM_OK);
    r->leaf = (struct sym_leaf){.version = 1,
                                .kind = SYM_ENTRY_RESTORED,
                                .commitment = sym_span(r->commitment, SYM_HASH_BYTES)};
}

static enum sym_err check_restore(const struct scene *s, const struct restore *r, uint64_t size)
{
    return sym_restore_check(&r->leaf, 0, sym_span(r->salt, SYM_HASH_BYTES),
                             sym_span(r->body, r->body_len), &s->log.id, s->log.key.public_key, 1,
                             size);
}

static void accepts_a_restore_that_names_the_head_it_lost(void **state)
{
    struct scene *s = *state;
    struct toy_evidence a;
    struct toy_evidence b;
    struct restore r;
    char both[2 * SYM_HEAD_NOTE_BYTES + 2];
    toy_log_show(&s->log, &a, 30, 0, NONE);
    toy_log_show(&s->copy, &b, 10, 0, NONE);
    (void)snprintf(both, sizeof both, "%s\n%s", b.note, a.note);
    make_restore(&r, both);
    assert_int_equal(check_restore(s, &r, 30), SYM_OK);
    assert_int_equal(check_restore(s, &r, 10), SYM_OK);
    assert_int_equal(check_restore(s, &r, 31), SYM_DENIED);
}

static void refuses_a_restore_that_names_no_such_head(void **state)
{
    struct scene *s = *state;
    struct toy_evidence e;
    struct restore r;
    make_restore(&r, "");
    assert_int_equal(check_restore(s, &r, 10), SYM_DENIED);
    make_restore(&r, "nothing of the kind\n");
    assert_int_equal(check_restore(s, &r, 10), SYM_DENIED);
    toy_log_show(&s->log, &e, 30, 0, NONE);
    e.note[strlen(e.note) - 10] ^= 1; /* no valid signature */
    make_restore(&r, e.note);
    assert_int_equal(check_restore(s, &r, 10), SYM_DENIED);
    s->copy.generation = 3;
    toy_log_show(&s->copy, &e, 30, 0, NONE);
    make_restore(&r, e.note);
    assert_int_equal(check_restore(s, &r, 10), SYM_DENIED);
}

static void refuses_a_restore_with_another_body_entry_or_place(void **state)
{
    struct scene *s = *state;
    struct toy_evidence e;
    struct restore r;
    toy_log_show(&s->log, &e, 30, 0, NONE);
    make_restore(&r, e.note);
    assert_int_equal(sym_restore_check(&r.leaf, 1, sym_span(r.salt, SYM_HASH_BYTES),
                                       sym_span(r.body, r.body_len), &s->log.id,
                                       s->log.key.public_key, 1, 30),
                     SYM_BAD_VALUE);
    r.salt[0] ^= 1;
    assert_int_equal(check_restore(s, &r, 30), SYM_BAD_TAG);
    r.salt[0] ^= 1;
    r.body[r.body_len - 1] ^= 1;
    assert_int_equal(check_restore(s, &r, 30), SYM_BAD_TAG);
    r.body[r.body_len - 1] ^= 1;
    r.leaf.kind = SYM_ENTRY_STARTED;
    assert_int_equal(check_restore(s, &r, 30), SYM_BAD_VALUE);
}

static void begins_again_with_a_restored_log(void **state)
{
    struct scene *s = *state;
    struct toy_evidence e;
    struct sym_shown shown;
    assert_int_equal(shows(s, &s->log, 30, 0, 100), SYM_VERDICT_GOOD);
    s->copy.generation = 2;
    toy_log_show(&s->copy, &e, 2, 0, NONE);
    assert_int_equal(read_shown(&shown, &s->copy, &e.evidence, false), SYM_OK);
    sym_held_restart(&s->held, &shown);
    assert_int_equal(newest(s), 2);
    assert_int_equal(s->held.generation, 2);
    assert_int_equal(shows(s, &s->copy, 9, 2, 200), SYM_VERDICT_GOOD);
    assert_int_equal(shows(s, &s->log, 31, 30, 201), SYM_VERDICT_SHORTER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_the_first_head_and_each_that_extends_it),
        TEST(knows_an_older_head_again),
        TEST(takes_messages_that_overtake_each_other),
        TEST(raises_no_alarm_for_any_order_of_concurrent_messages),
        TEST(forgets_the_oldest_heads_and_still_goes_on),
        TEST(waits_for_the_proof_of_a_head_for_some_time),
        TEST(proofs_of_all_that_it_wants_leave_nothing_pending),
        TEST(learns_by_a_later_proof_that_a_pending_head_was_honest),
        TEST(waits_for_no_proof_of_an_empty_log),
        TEST(keeps_no_more_pending_heads_than_there_is_room_for),
        TEST(catches_two_heads_of_one_size),
        TEST(catches_two_heads_of_one_size_also_when_older),
        TEST(catches_two_unproven_heads_of_one_size),
        TEST(catches_a_head_whose_own_proof_begins_otherwise),
        TEST(catches_it_also_when_the_proof_begins_at_an_older_head),
        TEST(catches_a_pending_head_once_it_can_be_linked),
        TEST(catches_a_proof_that_begins_otherwise_than_a_pending_head),
        TEST(catches_a_log_that_shows_less_than_before),
        TEST(does_not_call_an_old_message_a_shorter_log),
        TEST(catches_a_log_that_was_given_up_before),
        TEST(wants_to_see_how_a_later_log_begins),
        TEST(refuses_a_head_signed_by_another),
        TEST(refuses_a_proof_with_any_bit_flipped),
        TEST(refuses_a_leaf_that_is_not_there_or_elsewhere),
        TEST(refuses_evidence_that_lacks_what_it_must_have),
        TEST(reads_the_generation_in_one_form_only),
        TEST(judges_what_others_hold_of_the_own_log),
        TEST(accepts_a_restore_that_names_the_head_it_lost),
        TEST(refuses_a_restore_that_names_no_such_head),
        TEST(refuses_a_restore_with_another_body_entry_or_place),
        TEST(begins_again_with_a_restored_log),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
