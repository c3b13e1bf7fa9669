/* Cards: what is written is read back, and no text but that is read. */
#include "tests/crypto/card_case.h"

#include <stdlib.h>

static void reads_back_what_was_written(void **state)
{
    (void)state;
    struct sym_card contents;
    struct sym_card card;
    struct sym_fault fault;
    struct text t = full_card(&contents);
    assert_int_equal(parse(&card, &t, &fault), SYM_OK);
    assert_true(sym_card_equal(&card, &contents));
    assert_string_equal(card.name, contents.name);
    assert_int_equal(card.n_tls, 2);
    assert_int_equal(card.n_exchange, 2);
    assert_int_equal(card.n_endpoint, 4);
    assert_string_equal(card.endpoint[2], "[2001:db8::7]:65535");
    t = plain_card();
    assert_int_equal(parse(&card, &t, NULL), SYM_OK);
    assert_int_equal(card.n_tls, 1);
    assert_int_equal(card.n_exchange, 1);
    assert_false(card.has_previous);
    assert_int_equal(card.issued_s, ISSUED);
    assert_int_equal(card.expires_s, EXPIRES);
}

static void a_card_has_exactly_the_documented_lines(void **state)
{
    (void)state;
    static const char *const starts[] = {"symbolon-card/1\n",
                                         "name: Bank A\n",
                                         "role: bank\n",
                                         "serial: 3\n",
                                         "issued: 2026-11-21T20:00:00Z\n",
                                         "expires: 2027-11-21T20:00:00Z\n",
                                         "identity: ",
                                         "tls: ",
                                         "exchange: ",
                                         "log: ",
                                         "cosign: ",
                                         "endpoint: bank-a.example:7701\n",
                                         "signature: "};
    struct text t = plain_card();
    const char *line = t.data;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        assert_int_equal(strncmp(line, starts[i], strlen(starts[i])), 0);
        line = strchr(line, '\n') + 1;
    }
    assert_int_equal(line - t.data, t.len);
    assert_int_equal(*line, '\0');
}

static void carriage_returns_and_blank_lines_at_the_end_do_no_harm(void **state)
{
    (void)state;
    struct sym_card want;
    struct sym_card card;
    struct text t = full_card(&want);
    struct text mailed = {.len = 0};
    for (size_t i = 0; i < t.len; i++) {
        if (t.data[i] == '\n') {
            mailed.data[mailed.len++] = '\r';
        }
        mailed.data[mailed.len++] = t.data[i];
    }
    memcpy(mailed.data + mailed.len, "\r\n\n\r\n", 5);
    mailed.len += 5;
    assert_int_equal(parse(&card, &mailed, NULL), SYM_OK);
    assert_true(sym_card_equal(&card, &want));
    assert_edit_refused("role", "\rrole", SYM_BAD_FORMAT, "card:3: this should be the line \"role");
    assert_edit_refused("bank\n", "bank\r\r\n", SYM_BAD_VALUE, "card:3: the role");
    assert_edit_refused("Bank A", "Bank\rA", SYM_BAD_VALUE, "card:2: the name");
}

static void a_card_edited_in_any_byte_is_refused(void **state)
{
    (void)state;
    struct sym_card want;
    struct text t = full_card(&want);
    size_t accepted = 0;
    for (size_t at = 0; at < t.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct text edited = t;
            struct sym_card card;
            struct sym_fault fault = {SYM_OK, ""};
            edited.data[at] = (char)((uint8_t)edited.data[at] ^ 1u << bit);
            accepted += parse(&card, &edited, &fault) == SYM_OK;
            assert_int_equal(strncmp(fault.text, "card:", 5), 0);
        }
    }
    assert_int_equal(accepted, 0);
}

static void a_card_with_a_byte_added_or_lost_is_refused(void **state)
{
    (void)state;
    struct sym_card want;
    struct sym_card card;
    struct text t = full_card(&want);
    for (size_t at = 0; at < t.len; at++) {
        struct text edited = t;
        memmove(edited.data + at, t.data + at + 1, t.len - at - 1);
        edited.len--;
        assert_int_not_equal(parse(&card, &edited, NULL), SYM_OK);
        edited = t;
        memmove(edited.data + at + 1, t.data + at, t.len - at);
        edited.len++;
        for (const char *added = "\r\n a"; *added != '\0'; added++) {
            edited.data[at] = *added;
            bool same = parse(&card, &edited, NULL) == SYM_OK;
            bool harmless =
                t.data[at] == '\n' && (*added == '\r' || (*added == '\n' && at == t.len - 1));
            assert_true(!same || harmless);
            assert_true(!same || sym_card_equal(&card, &want));
        }
    }
}

static void a_card_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct sym_card contents;
    struct text t = full_card(&contents);
    for (size_t len = 0; len < t.len; len++) {
        struct sym_card card;
        struct text cut = t;
        cut.len = len;
        assert_int_not_equal(parse(&card, &cut, NULL), SYM_OK);
    }
}

static void refuses_lines_that_are_missing_repeated_or_in_another_order(void **state)
{
    (void)state;
    assert_edit_refused("role: bank\n", "", SYM_BAD_FORMAT,
                        "card:3: this should be the line \"role");
    assert_edit_refused("role: bank\n", "role: bank\nrole: bank\n", SYM_BAD_FORMAT,
                        "card:4: this should be the line \"serial");
    assert_edit_refused("role: bank\nserial: 3\n", "serial: 3\nrole: bank\n", SYM_BAD_FORMAT,
                        "card:3: this should be the line \"role");
    assert_edit_refused("tls: ", "tls-next: ", SYM_BAD_FORMAT,
                        "card:8: this should be the line \"tls");
    assert_edit_refused("role: bank", "role:bank", SYM_BAD_FORMAT, "card:3: this should be");
    assert_edit_refused("role: bank", "Role: bank", SYM_BAD_FORMAT, "card:3: this should be");
    assert_edit_refused("role: bank", "\nrole: bank", SYM_BAD_FORMAT, "card:3: this should be");
    assert_edit_refused("role: bank", "role: bank ", SYM_BAD_VALUE, "card:3: the role is not");
    assert_edit_refused("role: bank", "role: Bank", SYM_BAD_VALUE, "card:3: the role is not");
    assert_edit_refused("signature: ", "comment: x\nsignature: ", SYM_BAD_FORMAT, "card:13: this");
}

static void refuses_trailing_bytes(void **state)
{
    (void)state;
    struct text t = plain_card();
    memcpy(t.data + t.len, "x", 2);
    t.len += 1;
    assert_refused(&t, SYM_BAD_FORMAT, "card:14: the line has no end");
    memcpy(t.data + t.len, "\n", 2);
    t.len += 1;
    assert_refused(&t, SYM_BAD_FORMAT, "card:14: something stands behind the signature");
    t.data[t.len - 2] = '\0';
    assert_refused(&t, SYM_BAD_FORMAT, "card:14: something stands behind the signature");
}

static void refuses_what_is_not_a_card_or_of_another_version(void **state)
{
    (void)state;
    struct text t = {.data = "", .len = 0};
    assert_refused(&t, SYM_BAD_FORMAT, "card:1: the card ends here");
    t = (struct text){.data = "hello\n", .len = 6};
    assert_refused(&t, SYM_BAD_FORMAT, "card:1: this is not a card");
    assert_edit_refused("card/1", "card/2", SYM_BAD_VERSION,
                        "card:1: the card is of another version; ask the partner for one of "
                        "version 1, or update this program");
    assert_edit_refused("card/1", "card/10", SYM_BAD_VERSION, "card:1: the card is of another");
    assert_edit_refused("card/1", "card/", SYM_BAD_VERSION, "card:1: the card is of another");
    assert_edit_refused("symbolon-card", "\nsymbolon-card", SYM_BAD_FORMAT, "card:1: this is not");
    memset(t.data, 'a', sizeof t.data);
    t.len = sizeof t.data;
    assert_refused(&t, SYM_TOO_LONG, "card: longer than 4096 bytes");
    t.len--;
    assert_refused(&t, SYM_BAD_FORMAT, "card:1: ");
}

static void roles_have_texts(void **state)
{
    (void)state;
    enum sym_role role = SYM_ROLE_OTHER;
    assert_string_equal(sym_role_text(SYM_ROLE_BANK), "bank");
    assert_string_equal(sym_role_text(SYM_ROLE_OTHER), "other");
    assert_null(sym_role_text((enum sym_role)5));
    assert_int_equal(sym_role_parse(&role, sym_span_text("auditor")), SYM_OK);
    assert_int_equal(role, SYM_ROLE_AUDITOR);
    assert_int_equal(sym_role_parse(&role, sym_span_text("")), SYM_BAD_VALUE);
    assert_int_equal(sym_role_parse(&role, sym_span_text("banks")), SYM_BAD_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_what_was_written),
        cmocka_unit_test(a_card_has_exactly_the_documented_lines),
        cmocka_unit_test(carriage_returns_and_blank_lines_at_the_end_do_no_harm),
        cmocka_unit_test(a_card_edited_in_any_byte_is_refused),
        cmocka_unit_test(a_card_with_a_byte_added_or_lost_is_refused),
        cmocka_unit_test(a_card_cut_anywhere_is_refused),
        cmocka_unit_test(refuses_lines_that_are_missing_repeated_or_in_another_order),
        cmocka_unit_test(refuses_trailing_bytes),
        cmocka_unit_test(refuses_what_is_not_a_card_or_of_another_version),
        cmocka_unit_test(roles_have_texts),
    };
    return sym_crypto_init() == SYM_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
