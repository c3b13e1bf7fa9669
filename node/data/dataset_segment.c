#include "node/data/dataset_segment.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX_BYTES (sizeof SYM_SEGMENT_DOMAIN - 1 + SYM_CONTENT_ID_BYTES)
#define VERSION      2u
#define HEAD_BYTES   17u

#define RECORDS_MAX SYM_SEGMENT_RECORDS_MAX
#define IDS_MAX     ((size_t)RECORDS_MAX * SYM_RECORD_ID_BYTES_MAX)
#define TOKENS_MAX  ((size_t)RECORDS_MAX * SYM_TOKENS_PER_RECORD_MAX)
#define TOKEN_BYTES (TOKENS_MAX * (1 + SYM_DIGEST_BYTES))
#define ROW_BYTES   ((size_t)RECORDS_MAX * (2 + SYM_INCIDENT_BYTES_MAX))
#define BLOCK_BYTES                                                                                \
    (2 * (size_t)RECORDS_MAX + IDS_MAX + (TOKEN_BYTES > ROW_BYTES ? TOKEN_BYTES : ROW_BYTES))

_Static_assert(SYM_SEGMENT_KEY_BYTES == PREFIX_BYTES + 4, "domain, content, number");

struct sym_span sym_segment_key(uint8_t out[SYM_SEGMENT_KEY_BYTES],
                                const uint8_t content[SYM_CONTENT_ID_BYTES], uint32_t number)
{
    struct sym_span key = {NULL, 0};
    struct sym_writer w = sym_writer(out, SYM_SEGMENT_KEY_BYTES);
    sym_write_span(&w, sym_span_text(SYM_SEGMENT_DOMAIN));
    sym_write_bytes(&w, content, SYM_CONTENT_ID_BYTES);
    sym_write_u32(&w, number);
    enum sym_err err = sym_write_end(&w, &key);
    (void)err; /* it has exactly this length */
    return key;
}

struct sym_span sym_content_prefix(uint8_t out[SYM_SEGMENT_KEY_BYTES],
                                   const uint8_t content[SYM_CONTENT_ID_BYTES])
{
    (void)sym_segment_key(out, content, 0);
    return sym_span(out, PREFIX_BYTES);
}

enum sym_err sym_columns_new(struct sym_columns *c)
{
    uint8_t *block = malloc(BLOCK_BYTES);
    if (block == NULL) {
        return SYM_NO_MEMORY;
    }
    *c = (struct sym_columns){.block = block, .id_lengths = block};
    c->token_counts = c->id_lengths + RECORDS_MAX;
    c->ids = c->token_counts + RECORDS_MAX;
    c->types = c->ids + IDS_MAX;
    c->digests = c->types + TOKENS_MAX;
    c->row_lengths = c->types; /* either the one or the other */
    c->rows = c->row_lengths + 2 * (size_t)RECORDS_MAX;
    return SYM_OK;
}

void sym_columns_clear(struct sym_columns *c)
{
    if (c->block != NULL) {
        sym_wipe(c->block, BLOCK_BYTES);
        free(c->block);
        *c = (struct sym_columns){.block = NULL};
    }
}

bool sym_columns_full(const struct sym_columns *c)
{
    return c->n_records == RECORDS_MAX;
}

static size_t row_length(const uint8_t *lengths, size_t i)
{
    return (size_t)lengths[2 * i] << 8 | lengths[2 * i + 1];
}

static size_t sum_rows(struct sym_span lengths, size_t n)
{
    size_t total = 0;
    for (size_t i = 0; i < n && 2 * i < lengths.len; i++) {
        total += row_length(lengths.data, i);
    }
    return total;
}

static size_t sum(const uint8_t *numbers, size_t n)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++) {
        total += numbers[i];
    }
    return total;
}

/* Appends the first len bytes of from, and takes them off it. */
static void move(uint8_t *to, struct sym_span *from, size_t len)
{
    if (len > 0) {
        memcpy(to, from->data, len);
        *from = sym_span(from->data + len, from->len - len);
    }
}

void sym_columns_take(struct sym_columns *c, struct sym_import_chunk *left)
{
    size_t room = RECORDS_MAX - c->n_records;
    size_t n = left->id_lengths.len < room ? left->id_lengths.len : room;
    size_t id_bytes = sum(left->id_lengths.data, n);
    size_t tokens = sum(left->token_counts.data, n);
    size_t row_bytes = sum_rows(left->row_lengths, n);
    c->has_rows = left->row_lengths.len > 0;
    move(c->id_lengths + c->n_records, &left->id_lengths, n);
    move(c->token_counts + c->n_records, &left->token_counts, n);
    move(c->ids + c->ids_len, &left->ids, id_bytes);
    if (c->has_rows) {
        move(c->row_lengths + 2 * c->n_records, &left->row_lengths, 2 * n);
        move(c->rows + c->rows_len, &left->rows, row_bytes);
    } else {
        move(c->types + c->n_tokens, &left->types, tokens);
        move(c->digests + c->n_tokens * SYM_DIGEST_BYTES, &left->digests,
             tokens * SYM_DIGEST_BYTES);
    }
    c->rows_len += row_bytes;
    c->n_records += n;
    c->ids_len += id_bytes;
    c->n_tokens += tokens;
}

size_t sym_columns_bytes(const struct sym_columns *c)
{
    return HEAD_BYTES + 2 * c->n_records + c->ids_len + c->n_tokens * (1 + SYM_DIGEST_BYTES) +
           (c->has_rows ? 2 * c->n_records : 0) + c->rows_len;
}

void sym_columns_write(struct sym_columns *c, uint8_t *out)
{
    struct sym_writer w = sym_writer(out, sym_columns_bytes(c));
    sym_write_u8(&w, VERSION);
    sym_write_u32(&w, (uint32_t)c->n_records);
    sym_write_u32(&w, (uint32_t)c->ids_len);
    sym_write_u32(&w, (uint32_t)c->n_tokens);
    sym_write_u32(&w, (uint32_t)c->rows_len);
    sym_write_bytes(&w, c->id_lengths, c->n_records);
    sym_write_bytes(&w, c->ids, c->ids_len);
    sym_write_bytes(&w, c->token_counts, c->n_records);
    sym_write_bytes(&w, c->types, c->n_tokens);
    sym_write_bytes(&w, c->digests, c->n_tokens * SYM_DIGEST_BYTES);
    if (c->has_rows) {
        sym_write_bytes(&w, c->row_lengths, 2 * c->n_records);
        sym_write_bytes(&w, c->rows, c->rows_len);
    }
    c->n_records = 0;
    c->ids_len = 0;
    c->n_tokens = 0;
    c->rows_len = 0;
}

/* Lengths that fit each other, so that who walks the columns stays within them. */
static enum sym_err check(const struct sym_segment *s, size_t ids_len)
{
    if (sum(s->id_lengths, s->n_records) != ids_len ||
        sum(s->token_counts, s->n_records) != s->n_tokens ||
        sum_rows(s->row_lengths, s->n_records) != s->rows.len) {
        return SYM_BAD_FORMAT;
    }
    for (size_t i = 0; i < s->n_tokens; i++) {
        if (s->types[i] == SYM_TOKEN_NONE || s->types[i] >= SYM_TOKEN_TYPE_COUNT) {
            return SYM_BAD_FORMAT;
        }
    }
    return SYM_OK;
}

enum sym_err sym_segment_read(struct sym_segment *s)
{
    struct sym_reader r = sym_reader(sym_span(s->value.data, s->len));
    uint8_t version = sym_read_u8(&r);
    size_t records = sym_read_u32(&r);
    size_t ids_len = sym_read_u32(&r);
    size_t tokens = sym_read_u32(&r);
    size_t rows_len = sym_read_u32(&r);
    if (r.err == SYM_OK && version != VERSION) {
        return SYM_BAD_VERSION;
    }
    if (records > RECORDS_MAX || tokens > TOKENS_MAX) {
        return SYM_BAD_FORMAT;
    }
    s->n_records = records;
    s->n_tokens = tokens;
    s->id_lengths = sym_read_span(&r, records).data;
    s->ids = sym_read_span(&r, ids_len).data;
    s->token_counts = sym_read_span(&r, records).data;
    s->types = sym_read_span(&r, tokens).data;
    union {
        const uint8_t *bytes;
        const uint8_t (*digests)[SYM_DIGEST_BYTES];
    } same = {.bytes = sym_read_span(&r, tokens * SYM_DIGEST_BYTES).data};
    s->digests = same.digests;
    s->row_lengths = sym_read_span(&r, rows_len > 0 ? 2 * records : 0);
    s->rows = sym_read_span(&r, rows_len);
    return sym_read_end(&r) == SYM_OK ? check(s, ids_len) : SYM_BAD_FORMAT;
}

void sym_segment_clear(struct sym_segment *s)
{
    sym_secret_clear(&s->value);
    *s = (struct sym_segment){.n_records = 0};
}

size_t sym_segment_row_length(const struct sym_segment *s, size_t i)
{
    return 2 * i < s->row_lengths.len ? row_length(s->row_lengths.data, i) : 0;
}

bool sym_segment_has(const struct sym_segment *s, struct sym_span id)
{
    const uint8_t *at = s->ids;
    for (size_t i = 0; i < s->n_records; i++) {
        if (sym_span_equal(sym_span(at, s->id_lengths[i]), id)) {
            return true;
        }
        at += s->id_lengths[i];
    }
    return false;
}

void sym_columns_without(struct sym_columns *c, const struct sym_segment *s, struct sym_span id,
                         uint64_t *records, uint64_t tokens[SYM_TOKEN_TYPE_COUNT])
{
    const uint8_t *at = s->ids;
    const uint8_t *row = s->rows.data;
    size_t token = 0;
    for (size_t i = 0; i < s->n_records; i++) {
        size_t row_len = sym_segment_row_length(s, i);
        size_t count = s->token_counts[i];
        struct sym_span own = sym_span(at, s->id_lengths[i]);
        if (sym_span_equal(own, id)) {
            *records += 1;
            tokens[SYM_TOKEN_NONE] += count;
            for (size_t k = 0; k < count; k++) {
                tokens[s->types[token + k]]++;
            }
        } else {
            struct sym_import_chunk one = {
                .id_lengths = sym_span(s->id_lengths + i, 1),
                .ids = own,
                .token_counts = sym_span(s->token_counts + i, 1),
                .types = sym_span(s->types + token, count),
                .digests = sym_span(s->digests + token, count * SYM_DIGEST_BYTES),
                .rows = sym_span(row, row_len)};
            if (row_len > 0) {
                one.row_lengths = sym_span(s->row_lengths.data + 2 * i, 2);
            }
            sym_columns_take(c, &one);
        }
        at += own.len;
        row = row_len > 0 ? row + row_len : row;
        token += count;
    }
}
