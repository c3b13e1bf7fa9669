#include "node/core/verbs.h"
#include "node/exchange/tables.h"
#include "node/tabulation/table_releases.h"
#include "proto/codec.h"

#include <string.h>

static enum sym_err check_codes(const struct sym_overlap_table_start *s, struct sym_fault *fault)
{
    if (s->purpose < SYM_PURPOSE_AML || s->purpose > SYM_PURPOSE_TEST) {
        return sym_fail(fault, SYM_BAD_VALUE, "table: a purpose is required; see --help");
    }
    if (s->basis < SYM_BASIS_CONSENT || s->basis > SYM_BASIS_AGREEMENT) {
        return sym_fail(fault, SYM_BAD_VALUE, "table: a legal basis is required; see --help");
    }
    if (sym_alias_check(s->dataset) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "table: --dataset is no name of a dataset");
    }
    return SYM_OK;
}

static enum sym_err verb_overlap_table_start(struct sym_core *core, const struct sym_author *author,
                                             const void *arguments, struct sym_answer *answer,
                                             struct sym_fault *fault)
{
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    enum sym_err err = check_codes(arguments, fault);
    if (err == SYM_OK) {
        err = sym_table_ask(core->exchanges, id, arguments, author->user, fault);
    }
    const struct sym_exchange_name name = {.id = sym_span(id, sizeof id)};
    return err == SYM_OK ? sym_answer_write(answer, &name) : err;
}

struct fetch {
    struct sym_span table;
    struct sym_secret release;
};

static enum sym_err fetch_release(struct sym_transaction *t, void *context)
{
    struct fetch *f = context;
    return sym_table_release_get(t, &f->release, f->table);
}

/* The id of the table that an exchange was for. */
static enum sym_err find_table(struct sym_core *core, uint8_t table[SYM_EXCHANGE_ID_BYTES],
                               struct sym_span id, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry entry;
    enum sym_err err = sym_history_get(&core->history, &arena, &entry, id);
    if (err != SYM_OK) {
        return sym_fail(
            fault, err,
            err == SYM_NOT_FOUND
                ? "exchange: does not exist; \"symbolon exchange list\" shows those that do"
                : "exchange: the stored entry cannot be read; restore a backup");
    }
    if (entry.kind != SYM_KIND_OVERLAP_TABLE || entry.tabulation.len != SYM_EXCHANGE_ID_BYTES) {
        return sym_fail(fault, SYM_NOT_FOUND, "exchange: is no overlap table");
    }
    if (!entry.has_result) {
        return entry.ended_ms == 0
                   ? sym_fail(fault, SYM_AGAIN, "exchange: has not ended yet; there is no table")
                   : sym_fail(fault, SYM_NOT_FOUND, "exchange: has no table: %.*s",
                              (int)entry.fault.len, (const char *)entry.fault.data);
    }
    memcpy(table, entry.tabulation.data, SYM_EXCHANGE_ID_BYTES);
    return SYM_OK;
}

static enum sym_err verb_overlap_table_show(struct sym_core *core, const struct sym_author *author,
                                            const void *arguments, struct sym_answer *answer,
                                            struct sym_fault *fault)
{
    const struct sym_exchange_name *asked = arguments;
    uint8_t table[SYM_EXCHANGE_ID_BYTES] = {0};
    struct fetch f = {.table = sym_span(table, sizeof table)};
    (void)author;
    enum sym_err err = find_table(core, table, asked->id, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = sym_store_read(core->store, fetch_release, &f);
    const struct sym_overlap_table_shown shown = {.release = sym_secret_span(&f.release),
                                                  .exchange = asked->id};
    err = err == SYM_OK ? sym_answer_write(answer, &shown)
                        : sym_fail(fault, err, "table: the stored one %s; restore a backup",
                                   sym_err_text(err));
    sym_secret_clear(&f.release);
    return err;
}

sym_verb_fn *const sym_verbs_table[SYM_VERB_COUNT] = {
    [SYM_VERB_OVERLAP_TABLE_START] = verb_overlap_table_start,
    [SYM_VERB_OVERLAP_TABLE_SHOW] = verb_overlap_table_show,
};
