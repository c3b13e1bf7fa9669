#include "node/core/held_end.h"
#include "node/core/verbs.h"
#include "node/tabulation/releases.h"
#include "proto/keys.h"
#include "proto/overlap_agree.h"

#include <stdlib.h>
#include <string.h>

/* Beginning ------------------------------------------------------------------------------------
 */

static enum sym_err check_codes(const struct sym_overlap_start *o, struct sym_fault *fault)
{
    if (o->kind != SYM_KIND_OVERLAP_MATCHES && o->kind != SYM_KIND_OVERLAP_COUNT) {
        return sym_fail(fault, SYM_BAD_VALUE, "overlap: reveals either matches or count");
    }
    if (o->engine != SYM_OVERLAP_ENGINE_AUTO &&
        (o->engine >= SYM_OVERLAP_ENGINE_END ||
         (sym_overlap_engines_of(o->kind) >> o->engine & 1u) == 0)) {
        return sym_fail(fault, SYM_UNSUPPORTED,
                        "overlap: the engine %s does not compute this; use --engine dh or auto",
                        sym_overlap_engine_text(o->engine));
    }
    if (o->purpose < SYM_PURPOSE_AML || o->purpose > SYM_PURPOSE_TEST) {
        return sym_fail(fault, SYM_BAD_VALUE, "overlap: a purpose is required; see --help");
    }
    if (o->basis < SYM_BASIS_CONSENT || o->basis > SYM_BASIS_AGREEMENT) {
        return sym_fail(fault, SYM_BAD_VALUE, "overlap: a legal basis is required; see --help");
    }
    if (o->type >= SYM_TOKEN_TYPE_COUNT) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "overlap: this node knows no identifier type %u; update it",
                        (unsigned)o->type);
    }
    if (o->rule >= SYM_RULE_COUNT || (o->rule != SYM_RULE_ANY && o->type != SYM_TOKEN_NONE)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "overlap: a rule takes keys of several types; leave --type or --rule");
    }
    if (o->rule != SYM_RULE_ANY && o->kind != SYM_KIND_OVERLAP_MATCHES) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "overlap: a rule is about matches, not about a count");
    }
    return SYM_OK;
}

/* An exchange over nothing would still tell the peer that it was asked. */
static enum sym_err check_tokens(struct sym_core *core, const struct sym_overlap_start *o,
                                 struct sym_fault *fault)
{
    size_t at = 0;
    struct sym_dataset_row row;
    enum sym_err err = sym_datasets_find(core->datasets, &at, o->mine, fault);
    if (err != SYM_OK) {
        return err;
    }
    sym_datasets_row(core->datasets, at, &row);
    uint64_t tokens = o->type == SYM_TOKEN_NONE ? row.tokens : 0;
    for (size_t i = 0; o->type != SYM_TOKEN_NONE && i < row.n_types; i++) {
        tokens += row.types[i].type == o->type ? row.types[i].tokens : 0;
    }
    return tokens > 0
               ? SYM_OK
               : sym_fail(fault, SYM_NOT_FOUND,
                          "dataset %.*s: holds no identifier%s%s; \"symbolon dataset show %.*s\" "
                          "lists what it holds",
                          (int)o->mine.len, (const char *)o->mine.data,
                          o->type == SYM_TOKEN_NONE ? "" : " of type ",
                          o->type == SYM_TOKEN_NONE
                              ? ""
                              : sym_token_type_name((enum sym_token_type)o->type),
                          (int)o->mine.len, (const char *)o->mine.data);
}

/* A rule that every match keeps, or none could, was meant for another list. */
static enum sym_err check_rule(struct sym_core *core, const struct sym_overlap_start *o,
                               struct sym_fault *fault)
{
    size_t at = 0;
    size_t keys = 0;
    struct sym_dataset_row row;
    enum sym_err err = sym_datasets_find(core->datasets, &at, o->mine, fault);
    if (err != SYM_OK || o->rule == SYM_RULE_ANY) {
        return err;
    }
    sym_datasets_row(core->datasets, at, &row);
    for (size_t i = 0; i < row.n_types; i++) {
        keys += SYM_TOKEN_KEY_TYPES >> row.types[i].type & 1;
    }
    if (keys == 0) {
        return sym_fail(fault, SYM_UNSUPPORTED,
                        "dataset %.*s: holds no keys of persons, of which --rule %s wants two; "
                        "each of its identifiers is enough by itself: leave --rule",
                        (int)o->mine.len, (const char *)o->mine.data,
                        sym_overlap_rule_text(o->rule));
    }
    return keys > 1 || row.n_types > 1
               ? SYM_OK
               : sym_fail(fault, SYM_UNSUPPORTED,
                          "dataset %.*s: holds keys of persons of one type, and --rule %s wants "
                          "two; leave --rule, or import it with --profile person-keys",
                          (int)o->mine.len, (const char *)o->mine.data,
                          sym_overlap_rule_text(o->rule));
}

static enum sym_err verb_overlap_start(struct sym_core *core, const struct sym_author *author,
                                       const void *arguments, struct sym_answer *answer,
                                       struct sym_fault *fault)
{
    const struct sym_overlap_start *asked = arguments;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    const struct sym_peer *peer = sym_verb_peer(core, asked->alias, fault);
    if (peer == NULL) {
        return SYM_NOT_FOUND;
    }
    if (sym_alias_check(asked->theirs) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE, "overlap: --theirs is no name of a dataset");
    }
    enum sym_err err = check_codes(asked, fault);
    if (err == SYM_OK) {
        err = check_tokens(core, asked, fault);
    }
    if (err == SYM_OK) {
        err = check_rule(core, asked, fault);
    }
    if (err == SYM_OK) {
        err = sym_exchanges_countable(core->exchanges, asked, fault);
    }
    struct sym_exchange_plan plan = {.peer = peer,
                                     .kind = asked->kind,
                                     .timeout_ms = asked->timeout_ms,
                                     .user = author->user,
                                     .approver = author->approver,
                                     .overlap = asked};
    if (err == SYM_OK) {
        err = sym_exchanges_start(core->exchanges, id, &plan, fault);
    }
    struct sym_exchange_name name = {.id = sym_span(id, sizeof id)};
    return err == SYM_OK ? sym_answer_write(answer, &name) : err;
}

/* Looking --------------------------------------------------------------------------------------
 */

static enum sym_err find_entry(struct sym_core *core, struct sym_arena *arena,
                               struct sym_exchange_entry *out, struct sym_span id,
                               struct sym_fault *fault)
{
    enum sym_err err = sym_history_get(&core->history, arena, out, id);
    if (err == SYM_NOT_FOUND) {
        return sym_fail(fault, err,
                        "exchange: does not exist; \"symbolon exchange list\" shows those that do");
    }
    return err == SYM_OK ? err
                         : sym_fail(fault, err, "exchange: the stored entry %s; restore a backup",
                                    sym_err_text(err));
}

/* Bytes and sizes of one in flight are newer than its entry. */
static void freshen(const struct sym_core *core, struct sym_exchange_entry *entry)
{
    struct sym_exchange_row row;
    if (entry->ended_ms == 0 &&
        sym_exchanges_row(core->exchanges, entry->id, &row, NULL) == SYM_OK) {
        entry->bytes_sent = row.bytes_sent;
        entry->bytes_received = row.bytes_received;
    }
}

/* Of one that ended long ago, or touched data before the node was started. */
static enum sym_err state_from_history(struct sym_core *core, struct sym_span id,
                                       struct sym_answer *answer, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry entry;
    enum sym_err err = find_entry(core, &arena, &entry, id, fault);
    if (err != SYM_OK) {
        return err;
    }
    bool over = entry.ended_ms > entry.started_ms;
    struct sym_exchange_row row = {.id = entry.id,
                                   .alias = entry.alias,
                                   .kind = entry.kind,
                                   .state = entry.state,
                                   .result = entry.result,
                                   .fault = entry.fault,
                                   .elapsed_us =
                                       over ? 1000 * (entry.ended_ms - entry.started_ms) : 0,
                                   .bytes_sent = entry.bytes_sent,
                                   .bytes_received = entry.bytes_received};
    return sym_answer_write(answer, &row);
}

static enum sym_err verb_exchange_state(struct sym_core *core, const struct sym_author *author,
                                        const void *arguments, struct sym_answer *answer,
                                        struct sym_fault *fault)
{
    const struct sym_exchange_name *asked = arguments;
    struct sym_exchange_row row;
    (void)author;
    sym_exchanges_heeded(core->exchanges, asked->id);
    return sym_exchanges_row(core->exchanges, asked->id, &row, NULL) == SYM_OK
               ? sym_answer_write(answer, &row)
               : state_from_history(core, asked->id, answer, fault);
}

static enum sym_err verb_exchange_cancel(struct sym_core *core, const struct sym_author *author,
                                         const void *arguments, struct sym_answer *answer,
                                         struct sym_fault *fault)
{
    const struct sym_exchange_name *asked = arguments;
    enum sym_err err = sym_proposals_has(core->proposals, asked->id)
                           ? sym_proposals_withdraw(core->proposals, asked->id, author, fault)
                           : sym_exchanges_cancel(core->exchanges, asked->id, fault);
    return err == SYM_OK ? sym_answer_write(answer, &(struct sym_empty){0}) : err;
}

static enum sym_err verb_exchange_show(struct sym_core *core, const struct sym_author *author,
                                       const void *arguments, struct sym_answer *answer,
                                       struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    const struct sym_exchange_name *asked = arguments;
    struct sym_exchange_entry entry;
    (void)author;
    enum sym_err err = find_entry(core, &arena, &entry, asked->id, fault);
    if (err != SYM_OK) {
        return err;
    }
    char words[SYM_FAULT_BYTES];
    freshen(core, &entry);
    sym_held_end_tell(core->grants, &entry, words);
    return sym_answer_write(answer, &entry);
}

/* Rows with what they point to: entries borrow from the history, which goes on. */
struct listed {
    const struct sym_core *core;
    uint32_t most;
    bool more;
    size_t n;
    size_t bytes; /* of texts */
    struct sym_exchange_entry rows[SYM_EXCHANGE_ROWS_MAX];
    uint8_t texts[SYM_EXCHANGE_ROWS_MAX * 2600u];
};

static void keep_span(struct listed *l, struct sym_span *s)
{
    uint8_t *to = l->texts + l->bytes;
    for (size_t i = 0; i < s->len; i++) {
        to[i] = s->data[i];
    }
    l->bytes += s->len;
    *s = sym_span(to, s->len);
}

static enum sym_err add_entry(void *context, const struct sym_exchange_entry *entry)
{
    struct listed *l = context;
    if (l->n == l->most) {
        l->more = true;
        return SYM_LIMIT;
    }
    struct sym_exchange_entry *row = &l->rows[l->n];
    *row = *entry;
    row->parties = sym_span(NULL, 0); /* `exchange show` names them */
    char words[SYM_FAULT_BYTES];
    sym_held_end_tell(l->core->grants, row, words);
    struct sym_span *const spans[] = {&row->id,       &row->alias,  &row->peer,      &row->fault,
                                      &row->case_ref, &row->note,   &row->user,      &row->approver,
                                      &row->mine,     &row->theirs, &row->tabulation};
    size_t len = 0;
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        len += spans[i]->len;
    }
    if (len > sizeof l->texts - l->bytes) {
        l->more = true;
        return SYM_LIMIT;
    }
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        keep_span(l, spans[i]);
    }
    freshen(l->core, row);
    l->n++;
    return SYM_OK;
}

static enum sym_err verb_exchange_list(struct sym_core *core, const struct sym_author *author,
                                       const void *arguments, struct sym_answer *answer,
                                       struct sym_fault *fault)
{
    struct sym_exchange_query query = *(const struct sym_exchange_query *)arguments;
    struct listed *l = calloc(1, sizeof *l);
    (void)author;
    if (l == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "exchanges: no memory for the answer");
    }
    l->core = core;
    l->most = query.most > 0 ? query.most : SYM_EXCHANGE_ROWS_MAX;
    query.most = 0; /* one more tells whether there are more */
    enum sym_err err = sym_history_each(&core->history, &query, add_entry, l);
    if (err == SYM_OK || l->more) {
        struct sym_exchange_list list = {
            .exchanges = l->rows, .n_exchanges = l->n, .more = l->more};
        err = sym_answer_write(answer, &list);
    } else {
        err =
            sym_fail(fault, err, "exchanges: the history %s; restore a backup", sym_err_text(err));
    }
    free(l);
    return err;
}

/* Results --------------------------------------------------------------------------------------
 */

static enum sym_err check_result(const struct sym_exchange_entry *entry, struct sym_fault *fault)
{
    if (entry->role != SYM_AS_INITIATOR) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "exchange: %.*s asked, and only who asks has the result",
                        (int)entry->alias.len, (const char *)entry->alias.data);
    }
    if (entry->state == SYM_EXCHANGE_HELD || entry->ended_ms == 0) {
        return sym_fail(fault, SYM_AGAIN, "exchange: has not ended yet, so there is no result");
    }
    if (entry->state != SYM_EXCHANGE_DONE) {
        bool aborted = entry->state == SYM_EXCHANGE_ABORTED;
        return sym_fail(fault, SYM_NOT_FOUND, "exchange: has no result: %.*s%s",
                        (int)(entry->fault.len < 200 ? entry->fault.len : 200),
                        (const char *)entry->fault.data,
                        aborted ? "; to ask again, give the same command again" : "");
    }
    if (entry->withheld) {
        return sym_fail(fault, SYM_DENIED,
                        "exchange: its result is withheld and was not kept: %.*s grants none with "
                        "fewer than %u identifiers in common",
                        (int)entry->alias.len, (const char *)entry->alias.data, entry->min_result);
    }
    if (entry->kind == SYM_KIND_OVERLAP_MATCHES && !entry->has_result) {
        return sym_fail(fault, SYM_NOT_FOUND, "exchange: its result was forgotten");
    }
    return SYM_OK;
}

static enum sym_err verb_exchange_result(struct sym_core *core, const struct sym_author *author,
                                         const void *arguments, struct sym_answer *answer,
                                         struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    SYM_SECRET_AUTO value = {0};
    const struct sym_result_query *asked = arguments;
    struct sym_exchange_entry entry;
    struct sym_result_page page = {.exchange = &entry, .first = asked->first};
    (void)author;
    enum sym_err err = find_entry(core, &arena, &entry, asked->id, fault);
    if (err == SYM_OK) {
        err = check_result(&entry, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    if (entry.has_result && asked->first < entry.records) {
        err = sym_results_get(&core->results, &value, &page, asked->id, asked->first);
        err = err == SYM_NOT_FOUND ? SYM_OK : err; /* its last records were forgotten meanwhile */
    }
    return err == SYM_OK ? sym_answer_write(answer, &page)
                         : sym_fail(fault, err, "result: the stored page %s; restore a backup",
                                    sym_err_text(err));
}

struct forgetting {
    const struct sym_results *results;
    const struct sym_exchange_entry *entry;
};

static enum sym_err forget_fn(struct sym_transaction *t, void *context)
{
    const struct forgetting *f = context;
    enum sym_err err = sym_history_put(t, f->entry);
    return err == SYM_OK ? sym_results_drop(f->results, t, f->entry->id) : err;
}

static enum sym_err verb_exchange_forget(struct sym_core *core, const struct sym_author *author,
                                         const void *arguments, struct sym_answer *answer,
                                         struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    const struct sym_exchange_name *asked = arguments;
    struct sym_exchange_entry entry;
    enum sym_err err = find_entry(core, &arena, &entry, asked->id, fault);
    if (err == SYM_OK) {
        err = check_result(&entry, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    if (!entry.has_result) {
        return sym_fail(fault, SYM_NOT_FOUND, "exchange: a count keeps no records to forget");
    }
    entry.has_result = false;
    struct forgetting f = {.results = &core->results, .entry = &entry};
    char id[2 * SYM_EXCHANGE_ID_BYTES + 1];
    sym_hex(id, asked->id.data, SYM_EXCHANGE_ID_BYTES);
    err = sym_log_change(author, core->store, SYM_ENTRY_RESULT, "result-forgotten",
                         sym_span_text(id), forget_fn, &f);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "result: could not be forgotten (the store %s); it is kept",
                        sym_err_text(err));
    }
    err = sym_vault_sweep(core->vault, fault);
    return err == SYM_OK ? sym_answer_write(answer, &(struct sym_empty){0}) : err;
}

/* A joint tabulation whose release this node waits for in vain. */
struct waiting {
    struct sym_span id;
    uint8_t tabulation[SYM_EXCHANGE_ID_BYTES];
};

static enum sym_err find_waiting(struct sym_transaction *t, void *context)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry entry;
    struct waiting *w = context;
    enum sym_err err = sym_history_read(t, &arena, &entry, w->id);
    if (err == SYM_OK && entry.tabulation.len != sizeof w->tabulation) {
        err = SYM_NOT_FOUND;
    }
    if (err == SYM_OK) {
        memcpy(w->tabulation, entry.tabulation.data, sizeof w->tabulation);
        err = entry.ended_ms == 0 ? SYM_AGAIN : sym_withheld_has(t, entry.tabulation);
    }
    return err;
}

static enum sym_err stop_waiting(struct sym_transaction *t, void *context)
{
    const struct waiting *w = context;
    return sym_withheld_clear(t, w->tabulation);
}

/* SYM_NOT_FOUND, without a word: none is waited for. */
static enum sym_err settle_waiting(struct sym_core *core, const struct sym_author *author,
                                   struct sym_span id, struct sym_fault *fault)
{
    struct waiting w = {.id = id};
    char text[2 * SYM_EXCHANGE_ID_BYTES + 1];
    enum sym_err err = sym_store_read(core->store, find_waiting, &w);
    if (err == SYM_NOT_FOUND) {
        return err;
    }
    if (err == SYM_AGAIN) {
        return sym_fail(fault, err, "exchange: is in flight; cancel it first");
    }
    sym_hex(text, id.data, SYM_EXCHANGE_ID_BYTES);
    if (err == SYM_OK) {
        err = sym_log_change(author, core->store, SYM_ENTRY_SETTLED, "withheld-closed",
                             sym_span_text(text), stop_waiting, &w);
    }
    return err == SYM_OK ? err
                         : sym_fail(fault, err, "exchange: could not be settled: the store %s",
                                    sym_err_text(err));
}

/* Either may be what is to be settled, or both. */
static enum sym_err verb_exchange_settle(struct sym_core *core, const struct sym_author *author,
                                         const void *arguments, struct sym_answer *answer,
                                         struct sym_fault *fault)
{
    const struct sym_exchange_name *asked = arguments;
    enum sym_err waited = settle_waiting(core, author, asked->id, fault);
    if (waited != SYM_OK && waited != SYM_NOT_FOUND) {
        return waited;
    }
    enum sym_err err = sym_opens_settle(core->opens, author, asked->id.data, fault);
    if (err == SYM_NOT_FOUND && waited == SYM_OK) {
        *fault = (struct sym_fault){.text = ""};
        err = SYM_OK;
    }
    return err == SYM_OK ? sym_answer_write(answer, &(struct sym_empty){0}) : err;
}

sym_verb_fn *const sym_verbs_exchange[SYM_VERB_COUNT] = {
    [SYM_VERB_OVERLAP_START] = verb_overlap_start,
    [SYM_VERB_EXCHANGE_STATE] = verb_exchange_state,
    [SYM_VERB_EXCHANGE_CANCEL] = verb_exchange_cancel,
    [SYM_VERB_EXCHANGE_LIST] = verb_exchange_list,
    [SYM_VERB_EXCHANGE_SHOW] = verb_exchange_show,
    [SYM_VERB_EXCHANGE_RESULT] = verb_exchange_result,
    [SYM_VERB_EXCHANGE_FORGET] = verb_exchange_forget,
    [SYM_VERB_EXCHANGE_SETTLE] = verb_exchange_settle,
};
