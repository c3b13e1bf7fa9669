#include "node/tabulation/breaches.h"

#include <stdlib.h>
#include <string.h>

/* BREACHES: node id -> cause (4), the proof or nothing. */
#define HEAD_BYTES 4u

static struct sym_span key_of(const struct sym_node_id *peer)
{
    return sym_span(peer->bytes, sizeof peer->bytes);
}

enum sym_err sym_breach_put(struct sym_transaction *t, const struct sym_node_id *peer,
                            uint32_t cause, struct sym_span proof)
{
    SYM_SECRET_AUTO there = {0};
    enum sym_err err = sym_store_get(t, SYM_TABLE_BREACHES, key_of(peer), &there);
    if (err == SYM_OK && proof.len == 0 && there.len > HEAD_BYTES) {
        return SYM_OK;
    }
    if (err != SYM_OK && err != SYM_NOT_FOUND) {
        return err;
    }
    uint8_t *value = malloc(HEAD_BYTES + proof.len);
    if (value == NULL) {
        return SYM_NO_MEMORY;
    }
    struct sym_writer w = sym_writer(value, HEAD_BYTES + proof.len);
    sym_write_u32(&w, cause);
    sym_write_span(&w, proof);
    err = sym_store_put(t, SYM_TABLE_BREACHES, key_of(peer), sym_span(value, w.len));
    free(value);
    return err;
}

enum sym_err sym_breach_has(struct sym_transaction *t, const struct sym_node_id *peer)
{
    return sym_store_has(t, SYM_TABLE_BREACHES, key_of(peer));
}

enum sym_err sym_breach_proof(struct sym_transaction *t, struct sym_secret *out,
                              const struct sym_node_id *peer)
{
    SYM_SECRET_AUTO value = {0};
    enum sym_err err = sym_store_get(t, SYM_TABLE_BREACHES, key_of(peer), &value);
    if (err == SYM_OK && value.len <= HEAD_BYTES) {
        err = SYM_NOT_FOUND;
    }
    if (err == SYM_OK) {
        err = sym_secret_new(out, value.len - HEAD_BYTES);
    }
    if (err == SYM_OK) {
        memcpy(out->data, value.data + HEAD_BYTES, out->len);
    }
    return err;
}

enum sym_err sym_breach_forget(struct sym_transaction *t, const struct sym_node_id *peer)
{
    return sym_store_delete(t, SYM_TABLE_BREACHES, key_of(peer));
}
