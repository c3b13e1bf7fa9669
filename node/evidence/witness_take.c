#include "node/evidence/witness_state.h"
#include "node/log.h"
#include "node/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the peer holds of the own log -----------------------------------------------------------
 */

static enum sym_err add_entry(struct sym_witness *w, const struct sym_witness_peer *p,
                              const char *event, const char *checkpoint)
{
    char id[2 * SYM_NODE_ID_BYTES + 1];
    sym_hex(id, p->id.bytes, sizeof p->id.bytes);
    struct sym_entry_body body = {.event = sym_span_text(event),
                                  .alias = sym_span_text(p->alias),
                                  .subject = sym_span_text(id),
                                  .checkpoint = sym_span_text(checkpoint)};
    struct sym_entry entry = {.kind = SYM_ENTRY_WITNESS, .body = &body};
    return sym_log_add(w->config.log, &entry);
}

/* The own tree does not lead to what this node has signed: nothing more is signed until that is
 * restored on purpose. */
static enum sym_err freeze(struct sym_witness *w, struct sym_witness_peer *p, uint32_t generation,
                           const struct sym_checkpoint *known, struct sym_span note,
                           struct sym_fault *fault)
{
    char why[SYM_FAULT_BYTES];
    const char *frozen = NULL;
    if (p->lost.generation != generation || p->lost.size < known->size) {
        sym_own_head_set(&p->lost, generation, known->size, note);
        p->dirty = true;
    }
    (void)snprintf(why, sizeof why,
                   "%s holds a head of it with %llu entries that this node's log does not lead to: "
                   "the data directory is an older copy; run: \"symbolon log restore\"",
                   p->alias, (unsigned long long)known->size);
    if (sym_log_is_frozen(w->config.log, &frozen)) {
        return sym_fail(fault, SYM_DENIED, "the evidence log of this node is frozen: %s", frozen);
    }
    enum sym_err err = sym_log_freeze(w->config.log, why);
    if (err == SYM_OK) {
        err = add_entry(w, p, "frozen", p->lost.note);
    }
    sym_log(SYM_LEVEL_ERROR, "log-frozen", "reason", why, NULL);
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "entry-not-written", "reason", sym_err_text(err), NULL);
    }
    return sym_fail(fault, SYM_DENIED, "the evidence log of this node is frozen: %s", why);
}

/* A line of the peer under the own checkpoint. */
static enum sym_err keep_cosignature(struct sym_witness_peer *p, const struct sym_witnessed *peer,
                                     const struct sym_own_head *own, struct sym_span line)
{
    char text[SYM_HEAD_NOTE_BYTES + SYM_SIGNATURE_LINE_BYTES];
    struct sym_note_key key = {.type = SYM_NOTE_COSIGNATURE};
    struct sym_note note;
    if (line.len >= SYM_SIGNATURE_LINE_BYTES) {
        return SYM_TOO_LONG;
    }
    if (own->size < p->cosigned_own.size && own->generation == p->cosigned_own.generation) {
        return SYM_OK;
    }
    if (sym_span_equal(line, sym_span_text(p->own_cosignature))) {
        return SYM_OK;
    }
    int len =
        snprintf(text, sizeof text, "%s%.*s", own->note, (int)line.len, (const char *)line.data);
    if (len < 0 || (size_t)len >= sizeof text) {
        return SYM_TOO_LONG;
    }
    sym_witness_name(key.name, &peer->id);
    memcpy(key.key, peer->cosign_key, sizeof key.key);
    enum sym_err err = sym_note_parse(&note, sym_span(text, (size_t)len));
    if (err == SYM_OK && note.n_signatures != 2) {
        err = SYM_BAD_FORMAT;
    }
    if (err == SYM_OK) {
        err = sym_note_verify(&note, &key, NULL);
    }
    if (err == SYM_OK) {
        p->cosigned_own = *own;
        memcpy(p->own_cosignature, line.data, line.len);
        p->own_cosignature[line.len] = '\0';
        p->dirty = true;
    }
    return err;
}

/* A head of the own log, as the peer holds it. */
struct known {
    struct sym_checkpoint head;
    uint32_t generation;
    bool by_present_key; /* or by one from before a rotation, or by somebody else */
};

static enum sym_err open_known(struct known *out, struct sym_witness *w,
                               const struct sym_evidence *e)
{
    struct sym_note note;
    if (e->known.len >= SYM_HEAD_NOTE_BYTES) {
        return SYM_TOO_LONG;
    }
    enum sym_err err = sym_checkpoint_open(&out->head, &note, e->known, w->config.log_key);
    out->by_present_key = err == SYM_OK;
    if (err != SYM_OK) {
        err = sym_note_parse(&note, e->known);
    }
    if (err == SYM_OK && !out->by_present_key) {
        err = sym_checkpoint_read(&out->head, note.text);
    }
    return err == SYM_OK
               ? sym_origin_generation(&out->generation, out->head.origin, &w->config.self)
               : err;
}

static enum sym_err take_known(struct sym_witness *w, struct sym_witness_peer *p,
                               const struct sym_witnessed *peer, const struct sym_evidence *e,
                               struct sym_fault *fault)
{
    const struct sym_head *head = sym_log_head(w->config.log);
    struct known known;
    struct sym_own_head own;
    uint8_t root[SYM_HASH_BYTES] = {0};
    enum sym_err err = open_known(&known, w, e);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "%s: what it shows as a head of this node's log %s", p->alias,
                        sym_err_text(err));
    }
    uint32_t generation = known.generation;
    if (generation == head->generation && known.head.size <= head->size) {
        err = sym_log_root(w->config.log, root, known.head.size);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "log: its tree %s; restore a backup", sym_err_text(err));
    }
    if (sym_known_judge(generation, &known.head, head->generation, head->size, root) ==
        SYM_KNOWN_LOST) {
        return known.by_present_key
                   ? freeze(w, p, generation, &known.head, e->known, fault)
                   : sym_fail(fault, SYM_BAD_SIGNATURE,
                              "%s: shows a head that this node's log does not lead to, signed with "
                              "another key than its present one: has the key been changed?",
                              p->alias);
    }
    sym_own_head_set(&own, generation, known.head.size, e->known);
    if (generation > p->said.generation ||
        (generation == p->said.generation && known.head.size > p->said.size)) {
        p->said = own;
        p->dirty = true;
    }
    if (generation != head->generation || e->cosignature.len == 0 || !known.by_present_key) {
        return SYM_OK;
    }
    err = keep_cosignature(p, peer, &own, e->cosignature);
    return err == SYM_OK
               ? SYM_OK
               : sym_fail(fault, err, "%s: its cosignature %s", p->alias, sym_err_text(err));
}

/* What the peer shows of its own log -----------------------------------------------------------
 */

static void keep_message(struct sym_witness_peer *p, struct sym_span signed_bytes)
{
    uint8_t *copy = signed_bytes.len > 0 ? malloc(signed_bytes.len) : NULL;
    if (copy != NULL) {
        memcpy(copy, signed_bytes.data, signed_bytes.len);
        free(p->message);
        p->message = copy;
        p->message_len = signed_bytes.len;
    }
}

static bool is_alarmed(const struct sym_witness_peer *p)
{
    return p->state == SYM_WITNESS_SPLIT || p->state == SYM_WITNESS_SHORTER;
}

/* After an alarm one thing still counts: a contradiction that anybody can check with two heads
 * alone. */
static void look_closer(struct sym_witness *w, struct sym_witness_peer *p,
                        const struct sym_shown *shown, struct sym_span signed_bytes)
{
    struct sym_judgement j;
    struct sym_held copy = p->held;
    if (p->state != SYM_WITNESS_SHORTER || shown->generation != p->held.generation) {
        return;
    }
    sym_held_judge(&copy, shown, &j);
    if (j.verdict == SYM_VERDICT_SPLIT) {
        sym_witness_alarm(w, p, &j, signed_bytes);
    }
}

static enum sym_err refuse_alarmed(const struct sym_witness_peer *p, struct sym_fault *fault)
{
    return sym_fail(fault, SYM_DENIED, "%s: %s", p->alias, p->fault);
}

static void on_good(struct sym_witness_peer *p, uint64_t size_before, struct sym_span signed_bytes)
{
    const struct sym_signed_head *newest = sym_held_newest(&p->held);
    if (newest->size != size_before || p->message_len == 0) {
        keep_message(p, signed_bytes);
        p->dirty = true;
    }
    if (p->state == SYM_WITNESS_NEW || p->state == SYM_WITNESS_UNPROVEN) {
        sym_witness_set_state(p, SYM_WITNESS_GOOD, "");
    }
}

static enum sym_err judge_head(struct sym_witness *w, struct sym_witness_peer *p,
                               const struct sym_shown *shown, struct sym_span signed_bytes,
                               struct sym_fault *fault)
{
    struct sym_judgement j;
    const struct sym_signed_head *newest = sym_held_newest(&p->held);
    uint64_t size_before = newest != NULL ? newest->size : UINT64_MAX;
    sym_held_judge(&p->held, shown, &j);
    sym_witness_look(p);
    switch (j.verdict) {
    case SYM_VERDICT_GOOD:
        on_good(p, size_before, signed_bytes);
        return SYM_OK;
    case SYM_VERDICT_OLDER:
    case SYM_VERDICT_UNPROVEN:
        return SYM_OK;
    case SYM_VERDICT_RESTORED:
        p->later = *shown;
        return SYM_OK;
    case SYM_VERDICT_SHORTER:
    case SYM_VERDICT_SPLIT:
        sym_witness_alarm(w, p, &j, signed_bytes);
        return refuse_alarmed(p, fault);
    }
    return SYM_INTERNAL;
}

static enum sym_err take_head(struct sym_witness *w, struct sym_witness_peer *p,
                              const struct sym_witnessed *peer, const struct sym_evidence *e,
                              struct sym_span signed_bytes, bool must_rest, struct sym_fault *fault)
{
    struct sym_shown shown;
    if (e->checkpoint.len == 0 && !must_rest) {
        return SYM_OK;
    }
    enum sym_told kind;
    enum sym_err err = sym_shown_read(&shown, e, &peer->id, peer->log_key, must_rest);
    if (err == SYM_OK && signed_bytes.len > 0) {
        err = sym_signed_time(&shown.time_ms, &kind, signed_bytes);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "%s: the evidence of its message %s", p->alias,
                        sym_err_text(err));
    }
    shown.since_ms = sym_now_ms();
    if (is_alarmed(p) && shown.generation <= p->held.generation) {
        look_closer(w, p, &shown, signed_bytes);
        return must_rest ? refuse_alarmed(p, fault) : SYM_OK;
    }
    err = judge_head(w, p, &shown, signed_bytes, fault);
    return err == SYM_OK && must_rest ? sym_witness_trusts(w, &peer->id, fault) : err;
}

enum sym_err sym_witness_take(struct sym_witness *w, const struct sym_witnessed *peer,
                              const struct sym_evidence *evidence, struct sym_span signed_bytes,
                              bool must_rest, struct sym_leaf *leaf, struct sym_fault *fault)
{
    struct sym_witness_peer *p = NULL;
    enum sym_err err = sym_witness_of(w, &p, peer);
    if (err == SYM_LIMIT) {
        return sym_fail(fault, err,
                        "witness: what %u logs have shown is kept, the most there can be",
                        SYM_PEERS_MAX);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "witness: the log of one more node %s", sym_err_text(err));
    }
    if (evidence == NULL) {
        return must_rest
                   ? sym_fail(fault, SYM_DENIED, "%s: its message shows no evidence", p->alias)
                   : SYM_OK;
    }
    enum sym_err own = evidence->known.len > 0 ? take_known(w, p, peer, evidence, fault) : SYM_OK;
    err = take_head(w, p, peer, evidence, signed_bytes, must_rest, own == SYM_OK ? fault : NULL);
    err = own != SYM_OK ? own : err;
    if (err == SYM_OK && leaf != NULL && evidence->leaf.len > 0) {
        sym_arena_clear(&w->arena);
        err = sym_decode(&w->arena, leaf, &sym_msg_leaf, evidence->leaf);
        if (err != SYM_OK) {
            return sym_fail(fault, err, "%s: the entry that its message rests on %s", p->alias,
                            sym_err_text(err));
        }
    }
    return err;
}

/* Contradictions -------------------------------------------------------------------------------
 */

enum sym_err sym_witness_log_alarm(const struct sym_witness *w, struct sym_transaction *t,
                                   const struct sym_witness_peer *p, const char *heads)
{
    char id[2 * SYM_NODE_ID_BYTES + 1];
    sym_hex(id, p->id.bytes, sizeof p->id.bytes);
    const struct sym_entry_body body = {
        .event = sym_span_text(p->state == SYM_WITNESS_SPLIT ? "split" : "shorter"),
        .alias = sym_span_text(p->alias),
        .subject = sym_span_text(id),
        .detail = sym_span_text(p->fault),
        .checkpoint = sym_span_text(heads)};
    const struct sym_entry entry = {.kind = SYM_ENTRY_WITNESS, .body = &body};
    return sym_log_append(w->config.log, t, &entry, NULL);
}

struct alarm {
    const struct sym_witness *w;
    const struct sym_witness_peer *p;
    const char *heads;
    struct sym_span exhibit;
};

static enum sym_err put_alarm(struct sym_transaction *t, void *context)
{
    const struct alarm *a = context;
    enum sym_err err = sym_witness_log_alarm(a->w, t, a->p, a->heads);
    return err == SYM_OK && a->exhibit.len > 0
               ? sym_store_put(t, SYM_TABLE_EXHIBITS, sym_span(a->p->id.bytes, SYM_NODE_ID_BYTES),
                               a->exhibit)
               : err;
}

/* What cannot be written now is owed to the next commit. */
static enum sym_err record_alarm(const struct sym_witness *w, struct sym_witness_peer *p,
                                 const struct sym_judgement *j, struct sym_span exhibit)
{
    char heads[2 * SYM_HEAD_NOTE_BYTES + 2];
    (void)snprintf(heads, sizeof heads, "%s\n%s", j->before.note, j->after.head.note);
    free(p->owed);
    p->owed = NULL;
    struct alarm a = {.w = w, .p = p, .heads = heads, .exhibit = exhibit};
    enum sym_err err = sym_store_write(w->config.store, put_alarm, &a);
    if (err != SYM_OK) {
        p->owed = strdup(heads);
        p->dirty = true;
    }
    return err;
}

/* The two heads may never be shown together again. */
static void keep_exhibit(struct sym_witness_peer *p, char *exhibit, size_t len)
{
    p->exhibit = exhibit;
    p->exhibit_len = len;
    p->dirty = true;
}

void sym_witness_alarm(struct sym_witness *w, struct sym_witness_peer *p,
                       const struct sym_judgement *j, struct sym_span signed_bytes)
{
    bool split = j->verdict == SYM_VERDICT_SPLIT;
    char why[SYM_FAULT_BYTES];
    char *exhibit = malloc(SYM_EXHIBIT_BYTES_MAX);
    size_t len = 0;
    (void)snprintf(why, sizeof why,
                   "%s, with %llu and then %llu entries: an older copy of its data "
                   "was used, or its log was altered; see: \"symbolon log exhibit %s\"",
                   split ? "has signed two evidence logs that contradict each other"
                         : "shows a shorter evidence log than before",
                   (unsigned long long)j->before.size, (unsigned long long)j->after.head.size,
                   p->alias);
    sym_witness_set_state(p, split ? SYM_WITNESS_SPLIT : SYM_WITNESS_SHORTER, why);
    sym_log(SYM_LEVEL_ERROR, split ? "log-split" : "log-shorter", "peer", p->alias, "reason", why,
            NULL);
    enum sym_err err = exhibit == NULL ? SYM_NO_MEMORY
                                       : sym_witness_write_exhibit(exhibit, SYM_EXHIBIT_BYTES_MAX,
                                                                   &len, w, p, j, signed_bytes);
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "exhibit-not-made", "peer", p->alias, "reason", sym_err_text(err),
                NULL);
    }
    len = err == SYM_OK ? len : 0;
    free(p->exhibit);
    p->exhibit = NULL;
    err = record_alarm(w, p, j, sym_span(exhibit, len));
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "alarm-not-kept", "peer", p->alias, "reason", sym_err_text(err),
                NULL);
    }
    if (err != SYM_OK && len > 0) {
        keep_exhibit(p, exhibit, len);
    } else {
        free(exhibit);
    }
}
