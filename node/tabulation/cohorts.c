#include "node/tabulation/cohorts.h"

#include <string.h>

/* COHORTS: dataset and a zero byte, epoch (8), qid -> state (1), ids. */
enum state { OPEN = 1, UNMASKED, LEFT };
#define PREFIX_BYTES (SYM_DATASET_BYTES_MAX + 1u + 8u)
#define KEY_BYTES    (PREFIX_BYTES + SYM_HASH_BYTES)
#define VALUE_BYTES  (1u + SYM_TAB_MEMBERS_MAX * SYM_HASH_BYTES)

_Static_assert(KEY_BYTES <= SYM_STORE_KEY_BYTES, "a key of the store");

static enum sym_err prefix_of(uint8_t room[PREFIX_BYTES], struct sym_span *out,
                              const struct sym_cohort *c)
{
    struct sym_writer w = sym_writer(room, PREFIX_BYTES);
    sym_write_span(&w, c->dataset);
    sym_write_u8(&w, 0);
    sym_write_u64(&w, c->epoch);
    return sym_write_end(&w, out);
}

static enum sym_err key_of(uint8_t room[KEY_BYTES], struct sym_span *out,
                           const struct sym_cohort *c)
{
    uint8_t prefix_room[PREFIX_BYTES];
    struct sym_span prefix;
    enum sym_err err = prefix_of(prefix_room, &prefix, c);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_writer w = sym_writer(room, KEY_BYTES);
    sym_write_span(&w, prefix);
    sym_write_bytes(&w, c->qid, SYM_HASH_BYTES);
    return sym_write_end(&w, out);
}

static enum sym_err put(struct sym_transaction *t, const struct sym_cohort *c, enum state state)
{
    uint8_t room[KEY_BYTES];
    uint8_t value_room[VALUE_BYTES];
    struct sym_span key;
    struct sym_span value;
    struct sym_writer w = sym_writer(value_room, sizeof value_room);
    sym_write_u8(&w, (uint8_t)state);
    sym_write_span(&w, c->ids);
    enum sym_err err = sym_write_end(&w, &value);
    if (err == SYM_OK) {
        err = key_of(room, &key, c);
    }
    return err == SYM_OK ? sym_store_put(t, SYM_TABLE_COHORTS, key, value) : err;
}

enum sym_err sym_cohort_open(struct sym_transaction *t, const struct sym_cohort *c)
{
    return put(t, c, OPEN);
}

enum sym_err sym_cohort_unmasked(struct sym_transaction *t, const struct sym_cohort *c)
{
    return put(t, c, UNMASKED);
}

static bool is_open(struct sym_span value)
{
    return value.len > 0 && value.data[0] == OPEN;
}

static enum sym_err leave(struct sym_transaction *t, struct sym_span key)
{
    static const uint8_t left[] = {LEFT};
    return sym_store_put(t, SYM_TABLE_COHORTS, key, sym_span(left, sizeof left));
}

enum sym_err sym_cohort_left(struct sym_transaction *t, const struct sym_cohort *c)
{
    uint8_t room[KEY_BYTES];
    uint8_t value[VALUE_BYTES];
    size_t len = 0;
    struct sym_span key;
    enum sym_err err = key_of(room, &key, c);
    if (err == SYM_OK) {
        err = sym_store_get_into(t, SYM_TABLE_COHORTS, key, NULL, value, sizeof value, &len);
    }
    if (err == SYM_OK && is_open(sym_span(value, len))) {
        err = leave(t, key);
    }
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

/* Comparing ------------------------------------------------------------------------------------ */

struct comparing {
    struct sym_span prefix;
    const struct sym_cohort *c;
    bool found;
};

static enum sym_err compare(void *context, struct sym_span key, struct sym_span value)
{
    struct comparing *at = context;
    if (key.len < at->prefix.len ||
        !sym_span_equal(sym_span(key.data, at->prefix.len), at->prefix)) {
        return SYM_CANCELLED;
    }
    if (key.len != at->prefix.len + SYM_HASH_BYTES || value.len == 0) {
        return SYM_BAD_FORMAT;
    }
    struct sym_span qid = sym_span(key.data + at->prefix.len, SYM_HASH_BYTES);
    bool own = at->c->qid != NULL && sym_span_equal(qid, sym_span(at->c->qid, SYM_HASH_BYTES));
    if (!own && value.data[0] != LEFT) {
        struct sym_span ids = sym_span(value.data + 1, value.len - 1);
        at->found = at->found || sym_tab_too_close(ids, at->c->ids);
    }
    return SYM_OK;
}

enum sym_err sym_cohort_too_close(struct sym_transaction *t, bool *out, const struct sym_cohort *c)
{
    uint8_t room[PREFIX_BYTES];
    struct comparing at = {.c = c};
    enum sym_err err = prefix_of(room, &at.prefix, c);
    if (err == SYM_OK) {
        err = sym_store_each_from(t, SYM_TABLE_COHORTS, at.prefix, compare, &at);
    }
    *out = at.found;
    return err == SYM_CANCELLED ? SYM_OK : err;
}

/* Epochs --------------------------------------------------------------------------------------- */

struct last_epoch {
    struct sym_span prefix;
    uint64_t epoch;
};

static enum sym_err look_at_epoch(void *context, struct sym_span key, struct sym_span value)
{
    struct last_epoch *l = context;
    (void)value;
    if (key.len < l->prefix.len + 8 ||
        !sym_span_equal(sym_span(key.data, l->prefix.len), l->prefix)) {
        return SYM_CANCELLED;
    }
    uint64_t epoch = sym_get_u64(key.data + l->prefix.len);
    l->epoch = epoch > l->epoch ? epoch : l->epoch;
    return SYM_OK;
}

enum sym_err sym_cohort_last_epoch(struct sym_transaction *t, uint64_t *out,
                                   struct sym_span dataset)
{
    uint8_t room[SYM_DATASET_BYTES_MAX + 1u];
    struct sym_span prefix;
    struct sym_writer w = sym_writer(room, sizeof room);
    sym_write_span(&w, dataset);
    sym_write_u8(&w, 0);
    enum sym_err err = sym_write_end(&w, &prefix);
    struct last_epoch l = {.prefix = prefix};
    if (err == SYM_OK) {
        err = sym_store_each_from(t, SYM_TABLE_COHORTS, prefix, look_at_epoch, &l);
    }
    *out = l.epoch;
    return err == SYM_CANCELLED ? SYM_OK : err;
}

/* The start ------------------------------------------------------------------------------------ */

struct forgetting {
    struct sym_transaction *t;
    uint8_t dataset[SYM_DATASET_BYTES_MAX];
    size_t dataset_len; /* 0: none yet */
    uint64_t last;      /* epoch of that dataset */
};

static enum sym_err look_at_dataset(struct forgetting *f, struct sym_span dataset)
{
    if (dataset.len == 0 || dataset.len > sizeof f->dataset) {
        return SYM_BAD_FORMAT;
    }
    if (sym_span_equal(dataset, sym_span(f->dataset, f->dataset_len))) {
        return SYM_OK;
    }
    memcpy(f->dataset, dataset.data, dataset.len);
    f->dataset_len = dataset.len;
    return sym_cohort_last_epoch(f->t, &f->last, sym_span(f->dataset, f->dataset_len));
}

static enum sym_err forget_earlier(void *context, struct sym_span key, struct sym_span value)
{
    struct forgetting *f = context;
    size_t tail = 1 + 8 + SYM_HASH_BYTES;
    (void)value;
    if (key.len <= tail) {
        return SYM_BAD_FORMAT;
    }
    size_t len = key.len - tail;
    enum sym_err err = look_at_dataset(f, sym_span(key.data, len));
    return err == SYM_OK && sym_get_u64(key.data + len + 1) < f->last
               ? sym_store_delete(f->t, SYM_TABLE_COHORTS, key)
               : err;
}

static enum sym_err leave_if_open(void *context, struct sym_span key, struct sym_span value)
{
    return is_open(value) ? leave(context, key) : SYM_OK;
}

enum sym_err sym_cohort_start(struct sym_transaction *t)
{
    struct forgetting f = {.t = t};
    enum sym_err err = sym_store_each(t, SYM_TABLE_COHORTS, forget_earlier, &f);
    return err == SYM_OK ? sym_store_each(t, SYM_TABLE_COHORTS, leave_if_open, t) : err;
}
