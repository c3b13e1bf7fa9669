/* Messages: the first byte picks a table, the rest is decoded. What is accepted has one encoding
 * only, the one that came, and it fits the table's limits: it can be encoded again. */
#include "proto/codec.h"
#include "proto/limits.h"
#include "tests/support/tables.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    const struct sym_message *m = message_tables[data[0] % MESSAGE_TABLES];
    struct sym_span bytes = sym_span(data + 1, size - 1);
    SYM_ARENA_AUTO arena = {0};
    uint8_t *value = malloc(m->size);
    uint8_t *out = malloc(size);
    insist(value != NULL && out != NULL);
    memset(value, 0x5a, m->size);
    enum sym_err err = sym_decode(&arena, value, m, bytes);
    if (err == SYM_OK) {
        size_t len = 0;
        if (m == &sym_msg_import_chunk && sym_import_chunk_check((void *)value) == SYM_OK) {
            const struct sym_import_chunk *c = (void *)value;
            insist(c->digests.len == c->types.len * SYM_DIGEST_BYTES);
            insist(c->types.len >= c->token_counts.len && c->ids.len >= c->id_lengths.len);
        }
        insist(sym_encode(out, bytes.len, &len, m, value) == SYM_OK);
        insist(sym_span_equal(sym_span(out, len), bytes));
        insist(bytes.len == 0 || sym_encode(out, bytes.len - 1, &len, m, value) == SYM_TOO_LONG);
    } else {
        insist(arena.block == NULL);
        for (size_t i = 0; i < m->size; i++) {
            insist(value[i] == 0x5a);
        }
    }
    free(value);
    free(out);
    return 0;
}
