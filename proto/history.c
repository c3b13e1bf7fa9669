#include "proto/history.h"

#include "crypto/identity.h"
#include "proto/keys.h"

#define NAME_MAX_BYTES (SYM_ALIAS_BYTES - 1)
#define KIND_MAX       255u

const char *sym_exchange_role_text(uint32_t role)
{
    static const char *const texts[SYM_AS_COUNT] = {
        [SYM_AS_NOBODY] = "unknown",
        [SYM_AS_INITIATOR] = "initiator",
        [SYM_AS_PARTICIPANT] = "participant",
    };
    return texts[role < SYM_AS_COUNT ? role : SYM_AS_NOBODY];
}

static const struct sym_field overlap_start_fields[] = {
    SYM_FIELD_TEXT(struct sym_overlap_start, alias, 1, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_overlap_start, mine, 1, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_overlap_start, theirs, 1, NAME_MAX_BYTES),
    SYM_FIELD_U32(struct sym_overlap_start, kind, 1, KIND_MAX),
    SYM_FIELD_U32(struct sym_overlap_start, type, 0, SYM_TOKEN_TYPES_MAX),
    SYM_FIELD_U32(struct sym_overlap_start, engine, 0, 255),
    SYM_FIELD_U32(struct sym_overlap_start, purpose, 1, 255),
    SYM_FIELD_U32(struct sym_overlap_start, basis, 1, 255),
    SYM_FIELD_TEXT(struct sym_overlap_start, case_ref, 1, SYM_CASE_BYTES_MAX),
    SYM_FIELD_TEXT(struct sym_overlap_start, note, 0, SYM_NOTE_BYTES_MAX),
    SYM_FIELD_U32(struct sym_overlap_start, timeout_ms, 1, SYM_EXCHANGE_MS_MAX),
    SYM_FIELD_U32(struct sym_overlap_start, rule, 0, SYM_RULE_COUNT - 1),
};
const struct sym_message sym_msg_overlap_start =
    SYM_MESSAGE("OverlapStart", struct sym_overlap_start, overlap_start_fields);

static const struct sym_field exchange_fields[] = {
    SYM_FIELD_EXACT(struct sym_exchange_entry, id, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_TEXT(struct sym_exchange_entry, alias, 0, NAME_MAX_BYTES),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_exchange_entry, peer, SYM_NODE_ID_BYTES),
    SYM_FIELD_U32(struct sym_exchange_entry, role, 1, SYM_AS_COUNT - 1),
    SYM_FIELD_U32(struct sym_exchange_entry, kind, 0, KIND_MAX),
    SYM_FIELD_U32(struct sym_exchange_entry, state, 0, SYM_EXCHANGE_STATE_COUNT - 1),
    SYM_FIELD_U32(struct sym_exchange_entry, result, 0, SYM_ERR_COUNT - 1),
    SYM_FIELD_TEXT(struct sym_exchange_entry, fault, 0, SYM_FAULT_TEXT_MAX),
    SYM_FIELD_U32(struct sym_exchange_entry, reason, 0, 255),
    SYM_FIELD_U32(struct sym_exchange_entry, purpose, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_exchange_entry, basis, 0, UINT32_MAX),
    SYM_FIELD_TEXT(struct sym_exchange_entry, case_ref, 0, SYM_CASE_BYTES_MAX),
    SYM_FIELD_TEXT(struct sym_exchange_entry, note, 0, SYM_NOTE_BYTES_MAX),
    SYM_FIELD_TEXT(struct sym_exchange_entry, user, 0, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_exchange_entry, approver, 0, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_exchange_entry, mine, 0, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_exchange_entry, theirs, 0, NAME_MAX_BYTES),
    SYM_FIELD_U32(struct sym_exchange_entry, type, 0, SYM_TOKEN_TYPES_MAX),
    SYM_FIELD_U32(struct sym_exchange_entry, own_size, 0, SYM_SET_MAX),
    SYM_FIELD_U32(struct sym_exchange_entry, peer_size, 0, SYM_SET_MAX),
    SYM_FIELD_U32(struct sym_exchange_entry, common, 0, SYM_SET_MAX),
    SYM_FIELD_U64(struct sym_exchange_entry, records, 0, UINT64_MAX),
    SYM_FIELD_BOOL(struct sym_exchange_entry, has_result),
    SYM_FIELD_U64(struct sym_exchange_entry, started_ms, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_exchange_entry, ended_ms, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_exchange_entry, bytes_sent, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_exchange_entry, bytes_received, 0, UINT64_MAX),
    SYM_FIELD_U32(struct sym_exchange_entry, min_result, 0, SYM_SET_MAX),
    SYM_FIELD_BOOL(struct sym_exchange_entry, withheld),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_exchange_entry, tabulation, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_U32(struct sym_exchange_entry, participants, 0, SYM_TAB_MEMBERS_MAX),
    SYM_FIELD_U32(struct sym_exchange_entry, cells, 0, SYM_TAB_CELLS_MAX),
    SYM_FIELD_U64(struct sym_exchange_entry, epsilon_nano, 0, SYM_EPSILON_NANO_MAX),
    SYM_FIELD_U32(struct sym_exchange_entry, shape, 0, UINT8_MAX),
    SYM_FIELD_U32(struct sym_exchange_entry, engine, 0, 255),
    SYM_FIELD_U32(struct sym_exchange_entry, why, 0, 255),
    SYM_FIELD_U32(struct sym_exchange_entry, rule, 0, 255),
    SYM_FIELD_BYTES(struct sym_exchange_entry, shared, 0, SYM_SHARED_KEYS_BYTES_MAX),
    SYM_FIELD_BYTES(struct sym_exchange_entry, parties, 0,
                    SYM_TABLE_PARTIES_MAX *SYM_NODE_ID_BYTES),
    SYM_FIELD_BOOL(struct sym_exchange_entry, answered_before),
};
const struct sym_message sym_msg_exchange =
    SYM_MESSAGE("Exchange", struct sym_exchange_entry, exchange_fields);

static const struct sym_field exchange_query_fields[] = {
    SYM_FIELD_TEXT(struct sym_exchange_query, alias, 0, NAME_MAX_BYTES),
    SYM_FIELD_U64(struct sym_exchange_query, before_ms, 0, UINT64_MAX),
    SYM_FIELD_U32(struct sym_exchange_query, most, 0, SYM_EXCHANGE_ROWS_MAX),
};
const struct sym_message sym_msg_exchange_query =
    SYM_MESSAGE("ExchangeQuery", struct sym_exchange_query, exchange_query_fields);

static const struct sym_field exchange_list_fields[] = {
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_exchange_list, exchanges, 0, 0, SYM_EXCHANGE_ROWS_MAX,
                   &sym_msg_exchange),
    SYM_FIELD_BOOL(struct sym_exchange_list, more),
};
const struct sym_message sym_msg_exchange_list =
    SYM_MESSAGE("ExchangeList", struct sym_exchange_list, exchange_list_fields);

static const struct sym_field result_query_fields[] = {
    SYM_FIELD_EXACT(struct sym_result_query, id, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_U64(struct sym_result_query, first, 0, UINT64_MAX),
};
const struct sym_message sym_msg_result_query =
    SYM_MESSAGE("ResultQuery", struct sym_result_query, result_query_fields);

static const struct sym_field result_page_fields[] = {
    SYM_FIELD_SUB(struct sym_result_page, exchange, &sym_msg_exchange),
    SYM_FIELD_U64(struct sym_result_page, first, 0, UINT64_MAX),
    SYM_FIELD_BYTES(struct sym_result_page, id_lengths, 0,
                    SYM_RESULT_ANSWER_PAGES_MAX *SYM_RESULT_ROWS_MAX),
    SYM_FIELD_BYTES(struct sym_result_page, ids, 0, SYM_RESULT_ANSWER_BYTES_MAX),
    SYM_FIELD_BYTES(struct sym_result_page, types, 0,
                    8u * SYM_RESULT_ANSWER_PAGES_MAX * SYM_RESULT_ROWS_MAX),
    SYM_FIELD_BOOL(struct sym_result_page, more),
};
const struct sym_message sym_msg_result_page =
    SYM_MESSAGE("ResultPage", struct sym_result_page, result_page_fields);
