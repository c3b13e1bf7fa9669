#include "proto/table_control.h"

#include "proto/token.h"

#define NAME_MAX_BYTES (SYM_ALIAS_BYTES - 1)

static const struct sym_field start_fields[] = {
    SYM_FIELD_TEXT(struct sym_overlap_table_start, dataset, 1, SYM_DATASET_BYTES_MAX),
    SYM_FIELD_MANY(SYM_MANY_TEXT, struct sym_overlap_table_start, peers, 1, NAME_MAX_BYTES,
                   SYM_TABLE_LISTS_MAX, NULL),
    SYM_FIELD_TEXT(struct sym_overlap_table_start, tallier, 1, NAME_MAX_BYTES),
    SYM_FIELD_U32(struct sym_overlap_table_start, type, 0, SYM_TOKEN_TYPES_MAX),
    SYM_FIELD_U32(struct sym_overlap_table_start, mode, 0, UINT32_MAX),
    SYM_FIELD_U64(struct sym_overlap_table_start, epsilon_nano, 0, UINT64_MAX),
    SYM_FIELD_BOOL(struct sym_overlap_table_start, without_own),
    SYM_FIELD_U32(struct sym_overlap_table_start, purpose, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_overlap_table_start, basis, 0, UINT32_MAX),
    SYM_FIELD_TEXT(struct sym_overlap_table_start, case_ref, 0, SYM_CASE_BYTES_MAX),
    SYM_FIELD_TEXT(struct sym_overlap_table_start, note, 0, SYM_NOTE_BYTES_MAX),
    SYM_FIELD_U32(struct sym_overlap_table_start, timeout_ms, 0, SYM_EXCHANGE_MS_MAX),
};
const struct sym_message sym_msg_overlap_table_start =
    SYM_MESSAGE("OverlapTableStart", struct sym_overlap_table_start, start_fields);

static const struct sym_field shown_fields[] = {
    SYM_FIELD_BYTES(struct sym_overlap_table_shown, release, 0, SYM_TABLE_RELEASE_BYTES_MAX),
    SYM_FIELD_EXACT(struct sym_overlap_table_shown, exchange, SYM_EXCHANGE_ID_BYTES),
};
const struct sym_message sym_msg_overlap_table_shown =
    SYM_MESSAGE("OverlapTableShown", struct sym_overlap_table_shown, shown_fields);
