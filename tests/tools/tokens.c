/* tokens CSV PROFILE - what an import makes of a file: a line "record type digest" for each token.
 */
#include "cli/ingest/import.h"
#include "cli/ingest/nicknames.h"
#include "crypto/secret.h"

#include <stdio.h>
#include <stdlib.h>

static enum sym_err print(void *context, const struct sym_import_batch *b, struct sym_fault *fault)
{
    (void)context;
    (void)fault;
    for (size_t i = 0; i < b->n_tokens; i++) {
        char hex[2 * SYM_DIGEST_BYTES + 1];
        uint32_t record = b->records[i];
        uint32_t start = record > 0 ? b->id_ends[record - 1] : 0;
        sym_hex(hex, b->digests[i], SYM_DIGEST_BYTES);
        (void)printf("%.*s %s %s\n", (int)(b->id_ends[record] - start),
                     (const char *)b->ids + start,
                     sym_token_type_name((enum sym_token_type)b->types[i]), hex);
    }
    return SYM_OK;
}

int main(int argc, char **argv)
{
    struct sym_fault fault = {SYM_OK, ""};
    struct sym_import_counts counts = {.rows = 0};
    struct sym_nicknames *nicknames = NULL;
    struct sym_profile *profile = calloc(1, sizeof *profile);
    if (argc != 3 || profile == NULL || sym_crypto_init() != SYM_OK) {
        (void)fputs("usage: tokens CSV PROFILE\n", stderr);
        return 2;
    }
    const struct sym_import_source source = {.path = argv[1], .profile = profile, .threads = 1};
    const struct sym_import_calls calls = {.batch = print};
    enum sym_err err = sym_profile_load(profile, argv[2], &fault);
    if (err == SYM_OK) {
        err = sym_nicknames_load(&nicknames, NULL, &fault);
        profile->rules.nicknames = nicknames;
    }
    if (err == SYM_OK) {
        err = sym_import(&counts, &source, &calls, &fault);
    }
    if (err != SYM_OK) {
        (void)fprintf(stderr, "%s\n", fault.text);
    }
    sym_nicknames_free(nicknames);
    free(profile);
    return err == SYM_OK ? 0 : 1;
}
