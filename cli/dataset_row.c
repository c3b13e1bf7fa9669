#include "cli/dataset_row.h"

#include "cli/format.h"
#include "cli/terms.h"

#include <inttypes.h>

void sym_dataset_put_json(struct sym_json *j, const char *key, const struct sym_dataset_row *row)
{
    sym_json_object(j, key);
    sym_json_text(j, "name", row->name);
    sym_json_string(j, "kind", sym_dataset_kind_text(row->kind));
    sym_json_text(j, "profile", row->profile);
    sym_json_number(j, "records", row->records);
    sym_json_number(j, "tokens", row->tokens);
    sym_json_array(j, "types");
    for (size_t i = 0; i < row->n_types; i++) {
        sym_json_object(j, NULL);
        sym_json_string(j, "type", sym_terms_type_text(row->types[i].type));
        sym_json_number(j, "tokens", row->types[i].tokens);
        sym_json_end(j);
    }
    sym_json_end(j);
    sym_json_number(j, "epoch", row->epoch);
    sym_json_time(j, "imported", row->imported_ms / 1000);
    sym_json_text(j, "imported_by", row->imported_by);
    sym_json_time(j, "published", row->published_ms / 1000);
    if (row->kind != SYM_DATASET_IDENTIFIERS) {
        sym_json_number(j, "published_records", row->published_records);
    }
    sym_json_number(j, "bytes", row->bytes);
    if (row->kind == SYM_DATASET_IDENTIFIERS) {
        sym_json_number(j, "canon_version", row->canon_version);
    }
    sym_json_end(j);
}

/* Such a list is not compared any more. */
static bool is_outdated(const struct sym_dataset_row *row)
{
    return row->kind == SYM_DATASET_IDENTIFIERS && row->canon_version != SYM_CANON_VERSION;
}

void sym_dataset_put_lines(struct sym_table *t, const struct sym_dataset_row *row)
{
    char imported[SYM_FORMAT_BYTES];
    char published[SYM_FORMAT_BYTES];
    char bytes[SYM_FORMAT_BYTES];
    char user[SYM_FORMAT_TEXT_BYTES(64)];
    sym_format_time(imported, row->imported_ms / 1000);
    sym_format_time(published, row->published_ms / 1000);
    sym_format_bytes(bytes, row->bytes);
    sym_format_text(user, sizeof user, row->imported_by);
    sym_table_format(t, "dataset");
    sym_table_text(t, row->name);
    sym_table_format(t, "kind");
    sym_table_format(t, "%s", sym_dataset_kind_text(row->kind));
    sym_table_format(t, "profile");
    sym_table_text(t, row->profile);
    sym_table_format(t, "records");
    sym_table_format(t, "%" PRIu64, row->records);
    sym_table_format(t, "identifiers");
    sym_table_format(t, "%" PRIu64, row->tokens);
    for (size_t i = 0; i < row->n_types; i++) {
        sym_table_format(t, "  %s", sym_terms_type_text(row->types[i].type));
        sym_table_format(t, "%" PRIu64, row->types[i].tokens);
    }
    sym_table_format(t, "imported");
    sym_table_format(t, "%s%s%s%s", imported, *user != '\0' ? " by " : "", user,
                     is_outdated(row) ? "; with older rules: import its file again" : "");
    sym_table_format(t, "published");
    if (row->published_ms == 0) {
        sym_table_format(t, "never");
    } else if (row->kind == SYM_DATASET_IDENTIFIERS) {
        sym_table_format(t, "%s, epoch %" PRIu64, published, row->epoch);
    } else {
        sym_table_format(t, "%s, epoch %" PRIu64 ", of %" PRIu64 " record%s%s", published,
                         row->epoch, row->published_records, row->published_records == 1 ? "" : "s",
                         row->imported_ms > row->published_ms ? "; older than what it holds" : "");
    }
    sym_table_format(t, "stored");
    sym_table_format(t, "%s", bytes);
}
