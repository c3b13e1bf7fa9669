#include "cli/result.h"

#include "cli/count_json.h"
#include "cli/exchange_id.h"
#include "cli/exchange_row.h"
#include "cli/false_matches.h"
#include "cli/file.h"
#include "cli/format.h"
#include "cli/ingest/csv.h"
#include "cli/overlap_table/view.h"
#include "cli/pause.h"
#include "cli/tabulate/show.h"
#include "cli/terms.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TYPES_BYTES 8u

/* All rows in columns, as they came. */
struct rows {
    uint8_t *id_lengths;
    uint8_t *ids;
    uint8_t *types; /* TYPES_BYTES each */
    size_t n, ids_len;
    uint64_t records; /* that the result had when the first of them came */
};

/* A result that changes while it is fetched, as a record is forgotten, is fetched again, so often.
 */
#define TRIES 8u

struct result {
    const struct sym_exchange_entry *exchange;
    struct rows rows;
    struct sym_count count;        /* of a count that is wanted as JSON */
    struct sym_false_matches keys; /* of persons */
    bool has_keys;
    uint64_t found[SYM_TOKEN_TYPE_COUNT]; /* records of the result, by type that matched */
};

/* Fetching ----------------------------------------------------------------------------------- */

static bool append(uint8_t **to, size_t used, struct sym_span more)
{
    if (more.len == 0) {
        return true;
    }
    uint8_t *grown = realloc(*to, used + more.len);
    if (grown == NULL) {
        return false;
    }
    memcpy(grown + used, more.data, more.len);
    *to = grown;
    return true;
}

/* Is it the page that was asked for, and does it agree with itself? */
static bool makes_sense(const struct sym_result_page *page, const struct rows *rows,
                        struct sym_span id)
{
    size_t n = page->id_lengths.len;
    size_t ids_len = 0;
    for (size_t i = 0; i < n; i++) {
        ids_len += page->id_lengths.data[i];
    }
    return sym_span_equal(page->exchange->id, id) && page->first == rows->n &&
           page->types.len == n * TYPES_BYTES && page->ids.len == ids_len && (n > 0 || !page->more);
}

static enum sym_err take_page(struct rows *rows, const struct sym_result_page *page,
                              struct sym_span id, struct sym_fault *fault)
{
    if (!makes_sense(page, rows, id)) {
        return sym_fail(fault, SYM_BAD_FORMAT,
                        "the result that the node answers makes no sense; are symbolon and "
                        "symbolond of the same version?");
    }
    if (!append(&rows->id_lengths, rows->n, page->id_lengths) ||
        !append(&rows->ids, rows->ids_len, page->ids) ||
        !append(&rows->types, rows->n * TYPES_BYTES, page->types)) {
        return sym_fail(fault, SYM_NO_MEMORY, "the result %s", sym_err_text(SYM_NO_MEMORY));
    }
    rows->n += page->id_lengths.len;
    rows->ids_len += page->ids.len;
    return SYM_OK;
}

static enum sym_err fetch_page(struct rows *rows, bool *more, bool *changed,
                               struct sym_client *client, struct sym_span id,
                               struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_result_page page;
    struct sym_result_query query = {.id = id, .first = rows->n};
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_EXCHANGE_RESULT, &query, &arena, &page, fault);
    if (err == SYM_OK) {
        err = take_page(rows, &page, id, fault);
    }
    if (err == SYM_OK) {
        rows->records = query.first == 0 ? page.exchange->records : rows->records;
        *more = page.more;
        *changed = page.exchange->records != rows->records ||
                   (!page.more && rows->n != (size_t)rows->records);
    }
    return err;
}

/* Rows are asked for by number: behind a record that was forgotten meanwhile they have others. */
static enum sym_err fetch_rows(struct rows *rows, struct sym_client *client, struct sym_span id,
                               struct sym_fault *fault)
{
    unsigned tries = 1;
    for (bool more = true; more;) {
        bool changed = false;
        enum sym_err err = fetch_page(rows, &more, &changed, client, id, fault);
        if (err != SYM_OK) {
            return err;
        }
        if (changed && tries++ == TRIES) {
            return sym_fail(fault, SYM_AGAIN,
                            "the result changes while it is fetched, as records are forgotten; "
                            "try again");
        }
        if (changed) {
            rows->n = rows->ids_len = 0;
            more = true;
        }
        if (more && sym_pause(0)) {
            return sym_fail(fault, SYM_CANCELLED, "the result was not fetched: interrupted");
        }
    }
    return SYM_OK;
}

/* Only what is done, and was asked for here, has a result. */
static enum sym_err check(const struct sym_exchange_entry *e, struct sym_fault *fault)
{
    char id[SYM_ID_SHOWN_BYTES];
    char peer[SYM_FORMAT_TEXT_BYTES(SYM_ALIAS_BYTES)];
    sym_id_show(id, e->id);
    sym_format_text(peer, sizeof peer, e->alias);
    if (e->role != SYM_AS_INITIATOR) {
        return sym_fail(fault, SYM_NOT_FOUND, "%s: has no result here: the peer asked, and has it",
                        id);
    }
    if (e->state == SYM_EXCHANGE_HELD) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "%s: has no result yet: %s holds it until an approver decides there; an "
                        "overlap then goes on by itself within half a minute",
                        id, peer);
    }
    if (e->state == SYM_EXCHANGE_ABORTED) {
        char why[SYM_FORMAT_TEXT_BYTES(SYM_FAULT_BYTES)];
        sym_format_text(why, sizeof why, e->fault);
        return sym_fail(fault, SYM_NOT_FOUND,
                        "%s: has no result: it was aborted: %.190s; to ask again, give the same "
                        "command again",
                        id, why);
    }
    if (e->state != SYM_EXCHANGE_DONE) {
        return sym_fail(fault, SYM_NOT_FOUND, "%s: has no result: it is %s", id,
                        sym_exchange_state_text(e->state));
    }
    if (e->withheld) {
        return sym_fail(fault, SYM_DENIED,
                        "%s: its result is withheld and was not kept: %s grants none with fewer "
                        "than %" PRIu32 " %s in common",
                        id, peer, e->min_result, e->min_result == 1 ? "identifier" : "identifiers");
    }
    if (e->kind == SYM_KIND_OVERLAP_MATCHES && !e->has_result) {
        return sym_fail(fault, SYM_NOT_FOUND, "%s: its result was forgotten", id);
    }
    return SYM_OK;
}

/* Writing ------------------------------------------------------------------------------------ */

static bool has_rows(const struct result *r)
{
    return r->exchange->kind == SYM_KIND_OVERLAP_MATCHES;
}

static void count_types(struct result *r)
{
    for (size_t i = 0; i < r->rows.n; i++) {
        uint64_t types = sym_get_u64(r->rows.types + i * TYPES_BYTES);
        for (size_t t = 0; t < SYM_TOKEN_TYPE_COUNT; t++) {
            r->found[t] += types >> t & 1;
        }
    }
}

/* Keys of persons: of each, how many own records have it, how many of them are in the result, and
 * how many match by it and should not, by chance. */
static enum sym_err write_keys(const struct result *r, FILE *to)
{
    static const struct sym_column columns[] = {{.title = "KEY"},
                                                {.title = "OWN RECORDS", .right = true},
                                                {.title = "IN THE RESULT", .right = true},
                                                {.title = "EXPECTED FALSE", .right = true}};
    struct sym_table *t = sym_table_new(columns, 4);
    for (enum sym_token_type k = SYM_TOKEN_NONE + 1; k < SYM_TOKEN_TYPE_COUNT; k++) {
        if (r->keys.own.tokens[k] > 0) {
            sym_table_format(t, "%s", sym_token_type_name(k));
            sym_table_format(t, "%" PRIu64, r->keys.own.tokens[k]);
            sym_table_format(t, "%" PRIu64, r->found[k]);
            sym_table_format(t, "%.2f", r->keys.by_type[k]);
        }
    }
    (void)fputc('\n', to);
    enum sym_err err = sym_table_print(t, to);
    (void)fprintf(to,
                  "\nOf the %" PRIu64 " records about %.1f are expected to be false, by chance.\n",
                  r->exchange->records, r->keys.expected);
    return err;
}

static void json_keys(const struct result *r, struct sym_json *j)
{
    sym_json_millionths(j, "expected_false", (int64_t)(r->keys.expected * 1e6));
    sym_json_array(j, "keys");
    for (enum sym_token_type k = SYM_TOKEN_NONE + 1; k < SYM_TOKEN_TYPE_COUNT; k++) {
        if (r->keys.own.tokens[k] > 0) {
            sym_json_object(j, NULL);
            sym_json_string(j, "type", sym_token_type_name(k));
            sym_json_number(j, "own_records", r->keys.own.tokens[k]);
            sym_json_number(j, "records", r->found[k]);
            sym_json_millionths(j, "expected_false", (int64_t)(r->keys.by_type[k] * 1e6));
            sym_json_end(j);
        }
    }
    sym_json_end(j);
}

static enum sym_err write_matches(const struct result *r, FILE *to)
{
    static const struct sym_column columns[] = {{.title = "RECORD"}, {.title = "TYPES"}};
    struct sym_table *t = sym_table_new(columns, 2);
    const uint8_t *id = r->rows.ids;
    for (size_t i = 0; i < r->rows.n; id += r->rows.id_lengths[i++]) {
        sym_table_text(t, sym_span(id, r->rows.id_lengths[i]));
        char types[SYM_TERMS_BYTES];
        sym_terms_types_text(types, sym_get_u64(r->rows.types + i * TYPES_BYTES), ",");
        sym_table_format(t, "%s", types);
    }
    (void)fputc('\n', to);
    return sym_table_print(t, to);
}

static enum sym_err write_table(const struct result *r, FILE *to)
{
    struct sym_table *head = sym_table_new(sym_exchange_columns, 2);
    sym_exchange_put_lines(head, r->exchange, NULL);
    enum sym_err err = sym_table_print(head, to);
    if (err == SYM_OK && r->has_keys) {
        err = write_keys(r, to);
    }
    return err == SYM_OK && r->rows.n > 0 ? write_matches(r, to) : err;
}

static enum sym_err write_csv(const struct result *r, FILE *to)
{
    if (!has_rows(r)) {
        (void)fprintf(to, "common\n%" PRIu32 "\n", r->exchange->common);
        return SYM_OK;
    }
    (void)fputs("record,types\n", to);
    const uint8_t *id = r->rows.ids;
    char types[SYM_TERMS_BYTES] = "";
    uint64_t written = 0; /* the types in words, mostly those of the row before */
    for (size_t i = 0; i < r->rows.n; id += r->rows.id_lengths[i++]) {
        const uint64_t here = sym_get_u64(r->rows.types + i * TYPES_BYTES);
        if (here != written) {
            sym_terms_types_text(types, here, ";");
            written = here;
        }
        const struct sym_span fields[] = {sym_span(id, r->rows.id_lengths[i]),
                                          sym_span_text(types)};
        sym_csv_write(to, fields, 2);
    }
    return SYM_OK;
}

static enum sym_err write_json(const struct result *r, FILE *to)
{
    if (!has_rows(r)) {
        return sym_count_json(to, &r->count);
    }
    struct sym_json *j = sym_json_new(to);
    sym_json_object(j, NULL);
    sym_exchange_put_json(j, "exchange", r->exchange, NULL);
    sym_json_number(j, "common", r->exchange->common);
    sym_json_number(j, "records", r->exchange->records);
    if (r->has_keys) {
        json_keys(r, j);
    }
    sym_json_array(j, "matches");
    const uint8_t *id = r->rows.ids;
    for (size_t i = 0; i < r->rows.n; id += r->rows.id_lengths[i++]) {
        sym_json_object(j, NULL);
        sym_json_text(j, "record", sym_span(id, r->rows.id_lengths[i]));
        sym_terms_json_types(j, "types", sym_get_u64(r->rows.types + i * TYPES_BYTES));
        sym_json_end(j);
    }
    sym_json_end(j);
    sym_json_end(j);
    return sym_json_finish(j);
}

static enum sym_err write_result(void *context, FILE *to, const struct sym_target *target)
{
    const struct result *r = context;
    switch (target->format) {
    case SYM_FORMAT_TABLE:
        break;
    case SYM_FORMAT_CSV:
        return write_csv(r, to);
    case SYM_FORMAT_JSON:
        return write_json(r, to);
    case SYM_FORMAT_GEOJSON:
        return SYM_UNSUPPORTED;
    }
    return write_table(r, to);
}

static enum sym_err put(const struct sym_target *target, struct result *r, struct sym_fault *fault)
{
    enum sym_err err = sym_target_write(target, write_result, r, fault);
    if (err == SYM_OK && target->path != NULL) {
        char shown[SYM_FAULT_BYTES];
        (void)printf("%s: %" PRIu32 " %s in common, %" PRIu64 " %s\n",
                     sym_file_show(shown, target->path), r->exchange->common,
                     r->exchange->common == 1 ? "identifier" : "identifiers", r->exchange->records,
                     r->exchange->records == 1 ? "record" : "records");
    }
    return err;
}

/* Not all that is asked of a result makes sense for identifiers. */
static enum sym_err check_target(const struct sym_target *target, struct sym_fault *fault)
{
    if (target->format == SYM_FORMAT_GEOJSON || target->population != NULL || target->gi_star ||
        target->has_top) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "an overlap lies on no map and has no rates or levels: leave --format "
                        "geojson, --population, --scan, --gi-star and --top");
    }
    return SYM_OK;
}

static enum sym_err show_overlap(const struct sym_target *target, struct sym_client *client,
                                 const struct sym_exchange_entry *entry, struct sym_fault *fault)
{
    struct sym_exchange_entry now = *entry;
    struct result r = {.exchange = &now};
    enum sym_err err = check_target(target, fault);
    if (err == SYM_OK) {
        err = check(entry, fault);
    }
    if (err == SYM_OK && has_rows(&r)) {
        err = fetch_rows(&r.rows, client, entry->id, fault);
        now.records = r.rows.n;
    } else if (err == SYM_OK && target->format == SYM_FORMAT_JSON) {
        err = sym_count_fetch(&r.count, client, entry, fault);
    }
    count_types(&r);
    r.has_keys = has_rows(&r) && sym_false_matches(&r.keys, entry);
    if (err == SYM_OK) {
        err = put(target, &r, fault);
    }
    sym_count_clear(&r.count);
    free(r.rows.id_lengths);
    free(r.rows.ids);
    free(r.rows.types);
    return err;
}

enum sym_err sym_result_show(const struct sym_target *target, struct sym_client *client,
                             struct sym_span id, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry entry;
    struct sym_exchange_name name = {.id = id};
    enum sym_err err = sym_client_ask(client, SYM_VERB_EXCHANGE_SHOW, &name, &arena, &entry, fault);
    if (err != SYM_OK) {
        return err;
    }
    if (entry.kind == SYM_KIND_OVERLAP_TABLE) {
        return sym_table_show(target, client, id, fault);
    }
    if (target->at_least > 0) {
        return sym_fail(fault, SYM_BAD_VALUE, "--at-least: is for overlap tables");
    }
    return entry.kind == SYM_KIND_TABULATE
               ? sym_release_show(target, entry.answered_before, client, id, fault)
               : show_overlap(target, client, &entry, fault);
}
