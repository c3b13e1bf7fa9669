#include "cli/incident_report.h"

#include "cli/format.h"
#include "cli/table.h"

#include <inttypes.h>
#include <string.h>

void sym_incident_preview_add(struct sym_incident_preview *p, const struct sym_import_batch *batch)
{
    for (size_t i = 0; i < batch->n_records && p->n < SYM_PREVIEW_RECORDS; i++) {
        size_t id = i > 0 ? batch->id_ends[i - 1] : 0;
        size_t row = i > 0 ? batch->row_ends[i - 1] : 0;
        memcpy(p->ids[p->n], batch->ids + id, batch->id_ends[i] - id);
        p->ids[p->n][batch->id_ends[i] - id] = '\0';
        p->lengths[p->n] = batch->row_ends[i] - row;
        memcpy(p->records[p->n], batch->rows + row, p->lengths[p->n]);
        p->n++;
    }
}

/* Fields, as dimensions are called ------------------------------------------------------------ */

static const enum sym_dimension shown[] = {
    SYM_DIMENSION_COUNTRY,      SYM_DIMENSION_ADMIN1,      SYM_DIMENSION_CITY,
    SYM_DIMENSION_ORIGIN,       SYM_DIMENSION_TRANSIT,     SYM_DIMENSION_DESTINATION,
    SYM_DIMENSION_EXPLOITATION, SYM_DIMENSION_SUBTYPE,     SYM_DIMENSION_SEX,
    SYM_DIMENSION_AGE,          SYM_DIMENSION_RECRUITMENT, SYM_DIMENSION_CONTROL,
    SYM_DIMENSION_TRANSPORT};

#define SHOWN (sizeof shown / sizeof *shown)

/* Which target of a profile writes the field of a dimension: they have the same name. */
static uint64_t not_understood(const struct sym_import_counts *c, const char *name)
{
    uint64_t n = 0;
    for (enum sym_profile_target t = SYM_TARGET_NONE + 1; t < SYM_TARGET_NUMBER; t++) {
        n += strcmp(sym_profile_target_text(t), name) == 0 ? c->unknown_by_target[t] : 0;
    }
    return n;
}

struct field_row {
    const char *name;
    uint64_t known, not_understood;
};

static size_t list_fields(struct field_row out[SHOWN + 2], const struct sym_import_counts *c)
{
    size_t n = 0;
    const uint64_t *bad = c->unknown_by_target;
    out[n++] = (struct field_row){"date", c->known_by_field[SYM_FIELD_OF_DATE],
                                  bad[SYM_TARGET_DATE] + bad[SYM_TARGET_YEAR] +
                                      bad[SYM_TARGET_QUARTER] + bad[SYM_TARGET_MONTH]};
    out[n++] = (struct field_row){"point", c->known_by_field[SYM_FIELD_OF_POINT],
                                  bad[SYM_TARGET_LATITUDE] + bad[SYM_TARGET_LONGITUDE] +
                                      bad[SYM_TARGET_COORDINATES]};
    for (size_t i = 0; i < SHOWN; i++) {
        const char *name = sym_dimension_text(shown[i]);
        struct field_row row = {name, c->known_by_field[sym_dimension_field(shown[i])],
                                not_understood(c, name)};
        if (row.known > 0 || row.not_understood > 0) {
            out[n++] = row;
        }
    }
    return n;
}

static enum sym_err print_fields(const struct sym_import_counts *c)
{
    static const struct sym_column columns[] = {{.title = "FIELD"},
                                                {.title = "KNOWN", .right = true},
                                                {.title = "UNKNOWN", .right = true},
                                                {.title = "NOT UNDERSTOOD", .right = true}};
    struct field_row rows[SHOWN + 2];
    size_t n = list_fields(rows, c);
    struct sym_table *t = sym_table_new(columns, 4);
    for (size_t i = 0; i < n; i++) {
        sym_table_format(t, "%s", rows[i].name);
        sym_table_format(t, "%" PRIu64, rows[i].known);
        sym_table_format(t, "%" PRIu64, c->records - rows[i].known);
        sym_table_format(t, "%" PRIu64, rows[i].not_understood);
    }
    (void)putchar('\n');
    return sym_table_print(t, stdout);
}

static enum sym_err print_unknowns(const struct sym_unknowns *u)
{
    static const struct sym_column columns[] = {{.title = "NOT UNDERSTOOD"},
                                                {.title = "VALUE"},
                                                {.title = "TIMES", .right = true},
                                                {.title = "FIRST LINE", .right = true}};
    if (u->n == 0) {
        return SYM_OK;
    }
    struct sym_table *t = sym_table_new(columns, 4);
    for (size_t i = 0; i < u->n && i < SYM_UNKNOWNS_SHOWN; i++) {
        sym_table_format(t, "%s", sym_profile_target_text(u->list[i].target));
        sym_table_text(t, sym_span_text(u->list[i].value));
        sym_table_format(t, "%" PRIu64, u->list[i].n);
        sym_table_format(t, "%" PRIu64, u->list[i].first_line);
    }
    (void)putchar('\n');
    enum sym_err err = sym_table_print(t, stdout);
    if (u->n > SYM_UNKNOWNS_SHOWN) {
        (void)printf("and %zu other values; --json lists them\n", u->n - SYM_UNKNOWNS_SHOWN);
    }
    if (u->others > 0) {
        (void)printf("and others, %" PRIu64 " times, which are not listed\n", u->others);
    }
    return err;
}

/* The first records --------------------------------------------------------------------------- */

/* "2020-01-05", as closely as the record says it. */
static void format_date(char out[SYM_FORMAT_BYTES], const struct sym_incident *i)
{
    char room[SYM_CODE_BYTES_MAX];
    enum sym_dimension dimension = i->precision == SYM_DATE_YEAR      ? SYM_DIMENSION_YEAR
                                   : i->precision == SYM_DATE_QUARTER ? SYM_DIMENSION_QUARTER
                                                                      : SYM_DIMENSION_MONTH;
    struct sym_span code = sym_incident_derived(room, i, dimension);
    (void)snprintf(out, SYM_FORMAT_BYTES, "%.*s", (int)code.len, (const char *)code.data);
    if (i->precision == SYM_DATE_DAY) {
        int32_t first = 0;
        unsigned year = (unsigned)((out[0] - '0') * 1000 + (out[1] - '0') * 100 +
                                   (out[2] - '0') * 10 + (out[3] - '0'));
        unsigned month = (unsigned)((out[5] - '0') * 10 + (out[6] - '0'));
        if (sym_incident_days(&first, year, month, 1) == SYM_OK) {
            (void)snprintf(out + 7, SYM_FORMAT_BYTES - 7, "-%02d", i->days - first + 1);
        }
    }
}

/* All codes of a field, with commas. */
static void format_codes(char *out, size_t size, const struct sym_incident *i,
                         enum sym_incident_field field)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t c = 0; c < i->n_codes; c++) {
        const struct sym_incident_code *code = &i->codes[c];
        if (code->field == field && used + code->text.len + 3 < size) {
            used += (size_t)snprintf(out + used, size - used, "%s%.*s", used > 0 ? ", " : "",
                                     (int)code->text.len, (const char *)code->text.data);
        }
    }
}

static size_t read_preview(struct sym_incident out[SYM_PREVIEW_RECORDS], uint32_t *fields,
                           const struct sym_incident_preview *p)
{
    *fields = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (sym_incident_read(&out[i], sym_span(p->records[i], p->lengths[i])) != SYM_OK) {
            return i;
        }
        for (size_t c = 0; c < out[i].n_codes; c++) {
            *fields |= 1u << out[i].codes[c].field;
        }
    }
    return p->n;
}

static enum sym_err print_preview(const struct sym_incident_preview *p)
{
    struct sym_column columns[SHOWN + 4] = {{.title = "RECORD"}, {.title = "DATE"}};
    struct sym_incident incidents[SYM_PREVIEW_RECORDS];
    uint32_t fields = 0;
    size_t n = read_preview(incidents, &fields, p);
    size_t n_columns = 2;
    if (n == 0) {
        return SYM_OK;
    }
    for (size_t i = 0; i < SHOWN; i++) {
        if ((fields >> sym_dimension_field(shown[i]) & 1u) != 0) {
            columns[n_columns++].title = sym_dimension_text(shown[i]);
        }
    }
    columns[n_columns++] = (struct sym_column){.title = "PERSONS", .right = true};
    columns[n_columns++] = (struct sym_column){.title = "COUNT", .right = true};
    struct sym_table *t = sym_table_new(columns, n_columns);
    for (size_t r = 0; r < n; r++) {
        char text[SYM_INCIDENT_BYTES_MAX];
        sym_table_text(t, sym_span_text(p->ids[r]));
        format_date(text, &incidents[r]);
        sym_table_format(t, "%s", text);
        for (size_t i = 0; i < SHOWN; i++) {
            if ((fields >> sym_dimension_field(shown[i]) & 1u) != 0) {
                format_codes(text, sizeof text, &incidents[r], sym_dimension_field(shown[i]));
                sym_table_text(t, sym_span_text(text[0] != '\0' ? text : SYM_CODE_UNKNOWN));
            }
        }
        sym_table_format(t, "%" PRIu32, incidents[r].persons);
        sym_table_format(t, "%" PRIu64, incidents[r].count);
    }
    (void)printf("\nThe first records, as they would be kept:\n");
    return sym_table_print(t, stdout);
}

enum sym_err sym_incident_report_print(const struct sym_import_counts *counts,
                                       const struct sym_unknowns *unknowns,
                                       const struct sym_incident_preview *preview)
{
    enum sym_err err = print_fields(counts);
    if (err == SYM_OK) {
        err = print_unknowns(unknowns);
    }
    return err == SYM_OK ? print_preview(preview) : err;
}

/* JSON ---------------------------------------------------------------------------------------- */

static void preview_json(struct sym_json *j, const struct sym_incident_preview *p)
{
    struct sym_incident incidents[SYM_PREVIEW_RECORDS];
    uint32_t fields = 0;
    size_t n = read_preview(incidents, &fields, p);
    char text[SYM_FORMAT_BYTES];
    sym_json_array(j, "first_records");
    for (size_t r = 0; r < n; r++) {
        sym_json_object(j, NULL);
        sym_json_string(j, "record", p->ids[r]);
        format_date(text, &incidents[r]);
        sym_json_string(j, "date", text);
        for (size_t i = 0; i < SHOWN; i++) {
            enum sym_incident_field field = sym_dimension_field(shown[i]);
            if ((fields >> field & 1u) == 0) {
                continue;
            }
            sym_json_array(j, sym_dimension_text(shown[i]));
            for (size_t c = 0; c < incidents[r].n_codes; c++) {
                if (incidents[r].codes[c].field == field) {
                    sym_json_text(j, NULL, incidents[r].codes[c].text);
                }
            }
            sym_json_end(j);
        }
        sym_json_number(j, "persons", incidents[r].persons);
        sym_json_number(j, "count", incidents[r].count);
        sym_json_end(j);
    }
    sym_json_end(j);
}

void sym_incident_report_json(struct sym_json *j, const struct sym_import_counts *counts,
                              const struct sym_unknowns *unknowns,
                              const struct sym_incident_preview *preview)
{
    struct field_row rows[SHOWN + 2];
    size_t n = list_fields(rows, counts);
    sym_json_number(j, "not_understood", counts->unknown);
    sym_json_array(j, "fields");
    for (size_t i = 0; i < n; i++) {
        sym_json_object(j, NULL);
        sym_json_string(j, "field", rows[i].name);
        sym_json_number(j, "known", rows[i].known);
        sym_json_number(j, "unknown", counts->records - rows[i].known);
        sym_json_number(j, "not_understood", rows[i].not_understood);
        sym_json_end(j);
    }
    sym_json_end(j);
    sym_json_number(j, "not_listed", unknowns->others);
    sym_json_array(j, "unknown_values");
    for (size_t i = 0; i < unknowns->n; i++) {
        const struct sym_unknown *u = &unknowns->list[i];
        sym_json_object(j, NULL);
        sym_json_string(j, "field", sym_profile_target_text(u->target));
        sym_json_string(j, "value", u->value);
        sym_json_number(j, "times", u->n);
        sym_json_number(j, "first_line", u->first_line);
        sym_json_end(j);
    }
    sym_json_end(j);
    if (preview->n > 0) {
        preview_json(j, preview);
    }
}
