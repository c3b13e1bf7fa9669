#include "tests/support/witness_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t exchange_id[SYM_EXCHANGE_ID_BYTES] = {7};

static enum sym_err get_card(void *owner, char *out, size_t max, size_t *len,
                             const struct sym_node_id *peer)
{
    const struct witness_rig *r = owner;
    if (!r->has_card || !sym_node_id_equal(peer, &r->partner.id)) {
        return SYM_NOT_FOUND;
    }
    assert_true(r->partner.len <= max);
    memcpy(out, r->partner.text, r->partner.len);
    *len = r->partner.len;
    return SYM_OK;
}

enum sym_err witness_rig_try_open(struct witness_rig *r)
{
    const struct sym_witness_config c = {.store = r->room.store,
                                         .log = room_log(&r->room),
                                         .self = r->room.self,
                                         .cosign_key = &r->room.cosign_key,
                                         .card = get_card,
                                         .owner = r};
    struct sym_witness_config with_key = c;
    memcpy(with_key.log_key, r->room.log_key.public_key, sizeof with_key.log_key);
    return sym_witness_open(&r->witness, &with_key, &r->fault);
}

static void open_witness(struct witness_rig *r)
{
    if (witness_rig_try_open(r) != SYM_OK) {
        fail_msg("%s", r->fault.text);
    }
}

/* Entry number `index` tells of an exchange, so that messages can rest on it. */
static void add_leaf(struct witness_rig *r, struct toy_log *log, uint64_t time_ms)
{
    uint8_t commitment[SYM_HASH_BYTES] = {1};
    const struct sym_leaf leaf = {.version = SYM_LEAF_VERSION,
                                  .time_ms = time_ms,
                                  .kind = SYM_ENTRY_REQUESTED,
                                  .exchange_id = sym_span(exchange_id, sizeof exchange_id),
                                  .initiator = sym_span(r->partner.id.bytes, SYM_NODE_ID_BYTES),
                                  .responder = sym_span(r->room.self.bytes, SYM_NODE_ID_BYTES),
                                  .commitment = sym_span(commitment, sizeof commitment)};
    toy_log_add_leaf(log, &leaf);
}

static void make_logs(struct witness_rig *r)
{
    toy_log_open(&r->log);
    sym_sign_key_clear(&r->log.key);
    assert_int_equal(sym_sign_key_from(&r->log.key, sym_secret_span(&r->partner.keys.log.seed)),
                     SYM_OK);
    r->log.id = r->partner.id;
    for (uint64_t i = 0; i < RIG_COMMON; i++) {
        add_leaf(r, &r->log, 1000 + i);
    }
    toy_log_copy(&r->copy, &r->log);
    for (uint64_t i = RIG_COMMON; i < RIG_SIZE; i++) {
        add_leaf(r, &r->log, 1000 + i);
        add_leaf(r, &r->copy, 5000 + i);
    }
}

int witness_rig_set_up(void **state)
{
    struct witness_rig *r = calloc(1, sizeof *r);
    assert_non_null(r);
    room_open(&r->room);
    partner_open(&r->partner, "Bank B", NULL);
    r->has_card = true;
    r->peer = (struct sym_witnessed){.id = r->partner.id, .alias = "bank-b"};
    memcpy(r->peer.identity, r->partner.card.identity, sizeof r->peer.identity);
    memcpy(r->peer.log_key, r->partner.keys.log.public_key, sizeof r->peer.log_key);
    memcpy(r->peer.cosign_key, r->partner.keys.cosign.public_key, sizeof r->peer.cosign_key);
    make_logs(r);
    open_witness(r);
    witness_rig_grow(r, 1);
    *state = r;
    return 0;
}

int witness_rig_tear_down(void **state)
{
    struct witness_rig *r = *state;
    room_fill_disk(false);
    sym_witness_close(r->witness);
    toy_log_close(&r->log);
    toy_log_close(&r->copy);
    partner_close(&r->partner);
    room_close(&r->room);
    free(r);
    return 0;
}

void witness_rig_reopen(struct witness_rig *r)
{
    sym_witness_close(r->witness);
    r->witness = NULL;
    room_reopen(&r->room);
    open_witness(r);
}

void witness_rig_commit(struct witness_rig *r)
{
    assert_int_equal(room_put(&r->room, SYM_TABLE_SETTINGS, "some", "thing"), SYM_OK);
}

void witness_rig_grow(struct witness_rig *r, uint64_t size)
{
    const struct sym_entry_body body = {.event = sym_span_text("event")};
    const struct sym_entry entry = {.kind = SYM_ENTRY_SETTING, .body = &body};
    while (sym_log_head(r->room.log)->size < size) {
        assert_int_equal(sym_log_add(r->room.log, &entry), SYM_OK);
    }
}

enum sym_err witness_rig_show(struct witness_rig *r, const struct toy_log *log, size_t size,
                              size_t from)
{
    toy_log_show(log, &r->made, size, from, RIG_NONE);
    r->fault = (struct sym_fault){.err = SYM_OK};
    return sym_witness_take(r->witness, &r->peer, &r->made.evidence, sym_span(NULL, 0), false, NULL,
                            &r->fault);
}

enum sym_err witness_rig_tell(struct witness_rig *r, const struct toy_log *log, size_t size,
                              size_t from, uint64_t time_ms)
{
    uint8_t filler[SYM_HASH_BYTES] = {1};
    struct sym_leaf leaf;
    toy_log_show(log, &r->made, size, from, size - 1);
    const struct sym_request q = {.version = SYM_EXCHANGE_VERSION,
                                  .exchange_id = sym_span(exchange_id, sizeof exchange_id),
                                  .initiator = sym_span(r->partner.id.bytes, SYM_NODE_ID_BYTES),
                                  .responder = sym_span(r->room.self.bytes, SYM_NODE_ID_BYTES),
                                  .issued_ms = time_ms,
                                  .expires_ms = time_ms + 1,
                                  .ephemeral = sym_span(filler, sizeof filler),
                                  .exporter = sym_span(filler, sizeof filler),
                                  .kind = SYM_KIND_PING,
                                  .purpose = SYM_PURPOSE_TEST,
                                  .evidence = &r->made.evidence};
    assert_int_equal(sym_signed_write(r->message, sizeof r->message, &r->message_len,
                                      &sym_msg_request, &q, &r->partner.keys.identity,
                                      SYM_DOMAIN_REQUEST),
                     SYM_OK);
    r->fault = (struct sym_fault){.err = SYM_OK};
    return sym_witness_take(r->witness, &r->peer, &r->made.evidence,
                            sym_span(r->message, r->message_len), true, &leaf, &r->fault);
}

enum sym_err witness_rig_known(struct witness_rig *r, const char *checkpoint, const char *line)
{
    const struct sym_evidence e = {.known = sym_span_text(checkpoint),
                                   .cosignature =
                                       line != NULL ? sym_span_text(line) : sym_span(NULL, 0)};
    r->fault = (struct sym_fault){.err = SYM_OK};
    return sym_witness_take(r->witness, &r->peer, &e, sym_span(NULL, 0), false, NULL, &r->fault);
}

struct sym_witness_row witness_rig_row(struct witness_rig *r)
{
    struct sym_witness_row row;
    sym_witness_row(r->witness, &row, &r->peer.id);
    return row;
}

enum sym_err witness_rig_allows(struct witness_rig *r)
{
    r->fault = (struct sym_fault){.err = SYM_OK};
    return sym_witness_allows(r->witness, &r->peer.id, &r->fault);
}

enum sym_err witness_rig_trusts(struct witness_rig *r)
{
    r->fault = (struct sym_fault){.err = SYM_OK};
    return sym_witness_trusts(r->witness, &r->peer.id, &r->fault);
}

enum sym_err witness_rig_give(struct witness_rig *r, const struct sym_evidence **e, uint64_t leaf,
                              struct sym_shown *shown)
{
    enum sym_err err = sym_witness_give(r->witness, e, &r->peer, leaf);
    if (err == SYM_OK) {
        assert_int_equal(sym_shown_read(shown, *e, &r->room.self, r->room.log_key.public_key,
                                        leaf != SYM_NO_LEAF),
                         SYM_OK);
    }
    return err;
}

void witness_rig_own_head(char out[SYM_HEAD_NOTE_BYTES], struct witness_rig *r, uint32_t generation,
                          uint64_t size, uint8_t root, const struct sym_sign_key *key)
{
    char origin[SYM_KEY_NAME_BYTES];
    size_t len = 0;
    sym_log_origin(origin, &r->room.self, generation);
    struct sym_checkpoint c = {.origin = sym_span_text(origin), .size = size};
    memset(c.root, root, sizeof c.root);
    assert_int_equal(sym_checkpoint_sign(out, SYM_HEAD_NOTE_BYTES - 1, &len, &c, key), SYM_OK);
    out[len] = '\0';
}

void witness_rig_cosign(char out[SYM_SIGNATURE_LINE_BYTES], struct witness_rig *r,
                        const char *checkpoint, const struct sym_sign_key *key)
{
    char name[SYM_KEY_NAME_BYTES];
    struct sym_note note;
    sym_witness_name(name, &r->partner.id);
    assert_int_equal(sym_note_parse(&note, sym_span_text(checkpoint)), SYM_OK);
    assert_int_equal(sym_note_sign(out, note.text, name, SYM_NOTE_COSIGNATURE, key, 1790000000),
                     SYM_OK);
}
