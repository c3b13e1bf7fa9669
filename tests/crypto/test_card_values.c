/* What a line of a card may hold, and what is neither read nor written. */
#include "tests/crypto/card_case.h"

static void refuses_serials_that_are_not_plain_numbers(void **state)
{
    (void)state;
    static const char *const serials[] = {"0",
                                          "00",
                                          "01",
                                          "-1",
                                          "+1",
                                          "1.0",
                                          "0x1",
                                          "",
                                          " 1",
                                          "1 ",
                                          "1e3",
                                          "a",
                                          "18446744073709551616",
                                          "99999999999999999999"};
    for (size_t i = 0; i < sizeof serials / sizeof serials[0]; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "serial: %s\n", serials[i]);
        assert_edit_refused("serial: 3\n", line, SYM_BAD_VALUE, "card:4: the serial");
    }
}

static void refuses_names_serials_and_times_that_are_none(void **state)
{
    (void)state;
    char name[] = "name: 0123456789012345678901234567890123456789012345678901234567890123x\n";
    assert_edit_refused("name: Bank A\n", name, SYM_TOO_LONG, "card:2: the name is longer");
    assert_edit_refused("Bank A", "", SYM_BAD_VALUE, "card:2: the name is empty");
    assert_edit_refused("Bank A", "Bank \342\200\256knaB", SYM_BAD_VALUE, "card:2: the name");
    assert_edit_refused("serial: 3", "serial: 03", SYM_BAD_VALUE, "card:4: the serial");
    assert_edit_refused("issued: 2026-11-21T20", "issued: 2026-11-31T20", SYM_BAD_VALUE,
                        "card:5: the time is not like");
    assert_edit_refused("expires: 2027-11-21T20", "expires: 2027-11-21 20", SYM_BAD_VALUE,
                        "card:6: the time is not like");
}

static void refuses_validity_that_is_empty_or_longer_than_three_years(void **state)
{
    (void)state;
    assert_edit_refused(
        "expires: 2027", "expires: 2026", SYM_BAD_VALUE,
        "card:6: expires does not lie after issued; ask the partner for a new card");
    assert_edit_refused("expires: 2027", "expires: 2025", SYM_BAD_VALUE, "card:6: expires does");
    assert_edit_refused("expires: 2027", "expires: 2030", SYM_BAD_VALUE,
                        "card:6: expires lies more than 3 years after issued");
    struct sym_node_keys keys = keys_of(10);
    struct sym_card card = card_of(&keys);
    card.expires_s = card.issued_s + 1096 * DAY_S;
    (void)written(&card, &keys.identity, NULL);
    sym_node_keys_clear(&keys);
}

static void refuses_keys_that_are_not_the_base64_of_their_length(void **state)
{
    (void)state;
    struct text t = plain_card();
    char *line = strstr(t.data, "identity: ");
    char value[64];
    char edited[128];
    assert_non_null(line);
    (void)snprintf(value, sizeof value, "%.44s", line + 10);
    const char *const values[] = {"",
                                  "=",
                                  "AAAA",
                                  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=",
                                  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                  "AAAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAAA=",
                                  "________________AAAAAAAAAAAAAAAAAAAAAAAAAAA="};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct text wrong = replaced(&t, value, values[i]);
        assert_refused(&wrong, SYM_BAD_FORMAT, "card:7: this is not the base64 of 32 bytes");
    }
    (void)snprintf(edited, sizeof edited, "%s ", value);
    struct text wrong = replaced(&t, value, edited);
    assert_refused(&wrong, SYM_BAD_FORMAT, "card:7: this is not the base64");
}

static void refuses_a_key_with_two_duties(void **state)
{
    (void)state;
    struct sym_node_keys keys = keys_of(10);
    struct sym_sign_key previous;
    struct text t;
    sign_key(&previous, 10);
    struct sym_card good = card_of(&keys);
    for (size_t i = 0; i < 4; i++) {
        struct sym_card card = good;
        struct sym_fault fault = {SYM_OK, ""};
        if (i == 0) {
            memcpy(card.tls[0], card.identity, sizeof card.identity);
        } else if (i == 1) {
            memcpy(card.cosign, card.log, sizeof card.log);
        } else if (i == 2) {
            memcpy(card.exchange[1], card.exchange[0], sizeof card.exchange[0]);
            card.n_exchange = 2;
        } else {
            memcpy(card.previous, card.identity, sizeof card.previous);
            card.has_previous = true;
        }
        assert_int_equal(
            sym_card_write(t.data, sizeof t.data, &t.len, &card, &keys.identity, &previous, &fault),
            SYM_BAD_VALUE);
        assert_non_null(strstr(fault.text, "two keys of the card are the same"));
    }
    sym_node_keys_clear(&keys);
    sym_sign_key_clear(&previous);
}

static void endpoints_are_host_and_port(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a:1",
        "bank-a.example:7701",
        "127.0.0.1:65535",
        "0.0.0.0:80",
        "xn--bcher-kva.example:443",
        "[::1]:7701",
        "[::]:1",
        "[1::]:1",
        "[2001:db8:0:0:0:0:0:1]:7701",
        "[2001:DB8::a:b]:7701",
        "[1:2:3:4:5:6:7::]:1",
        "255.255.255.255:1",
        "1a.b:1",
        "A.B.C:9",
        "a23456789012345678901234567890123456789012345678901234567890123.b:1"};
    static const char *const bad[] = {
        "",
        ":",
        ":1",
        "a",
        "a:",
        "a:0",
        "a:00",
        "a:01",
        "a:65536",
        "a:99999",
        "a:-1",
        "a:+1",
        "a:1 ",
        " a:1",
        "a b:1",
        "a: 1",
        "a:1:2",
        "::1:1",
        "[::1]",
        "[::1]:0",
        "[::1]1",
        "[::1:1",
        "::1]:1",
        "[]:1",
        "[:]:1",
        "[:::]:1",
        "[1:2:3:4:5:6:7]:1",
        "[1:2:3:4:5:6:7:8:9]:1",
        "[1:2:3:4:5:6:7:8::]:1",
        "[1::2::3]:1",
        "[12345::]:1",
        "[g::]:1",
        "[:1:2:3:4:5:6:7:8]:1",
        "[1:2:3:4:5:6:7:8:]:1",
        "[::ffff:1.2.3.4]:1",
        "[fe80::1%eth0]:1",
        "[127.0.0.1]:1",
        "[[::1]]:1",
        "-a:1",
        "a-:1",
        "a..b:1",
        ".a:1",
        "a.:1",
        "a_b:1",
        "1.2.3:1",
        "1.2.3.4.5:1",
        "256.1.1.1:1",
        "01.2.3.4:1",
        "127.1:1",
        "2130706433:1",
        "0x7f.1:1",
        "a.0x1:1",
        "a.1:1",
        "a/b:1",
        "http://a:1",
        "user@a:1",
        "b\303\274cher.example:1",
        "a234567890123456789012345678901234567890123456789012345678901234.b:1"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (sym_endpoint_check(sym_span_text(good[i])) != SYM_OK) {
            fail_msg("%s was refused", good[i]);
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (sym_endpoint_check(sym_span_text(bad[i])) == SYM_OK) {
            fail_msg("%s was accepted", bad[i]);
        }
    }
    assert_int_equal(sym_endpoint_check(sym_span("a\0b:1", 5)), SYM_BAD_VALUE);
    assert_edit_refused("bank-a.example:7701", "bank-a.example:0", SYM_BAD_VALUE,
                        "card:12: the endpoint is not like");
    char host[300];
    memset(host, 'a', sizeof host);
    for (size_t i = 50; i < sizeof host; i += 50) {
        host[i] = '.';
    }
    memcpy(host + 253, ":65535", 6);
    assert_int_equal(sym_endpoint_check(sym_span(host, 259)), SYM_OK);
    host[253] = 'a';
    memcpy(host + 254, ":65535", 6);
    assert_int_equal(sym_endpoint_check(sym_span(host, 260)), SYM_BAD_VALUE);
}

static void refuses_a_fifth_endpoint(void **state)
{
    (void)state;
    assert_edit_refused("endpoint: bank-a.example:7701\n",
                        "endpoint: a:1\nendpoint: a:2\nendpoint: a:3\nendpoint: a:4\n"
                        "endpoint: a:5\n",
                        SYM_TOO_LONG, "card:16: there are more than 4 endpoints");
}

static void a_card_needs_no_endpoint(void **state)
{
    (void)state;
    struct sym_node_keys keys = keys_of(10);
    struct sym_card card = card_of(&keys);
    struct sym_card read;
    card.n_endpoint = 0;
    struct text t = written(&card, &keys.identity, NULL);
    assert_int_equal(parse(&read, &t, NULL), SYM_OK);
    assert_int_equal(read.n_endpoint, 0);
    sym_node_keys_clear(&keys);
}

static void assert_write_refused(const struct sym_card *card, const struct sym_node_keys *keys,
                                 size_t max, enum sym_err err)
{
    struct text t = {.len = 12345};
    struct sym_fault fault = {SYM_OK, ""};
    assert_int_equal(sym_card_write(t.data, max, &t.len, card, &keys->identity, &keys->log, &fault),
                     err);
    assert_int_equal(fault.err, err);
    assert_int_equal(strncmp(fault.text, "card", 4), 0);
    assert_non_null(strstr(fault.text, "; correct what"));
    assert_int_equal(t.len, 12345);
}

static void writes_no_card_that_would_not_be_read(void **state)
{
    (void)state;
    struct sym_node_keys keys = keys_of(10);
    struct sym_card good = card_of(&keys);
    struct sym_card card = good;
    (void)strcpy(card.name, "Bank\nA");
    assert_write_refused(&card, &keys, SYM_CARD_BYTES_MAX, SYM_BAD_FORMAT);
    card = good;
    memset(card.name, 'a', sizeof card.name);
    assert_write_refused(&card, &keys, SYM_CARD_BYTES_MAX, SYM_TOO_LONG);
    card = good;
    (void)strcpy(card.endpoint[0], "a:1\nendpoint: b:2");
    assert_write_refused(&card, &keys, SYM_CARD_BYTES_MAX, SYM_BAD_VALUE);
    card = good;
    card.serial = 0;
    assert_write_refused(&card, &keys, SYM_CARD_BYTES_MAX, SYM_BAD_VALUE);
    card = good;
    card.role = (enum sym_role)9;
    assert_write_refused(&card, &keys, SYM_CARD_BYTES_MAX, SYM_BAD_VALUE);
    card = good;
    card.expires_s = 0;
    assert_write_refused(&card, &keys, SYM_CARD_BYTES_MAX, SYM_BAD_VALUE);
    card = good;
    card.n_endpoint = 5;
    assert_write_refused(&card, &keys, SYM_CARD_BYTES_MAX, SYM_BAD_VALUE);
    assert_write_refused(&good, &keys, 100, SYM_TOO_LONG);
    card = good;
    card.has_previous = true;
    card.previous[0] = 1;
    assert_write_refused(&card, &keys, SYM_CARD_BYTES_MAX, SYM_BAD_SIGNATURE);
    card = good;
    card.identity[0] ^= 1;
    assert_write_refused(&card, &keys, SYM_CARD_BYTES_MAX, SYM_BAD_SIGNATURE);
    struct text t;
    card = good;
    card.has_previous = true;
    assert_int_equal(
        sym_card_write(t.data, sizeof t.data, &t.len, &card, &keys.identity, NULL, NULL),
        SYM_BAD_VALUE);
    sym_node_keys_clear(&keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_serials_that_are_not_plain_numbers),
        cmocka_unit_test(refuses_names_serials_and_times_that_are_none),
        cmocka_unit_test(refuses_validity_that_is_empty_or_longer_than_three_years),
        cmocka_unit_test(refuses_keys_that_are_not_the_base64_of_their_length),
        cmocka_unit_test(refuses_a_key_with_two_duties),
        cmocka_unit_test(endpoints_are_host_and_port),
        cmocka_unit_test(refuses_a_fifth_endpoint),
        cmocka_unit_test(a_card_needs_no_endpoint),
        cmocka_unit_test(writes_no_card_that_would_not_be_read),
    };
    return sym_crypto_init() == SYM_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
