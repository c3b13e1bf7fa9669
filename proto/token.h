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

#define SYM_CANON_VERSION 2u

/* The numbers are stored and travel: append only. The version counts up with every type added. */
#define SYM_TOKEN_LIST_VERSION 2u
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
    X(PAYMENT_REF, "payment_ref", "payment reference: UETR or end-to-end id")                      \
    X(NAMES_DOB, "names_dob", "key of a person: sound of given name and surname, date of birth")   \
    X(SURNAME_DOB, "surname_dob", "key of a person: sound of the surname, date of birth")          \
    X(GIVEN_DOB, "given_dob", "key of a person: sound of the given name, date of birth")           \
    X(DOB_POSTCODE, "dob_postcode", "key of a person: date of birth, postcode")                    \
    X(DOB_TOWN, "dob_town", "key of a person: date of birth, sound of the town")                   \
    X(NAMES_POSTCODE, "names_postcode", "key of a person: sound of both names, postcode")          \
    X(NAMES_TOWN, "names_town", "key of a person: sound of both names, sound of the town")         \
    X(SURNAME_POSTCODE_YEAR, "surname_postcode_year",                                              \
      "key of a person: sound of the surname, postcode, year of birth")

enum sym_token_type {
    SYM_TOKEN_NONE,
#define SYM_TOKEN_TYPE_ENUM(name, text, meaning) SYM_TOKEN_##name,
    SYM_TOKEN_TYPE_LIST(SYM_TOKEN_TYPE_ENUM)
#undef SYM_TOKEN_TYPE_ENUM
        SYM_TOKEN_TYPE_COUNT
};

/* Types that are keys of persons who are spelt differently (cli/ingest/person.h): several people
 * may share one. Bit t stands for type t. An exact name with its date of birth is no such key, but
 * one more of them where a person has several. */
#define SYM_TOKEN_FIRST_KEY  SYM_TOKEN_NAMES_DOB
#define SYM_TOKEN_LAST_KEY   SYM_TOKEN_SURNAME_POSTCODE_YEAR
#define SYM_TOKEN_WEAK_TYPES ((2ull << SYM_TOKEN_LAST_KEY) - (1ull << SYM_TOKEN_FIRST_KEY))
#define SYM_TOKEN_KEY_TYPES  (SYM_TOKEN_WEAK_TYPES | 1ull << SYM_TOKEN_NAME_DOB)

/* "iban"; "none" for a number that is no type. */
const char *sym_token_type_name(enum sym_token_type type);
/* Exactly one of the names. */
SYM_MUST enum sym_err sym_token_type_parse(enum sym_token_type *out, struct sym_span name);

/* Digest of the token; canonical has 1 to SYM_CANONICAL_BYTES_MAX bytes. */
SYM_MUST enum sym_err sym_token_digest(uint8_t out[SYM_DIGEST_BYTES], enum sym_token_type type,
                                       struct sym_span canonical);

#endif
