/* writer - appends to an evidence log until it is stopped, and says what is durable as soon as it
 * is.
 *
 *     writer write DIR SEED   a line for each entry, then one for the head of the commit that made
 *                             them durable: single entries and groups of them, as exchanges do it
 *     writer check DIR        reads such lines and says which of them no longer hold, and whether
 *                             tree, bodies and checkpoint fit each other
 *
 * DIR/store is made when absent. Lines: "open SIZE ROOT" first of all; "entry INDEX ID"; "head SIZE
 * ROOT". Whoever reads them sits outside of the file system that DIR lies in. "failed
 * TEXT": a group that could not be written; the writer goes on with another, some hundred times.
 */
#include "node/evidence/log.h"
#include "node/store/group.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE_BYTES   256u
#define TEXT_BYTES   (2 * SYM_HASH_BYTES + 1)
#define BATCH_MAX    64u
#define FILLER_MAX   2000u
#define FAILURES_MAX 500u

static const uint8_t master[32] = {1};
static const uint8_t log_seed[SYM_ED25519_BYTES] = {2};
static const uint8_t cosign_seed[SYM_ED25519_BYTES] = {3};
static const struct sym_node_id self = {{4}};
static const struct sym_node_id other = {{5}};

struct job {
    struct writer *w;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint64_t index;
    uint8_t filler[FILLER_MAX];
    size_t filler_len;
};

struct writer {
    struct sym_disk dir;
    struct sym_store *store;
    struct sym_sign_key key;
    struct sym_sign_key cosign_key;
    struct sym_log *log;
    struct sym_loop *loop;
    struct sym_group *group;
    unsigned seed;
    struct job jobs[BATCH_MAX];
    size_t n;       /* of this batch */
    size_t settled; /* of them */
    enum sym_err err;
};

static enum sym_err open_all(struct writer *w, const char *path, struct sym_fault *fault)
{
    struct sym_span unlock = sym_span(master, sizeof master);
    enum sym_err err = sym_sign_key_from(&w->key, sym_span(log_seed, sizeof log_seed));
    if (err == SYM_OK) {
        err = sym_sign_key_from(&w->cosign_key, sym_span(cosign_seed, sizeof cosign_seed));
    }
    err = err == SYM_OK ? sym_disk_open(&w->dir, path, fault) : err;
    err = err == SYM_OK ? sym_store_open(&w->store, path, unlock, fault) : err;
    if (err == SYM_OK) {
        struct sym_log_config config = {.store = w->store,
                                        .dir = &w->dir,
                                        .master = unlock,
                                        .self = self,
                                        .key = &w->key,
                                        .cosign_key = &w->cosign_key};
        err = sym_log_open(&w->log, &config, fault);
    }
    err = err == SYM_OK ? sym_loop_new(&w->loop) : err;
    return err == SYM_OK ? sym_group_new(&w->group, w->loop, w->store) : err;
}

static void close_all(struct writer *w)
{
    sym_group_free(w->group);
    sym_loop_free(w->loop);
    sym_log_close(w->log);
    sym_store_close(w->store);
    sym_disk_close(&w->dir);
    sym_sign_key_clear(&w->key);
    sym_sign_key_clear(&w->cosign_key);
}

static void say_head(const struct writer *w, const char *what)
{
    const struct sym_head *head = sym_log_head(w->log);
    char text[TEXT_BYTES];
    sym_hex(text, head->root, sizeof head->root);
    printf("%s %" PRIu64 " %s\n", what, head->size, text);
    (void)fflush(stdout);
}

/* Writing ---------------------------------------------------------------------------------------
 */

static enum sym_err append(struct sym_transaction *t, void *context)
{
    struct job *j = context;
    struct sym_entry_body body = {.event = sym_span_text("asked"),
                                  .alias = sym_span_text("bank-b"),
                                  .request = sym_span(j->filler, j->filler_len),
                                  .count = 1};
    struct sym_entry entry = {.kind = SYM_ENTRY_REQUESTED,
                              .exchange_id = j->id,
                              .initiator = &self,
                              .responder = &other,
                              .body = &body};
    return sym_log_append(j->w->log, t, &entry, &j->index);
}

static void on_done(void *context, enum sym_err err)
{
    struct job *j = context;
    j->w->err = j->w->err == SYM_OK ? err : j->w->err;
    j->w->settled++;
    if (j->w->settled == j->w->n) {
        sym_loop_stop(j->w->loop);
    }
}

static enum sym_err ask(struct writer *w, struct job *j)
{
    j->w = w;
    sym_random(j->id, sizeof j->id);
    j->filler_len = 1 + (size_t)rand_r(&w->seed) % FILLER_MAX;
    sym_random(j->filler, j->filler_len);
    return sym_group_write(w->group, append, j, on_done);
}

static enum sym_err add_batch(struct writer *w)
{
    enum sym_err err = SYM_OK;
    w->n = rand_r(&w->seed) % 2 == 0 ? 1 : 1 + (size_t)rand_r(&w->seed) % BATCH_MAX;
    w->settled = 0;
    w->err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < w->n; i++) {
        err = ask(w, &w->jobs[i]);
    }
    err = err == SYM_OK ? sym_loop_run(w->loop) : err;
    err = err == SYM_OK ? w->err : err;
    for (size_t i = 0; err == SYM_OK && i < w->n; i++) {
        char text[TEXT_BYTES];
        sym_hex(text, w->jobs[i].id, sizeof w->jobs[i].id);
        printf("entry %" PRIu64 " %s\n", w->jobs[i].index, text);
    }
    if (err == SYM_OK) {
        say_head(w, "head");
    }
    return err;
}

static int write_on(struct writer *w)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    unsigned failures = 0;
    while (failures < FAILURES_MAX) {
        enum sym_err err = add_batch(w);
        failures = err == SYM_OK ? 0 : failures + 1;
        if (err != SYM_OK) {
            printf("failed an entry: %s\n", sym_err_text(err));
            (void)fflush(stdout);
            (void)nanosleep(&pause, NULL);
        }
    }
    return EXIT_FAILURE;
}

/* Checking --------------------------------------------------------------------------------------
 */

/* Of the leaf, in hex; its body must open and be what the leaf commits to. */
static enum sym_err id_at(struct writer *w, uint64_t index, char text[TEXT_BYTES])
{
    SYM_SECRET_AUTO body = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf;
    uint8_t bytes[SYM_LEAF_BYTES_MAX];
    uint8_t salt[SYM_HASH_BYTES];
    uint8_t commitment[SYM_HASH_BYTES];
    size_t len = 0;
    enum sym_err err = sym_log_leaf(w->log, bytes, &len, index);
    err = err == SYM_OK ? sym_decode(&arena, &leaf, &sym_msg_leaf, sym_span(bytes, len)) : err;
    err = err == SYM_OK ? sym_log_body(w->log, salt, &body, index) : err;
    err = err == SYM_OK ? sym_body_commit(commitment, salt, sym_secret_span(&body)) : err;
    if (err != SYM_OK) {
        return err;
    }
    sym_hex(text, leaf.exchange_id.data, leaf.exchange_id.len);
    return sym_span_equal(sym_span(commitment, sizeof commitment), leaf.commitment) ? SYM_OK
                                                                                    : SYM_BAD_TAG;
}

static enum sym_err root_at(struct writer *w, uint64_t size, char text[TEXT_BYTES])
{
    uint8_t root[SYM_HASH_BYTES];
    enum sym_err err = sym_log_root(w->log, root, size);
    if (err == SYM_OK) {
        sym_hex(text, root, sizeof root);
    }
    return err;
}

/* Do all leaves lead to the head, and is that the one that is signed? */
static bool has_whole_tree(struct writer *w)
{
    const struct sym_head *head = sym_log_head(w->log);
    struct sym_merkle_edge edge = {0};
    struct sym_checkpoint checkpoint;
    struct sym_note note;
    uint8_t root[SYM_HASH_BYTES];
    enum sym_err err = SYM_OK;
    for (uint64_t i = 0; err == SYM_OK && i < head->size; i++) {
        uint8_t bytes[SYM_LEAF_BYTES_MAX];
        uint8_t hash[SYM_HASH_BYTES];
        size_t len = 0;
        err = sym_log_leaf(w->log, bytes, &len, i);
        err = err == SYM_OK ? sym_merkle_leaf(hash, sym_span(bytes, len)) : err;
        err = err == SYM_OK ? sym_merkle_add(&edge, hash) : err;
    }
    err = err == SYM_OK ? sym_merkle_edge_root(root, &edge) : err;
    struct sym_span text = sym_span((const uint8_t *)head->checkpoint, head->checkpoint_len);
    if (err == SYM_OK && head->size > 0) {
        err = sym_checkpoint_open(&checkpoint, &note, text, w->key.public_key);
    } else {
        memcpy(checkpoint.root, root, sizeof root);
        checkpoint.size = head->size;
    }
    return err == SYM_OK && sym_equal(root, head->root, sizeof root) &&
           sym_equal(root, checkpoint.root, sizeof root) && checkpoint.size == head->size;
}

static int check_all(struct writer *w)
{
    char line[LINE_BYTES];
    char what[16];
    char told[LINE_BYTES];
    uint64_t number;
    int code = EXIT_SUCCESS;
    while (fgets(line, sizeof line, stdin) != NULL) {
        char found[TEXT_BYTES] = "";
        if (sscanf(line, "%15s %" SCNu64 " %255s", what, &number, told) != 3) {
            printf("failed %s", line);
            return EXIT_FAILURE;
        }
        bool is_entry = strcmp(what, "entry") == 0;
        enum sym_err err = is_entry ? id_at(w, number, found) : root_at(w, number, found);
        if (err != SYM_OK || strcmp(found, told) != 0) {
            printf("%s %s", is_entry ? "lost" : "forked", line);
            code = EXIT_FAILURE;
        }
    }
    if (!has_whole_tree(w)) {
        printf("broken: leaves, head and checkpoint do not fit each other\n");
        code = EXIT_FAILURE;
    }
    return code;
}

int main(int argc, char **argv)
{
    struct sym_fault fault = {.text = ""};
    static struct writer w = {.dir = {.fd = -1}};
    int code = EXIT_FAILURE;
    if (argc < 3 || sym_crypto_init() != SYM_OK) {
        return 2;
    }
    enum sym_err err = open_all(&w, argv[2], &fault);
    if (err != SYM_OK) {
        printf("failed %s: %s\n", sym_err_text(err), fault.text);
    } else {
        say_head(&w, "open");
        w.seed = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1;
        code = strcmp(argv[1], "check") == 0 ? check_all(&w) : write_on(&w);
    }
    close_all(&w);
    return code;
}
