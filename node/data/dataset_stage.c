#include "node/data/dataset_stage.h"

#include <stdlib.h>

/* Worth a commit, whose price is some milliseconds. With one more chunk and the segment that is
 * being filled this bounds the memory of an import. */
#define FULL_BYTES ((size_t)4 << 20)
/* So many segments can one chunk complete. */
#define CHUNK_SEGMENTS_MAX (SYM_CHUNK_RECORDS_MAX / SYM_SEGMENT_RECORDS_MAX + 1)
#define SEGMENTS_MAX       48u
#define SEGMENT_BYTES_MIN  ((size_t)SYM_SEGMENT_RECORDS_MAX * 32u)

_Static_assert(FULL_BYTES / SEGMENT_BYTES_MIN + 1 + CHUNK_SEGMENTS_MAX + 1 <= SEGMENTS_MAX,
               "there is room for what one more chunk and the end complete");

_Static_assert(SYM_SEGMENT_KEY_BYTES <= SYM_STORE_KEY_BYTES, "a key of the store");
_Static_assert(SYM_SEGMENT_BYTES_MAX <= SYM_STORE_VALUE_BYTES, "a segment is one value");

struct sym_stage {
    struct sym_columns columns; /* of the segment that is being filled */
    size_t n;
    size_t bytes;
    uint64_t total;
    struct {
        uint8_t *bytes;
        size_t len;
    } segments[SEGMENTS_MAX];
};

enum sym_err sym_stage_new(struct sym_stage **out)
{
    struct sym_stage *s = calloc(1, sizeof *s);
    if (s == NULL || sym_columns_new(&s->columns) != SYM_OK) {
        free(s);
        return SYM_NO_MEMORY;
    }
    *out = s;
    return SYM_OK;
}

void sym_stage_clear(struct sym_stage *s)
{
    for (size_t i = 0; i < s->n; i++) {
        sym_wipe(s->segments[i].bytes, s->segments[i].len);
        free(s->segments[i].bytes);
    }
    s->n = 0;
    s->bytes = 0;
}

void sym_stage_free(struct sym_stage *s)
{
    if (s != NULL) {
        sym_stage_clear(s);
        sym_columns_clear(&s->columns);
        free(s);
    }
}

bool sym_stage_is_full(const struct sym_stage *s)
{
    return s->bytes >= FULL_BYTES;
}

static enum sym_err close_segment(struct sym_stage *s)
{
    size_t len = sym_columns_bytes(&s->columns);
    uint8_t *bytes = s->n < SEGMENTS_MAX ? malloc(len) : NULL;
    if (bytes == NULL) {
        return SYM_NO_MEMORY;
    }
    sym_columns_write(&s->columns, bytes);
    s->segments[s->n].bytes = bytes;
    s->segments[s->n++].len = len;
    s->bytes += len;
    s->total += len;
    return SYM_OK;
}

enum sym_err sym_stage_take(struct sym_stage *s, const struct sym_import_chunk *chunk)
{
    struct sym_import_chunk left = *chunk;
    enum sym_err err = SYM_OK;
    while (left.id_lengths.len > 0 && err == SYM_OK) {
        sym_columns_take(&s->columns, &left);
        err = sym_columns_full(&s->columns) ? close_segment(s) : SYM_OK;
    }
    return err;
}

enum sym_err sym_stage_finish(struct sym_stage *s)
{
    return s->columns.n_records > 0 ? close_segment(s) : SYM_OK;
}

uint32_t sym_stage_segments(const struct sym_stage *s)
{
    return (uint32_t)s->n;
}

uint64_t sym_stage_bytes(const struct sym_stage *s)
{
    return s->total;
}

enum sym_err sym_stage_put(const struct sym_stage *s, struct sym_transaction *t,
                           struct sym_vault *vault, const uint8_t content[SYM_CONTENT_ID_BYTES],
                           uint32_t first)
{
    enum sym_err err = SYM_OK;
    for (uint32_t i = 0; i < s->n && err == SYM_OK; i++) {
        uint8_t key[SYM_SEGMENT_KEY_BYTES];
        err = sym_vault_put(vault, t, sym_segment_key(key, content, first + i),
                            sym_span(s->segments[i].bytes, s->segments[i].len));
    }
    return err;
}
