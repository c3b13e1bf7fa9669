#include "node/evidence/witness_state.h"
#include "node/log.h"
#include "node/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A partner's log that begins again ------------------------------------------------------------
 */

/* Both heads, as an entry keeps them. */
static void write_heads(char *out, size_t max, const struct sym_held *before,
                        const struct sym_shown *later)
{
    const struct sym_signed_head *newest = sym_held_newest(before);
    (void)snprintf(out, max, "%s\n%s", newest != NULL ? newest->note : "", later->head.note);
}

static void begin_with(struct sym_witness_peer *p, const struct sym_shown *later, const char *how)
{
    char text[SYM_FAULT_BYTES];
    const struct sym_signed_head *newest = sym_held_newest(&p->held);
    (void)snprintf(
        text, sizeof text, "has begun a new evidence log (%u); the one before had %llu entries; %s",
        (unsigned)later->generation, (unsigned long long)(newest != NULL ? newest->size : 0), how);
    sym_held_restart(&p->held, later);
    p->later = (struct sym_shown){.generation = 0};
    p->cosigned = 0;
    free(p->message);
    p->message = NULL;
    p->message_len = 0;
    sym_witness_set_state(p, SYM_WITNESS_GOOD, text);
    p->since_ms = sym_wall_ms();
}

/* Taken back when it could not be written. */
static enum sym_err begin_and_record(struct sym_witness *w, struct sym_witness_peer *p,
                                     const struct sym_shown *shown, const struct sym_author *author,
                                     struct sym_fault *fault)
{
    char heads[2 * SYM_HEAD_NOTE_BYTES + 2];
    struct sym_shown later = *shown;
    struct sym_witness_peer before = *p;
    write_heads(heads, sizeof heads, &p->held, &later);
    before.message = NULL;
    before.message_len = 0;
    begin_with(p, &later, author != NULL ? "an operator accepted it" : "its restore was shown");
    struct sym_entry_body body = {.event = sym_span_text(author != NULL ? "accepted" : "restored"),
                                  .alias = sym_span_text(p->alias),
                                  .detail = sym_span_text(p->fault),
                                  .checkpoint = sym_span_text(heads)};
    struct sym_entry entry = {.kind = SYM_ENTRY_WITNESS, .author = author, .body = &body};
    enum sym_err err = sym_log_add(w->config.log, &entry);
    if (err != SYM_OK) {
        *p = before;
        return sym_fail(fault, err, "%s: its new log could not be recorded: the store %s", p->alias,
                        sym_err_text(err));
    }
    sym_log(SYM_LEVEL_WARN, "log-begun-again", "peer", p->alias, "reason", p->fault, NULL);
    return SYM_OK;
}

/* Each restore that is accepted is an entry here: a partner has some, and then one in a while. */
static bool may_restore(struct sym_witness_peer *p)
{
    uint64_t now_ms = sym_now_ms();
    uint64_t from_ms = p->restores_until_ms > now_ms ? p->restores_until_ms : now_ms;
    uint64_t until_ms = from_ms + SYM_WITNESS_RESTORE_EACH_MS;
    if (until_ms - now_ms > (uint64_t)SYM_WITNESS_RESTORES_MAX * SYM_WITNESS_RESTORE_EACH_MS) {
        return false;
    }
    p->restores_until_ms = until_ms;
    return true;
}

enum sym_err sym_witness_take_restore(struct sym_witness *w, const struct sym_witnessed *peer,
                                      const struct sym_evidence *evidence, struct sym_span salt,
                                      struct sym_span body, struct sym_fault *fault)
{
    struct sym_witness_peer *p = NULL;
    struct sym_shown shown;
    struct sym_leaf leaf;
    enum sym_err err = sym_witness_of(w, &p, peer);
    if (err == SYM_OK) {
        err = sym_shown_read(&shown, evidence, &peer->id, peer->log_key, true);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "%s: what it shows of its new log %s",
                        p != NULL ? p->alias : "?", sym_err_text(err));
    }
    const struct sym_signed_head *newest = sym_held_newest(&p->held);
    if (newest == NULL || shown.generation <= p->held.generation) {
        return SYM_OK;
    }
    sym_arena_clear(&w->arena);
    err = sym_decode(&w->arena, &leaf, &sym_msg_leaf, evidence->leaf);
    if (err == SYM_OK) {
        err = sym_restore_check(&leaf, evidence->leaf_index, salt, body, &peer->id, peer->log_key,
                                p->held.generation, newest->size);
    }
    if (err == SYM_OK && may_restore(p)) {
        return begin_and_record(w, p, &shown, NULL, fault);
    }
    p->later = shown;
    if (err == SYM_OK) {
        return sym_fail(fault, SYM_DENIED,
                        "%s has begun a new evidence log too often within some hours; ask its "
                        "operator why, then accept it: \"symbolon log accept %s\"",
                        p->alias, p->alias);
    }
    return sym_fail(fault, err,
                    "%s has begun a new evidence log that does not name the %llu entries this node "
                    "knows of; ask its operator why, then accept it: \"symbolon log accept %s\"",
                    p->alias, (unsigned long long)newest->size, p->alias);
}

enum sym_err sym_witness_accept(struct sym_witness *w, const struct sym_witnessed *peer,
                                const struct sym_author *author, struct sym_fault *fault)
{
    struct sym_witness_peer *p = sym_witness_find(w, &peer->id);
    if (p == NULL || p->later.generation == 0) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "%s has not shown a new evidence log: its operator runs \"symbolon log "
                        "restore\" there, then one exchange shows it",
                        peer->alias);
    }
    return begin_and_record(w, p, &p->later, author, fault);
}

/* The own log that begins again ----------------------------------------------------------------
 */

bool sym_witness_owes_restore(const struct sym_witness *w, const struct sym_node_id *peer)
{
    const struct sym_witness_peer *p = sym_witness_find(w, peer);
    uint32_t generation = sym_log_head(w->config.log)->generation;
    return p != NULL && generation > 1 && p->said.generation != 0 &&
           p->said.generation < generation;
}

/* The largest heads first, each once, as many as there is room for. */
struct heads {
    const struct sym_own_head *items[SYM_PEERS_MAX];
    size_t n;
};

static bool is_before(const struct sym_own_head *a, const struct sym_own_head *b)
{
    return a->generation != b->generation ? a->generation > b->generation : a->size > b->size;
}

static void add_head(struct heads *h, const struct sym_own_head *head)
{
    size_t at = 0;
    if (head->generation == 0 || h->n == SYM_PEERS_MAX) {
        return;
    }
    while (at < h->n && is_before(h->items[at], head)) {
        at++;
    }
    for (size_t i = at; i < h->n && !is_before(head, h->items[i]); i++) {
        if (strcmp(h->items[i]->note, head->note) == 0) {
            return;
        }
    }
    memmove(&h->items[at + 1], &h->items[at], (h->n - at) * sizeof h->items[0]);
    h->items[at] = head;
    h->n++;
}

static void write_lost(const struct sym_witness *w, struct heads *h, char *out, size_t max)
{
    const struct sym_head *head = sym_log_head(w->config.log);
    struct sym_own_head own;
    size_t len = 0;
    sym_own_head_set(&own, head->generation, head->signed_size,
                     sym_span(head->checkpoint, head->checkpoint_len));
    add_head(h, &own);
    for (size_t i = 0; i < w->n; i++) {
        add_head(h, &w->peers[i]->lost);
    }
    for (size_t i = 0; i < h->n; i++) {
        size_t n = strlen(h->items[i]->note);
        if (n + 1 < max - len) {
            len += (size_t)snprintf(out + len, max - len, "%s%s", i > 0 ? "\n" : "",
                                    h->items[i]->note);
        }
    }
}

/* A copy from before an earlier restore: that generation is used up, too. */
static uint32_t latest_generation(const struct sym_witness *w)
{
    uint32_t latest = 0;
    for (size_t i = 0; i < w->n; i++) {
        uint32_t g = w->peers[i]->lost.generation;
        latest = g > latest ? g : latest;
    }
    return latest;
}

static void forget_said(struct sym_witness *w)
{
    for (size_t i = 0; i < w->n; i++) {
        struct sym_witness_peer *p = w->peers[i];
        p->sent = 0;
        p->lost = (struct sym_own_head){.generation = 0};
        p->met = false;
        p->dirty = true;
    }
}

enum sym_err sym_witness_begin_again(struct sym_witness *w, const struct sym_author *author,
                                     struct sym_fault *fault)
{
    char lost[SYM_CHECKPOINT_BYTES_MAX];
    struct heads *heads = calloc(1, sizeof *heads);
    if (heads == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "log: no memory");
    }
    write_lost(w, heads, lost, sizeof lost);
    free(heads);
    /* Who asked stays here: this entry is shown to partners. */
    struct sym_entry_body body = {.event = sym_span_text("restored"),
                                  .checkpoint = sym_span_text(lost)};
    struct sym_entry first = {.kind = SYM_ENTRY_RESTORED, .body = &body};
    const struct sym_entry_body said = {.event = sym_span_text("log-restored"),
                                        .subject = sym_span_text("log")};
    const struct sym_entry asked = {.kind = SYM_ENTRY_RESTORED, .author = author, .body = &said};
    enum sym_err err = sym_log_begin_again(w->config.log, &first, author != NULL ? &asked : NULL,
                                           latest_generation(w), fault);
    if (err == SYM_OK) {
        forget_said(w);
    }
    return err;
}
