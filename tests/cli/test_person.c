#include "cli/ingest/nicknames.h"
#include "cli/ingest/person.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sym_nicknames *nicknames;
static struct sym_canon *canon;
static struct sym_person_keys keys;

/* NULL: not known. */
static void make(const char *given, const char *surname, const char *dob, const char *postcode,
                 const char *town)
{
    struct sym_person p = {.part = {{NULL, 0}}};
    const char *const parts[SYM_PERSON_PARTS] = {[SYM_PERSON_GIVEN] = given,
                                                 [SYM_PERSON_SURNAME] = surname,
                                                 [SYM_PERSON_DOB] = dob,
                                                 [SYM_PERSON_POSTCODE] = postcode,
                                                 [SYM_PERSON_TOWN] = town};
    for (size_t i = 0; i < SYM_PERSON_PARTS; i++) {
        p.part[i] = parts[i] != NULL ? sym_span_text(parts[i]) : sym_span(NULL, 0);
    }
    assert_int_equal(sym_person_keys(&keys, canon, &p), SYM_OK);
}

static void make_named(const char *name, const char *dob)
{
    struct sym_person p = {.part = {{NULL, 0}}};
    p.part[SYM_PERSON_NAME] = sym_span_text(name);
    p.part[SYM_PERSON_DOB] = sym_span_text(dob);
    assert_int_equal(sym_person_keys(&keys, canon, &p), SYM_OK);
}

static const char *key(enum sym_token_type type)
{
    for (size_t i = 0; i < keys.n; i++) {
        if (keys.key[i].type == type) {
            return keys.key[i].text;
        }
    }
    return "none";
}

static void is_key(enum sym_token_type type, const char *want)
{
    assert_string_equal(key(type), want);
}

static void has_keys(size_t n, size_t refused)
{
    if (keys.n != n || keys.n_refused != refused) {
        fail_msg("%zu keys, %zu refused: %s", keys.n, keys.n_refused,
                 keys.n_refused > 0 ? keys.refused[0].text : "");
    }
}

static void is_refused(enum sym_person_part part, const char *reason)
{
    for (size_t i = 0; i < keys.n_refused; i++) {
        if (keys.refused[i].part == part) {
            const char *type = sym_token_type_name(keys.refused[i].type);
            assert_int_equal(strncmp(keys.refused[i].text, type, strlen(type)), 0);
            if (strstr(keys.refused[i].text, reason) == NULL) {
                fail_msg("\"%s\" instead of \"%s\"", keys.refused[i].text, reason);
            }
            return;
        }
    }
    fail_msg("%s was not refused", sym_person_part_text(part));
}

static void each_key_is_made_of_its_facts(void **state)
{
    (void)state;
    make("Robert", "Smith", "1980-03-02", "sw1a 1aa", "London");
    has_keys(9, 0);
    is_key(SYM_TOKEN_NAME_DOB, "robert smith:1980-03-02");
    is_key(SYM_TOKEN_NAMES_DOB, "R163 S530 1980-02-03");
    is_key(SYM_TOKEN_SURNAME_DOB, "SM0 1980-02-03");
    is_key(SYM_TOKEN_GIVEN_DOB, "RBRT 1980-02-03");
    is_key(SYM_TOKEN_DOB_POSTCODE, "1980-02-03 SW1A1AA");
    is_key(SYM_TOKEN_DOB_TOWN, "1980-02-03 LNTN");
    is_key(SYM_TOKEN_NAMES_POSTCODE, "R163 S530 SW1A1AA");
    is_key(SYM_TOKEN_NAMES_TOWN, "R163 S530 LNTN");
    is_key(SYM_TOKEN_SURNAME_POSTCODE_YEAR, "SM0 SW1A1AA 1980");
    assert_null(keys.remark);
}

/* What is wrong, and the only keys that are another. */
static void mistakes_change_the_keys_that_hold_them_alone(void **state)
{
    (void)state;
    static const struct {
        const char *part[5];
        uint64_t changed;
    } cases[] = {
#define BIT(type) (UINT64_C(1) << SYM_TOKEN_##type)
        {{"Robert", "Smith", "1980-03-02", "4223", "London"}, BIT(NAME_DOB)},
        {{"Smith", "Robert", "1980-02-03", "4223", "London"},
         BIT(SURNAME_DOB) | BIT(GIVEN_DOB) | BIT(SURNAME_POSTCODE_YEAR)},
        {{"Bob", "Smith", "1980-02-03", "4223", "London"}, BIT(NAME_DOB)},
        {{"Rob", "Smyth", "1980-02-03", "4223", "London"}, BIT(NAME_DOB)},
        {{"Walter", "Smith", "1980-02-03", "4223", "London"},
         BIT(NAME_DOB) | BIT(NAMES_DOB) | BIT(GIVEN_DOB) | BIT(NAMES_POSTCODE) | BIT(NAMES_TOWN)},
        {{"Robert", "Jones", "1980-02-03", "4223", "London"},
         BIT(NAME_DOB) | BIT(NAMES_DOB) | BIT(SURNAME_DOB) | BIT(NAMES_POSTCODE) | BIT(NAMES_TOWN) |
             BIT(SURNAME_POSTCODE_YEAR)},
        {{"Robert", "Smith", "1980-02-04", "4223", "London"},
         BIT(NAME_DOB) | BIT(NAMES_DOB) | BIT(SURNAME_DOB) | BIT(GIVEN_DOB) | BIT(DOB_POSTCODE) |
             BIT(DOB_TOWN)},
        {{"Robert", "Smith", "1980-02-03", "4232", "London"},
         BIT(DOB_POSTCODE) | BIT(NAMES_POSTCODE) | BIT(SURNAME_POSTCODE_YEAR)},
        {{"Robert", "Smith", "1980-02-03", "4223", "Londan"}, 0},
        {{"Robert", "Smith", "1980-02-03", "4223", "Leeds"}, BIT(DOB_TOWN) | BIT(NAMES_TOWN)},
#undef BIT
    };
    struct sym_person_keys *right = malloc(sizeof *right);
    make("Robert", "Smith", "1980-02-03", "4223", "London");
    memcpy(right, &keys, sizeof keys);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const *p = cases[i].part;
        make(p[0], p[1], p[2], p[3], p[4]);
        has_keys(9, 0);
        for (size_t k = 0; k < 9; k++) {
            bool changed = (cases[i].changed >> right->key[k].type & 1) != 0;
            if ((strcmp(key(right->key[k].type), right->key[k].text) != 0) != changed) {
                fail_msg("case %zu: %s: %s", i, sym_token_type_name(right->key[k].type),
                         key(right->key[k].type));
            }
        }
    }
    free(right);
}

static void a_key_that_lacks_a_fact_is_not_made(void **state)
{
    (void)state;
    make("Robert", NULL, "1980-02-03", NULL, NULL);
    has_keys(2, 0);
    is_key(SYM_TOKEN_NAME_DOB, "robert:1980-02-03");
    is_key(SYM_TOKEN_GIVEN_DOB, "RBRT 1980-02-03");
    make(" ", "Smith", NULL, "4223", "");
    has_keys(0, 0);
    make("Robert", "Smith", NULL, NULL, NULL);
    has_keys(0, 0);
    make(NULL, NULL, "1980-02-03", "4223", NULL);
    has_keys(1, 0);
    make(NULL, NULL, NULL, NULL, NULL);
    has_keys(0, 0);
}

static void names_are_read_as_people_write_them(void **state)
{
    (void)state;
    make_named("Smith, Robert James", "1980-02-03");
    is_key(SYM_TOKEN_SURNAME_DOB, "SM0 1980-02-03");
    is_key(SYM_TOKEN_GIVEN_DOB, "RBRT 1980-02-03");
    make_named("Mr. R. Robert  O'Brien-Smith jr. ", "1980-02-03");
    is_key(SYM_TOKEN_SURNAME_DOB, "OBRNSM0 1980-02-03");
    is_key(SYM_TOKEN_GIVEN_DOB, "RBRT 1980-02-03");
    make_named("Robert\u00a0Smith", "1980-02-03"); /* as copied from a web page */
    is_key(SYM_TOKEN_SURNAME_DOB, "SM0 1980-02-03");
    is_key(SYM_TOKEN_GIVEN_DOB, "RBRT 1980-02-03");
    make_named("Smith\n", "1980-02-03");
    has_keys(2, 0);
    is_key(SYM_TOKEN_SURNAME_DOB, "SM0 1980-02-03");
    make("Dr Robert James", "van der Berg", "1980-02-03", NULL, NULL);
    is_key(SYM_TOKEN_NAMES_DOB, "R163 V536 1980-02-03");
    make("J", "Smith", "1980-02-03", NULL, NULL);
    is_key(SYM_TOKEN_GIVEN_DOB, "none");
    is_key(SYM_TOKEN_NAME_DOB, "j smith:1980-02-03");
    has_keys(2, 0);
    make("Dr", "Ii", "1980-02-03", NULL, NULL); /* nothing else is there */
    is_key(SYM_TOKEN_GIVEN_DOB, "TR 1980-02-03");
}

static void other_scripts_sound_in_latin_letters(void **state)
{
    (void)state;
    make("J\xc3\xb6rg", "M\xc3\xbcller", "1980-02-03", NULL, "K\xc3\xb6ln");
    is_key(SYM_TOKEN_SURNAME_DOB, "MLR 1980-02-03");
    is_key(SYM_TOKEN_DOB_TOWN, "1980-02-03 KLN");
    make("\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd", "\xd0\x9f\xd0\xb5\xd1\x82\xd1\x80\xd0\xbe\xd0\xb2",
         "1980-02-03", NULL, NULL); /* Ivan Petrov; John by the table */
    is_key(SYM_TOKEN_NAMES_DOB, "J500 P361 1980-02-03");
    is_key(SYM_TOKEN_NAME_DOB, "ivan petrov:1980-02-03");
}

static void remarks_on_the_first_of_january(void **state)
{
    (void)state;
    make("Robert", "Smith", "1980-01-01", NULL, NULL);
    has_keys(4, 0);
    assert_non_null(strstr(keys.remark, "1 January"));
}

static void refuses_placeholders_for_a_date(void **state)
{
    (void)state;
    static const char *const days[] = {"1900-01-01", "1899-12-30", "1901-01-01", "18991231"};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        make("Robert", "Smith", days[i], "4223", "London");
        has_keys(2, 1);
        is_refused(SYM_PERSON_DOB, "is a placeholder");
        is_key(SYM_TOKEN_NAMES_POSTCODE, "R163 S530 4223");
    }
}

static void refuses_dates_that_are_none(void **state)
{
    (void)state;
    make("Robert", "Smith", "1980-02-30", NULL, NULL);
    has_keys(0, 1);
    is_refused(SYM_PERSON_DOB, "a day that does not exist");
    make("Robert", "Smith", "2030-02-03", NULL, NULL);
    is_refused(SYM_PERSON_DOB, "lies in the future");
    make("Robert", "Smith", "3.2.80", NULL, NULL);
    is_refused(SYM_PERSON_DOB, "is not written YYYY-MM-DD");
    make("Robert", "Smith", "\xff", NULL, NULL);
    is_refused(SYM_PERSON_DOB, "is not UTF-8");
}

static void refuses_placeholders_for_names(void **state)
{
    (void)state;
    make("Unknown", "Smith", "1980-02-03", NULL, NULL);
    has_keys(2, 1);
    is_refused(SYM_PERSON_GIVEN, "the name is a placeholder");
    is_key(SYM_TOKEN_NAME_DOB, "smith:1980-02-03");
    make("not given", "unknown", "1980-02-03", "4223", "Name unknown");
    has_keys(1, 3);
    is_refused(SYM_PERSON_SURNAME, "placeholder");
    is_refused(SYM_PERSON_TOWN, "placeholder");
    make_named("name unknown", "1980-02-03");
    has_keys(0, 2);
}

static void refuses_names_that_cannot_be_read(void **state)
{
    (void)state;
    make("\xff", "Smith", "1980-02-03", NULL, NULL);
    is_refused(SYM_PERSON_GIVEN, "is not UTF-8");
    make("Rob\x01", "Smith", "1980-02-03", NULL, NULL);
    is_refused(SYM_PERSON_GIVEN, "control character");
    char longest[SYM_CANONICAL_BYTES_MAX + 2];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    make("Robert", longest, "1980-02-03", NULL, longest);
    has_keys(2, 2);
    is_refused(SYM_PERSON_SURNAME, "longer than 2048 bytes");
    is_refused(SYM_PERSON_TOWN, "longer than 2048 bytes");
}

static void refuses_postcodes_that_are_none(void **state)
{
    (void)state;
    static const char *const codes[] = {"0", "12", "unknown", "N/A", "12345678901", "12\303\2514"};
    static const char *const fillers[] = {"0000", "00000-0000", "99999"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        make(NULL, NULL, "1980-02-03", codes[i], NULL);
        has_keys(0, 1);
        is_refused(SYM_PERSON_POSTCODE, "is not one of 3 to 10 letters and digits");
    }
    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++) {
        make(NULL, NULL, "1980-02-03", fillers[i], NULL);
        is_refused(SYM_PERSON_POSTCODE, "the postcode is a placeholder");
    }
    make(NULL, NULL, "1980-02-03", "k1a-0b1 ", NULL);
    is_key(SYM_TOKEN_DOB_POSTCODE, "1980-02-03 K1A0B1");
}

static void refuses_parts_that_do_not_exist(void **state)
{
    (void)state;
    enum sym_person_part part = SYM_PERSON_NONE;
    assert_int_equal(sym_person_part_parse(&part, sym_span_text("none")), SYM_NOT_FOUND);
    assert_int_equal(sym_person_part_parse(&part, sym_span_text("DOB")), SYM_NOT_FOUND);
    assert_int_equal(sym_person_part_parse(&part, sym_span_text("dob")), SYM_OK);
    assert_int_equal(part, SYM_PERSON_DOB);
    assert_string_equal(sym_person_part_text(SYM_PERSON_PARTS), "none");
}

static int setup(void **state)
{
    (void)state;
    struct sym_canon_rules rules = {.region = "", .today_yyyymmdd = 20261121};
    if (sym_nicknames_load(&nicknames, NULL, NULL) != SYM_OK) {
        return -1;
    }
    rules.nicknames = nicknames;
    return sym_canon_new(&canon, &rules, NULL) == SYM_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    sym_canon_free(canon);
    sym_nicknames_free(nicknames);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_is_made_of_its_facts),
        cmocka_unit_test(mistakes_change_the_keys_that_hold_them_alone),
        cmocka_unit_test(a_key_that_lacks_a_fact_is_not_made),
        cmocka_unit_test(names_are_read_as_people_write_them),
        cmocka_unit_test(other_scripts_sound_in_latin_letters),
        cmocka_unit_test(remarks_on_the_first_of_january),
        cmocka_unit_test(refuses_placeholders_for_a_date),
        cmocka_unit_test(refuses_dates_that_are_none),
        cmocka_unit_test(refuses_placeholders_for_names),
        cmocka_unit_test(refuses_names_that_cannot_be_read),
        cmocka_unit_test(refuses_postcodes_that_are_none),
        cmocka_unit_test(refuses_parts_that_do_not_exist),
    };
    return cmocka_run_group_tests_name("person", tests, setup, teardown);
}
