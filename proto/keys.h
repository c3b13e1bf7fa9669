/* keys.h - keys of persons in an overlap: which records a rule keeps, and how often own records
 * share keys, from which the number of false matches can be expected.
 *
 * Several people share one key (cli/ingest/person.h), so that an own record may match another
 * person's. How likely that is can be seen in the own list: two records of it that share a key are
 * two people, as a rule. Only counts are here; what is expected of them is computed where they are
 * shown. Nothing here allocates. Errors: SYM_BAD_FORMAT.
 */
#ifndef SYM_PROTO_KEYS_H
#define SYM_PROTO_KEYS_H

#include "crypto/bytes.h"
#include "proto/token.h"

/* What of an overlap is a match: numbers travel to the own node and are stored. */
enum sym_overlap_rule {
    SYM_RULE_ANY, /* any identifier or key */
    SYM_RULE_TWO, /* an identifier that is no key of a person, or at least two keys, which may have
                   * hit different records of the other side */
    SYM_RULE_COUNT
};

/* "any"; "unknown" for a number that is no rule. */
const char *sym_overlap_rule_text(uint32_t rule);

/* Does the rule keep a record of which these types matched (bit t: type t)? */
bool sym_overlap_rule_keeps(enum sym_overlap_rule rule, uint64_t types);

/* Of the own records in an overlap. A pair is counted from both sides. */
struct sym_shared_keys {
    uint64_t records;                      /* that have a key */
    uint64_t tokens[SYM_TOKEN_TYPE_COUNT]; /* of each type of key */
    uint64_t shared[SYM_TOKEN_TYPE_COUNT]; /* for each of them: the others that have it, too */
    uint64_t shared_two;                   /* for each record: others that may share two of its
                                            * keys, an upper bound */
};

/* Adds a record: of each of its n keys the type, and how many records of the list have it (with
 * this one). */
void sym_shared_keys_add(struct sym_shared_keys *s, const uint8_t *types, const uint32_t *held_by,
                         size_t n);

/* Adds the records of other. */
void sym_shared_keys_join(struct sym_shared_keys *s, const struct sym_shared_keys *other);

/* As bytes: none where no record has a key. */
#define SYM_SHARED_KEYS_BYTES_MAX (16u + 17u * SYM_TOKEN_TYPE_COUNT)
SYM_MUST enum sym_err sym_shared_keys_write(struct sym_writer *w, const struct sym_shared_keys *s);
/* Types of a later version are passed over. */
SYM_MUST enum sym_err sym_shared_keys_read(struct sym_shared_keys *out, struct sym_span bytes);

#endif
