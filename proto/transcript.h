/* transcript.h - what each side can prove of the data frames of one exchange: a count and a running
 * SHA-256 per direction, over (length as 8 bytes big-endian | payload) of every frame.
 *
 * A tally is kept from the first frame to the close; sym_transcripts_take reads both directions at
 * one moment, without ending them. Errors: those of sym_hash.
 */
#ifndef SYM_PROTO_TRANSCRIPT_H
#define SYM_PROTO_TRANSCRIPT_H

#include "proto/exchange.h"

struct sym_tally {
    uint64_t frames;
    struct sym_hash hash;
};

/* Nothing was sent yet. Errors: those of sym_hash_init. */
SYM_MUST enum sym_err sym_tally_init(struct sym_tally *t);
void sym_tally_clear(struct sym_tally *t);
void sym_tally_add(struct sym_tally *t, struct sym_span payload);

/* Both directions as they go into a close or an abort; the spans point into this struct. */
struct sym_transcripts {
    uint8_t sent_hash[SYM_HASH_BYTES];
    uint8_t received_hash[SYM_HASH_BYTES];
    struct sym_transcript sent;
    struct sym_transcript received;
};

/* As both directions are now; they can go on. Errors: those of sym_hash_value. */
SYM_MUST enum sym_err sym_transcripts_take(struct sym_transcripts *out,
                                           const struct sym_tally *sent,
                                           const struct sym_tally *received);
bool sym_transcript_equal(const struct sym_transcript *a, const struct sym_transcript *b);

#endif
