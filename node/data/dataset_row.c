#include "node/data/datasets_state.h"

#include "proto/control.h"

#include <string.h>

#define RECORD_VERSION 2u
#define RECORD_BYTES   512u
#define CANON_FIRST    1u /* nobody wrote it down yet */

static void write_text(struct sym_writer *w, const char *text)
{
    struct sym_span s = sym_span_text(text);
    sym_write_u8(w, (uint8_t)s.len);
    sym_write_span(w, s);
}

static void read_text(struct sym_reader *r, char out[SYM_ALIAS_BYTES])
{
    struct sym_span s = sym_read_span(r, sym_read_u8(r));
    if (s.len >= SYM_ALIAS_BYTES) {
        r->err = r->err == SYM_OK ? SYM_TOO_LONG : r->err;
        return;
    }
    memcpy(out, s.data == NULL ? (const uint8_t *)"" : s.data, s.len);
    out[s.len] = '\0';
}

/* version | kind | profile | by | content | segments | records | bytes | epoch | imported |
 * published | cells per incident | persons | has snapshot | its content, segments, records |
 * number of types | type, tokens, for each | id of the last import | version of the canonical
 * forms (rows of older nodes end before one of these two). */
enum sym_err sym_dataset_put(struct sym_transaction *t, const struct sym_dataset *s)
{
    uint8_t bytes[RECORD_BYTES];
    struct sym_span record;
    struct sym_writer w = sym_writer(bytes, sizeof bytes);
    sym_write_u8(&w, RECORD_VERSION);
    sym_write_u32(&w, s->kind);
    write_text(&w, s->profile);
    write_text(&w, s->imported_by);
    sym_write_bytes(&w, s->content, sizeof s->content);
    sym_write_u32(&w, s->segments);
    sym_write_u64(&w, s->records);
    sym_write_u64(&w, s->bytes);
    sym_write_u64(&w, s->epoch);
    sym_write_u64(&w, s->imported_ms);
    sym_write_u64(&w, s->published_ms);
    sym_write_u32(&w, s->cells_per_incident);
    sym_write_u32(&w, s->persons_max);
    sym_write_u8(&w, s->has_snapshot);
    sym_write_bytes(&w, s->snapshot, sizeof s->snapshot);
    sym_write_u32(&w, s->snapshot_segments);
    sym_write_u64(&w, s->snapshot_records);
    sym_write_u8(&w, (uint8_t)s->n_types);
    for (size_t i = 0; i < s->n_types; i++) {
        sym_write_u8(&w, (uint8_t)s->types[i].type);
        sym_write_u64(&w, s->types[i].tokens);
    }
    if (s->has_import) {
        sym_write_bytes(&w, s->import, sizeof s->import);
        sym_write_u8(&w, s->canon_version);
    }
    enum sym_err err = sym_write_end(&w, &record);
    return err == SYM_OK ? sym_store_put(t, SYM_TABLE_DATASETS, sym_span_text(s->name), record)
                         : err;
}

static void read_types(struct sym_reader *r, struct sym_dataset *s)
{
    size_t n = sym_read_u8(r);
    for (size_t i = 0; i < n && r->err == SYM_OK; i++) {
        uint8_t type = sym_read_u8(r);
        uint64_t tokens = sym_read_u64(r);
        if (type == SYM_TOKEN_NONE || type >= SYM_TOKEN_TYPE_COUNT || tokens > SYM_SET_MAX) {
            r->err = SYM_BAD_VALUE;
            return;
        }
        s->tokens[type] = tokens;
        s->tokens[SYM_TOKEN_NONE] += tokens;
    }
}

enum sym_err sym_dataset_read(struct sym_dataset *out, struct sym_span name, struct sym_span record)
{
    struct sym_dataset s = {.kind = 0};
    struct sym_reader r = sym_reader(record);
    uint8_t version = sym_read_u8(&r);
    if (r.err == SYM_OK && version != RECORD_VERSION) {
        return SYM_BAD_VERSION;
    }
    if (sym_alias_check(name) != SYM_OK) {
        return SYM_BAD_FORMAT;
    }
    memcpy(s.name, name.data, name.len);
    s.kind = sym_read_u32(&r);
    read_text(&r, s.profile);
    read_text(&r, s.imported_by);
    sym_read_bytes(&r, s.content, sizeof s.content);
    s.segments = sym_read_u32(&r);
    s.records = sym_read_u64(&r);
    s.bytes = sym_read_u64(&r);
    s.epoch = sym_read_u64(&r);
    s.imported_ms = sym_read_u64(&r);
    s.published_ms = sym_read_u64(&r);
    s.cells_per_incident = sym_read_u32(&r);
    s.persons_max = sym_read_u32(&r);
    s.has_snapshot = sym_read_u8(&r) != 0;
    sym_read_bytes(&r, s.snapshot, sizeof s.snapshot);
    s.snapshot_segments = sym_read_u32(&r);
    s.snapshot_records = sym_read_u64(&r);
    read_types(&r, &s);
    s.has_import = r.err == SYM_OK && r.left > 0;
    if (s.has_import) {
        sym_read_bytes(&r, s.import, sizeof s.import);
    }
    s.canon_version = r.err == SYM_OK && r.left > 0 ? sym_read_u8(&r) : CANON_FIRST;
    if (sym_read_end(&r) != SYM_OK || s.kind == SYM_DATASET_NONE ||
        s.kind >= SYM_DATASET_KIND_COUNT) {
        return SYM_BAD_FORMAT;
    }
    sym_dataset_count(&s);
    *out = s;
    return SYM_OK;
}

void sym_dataset_count(struct sym_dataset *s)
{
    s->n_types = 0;
    for (uint32_t type = SYM_TOKEN_NONE + 1; type < SYM_TOKEN_TYPE_COUNT; type++) {
        if (s->tokens[type] > 0) {
            s->types[s->n_types++] =
                (struct sym_type_count){.type = type, .tokens = s->tokens[type]};
        }
    }
}

void sym_dataset_row_of(const struct sym_dataset *s, struct sym_dataset_row *row)
{
    *row = (struct sym_dataset_row){.name = sym_span_text(s->name),
                                    .kind = s->kind,
                                    .profile = sym_span_text(s->profile),
                                    .records = s->records,
                                    .tokens = s->tokens[SYM_TOKEN_NONE],
                                    .types = s->types,
                                    .n_types = s->n_types,
                                    .epoch = s->epoch,
                                    .imported_ms = s->imported_ms,
                                    .published_ms = s->published_ms,
                                    .imported_by = sym_span_text(s->imported_by),
                                    .bytes = s->bytes,
                                    .cells_per_incident = s->cells_per_incident,
                                    .persons_max = s->persons_max,
                                    .published_records = s->snapshot_records,
                                    .canon_version = s->canon_version};
}
