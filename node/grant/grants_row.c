#include "node/grant/grants_state.h"
#include "proto/codec.h"
#include "proto/overlap_agree.h"
#include "proto/table_mode.h"

#include <stdlib.h>
#include <string.h>

#define RECORD_VERSION 2u
#define RECORD_FIRST   1u /* before engines, least results and budgets */
#define RECORD_BYTES   512u
#define KEY_BYTES      (SYM_NODE_ID_BYTES + 8u)

/* Key: node id, number. The dataset's name stays inside the sealed value. */
static struct sym_span key_of(uint8_t out[KEY_BYTES], const struct sym_grant_item *item)
{
    memcpy(out, item->peer.bytes, SYM_NODE_ID_BYTES);
    sym_put_u64(out + SYM_NODE_ID_BYTES, item->number);
    return sym_span(out, KEY_BYTES);
}

enum sym_err sym_grant_item_put(struct sym_grants *g, struct sym_transaction *t,
                                const struct sym_grant_item *item)
{
    uint8_t key[KEY_BYTES];
    uint8_t bytes[RECORD_BYTES];
    size_t len = 0;
    struct sym_grant row;
    sym_grant_item_row(g, &row, item);
    row.asked = row.evaluated = 0; /* have tables of their own */
    bytes[0] = RECORD_VERSION;
    enum sym_err err = sym_encode(bytes + 1, sizeof bytes - 1, &len, &sym_msg_grant, &row);
    return err == SYM_OK
               ? sym_store_put(t, SYM_TABLE_GRANTS, key_of(key, item), sym_span(bytes, len + 1))
               : err;
}

static enum sym_err put_asked(struct sym_transaction *t, enum sym_table table,
                              const struct sym_grant_item *item, const struct sym_asked *asked)
{
    uint8_t key[KEY_BYTES];
    uint8_t bytes[SYM_ASKED_BYTES];
    sym_asked_write(bytes, asked);
    return sym_store_put(t, table, key_of(key, item), sym_span(bytes, sizeof bytes));
}

enum sym_err sym_asked_item_put(struct sym_transaction *t, const struct sym_grant_item *item)
{
    return put_asked(t, SYM_TABLE_ASKED, item, &item->asked);
}

enum sym_err sym_evaluated_item_put(struct sym_transaction *t, const struct sym_grant_item *item)
{
    return put_asked(t, SYM_TABLE_EVALUATED, item, &item->evaluated);
}

enum sym_err sym_grant_item_delete(struct sym_transaction *t, const struct sym_grant_item *item)
{
    uint8_t key[KEY_BYTES];
    enum sym_err err = sym_store_delete(t, SYM_TABLE_GRANTS, key_of(key, item));
    if (err == SYM_OK) {
        err = sym_store_delete(t, SYM_TABLE_ASKED, key_of(key, item));
        err = err == SYM_NOT_FOUND ? SYM_OK : err; /* was never asked */
    }
    if (err == SYM_OK) {
        err = sym_store_delete(t, SYM_TABLE_EVALUATED, key_of(key, item));
        err = err == SYM_NOT_FOUND ? SYM_OK : err;
    }
    return err;
}

static enum sym_err load_grant(void *context, struct sym_span key, struct sym_span value)
{
    struct sym_grants *g = context;
    SYM_ARENA_AUTO arena = {0};
    struct sym_grant row;
    if (key.len != KEY_BYTES || value.len < 1) {
        return SYM_BAD_FORMAT;
    }
    if (value.data[0] != RECORD_VERSION && value.data[0] != RECORD_FIRST) {
        return SYM_BAD_VERSION;
    }
    if (g->n >= SYM_GRANTS_MAX) {
        return SYM_LIMIT;
    }
    enum sym_err err =
        sym_decode(&arena, &row, &sym_msg_grant, sym_span(value.data + 1, value.len - 1));
    if (err != SYM_OK) {
        return err;
    }
    struct sym_grant_item *item = &g->items[g->n++];
    *item = (struct sym_grant_item){.number = sym_get_u64(key.data + SYM_NODE_ID_BYTES)};
    memcpy(item->peer.bytes, key.data, SYM_NODE_ID_BYTES);
    sym_grant_name_copy(item->dataset, row.dataset);
    sym_grant_name_copy(item->added_by, row.added_by);
    item->limits = row;
    item->limits.alias = item->limits.dataset = item->limits.added_by = sym_span(NULL, 0);
    if (value.data[0] == RECORD_FIRST) { /* was given when there was no other engine */
        item->limits.engines = 1u << SYM_OVERLAP_ENGINE_DH;
    }
    if (row.kind == SYM_KIND_OVERLAP_TABLE && row.modes == 0) { /* before there were modes */
        item->limits.modes = 1u << SYM_TABLE_DP;
    }
    return SYM_OK;
}

static struct sym_grant_item *find_key(struct sym_grants *g, struct sym_span key)
{
    uint8_t own[KEY_BYTES];
    for (size_t i = 0; i < g->n; i++) {
        if (sym_span_equal(key, key_of(own, &g->items[i]))) {
            return &g->items[i];
        }
    }
    return NULL;
}

static enum sym_err load_asked(void *context, struct sym_span key, struct sym_span value)
{
    struct sym_grant_item *item = find_key(context, key);
    return item != NULL ? sym_asked_read(&item->asked, value) : SYM_BAD_FORMAT;
}

static enum sym_err load_evaluated(void *context, struct sym_span key, struct sym_span value)
{
    struct sym_grant_item *item = find_key(context, key);
    return item != NULL ? sym_asked_read(&item->evaluated, value) : SYM_BAD_FORMAT;
}

static int by_number(const void *a, const void *b)
{
    uint64_t first = ((const struct sym_grant_item *)a)->number;
    uint64_t second = ((const struct sym_grant_item *)b)->number;
    return first < second ? -1 : first > second;
}

enum sym_err sym_grants_load(struct sym_grants *g, struct sym_transaction *t)
{
    g->n = 0;
    enum sym_err err = sym_store_each(t, SYM_TABLE_GRANTS, load_grant, g);
    if (err == SYM_OK) {
        err = sym_store_each(t, SYM_TABLE_ASKED, load_asked, g);
    }
    if (err == SYM_OK) {
        err = sym_store_each(t, SYM_TABLE_EVALUATED, load_evaluated, g);
    }
    if (err == SYM_OK) {
        qsort(g->items, g->n, sizeof *g->items, by_number);
    }
    return err;
}
