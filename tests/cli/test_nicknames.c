#include "cli/ingest/nicknames.h"
#include "crypto/secret.h"
#include "tests/cli/text_file.h"

#include <stdlib.h>
#include <string.h>

static struct sym_nicknames *own(const char *text)
{
    struct sym_nicknames *n = NULL;
    struct sym_fault fault;
    if (sym_nicknames_parse(&n, "my.txt", sym_span_text(text), &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
    return n;
}

static void stands_for(const struct sym_nicknames *n, const char *word, const char *want)
{
    struct sym_span got = sym_nicknames_find(n, sym_span_text(word));
    if (!sym_span_equal(got, sym_span_text(want))) {
        fail_msg("%s stands for %.*s", word, (int)got.len, (const char *)got.data);
    }
}

static void refuses(const char *text, enum sym_err err, const char *want)
{
    struct sym_nicknames *n = NULL;
    struct sym_fault fault = {SYM_OK, ""};
    assert_int_equal(sym_nicknames_parse(&n, "my.txt", sym_span_text(text), &fault), err);
    assert_null(n);
    if (strstr(fault.text, want) == NULL) {
        fail_msg("\"%s\" instead of \"%s\"", fault.text, want);
    }
}

static void the_built_in_table_names_each_form_once(void **state)
{
    (void)state;
    struct sym_nicknames *n = own("");
    stands_for(n, "bill", "william");
    stands_for(n, "william", "william");
    stands_for(n, "zak", "zachary");
    stands_for(n, "abbey", "abigail");
    stands_for(n, "", "");
    stands_for(n, "nobody", "nobody");
    stands_for(n, "averyveryverylongnamethatnobodyhasatall",
               "averyveryverylongnamethatnobodyhasatall");
    stands_for(NULL, "bill", "bill");
    sym_nicknames_free(n);
    /* As an own file it would be refused if it named one twice. */
    char text[65536] = "";
    for (size_t i = 0; sym_nicknames_builtin(i) != NULL; i++) {
        (void)strcat(strcat(text, sym_nicknames_builtin(i)), "\n");
        assert_in_range(strlen(text), 1, sizeof text - 1024);
    }
    sym_nicknames_free(own(text));
}

static void an_own_file_goes_before_the_table(void **state)
{
    (void)state;
    struct sym_nicknames *n = own("\xef\xbb\xbf# ours\r\n\r\n Wilhelm : BILL,  Willi # here\r\n"
                                  "\xc5\x81ukasz: lucas,Luke\r\nbarbara:B\xc3\xa4rbel");
    stands_for(n, "bill", "wilhelm");
    stands_for(n, "willi", "wilhelm");
    stands_for(n, "wilhelm", "wilhelm");
    stands_for(n, "billy", "william");
    stands_for(n, "luke", "lukasz");
    stands_for(n, "barbel", "barbara");
    stands_for(n, "babs", "barbara");
    sym_nicknames_free(n);
}

static void forms_follow_their_name_to_another(void **state)
{
    (void)state;
    struct sym_nicknames *n = own("bill: william");
    stands_for(n, "william", "bill");
    stands_for(n, "billy", "bill");
    stands_for(n, "bill", "bill");
    sym_nicknames_free(n);
}

static void repeating_oneself_is_no_fault(void **state)
{
    (void)state;
    struct sym_nicknames *n = own("mary: molly, molly, mary\nmary: polly, molly");
    stands_for(n, "molly", "mary");
    sym_nicknames_free(n);
}

static void refuses_lines_that_are_none(void **state)
{
    (void)state;
    refuses(
        "# x\nbill\n", SYM_BAD_FORMAT,
        "my.txt:2: \"bill\" is not followed by a colon and forms of it; write NAME: FORM, FORM");
    refuses("bill:\n", SYM_BAD_FORMAT, "my.txt:1: \"bill\" is not followed");
    refuses(": bill\n", SYM_BAD_VALUE, "my.txt:1: \"\" is no name; write one word");
    refuses("william: bill,,will\n", SYM_BAD_VALUE, "my.txt:1: \"\" is no name");
    refuses("william: bill,\nmary molly: polly\n", SYM_BAD_VALUE,
            "my.txt:2: \"mary molly\" is no name; write one word of 2 to 31 letters");
}

static void refuses_words_that_are_no_names(void **state)
{
    (void)state;
    refuses("w: bill\n", SYM_BAD_VALUE, "my.txt:1: \"w\" is no name");
    refuses("william: b1ll\n", SYM_BAD_VALUE, "\"b1ll\" is no name");
    refuses("william: abcdefghijklmnopqrstuvwxyzabcdef\n", SYM_BAD_VALUE, "is no name");
    refuses("william: \xc3\n", SYM_BAD_VALUE, "is no name");
    refuses("william: b\x1bll\n", SYM_BAD_VALUE, "is no name");
}

static void refuses_a_form_of_two_names(void **state)
{
    (void)state;
    refuses("william: bill\nwilhelm: bill\n", SYM_BAD_VALUE,
            "my.txt:2: \"bill\" stands for william already (line 1); leave one of them out");
    refuses("liam: william\nwilliam: bill\n", SYM_BAD_VALUE,
            "my.txt:2: \"william\" stands for liam already (line 1)");
}

static void refuses_too_many_and_too_much(void **state)
{
    (void)state;
    size_t room = SYM_NICKNAMES_FILE_BYTES_MAX + 2;
    char *text = malloc(room);
    struct sym_nicknames *n = NULL;
    struct sym_fault fault;
    memset(text, '\n', room);
    assert_int_equal(sym_nicknames_parse(&n, "my.txt", sym_span(text, room - 1), &fault),
                     SYM_TOO_LONG);
    assert_non_null(strstr(fault.text, "my.txt: is longer than 262144 bytes; leave out"));
    size_t used = 0;
    for (unsigned i = 0; i < SYM_NICKNAMES_MAX; i++) {
        used += (size_t)snprintf(
            text + used, room - used, "%s%c%c%c%c", i > 0 ? "," : "aa:", 'a' + (int)(i / 676 / 26),
            'a' + (int)(i / 676 % 26), 'a' + (int)(i / 26 % 26), 'a' + (int)(i % 26));
    }
    assert_int_equal(sym_nicknames_parse(&n, "my.txt", sym_span(text, used), &fault), SYM_LIMIT);
    assert_non_null(strstr(fault.text, "my.txt:1: there are more than 8192 forms"));
    assert_null(n);
    free(text);
}

static void loads_a_file_and_refuses_none(void **state)
{
    (void)state;
    struct text_file file;
    struct sym_nicknames *n = NULL;
    struct sym_fault fault;
    text_file_new(&file, sym_span_text("hans: hansi\n"));
    assert_int_equal(sym_nicknames_load(&n, file.path, &fault), SYM_OK);
    stands_for(n, "hansi", "hans");
    sym_nicknames_free(n);
    text_file_free(&file);
    assert_int_equal(sym_nicknames_load(&n, "/no/such/file", &fault), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "/no/such/file"));
}

static int setup(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_built_in_table_names_each_form_once),
        cmocka_unit_test(an_own_file_goes_before_the_table),
        cmocka_unit_test(forms_follow_their_name_to_another),
        cmocka_unit_test(repeating_oneself_is_no_fault),
        cmocka_unit_test(refuses_lines_that_are_none),
        cmocka_unit_test(refuses_words_that_are_no_names),
        cmocka_unit_test(refuses_a_form_of_two_names),
        cmocka_unit_test(refuses_too_many_and_too_much),
        cmocka_unit_test(loads_a_file_and_refuses_none),
    };
    return cmocka_run_group_tests_name("nicknames", tests, setup, NULL);
}
