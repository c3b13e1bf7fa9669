/* How far each party says it is, and who it must be that all wait for. */
#include "proto/codec.h"
#include "proto/table_came.h"
#include "tests/support/table_trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* Words ------------------------------------------------------------------------------------------
 */

static enum sym_err say(struct sym_table_came *came, uint32_t place, uint32_t a, uint32_t b,
                        uint32_t c)
{
    const struct sym_table_came next = {{a, b, c}};
    uint8_t content[TABLE_CAME_BYTES_MAX];
    return sym_table_came_take(came, sym_table_came_put(content, &next, N), trial_agreed(0), place);
}

static void nobody_says_less_than_before_or_more_than_can_be(void **state)
{
    (void)state;
    struct sym_table_came came = {{0}};
    trial_announced = SYM_OVERLAP_ITEMS_MAX + 1; /* two frames */
    trial_agree(20);
    trial_announced = 0;
    assert_int_equal(say(&came, 0, 0, 0, 0), SYM_REPLAY);
    assert_int_equal(say(&came, 0, 0, 1, 0), SYM_OK);
    assert_int_equal(say(&came, 0, 0, 1, 0), SYM_REPLAY);
    assert_int_equal(say(&came, 0, 0, 0, 2), SYM_REPLAY);
    assert_int_equal(say(&came, 0, 1, 1, 0), SYM_LIMIT);
    assert_int_equal(say(&came, 0, 0, 3, 0), SYM_LIMIT);
    assert_int_equal(came.of[1], 1);
    assert_int_equal(came.of[2], 0);
    assert_int_equal(say(&came, 0, 0, 2, 2), SYM_OK);
    came = (struct sym_table_came){{0}};
    assert_int_equal(say(&came, T, 2, 0, 0), SYM_LIMIT);
    assert_int_equal(say(&came, T, 1, 0, 1), SYM_OK);
    assert_int_equal(say(&came, T, 1, 1, 0), SYM_REPLAY);
    table_rig_close(&trial);
}

static void words_of_another_length_are_refused(void **state)
{
    (void)state;
    struct sym_table_came came = {{0}};
    static const uint8_t content[4 * N + 1] = {0, 0, 0, 0, 0, 0, 0, 1};
    trial_agree(20);
    for (size_t len = 0; len <= sizeof content; len++) {
        enum sym_err err = sym_table_came_take(&came, sym_span(content, len), trial_agreed(0), 0);
        assert_int_equal(err, len == 4 * N ? SYM_OK : SYM_BAD_FORMAT);
    }
    table_rig_close(&trial);
}

static size_t said[N + 1];

static bool tap_count(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (s->type == TABLE_CAME) {
        said[s->from]++;
        trial_lies++;
    }
    return true;
}

static void all_say_what_has_come_and_no_more_often_than_it_does(void **state)
{
    (void)state;
    memset(said, 0, sizeof said);
    trial_announced = SYM_OVERLAP_ITEMS_MAX + 1;
    trial_run(20, tap_count);
    trial_announced = 0;
    assert_true(table_rig_done(&trial));
    for (uint32_t i = 0; i < N; i++) {
        assert_in_range(said[i], 1, 2 * (N - 1));
    }
    assert_in_range(said[T], 1, N);
    struct sym_table_progress p = sym_table_lead_evaluated(trial.lead);
    assert_int_equal(p.total, 2 * N * (N - 1));
    assert_int_equal(p.done, p.total);
    table_rig_close(&trial);
}

/* Words that are refused -------------------------------------------------------------------------
 */

static uint32_t lie;

static bool tap_lie(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (s->type != TABLE_CAME || s->from != CHEAT || trial_lies > 0) {
        return true;
    }
    trial_lies++;
    switch (lie) {
    case 0: /* of itself */
        s->bytes[1 + 4 * CHEAT + 3] = 1;
        break;
    case 1: /* more frames than its list has */
        s->bytes[1 + 3] = 2;
        s->bytes[1 + 4 * 2 + 3] = 2;
        break;
    case 2: /* nothing */
        memset(s->bytes + 1, 0, s->len - 1);
        break;
    case 3: /* of fewer parties than there are */
        s->len -= 4;
        break;
    default:
        assert_true(false);
    }
    return true;
}

static void who_says_what_cannot_be_is_named(void **state)
{
    (void)state;
    for (lie = 0; lie < 4; lie++) {
        trial_run(20, tap_lie);
        trial_failed(sym_table_lead_failure(trial.lead), CHEAT, SYM_TABLE_CAUSE_PROTOCOL);
        assert_int_equal(sym_table_lead_failure(trial.lead).said_by, SYM_TABLE_NOBODY);
        trial_failed(sym_table_member_failure(trial.parties[0].member), CHEAT,
                     SYM_TABLE_CAUSE_PROTOCOL);
        table_rig_close(&trial);
    }
}

static void before_go_and_after_the_end_nobody_says_it(void **state)
{
    (void)state;
    static const uint8_t came[1 + 4 * N] = {TABLE_CAME, 0, 0, 0, 1};
    table_rig_make(&trial, N, SYM_TABLE_NOBODY, 5);
    table_rig_open(&trial, 4);
    enum sym_err err = sym_table_lead_take(trial.lead, CHEAT, sym_span(came, sizeof came), 0);
    assert_int_equal(err, SYM_WRONG_STATE);
    trial_failed(sym_table_lead_failure(trial.lead), CHEAT, SYM_TABLE_CAUSE_PROTOCOL);
    table_rig_close(&trial);
    trial_make(20);
    table_rig_open(&trial, 0);
    table_rig_run(&trial);
    assert_true(table_rig_done(&trial));
    err = sym_table_lead_take(trial.lead, CHEAT, sym_span(came, sizeof came), 0);
    assert_int_equal(err, SYM_WRONG_STATE);
    table_rig_close(&trial);
    trial_agree(20);
    err = sym_table_member_take(trial.parties[0].member, sym_span(came, sizeof came));
    assert_int_equal(err, SYM_WRONG_STATE);
    trial_failed(sym_table_member_failure(trial.parties[0].member), SYM_TABLE_ASKER,
                 SYM_TABLE_CAUSE_PROTOCOL);
    table_rig_close(&trial);
}

/* Who is late ------------------------------------------------------------------------------------
 */

#define FOUR 4u

/* Two frames each, but of the last, whose list is empty. */
static struct sym_table_failure late(const uint32_t came[FOUR + 1][FOUR], uint32_t ended,
                                     uint32_t own)
{
    static struct sym_table_question q = {.n = FOUR};
    struct sym_table_agreed a = {.question = &q};
    struct sym_table_came words[SYM_TABLE_PARTIES_MAX] = {0};
    for (uint32_t i = 0; i <= FOUR; i++) {
        memcpy(words[i].of, came[i], sizeof came[i]);
        a.consented[i].elements = i < FOUR - 1 ? SYM_OVERLAP_ITEMS_MAX + 1 : 0;
    }
    return sym_table_came_late(words, ended, &a, own);
}

static void is(struct sym_table_failure f, uint32_t place, enum sym_table_cause cause,
               uint32_t said_by, uint32_t awaited)
{
    trial_failed(f, place, cause);
    assert_int_equal(f.said_by, said_by);
    assert_int_equal(f.awaited, awaited);
}

#define NOBODY SYM_TABLE_NOBODY
#define LATE   SYM_TABLE_CAUSE_LATE
#define ROWS   SYM_TABLE_CAUSE_NO_ROWS
#define WHOLE0                                                                                     \
    {                                                                                              \
        0, 2, 2, 2                                                                                 \
    }
#define WHOLE1                                                                                     \
    {                                                                                              \
        2, 0, 2, 2                                                                                 \
    }
#define WHOLE2                                                                                     \
    {                                                                                              \
        2, 2, 0, 2                                                                                 \
    }

static void who_owes_all_that_is_missing_is_named_by_who_misses_it(void **state)
{
    (void)state;
    /* The third evaluates for nobody; what it says itself, having stopped, does not help it. */
    const uint32_t stopped[][FOUR] = {{0, 1, 0, 1}, {1, 0, 0, 1}, {0}, {0}, {0}};
    is(late(stopped, 0, NOBODY), 2, LATE, 0, 0);
    is(late(stopped, 0, 1), 2, LATE, NOBODY, 0);
    is(late(stopped, 0, 3), 2, LATE, 0, 0);
    /* It evaluates for all but the second. */
    const uint32_t picks[][FOUR] = {WHOLE0, {2, 0, 1, 2}, WHOLE2, {0}, {1, 0, 1, 1}};
    is(late(picks, 0, NOBODY), 2, LATE, 1, 0);
    is(late(picks, 0, 1), 2, LATE, NOBODY, 0);
    is(late(picks, 0, 2), 2, LATE, 1, 0);
    /* Frames go to all, a few ahead of the slowest: those are not waited for. */
    const uint32_t ahead[][FOUR] = {{0, 0, 1, 1}, WHOLE1, WHOLE2, {0}, {0}};
    is(late(ahead, 0, NOBODY), 1, LATE, 0, 0);
}

static void who_waits_for_each_other_accuses_nobody(void **state)
{
    (void)state;
    const uint32_t each[][FOUR] = {{0, 2, 1, 2}, WHOLE1, {1, 2, 0, 2}, {0}, {0, 1, 0, 1}};
    is(late(each, 0, NOBODY), NOBODY, LATE, NOBODY, 1u << 0 | 1u << 2);
    const uint32_t two[][FOUR] = {{0, 1, 1, 2}, WHOLE1, WHOLE2, {0}, {0}};
    is(late(two, 0, NOBODY), NOBODY, LATE, NOBODY, 1u << 1 | 1u << 2);
    const uint32_t more[][FOUR] = {{0, 1, 1, 2}, {1, 0, 2, 2}, {2, 1, 0, 2}, {0}, {0}};
    is(late(more, 0, NOBODY), NOBODY, LATE, NOBODY, 7);
    const uint32_t none[][FOUR] = {{0}, {0}, {0}, {0}, {0}};
    is(late(none, 0, NOBODY), NOBODY, LATE, NOBODY, 15);
}

static void whose_rows_are_missing_the_tallier_says(void **state)
{
    (void)state;
    const uint32_t one[][FOUR] = {WHOLE0, WHOLE1, WHOLE2, {0}, {1, 0, 1, 1}};
    is(late(one, 0, NOBODY), 1, ROWS, FOUR, 0);
    is(late(one, 0, 1), 1, ROWS, FOUR, 0);
    const uint32_t two[][FOUR] = {WHOLE0, WHOLE1, WHOLE2, {0}, {1, 0, 1, 0}};
    is(late(two, 0, NOBODY), NOBODY, ROWS, FOUR, 1u << 1 | 1u << 3);
}

static void a_tallier_that_says_nothing_is_the_one_waited_for(void **state)
{
    (void)state;
    const uint32_t silent[][FOUR] = {WHOLE0, WHOLE1, WHOLE2, {0}, {0}};
    is(late(silent, 0, NOBODY), FOUR, LATE, NOBODY, 0);
    const uint32_t full[][FOUR] = {WHOLE0, WHOLE1, WHOLE2, {0}, {1, 1, 1, 1}};
    is(late(full, 0, NOBODY), FOUR, LATE, NOBODY, 0);
    is(late(full, 3, NOBODY), FOUR, LATE, NOBODY, 0);
    /* It has released, it says: whether to all cannot be known. */
    is(late(full, 1u << FOUR | 7, NOBODY), NOBODY, LATE, NOBODY, 1u << 3 | 1u << FOUR);
}

/* In a table -------------------------------------------------------------------------------------
 */

/* Nobody did anything for all of the time. */
static void time_is_up(void)
{
    sym_table_lead_late(trial.lead, trial.now_ms + TABLE_RIG_COMPUTE_MS);
}

static uint32_t lost; /* 1: the third answers nothing to the second; 2: nor the other way round */

static bool tap_answers(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    bool drops = s->type == TABLE_ANSWER && ((s->from == 2 && s->to == CHEAT) ||
                                             (lost == 2 && s->from == CHEAT && s->to == 2));
    trial_lies += drops;
    return !drops;
}

static void who_does_not_evaluate_is_named_to_all(void **state)
{
    (void)state;
    for (uint32_t asker = 0; asker <= N; asker++) {
        trial_lies = 0;
        lost = 1;
        table_rig_make(&trial, N, asker < N ? asker : SYM_TABLE_NOBODY, 6);
        table_rig_plant(&trial, 7, 5);
        trial.tap = tap_answers;
        table_rig_open(&trial, 0);
        table_rig_run(&trial);
        assert_true(trial_lies > 0);
        time_is_up();
        table_rig_run(&trial);
        trial_caught(2, SYM_TABLE_CAUSE_LATE);
        bool own = asker == CHEAT;
        assert_int_equal(sym_table_lead_failure(trial.lead).said_by, own ? NOBODY : CHEAT);
        assert_int_equal(sym_table_member_failure(trial.parties[0].member).said_by,
                         own ? SYM_TABLE_ASKER : CHEAT);
        table_rig_close(&trial);
    }
}

static void all_hear_who_was_waited_for_where_nobody_is_named(void **state)
{
    (void)state;
    lost = 2;
    trial_run(20, tap_answers);
    time_is_up();
    table_rig_run(&trial);
    trial_caught(NOBODY, SYM_TABLE_CAUSE_LATE);
    for (uint32_t i = 0; i <= N; i++) {
        struct sym_table_failure f = sym_table_member_failure(trial.parties[i].member);
        is(f, NOBODY, LATE, SYM_TABLE_ASKER, 1u << CHEAT | 1u << 2);
    }
    table_rig_close(&trial);
}

static bool tap_no_end(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    bool is_end = s->type == TABLE_END && s->from == CHEAT;
    trial_lies += is_end;
    return !is_end;
}

static void who_gives_no_rows_is_named_to_all(void **state)
{
    (void)state;
    trial_run(20, tap_no_end);
    assert_int_equal(sym_table_lead_phase(trial.lead), SYM_TABLE_COMPUTING);
    assert_int_equal(sym_table_lead_tallied(trial.lead).done, N - 1);
    time_is_up();
    table_rig_run(&trial);
    trial_caught(CHEAT, ROWS);
    for (uint32_t i = 0; i <= N; i++) {
        assert_int_equal(sym_table_member_failure(trial.parties[i].member).said_by, T);
    }
    table_rig_close(&trial);
}

static bool tap_release_kept_back(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    bool drops = s->type == TABLE_RELEASE;
    trial_lies += drops;
    return !drops;
}

static void a_tallier_that_has_all_rows_and_releases_nothing_is_named(void **state)
{
    (void)state;
    trial_run(20, tap_release_kept_back);
    assert_int_equal(sym_table_lead_tallied(trial.lead).done, N);
    time_is_up();
    trial_failed(sym_table_lead_failure(trial.lead), T, SYM_TABLE_CAUSE_LATE);
    table_rig_close(&trial);
}

/* At the last moment -----------------------------------------------------------------------------
 */

static uint8_t kept_back[512];
static size_t kept_back_len;

/* The cheat's last rows are not there before it says so. */
static bool tap_end_later(struct table_rig *r, struct table_sent *s)
{
    if (s->type == TABLE_END && s->from == CHEAT) {
        memcpy(kept_back, s->bytes, s->len);
        kept_back_len = s->len;
    }
    return tap_no_end(r, s) && s->type != TABLE_RELEASE;
}

/* All wait for the rows of the cheat, which come so long before the time is up. */
static void last_rows(uint64_t before_ms)
{
    uint64_t from_ms = 0;
    trial_lies = 0;
    trial_run(20, tap_end_later);
    from_ms = trial.now_ms;
    trial.now_ms = from_ms + TABLE_RIG_COMPUTE_MS - before_ms;
    struct sym_span end = sym_span(kept_back, kept_back_len);
    assert_int_equal(sym_table_tally_take(trial.tally, CHEAT, end), SYM_OK);
    table_rig_run(&trial);
    assert_int_equal(sym_table_lead_tallied(trial.lead).done, N);
    sym_table_lead_tick(trial.lead, from_ms + TABLE_RIG_COMPUTE_MS);
}

static void who_comes_at_the_last_moment_makes_nobody_late_but_itself(void **state)
{
    (void)state;
    last_rows(1);
    is(sym_table_lead_failure(trial.lead), NOBODY, LATE, NOBODY, 1u << CHEAT | 1u << T);
    table_rig_close(&trial);
    /* The tallier had a while to count, and did not. */
    last_rows(TABLE_RIG_COMPUTE_MS / 2);
    is(sym_table_lead_failure(trial.lead), T, LATE, NOBODY, 0);
    table_rig_close(&trial);
}

#define READY_MS 30000u

/* The cheat is ready only then, and nobody hears in time that all may go. */
static bool tap_ready_late(struct table_rig *r, struct table_sent *s)
{
    bool is_late = s->type == TABLE_READY && s->from == CHEAT;
    r->now_ms = is_late ? READY_MS : r->now_ms;
    return s->type != TABLE_GO;
}

static void who_is_ready_at_the_last_moment_is_one_of_those_waited_for(void **state)
{
    (void)state;
    /* Of empty lists there is only the tallier to wait for. */
    table_rig_make(&trial, N, SYM_TABLE_NOBODY, 12);
    trial.tap = tap_ready_late;
    table_rig_open(&trial, 0);
    table_rig_run(&trial);
    assert_int_equal(sym_table_lead_phase(trial.lead), SYM_TABLE_COMPUTING);
    sym_table_lead_late(trial.lead, READY_MS + 1);
    struct sym_table_failure f = sym_table_lead_failure(trial.lead);
    trial_failed(f, NOBODY, LATE);
    assert_int_equal(f.awaited & 1u << CHEAT, 1u << CHEAT);
    table_rig_close(&trial);
}

/* What the asker says of it ----------------------------------------------------------------------
 */

static void a_failure_names_only_parties_and_several_only_where_all_were_late(void **state)
{
    (void)state;
    static const struct {
        uint8_t content[TABLE_FAILED_BYTES];
        enum sym_err err;
    } cases[] = {
        {{NOBODY, LATE, NOBODY, 0, 0, 0, 15}, SYM_OK},
        {{NOBODY, ROWS, T, 0, 0, 0, 6}, SYM_OK},
        {{1, ROWS, T, 0, 0, 0, 0}, SYM_OK},
        {{1, ROWS, T, 0, 0, 0, 2}, SYM_BAD_VALUE},
        {{NOBODY, SYM_TABLE_CAUSE_GONE, T, 0, 0, 0, 2}, SYM_BAD_VALUE},
        {{NOBODY, LATE, NOBODY, 0, 0, 0, 16}, SYM_BAD_VALUE},
        {{NOBODY, LATE, NOBODY, 128, 0, 0, 1}, SYM_BAD_VALUE},
        {{N + 1, LATE, NOBODY, 0, 0, 0, 0}, SYM_BAD_VALUE},
        {{1, SYM_TABLE_CAUSE_END, NOBODY, 0, 0, 0, 0}, SYM_BAD_VALUE},
    };
    struct sym_table_failure f;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t again[TABLE_FAILED_BYTES];
        struct sym_span content = sym_span(cases[i].content, TABLE_FAILED_BYTES);
        assert_int_equal(sym_table_failure_get(&f, content, N), cases[i].err);
        content.len--;
        assert_int_equal(sym_table_failure_get(&f, content, N), SYM_BAD_FORMAT);
        if (cases[i].err == SYM_OK) {
            sym_table_failure_put(again, &f);
            assert_memory_equal(again, cases[i].content, sizeof again);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_says_less_than_before_or_more_than_can_be),
        cmocka_unit_test(words_of_another_length_are_refused),
        cmocka_unit_test(all_say_what_has_come_and_no_more_often_than_it_does),
        cmocka_unit_test(who_says_what_cannot_be_is_named),
        cmocka_unit_test(before_go_and_after_the_end_nobody_says_it),
        cmocka_unit_test(who_owes_all_that_is_missing_is_named_by_who_misses_it),
        cmocka_unit_test(who_waits_for_each_other_accuses_nobody),
        cmocka_unit_test(whose_rows_are_missing_the_tallier_says),
        cmocka_unit_test(a_tallier_that_says_nothing_is_the_one_waited_for),
        cmocka_unit_test(who_does_not_evaluate_is_named_to_all),
        cmocka_unit_test(all_hear_who_was_waited_for_where_nobody_is_named),
        cmocka_unit_test(who_gives_no_rows_is_named_to_all),
        cmocka_unit_test(a_tallier_that_has_all_rows_and_releases_nothing_is_named),
        cmocka_unit_test(who_comes_at_the_last_moment_makes_nobody_late_but_itself),
        cmocka_unit_test(who_is_ready_at_the_last_moment_is_one_of_those_waited_for),
        cmocka_unit_test(a_failure_names_only_parties_and_several_only_where_all_were_late),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
