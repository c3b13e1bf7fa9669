/* Contributors of an overlap table that answer wrongly: each is refused, and convicted by the frame
 * that it signed; nobody is of a right answer. */
#include "proto/codec.h"
#include "tests/support/table_trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static bool is_answer(const struct table_sent *s)
{
    return s->type == TABLE_ANSWER && s->from == CHEAT && s->to == 0;
}

static void answer_one_otherwise(struct sym_table_answer *said, struct sym_element *elements,
                                 const struct sym_element *asked)
{
    struct sym_scalar other;
    size_t at = said->elements / 2;
    sym_scalar_random(&other);
    assert_int_equal(sym_ristretto_multiply(&elements[at], NULL, trial.with, &asked[at], 1, &other),
                     SYM_OK);
    trial_lies++;
}

static bool tap_one_otherwise(struct table_rig *r, struct table_sent *s)
{
    if (is_answer(s)) {
        table_lie_answer(r, s, answer_one_otherwise, true);
    }
    return true;
}

static void assert_exhibit_convicts(void)
{
    struct sym_span exhibit = sym_table_list_exhibit(trial.parties[0].list);
    assert_true(exhibit.len > 0);
    assert_true(exhibit.len <= SYM_TABLE_EXHIBIT_BYTES_MAX);
    for (uint32_t i = 0; i <= N; i++) {
        enum sym_err err =
            sym_table_exhibit_check(exhibit, trial.question.parties[i].identity, trial.with);
        assert_int_equal(err, i == CHEAT ? SYM_OK : SYM_BAD_SIGNATURE);
    }
}

static void one_answer_among_a_thousand_with_another_secret_is_found(void **state)
{
    (void)state;
    trial_run(1000, tap_one_otherwise);
    assert_int_equal(trial.parties[0].n, 1000);
    trial_caught(CHEAT, SYM_TABLE_CAUSE_PROOF);
    assert_null(trial.rows[0].rows); /* nothing has gone to the tallier */
    assert_exhibit_convicts();
    table_rig_close(&trial);
}

static void answer_nothing(struct sym_table_answer *said, struct sym_element *elements,
                           const struct sym_element *asked)
{
    (void)said;
    (void)asked;
    memset(&elements[0], 0, sizeof elements[0]);
    trial_lies++;
}

static bool tap_identity(struct table_rig *r, struct table_sent *s)
{
    if (is_answer(s)) {
        table_lie_answer(r, s, answer_nothing, true);
    }
    return true;
}

static void an_answer_that_is_the_identity_is_found(void **state)
{
    (void)state;
    trial_run(20, tap_identity);
    trial_caught(CHEAT, SYM_TABLE_CAUSE_PROOF);
    assert_exhibit_convicts();
    table_rig_close(&trial);
}

static void answer_rightly(struct sym_table_answer *said, struct sym_element *elements,
                           const struct sym_element *asked)
{
    (void)said;
    (void)elements;
    (void)asked;
    trial_lies++;
}

static struct tab_bytes kept;

/* Keeps an exhibit of an answer that is right. */
static bool tap_right(struct table_rig *r, struct table_sent *s)
{
    if (is_answer(s) && kept.len == 0) {
        table_lie_answer(r, s, answer_rightly, true);
        size_t len = (size_t)s->bytes[1] << 8 | s->bytes[2];
        const struct list_slot *slot = sym_table_slot(r->parties[0].list, 0);
        const struct sym_table_exhibit e = {
            .consents = sym_table_member_agreed(r->parties[0].member)->consents,
            .answer = sym_span(s->bytes + 3, len),
            .asked = sym_span(slot->asked, slot->n * sizeof *slot->asked),
            .answers = sym_span(s->bytes + 3 + len, s->len - 3 - len),
        };
        assert_int_equal(
            sym_tab_encode(&kept, &sym_msg_table_exhibit, &e, 2 * s->len + e.consents.len), SYM_OK);
    }
    return true;
}

static void nobody_is_convicted_of_a_right_answer(void **state)
{
    (void)state;
    trial_run(30, tap_right);
    assert_true(table_rig_done(&trial));
    struct sym_span bytes = sym_tab_bytes_span(&kept);
    const uint8_t *identity = trial.question.parties[CHEAT].identity;
    assert_int_equal(sym_table_exhibit_check(bytes, identity, trial.with), SYM_DENIED);
    /* Other elements than it signed prove nothing either. */
    kept.data[kept.len - 40] ^= 1;
    assert_int_equal(sym_table_exhibit_check(bytes, identity, trial.with), SYM_BAD_VALUE);
    bytes.len--;
    assert_int_not_equal(sym_table_exhibit_check(bytes, identity, trial.with), SYM_OK);
    sym_tab_bytes_clear(&kept);
    table_rig_close(&trial);
}

/* A table that is asked once more, days later: what the honest CHEAT consents with then, among what
 * the others said. */
static void consent_again(struct tab_bytes *out, struct sym_span before)
{
    struct sym_table_member *again = NULL;
    const struct sym_table_member_config c = {.question = trial.question,
                                              .place = CHEAT,
                                              .identity = &trial.parties[CHEAT].key,
                                              .with = trial.with};
    uint8_t said[1 + SYM_TABLE_SIGNED_BYTES_MAX];
    size_t len = 0;
    assert_int_equal(sym_table_member_new(&again, &c), SYM_OK);
    assert_int_equal(sym_table_member_consent(again, 30, 1), SYM_OK);
    assert_int_equal(sym_table_member_step(again, &len), SYM_TABLE_DATA);
    assert_true(len <= sizeof said);
    assert_int_equal(sym_table_member_write(again, said, len), SYM_OK);
    assert_int_equal(sym_tab_bytes_new(out, before.len + len), SYM_OK);
    struct sym_reader r = sym_reader(before);
    struct sym_writer w = sym_writer(out->data, out->len);
    for (uint32_t i = 0; i <= N; i++) {
        struct sym_span from = sym_tab_consents_next(&r);
        from = i == CHEAT ? sym_span(said + 1, len - 1) : from;
        sym_write_u16(&w, (uint16_t)from.len);
        sym_write_span(&w, from);
    }
    out->len = w.len;
    sym_table_member_free(again);
}

static void nobody_is_convicted_with_a_consent_of_another_time(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_table_exhibit e;
    struct tab_bytes other = {0};
    struct tab_bytes forged = {0};
    trial_run(30, tap_right);
    const uint8_t *identity = trial.question.parties[CHEAT].identity;
    assert_int_equal(sym_decode(&arena, &e, &sym_msg_table_exhibit, sym_tab_bytes_span(&kept)),
                     SYM_OK);
    consent_again(&other, e.consents);
    e.consents = sym_tab_bytes_span(&other);
    assert_int_equal(sym_tab_encode(&forged, &sym_msg_table_exhibit, &e, kept.len + other.len),
                     SYM_OK);
    assert_int_equal(sym_table_exhibit_check(sym_tab_bytes_span(&forged), identity, trial.with),
                     SYM_BAD_VALUE);
    sym_tab_bytes_clear(&forged);
    sym_tab_bytes_clear(&other);
    sym_tab_bytes_clear(&kept);
    table_rig_close(&trial);
}

static bool tap_flip_answer(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_answer(s)) {
        s->bytes[s->len - 7] ^= 1;
        trial_lies++;
    }
    return true;
}

static bool tap_flip_signed(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_answer(s)) {
        s->bytes[100] ^= 1;
        trial_lies++;
    }
    return true;
}

static bool tap_cut_answer(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_answer(s)) {
        s->len -= SYM_ELEMENT_BYTES;
        trial_lies++;
    }
    return true;
}

static void answer_for_another(struct sym_table_answer *said, struct sym_element *elements,
                               const struct sym_element *asked)
{
    (void)elements;
    (void)asked;
    said->owner = 2;
    trial_lies++;
}

static void answer_as_another(struct sym_table_answer *said, struct sym_element *elements,
                              const struct sym_element *asked)
{
    (void)elements;
    (void)asked;
    said->frame = 1;
    trial_lies++;
}

static uint8_t other_hash[SYM_HASH_BYTES];

static void answer_of_another_table(struct sym_table_answer *said, struct sym_element *elements,
                                    const struct sym_element *asked)
{
    (void)elements;
    (void)asked;
    said->qid = sym_span(other_hash, sizeof other_hash);
    trial_lies++;
}

static void answer_under_other_consents(struct sym_table_answer *said, struct sym_element *elements,
                                        const struct sym_element *asked)
{
    (void)elements;
    (void)asked;
    said->consents_hash = sym_span(other_hash, sizeof other_hash);
    trial_lies++;
}

static table_answer_lie_fn *answer_lie;

static bool tap_answer_lie(struct table_rig *r, struct table_sent *s)
{
    if (is_answer(s)) {
        table_lie_answer(r, s, answer_lie, false);
    }
    return true;
}

static void answers_that_are_not_what_was_signed_or_asked_are_refused(void **state)
{
    (void)state;
    static const struct {
        table_tap_fn *tap;
        table_answer_lie_fn *lie;
        enum sym_table_cause cause;
    } cases[] = {
        {tap_flip_answer, NULL, SYM_TABLE_CAUSE_SIGNATURE},
        {tap_flip_signed, NULL, SYM_TABLE_CAUSE_SIGNATURE},
        {tap_cut_answer, NULL, SYM_TABLE_CAUSE_COUNT},
        {tap_answer_lie, answer_for_another, SYM_TABLE_CAUSE_PROTOCOL},
        {tap_answer_lie, answer_as_another, SYM_TABLE_CAUSE_PROTOCOL},
        {tap_answer_lie, answer_of_another_table, SYM_TABLE_CAUSE_PROTOCOL},
        {tap_answer_lie, answer_under_other_consents, SYM_TABLE_CAUSE_PROTOCOL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        answer_lie = cases[i].lie;
        trial_run(20, cases[i].tap);
        trial_caught(CHEAT, cases[i].cause);
        assert_null(trial.rows[0].rows); /* nothing has gone to the tallier */
        assert_int_equal(sym_table_list_exhibit(trial.parties[0].list).len, 0);
        table_rig_close(&trial);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_answer_among_a_thousand_with_another_secret_is_found),
        cmocka_unit_test(an_answer_that_is_the_identity_is_found),
        cmocka_unit_test(nobody_is_convicted_of_a_right_answer),
        cmocka_unit_test(nobody_is_convicted_with_a_consent_of_another_time),
        cmocka_unit_test(answers_that_are_not_what_was_signed_or_asked_are_refused),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
