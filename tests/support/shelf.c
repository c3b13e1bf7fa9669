#include "tests/support/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CHUNK 3000u

static uint64_t clock_ms;

static uint64_t read_clock(void)
{
    return clock_ms;
}

void shelf_pass(uint64_t ms)
{
    clock_ms += ms;
}

static void open_all(struct shelf *s)
{
    struct sym_fault fault = {.text = ""};
    struct sym_datasets_config c = {
        .store = s->room.store, .log = room_log(&s->room), .now_ms = read_clock};
    enum sym_err err = sym_vault_open(&s->vault, SYM_VAULT_DATA, s->room.store, &s->dir,
                                      sym_span(s->room.master, 32), &fault);
    c.vault = s->vault;
    if (err == SYM_OK) {
        err = sym_datasets_open(&s->datasets, &c, &fault);
    }
    if (err != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

static void close_all(struct shelf *s)
{
    sym_datasets_close(s->datasets);
    s->datasets = NULL;
    sym_vault_close(s->vault);
    s->vault = NULL;
}

void shelf_open(struct shelf *s)
{
    *s = (struct shelf){.alice = {.user = "alice"}, .bob = {.user = "bob"}};
    room_open(&s->room);
    assert_int_equal(sym_disk_open(&s->dir, s->room.dir, NULL), SYM_OK);
    open_all(s);
}

void shelf_leave(struct shelf *s)
{
    close_all(s);
    sym_log_close(s->room.log);
    s->room.log = NULL;
    sym_store_close(s->room.store);
    s->room.store = NULL;
}

void shelf_close(struct shelf *s)
{
    shelf_leave(s);
    sym_disk_close(&s->dir);
    room_close(&s->room);
}

void shelf_reopen(struct shelf *s)
{
    close_all(s);
    room_reopen(&s->room);
    open_all(s);
}

int shelf_set_up(void **state)
{
    struct shelf *s = malloc(sizeof *s);
    if (s == NULL) {
        return -1;
    }
    shelf_open(s);
    *state = s;
    return 0;
}

int shelf_tear_down(void **state)
{
    room_fill_disk(false);
    shelf_close(*state);
    free(*state);
    return 0;
}

static unsigned tokens_of(unsigned number, unsigned per_record)
{
    return 1 + number % per_record;
}

uint64_t shelf_tokens(unsigned first, unsigned n, unsigned per_record)
{
    uint64_t total = 0;
    for (unsigned i = first; i < first + n; i++) {
        total += tokens_of(i, per_record);
    }
    return total;
}

struct sym_import_chunk shelf_chunk(const uint8_t id[SYM_IMPORT_ID_BYTES], uint64_t number,
                                    unsigned first, unsigned n, unsigned per_record)
{
    static uint8_t id_lengths[SYM_CHUNK_RECORDS_MAX];
    static uint8_t ids[SYM_CHUNK_RECORDS_MAX * 12];
    static uint8_t counts[SYM_CHUNK_RECORDS_MAX];
    static uint8_t types[SYM_CHUNK_TOKENS_MAX];
    static uint8_t digests[SYM_CHUNK_TOKENS_MAX][SYM_DIGEST_BYTES];
    size_t ids_len = 0;
    size_t n_tokens = 0;
    for (unsigned i = 0; i < n; i++) {
        char text[12];
        int len = snprintf(text, sizeof text, "r%u", first + i);
        memcpy(ids + ids_len, text, (size_t)len);
        id_lengths[i] = (uint8_t)len;
        ids_len += (size_t)len;
        counts[i] = (uint8_t)tokens_of(first + i, per_record);
        for (unsigned k = 0; k < counts[i]; k++) {
            types[n_tokens] = (uint8_t)(1 + k);
            memset(digests[n_tokens], (int)k, SYM_DIGEST_BYTES);
            sym_put_u64(digests[n_tokens], first + i);
            n_tokens++;
        }
    }
    return (struct sym_import_chunk){.id = sym_span(id, SYM_IMPORT_ID_BYTES),
                                     .number = number,
                                     .id_lengths = sym_span(id_lengths, n),
                                     .ids = sym_span(ids, ids_len),
                                     .token_counts = sym_span(counts, n),
                                     .types = sym_span(types, n_tokens),
                                     .digests = sym_span(digests, n_tokens * SYM_DIGEST_BYTES)};
}

void shelf_id(uint8_t out[SYM_IMPORT_ID_BYTES], char letter)
{
    memset(out, letter, SYM_IMPORT_ID_BYTES);
}

enum sym_err shelf_begin(struct shelf *s, char letter, const char *dataset, bool append,
                         struct sym_fault *fault)
{
    uint8_t id[SYM_IMPORT_ID_BYTES] = {0};
    uint64_t next = 0;
    struct sym_import_begin begin = {.id = sym_span(id, sizeof id),
                                     .dataset = sym_span_text(dataset),
                                     .profile = sym_span_text("accounts"),
                                     .append = append,
                                     .canon_version = SYM_CANON_VERSION};
    shelf_id(id, letter);
    return sym_datasets_import_begin(s->datasets, &next, &begin, &s->alice, fault);
}

enum sym_err shelf_give(struct shelf *s, char letter, uint64_t number, unsigned first, unsigned n,
                        unsigned per_record)
{
    uint8_t id[SYM_IMPORT_ID_BYTES] = {0};
    uint64_t next = 0;
    shelf_id(id, letter);
    struct sym_import_chunk chunk = shelf_chunk(id, number, first, n, per_record);
    enum sym_err err = sym_datasets_import_chunk(s->datasets, &next, &chunk, &s->alice, NULL);
    assert_true(err != SYM_OK || next > number);
    return err;
}

enum sym_err shelf_end(struct shelf *s, char letter, bool keep, uint64_t chunks,
                       struct sym_fault *fault)
{
    uint8_t id[SYM_IMPORT_ID_BYTES] = {0};
    struct sym_dataset_row row;
    struct sym_import_end end = {.id = sym_span(id, sizeof id), .keep = keep, .chunks = chunks};
    shelf_id(id, letter);
    return sym_datasets_import_end(s->datasets, &row, &end, &s->alice, fault);
}

enum sym_err shelf_import(struct shelf *s, char letter, const char *dataset, bool append,
                          unsigned first, unsigned n)
{
    uint64_t chunks = 0;
    enum sym_err err = shelf_begin(s, letter, dataset, append, NULL);
    for (unsigned at = 0; at < n && err == SYM_OK; at += CHUNK) {
        err = shelf_give(s, letter, chunks++, first + at, n - at < CHUNK ? n - at : CHUNK,
                         SHELF_PER_RECORD);
    }
    return err == SYM_OK ? shelf_end(s, letter, true, chunks, NULL) : err;
}

bool shelf_has(struct shelf *s, const char *dataset)
{
    size_t at = 0;
    return sym_datasets_find(s->datasets, &at, sym_span_text(dataset), NULL) == SYM_OK;
}

struct sym_dataset_row shelf_row(struct shelf *s, const char *dataset)
{
    struct sym_dataset_row row;
    size_t at = 0;
    assert_int_equal(sym_datasets_find(s->datasets, &at, sym_span_text(dataset), NULL), SYM_OK);
    sym_datasets_row(s->datasets, at, &row);
    return row;
}

struct sym_content *shelf_hold(struct shelf *s, const char *dataset)
{
    struct sym_content *c = NULL;
    assert_int_equal(sym_content_hold(&c, s->datasets, sym_span_text(dataset), NULL), SYM_OK);
    return c;
}

/* Goes on with record number *next. */
static bool is_run(const struct sym_segment *segment, unsigned *next)
{
    const uint8_t *id = segment->ids;
    size_t token = 0;
    for (size_t i = 0; i < segment->n_records; i++, (*next)++) {
        char text[12];
        (void)snprintf(text, sizeof text, "r%u", *next);
        if (!sym_span_equal(sym_span(id, segment->id_lengths[i]), sym_span_text(text)) ||
            segment->token_counts[i] != tokens_of(*next, SHELF_PER_RECORD)) {
            return false;
        }
        id += segment->id_lengths[i];
        for (unsigned k = 0; k < segment->token_counts[i]; k++, token++) {
            if (segment->types[token] != 1 + k || segment->digests[token][31] != k ||
                sym_get_u64(segment->digests[token]) != *next) {
                return false;
            }
        }
    }
    return token == segment->n_tokens;
}

bool shelf_holds(const struct sym_content *c, unsigned first, unsigned n)
{
    struct sym_segment segment = {.n_records = 0}; /* one memory for all */
    unsigned next = first;
    bool same = true;
    for (size_t i = 0; same && i < sym_content_segments(c); i++) {
        same = sym_content_segment(c, i, &segment) == SYM_OK && is_run(&segment, &next);
    }
    sym_segment_clear(&segment);
    return same && next == first + n &&
           sym_content_tokens(c, SYM_TOKEN_NONE) == shelf_tokens(first, n, SHELF_PER_RECORD);
}

bool shelf_reads(struct shelf *s, const char *dataset, unsigned first, unsigned n)
{
    struct sym_content *c = shelf_hold(s, dataset);
    bool same = shelf_holds(c, first, n);
    sym_content_release(c);
    return same;
}

struct values {
    struct sym_vault *vault;
    size_t n;
};

static enum sym_err count_values(struct sym_transaction *t, void *context)
{
    struct values *v = context;
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    enum sym_err err = SYM_OK;
    while ((err = sym_vault_next(v->vault, t, sym_span(key, len), key, &len)) == SYM_OK) {
        v->n++;
    }
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

size_t shelf_values(struct shelf *s)
{
    struct values v = {.vault = s->vault};
    assert_int_equal(sym_store_read(s->room.store, count_values, &v), SYM_OK);
    return v.n;
}

enum sym_err shelf_forget(struct shelf *s, const char *dataset, const char *record,
                          struct sym_dataset_forgotten *out, struct sym_fault *fault)
{
    struct sym_dataset_forget asked = {.name = sym_span_text(dataset),
                                       .record = sym_span_text(record)};
    return sym_datasets_forget(s->datasets, out, &asked, &s->alice, fault);
}

enum sym_err shelf_drop(struct shelf *s, const char *dataset, struct sym_fault *fault)
{
    return sym_datasets_drop(s->datasets, sym_span_text(dataset), &s->alice, fault);
}
