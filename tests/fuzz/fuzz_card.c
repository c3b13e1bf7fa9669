/* Cards: the input is read as it is, as a roster, and once more with the signatures mended (by two
 * fixed identities, which the kept cards name), so that the fuzzer gets behind them. What is then
 * accepted must be written again byte for byte. Endpoints, names and times are read alone, too. */
#include "crypto/card.h"

#include "crypto/text.h"
#include "crypto/utc.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define IDENTITY_SEED 10
#define PREVIOUS_SEED 99

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

struct text {
    char data[2 * SYM_CARD_BYTES_MAX];
    size_t len;
};

static void append(struct text *t, const char *data, size_t len)
{
    insist(len <= sizeof t->data - t->len);
    memcpy(t->data + t->len, data, len);
    t->len += len;
}

static void append_signature(struct text *t, const char *name, const struct sym_sign_key *key)
{
    uint8_t signature[SYM_SIGNATURE_BYTES];
    char text[SYM_BASE64_BYTES(SYM_SIGNATURE_BYTES)];
    insist(sym_sign(signature, key, SYM_DOMAIN_CARD, sym_span(t->data, t->len)) == SYM_OK);
    sym_base64(text, signature, sizeof signature);
    append(t, name, strlen(name));
    append(t, text, strlen(text));
    append(t, "\n", 1);
}

/* Length of the part of text before the line that begins so; text.len when there is none. */
static size_t before_line(struct sym_span text, const char *start)
{
    const uint8_t *at = memmem(text.data, text.len, start, strlen(start));
    return at != NULL ? (size_t)(at - text.data) + 1 : text.len;
}

static void read_mended(struct sym_span input, const struct sym_sign_key *identity,
                        const struct sym_sign_key *previous)
{
    static struct text mended;
    static struct text again;
    struct sym_card card;
    if (input.len > SYM_CARD_BYTES_MAX) {
        return;
    }
    mended.len = 0;
    again.len = 0;
    size_t body = before_line(input, "\nprevious-signature: ");
    bool handed_over = body < input.len;
    append(&mended, (const char *)input.data,
           handed_over ? body : before_line(input, "\nsignature: "));
    if (handed_over) {
        append_signature(&mended, "previous-signature: ", previous);
    }
    append_signature(&mended, "signature: ", identity);
    if (sym_card_parse(&card, sym_span(mended.data, mended.len), NULL) == SYM_OK) {
        insist(card.has_previous == handed_over && card.n_endpoint <= SYM_CARD_ENDPOINTS_MAX);
        insist(sym_card_write(again.data, sizeof again.data, &again.len, &card, identity, previous,
                              NULL) == SYM_OK);
        insist(sym_span_equal(sym_span(again.data, again.len), sym_span(mended.data, mended.len)));
    }
}

static bool is_blank(struct sym_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '\n' && text.data[i] != '\r') {
            return false;
        }
    }
    return true;
}

/* The pieces of a roster follow each other, with nothing but blank lines before the first. */
static void read_roster(struct sym_span input)
{
    struct sym_span rest = input;
    struct sym_span one;
    const uint8_t *expected = NULL;
    while (sym_card_next(&one, &rest) == SYM_OK) {
        insist(one.len > 0);
        insist(
            expected == one.data ||
            (expected == NULL && is_blank(sym_span(input.data, (size_t)(one.data - input.data)))));
        expected = one.data + one.len;
    }
    insist(expected == NULL ? is_blank(input) : expected == input.data + input.len);
}

static void read_values(struct sym_span input)
{
    int64_t time_s = 0;
    char text[SYM_UTC_BYTES];
    if (sym_utc_parse(&time_s, input) == SYM_OK) {
        insist(sym_utc_format(text, time_s) == SYM_OK);
        insist(sym_span_equal(input, sym_span_text(text)));
    }
    if (sym_endpoint_check(input) == SYM_OK) {
        insist(input.len < SYM_ENDPOINT_BYTES && sym_text_is_name(input));
    }
    if (sym_text_is_name(input)) {
        struct sym_span rest = input;
        uint32_t c = 0;
        while (rest.len > 0) {
            insist(sym_text_next(&c, &rest) && c >= ' ');
        }
    }
}

static void sign_key(struct sym_sign_key *k, uint8_t fill)
{
    uint8_t seed[SYM_SEED_BYTES];
    memset(seed, fill, sizeof seed);
    insist(sym_sign_key_from(k, sym_span(seed, sizeof seed)) == SYM_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sym_sign_key identity = {0};
    struct sym_sign_key previous = {0};
    struct sym_card card;
    struct sym_fault fault = {SYM_OK, ""};
    struct sym_span input = sym_span(data, size);
    insist(sym_crypto_init() == SYM_OK);
    sign_key(&identity, IDENTITY_SEED);
    sign_key(&previous, PREVIOUS_SEED);
    enum sym_err err = sym_card_parse(&card, input, &fault);
    insist(err == fault.err && (err == SYM_OK) == (fault.text[0] == '\0'));
    read_roster(input);
    read_values(input);
    read_mended(input, &identity, &previous);
    sym_sign_key_clear(&identity);
    sym_sign_key_clear(&previous);
    return 0;
}
