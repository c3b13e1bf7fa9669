#include "proto/witness.h"

#include <string.h>

const struct sym_signed_head *sym_held_newest(const struct sym_held *held)
{
    return held->n_recent == 0 ? NULL : &held->recent[held->n_recent - 1];
}

/* Reading evidence -----------------------------------------------------------------------------
 */

static enum sym_err read_head(struct sym_shown *out, struct sym_span note,
                              const struct sym_node_id *id,
                              const uint8_t log_key[SYM_ED25519_BYTES])
{
    struct sym_checkpoint c;
    struct sym_note parsed;
    if (note.len == 0) {
        return SYM_BAD_FORMAT;
    }
    if (note.len >= sizeof out->head.note) {
        return SYM_TOO_LONG;
    }
    enum sym_err err = sym_checkpoint_open(&c, &parsed, note, log_key);
    if (err == SYM_OK) {
        err = sym_origin_generation(&out->generation, c.origin, id);
    }
    if (err != SYM_OK) {
        return err;
    }
    out->head.size = c.size;
    memcpy(out->head.root, c.root, sizeof out->head.root);
    memcpy(out->head.note, note.data, note.len);
    out->head.note[note.len] = '\0';
    out->head.note_len = note.len;
    return SYM_OK;
}

static enum sym_err read_proof(struct sym_shown *out, const struct sym_evidence *e)
{
    if (e->consistent_from > out->head.size) {
        return SYM_BAD_VALUE;
    }
    /* Of the whole tree, or of none: nothing to prove. */
    if (e->consistent_from == 0 || e->consistent_from == out->head.size) {
        return SYM_OK;
    }
    if (e->prefix_root.len != SYM_HASH_BYTES || e->n_consistency > SYM_MERKLE_PROOF_MAX) {
        return SYM_BAD_FORMAT;
    }
    enum sym_err err =
        sym_merkle_check_consistency(e->prefix_root.data, e->consistent_from, out->head.root,
                                     out->head.size, e->consistency, e->n_consistency);
    if (err != SYM_OK) {
        return err;
    }
    out->from = e->consistent_from;
    memcpy(out->prefix_root, e->prefix_root.data, sizeof out->prefix_root);
    out->proof.n = e->n_consistency;
    for (size_t i = 0; i < e->n_consistency; i++) {
        memcpy(out->proof.hash[i], e->consistency[i].data, SYM_HASH_BYTES);
    }
    return SYM_OK;
}

static enum sym_err check_leaf(const struct sym_shown *shown, const struct sym_evidence *e,
                               bool must_rest)
{
    uint8_t hash[SYM_HASH_BYTES];
    if (e->leaf.len == 0) {
        return must_rest ? SYM_BAD_FORMAT : SYM_OK;
    }
    enum sym_err err = sym_merkle_leaf(hash, e->leaf);
    return err == SYM_OK
               ? sym_merkle_check_inclusion(shown->head.root, hash, e->leaf_index, shown->head.size,
                                            e->inclusion, e->n_inclusion)
               : err;
}

enum sym_err sym_shown_read(struct sym_shown *out, const struct sym_evidence *evidence,
                            const struct sym_node_id *id, const uint8_t log_key[SYM_ED25519_BYTES],
                            bool must_rest)
{
    memset(out, 0, sizeof *out);
    enum sym_err err = read_head(out, evidence->checkpoint, id, log_key);
    if (err == SYM_OK) {
        err = read_proof(out, evidence);
    }
    return err == SYM_OK ? check_leaf(out, evidence, must_rest) : err;
}

enum sym_err sym_signed_time(uint64_t *time_ms, enum sym_told *kind, struct sym_span signed_bytes)
{
    SYM_ARENA_AUTO outer = {0};
    struct sym_signed s;
    union {
        struct sym_request request;
        struct sym_receipt receipt;
        struct sym_close close;
        struct sym_abort abort;
    } body;
    static const struct sym_message *const messages[SYM_TOLD_COUNT] = {
        [SYM_TOLD_REQUEST] = &sym_msg_request,
        [SYM_TOLD_RECEIPT] = &sym_msg_receipt,
        [SYM_TOLD_CLOSE] = &sym_msg_close,
        [SYM_TOLD_ABORT] = &sym_msg_abort};
    enum sym_err err = sym_decode(&outer, &s, &sym_msg_signed, signed_bytes);
    if (err != SYM_OK) {
        return err;
    }
    for (size_t i = 0; i < SYM_TOLD_COUNT; i++) {
        SYM_ARENA_AUTO arena = {0};
        if (sym_decode(&arena, &body, messages[i], s.body) == SYM_OK) {
            *kind = (enum sym_told)i;
            *time_ms = i == SYM_TOLD_REQUEST   ? body.request.issued_ms
                       : i == SYM_TOLD_RECEIPT ? body.receipt.issued_ms
                       : i == SYM_TOLD_CLOSE   ? body.close.closed_ms
                                               : body.abort.aborted_ms;
            return SYM_OK;
        }
    }
    return SYM_BAD_FORMAT;
}

/* Judging --------------------------------------------------------------------------------------
 */

static bool same_root(const uint8_t a[SYM_HASH_BYTES], const uint8_t b[SYM_HASH_BYTES])
{
    return sym_equal(a, b, SYM_HASH_BYTES);
}

static const struct sym_signed_head *find(const struct sym_held *held, uint64_t size)
{
    for (size_t i = 0; i < held->n_recent; i++) {
        if (held->recent[i].size == size) {
            return &held->recent[i];
        }
    }
    return NULL;
}

/* Proven or not. */
static const struct sym_signed_head *find_any(const struct sym_held *held, uint64_t size)
{
    const struct sym_signed_head *found = find(held, size);
    for (size_t i = 0; found == NULL && i < held->n_pending; i++) {
        if (held->pending[i].head.size == size) {
            found = &held->pending[i].head;
        }
    }
    return found;
}

static enum sym_verdict contradict(struct sym_judgement *out, enum sym_verdict verdict,
                                   const struct sym_signed_head *before,
                                   const struct sym_shown *after)
{
    out->before = *before;
    out->after = *after;
    return verdict;
}

/* Against the heads of the same size that are held, proven or not. */
static bool differs(const struct sym_held *held, const struct sym_shown *s,
                    struct sym_judgement *out)
{
    const struct sym_signed_head *twin = find_any(held, s->head.size);
    if (twin == NULL || same_root(twin->root, s->head.root)) {
        return false;
    }
    out->verdict = contradict(out, SYM_VERDICT_SPLIT, twin, s);
    out->after.from = 0;
    return true;
}

/* Its own proof begins with another tree than the one it has signed before. */
static bool denies_beginning(const struct sym_held *held, const struct sym_shown *s,
                             struct sym_judgement *out)
{
    const struct sym_signed_head *from = s->from > 0 ? find_any(held, s->from) : NULL;
    if (from == NULL || same_root(from->root, s->prefix_root)) {
        return false;
    }
    out->verdict = contradict(out, SYM_VERDICT_SPLIT, from, s);
    return true;
}

static enum sym_verdict judge_one(const struct sym_held *held, const struct sym_shown *s,
                                  struct sym_judgement *out)
{
    const struct sym_signed_head *newest = sym_held_newest(held);
    if (newest == NULL || held->generation == 0) {
        return SYM_VERDICT_GOOD;
    }
    if (s->generation != held->generation) {
        return s->generation > held->generation ? SYM_VERDICT_RESTORED
                                                : contradict(out, SYM_VERDICT_SHORTER, newest, s);
    }
    if (differs(held, s, out) || denies_beginning(held, s, out)) {
        return SYM_VERDICT_SPLIT;
    }
    const struct sym_signed_head *twin = find(held, s->head.size);
    if (twin != NULL) {
        return twin == newest ? SYM_VERDICT_GOOD : SYM_VERDICT_OLDER;
    }
    if (s->from == newest->size) {
        return SYM_VERDICT_GOOD;
    }
    if (s->head.size < newest->size && s->time_ms > held->newest_ms && held->newest_ms > 0) {
        return contradict(out, SYM_VERDICT_SHORTER, newest, s);
    }
    /* Any log begins with nothing: there is no proof to wait for. */
    return s->head.size == 0 ? SYM_VERDICT_OLDER : SYM_VERDICT_UNPROVEN;
}

static void advance(struct sym_held *held, const struct sym_shown *s)
{
    const struct sym_signed_head *newest = sym_held_newest(held);
    held->newest_ms = s->time_ms > held->newest_ms ? s->time_ms : held->newest_ms;
    if (newest != NULL && newest->size == s->head.size) {
        return;
    }
    if (held->n_recent == SYM_WITNESS_RECENT_MAX) {
        held->n_recent--;
        memmove(&held->recent[0], &held->recent[1], held->n_recent * sizeof held->recent[0]);
    }
    held->recent[held->n_recent++] = s->head;
    held->generation = s->generation;
}

static void drop_pending(struct sym_held *held, size_t at)
{
    held->n_pending--;
    memmove(&held->pending[at], &held->pending[at + 1],
            (held->n_pending - at) * sizeof held->pending[0]);
}

static void keep_pending(struct sym_held *held, const struct sym_shown *s)
{
    for (size_t i = 0; i < held->n_pending; i++) {
        /* The same again, perhaps with another proof: it waits since it first came. */
        if (held->pending[i].head.size == s->head.size) {
            uint64_t since_ms = held->pending[i].since_ms;
            held->pending[i] = *s;
            held->pending[i].since_ms = since_ms;
            return;
        }
    }
    /* The first one stays, so that waiting long enough is noticed. */
    if (held->n_pending == SYM_WITNESS_PENDING_MAX) {
        drop_pending(held, 1);
    }
    held->pending[held->n_pending++] = *s;
}

/* A proof from a head that was pending to one of the chain makes it part of the chain, too. */
static void settle_pending(struct sym_held *held, const struct sym_shown *s)
{
    for (size_t i = 0; s->from > 0 && i < held->n_pending; i++) {
        if (held->pending[i].head.size == s->from) {
            drop_pending(held, i);
            return;
        }
    }
}

/* A head that came into the chain may link others to it, or contradict them. */
static enum sym_verdict take_up_pending(struct sym_held *held, struct sym_judgement *out)
{
    for (size_t i = 0; i < held->n_pending;) {
        struct sym_shown s = held->pending[i];
        struct sym_held rest = *held;
        drop_pending(&rest, i);
        switch (judge_one(&rest, &s, out)) {
        case SYM_VERDICT_GOOD:
            drop_pending(held, i);
            advance(held, &s);
            settle_pending(held, &s);
            i = 0;
            break;
        case SYM_VERDICT_OLDER:
            drop_pending(held, i);
            i = 0;
            break;
        case SYM_VERDICT_UNPROVEN:
        case SYM_VERDICT_RESTORED:
        case SYM_VERDICT_SHORTER: /* its message is not at hand any more */
            i++;
            break;
        case SYM_VERDICT_SPLIT:
            return SYM_VERDICT_SPLIT;
        }
    }
    return SYM_VERDICT_GOOD;
}

void sym_held_judge(struct sym_held *held, const struct sym_shown *shown, struct sym_judgement *out)
{
    enum sym_verdict later = SYM_VERDICT_GOOD;
    memset(out, 0, sizeof *out);
    out->verdict = judge_one(held, shown, out);
    switch (out->verdict) {
    case SYM_VERDICT_GOOD:
        advance(held, shown);
        settle_pending(held, shown);
        later = take_up_pending(held, out);
        if (later != SYM_VERDICT_GOOD) {
            out->verdict = later;
        }
        break;
    case SYM_VERDICT_UNPROVEN:
        keep_pending(held, shown);
        break;
    case SYM_VERDICT_OLDER:
        settle_pending(held, shown);
        break;
    case SYM_VERDICT_RESTORED:
    case SYM_VERDICT_SHORTER:
    case SYM_VERDICT_SPLIT:
        break;
    }
}

uint64_t sym_held_pending_since(const struct sym_held *held)
{
    uint64_t first_ms = UINT64_MAX;
    for (size_t i = 0; i < held->n_pending; i++) {
        if (held->pending[i].since_ms < first_ms) {
            first_ms = held->pending[i].since_ms;
        }
    }
    return first_ms;
}

bool sym_held_is_pending(const struct sym_held *held, uint64_t size)
{
    for (size_t i = 0; i < held->n_pending; i++) {
        if (held->pending[i].head.size == size) {
            return true;
        }
    }
    return false;
}

size_t sym_held_wants(const struct sym_held *held, uint64_t sizes[SYM_WITNESS_WANTS_MAX])
{
    const struct sym_signed_head *newest = sym_held_newest(held);
    size_t n = 0;
    if (held->n_pending == 0 || newest == NULL) {
        return 0;
    }
    sizes[n++] = newest->size;
    for (size_t i = 0; i < held->n_pending; i++) {
        sizes[n++] = held->pending[i].head.size;
    }
    return n;
}

void sym_held_restart(struct sym_held *held, const struct sym_shown *shown)
{
    memset(held, 0, sizeof *held);
    advance(held, shown);
}

enum sym_known_verdict sym_known_judge(uint32_t known_generation,
                                       const struct sym_checkpoint *known, uint32_t generation,
                                       uint64_t size, const uint8_t root[SYM_HASH_BYTES])
{
    if (known_generation < generation) {
        return SYM_KNOWN_EARLIER;
    }
    if (known_generation > generation || known->size > size || !same_root(known->root, root)) {
        return SYM_KNOWN_LOST;
    }
    return SYM_KNOWN_FITS;
}

/* Restores -------------------------------------------------------------------------------------
 */

/* The next checkpoint of several that stand one behind the other, empty lines between them: it ends
 * behind its last signature line. */
static struct sym_span next_note(struct sym_span *rest)
{
    static const uint8_t dash[] = {0xe2, 0x80, 0x94};
    size_t at = 0;
    size_t end = 0;
    bool signature = false;
    while (rest->len > 0 && rest->data[0] == '\n') {
        *rest = sym_span(rest->data + 1, rest->len - 1);
    }
    while (at < rest->len) {
        bool is_signature =
            rest->len - at > sizeof dash &&
            sym_span_equal(sym_span(rest->data + at, sizeof dash), sym_span(dash, sizeof dash));
        if (signature && !is_signature) {
            break;
        }
        signature = is_signature;
        while (at < rest->len && rest->data[at] != '\n') {
            at++;
        }
        at += at < rest->len ? 1 : 0;
        end = at;
    }
    struct sym_span note = sym_span(rest->data, end);
    *rest = sym_span(rest->data + end, rest->len - end);
    return note;
}

static bool names_head(struct sym_span checkpoints, const struct sym_node_id *id,
                       const uint8_t log_key[SYM_ED25519_BYTES], uint32_t generation, uint64_t size)
{
    while (checkpoints.len > 0) {
        struct sym_checkpoint c;
        struct sym_note parsed;
        uint32_t of = 0;
        struct sym_span note = next_note(&checkpoints);
        if (note.len > 0 && sym_checkpoint_open(&c, &parsed, note, log_key) == SYM_OK &&
            sym_origin_generation(&of, c.origin, id) == SYM_OK && of == generation &&
            c.size >= size) {
            return true;
        }
    }
    return false;
}

enum sym_err sym_restore_check(const struct sym_leaf *leaf, uint64_t index, struct sym_span salt,
                               struct sym_span body, const struct sym_node_id *id,
                               const uint8_t log_key[SYM_ED25519_BYTES], uint32_t generation,
                               uint64_t size)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_entry_body b;
    uint8_t commitment[SYM_HASH_BYTES];
    if (leaf->kind != SYM_ENTRY_RESTORED || index != 0 || salt.len != SYM_HASH_BYTES) {
        return SYM_BAD_VALUE;
    }
    enum sym_err err = sym_body_commit(commitment, salt.data, body);
    if (err != SYM_OK) {
        return err;
    }
    if (!sym_span_equal(leaf->commitment, sym_span(commitment, sizeof commitment))) {
        return SYM_BAD_TAG;
    }
    err = sym_decode(&arena, &b, &sym_msg_entry_body, body);
    if (err != SYM_OK) {
        return err;
    }
    return names_head(b.checkpoint, id, log_key, generation, size) ? SYM_OK : SYM_DENIED;
}
