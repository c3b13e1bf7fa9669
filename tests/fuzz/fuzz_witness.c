/* Witness: what a partner signs and shows, against two logs of the same node that begin alike and
 * then go different ways. The first byte picks: texts and bytes as they are; the first entry of a
 * later log; evidence that was altered after it was made; heads in any order.
 *
 * Whatever is accepted must be true of one of the two logs, only heads of which at most one can be
 * true contradict each other, and what is honest is never accused. */
#include "proto/witness.h"
#include "tests/support/exported.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADS   40u
#define COMMON  8u /* entries of both */
#define TREES   2u
#define MARK    0xffu
#define FLIPS   4u
#define FEW_MS  6u
#define NO_LEAF 0xffu

static struct exported trees[TREES];
static struct sym_signed_head heads[TREES][HEADS + 1];

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool same(const uint8_t a[SYM_HASH_BYTES], const uint8_t b[SYM_HASH_BYTES])
{
    return sym_equal(a, b, SYM_HASH_BYTES);
}

static void entry_of(struct exported_entry *out, unsigned tree, uint64_t index)
{
    bool other = tree > 0 && index >= COMMON;
    exported_entry_at(out, &trees[0], index, EXPORTED_TIME_MS + index + (other ? 5000 : 0));
}

static void make_tree(unsigned tree)
{
    struct sym_checkpoint c;
    struct sym_note note;
    exported_new(&trees[tree], 1, HEADS);
    for (uint64_t i = 0; i < HEADS; i++) {
        struct exported_entry entry;
        entry_of(&entry, tree, i);
        insist(sym_merkle_leaf(trees[tree].hashes[i], sym_span(entry.leaf, entry.leaf_len)) ==
               SYM_OK);
    }
    for (uint64_t size = 0; size <= HEADS; size++) {
        char text[EXPORTED_NOTE_BYTES];
        struct sym_signed_head *h = &heads[tree][size];
        h->size = size;
        h->note_len = exported_checkpoint(text, &trees[tree], size);
        insist(h->note_len < sizeof h->note);
        memcpy(h->note, text, h->note_len);
        insist(sym_checkpoint_open(&c, &note, sym_span(h->note, h->note_len),
                                   trees[tree].keys.log.public_key) == SYM_OK);
        memcpy(h->root, c.root, sizeof h->root);
    }
}

/* Texts and bytes ------------------------------------------------------------------------------
 */

/* One number has one text. */
static void read_origin(struct sym_span text)
{
    char origin[SYM_KEY_NAME_BYTES];
    uint32_t generation = 0;
    if (sym_origin_generation(&generation, text, &trees[0].id) == SYM_OK) {
        sym_log_origin(origin, &trees[0].id, generation);
        insist(sym_span_equal(text, sym_span_text(origin)));
    }
}

static void read_texts(struct sym_span input)
{
    char text[2 * SYM_KEY_NAME_BYTES];
    enum sym_told kind = SYM_TOLD_COUNT;
    uint64_t time_ms = 0;
    int len = snprintf(text, sizeof text, "%s%.*s", trees[0].origin, (int)(input.len % 16),
                       input.len > 0 ? (const char *)input.data : "");
    read_origin(input);
    insist(len > 0 && (size_t)len < sizeof text);
    read_origin(sym_span(text, (size_t)len));
    if (sym_signed_time(&time_ms, &kind, input) == SYM_OK) {
        insist(kind < SYM_TOLD_COUNT);
    }
}

/* The first entry of a later log ---------------------------------------------------------------
 */

struct named {
    char text[8 * SYM_HEAD_NOTE_BYTES];
    size_t len;
    uint64_t largest;
    bool any;
    bool plain; /* nothing but whole checkpoints, and lines between them */
};

/* MARK and a number stand for a checkpoint: no input could have its signature. */
static void name_heads(struct named *n, struct sym_reader *in)
{
    *n = (struct named){.plain = true};
    while (in->err == SYM_OK && in->left > 0 && n->len + SYM_HEAD_NOTE_BYTES < sizeof n->text) {
        uint8_t c = sym_read_u8(in);
        if (c == MARK && in->left > 0) {
            const struct sym_signed_head *h = &heads[0][sym_read_u8(in) % (HEADS + 1)];
            memcpy(n->text + n->len, h->note, h->note_len);
            n->len += h->note_len;
            n->largest = h->size > n->largest ? h->size : n->largest;
            n->any = true;
        } else {
            n->text[n->len++] = (char)c;
            n->plain = n->plain && c == '\n';
        }
    }
}

static void read_restore(struct sym_reader *in)
{
    struct named n;
    uint8_t body[sizeof n.text + 64];
    uint8_t salt[SYM_HASH_BYTES] = {1};
    uint8_t commitment[SYM_HASH_BYTES];
    size_t len = 0;
    uint8_t what = sym_read_u8(in);
    uint64_t size = sym_read_u8(in) % (HEADS + 1);
    uint32_t generation = (what & 1u) != 0 ? 1 : 2;
    name_heads(&n, in);
    struct sym_entry_body b = {.event = sym_span_text("restored"),
                               .checkpoint = sym_span(n.text, n.len)};
    if (sym_encode(body, sizeof body, &len, &sym_msg_entry_body, &b) != SYM_OK) {
        return;
    }
    insist(sym_body_commit(commitment, salt, sym_span(body, len)) == SYM_OK);
    commitment[0] ^= (uint8_t)(what >> 2 & 1u);
    struct sym_leaf leaf = {.version = SYM_LEAF_VERSION,
                            .kind = SYM_ENTRY_RESTORED,
                            .commitment = sym_span(commitment, sizeof commitment)};
    enum sym_err err =
        sym_restore_check(&leaf, what >> 3 & 1u, sym_span(salt, sizeof salt), sym_span(body, len),
                          &trees[0].id, trees[0].keys.log.public_key, generation, size);
    bool holds = (what & 12u) == 0 && generation == 1 && n.any && n.largest >= size;
    insist(err != SYM_OK || holds);
    insist(err == SYM_OK || !holds || !n.plain);
}

/* Evidence that was altered --------------------------------------------------------------------
 */

struct made {
    struct sym_evidence e;
    char note[SYM_HEAD_NOTE_BYTES];
    uint8_t prefix_root[SYM_HASH_BYTES];
    struct sym_merkle_proof proofs[2];
    struct sym_span spans[2][SYM_MERKLE_PROOF_MAX];
    struct exported_entry entry;
};

static size_t spans_of(struct made *m, unsigned which)
{
    for (size_t i = 0; i < m->proofs[which].n; i++) {
        m->spans[which][i] = sym_span(m->proofs[which].hash[i], SYM_HASH_BYTES);
    }
    return m->proofs[which].n;
}

static void make_evidence(struct made *m, unsigned tree, uint64_t size, uint64_t from, uint8_t leaf)
{
    memset(m, 0, sizeof *m);
    memcpy(m->note, heads[tree][size].note, heads[tree][size].note_len);
    m->e.checkpoint = sym_span(m->note, heads[tree][size].note_len);
    if (from > 0) {
        insist(sym_merkle_prove_consistency(&m->proofs[0], from, size, exported_read,
                                            &trees[tree]) == SYM_OK);
        memcpy(m->prefix_root, heads[tree][from].root, SYM_HASH_BYTES);
        m->e.consistent_from = from;
        m->e.prefix_root = sym_span(m->prefix_root, SYM_HASH_BYTES);
        m->e.n_consistency = spans_of(m, 0);
    }
    m->e.consistency = m->spans[0];
    m->e.inclusion = m->spans[1];
    if (leaf != NO_LEAF && size > 0) {
        m->e.leaf_index = leaf % size;
        insist(sym_merkle_prove_inclusion(&m->proofs[1], m->e.leaf_index, size, exported_read,
                                          &trees[tree]) == SYM_OK);
        entry_of(&m->entry, tree, m->e.leaf_index);
        m->e.leaf = sym_span(m->entry.leaf, m->entry.leaf_len);
        m->e.n_inclusion = spans_of(m, 1);
    }
}

static void flip_hash(struct made *m, unsigned which, uint8_t at, uint8_t bits)
{
    if (m->proofs[which].n > 0) {
        m->proofs[which].hash[at % m->proofs[which].n][at % SYM_HASH_BYTES] ^= bits;
    }
}

static void alter(struct made *m, uint8_t what, uint8_t at, uint8_t bits)
{
    switch (what % 8) {
    case 0:
        m->note[at % m->e.checkpoint.len] = (char)(m->note[at % m->e.checkpoint.len] ^ bits);
        break;
    case 1:
        m->prefix_root[at % SYM_HASH_BYTES] ^= bits;
        break;
    case 2:
    case 3:
        flip_hash(m, what % 8 - 2, at, bits);
        break;
    case 4:
        m->entry.leaf[at % sizeof m->entry.leaf] ^= bits;
        break;
    case 5:
        m->e.leaf_index = (uint64_t)bits << at % 64;
        break;
    case 6:
        m->e.consistent_from = (uint64_t)bits << at % 64;
        break;
    default:
        m->e.n_consistency = at % (m->e.n_consistency + 1);
        m->e.n_inclusion = bits % (m->e.n_inclusion + 1);
        break;
    }
}

static void check_shown(const struct sym_shown *s, const struct sym_evidence *e, unsigned tree)
{
    struct exported_entry entry;
    insist(s->generation == 1 && s->head.size <= HEADS);
    insist(same(s->head.root, heads[tree][s->head.size].root));
    insist(s->head.note_len == strlen(s->head.note));
    insist(s->from == 0 || s->from < s->head.size);
    insist(s->from == 0 || same(s->prefix_root, heads[tree][s->from].root));
    if (e->leaf.len > 0) {
        insist(e->leaf_index < s->head.size);
        entry_of(&entry, tree, e->leaf_index);
        insist(sym_span_equal(e->leaf, sym_span(entry.leaf, entry.leaf_len)));
    }
}

static void read_evidence(struct sym_reader *in)
{
    struct made m;
    struct sym_shown s;
    uint8_t what = sym_read_u8(in);
    unsigned tree = what & 1u;
    uint64_t size = sym_read_u8(in) % (HEADS + 1);
    uint64_t from = sym_read_u8(in) % (size + 1);
    bool must_rest = (what & 2u) != 0;
    bool altered = false;
    make_evidence(&m, tree, size, from, sym_read_u8(in));
    for (unsigned i = 0; i < FLIPS && in->left >= 3; i++) {
        uint8_t kind = sym_read_u8(in);
        uint8_t at = sym_read_u8(in);
        alter(&m, kind, at, sym_read_u8(in));
        altered = true;
    }
    enum sym_err err =
        sym_shown_read(&s, &m.e, &trees[0].id, trees[0].keys.log.public_key, must_rest);
    insist(err == SYM_OK || altered || (must_rest && m.e.leaf.len == 0));
    if (err == SYM_OK) {
        check_shown(&s, &m.e, tree);
    }
}

/* Heads in any order ---------------------------------------------------------------------------
 */

static bool of_one_tree(const struct sym_signed_head *a, const struct sym_signed_head *b)
{
    for (unsigned t = 0; t < TREES; t++) {
        if (same(a->root, heads[t][a->size].root) && same(b->root, heads[t][b->size].root)) {
            return true;
        }
    }
    return false;
}

static void check_held(const struct sym_held *held)
{
    uint64_t sizes[SYM_WITNESS_WANTS_MAX];
    const struct sym_signed_head *newest = sym_held_newest(held);
    insist(held->n_recent <= SYM_WITNESS_RECENT_MAX && held->n_pending <= SYM_WITNESS_PENDING_MAX);
    for (size_t i = 1; i < held->n_recent; i++) {
        insist(held->recent[i - 1].size < held->recent[i].size);
        insist(of_one_tree(&held->recent[i - 1], &held->recent[i]));
    }
    for (size_t i = 0; i < held->n_pending; i++) {
        for (size_t k = i + 1; k < held->n_pending; k++) {
            insist(held->pending[i].head.size != held->pending[k].head.size);
        }
        insist(sym_held_is_pending(held, held->pending[i].head.size));
    }
    insist((sym_held_pending_since(held) == UINT64_MAX) == (held->n_pending == 0));
    size_t n = sym_held_wants(held, sizes);
    insist(n == (held->n_pending > 0 ? held->n_pending + 1 : 0));
    insist(n == 0 || (newest != NULL && sizes[0] == newest->size));
}

static bool contradicts(const struct sym_judgement *j)
{
    if (j->after.from == 0) {
        return j->before.size == j->after.head.size && !same(j->before.root, j->after.head.root);
    }
    return j->after.from == j->before.size && !same(j->before.root, j->after.prefix_root);
}

/* The newest head that is held is not in the log that this one is of. */
static bool denies(const struct sym_held *held, const struct sym_shown *s)
{
    const struct sym_signed_head *newest = sym_held_newest(held);
    if (newest == NULL || s->generation != held->generation) {
        return false;
    }
    return (s->head.size == newest->size && !same(s->head.root, newest->root)) ||
           (s->from > 0 && s->from == newest->size && !same(s->prefix_root, newest->root));
}

static struct sym_shown show(unsigned tree, uint64_t size, uint64_t from, uint64_t time_ms)
{
    struct sym_shown s = {.generation = 1,
                          .head = heads[tree][size],
                          .from = from < size ? from : 0,
                          .time_ms = time_ms,
                          .since_ms = time_ms};
    memcpy(s.prefix_root, heads[tree][s.from].root, sizeof s.prefix_root);
    return s;
}

struct judging {
    struct sym_held held;
    bool honest; /* one log, one generation */
};

/* False: there was a contradiction, and no more is judged. */
static bool judge(struct judging *g, const struct sym_shown *s)
{
    struct sym_judgement j;
    struct sym_held before = g->held;
    const struct sym_signed_head *newest = sym_held_newest(&before);
    sym_held_judge(&g->held, s, &j);
    insist(j.verdict == SYM_VERDICT_SPLIT || !denies(&before, s));
    if (j.verdict == SYM_VERDICT_SPLIT) {
        insist(!g->honest && contradicts(&j));
        return false;
    }
    check_held(&g->held);
    if (j.verdict == SYM_VERDICT_SHORTER) {
        insist(newest != NULL && j.before.size == newest->size);
        insist(s->generation < before.generation ||
               (s->head.size < newest->size && s->time_ms > before.newest_ms));
        insist(sym_held_newest(&g->held)->size == newest->size);
        return false;
    }
    if (j.verdict == SYM_VERDICT_RESTORED) {
        insist(s->generation > before.generation);
        sym_held_restart(&g->held, s);
        check_held(&g->held);
    } else if (j.verdict == SYM_VERDICT_GOOD) {
        insist(sym_held_newest(&g->held)->size >= s->head.size);
    } else {
        insist(newest != NULL && sym_held_newest(&g->held)->size == newest->size);
    }
    return true;
}

/* What is wanted, once it is shown, leaves nothing to wait for. */
static void prove_all(struct judging *g)
{
    uint64_t sizes[SYM_WITNESS_WANTS_MAX];
    size_t n = sym_held_wants(&g->held, sizes);
    for (size_t i = 0; i < n; i++) {
        struct sym_shown s = show(0, HEADS, sizes[i], UINT32_MAX);
        insist(judge(g, &s));
    }
    insist(g->held.n_pending == 0);
}

static void judge_heads(struct sym_reader *in)
{
    struct judging g = {.honest = true};
    bool goes_on = true;
    while (goes_on && in->left >= 4) {
        uint8_t what = sym_read_u8(in);
        uint64_t size = sym_read_u8(in) % (HEADS + 1);
        uint64_t from = sym_read_u8(in) % (HEADS + 1);
        struct sym_shown s = show(what & 1u, size, from, sym_read_u8(in) % FEW_MS);
        s.generation = (what & 0xf0u) == 0xf0u ? 2 : 1;
        g.honest = g.honest && (what & 1u) == 0 && s.generation == 1;
        goes_on = judge(&g, &s);
    }
    if (g.honest) {
        prove_all(&g);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sym_reader in = sym_reader(sym_span(data, size));
    if (trees[0].size == 0) {
        make_tree(0);
        make_tree(1);
    }
    uint8_t what = sym_read_u8(&in);
    if (in.err != SYM_OK) {
        return 0;
    }
    switch (what % 4) {
    case 0:
        read_texts(sym_read_span(&in, in.left));
        break;
    case 1:
        read_restore(&in);
        break;
    case 2:
        read_evidence(&in);
        break;
    default:
        judge_heads(&in);
        break;
    }
    return 0;
}
