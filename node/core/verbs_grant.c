#include "node/core/verbs.h"

static enum sym_err verb_grant_add(struct sym_core *core, const struct sym_author *author,
                                   const void *arguments, struct sym_answer *answer,
                                   struct sym_fault *fault)
{
    struct sym_grant row;
    enum sym_err err = sym_grants_add(core->grants, &row, arguments, author, fault);
    return err == SYM_OK ? sym_answer_write(answer, &row) : err;
}

static enum sym_err verb_grant_list(struct sym_core *core, const struct sym_author *author,
                                    const void *arguments, struct sym_answer *answer,
                                    struct sym_fault *fault)
{
    struct sym_grant_list list;
    (void)author;
    (void)arguments;
    (void)fault;
    list.n_grants = sym_grants_list(core->grants, &list.grants);
    return sym_answer_write(answer, &list);
}

static enum sym_err verb_grant_revoke(struct sym_core *core, const struct sym_author *author,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    enum sym_err err = sym_grants_revoke(core->grants, arguments, author, fault);
    return err == SYM_OK ? sym_answer_write(answer, &(struct sym_empty){0}) : err;
}

sym_verb_fn *const sym_verbs_grant[SYM_VERB_COUNT] = {
    [SYM_VERB_GRANT_ADD] = verb_grant_add,
    [SYM_VERB_GRANT_LIST] = verb_grant_list,
    [SYM_VERB_GRANT_REVOKE] = verb_grant_revoke,
};
