#include "node/grant/breaches.h"

#include <stdlib.h>
#include <string.h>

/* BREACHES: node id -> cause (4), the proof or nothing; node id and CHECKS -> failed checks (4). */
#define HEAD_BYTES       4u
#define CHECKS           1u
#define CHECKS_KEY_BYTES (SYM_NODE_ID_BYTES + 1u)

static struct sym_span key_of(const struct sym_node_id *peer)
{
    return sym_span(peer->bytes, sizeof peer->bytes);
}

static struct sym_span checks_key(uint8_t out[CHECKS_KEY_BYTES], const struct sym_node_id *peer)
{
    struct sym_writer w = sym_writer(out, CHECKS_KEY_BYTES);
    sym_write_bytes(&w, peer->bytes, sizeof peer->bytes);
    sym_write_u8(&w, CHECKS);
    return sym_span(out, w.len);
}

/* 0 where none is kept. */
static enum sym_err get_checks(uint32_t *out, struct sym_transaction *t,
                               const struct sym_node_id *peer)
{
    SYM_SECRET_AUTO value = {0};
    uint8_t room[CHECKS_KEY_BYTES];
    *out = 0;
    enum sym_err err = sym_store_get(t, SYM_TABLE_BREACHES, checks_key(room, peer), &value);
    if (err != SYM_OK) {
        return err == SYM_NOT_FOUND ? SYM_OK : err;
    }
    struct sym_reader r = sym_reader(sym_secret_span(&value));
    *out = sym_read_u32(&r);
    return sym_read_end(&r);
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

enum sym_err sym_breach_count(struct sym_transaction *t, uint32_t *failed,
                              const struct sym_node_id *peer)
{
    uint8_t room[CHECKS_KEY_BYTES];
    uint8_t value[HEAD_BYTES];
    struct sym_writer w = sym_writer(value, sizeof value);
    enum sym_err err = get_checks(failed, t, peer);
    if (err != SYM_OK) {
        return err;
    }
    *failed += *failed < UINT32_MAX ? 1 : 0;
    sym_write_u32(&w, *failed);
    return sym_store_put(t, SYM_TABLE_BREACHES, checks_key(room, peer), sym_span(value, w.len));
}

enum sym_err sym_breach_has(struct sym_transaction *t, const char **what,
                            const struct sym_node_id *peer)
{
    uint32_t failed = 0;
    *what = "it broke an overlap table";
    enum sym_err err = sym_store_has(t, SYM_TABLE_BREACHES, key_of(peer));
    if (err != SYM_NOT_FOUND) {
        return err;
    }
    _Static_assert(SYM_BREACH_CHECKS == 3, "as the words say");
    *what = "three of its overlaps have failed a check";
    err = get_checks(&failed, t, peer);
    return err == SYM_OK && failed < SYM_BREACH_CHECKS ? SYM_NOT_FOUND : err;
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
    uint8_t room[CHECKS_KEY_BYTES];
    enum sym_err table = sym_store_delete(t, SYM_TABLE_BREACHES, key_of(peer));
    if (table != SYM_OK && table != SYM_NOT_FOUND) {
        return table;
    }
    enum sym_err checks = sym_store_delete(t, SYM_TABLE_BREACHES, checks_key(room, peer));
    return checks == SYM_NOT_FOUND ? table : checks;
}
