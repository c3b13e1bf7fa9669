/* What the evidence log costs: durable entries per second, with 1, 10 and 100 writers that share
 * commits, beside bare LMDB that writes one record of as many bytes for each entry, with as many in
 * a commit, in turns in the same run; then a log of a million entries: one proof, and all of it
 * read and verified. Below $TMPDIR, which should be on the disk in question. The argument is
 * another number of entries.
 */
#include "node/evidence/log.h"
#include "node/loop.h"
#include "node/store/group.h"
#include "tests/support/room.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define ROUNDS       8u
#define ROUND_S      0.4
#define REQUEST_BYTE 420u /* of a signed request, as an exchange of two nodes has it */

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double processor_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(bool ok, const char *what)
{
    if (!ok) {
        (void)fprintf(stderr, "bench_evidence: %s failed\n", what);
        exit(EXIT_FAILURE);
    }
}

/* Entries ------------------------------------------------------------------------------------
 */

struct writer {
    struct sym_log *log;
    struct sym_entry_body body;
    struct sym_entry entry;
    uint8_t request[REQUEST_BYTE];
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint64_t *done;
};

static void writer_init(struct writer *w, struct room *s)
{
    static const struct sym_node_id other = {.bytes = "bank b"};
    w->log = room_log(s);
    sym_random(w->request, sizeof w->request);
    sym_random(w->id, sizeof w->id);
    w->body = (struct sym_entry_body){.event = sym_span_text("requested"),
                                      .user = sym_span_text("alice"),
                                      .alias = sym_span_text("bank-b"),
                                      .role = 1,
                                      .exchange_kind = 2,
                                      .purpose = 1,
                                      .basis = 2,
                                      .type = 1,
                                      .mine = sym_span_text("suspects"),
                                      .theirs = sym_span_text("suspects"),
                                      .case_ref = sym_span_text("2026-0815"),
                                      .own_size = 10000,
                                      .request = sym_span(w->request, sizeof w->request)};
    w->entry = (struct sym_entry){.kind = SYM_ENTRY_REQUESTED,
                                  .exchange_id = w->id,
                                  .initiator = &s->self,
                                  .responder = &other,
                                  .body = &w->body};
}

static enum sym_err append(struct sym_transaction *t, void *context)
{
    const struct writer *w = context;
    return sym_log_append(w->log, t, &w->entry, NULL);
}

static void on_done(void *context, enum sym_err err)
{
    const struct writer *w = context;
    must(err == SYM_OK, "an entry");
    (*w->done)++;
}

/* Bytes that one entry takes in the store, sealing and keys included. */
static size_t entry_bytes(const struct writer *w)
{
    uint8_t body[4096];
    uint8_t leaf[SYM_LEAF_BYTES_MAX];
    size_t body_len = 0;
    size_t leaf_len = 0;
    must(sym_encode(body, sizeof body, &body_len, &sym_msg_entry_body, &w->body) == SYM_OK, "body");
    must(sym_log_leaf(w->log, leaf, &leaf_len, 0) == SYM_OK, "leaf");
    return 13 + 40 + 4 + leaf_len + 13 + 40 + 4 + SYM_HASH_BYTES + body_len;
}

/* Seconds for one commit of n entries, each asked for by its own writer. */
static double write_ours(struct sym_group *g, struct writer *writers, size_t n)
{
    double began = now_s();
    for (size_t i = 0; i < n; i++) {
        must(sym_group_write(g, append, &writers[i], on_done) == SYM_OK, "a write");
    }
    sym_group_flush(g);
    return now_s() - began;
}

struct bare {
    MDB_env *env;
    MDB_dbi table;
    uint64_t next;
    size_t bytes;
};

static void bare_open(struct bare *b, const char *path, size_t bytes)
{
    MDB_txn *txn = NULL;
    *b = (struct bare){.bytes = bytes};
    must(mkdir(path, 0700) == 0 && mdb_env_create(&b->env) == 0 &&
             mdb_env_set_maxdbs(b->env, 4) == 0 &&
             mdb_env_set_mapsize(b->env, (size_t)1 << 34) == 0 &&
             mdb_env_open(b->env, path, MDB_NOTLS, 0600) == 0 &&
             mdb_txn_begin(b->env, NULL, 0, &txn) == 0 &&
             mdb_dbi_open(txn, "records", MDB_CREATE, &b->table) == 0 && mdb_txn_commit(txn) == 0,
         "bare LMDB");
}

static double write_bare(struct bare *b, size_t n)
{
    static uint8_t record[4096];
    double began = now_s();
    MDB_txn *txn = NULL;
    must(mdb_txn_begin(b->env, NULL, 0, &txn) == 0, "bare LMDB");
    for (size_t i = 0; i < n; i++) {
        uint8_t key[8];
        sym_put_u64(key, b->next++);
        MDB_val k = {.mv_size = sizeof key, .mv_data = key};
        MDB_val v = {.mv_size = b->bytes - sizeof key, .mv_data = record};
        must(mdb_put(txn, b->table, &k, &v, 0) == 0, "bare LMDB");
    }
    must(mdb_txn_commit(txn) == 0, "bare LMDB");
    return now_s() - began;
}

/* Beside the sync an entry takes processor time, for sealing, hashing and encoding: where the sync
 * is quick, it decides. */
static void compare(struct sym_group *g, struct bare *b, struct writer *writers, size_t n)
{
    double ours = 0;
    double bare = 0;
    double entries = 0;
    double records = 0;
    double processor = 0;
    double bare_processor = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        clock_t began = clock();
        for (double spent = 0; spent < ROUND_S; entries += (double)n) {
            double took = write_ours(g, writers, n);
            spent += took;
            ours += took;
        }
        processor += (double)(clock() - began) / CLOCKS_PER_SEC;
        began = clock();
        for (double spent = 0; spent < ROUND_S; records += (double)n) {
            double took = write_bare(b, n);
            spent += took;
            bare += took;
        }
        bare_processor += (double)(clock() - began) / CLOCKS_PER_SEC;
    }
    double share = entries / ours / (records / bare);
    double more = processor / entries - bare_processor / records;
    (void)printf("%4zu writers %10.0f entries/s %10.0f records/s bare %4.0f %% (80 wanted)   "
                 "%6.1f us of processor per entry, bare %.1f\n",
                 n, entries / ours, records / bare, 100 * share, processor / entries * 1e6,
                 bare_processor / records * 1e6);
    if (share < 0.8) {
        (void)printf("             not met: an entry takes %.1f us more of the processor than a "
                     "record; a commit of bare LMDB takes %.0f us\n",
                     more * 1e6, bare / records * (double)n * 1e6);
    }
}

/* A head is signed once, for whoever asks for it first after its commit. */
static void sign_heads(struct room *s, struct sym_group *g, struct writer *w)
{
    enum { HEADS = 200 };
    double took = 0;
    for (unsigned i = 0; i < HEADS; i++) {
        (void)write_ours(g, w, 1);
        double began = now_s();
        must(sym_log_head(s->log)->signed_size == sym_log_head(s->log)->size, "a signed head");
        took += now_s() - began;
    }
    (void)printf("a head is signed in %.0f us, when somebody asks for it\n", took / HEADS * 1e6);
}

/* A large log --------------------------------------------------------------------------------
 */

static enum sym_err append_many(struct sym_transaction *t, void *context)
{
    enum sym_err err = SYM_OK;
    for (unsigned i = 0; err == SYM_OK && i < 10000; i++) {
        err = append(t, context);
    }
    return err;
}

struct verifying {
    struct sym_merkle_edge edge;
    uint64_t bytes;
};

static enum sym_err verify_row(void *context, const struct sym_log_row *row)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf;
    uint8_t hash[SYM_HASH_BYTES];
    uint8_t commitment[SYM_HASH_BYTES];
    struct verifying *v = context;
    must(sym_decode(&arena, &leaf, &sym_msg_leaf, row->leaf) == SYM_OK &&
             sym_body_commit(commitment, row->salt.data, row->body) == SYM_OK &&
             sym_equal(commitment, leaf.commitment.data, sizeof commitment) &&
             sym_merkle_leaf(hash, row->leaf) == SYM_OK,
         "an entry");
    v->bytes += row->leaf.len + row->body.len;
    return sym_merkle_add(&v->edge, hash);
}

static double verify_all(struct sym_log *l, bool *good)
{
    uint8_t root[SYM_HASH_BYTES];
    struct sym_checkpoint c;
    struct sym_note note;
    struct verifying v = {.bytes = 0};
    struct sym_log_query q = {.bodies = true};
    const struct sym_head *h = sym_log_head(l);
    uint8_t log_key[SYM_ED25519_BYTES];
    uint8_t cosign_key[SYM_ED25519_BYTES];
    sym_log_keys(l, log_key, cosign_key);
    double began = now_s();
    for (bool more = true; more;) {
        must(sym_log_rows(l, &q, &q.first, &more, verify_row, &v) == SYM_OK, "reading");
    }
    must(sym_merkle_edge_root(root, &v.edge) == SYM_OK &&
             sym_checkpoint_open(&c, &note, sym_span(h->checkpoint, h->checkpoint_len), log_key) ==
                 SYM_OK,
         "the head");
    *good = v.edge.size == c.size && sym_equal(root, c.root, sizeof root);
    return now_s() - began;
}

/* worst: of processor time, which does not count what others on the machine do meanwhile. */
static double prove_some(struct sym_log *l, unsigned n, double *worst, double *longest)
{
    struct sym_merkle_proof p;
    uint64_t size = sym_log_head(l)->size;
    double began = now_s();
    *worst = 0;
    *longest = 0;
    for (unsigned i = 0; i < n; i++) {
        uint64_t index = 0;
        double one = now_s();
        double busy = processor_s();
        sym_random((uint8_t *)&index, sizeof index);
        must(sym_log_prove_inclusion(l, &p, index % size, size) == SYM_OK, "a proof");
        busy = processor_s() - busy;
        one = now_s() - one;
        *worst = busy > *worst ? busy : *worst;
        *longest = one > *longest ? one : *longest;
    }
    return (now_s() - began) / n;
}

static void large(struct room *s, struct writer *w, uint64_t entries)
{
    bool good = false;
    double worst = 0;
    double longest = 0;
    double began = now_s();
    while (sym_log_head(s->log)->size < entries) {
        must(sym_store_write(s->store, append_many, w) == SYM_OK, "ten thousand entries");
    }
    uint64_t size = sym_log_head(s->log)->size;
    (void)printf("%llu entries, 10,000 in a commit: %.0f entries/s, %.0f bytes each in the store\n",
                 (unsigned long long)size, (double)size / (now_s() - began),
                 (double)sym_store_bytes(s->store) / (double)size);
    double each = prove_some(s->log, 2000, &worst, &longest);
    (void)printf(
        "an inclusion proof: %.3f ms, at worst %.3f ms of processor, %.3f ms of waiting (1 "
        "wanted)\n",
        each * 1e3, worst * 1e3, longest * 1e3);
    clock_t processor = clock();
    double all = verify_all(s->log, &good);
    must(good, "verifying");
    (void)printf("all of it read and verified: %.2f s (5 wanted), %.1f us of processor per entry\n",
                 all, (double)(clock() - processor) / CLOCKS_PER_SEC / (double)size * 1e6);
    began = now_s();
    room_reopen(s);
    (void)room_log(s);
    (void)printf("opened again in %.0f ms\n", (now_s() - began) * 1e3);
}

int main(int argc, char **argv)
{
    static struct writer writers[100];
    static const size_t crowds[] = {1, 10, 100};
    struct room s;
    struct bare b;
    struct sym_loop *loop = NULL;
    struct sym_group *group = NULL;
    uint64_t done = 0;
    uint64_t entries = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    room_open(&s);
    must(sym_loop_new(&loop) == SYM_OK && sym_group_new(&group, loop, s.store) == SYM_OK, "a loop");
    for (size_t i = 0; i < 100; i++) {
        writer_init(&writers[i], &s);
        writers[i].done = &done;
    }
    must(sym_log_add(s.log, &writers[0].entry) == SYM_OK, "an entry");
    bare_open(&b, room_path(&s, "bare"), entry_bytes(&writers[0]));
    (void)printf("an entry is %zu bytes\n", b.bytes);
    for (size_t i = 0; i < sizeof crowds / sizeof *crowds; i++) {
        compare(group, &b, writers, crowds[i]);
    }
    sign_heads(&s, group, writers);
    mdb_env_close(b.env);
    sym_group_free(group);
    large(&s, &writers[0], entries);
    sym_loop_free(loop);
    room_close(&s);
    return 0;
}
