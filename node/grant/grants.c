#include "node/grant/grants_state.h"
#include "node/loop.h"
#include "proto/table_mode.h"

#include <stdlib.h>
#include <string.h>

#define REVOKED "the grant was revoked"

#define SPAN(s) (int)(s).len, (s).len > 0 ? (const char *)(s).data : ""

uint64_t sym_grants_now(const struct sym_grants *g)
{
    return g->config.wall_ms != NULL ? g->config.wall_ms() : sym_wall_ms();
}

void sym_grant_name_copy(char out[SYM_ALIAS_BYTES], struct sym_span name)
{
    memcpy(out, name.data, name.len);
    out[name.len] = '\0';
}

static bool is_of(const struct sym_grant_item *item, const struct sym_node_id *peer,
                  struct sym_span dataset, uint32_t kind)
{
    return item->limits.kind == kind && sym_node_id_equal(&item->peer, peer) &&
           sym_span_equal(sym_span_text(item->dataset), dataset);
}

struct sym_grant_item *sym_grants_find(struct sym_grants *g, const struct sym_node_id *peer,
                                       struct sym_span dataset, uint32_t kind)
{
    for (size_t i = 0; i < g->n; i++) {
        if (is_of(&g->items[i], peer, dataset, kind)) {
            return &g->items[i];
        }
    }
    return NULL;
}

void sym_grant_item_row(struct sym_grants *g, struct sym_grant *row,
                        const struct sym_grant_item *item)
{
    const struct sym_peer *peer = sym_peers_by_id(g->config.peers, &item->peer);
    *row = item->limits;
    row->alias = sym_span_text(peer != NULL ? peer->alias : "removed");
    row->dataset = sym_span_text(item->dataset);
    row->added_by = sym_span_text(item->added_by);
    row->asked = sym_asked_count(&item->asked, sym_grants_now(g));
    row->evaluated = sym_asked_count(&item->evaluated, sym_grants_now(g));
}

static void remove_item(struct sym_grants *g, size_t at)
{
    g->n--;
    memmove(&g->items[at], &g->items[at + 1], (g->n - at) * sizeof *g->items);
}

static enum sym_err load(struct sym_transaction *t, void *context)
{
    struct sym_grants *g = context;
    enum sym_err err = sym_grants_load(g, t);
    if (err == SYM_OK) {
        err = sym_held_load(g, t);
    }
    return err == SYM_OK ? sym_patterns_load(g, t) : err;
}

/* Whose the grants are, then the requests and the patterns; NULL after the last. */
static const struct sym_node_id *peer_at(const struct sym_grants *g, size_t at)
{
    if (at < g->n) {
        return &g->items[at].peer;
    }
    at -= g->n;
    if (at < g->n_held) {
        return &g->held[at].peer;
    }
    at -= g->n_held;
    return at < g->n_patterns ? &g->patterns[at].peer : NULL;
}

struct stranger {
    struct sym_grants *grants;
    struct sym_node_id id;
};

static enum sym_err put_stranger(struct sym_transaction *t, void *context)
{
    const struct stranger *s = context;
    return sym_grants_put_dropped(s->grants, t, &s->id, NULL);
}

static enum sym_err drop_stranger(struct stranger *s, struct sym_fault *fault)
{
    enum sym_err err = sym_store_write(s->grants->config.store, put_stranger, s);
    if (err != SYM_OK) {
        return sym_fail(fault, err,
                        "grants: those of a peer that was removed could not be dropped: the change "
                        "%s",
                        sym_err_text(err));
    }
    sym_grants_forget_peer(s->grants, &s->id);
    return SYM_OK;
}

/* What an older node may have left, which removed a peer and its grants one after the other. */
static enum sym_err drop_strangers(struct sym_grants *g, struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && peer_at(g, i) != NULL;) {
        struct stranger s = {.grants = g, .id = *peer_at(g, i)};
        bool stranger = sym_peers_by_id(g->config.peers, &s.id) == NULL;
        err = stranger ? drop_stranger(&s, fault) : SYM_OK;
        i = stranger ? 0 : i + 1;
    }
    return err;
}

enum sym_err sym_grants_open(struct sym_grants **out, const struct sym_grants_config *config,
                             struct sym_fault *fault)
{
    struct sym_grants *g = calloc(1, sizeof *g);
    if (g == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "grants: no memory");
    }
    g->config = *config;
    enum sym_err err = sym_store_read(config->store, load, g);
    if (err != SYM_OK) {
        (void)sym_fail(fault, err, "grants: the stored table %s; restore a backup",
                       sym_err_text(err));
    } else {
        err = drop_strangers(g, fault);
    }
    if (err != SYM_OK) {
        sym_held_clear(g);
        free(g->patterns);
        free(g);
        return err;
    }
    *out = g;
    return SYM_OK;
}

/* Changes ---------------------------------------------------------------------------------- */

struct change {
    struct sym_grants *grants;
    const struct sym_grant_item *item;
    bool replaces;
    const struct sym_node_id *peer;
    const struct sym_author *author;
    const char *alias;
    uint64_t now_ms;
    size_t n_grants;
    size_t n_held;
};

static enum sym_err put_entry(const struct change *c, struct sym_transaction *t,
                              const struct sym_entry_body *body)
{
    const struct sym_entry entry = {.kind = SYM_ENTRY_GRANT, .author = c->author, .body = body};
    return sym_log_append(c->grants->config.log, t, &entry, NULL);
}

static const char *modes_of(const struct sym_grant *l)
{
    if (l->kind != SYM_KIND_OVERLAP_TABLE) {
        return "";
    }
    bool exact = (l->modes & 1u << SYM_TABLE_EXACT) != 0;
    bool dp = (l->modes & 1u << SYM_TABLE_DP) != 0;
    return exact && dp ? " mode=exact,dp" : exact ? " mode=exact" : " mode=dp";
}

static enum sym_err put_added(struct sym_transaction *t, void *context)
{
    const struct change *c = context;
    const struct sym_grant *l = &c->item->limits;
    char words[SYM_DETAIL_BYTES_MAX + 1];
    enum sym_err err = sym_grant_item_put(c->grants, t, c->item);
    const struct sym_entry_body body = {
        .event = sym_span_text(c->replaces ? "grant-replaced" : "grant-added"),
        .alias = sym_span_text(c->alias),
        .subject = sym_span_text(c->item->dataset),
        .exchange_kind = l->kind,
        .detail = sym_log_words(
            words, sizeof words,
            "kind=%s min-size=%u max-size=%u per-day=%u purposes=%x types=%llx expires=%llu "
            "approval=%s%s standing-days=%u elements-per-day=%u",
            sym_kind_text(l->kind), l->min_elements, l->max_elements, l->per_day, l->purposes,
            (unsigned long long)l->types, (unsigned long long)l->expires_s,
            l->approval ? "yes" : "no", modes_of(l), l->standing_days, l->elements_per_day)};
    return err == SYM_OK ? put_entry(c, t, &body) : err;
}

static enum sym_err find_peer(const struct sym_grants *g, const struct sym_peer **out,
                              struct sym_span alias, struct sym_fault *fault)
{
    *out = sym_peers_by_alias(g->config.peers, alias);
    return *out != NULL
               ? SYM_OK
               : sym_fail(fault, SYM_NOT_FOUND,
                          "peer %.*s: is not pinned; \"symbolon peer list\" names those that are",
                          SPAN(alias));
}

/* What a grant says of itself, of the one that it takes the place of: NULL for none. */
static struct sym_grant_item new_item(const struct sym_grants *g, const struct sym_peer *peer,
                                      const struct sym_grant *row, const struct sym_author *author,
                                      const struct sym_grant_item *old)
{
    struct sym_grant_item item = {.peer = peer->id, .limits = *row};
    item.number = g->n > 0 ? g->items[g->n - 1].number + 1 : 1;
    if (old != NULL) { /* what was asked stays counted */
        item.number = old->number;
        item.asked = old->asked;
        item.evaluated = old->evaluated;
    }
    sym_grant_name_copy(item.dataset, row->dataset);
    sym_grant_name_copy(item.added_by, sym_span_text(author->user));
    item.limits.alias = item.limits.dataset = item.limits.added_by = sym_span(NULL, 0);
    item.limits.added_s = sym_grants_now(g) / 1000;
    item.limits.asked = item.limits.evaluated = 0;
    return item;
}

static void keep(struct sym_grants *g, struct sym_grant *out, struct sym_grant *before,
                 struct sym_grant_item *old, const struct sym_grant_item *item)
{
    *before = (struct sym_grant){.kind = 0};
    if (old != NULL) {
        g->replaced = *old;
        sym_grant_item_row(g, before, &g->replaced);
    }
    struct sym_grant_item *kept = old != NULL ? old : &g->items[g->n++];
    *kept = *item;
    sym_grant_item_row(g, out, kept);
}

enum sym_err sym_grants_add(struct sym_grants *g, struct sym_grant *out, struct sym_grant *before,
                            const struct sym_grant *row, const struct sym_author *author,
                            struct sym_fault *fault)
{
    const struct sym_peer *peer = NULL;
    uint64_t now_ms = sym_grants_now(g);
    enum sym_err err = find_peer(g, &peer, row->alias, fault);
    if (err == SYM_OK && sym_alias_check(row->dataset) != SYM_OK) {
        err = sym_fail(fault, SYM_BAD_VALUE,
                       "dataset: 1 to 63 letters, digits, dots, dashes or underscores are needed; "
                       "\"symbolon dataset list\" names those of this node");
    }
    if (err == SYM_OK) {
        err = sym_policy_check(row, now_ms / 1000, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    struct sym_grant_item *old = sym_grants_find(g, &peer->id, row->dataset, row->kind);
    if (old == NULL && g->n >= SYM_GRANTS_MAX) {
        return sym_fail(fault, SYM_LIMIT,
                        "grants: there are %u, the most there can be; revoke one first",
                        SYM_GRANTS_MAX);
    }
    const struct sym_grant_item item = new_item(g, peer, row, author, old);
    struct change c = {.grants = g,
                       .item = &item,
                       .replaces = old != NULL,
                       .author = author,
                       .alias = peer->alias,
                       .now_ms = now_ms};
    err = sym_store_write(g->config.store, put_added, &c);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "grant for %s: it %s; nothing was changed", peer->alias,
                        sym_err_text(err));
    }
    keep(g, out, before, old, &item);
    return SYM_OK;
}

static bool is_under(const struct sym_held_item *h, const struct sym_grant_item *item)
{
    return is_of(item, &h->peer, sym_span_text(h->dataset), h->terms.kind);
}

static void deny_revoked(struct sym_held_item *h, const struct change *c)
{
    h->terms.state = SYM_HELD_DENIED;
    h->terms.decided_ms = c->now_ms;
    h->reason = SYM_REASON_POLICY;
    sym_grant_name_copy(h->decided_by, sym_span_text(c->author->user));
    memcpy(h->why, REVOKED, sizeof REVOKED);
}

static enum sym_err put_revoked(struct sym_transaction *t, void *context)
{
    struct change *c = context;
    struct sym_grants *g = c->grants;
    enum sym_err err = sym_grant_item_delete(t, c->item);
    c->n_held = 0;
    for (size_t i = 0; err == SYM_OK && i < g->n_held; i++) {
        if (sym_held_is_open(&g->held[i]) && is_under(&g->held[i], c->item)) {
            struct sym_held_item denied = g->held[i];
            deny_revoked(&denied, c);
            err = sym_held_item_put(g, t, &denied);
            c->n_held++;
        }
    }
    char words[SYM_DETAIL_BYTES_MAX + 1];
    const struct sym_entry_body body = {
        .event = sym_span_text("grant-revoked"),
        .alias = sym_span_text(c->alias),
        .subject = sym_span_text(c->item->dataset),
        .exchange_kind = c->item->limits.kind,
        .count = c->n_held,
        .detail = sym_log_words(words, sizeof words, "kind=%s requests-denied=%zu",
                                sym_kind_text(c->item->limits.kind), c->n_held)};
    return err == SYM_OK ? put_entry(c, t, &body) : err;
}

enum sym_err sym_grants_revoke(struct sym_grants *g, const struct sym_grant_name *name,
                               const struct sym_author *author, struct sym_fault *fault)
{
    const struct sym_peer *peer = NULL;
    enum sym_err err = find_peer(g, &peer, name->alias, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_grant_item *item = sym_grants_find(g, &peer->id, name->dataset, name->kind);
    if (item == NULL) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "grant: %s has none for %s of dataset %.*s; \"symbolon grants list\" shows "
                        "those there are",
                        peer->alias, sym_kind_text(name->kind), SPAN(name->dataset));
    }
    struct change c = {.grants = g,
                       .item = item,
                       .author = author,
                       .alias = peer->alias,
                       .now_ms = sym_grants_now(g)};
    err = sym_store_write(g->config.store, put_revoked, &c);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "grant for %s: the change %s; it still holds", peer->alias,
                        sym_err_text(err));
    }
    for (size_t i = 0; i < g->n_held; i++) {
        if (sym_held_is_open(&g->held[i]) && is_under(&g->held[i], item)) {
            deny_revoked(&g->held[i], &c);
        } else if (is_under(&g->held[i], item)) {
            g->held[i].in_use = false; /* it is not given back any more */
        }
    }
    remove_item(g, (size_t)(item - g->items));
    return SYM_OK;
}

size_t sym_grants_list(struct sym_grants *g, const struct sym_grant **rows)
{
    for (size_t i = 0; i < g->n; i++) {
        sym_grant_item_row(g, &g->rows[i], &g->items[i]);
    }
    *rows = g->rows;
    return g->n;
}

static enum sym_err put_dropped(struct sym_transaction *t, void *context)
{
    struct change *c = context;
    struct sym_grants *g = c->grants;
    enum sym_err err = SYM_OK;
    c->n_grants = c->n_held = 0;
    for (size_t i = 0; err == SYM_OK && i < g->n; i++) {
        if (sym_node_id_equal(&g->items[i].peer, c->peer)) {
            err = sym_grant_item_delete(t, &g->items[i]);
            c->n_grants++;
        }
    }
    for (size_t i = 0; err == SYM_OK && i < g->n_held; i++) {
        if (sym_node_id_equal(&g->held[i].peer, c->peer)) {
            err = sym_held_item_delete(t, &g->held[i]);
            c->n_held++;
        }
    }
    if (err == SYM_OK) {
        err = sym_pattern_drop(g, t, c->peer);
    }
    char id[2 * SYM_NODE_ID_BYTES + 1];
    sym_hex(id, c->peer->bytes, SYM_NODE_ID_BYTES);
    char words[SYM_DETAIL_BYTES_MAX + 1];
    const struct sym_entry_body body = {
        .event = sym_span_text("grants-dropped"),
        .subject = sym_span_text(id),
        .count = c->n_grants,
        .detail =
            sym_log_words(words, sizeof words, "grants=%zu requests=%zu", c->n_grants, c->n_held)};
    return err == SYM_OK && c->n_grants + c->n_held > 0 ? put_entry(c, t, &body) : err;
}

enum sym_err sym_grants_put_dropped(struct sym_grants *g, struct sym_transaction *t,
                                    const struct sym_node_id *id, const struct sym_author *author)
{
    struct change c = {.grants = g, .peer = id, .author = author, .now_ms = sym_grants_now(g)};
    return put_dropped(t, &c);
}

void sym_grants_forget_peer(struct sym_grants *g, const struct sym_node_id *id)
{
    for (size_t i = g->n; i-- > 0;) {
        if (sym_node_id_equal(&g->items[i].peer, id)) {
            remove_item(g, i);
        }
    }
    sym_held_remove_peer(g, id);
    sym_pattern_forget(g, id);
}
