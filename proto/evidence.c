#include "proto/evidence.h"

#include "crypto/aead.h"
#include "crypto/card.h"

#define NAME_MAX_BYTES (SYM_ALIAS_BYTES - 1)
#define EVENT_MAX      63u
#define CODE_MAX       255u
#define BODY_DOMAIN    "symbolon-body-1"

const char *sym_entry_kind_text(uint32_t kind)
{
    switch (kind) {
#define SYM_ROW(name, number, text)                                                                \
    case number:                                                                                   \
        return text;
        SYM_ENTRY_KIND_LIST(SYM_ROW)
#undef SYM_ROW
    default:
        return "unknown";
    }
}

const char *sym_witness_state_text(uint32_t state)
{
    static const char *const texts[SYM_WITNESS_STATE_COUNT] = {
#define SYM_ROW(name, text) [SYM_WITNESS_##name] = text,
        SYM_WITNESS_STATE_LIST(SYM_ROW)
#undef SYM_ROW
    };
    return state < SYM_WITNESS_STATE_COUNT ? texts[state] : "unknown";
}

const char *sym_finding_text(uint32_t code)
{
    switch (code) {
#define SYM_ROW(name, number, text)                                                                \
    case number:                                                                                   \
        return text;
        SYM_FINDING_LIST(SYM_ROW)
#undef SYM_ROW
    default:
        return "unknown";
    }
}

/* Entries -------------------------------------------------------------------------------------
 */

static const struct sym_field leaf_fields[] = {
    SYM_FIELD_U32(struct sym_leaf, version, SYM_LEAF_VERSION, SYM_LEAF_VERSION),
    SYM_FIELD_U64(struct sym_leaf, time_ms, 0, INT64_MAX),
    SYM_FIELD_U32(struct sym_leaf, kind, 1, SYM_ENTRY_KIND_MAX),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_leaf, exchange_id, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_leaf, initiator, SYM_NODE_ID_BYTES),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_leaf, responder, SYM_NODE_ID_BYTES),
    SYM_FIELD_EXACT(struct sym_leaf, commitment, SYM_HASH_BYTES),
};
const struct sym_message sym_msg_leaf = SYM_MESSAGE("Leaf", struct sym_leaf, leaf_fields);

static const struct sym_field body_fields[] = {
    SYM_FIELD_TEXT(struct sym_entry_body, event, 1, EVENT_MAX),
    SYM_FIELD_TEXT(struct sym_entry_body, user, 0, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_entry_body, approver, 0, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_entry_body, subject, 0, SYM_SETTING_BYTES_MAX),
    SYM_FIELD_TEXT(struct sym_entry_body, detail, 0, SYM_DETAIL_BYTES_MAX),
    SYM_FIELD_TEXT(struct sym_entry_body, alias, 0, NAME_MAX_BYTES),
    SYM_FIELD_U32(struct sym_entry_body, role, 0, CODE_MAX),
    SYM_FIELD_U32(struct sym_entry_body, exchange_kind, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_entry_body, purpose, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_entry_body, basis, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_entry_body, type, 0, SYM_TOKEN_TYPES_MAX),
    SYM_FIELD_U32(struct sym_entry_body, decision, 0, CODE_MAX),
    SYM_FIELD_U32(struct sym_entry_body, reason, 0, CODE_MAX),
    SYM_FIELD_TEXT(struct sym_entry_body, mine, 0, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_entry_body, theirs, 0, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_entry_body, case_ref, 0, SYM_CASE_BYTES_MAX),
    SYM_FIELD_TEXT(struct sym_entry_body, note, 0, SYM_NOTE_BYTES_MAX),
    SYM_FIELD_U32(struct sym_entry_body, own_size, 0, SYM_SET_MAX),
    SYM_FIELD_U32(struct sym_entry_body, peer_size, 0, SYM_SET_MAX),
    SYM_FIELD_U64(struct sym_entry_body, bytes_sent, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_entry_body, bytes_received, 0, UINT64_MAX),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_entry_body, handle, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_SUB_OR_ABSENT(struct sym_entry_body, commitments, &sym_msg_commitments),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_entry_body, salts, 4 * SYM_HASH_BYTES),
    SYM_FIELD_SUB_OR_ABSENT(struct sym_entry_body, sent, &sym_msg_transcript),
    SYM_FIELD_SUB_OR_ABSENT(struct sym_entry_body, received, &sym_msg_transcript),
    SYM_FIELD_BYTES(struct sym_entry_body, request, 0, SYM_SIGNED_BYTES_MAX),
    SYM_FIELD_BYTES(struct sym_entry_body, receipt, 0, SYM_SIGNED_BYTES_MAX),
    SYM_FIELD_BYTES(struct sym_entry_body, statement, 0, SYM_SIGNED_BYTES_MAX),
    SYM_FIELD_BYTES(struct sym_entry_body, peer_statement, 0, SYM_SIGNED_BYTES_MAX),
    SYM_FIELD_BYTES(struct sym_entry_body, command, 0, SYM_COMMAND_KEPT_BYTES),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_entry_body, command_hash, SYM_HASH_BYTES),
    SYM_FIELD_BYTES(struct sym_entry_body, approval, 0, SYM_COMMAND_KEPT_BYTES),
    SYM_FIELD_TEXT(struct sym_entry_body, checkpoint, 0, SYM_CHECKPOINT_BYTES_MAX),
    SYM_FIELD_U64(struct sym_entry_body, count, 0, UINT64_MAX),
    SYM_FIELD_U32(struct sym_entry_body, rule, 0, 255),
};
const struct sym_message sym_msg_entry_body =
    SYM_MESSAGE("EntryBody", struct sym_entry_body, body_fields);

enum sym_err sym_body_commit(uint8_t out[SYM_HASH_BYTES], const uint8_t salt[SYM_HASH_BYTES],
                             struct sym_span body)
{
    const struct sym_span parts[] = {sym_span_text(BODY_DOMAIN), sym_span(salt, SYM_HASH_BYTES),
                                     body};
    return sym_sha256_parts(out, parts, sizeof parts / sizeof *parts);
}

enum sym_err sym_body_commit_many(uint8_t (*out)[SYM_HASH_BYTES], const struct sym_sha256_many *m,
                                  const struct sym_span *salted, size_t n)
{
    return sym_sha256_many(out, m, sym_span_text(BODY_DOMAIN), salted, n);
}

/* Between nodes -------------------------------------------------------------------------------
 */

static const struct sym_field telling_fields[] = {
    SYM_FIELD_SUB_OR_ABSENT(struct sym_telling, evidence, &sym_msg_evidence),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_telling, salt, SYM_HASH_BYTES),
    SYM_FIELD_BYTES(struct sym_telling, body, 0, SYM_BODY_BYTES_MAX),
    SYM_FIELD_BYTES(struct sym_telling, statement, 0, SYM_SIGNED_BYTES_MAX),
    SYM_FIELD_BYTES(struct sym_telling, wants, 0, 8u * SYM_WITNESS_WANTS_MAX),
    SYM_FIELD_BOOL(struct sym_telling, last),
};
const struct sym_message sym_msg_telling =
    SYM_MESSAGE("Telling", struct sym_telling, telling_fields);

static const struct sym_field compare_ask_fields[] = {
    SYM_FIELD_U64(struct sym_compare_ask, first, 0, INT64_MAX),
};
const struct sym_message sym_msg_compare_ask =
    SYM_MESSAGE("CompareAsk", struct sym_compare_ask, compare_ask_fields);

static const struct sym_field compare_entry_fields[] = {
    SYM_FIELD_U64(struct sym_compare_entry, index, 0, INT64_MAX),
    SYM_FIELD_BYTES(struct sym_compare_entry, leaf, 1, SYM_LEAF_BYTES_MAX),
    SYM_FIELD_MANY(SYM_MANY_BYTES, struct sym_compare_entry, inclusion, SYM_HASH_BYTES,
                   SYM_HASH_BYTES, SYM_PROOF_HASHES_MAX, NULL),
    SYM_FIELD_BYTES(struct sym_compare_entry, statement, 0, SYM_SIGNED_BYTES_MAX),
};
static const struct sym_message compare_entry_row =
    SYM_MESSAGE("CompareEntry", struct sym_compare_entry, compare_entry_fields);

static const struct sym_field compare_show_fields[] = {
    SYM_FIELD_SUB_OR_ABSENT(struct sym_compare_show, evidence, &sym_msg_evidence),
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_compare_show, entries, 0, 0, SYM_COMPARE_ENTRIES_MAX,
                   &compare_entry_row),
    SYM_FIELD_U64(struct sym_compare_show, next, 0, INT64_MAX),
    SYM_FIELD_BOOL(struct sym_compare_show, last),
};
const struct sym_message sym_msg_compare_show =
    SYM_MESSAGE("CompareShow", struct sym_compare_show, compare_show_fields);

/* The log, for the command line ---------------------------------------------------------------
 */

static const struct sym_field log_head_fields[] = {
    SYM_FIELD_TEXT(struct sym_log_head, origin, 1, SYM_ORIGIN_BYTES_MAX),
    SYM_FIELD_U32(struct sym_log_head, generation, 1, UINT32_MAX),
    SYM_FIELD_U64(struct sym_log_head, size, 0, INT64_MAX),
    SYM_FIELD_EXACT(struct sym_log_head, root, SYM_HASH_BYTES),
    SYM_FIELD_TEXT(struct sym_log_head, checkpoint, 0, SYM_CHECKPOINT_SHOWN_BYTES_MAX),
    SYM_FIELD_EXACT(struct sym_log_head, node, SYM_NODE_ID_BYTES),
    SYM_FIELD_EXACT(struct sym_log_head, log_key, SYM_ED25519_BYTES),
    SYM_FIELD_EXACT(struct sym_log_head, cosign_key, SYM_ED25519_BYTES),
    SYM_FIELD_BOOL(struct sym_log_head, frozen),
    SYM_FIELD_TEXT(struct sym_log_head, fault, 0, SYM_FAULT_TEXT_MAX),
    SYM_FIELD_TEXT(struct sym_log_head, cosigned, 0, SYM_CHECKPOINT_SHOWN_BYTES_MAX),
};
const struct sym_message sym_msg_log_head =
    SYM_MESSAGE("LogHead", struct sym_log_head, log_head_fields);

static const struct sym_field log_query_fields[] = {
    SYM_FIELD_U32(struct sym_log_query, generation, 0, UINT32_MAX),
    SYM_FIELD_U64(struct sym_log_query, first, 0, INT64_MAX),
    SYM_FIELD_U32(struct sym_log_query, most, 0, UINT32_MAX),
    SYM_FIELD_U64(struct sym_log_query, from_ms, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_log_query, until_ms, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_log_query, kinds, 0, UINT64_MAX),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_log_query, peer, SYM_NODE_ID_BYTES),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_log_query, exchange_id, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_BOOL(struct sym_log_query, bodies),
};
const struct sym_message sym_msg_log_query =
    SYM_MESSAGE("LogQuery", struct sym_log_query, log_query_fields);

static const struct sym_field log_row_fields[] = {
    SYM_FIELD_U64(struct sym_log_row, index, 0, INT64_MAX),
    SYM_FIELD_BYTES(struct sym_log_row, leaf, 0, SYM_LEAF_BYTES_MAX),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_log_row, salt, SYM_HASH_BYTES),
    SYM_FIELD_BYTES(struct sym_log_row, body, 0, SYM_BODY_BYTES_MAX),
    SYM_FIELD_BOOL(struct sym_log_row, erased),
};
static const struct sym_message log_row = SYM_MESSAGE("LogRow", struct sym_log_row, log_row_fields);

static const struct sym_field log_list_fields[] = {
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_log_list, rows, 0, 0, SYM_LOG_ROWS_MAX, &log_row),
    SYM_FIELD_U64(struct sym_log_list, next, 0, INT64_MAX),
    SYM_FIELD_BOOL(struct sym_log_list, more),
    SYM_FIELD_U64(struct sym_log_list, size, 0, INT64_MAX),
    SYM_FIELD_U32(struct sym_log_list, later, 0, UINT32_MAX),
};
const struct sym_message sym_msg_log_list =
    SYM_MESSAGE("LogList", struct sym_log_list, log_list_fields);

static const struct sym_field tile_query_fields[] = {
    SYM_FIELD_U32(struct sym_tile_query, generation, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_tile_query, level, 0, SYM_TILE_LEVELS_MAX - 1),
    SYM_FIELD_U64(struct sym_tile_query, number, 0, INT64_MAX),
    SYM_FIELD_U32(struct sym_tile_query, width, 1, SYM_TILE_WIDTH),
};
const struct sym_message sym_msg_tile_query =
    SYM_MESSAGE("TileQuery", struct sym_tile_query, tile_query_fields);

static const struct sym_field tile_fields[] = {
    SYM_FIELD_BYTES(struct sym_tile, hashes, SYM_HASH_BYTES, SYM_TILE_WIDTH *SYM_HASH_BYTES),
};
const struct sym_message sym_msg_tile = SYM_MESSAGE("Tile", struct sym_tile, tile_fields);

static const struct sym_field proof_query_fields[] = {
    SYM_FIELD_U32(struct sym_proof_query, generation, 0, UINT32_MAX),
    SYM_FIELD_U64(struct sym_proof_query, index, 0, INT64_MAX),
    SYM_FIELD_U64(struct sym_proof_query, size, 0, INT64_MAX),
    SYM_FIELD_U64(struct sym_proof_query, from, 0, INT64_MAX),
};
const struct sym_message sym_msg_proof_query =
    SYM_MESSAGE("ProofQuery", struct sym_proof_query, proof_query_fields);

#define HASHES(type, member)                                                                       \
    SYM_FIELD_MANY(SYM_MANY_BYTES, type, member, SYM_HASH_BYTES, SYM_HASH_BYTES,                   \
                   SYM_PROOF_HASHES_MAX, NULL)

static const struct sym_field log_proof_fields[] = {
    SYM_FIELD_U64(struct sym_log_proof, index, 0, INT64_MAX),
    SYM_FIELD_U64(struct sym_log_proof, size, 1, INT64_MAX),
    SYM_FIELD_BYTES(struct sym_log_proof, leaf, 1, SYM_LEAF_BYTES_MAX),
    HASHES(struct sym_log_proof, inclusion),
    HASHES(struct sym_log_proof, consistency),
    SYM_FIELD_TEXT(struct sym_log_proof, checkpoint, 0, SYM_CHECKPOINT_SHOWN_BYTES_MAX),
};
const struct sym_message sym_msg_log_proof =
    SYM_MESSAGE("LogProof", struct sym_log_proof, log_proof_fields);

static const struct sym_field release_evidence_fields[] = {
    SYM_FIELD_U64(struct sym_release_evidence, index, 0, INT64_MAX),
    SYM_FIELD_U64(struct sym_release_evidence, size, 1, INT64_MAX),
    SYM_FIELD_BYTES(struct sym_release_evidence, leaf, 1, SYM_LEAF_BYTES_MAX),
    HASHES(struct sym_release_evidence, inclusion),
    SYM_FIELD_EXACT(struct sym_release_evidence, salt, SYM_HASH_BYTES),
    SYM_FIELD_BYTES(struct sym_release_evidence, body, 1, SYM_BODY_BYTES_MAX),
    SYM_FIELD_TEXT(struct sym_release_evidence, checkpoint, 1, SYM_CHECKPOINT_SHOWN_BYTES_MAX),
    SYM_FIELD_U32(struct sym_release_evidence, generation, 0, UINT32_MAX),
};
const struct sym_message sym_msg_release_evidence =
    SYM_MESSAGE("ReleaseEvidence", struct sym_release_evidence, release_evidence_fields);

/* Witnesses -----------------------------------------------------------------------------------
 */

static const struct sym_field witness_row_fields[] = {
    SYM_FIELD_TEXT(struct sym_witness_row, alias, 0, NAME_MAX_BYTES),
    SYM_FIELD_EXACT(struct sym_witness_row, peer, SYM_NODE_ID_BYTES),
    SYM_FIELD_TEXT(struct sym_witness_row, checkpoint, 0, SYM_CHECKPOINT_BYTES_MAX),
    SYM_FIELD_U64(struct sym_witness_row, size, 0, INT64_MAX),
    SYM_FIELD_U64(struct sym_witness_row, cosigned, 0, INT64_MAX),
    SYM_FIELD_U64(struct sym_witness_row, ours, 0, INT64_MAX),
    SYM_FIELD_U32(struct sym_witness_row, state, 0, SYM_WITNESS_STATE_COUNT - 1),
    SYM_FIELD_TEXT(struct sym_witness_row, fault, 0, SYM_FAULT_TEXT_MAX),
    SYM_FIELD_U64(struct sym_witness_row, since_ms, 0, UINT64_MAX),
    SYM_FIELD_U32(struct sym_witness_row, open, 0, UINT32_MAX),
    SYM_FIELD_TEXT(struct sym_witness_row, card, 0, SYM_CARD_BYTES_MAX),
};
static const struct sym_message witness_row =
    SYM_MESSAGE("WitnessRow", struct sym_witness_row, witness_row_fields);

static const struct sym_field witness_list_fields[] = {
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_witness_list, witnesses, 0, 0, SYM_PEERS_MAX,
                   &witness_row),
};
const struct sym_message sym_msg_witness_list =
    SYM_MESSAGE("WitnessList", struct sym_witness_list, witness_list_fields);

static const struct sym_field witness_query_fields[] = {
    SYM_FIELD_TEXT(struct sym_witness_query, alias, 1, NAME_MAX_BYTES),
};
const struct sym_message sym_msg_witness_query =
    SYM_MESSAGE("WitnessQuery", struct sym_witness_query, witness_query_fields);

static const struct sym_field exhibit_fields[] = {
    SYM_FIELD_TEXT(struct sym_exhibit, text, 1, SYM_EXHIBIT_BYTES_MAX),
};
const struct sym_message sym_msg_exhibit =
    SYM_MESSAGE("Exhibit", struct sym_exhibit, exhibit_fields);

static const struct sym_field report_made_fields[] = {
    SYM_FIELD_MANY(SYM_MANY_BYTES, struct sym_report_made, exchanges, SYM_EXCHANGE_ID_BYTES,
                   SYM_EXCHANGE_ID_BYTES, SYM_REPORT_EXCHANGES_MAX, NULL),
    SYM_FIELD_EXACT(struct sym_report_made, hash, SYM_HASH_BYTES),
    SYM_FIELD_U64(struct sym_report_made, size, 1, SYM_REPORT_BYTES_MAX),
};
const struct sym_message sym_msg_report_made =
    SYM_MESSAGE("ReportMade", struct sym_report_made, report_made_fields);

static const struct sym_field log_erase_fields[] = {
    SYM_FIELD_U64(struct sym_log_erase, before_ms, 1, INT64_MAX),
};
const struct sym_message sym_msg_log_erase =
    SYM_MESSAGE("LogErase", struct sym_log_erase, log_erase_fields);

static const struct sym_field log_erased_fields[] = {
    SYM_FIELD_U64(struct sym_log_erased, bodies, 0, INT64_MAX),
};
const struct sym_message sym_msg_log_erased =
    SYM_MESSAGE("LogErased", struct sym_log_erased, log_erased_fields);

/* Comparing -----------------------------------------------------------------------------------
 */

static const struct sym_field compare_start_fields[] = {
    SYM_FIELD_TEXT(struct sym_compare_start, alias, 1, NAME_MAX_BYTES),
    SYM_FIELD_U32(struct sym_compare_start, timeout_ms, 1, SYM_EXCHANGE_MS_MAX),
};
const struct sym_message sym_msg_compare_start =
    SYM_MESSAGE("CompareStart", struct sym_compare_start, compare_start_fields);

static const struct sym_field compare_query_fields[] = {
    SYM_FIELD_EXACT(struct sym_compare_query, id, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_U64(struct sym_compare_query, first, 0, INT64_MAX),
};
const struct sym_message sym_msg_compare_query =
    SYM_MESSAGE("CompareQuery", struct sym_compare_query, compare_query_fields);

static const struct sym_field finding_fields[] = {
    SYM_FIELD_U32(struct sym_finding, code, 1, CODE_MAX),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_finding, exchange_id, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_U64(struct sym_finding, index_here, 0, INT64_MAX),
    SYM_FIELD_U64(struct sym_finding, index_there, 0, INT64_MAX),
    SYM_FIELD_TEXT(struct sym_finding, text, 0, SYM_FAULT_TEXT_MAX),
    SYM_FIELD_U32(struct sym_finding, generation_here, 0, UINT32_MAX),
};
static const struct sym_message finding =
    SYM_MESSAGE("Finding", struct sym_finding, finding_fields);

static const struct sym_field compare_page_fields[] = {
    SYM_FIELD_BOOL(struct sym_compare_page, done),
    SYM_FIELD_U64(struct sym_compare_page, exchanges, 0, INT64_MAX),
    SYM_FIELD_U64(struct sym_compare_page, entries, 0, INT64_MAX),
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_compare_page, findings, 0, 0, SYM_FINDINGS_MAX,
                   &finding),
    SYM_FIELD_BOOL(struct sym_compare_page, more),
    SYM_FIELD_U64(struct sym_compare_page, untold, 0, INT64_MAX),
    SYM_FIELD_U64(struct sym_compare_page, lost_here, 0, INT64_MAX),
    SYM_FIELD_U64(struct sym_compare_page, lost_there, 0, INT64_MAX),
    SYM_FIELD_U64(struct sym_compare_page, unrecorded, 0, INT64_MAX),
    SYM_FIELD_U64(struct sym_compare_page, denied, 0, INT64_MAX),
    SYM_FIELD_TEXT(struct sym_compare_page, waiting, 0, SYM_FAULT_TEXT_MAX),
    SYM_FIELD_U32(struct sym_compare_page, generation_there, 0, UINT32_MAX),
};
const struct sym_message sym_msg_compare_page =
    SYM_MESSAGE("ComparePage", struct sym_compare_page, compare_page_fields);
