#include "cli/ingest/profile.h"
#include "crypto/secret.h"
#include "tests/cli/text_file.h"

#include <stdlib.h>
#include <string.h>

static struct sym_profile profile; /* large */

static void parse(const char *text)
{
    struct sym_fault fault;
    if (sym_profile_parse(&profile, "my.ini", sym_span_text(text), &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

static void assert_refused_bytes(struct sym_span text, const char *why)
{
    struct sym_fault fault = {SYM_OK, ""};
    struct sym_profile untouched = {.n_columns = 77};
    enum sym_err err = sym_profile_parse(&untouched, "my.ini", text, &fault);
    if (err == SYM_OK || strstr(fault.text, why) == NULL) {
        fail_msg("%s: \"%s\" instead of \"%s\"", sym_err_name(err), fault.text, why);
    }
    assert_int_equal(fault.err, err);
    assert_int_equal(strncmp(fault.text, "my.ini:", 7), 0);
    assert_int_equal(untouched.n_columns, 77);
}

static void assert_refused(const char *text, const char *why)
{
    assert_refused_bytes(sym_span_text(text), why);
}

#define HEAD "[profile]\nid = id\n[columns]\n"

static void reads_every_key(void **state)
{
    (void)state;
    parse("; a comment\n# another\n\n[profile]\nname = customers of 2024\nkind = identifiers\n"
          "id = customer_no\nregion = GB\nbank = 20-00-00\nissuer = GB\nplatform = x\ndates = dmy\n"
          "delimiter = semicolon\ncolumns = optional\nphones = possible\nemails = provider\n"
          "urls = without-tracking\n[columns]\nIBAN = iban ; the main account\n");
    assert_string_equal(profile.name, "customers of 2024");
    assert_string_equal(profile.id, "customer_no");
    assert_string_equal(profile.rules.region, "GB");
    assert_string_equal(profile.bank, "20-00-00");
    assert_string_equal(profile.issuer, "GB");
    assert_string_equal(profile.platform, "x");
    assert_int_equal(profile.rules.dates, SYM_DATES_DMY);
    assert_int_equal(profile.delimiter, ';');
    assert_true(profile.optional && profile.rules.phones_possible);
    assert_true(profile.rules.email_providers && profile.rules.url_drop_tracking);
    assert_int_equal(profile.n_columns, 1);
    assert_string_equal(profile.columns[0].title, "IBAN");
    assert_int_equal(profile.columns[0].type, SYM_TOKEN_IBAN);
    assert_int_equal(profile.columns[0].line, 19);
}

static void says_nothing_means_the_strict_default(void **state)
{
    (void)state;
    parse("\xef\xbb\xbf[profile]\r\nid=id\r\n[columns]\r\n  Born on : name_dob.dob\r\nName: "
          "name_dob");
    assert_int_equal(profile.rules.dates, SYM_DATES_ISO);
    assert_int_equal(profile.delimiter, ',');
    assert_false(profile.optional || profile.rules.phones_possible);
    assert_false(profile.rules.email_providers || profile.rules.url_drop_tracking);
    assert_int_equal(profile.n_columns, 2);
    assert_string_equal(profile.columns[0].title, "Born on");
    assert_true(profile.columns[0].second);
    assert_false(profile.columns[1].second);
}

static void the_built_in_profiles_are_profiles(void **state)
{
    (void)state;
    const char *text = NULL;
    struct sym_fault fault;
    assert_string_equal(sym_profile_builtin(&text, 0), "accounts");
    assert_string_equal(sym_profile_builtin(&text, 1), "persons");
    assert_string_equal(sym_profile_builtin(&text, 2), "person-keys");
    assert_string_equal(sym_profile_builtin(&text, 3), "htcds");
    assert_string_equal(sym_profile_builtin(&text, 6), "aggregates");
    assert_null(sym_profile_builtin(&text, 7));
    for (size_t i = 0; i < 3; i++) {
        const char *name = sym_profile_builtin(&text, i);
        assert_int_equal(sym_profile_load(&profile, name, &fault), SYM_OK);
        assert_string_equal(profile.name, name);
        assert_true(profile.optional);
    }
}

static void loads_a_profile_from_a_file(void **state)
{
    (void)state;
    struct text_file file;
    struct sym_fault fault;
    text_file_new(&file, sym_span_text(HEAD "iban = iban\n"));
    assert_int_equal(sym_profile_load(&profile, file.path, &fault), SYM_OK);
    assert_string_equal(profile.source, file.path);
    text_file_free(&file);
}

static void refuses_a_profile_that_is_not_there_or_too_large(void **state)
{
    (void)state;
    struct sym_fault fault;
    struct text_file file;
    char *text = malloc(SYM_PROFILE_BYTES_MAX + 1);
    assert_non_null(text);
    memset(text, '\n', SYM_PROFILE_BYTES_MAX + 1);
    assert_int_equal(sym_profile_load(&profile, "acounts", &fault), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "built in are accounts, persons, "));
    text_file_new(&file, sym_span(text, SYM_PROFILE_BYTES_MAX + 1));
    assert_int_equal(sym_profile_load(&profile, file.path, &fault), SYM_TOO_LONG);
    text_file_free(&file);
    assert_refused_bytes(sym_span(text, SYM_PROFILE_BYTES_MAX + 1), "longer than 65536 bytes");
    free(text);
}

static void refuses_keys_and_sections_that_do_not_exist(void **state)
{
    (void)state;
    assert_refused("[profile]\nid = id\nregoin = GB\n",
                   "my.ini:3: [profile] has no key \"regoin\"; "
                   "did you mean region?");
    assert_refused("[profile]\nfoo = 1\n", "my.ini:2: [profile] has no key \"foo\"; "
                                           "symbolon-profile(5)");
    assert_refused("[profiles]\nid = id\n", "my.ini:2: the only sections are");
    assert_refused("id = id\n", "my.ini:1: the only sections are [profile] and [columns]; "
                                "this line stands before any of them");
    assert_refused("[profile]\nid = id\nid = id\n", "my.ini:3: id was given before");
}

static void refuses_lines_that_are_none(void **state)
{
    (void)state;
    assert_refused("[profile]\nid = id\nnothing\n", "my.ini:3: is neither a [section] nor");
    assert_refused("[profile\nid = id\n", "my.ini:1: is neither a [section] nor");
    assert_refused("[profile]\nid = id\n[columns]\n= iban\n", "my.ini:4: the name of the column");
    assert_refused("[profile]\nid =\n", "my.ini:2: id takes 1 to 197 bytes");
    /* inih would take an indented line for more of the one before. */
    assert_refused("[profile]\nid = id\n   more\n", "my.ini:3: is neither a [section] nor");
    assert_refused("", "my.ini:0: [profile] does not say");
}

/* inih would cut them into two. */
static void refuses_lines_that_inih_would_cut(void **state)
{
    (void)state;
    char text[512];
    const char *head = HEAD;
    size_t used = strlen(head);
    memcpy(text, head, used);
    memset(text + used, 'x', 300);
    memcpy(text + used + 300, "= iban\n", 8);
    assert_refused(text, "my.ini:4: the line is longer than 197 bytes");
    memcpy(text + used + SYM_PROFILE_LINE_BYTES_MAX - 6, "= iban\n", 8);
    parse(text);
    assert_int_equal(strlen(profile.columns[0].title), SYM_PROFILE_LINE_BYTES_MAX - 6);
    memcpy(text + used + SYM_PROFILE_LINE_BYTES_MAX - 5, "= iban\n", 8);
    assert_refused(text, "my.ini:4: the line is longer than 197 bytes");
}

static void refuses_bytes_that_are_no_text(void **state)
{
    (void)state;
    static const char nul[] = "[profile]\nid = i\0d\n";
    assert_refused("[profile]\nid = J\xe9\n", "my.ini:2: is not UTF-8");
    assert_refused_bytes(sym_span(nul, sizeof nul - 1), "my.ini:2: holds a control character");
    assert_refused("[profile]\nid = \x1b[31m\n", "my.ini:2: holds a control character");
}

/* They pass as text, and would turn around what stands behind them. */
static void faults_show_harmful_characters_harmless(void **state)
{
    (void)state;
    struct sym_fault fault;
    assert_refused("[profile]\nre\u202egion = GB\n", "no key \"re\\u{202e}gion\"");
    assert_refused(HEAD "a = ib\u202ean\n", "no identifier type \"ib\\u{202e}an\"");
    assert_int_equal(sym_profile_load(&profile, "/nowhere\x1b[31m", &fault), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "/nowhere\\x1b[31m: there is no such file"));
    assert_int_equal(sym_profile_parse(&profile, "x\x1b.ini", sym_span_text("x"), &fault),
                     SYM_BAD_FORMAT);
    assert_non_null(strstr(fault.text, "x\\x1b.ini:1: is neither"));
}

static void refuses_values_that_a_key_does_not_know(void **state)
{
    (void)state;
    assert_refused("[profile]\nkind = incident\n",
                   "my.ini:2: kind has to be identifiers or incidents or aggregates");
    assert_refused("[profile]\ndates = american\n", "my.ini:2: dates has to be iso or dmy or mdy");
    assert_refused("[profile]\ndelimiter = ,\n", "delimiter has to be comma or semicolon or tab");
    assert_refused("[profile]\nregion = gb\n", "my.ini:2: region has to be two capital letters");
    assert_refused("[profile]\nregion = GBR\n", "region has to be two capital letters");
    assert_refused("[profile]\nregion =\n", "region has to be two capital letters");
    assert_refused(
        "[profile]\nname = 1234567890123456789012345678901234567890123456789012345678901234",
        "name takes 1 to 63 bytes");
}

static void refuses_types_and_parts_that_do_not_exist(void **state)
{
    (void)state;
    assert_refused(HEAD "a = ibann\n",
                   "my.ini:4: there is no identifier type \"ibann\"; there are: "
                   "iban, account, bic");
    assert_refused(HEAD "a = IBAN\n", "there is no identifier type");
    assert_refused(HEAD "a =\n", "there is no identifier type \"\"");
    assert_refused(HEAD "a = iban.bank\n", "my.ini:4: iban has no parts");
    assert_refused(HEAD "a = account.issuer\n", "the second part of account is account.bank");
    assert_refused(HEAD "a = name_dob.\n", "the second part of name_dob is name_dob.dob");
    assert_refused(HEAD "a = iban/0\n", "behind / stands one digit from 1 to 9");
    assert_refused(HEAD "a = iban/\n", "behind / stands one digit");
    assert_refused(HEAD "a = iban/12\n", "behind / stands one digit");
    assert_refused(HEAD "a = name_dob/2x.dob\n", "behind / stands one digit");
    assert_refused(HEAD "a = name_dob.dob/2\n", "the second part of name_dob is");
}

static void refuses_parts_without_their_other_half(void **state)
{
    (void)state;
    assert_refused(HEAD "a = name_dob\n",
                   "my.ini:4: name_dob needs a column that is mapped to name_dob.dob");
    assert_refused(HEAD "a = passport\n", "passport.issuer, or issuer = in [profile]");
    assert_refused(HEAD "a = iban\nb = plate\n", "my.ini:5: plate needs a column");
    assert_refused(HEAD "a = account.bank\n",
                   "my.ini:4: account.bank is mapped, but no column to account itself");
    parse("[profile]\nid = id\nissuer = GB\n[columns]\na = passport\n");
    parse(HEAD "a = account\n"); /* "bank:number" in one column */
}

static void refuses_the_same_line_twice(void **state)
{
    (void)state;
    assert_refused(HEAD "a = iban\na = iban\n", "my.ini:5: line 4 says so already");
    assert_refused(HEAD "n = name_dob\na = name_dob.dob\nb = name_dob.dob\n",
                   "my.ini:6: line 5 says so already; write name_dob/2 for another one");
    parse(HEAD "a = phone\nb = phone\na = iban\n");
}

static void refuses_a_profile_without_id_or_columns(void **state)
{
    (void)state;
    assert_refused("[columns]\na = iban\n", "does not say which column holds your own id");
    assert_refused("[profile]\nid = id\n[columns]\n", "maps no column to an identifier");
}

static void refuses_more_columns_than_there_may_be(void **state)
{
    (void)state;
    char text[4096] = HEAD;
    for (unsigned i = 0; i <= SYM_PROFILE_COLUMNS_MAX; i++) {
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, "c%u = phone\n", i);
    }
    assert_refused(text, "my.ini:68: more than 64 columns");
}

/* The manual ------------------------------------------------------------------------------- */

static char *read_manual(void)
{
    static char text[65536];
    FILE *from = fopen("cli/man/symbolon-profile.5", "r");
    assert_non_null(from);
    text[fread(text, 1, sizeof text - 1, from)] = '\0';
    (void)fclose(from);
    return text;
}

static void the_examples_of_the_manual_are_profiles(void **state)
{
    (void)state;
    size_t examples = 0;
    static const char begin[] = ".Bd -literal -offset indent\n";
    for (char *at = read_manual(); (at = strstr(at, begin)) != NULL; examples++) {
        at += sizeof begin - 1;
        char *end = strstr(at, ".Ed\n");
        assert_non_null(end);
        *end = '\0';
        parse(at);
        assert_true(profile.n_columns + profile.fields.n > 0);
        at = end + 1;
    }
    assert_int_equal(examples, 4);
}

static void the_manual_has_every_type_and_part(void **state)
{
    (void)state;
    const char *manual = read_manual();
    for (enum sym_token_type t = SYM_TOKEN_NONE + 1; t < SYM_TOKEN_TYPE_COUNT; t++) {
        char item[96];
        const char *name = sym_token_type_name(t);
        const char *part = sym_canon_part(t);
        (void)snprintf(item, sizeof item, part != NULL ? "\n.It Sy %s , %s.%s\n" : "\n.It Sy %s\n",
                       name, name, part);
        if (strstr(manual, item) == NULL) {
            fail_msg("the manual lacks%s", item);
        }
    }
}

/* Binding ---------------------------------------------------------------------------------- */

#define TITLES_MAX 32

struct titles {
    struct sym_span at[TITLES_MAX];
    size_t n;
};

/* Titles with commas between them. */
static struct titles titles(const char *text)
{
    struct titles t = {.n = 0};
    while (text != NULL && t.n < TITLES_MAX) {
        const char *comma = strchr(text, ',');
        size_t len = comma != NULL ? (size_t)(comma - text) : strlen(text);
        t.at[t.n++] = sym_span(text, len);
        text = comma != NULL ? comma + 1 : NULL;
    }
    return t;
}

static struct sym_binding bind(const char *list)
{
    struct sym_binding b = {.n = 0};
    struct sym_fault fault;
    struct titles t = titles(list);
    if (sym_profile_bind(&b, &profile, t.at, t.n, "x.csv", &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
    assert_int_equal(b.n_columns, t.n);
    return b;
}

static void assert_unbound(const char *list, enum sym_err err, const char *why)
{
    struct sym_binding b = {.n = 77};
    struct sym_fault fault = {SYM_OK, ""};
    struct titles t = titles(list);
    enum sym_err got = sym_profile_bind(&b, &profile, t.at, t.n, "x.csv", &fault);
    if (got != err || strstr(fault.text, why) == NULL) {
        fail_msg("%s: \"%s\" instead of \"%s\"", sym_err_name(got), fault.text, why);
    }
    assert_int_equal(b.n, 77);
}

static void columns_are_found_by_name_in_any_place(void **state)
{
    (void)state;
    parse("[profile]\nid = no\nregion = GB\n[columns]\nIBAN = iban\nMobile = phone\n");
    struct sym_binding b = bind("Mobile,other,no,IBAN");
    assert_int_equal(b.id, 2);
    assert_int_equal(b.n, 2);
    assert_int_equal(b.identifiers[0].type, SYM_TOKEN_IBAN);
    assert_int_equal(b.identifiers[0].values[0], 3);
    assert_int_equal(b.identifiers[1].type, SYM_TOKEN_PHONE);
    assert_int_equal(b.identifiers[1].values[0], 0);
    assert_int_equal(b.identifiers[1].second, SYM_BOUND_NONE);
}

static void spaces_around_titles_and_their_case_do_not_matter(void **state)
{
    (void)state;
    parse(HEAD "IBAN = iban\n");
    assert_int_equal(bind("ID , iban").identifiers[0].values[0], 1);
    assert_int_equal(bind("id,iban,IBAN").identifiers[0].values[0], 2); /* exactly goes first */
}

/* A title that looks like the one of the profile is it. */
static void titles_are_one_however_their_accents_and_blanks_are_written(void **state)
{
    (void)state;
    parse("[profile]\nid = Nu\u0301mero\n[columns]\nPrénom IBAN = iban\n");
    struct sym_binding b = bind("\u00a0Número,Pre\u0301nom IBAN\u00a0");
    assert_int_equal(b.id, 0);
    assert_int_equal(b.identifiers[0].values[0], 1);
    assert_unbound("Numero,Prénom IBAN", SYM_NOT_FOUND, "has no column");
}

static void columns_may_be_named_by_number(void **state)
{
    (void)state;
    parse("[profile]\nid = @2\n[columns]\n@1 = iban\n");
    struct sym_binding b = bind("a=b:c,d");
    assert_int_equal(b.id, 1);
    assert_int_equal(b.identifiers[0].values[0], 0);
    assert_unbound("a", SYM_NOT_FOUND, "has no column \"@2\"");
    parse("[profile]\nid = @x\n[columns]\n@0 = iban\n");
    assert_int_equal(bind("@x,@0").id, 0);
}

static void second_parts_belong_to_their_group_or_to_the_first(void **state)
{
    (void)state;
    parse(HEAD "n = name_dob\nb = name_dob.dob\nalias = name_dob/2\nn3 = name_dob/3\n"
               "b3 = name_dob/3.dob\n");
    struct sym_binding b = bind("id,n,b,alias,n3,b3");
    assert_int_equal(b.n, 3);
    assert_int_equal(b.identifiers[0].second, 2);
    assert_int_equal(b.identifiers[1].values[0], 3);
    assert_int_equal(b.identifiers[1].second, 2);
    assert_int_equal(b.identifiers[2].second, 5);
}

static void a_name_may_be_in_several_columns(void **state)
{
    (void)state;
    parse(HEAD "given = name_dob\nsurname = name_dob\nborn = name_dob.dob\n");
    struct sym_binding b = bind("id,surname,born,given");
    assert_int_equal(b.n, 1);
    assert_int_equal(b.identifiers[0].n_values, 2);
    assert_int_equal(b.identifiers[0].values[0], 3);
    assert_int_equal(b.identifiers[0].values[1], 1);
}

static void second_parts_may_be_the_same_for_all_rows(void **state)
{
    (void)state;
    parse("[profile]\nid = id\nbank = 20-00-00\nissuer = GB\nplatform = x\n[columns]\n"
          "a = account\np = passport\nh = handle\ni = iban\n");
    struct sym_binding b = bind("id,a,p,h,i");
    assert_string_equal(b.identifiers[0].fixed, "20-00-00");
    assert_string_equal(b.identifiers[1].fixed, "GB");
    assert_string_equal(b.identifiers[2].fixed, "x");
    assert_null(b.identifiers[3].fixed);
}

static void optional_columns_may_be_missing(void **state)
{
    (void)state;
    struct sym_fault fault;
    assert_int_equal(sym_profile_load(&profile, "persons", &fault), SYM_OK);
    struct sym_binding b = bind("id,name,passport,email");
    assert_int_equal(b.n, 1); /* neither a date of birth nor an issuer */
    assert_int_equal(b.identifiers[0].type, SYM_TOKEN_EMAIL);
    b = bind("id,given_name,surname,date_of_birth");
    assert_int_equal(b.n, 1);
    assert_int_equal(b.identifiers[0].n_values, 2);
    b = bind("id,given_name,last_name,date_of_birth,email"); /* half a name is many people's */
    assert_int_equal(b.n, 1);
    assert_int_equal(b.identifiers[0].type, SYM_TOKEN_EMAIL);
    b = bind("id,name,given_name,date_of_birth");
    assert_int_equal(b.n, 1);
    assert_int_equal(b.identifiers[0].values[0], 1);
    assert_unbound("id,nothing", SYM_NOT_FOUND, "x.csv:1: has no column \"name\" (profile persons");
    assert_unbound("email", SYM_NOT_FOUND, "has no column \"id\"");
}

static void refuses_columns_that_the_file_lacks_and_lists_what_it_has(void **state)
{
    (void)state;
    parse(HEAD "IBAN = iban\n");
    assert_unbound("id, Name ,IBAN_NO", SYM_NOT_FOUND,
                   "x.csv:1: has no column \"IBAN\" (profile my.ini, line 4); there are: id, Name, "
                   "IBAN_NO");
    assert_unbound("IBAN", SYM_NOT_FOUND, "has no column \"id\" (profile my.ini); there are: IBAN");
    assert_unbound("id;name;iban", SYM_NOT_FOUND,
                   "there are: titles with a semicolon between them; try --delimiter semicolon");
    assert_unbound("Name, first\tIBAN\tid", SYM_NOT_FOUND, "try --delimiter tab");
    assert_unbound("id,\x1b[31mred", SYM_NOT_FOUND, "there are: id, \\x1b[31mred");
}

static void a_long_list_of_titles_is_cut(void **state)
{
    (void)state;
    parse(HEAD "IBAN = iban\n");
    assert_unbound("id,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,b,c,"
                   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,d,e,"
                   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,f",
                   SYM_NOT_FOUND, " more");
}

static void refuses_a_title_that_stands_there_twice(void **state)
{
    (void)state;
    parse(HEAD "iban = iban\n");
    assert_unbound("id,iban,iban", SYM_BAD_VALUE,
                   "x.csv:1: 2 columns are called \"iban\"; name the right one by its number");
    assert_unbound("id,Iban,IBAN", SYM_BAD_VALUE, "2 columns are called");
    parse(HEAD "ib\u202ean = iban\n");
    assert_unbound("id,ib\u202ean,ib\u202ean", SYM_BAD_VALUE, "\"ib\\u{202e}an\"");
    assert_unbound("id,x", SYM_NOT_FOUND, "no column \"ib\\u{202e}an\"");
}

static void refuses_telephones_without_a_region(void **state)
{
    (void)state;
    parse(HEAD "tel = phone\n");
    assert_unbound("id,tel", SYM_NOT_FOUND, "Give --region, such as --region GB");
}

static void refuses_more_identifiers_than_a_record_may_carry(void **state)
{
    (void)state;
    char text[1024] = "[profile]\nid = id\nregion = GB\n[columns]\n";
    char list[256] = "id";
    for (unsigned i = 0; i < SYM_TOKENS_PER_RECORD_MAX; i++) {
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, "c%u = phone\n", i);
        used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, ",c%u", i);
    }
    parse(text);
    assert_int_equal(bind(list).n, SYM_TOKENS_PER_RECORD_MAX);
    memcpy(text + strlen(text), "i = iban\n", 10);
    memcpy(list + strlen(list), ",i", 3);
    parse(text);
    assert_unbound(list, SYM_LIMIT, "my.ini:21: more than 16 identifiers of one record");
}

static int setup(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

static void parts_of_a_person_are_mapped_once_each(void **state)
{
    (void)state;
    parse(HEAD "Born = person.dob\nName = person.name\nMail = email\n");
    assert_int_equal(profile.n_columns, 3);
    assert_int_equal(profile.columns[0].person, SYM_PERSON_DOB);
    assert_int_equal(profile.columns[1].person, SYM_PERSON_NAME);
    assert_int_equal(profile.columns[2].person, SYM_PERSON_NONE);
}

static void refuses_persons_of_whom_no_key_could_be_made(void **state)
{
    (void)state;
    assert_refused(HEAD "Born = person.birthday\n",
                   "my.ini:4: a person has no part \"birthday\"; there are: name, given, surname, "
                   "dob, postcode, town");
    assert_refused(HEAD "Born = person.\n", "my.ini:4: a person has no part \"\"");
    assert_refused(HEAD "Born = person.dob\nBorn2 = person.dob\n",
                   "my.ini:5: line 4 maps person.dob already");
    assert_refused(HEAD "iban = iban\nBorn = person.dob\n",
                   "my.ini:5: a key is made of two facts at least");
    assert_refused(HEAD "A = person.given\nB = person.surname\nC = person.name\n",
                   "my.ini:4: a key is made of two facts at least");
    assert_refused(HEAD "Key = dob_town\n", "my.ini:4: dob_town is a key: map columns to person.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_key),
        cmocka_unit_test(says_nothing_means_the_strict_default),
        cmocka_unit_test(the_built_in_profiles_are_profiles),
        cmocka_unit_test(parts_of_a_person_are_mapped_once_each),
        cmocka_unit_test(refuses_persons_of_whom_no_key_could_be_made),
        cmocka_unit_test(loads_a_profile_from_a_file),
        cmocka_unit_test(refuses_a_profile_that_is_not_there_or_too_large),
        cmocka_unit_test(refuses_keys_and_sections_that_do_not_exist),
        cmocka_unit_test(refuses_lines_that_are_none),
        cmocka_unit_test(refuses_lines_that_inih_would_cut),
        cmocka_unit_test(refuses_bytes_that_are_no_text),
        cmocka_unit_test(faults_show_harmful_characters_harmless),
        cmocka_unit_test(refuses_values_that_a_key_does_not_know),
        cmocka_unit_test(refuses_types_and_parts_that_do_not_exist),
        cmocka_unit_test(refuses_parts_without_their_other_half),
        cmocka_unit_test(refuses_the_same_line_twice),
        cmocka_unit_test(refuses_a_profile_without_id_or_columns),
        cmocka_unit_test(refuses_more_columns_than_there_may_be),
        cmocka_unit_test(the_examples_of_the_manual_are_profiles),
        cmocka_unit_test(the_manual_has_every_type_and_part),
        cmocka_unit_test(columns_are_found_by_name_in_any_place),
        cmocka_unit_test(spaces_around_titles_and_their_case_do_not_matter),
        cmocka_unit_test(titles_are_one_however_their_accents_and_blanks_are_written),
        cmocka_unit_test(columns_may_be_named_by_number),
        cmocka_unit_test(second_parts_belong_to_their_group_or_to_the_first),
        cmocka_unit_test(a_name_may_be_in_several_columns),
        cmocka_unit_test(second_parts_may_be_the_same_for_all_rows),
        cmocka_unit_test(optional_columns_may_be_missing),
        cmocka_unit_test(refuses_columns_that_the_file_lacks_and_lists_what_it_has),
        cmocka_unit_test(a_long_list_of_titles_is_cut),
        cmocka_unit_test(refuses_a_title_that_stands_there_twice),
        cmocka_unit_test(refuses_telephones_without_a_region),
        cmocka_unit_test(refuses_more_identifiers_than_a_record_may_carry),
    };
    return cmocka_run_group_tests_name("profile", tests, setup, NULL);
}
