#include "cli/pictures/page.h"

#include "crypto/aead.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define POLICY "<meta http-equiv=\"Content-Security-Policy\" content=\""

static const uint8_t *found(struct sym_span in, const char *text)
{
    return in.len == 0 ? NULL : memmem(in.data, in.len, text, strlen(text));
}

/* What stands between two texts; empty where they do not. */
static struct sym_span between(struct sym_span in, const char *before, const char *after)
{
    const uint8_t *start = found(in, before);
    if (start == NULL) {
        return sym_span(NULL, 0);
    }
    start += strlen(before);
    struct sym_span rest = sym_span(start, (size_t)(in.data + in.len - start));
    const uint8_t *end = found(rest, after);
    return end == NULL ? sym_span(NULL, 0) : sym_span(start, (size_t)(end - start));
}

/* Without npm there is nothing to test. */
static struct sym_page built(void)
{
    struct sym_page page = sym_page_of_report();
    if (page.top.len == 0) {
        print_message("skipped: the page was built without npm\n");
        skip();
    }
    return page;
}

static void the_parts_are_all_there_or_none_is(void **state)
{
    (void)state;
    struct sym_page report = sym_page_of_report();
    struct sym_page server = sym_page_of_server();
    bool there = report.top.len > 0;
    assert_int_equal(there, report.middle.len > 0);
    assert_int_equal(there, report.bottom.len > 0);
    assert_int_equal(there, server.top.len > 0);
}

static void a_page_begins_and_ends_in_its_parts(void **state)
{
    (void)state;
    struct sym_page page = built();
    assert_ptr_equal(found(page.top, "<!doctype html>"), page.top.data);
    assert_non_null(found(page.middle, "<script type=\"application/json\" id=\"data\">"));
    assert_ptr_equal(found(page.bottom, "</script>"), page.bottom.data);
    assert_non_null(found(page.bottom, "</html>"));
}

static void the_page_of_a_report_may_connect_to_nothing(void **state)
{
    (void)state;
    struct sym_span policy = between(built().top, POLICY, "\"");
    assert_ptr_equal(found(policy, "default-src 'none';"), policy.data);
    assert_null(found(policy, "connect-src"));
    assert_null(found(policy, "unsafe"));
    assert_null(found(policy, "http"));
}

static void the_page_of_the_server_may_connect_to_where_it_came_from(void **state)
{
    (void)state;
    (void)built();
    struct sym_span policy = between(sym_page_of_server().top, POLICY, "\"");
    assert_ptr_equal(found(policy, "default-src 'none';"), policy.data);
    assert_non_null(found(policy, "connect-src 'self';"));
    assert_null(found(policy, "unsafe"));
}

static void the_policy_names_the_hashes_of_script_and_style(void **state)
{
    (void)state;
    struct sym_page page = built();
    const struct {
        const char *directive;
        struct sym_span text;
    } rows[] = {{"script-src", between(page.bottom, "<script>", "</script>")},
                {"style-src", between(page.top, "<style>", "</style>")}};
    struct sym_span policy = between(page.top, POLICY, "\"");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t hash[SYM_HASH_BYTES];
        char base64[SYM_BASE64_BYTES(SYM_HASH_BYTES)];
        char wanted[128];
        assert_true(rows[i].text.len > 0);
        assert_int_equal(sym_sha256(hash, rows[i].text), SYM_OK);
        sym_base64(base64, hash, sizeof hash);
        (void)snprintf(wanted, sizeof wanted, "%s 'sha256-%s';", rows[i].directive, base64);
        assert_non_null(found(policy, wanted));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_are_all_there_or_none_is),
        cmocka_unit_test(a_page_begins_and_ends_in_its_parts),
        cmocka_unit_test(the_page_of_a_report_may_connect_to_nothing),
        cmocka_unit_test(the_page_of_the_server_may_connect_to_where_it_came_from),
        cmocka_unit_test(the_policy_names_the_hashes_of_script_and_style),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
