/* How long `symbolon log verify` takes for a million entries: its own processor time, without the
 * node's, and how long one waits. The tree alone, and with bodies as an exchange has them. */
#include "crypto/merkle.h"
#include "crypto/note.h"
#include "tests/cli/fake_node.h"

#include <sys/resource.h>

#define ENTRIES 1000000u
#define LIMIT_S 5.0

static struct sym_node_keys keys;
static uint8_t (*hashes[4])[SYM_HASH_BYTES]; /* by level of tiles */
static char checkpoint[1024];
static uint8_t root[SYM_HASH_BYTES];
static size_t total;

/* An entry of an exchange, with a small body. */
static size_t make_entry(uint8_t leaf[SYM_LEAF_BYTES_MAX], uint8_t salt[SYM_HASH_BYTES],
                         uint8_t body[512], size_t *body_len, uint64_t index)
{
    uint8_t commitment[SYM_HASH_BYTES];
    uint8_t id[SYM_EXCHANGE_ID_BYTES] = {0};
    static const uint8_t node[SYM_NODE_ID_BYTES] = {7};
    size_t len = 0;
    sym_put_u64(id, index / 4);
    memset(salt, 0, SYM_HASH_BYTES);
    sym_put_u64(salt, index);
    const struct sym_entry_body b = {.event = sym_span_text("requested"),
                                     .user = sym_span_text("alice"),
                                     .alias = sym_span_text("bank-b"),
                                     .exchange_kind = SYM_KIND_OVERLAP_MATCHES,
                                     .purpose = SYM_PURPOSE_AML,
                                     .own_size = 20000};
    if (sym_encode(body, 512, body_len, &sym_msg_entry_body, &b) != SYM_OK ||
        sym_body_commit(commitment, salt, sym_span(body, *body_len)) != SYM_OK) {
        abort();
    }
    const struct sym_leaf l = {.version = SYM_LEAF_VERSION,
                               .time_ms = UINT64_C(1790000000000) + index,
                               .kind = SYM_ENTRY_REQUESTED,
                               .exchange_id = sym_span(id, sizeof id),
                               .initiator = sym_span(node, sizeof node),
                               .responder = sym_span(node, sizeof node),
                               .commitment = sym_span(commitment, sizeof commitment)};
    if (sym_encode(leaf, SYM_LEAF_BYTES_MAX, &len, &sym_msg_leaf, &l) != SYM_OK) {
        abort();
    }
    return len;
}

static enum sym_err read_hash(void *context, uint8_t out[SYM_HASH_BYTES], unsigned level,
                              uint64_t index)
{
    uint8_t left[SYM_HASH_BYTES];
    uint8_t right[SYM_HASH_BYTES];
    if (level % 8 == 0 && hashes[level / 8] != NULL) {
        memcpy(out, hashes[level / 8][index], SYM_HASH_BYTES);
        return SYM_OK;
    }
    enum sym_err err = read_hash(context, left, level - 1, 2 * index);
    if (err == SYM_OK) {
        err = read_hash(context, right, level - 1, 2 * index + 1);
    }
    return err == SYM_OK ? sym_merkle_node(out, left, right) : err;
}

static void make_tree(const struct fake_node *node)
{
    uint8_t leaf[SYM_LEAF_BYTES_MAX];
    uint8_t salt[SYM_HASH_BYTES];
    uint8_t body[512];
    size_t body_len = 0;
    hashes[0] = calloc(ENTRIES, SYM_HASH_BYTES);
    for (uint64_t i = 0; i < ENTRIES; i++) {
        size_t len = make_entry(leaf, salt, body, &body_len, i);
        total += len;
        if (hashes[0] == NULL || sym_merkle_leaf(hashes[0][i], sym_span(leaf, len)) != SYM_OK) {
            abort();
        }
    }
    for (unsigned tile = 1; tile < 3; tile++) {
        size_t n = (size_t)(ENTRIES >> (8 * tile));
        uint8_t(*row)[SYM_HASH_BYTES] = calloc(n, SYM_HASH_BYTES);
        for (size_t i = 0; i < n; i++) {
            if (row == NULL || read_hash(NULL, row[i], 8 * tile, i) != SYM_OK) {
                abort();
            }
        }
        hashes[tile] = row;
    }
    char origin[SYM_KEY_NAME_BYTES];
    size_t len = 0;
    struct sym_checkpoint c = {.size = ENTRIES};
    sym_log_origin(origin, &node->id, 1);
    c.origin = sym_span_text(origin);
    if (sym_merkle_root(c.root, ENTRIES, read_hash, NULL) != SYM_OK ||
        sym_checkpoint_sign(checkpoint, sizeof checkpoint, &len, &c, &keys.log) != SYM_OK) {
        abort();
    }
    memcpy(root, c.root, sizeof root);
    checkpoint[len] = '\0';
}

static void serve_list(struct fake_call *call)
{
    static struct sym_log_row rows[SYM_LOG_ROWS_MAX];
    static uint8_t leaves[SYM_LOG_ROWS_MAX][SYM_LEAF_BYTES_MAX];
    static uint8_t salts[SYM_LOG_ROWS_MAX][SYM_HASH_BYTES];
    static uint8_t bodies[SYM_LOG_ROWS_MAX][512];
    static struct sym_log_list list;
    const struct sym_log_query *q = call->arguments;
    list = (struct sym_log_list){.rows = rows, .size = ENTRIES};
    for (uint64_t at = q->first; at < ENTRIES && list.n_rows < SYM_LOG_ROWS_MAX; at++) {
        size_t i = list.n_rows++;
        size_t body_len = 0;
        size_t len = make_entry(leaves[i], salts[i], bodies[i], &body_len, at);
        rows[i] = (struct sym_log_row){.index = at, .leaf = sym_span(leaves[i], len)};
        if (q->bodies) {
            rows[i].salt = sym_span(salts[i], SYM_HASH_BYTES);
            rows[i].body = sym_span(bodies[i], body_len);
        }
    }
    list.next = q->first + list.n_rows;
    list.more = list.next < ENTRIES;
    call->answer = &list;
}

static enum sym_err serve(struct fake_call *call)
{
    static struct sym_log_head head;
    static struct sym_tile tile;
    static struct sym_witness_list none;
    static char origin[SYM_KEY_NAME_BYTES];
    const struct sym_tile_query *q = call->arguments;
    if (call->verb == SYM_VERB_LOG_LIST) {
        serve_list(call);
    } else if (call->verb == SYM_VERB_LOG_TILE) {
        tile.hashes = sym_span(hashes[q->level][q->number * SYM_TILE_WIDTH],
                               (size_t)q->width * SYM_HASH_BYTES);
        call->answer = &tile;
    } else if (call->verb == SYM_VERB_LOG_WITNESSES) {
        call->answer = &none;
    } else {
        sym_log_origin(origin, &call->node->id, 1);
        head = (struct sym_log_head){.origin = sym_span_text(origin),
                                     .generation = 1,
                                     .size = ENTRIES,
                                     .root = sym_span(root, sizeof root),
                                     .checkpoint = sym_span_text(checkpoint),
                                     .node = sym_span(call->node->id.bytes, SYM_NODE_ID_BYTES),
                                     .log_key = sym_span(keys.log.public_key, SYM_ED25519_BYTES),
                                     .cosign_key =
                                         sym_span(keys.cosign.public_key, SYM_ED25519_BYTES)};
        call->answer = &head;
    }
    return SYM_OK;
}

static void make_card(struct fake_node *node)
{
    char text[SYM_CARD_BYTES_MAX];
    size_t len = 0;
    struct sym_card card = {.name = "Bank A",
                            .role = SYM_ROLE_BANK,
                            .serial = 1,
                            .issued_s = FAKE_NOW_S,
                            .expires_s = FAKE_NOW_S + 31536000};
    if (sym_node_keys_new(&keys) != SYM_OK) {
        abort();
    }
    sym_card_keys(&card, &keys);
    if (sym_card_write(text, sizeof text, &len, &card, &keys.identity, NULL, NULL) != SYM_OK) {
        abort();
    }
    sym_node_id_of(&node->id, card.identity);
    fake_write(node->dir, "node.card", sym_span(text, len), 0644);
}

/* Seconds of processor time of the command; exits when the log is not called whole. */
static double verify(const char *words, double *waited_s)
{
    struct timespec began;
    struct timespec ended;
    struct rusage use;
    int status = 0;
    (void)fflush(NULL);
    (void)clock_gettime(CLOCK_MONOTONIC, &began);
    pid_t child = fork();
    if (child == 0) {
        FILE *out = tmpfile();
        run_child(words, out, stderr);
    }
    if (wait4(child, &status, 0, &use) != child || status != 0) {
        (void)fprintf(stderr, "log verify failed\n");
        exit(1);
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &ended);
    *waited_s =
        (double)(ended.tv_sec - began.tv_sec) + (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

int main(void)
{
    struct fake_node node;
    double waited_s = 0;
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    fake_node_make(&node);
    make_card(&node);
    make_tree(&node);
    fake_node_start(&node, serve);
    double tree_s = verify("log|verify|--tree-only", &waited_s);
    (void)printf("log verify --tree-only, %u entries of %.0f bytes: %.2f s of its own (%.2f s with "
                 "the node), under %.0f s wanted\n",
                 ENTRIES, (double)total / ENTRIES, tree_s, waited_s, LIMIT_S);
    double all_s = verify("log|verify", &waited_s);
    (void)printf("log verify, with bodies: %.2f s of its own (%.2f s with the node)\n", all_s,
                 waited_s);
    fake_node_remove(&node);
    sym_node_keys_clear(&keys);
    for (size_t i = 0; i < 3; i++) {
        free(hashes[i]);
    }
    return tree_s < LIMIT_S ? 0 : 1;
}
