#include "proto/dataset.h"

#include "crypto/digest.h"
#include "proto/cube.h"
#include "proto/incident.h"

#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES     (SYM_ALIAS_BYTES - 1)
#define ID_PERSONALISATION "symbolon-row-id1"

static const char *const kind_texts[SYM_DATASET_KIND_COUNT] = {
#define SYM_DATASET_KIND_ROW(name, text) [SYM_DATASET_##name] = text,
    SYM_DATASET_KIND_LIST(SYM_DATASET_KIND_ROW)
#undef SYM_DATASET_KIND_ROW
};

const char *sym_dataset_kind_text(uint32_t kind)
{
    return kind > SYM_DATASET_NONE && kind < SYM_DATASET_KIND_COUNT ? kind_texts[kind] : "unknown";
}

void sym_id_print(uint8_t out[SYM_ID_PRINT_BYTES], struct sym_span id)
{
    uint8_t digest[SYM_DIGEST_BYTES];
    sym_digest(digest, ID_PERSONALISATION, &id, 1);
    memcpy(out, digest, SYM_ID_PRINT_BYTES);
}

uint32_t sym_dataset_records_per_incident(const struct sym_dataset_row *row)
{
    return row->kind == SYM_DATASET_AGGREGATES ? row->cells_per_incident : 1;
}

enum sym_err sym_dataset_check_bounds(const struct sym_dataset_row *row,
                                      const struct sym_cube *cube, struct sym_fault *fault)
{
    char persons[32] = "";
    uint32_t promised = sym_cube_cells_per_incident(cube);
    bool in_more = row->cells_per_incident > promised;
    bool of_more =
        sym_cube_unit(cube) == SYM_TAB_PERSONS && row->persons_max > sym_cube_persons_max(cube);
    if (row->kind != SYM_DATASET_AGGREGATES || (!in_more && !of_more)) {
        return SYM_OK;
    }
    if (of_more) {
        (void)snprintf(persons, sizeof persons, " --persons-max %u", (unsigned)row->persons_max);
    }
    return sym_fail(fault, SYM_DENIED,
                    "dataset %.*s: one incident is in up to %u of its counts, with up to %u "
                    "persons: more than the question promises; ask with --cells-per-incident %u%s",
                    (int)row->name.len, (const char *)row->name.data,
                    (unsigned)row->cells_per_incident, (unsigned)row->persons_max,
                    (unsigned)(in_more ? row->cells_per_incident : promised), persons);
}

static const struct sym_field import_begin_fields[] = {
    SYM_FIELD_EXACT(struct sym_import_begin, id, SYM_IMPORT_ID_BYTES),
    SYM_FIELD_TEXT(struct sym_import_begin, dataset, 1, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_import_begin, profile, 1, NAME_MAX_BYTES),
    SYM_FIELD_BOOL(struct sym_import_begin, append),
    SYM_FIELD_U32(struct sym_import_begin, kind, 0, SYM_DATASET_KIND_COUNT - 1),
    SYM_FIELD_U32(struct sym_import_begin, cells_per_incident, 0, SYM_TAB_CELLS_PER_INCIDENT_MAX),
    SYM_FIELD_U32(struct sym_import_begin, persons_max, 0, SYM_TAB_PERSONS_MAX),
    SYM_FIELD_U32(struct sym_import_begin, prints_from, 0, UINT32_MAX),
    SYM_FIELD_BOOL(struct sym_import_begin, goes_on),
    SYM_FIELD_U32(struct sym_import_begin, canon_version, 0, SYM_CANON_VERSION),
};
const struct sym_message sym_msg_import_begin =
    SYM_MESSAGE("ImportBegin", struct sym_import_begin, import_begin_fields);

static const struct sym_field import_next_fields[] = {
    SYM_FIELD_U64(struct sym_import_next, chunk, 0, UINT64_MAX),
    SYM_FIELD_BYTES(struct sym_import_next, prints, 0, SYM_IMPORT_PRINTS_MAX *SYM_ID_PRINT_BYTES),
    SYM_FIELD_U32(struct sym_import_next, prints_next, 0, UINT32_MAX),
};
const struct sym_message sym_msg_import_next =
    SYM_MESSAGE("ImportNext", struct sym_import_next, import_next_fields);

static const struct sym_field import_chunk_fields[] = {
    SYM_FIELD_EXACT(struct sym_import_chunk, id, SYM_IMPORT_ID_BYTES),
    SYM_FIELD_U64(struct sym_import_chunk, number, 0, UINT64_MAX),
    SYM_FIELD_BYTES(struct sym_import_chunk, id_lengths, 1, SYM_CHUNK_RECORDS_MAX),
    SYM_FIELD_BYTES(struct sym_import_chunk, ids, 1, SYM_CHUNK_BYTES_MAX),
    SYM_FIELD_BYTES(struct sym_import_chunk, token_counts, 0, SYM_CHUNK_RECORDS_MAX),
    SYM_FIELD_BYTES(struct sym_import_chunk, types, 0, SYM_CHUNK_TOKENS_MAX),
    SYM_FIELD_BYTES(struct sym_import_chunk, digests, 0, SYM_CHUNK_TOKENS_MAX *SYM_DIGEST_BYTES),
    SYM_FIELD_BYTES(struct sym_import_chunk, row_lengths, 0, 2u * SYM_CHUNK_RECORDS_MAX),
    SYM_FIELD_BYTES(struct sym_import_chunk, rows, 0, SYM_CHUNK_BYTES_MAX),
};
const struct sym_message sym_msg_import_chunk =
    SYM_MESSAGE("ImportChunk", struct sym_import_chunk, import_chunk_fields);

static const struct sym_field import_end_fields[] = {
    SYM_FIELD_EXACT(struct sym_import_end, id, SYM_IMPORT_ID_BYTES),
    SYM_FIELD_BOOL(struct sym_import_end, keep),
    SYM_FIELD_U64(struct sym_import_end, chunks, 0, UINT64_MAX),
};
const struct sym_message sym_msg_import_end =
    SYM_MESSAGE("ImportEnd", struct sym_import_end, import_end_fields);

static const struct sym_field dataset_name_fields[] = {
    SYM_FIELD_TEXT(struct sym_dataset_name, name, 1, NAME_MAX_BYTES),
};
const struct sym_message sym_msg_dataset_name =
    SYM_MESSAGE("DatasetName", struct sym_dataset_name, dataset_name_fields);

static const struct sym_field dataset_forget_fields[] = {
    SYM_FIELD_TEXT(struct sym_dataset_forget, name, 1, NAME_MAX_BYTES),
    SYM_FIELD_BYTES(struct sym_dataset_forget, record, 1, SYM_RECORD_ID_BYTES_MAX),
};
const struct sym_message sym_msg_dataset_forget =
    SYM_MESSAGE("DatasetForget", struct sym_dataset_forget, dataset_forget_fields);

static const struct sym_field dataset_forgotten_fields[] = {
    SYM_FIELD_U64(struct sym_dataset_forgotten, records, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_dataset_forgotten, tokens, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_dataset_forgotten, results, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_dataset_forgotten, published_records, 0, UINT64_MAX),
};
const struct sym_message sym_msg_dataset_forgotten =
    SYM_MESSAGE("DatasetForgotten", struct sym_dataset_forgotten, dataset_forgotten_fields);

static const struct sym_field type_count_fields[] = {
    SYM_FIELD_U32(struct sym_type_count, type, 1, SYM_TOKEN_TYPES_MAX),
    SYM_FIELD_U64(struct sym_type_count, tokens, 0, UINT64_MAX),
};
static const struct sym_message type_count =
    SYM_MESSAGE("TypeCount", struct sym_type_count, type_count_fields);

static const struct sym_field dataset_fields[] = {
    SYM_FIELD_TEXT(struct sym_dataset_row, name, 1, NAME_MAX_BYTES),
    SYM_FIELD_U32(struct sym_dataset_row, kind, 1, SYM_DATASET_KIND_COUNT - 1),
    SYM_FIELD_TEXT(struct sym_dataset_row, profile, 0, NAME_MAX_BYTES),
    SYM_FIELD_U64(struct sym_dataset_row, records, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_dataset_row, tokens, 0, UINT64_MAX),
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_dataset_row, types, 0, 0, SYM_TOKEN_TYPES_MAX,
                   &type_count),
    SYM_FIELD_U64(struct sym_dataset_row, epoch, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_dataset_row, imported_ms, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_dataset_row, published_ms, 0, UINT64_MAX),
    SYM_FIELD_TEXT(struct sym_dataset_row, imported_by, 0, NAME_MAX_BYTES),
    SYM_FIELD_U64(struct sym_dataset_row, bytes, 0, UINT64_MAX),
    SYM_FIELD_U32(struct sym_dataset_row, cells_per_incident, 0, SYM_TAB_CELLS_PER_INCIDENT_MAX),
    SYM_FIELD_U32(struct sym_dataset_row, persons_max, 0, SYM_TAB_PERSONS_MAX),
    SYM_FIELD_U64(struct sym_dataset_row, published_records, 0, UINT64_MAX),
    SYM_FIELD_U32(struct sym_dataset_row, canon_version, 0, UINT8_MAX),
};
const struct sym_message sym_msg_dataset =
    SYM_MESSAGE("Dataset", struct sym_dataset_row, dataset_fields);

static const struct sym_field dataset_list_fields[] = {
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_dataset_list, datasets, 0, 0, SYM_DATASETS_MAX,
                   &sym_msg_dataset),
};
const struct sym_message sym_msg_dataset_list =
    SYM_MESSAGE("DatasetList", struct sym_dataset_list, dataset_list_fields);

static const struct sym_field standing_copy_fields[] = {
    SYM_FIELD_TEXT(struct sym_standing_copy, alias, 0, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_standing_copy, dataset, 1, NAME_MAX_BYTES),
    SYM_FIELD_U32(struct sym_standing_copy, type, 0, SYM_TOKEN_TYPES_MAX),
    SYM_FIELD_U32(struct sym_standing_copy, size, 1, SYM_STANDING_LIST_MAX),
    SYM_FIELD_U64(struct sym_standing_copy, bytes, 0, UINT64_MAX),
    SYM_FIELD_U64(struct sym_standing_copy, received_ms, 0, UINT64_MAX),
};
const struct sym_message sym_msg_standing_copy =
    SYM_MESSAGE("StandingCopy", struct sym_standing_copy, standing_copy_fields);

static const struct sym_field standing_copies_fields[] = {
    SYM_FIELD_MANY(SYM_MANY_SUB, struct sym_standing_copies, copies, 0, 0, SYM_STANDING_KEPT_MAX,
                   &sym_msg_standing_copy),
};
const struct sym_message sym_msg_standing_copies =
    SYM_MESSAGE("StandingCopies", struct sym_standing_copies, standing_copies_fields);

static const struct sym_field standing_name_fields[] = {
    SYM_FIELD_TEXT(struct sym_standing_copy_name, alias, 1, NAME_MAX_BYTES),
    SYM_FIELD_TEXT(struct sym_standing_copy_name, dataset, 1, NAME_MAX_BYTES),
};
const struct sym_message sym_msg_standing_name =
    SYM_MESSAGE("StandingName", struct sym_standing_copy_name, standing_name_fields);

static enum sym_err check_rows(const struct sym_import_chunk *c)
{
    struct sym_reader lengths = sym_reader(c->row_lengths);
    struct sym_reader rows = sym_reader(c->rows);
    while (lengths.left > 0) {
        struct sym_incident incident;
        struct sym_span row = sym_read_span(&rows, sym_read_u16(&lengths));
        if (rows.err != SYM_OK || sym_incident_read(&incident, row) != SYM_OK) {
            return SYM_BAD_VALUE;
        }
    }
    return sym_read_end(&rows) == SYM_OK ? SYM_OK : SYM_BAD_VALUE;
}

enum sym_err sym_import_chunk_check(const struct sym_import_chunk *c)
{
    uint64_t id_bytes = 0;
    uint64_t tokens = 0;
    bool has_rows = c->row_lengths.len > 0;
    if (c->id_lengths.len == 0 || c->id_lengths.len != c->token_counts.len ||
        c->digests.len != c->types.len * SYM_DIGEST_BYTES ||
        (has_rows ? c->row_lengths.len != 2 * c->id_lengths.len : c->rows.len > 0)) {
        return SYM_BAD_VALUE;
    }
    for (size_t i = 0; i < c->id_lengths.len; i++) {
        uint8_t id_len = c->id_lengths.data[i];
        uint8_t count = c->token_counts.data[i];
        if (id_len < 1 || id_len > SYM_RECORD_ID_BYTES_MAX || (count < 1) != has_rows ||
            count > SYM_TOKENS_PER_RECORD_MAX) {
            return SYM_BAD_VALUE;
        }
        id_bytes += id_len;
        tokens += count;
    }
    if (id_bytes != c->ids.len || tokens != c->types.len) {
        return SYM_BAD_VALUE;
    }
    for (size_t i = 0; i < c->types.len; i++) {
        if (c->types.data[i] <= SYM_TOKEN_NONE || c->types.data[i] >= SYM_TOKEN_TYPE_COUNT) {
            return SYM_BAD_VALUE;
        }
    }
    return has_rows ? check_rows(c) : SYM_OK;
}
