/* exhibit.h - evidence that leaves the node as text files, and is checked without any node: a
 * signed message of an exchange (receipt), two words of one log that contradict each other (split),
 * and a report. What was read here is true: every signature and proof in it was checked, against
 * the keys of the card in the same file. Whether that card is its owner's is the reader's to
 * compare.
 *
 *     symbolon-receipt/1
 *     kind: request                     (or receipt, close, abort)
 *     signed: <base64 of Signed, the exact bytes that travelled>
 *                                       (empty line)
 *     <card of the signer, verbatim>
 *
 *     symbolon-split/1
 *     rule: same-size                   (or prefix, shorter)
 *     first: <base64>                   (checkpoint without cosignatures; shorter: Signed)
 *     second: <base64>
 *     first-kind: close                 (shorter only; kind of message)
 *     second-kind: request
 *     prefix-root: <base64, 32 bytes>   (prefix only)
 *     consistency: <base64, 32 bytes>   (prefix only, 0 to 64 lines)
 *                                       (empty line)
 *     <card of the accused, verbatim>
 *
 *     symbolon-report/1
 *     checkpoint: <base64>              (the head of the log that it tells of)
 *     payload: <base64 of the report>
 *     signature: <base64, 64 bytes>     (identity key, SYM_DOMAIN_REPORT, all bytes above)
 *                                       (empty line)
 *     <card of the node, verbatim>
 *
 * Rules of a split. same-size: two checkpoints of one origin and size with different roots. prefix:
 * the second, by a valid RFC 6962 proof, extends a tree of the first's size whose root is
 * prefix-root, and that is not the root of the first. shorter: of two messages that show heads of
 * one origin the later shows the smaller log. Which is the later is told by the entries that they
 * rest on, where the second's has the lower place: times of entries never go back, so that it
 * cannot have the later time. Otherwise the clock of the node tells, by its own signature: that
 * proves less, as a clock can be set back.
 *
 * One file has one form; a card has no CR and no blank lines here. Structs own their memory:
 * whoever read one calls its _clear, also after an error. Errors: SYM_BAD_FORMAT, SYM_BAD_VALUE,
 * SYM_BAD_SIGNATURE, SYM_BAD_TAG (a proof does not hold), SYM_TOO_LONG, SYM_NO_MEMORY, those of
 * card.h and codec.h; the fault is "name:line: reason" with the name that was given.
 */
#ifndef SYM_PROTO_EXHIBIT_H
#define SYM_PROTO_EXHIBIT_H

#include "proto/told.h"

#define SYM_RECEIPT_HEAD "symbolon-receipt/1"
#define SYM_SPLIT_HEAD   "symbolon-split/1"
#define SYM_REPORT_HEAD  "symbolon-report/1"

/* A card in its one text: no CR, nothing behind it. */
SYM_MUST enum sym_err sym_exhibit_card(struct sym_card *out, struct sym_span text, const char *name,
                                       struct sym_fault *fault);

/* A signed message as a file that anybody can check: *len bytes of at most max, with a terminator.
 */
SYM_MUST enum sym_err sym_receipt_write(char *out, size_t max, size_t *len, enum sym_told kind,
                                        struct sym_span signed_bytes, struct sym_span card);
struct sym_receipt_exhibit {
    struct sym_card card;
    struct sym_told_message message;
    uint8_t *memory;
};
SYM_MUST enum sym_err sym_receipt_read(struct sym_receipt_exhibit *out, struct sym_span text,
                                       const char *name, struct sym_fault *fault);
void sym_receipt_clear(struct sym_receipt_exhibit *e);

#define SYM_SPLIT_RULE_LIST(X) X(SAME_SIZE, "same-size") X(PREFIX, "prefix") X(SHORTER, "shorter")
enum sym_split_rule {
#define SYM_SPLIT_ENUM(name, text) SYM_SPLIT_##name,
    SYM_SPLIT_RULE_LIST(SYM_SPLIT_ENUM)
#undef SYM_SPLIT_ENUM
        SYM_SPLIT_RULE_COUNT
};
const char *sym_split_rule_text(enum sym_split_rule rule);

/* What a split is made of; spans are borrowed. */
struct sym_split {
    enum sym_split_rule rule;
    struct sym_span first, second;
    enum sym_told first_kind, second_kind; /* shorter */
    uint8_t prefix_root[SYM_HASH_BYTES];   /* prefix */
    const struct sym_span *consistency;    /* prefix: 32 bytes each */
    size_t n_consistency;
};
SYM_MUST enum sym_err sym_split_write(char *out, size_t max, size_t *len,
                                      const struct sym_split *split, struct sym_span card);
struct sym_split_exhibit {
    struct sym_card card;
    enum sym_split_rule rule;
    struct sym_checkpoint head[2];
    bool by_entries;     /* shorter: the times below are of entries, not of the clock */
    uint64_t time_ms[2]; /* shorter: what was compared */
    struct sym_told_message message[2];
    uint8_t *memory;
};
SYM_MUST enum sym_err sym_split_read(struct sym_split_exhibit *out, struct sym_span text,
                                     const char *name, struct sym_fault *fault);
void sym_split_clear(struct sym_split_exhibit *e);

/* A report, signed together with the head of the log that it sums up. */
SYM_MUST enum sym_err sym_report_write(char *out, size_t max, size_t *len, struct sym_span payload,
                                       struct sym_span checkpoint, struct sym_span card,
                                       const struct sym_sign_key *identity);
struct sym_report_exhibit {
    struct sym_card card;
    struct sym_checkpoint head;
    struct sym_span payload;
    uint8_t *memory;
};
SYM_MUST enum sym_err sym_report_read(struct sym_report_exhibit *out, struct sym_span text,
                                      const char *name, struct sym_fault *fault);
void sym_report_clear(struct sym_report_exhibit *e);

#endif
