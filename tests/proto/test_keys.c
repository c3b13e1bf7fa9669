#include "proto/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define BIT(type) (UINT64_C(1) << SYM_TOKEN_##type)

static void any_keeps_whatever_matched(void **state)
{
    (void)state;
    assert_true(sym_overlap_rule_keeps(SYM_RULE_ANY, BIT(DOB_TOWN)));
    assert_true(sym_overlap_rule_keeps(SYM_RULE_ANY, BIT(IBAN)));
    assert_false(sym_overlap_rule_keeps(SYM_RULE_ANY, 0));
}

static void two_keeps_two_keys_or_an_identifier(void **state)
{
    (void)state;
    assert_true(sym_overlap_rule_keeps(SYM_RULE_TWO, BIT(DOB_TOWN) | BIT(NAMES_DOB)));
    assert_true(sym_overlap_rule_keeps(SYM_RULE_TWO, BIT(NAME_DOB) | BIT(SURNAME_POSTCODE_YEAR)));
    assert_true(sym_overlap_rule_keeps(SYM_RULE_TWO, BIT(IBAN)));
    assert_true(sym_overlap_rule_keeps(SYM_RULE_TWO, BIT(IBAN) | BIT(DOB_TOWN)));
}

static void two_refuses_one_key(void **state)
{
    (void)state;
    assert_false(sym_overlap_rule_keeps(SYM_RULE_TWO, 0));
    assert_false(sym_overlap_rule_keeps(SYM_RULE_TWO, BIT(NAME_DOB)));
    for (unsigned t = SYM_TOKEN_FIRST_KEY; t <= SYM_TOKEN_LAST_KEY; t++) {
        assert_false(sym_overlap_rule_keeps(SYM_RULE_TWO, UINT64_C(1) << t));
    }
    assert_false(sym_overlap_rule_keeps(SYM_RULE_COUNT, UINT64_MAX));
    assert_string_equal(sym_overlap_rule_text(SYM_RULE_TWO), "two");
    assert_string_equal(sym_overlap_rule_text(SYM_RULE_COUNT), "unknown");
}

static void counts_what_is_shared(void **state)
{
    (void)state;
    struct sym_shared_keys s = {.records = 0};
    static const uint8_t types[] = {SYM_TOKEN_NAMES_DOB, SYM_TOKEN_DOB_TOWN};
    static const uint32_t alone[] = {1, 1};
    static const uint32_t town[] = {1, 4};
    static const uint32_t both[] = {3, 5};
    sym_shared_keys_add(&s, types, alone, 2);
    sym_shared_keys_add(&s, types, town, 2);
    assert_int_equal(s.shared_two, 0);
    sym_shared_keys_add(&s, types, both, 2);
    sym_shared_keys_add(&s, types, both, 0);
    assert_int_equal(s.records, 3);
    assert_int_equal(s.tokens[SYM_TOKEN_NAMES_DOB], 3);
    assert_int_equal(s.shared[SYM_TOKEN_NAMES_DOB], 2);
    assert_int_equal(s.shared[SYM_TOKEN_DOB_TOWN], 7);
    assert_int_equal(s.shared_two, 2); /* two others may have both */
}

static void counts_the_same_in_two_parts(void **state)
{
    (void)state;
    struct sym_shared_keys whole = {.records = 0};
    struct sym_shared_keys parts[2] = {{.records = 0}, {.records = 0}};
    static const uint8_t types[] = {SYM_TOKEN_NAMES_DOB, SYM_TOKEN_DOB_TOWN};
    for (uint32_t i = 0; i < 7; i++) {
        const uint32_t held_by[] = {1 + i, 1 + i % 3};
        sym_shared_keys_add(&whole, types, held_by, 1 + i % 2);
        sym_shared_keys_add(&parts[i % 2], types, held_by, 1 + i % 2);
    }
    sym_shared_keys_join(&parts[0], &parts[1]);
    assert_memory_equal(&parts[0], &whole, sizeof whole);
}

static void reads_what_it_writes(void **state)
{
    (void)state;
    struct sym_shared_keys s = {.records = 3, .shared_two = 2};
    struct sym_shared_keys back;
    uint8_t bytes[SYM_SHARED_KEYS_BYTES_MAX];
    struct sym_writer w = sym_writer(bytes, sizeof bytes);
    struct sym_writer none = sym_writer(bytes, 0);
    for (size_t t = 1; t < SYM_TOKEN_TYPE_COUNT; t++) {
        s.tokens[t] = t;
        s.shared[t] = UINT64_MAX - t;
    }
    assert_int_equal(sym_shared_keys_write(&w, &s), SYM_OK);
    assert_int_equal(sym_shared_keys_read(&back, sym_span(bytes, w.len)), SYM_OK);
    assert_memory_equal(&back, &s, sizeof s);
    assert_int_equal(sym_shared_keys_write(&none, &s), SYM_TOO_LONG);
    none = sym_writer(bytes, 0);
    s.records = 0;
    assert_int_equal(sym_shared_keys_write(&none, &s), SYM_OK);
    assert_int_equal(none.len, 0);
    assert_int_equal(sym_shared_keys_read(&back, sym_span(NULL, 0)), SYM_OK);
    assert_int_equal(back.records, 0);
}

static void refuses_bytes_that_are_cut(void **state)
{
    (void)state;
    uint8_t bytes[16 + 17 + 17] = {0};
    struct sym_shared_keys s;
    for (size_t len = 1; len <= sizeof bytes; len++) {
        bool fits = len == 16 || len == 33 || len == 50;
        assert_int_equal(sym_shared_keys_read(&s, sym_span(bytes, len)),
                         fits ? SYM_OK : SYM_BAD_FORMAT);
    }
}

static void passes_over_types_of_a_later_version(void **state)
{
    (void)state;
    uint8_t bytes[16 + 17];
    struct sym_shared_keys s;
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(sym_shared_keys_read(&s, sym_span(bytes, sizeof bytes)), SYM_OK);
    assert_int_equal(s.records, UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_keeps_whatever_matched),
        cmocka_unit_test(two_keeps_two_keys_or_an_identifier),
        cmocka_unit_test(two_refuses_one_key),
        cmocka_unit_test(counts_what_is_shared),
        cmocka_unit_test(counts_the_same_in_two_parts),
        cmocka_unit_test(reads_what_it_writes),
        cmocka_unit_test(refuses_bytes_that_are_cut),
        cmocka_unit_test(passes_over_types_of_a_later_version),
    };
    return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
