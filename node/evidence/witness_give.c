#include "node/evidence/witness_state.h"
#include "node/loop.h"

#include <stdio.h>
#include <string.h>

static size_t spans_of(struct sym_span *spans, const struct sym_merkle_proof *proof)
{
    for (size_t i = 0; i < proof->n; i++) {
        spans[i] = sym_span(proof->hash[i], SYM_HASH_BYTES);
    }
    return proof->n;
}

static enum sym_err give_consistency(struct sym_witness *w, const struct sym_head *head,
                                     uint64_t from)
{
    struct sym_evidence *e = &w->evidence;
    if (from == 0 || from > head->signed_size) {
        return SYM_OK;
    }
    e->consistent_from = from;
    enum sym_err err = sym_log_root(w->config.log, w->prefix_root, from);
    if (err == SYM_OK) {
        err = sym_log_prove_consistency(w->config.log, &w->consistency, from, head->signed_size);
    }
    e->prefix_root = sym_span(w->prefix_root, sizeof w->prefix_root);
    e->consistency = w->consistency_spans;
    e->n_consistency = spans_of(w->consistency_spans, &w->consistency);
    return err;
}

static enum sym_err give_leaf(struct sym_witness *w, const struct sym_head *head, uint64_t leaf)
{
    struct sym_evidence *e = &w->evidence;
    size_t len = 0;
    bool is_frozen = sym_log_is_frozen(w->config.log, NULL);
    if (leaf == SYM_NO_LEAF || (is_frozen && leaf >= head->signed_size)) {
        return SYM_OK;
    }
    if (leaf >= head->signed_size) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = sym_log_leaf(w->config.log, w->leaf, &len, leaf);
    if (err == SYM_OK) {
        err = sym_log_prove_inclusion(w->config.log, &w->inclusion, leaf, head->signed_size);
    }
    e->leaf = sym_span(w->leaf, len);
    e->leaf_index = leaf;
    e->inclusion = w->inclusion_spans;
    e->n_inclusion = spans_of(w->inclusion_spans, &w->inclusion);
    return err;
}

static enum sym_err cosign(struct sym_witness *w, struct sym_witness_peer *p)
{
    char name[SYM_KEY_NAME_BYTES];
    struct sym_note note;
    sym_witness_name(name, &w->config.self);
    enum sym_err err = sym_note_parse(&note, sym_span(p->durable.note, p->durable.note_len));
    if (err == SYM_OK) {
        err = sym_note_sign(p->cosignature, note.text, name, SYM_NOTE_COSIGNATURE,
                            w->config.cosign_key, sym_wall_ms() / 1000);
    }
    if (err == SYM_OK && p->cosigned < p->durable.size) {
        p->cosigned = p->durable.size;
        p->dirty = true;
    }
    return err;
}

/* What is held of the peer: told and cosigned once it is durable, and no longer after a
 * contradiction. */
static enum sym_err give_known(struct sym_witness *w, struct sym_witness_peer *p)
{
    struct sym_evidence *e = &w->evidence;
    if (p->durable.note_len == 0) {
        return SYM_OK;
    }
    e->known = sym_span(p->durable.note, p->durable.note_len);
    if (p->state != SYM_WITNESS_GOOD || sym_log_is_frozen(w->config.log, NULL)) {
        return SYM_OK;
    }
    enum sym_err err = p->cosignature[0] != '\0' ? SYM_OK : cosign(w, p);
    e->cosignature = sym_span_text(p->cosignature);
    return err;
}

static enum sym_err give(struct sym_witness *w, const struct sym_evidence **out,
                         struct sym_witness_peer *p, uint64_t leaf, uint64_t from)
{
    const struct sym_head *head = sym_log_head(w->config.log);
    w->evidence =
        (struct sym_evidence){.checkpoint = sym_span(head->checkpoint, head->checkpoint_len)};
    enum sym_err err = give_consistency(w, head, from);
    if (err == SYM_OK) {
        err = give_leaf(w, head, leaf);
    }
    if (err == SYM_OK) {
        err = give_known(w, p);
    }
    if (err == SYM_OK) {
        *out = &w->evidence;
    }
    return err;
}

/* What the peer is taken to hold; while the own log is frozen, the head that it was asked about. */
static uint64_t held_by(const struct sym_witness *w, const struct sym_witness_peer *p)
{
    uint32_t generation = sym_log_head(w->config.log)->generation;
    if (p->lost.generation == generation) {
        return p->lost.size;
    }
    uint64_t said = p->said.generation == generation ? p->said.size : 0;
    return p->sent > said ? p->sent : said;
}

enum sym_err sym_witness_give(struct sym_witness *w, const struct sym_evidence **out,
                              const struct sym_witnessed *peer, uint64_t leaf)
{
    struct sym_witness_peer *p = NULL;
    enum sym_err err = sym_witness_of(w, &p, peer);
    if (err == SYM_OK) {
        err = give(w, out, p, leaf, held_by(w, p));
    }
    if (err == SYM_OK) {
        p->sent = sym_log_head(w->config.log)->signed_size;
    }
    return err;
}

enum sym_err sym_witness_prove(struct sym_witness *w, const struct sym_evidence **out,
                               const struct sym_witnessed *peer, uint64_t leaf, uint64_t from)
{
    struct sym_witness_peer *p = NULL;
    enum sym_err err = sym_witness_of(w, &p, peer);
    if (err == SYM_OK) {
        err = give(w, out, p, leaf, from);
    }
    if (err == SYM_OK && from > 0) {
        p->sent = sym_log_head(w->config.log)->signed_size;
    }
    return err;
}

/* The own checkpoint with the cosignatures of the partners -------------------------------------
 */

/* The newest own head that somebody has cosigned. */
static const struct sym_own_head *newest_cosigned(const struct sym_witness *w, uint32_t generation)
{
    const struct sym_own_head *best = NULL;
    for (size_t i = 0; i < w->n; i++) {
        const struct sym_own_head *h = &w->peers[i]->cosigned_own;
        if (h->generation == generation && (best == NULL || h->size > best->size)) {
            best = h;
        }
    }
    return best;
}

static bool append(char *out, size_t max, size_t *len, const char *text, size_t n)
{
    if (n >= max - *len) {
        return false;
    }
    memcpy(out + *len, text, n);
    *len += n;
    out[*len] = '\0';
    return true;
}

static enum sym_err write_cosigned(const struct sym_witness *w, const struct sym_own_head *head,
                                   char *out, size_t max, size_t *len)
{
    *len = 0;
    if (max == 0 || !append(out, max, len, head->note, strlen(head->note))) {
        return SYM_TOO_LONG;
    }
    for (size_t i = 0; i < w->n; i++) {
        const struct sym_witness_peer *p = w->peers[i];
        if (p->cosigned_own.generation == head->generation && p->cosigned_own.size == head->size &&
            !append(out, max, len, p->own_cosignature, strlen(p->own_cosignature))) {
            return SYM_TOO_LONG;
        }
    }
    return SYM_OK;
}

enum sym_err sym_witness_checkpoint(struct sym_witness *w, char *out, size_t max, size_t *len)
{
    const struct sym_head *head = sym_log_head(w->config.log);
    struct sym_own_head own;
    sym_own_head_set(&own, head->generation, head->signed_size,
                     sym_span(head->checkpoint, head->checkpoint_len));
    return write_cosigned(w, &own, out, max, len);
}

enum sym_err sym_witness_cosigned(struct sym_witness *w, char *out, size_t max, size_t *len)
{
    const struct sym_own_head *best = newest_cosigned(w, sym_log_head(w->config.log)->generation);
    *len = 0;
    return best == NULL ? SYM_OK : write_cosigned(w, best, out, max, len);
}
