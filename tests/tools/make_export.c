/* make_export DIR SIZE: the log of a node that never was, exported into a new directory, with two
 * cosigners; beside it DIR.INDEX.tlog-proof for some entries, and DIR.consistency with lines
 * "FROM ROOT HASH…" (base64) for some older heads. For tests
 * with tools that others have written, and to measure. */
#include "crypto/tlog_proof.h"
#include "tests/support/exported.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROOFS 8u

static void write_proof(const char *dir, struct exported *e, uint64_t index)
{
    static struct sym_tlog_proof proof;
    static char text[16384];
    char note[EXPORTED_NOTE_BYTES];
    char path[PATH_MAX];
    size_t len = 0;
    struct exported_entry entry;
    exported_entry(&entry, e, index);
    proof = (struct sym_tlog_proof){.index = index, .extra_len = entry.leaf_len};
    memcpy(proof.extra, entry.leaf, entry.leaf_len);
    proof.checkpoint = sym_span(note, exported_checkpoint(note, e, e->size));
    (void)snprintf(path, sizeof path, "%s.%llu.tlog-proof", dir, (unsigned long long)index);
    FILE *f = fopen(path, "wbe");
    if (f == NULL ||
        sym_merkle_prove_inclusion(&proof.path, index, e->size, exported_read, e) != SYM_OK ||
        sym_tlog_proof_write(text, sizeof text, &len, &proof) != SYM_OK ||
        fwrite(text, 1, len, f) != len || fclose(f) != 0) {
        abort();
    }
}

static void print_hash(FILE *f, const uint8_t hash[SYM_HASH_BYTES])
{
    char text[SYM_BASE64_BYTES(SYM_HASH_BYTES)];
    sym_base64(text, hash, SYM_HASH_BYTES);
    (void)fprintf(f, " %s", text);
}

static void write_consistency(const char *dir, struct exported *e)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s.consistency", dir);
    FILE *f = fopen(path, "we");
    for (uint64_t i = 1; f != NULL && i <= PROOFS; i++) {
        struct sym_merkle_proof proof;
        uint8_t root[SYM_HASH_BYTES];
        uint64_t from = i * e->size / PROOFS;
        if (from == 0) {
            continue;
        }
        if (sym_merkle_root(root, from, exported_read, e) != SYM_OK ||
            sym_merkle_prove_consistency(&proof, from, e->size, exported_read, e) != SYM_OK) {
            abort();
        }
        (void)fprintf(f, "%llu", (unsigned long long)from);
        print_hash(f, root);
        for (size_t k = 0; k < proof.n; k++) {
            print_hash(f, proof.hash[k]);
        }
        (void)fprintf(f, "\n");
    }
    if (f == NULL || fclose(f) != 0) {
        abort();
    }
}

int main(int argc, char **argv)
{
    struct exported e;
    struct exported witnesses[2];
    if (argc != 3) {
        (void)fprintf(stderr, "usage: make_export DIR SIZE\n");
        return 2;
    }
    exported_new(&e, 1, strtoull(argv[2], NULL, 10));
    exported_new(&witnesses[0], 2, 0);
    exported_new(&witnesses[1], 3, 0);
    exported_write(&e, argv[1], witnesses, 2);
    for (uint64_t i = 0; i < PROOFS && e.size > 0; i++) {
        write_proof(argv[1], &e, i * (e.size - 1) / (PROOFS - 1));
    }
    write_consistency(argv[1], &e);
    exported_free(&e);
    exported_free(&witnesses[0]);
    exported_free(&witnesses[1]);
    return 0;
}
