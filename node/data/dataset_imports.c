/* The imports that run, and those that ended lately: found by their ids, given up. */
#include "node/data/datasets.h"
#include "node/data/datasets_state.h"
#include "node/loop.h"

#include <stdlib.h>
#include <string.h>

void sym_import_free(struct sym_import *m)
{
    if (m != NULL) {
        sym_stage_free(m->stage);
        free(m);
    }
}

void sym_imports_clear(struct sym_datasets *d)
{
    for (size_t i = 0; i < SYM_IMPORTS_MAX; i++) {
        sym_import_free(d->imports[i]);
        d->imports[i] = NULL;
    }
}

struct removal {
    struct sym_datasets *datasets;
    const struct sym_import *import;
};

/* One more than it has written: a transaction that failed may have left it in old pages. */
static enum sym_err remove_fn(struct sym_transaction *t, void *context)
{
    const struct removal *r = context;
    const struct sym_import *m = r->import;
    enum sym_err err = SYM_OK;
    for (uint32_t i = 0; i <= m->written && err == SYM_OK; i++) {
        uint8_t key[SYM_SEGMENT_KEY_BYTES];
        err = sym_vault_delete(r->datasets->config.vault, t,
                               sym_segment_key(key, m->added.content, m->first + i));
    }
    return err;
}

void sym_import_remember(struct sym_datasets *d, const struct sym_import *m, bool kept)
{
    struct sym_import_ended *e = &d->ended[d->n_ended++ % SYM_IMPORTS_ENDED];
    *e = (struct sym_import_ended){.kept = kept, .kind = m->added.kind};
    memcpy(e->id, m->id, sizeof e->id);
    memcpy(e->dataset, m->added.name, sizeof e->dataset);
    memcpy(e->user, m->user, sizeof e->user);
}

void sym_import_give_up(struct sym_datasets *d, size_t at)
{
    struct sym_import *m = d->imports[at];
    struct removal r = {.datasets = d, .import = m};
    d->imports[at] = NULL;
    sym_import_remember(d, m, false);
    if (m->written > 0 || m->failed) {
        /* What fails here, tidying makes up for. */
        d->litter = sym_store_write(d->config.store, remove_fn, &r) != SYM_OK || d->litter;
        sym_datasets_sweep(d);
    }
    sym_import_free(m);
}

void sym_imports_drop(struct sym_datasets *d, struct sym_span dataset)
{
    for (size_t i = 0; i < SYM_IMPORTS_MAX; i++) {
        if (d->imports[i] != NULL &&
            sym_span_equal(sym_span_text(d->imports[i]->added.name), dataset)) {
            sym_import_give_up(d, i);
        }
    }
}

uint64_t sym_import_silent_ms(const struct sym_datasets *d, const struct sym_import *m)
{
    uint64_t now = d->config.now_ms();
    return now > m->heard_ms ? now - m->heard_ms : 0;
}

void sym_imports_expire(struct sym_datasets *d)
{
    for (size_t i = 0; i < SYM_IMPORTS_MAX; i++) {
        if (d->imports[i] != NULL && sym_import_silent_ms(d, d->imports[i]) > SYM_IMPORT_IDLE_MS) {
            sym_import_give_up(d, i);
        }
    }
}

const struct sym_import_ended *sym_import_find_ended(const struct sym_datasets *d,
                                                     struct sym_span id)
{
    size_t n = d->n_ended < SYM_IMPORTS_ENDED ? d->n_ended : SYM_IMPORTS_ENDED;
    for (size_t i = 0; i < n; i++) {
        if (sym_span_equal(sym_span(d->ended[i].id, SYM_IMPORT_ID_BYTES), id)) {
            return &d->ended[i];
        }
    }
    return NULL;
}

size_t sym_import_find(const struct sym_datasets *d, struct sym_span id)
{
    size_t at = 0;
    while (at < SYM_IMPORTS_MAX &&
           (d->imports[at] == NULL ||
            !sym_span_equal(sym_span(d->imports[at]->id, SYM_IMPORT_ID_BYTES), id))) {
        at++;
    }
    return at;
}

enum sym_err sym_import_check_user(const char *owner, const char *dataset,
                                   const struct sym_author *author, struct sym_fault *fault)
{
    return strcmp(owner, author->user) == 0
               ? SYM_OK
               : sym_fail(fault, SYM_DENIED,
                          "import of %s: was begun by %s, and goes on with that user only", dataset,
                          owner);
}

enum sym_err sym_import_get(const struct sym_datasets *d, size_t *at, struct sym_span id,
                            const struct sym_author *author, struct sym_fault *fault)
{
    size_t found = sym_import_find(d, id);
    if (found < SYM_IMPORTS_MAX) {
        *at = found;
        return sym_import_check_user(d->imports[found]->user, d->imports[found]->added.name, author,
                                     fault);
    }
    const struct sym_import_ended *e = sym_import_find_ended(d, id);
    if (e == NULL) {
        return sym_fail(
            fault, SYM_NOT_FOUND,
            "import: is not known; the node was started again since, or gave it up "
            "after ten minutes without a word: look with \"symbolon dataset show\" whether "
            "it was kept, and run the command again where it was not");
    }
    return sym_fail(fault, SYM_WRONG_STATE, "import of %s: %s; run the command again", e->dataset,
                    e->kept ? "has ended" : "was given up");
}
