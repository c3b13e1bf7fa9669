/* toy_log.h - a log in memory, honest or not, and the evidence that its owner would give: for tests
 * of those who check it. What must not fail fails the running test. */
#ifndef SYM_TESTS_SUPPORT_TOY_LOG_H
#define SYM_TESTS_SUPPORT_TOY_LOG_H

#include "proto/witness.h"

#define TOY_LOG_MAX 64u

struct toy_log {
    struct sym_sign_key key;
    struct sym_node_id id;
    uint32_t generation;
    uint8_t leaves[TOY_LOG_MAX][SYM_LEAF_BYTES_MAX];
    size_t len[TOY_LOG_MAX];
    uint8_t hashes[TOY_LOG_MAX][SYM_HASH_BYTES];
    size_t size;
};

/* Its id and key are new. */
void toy_log_open(struct toy_log *log);
/* The same owner and entries: the two may then go different ways. */
void toy_log_copy(struct toy_log *out, const struct toy_log *from);
void toy_log_close(struct toy_log *log);
/* An entry of the node itself, told apart by its time. */
void toy_log_add(struct toy_log *log, uint64_t time_ms);
void toy_log_add_leaf(struct toy_log *log, const struct sym_leaf *leaf);
void toy_log_root(const struct toy_log *log, uint8_t root[SYM_HASH_BYTES], size_t size);

/* What a message shows: the head of size, the proof from `from` (0: none), the entry at leaf
 * (UINT64_MAX: none). Spans point into it. */
struct toy_evidence {
    struct sym_evidence evidence;
    char note[SYM_HEAD_NOTE_BYTES];
    struct sym_merkle_proof consistency;
    struct sym_merkle_proof inclusion;
    struct sym_span consistency_spans[SYM_MERKLE_PROOF_MAX];
    struct sym_span inclusion_spans[SYM_MERKLE_PROOF_MAX];
    uint8_t prefix_root[SYM_HASH_BYTES];
};
void toy_log_show(const struct toy_log *log, struct toy_evidence *out, size_t size, size_t from,
                  uint64_t leaf);

#endif
