/* terms.h - the words for kinds of exchange, purposes, legal bases and identifier types, as people
 * type them and as they are shown.
 *
 * Sets of purposes and types are bit sets: bit n stands for number n, bit 0 of a set of types for a
 * request that names none. The fault lists the right words.
 * Errors: SYM_BAD_VALUE.
 */
#ifndef SYM_CLI_TERMS_H
#define SYM_CLI_TERMS_H

#include "cli/json.h"
#include "cli/table.h"
#include "proto/exchange.h"
#include "proto/token.h"

/* As help and completion show them. */
#define SYM_TERMS_KINDS    "overlap:matches|overlap:count|overlap:table|tabulate"
#define SYM_TERMS_PURPOSES "aml|cft|trafficking|safeguarding|missing-person|statistics|test"
#define SYM_TERMS_BASES                                                                            \
    "consent|legal-obligation|public-task|vital-interest|legitimate-interest|314b|agreement"
#define SYM_TERMS_TYPES                                                                            \
    "iban|account|bic|phone|email|passport|national_id|plate|name_dob|handle|url|wallet|payment_"  \
    "ref|names_dob|surname_dob|given_dob|dob_postcode|dob_town|names_postcode|names_town|surname_" \
    "postcode_year"

#define SYM_TERMS_MODES   "exact|dp"
#define SYM_TERMS_ENGINES "dh|vole|standing"

/* The kinds that can be granted. */
SYM_MUST enum sym_err sym_terms_kind(uint32_t *out, const char *text, struct sym_fault *fault);
SYM_MUST enum sym_err sym_terms_purpose(uint32_t *out, const char *text, struct sym_fault *fault);
SYM_MUST enum sym_err sym_terms_basis(uint32_t *out, const char *text, struct sym_fault *fault);
SYM_MUST enum sym_err sym_terms_mode(uint32_t *out, const char *text, struct sym_fault *fault);
SYM_MUST enum sym_err sym_terms_type(uint32_t *out, const char *text, struct sym_fault *fault);

/* Words with commas between them. */
SYM_MUST enum sym_err sym_terms_purposes(uint32_t *out, const char *text, struct sym_fault *fault);
SYM_MUST enum sym_err sym_terms_modes(uint32_t *out, const char *text, struct sym_fault *fault);
SYM_MUST enum sym_err sym_terms_engines(uint32_t *out, const char *text, struct sym_fault *fault);
/* Without bit 0. */
SYM_MUST enum sym_err sym_terms_types(uint64_t *out, const char *text, struct sym_fault *fault);

/* All that there are; the types with bit 0. */
uint32_t sym_terms_all_purposes(void);
uint64_t sym_terms_all_types(void);

/* "iban"; "any" for 0, "unknown" for a type of a later version. */
const char *sym_terms_type_text(uint32_t type);

/* Are all there that this version knows? */
bool sym_terms_are_all_purposes(uint32_t purposes);
bool sym_terms_are_all_types(uint64_t types);
/* One cell: "all", or the words with this between them. */
void sym_terms_put_purposes(struct sym_table *t, uint32_t purposes);
void sym_terms_put_types(struct sym_table *t, uint64_t types, const char *between);
/* "dh,vole", "none". */
void sym_terms_put_engines(struct sym_table *t, uint32_t engines);
void sym_terms_put_modes(struct sym_table *t, uint32_t modes);
/* An array of words. */
void sym_terms_json_engines(struct sym_json *j, const char *key, uint32_t engines);
void sym_terms_json_modes(struct sym_json *j, const char *key, uint32_t modes);
void sym_terms_json_purposes(struct sym_json *j, const char *key, uint32_t purposes);
void sym_terms_json_types(struct sym_json *j, const char *key, uint64_t types);
/* Room for all types, with one character between two of them, bytes. */
#define SYM_TERMS_BYTES 512u
void sym_terms_types_text(char out[SYM_TERMS_BYTES], uint64_t types, const char *between);
/* With commas; "none". */
void sym_terms_purposes_text(char out[SYM_TERMS_BYTES], uint32_t purposes);
void sym_terms_engines_text(char out[SYM_TERMS_BYTES], uint32_t engines);
void sym_terms_modes_text(char out[SYM_TERMS_BYTES], uint32_t modes);

#endif
