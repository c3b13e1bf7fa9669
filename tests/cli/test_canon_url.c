#include "tests/cli/canon_case.h"

#include <stdio.h>

static void scheme_host_port_and_fragment_have_one_form(void **state)
{
    accepts(*state, SYM_TOKEN_URL, "HTTP://Example.COM:80/", "http://example.com/");
    accepts(*state, SYM_TOKEN_URL, "https://example.com:443", "https://example.com/");
    accepts(*state, SYM_TOKEN_URL, "https://example.com:08443/", "https://example.com:8443/");
    accepts(*state, SYM_TOKEN_URL, "https://example.com:/x#top", "https://example.com/x");
    accepts(*state, SYM_TOKEN_URL, "www.Example.com/Ad/123", "https://www.example.com/Ad/123");
    accepts(*state, SYM_TOKEN_URL, "https://bücher.example/ä",
            "https://xn--bcher-kva.example/%C3%A4");
    accepts(*state, SYM_TOKEN_URL, "http://my_shop.example.com?x=1",
            "http://my_shop.example.com/?x=1");
    accepts(*state, SYM_TOKEN_URL, "http://[2001:DB8:0:0::1]:80/", "http://[2001:db8::1]/");
    accepts(*state, SYM_TOKEN_URL, "http://192.0.2.1/a", "http://192.0.2.1/a");
    accepts(*state, SYM_TOKEN_URL, "ftp://files.example.com:80/a", "ftp://files.example.com:80/a");
}

static void paths_are_normalised_and_keep_their_case(void **state)
{
    accepts(*state, SYM_TOKEN_URL, "https://e.com/a/./b/../C/%7euser", "https://e.com/a/C/~user");
    accepts(*state, SYM_TOKEN_URL, "https://e.com/../..", "https://e.com/");
    accepts(*state, SYM_TOKEN_URL, "https://e.com/a/%2e%2E/b", "https://e.com/b");
    accepts(*state, SYM_TOKEN_URL, "https://e.com/a/b/..", "https://e.com/a/");
    accepts(*state, SYM_TOKEN_URL, "https://e.com/a//b/", "https://e.com/a//b/");
    accepts(*state, SYM_TOKEN_URL, "https://e.com/a%2fb", "https://e.com/a%2Fb");
    accepts(*state, SYM_TOKEN_URL, "https://e.com/a b\\c", "https://e.com/a%20b%5Cc");
    accepts(*state, SYM_TOKEN_URL, "https://e.com/100%", "https://e.com/100%25");
    accepts(*state, SYM_TOKEN_URL, "https://e.com/%4", "https://e.com/%254");
    accepts(*state, SYM_TOKEN_URL, "https://e.com/%", "https://e.com/%25");
}

static void parameters_keep_their_order(void **state)
{
    accepts(*state, SYM_TOKEN_URL, "https://e.com/?b=2&a=1&&", "https://e.com/?b=2&a=1");
    accepts(*state, SYM_TOKEN_URL, "https://e.com/?", "https://e.com/");
    accepts(*state, SYM_TOKEN_URL, "https://e.com?u=http://f.com/?q",
            "https://e.com/?u=http://f.com/?q");
    accepts(*state, SYM_TOKEN_URL, "https://e.com/?utm_source=x", "https://e.com/?utm_source=x");
}

static void tracking_is_dropped_by_profile_only(void **state)
{
    (void)state;
    const struct sym_canon_rules rules = {.url_drop_tracking = true};
    struct sym_canon *c = NULL;
    assert_int_equal(sym_canon_new(&c, &rules, NULL), SYM_OK);
    accepts(c, SYM_TOKEN_URL, "https://e.com/?utm_source=x&q=1&FBCLID=y&gclid",
            "https://e.com/?q=1");
    accepts(c, SYM_TOKEN_URL, "https://e.com/?utm_source=x", "https://e.com/");
    accepts(c, SYM_TOKEN_URL, "https://e.com/?fbclid2=x&utm=1&xutm_a=2",
            "https://e.com/?fbclid2=x&utm=1&xutm_a=2");
    sym_canon_free(c);
}

static void refuses_what_is_no_web_address(void **state)
{
    refuses(*state, SYM_TOKEN_URL, "", "is empty");
    refuses(*state, SYM_TOKEN_URL, "https://", "has no host");
    refuses(*state, SYM_TOKEN_URL, "https:///path", "has no host");
    refuses(*state, SYM_TOKEN_URL, "/path/only", "has no host");
    refuses(*state, SYM_TOKEN_URL, "localhost", "the domain has no dot");
    refuses(*state, SYM_TOKEN_URL, "john@example.com", "of type email");
    refuses(*state, SYM_TOKEN_URL, "https://user:pw@example.com/", "user name before the host");
    refuses(*state, SYM_TOKEN_URL, "tel:0123", "has no dot");
    refuses(*state, SYM_TOKEN_URL, "https://example.com:99999/", "no port number");
    refuses(*state, SYM_TOKEN_URL, "https://example.com:8a/", "no port number");
    refuses(*state, SYM_TOKEN_URL, "https://example.com:99999999999999999999/", "no port number");
    refuses(*state, SYM_TOKEN_URL, "https://example.com:4294967376/", "no port number");
    refuses(*state, SYM_TOKEN_URL, "https://exa mple.com/", "part 1 of the domain");
    refuses(*state, SYM_TOKEN_URL, "https://e.com\\a/", "part 2 of the domain");
    refuses(*state, SYM_TOKEN_URL, "http://[::g]/", "no IPv6 address");
    refuses(*state, SYM_TOKEN_URL, "http://[::1/", "");
    refuses(*state, SYM_TOKEN_URL, "http://[]/", "");
}

static void refuses_addresses_without_end(void **state)
{
    char text[2048];
    (void)snprintf(text, sizeof text, "https://e.com");
    while (strlen(text) + 3 < 400) {
        memcpy(text + strlen(text), "/a", 3);
    }
    refuses(*state, SYM_TOKEN_URL, text, "more than 128 parts");
    (void)snprintf(text, sizeof text, "https://e.com/");
    memset(text + 14, ' ', 1000);
    memcpy(text + 1014, "x", 2);
    refuses(*state, SYM_TOKEN_URL, text, "canonical form is longer than 2048 bytes");
}

static void a_handle_is_platform_and_name(void **state)
{
    accepts(*state, SYM_TOKEN_HANDLE, "Telegram:@John_Doe", "telegram:john_doe");
    accepts_parts(*state, SYM_TOKEN_HANDLE, "John.Doe", "Mastodon.Social",
                  "mastodon.social:john.doe");
    accepts_parts(*state, SYM_TOKEN_HANDLE, " @ ＪＯＨＮ", " x ", "x:john");
    accepts_parts(*state, SYM_TOKEN_HANDLE, "мария", "vk", "vk:мария");
    accepts(*state, SYM_TOKEN_HANDLE, "x:@79.0", "x:79.0");
}

static void refuses_handles_that_name_nobody(void **state)
{
    refuses(*state, SYM_TOKEN_HANDLE, "john", "the platform is missing");
    refuses(*state, SYM_TOKEN_HANDLE, ":john", "the platform has to be");
    refuses(*state, SYM_TOKEN_HANDLE, "télé:john", "character 2 of the platform");
    refuses(*state, SYM_TOKEN_HANDLE, "telegram:", "is empty");
    refuses(*state, SYM_TOKEN_HANDLE, "telegram:@", "the name is empty");
    refuses(*state, SYM_TOKEN_HANDLE, "telegram:john doe", "holds a space");
    refuses(*state, SYM_TOKEN_HANDLE, "https://t.me/john", "one of / : ? # @");
    refuses_parts(*state, SYM_TOKEN_HANDLE, "john@example.com", "mail", "one of / : ? # @");
    refuses(*state, SYM_TOKEN_HANDLE,
            "x:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "longer than the limit (64 bytes)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scheme_host_port_and_fragment_have_one_form),
        cmocka_unit_test(paths_are_normalised_and_keep_their_case),
        cmocka_unit_test(parameters_keep_their_order),
        cmocka_unit_test(tracking_is_dropped_by_profile_only),
        cmocka_unit_test(refuses_what_is_no_web_address),
        cmocka_unit_test(refuses_addresses_without_end),
        cmocka_unit_test(a_handle_is_platform_and_name),
        cmocka_unit_test(refuses_handles_that_name_nobody),
    };
    return cmocka_run_group_tests_name("canon_url", tests, case_setup, case_teardown);
}
