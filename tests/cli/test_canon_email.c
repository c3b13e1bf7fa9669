#include "tests/cli/canon_case.h"

#include <stdio.h>

static void case_width_and_international_domains_do_not_matter(void **state)
{
    accepts(*state, SYM_TOKEN_EMAIL, "John.Doe@Example.COM", "john.doe@example.com");
    accepts(*state, SYM_TOKEN_EMAIL, " john.doe@example.com. ", "john.doe@example.com");
    accepts(*state, SYM_TOKEN_EMAIL, "ｊｏｈｎ@example.com", "john@example.com");
    accepts(*state, SYM_TOKEN_EMAIL, "STRASSE@example.com", "strasse@example.com");
    accepts(*state, SYM_TOKEN_EMAIL, "straße@example.com", "strasse@example.com");
    accepts(*state, SYM_TOKEN_EMAIL, "info@BÜCHER.example", "info@xn--bcher-kva.example");
    accepts(*state, SYM_TOKEN_EMAIL, "info@bu\u0308cher.example", "info@xn--bcher-kva.example");
    accepts(*state, SYM_TOKEN_EMAIL, "info@XN--BCHER-KVA.example", "info@xn--bcher-kva.example");
    accepts(*state, SYM_TOKEN_EMAIL, "İnfo@example.com", "i\u0307nfo@example.com");
}

/* Under IDNA 2008 they are two domains, so folding must not reach the domain. */
static void sharp_s_stays_in_a_domain(void **state)
{
    accepts(*state, SYM_TOKEN_EMAIL, "a@straße.example", "a@xn--strae-oqa.example");
    accepts(*state, SYM_TOKEN_EMAIL, "a@strasse.example", "a@strasse.example");
}

static void all_characters_of_an_atom_are_taken(void **state)
{
    accepts(*state, SYM_TOKEN_EMAIL, "!#$%&'*+-/=?^_`{|}~@r3---sn.example",
            "!#$%&'*+-/=?^_`{|}~@r3---sn.example");
    accepts(*state, SYM_TOKEN_EMAIL, "user+tag@gmail.com", "user+tag@gmail.com");
    accepts(*state, SYM_TOKEN_EMAIL, "u.s.e.r@gmail.com", "u.s.e.r@gmail.com");
}

static void provider_rules_come_with_the_profile_only(void **state)
{
    (void)state;
    const struct sym_canon_rules rules = {.email_providers = true};
    struct sym_canon *c = NULL;
    assert_int_equal(sym_canon_new(&c, &rules, NULL), SYM_OK);
    accepts(c, SYM_TOKEN_EMAIL, "J.Doe+shop@GoogleMail.com", "jdoe@gmail.com");
    accepts(c, SYM_TOKEN_EMAIL, "j.doe+shop@outlook.com", "j.doe@outlook.com");
    accepts(c, SYM_TOKEN_EMAIL, "j.doe+@hotmail.com", "j.doe@hotmail.com");
    sym_canon_free(c);
}

static void other_providers_keep_dots_and_tags(void **state)
{
    (void)state;
    const struct sym_canon_rules rules = {.email_providers = true};
    struct sym_canon *c = NULL;
    assert_int_equal(sym_canon_new(&c, &rules, NULL), SYM_OK);
    accepts(c, SYM_TOKEN_EMAIL, "j.doe+shop@example.com", "j.doe+shop@example.com");
    accepts(c, SYM_TOKEN_EMAIL, "+tag@gmail.com", "+tag@gmail.com");
    accepts(c, SYM_TOKEN_EMAIL, "a@protonmail.com", "a@proton.me");
    sym_canon_free(c);
}

static void refuses_what_is_more_or_less_than_an_address(void **state)
{
    refuses(*state, SYM_TOKEN_EMAIL, "john.doe", "has no @");
    refuses(*state, SYM_TOKEN_EMAIL, "@example.com", "empty or ends in a dot");
    refuses(*state, SYM_TOKEN_EMAIL, "john@", "part 1 of the domain");
    refuses(*state, SYM_TOKEN_EMAIL, "John Doe <john@example.com>", "write name@domain alone");
    refuses(*state, SYM_TOKEN_EMAIL, "\"john doe\"@example.com", "write name@domain alone");
    refuses(*state, SYM_TOKEN_EMAIL, "a@b@example.com", "character 2 before the @");
    refuses(*state, SYM_TOKEN_EMAIL, "a@example.com, b@example.com", "before the @");
    refuses(*state, SYM_TOKEN_EMAIL, "mailto:a@example.com", "character 7 before the @");
    refuses(*state, SYM_TOKEN_EMAIL, "john＠example.com", "has no @");
}

static void refuses_dots_out_of_place(void **state)
{
    refuses(*state, SYM_TOKEN_EMAIL, ".john@example.com", "character 1 before the @");
    refuses(*state, SYM_TOKEN_EMAIL, "john..doe@example.com", "character 6 before the @");
    refuses(*state, SYM_TOKEN_EMAIL, "john.@example.com", "ends in a dot");
    refuses(*state, SYM_TOKEN_EMAIL, "john@example..com", "part 2 of the domain is empty");
    refuses(*state, SYM_TOKEN_EMAIL, "john@.example.com", "part 1 of the domain is empty");
}

static void refuses_domains_that_cannot_be(void **state)
{
    refuses(*state, SYM_TOKEN_EMAIL, "john@localhost", "the domain has no dot");
    refuses(*state, SYM_TOKEN_EMAIL, "john@exa mple.com", "part 1 of the domain");
    refuses(*state, SYM_TOKEN_EMAIL, "john@-example.com", "inner hyphens");
    refuses(*state, SYM_TOKEN_EMAIL, "john@ex_ample.com", "part 1 of the domain");
    refuses(*state, SYM_TOKEN_EMAIL, "john@xn--a.example", "UTS 46");
    refuses(*state, SYM_TOKEN_EMAIL, "john@\u2260.\u00a0example", "");
    refuses(*state, SYM_TOKEN_EMAIL, "john@ä\u202e.\u0300x.example", "");
}

static void refuses_parts_that_are_too_long(void **state)
{
    char text[600];
    char label[65];
    char local[66];
    memset(local, 'l', sizeof local - 1);
    local[65] = '\0';
    (void)snprintf(text, sizeof text, "%s@example.com", local);
    refuses(*state, SYM_TOKEN_EMAIL, text, "longer than the limit (64 bytes)");
    local[64] = '\0';
    (void)snprintf(text, sizeof text, "%s@example.com", local);
    accepts(*state, SYM_TOKEN_EMAIL, text, text);
    memset(label, 'd', sizeof label - 1);
    label[64] = '\0';
    (void)snprintf(text, sizeof text, "a@%s.com", label);
    refuses(*state, SYM_TOKEN_EMAIL, text, "longer than 63 characters");
    label[63] = '\0';
    (void)snprintf(text, sizeof text, "a@%s.%s.%s.%s.com", label, label, label, label);
    refuses(*state, SYM_TOKEN_EMAIL, text, "the domain is longer than 253 bytes");
    (void)snprintf(text, sizeof text, "a@%s.%s.%s.%.62s", label, label, label, label);
    refuses(*state, SYM_TOKEN_EMAIL, text, "the domain is longer than 253 bytes");
    (void)snprintf(text, sizeof text, "a@%s.%s.%s.%.61s", label, label, label, label);
    accepts(*state, SYM_TOKEN_EMAIL, text, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_width_and_international_domains_do_not_matter),
        cmocka_unit_test(sharp_s_stays_in_a_domain),
        cmocka_unit_test(all_characters_of_an_atom_are_taken),
        cmocka_unit_test(provider_rules_come_with_the_profile_only),
        cmocka_unit_test(other_providers_keep_dots_and_tags),
        cmocka_unit_test(refuses_what_is_more_or_less_than_an_address),
        cmocka_unit_test(refuses_dots_out_of_place),
        cmocka_unit_test(refuses_domains_that_cannot_be),
        cmocka_unit_test(refuses_parts_that_are_too_long),
    };
    return cmocka_run_group_tests_name("canon_email", tests, case_setup, case_teardown);
}
