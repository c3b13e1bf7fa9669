#include "node/exchange/sightings.h"

#include <string.h>

#define KEPT_MS ((uint64_t)SYM_REQUEST_LIFE_MS_MAX + 2u * SYM_CLOCK_SKEW_MS)

static enum sym_err look(struct sym_transaction *t, void *context)
{
    struct sym_span key = sym_span(context, SYM_EXCHANGE_ID_BYTES);
    enum sym_err err = sym_store_has(t, SYM_TABLE_EXCHANGES, key);
    if (err == SYM_NOT_FOUND) {
        /* Entry and result of an exchange lie under its id for good. */
        err = sym_store_has(t, SYM_TABLE_HISTORY, key);
    }
    return err == SYM_OK ? SYM_REPLAY : err == SYM_NOT_FOUND ? SYM_OK : err;
}

enum sym_err sym_sightings_check(struct sym_store *store, const uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    uint8_t copy[SYM_EXCHANGE_ID_BYTES];
    memcpy(copy, id, sizeof copy);
    return sym_store_read(store, look, copy);
}

enum sym_err sym_sightings_put(struct sym_transaction *t, const uint8_t id[SYM_EXCHANGE_ID_BYTES],
                               uint64_t now_ms)
{
    uint8_t copy[SYM_EXCHANGE_ID_BYTES];
    uint8_t when[8];
    memcpy(copy, id, sizeof copy);
    sym_put_u64(when, now_ms);
    enum sym_err err = look(t, copy);
    return err == SYM_OK ? sym_store_put(t, SYM_TABLE_EXCHANGES, sym_span(copy, sizeof copy),
                                         sym_span(when, sizeof when))
                         : err;
}

struct pruning {
    struct sym_transaction *t;
    uint64_t now_ms;
    const struct sym_sightings_place *place;
    size_t n;
    struct sym_sightings_place next;
};

static enum sym_err forget_if_stale(void *context, struct sym_span key, struct sym_span value)
{
    struct pruning *p = context;
    if (value.len != 8 || key.len != sizeof p->next.from) {
        return SYM_BAD_FORMAT;
    }
    if (p->n == SYM_SIGHTINGS_PORTION) {
        memcpy(p->next.from, key.data, sizeof p->next.from);
        p->next.more = true;
        return SYM_LIMIT;
    }
    p->n++;
    /* One from the future stays: the clock may have been set back. */
    uint64_t seen_ms = sym_get_u64(value.data);
    bool stale = seen_ms < p->now_ms && p->now_ms - seen_ms > KEPT_MS;
    return stale ? sym_store_delete(p->t, SYM_TABLE_EXCHANGES, key) : SYM_OK;
}

static enum sym_err prune(struct sym_transaction *t, void *context)
{
    struct pruning *p = context;
    p->t = t;
    p->n = 0;
    p->next = (struct sym_sightings_place){.more = false};
    enum sym_err err =
        sym_store_each_from(t, SYM_TABLE_EXCHANGES, sym_span(p->place->from, sizeof p->place->from),
                            forget_if_stale, p);
    return err == SYM_LIMIT && p->next.more ? SYM_OK : err;
}

enum sym_err sym_sightings_prune(struct sym_store *store, struct sym_sightings_place *place,
                                 uint64_t now_ms)
{
    struct pruning p = {.now_ms = now_ms, .place = place};
    enum sym_err err = sym_store_write(store, prune, &p);
    if (err == SYM_OK) {
        *place = p.next;
    }
    return err;
}
