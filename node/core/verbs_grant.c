#include "node/core/verbs.h"
#include "proto/epsilon.h"

#include <stdlib.h>

#define MICRO          UINT64_C(1000000)
#define NANO_PER_MICRO 1000u

#define SPAN(s) (int)(s).len, (s).len > 0 ? (const char *)(s).data : ""

static bool spends_budget(uint32_t kind)
{
    return kind == SYM_KIND_TABULATE || kind == SYM_KIND_OVERLAP_TABLE;
}

/* What peers may spend of a dataset in a year, each for itself, fits into what it may spend. */
static enum sym_err check_budget(struct sym_core *core, const struct sym_grant *wish,
                                 struct sym_fault *fault)
{
    const struct sym_grant *rows = NULL;
    uint64_t cap = MICRO * sym_settings_number(&core->settings, SYM_SETTING_EPSILON);
    uint64_t sum = wish->epsilon_micro;
    size_t n = sym_grants_list(core->grants, &rows);
    for (size_t i = 0; i < n; i++) {
        if (spends_budget(rows[i].kind) && sym_span_equal(rows[i].dataset, wish->dataset) &&
            !sym_span_equal(rows[i].alias, wish->alias)) {
            sum += rows[i].epsilon_micro;
        }
    }
    if (!spends_budget(wish->kind) || wish->epsilon_micro == 0 || sum <= cap) {
        return SYM_OK;
    }
    uint64_t left = cap + wish->epsilon_micro > sum ? cap + wish->epsilon_micro - sum : 0;
    char shown[SYM_EPSILON_BYTES];
    sym_epsilon_text(shown, left * NANO_PER_MICRO);
    return sym_fail(fault, SYM_LIMIT,
                    "grant: the peers' --epsilon together would be more than the %u that the "
                    "dataset may spend in a year (setting epsilon-per-year); %s is left to grant",
                    (unsigned)(cap / MICRO), shown);
}

/* Could anything ever be asked under it? A dataset that is still to come may be of any kind. */
static enum sym_err check_kind(struct sym_core *core, const struct sym_grant *wish,
                               struct sym_fault *fault)
{
    size_t at = 0;
    struct sym_dataset_row row;
    if (sym_datasets_find(core->datasets, &at, wish->dataset, NULL) != SYM_OK) {
        return SYM_OK;
    }
    sym_datasets_row(core->datasets, at, &row);
    bool listed = row.kind == SYM_DATASET_IDENTIFIERS;
    if (listed && wish->kind == SYM_KIND_TABULATE) {
        return sym_fail(
            fault, SYM_UNSUPPORTED,
            "dataset %.*s: holds identifiers, which are never tabulated; to have them "
            "compared run: \"symbolon grant %.*s %.*s overlap:count\" (or overlap:matches)",
            SPAN(row.name), SPAN(wish->alias), SPAN(row.name));
    }
    return listed || wish->kind == SYM_KIND_TABULATE
               ? SYM_OK
               : sym_fail(fault, SYM_UNSUPPORTED,
                          "dataset %.*s: holds %s, which have no identifiers to be compared; to "
                          "have them counted run: \"symbolon grant %.*s %.*s tabulate\"",
                          SPAN(row.name), sym_dataset_kind_text(row.kind), SPAN(wish->alias),
                          SPAN(row.name));
}

static enum sym_err verb_grant_add(struct sym_core *core, const struct sym_author *author,
                                   const void *arguments, struct sym_answer *answer,
                                   struct sym_fault *fault)
{
    struct sym_grant row;
    struct sym_grant before = {.kind = 0};
    enum sym_err err = check_kind(core, arguments, fault);
    if (err == SYM_OK) {
        err = check_budget(core, arguments, fault);
    }
    if (err == SYM_OK) {
        err = sym_grants_add(core->grants, &row, &before, arguments, author, fault);
        sym_standing_maker_look(core->maker);
    }
    const struct sym_grant_added added = {.grant = &row,
                                          .replaced = before.kind != 0 ? &before : NULL};
    return err == SYM_OK ? sym_answer_write(answer, &added) : err;
}

static void tell_standing(struct sym_core *core, struct sym_grant *row)
{
    const struct sym_peer *peer = sym_peers_by_alias(&core->peers, row->alias);
    if (row->standing_days > 0 && peer != NULL) {
        row->standing_until_s =
            sym_standing_maker_until(core->maker, &peer->id, row->dataset) / 1000;
    }
}

static enum sym_err verb_grant_list(struct sym_core *core, const struct sym_author *author,
                                    const void *arguments, struct sym_answer *answer,
                                    struct sym_fault *fault)
{
    struct sym_grant_list list;
    (void)author;
    (void)arguments;
    const struct sym_grant *kept = NULL;
    list.n_grants = sym_grants_list(core->grants, &kept);
    struct sym_grant *rows = malloc((list.n_grants + 1) * sizeof *rows);
    if (rows == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "grants: no memory for a list of them");
    }
    for (size_t i = 0; i < list.n_grants; i++) {
        rows[i] = kept[i];
        tell_standing(core, &rows[i]);
    }
    list.grants = rows;
    enum sym_err err = sym_answer_write(answer, &list);
    free(rows);
    return err;
}

static enum sym_err verb_grant_revoke(struct sym_core *core, const struct sym_author *author,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    enum sym_err err = sym_grants_revoke(core->grants, arguments, author, fault);
    sym_standing_maker_look(core->maker);
    return err == SYM_OK ? sym_answer_write(answer, &(struct sym_empty){0}) : err;
}

sym_verb_fn *const sym_verbs_grant[SYM_VERB_COUNT] = {
    [SYM_VERB_GRANT_ADD] = verb_grant_add,
    [SYM_VERB_GRANT_LIST] = verb_grant_list,
    [SYM_VERB_GRANT_REVOKE] = verb_grant_revoke,
};
