/* import_seen.h - imports of a text, and what they called back: for the tests of the import. */
#ifndef SYM_TESTS_CLI_IMPORT_SEEN_H
#define SYM_TESTS_CLI_IMPORT_SEEN_H

#include "cli/ingest/import.h"
#include "tests/cli/text_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ACCOUNTS "[profile]\nid = id\n[columns]\niban = iban\nbic = bic\n"
#define IBAN     "GB29NWBK60161331926819"
#define MANY     5000u

/* What an import called back, as text. */
struct seen {
    char records[65536]; /* "id:iban,phone;" for each record */
    char remarks[16384]; /* "line column|reason$" */
    uint8_t digests[64][SYM_DIGEST_BYTES];
    uint64_t n_records, n_tokens, n_batches, n_progress;
    uint64_t stop_after; /* progress calls; 0: never */
    enum sym_err sink_err;
    uint8_t all[SYM_DIGEST_BYTES]; /* of everything, in its order */
    uint64_t last_done, total;
};

static struct seen seen;
static struct sym_profile profile;
static struct sym_import_counts counts;
static struct sym_fault fault;

static inline void append(char *text, size_t size, const char *format, ...) SYM_PRINTF(3, 4);

static inline void append(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text + used, size - used, format, args);
    va_end(args);
}

static inline enum sym_err take_batch(void *context, const struct sym_import_batch *b,
                                      struct sym_fault *f)
{
    struct seen *s = context;
    size_t token = 0;
    assert_in_range(b->n_records, 1, SYM_IMPORT_BATCH_RECORDS);
    for (size_t i = 0; i < b->n_records; i++) {
        uint32_t start = i > 0 ? b->id_ends[i - 1] : 0;
        append(s->records, sizeof s->records, "%.*s:", (int)(b->id_ends[i] - start),
               (const char *)b->ids + start);
        size_t first = token;
        for (; token < b->n_tokens && b->records[token] == i; token++) {
            const struct sym_span parts[] = {sym_span(s->all, sizeof s->all),
                                             sym_span(b->digests[token], SYM_DIGEST_BYTES)};
            append(s->records, sizeof s->records, "%s%s", token > first ? "," : "",
                   sym_token_type_name((enum sym_token_type)b->types[token]));
            if (s->n_tokens < 64) {
                memcpy(s->digests[s->n_tokens], b->digests[token], SYM_DIGEST_BYTES);
            }
            sym_digest(s->all, "test-of-an-order", parts, 2);
            s->n_tokens++;
        }
        assert_true(token > first);
        append(s->records, sizeof s->records, ";");
        s->n_records++;
    }
    assert_int_equal(token, b->n_tokens);
    s->n_batches++;
    return s->sink_err == SYM_OK ? SYM_OK : sym_fail(f, s->sink_err, "the sink is full");
}

static inline void take_remark(void *context, const struct sym_import_remark *r)
{
    struct seen *s = context;
    append(s->remarks, sizeof s->remarks, "%" PRIu64 " %s%s|%s$", r->line,
           r->column != NULL ? r->column : "-", r->refused ? "" : "?", r->reason);
}

static inline bool take_progress(void *context, uint64_t done, uint64_t total,
                                 const struct sym_import_counts *so_far)
{
    struct seen *s = context;
    assert_true(so_far->rows > 0);
    s->n_progress++;
    s->last_done = done;
    s->total = total;
    return s->stop_after == 0 || s->n_progress < s->stop_after;
}

static const struct sym_import_calls calls = {
    .context = &seen, .batch = take_batch, .remark = take_remark, .progress = take_progress};

static inline void use_profile(const char *text)
{
    if (sym_profile_parse(&profile, "my.ini", sym_span_text(text), &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

static inline void forget(void)
{
    uint64_t stop_after = seen.stop_after;
    enum sym_err sink_err = seen.sink_err;
    memset(&seen, 0, sizeof seen);
    seen.stop_after = stop_after;
    seen.sink_err = sink_err;
    fault = (struct sym_fault){SYM_OK, ""};
}

static inline enum sym_err import_text(const char *csv, const char *rejects, unsigned threads)
{
    struct text_file file;
    forget();
    text_file_new(&file, sym_span_text(csv));
    const struct sym_import_source source = {
        .path = file.path, .profile = &profile, .rejects = rejects, .threads = threads};
    enum sym_err err = sym_import(&counts, &source, &calls, &fault);
    text_file_free(&file);
    assert_int_equal(err, fault.err);
    return err;
}

static inline void imports(const char *csv)
{
    if (import_text(csv, NULL, 2) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

static inline char *many_rows(void)
{
    char *text = malloc(MANY * 64);
    assert_non_null(text);
    size_t used = (size_t)snprintf(text, 64, "id,a\n");
    for (unsigned i = 0; i < MANY; i++) {
        used += (size_t)snprintf(text + used, 64, "%u,20-00-00:%08u\n", i, i);
    }
    return text;
}

#endif
