#include "node/evidence/witness_state.h"

#include <stdlib.h>
#include <string.h>

#define ROW_VERSION   2u /* 1 had no alias */
#define ROW_BYTES_MAX (SYM_SIGNED_BYTES_MAX + 8192u)

static void write_text(struct sym_writer *out, const char *text, size_t len)
{
    sym_write_u32(out, (uint32_t)len);
    sym_write_bytes(out, text, len);
}

static void write_own_head(struct sym_writer *out, const struct sym_own_head *h)
{
    sym_write_u32(out, h->generation);
    sym_write_u64(out, h->size);
    write_text(out, h->note, strlen(h->note));
}

enum sym_err sym_witness_put(struct sym_transaction *t, const struct sym_witness_peer *p)
{
    static const struct sym_signed_head none;
    uint8_t *bytes = malloc(ROW_BYTES_MAX);
    struct sym_span row;
    if (bytes == NULL) {
        return SYM_NO_MEMORY;
    }
    const struct sym_signed_head *newest = sym_held_newest(&p->held);
    newest = newest != NULL ? newest : &none;
    struct sym_writer out = sym_writer(bytes, ROW_BYTES_MAX);
    sym_write_u8(&out, ROW_VERSION);
    sym_write_u32(&out, (uint32_t)p->state);
    sym_write_u64(&out, p->since_ms);
    write_text(&out, p->fault, strlen(p->fault));
    sym_write_u32(&out, p->held.generation);
    sym_write_u64(&out, p->held.newest_ms);
    sym_write_u64(&out, newest->size);
    sym_write_bytes(&out, newest->root, sizeof newest->root);
    write_text(&out, newest->note, newest->note_len);
    sym_write_u32(&out, (uint32_t)p->message_len);
    sym_write_bytes(&out, p->message, p->message_len);
    sym_write_u64(&out, p->cosigned);
    write_own_head(&out, &p->said);
    write_own_head(&out, &p->lost);
    write_own_head(&out, &p->cosigned_own);
    write_text(&out, p->own_cosignature, strlen(p->own_cosignature));
    write_text(&out, p->alias, strlen(p->alias));
    enum sym_err err = sym_write_end(&out, &row);
    if (err == SYM_OK) {
        err = sym_store_put(t, SYM_TABLE_WITNESSES, sym_span(p->id.bytes, SYM_NODE_ID_BYTES), row);
    }
    free(bytes);
    return err;
}

/* Into room for max bytes, terminator included. */
static size_t read_text(struct sym_reader *in, char *out, size_t max)
{
    size_t len = sym_read_u32(in);
    struct sym_span text = sym_read_span(in, len);
    if (text.len >= max) {
        in->err = in->err == SYM_OK ? SYM_TOO_LONG : in->err;
        text.len = 0;
    }
    if (text.len > 0) {
        memcpy(out, text.data, text.len);
    }
    out[text.len] = '\0';
    return text.len;
}

static void read_own_head(struct sym_reader *in, struct sym_own_head *h)
{
    h->generation = sym_read_u32(in);
    h->size = sym_read_u64(in);
    (void)read_text(in, h->note, sizeof h->note);
}

static void read_newest(struct sym_reader *in, struct sym_held *held)
{
    struct sym_signed_head *h = &held->recent[0];
    held->generation = sym_read_u32(in);
    held->newest_ms = sym_read_u64(in);
    h->size = sym_read_u64(in);
    sym_read_bytes(in, h->root, sizeof h->root);
    h->note_len = read_text(in, h->note, sizeof h->note);
    held->n_recent = held->generation > 0 ? 1 : 0;
}

static enum sym_err read_message(struct sym_reader *in, struct sym_witness_peer *p)
{
    struct sym_span message = sym_read_span(in, sym_read_u32(in));
    if (message.len > 0) {
        p->message = malloc(message.len);
        if (p->message == NULL) {
            return SYM_NO_MEMORY;
        }
        memcpy(p->message, message.data, message.len);
        p->message_len = message.len;
    }
    return SYM_OK;
}

enum sym_err sym_witness_load(void *context, struct sym_span key, struct sym_span value)
{
    struct sym_witness *w = context;
    struct sym_witness_peer *p = NULL;
    struct sym_node_id id;
    struct sym_reader in = sym_reader(value);
    uint8_t version = sym_read_u8(&in);
    if (key.len != SYM_NODE_ID_BYTES || version == 0 || version > ROW_VERSION) {
        return SYM_BAD_FORMAT;
    }
    memcpy(id.bytes, key.data, sizeof id.bytes);
    enum sym_err err = sym_witness_add(w, &p, &id);
    if (err != SYM_OK) {
        return err;
    }
    uint32_t state = sym_read_u32(&in);
    p->since_ms = sym_read_u64(&in);
    (void)read_text(&in, p->fault, sizeof p->fault);
    read_newest(&in, &p->held);
    err = read_message(&in, p);
    p->cosigned = sym_read_u64(&in);
    read_own_head(&in, &p->said);
    read_own_head(&in, &p->lost);
    read_own_head(&in, &p->cosigned_own);
    (void)read_text(&in, p->own_cosignature, sizeof p->own_cosignature);
    if (version > 1) {
        (void)read_text(&in, p->alias, sizeof p->alias);
    }
    if (err == SYM_OK) {
        err = sym_read_end(&in);
    }
    if (err != SYM_OK || state >= SYM_WITNESS_STATE_COUNT) {
        return err != SYM_OK ? err : SYM_BAD_FORMAT;
    }
    p->state = (enum sym_witness_state)state;
    p->durable = p->held.recent[0];
    return SYM_OK;
}
