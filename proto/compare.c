#include "proto/compare.h"

#include <stdlib.h>
#include <string.h>

/* An end that is this fresh may still be on its way to the other side, milliseconds. */
#define FRESH_MS 3000u

enum side { HERE, THERE, SIDES };

struct entry {
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint64_t index;
    uint64_t time_ms;
    uint32_t kind;
    bool self_asked; /* the initiator is the node that compares */
    bool granted;    /* own, DECIDED: the body says so */
    bool unproven;   /* own, DECIDED: the receipt rests on no entry there */
    size_t word;     /* + 1, among the words; 0: no statement */
};

/* What a statement says of the data frames. */
struct word {
    bool is_abort;
    uint64_t frames[2]; /* sent, received */
    uint8_t hash[2][SYM_HASH_BYTES];
};

/* A leaf of the other side that a signed message of it rests on. */
struct proof {
    uint32_t generation;
    uint64_t index;
    uint8_t leaf[SYM_HASH_BYTES];
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint64_t index_here;
};

struct shown {
    uint64_t index;
    uint8_t leaf[SYM_HASH_BYTES];
};

struct list {
    uint8_t *items;
    size_t n;
    size_t room;
};

struct sym_compare {
    struct sym_compare_plan plan;
    uint8_t own_id[SYM_EXCHANGE_ID_BYTES];
    struct list entries[SIDES];
    struct list words;
    struct list proofs;
    struct list shown;
    struct list findings;
    uint64_t next_there; /* least index that may come */
    uint32_t generation;
    uint64_t size;
    uint8_t root[SYM_HASH_BYTES];
    uint64_t there_since_ms; /* of the other log's first entry */
    struct sym_compare_counts counts;
};

/* Lists ----------------------------------------------------------------------------------------
 */

static enum sym_err append(struct list *l, const void *item, size_t bytes, size_t max)
{
    if (l->n >= max) {
        return SYM_LIMIT;
    }
    if (l->n == l->room) {
        size_t room = l->room == 0 ? 64 : 2 * l->room;
        uint8_t *grown = reallocarray(l->items, room, bytes);
        if (grown == NULL) {
            return SYM_NO_MEMORY;
        }
        l->items = grown;
        l->room = room;
    }
    memcpy(l->items + l->n * bytes, item, bytes);
    l->n++;
    return SYM_OK;
}

static struct entry *entries_of(const struct sym_compare *c, enum side side)
{
    return (struct entry *)(void *)c->entries[side].items;
}

static const struct word *word_of(const struct sym_compare *c, const struct entry *e)
{
    return e == NULL || e->word == 0
               ? NULL
               : &((const struct word *)(const void *)c->words.items)[e->word - 1];
}

/* However many exchanges were cut off, they leave room for what is a contradiction. */
static void replace_note(struct sym_compare *c, const struct sym_compared_finding *f)
{
    struct sym_compared_finding *all = (struct sym_compared_finding *)(void *)c->findings.items;
    for (size_t i = c->findings.n; i > 0; i--) {
        if (all[i - 1].code == SYM_FINDING_PREFIX) {
            all[i - 1] = *f;
            return;
        }
    }
}

static enum sym_err find_out(struct sym_compare *c, enum sym_finding_code code,
                             const uint8_t id[SYM_EXCHANGE_ID_BYTES], const struct entry *here,
                             const struct entry *there, const char *text)
{
    struct sym_compared_finding f = {.code = code,
                                     .index_here = here != NULL ? here->index + 1 : 0,
                                     .index_there = there != NULL ? there->index + 1 : 0,
                                     .text = text};
    memcpy(f.exchange_id, id, sizeof f.exchange_id);
    enum sym_err err = append(&c->findings, &f, sizeof f, SYM_COMPARE_FINDINGS_MAX);
    if (err == SYM_LIMIT && code != SYM_FINDING_PREFIX) {
        replace_note(c, &f);
    }
    return err == SYM_LIMIT ? SYM_OK : err;
}

enum sym_err sym_compare_new(struct sym_compare **out, const struct sym_compare_plan *plan)
{
    struct sym_compare *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return SYM_NO_MEMORY;
    }
    c->plan = *plan;
    if (plan->exchange_id != NULL) {
        memcpy(c->own_id, plan->exchange_id, sizeof c->own_id);
    }
    c->plan.exchange_id = NULL;
    *out = c;
    return SYM_OK;
}

static void forget(struct list *l)
{
    free(l->items);
    *l = (struct list){.items = NULL};
}

/* All but the findings. */
static void forget_entries(struct sym_compare *c)
{
    forget(&c->entries[HERE]);
    forget(&c->entries[THERE]);
    forget(&c->words);
    forget(&c->proofs);
    forget(&c->shown);
}

void sym_compare_free(struct sym_compare *c)
{
    if (c == NULL) {
        return;
    }
    forget_entries(c);
    forget(&c->findings);
    free(c);
}

/* Entries --------------------------------------------------------------------------------------
 */

/* SYM_NOT_FOUND: of no exchange between the two. */
static enum sym_err read_leaf(const struct sym_compare *c, struct entry *e, uint64_t index,
                              struct sym_span bytes)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf;
    struct sym_span self = sym_span(c->plan.self.bytes, SYM_NODE_ID_BYTES);
    struct sym_span peer = sym_span(c->plan.peer.bytes, SYM_NODE_ID_BYTES);
    *e = (struct entry){.index = index};
    enum sym_err err = sym_decode(&arena, &leaf, &sym_msg_leaf, bytes);
    if (err != SYM_OK) {
        return err;
    }
    bool asked = sym_span_equal(leaf.initiator, self) && sym_span_equal(leaf.responder, peer);
    bool answered = sym_span_equal(leaf.initiator, peer) && sym_span_equal(leaf.responder, self);
    if (leaf.exchange_id.len != SYM_EXCHANGE_ID_BYTES || (!asked && !answered) ||
        leaf.kind > SYM_ENTRY_SETTLED) {
        return SYM_NOT_FOUND;
    }
    memcpy(e->id, leaf.exchange_id.data, sizeof e->id);
    e->time_ms = leaf.time_ms;
    e->kind = leaf.kind;
    e->self_asked = asked;
    return SYM_OK;
}

/* A statement of the given signer about this exchange, as the entry has it; anything else is left
 * out: who may show an abort for a close would explain away any difference. */
static enum sym_err add_word(struct sym_compare *c, struct entry *e, struct sym_span bytes,
                             const uint8_t identity[SYM_ED25519_BYTES], bool *fits)
{
    struct sym_statement s;
    *fits = sym_statement_read(&s, bytes, identity) == SYM_OK &&
            sym_equal(s.exchange_id, e->id, sizeof e->id) &&
            e->kind == (uint32_t)(s.is_abort ? SYM_ENTRY_ABORTED : SYM_ENTRY_CLOSED);
    if (!*fits) {
        return SYM_OK;
    }
    struct word w = {.is_abort = s.is_abort, .frames = {s.sent_frames, s.received_frames}};
    memcpy(w.hash[0], s.sent_hash, SYM_HASH_BYTES);
    memcpy(w.hash[1], s.received_hash, SYM_HASH_BYTES);
    e->word = c->words.n + 1;
    return append(&c->words, &w, sizeof w, SYM_COMPARED_MAX);
}

/* The entry there that this message of the other side rests on. */
static enum sym_err add_proof(struct sym_compare *c, const struct entry *e,
                              const struct sym_evidence *evidence)
{
    struct proof p = {.index_here = e->index};
    struct sym_note note;
    struct sym_checkpoint head;
    if (evidence == NULL || evidence->leaf.len == 0 ||
        sym_note_parse(&note, evidence->checkpoint) != SYM_OK ||
        sym_checkpoint_read(&head, note.text) != SYM_OK ||
        sym_origin_generation(&p.generation, head.origin, &c->plan.peer) != SYM_OK) {
        return SYM_OK;
    }
    p.index = evidence->leaf_index;
    memcpy(p.id, e->id, sizeof p.id);
    enum sym_err err = sym_merkle_leaf(p.leaf, evidence->leaf);
    return err == SYM_OK ? append(&c->proofs, &p, sizeof p, SYM_COMPARED_MAX) : err;
}

typedef const struct sym_evidence *evidence_fn(const void *body);

static const struct sym_evidence *of_request(const void *body)
{
    return ((const struct sym_request *)body)->evidence;
}

static const struct sym_evidence *of_receipt(const void *body)
{
    return ((const struct sym_receipt *)body)->evidence;
}

static const struct sym_evidence *of_close(const void *body)
{
    return ((const struct sym_close *)body)->evidence;
}

static const struct sym_evidence *of_abort(const void *body)
{
    return ((const struct sym_abort *)body)->evidence;
}

union message {
    struct sym_request request;
    struct sym_receipt receipt;
    struct sym_close close;
    struct sym_abort abort;
};

/* What the message, if it is of this kind, rests on. rests may be NULL. */
static enum sym_err take_message(struct sym_compare *c, const struct entry *e,
                                 struct sym_span bytes, const struct sym_message *kind,
                                 evidence_fn *evidence_of, bool *rests)
{
    SYM_ARENA_AUTO outer = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_signed s;
    union message m;
    if (bytes.len == 0 || sym_decode(&outer, &s, &sym_msg_signed, bytes) != SYM_OK ||
        sym_decode(&arena, &m, kind, s.body) != SYM_OK) {
        return SYM_OK;
    }
    const struct sym_evidence *evidence = evidence_of(&m);
    if (rests != NULL) {
        *rests = evidence != NULL && evidence->leaf.len > 0;
    }
    return add_proof(c, e, evidence);
}

/* What an own body holds of the other side's log. */
static enum sym_err take_proofs(struct sym_compare *c, struct entry *e,
                                const struct sym_entry_body *b)
{
    bool rests = false;
    enum sym_err err = SYM_OK;
    if (!e->self_asked) {
        err = take_message(c, e, b->request, &sym_msg_request, of_request, NULL);
    } else {
        err = take_message(c, e, b->receipt, &sym_msg_receipt, of_receipt, &rests);
        e->unproven = e->kind == SYM_ENTRY_DECIDED && !rests;
    }
    if (err == SYM_OK) {
        err = take_message(c, e, b->peer_statement, &sym_msg_close, of_close, NULL);
    }
    return err == SYM_OK ? take_message(c, e, b->peer_statement, &sym_msg_abort, of_abort, NULL)
                         : err;
}

/* What this side left out of its log, and only counted. */
static enum sym_err count_denied(struct sym_compare *c, struct sym_span leaf, struct sym_span body)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf l;
    struct sym_entry_body b;
    enum sym_err err = sym_decode(&arena, &l, &sym_msg_leaf, leaf);
    if (err != SYM_OK || l.kind != SYM_ENTRY_REFUSED || body.len == 0 ||
        !sym_span_equal(l.initiator, sym_span(c->plan.peer.bytes, SYM_NODE_ID_BYTES))) {
        return err;
    }
    err = sym_decode(&arena, &b, &sym_msg_entry_body, body);
    if (err == SYM_OK && sym_span_equal(b.event, sym_span_text(SYM_EVENT_NOT_RECORDED))) {
        c->counts.denied += b.count;
    }
    return err;
}

enum sym_err sym_compare_own(struct sym_compare *c, uint64_t index, struct sym_span leaf,
                             struct sym_span body)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_entry_body b;
    struct entry e;
    bool fits = false;
    enum sym_err err = read_leaf(c, &e, index, leaf);
    if (err != SYM_OK) {
        return err == SYM_NOT_FOUND ? count_denied(c, leaf, body) : err;
    }
    if (body.len > 0) {
        err = sym_decode(&arena, &b, &sym_msg_entry_body, body);
        if (err == SYM_OK) {
            e.granted = e.kind == SYM_ENTRY_DECIDED && b.decision == SYM_DECISION_GRANTED;
            err = take_proofs(c, &e, &b);
        }
        if (err == SYM_OK && b.statement.len > 0 && e.kind != SYM_ENTRY_SETTLED) {
            err = add_word(c, &e, b.statement, c->plan.own_identity, &fits);
        }
    }
    return err == SYM_OK ? append(&c->entries[HERE], &e, sizeof e, SYM_COMPARED_MAX) : err;
}

/* Later than any clock that is right. */
static bool is_to_come(const struct sym_compare *c, uint64_t time_ms)
{
    return time_ms > c->plan.began_ms && time_ms - c->plan.began_ms > SYM_CLOCK_SKEW_MS;
}

enum sym_err sym_compare_head(struct sym_compare *c, const struct sym_shown *head,
                              uint64_t since_ms)
{
    if (c->generation != 0) {
        return SYM_WRONG_STATE;
    }
    c->generation = head->generation;
    c->size = head->head.size;
    memcpy(c->root, head->head.root, sizeof c->root);
    c->there_since_ms = is_to_come(c, since_ms) ? 0 : since_ms;
    return SYM_OK;
}

enum sym_err sym_compare_theirs(struct sym_compare *c, const struct sym_compare_entry *entry)
{
    struct entry e;
    struct shown s = {.index = entry->index};
    bool fits = true;
    if (entry->index < c->next_there) {
        return SYM_BAD_VALUE;
    }
    c->next_there = entry->index + 1;
    enum sym_err err = sym_merkle_leaf(s.leaf, entry->leaf);
    if (err == SYM_OK) {
        err = read_leaf(c, &e, entry->index, entry->leaf);
    }
    if (err != SYM_OK) {
        return err == SYM_NOT_FOUND ? SYM_OK : err;
    }
    if (entry->index >= c->size ||
        sym_merkle_check_inclusion(c->root, s.leaf, entry->index, c->size, entry->inclusion,
                                   entry->n_inclusion) != SYM_OK) {
        return find_out(c, SYM_FINDING_NOT_PROVEN, e.id, NULL, &e,
                        "the other side shows an entry that is not in the log it has signed");
    }
    c->counts.entries++;
    err = append(&c->shown, &s, sizeof s, SYM_COMPARED_MAX);
    if (err == SYM_OK && entry->statement.len > 0) {
        err = add_word(c, &e, entry->statement, c->plan.peer_identity, &fits);
    }
    if (err == SYM_OK && !fits) {
        err = find_out(c, SYM_FINDING_DIFFERENT, e.id, NULL, &e,
                       "the other side shows a statement that is not its own, or of another "
                       "exchange");
    }
    return err == SYM_OK ? append(&c->entries[THERE], &e, sizeof e, SYM_COMPARED_MAX) : err;
}

/* Matching -------------------------------------------------------------------------------------
 */

/* The entries of one exchange at one side. */
struct tale {
    const struct entry *first;
    const struct entry *decided;
    const struct entry *end;    /* closed or aborted */
    const struct entry *newest; /* NULL as `first` is */
};

static int order(const struct entry *a, const struct entry *b)
{
    return sym_span_compare(sym_span(a->id, sizeof a->id), sym_span(b->id, sizeof b->id));
}

static int by_exchange(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    int o = order(x, y);
    return o != 0 ? o : x->index < y->index ? -1 : x->index > y->index;
}

static size_t read_tale(struct tale *out, const struct entry *entries, size_t n)
{
    size_t i = 0;
    *out = (struct tale){.first = n > 0 ? entries : NULL};
    while (i < n && order(&entries[i], &entries[0]) == 0) {
        const struct entry *e = &entries[i++];
        out->newest = e;
        if (e->kind == SYM_ENTRY_DECIDED) {
            out->decided = e;
        } else if (e->kind == SYM_ENTRY_CLOSED || e->kind == SYM_ENTRY_ABORTED) {
            out->end = e;
        }
    }
    return i;
}

/* One direction: what one side says to have sent, and the other to have received. */
static enum sym_finding_code match_direction(const struct word *sender, const struct word *receiver)
{
    if (sender->frames[0] == receiver->frames[1]) {
        return sym_equal(sender->hash[0], receiver->hash[1], SYM_HASH_BYTES)
                   ? 0
                   : SYM_FINDING_TRANSCRIPT;
    }
    bool cut_off = sender->is_abort || receiver->is_abort;
    return cut_off ? SYM_FINDING_PREFIX : SYM_FINDING_TRANSCRIPT;
}

static enum sym_err match_words(struct sym_compare *c, const struct entry *here,
                                const struct entry *there)
{
    const struct word *own = word_of(c, here);
    const struct word *theirs = word_of(c, there);
    if (own == NULL || theirs == NULL) {
        c->counts.untold++;
        return SYM_OK;
    }
    enum sym_finding_code out = match_direction(own, theirs);
    enum sym_finding_code in = match_direction(theirs, own);
    if (out == SYM_FINDING_TRANSCRIPT || in == SYM_FINDING_TRANSCRIPT) {
        return find_out(c, SYM_FINDING_TRANSCRIPT, here->id, here, there,
                        "the two sides have signed different transcripts");
    }
    if (out == SYM_FINDING_PREFIX || in == SYM_FINDING_PREFIX) {
        return find_out(c, SYM_FINDING_PREFIX, here->id, here, there,
                        "it was cut off: one side saw the beginning of what the other sent");
    }
    return SYM_OK;
}

/* Its end may be on its way still. */
static bool is_fresh(const struct sym_compare *c, const struct entry *newest)
{
    return newest->time_ms + FRESH_MS > c->plan.began_ms && !is_to_come(c, newest->time_ms);
}

static enum sym_err match_ends(struct sym_compare *c, const struct tale *here,
                               const struct tale *there)
{
    const struct entry *end = here->end != NULL ? here->end : there->end;
    if (here->end != NULL && there->end != NULL) {
        return match_words(c, here->end, there->end);
    }
    /* The word of a side that was granted nothing is owed to nobody. */
    if (end != NULL && end->word == 0) {
        return SYM_OK;
    }
    if (end == NULL && (here->decided == NULL || !here->decided->granted)) {
        return SYM_OK;
    }
    if (is_fresh(c, here->newest) || is_fresh(c, there->newest)) {
        return SYM_OK;
    }
    return find_out(c, SYM_FINDING_OPEN, here->first->id, here->end, there->end,
                    end == NULL         ? "neither side has closed it"
                    : here->end == NULL ? "this side has not closed it"
                                        : "the other side has not closed it");
}

/* Nothing shows that it reached the other side, or was written down there. */
static bool is_lonely(const struct tale *here, const struct tale *there)
{
    if (here->first != NULL) {
        return there->first == NULL && here->first->self_asked &&
               (here->decided == NULL || here->decided->unproven);
    }
    return !there->first->self_asked && there->decided == NULL;
}

/* Entries of this side are as old as its log, so that what it knows of was lost there. */
static void count_lost(struct sym_compare *c, const struct tale *here, const struct tale *there)
{
    if (is_lonely(here, there)) {
        return;
    }
    if (here->first == NULL) {
        c->counts.lost_here++;
    } else {
        c->counts.lost_there++;
    }
}

/* A request of the other side that came to nothing, as far as it says: what is granted ends with a
 * signed word. */
static bool is_unrecorded(const struct tale *here, const struct tale *there)
{
    return here->first == NULL && !there->first->self_asked && there->decided != NULL &&
           (there->end == NULL || there->end->word == 0);
}

/* Only one side knows of it. */
static enum sym_err match_alone(struct sym_compare *c, const struct tale *here,
                                const struct tale *there)
{
    if (is_lonely(here, there)) {
        return SYM_OK;
    }
    if (here->first != NULL) {
        return find_out(c, SYM_FINDING_MISSING_THERE, here->first->id, here->first, NULL,
                        "this side has entries of it, the other shows none");
    }
    return find_out(c, SYM_FINDING_MISSING_HERE, there->first->id, NULL, there->first,
                    "the other side has entries of it, this one has none");
}

static enum sym_err match(struct sym_compare *c, const struct tale *here, const struct tale *there)
{
    const struct entry *any = here->first != NULL ? here->first : there->first;
    bool goes_on = here->newest != NULL && here->newest->index >= c->plan.own_size;
    if (sym_equal(any->id, c->own_id, sizeof any->id) || goes_on) {
        return SYM_OK;
    }
    bool partial = here->first == NULL || there->first == NULL;
    if ((partial || here->end == NULL || there->end == NULL) &&
        (any->time_ms < c->plan.since_ms || any->time_ms < c->there_since_ms)) {
        count_lost(c, here, there);
        return SYM_OK;
    }
    if (is_unrecorded(here, there)) {
        c->counts.unrecorded++;
        return SYM_OK;
    }
    c->counts.exchanges++;
    if (partial) {
        return match_alone(c, here, there);
    }
    if (here->first->self_asked != there->first->self_asked) {
        return find_out(c, SYM_FINDING_DIFFERENT, any->id, here->first, there->first,
                        "the two sides disagree on who asked");
    }
    return match_ends(c, here, there);
}

static enum sym_err match_all(struct sym_compare *c)
{
    const struct entry *here = entries_of(c, HERE);
    const struct entry *there = entries_of(c, THERE);
    size_t left[SIDES] = {c->entries[HERE].n, c->entries[THERE].n};
    enum sym_err err = SYM_OK;
    while (err == SYM_OK && left[HERE] + left[THERE] > 0) {
        struct tale tales[SIDES] = {{.first = NULL}, {.first = NULL}};
        int o = left[HERE] == 0 ? 1 : left[THERE] == 0 ? -1 : order(here, there);
        size_t n = o <= 0 ? read_tale(&tales[HERE], here, left[HERE]) : 0;
        size_t m = o >= 0 ? read_tale(&tales[THERE], there, left[THERE]) : 0;
        err = match(c, &tales[HERE], &tales[THERE]);
        /* A side without entries has no list, and nothing may be added to no pointer. */
        here = n > 0 ? here + n : here;
        there = m > 0 ? there + m : there;
        left[HERE] -= n;
        left[THERE] -= m;
    }
    return err;
}

/* What was proven to be there before: a search, as the other side's entries came in order. */
static const struct shown *find_shown(const struct sym_compare *c, uint64_t index)
{
    const struct shown *all = (const struct shown *)(const void *)c->shown.items;
    size_t low = 0;
    size_t high = c->shown.n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (all[mid].index == index) {
            return &all[mid];
        }
        if (all[mid].index < index) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}

static enum sym_err match_proofs(struct sym_compare *c)
{
    const struct proof *proofs = (const struct proof *)(const void *)c->proofs.items;
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < c->proofs.n; i++) {
        const struct proof *p = &proofs[i];
        const struct shown *s = find_shown(c, p->index);
        struct entry here = {.index = p->index_here};
        struct entry there = {.index = p->index};
        /* Later than the head that was shown, or of a log before this one. */
        if (p->index >= c->size || p->generation != c->generation) {
            continue;
        }
        if (s == NULL) {
            err = find_out(c, SYM_FINDING_MISSING_THERE, p->id, &here, &there,
                           "a signed message proves an entry there that is not shown any more");
        } else if (!sym_equal(s->leaf, p->leaf, SYM_HASH_BYTES)) {
            err = find_out(c, SYM_FINDING_DIFFERENT, p->id, &here, &there,
                           "the entry there is not the one that a signed message proves");
        }
    }
    return err;
}

enum sym_err sym_compare_finish(struct sym_compare *c)
{
    for (unsigned side = 0; side < SIDES; side++) {
        if (c->entries[side].n > 0) {
            qsort(c->entries[side].items, c->entries[side].n, sizeof(struct entry), by_exchange);
        }
    }
    enum sym_err err = match_all(c);
    if (err == SYM_OK) {
        err = match_proofs(c);
    }
    forget_entries(c); /* the findings may be kept for long */
    return err;
}

const struct sym_compared_finding *sym_compare_findings(const struct sym_compare *c, size_t *n)
{
    *n = c->findings.n;
    return (const struct sym_compared_finding *)(const void *)c->findings.items;
}

struct sym_compare_counts sym_compare_counts(const struct sym_compare *c)
{
    return c->counts;
}
