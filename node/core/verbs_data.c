#include "node/core/verbs.h"
#include "node/tabulation/cohorts.h"

#include <stdlib.h>

/* What was made of a dataset that has changed goes, or is made anew. */
static void look_after(struct sym_core *core)
{
    sym_standing_maker_look(core->maker);
    sym_preview_look(&core->preview);
}

static enum sym_err verb_import_begin(struct sym_core *core, const struct sym_author *author,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    const struct sym_import_begin *begin = arguments;
    const size_t room = (size_t)SYM_IMPORT_PRINTS_MAX * SYM_ID_PRINT_BYTES;
    struct sym_import_next next = {0};
    enum sym_err err = sym_datasets_import_begin(core->datasets, &next.chunk, begin, author, fault);
    if (err != SYM_OK || begin->prints_from == 0) {
        return err == SYM_OK ? sym_answer_write(answer, &next) : err;
    }
    uint8_t *prints = malloc(room);
    if (prints == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "import: %s", sym_err_text(SYM_NO_MEMORY));
    }
    struct sym_writer w = sym_writer(prints, room);
    err = sym_datasets_prints(core->datasets, &w, &next.prints_next, begin, fault);
    next.prints = sym_span(prints, w.len);
    err = err == SYM_OK ? sym_answer_write(answer, &next) : err;
    sym_wipe_free(prints, room);
    return err;
}

static enum sym_err verb_import_chunk(struct sym_core *core, const struct sym_author *author,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    struct sym_import_next next = {0};
    enum sym_err err =
        sym_datasets_import_chunk(core->datasets, &next.chunk, arguments, author, fault);
    return err == SYM_OK ? sym_answer_write(answer, &next) : err;
}

static enum sym_err verb_import_end(struct sym_core *core, const struct sym_author *author,
                                    const void *arguments, struct sym_answer *answer,
                                    struct sym_fault *fault)
{
    struct sym_dataset_row row;
    enum sym_err err = sym_datasets_import_end(core->datasets, &row, arguments, author, fault);
    look_after(core);
    return err == SYM_OK ? sym_answer_write(answer, &row) : err;
}

static enum sym_err verb_dataset_list(struct sym_core *core, const struct sym_author *author,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    (void)author;
    (void)arguments;
    (void)fault;
    struct sym_dataset_row rows[SYM_DATASETS_MAX];
    struct sym_dataset_list list = {.datasets = rows,
                                    .n_datasets = sym_datasets_count(core->datasets)};
    for (size_t i = 0; i < list.n_datasets; i++) {
        sym_datasets_row(core->datasets, i, &rows[i]);
    }
    return sym_answer_write(answer, &list);
}

static enum sym_err answer_dataset(const struct sym_core *core, size_t at,
                                   struct sym_answer *answer)
{
    struct sym_dataset_row row;
    sym_datasets_row(core->datasets, at, &row);
    return sym_answer_write(answer, &row);
}

static enum sym_err verb_dataset_show(struct sym_core *core, const struct sym_author *author,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    (void)author;
    const struct sym_dataset_name *asked = arguments;
    size_t at = 0;
    enum sym_err err = sym_datasets_find(core->datasets, &at, asked->name, fault);
    return err == SYM_OK ? answer_dataset(core, at, answer) : err;
}

struct last_epoch {
    struct sym_span dataset;
    uint64_t epoch;
};

static enum sym_err find_last_epoch(struct sym_transaction *t, void *context)
{
    struct last_epoch *l = context;
    return sym_cohort_last_epoch(t, &l->epoch, l->dataset);
}

static enum sym_err verb_dataset_publish(struct sym_core *core, const struct sym_author *author,
                                         const void *arguments, struct sym_answer *answer,
                                         struct sym_fault *fault)
{
    const struct sym_dataset_name *asked = arguments;
    size_t at = 0;
    struct last_epoch last = {.dataset = asked->name};
    enum sym_err err = sym_store_read(core->store, find_last_epoch, &last);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "dataset: what was asked of it %s", sym_err_text(err));
    }
    sym_datasets_go_beyond(core->datasets, asked->name, last.epoch);
    /* Editions of before a restore are not known here, but partners may have releases of them: from
     * then on an edition has the time of the restore as its least number. */
    sym_datasets_go_beyond(core->datasets, asked->name, core->restored.restored_ms);
    err = sym_datasets_publish(core->datasets, &at, asked->name, author, fault);
    look_after(core);
    return err == SYM_OK ? answer_dataset(core, at, answer) : err;
}

static enum sym_err verb_dataset_forget(struct sym_core *core, const struct sym_author *author,
                                        const void *arguments, struct sym_answer *answer,
                                        struct sym_fault *fault)
{
    struct sym_dataset_forgotten gone;
    enum sym_err err = sym_datasets_forget(core->datasets, &gone, arguments, author, fault);
    look_after(core);
    return err == SYM_OK ? sym_answer_write(answer, &gone) : err;
}

static enum sym_err verb_dataset_drop(struct sym_core *core, const struct sym_author *author,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    const struct sym_dataset_name *asked = arguments;
    enum sym_err err = sym_datasets_drop(core->datasets, asked->name, author, fault);
    look_after(core);
    return err == SYM_OK ? sym_answer_write(answer, &(struct sym_empty){0}) : err;
}

static enum sym_err verb_standing_list(struct sym_core *core, const struct sym_author *author,
                                       const void *arguments, struct sym_answer *answer,
                                       struct sym_fault *fault)
{
    struct sym_standing_copy copies[SYM_STANDING_KEPT_MAX];
    struct sym_standing_copies list = {.copies = copies};
    struct sym_standing_row *rows = NULL;
    size_t n = 0;
    (void)author;
    (void)arguments;
    enum sym_err err = sym_standings_list(&core->standings, &rows, &n);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "standing lists: the store %s", sym_err_text(err));
    }
    for (size_t i = 0; i < n && list.n_copies < SYM_STANDING_KEPT_MAX; i++) {
        const struct sym_peer *peer = sym_peers_by_id(&core->peers, &rows[i].peer);
        if (!rows[i].own) {
            copies[list.n_copies++] =
                (struct sym_standing_copy){.alias = sym_span_text(peer != NULL ? peer->alias : ""),
                                           .dataset = sym_span_text(rows[i].dataset),
                                           .type = rows[i].type,
                                           .size = rows[i].list.n,
                                           .bytes = rows[i].bytes,
                                           .received_ms = rows[i].made_ms};
        }
    }
    err = sym_answer_write(answer, &list);
    free(rows);
    return err;
}

/* Received lists that a user drops. */
struct copy_of {
    const struct sym_standings *standings;
    const struct sym_author *author;
    const struct sym_peer *peer;
    struct sym_span dataset;
};

static bool is_copy_of(void *context, const struct sym_standing_row *row)
{
    const struct copy_of *c = context;
    return !row->own && sym_node_id_equal(&row->peer, &c->peer->id) &&
           sym_span_equal(sym_span_text(row->dataset), c->dataset);
}

static enum sym_err drop_copies(struct sym_transaction *t, void *context)
{
    struct copy_of *c = context;
    size_t n = 0;
    enum sym_err err = sym_standings_drop(c->standings, t, is_copy_of, c, &n);
    if (err != SYM_OK || n == 0) {
        return err != SYM_OK ? err : SYM_NOT_FOUND;
    }
    const struct sym_entry_body body = {.event = sym_span_text("standing-list-dropped"),
                                        .subject = c->dataset,
                                        .alias = sym_span_text(c->peer->alias)};
    const struct sym_entry entry = {.kind = SYM_ENTRY_DROPPED, .author = c->author, .body = &body};
    return sym_log_append(c->author->log, t, &entry, NULL);
}

static enum sym_err verb_standing_drop(struct sym_core *core, const struct sym_author *author,
                                       const void *arguments, struct sym_answer *answer,
                                       struct sym_fault *fault)
{
    const struct sym_standing_copy_name *asked = arguments;
    const struct sym_peer *peer = sym_peers_by_alias(&core->peers, asked->alias);
    if (peer == NULL) {
        return sym_fail(fault, SYM_NOT_FOUND, "there is no peer %.*s", (int)asked->alias.len,
                        (const char *)asked->alias.data);
    }
    struct copy_of c = {
        .standings = &core->standings, .author = author, .peer = peer, .dataset = asked->dataset};
    enum sym_err err = sym_store_write(core->store, drop_copies, &c);
    if (err == SYM_NOT_FOUND) {
        return sym_fail(fault, err, "%.*s: no standing list of %.*s was received",
                        (int)asked->dataset.len, (const char *)asked->dataset.data,
                        (int)asked->alias.len, (const char *)asked->alias.data);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err,
                        "%s: its standing list could not be dropped (the store %s); "
                        "it is kept",
                        peer->alias, sym_err_text(err));
    }
    err = sym_vault_sweep(core->vault, fault);
    return err == SYM_OK ? sym_answer_write(answer, &(struct sym_empty){0}) : err;
}

sym_verb_fn *const sym_verbs_data[SYM_VERB_COUNT] = {
    [SYM_VERB_IMPORT_BEGIN] = verb_import_begin,
    [SYM_VERB_IMPORT_CHUNK] = verb_import_chunk,
    [SYM_VERB_IMPORT_END] = verb_import_end,
    [SYM_VERB_DATASET_LIST] = verb_dataset_list,
    [SYM_VERB_DATASET_SHOW] = verb_dataset_show,
    [SYM_VERB_DATASET_PUBLISH] = verb_dataset_publish,
    [SYM_VERB_DATASET_FORGET] = verb_dataset_forget,
    [SYM_VERB_DATASET_DROP] = verb_dataset_drop,
    [SYM_VERB_STANDING_LIST] = verb_standing_list,
    [SYM_VERB_STANDING_DROP] = verb_standing_drop,
};
