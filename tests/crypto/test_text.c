#include "crypto/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static void refuses_names_that_deceive(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        " Bank",
        "Bank ",
        "Bank\tA",
        "Bank\177",
        "Bank\033[31m",
        "Bank\302\205",          /* a C1 control */
        "Bank\302\240A",         /* a space that is none */
        "Bank\302\255k",         /* soft hyphen */
        "Bank\342\200\213",      /* zero-width space */
        "Bank \342\200\256knaB", /* right-to-left override */
        "\342\201\246Bank",      /* left-to-right isolate */
        "\357\273\277Bank",      /* byte order mark */
        "Bank\342\200\250A",     /* line separator */
        "Bank\363\240\201\201",  /* a tag character */
        "Bank\377",
        "Bank\300\257",         /* overlong */
        "Bank\340\200\257",     /* overlong */
        "Bank\355\240\200",     /* surrogate */
        "Bank\364\220\200\200", /* beyond Unicode */
        "Bank\342\202",         /* cut */
        "Bank\200",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_false(sym_text_is_name(sym_span_text(names[i])));
    }
}

static void names_may_be_of_any_script(void **state)
{
    (void)state;
    static const char *const names[] = {"a",     "Bank A", "Æ ß ı",   "漢字", "한국",
                                        "עברית", "عربي",   "देवनागरी", "🏦",    "\xef\xbf\xbd"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_true(sym_text_is_name(sym_span_text(names[i])));
    }
}

static void refuses_noncharacters_and_private_ones(void **state)
{
    (void)state;
    static const char *const names[] = {"\xef\xbf\xbe", "\xef\xbf\xbf",    "\xf0\x9f\xbf\xbe",
                                        "\xef\xb7\x90", "\xee\x80\x80",    "\xf3\xb0\x80\x80",
                                        "\xe3\x85\xa4", "\xf0\x9d\x85\xb3"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_false(sym_text_is_name(sym_span_text(names[i])));
    }
}

/* RFC 3629, section 3: the ends of each row of the table, and one beyond. */
static void reads_the_ends_of_each_form_of_utf_8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t character;
    } good[] = {{"\x01", 1},
                {"\x7f", 0x7f},
                {"\xc2\x80", 0x80},
                {"\xdf\xbf", 0x7ff},
                {"\xe0\xa0\x80", 0x800},
                {"\xed\x9f\xbf", 0xd7ff},
                {"\xee\x80\x80", 0xe000},
                {"\xef\xbf\xbf", 0xffff},
                {"\xf0\x90\x80\x80", 0x10000},
                {"\xf4\x8f\xbf\xbf", 0x10ffff}};
    static const char *const bad[] = {"\x80",
                                      "\xbf",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xed\xbf\xbf",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf8\x88\x80\x80\x80",
                                      "\xff",
                                      "\xc2",
                                      "\xe0\xa0",
                                      "\xf0\x90\x80",
                                      "\xc2\x41",
                                      "\xe0\xa0\x41"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct sym_span rest = sym_span_text(good[i].text);
        uint32_t c = 0;
        assert_true(sym_text_next(&c, &rest));
        assert_int_equal(c, good[i].character);
        assert_int_equal(rest.len, 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        /* Followed by what would complete it, to see that nothing behind the end is read. */
        char text[16];
        (void)snprintf(text, sizeof text, "%s\x80\x80\x80", bad[i]);
        struct sym_span rest = sym_span(text, strlen(bad[i]));
        uint32_t c = 7;
        assert_false(sym_text_next(&c, &rest));
        assert_int_equal(c, 7);
        assert_int_equal(rest.len, strlen(bad[i]));
    }
    struct sym_span zero = sym_span("\0x", 2);
    uint32_t c = 7;
    assert_true(sym_text_next(&c, &zero));
    assert_int_equal(c, 0);
    assert_int_equal(zero.len, 1);
}

static void an_alias_is_of_few_characters_and_no_way_out(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "Z", "0", "bank-b", "a.b_c-d", "a..", "9."};
    static const char *const bad[] = {"",     ".",   "..",  ".a",  "-a",        "_a",      "a/b",
                                      "a\\b", "a b", "a\n", "a:b", "a\303\244", "\377abc", "a@"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(sym_text_is_alias(sym_span_text(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(sym_text_is_alias(sym_span_text(bad[i])));
    }
    assert_false(sym_text_is_alias(sym_span("a\0", 2)));
}

static void what_editors_add_is_not_typed(void **state)
{
    (void)state;
    assert_true(sym_text_is_typed(sym_span_text("")));
    assert_true(sym_text_is_typed(sym_span_text("a b~\u00e4\ufeff")));
    assert_true(sym_text_is_typed(sym_span_text("\xef\xbb")));
    assert_false(sym_text_is_typed(sym_span_text("\ufeff"
                                                 "a")));
    assert_false(sym_text_is_typed(sym_span_text("a\r")));
    assert_false(sym_text_is_typed(sym_span_text("a\nb")));
    assert_false(sym_text_is_typed(sym_span_text("\x7f")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_names_that_deceive),
        cmocka_unit_test(names_may_be_of_any_script),
        cmocka_unit_test(refuses_noncharacters_and_private_ones),
        cmocka_unit_test(reads_the_ends_of_each_form_of_utf_8),
        cmocka_unit_test(what_editors_add_is_not_typed),
        cmocka_unit_test(an_alias_is_of_few_characters_and_no_way_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
