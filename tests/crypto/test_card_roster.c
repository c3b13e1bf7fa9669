/* Rosters: many cards in one text, and their fingerprint. */
#include "tests/crypto/card_case.h"

#include <stdlib.h>

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
        cmocka_unit_test(a_roster_is_cut_into_its_cards),
        cmocka_unit_test(one_bad_card_of_a_roster_spoils_itself_only),
        cmocka_unit_test(nothing_between_cards_is_overlooked),
        cmocka_unit_test(the_roster_fingerprint_knows_no_order),
        cmocka_unit_test(the_roster_fingerprint_is_what_openssl_computes),
        cmocka_unit_test(refuses_a_roster_beyond_the_limit),
    };
    return sym_crypto_init() == SYM_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
