#include "cli/ingest/import.h"
#include "crypto/secret.h"
#include "tests/cli/text_file.h"
#include "tests/support/scratch.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

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

static void append(char *text, size_t size, const char *format, ...) SYM_PRINTF(3, 4);

static void append(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text + used, size - used, format, args);
    va_end(args);
}

static enum sym_err take_batch(void *context, const struct sym_import_batch *b, struct sym_fault *f)
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

static void take_remark(void *context, const struct sym_import_remark *r)
{
    struct seen *s = context;
    append(s->remarks, sizeof s->remarks, "%" PRIu64 " %s%s|%s$", r->line,
           r->column != NULL ? r->column : "-", r->refused ? "" : "?", r->reason);
}

static bool take_progress(void *context, uint64_t done, uint64_t total,
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

static void use_profile(const char *text)
{
    if (sym_profile_parse(&profile, "my.ini", sym_span_text(text), &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

static void forget(void)
{
    uint64_t stop_after = seen.stop_after;
    enum sym_err sink_err = seen.sink_err;
    memset(&seen, 0, sizeof seen);
    seen.stop_after = stop_after;
    seen.sink_err = sink_err;
    fault = (struct sym_fault){SYM_OK, ""};
}

static enum sym_err import_text(const char *csv, const char *rejects, unsigned threads)
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

static void imports(const char *csv)
{
    if (import_text(csv, NULL, 2) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

static void assert_token(size_t at, enum sym_token_type type, const char *canonical)
{
    uint8_t want[SYM_DIGEST_BYTES];
    assert_int_equal(sym_token_digest(want, type, sym_span_text(canonical)), SYM_OK);
    assert_memory_equal(seen.digests[at], want, sizeof want);
}

#define ACCOUNTS "[profile]\nid = id\n[columns]\niban = iban\nbic = bic\n"
#define IBAN     "GB29NWBK60161331926819"

static void records_arrive_with_their_tokens(void **state)
{
    (void)state;
    use_profile(ACCOUNTS);
    imports("id,iban,bic\na," IBAN ",deutdeff\nb,,DEUTDEFF\nc," IBAN ",\n");
    assert_string_equal(seen.records, "a:iban,bic;b:bic;c:iban;");
    assert_token(0, SYM_TOKEN_IBAN, IBAN);
    assert_token(1, SYM_TOKEN_BIC, "DEUTDEFFXXX");
    assert_token(2, SYM_TOKEN_BIC, "DEUTDEFFXXX");
    assert_token(3, SYM_TOKEN_IBAN, IBAN);
    assert_int_equal(counts.rows, 3);
    assert_int_equal(counts.records, 3);
    assert_int_equal(counts.tokens, 4);
    assert_int_equal(counts.duplicate_tokens, 2);
    assert_int_equal(counts.tokens_by_type[SYM_TOKEN_BIC], 2);
    assert_int_equal(counts.rejected + counts.refused + counts.duplicate_rows, 0);
    assert_string_equal(seen.remarks, "");
}

static void unlike_spellings_become_one_token(void **state)
{
    (void)state;
    use_profile("[profile]\nid = id\nregion = GB\n[columns]\nv = phone\n");
    imports("id,v\n1,+442079460958\n2,020 7946 0958\n3,(020) 7946-0958\n4,0044 20 7946 0958\n"
            "5,tel:+44-20-7946-0958\n");
    assert_int_equal(counts.tokens - counts.duplicate_tokens, 1);
    use_profile("[profile]\nid = id\n[columns]\nv = iban\n");
    imports("id,v\n1," IBAN "\n2,gb29 nwbk 6016 1331 9268 19\n");
    assert_int_equal(counts.tokens - counts.duplicate_tokens, 1);
    use_profile("[profile]\nid = id\n[columns]\nv = email\n");
    imports("id,v\n1,John@Example.com\n2,JOHN@EXAMPLE.COM\n");
    assert_int_equal(counts.tokens - counts.duplicate_tokens, 1);
    use_profile("[profile]\nid = id\ndates = dmy\n[columns]\nv = name_dob\nd = name_dob.dob\n");
    imports("id,v,d\n1,José García,1980-02-03\n2,\"GARCIA, JOSE\",03/02/1980\n");
    assert_int_equal(counts.tokens, 2);
    assert_int_equal(counts.duplicate_tokens, 1);
}

static void a_value_that_is_refused_is_left_out_of_its_row(void **state)
{
    (void)state;
    use_profile(ACCOUNTS);
    imports("id,iban,bic\na,GB29NWBK60161331926818,DEUTDEFF\n");
    assert_string_equal(seen.records, "a:bic;");
    assert_string_equal(seen.remarks, "2 iban|iban: check digits do not match (mod 97 = 71)$");
    assert_int_equal(counts.records, 1);
    assert_int_equal(counts.refused, 1);
    assert_int_equal(counts.refused_by_type[SYM_TOKEN_IBAN], 1);
    assert_int_equal(counts.rejected, 0);
}

static void a_doubtful_value_is_kept_with_a_remark(void **state)
{
    (void)state;
    use_profile("[profile]\nid = id\n[columns]\nn = name_dob\nd = name_dob.dob\n");
    imports("id,n,d\na,Jane Doe,1980-01-01\nb,Jane Doe,1900-01-01\n");
    assert_string_equal(seen.records, "a:name_dob;");
    assert_string_equal(seen.remarks,
                        "2 n?|name_dob: born on 1 January: often only the year was known$"
                        "3 n|name_dob: the date of birth 1900-01-01 is a placeholder$");
    assert_int_equal(counts.doubtful, 1);
    assert_int_equal(counts.refused, 1);
    assert_int_equal(counts.rejected, 1);
}

static void rows_that_cannot_be_kept_are_rejected_with_a_reason(void **state)
{
    (void)state;
    char text[1024];
    char id[200];
    memset(id, 'i', sizeof id - 1);
    id[129] = '\0';
    (void)snprintf(text, sizeof text,
                   "id,iban,bic\n,%s,\na,,\nb,%s\nc,%s,,\nd,nonsense,nonsense\n%s,%s,\n"
                   "\"e\nf\",%s,\n  \t,%s,\ng,\u00a0,\u200b\n\n",
                   IBAN, IBAN, IBAN, id, IBAN, IBAN, IBAN);
    use_profile(ACCOUNTS);
    imports(text);
    assert_string_equal(seen.records, "");
    assert_int_equal(seen.n_batches, 0);
    assert_string_equal(seen.remarks,
                        "2 id|the row has no id$"
                        "3 -|none of the mapped columns has a value$"
                        "4 -|the row has 2 of 3 columns$"
                        "5 -|the row has 4 of 3 columns$"
                        "6 iban|iban: does not start with two letters and two check digits$"
                        "6 bic|bic: characters 5 and 6 of the BIC are no country code$"
                        "7 id|the id is longer than 128 bytes$"
                        "8 id|the id holds a line end or an invisible character$"
                        "10 id|the row has no id$"
                        "11 -|none of the mapped columns has a value$");
    assert_int_equal(counts.rows, 9);
    assert_int_equal(counts.rejected, 9);
    assert_int_equal(counts.refused, 2);
}

static void an_id_of_the_longest_length_is_kept(void **state)
{
    (void)state;
    char text[512];
    char id[SYM_RECORD_ID_BYTES_MAX + 1] = "";
    memset(id, 'i', sizeof id - 1);
    (void)snprintf(text, sizeof text, "id,iban,bic\n %s ," IBAN ",\n", id);
    use_profile(ACCOUNTS);
    imports(text);
    assert_int_equal(counts.records, 1);
    assert_int_equal(strncmp(seen.records, id, sizeof id - 1), 0);
}

static void repeated_rows_are_dropped_and_counted(void **state)
{
    (void)state;
    use_profile(ACCOUNTS);
    imports("id,iban,bic\na," IBAN ",\na,GB29 NWBK 6016 1331 9268 19,\nb," IBAN ",\n"
            "a," IBAN ",DEUTDEFF\na,,DEUTDEFF\na," IBAN ",\n");
    assert_string_equal(seen.records, "a:iban;b:iban;a:iban,bic;a:bic;");
    assert_int_equal(counts.rows, 6);
    assert_int_equal(counts.records, 4);
    assert_int_equal(counts.duplicate_rows, 2);
    assert_int_equal(counts.tokens, 5);
    assert_int_equal(counts.duplicate_tokens, 3);
}

static void one_value_in_two_columns_of_a_row_is_one_token(void **state)
{
    (void)state;
    use_profile("[profile]\nid = id\n[columns]\na = iban\nb = iban\nc = bic\n");
    imports("id,a,b,c\nx," IBAN "," IBAN ",DEUTDEFF\n");
    assert_string_equal(seen.records, "x:iban,bic;");
    assert_int_equal(counts.duplicate_tokens, 0);
}

static void names_in_several_columns_are_joined(void **state)
{
    (void)state;
    use_profile("[profile]\nid = id\n[columns]\ng = name_dob\ns = name_dob\nd = name_dob.dob\n");
    imports("id,g,s,d\n1,Jane,Doe,1980-02-03\n2,,Doe Jane,1980-02-03\n3,,,1980-02-03\n");
    assert_token(0, SYM_TOKEN_NAME_DOB, "doe jane:1980-02-03");
    assert_token(1, SYM_TOKEN_NAME_DOB, "doe jane:1980-02-03");
    assert_string_equal(seen.remarks, "4 -|none of the mapped columns has a value$");
}

static void second_parts_come_from_a_column_or_from_the_profile(void **state)
{
    (void)state;
    use_profile("[profile]\nid = id\nbank = 20-00-00\n[columns]\na = account\n");
    imports("id,a\n1,0042\n");
    assert_token(0, SYM_TOKEN_ACCOUNT, "200000:0042");
    use_profile("[profile]\nid = id\nbank = 20-00-00\n[columns]\na = account\nb = account.bank\n");
    imports("id,a,b\n1,0042,30-00-00\n2,0042,\n");
    assert_token(0, SYM_TOKEN_ACCOUNT, "300000:0042");
    assert_token(1, SYM_TOKEN_ACCOUNT, "200000:0042");
    use_profile("[profile]\nid = id\n[columns]\na = account\nb = account.bank\n");
    imports("id,a,b\n1,0042,30-00-00\n2,0042,\n");
    assert_non_null(strstr(seen.remarks, "3 a|account: the bank is missing"));
}

static void an_empty_table_is_no_fault(void **state)
{
    (void)state;
    use_profile(ACCOUNTS);
    imports("id,iban,bic");
    assert_int_equal(counts.rows, 0);
    assert_int_equal(seen.n_batches, 0);
}

#define MANY 5000u

static char *many_rows(void)
{
    char *text = malloc(MANY * 64);
    assert_non_null(text);
    size_t used = (size_t)snprintf(text, 64, "id,a\n");
    for (unsigned i = 0; i < MANY; i++) {
        used += (size_t)snprintf(text + used, 64, "%u,20-00-00:%08u\n", i, i);
    }
    return text;
}

static void the_order_of_the_file_is_kept_whatever_the_threads(void **state)
{
    (void)state;
    static const unsigned threads[] = {1, 2, 7, 16, 99};
    char *text = many_rows();
    uint8_t first[SYM_DIGEST_BYTES] = {0};
    use_profile("[profile]\nid = id\n[columns]\na = account\n");
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        assert_int_equal(import_text(text, NULL, threads[t]), SYM_OK);
        assert_int_equal(seen.n_records, MANY);
        assert_true(seen.n_batches >= MANY / SYM_IMPORT_BATCH_RECORDS);
        assert_int_equal(strncmp(seen.records, "0:account;1:account;2:account;", 30), 0);
        if (t == 0) {
            memcpy(first, seen.all, sizeof first);
        }
        assert_memory_equal(seen.all, first, sizeof first);
    }
    free(text);
}

static void progress_reaches_the_length_of_the_file(void **state)
{
    (void)state;
    char *text = many_rows();
    use_profile("[profile]\nid = id\n[columns]\na = account\n");
    imports(text);
    assert_true(seen.n_progress >= MANY / SYM_IMPORT_BATCH_RECORDS);
    assert_int_equal(seen.total, strlen(text));
    assert_int_equal(seen.last_done, strlen(text));
    free(text);
}

static void a_dry_run_counts_the_same(void **state)
{
    (void)state;
    struct text_file file;
    struct sym_import_counts dry;
    const struct sym_import_calls none = {.context = NULL};
    const char *csv = "id,iban,bic\na," IBAN ",x\na," IBAN ",\na," IBAN ",\nb,,\n";
    use_profile(ACCOUNTS);
    imports(csv);
    text_file_new(&file, sym_span_text(csv));
    const struct sym_import_source source = {.path = file.path, .profile = &profile};
    assert_int_equal(sym_import(&dry, &source, &none, NULL), SYM_OK);
    assert_memory_equal(&dry, &counts, sizeof dry);
    text_file_free(&file);
}

/* Rejects ------------------------------------------------------------------------------------ */

static void rejected_rows_are_saved_as_they_were_with_their_reasons(void **state)
{
    struct scratch *s = *state;
    char path[PATH_MAX];
    char text[2048] = "";
    struct stat st;
    scratch_join(path, s->path, "saved.csv");
    use_profile(ACCOUNTS);
    assert_int_equal(import_text("id,iban,bic\na,wrong,\"x,\"\"\ny\"\nb," IBAN ",wrong\nc," IBAN
                                 ",\nd\n",
                                 path, 2),
                     SYM_OK);
    assert_true(scratch_read(s->path, "saved.csv", text, sizeof text - 1) > 0);
    assert_string_equal(
        text,
        "\"symbolon_line\",\"symbolon_kept\",\"symbolon_reason\",\"id\",\"iban\",\"bic\"\n"
        "\"2\",\"no\",\"iban: does not start with two letters and two check digits; "
        "bic: character 2 of the BIC is neither a letter A-Z nor a digit\","
        "\"a\",\"wrong\",\"x,\"\"\ny\"\n"
        "\"4\",\"yes\",\"bic: a BIC has 8 or 11 characters, not 5\",\"b\",\"" IBAN "\",\"wrong\"\n"
        "\"6\",\"no\",\"the row has 1 of 3 columns\",\"d\"\n");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_reason_names_the_column_once(void **state)
{
    struct scratch *s = *state;
    char path[PATH_MAX];
    char text[2048] = "";
    scratch_join(path, s->path, "named.csv");
    use_profile("[profile]\nid = id\n[columns]\nIBAN = iban\nib = bic\n");
    assert_int_equal(import_text("id,IBAN,ib\na,wrong,no\n", path, 1), SYM_OK);
    assert_true(scratch_read(s->path, "named.csv", text, sizeof text - 1) > 0);
    assert_non_null(strstr(text, "\"iban: does not start with two letters and two check digits; "
                                 "ib: bic: a BIC has 8 or 11 characters, not 2\""));
}

static void what_was_saved_can_be_mended_and_imported(void **state)
{
    (void)state;
    use_profile(ACCOUNTS);
    imports("\"symbolon_line\",\"symbolon_kept\",\"symbolon_reason\",\"id\",\"iban\",\"bic\"\n"
            "\"2\",\"no\",\"…\",\"a\",\"" IBAN "\",\"\"\n");
    assert_string_equal(seen.records, "a:iban;");
}

static void a_file_that_exists_is_not_overwritten_with_rejects(void **state)
{
    struct scratch *s = *state;
    char path[PATH_MAX];
    scratch_write(s->path, "mine.csv", 0644, sym_span_text("mine"));
    scratch_join(path, s->path, "mine.csv");
    use_profile(ACCOUNTS);
    assert_int_equal(import_text("id,iban,bic\na,wrong,\n", path, 1), SYM_EXISTS);
    assert_non_null(strstr(fault.text, "mine.csv: exists already"));
    assert_true(scratch_has(s->path, "mine.csv"));
}

static void a_failed_import_leaves_no_rejects(void **state)
{
    struct scratch *s = *state;
    char path[PATH_MAX];
    scratch_join(path, s->path, "failed.csv");
    use_profile(ACCOUNTS);
    assert_int_equal(import_text("id,iban,bic\na,wrong,\nb,\"x\n", path, 1), SYM_BAD_FORMAT);
    assert_false(scratch_has(s->path, "failed.csv"));
}

/* A limit on the size of files stands in for a full disk. */
static void rejects_that_cannot_be_written_end_the_import(void **state)
{
    struct scratch *s = *state;
    char path[PATH_MAX];
    struct rlimit old;
    struct text_file file;
    char *text = many_rows();
    scratch_join(path, s->path, "lost.csv");
    use_profile("[profile]\nid = id\n[columns]\na = iban\n");
    forget();
    text_file_new(&file, sym_span_text(text));
    const struct sym_import_source source = {
        .path = file.path, .profile = &profile, .rejects = path};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    const struct rlimit small = {.rlim_cur = 8192, .rlim_max = old.rlim_max};
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum sym_err err = sym_import(&counts, &source, &calls, &fault);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, before);
    assert_int_equal(err, SYM_IO);
    assert_non_null(strstr(fault.text, "lost.csv: "));
    assert_false(scratch_has(s->path, "lost.csv"));
    text_file_free(&file);
    free(text);
}

/* Faults ------------------------------------------------------------------------------------- */

static void refuses_a_file_that_was_cut_off(void **state)
{
    (void)state;
    use_profile(ACCOUNTS);
    assert_int_equal(import_text("id,iban,bic\na," IBAN ",\nb,GB29", NULL, 2), SYM_BAD_FORMAT);
    assert_non_null(strstr(fault.text, ":3: the file ends in the middle of this row"));
    assert_int_equal(import_text("id,iban,bic\na," IBAN ",\nb," IBAN ",", NULL, 2), SYM_OK);
}

static void a_fault_far_down_names_its_line(void **state)
{
    (void)state;
    char *text = many_rows();
    memcpy(strstr(text, "\n4711,") + 1, "47\"1,", 5);
    use_profile("[profile]\nid = id\n[columns]\na = account\n");
    assert_int_equal(import_text(text, NULL, 2), SYM_BAD_FORMAT);
    assert_non_null(strstr(fault.text, ":4713: a quotation mark inside a field"));
    free(text);
}

static void an_answer_of_the_sink_ends_the_import(void **state)
{
    (void)state;
    char *text = many_rows();
    use_profile("[profile]\nid = id\n[columns]\na = account\n");
    seen.sink_err = SYM_UNREACHABLE;
    assert_int_equal(import_text(text, NULL, 2), SYM_UNREACHABLE);
    assert_string_equal(fault.text, "the sink is full");
    assert_int_equal(seen.n_batches, 1);
    seen.sink_err = SYM_OK;
    free(text);
}

static void progress_can_cancel(void **state)
{
    (void)state;
    char *text = many_rows();
    use_profile("[profile]\nid = id\n[columns]\na = account\n");
    seen.stop_after = 2;
    assert_int_equal(import_text(text, NULL, 2), SYM_CANCELLED);
    assert_non_null(strstr(fault.text, "the import was cancelled"));
    assert_int_equal(seen.n_batches, 2);
    seen.stop_after = 0;
    free(text);
}

static void refuses_files_and_columns_that_are_not_there(void **state)
{
    (void)state;
    const struct sym_import_source source = {.path = "/nowhere/x.csv", .profile = &profile};
    use_profile(ACCOUNTS);
    assert_int_equal(sym_import(&counts, &source, &calls, &fault), SYM_NOT_FOUND);
    assert_int_equal(import_text("", NULL, 1), SYM_BAD_FORMAT);
    assert_int_equal(import_text("id,name\n", NULL, 1), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "has no column \"iban\""));
}

static void refuses_a_region_that_does_not_exist(void **state)
{
    (void)state;
    use_profile("[profile]\nid = id\nregion = XX\n[columns]\nv = phone\n");
    assert_int_equal(import_text("id,v\n1,020 7946 0958\n", NULL, 2), SYM_BAD_VALUE);
    assert_non_null(strstr(fault.text, "region: \"XX\""));
}

/* Real data ------------------------------------------------------------------------------------ */

/* IBM AMLSim: accounts are whole numbers, so each bank gets a sort code of its own. */
static void accounts_of_amlsim_are_imported(void **state)
{
    (void)state;
    uint8_t bank_a[SYM_DIGEST_BYTES];
    const struct sym_import_source source = {.path = "tests/data/amlsim-accounts.csv",
                                             .profile = &profile};
    use_profile("[profile]\nid = ACCOUNT_ID\nbank = 20-00-01\n[columns]\nACCOUNT_ID = account\n");
    forget();
    assert_int_equal(sym_import(&counts, &source, &calls, &fault), SYM_OK);
    assert_int_equal(counts.rows, 4000);
    assert_int_equal(counts.records, 4000);
    assert_int_equal(counts.duplicate_tokens, 0);
    assert_token(0, SYM_TOKEN_ACCOUNT, "200001:0");
    memcpy(bank_a, seen.all, sizeof bank_a);
    use_profile("[profile]\nid = ACCOUNT_ID\nbank = 20-00-02\n[columns]\nACCOUNT_ID = account\n");
    forget();
    assert_int_equal(sym_import(&counts, &source, &calls, &fault), SYM_OK);
    assert_memory_not_equal(bank_a, seen.all, sizeof bank_a);
}

static int setup(void **state)
{
    static struct scratch s;
    *state = &s;
    scratch_new(&s);
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

static int teardown(void **state)
{
    scratch_remove(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_arrive_with_their_tokens),
        cmocka_unit_test(unlike_spellings_become_one_token),
        cmocka_unit_test(a_value_that_is_refused_is_left_out_of_its_row),
        cmocka_unit_test(a_doubtful_value_is_kept_with_a_remark),
        cmocka_unit_test(rows_that_cannot_be_kept_are_rejected_with_a_reason),
        cmocka_unit_test(an_id_of_the_longest_length_is_kept),
        cmocka_unit_test(repeated_rows_are_dropped_and_counted),
        cmocka_unit_test(one_value_in_two_columns_of_a_row_is_one_token),
        cmocka_unit_test(names_in_several_columns_are_joined),
        cmocka_unit_test(second_parts_come_from_a_column_or_from_the_profile),
        cmocka_unit_test(an_empty_table_is_no_fault),
        cmocka_unit_test(the_order_of_the_file_is_kept_whatever_the_threads),
        cmocka_unit_test(progress_reaches_the_length_of_the_file),
        cmocka_unit_test(a_dry_run_counts_the_same),
        cmocka_unit_test(rejected_rows_are_saved_as_they_were_with_their_reasons),
        cmocka_unit_test(a_reason_names_the_column_once),
        cmocka_unit_test(what_was_saved_can_be_mended_and_imported),
        cmocka_unit_test(a_file_that_exists_is_not_overwritten_with_rejects),
        cmocka_unit_test(a_failed_import_leaves_no_rejects),
        cmocka_unit_test(rejects_that_cannot_be_written_end_the_import),
        cmocka_unit_test(refuses_a_file_that_was_cut_off),
        cmocka_unit_test(a_fault_far_down_names_its_line),
        cmocka_unit_test(an_answer_of_the_sink_ends_the_import),
        cmocka_unit_test(progress_can_cancel),
        cmocka_unit_test(refuses_files_and_columns_that_are_not_there),
        cmocka_unit_test(refuses_a_region_that_does_not_exist),
        cmocka_unit_test(accounts_of_amlsim_are_imported),
    };
    return cmocka_run_group_tests_name("import", tests, setup, teardown);
}
