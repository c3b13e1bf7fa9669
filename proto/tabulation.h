/* tabulation.h - the messages of joint tabulations (tabulation.proto): the question, what
 * participants sign, the release, and what the command line asks of its own node. What they mean
 * stands in the schema; how they are used in tabulate.h.
 */
#ifndef SYM_PROTO_TABULATION_H
#define SYM_PROTO_TABULATION_H

#include "proto/dimension.h"
#include "proto/exchange.h"
#include "proto/limits.h"
#include "proto/message.h"

#define SYM_TAB_SUITE 1u

/* What a participant answers that is brought a release which it has. */
#define SYM_TAB_IS_THERE "it has this release already"

#define SYM_TAB_SHAPE_LIST(X)                                                                      \
    X(TABULATE, "tabulate") X(HOTSPOTS, "hotspots") X(ROUTES, "routes") X(TRENDS, "trends")

enum sym_tab_shape {
#define SYM_TAB_SHAPE_ENUM(name, text) SYM_TAB_##name,
    SYM_TAB_SHAPE_LIST(SYM_TAB_SHAPE_ENUM)
#undef SYM_TAB_SHAPE_ENUM
        SYM_TAB_SHAPE_COUNT
};

/* "hotspots"; "unknown" for a number that is none. */
const char *sym_tab_shape_text(uint32_t shape);

enum sym_tab_unit { SYM_TAB_INCIDENTS, SYM_TAB_PERSONS, SYM_TAB_UNIT_COUNT };

struct sym_tab_dimension {
    uint32_t dimension;
    const struct sym_span *codes;
    size_t n_codes;
    uint32_t narrows; /* 1: the question is of these codes alone, in every level */
};

struct sym_tab_level {
    struct sym_span dimensions;
};

struct sym_tab_query {
    uint32_t version;
    uint32_t shape;
    const struct sym_tab_dimension *dimensions;
    size_t n_dimensions;
    const struct sym_tab_level *levels;
    size_t n_levels;
    uint32_t unit;
    uint32_t persons_max;
    uint32_t cells_per_incident;
    uint64_t epsilon_nano;
};

struct sym_tabulate {
    uint32_t suite;
    struct sym_span tabulation; /* 16 bytes */
    struct sym_span query_hash; /* 32 bytes */
    struct sym_span cohort;
    uint64_t epsilon_nano;
    uint32_t cells;
    struct sym_span outline;
    struct sym_span answered; /* 16 bytes or none */
};

struct sym_tab_outlined {
    uint32_t dimension;
    uint32_t codes;
    const struct sym_span *some;
    size_t n_some;
    uint32_t narrows;
};

struct sym_tab_outline {
    uint32_t shape;
    uint32_t unit;
    uint32_t persons_max;
    uint32_t cells_per_incident;
    const struct sym_tab_outlined *dimensions;
    size_t n_dimensions;
    const struct sym_tab_level *levels;
    size_t n_levels;
};

struct sym_tab_consent {
    struct sym_span qid; /* 32 bytes */
    uint32_t member;
    struct sym_span channel_key; /* 32 bytes */
    struct sym_span mask_key;    /* 32 bytes */
    struct sym_span seed_hash;   /* 32 bytes */
    uint64_t epoch;
    uint64_t expires_ms;
};

struct sym_tab_shares {
    struct sym_span qid;           /* 32 bytes */
    struct sym_span consents_hash; /* 32 bytes */
    uint32_t member;
    struct sym_span sealed;
};

struct sym_tab_vector {
    struct sym_span qid;           /* 32 bytes */
    struct sym_span consents_hash; /* 32 bytes */
    uint32_t member;
    struct sym_span vector_hash; /* 32 bytes */
};

struct sym_tab_survivors {
    struct sym_span qid;           /* 32 bytes */
    struct sym_span consents_hash; /* 32 bytes */
    struct sym_span members;
    struct sym_span vector_hashes;
};

struct sym_tab_unmask {
    struct sym_span qid;            /* 32 bytes */
    struct sym_span consents_hash;  /* 32 bytes */
    struct sym_span survivors_hash; /* 32 bytes */
    uint32_t member;
    struct sym_span shares;
};

struct sym_release {
    uint32_t version;
    struct sym_span tabulation; /* 16 bytes */
    struct sym_span qid;        /* 32 bytes */
    struct sym_span initiator;  /* 32 bytes */
    struct sym_span dataset;
    uint32_t purpose;
    uint32_t basis;
    uint64_t released_ms;
    struct sym_span query;
    struct sym_span cohort;
    struct sym_span epochs;
    struct sym_span survivors;
    uint32_t quorum;
    uint32_t colluders;
    uint32_t noise_shares;
    uint32_t sensitivity;
    uint64_t half_width;
    uint64_t threshold;
    uint32_t cells;
    uint32_t suppressed;
    uint32_t ghosts_per_million;
    struct sym_span consents_hash;  /* 32 bytes */
    struct sym_span survivors_hash; /* 32 bytes */
    struct sym_span cells_hash;     /* 32 bytes */
};

struct sym_tabulate_start {
    struct sym_span query;
    struct sym_span dataset;
    const struct sym_span *peers;
    size_t n_peers;
    bool without_own;
    uint32_t purpose;
    uint32_t basis;
    struct sym_span case_ref;
    struct sym_span note;
    uint32_t timeout_ms;
};

struct sym_tabulate_plan {
    const struct sym_span *members;
    size_t n_members;
    uint32_t quorum;
    uint32_t colluders;
    uint32_t minimum;
    uint32_t cells;
    uint32_t sensitivity;
    uint64_t half_width;
    uint64_t threshold;
    uint32_t ghosts_per_million;
    uint64_t epsilon_nano;
    uint64_t budget_left_nano;
    uint64_t budget_cap_nano;
    uint64_t renews_ms;
    bool contributes;
    struct sym_span released; /* 16 bytes or none */
};

struct sym_cells_query {
    struct sym_span id;                     /* 16 bytes or none */
    const struct sym_tabulate_start *start; /* or NULL */
    uint32_t first;
};

struct sym_cells_page {
    uint32_t first;
    struct sym_span cells;
    uint32_t next;
    uint32_t total;
    uint64_t records;
    uint64_t left_out;
};

struct sym_budget_query {
    struct sym_span dataset;
};

struct sym_budget {
    struct sym_span dataset;
    struct sym_span alias;
    uint32_t year;
    uint64_t cap_nano;
    uint64_t spent_nano;
    uint64_t reserved_nano;
    uint64_t renews_ms;
    uint64_t left_nano;
    bool restored;
};

struct sym_budget_list {
    const struct sym_budget *budgets;
    size_t n_budgets;
};

extern const struct sym_message sym_msg_tab_query;
extern const struct sym_message sym_msg_tabulate;
extern const struct sym_message sym_msg_tab_outline;
extern const struct sym_message sym_msg_tab_consent;
extern const struct sym_message sym_msg_tab_shares;
extern const struct sym_message sym_msg_tab_vector;
extern const struct sym_message sym_msg_tab_survivors;
extern const struct sym_message sym_msg_tab_unmask;
extern const struct sym_message sym_msg_release;
extern const struct sym_message sym_msg_tabulate_start;
extern const struct sym_message sym_msg_tabulate_plan;
extern const struct sym_message sym_msg_cells_query;
extern const struct sym_message sym_msg_cells_page;
extern const struct sym_message sym_msg_budget_query;
extern const struct sym_message sym_msg_budget_list;

#endif
