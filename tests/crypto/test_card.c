#include "crypto/card.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ISSUED  1795291200 /* 2026-11-21T20:00:00Z */
#define EXPIRES 1826827200 /* 2027-11-21T20:00:00Z */
#define DAY_S   86400

struct text {
    char data[SYM_CARD_BYTES_MAX + 1];
    size_t len;
};

static struct sym_span span_of(const struct text *t)
{
    return sym_span(t->data, t->len);
}

static void sign_key(struct sym_sign_key *k, uint8_t fill)
{
    uint8_t seed[SYM_SEED_BYTES];
    memset(seed, fill, sizeof seed);
    *k = (struct sym_sign_key){0};
    assert_int_equal(sym_sign_key_from(k, sym_span(seed, sizeof seed)), SYM_OK);
}

/* A node with fixed keys; fill tells nodes apart. */
static struct sym_node_keys keys_of(uint8_t fill)
{
    struct sym_node_keys keys = {0};
    uint8_t private_key[SYM_X25519_BYTES];
    sign_key(&keys.identity, fill);
    sign_key(&keys.tls[0], fill + 1);
    sign_key(&keys.log, fill + 2);
    sign_key(&keys.cosign, fill + 3);
    memset(private_key, fill, sizeof private_key);
    assert_int_equal(
        sym_exchange_key_from(&keys.exchange[0], sym_span(private_key, sizeof private_key)),
        SYM_OK);
    return keys;
}

static void announce_next_keys(struct sym_node_keys *keys)
{
    uint8_t private_key[SYM_X25519_BYTES];
    sign_key(&keys->tls[1], 201);
    memset(private_key, 202, sizeof private_key);
    assert_int_equal(
        sym_exchange_key_from(&keys->exchange[1], sym_span(private_key, sizeof private_key)),
        SYM_OK);
}

static struct sym_card card_of(const struct sym_node_keys *keys)
{
    struct sym_card card = {.name = "Bank A",
                            .role = SYM_ROLE_BANK,
                            .serial = 3,
                            .issued_s = ISSUED,
                            .expires_s = EXPIRES,
                            .endpoint = {"bank-a.example:7701"},
                            .n_endpoint = 1};
    sym_card_keys(&card, keys);
    return card;
}

static struct text written(const struct sym_card *card, const struct sym_sign_key *identity,
                           const struct sym_sign_key *previous)
{
    struct text t = {.len = 0};
    struct sym_fault fault = {SYM_OK, ""};
    enum sym_err err =
        sym_card_write(t.data, SYM_CARD_BYTES_MAX, &t.len, card, identity, previous, &fault);
    if (err != SYM_OK) {
        fail_msg("%s", fault.text);
    }
    return t;
}

/* The card in the simplest form, and with every optional line there is. */
static struct text plain_card(void)
{
    struct sym_node_keys keys = keys_of(10);
    struct sym_card card = card_of(&keys);
    struct text t = written(&card, &keys.identity, NULL);
    sym_node_keys_clear(&keys);
    return t;
}

static struct sym_card full_contents(const struct sym_node_keys *keys,
                                     const struct sym_sign_key *previous)
{
    struct sym_card card = card_of(keys);
    (void)strcpy(card.name, "Zürich – Kantonspolizei 警察");
    (void)strcpy(card.endpoint[1], "192.0.2.7:1");
    (void)strcpy(card.endpoint[2], "[2001:db8::7]:65535");
    (void)strcpy(card.endpoint[3], "localhost:7702");
    card.role = SYM_ROLE_POLICE;
    card.serial = UINT64_MAX;
    card.n_endpoint = 4;
    card.has_previous = true;
    memcpy(card.previous, previous->public_key, sizeof card.previous);
    return card;
}

static struct text full_card(struct sym_card *contents)
{
    struct sym_node_keys keys = keys_of(10);
    struct sym_sign_key previous;
    announce_next_keys(&keys);
    sign_key(&previous, 99);
    *contents = full_contents(&keys, &previous);
    struct text t = written(contents, &keys.identity, &previous);
    sym_node_keys_clear(&keys);
    sym_sign_key_clear(&previous);
    return t;
}

static enum sym_err parse(struct sym_card *card, const struct text *t, struct sym_fault *fault)
{
    return sym_card_parse(card, span_of(t), fault);
}

static void assert_refused(const struct text *t, enum sym_err err, const char *fault_start)
{
    struct sym_card card = {.serial = 77};
    struct sym_fault fault = {SYM_OK, ""};
    assert_int_equal(parse(&card, t, &fault), err);
    assert_int_equal(fault.err, err);
    assert_int_equal(card.serial, 77);
    if (strncmp(fault.text, fault_start, strlen(fault_start)) != 0) {
        fail_msg("%s\ndoes not begin with\n%s", fault.text, fault_start);
    }
    assert_non_null(strchr(fault.text, ';'));
}

/* Replaces the first occurrence of a piece of text by another, keeping the signatures as they are
 * (which every parser of values must notice before it comes to them). */
static struct text replaced(const struct text *from, const char *old, const char *new_text)
{
    struct text t = {.len = 0};
    const char *at = strstr(from->data, old);
    assert_non_null(at);
    int len = snprintf(t.data, sizeof t.data, "%.*s%s%s", (int)(at - from->data), from->data,
                       new_text, at + strlen(old));
    assert_true(len > 0 && (size_t)len < sizeof t.data);
    t.len = (size_t)len;
    return t;
}

static void assert_edit_refused(const char *old, const char *new_text, enum sym_err err,
                                const char *fault_start)
{
    struct text t = plain_card();
    struct text edited = replaced(&t, old, new_text);
    assert_refused(&edited, err, fault_start);
}

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

/* What accept says to an edit of a card that follows the pinned one. */
struct following {
    struct sym_card pinned, card;
    struct sym_node_id self;
};

static struct following follow(void)
{
    struct following f = {.self = {{1}}};
    struct sym_node_keys keys = keys_of(10);
    f.pinned = card_of(&keys);
    f.card = f.pinned;
    f.card.serial++;
    sym_node_keys_clear(&keys);
    return f;
}

static enum sym_err accept(const struct following *f, int64_t now_s)
{
    struct sym_fault fault = {SYM_OK, ""};
    enum sym_err err = sym_card_accept(&f->card, &f->pinned, &f->self, now_s, &fault);
    assert_int_equal(fault.err, err);
    assert_int_equal(strncmp(fault.text, "card: ", 6) == 0, err != SYM_OK);
    return err;
}

static void accepts_the_first_a_newer_and_the_very_same_card(void **state)
{
    (void)state;
    struct following f = follow();
    assert_int_equal(sym_card_accept(&f.card, NULL, &f.self, ISSUED, NULL), SYM_OK);
    assert_int_equal(accept(&f, ISSUED), SYM_OK);
    f.card = f.pinned;
    assert_int_equal(accept(&f, ISSUED), SYM_OK);
    f.card.serial = UINT64_MAX;
    assert_int_equal(accept(&f, EXPIRES - 1), SYM_OK);
    assert_int_equal(accept(&f, ISSUED - DAY_S), SYM_OK);
}

static void refuses_an_expired_card_and_one_from_the_future(void **state)
{
    (void)state;
    struct following f = follow();
    assert_int_equal(accept(&f, EXPIRES), SYM_EXPIRED);
    assert_int_equal(accept(&f, INT64_MAX), SYM_EXPIRED);
    assert_int_equal(accept(&f, ISSUED - DAY_S - 1), SYM_STALE);
    assert_int_equal(accept(&f, 0), SYM_STALE);
    assert_int_equal(sym_card_accept(&f.card, NULL, &f.self, EXPIRES, NULL), SYM_EXPIRED);
}

static void refuses_an_older_serial_and_the_same_with_other_contents(void **state)
{
    (void)state;
    struct following f = follow();
    f.card.serial = f.pinned.serial - 1;
    assert_int_equal(accept(&f, ISSUED), SYM_OLDER);
    for (size_t i = 0; i < 12; i++) {
        f.card = f.pinned;
        switch (i) {
        case 0:
            f.card.name[0] = 'b';
            break;
        case 1:
            f.card.role = SYM_ROLE_NGO;
            break;
        case 2:
            f.card.issued_s--;
            break;
        case 3:
            f.card.expires_s++;
            break;
        case 4:
            f.card.tls[0][31] ^= 1;
            break;
        case 5:
            f.card.n_tls = 2;
            break;
        case 6:
            f.card.exchange[0][0] ^= 1;
            break;
        case 7:
            f.card.n_exchange = 2;
            break;
        case 8:
            f.card.log[5] ^= 1;
            break;
        case 9:
            f.card.cosign[5] ^= 1;
            break;
        case 10:
            f.card.endpoint[0][0] = 'x';
            break;
        case 11:
            f.card.n_endpoint = 0;
            break;
        default:
            break;
        }
        assert_int_equal(accept(&f, ISSUED), SYM_EXISTS);
    }
    f.card = f.pinned;
    f.card.has_previous = true;
    assert_int_equal(accept(&f, ISSUED), SYM_EXISTS);
}

static void refuses_our_own_card(void **state)
{
    (void)state;
    struct following f = follow();
    sym_node_id_of(&f.self, f.card.identity);
    assert_int_equal(accept(&f, ISSUED), SYM_SELF);
    assert_int_equal(sym_card_accept(&f.card, NULL, &f.self, ISSUED, NULL), SYM_SELF);
}

static void a_new_identity_needs_the_old_ones_signature(void **state)
{
    (void)state;
    struct following f = follow();
    struct sym_node_keys old = keys_of(10);
    struct sym_node_keys new_keys = keys_of(50);
    struct sym_card card = card_of(&new_keys);
    card.serial = f.pinned.serial + 1;
    struct text t = written(&card, &new_keys.identity, NULL);
    assert_int_equal(parse(&f.card, &t, NULL), SYM_OK);
    assert_int_equal(accept(&f, ISSUED), SYM_DENIED);

    card.has_previous = true;
    memcpy(card.previous, old.identity.public_key, sizeof card.previous);
    t = written(&card, &new_keys.identity, &old.identity);
    assert_int_equal(parse(&f.card, &t, NULL), SYM_OK);
    assert_int_equal(accept(&f, ISSUED), SYM_OK);

    /* A rotation that was overtaken by a newer card of the old identity stays refused. */
    f.pinned.serial = card.serial + 1;
    assert_int_equal(accept(&f, ISSUED), SYM_OLDER);
    f.pinned.serial = card.serial;
    assert_int_equal(accept(&f, ISSUED), SYM_EXISTS);
    f.pinned.serial = 1;
    f.pinned.identity[0] ^= 1;
    assert_int_equal(accept(&f, ISSUED), SYM_DENIED);
    sym_node_keys_clear(&old);
    sym_node_keys_clear(&new_keys);
}

/* The new identity alone claims to follow the old one. */
static void refuses_a_rotation_that_the_old_identity_did_not_sign(void **state)
{
    (void)state;
    struct sym_node_keys old = keys_of(10);
    struct sym_node_keys new_keys = keys_of(50);
    struct sym_card card = card_of(&new_keys);
    struct text t = {.len = 0};
    struct sym_fault fault;
    card.has_previous = true;
    memcpy(card.previous, old.identity.public_key, sizeof card.previous);
    assert_int_equal(sym_card_write(t.data, sizeof t.data, &t.len, &card, &new_keys.identity,
                                    &new_keys.log, &fault),
                     SYM_BAD_SIGNATURE);
    t = written(&card, &new_keys.identity, &old.identity);
    const char *line = strstr(t.data, "previous-signature: ");
    char removed[160];
    assert_non_null(line);
    (void)snprintf(removed, sizeof removed, "%.*s", (int)(strchr(line, '\n') + 1 - line), line);
    struct text without = replaced(&t, removed, "");
    assert_refused(&without, SYM_BAD_FORMAT,
                   "card:14: this should be the line \"previous-signature");
    sym_node_keys_clear(&old);
    sym_node_keys_clear(&new_keys);
}

#define ROSTER 3

static struct text roster_card(uint8_t fill)
{
    struct sym_node_keys keys = keys_of(fill);
    struct sym_card card = card_of(&keys);
    card.serial = fill;
    struct text t = written(&card, &keys.identity, NULL);
    sym_node_keys_clear(&keys);
    return t;
}

static void append(struct text *t, const char *data, size_t len)
{
    assert_true(len <= sizeof t->data - t->len);
    memcpy(t->data + t->len, data, len);
    t->len += len;
}

static void a_roster_is_cut_into_its_cards(void **state)
{
    (void)state;
    struct text cards[ROSTER];
    struct text roster = {.len = 0};
    append(&roster, "\n\r\n", 3);
    for (uint8_t i = 0; i < ROSTER; i++) {
        cards[i] = roster_card((uint8_t)(20 * i + 10));
        append(&roster, cards[i].data, cards[i].len);
        append(&roster, "\r\n", i == 1 ? 2 : 0);
    }
    append(&roster, "\n\n", 2);
    struct sym_span rest = span_of(&roster);
    struct sym_span one;
    for (uint8_t i = 0; i < ROSTER; i++) {
        struct sym_card card;
        assert_int_equal(sym_card_next(&one, &rest), SYM_OK);
        assert_int_equal(sym_card_parse(&card, one, NULL), SYM_OK);
        assert_int_equal(card.serial, 20 * i + 10);
    }
    assert_int_equal(sym_card_next(&one, &rest), SYM_NOT_FOUND);
}

static void one_bad_card_of_a_roster_spoils_itself_only(void **state)
{
    (void)state;
    static const enum sym_err want[ROSTER] = {SYM_OK, SYM_BAD_VERSION, SYM_OK};
    struct text roster = {.len = 0};
    for (uint8_t i = 0; i < ROSTER; i++) {
        struct text card = roster_card((uint8_t)(20 * i + 10));
        card.data[strlen("symbolon-card/")] = i == 1 ? '2' : '1';
        append(&roster, card.data, card.len);
    }
    struct sym_span rest = span_of(&roster);
    for (size_t i = 0; i < ROSTER; i++) {
        struct sym_card card;
        struct sym_span one;
        assert_int_equal(sym_card_next(&one, &rest), SYM_OK);
        assert_int_equal(sym_card_parse(&card, one, NULL), want[i]);
    }
}

static void nothing_between_cards_is_overlooked(void **state)
{
    (void)state;
    struct text roster = roster_card(10);
    struct text second = roster_card(30);
    append(&roster, "junk\n", 5);
    append(&roster, second.data, second.len);
    struct sym_span rest = span_of(&roster);
    struct sym_span one;
    struct sym_card card;
    assert_int_equal(sym_card_next(&one, &rest), SYM_OK);
    assert_int_equal(sym_card_parse(&card, one, NULL), SYM_BAD_FORMAT);
    assert_int_equal(sym_card_next(&one, &rest), SYM_OK);
    assert_int_equal(sym_card_parse(&card, one, NULL), SYM_OK);
    struct sym_span junk = sym_span_text("\n\njunk\njunk");
    assert_int_equal(sym_card_next(&one, &junk), SYM_OK);
    assert_int_equal(one.len, 9);
    assert_int_equal(sym_card_next(&one, &junk), SYM_NOT_FOUND);
    struct sym_span blank = sym_span_text("\n\r\n\n");
    assert_int_equal(sym_card_next(&one, &blank), SYM_NOT_FOUND);
}

static void the_roster_fingerprint_knows_no_order(void **state)
{
    (void)state;
    struct sym_card cards[ROSTER] = {{.serial = 1}, {.serial = 2}, {.serial = 3}};
    uint8_t want[SYM_HASH_BYTES];
    uint8_t got[SYM_HASH_BYTES];
    for (uint8_t i = 0; i < ROSTER; i++) {
        memset(cards[i].identity, i + 1, sizeof cards[i].identity);
    }
    assert_int_equal(sym_roster_fingerprint(want, cards, ROSTER), SYM_OK);
    struct sym_card other[ROSTER] = {cards[2], cards[0], cards[1]};
    assert_int_equal(sym_roster_fingerprint(got, other, ROSTER), SYM_OK);
    assert_memory_equal(got, want, sizeof got);
    other[0].serial++;
    assert_int_equal(sym_roster_fingerprint(got, other, ROSTER), SYM_OK);
    assert_memory_not_equal(got, want, sizeof got);
    assert_int_equal(sym_roster_fingerprint(got, cards, ROSTER - 1), SYM_OK);
    assert_memory_not_equal(got, want, sizeof got);
}

/* One card whose identity is 32 bytes of 01 and whose serial is 2:
 * (printf symbolon-roster-1; (printf symbolon-node-1; printf '\1%.0s' $(seq 32)) |
 *     openssl dgst -sha256 -binary; printf '\0\0\0\0\0\0\0\2') | openssl dgst -sha256 */
static void the_roster_fingerprint_is_what_openssl_computes(void **state)
{
    (void)state;
    static const char hex[] = "14632640ed652f0a8990f5d40f2f2e870f3e14d4c743e024e87c38278f1c9c2a";
    struct sym_card card = {.serial = 2};
    uint8_t want[SYM_HASH_BYTES];
    uint8_t got[SYM_HASH_BYTES];
    memset(card.identity, 1, sizeof card.identity);
    assert_int_equal(sym_unhex(want, sizeof want, sym_span_text(hex)), SYM_OK);
    assert_int_equal(sym_roster_fingerprint(got, &card, 1), SYM_OK);
    assert_memory_equal(got, want, sizeof got);
}

static void refuses_a_roster_beyond_the_limit(void **state)
{
    (void)state;
    struct sym_card *cards = calloc(SYM_ROSTER_CARDS_MAX + 1, sizeof *cards);
    uint8_t out[SYM_HASH_BYTES];
    assert_non_null(cards);
    assert_int_equal(sym_roster_fingerprint(out, cards, SYM_ROSTER_CARDS_MAX), SYM_OK);
    assert_int_equal(sym_roster_fingerprint(out, cards, SYM_ROSTER_CARDS_MAX + 1), SYM_LIMIT);
    free(cards);
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
        cmocka_unit_test(refuses_serials_that_are_not_plain_numbers),
        cmocka_unit_test(refuses_names_serials_and_times_that_are_none),
        cmocka_unit_test(refuses_validity_that_is_empty_or_longer_than_three_years),
        cmocka_unit_test(refuses_keys_that_are_not_the_base64_of_their_length),
        cmocka_unit_test(refuses_a_key_with_two_duties),
        cmocka_unit_test(endpoints_are_host_and_port),
        cmocka_unit_test(refuses_a_fifth_endpoint),
        cmocka_unit_test(a_card_needs_no_endpoint),
        cmocka_unit_test(writes_no_card_that_would_not_be_read),
        cmocka_unit_test(roles_have_texts),
        cmocka_unit_test(accepts_the_first_a_newer_and_the_very_same_card),
        cmocka_unit_test(refuses_an_expired_card_and_one_from_the_future),
        cmocka_unit_test(refuses_an_older_serial_and_the_same_with_other_contents),
        cmocka_unit_test(refuses_our_own_card),
        cmocka_unit_test(a_new_identity_needs_the_old_ones_signature),
        cmocka_unit_test(refuses_a_rotation_that_the_old_identity_did_not_sign),
        cmocka_unit_test(a_roster_is_cut_into_its_cards),
        cmocka_unit_test(one_bad_card_of_a_roster_spoils_itself_only),
        cmocka_unit_test(nothing_between_cards_is_overlooked),
        cmocka_unit_test(the_roster_fingerprint_knows_no_order),
        cmocka_unit_test(the_roster_fingerprint_is_what_openssl_computes),
        cmocka_unit_test(refuses_a_roster_beyond_the_limit),
    };
    return sym_crypto_init() == SYM_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
