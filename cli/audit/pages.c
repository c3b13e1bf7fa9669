#include "cli/audit/pages.h"

#include "cli/exchange_id.h"
#include "cli/pause.h"
#include "cli/progress.h"

#include <inttypes.h>
#include <string.h>

/* Rows in their order, none from before, and an end that comes nearer. */
static bool makes_sense(const struct sym_log_list *page, uint64_t first)
{
    uint64_t least = first;
    for (size_t i = 0; i < page->n_rows; i++) {
        if (page->rows[i].index < least) {
            return false;
        }
        least = page->rows[i].index + 1;
    }
    return page->next >= least && (!page->more || page->next > first);
}

/* False: fn has enough. */
static bool show(const struct sym_log_list *page, bool bodies, sym_audit_fn *fn, void *context)
{
    for (size_t i = 0; i < page->n_rows; i++) {
        SYM_AUDIT_ENTRY_AUTO entry;
        sym_audit_entry_read(&entry, &page->rows[i], bodies);
        if (!fn(context, &entry)) {
            return false;
        }
    }
    return true;
}

static enum sym_err walk_pages(struct sym_client *client, const struct sym_audit_walk *walk,
                               sym_audit_fn *fn, void *context, struct sym_progress *progress,
                               struct sym_fault *fault)
{
    struct sym_log_query query = walk->query;
    for (bool more = true; more;) {
        SYM_ARENA_AUTO arena = {0};
        struct sym_log_list page;
        enum sym_err err = sym_client_ask(client, SYM_VERB_LOG_LIST, &query, &arena, &page, fault);
        if (err != SYM_OK) {
            return err;
        }
        if (!makes_sense(&page, query.first)) {
            return sym_fail(fault, SYM_BAD_FORMAT,
                            "the list of entries that the node answers makes no sense; are "
                            "symbolon and symbolond of the same version?");
        }
        more = show(&page, query.bodies, fn, context) && page.more;
        query.first = page.next;
        if (progress != NULL) {
            sym_progress_update(progress, page.next, walk->total > 0 ? walk->total : page.size,
                                sym_steady_us());
        }
        if (more && sym_pause(0)) {
            return sym_fail(fault, SYM_CANCELLED, "the log was not read to its end: interrupted");
        }
    }
    return SYM_OK;
}

enum sym_err sym_audit_walk(struct sym_client *client, const struct sym_audit_walk *walk,
                            sym_audit_fn *fn, void *context, struct sym_fault *fault)
{
    const char *label = walk->label != NULL ? walk->label : "";
    struct sym_progress progress = sym_progress(label, SYM_PROGRESS_ELEMENTS, sym_steady_us());
    enum sym_err err =
        walk_pages(client, walk, fn, context, walk->label != NULL ? &progress : NULL, fault);
    sym_progress_end(&progress);
    return err;
}

enum sym_err sym_audit_peer(uint8_t out[SYM_NODE_ID_BYTES], struct sym_client *client,
                            const char *text, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_witness_list list;
    struct sym_empty nothing = {0};
    if (strlen(text) == 2 * SYM_NODE_ID_BYTES &&
        sym_unhex(out, SYM_NODE_ID_BYTES, sym_span_text(text)) == SYM_OK) {
        return SYM_OK;
    }
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_LOG_WITNESSES, &nothing, &arena, &list, fault);
    for (size_t i = 0; err == SYM_OK && i < list.n_witnesses; i++) {
        if (sym_span_equal(list.witnesses[i].alias, sym_span_text(text))) {
            memcpy(out, list.witnesses[i].peer.data, SYM_NODE_ID_BYTES);
            return SYM_OK;
        }
    }
    return err != SYM_OK
               ? err
               : sym_fail(fault, SYM_NOT_FOUND,
                          "%.63s: no peer has this alias; \"symbolon log witnesses\" lists "
                          "them, and of one that was removed its node id will do",
                          text);
}

struct search {
    struct sym_id_search ids;
};

/* The entries of one exchange share its id, or where it was held and asked again its handle:
 * either is counted once. */
static void try_id(struct search *s, struct sym_span id)
{
    struct sym_id_search one = s->ids;
    one.n_found = 0;
    sym_id_try(&one, id);
    if (one.n_found > 0 &&
        (s->ids.n_found == 0 || !sym_span_equal(sym_span(s->ids.id, sizeof s->ids.id), id))) {
        memcpy(s->ids.id, id.data, sizeof s->ids.id);
        s->ids.n_found++;
    }
}

static bool try_entry(void *context, const struct sym_audit_entry *e)
{
    struct search *s = context;
    try_id(s, e->leaf.exchange_id);
    try_id(s, e->body.handle);
    return true;
}

enum sym_err sym_audit_exchange(uint8_t out[SYM_EXCHANGE_ID_BYTES], struct sym_client *client,
                                const char *text, struct sym_fault *fault)
{
    struct search s = {.ids = {.n_found = 0}};
    const struct sym_audit_walk walk = {.query = {.bodies = true}, .label = "looking for it"};
    enum sym_err err = sym_id_search(&s.ids, text, fault);
    if (err == SYM_OK && sym_id_is_whole(&s.ids)) {
        return sym_unhex(out, SYM_EXCHANGE_ID_BYTES, sym_span_text(s.ids.digits));
    }
    if (err == SYM_OK) {
        err = sym_audit_walk(client, &walk, try_entry, &s, fault);
    }
    if (err == SYM_OK) {
        err = sym_id_found(&s.ids, "exchange", "log list", fault);
    }
    if (err == SYM_OK) {
        memcpy(out, s.ids.id, SYM_EXCHANGE_ID_BYTES);
    }
    return err;
}

bool sym_audit_is_of(const struct sym_audit_entry *e, struct sym_span exchange_id)
{
    return sym_span_equal(exchange_id, e->leaf.exchange_id) ||
           sym_span_equal(exchange_id, e->body.handle);
}
