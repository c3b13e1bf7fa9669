/* table_frames.h - payloads of overlap tables (table.h), and what their machines share; nobody
 * includes it but they and their tests.
 *
 * A payload is 1 byte of type and its content, numbers big-endian:
 *     CONSENT    signature (64) | TableConsent
 *     CONSENTS   for each party by place: length (2) | signature | TableConsent
 *     READY      consents hash (32)
 *     GO         nothing
 *     DONE       hash of the release (32)
 *     RELEASE    signature (64) | TableRelease
 *     FAILED     place of the culprit (1) | cause (1) | place of who says so (1) | of several that
 *                were waited for, a bit set of their places (4)
 *     CAME       for each contributor by place: how much of it has come (4), see table_came.h
 *     ASK        frame (4) | elements
 *     ANSWER     length (2) | signature | TableAnswer | answers
 *     ROWS       tags of SYM_TABLE_TAG_BYTES
 *     END        number of all rows (4)
 * No message of one kind is one of another: they differ in the types or lengths of their fields, so
 * that a signature says what it says under one domain.
 */
#ifndef SYM_PROTO_TABLE_FRAMES_H
#define SYM_PROTO_TABLE_FRAMES_H

#include "crypto/dleq.h"
#include "proto/tab_frames.h"
#include "proto/table.h"

enum table_type {
    TABLE_NO_TYPE,
    TABLE_CONSENT,
    TABLE_CONSENTS,
    TABLE_READY,
    TABLE_GO,
    TABLE_DONE,
    TABLE_RELEASE,
    TABLE_FAILED,
    TABLE_ASK,
    TABLE_ANSWER,
    TABLE_ROWS,
    TABLE_END,
    TABLE_CAME,
    TABLE_TYPE_COUNT
};

#define TABLE_ASK_HEAD_BYTES 5u
#define TABLE_FAILED_BYTES   7u
/* Items of one piece of work: some milliseconds for one processor without vector instructions. */
#define TABLE_GRAIN 256u

SYM_MUST enum sym_err sym_table_payload_read(enum table_type *type, struct sym_span *content,
                                             struct sym_span payload);
/* A payload of this type; out must be empty. */
SYM_MUST enum sym_err sym_table_payload_new(struct tab_bytes *out, enum table_type type,
                                            struct sym_span content);
/* signature | message; out must be empty. variable: bytes of its spans of variable length. */
SYM_MUST enum sym_err sym_table_signed_new(struct tab_bytes *out, const struct sym_sign_key *key,
                                           const struct sym_message *kind, const void *value,
                                           size_t variable);
SYM_MUST enum sym_err sym_table_signed_open(struct sym_arena *arena, void *value,
                                            const struct sym_message *kind, struct sym_span from,
                                            const uint8_t identity[SYM_ED25519_BYTES]);

/* Checks the signed consent of the party at `place` by itself, and takes it apart. SYM_BAD_VALUE
 * and SYM_BAD_ELEMENT: the party has signed it for this table, but it does not fit; anything else
 * proves nothing about the party. */
SYM_MUST enum sym_err sym_table_consent_open(struct sym_table_consented *out, struct sym_span from,
                                             const struct sym_table_question *q,
                                             const uint8_t qid[SYM_HASH_BYTES], uint32_t place,
                                             const struct sym_ristretto *with);
/* All of them, by place: no key twice, no sum of keys that is the identity. */
SYM_MUST enum sym_err sym_table_consents_fit(const struct sym_table_consented *consented,
                                             uint32_t n, const struct sym_ristretto *with);

/* What an answer's proof is bound to besides its elements; out is its room. */
#define TABLE_CONTEXT_BYTES (2u * SYM_HASH_BYTES + 12u)
struct sym_span sym_table_context(uint8_t out[TABLE_CONTEXT_BYTES],
                                  const struct sym_table_answer *a);

/* Whose doing err was, as seen by the party at `own`: what is wrong with a message of `place`, or
 * that this node has no memory to look at it, which must not become an accusation. */
struct sym_table_failure sym_table_failure_of(enum sym_err err, uint32_t own, uint32_t place,
                                              enum sym_table_cause cause);
void sym_table_failure_put(uint8_t out[TABLE_FAILED_BYTES], const struct sym_table_failure *f);
SYM_MUST enum sym_err sym_table_failure_get(struct sym_table_failure *out, struct sym_span content,
                                            uint32_t n);

/* A stream of `total` items in frames of `each`: how many the frame at this number has, 0 past the
 * last; how many frames. */
uint32_t sym_table_frame_items(uint32_t total, uint32_t each, uint32_t frame);
uint32_t sym_table_frame_count(uint32_t total, uint32_t each);

static inline bool table_same(const uint8_t *a, const uint8_t *b, size_t len)
{
    return sym_span_equal(sym_span(a, len), sym_span(b, len));
}

#endif
