/* Compare: two logs about the same exchanges. With an even first byte, entries, bodies and
 * statements as the input has them, in a log that is right in itself: nothing may be listed that
 * names no reason. Otherwise tales of which the outcome is known, in any order and mixture, honest
 * or damaged: what is found is exactly what was damaged, and nobody honest is accused. */
#include "proto/compare.h"
#include "tests/support/exported.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BEGAN_MS   1000000u
#define SINCE_MS   100u
#define TALES      8u
#define ENTRIES    (3u * TALES)
#define BODY_BYTES 4096u

enum { A, B, SIDES };

static struct exported nodes[SIDES];
static char b_head[EXPORTED_NOTE_BYTES];
static size_t b_head_len;

struct entry {
    uint8_t leaf[SYM_LEAF_BYTES_MAX];
    size_t leaf_len;
    struct sym_span body;      /* of A */
    struct sym_span statement; /* of B */
    unsigned tale;
    bool asks;    /* tells of the request */
    bool flipped; /* shown otherwise than it is in the tree */
};

struct log {
    struct entry entries[ENTRIES];
    size_t n;
};

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Comparing ------------------------------------------------------------------------------------
 */

/* own_size: of the log of A when it began; what came later is not looked at. */
static struct sym_compare *begin(uint64_t own_size)
{
    struct sym_compare *c = NULL;
    struct sym_compare_plan plan = {.self = nodes[A].id,
                                    .peer = nodes[B].id,
                                    .own_size = own_size,
                                    .began_ms = BEGAN_MS,
                                    .since_ms = SINCE_MS};
    memcpy(plan.own_identity, nodes[A].keys.identity.public_key, sizeof plan.own_identity);
    memcpy(plan.peer_identity, nodes[B].keys.identity.public_key, sizeof plan.peer_identity);
    insist(sym_compare_new(&c, &plan) == SYM_OK);
    return c;
}

/* The tree of the leaves of B, behind the reader of proofs that exported.h has. */
struct tree {
    struct exported log;
    uint8_t hashes[ENTRIES][SYM_HASH_BYTES];
};

static void make_tree(struct tree *t, const struct log *b)
{
    t->log = (struct exported){.hashes = t->hashes, .size = b->n};
    for (size_t i = 0; i < b->n; i++) {
        struct sym_span leaf = sym_span(b->entries[i].leaf, b->entries[i].leaf_len);
        insist(sym_merkle_leaf(t->hashes[i], leaf) == SYM_OK);
    }
}

static enum sym_err show_head(struct sym_compare *c, const struct tree *t)
{
    struct sym_merkle_edge edge = {.size = 0};
    struct sym_shown head = {.generation = 1, .head = {.size = t->log.size}};
    for (uint64_t i = 0; i < t->log.size; i++) {
        insist(sym_merkle_add(&edge, t->hashes[i]) == SYM_OK);
    }
    insist(sym_merkle_edge_root(head.head.root, &edge) == SYM_OK);
    return sym_compare_head(c, &head, SINCE_MS);
}

static enum sym_err show(struct sym_compare *c, struct tree *t, const struct entry *e,
                         uint64_t index, uint64_t as)
{
    struct sym_merkle_proof proof;
    struct sym_span spans[SYM_MERKLE_PROOF_MAX];
    uint8_t leaf[SYM_LEAF_BYTES_MAX];
    memcpy(leaf, e->leaf, e->leaf_len);
    if (e->flipped) {
        leaf[e->leaf_len - 1] ^= 1;
    }
    insist(sym_merkle_prove_inclusion(&proof, index, t->log.size, exported_read, &t->log) ==
           SYM_OK);
    for (size_t i = 0; i < proof.n; i++) {
        spans[i] = sym_span(proof.hash[i], SYM_HASH_BYTES);
    }
    const struct sym_compare_entry entry = {.index = as,
                                            .leaf = sym_span(leaf, e->leaf_len),
                                            .inclusion = spans,
                                            .n_inclusion = proof.n,
                                            .statement = e->statement};
    return sym_compare_theirs(c, &entry);
}

/* Each finding names an exchange and a reason. */
static const struct sym_compared_finding *finish(struct sym_compare *c, size_t *n)
{
    insist(sym_compare_finish(c) == SYM_OK);
    const struct sym_compared_finding *all = sym_compare_findings(c, n);
    for (size_t i = 0; i < *n; i++) {
        insist(all[i].code >= SYM_FINDING_MISSING_HERE && all[i].code <= SYM_FINDING_PREFIX);
        insist(all[i].text != NULL && (all[i].index_here > 0 || all[i].index_there > 0 ||
                                       all[i].code == SYM_FINDING_OPEN));
    }
    return all;
}

/* As the input has them ------------------------------------------------------------------------
 */

/* What is no entry is refused for what it is. */
static void insist_reason(enum sym_err err)
{
    insist(err != SYM_INTERNAL && err != SYM_WRONG_STATE && err != SYM_NO_MEMORY);
}

/* Which log, how many leaves are left out before it, a leaf, and what belongs to it. */
static void compare_raw(struct sym_reader *in)
{
    static struct log b;
    static struct tree tree;
    struct sym_compare *c = begin(ENTRIES / 2);
    uint64_t skipped[ENTRIES] = {0};
    uint64_t index = 0;
    size_t n = 0;
    b.n = 0;
    while (in->err == SYM_OK && in->left >= 4 && b.n < ENTRIES) {
        uint8_t what = sym_read_u8(in);
        struct sym_span leaf = sym_read_span(in, sym_read_u8(in));
        struct sym_span more = sym_read_span(in, sym_read_u16(in));
        if (in->err != SYM_OK || leaf.len > SYM_LEAF_BYTES_MAX) {
            break;
        }
        if ((what & 1u) == A) {
            insist_reason(sym_compare_own(c, index++, leaf, more));
        } else if (leaf.len > 0) {
            struct entry *e = &b.entries[b.n];
            *e = (struct entry){
                .leaf_len = leaf.len, .statement = more, .flipped = (what & 2u) != 0};
            memcpy(e->leaf, leaf.data, leaf.len);
            skipped[b.n++] = what >> 6;
        }
    }
    make_tree(&tree, &b);
    insist(show_head(c, &tree) == SYM_OK);
    index = 0;
    for (size_t i = 0; i < b.n; i++) {
        index += skipped[i];
        insist_reason(show(c, &tree, &b.entries[i], i, index++));
    }
    (void)finish(c, &n);
    insist(sym_compare_counts(c).entries <= b.n);
    sym_compare_free(c);
}

/* Tales ----------------------------------------------------------------------------------------
 */

enum path { CLOSED, DENIED, ABORTED, CUT_OFF, OPEN, FRESH, RUNNING, NOT_ARRIVED, PATHS };
enum damage { NONE, LOST, TWISTED, UNENDED, BLIND, SWAPPED, FLIPPED, FOREIGN, REPLACED, DAMAGES };
enum word { CLOSE, TWIST, ABORT, CUT, WORDS };

struct tale {
    enum path path;
    enum damage damage;
    bool a_asks;
    unsigned found; /* bits: what is to be found */
};

static uint8_t bodies[ENTRIES][BODY_BYTES];

static struct sym_span id_of(unsigned side)
{
    return sym_span(nodes[side].id.bytes, SYM_NODE_ID_BYTES);
}

static bool has_end(const struct tale *t)
{
    return t->path == CLOSED || t->path == ABORTED || t->path == CUT_OFF;
}

static bool is_known_to(const struct tale *t, unsigned side)
{
    if (t->path == NOT_ARRIVED) {
        return (side == A) == t->a_asks;
    }
    return side == A || t->damage != LOST;
}

static void write_word(uint8_t out[SYM_STATEMENT_BYTES], size_t *len, unsigned number, bool a_asks,
                       unsigned side, enum word word)
{
    struct sym_statement st = {.is_abort = word >= ABORT,
                               .initiator = nodes[a_asks ? A : B].id,
                               .responder = nodes[a_asks ? B : A].id,
                               .signer = nodes[side].id,
                               .time_ms = 1,
                               .has_receipt = true,
                               .sent_frames = side == A ? 3 : 5,
                               .received_frames = side == A ? 5 : 3,
                               .reason = word >= ABORT ? SYM_REASON_CANCELLED : 0};
    /* Of what B sent, A saw the beginning. */
    st.received_frames -= word == CUT && side == A ? 2 : 0;
    memset(st.exchange_id, (int)number + 1, sizeof st.exchange_id);
    memset(st.sent_hash, (int)st.sent_frames, sizeof st.sent_hash);
    memset(st.received_hash, (int)st.received_frames, sizeof st.received_hash);
    st.sent_hash[0] ^= word == TWIST ? 1 : 0;
    insist(sym_statement_write(out, SYM_STATEMENT_BYTES, len, &st, &nodes[side].keys.identity) ==
           SYM_OK);
}

/* Signed once: signatures take most of the time. */
static struct sym_span word_of(unsigned number, bool a_asks, unsigned side, enum word word)
{
    static uint8_t bytes[TALES][2][SIDES][WORDS][SYM_STATEMENT_BYTES];
    static size_t lens[TALES][2][SIDES][WORDS];
    unsigned asks = a_asks ? 1 : 0;
    uint8_t *out = bytes[number][asks][side][word];
    size_t *len = &lens[number][asks][side][word];
    if (*len == 0) {
        write_word(out, len, number, a_asks, side, word);
    }
    return sym_span(out, *len);
}

static struct sym_span end_of(const struct tale *t, unsigned number, unsigned side)
{
    static const enum word words[PATHS] = {[CLOSED] = CLOSE, [ABORTED] = ABORT, [CUT_OFF] = CUT};
    bool twists = side == B && t->damage == TWISTED && t->path == CLOSED;
    enum word word = twists ? TWIST : words[t->path];
    if (side == B && t->damage == FOREIGN) {
        /* That of the other side, or of another exchange. */
        return t->a_asks ? word_of(number, true, A, word)
                         : word_of((number + 1) % TALES, false, B, word);
    }
    return word_of(number, t->a_asks, side, word);
}

static struct entry *add(struct log *log, unsigned side, const struct tale *t, unsigned number,
                         enum sym_entry_kind kind)
{
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint8_t commitment[SYM_HASH_BYTES] = {(uint8_t)side, (uint8_t)number, (uint8_t)kind};
    struct entry *e = &log->entries[log->n++];
    bool a_asks = t->a_asks != (side == B && t->damage == SWAPPED && t->path != NOT_ARRIVED);
    uint64_t late_ms = t->path == RUNNING ? BEGAN_MS : t->path == FRESH ? BEGAN_MS - 1000 : 1000;
    memset(id, (int)number + 1, sizeof id);
    struct sym_leaf leaf = {.version = SYM_LEAF_VERSION,
                            .time_ms = late_ms + number,
                            .kind = kind,
                            .exchange_id = sym_span(id, sizeof id),
                            .initiator = id_of(a_asks ? A : B),
                            .responder = id_of(a_asks ? B : A),
                            .commitment = sym_span(commitment, sizeof commitment)};
    *e = (struct entry){.tale = number, .asks = kind == SYM_ENTRY_REQUESTED};
    insist(sym_encode(e->leaf, sizeof e->leaf, &e->leaf_len, &sym_msg_leaf, &leaf) == SYM_OK);
    return e;
}

static void tell(struct log *log, unsigned side, const struct tale *t, unsigned number)
{
    if (!is_known_to(t, side)) {
        return;
    }
    struct entry *first = add(log, side, t, number, SYM_ENTRY_REQUESTED);
    first->flipped = side == B && t->damage == FLIPPED;
    if (t->path == NOT_ARRIVED) {
        return;
    }
    (void)add(log, side, t, number, SYM_ENTRY_DECIDED);
    if (has_end(t) && !(side == B && t->damage == UNENDED)) {
        struct entry *end =
            add(log, side, t, number, t->path == CLOSED ? SYM_ENTRY_CLOSED : SYM_ENTRY_ABORTED);
        end->statement = end_of(t, number, side);
    }
}

/* The request of B that A has logged rests on an entry of B. */
static struct sym_span request_of_b(uint8_t out[BODY_BYTES], const struct entry *rests,
                                    uint64_t index, bool replaced)
{
    static uint8_t body[BODY_BYTES];
    uint8_t filler[SYM_SIGNATURE_BYTES] = {1};
    uint8_t leaf[SYM_LEAF_BYTES_MAX];
    size_t len = 0;
    memcpy(leaf, rests->leaf, rests->leaf_len);
    leaf[rests->leaf_len - 1] ^= replaced ? 1 : 0;
    const struct sym_evidence evidence = {.checkpoint = sym_span(b_head, b_head_len),
                                          .leaf = sym_span(leaf, rests->leaf_len),
                                          .leaf_index = index};
    const struct sym_request r = {.version = SYM_EXCHANGE_VERSION,
                                  .exchange_id = sym_span(filler, SYM_EXCHANGE_ID_BYTES),
                                  .initiator = id_of(B),
                                  .responder = id_of(A),
                                  .issued_ms = 1,
                                  .expires_ms = 2,
                                  .ephemeral = sym_span(filler, SYM_HASH_BYTES),
                                  .exporter = sym_span(filler, SYM_HASH_BYTES),
                                  .kind = SYM_KIND_PING,
                                  .purpose = SYM_PURPOSE_TEST,
                                  .evidence = &evidence};
    insist(sym_encode(body, sizeof body, &len, &sym_msg_request, &r) == SYM_OK);
    const struct sym_signed s = {.body = sym_span(body, len),
                                 .signature = sym_span(filler, sizeof filler)};
    insist(sym_encode(out, BODY_BYTES, &len, &sym_msg_signed, &s) == SYM_OK);
    return sym_span(out, len);
}

static size_t request_in(const struct log *b, unsigned number)
{
    size_t at = 0;
    while (at < b->n && !(b->entries[at].tale == number && b->entries[at].asks)) {
        at++;
    }
    return at;
}

/* What an own entry says; none where it was erased. */
static void fill_body(struct entry *e, size_t at, const struct tale *t, const struct log *b)
{
    static uint8_t request[BODY_BYTES];
    struct sym_leaf leaf;
    SYM_ARENA_AUTO arena = {0};
    size_t asked = request_in(b, e->tale);
    size_t len = 0;
    insist(sym_decode(&arena, &leaf, &sym_msg_leaf, sym_span(e->leaf, e->leaf_len)) == SYM_OK);
    struct sym_entry_body body = {.event = sym_span_text("event"), .statement = e->statement};
    if (leaf.kind == SYM_ENTRY_DECIDED) {
        body.decision = t->path == DENIED ? SYM_DECISION_DENIED : SYM_DECISION_GRANTED;
    }
    if (leaf.kind == SYM_ENTRY_REQUESTED && !t->a_asks && asked < b->n) {
        body.request = request_of_b(request, &b->entries[asked], asked, t->damage == REPLACED);
    }
    if (t->damage != BLIND) {
        insist(sym_encode(bodies[at], BODY_BYTES, &len, &sym_msg_entry_body, &body) == SYM_OK);
    }
    e->body = sym_span(bodies[at], len);
}

static unsigned bit(enum sym_finding_code code)
{
    return 1u << code;
}

/* Of a tale that nobody has damaged. */
static unsigned found_in_honest(const struct tale *t)
{
    return t->path == CUT_OFF ? bit(SYM_FINDING_PREFIX)
           : t->path == OPEN  ? bit(SYM_FINDING_OPEN)
                              : 0;
}

static unsigned found_in(const struct tale *t)
{
    unsigned honest = found_in_honest(t);
    bool b_knows = is_known_to(t, B);
    /* An exchange that was going on is looked at the next time. */
    bool late = t->path == RUNNING || t->path == NOT_ARRIVED;
    switch (t->damage) {
    case LOST:
        return late || t->a_asks ? 0 : bit(SYM_FINDING_MISSING_THERE);
    case TWISTED:
        return t->path == CLOSED ? bit(SYM_FINDING_TRANSCRIPT) : honest;
    case UNENDED:
        return has_end(t) ? bit(SYM_FINDING_OPEN) : honest;
    case BLIND:
        return 0;
    case SWAPPED:
        return late ? honest : bit(SYM_FINDING_DIFFERENT);
    case FLIPPED:
        honest |=
            b_knows && !t->a_asks && t->path != NOT_ARRIVED ? bit(SYM_FINDING_MISSING_THERE) : 0;
        return b_knows ? honest | bit(SYM_FINDING_NOT_PROVEN) : honest;
    case FOREIGN:
        return has_end(t) ? bit(SYM_FINDING_DIFFERENT) : honest;
    case REPLACED:
        return !t->a_asks && t->path != NOT_ARRIVED ? honest | bit(SYM_FINDING_DIFFERENT) : honest;
    case NONE:
    case DAMAGES:
        break;
    }
    return honest;
}

static unsigned read_tales(struct tale tales[TALES], struct sym_reader *in, struct log logs[SIDES])
{
    unsigned n = 0;
    uint8_t wanted = sym_read_u8(in) % TALES + 1;
    while (n < wanted && in->left >= 2) {
        uint8_t what = sym_read_u8(in);
        struct tale *t = &tales[n];
        *t = (struct tale){.path = (enum path)((what >> 1) % PATHS), .a_asks = (what & 1u) != 0};
        t->damage = (enum damage)(sym_read_u8(in) % DAMAGES);
        t->found = found_in(t);
        tell(&logs[A], A, t, n);
        tell(&logs[B], B, t, n);
        n++;
    }
    return n;
}

/* Entries of different exchanges come in any order. */
static void shuffle(struct log *log, struct sym_reader *in)
{
    while (in->left >= 2 && log->n > 0) {
        size_t i = sym_read_u8(in) % log->n;
        size_t k = sym_read_u8(in) % log->n;
        struct entry e = log->entries[i];
        log->entries[i] = log->entries[k];
        log->entries[k] = e;
    }
}

/* As in any log, what goes on comes last. Returns how many entries come before. */
static size_t put_running_last(struct log *log, const struct tale tales[TALES])
{
    static struct log sorted;
    size_t before = 0;
    sorted.n = 0;
    for (unsigned running = 0; running < 2; running++) {
        for (size_t i = 0; i < log->n; i++) {
            const struct entry *e = &log->entries[i];
            if ((tales[e->tale].path == RUNNING) == (running == 1)) {
                sorted.entries[sorted.n++] = *e;
            }
        }
        before = running == 0 ? sorted.n : before;
    }
    *log = sorted;
    return before;
}

static void compare_tales(struct sym_reader *in)
{
    static struct log logs[SIDES];
    static struct tree tree;
    struct tale tales[TALES];
    unsigned found[TALES] = {0};
    size_t n_found = 0;
    logs[A].n = logs[B].n = 0;
    unsigned n = read_tales(tales, in, logs);
    shuffle(&logs[B], in);
    make_tree(&tree, &logs[B]);
    struct sym_compare *c = begin(put_running_last(&logs[A], tales));
    for (size_t i = 0; i < logs[A].n; i++) {
        struct entry *e = &logs[A].entries[i];
        fill_body(e, i, &tales[e->tale], &logs[B]);
        insist(sym_compare_own(c, i, sym_span(e->leaf, e->leaf_len), e->body) == SYM_OK);
    }
    insist(show_head(c, &tree) == SYM_OK);
    for (size_t i = 0; i < logs[B].n; i++) {
        insist(show(c, &tree, &logs[B].entries[i], i, i) == SYM_OK);
    }
    const struct sym_compared_finding *all = finish(c, &n_found);
    for (size_t i = 0; i < n_found; i++) {
        unsigned number = all[i].exchange_id[0] - 1u;
        insist(number < n);
        found[number] |= bit(all[i].code);
    }
    for (unsigned i = 0; i < n; i++) {
        insist(found[i] == tales[i].found);
    }
    sym_compare_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sym_reader in = sym_reader(sym_span(data, size));
    if (nodes[A].size == 0) {
        exported_new(&nodes[A], 1, 1);
        exported_new(&nodes[B], 2, 1);
        b_head_len = exported_checkpoint(b_head, &nodes[B], 1);
    }
    uint8_t what = sym_read_u8(&in);
    if (in.err != SYM_OK) {
        return 0;
    }
    if (what % 2 == 0) {
        compare_raw(&in);
    } else {
        compare_tales(&in);
    }
    return 0;
}
