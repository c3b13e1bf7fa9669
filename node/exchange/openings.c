#include "node/exchange/openings.h"

#include <string.h>

#define VERSION     1u
#define VALUE_BYTES (9u + SYM_COMMITTED_COUNT * SYM_HASH_BYTES) /* version, time, salts */
#define KEPT_MS     UINT64_C(172800000)
/* Numbers, a node id, six texts with their lengths, and what is bound. */
#define WISH_BYTES                                                                                 \
    (16u + SYM_NODE_ID_BYTES + 6u * 4u + 4u * SYM_ALIAS_BYTES + SYM_CASE_BYTES_MAX +               \
     SYM_NOTE_BYTES_MAX + SYM_DIGEST_BYTES)

#define PERSONALISATION "symbolon-wish--1"

_Static_assert(sizeof PERSONALISATION - 1 == SYM_PERSONALISATION_BYTES, "all of it is used");

enum sym_err sym_opening_wish(struct sym_exchange_matter *m, uint32_t kind,
                              const struct sym_node_id *peer, struct sym_span bound)
{
    const char *const texts[] = {m->user, m->approver, m->mine, m->theirs, m->case_ref, m->note};
    uint8_t bytes[WISH_BYTES];
    struct sym_span all;
    struct sym_writer w = sym_writer(bytes, sizeof bytes);
    sym_write_u32(&w, kind);
    sym_write_u32(&w, m->type);
    sym_write_u32(&w, m->purpose);
    sym_write_u32(&w, m->basis);
    sym_write_bytes(&w, peer->bytes, SYM_NODE_ID_BYTES);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct sym_span text = sym_span_text(texts[i]);
        sym_write_u32(&w, (uint32_t)text.len);
        sym_write_span(&w, text);
    }
    sym_write_span(&w, bound);
    enum sym_err err = sym_write_end(&w, &all);
    if (err == SYM_OK) {
        sym_digest(m->wish, PERSONALISATION, &all, 1);
    }
    sym_wipe(bytes, sizeof bytes); /* case and note */
    return err;
}

static bool is_over(uint64_t kept_ms, uint64_t now_ms)
{
    return kept_ms < now_ms && now_ms - kept_ms > KEPT_MS;
}

struct finding {
    struct sym_exchange_matter *matter;
    uint64_t now_ms;
};

static enum sym_err find(struct sym_transaction *t, void *context)
{
    const struct finding *f = context;
    struct sym_exchange_matter *m = f->matter;
    SYM_SECRET_AUTO value = {0};
    enum sym_err err =
        sym_store_get(t, SYM_TABLE_OPENINGS, sym_span(m->wish, sizeof m->wish), &value);
    if (err != SYM_OK) {
        return err == SYM_NOT_FOUND ? SYM_OK : err;
    }
    if (value.len != VALUE_BYTES || value.data[0] != VERSION) {
        return value.len != VALUE_BYTES ? SYM_BAD_FORMAT : SYM_BAD_VERSION;
    }
    if (!is_over(sym_get_u64(value.data + 1), f->now_ms)) {
        memcpy(m->salts, value.data + 9, sizeof m->salts);
    }
    return SYM_OK;
}

enum sym_err sym_opening_find(struct sym_store *store, struct sym_exchange_matter *m,
                              uint64_t now_ms)
{
    struct finding f = {.matter = m, .now_ms = now_ms};
    return sym_store_read(store, find, &f);
}

enum sym_err sym_opening_put(struct sym_transaction *t, const struct sym_exchange_matter *m,
                             uint64_t now_ms)
{
    uint8_t value[VALUE_BYTES] = {VERSION};
    sym_put_u64(value + 1, now_ms);
    memcpy(value + 9, m->salts, sizeof m->salts);
    enum sym_err err = sym_store_put(t, SYM_TABLE_OPENINGS, sym_span(m->wish, sizeof m->wish),
                                     sym_span(value, sizeof value));
    sym_wipe(value, sizeof value);
    return err;
}

enum sym_err sym_opening_drop(struct sym_transaction *t, const struct sym_exchange_matter *m)
{
    enum sym_err err = sym_store_delete(t, SYM_TABLE_OPENINGS, sym_span(m->wish, sizeof m->wish));
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

struct pruning {
    struct sym_transaction *t;
    uint64_t now_ms;
};

static enum sym_err forget_if_over(void *context, struct sym_span key, struct sym_span value)
{
    const struct pruning *p = context;
    if (value.len != VALUE_BYTES) {
        return SYM_BAD_FORMAT;
    }
    return is_over(sym_get_u64(value.data + 1), p->now_ms)
               ? sym_store_delete(p->t, SYM_TABLE_OPENINGS, key)
               : SYM_OK;
}

static enum sym_err prune(struct sym_transaction *t, void *context)
{
    struct pruning *p = context;
    p->t = t;
    return sym_store_each(t, SYM_TABLE_OPENINGS, forget_if_over, p);
}

enum sym_err sym_openings_prune(struct sym_store *store, uint64_t now_ms)
{
    struct pruning p = {.now_ms = now_ms};
    return sym_store_write(store, prune, &p);
}
