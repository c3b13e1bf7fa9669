/* statement.h - the last word of one side about a granted exchange, outside of any session: a
 * signed close or abort, as it lies in a log and is told again until the other side has answered.
 *
 * A statement that is made here carries no evidence, so that the same words have the same bytes
 * whenever they are told. The close or abort of a session says the same and carries evidence.
 * Errors: those of codec.h, SYM_BAD_SIGNATURE.
 */
#ifndef SYM_PROTO_STATEMENT_H
#define SYM_PROTO_STATEMENT_H

#include "proto/exchange.h"

/* Without evidence, bytes. */
#define SYM_STATEMENT_BYTES 1024u

struct sym_statement {
    bool is_abort;
    uint8_t exchange_id[SYM_EXCHANGE_ID_BYTES];
    struct sym_node_id initiator;
    struct sym_node_id responder;
    struct sym_node_id signer; /* one of the two */
    uint64_t time_ms;          /* wall clock */
    uint8_t request_hash[SYM_HASH_BYTES];
    bool has_receipt; /* of a close, always */
    uint8_t receipt_hash[SYM_HASH_BYTES];
    uint64_t sent_frames; /* by the signer */
    uint8_t sent_hash[SYM_HASH_BYTES];
    uint64_t received_frames;
    uint8_t received_hash[SYM_HASH_BYTES];
    uint32_t reason;   /* of an abort */
    bool has_consents; /* of the close of a joint tabulation */
    uint8_t consents_hash[SYM_HASH_BYTES];
    bool has_release; /* likewise */
    uint8_t release_hash[SYM_HASH_BYTES];
};

/* Transcripts of no frames. */
SYM_MUST enum sym_err sym_statement_forget(struct sym_statement *st);
SYM_MUST enum sym_err sym_statement_write(uint8_t *out, size_t max, size_t *len,
                                          const struct sym_statement *st,
                                          const struct sym_sign_key *identity);
/* A Signed close or abort, with or without evidence, verified with the identity of its signer.
 * SYM_BAD_VALUE: the signer is neither of the two. */
SYM_MUST enum sym_err sym_statement_read(struct sym_statement *out, struct sym_span bytes,
                                         const uint8_t identity[SYM_ED25519_BYTES]);

/* The transcripts as messages have them; the spans borrow. */
struct sym_transcript sym_statement_sent(const struct sym_statement *st);
struct sym_transcript sym_statement_received(const struct sym_statement *st);

#endif
