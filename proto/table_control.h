/* table_control.h - the messages about overlap tables between the command line and its own node
 * (table_control.proto). What they mean stands in the schema.
 */
#ifndef SYM_PROTO_TABLE_CONTROL_H
#define SYM_PROTO_TABLE_CONTROL_H

#include "proto/limits.h"
#include "proto/message.h"

struct sym_overlap_table_start {
    struct sym_span dataset;
    const struct sym_span *peers;
    size_t n_peers;
    struct sym_span tallier;
    uint32_t type;
    uint32_t mode;
    uint64_t epsilon_nano;
    bool without_own;
    uint32_t purpose;
    uint32_t basis;
    struct sym_span case_ref;
    struct sym_span note;
    uint32_t timeout_ms;
};

struct sym_overlap_table_shown {
    struct sym_span release;
    struct sym_span exchange; /* 16 bytes */
};

extern const struct sym_message sym_msg_overlap_table_start;
extern const struct sym_message sym_msg_overlap_table_shown;

#endif
