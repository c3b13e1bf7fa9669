#include "node/exchange/overlap_terms.h"

#include "node/memory.h"
#include "proto/codec.h"

enum sym_err sym_overlap_terms_read(struct sym_overlap_agreed *out, const struct sym_run_plan *plan,
                                    enum sym_overlap_engine engine)
{
    SYM_ARENA_AUTO asked_arena = {0};
    SYM_ARENA_AUTO answer_arena = {0};
    struct sym_overlap asked;
    struct sym_overlap_answer answer;
    enum sym_err err = plan->set == NULL ? SYM_INTERNAL : SYM_OK;
    if (err == SYM_OK) {
        err = sym_decode(&asked_arena, &asked, &sym_msg_overlap, plan->parameters);
    }
    if (err == SYM_OK) {
        err = sym_decode(&answer_arena, &answer, &sym_msg_overlap_answer, plan->answer);
    }
    if (err != SYM_OK) {
        return err;
    }
    bool initiates = plan->role == SYM_SESSION_INITIATOR;
    *out = (struct sym_overlap_agreed){.own_size = initiates ? asked.set_size : answer.set_size,
                                       .peer_size = initiates ? answer.set_size : asked.set_size};
    if (sym_overlap_engine_agreed(&asked, &answer) != engine) {
        return SYM_BAD_VALUE;
    }
    return out->own_size == sym_overlap_set_size(plan->set) ? SYM_OK : SYM_INTERNAL;
}

void sym_overlap_terms_result(struct sym_run_result *out, struct sym_overlap_set *set,
                              uint32_t common, const uint32_t *matches, bool *reduced)
{
    if (matches != NULL && !*reduced) {
        sym_overlap_set_match(set, matches, common);
        *reduced = true;
        sym_memory_return();
    }
    *out = (struct sym_run_result){.common = common, .listed = matches != NULL, .set = set};
}
