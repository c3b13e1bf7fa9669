#include "cli/ingest/batch.h"

#include "cli/ingest/unicode.h"
#include "crypto/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A batch with this much in it is full, too: one row more may take SYM_CSV_ROW_BYTES_MAX. */
#define BYTES_FULL  524288u
#define FIELDS_FULL 131072u

/* A value of several columns, joined. */
#define JOINED_BYTES_MAX (SYM_CANONICAL_BYTES_MAX + 1u)

#define ROW_PERSONALISATION "symbolon-row-set"

enum sym_err sym_batch_init(struct sym_batch *b, const struct sym_binding *binding)
{
    size_t rows = SYM_IMPORT_BATCH_RECORDS;
    size_t keys = binding->has_person ? SYM_PERSON_KEYS_MAX : 0;
    size_t tokens = rows * (binding->n + keys > 0 ? binding->n + keys : 1);
    *b = (struct sym_batch){.binding = binding};
    b->rows = calloc(rows, sizeof *b->rows);
    b->ids = calloc(rows, SYM_RECORD_ID_BYTES_MAX);
    b->types = calloc(tokens, sizeof *b->types);
    b->digests = calloc(tokens, sizeof *b->digests);
    b->keys = keys > 0 ? calloc(1, sizeof *b->keys) : NULL;
    if (b->rows == NULL || b->ids == NULL || b->types == NULL || b->digests == NULL ||
        (keys > 0 && b->keys == NULL)) {
        sym_batch_clear(b);
        return SYM_NO_MEMORY;
    }
    return SYM_OK;
}

void sym_batch_clear(struct sym_batch *b)
{
    free(b->bytes);
    free(b->ends);
    free(b->rows);
    free(b->ids);
    free(b->types);
    free(b->digests);
    free(b->keys);
    free(b->records);
    free(b->remarks);
    free(b->texts);
    *b = (struct sym_batch){.binding = NULL};
}

void sym_batch_reset(struct sym_batch *b)
{
    b->len = 0;
    b->n_fields = 0;
    b->n_rows = 0;
    b->n_tokens = 0;
    b->records_len = 0;
    b->n_remarks = 0;
    b->texts_len = 0;
    b->err = SYM_OK;
}

/* At least needed elements of size bytes; *max is what there is. */
static void *grown(void *old, size_t *max, size_t needed, size_t size)
{
    size_t wanted = *max > 0 ? *max : 1024;
    while (wanted < needed) {
        wanted *= 2;
    }
    void *new = wanted > *max ? reallocarray(old, wanted, size) : old;
    *max = new != NULL ? wanted : *max;
    return new;
}

static enum sym_err make_room(struct sym_batch *b, size_t len, size_t fields)
{
    uint8_t *bytes = grown(b->bytes, &b->max_len, b->len + len, sizeof *b->bytes);
    b->bytes = bytes != NULL ? bytes : b->bytes;
    uint32_t *ends = grown(b->ends, &b->max_fields, b->n_fields + fields, sizeof *b->ends);
    b->ends = ends != NULL ? ends : b->ends;
    return bytes != NULL && ends != NULL ? SYM_OK : SYM_NO_MEMORY;
}

enum sym_err sym_batch_add(struct sym_batch *b, const struct sym_csv_row *row)
{
    size_t len = 0;
    for (size_t i = 0; i < row->n; i++) {
        len += row->fields[i].len;
    }
    enum sym_err err = make_room(b, len, row->n);
    if (err != SYM_OK) {
        return err;
    }
    b->rows[b->n_rows++] = (struct sym_batch_row){
        .line = row->line, .first_field = (uint32_t)b->n_fields, .n_fields = (uint32_t)row->n};
    for (size_t i = 0; i < row->n; i++) {
        if (row->fields[i].len > 0) {
            memcpy(b->bytes + b->len, row->fields[i].data, row->fields[i].len);
        }
        b->len += row->fields[i].len;
        b->ends[b->n_fields++] = (uint32_t)b->len;
    }
    return SYM_OK;
}

bool sym_batch_is_full(const struct sym_batch *b)
{
    return b->n_rows == SYM_IMPORT_BATCH_RECORDS || b->len >= BYTES_FULL ||
           b->n_fields >= FIELDS_FULL;
}

struct sym_span sym_batch_field(const struct sym_batch *b, size_t row, size_t at)
{
    const struct sym_batch_row *r = &b->rows[row];
    if (at >= r->n_fields) {
        return sym_span(NULL, 0);
    }
    size_t field = r->first_field + at;
    size_t start = field > 0 ? b->ends[field - 1] : 0;
    size_t len = b->ends[field] - start;
    return len > 0 ? sym_span(b->bytes + start, len) : sym_span(NULL, 0);
}

/* A remark that cannot be kept for want of memory ends the work: no refusal goes unsaid. */
static void remark(struct sym_batch *b, size_t row, size_t column, enum sym_token_type type,
                   bool refused, const char *text)
{
    size_t len = strlen(text) + 1;
    struct sym_batch_remark *remarks =
        grown(b->remarks, &b->max_remarks, b->n_remarks + 1, sizeof *remarks);
    b->remarks = remarks != NULL ? remarks : b->remarks;
    char *texts = grown(b->texts, &b->max_texts, b->texts_len + len, sizeof *texts);
    b->texts = texts != NULL ? texts : b->texts;
    if (remarks == NULL || texts == NULL) {
        b->err = SYM_NO_MEMORY;
        return;
    }
    b->remarks[b->n_remarks++] = (struct sym_batch_remark){.row = (uint32_t)row,
                                                           .refused = refused,
                                                           .type = type,
                                                           .column = column,
                                                           .text = b->texts_len};
    memcpy(b->texts + b->texts_len, text, len);
    b->texts_len += len;
}

void sym_batch_reject(struct sym_batch *b, size_t row, size_t column, const char *text)
{
    remark(b, row, column, SYM_TOKEN_NONE, true, text);
}

void sym_batch_start(char *out, size_t size, struct sym_span value)
{
    size_t len = value.len < size ? value.len : size - 1;
    while (len < value.len && len > 0 && (value.data[len] & 0xc0u) == 0x80u) {
        len--;
    }
    memcpy(out, value.data, len);
    out[len] = '\0';
}

void sym_batch_unknown(struct sym_batch *b, size_t row, size_t column,
                       enum sym_profile_target target, struct sym_span value)
{
    char text[SYM_UNKNOWN_BYTES];
    sym_batch_start(text, sizeof text, value);
    remark(b, row, column, SYM_TOKEN_NONE, false, text);
    if (b->err == SYM_OK) {
        b->remarks[b->n_remarks - 1].unknown = target;
    }
}

/* Of one row in the order in which they were made. */
static int compare_remarks(const void *a, const void *b)
{
    const struct sym_batch_remark *x = a;
    const struct sym_batch_remark *y = b;
    if (x->row != y->row) {
        return x->row < y->row ? -1 : 1;
    }
    return x->text < y->text ? -1 : x->text > y->text;
}

void sym_batch_sort_remarks(struct sym_batch *b)
{
    if (b->n_remarks > 1) {
        qsort(b->remarks, b->n_remarks, sizeof *b->remarks, compare_remarks);
    }
}

/* Bytes of a blank, a tab, a no-break space or a byte order mark (which spreadsheets leave in the
 * middle of files) at the start of a text; 0: it starts with something else. */
static size_t blank_bytes(const uint8_t *at, size_t left)
{
    if (left >= 1 && (at[0] == ' ' || at[0] == '\t')) {
        return 1;
    }
    if (left >= 2 && at[0] == 0xc2 && at[1] == 0xa0) {
        return 2;
    }
    return left >= 3 && at[0] == 0xef && at[1] == 0xbb && at[2] == 0xbf ? 3 : 0;
}

struct sym_span sym_batch_trimmed(struct sym_span text)
{
    size_t n;
    while ((n = blank_bytes(text.data, text.len)) > 0) {
        text = sym_span(text.data + n, text.len - n);
    }
    for (size_t back = 1; back <= 3 && back <= text.len; back++) {
        if (blank_bytes(text.data + text.len - back, back) == back) {
            text.len -= back;
            back = 0;
        }
    }
    return text;
}

/* The columns of one value with spaces between them; cut when they are longer than any value may
 * be, which canonicalising then says. */
static struct sym_span joined(uint8_t out[JOINED_BYTES_MAX], const struct sym_batch *b, size_t row,
                              const struct sym_bound *bound)
{
    struct sym_span first = sym_batch_field(b, row, bound->values[0]);
    if (bound->n_values == 1) {
        return first;
    }
    size_t len = 0;
    for (size_t i = 0; i < bound->n_values; i++) {
        struct sym_span part = sym_batch_field(b, row, bound->values[i]);
        size_t room = JOINED_BYTES_MAX - len;
        if (len > 0 && room > 0) {
            out[len++] = ' ';
            room--;
        }
        size_t taken = part.len < room ? part.len : room;
        if (taken > 0) {
            memcpy(out + len, part.data, taken);
            len += taken;
        }
    }
    return sym_span(out, len);
}

static bool is_same_token(const struct sym_batch *b, size_t x, size_t y)
{
    return b->types[x] == b->types[y] &&
           memcmp(b->digests[x], b->digests[y], SYM_DIGEST_BYTES) == 0;
}

/* One column may repeat another of the same row: one token of each is enough. */
static void keep_token(struct sym_batch *b, struct sym_batch_row *r)
{
    for (size_t i = b->n_tokens - r->n_tokens; i < b->n_tokens; i++) {
        if (is_same_token(b, i, b->n_tokens)) {
            return;
        }
    }
    b->n_tokens++;
    r->n_tokens++;
}

/* False when the value is absent. */
static bool work_value(struct sym_batch *b, size_t row, const struct sym_bound *bound,
                       struct sym_canon *canon, struct sym_canonical *canonical)
{
    uint8_t room[JOINED_BYTES_MAX];
    struct sym_fault fault;
    struct sym_canon_value v = {.value = joined(room, b, row, bound)};
    if (sym_canon_is_blank(v.value)) {
        return false;
    }
    if (bound->second != SYM_BOUND_NONE) {
        v.part = sym_batch_field(b, row, bound->second);
    }
    if (sym_canon_is_blank(v.part) && bound->fixed != NULL) {
        v.part = sym_span_text(bound->fixed);
    }
    enum sym_err err = sym_canon(canonical, NULL, canon, bound->type, v, &fault);
    if (err == SYM_OK) {
        err = sym_token_digest(b->digests[b->n_tokens], bound->type,
                               sym_span(canonical->text, canonical->len));
        (void)snprintf(fault.text, sizeof fault.text, "%s", sym_err_text(err));
    }
    if (err != SYM_OK) {
        remark(b, row, bound->values[0], bound->type, true, fault.text);
        return true;
    }
    b->types[b->n_tokens] = (uint8_t)bound->type;
    keep_token(b, &b->rows[row]);
    if (canonical->remark != NULL) {
        (void)snprintf(fault.text, sizeof fault.text, "%s: %s", sym_token_type_name(bound->type),
                       canonical->remark);
        remark(b, row, bound->values[0], bound->type, false, fault.text);
    }
    return true;
}

/* The keys of a row and what was refused of it; false when all its columns are empty. */
static bool work_person(struct sym_batch *b, size_t row, struct sym_canon *canon)
{
    struct sym_person person = {.part = {{NULL, 0}}};
    const size_t *columns = b->binding->person;
    bool any = false;
    for (size_t p = 0; p < SYM_PERSON_PARTS; p++) {
        if (columns[p] != SYM_BOUND_NONE) {
            person.part[p] = sym_batch_field(b, row, columns[p]);
            any = any || !sym_canon_is_blank(person.part[p]);
        }
    }
    enum sym_err err = sym_person_keys(b->keys, canon, &person);
    for (size_t i = 0; i < b->keys->n && err == SYM_OK; i++) {
        const struct sym_person_text *key = &b->keys->key[i];
        err = sym_token_digest(b->digests[b->n_tokens], key->type, sym_span_text(key->text));
        b->types[b->n_tokens] = (uint8_t)key->type;
        if (err == SYM_OK) {
            keep_token(b, &b->rows[row]);
        }
    }
    b->err = err;
    for (size_t i = 0; i < b->keys->n_refused; i++) {
        const struct sym_person_text *r = &b->keys->refused[i];
        remark(b, row, columns[r->part], r->type, true, r->text);
    }
    if (b->keys->remark != NULL) {
        char text[SYM_FAULT_BYTES];
        (void)snprintf(text, sizeof text, "%s: %s", sym_token_type_name(SYM_TOKEN_NAME_DOB),
                       b->keys->remark);
        remark(b, row, columns[SYM_PERSON_DOB], SYM_TOKEN_NAME_DOB, false, text);
    }
    return any;
}

bool sym_batch_take_id(struct sym_batch *b, size_t row)
{
    char text[96];
    if (b->rows[row].n_fields != b->binding->n_columns) {
        (void)snprintf(text, sizeof text, "the row has %u of %zu columns", b->rows[row].n_fields,
                       b->binding->n_columns);
        sym_batch_reject(b, row, SYM_BOUND_NONE, text);
        return false;
    }
    char number[24];
    struct sym_span id = sym_batch_trimmed(sym_batch_field(b, row, b->binding->id));
    if (b->binding->id == SYM_BOUND_ROW) {
        (void)snprintf(number, sizeof number, "%" PRIu64, b->rows[row].line);
        id = sym_span_text(number);
    }
    if (id.len == 0) {
        sym_batch_reject(b, row, b->binding->id, "the row has no id");
        return false;
    }
    struct sym_writer w =
        sym_writer(b->ids + row * SYM_RECORD_ID_BYTES_MAX, SYM_RECORD_ID_BYTES_MAX);
    enum sym_err err = sym_text_is_name(id) ? sym_unicode_compose(&w, id) : SYM_BAD_FORMAT;
    if (err == SYM_TOO_LONG || w.err != SYM_OK) {
        sym_batch_reject(b, row, b->binding->id, "the id is longer than 128 bytes");
        return false;
    }
    if (err == SYM_BAD_FORMAT) {
        sym_batch_reject(b, row, b->binding->id,
                         "the id holds a line end or an invisible character");
        return false;
    }
    b->err = err;
    b->rows[row].id_len = (uint32_t)w.len;
    return err == SYM_OK;
}

_Static_assert(SYM_RECORD_ID_BYTES_MAX == 128, "as the refusal above says");

static void take_fingerprint(struct sym_batch *b, size_t row, struct sym_span content)
{
    struct sym_batch_row *r = &b->rows[row];
    uint8_t digest[SYM_DIGEST_BYTES];
    uint8_t id_len[1] = {(uint8_t)r->id_len};
    const struct sym_span parts[] = {sym_span(id_len, sizeof id_len),
                                     sym_span(b->ids + row * SYM_RECORD_ID_BYTES_MAX, r->id_len),
                                     content};
    sym_digest(digest, ROW_PERSONALISATION, parts, sizeof parts / sizeof *parts);
    memcpy(r->fingerprint, digest, sizeof r->fingerprint);
}

static void work_row(struct sym_batch *b, size_t row, struct sym_canon *canon,
                     struct sym_canonical *canonical)
{
    struct sym_batch_row *r = &b->rows[row];
    bool any = false;
    if (!sym_batch_take_id(b, row)) {
        return;
    }
    for (size_t i = 0; i < b->binding->n && b->err == SYM_OK; i++) {
        any = work_value(b, row, &b->binding->identifiers[i], canon, canonical) || any;
    }
    if (b->binding->has_person && b->err == SYM_OK) {
        bool known = work_person(b, row, canon);
        if (known && r->n_tokens == 0 && b->keys->n_refused == 0 && !any) {
            sym_batch_reject(b, row, SYM_BOUND_NONE, "too little is known of the person for a key");
        }
        any = any || known;
    }
    if (!any) {
        sym_batch_reject(b, row, SYM_BOUND_NONE, "none of the mapped columns has a value");
    }
    if (r->n_tokens == 0) {
        r->id_len = 0;
        return;
    }
    take_fingerprint(
        b, row,
        sym_span(b->digests[b->n_tokens - r->n_tokens], r->n_tokens * sizeof b->digests[0]));
}

void sym_batch_keep(struct sym_batch *b, size_t row, struct sym_span record)
{
    uint8_t *records = grown(b->records, &b->max_records, b->records_len + record.len, 1);
    if (records == NULL) {
        b->err = SYM_NO_MEMORY;
        return;
    }
    b->records = records;
    memcpy(b->records + b->records_len, record.data, record.len);
    b->records_len += record.len;
    b->rows[row].record_len = (uint32_t)record.len;
    take_fingerprint(b, row, record);
    sym_id_print(b->rows[row].print,
                 sym_span(b->ids + row * SYM_RECORD_ID_BYTES_MAX, b->rows[row].id_len));
}

void sym_batch_work(struct sym_batch *b, struct sym_canon *canon)
{
    struct sym_canonical canonical;
    for (size_t row = 0; row < b->n_rows && b->err == SYM_OK; row++) {
        work_row(b, row, canon, &canonical);
    }
}
