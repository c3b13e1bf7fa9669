#include "proto/exchange.h"

#include "crypto/secret.h"

#include <stdlib.h>

#define ID(type, member)           SYM_FIELD_EXACT(type, member, SYM_EXCHANGE_ID_BYTES)
#define NODE(type, member)         SYM_FIELD_EXACT(type, member, SYM_NODE_ID_BYTES)
#define HASH(type, member)         SYM_FIELD_EXACT(type, member, SYM_HASH_BYTES)
#define HASH_OR_NONE(type, member) SYM_FIELD_EXACT_OR_ABSENT(type, member, SYM_HASH_BYTES)
#define HASHES(type, member)                                                                       \
    SYM_FIELD_MANY(SYM_MANY_BYTES, type, member, SYM_HASH_BYTES, SYM_HASH_BYTES,                   \
                   SYM_PROOF_HASHES_MAX, NULL)
#define TIME(type, member) SYM_FIELD_U64(type, member, 1, UINT64_MAX)
#define VERSION(type, member)                                                                      \
    SYM_FIELD_U32(type, member, SYM_EXCHANGE_VERSION, SYM_EXCHANGE_VERSION)

static const struct sym_field signed_fields[] = {
    SYM_FIELD_BYTES(struct sym_signed, body, 1, SYM_SIGNED_BYTES_MAX),
    SYM_FIELD_EXACT(struct sym_signed, signature, SYM_SIGNATURE_BYTES),
};
const struct sym_message sym_msg_signed = SYM_MESSAGE("Signed", struct sym_signed, signed_fields);

static const struct sym_field evidence_fields[] = {
    SYM_FIELD_BYTES(struct sym_evidence, checkpoint, 0, SYM_CHECKPOINT_BYTES_MAX),
    SYM_FIELD_U64(struct sym_evidence, consistent_from, 0, INT64_MAX),
    HASHES(struct sym_evidence, consistency),
    SYM_FIELD_BYTES(struct sym_evidence, leaf, 0, SYM_LEAF_BYTES_MAX),
    SYM_FIELD_U64(struct sym_evidence, leaf_index, 0, INT64_MAX),
    HASHES(struct sym_evidence, inclusion),
    SYM_FIELD_BYTES(struct sym_evidence, known, 0, SYM_CHECKPOINT_BYTES_MAX),
    SYM_FIELD_BYTES(struct sym_evidence, cosignature, 0, SYM_CHECKPOINT_BYTES_MAX),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_evidence, prefix_root, SYM_HASH_BYTES),
};
const struct sym_message sym_msg_evidence =
    SYM_MESSAGE("Evidence", struct sym_evidence, evidence_fields);

static const struct sym_field commitments_fields[] = {
    HASH_OR_NONE(struct sym_commitments, case_ref),
    HASH_OR_NONE(struct sym_commitments, note),
    HASH_OR_NONE(struct sym_commitments, user),
    HASH_OR_NONE(struct sym_commitments, approver),
};
const struct sym_message sym_msg_commitments =
    SYM_MESSAGE("Commitments", struct sym_commitments, commitments_fields);

static const struct sym_field transcript_fields[] = {
    SYM_FIELD_U64(struct sym_transcript, frames, 0, INT64_MAX),
    HASH(struct sym_transcript, hash),
};
const struct sym_message sym_msg_transcript =
    SYM_MESSAGE("Transcript", struct sym_transcript, transcript_fields);

static const struct sym_field request_fields[] = {
    VERSION(struct sym_request, version),
    ID(struct sym_request, exchange_id),
    NODE(struct sym_request, initiator),
    NODE(struct sym_request, responder),
    TIME(struct sym_request, issued_ms),
    TIME(struct sym_request, expires_ms),
    SYM_FIELD_EXACT(struct sym_request, ephemeral, SYM_X25519_BYTES),
    HASH(struct sym_request, exporter),
    SYM_FIELD_U32(struct sym_request, kind, 1, UINT8_MAX),
    SYM_FIELD_U32(struct sym_request, purpose, 0, UINT8_MAX),
    SYM_FIELD_U32(struct sym_request, basis, 0, UINT8_MAX),
    SYM_FIELD_TEXT(struct sym_request, dataset, 0, SYM_DATASET_BYTES_MAX),
    SYM_FIELD_BYTES(struct sym_request, parameters, 0, SYM_PARAMETERS_BYTES_MAX),
    SYM_FIELD_SUB_OR_ABSENT(struct sym_request, commitments, &sym_msg_commitments),
    SYM_FIELD_SUB_OR_ABSENT(struct sym_request, evidence, &sym_msg_evidence),
};
const struct sym_message sym_msg_request =
    SYM_MESSAGE("Request", struct sym_request, request_fields);

static const struct sym_field receipt_fields[] = {
    VERSION(struct sym_receipt, version),
    ID(struct sym_receipt, exchange_id),
    NODE(struct sym_receipt, initiator),
    NODE(struct sym_receipt, responder),
    HASH(struct sym_receipt, request_hash),
    TIME(struct sym_receipt, issued_ms),
    TIME(struct sym_receipt, expires_ms),
    SYM_FIELD_EXACT(struct sym_receipt, ephemeral, SYM_X25519_BYTES),
    HASH(struct sym_receipt, exporter),
    SYM_FIELD_U32(struct sym_receipt, decision, SYM_DECISION_GRANTED, SYM_DECISION_DENIED),
    SYM_FIELD_U32(struct sym_receipt, reason, 0, UINT8_MAX),
    SYM_FIELD_TEXT(struct sym_receipt, remark, 0, SYM_REASON_BYTES_MAX),
    SYM_FIELD_BYTES(struct sym_receipt, parameters, 0, SYM_PARAMETERS_BYTES_MAX),
    SYM_FIELD_SUB_OR_ABSENT(struct sym_receipt, commitments, &sym_msg_commitments),
    SYM_FIELD_SUB_OR_ABSENT(struct sym_receipt, evidence, &sym_msg_evidence),
};
const struct sym_message sym_msg_receipt =
    SYM_MESSAGE("Receipt", struct sym_receipt, receipt_fields);

static const struct sym_field close_fields[] = {
    VERSION(struct sym_close, version),
    ID(struct sym_close, exchange_id),
    NODE(struct sym_close, initiator),
    NODE(struct sym_close, responder),
    NODE(struct sym_close, closer),
    TIME(struct sym_close, closed_ms),
    HASH(struct sym_close, request_hash),
    HASH(struct sym_close, receipt_hash),
    SYM_FIELD_SUB(struct sym_close, sent, &sym_msg_transcript),
    SYM_FIELD_SUB(struct sym_close, received, &sym_msg_transcript),
    HASH_OR_NONE(struct sym_close, consents_hash),
    HASH_OR_NONE(struct sym_close, release_hash),
    SYM_FIELD_SUB_OR_ABSENT(struct sym_close, evidence, &sym_msg_evidence),
};
const struct sym_message sym_msg_close = SYM_MESSAGE("Close", struct sym_close, close_fields);

static const struct sym_field abort_fields[] = {
    VERSION(struct sym_abort, version),
    ID(struct sym_abort, exchange_id),
    NODE(struct sym_abort, initiator),
    NODE(struct sym_abort, responder),
    NODE(struct sym_abort, aborter),
    TIME(struct sym_abort, aborted_ms),
    HASH(struct sym_abort, request_hash),
    HASH_OR_NONE(struct sym_abort, receipt_hash),
    SYM_FIELD_SUB(struct sym_abort, sent, &sym_msg_transcript),
    SYM_FIELD_SUB(struct sym_abort, received, &sym_msg_transcript),
    SYM_FIELD_U32(struct sym_abort, reason, 0, UINT8_MAX),
    SYM_FIELD_TEXT(struct sym_abort, remark, 0, SYM_REASON_BYTES_MAX),
    SYM_FIELD_SUB_OR_ABSENT(struct sym_abort, evidence, &sym_msg_evidence),
};
const struct sym_message sym_msg_abort = SYM_MESSAGE("Abort", struct sym_abort, abort_fields);

static const struct sym_field ping_fields[] = {
    SYM_FIELD_U64(struct sym_ping, bytes, 0, SYM_PING_BYTES_MAX),
};
const struct sym_message sym_msg_ping = SYM_MESSAGE("Ping", struct sym_ping, ping_fields);

static const struct sym_field overlap_fields[] = {
    SYM_FIELD_U32(struct sym_overlap, engine, 0, UINT8_MAX),
    SYM_FIELD_U32(struct sym_overlap, suite, 1, UINT8_MAX),
    SYM_FIELD_U32(struct sym_overlap, type_version, 1, UINT16_MAX),
    SYM_FIELD_U32(struct sym_overlap, canon_version, 1, UINT16_MAX),
    SYM_FIELD_U32(struct sym_overlap, type, 0, SYM_TOKEN_TYPES_MAX),
    SYM_FIELD_U32(struct sym_overlap, set_size, 1, SYM_SET_MAX),
    SYM_FIELD_U32(struct sym_overlap, engines, 0, UINT32_MAX),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_overlap, epoch, 16),
};
const struct sym_message sym_msg_overlap =
    SYM_MESSAGE("Overlap", struct sym_overlap, overlap_fields);

static const struct sym_field overlap_answer_fields[] = {
    SYM_FIELD_U32(struct sym_overlap_answer, set_size, 0, SYM_SET_MAX),
    SYM_FIELD_U32(struct sym_overlap_answer, min_result, 0, SYM_SET_MAX),
    SYM_FIELD_U32(struct sym_overlap_answer, engine, 0, UINT8_MAX),
    SYM_FIELD_U32(struct sym_overlap_answer, why, 0, UINT8_MAX),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_overlap_answer, epoch, 16),
    SYM_FIELD_U32(struct sym_overlap_answer, bits, 0, UINT8_MAX),
    SYM_FIELD_BOOL(struct sym_overlap_answer, sends_list),
};
const struct sym_message sym_msg_overlap_answer =
    SYM_MESSAGE("OverlapAnswer", struct sym_overlap_answer, overlap_answer_fields);

struct code {
    uint32_t number;
    const char *text;
};

static const char *text_of(const struct code *codes, size_t n, uint32_t number)
{
    for (size_t i = 0; i < n; i++) {
        if (codes[i].number == number) {
            return codes[i].text;
        }
    }
    return "unknown";
}

#define CODE_ROW(name, code_number, code_text) {.number = (code_number), .text = (code_text)},
#define CODE_TEXTS(function, LIST)                                                                 \
    const char *function(uint32_t number)                                                          \
    {                                                                                              \
        static const struct code codes[] = {LIST(CODE_ROW)};                                       \
        return text_of(codes, sizeof codes / sizeof *codes, number);                               \
    }

CODE_TEXTS(sym_kind_text, SYM_KIND_LIST)
CODE_TEXTS(sym_purpose_text, SYM_PURPOSE_LIST)
CODE_TEXTS(sym_basis_text, SYM_BASIS_LIST)
CODE_TEXTS(sym_decision_text, SYM_DECISION_LIST)
CODE_TEXTS(sym_reason_text, SYM_REASON_LIST)

enum sym_err sym_signed_write(uint8_t *out, size_t max, size_t *len,
                              const struct sym_message *message, const void *value,
                              const struct sym_sign_key *key, const char *domain)
{
    uint8_t *body = malloc(SYM_SIGNED_BYTES_MAX);
    if (body == NULL) {
        return SYM_NO_MEMORY;
    }
    size_t body_len = 0;
    uint8_t signature[SYM_SIGNATURE_BYTES];
    enum sym_err err = sym_encode(body, SYM_SIGNED_BYTES_MAX, &body_len, message, value);
    if (err == SYM_OK) {
        err = sym_sign(signature, key, domain, sym_span(body, body_len));
    }
    if (err == SYM_OK) {
        struct sym_signed wrapped = {.body = sym_span(body, body_len),
                                     .signature = sym_span(signature, sizeof signature)};
        err = sym_encode(out, max < SYM_SIGNED_BYTES_MAX ? max : SYM_SIGNED_BYTES_MAX, len,
                         &sym_msg_signed, &wrapped);
    }
    free(body);
    return err;
}

enum sym_err sym_signed_read(struct sym_arena *arena, void *value,
                             const struct sym_message *message, struct sym_span bytes,
                             const uint8_t key[SYM_ED25519_BYTES], const char *domain)
{
    SYM_ARENA_AUTO outer = {0};
    struct sym_signed wrapped;
    if (bytes.len > SYM_SIGNED_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    enum sym_err err = sym_decode(&outer, &wrapped, &sym_msg_signed, bytes);
    if (err == SYM_OK) {
        err = sym_verify(wrapped.signature.data, key, domain, wrapped.body);
    }
    return err == SYM_OK ? sym_decode(arena, value, message, wrapped.body) : err;
}
