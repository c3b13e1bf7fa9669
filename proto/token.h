/* token.h - the types of identifiers by name, and the digest that stands for an identifier.
 *
 * A token is  type || 0x00 || canonical value  in UTF-8: what the overlap protocols compare. Only
 * its digest is stored and computed with: BLAKE2b-256, personalisation "symbolon-token-1". The
 * digest has no key, so that whoever sees it can guess the identifier: it never leaves a node.
 *
 * How a value becomes canonical is the business of cli/ingest. SYM_CANON_VERSION names those rules
 * and counts up whenever one of them gives another result: two nodes with different versions find
 * out before they compute.
 * Errors: SYM_NOT_FOUND (no such type), SYM_BAD_VALUE (an empty or too long canonical value).
 */
#ifndef SYM_PROTO_TOKEN_H
#define SYM_PROTO_TOKEN_H

#include "crypto/digest.h"
#include "proto/limits.h"

#define SYM_CANON_VERSION 1u

/* The numbers are stored and travel: append only. The version counts up with every type added. */
#define SYM_TOKEN_LIST_VERSION 1u
#define SYM_TOKEN_TYPE_LIST(X)                                                                     \
    X(IBAN, "iban", "international bank account number")                                           \
    X(ACCOUNT, "account", "bank account: bank, number")                                            \
    X(BIC, "bic", "bank, by its business identifier code")                                         \
    X(PHONE, "phone", "telephone number")                                                          \
    X(EMAIL, "email", "e-mail address")                                                            \
    X(PASSPORT, "passport", "passport: issuing country, number")                                   \
    X(NATIONAL_ID, "national_id", "national identity number: issuing country, number")             \
    X(PLATE, "plate", "number plate: issuing country, number")                                     \
    X(NAME_DOB, "name_dob", "person: name, date of birth")                                         \
    X(HANDLE, "handle", "user name on a platform: platform, name")                                 \
    X(URL, "url", "web address")                                                                   \
    X(WALLET, "wallet", "address of a crypto-asset wallet")                                        \
    X(PAYMENT_REF, "payment_ref", "payment reference: UETR or end-to-end id")

enum sym_token_type {
    SYM_TOKEN_NONE,
#define SYM_TOKEN_TYPE_ENUM(name, text, meaning) SYM_TOKEN_##name,
    SYM_TOKEN_TYPE_LIST(SYM_TOKEN_TYPE_ENUM)
#undef SYM_TOKEN_TYPE_ENUM
        SYM_TOKEN_TYPE_COUNT
};

/* "iban"; "none" for a number that is no type. */
const char *sym_token_type_name(enum sym_token_type type);
/* A phrase for people; "no identifier" for a number that is no type. */
const char *sym_token_type_meaning(enum sym_token_type type);
/* Exactly one of the names. */
SYM_MUST enum sym_err sym_token_type_parse(enum sym_token_type *out, struct sym_span name);

/* Digest of the token; canonical has 1 to SYM_CANONICAL_BYTES_MAX bytes. */
SYM_MUST enum sym_err sym_token_digest(uint8_t out[SYM_DIGEST_BYTES], enum sym_token_type type,
                                       struct sym_span canonical);

#endif
