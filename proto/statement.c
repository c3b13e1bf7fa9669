#include "proto/statement.h"

#include <string.h>

enum sym_err sym_statement_forget(struct sym_statement *st)
{
    st->sent_frames = 0;
    st->received_frames = 0;
    enum sym_err err = sym_sha256(st->sent_hash, sym_span(NULL, 0));
    if (err == SYM_OK) {
        memcpy(st->received_hash, st->sent_hash, sizeof st->received_hash);
    }
    return err;
}

struct sym_transcript sym_statement_sent(const struct sym_statement *st)
{
    return (struct sym_transcript){.frames = st->sent_frames,
                                   .hash = sym_span(st->sent_hash, sizeof st->sent_hash)};
}

struct sym_transcript sym_statement_received(const struct sym_statement *st)
{
    return (struct sym_transcript){.frames = st->received_frames,
                                   .hash = sym_span(st->received_hash, sizeof st->received_hash)};
}

enum sym_err sym_statement_write(uint8_t *out, size_t max, size_t *len,
                                 const struct sym_statement *st,
                                 const struct sym_sign_key *identity)
{
    struct sym_transcript sent = sym_statement_sent(st);
    struct sym_transcript received = sym_statement_received(st);
    if (!st->is_abort) {
        struct sym_close c = {.version = SYM_EXCHANGE_VERSION,
                              .exchange_id = sym_span(st->exchange_id, sizeof st->exchange_id),
                              .initiator = sym_node_id_span(&st->initiator),
                              .responder = sym_node_id_span(&st->responder),
                              .closer = sym_node_id_span(&st->signer),
                              .closed_ms = st->time_ms,
                              .request_hash = sym_span(st->request_hash, sizeof st->request_hash),
                              .receipt_hash = sym_span(st->receipt_hash, sizeof st->receipt_hash),
                              .sent = &sent,
                              .received = &received};
        if (st->has_consents) {
            c.consents_hash = sym_span(st->consents_hash, sizeof st->consents_hash);
        }
        if (st->has_release) {
            c.release_hash = sym_span(st->release_hash, sizeof st->release_hash);
        }
        return sym_signed_write(out, max, len, &sym_msg_close, &c, identity, SYM_DOMAIN_CLOSE);
    }
    struct sym_abort a = {.version = SYM_EXCHANGE_VERSION,
                          .exchange_id = sym_span(st->exchange_id, sizeof st->exchange_id),
                          .initiator = sym_node_id_span(&st->initiator),
                          .responder = sym_node_id_span(&st->responder),
                          .aborter = sym_node_id_span(&st->signer),
                          .aborted_ms = st->time_ms,
                          .request_hash = sym_span(st->request_hash, sizeof st->request_hash),
                          .sent = &sent,
                          .received = &received,
                          .reason = st->reason};
    if (st->has_receipt) {
        a.receipt_hash = sym_span(st->receipt_hash, sizeof st->receipt_hash);
    }
    return sym_signed_write(out, max, len, &sym_msg_abort, &a, identity, SYM_DOMAIN_ABORT);
}

static void take(uint8_t *to, struct sym_span from)
{
    memcpy(to, from.data, from.len);
}

static enum sym_err read_close(struct sym_statement *out, struct sym_span bytes,
                               const uint8_t identity[SYM_ED25519_BYTES])
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_close c;
    enum sym_err err =
        sym_signed_read(&arena, &c, &sym_msg_close, bytes, identity, SYM_DOMAIN_CLOSE);
    if (err != SYM_OK) {
        return err;
    }
    out->has_receipt = true;
    out->time_ms = c.closed_ms;
    out->sent_frames = c.sent->frames;
    out->received_frames = c.received->frames;
    take(out->exchange_id, c.exchange_id);
    take(out->initiator.bytes, c.initiator);
    take(out->responder.bytes, c.responder);
    take(out->signer.bytes, c.closer);
    take(out->request_hash, c.request_hash);
    take(out->receipt_hash, c.receipt_hash);
    take(out->sent_hash, c.sent->hash);
    take(out->received_hash, c.received->hash);
    if (c.consents_hash.len > 0) {
        out->has_consents = true;
        take(out->consents_hash, c.consents_hash);
    }
    if (c.release_hash.len > 0) {
        out->has_release = true;
        take(out->release_hash, c.release_hash);
    }
    return SYM_OK;
}

static enum sym_err read_abort(struct sym_statement *out, struct sym_span bytes,
                               const uint8_t identity[SYM_ED25519_BYTES])
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_abort a;
    enum sym_err err =
        sym_signed_read(&arena, &a, &sym_msg_abort, bytes, identity, SYM_DOMAIN_ABORT);
    if (err != SYM_OK) {
        return err;
    }
    out->is_abort = true;
    out->reason = a.reason;
    out->time_ms = a.aborted_ms;
    out->sent_frames = a.sent->frames;
    out->received_frames = a.received->frames;
    take(out->exchange_id, a.exchange_id);
    take(out->initiator.bytes, a.initiator);
    take(out->responder.bytes, a.responder);
    take(out->signer.bytes, a.aborter);
    take(out->request_hash, a.request_hash);
    take(out->sent_hash, a.sent->hash);
    take(out->received_hash, a.received->hash);
    if (a.receipt_hash.len > 0) {
        out->has_receipt = true;
        take(out->receipt_hash, a.receipt_hash);
    }
    return SYM_OK;
}

enum sym_err sym_statement_read(struct sym_statement *out, struct sym_span bytes,
                                const uint8_t identity[SYM_ED25519_BYTES])
{
    *out = (struct sym_statement){.is_abort = false};
    /* The domain that verifies says which of the two it is. */
    enum sym_err err = read_close(out, bytes, identity);
    if (err == SYM_BAD_SIGNATURE) {
        err = read_abort(out, bytes, identity);
    }
    bool is_one_of_two = sym_node_id_equal(&out->signer, &out->initiator) ||
                         sym_node_id_equal(&out->signer, &out->responder);
    return err == SYM_OK && !is_one_of_two ? SYM_BAD_VALUE : err;
}
