/* table_message.h - the messages of overlap tables (table.proto): parameters of requests, what
 * parties sign, the release. What they mean stands in the schema; how they are used in table.h.
 */
#ifndef SYM_PROTO_TABLE_MESSAGE_H
#define SYM_PROTO_TABLE_MESSAGE_H

#include "proto/exchange.h"
#include "proto/limits.h"
#include "proto/message.h"
#include "proto/table_mode.h"

#define SYM_TABLE_SUITE 1u
/* Of tables with noise: that of a list in which one record is replaced. */
#define SYM_TABLE_SUITE_DP 2u
/* A signature and a TableConsent or TableAnswer, bytes. */
#define SYM_TABLE_SIGNED_BYTES_MAX 512u

struct sym_overlap_table {
    uint32_t suite;
    struct sym_span table;   /* 16 bytes */
    struct sym_span cohort;  /* 32 bytes each */
    struct sym_span tallier; /* 32 bytes */
    uint32_t type;
    uint32_t type_version;
    uint32_t canon_version;
    uint32_t mode;
    uint64_t epsilon_nano;
};

struct sym_overlap_evaluate {
    uint32_t suite;
    struct sym_span table;         /* 16 bytes */
    struct sym_span consents_hash; /* 32 bytes */
    uint32_t elements;
};

struct sym_overlap_rows {
    uint32_t suite;
    struct sym_span table;         /* 16 bytes */
    struct sym_span consents_hash; /* 32 bytes */
};

struct sym_table_consent {
    struct sym_span qid; /* 32 bytes */
    uint32_t member;
    struct sym_span key; /* 32 bytes or none */
    uint32_t elements;
    uint64_t epoch;
};

struct sym_table_answer {
    struct sym_span qid;           /* 32 bytes */
    struct sym_span consents_hash; /* 32 bytes */
    uint32_t owner;
    uint32_t member;
    uint32_t frame;
    uint32_t elements;
    struct sym_span asked_hash;   /* 32 bytes */
    struct sym_span answers_hash; /* 32 bytes */
    struct sym_span proof;        /* 64 bytes */
};

struct sym_table_release {
    uint32_t version;
    struct sym_span table;  /* 16 bytes */
    struct sym_span qid;    /* 32 bytes */
    struct sym_span asker;  /* 32 bytes */
    struct sym_span cohort; /* 32 bytes each */
    struct sym_span tallier;
    struct sym_span dataset;
    uint32_t purpose;
    uint32_t basis;
    uint32_t type;
    uint32_t type_version;
    uint32_t canon_version;
    uint32_t mode;
    uint64_t epsilon_nano;
    struct sym_span elements;      /* 4 bytes each */
    struct sym_span epochs;        /* 8 bytes each */
    struct sym_span consents_hash; /* 32 bytes */
    uint64_t released_ms;
    uint32_t sensitivity;
    uint64_t half_width;
    uint64_t threshold;
    uint32_t ghosts_per_million;
    uint32_t suppressed;
    struct sym_span counts; /* sym_cells_read of tabulate.h takes them apart */
};

struct sym_table_exhibit {
    struct sym_span consents; /* of all, as they were signed */
    struct sym_span answer;   /* signature and message */
    struct sym_span asked;    /* 32 bytes each */
    struct sym_span answers;  /* 32 bytes each */
};

extern const struct sym_message sym_msg_overlap_table;
extern const struct sym_message sym_msg_overlap_evaluate;
extern const struct sym_message sym_msg_overlap_rows;
extern const struct sym_message sym_msg_table_consent;
extern const struct sym_message sym_msg_table_answer;
extern const struct sym_message sym_msg_table_release;
extern const struct sym_message sym_msg_table_exhibit;

#endif
