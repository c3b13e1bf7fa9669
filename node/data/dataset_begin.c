/* How an import begins: what must fit what is there, and what runs already. */
#include "node/data/datasets.h"
#include "node/data/datasets_state.h"
#include "node/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum sym_err check_names(const struct sym_import_begin *begin, struct sym_fault *fault)
{
    bool named = sym_alias_check(begin->dataset) == SYM_OK;
    if (begin->id.len == SYM_IMPORT_ID_BYTES && named &&
        sym_alias_check(begin->profile) == SYM_OK) {
        return SYM_OK;
    }
    return sym_fail(fault, SYM_BAD_VALUE,
                    "%s: 1 to 63 letters, digits, dots, dashes or underscores are needed, the "
                    "first a letter or digit",
                    named ? "profile name" : "dataset name");
}

/* Makes way where the same user was cut off a while ago. */
static enum sym_err check_alone(struct sym_datasets *d, const struct sym_import_begin *begin,
                                const struct sym_author *author, struct sym_fault *fault)
{
    for (size_t i = 0; i < SYM_IMPORTS_MAX; i++) {
        struct sym_import *m = d->imports[i];
        if (m == NULL || !sym_span_equal(sym_span_text(m->added.name), begin->dataset)) {
            continue;
        }
        bool own = strcmp(m->user, author->user) == 0;
        if (!own || sym_import_silent_ms(d, m) < SYM_IMPORT_TAKEOVER_MS) {
            return sym_fail(fault, SYM_EXISTS,
                            "dataset %s: is being imported by %s; wait until that has ended, or "
                            "for %s without a word",
                            m->added.name, m->user, own ? "two seconds" : "ten minutes");
        }
        sym_import_give_up(d, i);
    }
    return SYM_OK;
}

static enum sym_err check_room(const struct sym_datasets *d, size_t *at,
                               const struct sym_import_begin *begin, struct sym_fault *fault)
{
    size_t datasets = d->n + (sym_datasets_named(d, begin->dataset) == NULL);
    size_t free_at = SYM_IMPORTS_MAX;
    for (size_t i = 0; i < SYM_IMPORTS_MAX; i++) {
        if (d->imports[i] == NULL) {
            free_at = i;
        } else {
            datasets += sym_datasets_named(d, sym_span_text(d->imports[i]->added.name)) == NULL;
        }
    }
    if (free_at == SYM_IMPORTS_MAX) {
        return sym_fail(fault, SYM_LIMIT,
                        "import: %u run, the most there can be; wait until one has ended",
                        SYM_IMPORTS_MAX);
    }
    if (datasets > SYM_DATASETS_MAX) {
        return sym_fail(
            fault, SYM_LIMIT, "dataset %.*s: there are %u, the most there can be; drop one first",
            (int)begin->dataset.len, (const char *)begin->dataset.data, SYM_DATASETS_MAX);
    }
    *at = free_at;
    return SYM_OK;
}

static uint32_t kind_of(const struct sym_import_begin *begin)
{
    return begin->kind == SYM_DATASET_NONE ? SYM_DATASET_IDENTIFIERS : begin->kind;
}

/* What is added to or replaced must be of the same kind; aggregates are added to such with the same
 * bounds. */
static enum sym_err check_kind(const struct sym_datasets *d, const struct sym_import_begin *begin,
                               struct sym_fault *fault)
{
    const struct sym_dataset *old = sym_datasets_named(d, begin->dataset);
    bool bounded = begin->cells_per_incident > 0 && begin->persons_max > 0;
    bool declares = begin->cells_per_incident > 0 || begin->persons_max > 0;
    if (kind_of(begin) == SYM_DATASET_AGGREGATES ? !bounded : declares) {
        return sym_fail(
            fault, SYM_BAD_VALUE,
            "dataset %.*s: aggregates declare in how many cells one incident counts, and "
            "how many persons of it; others declare nothing",
            (int)begin->dataset.len, (const char *)begin->dataset.data);
    }
    if (old == NULL) {
        return SYM_OK;
    }
    if (old->kind != kind_of(begin)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "dataset %s: holds %s, and these are %s; import them under another name, "
                        "or drop it first: \"symbolon dataset drop %s\"",
                        old->name, sym_dataset_kind_text(old->kind),
                        sym_dataset_kind_text(kind_of(begin)), old->name);
    }
    if (!begin->append) {
        return SYM_OK;
    }
    if (old->cells_per_incident != begin->cells_per_incident ||
        old->persons_max != begin->persons_max) {
        return sym_fail(
            fault, SYM_BAD_VALUE,
            "dataset %s: was declared with %u cells per incident and %u persons; append "
            "with the same",
            old->name, (unsigned)old->cells_per_incident, (unsigned)old->persons_max);
    }
    return SYM_OK;
}

static struct sym_import *import_new(const struct sym_datasets *d,
                                     const struct sym_import_begin *begin,
                                     const struct sym_author *author)
{
    struct sym_import *m = calloc(1, sizeof *m);
    if (m == NULL) {
        return NULL;
    }
    if (sym_stage_new(&m->stage) != SYM_OK) {
        sym_import_free(m);
        return NULL;
    }
    memcpy(m->id, begin->id.data, sizeof m->id);
    (void)snprintf(m->user, sizeof m->user, "%s", author->user);
    memcpy(m->added.name, begin->dataset.data, begin->dataset.len);
    memcpy(m->added.profile, begin->profile.data, begin->profile.len);
    (void)snprintf(m->added.imported_by, sizeof m->added.imported_by, "%s", author->user);
    m->added.kind = kind_of(begin);
    m->added.cells_per_incident = begin->cells_per_incident;
    m->added.persons_max = begin->persons_max;
    m->append = begin->append;
    m->added.canon_version = begin->canon_version > 0 ? (uint8_t)begin->canon_version : 1;
    const struct sym_dataset *old = sym_datasets_named(d, begin->dataset);
    if (begin->append && old != NULL) {
        if (old->canon_version < m->added.canon_version) {
            m->added.canon_version = old->canon_version;
        }
        memcpy(m->added.content, old->content, sizeof m->added.content);
        m->first = old->segments;
    } else {
        sym_random(m->added.content, sizeof m->added.content);
    }
    return m;
}

static enum sym_err go_on(const struct sym_import *m, const struct sym_import_begin *begin,
                          struct sym_fault *fault)
{
    bool same = sym_span_equal(sym_span_text(m->added.name), begin->dataset) &&
                sym_span_equal(sym_span_text(m->added.profile), begin->profile) &&
                m->append == begin->append && m->added.kind == kind_of(begin);
    return same ? SYM_OK
                : sym_fail(fault, SYM_WRONG_STATE,
                           "import of %s: was begun in another way under this id; run the command "
                           "again",
                           m->added.name);
}

enum sym_err sym_datasets_import_begin(struct sym_datasets *d, uint64_t *next,
                                       const struct sym_import_begin *begin,
                                       const struct sym_author *author, struct sym_fault *fault)
{
    size_t at = sym_import_find(d, begin->id);
    bool known = at < SYM_IMPORTS_MAX || sym_import_find_ended(d, begin->id) != NULL;
    if (known || begin->goes_on) {
        enum sym_err err = sym_import_get(d, &at, begin->id, author, fault);
        if (err == SYM_OK) {
            err = go_on(d->imports[at], begin, fault);
        }
        if (err == SYM_OK) {
            d->imports[at]->heard_ms = d->config.now_ms();
            *next = d->imports[at]->next;
        }
        return err;
    }
    sym_datasets_tidy(d);
    enum sym_err err = check_names(begin, fault);
    if (err == SYM_OK) {
        err = check_kind(d, begin, fault);
    }
    if (err == SYM_OK) {
        err = check_alone(d, begin, author, fault);
    }
    if (err == SYM_OK) {
        err = check_room(d, &at, begin, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    struct sym_import *m = import_new(d, begin, author);
    if (m == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "import of %.*s: no memory", (int)begin->dataset.len,
                        (const char *)begin->dataset.data);
    }
    m->heard_ms = d->config.now_ms();
    d->imports[at] = m;
    *next = 0;
    return SYM_OK;
}
