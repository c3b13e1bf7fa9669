/* card.h - a node's signed public description, one text file, exchanged out of band.
 *
 *     symbolon-card/1
 *     name: Bank A
 *     role: bank
 *     serial: 3
 *     issued: 2026-11-21T20:00:00Z
 *     expires: 2027-11-21T20:00:00Z
 *     identity: <base64, 32 bytes, Ed25519>
 *     tls: <base64, Ed25519>
 *     tls-next: <base64>                 (optional)
 *     exchange: <base64, X25519>
 *     exchange-next: <base64>            (optional)
 *     log: <base64, Ed25519>
 *     cosign: <base64, Ed25519>
 *     endpoint: bank-a.example:7701      (0 to 4 lines)
 *     previous: <base64, Ed25519>        (optional: the identity that this one replaces)
 *     previous-signature: <base64>       (with previous: the old identity signs all lines above)
 *     signature: <base64, 64 bytes>      (the identity signs all bytes above this line)
 *
 * Lines come in exactly this order, each ends with LF, nothing else is accepted (a CR before the LF
 * is, as mail adds it: it is removed before the signature is checked). One card has one text.
 * Signatures are over SYM_DOMAIN_CARD and the exact bytes. A card is valid for at most 3 years and
 * names no key twice. A parsed card is authentic but not yet trusted: pinning is the user's act,
 * after comparing the fingerprint.
 * A roster is a file of several cards, one after the other; its fingerprint is the SHA-256 of
 * "symbolon-roster-1" and the sorted (node id, serial) pairs.
 * Errors: SYM_BAD_FORMAT, SYM_BAD_VALUE, SYM_BAD_VERSION, SYM_BAD_SIGNATURE, SYM_TOO_LONG,
 * SYM_NO_MEMORY; the fault names the line, never what stands in it.
 */
#ifndef SYM_CRYPTO_CARD_H
#define SYM_CRYPTO_CARD_H

#include "crypto/identity.h"

#define SYM_NAME_BYTES         65u  /* node name: 1 to 64 bytes of printable UTF-8, terminator */
#define SYM_ENDPOINT_BYTES     262u /* host (253), colon, port (5), brackets of IPv6, terminator */
#define SYM_CARD_ENDPOINTS_MAX 4u
#define SYM_CARD_BYTES_MAX     4096u
#define SYM_CARD_VALID_S_MAX   94694400 /* 1096 days: 3 years, one of them a leap year */
#define SYM_ROSTER_CARDS_MAX   1024u

#define SYM_ROLE_LIST(X)                                                                           \
    X(BANK, "bank") X(NGO, "ngo") X(POLICE, "police") X(AUDITOR, "auditor") X(OTHER, "other")

enum sym_role {
#define SYM_ROLE_ENUM(name, text) SYM_ROLE_##name,
    SYM_ROLE_LIST(SYM_ROLE_ENUM)
#undef SYM_ROLE_ENUM
};

/* NULL for a number that is no role. */
const char *sym_role_text(enum sym_role role);
SYM_MUST enum sym_err sym_role_parse(enum sym_role *out, struct sym_span text);

struct sym_card {
    char name[SYM_NAME_BYTES];
    enum sym_role role;
    uint64_t serial;  /* from 1; a higher one replaces a lower, across a change of identity too */
    int64_t issued_s; /* seconds since 1970, UTC */
    int64_t expires_s;
    uint8_t identity[SYM_ED25519_BYTES];
    uint8_t tls[2][SYM_ED25519_BYTES];
    size_t n_tls; /* 1 or 2 */
    uint8_t exchange[2][SYM_X25519_BYTES];
    size_t n_exchange; /* 1 or 2 */
    uint8_t log[SYM_ED25519_BYTES];
    uint8_t cosign[SYM_ED25519_BYTES];
    char endpoint[SYM_CARD_ENDPOINTS_MAX][SYM_ENDPOINT_BYTES];
    size_t n_endpoint;
    uint8_t previous[SYM_ED25519_BYTES];
    bool has_previous;
};

/* Parses and verifies one card that fills text (trailing blank lines allowed). */
SYM_MUST enum sym_err sym_card_parse(struct sym_card *out, struct sym_span text,
                                     struct sym_fault *fault);
/* Cuts the next card off *rest (a roster), without parsing it: from the first line that is not
 * blank up to the next first line of a card. SYM_NOT_FOUND at the end. */
SYM_MUST enum sym_err sym_card_next(struct sym_span *one, struct sym_span *rest);
/* Fills the public keys of card from keys. */
void sym_card_keys(struct sym_card *card, const struct sym_node_keys *keys);
/* Writes the signed text (no terminator counted in *len); out has room for max bytes, of which
 * SYM_CARD_BYTES_MAX always suffice. previous signs too when has_previous, and may be NULL
 * otherwise. What would not parse, or not as the same card, is refused. */
SYM_MUST enum sym_err sym_card_write(char *out, size_t max, size_t *len,
                                     const struct sym_card *card,
                                     const struct sym_sign_key *identity,
                                     const struct sym_sign_key *previous, struct sym_fault *fault);
/* Do both say the same? Signatures do not count. */
bool sym_card_equal(const struct sym_card *a, const struct sym_card *b);
/* May this card stand in for the pinned one (NULL when none is pinned) at time now_s? The pinned
 * one itself may. SYM_SELF, SYM_EXPIRED, SYM_STALE (issued more than a day in the future),
 * SYM_DENIED (another identity without the pinned one's signature), SYM_OLDER (lower serial),
 * SYM_EXISTS (same serial, other contents). */
SYM_MUST enum sym_err sym_card_accept(const struct sym_card *card, const struct sym_card *pinned,
                                      const struct sym_node_id *self, int64_t now_s,
                                      struct sym_fault *fault);
/* "host:port" or "[v6]:port" is well-formed (port 1 to 65535); nothing is looked up. */
SYM_MUST enum sym_err sym_endpoint_check(struct sym_span text);
/* SYM_LIMIT for more than SYM_ROSTER_CARDS_MAX cards. */
SYM_MUST enum sym_err sym_roster_fingerprint(uint8_t out[SYM_HASH_BYTES],
                                             const struct sym_card *cards, size_t n);

#endif
