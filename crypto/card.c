#include "crypto/card_parse.h"
#include "crypto/text.h"
#include "crypto/utc.h"

#include <stdio.h>
#include <string.h>

#define HOST_BYTES_MAX  253u
#define LABEL_BYTES_MAX 63u

static const char *const role_texts[] = {
#define ROLE_TEXT(name, text) [SYM_ROLE_##name] = (text),
    SYM_ROLE_LIST(ROLE_TEXT)
#undef ROLE_TEXT
};

#define ROLES (sizeof role_texts / sizeof role_texts[0])

const char *sym_role_text(enum sym_role role)
{
    return (size_t)role < ROLES ? role_texts[role] : NULL;
}

enum sym_err sym_role_parse(enum sym_role *out, struct sym_span text)
{
    for (size_t i = 0; i < ROLES; i++) {
        if (sym_span_equal(text, sym_span_text(role_texts[i]))) {
            *out = (enum sym_role)i;
            return SYM_OK;
        }
    }
    return SYM_BAD_VALUE;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Decimal, without sign or leading zeros, 1 to max. */
static bool read_number(uint64_t *out, struct sym_span text, uint64_t max)
{
    uint64_t v = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t digit = (uint8_t)(text.data[i] - '0');
        if (digit > 9 || v > (max - digit) / 10 || (v == 0 && digit == 0)) {
            return false;
        }
        v = 10 * v + digit;
    }
    *out = v;
    return v > 0;
}

/* Groups of up to four hex digits, eight or fewer around one "::" (RFC 4291, section 2.2, forms 1
 * and 2). */
static bool is_ipv6(struct sym_span text)
{
    size_t groups = 0;
    size_t digits = 0;
    bool gap = false;
    for (size_t i = 0; i < text.len; i++) {
        bool last = i + 1 == text.len;
        if (is_hex(text.data[i])) {
            groups += digits == 0 ? 1 : 0;
            if (++digits > 4) {
                return false;
            }
        } else if (text.data[i] != ':') {
            return false;
        } else if (!last && text.data[i + 1] == ':') {
            if (gap) {
                return false;
            }
            gap = true;
            digits = 0;
            i++;
        } else if (last || digits == 0) {
            return false;
        } else {
            digits = 0;
        }
    }
    return gap ? groups < 8 : groups == 8;
}

static bool is_label(struct sym_span text)
{
    if (text.len == 0 || text.len > LABEL_BYTES_MAX || text.data[0] == '-' ||
        text.data[text.len - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!is_letter(text.data[i]) && !is_digit(text.data[i]) && text.data[i] != '-') {
            return false;
        }
    }
    return true;
}

static bool is_octet(struct sym_span text)
{
    uint64_t v = 0;
    return read_number(&v, text, 255) || (text.len == 1 && text.data[0] == '0');
}

/* A name (RFC 1123, section 2.1) or four octets. A last label that begins with a digit is refused
 * in a name: some resolvers read those as abbreviated IPv4 addresses. */
static bool is_host(struct sym_span text)
{
    size_t labels = 0;
    size_t octets = 0;
    bool numeric = false;
    if (text.len > HOST_BYTES_MAX) {
        return false;
    }
    for (bool more = true; more;) {
        size_t len = 0;
        while (len < text.len && text.data[len] != '.') {
            len++;
        }
        struct sym_span label = sym_span(text.data, len);
        if (!is_label(label)) {
            return false;
        }
        labels++;
        octets += is_octet(label) ? 1 : 0;
        numeric = is_digit(label.data[0]);
        more = len < text.len;
        text = sym_span(text.data + len + (more ? 1 : 0), text.len - len - (more ? 1 : 0));
    }
    return !numeric || (labels == 4 && octets == 4);
}

enum sym_err sym_endpoint_check(struct sym_span text)
{
    uint64_t port = 0;
    size_t host_len = text.len;
    while (host_len > 0 && text.data[host_len - 1] != ':') {
        host_len--;
    }
    if (host_len < 2 ||
        !read_number(&port, sym_span(text.data + host_len, text.len - host_len), 65535)) {
        return SYM_BAD_VALUE;
    }
    struct sym_span host = sym_span(text.data, host_len - 1);
    bool brackets = host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
    bool fine = brackets ? is_ipv6(sym_span(host.data + 1, host.len - 2)) : is_host(host);
    return fine ? SYM_OK : SYM_BAD_VALUE;
}

/* Reads line by line; sticky, as sym_reader is: after the first fault nothing more is read. */
struct parser {
    struct sym_span text;
    size_t at;     /* start of the line that comes next */
    unsigned line; /* number of the last line taken, from 1 */
    const char *remedy;
    struct sym_fault *fault;
    enum sym_err err;
};

static void refuse(struct parser *p, enum sym_err err, const char *why)
{
    if (p->err == SYM_OK) {
        p->err = sym_fail(p->fault, err, "card:%u: %s; %s", p->line, why, p->remedy);
    }
}

static struct sym_span rest_of(const struct parser *p)
{
    return sym_span(p->text.data + p->at, p->text.len - p->at);
}

static bool starts_with(struct sym_span text, const char *start)
{
    return sym_span_begins(text, sym_span_text(start));
}

/* Bytes before the first LF; text.len when there is none. */
static size_t line_len(struct sym_span text)
{
    const uint8_t *end = text.len > 0 ? memchr(text.data, '\n', text.len) : NULL;
    return end != NULL ? (size_t)(end - text.data) : text.len;
}

static struct sym_span take_line(struct parser *p)
{
    struct sym_span rest = rest_of(p);
    size_t len = line_len(rest);
    p->line++;
    if (len == rest.len) {
        refuse(p, SYM_BAD_FORMAT,
               len == 0 ? "the card ends here, before its signature" : "the line has no end");
    }
    if (p->err != SYM_OK) {
        return sym_span(NULL, 0);
    }
    p->at += len + 1;
    return sym_span(rest.data, len);
}

static bool next_is(const struct parser *p, const char *key)
{
    struct sym_span rest = rest_of(p);
    size_t len = strlen(key);
    return p->err == SYM_OK && starts_with(rest, key) &&
           starts_with(sym_span(rest.data + len, rest.len - len), ": ");
}

/* The value behind "key: "; empty after a fault. */
static struct sym_span take(struct parser *p, const char *key)
{
    bool found = next_is(p, key);
    struct sym_span line = take_line(p);
    if (!found && p->err == SYM_OK) {
        char why[64];
        (void)snprintf(why, sizeof why, "this should be the line \"%s: ...\"", key);
        refuse(p, SYM_BAD_FORMAT, why);
    }
    size_t head = strlen(key) + 2;
    return p->err == SYM_OK ? sym_span(line.data + head, line.len - head) : sym_span(NULL, 0);
}

static void read_version(struct parser *p)
{
    bool ours = starts_with(p->text, SYM_CARD_FAMILY);
    struct sym_span line = take_line(p);
    if (!ours) {
        refuse(p, SYM_BAD_FORMAT, "this is not a card, which begins with \"" SYM_CARD_FAMILY "\"");
    } else if (!sym_span_equal(line, sym_span_text(SYM_CARD_FAMILY SYM_CARD_VERSION))) {
        p->remedy =
            "ask the partner for one of version " SYM_CARD_VERSION ", or update this program";
        refuse(p, SYM_BAD_VERSION, "the card is of another version");
    }
}

static void read_name(struct parser *p, char name[SYM_NAME_BYTES])
{
    struct sym_span value = take(p, "name");
    if (value.len >= SYM_NAME_BYTES) {
        refuse(p, SYM_TOO_LONG, "the name is longer than 64 bytes");
    } else if (!sym_text_is_name(value)) {
        refuse(p, SYM_BAD_VALUE,
               "the name is empty, not UTF-8, has spaces at its ends, or invisible characters");
    } else {
        memcpy(name, value.data, value.len);
    }
}

static enum sym_role read_role(struct parser *p)
{
    enum sym_role role = SYM_ROLE_OTHER;
    if (sym_role_parse(&role, take(p, "role")) != SYM_OK) {
        refuse(p, SYM_BAD_VALUE, "the role is not bank, ngo, police, auditor or other");
    }
    return role;
}

static uint64_t read_serial(struct parser *p)
{
    uint64_t serial = 0;
    if (!read_number(&serial, take(p, "serial"), UINT64_MAX)) {
        refuse(p, SYM_BAD_VALUE, "the serial is not a whole number from 1, without leading zeros");
    }
    return serial;
}

static int64_t read_time(struct parser *p, const char *key)
{
    int64_t time_s = 0;
    struct sym_span value = take(p, key);
    if (p->err == SYM_OK && sym_utc_parse(&time_s, value) != SYM_OK) {
        refuse(p, SYM_BAD_VALUE, "the time is not like 2026-11-21T20:00:00Z");
    }
    return time_s;
}

static void read_validity(struct parser *p, struct sym_card *card)
{
    card->issued_s = read_time(p, "issued");
    card->expires_s = read_time(p, "expires");
    if (card->expires_s <= card->issued_s) {
        refuse(p, SYM_BAD_VALUE, "expires does not lie after issued");
    } else if (card->expires_s - card->issued_s > SYM_CARD_VALID_S_MAX) {
        refuse(p, SYM_BAD_VALUE, "expires lies more than 3 years after issued");
    }
}

static void read_bytes(struct parser *p, const char *key, uint8_t *out, size_t len)
{
    uint8_t bytes[SYM_SIGNATURE_BYTES + 2];
    size_t got = sizeof bytes;
    struct sym_span value = take(p, key);
    if (sym_unbase64(bytes, &got, value) != SYM_OK || got != len) {
        char why[64];
        (void)snprintf(why, sizeof why, "this is not the base64 of %zu bytes", len);
        refuse(p, SYM_BAD_FORMAT, why);
    } else {
        memcpy(out, bytes, len);
    }
}

static size_t read_slots(struct parser *p, const char *key, const char *next_key, uint8_t out[][32])
{
    read_bytes(p, key, out[0], 32);
    if (!next_is(p, next_key)) {
        return 1;
    }
    read_bytes(p, next_key, out[1], 32);
    return 2;
}

static void read_endpoints(struct parser *p, struct sym_card *card)
{
    while (next_is(p, "endpoint")) {
        struct sym_span value = take(p, "endpoint");
        if (card->n_endpoint == SYM_CARD_ENDPOINTS_MAX) {
            refuse(p, SYM_TOO_LONG, "there are more than 4 endpoints");
        } else if (p->err == SYM_OK && sym_endpoint_check(value) != SYM_OK) {
            refuse(p, SYM_BAD_VALUE, "the endpoint is not like host:port or [IPv6]:port");
        } else if (p->err == SYM_OK) {
            memcpy(card->endpoint[card->n_endpoint++], value.data, value.len);
        }
    }
}

/* One line, signed by key over everything above it. */
static void read_signature(struct parser *p, const char *name, const uint8_t key[SYM_ED25519_BYTES])
{
    uint8_t signature[SYM_SIGNATURE_BYTES] = {0};
    struct sym_span above = sym_span(p->text.data, p->at);
    read_bytes(p, name, signature, sizeof signature);
    if (p->err != SYM_OK) {
        return;
    }
    enum sym_err err = sym_verify(signature, key, SYM_DOMAIN_CARD, above);
    if (err == SYM_BAD_SIGNATURE) {
        refuse(p, err, "the signature does not fit: the card was edited, or is not whole");
    } else if (err != SYM_OK) {
        refuse(p, err, sym_err_text(err));
    }
}

/* Keys with different duties are different, or a signature for one would serve the other. */
static bool repeats_a_key(const struct sym_card *card)
{
    const uint8_t *keys[] = {card->identity, card->log,         card->cosign,   card->tls[0],
                             card->tls[1],   card->exchange[0], card->previous, card->exchange[1]};
    bool present[] = {
        true, true, true, true, card->n_tls > 1, true, card->has_previous, card->n_exchange > 1};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        for (size_t j = 0; j < i; j++) {
            if (present[i] && present[j] && sym_equal(keys[i], keys[j], SYM_ED25519_BYTES)) {
                return true;
            }
        }
    }
    return false;
}

static void read_card(struct parser *p, struct sym_card *card)
{
    read_version(p);
    read_name(p, card->name);
    card->role = read_role(p);
    card->serial = read_serial(p);
    read_validity(p, card);
    read_bytes(p, "identity", card->identity, sizeof card->identity);
    card->n_tls = read_slots(p, "tls", "tls-next", card->tls);
    card->n_exchange = read_slots(p, "exchange", "exchange-next", card->exchange);
    read_bytes(p, "log", card->log, sizeof card->log);
    read_bytes(p, "cosign", card->cosign, sizeof card->cosign);
    read_endpoints(p, card);
    if (next_is(p, "previous")) {
        card->has_previous = true;
        read_bytes(p, "previous", card->previous, sizeof card->previous);
    }
    if (repeats_a_key(card)) {
        refuse(p, SYM_BAD_VALUE, "two keys of the card are the same");
    }
    if (card->has_previous) {
        read_signature(p, "previous-signature", card->previous);
    }
    read_signature(p, "signature", card->identity);
    while (p->err == SYM_OK && p->at < p->text.len) {
        if (take_line(p).len > 0) {
            refuse(p, SYM_BAD_FORMAT, "something stands behind the signature");
        }
    }
}

enum sym_err sym_card_parse_as(struct sym_card *out, struct sym_span text, const char *remedy,
                               struct sym_fault *fault)
{
    uint8_t plain[SYM_CARD_BYTES_MAX];
    size_t len = 0;
    if (text.len > sizeof plain) {
        return sym_fail(fault, SYM_TOO_LONG, "card: longer than %zu bytes; %s", sizeof plain,
                        remedy);
    }
    for (size_t i = 0; i < text.len; i++) {
        bool added = text.data[i] == '\r' && i + 1 < text.len && text.data[i + 1] == '\n';
        if (!added) {
            plain[len++] = text.data[i];
        }
    }
    struct parser p = {.text = sym_span(plain, len), .remedy = remedy, .fault = fault};
    struct sym_card card = {0};
    read_card(&p, &card);
    if (p.err == SYM_OK) {
        *out = card;
    }
    return p.err;
}

enum sym_err sym_card_parse(struct sym_card *out, struct sym_span text, struct sym_fault *fault)
{
    return sym_card_parse_as(out, text, "ask the partner for a new card", fault);
}

static void skip_line(struct sym_span *text)
{
    size_t len = line_len(*text);
    len += len < text->len ? 1 : 0;
    *text = sym_span(text->data + len, text->len - len);
}

static bool is_blank_line(struct sym_span text)
{
    return starts_with(text, "\n") || starts_with(text, "\r\n");
}

enum sym_err sym_card_next(struct sym_span *one, struct sym_span *rest)
{
    struct sym_span text = *rest;
    while (is_blank_line(text)) {
        skip_line(&text);
    }
    struct sym_span begin = text;
    if (begin.len == 0) {
        return SYM_NOT_FOUND;
    }
    do {
        skip_line(&text);
    } while (text.len > 0 && !starts_with(text, SYM_CARD_FAMILY));
    *one = sym_span(begin.data, begin.len - text.len);
    *rest = text;
    return SYM_OK;
}
