/* Rows that do not fit what was announced, and talliers that cheat. */
#include "proto/codec.h"
#include "tests/support/table_trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* Rows -------------------------------------------------------------------------------------------
 */

static bool is_rows(const struct table_sent *s)
{
    return s->type == TABLE_ROWS && s->from == CHEAT;
}

static bool tap_row_twice(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_rows(s)) {
        memcpy(s->bytes + 1 + 16, s->bytes + 1, 16);
        trial_lies++;
    }
    return true;
}

static bool tap_rows_descend(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_rows(s)) {
        memset(s->bytes + 1, 0xff, 16);
        trial_lies++;
    }
    return true;
}

static bool tap_row_more(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_rows(s)) {
        s->bytes = realloc(s->bytes, s->len + 16);
        assert_non_null(s->bytes);
        memset(s->bytes + s->len, 0xff, 16);
        s->len += 16;
        trial_lies++;
    }
    return true;
}

static bool tap_half_a_row(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_rows(s)) {
        s->len -= 8;
        trial_lies++;
    }
    return true;
}

static bool tap_rows_lost(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    trial_lies += is_rows(s);
    return !is_rows(s);
}

static bool tap_rows_after_the_end(struct table_rig *r, struct table_sent *s)
{
    if (s->type == TABLE_END && s->from == CHEAT) {
        assert_int_equal(sym_table_tally_take(r->tally, CHEAT, sym_span(s->bytes, s->len)), SYM_OK);
        trial_lies++;
    }
    return true;
}

static void rows_that_are_not_in_order_or_not_as_announced_are_refused(void **state)
{
    (void)state;
    static const struct {
        table_tap_fn *tap;
        enum sym_table_cause cause;
    } cases[] = {
        {tap_row_twice, SYM_TABLE_CAUSE_REPEATED},
        {tap_rows_descend, SYM_TABLE_CAUSE_ROWS},
        {tap_row_more, SYM_TABLE_CAUSE_COUNT},
        {tap_half_a_row, SYM_TABLE_CAUSE_PROTOCOL},
        {tap_rows_lost, SYM_TABLE_CAUSE_COUNT},
        {tap_rows_after_the_end, SYM_TABLE_CAUSE_PROTOCOL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        trial_run(20, cases[i].tap);
        trial_caught(CHEAT, cases[i].cause);
        table_rig_close(&trial);
    }
}

static void a_row_repeated_in_the_next_frame_is_refused(void **state)
{
    (void)state;
    static uint8_t rows[1 + 16 * 3];
    struct sym_table_tally *t = NULL;
    trial_agree(20);
    assert_int_equal(sym_table_tally_new(&t, trial.parties[0].member), SYM_WRONG_STATE);
    assert_int_equal(sym_table_member_started(trial.parties[T].member), SYM_OK);
    assert_int_equal(sym_table_tally_new(&t, trial.parties[T].member), SYM_OK);
    assert_int_equal(sym_table_tally_begin(t, T), SYM_BAD_VALUE);
    assert_int_equal(sym_table_tally_begin(t, 0), SYM_OK);
    assert_int_equal(sym_table_tally_begin(t, 0), SYM_EXISTS);
    rows[0] = TABLE_ROWS;
    for (size_t i = 0; i < 3; i++) {
        rows[1 + 16 * i] = (uint8_t)(i + 1);
    }
    assert_int_equal(sym_table_tally_take(t, 0, sym_span(rows, sizeof rows)), SYM_OK);
    memmove(rows + 1, rows + 1 + 32, 16);
    assert_int_equal(sym_table_tally_take(t, 0, sym_span(rows, 1 + 16)), SYM_REPLAY);
    trial_failed(sym_table_tally_failure(t), 0, SYM_TABLE_CAUSE_REPEATED);
    sym_table_tally_free(t);
    table_rig_close(&trial);
}

/* Releases ---------------------------------------------------------------------------------------
 */

static uint8_t other_counts[7];

static void count_one_more(struct sym_table_release *r)
{
    assert_int_equal(r->counts.len, sizeof other_counts);
    memcpy(other_counts, r->counts.data, sizeof other_counts);
    other_counts[3]++; /* on the third list alone */
    r->counts = sym_span(other_counts, sizeof other_counts);
    trial_lies++;
}

static bool is_release(const struct table_sent *s, uint32_t to)
{
    return s->type == TABLE_RELEASE && s->from == T && s->to == to;
}

static bool tap_release_other(struct table_rig *r, struct table_sent *s)
{
    if (is_release(s, 0)) {
        table_lie_release(r, s, count_one_more);
    }
    return true;
}

static bool tap_release_to_third(struct table_rig *r, struct table_sent *s)
{
    if (is_release(s, 2)) {
        table_lie_release(r, s, count_one_more);
    }
    return true;
}

static void a_tallier_that_releases_two_tables_is_named(void **state)
{
    (void)state;
    trial_announced = 64;
    trial_run(20, tap_release_other);
    trial_announced = 0;
    assert_int_equal(sym_table_lead_phase(trial.lead), SYM_TABLE_FAILED);
    trial_failed(sym_table_lead_failure(trial.lead), T, SYM_TABLE_CAUSE_RELEASES);
    /* Or the contributor has said another hash: it is its word. */
    assert_int_equal(sym_table_lead_failure(trial.lead).said_by, 0);
    table_rig_close(&trial);
}

static bool tap_no_release(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    trial_lies += is_release(s, 2);
    return !is_release(s, 2);
}

static void a_tallier_that_says_nothing_to_one_makes_nobody_late(void **state)
{
    (void)state;
    trial_run(20, tap_no_release);
    assert_int_equal(sym_table_lead_phase(trial.lead), SYM_TABLE_COMPUTING);
    sym_table_lead_tick(trial.lead, 2 * TABLE_RIG_COMPUTE_MS);
    trial_failed(sym_table_lead_failure(trial.lead), SYM_TABLE_NOBODY, SYM_TABLE_CAUSE_LATE);
    table_rig_close(&trial);
}

static void an_exact_table_shows_each_its_own_number(void **state)
{
    (void)state;
    trial_announced = 64;
    trial_run(20, tap_release_to_third);
    trial_announced = 0;
    assert_int_equal(sym_table_lead_phase(trial.lead), SYM_TABLE_FAILED);
    trial_failed(sym_table_lead_failure(trial.lead), T, SYM_TABLE_CAUSE_RELEASE);
    assert_int_equal(sym_table_lead_failure(trial.lead).said_by, 2);
    table_rig_close(&trial);
}

static size_t release_lie_at;

static void change_release(struct sym_table_release *r)
{
    static uint8_t bytes[1024];
    memset(bytes, 1, sizeof bytes);
    trial_lies++;
    switch (release_lie_at) {
    case 0:
        r->version = 2;
        break;
    case 1:
        r->qid = sym_span(bytes, 32);
        break;
    case 2:
        r->cohort = sym_span(bytes, r->cohort.len);
        break;
    case 3:
        r->tallier = sym_span(bytes, 32);
        break;
    case 4:
        r->dataset = sym_span_text("others");
        break;
    case 5:
        r->purpose++;
        break;
    case 6:
        r->basis++;
        break;
    case 7:
        r->type++;
        break;
    case 8:
        r->type_version++;
        break;
    case 9:
        r->canon_version++;
        break;
    case 10:
        r->mode = SYM_TABLE_DP;
        break;
    case 11:
        r->epsilon_nano = 1;
        break;
    case 12:
        r->elements = sym_span(bytes, r->elements.len);
        break;
    case 13:
        r->epochs = sym_span(bytes, r->epochs.len);
        break;
    case 14:
        r->consents_hash = sym_span(bytes, 32);
        break;
    case 15:
        r->suppressed = 1;
        break;
    case 16:
        r->counts = sym_span(bytes, r->counts.len - 1);
        break;
    case 17:
        r->counts = sym_span(bytes, r->counts.len + 1);
        break;
    case 18:
        memset(bytes, 19, sizeof bytes);
        r->counts = sym_span(bytes, 7);
        break;
    case 19:
        r->asker = sym_span(bytes, 32);
        break;
    case 20:
        r->table = sym_span(bytes, 16);
        break;
    case 21:
        r->elements = sym_span(bytes, r->elements.len + 4);
        break;
    case 22:
        r->threshold = 11;
        break;
    default:
        trial_lies = 0;
        break;
    }
}

static bool tap_release_lie(struct table_rig *r, struct table_sent *s)
{
    if (is_release(s, 0)) {
        table_lie_release(r, s, change_release);
    }
    return true;
}

static bool tap_release_flip(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_release(s, 0)) {
        s->bytes[s->len - 1] ^= 1;
        trial_lies++;
    }
    return true;
}

static void releases_that_do_not_fit_what_was_agreed_are_refused(void **state)
{
    (void)state;
    for (release_lie_at = 0; release_lie_at < 23; release_lie_at++) {
        trial_run(10, tap_release_lie);
        assert_int_equal(sym_table_member_failure(trial.parties[0].member).cause,
                         SYM_TABLE_CAUSE_RELEASE);
        trial_failed(sym_table_lead_failure(trial.lead), T, SYM_TABLE_CAUSE_RELEASE);
        table_rig_close(&trial);
    }
    trial_run(10, tap_release_flip);
    trial_failed(sym_table_lead_failure(trial.lead), T, SYM_TABLE_CAUSE_RELEASE);
    table_rig_close(&trial);
}

/* Every cell is shown or hidden as the rule has it; only what is said of it differs. */
static void change_noise(struct sym_table_release *r)
{
    trial_lies++;
    switch (release_lie_at) {
    case 0:
        r->half_width--;
        break;
    case 1:
        r->half_width++;
        break;
    case 2:
        r->threshold = 11;
        break;
    case 3:
        r->ghosts_per_million = 0;
        break;
    default:
        trial_lies = 0;
        break;
    }
}

static bool tap_noise_lie(struct table_rig *r, struct table_sent *s)
{
    if (is_release(s, 0)) {
        table_lie_release(r, s, change_noise);
    }
    return true;
}

static void a_tallier_that_says_less_of_its_noise_than_there_is_is_refused(void **state)
{
    (void)state;
    for (release_lie_at = 0; release_lie_at < 4; release_lie_at++) {
        trial_make(10);
        table_rig_noisy(&trial, 1000000000);
        trial.tap = tap_noise_lie;
        table_rig_open(&trial, trial_announced);
        table_rig_run(&trial);
        assert_int_equal(trial_lies, 1);
        assert_int_equal(sym_table_member_failure(trial.parties[0].member).cause,
                         SYM_TABLE_CAUSE_RELEASE);
        trial_failed(sym_table_lead_failure(trial.lead), T, SYM_TABLE_CAUSE_RELEASE);
        table_rig_close(&trial);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_are_not_in_order_or_not_as_announced_are_refused),
        cmocka_unit_test(a_row_repeated_in_the_next_frame_is_refused),
        cmocka_unit_test(a_tallier_that_releases_two_tables_is_named),
        cmocka_unit_test(a_tallier_that_says_nothing_to_one_makes_nobody_late),
        cmocka_unit_test(an_exact_table_shows_each_its_own_number),
        cmocka_unit_test(releases_that_do_not_fit_what_was_agreed_are_refused),
        cmocka_unit_test(a_tallier_that_says_less_of_its_noise_than_there_is_is_refused),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
