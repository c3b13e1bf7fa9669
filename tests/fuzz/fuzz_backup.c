/* Backups: the input is read as a file under a fixed key (no Argon2id), and as the content of a
 * proper one, in pieces whose size the first byte says. Content that is accepted must be written
 * the same once more; a file is accepted when it was made by who has the key, that is, never. */
#include "crypto/backup.h"
#include "proto/backup.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void read_file(struct sym_span input)
{
    SYM_SECRET_AUTO key = {0};
    struct sym_backup_about about;
    struct sym_backup *b = NULL;
    uint8_t *out = malloc(SYM_BACKUP_CHUNK_BYTES);
    bool last = false;
    insist(out != NULL && sym_secret_new(&key, SYM_BACKUP_KEY_BYTES) == SYM_OK);
    if (input.len >= SYM_BACKUP_HEADER_BYTES) {
        enum sym_err err = sym_backup_about(&about, input.data);
        insist(sym_backup_read(&b, input.data, &key) == err);
        if (err == SYM_OK) {
            struct sym_span sealed =
                sym_span(input.data + SYM_BACKUP_HEADER_BYTES, input.len - SYM_BACKUP_HEADER_BYTES);
            insist(sym_backup_unseal(b, out, &last, sealed) != SYM_OK && !last);
            insist(sym_backup_unseal(b, out, &last, sealed) == SYM_WRONG_STATE);
        }
        sym_backup_free(b);
    }
    free(out);
}

/* What it writes of the members that it is told of. */
struct copy {
    uint8_t *bytes;
    size_t len;
    uint32_t members;
};

static void copy_part(struct copy *c, const struct sym_backup_parser *p, enum sym_backup_part part)
{
    if (part == SYM_BACKUP_MEMBER) {
        uint8_t head[SYM_BACKUP_HEAD_BYTES];
        size_t len = 0;
        insist(sym_backup_put_head(head, &len, sym_span_text(p->name), p->bytes) == SYM_OK);
        memcpy(c->bytes + c->len, head, len);
        c->len += len;
        c->members++;
    } else if (part == SYM_BACKUP_BYTES) {
        memcpy(c->bytes + c->len, p->span.data, p->span.len);
        c->len += p->span.len;
    }
}

static enum sym_err parse(struct copy *c, struct sym_span input, size_t piece)
{
    struct sym_backup_parser p = {.open = false};
    for (size_t at = 0; at < input.len; at += piece) {
        size_t left = input.len - at;
        struct sym_span in = sym_span(input.data + at, left < piece ? left : piece);
        enum sym_backup_part part = SYM_BACKUP_BYTES;
        while (part != SYM_BACKUP_MORE) {
            enum sym_err err = sym_backup_next(&p, &part, &in);
            if (err != SYM_OK) {
                return err;
            }
            copy_part(c, &p, part);
        }
    }
    return sym_backup_end(&p);
}

static void read_content(struct sym_span input, size_t piece)
{
    struct copy c = {.bytes = malloc(input.len + SYM_BACKUP_HEAD_BYTES + SYM_BACKUP_TAIL_BYTES)};
    struct copy whole = {.bytes =
                             malloc(input.len + SYM_BACKUP_HEAD_BYTES + SYM_BACKUP_TAIL_BYTES)};
    insist(c.bytes != NULL && whole.bytes != NULL);
    enum sym_err err = parse(&c, input, piece);
    insist(parse(&whole, input, input.len) == err);
    if (err == SYM_OK) {
        sym_backup_put_tail(c.bytes + c.len, c.members);
        c.len += SYM_BACKUP_TAIL_BYTES;
        insist(sym_span_equal(sym_span(c.bytes, c.len), input));
    }
    free(c.bytes);
    free(whole.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    insist(sym_crypto_init() == SYM_OK);
    read_file(sym_span(data, size));
    if (size > 1) {
        read_content(sym_span(data + 1, size - 1), (size_t)data[0] + 1);
    }
    return 0;
}
