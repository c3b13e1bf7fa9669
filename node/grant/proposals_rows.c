#include "node/grant/proposals_state.h"
#include "proto/codec.h"

#include <string.h>

#define RECORD_VERSION 1u
#define RECORD_BYTES   (SYM_PROPOSAL_BYTES_MAX + 2048u)

void sym_proposal_text(char *to, size_t size, struct sym_span text)
{
    size_t len = text.len < size ? text.len : size - 1;
    if (len > 0) {
        memcpy(to, text.data, len);
    }
    to[len] = '\0';
}

void sym_proposal_row(struct sym_held_request *row, const struct sym_proposal *item)
{
    *row = item->terms;
    row->id = sym_span(item->id, sizeof item->id);
    row->user = sym_span_text(item->user);
    row->what = sym_span_text(item->what);
    row->decided_by = sym_span_text(item->decided_by);
    row->why = sym_span_text(item->why);
    if (item->began) {
        row->exchange = sym_span(item->exchange, sizeof item->exchange);
    }
}

/* Record: version | flags | key | length of the row (4) | the row | the command. */
enum sym_err sym_proposal_put(struct sym_transaction *t, const struct sym_proposal *item)
{
    uint8_t bytes[RECORD_BYTES];
    uint8_t row_bytes[1536];
    struct sym_held_request row;
    struct sym_span record;
    size_t len = 0;
    sym_proposal_row(&row, item);
    enum sym_err err = sym_encode(row_bytes, sizeof row_bytes, &len, &sym_msg_held_request, &row);
    struct sym_writer w = sym_writer(bytes, sizeof bytes);
    sym_write_u8(&w, RECORD_VERSION);
    sym_write_u8(&w, item->collected);
    sym_write_bytes(&w, item->key, sizeof item->key);
    sym_write_u32(&w, (uint32_t)len);
    sym_write_bytes(&w, row_bytes, len);
    sym_write_bytes(&w, item->command, item->command_len);
    if (err == SYM_OK) {
        err = sym_write_end(&w, &record);
    }
    if (err == SYM_OK) {
        err = sym_store_put(t, SYM_TABLE_PROPOSALS, sym_span(item->id, sizeof item->id), record);
    }
    sym_wipe(bytes, sizeof bytes); /* case and note */
    sym_wipe(row_bytes, sizeof row_bytes);
    return err;
}

/* What makes two commands the same, whenever they were signed; the verb as well. */
enum sym_err sym_proposal_identify(struct sym_proposal *item)
{
    SYM_ARENA_AUTO outer = {0};
    SYM_ARENA_AUTO inner = {0};
    struct sym_control_request request;
    struct sym_control_body body;
    uint8_t verb[8];
    enum sym_err err = sym_decode(&outer, &request, &sym_msg_control_request,
                                  sym_span(item->command, item->command_len));
    if (err == SYM_OK) {
        err = sym_decode(&inner, &body, &sym_msg_control_body, request.body);
    }
    if (err != SYM_OK) {
        return err;
    }
    memcpy(item->key, request.user.data, sizeof item->key);
    item->terms.verb = body.verb;
    sym_put_u64(verb, body.verb);
    const struct sym_span parts[] = {sym_span(verb, sizeof verb), request.user, body.arguments};
    return sym_sha256_parts(item->same, parts, sizeof parts / sizeof *parts);
}

static enum sym_err read_row(struct sym_proposal *item, struct sym_span id, struct sym_span message)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_held_request row;
    enum sym_err err = sym_decode(&arena, &row, &sym_msg_held_request, message);
    if (err != SYM_OK) {
        return err;
    }
    if (!sym_span_equal(id, row.id)) {
        return SYM_BAD_FORMAT;
    }
    memcpy(item->id, id.data, sizeof item->id);
    sym_proposal_text(item->user, sizeof item->user, row.user);
    sym_proposal_text(item->what, sizeof item->what, row.what);
    sym_proposal_text(item->decided_by, sizeof item->decided_by, row.decided_by);
    sym_proposal_text(item->why, sizeof item->why, row.why);
    item->began = row.exchange.len > 0;
    if (item->began) {
        memcpy(item->exchange, row.exchange.data, sizeof item->exchange);
    }
    item->terms = (struct sym_held_request){.received_ms = row.received_ms,
                                            .expires_ms = row.expires_ms,
                                            .state = row.state,
                                            .decided_ms = row.decided_ms,
                                            .verb = row.verb};
    return SYM_OK;
}

enum sym_err sym_proposal_read(struct sym_proposal *item, struct sym_span id, struct sym_span value)
{
    struct sym_reader r = sym_reader(value);
    uint8_t key[SYM_ED25519_BYTES];
    uint8_t version = sym_read_u8(&r);
    item->collected = sym_read_u8(&r) != 0;
    sym_read_bytes(&r, key, sizeof key);
    struct sym_span row = sym_read_span(&r, sym_read_u32(&r));
    struct sym_span command = sym_read_span(&r, r.left);
    if (sym_read_end(&r) != SYM_OK || command.len > sizeof item->command) {
        return SYM_BAD_FORMAT;
    }
    if (version != RECORD_VERSION) {
        return SYM_BAD_VERSION;
    }
    enum sym_err err = read_row(item, id, row);
    if (err == SYM_OK) {
        memcpy(item->command, command.data, command.len);
        item->command_len = command.len;
        err = sym_proposal_identify(item);
    }
    return err == SYM_OK && !sym_equal(key, item->key, sizeof key) ? SYM_BAD_FORMAT : err;
}
