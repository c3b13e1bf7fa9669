/* What an import makes of the rows of a table: records with their tokens, and counts. */
#include "crypto/secret.h"
#include "tests/cli/import_seen.h"

static void assert_token(size_t at, enum sym_token_type type, const char *canonical)
{
    uint8_t want[SYM_DIGEST_BYTES];
    assert_int_equal(sym_token_digest(want, type, sym_span_text(canonical)), SYM_OK);
    assert_memory_equal(seen.digests[at], want, sizeof want);
}

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
        cmocka_unit_test(accounts_of_amlsim_are_imported),
    };
    return sym_crypto_init() == SYM_OK ? cmocka_run_group_tests_name("import", tests, NULL, NULL)
                                       : 1;
}
