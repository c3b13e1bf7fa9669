#include "proto/table_message.h"

#include "crypto/ristretto.h"

#define COHORT_MIN      (SYM_HASH_BYTES * SYM_TABLE_LISTS_MIN)
#define COHORT_MAX      (SYM_HASH_BYTES * SYM_TABLE_LISTS_MAX)
#define FRAME_BYTES_MAX (SYM_ELEMENT_BYTES * SYM_OVERLAP_ITEMS_MAX)
#define SIGNED_MIN      (SYM_SIGNATURE_BYTES + 1)
#define SIGNED_MAX      1024
#define CONSENTS_MAX    (SYM_TABLE_PARTIES_MAX * (2 + SYM_TABLE_SIGNED_BYTES_MAX))
#define PROOF_BYTES     64

static const struct sym_field overlap_table_fields[] = {
    SYM_FIELD_U32(struct sym_overlap_table, suite, 1, UINT32_MAX),
    SYM_FIELD_EXACT(struct sym_overlap_table, table, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_BYTES(struct sym_overlap_table, cohort, COHORT_MIN, COHORT_MAX),
    SYM_FIELD_EXACT(struct sym_overlap_table, tallier, SYM_HASH_BYTES),
    SYM_FIELD_U32(struct sym_overlap_table, type, 1, SYM_TOKEN_TYPES_MAX),
    SYM_FIELD_U32(struct sym_overlap_table, type_version, 1, UINT32_MAX),
    SYM_FIELD_U32(struct sym_overlap_table, canon_version, 1, UINT32_MAX),
    SYM_FIELD_U32(struct sym_overlap_table, mode, 1, SYM_TABLE_MODE_END - 1),
    SYM_FIELD_U64(struct sym_overlap_table, epsilon_nano, 0, SYM_EPSILON_NANO_MAX),
};
const struct sym_message sym_msg_overlap_table =
    SYM_MESSAGE("OverlapTable", struct sym_overlap_table, overlap_table_fields);

static const struct sym_field overlap_evaluate_fields[] = {
    SYM_FIELD_U32(struct sym_overlap_evaluate, suite, 1, UINT32_MAX),
    SYM_FIELD_EXACT(struct sym_overlap_evaluate, table, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_EXACT(struct sym_overlap_evaluate, consents_hash, SYM_HASH_BYTES),
    SYM_FIELD_U32(struct sym_overlap_evaluate, elements, 0, SYM_TABLE_SET_MAX),
};
const struct sym_message sym_msg_overlap_evaluate =
    SYM_MESSAGE("OverlapEvaluate", struct sym_overlap_evaluate, overlap_evaluate_fields);

static const struct sym_field overlap_rows_fields[] = {
    SYM_FIELD_U32(struct sym_overlap_rows, suite, 1, UINT32_MAX),
    SYM_FIELD_EXACT(struct sym_overlap_rows, table, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_EXACT(struct sym_overlap_rows, consents_hash, SYM_HASH_BYTES),
};
const struct sym_message sym_msg_overlap_rows =
    SYM_MESSAGE("OverlapRows", struct sym_overlap_rows, overlap_rows_fields);

static const struct sym_field table_consent_fields[] = {
    SYM_FIELD_EXACT(struct sym_table_consent, qid, SYM_HASH_BYTES),
    SYM_FIELD_U32(struct sym_table_consent, member, 0, SYM_TABLE_LISTS_MAX),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_table_consent, key, SYM_ELEMENT_BYTES),
    SYM_FIELD_U32(struct sym_table_consent, elements, 0, SYM_TABLE_SET_MAX),
    SYM_FIELD_U64(struct sym_table_consent, epoch, 0, UINT64_MAX),
};
const struct sym_message sym_msg_table_consent =
    SYM_MESSAGE("TableConsent", struct sym_table_consent, table_consent_fields);

static const struct sym_field table_answer_fields[] = {
    SYM_FIELD_EXACT(struct sym_table_answer, qid, SYM_HASH_BYTES),
    SYM_FIELD_EXACT(struct sym_table_answer, consents_hash, SYM_HASH_BYTES),
    SYM_FIELD_U32(struct sym_table_answer, owner, 0, SYM_TABLE_LISTS_MAX - 1),
    SYM_FIELD_U32(struct sym_table_answer, member, 0, SYM_TABLE_LISTS_MAX - 1),
    SYM_FIELD_U32(struct sym_table_answer, frame, 0, SYM_TABLE_SET_MAX),
    SYM_FIELD_U32(struct sym_table_answer, elements, 1, SYM_OVERLAP_ITEMS_MAX),
    SYM_FIELD_EXACT(struct sym_table_answer, asked_hash, SYM_HASH_BYTES),
    SYM_FIELD_EXACT(struct sym_table_answer, answers_hash, SYM_HASH_BYTES),
    SYM_FIELD_EXACT(struct sym_table_answer, proof, PROOF_BYTES),
};
const struct sym_message sym_msg_table_answer =
    SYM_MESSAGE("TableAnswer", struct sym_table_answer, table_answer_fields);

static const struct sym_field table_release_fields[] = {
    SYM_FIELD_U32(struct sym_table_release, version, 1, UINT32_MAX),
    SYM_FIELD_EXACT(struct sym_table_release, table, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_EXACT(struct sym_table_release, qid, SYM_HASH_BYTES),
    SYM_FIELD_EXACT(struct sym_table_release, asker, SYM_HASH_BYTES),
    SYM_FIELD_BYTES(struct sym_table_release, cohort, COHORT_MIN, COHORT_MAX),
    SYM_FIELD_EXACT(struct sym_table_release, tallier, SYM_HASH_BYTES),
    SYM_FIELD_TEXT(struct sym_table_release, dataset, 1, SYM_DATASET_BYTES_MAX),
    SYM_FIELD_U32(struct sym_table_release, purpose, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_table_release, basis, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_table_release, type, 1, SYM_TOKEN_TYPES_MAX),
    SYM_FIELD_U32(struct sym_table_release, type_version, 1, UINT32_MAX),
    SYM_FIELD_U32(struct sym_table_release, canon_version, 1, UINT32_MAX),
    SYM_FIELD_U32(struct sym_table_release, mode, 1, SYM_TABLE_MODE_END - 1),
    SYM_FIELD_U64(struct sym_table_release, epsilon_nano, 0, SYM_EPSILON_NANO_MAX),
    SYM_FIELD_BYTES(struct sym_table_release, elements, 4 * SYM_TABLE_LISTS_MIN,
                    4 * SYM_TABLE_LISTS_MAX),
    SYM_FIELD_BYTES(struct sym_table_release, epochs, 8 * SYM_TABLE_LISTS_MIN,
                    8 * SYM_TABLE_LISTS_MAX),
    SYM_FIELD_EXACT(struct sym_table_release, consents_hash, SYM_HASH_BYTES),
    SYM_FIELD_U64(struct sym_table_release, released_ms, 0, UINT64_MAX),
    SYM_FIELD_U32(struct sym_table_release, sensitivity, 0, UINT32_MAX),
    SYM_FIELD_U64(struct sym_table_release, half_width, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_table_release, threshold, 0, UINT64_MAX),
    SYM_FIELD_U32(struct sym_table_release, ghosts_per_million, 0, 1000000),
    SYM_FIELD_U32(struct sym_table_release, suppressed, 0, SYM_TABLE_CELLS_MAX),
    SYM_FIELD_BYTES(struct sym_table_release, counts, 1, SYM_TABLE_COUNTS_BYTES_MAX),
};
const struct sym_message sym_msg_table_release =
    SYM_MESSAGE("TableRelease", struct sym_table_release, table_release_fields);

static const struct sym_field table_exhibit_fields[] = {
    SYM_FIELD_BYTES(struct sym_table_exhibit, consents, SIGNED_MIN, CONSENTS_MAX),
    SYM_FIELD_BYTES(struct sym_table_exhibit, answer, SIGNED_MIN, SIGNED_MAX),
    SYM_FIELD_BYTES(struct sym_table_exhibit, asked, SYM_ELEMENT_BYTES, FRAME_BYTES_MAX),
    SYM_FIELD_BYTES(struct sym_table_exhibit, answers, SYM_ELEMENT_BYTES, FRAME_BYTES_MAX),
};
const struct sym_message sym_msg_table_exhibit =
    SYM_MESSAGE("TableExhibit", struct sym_table_exhibit, table_exhibit_fields);
