#include "proto/grant.h"

#include "crypto/aead.h"

#define NAME_MAX_BYTES (SYM_ALIAS_BYTES - 1)
#define KIND_MAX       255u

const char *sym_held_state_text(uint32_t state)
{
    static const char *const texts[SYM_HELD_STATE_COUNT] = {
#define SYM_HELD_STATE_ROW(name, text) [SYM_HELD_##name] = text,
        SYM_HELD_STATE_LIST(SYM_HELD_STATE_ROW)
#undef SYM_HELD_STATE_ROW
    };
    return state < SYM_HELD_STATE_COUNT ? texts[state] : "unknown";
}

static const struct sym_field grant_fields[] = {
    SYM_FIELD_TEXT(struct sym_grant, alias, 1, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_grant, dataset, 1, NAME_MAX_BYTES),
    SYM_FIELD_U32(struct sym_grant, kind, 1, KIND_MAX),
    SYM_FIELD_U32(struct sym_grant, min_elements, 0, SYM_SET_MAX),
    SYM_FIELD_U32(struct sym_grant, max_elements, 0, SYM_SET_MAX),
    SYM_FIELD_U32(struct sym_grant, per_day, 0, SYM_EXCHANGES_PER_DAY_MAX),
    SYM_FIELD_U32(struct sym_grant, purposes, 0, UINT32_MAX),
    SYM_FIELD_U64(struct sym_grant, types, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_grant, expires_s, 0, UINT64_MAX),
    SYM_FIELD_BOOL(struct sym_grant, approval),
    SYM_FIELD_U64(struct sym_grant, added_s, 0, UINT64_MAX),
    SYM_FIELD_TEXT(struct sym_grant, added_by, 0, NAME_MAX_BYTES),
    SYM_FIELD_U32(struct sym_grant, asked, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_grant, min_result, 0, SYM_SET_MAX),
    SYM_FIELD_U32(struct sym_grant, engines, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_grant, epsilon_micro, 0, SYM_EPSILON_MICRO_MAX),
    SYM_FIELD_U32(struct sym_grant, modes, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_grant, standing_days, 0, SYM_STANDING_DAYS_MAX),
    SYM_FIELD_U32(struct sym_grant, elements_per_day, 0, SYM_STANDING_PER_DAY_MAX),
    SYM_FIELD_U32(struct sym_grant, evaluated, 0, UINT32_MAX),
    SYM_FIELD_U64(struct sym_grant, standing_until_s, 0, UINT64_MAX),
};
const struct sym_message sym_msg_grant = SYM_MESSAGE("Grant", struct sym_grant, grant_fields);

static const struct sym_field grant_added_fields[] = {
    SYM_FIELD_SUB(struct sym_grant_added, grant, &sym_msg_grant),
    SYM_FIELD_SUB_OR_ABSENT(struct sym_grant_added, replaced, &sym_msg_grant),
};
const struct sym_message sym_msg_grant_added =
    SYM_MESSAGE("GrantAdded", struct sym_grant_added, grant_added_fields);

static const struct sym_field grant_name_fields[] = {
    SYM_FIELD_TEXT(struct sym_grant_name, alias, 1, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_grant_name, dataset, 1, NAME_MAX_BYTES),
    SYM_FIELD_U32(struct sym_grant_name, kind, 1, KIND_MAX),
};
const struct sym_message sym_msg_grant_name =
    SYM_MESSAGE("GrantName", struct sym_grant_name, grant_name_fields);

static const struct sym_field grant_list_fields[] = {
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_grant_list, grants, 0, 0, SYM_GRANTS_MAX,
                   &sym_msg_grant),
};
const struct sym_message sym_msg_grant_list =
    SYM_MESSAGE("GrantList", struct sym_grant_list, grant_list_fields);

static const struct sym_field held_request_fields[] = {
    SYM_FIELD_EXACT(struct sym_held_request, id, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_TEXT(struct sym_held_request, alias, 0, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_held_request, dataset, 0, NAME_MAX_BYTES),
    SYM_FIELD_U32(struct sym_held_request, kind, 0, KIND_MAX),
    SYM_FIELD_U32(struct sym_held_request, type, 0, SYM_TOKEN_TYPES_MAX),
    SYM_FIELD_U32(struct sym_held_request, purpose, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_held_request, basis, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_held_request, elements, 0, SYM_SET_MAX),
    SYM_FIELD_U64(struct sym_held_request, received_ms, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_held_request, expires_ms, 0, UINT64_MAX),
    SYM_FIELD_U32(struct sym_held_request, state, 0, SYM_HELD_STATE_COUNT - 1),
    SYM_FIELD_TEXT(struct sym_held_request, decided_by, 0, NAME_MAX_BYTES),
    SYM_FIELD_U64(struct sym_held_request, decided_ms, 0, UINT64_MAX),
    SYM_FIELD_TEXT(struct sym_held_request, why, 0, SYM_REASON_BYTES_MAX),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_held_request, case_hash, SYM_HASH_BYTES),
    SYM_FIELD_U32(struct sym_held_request, verb, 0, UINT8_MAX),
    SYM_FIELD_TEXT(struct sym_held_request, user, 0, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_held_request, what, 0, SYM_DETAIL_BYTES_MAX),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_held_request, exchange, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_TEXT(struct sym_held_request, because, 0, SYM_REASON_BYTES_MAX),
    SYM_FIELD_BYTES(struct sym_held_request, parameters, 0, SYM_TABULATE_BYTES_MAX),
};
const struct sym_message sym_msg_held_request =
    SYM_MESSAGE("HeldRequest", struct sym_held_request, held_request_fields);

static const struct sym_field request_list_fields[] = {
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_request_list, requests, 0, 0,
                   SYM_HELD_MAX + SYM_PROPOSALS_MAX, &sym_msg_held_request),
};
const struct sym_message sym_msg_request_list =
    SYM_MESSAGE("RequestList", struct sym_request_list, request_list_fields);

static const struct sym_field request_decision_fields[] = {
    SYM_FIELD_EXACT(struct sym_request_decision, id, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_BOOL(struct sym_request_decision, approve),
    SYM_FIELD_TEXT(struct sym_request_decision, why, 0, SYM_REASON_BYTES_MAX),
};
const struct sym_message sym_msg_request_decision =
    SYM_MESSAGE("RequestDecision", struct sym_request_decision, request_decision_fields);
