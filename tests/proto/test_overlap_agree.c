#include "proto/overlap_agree.h"

#include "proto/overlap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const struct sym_overlap_terms terms = {
    .type_version = 3, .canon_version = 7, .types = 1u << 1 | 1u << 5 | 1ull << 63};

static struct sym_overlap fitting(void)
{
    return (struct sym_overlap){.engine = SYM_OVERLAP_ENGINE_DH,
                                .suite = SYM_OVERLAP_SUITE,
                                .type_version = 3,
                                .canon_version = 7,
                                .type = 5,
                                .set_size = 100};
}

static void takes_what_it_can_compute(void **state)
{
    (void)state;
    static const uint32_t types[] = {0, 1, 5, 63};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct sym_overlap asked = fitting();
        asked.type = types[i];
        assert_int_equal(sym_overlap_check(&asked, &terms, NULL), SYM_OK);
    }
}

/* The text names the number asked for and fits into a remark. */
static void assert_refused(struct sym_overlap asked, enum sym_err want, const char *part)
{
    struct sym_fault fault = {0};
    assert_int_equal(sym_overlap_check(&asked, &terms, NULL), want);
    assert_int_equal(sym_overlap_check(&asked, &terms, &fault), want);
    assert_int_equal(fault.err, want);
    assert_non_null(strstr(fault.text, part));
    assert_true(strlen(fault.text) <= SYM_REASON_BYTES_MAX);
}

static void refuses_an_engine_it_does_not_offer(void **state)
{
    (void)state;
    struct sym_overlap asked = fitting();
    asked.engine = SYM_OVERLAP_ENGINE_END;
    assert_refused(asked, SYM_UNSUPPORTED, "none of the engines");
    asked.engine = 255;
    assert_refused(asked, SYM_UNSUPPORTED, "none of the engines");
    asked.engine = 0;
    assert_refused(asked, SYM_UNSUPPORTED, "none of the engines");
    asked.engines = ~SYM_OVERLAP_ENGINES;
    assert_refused(asked, SYM_UNSUPPORTED, "none of the engines");
}

/* Engines ----------------------------------------------------------------------------------------
 */

#define DH   (1u << SYM_OVERLAP_ENGINE_DH)
#define VOLE (1u << SYM_OVERLAP_ENGINE_VOLE)

static void reads_one_engine_or_several(void **state)
{
    (void)state;
    struct sym_overlap asked = fitting();
    assert_int_equal(sym_overlap_engines_asked(&asked), DH);
    asked.engines = DH | VOLE; /* the single one counts */
    assert_int_equal(sym_overlap_engines_asked(&asked), DH);
    asked.engine = 0;
    assert_int_equal(sym_overlap_engines_asked(&asked), DH | VOLE);
    assert_int_equal(sym_overlap_check(&asked, &terms, NULL), SYM_OK);
}

static void counts_with_dh_only(void **state)
{
    (void)state;
    assert_int_equal(sym_overlap_engines_of(SYM_KIND_OVERLAP_MATCHES),
                     DH | VOLE | 1u << SYM_OVERLAP_ENGINE_STANDING);
    assert_int_equal(sym_overlap_engines_of(SYM_KIND_OVERLAP_COUNT), DH);
    assert_int_equal(sym_overlap_engines_of(SYM_KIND_OVERLAP_TABLE), DH);
}

static void chooses_among_what_is_asked_and_covered(void **state)
{
    (void)state;
    static const struct {
        struct sym_overlap_choosing from;
        enum sym_overlap_engine engine;
        enum sym_overlap_why why;
    } rows[] = {
        {{DH, DH, 1u << 20, 1u << 20, true}, SYM_OVERLAP_ENGINE_DH, SYM_OVERLAP_WHY_ASKED},
        {{VOLE, VOLE, 1, 1, false}, SYM_OVERLAP_ENGINE_VOLE, SYM_OVERLAP_WHY_ASKED},
        {{DH | VOLE, DH, 1u << 20, 1, true}, SYM_OVERLAP_ENGINE_DH, SYM_OVERLAP_WHY_GRANT},
        {{DH | VOLE, VOLE, 1, 1, false}, SYM_OVERLAP_ENGINE_VOLE, SYM_OVERLAP_WHY_GRANT},
        {{~0u, DH, 1u << 20, 1, true}, SYM_OVERLAP_ENGINE_DH, SYM_OVERLAP_WHY_GRANT},
        {{DH | VOLE, DH | VOLE, 9999, 9999, true}, SYM_OVERLAP_ENGINE_DH, SYM_OVERLAP_WHY_SHORT},
        {{DH | VOLE, DH | VOLE, 10000, 1, true}, SYM_OVERLAP_ENGINE_VOLE, SYM_OVERLAP_WHY_LONG},
        {{DH | VOLE, DH | VOLE, 20000, 0, true}, SYM_OVERLAP_ENGINE_DH, SYM_OVERLAP_WHY_SHORT},
        {{DH | VOLE, DH | VOLE, 1, 10000, true}, SYM_OVERLAP_ENGINE_VOLE, SYM_OVERLAP_WHY_LONG},
        {{DH | VOLE, DH | VOLE, 10000, 1, false}, SYM_OVERLAP_ENGINE_DH, SYM_OVERLAP_WHY_PROCESSOR},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum sym_overlap_why why = SYM_OVERLAP_WHY_NONE;
        assert_int_equal(sym_overlap_choose(&why, &rows[i].from), rows[i].engine);
        assert_int_equal(why, rows[i].why);
    }
}

static void takes_an_answer_only_if_it_was_asked_for(void **state)
{
    (void)state;
    struct sym_overlap asked = fitting();
    struct sym_overlap_answer answer = {.engine = 0};
    assert_int_equal(sym_overlap_engine_agreed(&asked, &answer), SYM_OVERLAP_ENGINE_DH);
    answer.engine = SYM_OVERLAP_ENGINE_VOLE;
    assert_int_equal(sym_overlap_engine_agreed(&asked, &answer), SYM_OVERLAP_ENGINE_AUTO);
    asked.engine = 0;
    asked.engines = ~0u;
    assert_int_equal(sym_overlap_engine_agreed(&asked, &answer), SYM_OVERLAP_ENGINE_VOLE);
    static const uint32_t impossible[] = {0, SYM_OVERLAP_ENGINE_END, 31, 32, 255};
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        answer.engine = impossible[i];
        assert_int_equal(sym_overlap_engine_agreed(&asked, &answer), SYM_OVERLAP_ENGINE_AUTO);
    }
}

static void counts_a_list_as_what_its_owner_can_test(void **state)
{
    (void)state;
    assert_int_equal(sym_overlap_testable(SYM_OVERLAP_ENGINE_DH, 1000), 1000);
    assert_int_equal(sym_overlap_testable(SYM_OVERLAP_ENGINE_VOLE, 1), 1469);
    assert_int_equal(sym_overlap_testable(SYM_OVERLAP_ENGINE_VOLE, 1024), 1469);
    assert_int_equal(sym_overlap_testable(SYM_OVERLAP_ENGINE_VOLE, 1025), 2798);
    assert_int_equal(sym_overlap_testable(SYM_OVERLAP_ENGINE_VOLE, 16385), 2 * 22322);
    assert_int_equal(sym_overlap_testable(SYM_OVERLAP_ENGINE_VOLE, 1u << 20), 64 * 22322);
}

static void refuses_another_suite(void **state)
{
    (void)state;
    struct sym_overlap asked = fitting();
    asked.suite = UINT32_MAX;
    assert_refused(asked, SYM_UNSUPPORTED, "suite 4294967295");
}

static void refuses_another_list_of_types(void **state)
{
    (void)state;
    struct sym_overlap asked = fitting();
    asked.type_version = UINT32_MAX;
    assert_refused(asked, SYM_BAD_VERSION, "types of version 4294967295 asked for");
    asked.type_version = 2;
    assert_refused(asked, SYM_BAD_VERSION, "types of version 2 asked for, this node has 3");
}

static void refuses_other_rules_for_canonical_forms(void **state)
{
    (void)state;
    struct sym_overlap asked = fitting();
    asked.canon_version = 8;
    asked.type = 0;
    assert_refused(asked, SYM_BAD_VERSION, "canonical forms of version 8 asked for");
}

static void refuses_a_type_it_does_not_know(void **state)
{
    (void)state;
    static const uint32_t types[] = {2, 4, 6, 62, 64, 65, 69, UINT32_MAX};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct sym_overlap asked = fitting();
        asked.type = types[i];
        assert_refused(asked, SYM_NOT_FOUND, "identifier type");
    }
}

/* Parameters on the wire ------------------------------------------------------------------------
 */

static struct sym_span encoded(uint8_t out[64], const struct sym_overlap *asked)
{
    size_t len = 0;
    assert_int_equal(sym_encode(out, 64, &len, &sym_msg_overlap, asked), SYM_OK);
    return sym_span(out, len);
}

static void parameters_survive_a_round_trip(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    uint8_t out[64];
    struct sym_overlap asked = fitting();
    struct sym_overlap read;
    asked.set_size = SYM_SET_MAX;
    assert_int_equal(sym_decode(&arena, &read, &sym_msg_overlap, encoded(out, &asked)), SYM_OK);
    assert_memory_equal(&read, &asked, sizeof read);
}

static void refuses_parameters_beyond_the_limits(void **state)
{
    (void)state;
    struct sym_overlap bad[7];
    for (size_t i = 0; i < 7; i++) {
        bad[i] = fitting();
    }
    bad[0].engine = 256;
    bad[1].suite = 0;
    bad[2].type_version = 0;
    bad[3].canon_version = 0;
    bad[4].type = SYM_TOKEN_TYPES_MAX + 1;
    bad[5].set_size = 0;
    bad[6].set_size = SYM_SET_MAX + 1;
    for (size_t i = 0; i < 7; i++) {
        uint8_t out[64];
        size_t len = 0;
        assert_int_equal(sym_encode(out, sizeof out, &len, &sym_msg_overlap, &bad[i]),
                         SYM_BAD_VALUE);
    }
}

static void refuses_an_answer_beyond_the_limits(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO empty = {0};
    struct sym_overlap_answer answer = {.set_size = 7};
    assert_int_equal(sym_decode(&arena, &answer, &sym_msg_overlap_answer, sym_span(NULL, 0)),
                     SYM_OK);
    assert_int_equal(answer.set_size, 0);
    assert_int_equal(
        sym_decode(&empty, &answer, &sym_msg_overlap_answer, sym_span("\x08\x81\x80\x80\x20", 5)),
        SYM_BAD_VALUE);
}

static void a_standing_list_is_chosen_where_it_is_worth_it(void **state)
{
    (void)state;
    const uint32_t dh = 1u << SYM_OVERLAP_ENGINE_DH;
    const uint32_t bit = 1u << SYM_OVERLAP_ENGINE_STANDING;
    const struct {
        struct sym_overlap_standing_offer offer;
        bool chosen;
        enum sym_overlap_why why;
    } rows[] = {
        {{dh | bit, dh | bit, 100, 6400, false}, true, SYM_OVERLAP_WHY_FEW},
        {{dh | bit, dh | bit, 100, 6399, false}, false, 0},
        {{dh | bit, dh | bit, 100, 100, true}, true, SYM_OVERLAP_WHY_HELD},
        {{dh | bit, bit, 100, 100, false}, true, SYM_OVERLAP_WHY_GRANT},
        {{bit, bit, 100, 100, false}, true, SYM_OVERLAP_WHY_ASKED},
        {{dh | bit, dh, 1, 1000000, true}, false, 0},
        {{bit, bit, SYM_STANDING_QUERY_MAX, 1, true}, true, SYM_OVERLAP_WHY_ASKED},
        {{bit, bit, SYM_STANDING_QUERY_MAX + 1, 1000000, true}, false, 0},
        {{bit, bit, 0, 1000000, true}, false, 0},
        {{bit, bit, 1, 0, false}, false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum sym_overlap_why why = SYM_OVERLAP_WHY_NONE;
        assert_int_equal(sym_overlap_choose_standing(&why, &rows[i].offer), rows[i].chosen);
        assert_int_equal(why, rows[i].why);
    }
}

/* Tags -------------------------------------------------------------------------------------------
 */

static void tags_grow_with_the_sets(void **state)
{
    (void)state;
    static const struct {
        uint32_t a, b;
        size_t len;
    } rows[] = {
        {1, 0, 8},           {1, 1, 8},
        {4096, 4096, 8},     {4096, 4097, 9},
        {4097, 4096, 9},     {16384, 16384, 9},
        {20000, 20000, 9},   {65536, 65536, 9},
        {65537, 65536, 10},  {1u << 20, 1u << 20, 10},
        {SYM_SET_MAX, 1, 9}, {SYM_SET_MAX, SYM_SET_MAX, 12},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(sym_overlap_tag_bytes(rows[i].a, rows[i].b), rows[i].len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_it_can_compute),
        cmocka_unit_test(refuses_an_engine_it_does_not_offer),
        cmocka_unit_test(reads_one_engine_or_several),
        cmocka_unit_test(counts_with_dh_only),
        cmocka_unit_test(chooses_among_what_is_asked_and_covered),
        cmocka_unit_test(takes_an_answer_only_if_it_was_asked_for),
        cmocka_unit_test(counts_a_list_as_what_its_owner_can_test),
        cmocka_unit_test(refuses_another_suite),
        cmocka_unit_test(refuses_another_list_of_types),
        cmocka_unit_test(refuses_other_rules_for_canonical_forms),
        cmocka_unit_test(refuses_a_type_it_does_not_know),
        cmocka_unit_test(parameters_survive_a_round_trip),
        cmocka_unit_test(refuses_parameters_beyond_the_limits),
        cmocka_unit_test(refuses_an_answer_beyond_the_limits),
        cmocka_unit_test(a_standing_list_is_chosen_where_it_is_worth_it),
        cmocka_unit_test(tags_grow_with_the_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
