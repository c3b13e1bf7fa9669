#include "node/store/vault.h"

#include "node/store/erasure.h"

#include <stdlib.h>
#include <string.h>

#define STATE_KEY   "state"
#define STATE_BYTES 9u
#define KEY_BYTES   32u

/* The one entry of its table: which master key the others are wrapped under (8 bytes), and whether
 * something was deleted since (1). Read anew in every transaction: what a commit that failed has
 * left is the store's to say. */
struct state {
    uint64_t generation;
    bool due;
};

/* Where a vault lies. */
struct place {
    enum sym_table values; /* as keys: there are none */
    enum sym_table keys;
    enum sym_table state;
    const char *file;
};

static const struct place places[] = {
    [SYM_VAULT_DATA] = {SYM_TABLE_VAULT, SYM_TABLE_VAULT_KEYS, SYM_TABLE_VAULT_STATE,
                        SYM_ERASURE_FILE},
    [SYM_VAULT_EVIDENCE] = {SYM_TABLE_BODY_KEYS, SYM_TABLE_BODY_KEYS, SYM_TABLE_BODY_STATE,
                            SYM_EVIDENCE_FILE},
};

struct sym_vault {
    struct sym_store *store;
    const struct place *at;
    struct sym_erasure file;
};

static enum sym_err read_state(const struct sym_vault *v, struct sym_transaction *t,
                               struct state *out)
{
    uint8_t record[STATE_BYTES];
    size_t len = 0;
    enum sym_err err = sym_store_get_into(t, v->at->state, sym_span_text(STATE_KEY), NULL, record,
                                          sizeof record, &len);
    if (err != SYM_OK) {
        return err == SYM_TOO_LONG ? SYM_BAD_FORMAT : err;
    }
    struct sym_reader r = sym_reader(sym_span(record, len));
    struct state s = {.generation = sym_read_u64(&r)};
    s.due = sym_read_u8(&r) != 0;
    err = sym_read_end(&r);
    if (err == SYM_OK) {
        *out = s;
    }
    return err;
}

static enum sym_err write_state(const struct sym_vault *v, struct sym_transaction *t,
                                const struct state *s)
{
    uint8_t bytes[STATE_BYTES];
    struct sym_span record;
    struct sym_writer w = sym_writer(bytes, sizeof bytes);
    sym_write_u64(&w, s->generation);
    sym_write_u8(&w, s->due);
    enum sym_err err = sym_write_end(&w, &record);
    return err == SYM_OK ? sym_store_put(t, v->at->state, sym_span_text(STATE_KEY), record) : err;
}

/* For the state in a transaction of its own. */
struct state_job {
    const struct sym_vault *vault;
    struct state *state;
};

static enum sym_err read_state_fn(struct sym_transaction *t, void *context)
{
    const struct state_job *job = context;
    return read_state(job->vault, t, job->state);
}

static enum sym_err write_state_fn(struct sym_transaction *t, void *context)
{
    const struct state_job *job = context;
    return write_state(job->vault, t, job->state);
}

static enum sym_err mark_due(const struct sym_vault *v, struct sym_transaction *t)
{
    struct state s;
    enum sym_err err = read_state(v, t, &s);
    if (err != SYM_OK || s.due) {
        return err;
    }
    s.due = true;
    return write_state(v, t, &s);
}

static enum sym_err master_of(const struct sym_vault *v, struct sym_transaction *t,
                              const struct sym_secret **out)
{
    struct state s;
    enum sym_err err = read_state(v, t, &s);
    if (err != SYM_OK) {
        return err;
    }
    *out = sym_erasure_key(&v->file, s.generation);
    return *out == NULL ? SYM_BAD_TAG : SYM_OK;
}

/* A vault that was never used: whatever file lies there is from a start that was cut short. */
static enum sym_err make(struct sym_vault *v, const struct sym_disk *dir, struct sym_span master,
                         struct sym_fault *fault)
{
    struct state first = {.generation = 1};
    enum sym_err err = sym_erasure_make(&v->file, dir, v->at->file, master, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct state_job job = {.vault = v, .state = &first};
    err = sym_store_write(v->store, write_state_fn, &job);
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err, "%s/store: its vault could not be made: it %s",
                                    dir->shown, sym_err_text(err));
}

/* Overwrites the key that is not in use, after what the store says about it was written once more:
 * a commit that failed before must not come back and ask for the other key. */
static enum sym_err settle(struct sym_vault *v, struct state *s, struct sym_fault *fault)
{
    if (sym_erasure_has_other(&v->file, s->generation)) {
        struct state_job job = {.vault = v, .state = s};
        enum sym_err err = sym_store_write(v->store, write_state_fn, &job);
        if (err != SYM_OK) {
            return sym_fail(fault, err,
                            "store: an erasure that was begun cannot be finished: it %s",
                            sym_err_text(err));
        }
    }
    return sym_erasure_keep(&v->file, s->generation, fault);
}

static enum sym_err reopen(struct sym_vault *v, struct state *s, const struct sym_disk *dir,
                           struct sym_span master, struct sym_fault *fault)
{
    enum sym_err err = sym_erasure_open(&v->file, dir, v->at->file, master, fault);
    if (err != SYM_OK) {
        return err;
    }
    if (sym_erasure_key(&v->file, s->generation) == NULL) {
        return sym_fail(
            fault, SYM_BAD_TAG,
            "%s/%s: does not hold the key that the store was written under; restore both "
            "from the same backup",
            dir->shown, v->at->file);
    }
    return settle(v, s, fault);
}

enum sym_err sym_vault_open(struct sym_vault **out, enum sym_vault_which which,
                            struct sym_store *store, const struct sym_disk *dir,
                            struct sym_span master, struct sym_fault *fault)
{
    struct state s = {.generation = 0};
    struct sym_vault *v = calloc(1, sizeof *v);
    if (v == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "vault: no memory");
    }
    v->store = store;
    v->at = &places[which];
    v->file.fd = -1;
    struct state_job job = {.vault = v, .state = &s};
    enum sym_err err = sym_store_read(store, read_state_fn, &job);
    if (err == SYM_NOT_FOUND) {
        err = make(v, dir, master, fault);
    } else if (err == SYM_OK) {
        err = reopen(v, &s, dir, master, fault);
    } else {
        (void)sym_fail(fault, err, "%s/store: the state of its vault %s; restore a backup",
                       dir->shown, sym_err_text(err));
    }
    if (err == SYM_OK && s.due) {
        err = sym_vault_sweep(v, fault);
    }
    if (err != SYM_OK) {
        sym_vault_close(v);
        return err;
    }
    *out = v;
    return SYM_OK;
}

void sym_vault_close(struct sym_vault *v)
{
    if (v != NULL) {
        sym_erasure_close(&v->file);
        free(v);
    }
}

enum sym_err sym_vault_new_key(struct sym_vault *v, struct sym_transaction *t, struct sym_span key,
                               uint8_t out[SYM_SEAL_KEY_BYTES])
{
    const struct sym_secret own = {.data = out, .len = KEY_BYTES};
    const struct sym_secret *master = NULL;
    enum sym_err err = master_of(v, t, &master);
    sym_random(out, KEY_BYTES);
    if (err == SYM_OK && sym_store_has(t, v->at->keys, key) == SYM_OK) {
        err = mark_due(v, t); /* what is replaced is erased too */
    }
    return err == SYM_OK ? sym_store_put_under(t, v->at->keys, key, master, sym_secret_span(&own))
                         : err;
}

enum sym_err sym_vault_put(struct sym_vault *v, struct sym_transaction *t, struct sym_span key,
                           struct sym_span value)
{
    uint8_t key_bytes[KEY_BYTES];
    const struct sym_secret own = {.data = key_bytes, .len = sizeof key_bytes};
    enum sym_err err = sym_vault_new_key(v, t, key, key_bytes);
    if (err == SYM_OK) {
        err = sym_store_put_under(t, v->at->values, key, &own, value);
    }
    sym_wipe(key_bytes, sizeof key_bytes);
    return err;
}

/* Into a short array, which the caller wipes: key memory for each would take longer than the rest.
 */
enum sym_err sym_vault_key(struct sym_vault *v, struct sym_transaction *t, struct sym_span key,
                           uint8_t out[SYM_SEAL_KEY_BYTES])
{
    const struct sym_secret *master = NULL;
    size_t len = 0;
    enum sym_err err = master_of(v, t, &master);
    if (err == SYM_OK) {
        err = sym_store_get_into(t, v->at->keys, key, master, out, KEY_BYTES, &len);
    }
    return (err == SYM_OK && len != KEY_BYTES) || err == SYM_TOO_LONG ? SYM_BAD_FORMAT : err;
}

/* Into value, or, where that is NULL, into out. */
static enum sym_err get(struct sym_vault *v, struct sym_transaction *t, struct sym_span key,
                        struct sym_secret *value, uint8_t *out, size_t max, size_t *len)
{
    uint8_t key_bytes[KEY_BYTES];
    const struct sym_secret own = {.data = key_bytes, .len = sizeof key_bytes};
    enum sym_err err = sym_vault_key(v, t, key, key_bytes);
    if (err == SYM_OK) {
        err = value != NULL ? sym_store_get_under(t, v->at->values, key, &own, value)
                            : sym_store_get_into(t, v->at->values, key, &own, out, max, len);
    }
    sym_wipe(key_bytes, sizeof key_bytes);
    return err;
}

enum sym_err sym_vault_get(struct sym_vault *v, struct sym_transaction *t, struct sym_span key,
                           struct sym_secret *value)
{
    return get(v, t, key, value, NULL, 0, NULL);
}

enum sym_err sym_vault_get_into(struct sym_vault *v, struct sym_transaction *t, struct sym_span key,
                                uint8_t *out, size_t max, size_t *len)
{
    return get(v, t, key, NULL, out, max, len);
}

enum sym_err sym_vault_next(struct sym_vault *v, struct sym_transaction *t, struct sym_span after,
                            uint8_t key[SYM_STORE_KEY_BYTES], size_t *len)
{
    return sym_store_next(t, v->at->keys, after, key, len);
}

static enum sym_err delete_one(const struct sym_vault *v, struct sym_transaction *t,
                               struct sym_span key)
{
    enum sym_err err = sym_store_delete(t, v->at->keys, key);
    bool has_value = v->at->values != v->at->keys;
    return err == SYM_OK && has_value ? sym_store_delete(t, v->at->values, key) : err;
}

static bool begins_with(const uint8_t *key, size_t len, struct sym_span prefix)
{
    return len >= prefix.len && sym_span_equal(sym_span(key, prefix.len), prefix);
}

enum sym_err sym_vault_delete(struct sym_vault *v, struct sym_transaction *t,
                              struct sym_span prefix)
{
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    if (prefix.len < 1 || prefix.len > sizeof key) {
        return SYM_TOO_LONG;
    }
    /* Also when nothing is found: pages of a transaction that failed may hold what is meant. */
    enum sym_err err = mark_due(v, t);
    if (err == SYM_OK) {
        err = delete_one(v, t, prefix);
        err = err == SYM_NOT_FOUND ? SYM_OK : err;
    }
    while (err == SYM_OK) {
        err = sym_vault_next(v, t, prefix, key, &len);
        if (err == SYM_NOT_FOUND || (err == SYM_OK && !begins_with(key, len, prefix))) {
            return SYM_OK;
        }
        err = err == SYM_OK ? delete_one(v, t, sym_span(key, len)) : err;
    }
    return err;
}

struct rewrap {
    const struct sym_vault *vault;
    const struct sym_secret *from;
    const struct sym_secret *to;
    struct state next;
};

static enum sym_err rewrap_all(struct sym_transaction *t, void *context)
{
    const struct rewrap *w = context;
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    enum sym_err err = SYM_OK;
    while (err == SYM_OK) {
        err = sym_store_next(t, w->vault->at->keys, sym_span(key, len), key, &len);
        err = err == SYM_OK
                  ? sym_store_move_under(t, w->vault->at->keys, sym_span(key, len), w->from, w->to)
                  : err;
    }
    return err == SYM_NOT_FOUND ? write_state(w->vault, t, &w->next) : err;
}

static enum sym_err sweep(struct sym_vault *v, const struct state *s, struct sym_fault *fault)
{
    enum sym_err err = sym_erasure_add(&v->file, s->generation, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct rewrap w = {.vault = v,
                       .from = sym_erasure_key(&v->file, s->generation),
                       .to = sym_erasure_key(&v->file, s->generation + 1),
                       .next = {.generation = s->generation + 1}};
    err = sym_store_write(v->store, rewrap_all, &w);
    if (err != SYM_OK) {
        return sym_fail(fault, err,
                        "store: the keys of what stays could not be renewed (it %s): what was "
                        "deleted is erased when that is remedied (it is tried again every minute)",
                        sym_err_text(err));
    }
    return sym_erasure_keep(&v->file, s->generation + 1, fault);
}

enum sym_err sym_vault_sweep(struct sym_vault *v, struct sym_fault *fault)
{
    struct state s = {.generation = 0};
    struct state_job job = {.vault = v, .state = &s};
    enum sym_err err = sym_store_read(v->store, read_state_fn, &job);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "store: the state of its vault %s", sym_err_text(err));
    }
    err = settle(v, &s, fault);
    return err == SYM_OK && s.due ? sweep(v, &s, fault) : err;
}

bool sym_vault_is_due(const struct sym_vault *v)
{
    struct state s = {.generation = 0};
    struct state_job job = {.vault = v, .state = &s};
    return sym_store_read(v->store, read_state_fn, &job) != SYM_OK || s.due ||
           !sym_erasure_is_alone(&v->file, s.generation);
}
