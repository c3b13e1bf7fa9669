#include "proto/transcript.h"

enum sym_err sym_tally_init(struct sym_tally *t)
{
    t->frames = 0;
    return sym_hash_init(&t->hash);
}

void sym_tally_clear(struct sym_tally *t)
{
    sym_hash_clear(&t->hash);
}

void sym_tally_add(struct sym_tally *t, struct sym_span payload)
{
    uint8_t length[8];
    sym_put_u64(length, payload.len);
    sym_hash_update(&t->hash, sym_span(length, sizeof length));
    sym_hash_update(&t->hash, payload);
    t->frames++;
}

enum sym_err sym_transcripts_take(struct sym_transcripts *out, const struct sym_tally *sent,
                                  const struct sym_tally *received)
{
    enum sym_err err = sym_hash_value(out->sent_hash, &sent->hash);
    if (err == SYM_OK) {
        err = sym_hash_value(out->received_hash, &received->hash);
    }
    out->sent = (struct sym_transcript){.frames = sent->frames,
                                        .hash = sym_span(out->sent_hash, sizeof out->sent_hash)};
    out->received =
        (struct sym_transcript){.frames = received->frames,
                                .hash = sym_span(out->received_hash, sizeof out->received_hash)};
    return err;
}

bool sym_transcript_equal(const struct sym_transcript *a, const struct sym_transcript *b)
{
    return a->frames == b->frames && sym_span_equal(a->hash, b->hash);
}
