/* tables_state.h - one overlap table that this node asks for, as the files behind tables.h share
 * it: tables.c (its course), tables_begin.c (who is asked what), tables_row.c (the history). Nobody
 * else includes it.
 */
#ifndef SYM_NODE_EXCHANGE_TABLES_STATE_H
#define SYM_NODE_EXCHANGE_TABLES_STATE_H

#include "node/exchange/table_part.h"
#include "node/exchange/table_words.h"
#include "node/exchange/tables.h"
#include "proto/table_lead.h"

struct sym_asked_table;

struct sym_asked_leg {
    struct sym_leg leg; /* first: what its calls are given */
    struct sym_asked_table *of;
};

struct sym_asked_table {
    struct sym_exchanges *x;
    struct sym_table_question question;
    uint32_t own; /* place of this node; SYM_TABLE_NOBODY: it contributes no list */
    const struct sym_peer *peers[SYM_TABLE_PARTIES_MAX]; /* NULL at the own place; to begin */
    struct sym_table_lead *lead;
    struct sym_asked_leg legs[SYM_TABLE_PARTIES_MAX]; /* the own one is never begun */
    bool told[SYM_TABLE_PARTIES_MAX];                 /* the lead knows that this leg is over */
    struct sym_table_part *part;                      /* own */
    char user[SYM_ALIAS_BYTES];
    char case_ref[SYM_CASE_BYTES_MAX + 1];
    char note[SYM_NOTE_BYTES_MAX + 1];
    uint32_t timeout_ms;
    uint64_t began_ms; /* monotonic, as until_ms */
    uint64_t until_ms;
    uint64_t failed_ms; /* likewise, 0: it has not */
    struct sym_timer *turn;
    bool turning;
    bool writes;                /* a release or a row of the history is on its way */
    bool ends;                  /* waits for its legs */
    enum sym_reason reason;     /* that others hear; a fault of this node, until there is another */
    enum sym_reason own_reason; /* of a denial; else 0, and it is the same */
    enum sym_exchange_state state;
    enum sym_err result;
    struct sym_fault fault;
    bool has_release;
    uint8_t release_hash[SYM_HASH_BYTES];
    uint64_t started_us;
    uint64_t ended_us;   /* 0: in flight */
    uint64_t started_ms; /* wall clock */
    unsigned unheeded;
};

/* tables.c */

/* From now on it waits for its legs, then for its row. */
void sym_asked_end(struct sym_asked_table *t, enum sym_exchange_state state, enum sym_err result,
                   const char *why);
SYM_MUST enum sym_err sym_asked_timer(struct sym_asked_table *t);
void sym_asked_turn_soon(struct sym_asked_table *t);
/* Not while a write is out. */
void sym_asked_destroy(struct sym_asked_table *t);
void sym_asked_count_bytes(const struct sym_asked_table *t, uint64_t *sent, uint64_t *received);

/* tables_row.c */

/* Its row in the history, and the release that is kept with it, if there is one. */
SYM_MUST enum sym_err sym_asked_write_row(struct sym_asked_table *t, bool over,
                                          struct sym_span release);

#endif
