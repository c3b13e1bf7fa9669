/* writer - writes to a store until it is stopped, and says what is durable as soon as it is.
 *
 *     writer write DIR SEED   one line for each entry, then one for the commit that made it durable
 *     writer check DIR        reads such lines and says which of them no longer hold
 *
 * DIR/store is made when absent. Lines: "entry INDEX ID", "head SIZE ROOT", both behind a commit;
 * first of all "open SIZE ROOT". Whoever reads them sits outside of the file system that DIR lies
 * in. Failing writes end the writer: "failed TEXT", exit code 1.
 */
#include "node/store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ID_BYTES   16u
#define LINE_BYTES 256u
#define BATCH_MAX  64u

static const uint8_t master[32] = {1};

struct writer {
    struct sym_store *store;
    uint64_t size;
    uint8_t root[ID_BYTES];
    unsigned seed;
};

struct batch {
    struct writer *w;
    size_t n;
    uint8_t ids[BATCH_MAX][ID_BYTES];
};

static void key_of(uint8_t key[8], uint64_t index)
{
    sym_put_u64(key, index);
}

static enum sym_err find_end(struct sym_transaction *t, void *context)
{
    struct writer *w = context;
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    w->size = 0;
    enum sym_err err = sym_store_last(t, SYM_TABLE_EVENTS, key, &len);
    if (err == SYM_OK) {
        w->size = sym_get_u64(key) + 1;
    }
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

struct wanted {
    uint64_t index;
    uint8_t id[ID_BYTES];
};

static enum sym_err look_up(struct sym_transaction *t, void *context)
{
    SYM_SECRET_AUTO value = {0};
    struct wanted *w = context;
    uint8_t key[8];
    key_of(key, w->index);
    enum sym_err err = sym_store_get(t, SYM_TABLE_EVENTS, sym_span(key, sizeof key), &value);
    if (err == SYM_OK && value.len == ID_BYTES) {
        memcpy(w->id, value.data, ID_BYTES);
    }
    return err;
}

static enum sym_err root_at(struct writer *w, uint8_t root[ID_BYTES], uint64_t size)
{
    struct wanted last = {.index = size - 1};
    memset(root, 0, ID_BYTES);
    if (size == 0) {
        return SYM_OK;
    }
    enum sym_err err = sym_store_read(w->store, look_up, &last);
    memcpy(root, last.id, ID_BYTES);
    return err;
}

static enum sym_err add_all(struct sym_transaction *t, void *context)
{
    struct batch *b = context;
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < b->n; i++) {
        uint8_t key[8];
        key_of(key, b->w->size + i);
        err = sym_store_put(t, SYM_TABLE_EVENTS, sym_span(key, sizeof key),
                            sym_span(b->ids[i], ID_BYTES));
    }
    return err;
}

static void say_hex(char out[2 * ID_BYTES + 1], const uint8_t *bytes)
{
    for (size_t i = 0; i < ID_BYTES; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    }
}

static void say_head(const struct writer *w, const char *what)
{
    char text[2 * ID_BYTES + 1];
    say_hex(text, w->root);
    printf("%s %" PRIu64 " %s\n", what, w->size, text);
    (void)fflush(stdout);
}

static int complain(const char *what, enum sym_err err)
{
    printf("failed %s: %s\n", what, sym_err_text(err));
    return EXIT_FAILURE;
}

static enum sym_err add_batch(struct writer *w)
{
    struct batch b = {.w = w};
    b.n = rand_r(&w->seed) % 2 == 0 ? 1 : 1 + (size_t)rand_r(&w->seed) % BATCH_MAX;
    sym_random(b.ids[0], sizeof b.ids);
    enum sym_err err = sym_store_write(w->store, add_all, &b);
    if (err != SYM_OK) {
        return err;
    }
    for (size_t i = 0; i < b.n; i++) {
        char text[2 * ID_BYTES + 1];
        say_hex(text, b.ids[i]);
        printf("entry %" PRIu64 " %s\n", w->size++, text);
    }
    memcpy(w->root, b.ids[b.n - 1], ID_BYTES);
    say_head(w, "head");
    return SYM_OK;
}

static int check_all(struct writer *w)
{
    char line[LINE_BYTES];
    char what[16];
    char text[LINE_BYTES];
    uint64_t number;
    int code = EXIT_SUCCESS;
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "%15s %" SCNu64 " %255s", what, &number, text) != 3) {
            printf("failed %s", line);
            return EXIT_FAILURE;
        }
        struct wanted found = {.index = number};
        char hex[2 * ID_BYTES + 1];
        bool is_entry = strcmp(what, "entry") == 0;
        enum sym_err err =
            is_entry ? sym_store_read(w->store, look_up, &found) : root_at(w, found.id, number);
        say_hex(hex, found.id);
        if (err != SYM_OK || strcmp(hex, text) != 0) {
            printf("%s %s", is_entry ? "lost" : "forked", line);
            code = EXIT_FAILURE;
        }
    }
    return code;
}

int main(int argc, char **argv)
{
    struct sym_fault fault = {.text = ""};
    struct writer w = {0};
    if (argc < 3 || sym_crypto_init() != SYM_OK) {
        return 2;
    }
    enum sym_err err = sym_store_open(&w.store, argv[2], sym_span(master, sizeof master), &fault);
    if (err != SYM_OK) {
        printf("failed %s\n", fault.text);
        return EXIT_FAILURE;
    }
    err = sym_store_read(w.store, find_end, &w);
    err = err == SYM_OK ? root_at(&w, w.root, w.size) : err;
    if (err != SYM_OK) {
        return complain("the end of the log", err);
    }
    say_head(&w, "open");
    if (strcmp(argv[1], "check") == 0) {
        int code = check_all(&w);
        sym_store_close(w.store);
        return code;
    }
    w.seed = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1;
    while (err == SYM_OK) {
        err = add_batch(&w);
    }
    return complain("an entry", err);
}
