#include "cli/import_report.h"

#include "cli/format.h"
#include "cli/json.h"
#include "cli/table.h"

#include <inttypes.h>
#include <string.h>

#define SPARE_SHOWN 12u

void sym_remarks_add(struct sym_remarks *r, const struct sym_import_remark *m)
{
    uint64_t *n = m->refused ? &r->n_refused : &r->n_doubtful;
    if ((*n)++ < SYM_REMARKS_SHOWN) {
        const char *column = sym_import_prefix(m);
        (void)fprintf(stderr, "%s:%" PRIu64 ": %s%s%s%s\n", r->file, m->line,
                      column != NULL ? column : "", column != NULL ? ": " : "", m->reason,
                      m->refused ? "" : " (kept)");
    }
}

static void print_more(const struct sym_remarks *r, uint64_t n, const char *what, const char *hint)
{
    if (n > SYM_REMARKS_SHOWN) {
        (void)fprintf(stderr, "%s: and %" PRIu64 " more %s%s\n", r->file, n - SYM_REMARKS_SHOWN,
                      what, hint);
    }
}

void sym_remarks_end(const struct sym_remarks *r, bool rejects)
{
    print_more(r, r->n_refused, "refused values or rows",
               rejects ? "" : "; --rejects FILE saves all of them");
    print_more(r, r->n_doubtful, "doubtful values that were kept", "");
}

static bool is_listed(const struct sym_import_counts *c, size_t type)
{
    return c->tokens_by_type[type] > 0 || c->refused_by_type[type] > 0;
}

static bool holds_incidents(const struct sym_import_report *r)
{
    return r->kind == SYM_DATASET_INCIDENTS || r->kind == SYM_DATASET_AGGREGATES;
}

static enum sym_err print_json(const struct sym_import_report *r)
{
    const struct sym_import_counts *c = r->counts;
    struct sym_json *j = sym_json_new(stdout);
    sym_json_object(j, NULL);
    sym_json_string(j, "dataset", r->dataset);
    sym_json_string(j, "profile", r->profile);
    sym_json_string(j, "kind", sym_dataset_kind_text(r->kind));
    sym_json_bool(j, "dry_run", r->dry_run);
    sym_json_number(j, "rows", c->rows);
    sym_json_number(j, "records", c->records);
    sym_json_number(j, "rejected", c->rejected);
    if (holds_incidents(r)) {
        sym_json_number(j, "ids_taken", c->taken);
    }
    sym_json_number(j, "duplicate_rows", c->duplicate_rows);
    sym_json_number(j, "tokens", c->tokens);
    sym_json_number(j, "duplicate_tokens", c->duplicate_tokens);
    sym_json_number(j, "refused", c->refused);
    sym_json_number(j, "doubtful", c->doubtful);
    sym_json_array(j, "types");
    for (size_t type = 0; type < SYM_TOKEN_TYPE_COUNT; type++) {
        if (is_listed(c, type)) {
            sym_json_object(j, NULL);
            sym_json_string(j, "type", sym_token_type_name((enum sym_token_type)type));
            sym_json_number(j, "tokens", c->tokens_by_type[type]);
            sym_json_number(j, "records", c->records_by_type[type]);
            sym_json_number(j, "refused", c->refused_by_type[type]);
            sym_json_end(j);
        }
    }
    sym_json_end(j);
    sym_json_array(j, "unused_columns");
    for (size_t i = 0; i < r->spare->n; i++) {
        sym_json_string(j, NULL, r->spare->titles[i]);
    }
    sym_json_end(j);
    if (holds_incidents(r)) {
        sym_incident_report_json(j, c, r->unknowns, r->preview);
    }
    if (!r->dry_run) {
        sym_json_bool(j, "replaced", r->replaced);
    }
    sym_json_end(j);
    return sym_json_finish(j);
}

static void put_count(struct sym_table *t, const char *what, uint64_t n)
{
    sym_table_format(t, "%s", what);
    sym_table_format(t, "%" PRIu64, n);
}

static enum sym_err print_counts(const struct sym_import_counts *c, bool incidents)
{
    static const struct sym_column columns[] = {{.title = NULL}, {.title = NULL, .right = true}};
    struct sym_table *t = sym_table_new(columns, 2);
    put_count(t, "rows", c->rows);
    put_count(t, "  repeated", c->duplicate_rows);
    put_count(t, "  rejected", c->rejected);
    if (c->taken > 0) {
        put_count(t, "    their id taken", c->taken);
    }
    put_count(t, "records", c->records);
    if (incidents) {
        put_count(t, "values not understood", c->unknown);
        return sym_table_print(t, stdout);
    }
    put_count(t, "identifiers", c->tokens);
    put_count(t, "  repeated", c->duplicate_tokens);
    put_count(t, "values refused", c->refused);
    put_count(t, "values doubtful", c->doubtful);
    return sym_table_print(t, stdout);
}

static enum sym_err print_types(const struct sym_import_counts *c)
{
    static const struct sym_column columns[] = {{.title = "TYPE"},
                                                {.title = "IDENTIFIERS", .right = true},
                                                {.title = "RECORDS", .right = true},
                                                {.title = "REFUSED", .right = true}};
    bool any = false;
    struct sym_table *t = sym_table_new(columns, 4);
    for (size_t type = 0; type < SYM_TOKEN_TYPE_COUNT; type++) {
        if (is_listed(c, type)) {
            any = true;
            sym_table_format(t, "%s", sym_token_type_name((enum sym_token_type)type));
            sym_table_format(t, "%" PRIu64, c->tokens_by_type[type]);
            sym_table_format(t, "%" PRIu64, c->records_by_type[type]);
            sym_table_format(t, "%" PRIu64, c->refused_by_type[type]);
        }
    }
    if (!any) {
        sym_table_free(t);
        return SYM_OK;
    }
    (void)putchar('\n');
    return sym_table_print(t, stdout);
}

/* Also where nobody wants them: a column that is called otherwise in the profile is one of them. */
static void print_spare(const struct sym_spare *s)
{
    for (size_t i = 0; i < s->n && i < SPARE_SHOWN; i++) {
        char title[SYM_FORMAT_TEXT_BYTES(SYM_SPARE_BYTES)];
        sym_format_text(title, sizeof title, sym_span_text(s->titles[i]));
        (void)printf("%s%s", i > 0 ? ", " : "columns that the profile does not use: ", title);
    }
    if (s->n > SPARE_SHOWN) {
        (void)printf(" and %zu more; --json lists them", s->n - SPARE_SHOWN);
    }
    if (s->n > 0) {
        (void)putchar('\n');
    }
}

/* Joint computations count what was published, and not what was imported. */
static void print_edition(const struct sym_import_report *r)
{
    if (r->published_records > 0) {
        (void)printf("\nwhat was published (edition %" PRIu64 ", %" PRIu64 " record%s) stays what "
                     "is counted until: \"symbolon dataset publish %s\"\n",
                     r->edition, r->published_records, r->published_records == 1 ? "" : "s",
                     r->dataset);
    } else {
        (void)printf("\nit is counted once it is published: \"symbolon dataset publish %s\"\n",
                     r->dataset);
    }
}

enum sym_err sym_import_report_print(const struct sym_import_report *r, bool json)
{
    if (json) {
        return print_json(r);
    }
    const char *what = r->dry_run    ? "dry run, nothing is stored"
                       : r->append   ? "added to what it holds"
                       : r->replaced ? "took the place of what it held"
                                     : "new";
    (void)printf("%s: %s, profile %s: %s\n", r->dataset, r->file, r->profile, what);
    enum sym_err err = print_counts(r->counts, holds_incidents(r));
    print_spare(r->spare);
    if (err == SYM_OK && !holds_incidents(r)) {
        return print_types(r->counts);
    }
    if (err == SYM_OK) {
        err = sym_incident_report_print(r->counts, r->unknowns, r->preview);
    }
    if (err == SYM_OK && !r->dry_run) {
        print_edition(r);
    }
    return err;
}
