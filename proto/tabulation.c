#include "proto/tabulation.h"

#include "crypto/aead.h"

#define NAME_MAX_BYTES (SYM_ALIAS_BYTES - 1)
#define MEMBER_MAX     (SYM_TAB_MEMBERS_MAX - 1)
#define COHORT_MIN     (SYM_HASH_BYTES * SYM_TAB_MEMBERS_MIN)
#define COHORT_MAX     (SYM_HASH_BYTES * SYM_TAB_MEMBERS_MAX)

const char *sym_tab_shape_text(uint32_t shape)
{
    static const char *const texts[SYM_TAB_SHAPE_COUNT] = {
#define SYM_TAB_SHAPE_ROW(name, text) [SYM_TAB_##name] = text,
        SYM_TAB_SHAPE_LIST(SYM_TAB_SHAPE_ROW)
#undef SYM_TAB_SHAPE_ROW
    };
    return shape < SYM_TAB_SHAPE_COUNT ? texts[shape] : "unknown";
}

static const struct sym_field tab_dimension_fields[] = {
    SYM_FIELD_U32(struct sym_tab_dimension, dimension, 1, SYM_DIMENSION_COUNT - 1),
    SYM_FIELD_MANY(SYM_MANY_TEXT, struct sym_tab_dimension, codes, 1, SYM_CODE_BYTES_MAX,
                   SYM_TAB_CODES_MAX, NULL),
    SYM_FIELD_U32(struct sym_tab_dimension, narrows, 0, 1),
};
static const struct sym_message tab_dimension =
    SYM_MESSAGE("TabDimension", struct sym_tab_dimension, tab_dimension_fields);

static const struct sym_field tab_level_fields[] = {
    SYM_FIELD_BYTES(struct sym_tab_level, dimensions, 1, SYM_TAB_DIMENSIONS_MAX),
};
static const struct sym_message tab_level =
    SYM_MESSAGE("TabLevel", struct sym_tab_level, tab_level_fields);

static const struct sym_field tab_query_fields[] = {
    SYM_FIELD_U32(struct sym_tab_query, version, 1, 1),
    SYM_FIELD_U32(struct sym_tab_query, shape, 0, SYM_TAB_SHAPE_COUNT - 1),
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_tab_query, dimensions, 0, 0, SYM_TAB_DIMENSIONS_MAX,
                   &tab_dimension),
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_tab_query, levels, 0, 0, SYM_TAB_LEVELS_MAX,
                   &tab_level),
    SYM_FIELD_U32(struct sym_tab_query, unit, 0, SYM_TAB_UNIT_COUNT - 1),
    SYM_FIELD_U32(struct sym_tab_query, persons_max, 1, SYM_TAB_PERSONS_MAX),
    SYM_FIELD_U32(struct sym_tab_query, cells_per_incident, 1, SYM_TAB_CELLS_PER_INCIDENT_MAX),
    SYM_FIELD_U64(struct sym_tab_query, epsilon_nano, SYM_EPSILON_NANO_MIN, SYM_EPSILON_NANO_MAX),
};
const struct sym_message sym_msg_tab_query =
    SYM_MESSAGE("TabQuery", struct sym_tab_query, tab_query_fields);

static const struct sym_field tabulate_fields[] = {
    SYM_FIELD_U32(struct sym_tabulate, suite, 1, UINT32_MAX),
    SYM_FIELD_EXACT(struct sym_tabulate, tabulation, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_EXACT(struct sym_tabulate, query_hash, SYM_HASH_BYTES),
    SYM_FIELD_BYTES(struct sym_tabulate, cohort, COHORT_MIN, COHORT_MAX),
    SYM_FIELD_U64(struct sym_tabulate, epsilon_nano, SYM_EPSILON_NANO_MIN, SYM_EPSILON_NANO_MAX),
    SYM_FIELD_U32(struct sym_tabulate, cells, 1, SYM_TAB_CELLS_MAX),
    SYM_FIELD_BYTES(struct sym_tabulate, outline, 1, SYM_TAB_OUTLINE_BYTES_MAX),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_tabulate, answered, SYM_EXCHANGE_ID_BYTES),
};
const struct sym_message sym_msg_tabulate =
    SYM_MESSAGE("Tabulate", struct sym_tabulate, tabulate_fields);

static const struct sym_field tab_outlined_fields[] = {
    SYM_FIELD_U32(struct sym_tab_outlined, dimension, 1, SYM_DIMENSION_COUNT - 1),
    SYM_FIELD_U32(struct sym_tab_outlined, codes, 1, SYM_TAB_CODES_MAX),
    SYM_FIELD_MANY(SYM_MANY_TEXT, struct sym_tab_outlined, some, 1, SYM_CODE_BYTES_MAX,
                   SYM_TAB_OUTLINED_CODES, NULL),
    SYM_FIELD_U32(struct sym_tab_outlined, narrows, 0, 1),
};
static const struct sym_message tab_outlined =
    SYM_MESSAGE("TabOutlined", struct sym_tab_outlined, tab_outlined_fields);

static const struct sym_field tab_outline_fields[] = {
    SYM_FIELD_U32(struct sym_tab_outline, shape, 0, SYM_TAB_SHAPE_COUNT - 1),
    SYM_FIELD_U32(struct sym_tab_outline, unit, 0, SYM_TAB_UNIT_COUNT - 1),
    SYM_FIELD_U32(struct sym_tab_outline, persons_max, 1, SYM_TAB_PERSONS_MAX),
    SYM_FIELD_U32(struct sym_tab_outline, cells_per_incident, 1, SYM_TAB_CELLS_PER_INCIDENT_MAX),
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_tab_outline, dimensions, 0, 0, SYM_TAB_DIMENSIONS_MAX,
                   &tab_outlined),
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_tab_outline, levels, 0, 0, SYM_TAB_LEVELS_MAX,
                   &tab_level),
};
const struct sym_message sym_msg_tab_outline =
    SYM_MESSAGE("TabOutline", struct sym_tab_outline, tab_outline_fields);

static const struct sym_field tab_consent_fields[] = {
    SYM_FIELD_EXACT(struct sym_tab_consent, qid, SYM_HASH_BYTES),
    SYM_FIELD_U32(struct sym_tab_consent, member, 0, MEMBER_MAX),
    SYM_FIELD_EXACT(struct sym_tab_consent, channel_key, SYM_HASH_BYTES),
    SYM_FIELD_EXACT(struct sym_tab_consent, mask_key, SYM_HASH_BYTES),
    SYM_FIELD_EXACT(struct sym_tab_consent, seed_hash, SYM_HASH_BYTES),
    SYM_FIELD_U64(struct sym_tab_consent, epoch, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_tab_consent, expires_ms, 0, UINT64_MAX),
};
const struct sym_message sym_msg_tab_consent =
    SYM_MESSAGE("TabConsent", struct sym_tab_consent, tab_consent_fields);

static const struct sym_field tab_shares_fields[] = {
    SYM_FIELD_EXACT(struct sym_tab_shares, qid, SYM_HASH_BYTES),
    SYM_FIELD_EXACT(struct sym_tab_shares, consents_hash, SYM_HASH_BYTES),
    SYM_FIELD_U32(struct sym_tab_shares, member, 0, MEMBER_MAX),
    SYM_FIELD_BYTES(struct sym_tab_shares, sealed, SYM_TAB_BOX_BYTES,
                    SYM_TAB_BOX_BYTES *SYM_TAB_MEMBERS_MAX),
};
const struct sym_message sym_msg_tab_shares =
    SYM_MESSAGE("TabShares", struct sym_tab_shares, tab_shares_fields);

static const struct sym_field tab_vector_fields[] = {
    SYM_FIELD_EXACT(struct sym_tab_vector, qid, SYM_HASH_BYTES),
    SYM_FIELD_EXACT(struct sym_tab_vector, consents_hash, SYM_HASH_BYTES),
    SYM_FIELD_U32(struct sym_tab_vector, member, 0, MEMBER_MAX),
    SYM_FIELD_EXACT(struct sym_tab_vector, vector_hash, SYM_HASH_BYTES),
};
const struct sym_message sym_msg_tab_vector =
    SYM_MESSAGE("TabVector", struct sym_tab_vector, tab_vector_fields);

static const struct sym_field tab_survivors_fields[] = {
    SYM_FIELD_EXACT(struct sym_tab_survivors, qid, SYM_HASH_BYTES),
    SYM_FIELD_EXACT(struct sym_tab_survivors, consents_hash, SYM_HASH_BYTES),
    SYM_FIELD_BYTES(struct sym_tab_survivors, members, 1, SYM_TAB_MEMBERS_MAX),
    SYM_FIELD_BYTES(struct sym_tab_survivors, vector_hashes, SYM_HASH_BYTES, COHORT_MAX),
};
const struct sym_message sym_msg_tab_survivors =
    SYM_MESSAGE("TabSurvivors", struct sym_tab_survivors, tab_survivors_fields);

static const struct sym_field tab_unmask_fields[] = {
    SYM_FIELD_EXACT(struct sym_tab_unmask, qid, SYM_HASH_BYTES),
    SYM_FIELD_EXACT(struct sym_tab_unmask, consents_hash, SYM_HASH_BYTES),
    SYM_FIELD_EXACT(struct sym_tab_unmask, survivors_hash, SYM_HASH_BYTES),
    SYM_FIELD_U32(struct sym_tab_unmask, member, 0, MEMBER_MAX),
    SYM_FIELD_BYTES(struct sym_tab_unmask, shares, SYM_HASH_BYTES, COHORT_MAX),
};
const struct sym_message sym_msg_tab_unmask =
    SYM_MESSAGE("TabUnmask", struct sym_tab_unmask, tab_unmask_fields);

static const struct sym_field release_fields[] = {
    SYM_FIELD_U32(struct sym_release, version, 1, 1),
    SYM_FIELD_EXACT(struct sym_release, tabulation, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_EXACT(struct sym_release, qid, SYM_HASH_BYTES),
    SYM_FIELD_EXACT(struct sym_release, initiator, SYM_HASH_BYTES),
    SYM_FIELD_TEXT(struct sym_release, dataset, 1, SYM_DATASET_BYTES_MAX),
    SYM_FIELD_U32(struct sym_release, purpose, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_release, basis, 0, UINT32_MAX),
    SYM_FIELD_U64(struct sym_release, released_ms, 0, UINT64_MAX),
    SYM_FIELD_BYTES(struct sym_release, query, 1, SYM_TAB_QUERY_BYTES_MAX),
    SYM_FIELD_BYTES(struct sym_release, cohort, COHORT_MIN, COHORT_MAX),
    SYM_FIELD_BYTES(struct sym_release, epochs, 8u * SYM_TAB_MEMBERS_MIN, 8u * SYM_TAB_MEMBERS_MAX),
    SYM_FIELD_BYTES(struct sym_release, survivors, 1, SYM_TAB_MEMBERS_MAX),
    SYM_FIELD_U32(struct sym_release, quorum, 1, SYM_TAB_MEMBERS_MAX),
    SYM_FIELD_U32(struct sym_release, colluders, 1, SYM_TAB_MEMBERS_MAX),
    SYM_FIELD_U32(struct sym_release, noise_shares, 1, SYM_TAB_MEMBERS_MAX),
    SYM_FIELD_U32(struct sym_release, sensitivity, 1, SYM_TAB_SENSITIVITY_MAX),
    SYM_FIELD_U64(struct sym_release, half_width, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_release, threshold, 0, UINT64_MAX),
    SYM_FIELD_U32(struct sym_release, cells, 1, SYM_TAB_CELLS_MAX),
    SYM_FIELD_U32(struct sym_release, suppressed, 0, SYM_TAB_CELLS_MAX),
    SYM_FIELD_U32(struct sym_release, ghosts_per_million, 0, 1000000u),
    SYM_FIELD_EXACT(struct sym_release, consents_hash, SYM_HASH_BYTES),
    SYM_FIELD_EXACT(struct sym_release, survivors_hash, SYM_HASH_BYTES),
    SYM_FIELD_EXACT(struct sym_release, cells_hash, SYM_HASH_BYTES),
};
const struct sym_message sym_msg_release =
    SYM_MESSAGE("Release", struct sym_release, release_fields);

static const struct sym_field tabulate_start_fields[] = {
    SYM_FIELD_BYTES(struct sym_tabulate_start, query, 1, SYM_TAB_QUERY_BYTES_MAX),
    SYM_FIELD_TEXT(struct sym_tabulate_start, dataset, 1, SYM_DATASET_BYTES_MAX),
    SYM_FIELD_MANY(SYM_MANY_TEXT, struct sym_tabulate_start, peers, 1, NAME_MAX_BYTES,
                   SYM_TAB_MEMBERS_MAX, NULL),
    SYM_FIELD_BOOL(struct sym_tabulate_start, without_own),
    SYM_FIELD_U32(struct sym_tabulate_start, purpose, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_tabulate_start, basis, 0, UINT32_MAX),
    SYM_FIELD_TEXT(struct sym_tabulate_start, case_ref, 0, SYM_CASE_BYTES_MAX),
    SYM_FIELD_TEXT(struct sym_tabulate_start, note, 0, SYM_NOTE_BYTES_MAX),
    SYM_FIELD_U32(struct sym_tabulate_start, timeout_ms, 0, SYM_EXCHANGE_MS_MAX),
};
const struct sym_message sym_msg_tabulate_start =
    SYM_MESSAGE("TabulateStart", struct sym_tabulate_start, tabulate_start_fields);

static const struct sym_field tabulate_plan_fields[] = {
    SYM_FIELD_MANY(SYM_MANY_TEXT, struct sym_tabulate_plan, members, 0, NAME_MAX_BYTES,
                   SYM_TAB_MEMBERS_MAX, NULL),
    SYM_FIELD_U32(struct sym_tabulate_plan, quorum, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_tabulate_plan, colluders, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_tabulate_plan, minimum, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_tabulate_plan, cells, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_tabulate_plan, sensitivity, 0, UINT32_MAX),
    SYM_FIELD_U64(struct sym_tabulate_plan, half_width, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_tabulate_plan, threshold, 0, UINT64_MAX),
    SYM_FIELD_U32(struct sym_tabulate_plan, ghosts_per_million, 0, UINT32_MAX),
    SYM_FIELD_U64(struct sym_tabulate_plan, epsilon_nano, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_tabulate_plan, budget_left_nano, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_tabulate_plan, budget_cap_nano, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_tabulate_plan, renews_ms, 0, UINT64_MAX),
    SYM_FIELD_BOOL(struct sym_tabulate_plan, contributes),
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_tabulate_plan, released, SYM_EXCHANGE_ID_BYTES),
};
const struct sym_message sym_msg_tabulate_plan =
    SYM_MESSAGE("TabulatePlan", struct sym_tabulate_plan, tabulate_plan_fields);

static const struct sym_field cells_query_fields[] = {
    SYM_FIELD_EXACT_OR_ABSENT(struct sym_cells_query, id, SYM_EXCHANGE_ID_BYTES),
    SYM_FIELD_SUB_OR_ABSENT(struct sym_cells_query, start, &sym_msg_tabulate_start),
    SYM_FIELD_U32(struct sym_cells_query, first, 0, UINT32_MAX),
};
const struct sym_message sym_msg_cells_query =
    SYM_MESSAGE("CellsQuery", struct sym_cells_query, cells_query_fields);

static const struct sym_field cells_page_fields[] = {
    SYM_FIELD_U32(struct sym_cells_page, first, 0, UINT32_MAX),
    SYM_FIELD_BYTES(struct sym_cells_page, cells, 0, SYM_CELLS_PAGE_BYTES),
    SYM_FIELD_U32(struct sym_cells_page, next, 0, UINT32_MAX),
    SYM_FIELD_U32(struct sym_cells_page, total, 0, UINT32_MAX),
    SYM_FIELD_U64(struct sym_cells_page, records, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_cells_page, left_out, 0, UINT64_MAX),
};
const struct sym_message sym_msg_cells_page =
    SYM_MESSAGE("CellsPage", struct sym_cells_page, cells_page_fields);

static const struct sym_field budget_query_fields[] = {
    SYM_FIELD_TEXT(struct sym_budget_query, dataset, 0, SYM_DATASET_BYTES_MAX),
};
const struct sym_message sym_msg_budget_query =
    SYM_MESSAGE("BudgetQuery", struct sym_budget_query, budget_query_fields);

static const struct sym_field budget_fields[] = {
    SYM_FIELD_TEXT(struct sym_budget, dataset, 1, SYM_DATASET_BYTES_MAX),
    SYM_FIELD_TEXT(struct sym_budget, alias, 0, NAME_MAX_BYTES),
    SYM_FIELD_U32(struct sym_budget, year, 0, UINT32_MAX),
    SYM_FIELD_U64(struct sym_budget, cap_nano, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_budget, spent_nano, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_budget, reserved_nano, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_budget, renews_ms, 1, UINT64_MAX),
    SYM_FIELD_U64(struct sym_budget, left_nano, 0, UINT64_MAX),
    SYM_FIELD_BOOL(struct sym_budget, restored),
};
static const struct sym_message budget = SYM_MESSAGE("Budget", struct sym_budget, budget_fields);

static const struct sym_field budget_list_fields[] = {
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_budget_list, budgets, 0, 0, SYM_BUDGETS_MAX, &budget),
};
const struct sym_message sym_msg_budget_list =
    SYM_MESSAGE("BudgetList", struct sym_budget_list, budget_list_fields);
