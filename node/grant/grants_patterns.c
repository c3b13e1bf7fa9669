/* How each peer asks: loaded, counted, judged. A count becomes durable with the decision that it
 * belongs to; of requests that make no commit, with the next one or when the node stops. */
#include "node/grant/grants_state.h"

#include <stdlib.h>
#include <string.h>

static struct sym_pattern_item *find(const struct sym_grants *g, const struct sym_node_id *peer)
{
    for (size_t i = 0; i < g->n_patterns; i++) {
        if (sym_node_id_equal(&g->patterns[i].peer, peer)) {
            return &g->patterns[i];
        }
    }
    return NULL;
}

struct sym_pattern_item *sym_pattern_item_of(struct sym_grants *g, const struct sym_node_id *peer)
{
    struct sym_pattern_item *item = find(g, peer);
    if (item != NULL || g->n_patterns >= SYM_PEERS_MAX) {
        return item;
    }
    size_t room = g->n_patterns + 1;
    struct sym_pattern_item *items = realloc(g->patterns, room * sizeof *items);
    if (items == NULL) {
        return NULL;
    }
    g->patterns = items;
    item = &items[g->n_patterns++];
    *item = (struct sym_pattern_item){.peer = *peer};
    return item;
}

enum sym_err sym_pattern_item_put(struct sym_transaction *t, const struct sym_pattern_item *item)
{
    uint8_t bytes[SYM_PATTERN_BYTES];
    sym_pattern_write(bytes, &item->pattern);
    return sym_store_put(t, SYM_TABLE_PATTERNS, sym_span(item->peer.bytes, SYM_NODE_ID_BYTES),
                         sym_span(bytes, sizeof bytes));
}

static enum sym_err load_one(void *context, struct sym_span key, struct sym_span value)
{
    struct sym_grants *g = context;
    struct sym_node_id peer;
    if (key.len != SYM_NODE_ID_BYTES) {
        return SYM_BAD_FORMAT;
    }
    memcpy(peer.bytes, key.data, key.len);
    struct sym_pattern_item *item = sym_pattern_item_of(g, &peer);
    return item != NULL                     ? sym_pattern_read(&item->pattern, value)
           : g->n_patterns >= SYM_PEERS_MAX ? SYM_LIMIT
                                            : SYM_NO_MEMORY;
}

enum sym_err sym_patterns_load(struct sym_grants *g, struct sym_transaction *t)
{
    g->n_patterns = 0;
    return sym_store_each(t, SYM_TABLE_PATTERNS, load_one, g);
}

static enum sym_err put_dirty(struct sym_transaction *t, void *context)
{
    const struct sym_grants *g = context;
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < g->n_patterns; i++) {
        err = g->patterns[i].dirty ? sym_pattern_item_put(t, &g->patterns[i]) : SYM_OK;
    }
    return err;
}

void sym_patterns_clear(struct sym_grants *g)
{
    bool dirty = false;
    for (size_t i = 0; i < g->n_patterns; i++) {
        dirty = dirty || g->patterns[i].dirty;
    }
    if (dirty) {
        enum sym_err err = sym_store_write(g->config.store, put_dirty, g);
        (void)err; /* a warning may come later, or not; nothing else hangs on these counts */
    }
    free(g->patterns);
    g->patterns = NULL;
    g->n_patterns = 0;
}

enum sym_err sym_pattern_drop(const struct sym_grants *g, struct sym_transaction *t,
                              const struct sym_node_id *peer)
{
    if (find(g, peer) == NULL) {
        return SYM_OK;
    }
    enum sym_err err =
        sym_store_delete(t, SYM_TABLE_PATTERNS, sym_span(peer->bytes, SYM_NODE_ID_BYTES));
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

void sym_pattern_forget(struct sym_grants *g, const struct sym_node_id *peer)
{
    struct sym_pattern_item *item = find(g, peer);
    if (item != NULL) {
        *item = g->patterns[--g->n_patterns];
    }
}

size_t sym_grants_unusual(const struct sym_grants *g, struct sym_unusual *out, size_t max)
{
    uint64_t now_ms = sym_grants_now(g);
    size_t n = 0;
    for (size_t i = 0; i < g->n_patterns && n < max; i++) {
        struct sym_unusual u = {.peer = sym_peers_by_id(g->config.peers, &g->patterns[i].peer)};
        sym_pattern_judge(&u.finding, &g->patterns[i].pattern, now_ms);
        if (u.peer != NULL && (u.finding.asked > 0 || u.finding.probes > 0)) {
            out[n++] = u;
        }
    }
    return n;
}
