#include "node/grant/breaches.h"
#include "proto/table.h"
#include "tests/node/overlap_of_two.h"

static void finds_own_records_that_the_other_holds(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    exchange_rig_fill(rig, 0, 0, 5000);
    exchange_rig_fill(rig, 1, 1500, 4500);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    struct sym_exchange_entry e = expect_done(&arena, id, 5000, 4500, 3500);
    assert_int_equal(e.records, 3500);
    assert_true(e.has_result);
    assert_int_equal(read_result(0, id, 1500, 1u << SYM_TOKEN_ACCOUNT), 3500);
    expect_span(e.user, "ada");
    expect_span(e.case_ref, "case 7");
    expect_span(e.note, "a note");
    expect_span(e.mine, "list");
    expect_span(e.theirs, "list");
    assert_int_equal(rig->sides[1].asked, 1);
    assert_int_equal(rig->sides[0].asked, 0);
}

static void counts_without_naming(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    exchange_rig_fill(rig, 0, 0, 5000);
    exchange_rig_fill(rig, 1, 4990, 200);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_COUNT, SYM_TOKEN_ACCOUNT, id);
    exchange_rig_run(rig, NULL);
    struct sym_exchange_entry e = expect_done(&arena, id, 5000, 200, 10);
    assert_false(e.has_result);
    assert_int_equal(e.records, 0);
    assert_int_equal(read_result(0, id, 0, 0), 0);
}

static void tells_what_stays_from_what_travels(void **state)
{
    (void)state;
    exchange_rig_fill(rig, 0, 0, 2);
    exchange_rig_fill(rig, 1, 1, 2);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry b = exchange_rig_entry(rig, 1, &arena, NULL);
    expect_span(b.case_ref, "");
    expect_span(b.note, "");
    expect_span(b.user, "");
    expect_span(b.mine, "list");
    assert_int_equal(b.purpose, SYM_PURPOSE_AML);
    assert_int_equal(b.basis, SYM_BASIS_AGREEMENT);
}

static void finds_by_the_types_that_matched(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    exchange_rig_token(rig, 0, 0, SYM_TOKEN_IBAN, 1);
    exchange_rig_token(rig, 0, 0, SYM_TOKEN_PHONE, 1);
    exchange_rig_token(rig, 0, 1, SYM_TOKEN_IBAN, 1);
    exchange_rig_token(rig, 0, 1, SYM_TOKEN_PHONE, 1);
    exchange_rig_token(rig, 0, 2, SYM_TOKEN_PHONE, 2);
    exchange_rig_token(rig, 1, 0, SYM_TOKEN_IBAN, 1);
    exchange_rig_token(rig, 1, 1, SYM_TOKEN_PHONE, 1);
    exchange_rig_token(rig, 1, 2, SYM_TOKEN_IBAN, 2);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    /* Two records share both identifiers: 3 elements, 2 common, 2 records. */
    struct sym_exchange_entry e = expect_done(&arena, id, 3, 3, 2);
    assert_int_equal(e.records, 2);
    assert_int_equal(read_result(0, id, 0, 1u << SYM_TOKEN_IBAN | 1u << SYM_TOKEN_PHONE), 2);
}

/* Record 0 shares one key, record 1 two, with two records of the other side; record 2 an
 * identifier, record 3 nothing. Records 1 and 3 of the own list share a key. */
static void fill_keys(void)
{
    static const struct rig_token own[] = {
        {0, SYM_TOKEN_DOB_TOWN, 1},  {0, SYM_TOKEN_NAMES_DOB, 1}, {1, SYM_TOKEN_DOB_TOWN, 2},
        {1, SYM_TOKEN_NAMES_DOB, 2}, {2, SYM_TOKEN_IBAN, 3},      {2, SYM_TOKEN_NAMES_DOB, 3},
        {3, SYM_TOKEN_NAMES_DOB, 2}, {3, SYM_TOKEN_GIVEN_DOB, 4},
    };
    static const struct rig_token theirs[] = {
        {0, SYM_TOKEN_DOB_TOWN, 1},
        {1, SYM_TOKEN_DOB_TOWN, 2},
        {2, SYM_TOKEN_NAMES_DOB, 2},
        {3, SYM_TOKEN_IBAN, 3},
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        exchange_rig_token(rig, 0, own[i].record, own[i].type, own[i].number);
    }
    for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++) {
        exchange_rig_token(rig, 1, theirs[i].record, theirs[i].type, theirs[i].number);
    }
}

static void expect_shared(const struct sym_exchange_entry *e)
{
    struct sym_shared_keys s;
    assert_int_equal(sym_shared_keys_read(&s, e->shared), SYM_OK);
    assert_int_equal(s.records, 4);
    assert_int_equal(s.tokens[SYM_TOKEN_NAMES_DOB], 4);
    assert_int_equal(s.tokens[SYM_TOKEN_IBAN], 0);
    assert_int_equal(s.shared[SYM_TOKEN_NAMES_DOB], 2);
    assert_int_equal(s.shared[SYM_TOKEN_DOB_TOWN], 0);
    assert_int_equal(s.shared_two, 0);
}

static void any_key_is_enough_unless_the_rule_says_two(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    uint8_t other[SYM_EXCHANGE_ID_BYTES];
    fill_keys();
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    struct sym_exchange_entry e = expect_done(&arena, id, 7, 4, 4);
    assert_int_equal(e.records, 4); /* record 3 has what record 1 has */
    assert_int_equal(e.rule, SYM_RULE_ANY);
    expect_shared(&e);
    rig->rule = SYM_RULE_TWO;
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, other);
    exchange_rig_run(rig, NULL);
    SYM_ARENA_AUTO arena_two = {0};
    e = exchange_rig_entry(rig, 0, &arena_two, other);
    assert_int_equal(e.state, SYM_EXCHANGE_DONE);
    assert_int_equal(e.common, 4);
    assert_int_equal(e.records, 2);
    assert_int_equal(e.rule, SYM_RULE_TWO);
    expect_shared(&e);
    SYM_SECRET_AUTO value = {0};
    struct sym_result_page page;
    assert_int_equal(
        sym_results_get(&rig->sides[0].results, &value, &page, sym_span(other, sizeof other), 0),
        SYM_OK);
    assert_int_equal(page.id_lengths.len, 2);
    expect_span(page.ids, "r1r2");
    assert_int_equal(sym_get_u64(page.types.data),
                     1u << SYM_TOKEN_DOB_TOWN | 1u << SYM_TOKEN_NAMES_DOB);
    assert_int_equal(sym_get_u64(page.types.data + 8), 1u << SYM_TOKEN_IBAN);
}

static void keys_are_counted_when_nothing_matches_and_never_at_the_other_side(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO arena_b = {0};
    struct sym_shared_keys s;
    exchange_rig_token(rig, 0, 0, SYM_TOKEN_DOB_TOWN, 1);
    exchange_rig_token(rig, 0, 1, SYM_TOKEN_DOB_TOWN, 1);
    exchange_rig_token(rig, 1, 0, SYM_TOKEN_DOB_TOWN, 2);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_DOB_TOWN, id);
    exchange_rig_run(rig, NULL);
    struct sym_exchange_entry e = expect_done(&arena, id, 1, 1, 0);
    assert_int_equal(sym_shared_keys_read(&s, e.shared), SYM_OK);
    assert_int_equal(s.records, 2);
    assert_int_equal(s.shared[SYM_TOKEN_DOB_TOWN], 2);
    e = exchange_rig_entry(rig, 1, &arena_b, id);
    assert_int_equal(e.shared.len, 0);
}

static void works_for_one_and_for_none(void **state)
{
    const size_t sizes[][2] = {{1, 1}, {1, 4100}, {4100, 1}, {5, 0}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (uint32_t kind = SYM_KIND_OVERLAP_MATCHES; kind <= SYM_KIND_OVERLAP_COUNT; kind++) {
            SYM_ARENA_AUTO arena = {0};
            begin_again(state, kind == SYM_KIND_OVERLAP_MATCHES);
            exchange_rig_fill(rig, 0, 0, sizes[i][0]);
            exchange_rig_fill(rig, 1, 0, sizes[i][1]);
            exchange_rig_start(rig, 0, kind, SYM_TOKEN_NONE, id);
            exchange_rig_run(rig, NULL);
            size_t common = sizes[i][0] < sizes[i][1] ? sizes[i][0] : sizes[i][1];
            (void)expect_done(&arena, id, sizes[i][0], sizes[i][1], common);
        }
    }
}

static void pads_what_the_other_learns(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    for (unsigned side = 0; side < 2; side++) {
        assert_int_equal(sym_settings_set(&rig->sides[side].settings,
                                          sym_span_text("overlap-padding"),
                                          sym_span_text("power-of-two"), NULL, NULL),
                         SYM_OK);
    }
    exchange_rig_fill(rig, 0, 0, 100);
    exchange_rig_fill(rig, 1, 40, 70);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    (void)expect_done(&arena, id, 128, 128, 60);
}

static void is_denied_and_both_remember(void **state)
{
    (void)state;
    exchange_rig_fill(rig, 0, 0, 10);
    exchange_rig_fill(rig, 1, 0, 10);
    rig->sides[1].verdict = (struct sym_policy_verdict){.decision = SYM_DECISION_DENIED,
                                                        .reason = SYM_REASON_LIMIT,
                                                        .remark = "fewer elements",
                                                        .cause = "max-size"};
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    expect_ends(SYM_EXCHANGE_DENIED, SYM_REASON_LIMIT, SYM_REASON_LIMIT);
    expect_same_bytes();
    SYM_ARENA_AUTO a = {0};
    SYM_ARENA_AUTO b = {0};
    expect_span(exchange_rig_entry(rig, 0, &a, id).fault,
                "bank-b denied it: a limit of the grant is reached: fewer elements");
    expect_span(exchange_rig_entry(rig, 1, &b, NULL).fault, "max-size");
}

static enum sym_err accuse(struct sym_transaction *t, void *context)
{
    return sym_breach_put(t, context, SYM_TABLE_CAUSE_PROOF, sym_span(NULL, 0));
}

static void who_broke_a_table_needs_an_approver_for_whatever_it_asks(void **state)
{
    (void)state;
    exchange_rig_fill(rig, 0, 0, 10);
    exchange_rig_fill(rig, 1, 0, 10);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    assert_int_equal(rig->sides[1].held_back, 0);
    assert_int_equal(sym_store_write(rig->sides[1].room.store, accuse, &rig->sides[0].self.id),
                     SYM_OK);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    assert_int_equal(rig->sides[1].asked, 2);
    assert_int_equal(rig->sides[1].held_back, 1);
}

static void runs_several_at_once_both_ways(void **state)
{
    (void)state;
    enum { EACH = 3 };
    uint8_t ids[2][EACH][SYM_EXCHANGE_ID_BYTES];
    exchange_rig_fill(rig, 0, 0, 3000);
    exchange_rig_fill(rig, 1, 1000, 3000);
    for (unsigned i = 0; i < 2 * EACH; i++) {
        exchange_rig_start(rig, i % 2, i < 4 ? SYM_KIND_OVERLAP_MATCHES : SYM_KIND_OVERLAP_COUNT,
                           SYM_TOKEN_NONE, ids[i % 2][i / 2]);
    }
    exchange_rig_run(rig, NULL);
    for (unsigned i = 0; i < 2 * EACH; i++) {
        SYM_ARENA_AUTO arena = {0};
        struct sym_exchange_entry e = exchange_rig_entry(rig, i % 2, &arena, ids[i % 2][i / 2]);
        assert_int_equal(e.state, SYM_EXCHANGE_DONE);
        assert_int_equal(e.common, 2000);
        assert_int_equal(e.records, i < 4 ? 2000 : 0);
    }
    assert_int_equal(read_result(0, ids[0][0], 1000, 1u << SYM_TOKEN_ACCOUNT), 2000);
    assert_int_equal(read_result(1, ids[1][0], 0, 1u << SYM_TOKEN_ACCOUNT), 2000);
    assert_int_equal(exchange_rig_entries(rig, 0), 2 * EACH);
}

static void refuses_to_count_records_with_several_identifiers(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    exchange_rig_fill(rig, 0, 0, 5);
    exchange_rig_token(rig, 1, 0, SYM_TOKEN_IBAN, 1);
    exchange_rig_token(rig, 1, 0, SYM_TOKEN_PHONE, 1);
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_COUNT, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    expect_ends(SYM_EXCHANGE_DENIED, SYM_REASON_UNSUPPORTED, SYM_REASON_UNSUPPORTED);
    struct sym_overlap_start o = {.mine = sym_span_text("list"), .kind = SYM_KIND_OVERLAP_COUNT};
    struct sym_fault fault = {.text = ""};
    assert_int_equal(sym_exchanges_countable(rig->sides[1].exchanges, &o, &fault), SYM_UNSUPPORTED);
    assert_non_null(strstr(fault.text, "--type"));
    expect_span(exchange_rig_entry(rig, 0, &arena, NULL).user, "ada");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(finds_own_records_that_the_other_holds),
        TEST(counts_without_naming),
        TEST(tells_what_stays_from_what_travels),
        TEST(finds_by_the_types_that_matched),
        TEST(any_key_is_enough_unless_the_rule_says_two),
        TEST(keys_are_counted_when_nothing_matches_and_never_at_the_other_side),
        TEST(works_for_one_and_for_none),
        TEST(pads_what_the_other_learns),
        TEST(is_denied_and_both_remember),
        TEST(runs_several_at_once_both_ways),
        TEST(refuses_to_count_records_with_several_identifiers),
        TEST(who_broke_a_table_needs_an_approver_for_whatever_it_asks),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
