/* Contributors, talliers and askers that ask wrongly: each is refused and named, or moves the count
 * of no honest record by more than one. */
#include "proto/codec.h"
#include "tests/support/table_trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static uint64_t counts[SYM_TABLE_CELLS_MAX];

/* Questions --------------------------------------------------------------------------------------
 */

static bool is_question(const struct table_sent *s)
{
    return s->type == TABLE_ASK && s->from == CHEAT;
}

static bool tap_repeat(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_question(s)) {
        memcpy(s->bytes + 5, s->bytes + 5 + 32 * 9, 32);
        trial_lies++;
    }
    return true;
}

static bool tap_no_element(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_question(s)) {
        memset(s->bytes + 5, trial_lies % 2 == 0 ? 0 : 0xff, 32);
        trial_lies++;
    }
    return true;
}

static bool tap_one_less(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_question(s)) {
        s->len -= 32;
        trial_lies++;
    }
    return true;
}

static bool tap_one_more(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_question(s)) {
        s->bytes = realloc(s->bytes, s->len + 32);
        assert_non_null(s->bytes);
        memcpy(s->bytes + s->len, sym_ristretto_generator.bytes, 32);
        s->len += 32;
        trial_lies++;
    }
    return true;
}

static bool tap_other_frame(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_question(s)) {
        s->bytes[4]++;
        trial_lies++;
    }
    return true;
}

static void questions_that_are_not_as_announced_are_refused(void **state)
{
    (void)state;
    static const struct {
        table_tap_fn *tap;
        enum sym_table_cause cause;
    } cases[] = {
        {tap_repeat, SYM_TABLE_CAUSE_REPEATED},      {tap_no_element, SYM_TABLE_CAUSE_ELEMENT},
        {tap_one_less, SYM_TABLE_CAUSE_COUNT},       {tap_one_more, SYM_TABLE_CAUSE_COUNT},
        {tap_other_frame, SYM_TABLE_CAUSE_PROTOCOL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        trial_run(20, cases[i].tap);
        trial_caught(CHEAT, cases[i].cause);
        assert_null(trial.rows[CHEAT].rows); /* nothing has gone to the tallier */
        table_rig_close(&trial);
    }
}

static void fill_frame(uint8_t *payload, uint32_t frame, uint32_t n)
{
    static struct sym_uniform uniform[SYM_OVERLAP_ITEMS_MAX];
    static struct sym_element elements[SYM_OVERLAP_ITEMS_MAX];
    struct sym_writer w = sym_writer(payload, 5 + (size_t)n * 32);
    sym_random_many(uniform[0].bytes, n * sizeof *uniform);
    assert_int_equal(sym_ristretto_derive(elements, NULL, trial.with, uniform, n), SYM_OK);
    sym_write_u8(&w, TABLE_ASK);
    sym_write_u32(&w, frame);
    sym_write_bytes(&w, elements, n * sizeof *elements);
}

static void evaluations_beyond_the_announced_number_are_refused(void **state)
{
    (void)state;
    static uint8_t payload[5 + 32 * SYM_OVERLAP_ITEMS_MAX];
    struct sym_table_evaluator *e = NULL;
    trial_agree(20);
    assert_int_equal(sym_table_evaluator_new(&e, trial_agreed(0), trial.with, CHEAT, 21),
                     SYM_BAD_VALUE);
    assert_int_equal(sym_table_evaluator_new(&e, trial_agreed(0), trial.with, 0, 20),
                     SYM_BAD_VALUE);
    assert_int_equal(sym_table_evaluator_new(&e, trial_agreed(0), trial.with, T, 0), SYM_BAD_VALUE);
    assert_int_equal(sym_table_evaluator_new(&e, trial_agreed(T), trial.with, 0, 20),
                     SYM_BAD_VALUE);
    assert_int_equal(sym_table_evaluator_new(&e, trial_agreed(0), trial.with, CHEAT, 20), SYM_OK);
    fill_frame(payload, 0, 20);
    assert_int_equal(sym_table_evaluator_take(e, sym_span(payload, 5 + 32 * 20)), SYM_OK);
    fill_frame(payload, 1, 1);
    assert_int_equal(sym_table_evaluator_take(e, sym_span(payload, 5 + 32)), SYM_LIMIT);
    trial_failed(sym_table_evaluator_failure(e), CHEAT, SYM_TABLE_CAUSE_COUNT);
    size_t len = 0;
    assert_int_equal(sym_table_evaluator_step(e, &len), SYM_TABLE_WAIT);
    sym_table_evaluator_free(e);
    table_rig_close(&trial);
}

static void more_frames_than_may_be_unanswered_are_refused(void **state)
{
    (void)state;
    static uint8_t payload[5 + 32 * SYM_OVERLAP_ITEMS_MAX];
    struct sym_table_evaluator *e = NULL;
    trial_agree((SYM_TABLE_WINDOW + 1) * SYM_OVERLAP_ITEMS_MAX);
    assert_int_equal(sym_table_evaluator_new(&e, trial_agreed(0), trial.with, CHEAT,
                                             (SYM_TABLE_WINDOW + 1) * SYM_OVERLAP_ITEMS_MAX),
                     SYM_OK);
    for (uint32_t frame = 0; frame <= SYM_TABLE_WINDOW; frame++) {
        fill_frame(payload, frame, SYM_OVERLAP_ITEMS_MAX);
        assert_int_equal(sym_table_evaluator_take(e, sym_span(payload, sizeof payload)),
                         frame < SYM_TABLE_WINDOW ? SYM_OK : SYM_LIMIT);
    }
    sym_table_evaluator_free(e);
    table_rig_close(&trial);
}

static void an_owner_or_evaluator_that_closes_early_is_named(void **state)
{
    (void)state;
    struct sym_table_evaluator *e = NULL;
    struct sym_table_list *l = NULL;
    struct sym_table_owner *o = NULL;
    trial_agree(20);
    const struct sym_table_list_config c = {.agreed = trial_agreed(0),
                                            .with = trial.with,
                                            .digests = trial.parties[0].digests[0],
                                            .n = 20};
    assert_int_equal(sym_table_evaluator_new(&e, trial_agreed(0), trial.with, CHEAT, 20), SYM_OK);
    assert_int_equal(sym_table_evaluator_closed(e), SYM_WRONG_STATE);
    trial_failed(sym_table_evaluator_failure(e), CHEAT, SYM_TABLE_CAUSE_GONE);
    assert_int_equal(sym_table_list_new(&l, &c), SYM_OK);
    assert_int_equal(sym_table_owner_new(&o, l, 0), SYM_BAD_VALUE);
    assert_int_equal(sym_table_owner_new(&o, l, T), SYM_BAD_VALUE);
    assert_int_equal(sym_table_owner_new(&o, l, CHEAT), SYM_OK);
    struct sym_table_owner *again = NULL;
    assert_int_equal(sym_table_owner_new(&again, l, CHEAT), SYM_EXISTS);
    assert_int_equal(sym_table_owner_closed(o), SYM_WRONG_STATE);
    trial_failed(sym_table_list_failure(l), CHEAT, SYM_TABLE_CAUSE_GONE);
    sym_table_owner_free(o);
    sym_table_list_free(l);
    sym_table_evaluator_free(e);
    table_rig_close(&trial);
}

static void a_list_that_was_not_announced_is_refused(void **state)
{
    (void)state;
    struct sym_table_list *l = NULL;
    trial_agree(20);
    struct sym_table_list_config c = {.agreed = trial_agreed(0),
                                      .with = trial.with,
                                      .digests = trial.parties[0].digests[0],
                                      .n = 21};
    assert_int_equal(sym_table_list_new(&l, &c), SYM_BAD_VALUE);
    c.n = 20;
    memcpy(trial.parties[0].digests[4], trial.parties[0].digests[5], SYM_HASH_BYTES);
    assert_int_equal(sym_table_list_new(&l, &c), SYM_INTERNAL);
    c.agreed = trial_agreed(T);
    c.n = 0;
    assert_int_equal(sym_table_list_new(&l, &c), SYM_BAD_VALUE);
    table_rig_close(&trial);
}

/* What nobody can notice, and what it does to the table ------------------------------------------
 */

static uint8_t relayed[5 + 32 * 64];
static size_t relayed_len;

/* The cheat has evaluated what the first owner asks it, as if it were its own. */
static bool tap_relay(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (s->type == TABLE_ASK && s->from == 0 && s->to == CHEAT) {
        memcpy(relayed, s->bytes, s->len);
        relayed_len = s->len;
    }
    if (is_question(s)) {
        assert_int_equal(s->len, relayed_len);
        memcpy(s->bytes, relayed, s->len);
        memcpy(sym_table_slot(trial.parties[CHEAT].list, 0)->asked, relayed + 5, s->len - 5);
        assert_int_equal(sym_dleq_hash(sym_table_slot(trial.parties[CHEAT].list, 0)->asked_hash,
                                       (const struct sym_element *)(relayed + 5),
                                       (s->len - 5) / 32),
                         SYM_OK);
        trial_lies++;
    }
    return true;
}

/* What the cheat's own records were counted as now lacks the cheat; its rows are on no other list.
 */
static void assert_only_the_cheat_is_missing(void)
{
    uint64_t want[7] = {0};
    for (uint32_t cell = 1; cell <= 7; cell++) {
        uint32_t without = cell & ~(1u << CHEAT);
        if (without != 0) {
            want[without - 1] += trial.counts[cell - 1];
        }
    }
    want[(1u << CHEAT) - 1] += trial.parties[CHEAT].n;
    assert_true(table_rig_done(&trial));
    table_rig_counts(counts, &trial);
    for (uint32_t cell = 0; cell < 7; cell++) {
        assert_int_equal(counts[cell], want[cell]);
    }
}

static void relayed_elements_count_for_nobody(void **state)
{
    (void)state;
    relayed_len = 0;
    trial_make(30);
    trial.tap = tap_relay;
    table_rig_open(&trial, 0);
    while (sym_table_lead_phase(trial.lead) != SYM_TABLE_COMPUTING) {
        assert_true(table_rig_step(&trial));
    }
    trial.parties[CHEAT].holds = true; /* until it has heard what to relay */
    table_rig_run(&trial);
    trial.parties[CHEAT].holds = false;
    table_rig_run(&trial);
    assert_true(trial_lies > 0);
    assert_only_the_cheat_is_missing();
    table_rig_close(&trial);
}

/* Multiples of one sampled record, so that it would be counted once for each of them. */
static void ask_multiples(struct list_slot *slot)
{
    for (uint32_t i = 1; i < slot->n; i++) {
        assert_int_equal(sym_ristretto_add(&slot->asked[i], NULL, trial.with, &slot->asked[i - 1],
                                           &slot->asked[0], 1),
                         SYM_OK);
    }
    assert_int_equal(sym_dleq_hash(slot->asked_hash, slot->asked, slot->n), SYM_OK);
}

static bool tap_multiples(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_question(s)) {
        struct list_slot *slot = sym_table_slot(trial.parties[CHEAT].list, 0);
        if (trial_lies++ == 0) {
            ask_multiples(slot);
        }
        memcpy(s->bytes + 5, slot->asked, s->len - 5);
    }
    return true;
}

static void multiples_of_a_record_count_for_nobody(void **state)
{
    (void)state;
    trial_run(30, tap_multiples);
    assert_true(table_rig_done(&trial));
    table_rig_counts(counts, &trial);
    uint64_t own = 0;
    uint64_t others = 0;
    for (uint32_t cell = 1; cell <= 7; cell++) {
        own += (cell >> CHEAT & 1) != 0 ? counts[cell - 1] : 0;
        others += (cell & 1) != 0 ? counts[cell - 1] : 0;
    }
    assert_int_equal(own, 30);
    assert_int_equal(others, 30);
    /* One true element is left, so that one honest record at most still meets it. */
    assert_true(counts[6] + counts[2] + counts[5] <= 1);
    table_rig_close(&trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_that_are_not_as_announced_are_refused),
        cmocka_unit_test(evaluations_beyond_the_announced_number_are_refused),
        cmocka_unit_test(more_frames_than_may_be_unanswered_are_refused),
        cmocka_unit_test(an_owner_or_evaluator_that_closes_early_is_named),
        cmocka_unit_test(a_list_that_was_not_announced_is_refused),
        cmocka_unit_test(relayed_elements_count_for_nobody),
        cmocka_unit_test(multiples_of_a_record_count_for_nobody),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
