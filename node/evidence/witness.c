#include "node/evidence/witness_state.h"
#include "node/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW_VERSION   2u /* 1 had no alias */
#define ROW_BYTES_MAX (SYM_SIGNED_BYTES_MAX + 8192u)

/* The table ------------------------------------------------------------------------------------
 */

struct sym_witness_peer *sym_witness_find(const struct sym_witness *w, const struct sym_node_id *id)
{
    for (size_t i = 0; i < w->n; i++) {
        if (sym_node_id_equal(&w->peers[i]->id, id)) {
            return w->peers[i];
        }
    }
    return NULL;
}

static void free_peer(struct sym_witness_peer *p)
{
    if (p != NULL) {
        free(p->message);
        free(p->exhibit);
        free(p->owed);
        free(p);
    }
}

static enum sym_err add_peer(struct sym_witness *w, struct sym_witness_peer **out,
                             const struct sym_node_id *id)
{
    if (w->n == SYM_PEERS_MAX) {
        return SYM_LIMIT;
    }
    struct sym_witness_peer *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return SYM_NO_MEMORY;
    }
    p->id = *id;
    w->peers[w->n++] = p;
    *out = p;
    return SYM_OK;
}

enum sym_err sym_witness_of(struct sym_witness *w, struct sym_witness_peer **out,
                            const struct sym_witnessed *peer)
{
    struct sym_witness_peer *p = sym_witness_find(w, &peer->id);
    enum sym_err err = p != NULL ? SYM_OK : add_peer(w, &p, &peer->id);
    if (err != SYM_OK) {
        return err;
    }
    const char *alias = peer->alias != NULL ? peer->alias : "?";
    p->dirty = p->dirty || strcmp(p->alias, alias) != 0;
    (void)snprintf(p->alias, sizeof p->alias, "%s", alias);
    *out = p;
    return SYM_OK;
}

void sym_witness_set_state(struct sym_witness_peer *p, enum sym_witness_state state,
                           const char *fault)
{
    if (p->state != state) {
        p->since_ms = sym_wall_ms();
    }
    p->state = state;
    (void)snprintf(p->fault, sizeof p->fault, "%s", fault);
    p->dirty = true;
}

void sym_own_head_set(struct sym_own_head *out, uint32_t generation, uint64_t size,
                      struct sym_span note)
{
    out->generation = generation;
    out->size = size;
    (void)snprintf(out->note, sizeof out->note, "%.*s", (int)note.len,
                   note.len > 0 ? (const char *)note.data : "");
}

/* Rows -----------------------------------------------------------------------------------------
 */

static void write_text(struct sym_writer *out, const char *text, size_t len)
{
    sym_write_u32(out, (uint32_t)len);
    sym_write_bytes(out, text, len);
}

static void write_own_head(struct sym_writer *out, const struct sym_own_head *h)
{
    sym_write_u32(out, h->generation);
    sym_write_u64(out, h->size);
    write_text(out, h->note, strlen(h->note));
}

static enum sym_err put_row(struct sym_transaction *t, const struct sym_witness_peer *p)
{
    static const struct sym_signed_head none;
    uint8_t *bytes = malloc(ROW_BYTES_MAX);
    struct sym_span row;
    if (bytes == NULL) {
        return SYM_NO_MEMORY;
    }
    const struct sym_signed_head *newest = sym_held_newest(&p->held);
    newest = newest != NULL ? newest : &none;
    struct sym_writer out = sym_writer(bytes, ROW_BYTES_MAX);
    sym_write_u8(&out, ROW_VERSION);
    sym_write_u32(&out, (uint32_t)p->state);
    sym_write_u64(&out, p->since_ms);
    write_text(&out, p->fault, strlen(p->fault));
    sym_write_u32(&out, p->held.generation);
    sym_write_u64(&out, p->held.newest_ms);
    sym_write_u64(&out, newest->size);
    sym_write_bytes(&out, newest->root, sizeof newest->root);
    write_text(&out, newest->note, newest->note_len);
    sym_write_u32(&out, (uint32_t)p->message_len);
    sym_write_bytes(&out, p->message, p->message_len);
    sym_write_u64(&out, p->cosigned);
    write_own_head(&out, &p->said);
    write_own_head(&out, &p->lost);
    write_own_head(&out, &p->cosigned_own);
    write_text(&out, p->own_cosignature, strlen(p->own_cosignature));
    write_text(&out, p->alias, strlen(p->alias));
    enum sym_err err = sym_write_end(&out, &row);
    if (err == SYM_OK) {
        err = sym_store_put(t, SYM_TABLE_WITNESSES, sym_span(p->id.bytes, SYM_NODE_ID_BYTES), row);
    }
    free(bytes);
    return err;
}

/* Into room for max bytes, terminator included. */
static size_t read_text(struct sym_reader *in, char *out, size_t max)
{
    size_t len = sym_read_u32(in);
    struct sym_span text = sym_read_span(in, len);
    if (text.len >= max) {
        in->err = in->err == SYM_OK ? SYM_TOO_LONG : in->err;
        text.len = 0;
    }
    if (text.len > 0) {
        memcpy(out, text.data, text.len);
    }
    out[text.len] = '\0';
    return text.len;
}

static void read_own_head(struct sym_reader *in, struct sym_own_head *h)
{
    h->generation = sym_read_u32(in);
    h->size = sym_read_u64(in);
    (void)read_text(in, h->note, sizeof h->note);
}

static void read_newest(struct sym_reader *in, struct sym_held *held)
{
    struct sym_signed_head *h = &held->recent[0];
    held->generation = sym_read_u32(in);
    held->newest_ms = sym_read_u64(in);
    h->size = sym_read_u64(in);
    sym_read_bytes(in, h->root, sizeof h->root);
    h->note_len = read_text(in, h->note, sizeof h->note);
    held->n_recent = held->generation > 0 ? 1 : 0;
}

static enum sym_err read_message(struct sym_reader *in, struct sym_witness_peer *p)
{
    struct sym_span message = sym_read_span(in, sym_read_u32(in));
    if (message.len > 0) {
        p->message = malloc(message.len);
        if (p->message == NULL) {
            return SYM_NO_MEMORY;
        }
        memcpy(p->message, message.data, message.len);
        p->message_len = message.len;
    }
    return SYM_OK;
}

static enum sym_err load_row(void *context, struct sym_span key, struct sym_span value)
{
    struct sym_witness *w = context;
    struct sym_witness_peer *p = NULL;
    struct sym_node_id id;
    struct sym_reader in = sym_reader(value);
    uint8_t version = sym_read_u8(&in);
    if (key.len != SYM_NODE_ID_BYTES || version == 0 || version > ROW_VERSION) {
        return SYM_BAD_FORMAT;
    }
    memcpy(id.bytes, key.data, sizeof id.bytes);
    enum sym_err err = add_peer(w, &p, &id);
    if (err != SYM_OK) {
        return err;
    }
    uint32_t state = sym_read_u32(&in);
    p->since_ms = sym_read_u64(&in);
    (void)read_text(&in, p->fault, sizeof p->fault);
    read_newest(&in, &p->held);
    err = read_message(&in, p);
    p->cosigned = sym_read_u64(&in);
    read_own_head(&in, &p->said);
    read_own_head(&in, &p->lost);
    read_own_head(&in, &p->cosigned_own);
    (void)read_text(&in, p->own_cosignature, sizeof p->own_cosignature);
    if (version > 1) {
        (void)read_text(&in, p->alias, sizeof p->alias);
    }
    if (err == SYM_OK) {
        err = sym_read_end(&in);
    }
    if (err != SYM_OK || state >= SYM_WITNESS_STATE_COUNT) {
        return err != SYM_OK ? err : SYM_BAD_FORMAT;
    }
    p->state = (enum sym_witness_state)state;
    p->durable = p->held.recent[0];
    return SYM_OK;
}

static enum sym_err load(struct sym_transaction *t, void *context)
{
    struct sym_witness *w = context;
    for (size_t i = 0; i < w->n; i++) {
        free_peer(w->peers[i]);
    }
    w->n = 0;
    return sym_store_each(t, SYM_TABLE_WITNESSES, load_row, w);
}

/* Durable with whatever is written next -------------------------------------------------------
 */

static enum sym_err on_seal(struct sym_transaction *t, void *owner)
{
    struct sym_witness *w = owner;
    for (size_t i = 0; i < w->n; i++) {
        struct sym_witness_peer *p = w->peers[i];
        if (!p->dirty) {
            continue;
        }
        enum sym_err err = put_row(t, p);
        if (err == SYM_OK && p->exhibit != NULL) {
            err = sym_store_put(t, SYM_TABLE_EXHIBITS, sym_span(p->id.bytes, SYM_NODE_ID_BYTES),
                                sym_span(p->exhibit, p->exhibit_len));
        }
        if (err == SYM_OK && p->owed != NULL) {
            err = sym_witness_log_alarm(w, t, p, p->owed);
        }
        if (err != SYM_OK) {
            return err;
        }
        const struct sym_signed_head *newest = sym_held_newest(&p->held);
        p->saving = true;
        p->saving_head = newest != NULL ? *newest : (struct sym_signed_head){.size = 0};
    }
    return SYM_OK;
}

static void on_done(void *owner, bool committed)
{
    struct sym_witness *w = owner;
    for (size_t i = 0; i < w->n; i++) {
        struct sym_witness_peer *p = w->peers[i];
        if (p->saving && committed) {
            bool same = p->saving_head.note_len == p->durable.note_len &&
                        strcmp(p->saving_head.note, p->durable.note) == 0;
            p->dirty = false;
            free(p->exhibit);
            p->exhibit = NULL;
            free(p->owed);
            p->owed = NULL;
            p->durable = p->saving_head;
            if (!same) {
                p->cosignature[0] = '\0';
            }
        }
        p->saving = false;
    }
}

enum sym_err sym_witness_open(struct sym_witness **out, const struct sym_witness_config *config,
                              struct sym_fault *fault)
{
    struct sym_witness *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "witness: no memory");
    }
    w->config = *config;
    w->peers = calloc(SYM_PEERS_MAX, sizeof *w->peers);
    enum sym_err err = w->peers == NULL ? SYM_NO_MEMORY : sym_store_read(config->store, load, w);
    if (err != SYM_OK) {
        sym_witness_close(w);
        return sym_fail(fault, err, "witness: what was kept of other logs %s; restore a backup",
                        sym_err_text(err));
    }
    w->watch = (struct sym_store_watch){.seal = on_seal, .done = on_done, .owner = w};
    sym_store_watch(config->store, &w->watch);
    *out = w;
    return SYM_OK;
}

void sym_witness_close(struct sym_witness *w)
{
    if (w == NULL) {
        return;
    }
    sym_store_unwatch(w->config.store, &w->watch);
    for (size_t i = 0; w->peers != NULL && i < w->n; i++) {
        free_peer(w->peers[i]);
    }
    free(w->peers);
    sym_arena_clear(&w->arena);
    free(w);
}

/* Links and states -----------------------------------------------------------------------------
 */

static void forget_sent(const struct sym_witness *w, struct sym_witness_peer *p)
{
    uint32_t generation = sym_log_head(w->config.log)->generation;
    p->sent = p->said.generation == generation ? p->said.size : 0;
    p->met = false;
}

void sym_witness_link_up(struct sym_witness *w, const struct sym_node_id *peer)
{
    struct sym_witness_peer *p = sym_witness_find(w, peer);
    if (p == NULL) {
        return;
    }
    forget_sent(w, p);
    if (p->held.n_pending > 0 && p->links < SYM_WITNESS_LINKS_MAX) {
        p->links++;
        p->patient_ms = sym_now_ms();
    }
    p->tries = 0;
}

void sym_witness_begin_meeting(struct sym_witness *w, const struct sym_node_id *peer)
{
    struct sym_witness_peer *p = sym_witness_find(w, peer);
    if (p == NULL) {
        return;
    }
    forget_sent(w, p);
    if (p->held.n_pending > 0) {
        p->tried_ms = sym_now_ms();
        p->tries += p->tries < SYM_WITNESS_DOUBLED_MAX ? 1 : 0;
    }
}

void sym_witness_look(struct sym_witness_peer *p)
{
    if (p->held.n_pending == 0) {
        p->patient_ms = 0;
        p->links = 0;
        p->tries = 0;
        p->unproven = false;
    }
}

void sym_witness_answered(struct sym_witness *w, const struct sym_node_id *peer,
                          const uint64_t *sizes, size_t n)
{
    struct sym_witness_peer *p = sym_witness_find(w, peer);
    if (p == NULL) {
        return;
    }
    p->unproven = false;
    for (size_t i = 0; i < n; i++) {
        p->unproven = p->unproven || sym_held_is_pending(&p->held, sizes[i]);
    }
}

static bool waits_since(const struct sym_witness_peer *p, uint64_t for_ms)
{
    uint64_t first_ms = sym_held_pending_since(&p->held);
    first_ms = p->patient_ms > first_ms ? p->patient_ms : first_ms;
    return first_ms != UINT64_MAX && sym_now_ms() - first_ms > for_ms;
}

static bool is_overdue(const struct sym_witness_peer *p)
{
    return p->unproven || waits_since(p, SYM_WITNESS_PATIENCE_MS);
}

bool sym_witness_is_met(const struct sym_witness *w, const struct sym_node_id *peer)
{
    const struct sym_witness_peer *p = sym_witness_find(w, peer);
    return p != NULL && p->met && !is_overdue(p);
}

void sym_witness_set_met(struct sym_witness *w, const struct sym_node_id *peer)
{
    struct sym_witness_peer *p = sym_witness_find(w, peer);
    if (p != NULL) {
        p->met = true;
    }
}

bool sym_witness_must_meet(const struct sym_witness *w, const struct sym_node_id *peer, bool waits)
{
    const struct sym_witness_peer *p = sym_witness_find(w, peer);
    if (p == NULL || !p->met) {
        return waits || (p != NULL && p->held.n_pending > 0);
    }
    uint64_t pause_ms = (uint64_t)SYM_WITNESS_RETRY_MS << (waits ? 0 : p->tries);
    return waits_since(p, SYM_WITNESS_HURRY_MS) &&
           (p->tries == 0 || sym_now_ms() - p->tried_ms > pause_ms);
}

size_t sym_witness_wants(const struct sym_witness *w, const struct sym_node_id *peer,
                         uint64_t sizes[SYM_WITNESS_WANTS_MAX])
{
    const struct sym_witness_peer *p = sym_witness_find(w, peer);
    return p == NULL ? 0 : sym_held_wants(&p->held, sizes);
}

enum sym_err sym_witness_may_meet(const struct sym_witness *w, struct sym_fault *fault)
{
    const char *why = NULL;
    return sym_log_is_frozen(w->config.log, &why)
               ? sym_fail(fault, SYM_DENIED, "the evidence log of this node is frozen: %s", why)
               : SYM_OK;
}

enum sym_err sym_witness_allows(const struct sym_witness *w, const struct sym_node_id *peer,
                                struct sym_fault *fault)
{
    const struct sym_witness_peer *p = sym_witness_find(w, peer);
    enum sym_err err = sym_witness_may_meet(w, fault);
    if (err != SYM_OK || p == NULL) {
        return err;
    }
    if (p->state == SYM_WITNESS_SPLIT || p->state == SYM_WITNESS_SHORTER) {
        return sym_fail(fault, SYM_DENIED, "%s: %s", p->alias, p->fault);
    }
    if (p->later.generation != 0) {
        return sym_fail(fault, SYM_DENIED,
                        "%s has begun a new evidence log, and has not shown that it continues the "
                        "one this node holds; accept it with: symbolon log accept %s",
                        p->alias, p->alias);
    }
    return SYM_OK;
}

enum sym_err sym_witness_trusts(const struct sym_witness *w, const struct sym_node_id *peer,
                                struct sym_fault *fault)
{
    const struct sym_witness_peer *p = sym_witness_find(w, peer);
    enum sym_err err = sym_witness_allows(w, peer, fault);
    if (err != SYM_OK || p == NULL || !is_overdue(p)) {
        return err;
    }
    return sym_fail(fault, SYM_DENIED,
                    "%s has signed a state of its evidence log and not proven that it continues "
                    "the one before",
                    p->alias);
}

bool sym_witness_may_complain(struct sym_witness *w, const struct sym_node_id *peer)
{
    struct sym_witness_peer *p = sym_witness_find(w, peer);
    uint64_t now_ms = sym_now_ms();
    if (p == NULL) {
        return true;
    }
    if (p->complained_ms != 0 && now_ms - p->complained_ms < SYM_WITNESS_COMPLAINT_MS) {
        return false;
    }
    p->complained_ms = now_ms;
    return true;
}

void sym_witness_row(const struct sym_witness *w, struct sym_witness_row *row,
                     const struct sym_node_id *peer)
{
    const struct sym_witness_peer *p = sym_witness_find(w, peer);
    *row = (struct sym_witness_row){.peer = sym_span(peer->bytes, SYM_NODE_ID_BYTES)};
    if (p == NULL) {
        return;
    }
    const struct sym_signed_head *newest = sym_held_newest(&p->held);
    row->state = (uint32_t)p->state;
    row->since_ms = p->since_ms;
    row->fault = sym_span_text(p->fault);
    row->cosigned = p->cosigned;
    row->ours = p->said.generation == sym_log_head(w->config.log)->generation ? p->said.size : 0;
    if (newest != NULL) {
        row->checkpoint = sym_span(newest->note, newest->note_len);
        row->size = newest->size;
    }
    bool calm = p->state == SYM_WITNESS_NEW || p->state == SYM_WITNESS_GOOD;
    if (calm && (p->later.generation != 0 || is_overdue(p))) {
        row->state = SYM_WITNESS_UNPROVEN;
        row->fault = sym_span_text(p->later.generation != 0
                                       ? "has begun a new evidence log that does not continue the "
                                         "one known here; ask its operator why, by telephone, then "
                                         "run: symbolon log accept"
                                       : "has signed a head and not proven how it follows");
    }
}

struct find {
    const struct sym_node_id *id;
    struct sym_secret *out;
};

static enum sym_err get_exhibit(struct sym_transaction *t, void *context)
{
    const struct find *f = context;
    sym_secret_clear(f->out);
    return sym_store_get(t, SYM_TABLE_EXHIBITS, sym_span(f->id->bytes, SYM_NODE_ID_BYTES), f->out);
}

enum sym_err sym_witness_exhibit(struct sym_witness *w, struct sym_secret *out,
                                 const struct sym_node_id *peer)
{
    struct find f = {.id = peer, .out = out};
    return sym_store_read(w->config.store, get_exhibit, &f);
}
