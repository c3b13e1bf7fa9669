/* make_export DIR SIZE: the log of a node that never was, exported into a new directory, with two
 * cosigners; beside it DIR.INDEX.tlog-proof for some entries. For tests
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
    exported_free(&e);
    exported_free(&witnesses[0]);
    exported_free(&witnesses[1]);
    return 0;
}
