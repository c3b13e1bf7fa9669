/* run_kind.h - what a kind of exchange must bring along to be carried by runs.c. Nobody else
 * includes it but the files of the kinds.
 */
#ifndef SYM_NODE_CORE_RUN_KIND_H
#define SYM_NODE_CORE_RUN_KIND_H

#include "node/core/runs.h"

/* Functions of the shapes of runs.h. A kind that computes nothing aside has no work, worked and
 * works_out, one that leaves nothing behind no result. */
struct sym_run_kind {
    enum sym_err (*open)(void **machine, const struct sym_run_plan *plan);
    void (*free)(void *machine);
    enum sym_step (*step)(const void *machine, size_t *len);
    enum sym_err (*write)(void *machine, uint8_t *payload, size_t len, uint64_t now_us);
    enum sym_err (*take)(void *machine, bool filler, struct sym_span payload, uint64_t now_us);
    enum sym_err (*closed)(void *machine);
    bool (*work)(void *machine, struct sym_work *out);
    enum sym_err (*worked)(void *machine, void *context, enum sym_err err);
    size_t (*works_out)(const void *machine);
    struct sym_run_progress (*progress)(const void *machine);
    enum sym_err (*result)(void *machine, struct sym_run_result *out);
};

extern const struct sym_run_kind sym_run_kind_ping;
extern const struct sym_run_kind sym_run_kind_overlap;

#endif
