/* What all participants of a tabulation agree on: rules, cohorts, ids, cells. */
#include "tests/support/tab_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void rules_follow_from_the_number_of_participants(void **state)
{
    (void)state;
    static const uint32_t known[][4] = {
        {3, 3, 1, 2},     {4, 4, 1, 3},        {5, 4, 1, 3},        {6, 5, 1, 4},
        {9, 8, 1, 7},     {10, 8, 2, 6},       {11, 9, 2, 7},       {20, 16, 4, 12},
        {50, 40, 10, 30}, {200, 160, 40, 120}, {255, 204, 51, 153},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct sym_tab_rules r = sym_tab_rules(known[i][0]);
        assert_int_equal(r.quorum, known[i][1]);
        assert_int_equal(r.colluders, known[i][2]);
        assert_int_equal(r.noise_shares, known[i][3]);
    }
    /* Equivocation needs more than may collude (design 3). */
    for (uint32_t n = SYM_TAB_MEMBERS_MIN; n <= SYM_TAB_MEMBERS_MAX; n++) {
        struct sym_tab_rules r = sym_tab_rules(n);
        assert_true(r.colluders < 2 * r.quorum - n && r.quorum <= n && r.noise_shares >= 2);
    }
}

static struct sym_span ids(uint8_t *out, const char *letters)
{
    size_t n = strlen(letters);
    memset(out, 0, n * 32);
    for (size_t i = 0; i < n; i++) {
        out[i * 32] = (uint8_t)letters[i];
        out[i * 32 + 31] = 1;
    }
    return sym_span(out, n * 32);
}

static void cohorts_ascend_and_have_enough(void **state)
{
    (void)state;
    uint8_t a[8 * 32];
    uint32_t place = 9;
    assert_int_equal(sym_tab_cohort_check(ids(a, "abc")), SYM_OK);
    assert_int_equal(sym_tab_cohort_check(ids(a, "ab")), SYM_BAD_VALUE);
    assert_int_equal(sym_tab_cohort_check(ids(a, "abb")), SYM_BAD_VALUE);
    assert_int_equal(sym_tab_cohort_check(ids(a, "acb")), SYM_BAD_VALUE);
    assert_int_equal(sym_tab_cohort_check(sym_span(a, 97)), SYM_BAD_VALUE);
    struct sym_span cohort = ids(a, "abcd");
    assert_int_equal(sym_tab_place(&place, cohort, a + 64), SYM_OK);
    assert_int_equal(place, 2);
    uint8_t other[32] = {'a', 1};
    assert_int_equal(sym_tab_place(&place, cohort, other), SYM_NOT_FOUND);
    static uint8_t many[256 * 32];
    for (size_t i = 0; i < 256; i++) {
        many[i * 32] = (uint8_t)i;
    }
    assert_int_equal(sym_tab_cohort_check(sym_span(many, 255 * 32)), SYM_OK);
    assert_int_equal(sym_tab_cohort_check(sym_span(many, 256 * 32)), SYM_BAD_VALUE);
}

static void assert_too_close(const char *a, const char *b, bool too_close)
{
    uint8_t x[8 * 32];
    uint8_t y[8 * 32];
    assert_int_equal(sym_tab_too_close(ids(x, a), ids(y, b)), too_close);
    assert_int_equal(sym_tab_too_close(ids(y, b), ids(x, a)), too_close);
}

static void tells_sets_that_differ_in_fewer_than_three(void **state)
{
    (void)state;
    assert_too_close("abcd", "abcd", false);
    assert_too_close("abcd", "abc", true);
    assert_too_close("abcd", "bcd", true);
    assert_too_close("abcd", "acd", true);
    assert_too_close("abcd", "abce", true); /* one exchanged for another */
    assert_too_close("bcd", "acd", true);
    assert_too_close("abcd", "ab", true); /* c knows its own part: d is told of */
    assert_too_close("abcd", "a", false);
    assert_too_close("abcd", "abef", false);
    assert_too_close("abcde", "abf", false);
    assert_too_close("abc", "", false);
}

/* Whatever m of those who survive at least know, two are left. */
static void two_others_are_left_of_any_number_of_participants(void **state)
{
    (void)state;
    for (uint32_t n = SYM_TAB_MEMBERS_MIN; n <= SYM_TAB_MEMBERS_MAX; n++) {
        struct sym_tab_rules r = sym_tab_rules(n);
        assert_true(r.quorum >= r.colluders + 2);
        assert_true(r.noise_shares == r.quorum - r.colluders);
    }
    struct sym_tab_rules fewer = sym_tab_rules(SYM_TAB_MEMBERS_MIN - 1);
    assert_true(fewer.quorum < fewer.colluders + 2);
}

static void ids_depend_on_all_that_they_name(void **state)
{
    (void)state;
    struct tab_rig rig;
    uint8_t qid[32];
    uint8_t question[32];
    uint8_t other[32];
    tab_rig_open(&rig, 5, 2, 3);
    tab_rig_begin(&rig);
    struct sym_tab_question q = rig.question;
    q.query = sym_tab_bytes_span(&rig.query);
    assert_int_equal(sym_tab_qid(qid, &q, rig.lead->cube), SYM_OK);
    assert_int_equal(sym_tab_question_id(question, &q), SYM_OK);
    q.tabulation[15] ^= 1;
    assert_int_equal(sym_tab_qid(other, &q, rig.lead->cube), SYM_OK);
    assert_memory_not_equal(qid, other, 32);
    assert_int_equal(sym_tab_question_id(other, &q), SYM_OK);
    assert_memory_equal(question, other, 32);
    q.tabulation[15] ^= 1;
    q.initiator[0] ^= 1;
    assert_int_equal(sym_tab_qid(other, &q, rig.lead->cube), SYM_OK);
    assert_memory_not_equal(qid, other, 32);
    q.initiator[0] ^= 1;
    q.n = 4;
    assert_int_equal(sym_tab_qid(other, &q, rig.lead->cube), SYM_OK);
    assert_memory_not_equal(qid, other, 32);
    q.n = 5;
    q.query.len--;
    assert_int_equal(sym_tab_qid(other, &q, rig.lead->cube), SYM_OK);
    assert_memory_not_equal(qid, other, 32);
    q.query.len++;
    q.dataset.len--;
    assert_int_equal(sym_tab_qid(other, &q, rig.lead->cube), SYM_OK);
    assert_memory_not_equal(qid, other, 32);
    assert_int_equal(sym_tab_question_id(other, &q), SYM_OK);
    assert_memory_not_equal(question, other, 32);
    q.dataset.len++;
    q.purpose++;
    assert_int_equal(sym_tab_qid(other, &q, rig.lead->cube), SYM_OK);
    assert_memory_not_equal(qid, other, 32);
    q.purpose--;
    q.basis++;
    assert_int_equal(sym_tab_qid(other, &q, rig.lead->cube), SYM_OK);
    assert_memory_not_equal(qid, other, 32);
    assert_int_equal(sym_tab_question_id(other, &q), SYM_OK);
    assert_memory_equal(question, other, 32);
    q.basis--;
    q.n = 4;
    assert_int_equal(sym_tab_question_id(other, &q), SYM_OK);
    assert_memory_not_equal(question, other, 32);
    q.n = 5;
    q.query.len--;
    assert_int_equal(sym_tab_question_id(other, &q), SYM_OK);
    assert_memory_not_equal(question, other, 32);
    tab_rig_close(&rig);
}

static void cells_come_back_as_they_were_written(void **state)
{
    (void)state;
    static const uint64_t cells[] = {0, 1, 127, 128, 16383, 16384, UINT64_MAX, UINT64_MAX >> 1, 0};
    uint64_t back[9];
    uint8_t bytes[64];
    size_t len = 0;
    size_t done = 0;
    size_t n = 0;
    sym_cells_write(bytes, sizeof bytes, &len, cells, 9, &done);
    assert_int_equal(done, 9);
    assert_int_equal(sym_cells_read(back, 9, &n, sym_span(bytes, len)), SYM_OK);
    assert_int_equal(n, 9);
    assert_memory_equal(cells, back, sizeof cells);
    assert_int_equal(sym_cells_read(back, 8, &n, sym_span(bytes, len)), SYM_LIMIT);
    /* What does not fit is left for the next page. */
    sym_cells_write(bytes, 4, &len, cells, 9, &done);
    assert_int_equal(done, 3);
    assert_int_equal(len, 3);
}

static void refuses_cells_in_another_form(void **state)
{
    (void)state;
    uint64_t cells[4];
    size_t n = 0;
    static const uint8_t long_zero[] = {0x80, 0x00};
    static const uint8_t cut[] = {0x01, 0x80};
    static const uint8_t big[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    static const uint8_t endless[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0x81, 0x01};
    assert_int_equal(sym_cells_read(cells, 4, &n, sym_span(long_zero, 2)), SYM_BAD_FORMAT);
    assert_int_equal(sym_cells_read(cells, 4, &n, sym_span(cut, 2)), SYM_BAD_FORMAT);
    assert_int_equal(sym_cells_read(cells, 4, &n, sym_span(big, 10)), SYM_BAD_VALUE);
    assert_int_equal(sym_cells_read(cells, 4, &n, sym_span(endless, 11)), SYM_BAD_VALUE);
}

int main(void)
{
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_follow_from_the_number_of_participants),
        cmocka_unit_test(cohorts_ascend_and_have_enough),
        cmocka_unit_test(tells_sets_that_differ_in_fewer_than_three),
        cmocka_unit_test(two_others_are_left_of_any_number_of_participants),
        cmocka_unit_test(ids_depend_on_all_that_they_name),
        cmocka_unit_test(cells_come_back_as_they_were_written),
        cmocka_unit_test(refuses_cells_in_another_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
