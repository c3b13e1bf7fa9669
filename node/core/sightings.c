#include "node/core/sightings.h"

#define KEPT_MS ((uint64_t)SYM_REQUEST_LIFE_MS_MAX + 2u * SYM_CLOCK_SKEW_MS)

struct sighting {
    const uint8_t *id;
    uint64_t now_ms;
};

static enum sym_err remember(struct sym_transaction *t, void *context)
{
    const struct sighting *s = context;
    uint8_t when[8];
    struct sym_span key = sym_span(s->id, SYM_EXCHANGE_ID_BYTES);
    enum sym_err err = sym_store_has(t, SYM_TABLE_EXCHANGES, key);
    if (err == SYM_NOT_FOUND) {
        /* Entry, result and salts of an exchange lie under its id for good. */
        err = sym_store_has(t, SYM_TABLE_HISTORY, key);
    }
    if (err == SYM_OK) {
        return SYM_REPLAY;
    }
    sym_put_u64(when, s->now_ms);
    return err == SYM_NOT_FOUND
               ? sym_store_put(t, SYM_TABLE_EXCHANGES, key, sym_span(when, sizeof when))
               : err;
}

enum sym_err sym_sightings_add(struct sym_store *store, const uint8_t id[SYM_EXCHANGE_ID_BYTES],
                               uint64_t now_ms)
{
    struct sighting s = {.id = id, .now_ms = now_ms};
    return sym_store_write(store, remember, &s);
}

struct pruning {
    struct sym_transaction *t;
    uint64_t now_ms;
};

static enum sym_err forget_if_stale(void *context, struct sym_span key, struct sym_span value)
{
    const struct pruning *p = context;
    if (value.len != 8) {
        return SYM_BAD_FORMAT;
    }
    /* One from the future stays: the clock may have been set back. */
    uint64_t seen_ms = sym_get_u64(value.data);
    bool stale = seen_ms < p->now_ms && p->now_ms - seen_ms > KEPT_MS;
    return stale ? sym_store_delete(p->t, SYM_TABLE_EXCHANGES, key) : SYM_OK;
}

static enum sym_err prune(struct sym_transaction *t, void *context)
{
    struct pruning *p = context;
    p->t = t;
    return sym_store_each(t, SYM_TABLE_EXCHANGES, forget_if_stale, p);
}

enum sym_err sym_sightings_prune(struct sym_store *store, uint64_t now_ms)
{
    struct pruning p = {.now_ms = now_ms};
    return sym_store_write(store, prune, &p);
}
