/* symbolon explain: what people and programs see. */
#include "tests/cli/run.h"

#include "crypto/secret.h"
#include "proto/token.h"
#include "tests/support/scratch.h"

#include <cjson/cJSON.h>

static void shows_the_steps_and_the_canonical_form(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "explain|iban|gb29 nwbk 6016 1331 9268 19");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "as given                         gb29 nwbk 6016 1331 9268 19\n"
                               "separators removed, in capitals  GB29NWBK60161331926819\n"
                               "canonical                        GB29NWBK60161331926819\n");
    assert_string_equal(r.err, "");
}

static void says_why_a_value_is_refused_and_fails(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "explain|iban|GB29NWBK60161331926818");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "as given  GB29NWBK60161331926818\n");
    assert_string_equal(r.err, "symbolon: iban: check digits do not match (mod 97 = 71)\n");
}

static void remarks_on_doubtful_values(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "explain|name_dob|Jane Doe:1980-01-01");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "\nremark ");
    assert_shows(r.out, "born on 1 January");
}

static void a_region_makes_national_numbers_international(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "explain|phone|020 7946 0958|--region|GB");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "canonical  +442079460958\n");
    run(&r, "explain|phone|020 7946 0958");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "--region");
}

static void refuses_regions_that_do_not_exist(void **state)
{
    (void)state;
    static struct run r;
    static const char *const words[] = {"explain|phone|1|--region|XX",
                                        "explain|phone|1|--region|gb",
                                        "explain|phone|1|--region|GBR"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        run(&r, words[i]);
        assert_int_equal(r.code, SYM_EXIT_FAILED);
        assert_string_equal(r.out, "");
        assert_shows(r.err, "symbolon: region: \"");
    }
}

static void a_profile_brings_its_rules(void **state)
{
    struct scratch *s = *state;
    static struct run r;
    char words[PATH_MAX + 64];
    scratch_write(s->path, "p.ini", 0644,
                  sym_span_text("[profile]\nid = id\nregion = GB\ndates = dmy\nemails = provider\n"
                                "[columns]\nx = email\n"));
    (void)snprintf(words, sizeof words, "explain|email|J.Doe+x@gmail.com|--profile|%s/p.ini",
                   s->path);
    run(&r, words);
    assert_shows(r.out, "canonical  ");
    assert_shows(r.out, "jdoe@gmail.com");
    (void)snprintf(words, sizeof words, "explain|phone|020 7946 0958|--profile|%s/p.ini", s->path);
    run(&r, words);
    assert_shows(r.out, "+442079460958");
    (void)snprintf(words, sizeof words, "explain|name_dob|Jane Doe:03/02/1980|--profile|%s/p.ini",
                   s->path);
    run(&r, words);
    assert_shows(r.out, "doe jane:1980-02-03");
}

static void a_date_of_birth_in_the_future_is_refused(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "explain|name_dob|Jane Doe:9998-01-02");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "name_dob: the date of birth lies in the future");
}

static void refuses_profiles_that_are_wrong(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "explain|iban|x|--profile|/nowhere.ini");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "symbolon: /nowhere.ini: there is no such file");
}

static void refuses_types_that_do_not_exist(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "explain|ibn|x");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "there is no identifier type \"ibn\"; did you mean iban?");
    run(&r, "explain|qqqqqq|x");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "--help lists them");
    run(&r, "explain|iban");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
}

static const char *text_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static void json_holds_the_same(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "explain|name_dob|Jané Doe:1980-01-01|--json");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    cJSON *j = cJSON_Parse(r.out);
    assert_non_null(j);
    assert_string_equal(text_of(j, "type"), "name_dob");
    assert_string_equal(text_of(j, "value"), "Jané Doe:1980-01-01");
    assert_string_equal(text_of(j, "canonical"), "doe jane:1980-01-01");
    assert_shows(text_of(j, "remark"), "1 January");
    assert_int_equal(cJSON_GetObjectItem(j, "version")->valueint, SYM_CANON_VERSION);
    const cJSON *steps = cJSON_GetObjectItem(j, "steps");
    assert_int_equal(cJSON_GetArraySize(steps), 4);
    assert_string_equal(text_of(cJSON_GetArrayItem(steps, 0), "what"), "as given");
    assert_string_equal(text_of(cJSON_GetArrayItem(steps, 2), "text"), "doe jane");
    assert_null(cJSON_GetObjectItem(j, "refused"));
    cJSON_Delete(j);
}

static void json_of_a_refusal_says_why(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "explain|bic|x|--json");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    cJSON *j = cJSON_Parse(r.out);
    assert_non_null(j);
    assert_string_equal(text_of(j, "refused"), "bic: a BIC has 8 or 11 characters, not 1");
    assert_null(cJSON_GetObjectItem(j, "canonical"));
    assert_string_equal(r.err, "symbolon: bic: a BIC has 8 or 11 characters, not 1\n");
    cJSON_Delete(j);
}

static void harmful_characters_are_shown_harmless(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "explain|iban|\x1b[31mGB");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows_not(r.out, "\x1b");
    assert_shows_not(r.err, "\x1b");
    assert_shows(r.err, "control character (U+001B)");
    run(&r, "explain|\x1b[31m|x");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows_not(r.err, "\x1b");
    run(&r, "explain|phone|1|--region|\x1b[31m");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows_not(r.err, "\x1b");
    run(&r, "explain|iban|\xff");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "is not UTF-8");
}

static void help_lists_every_type(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "explain|--help");
    for (enum sym_token_type t = SYM_TOKEN_NONE + 1; t < SYM_TOKEN_TYPE_COUNT; t++) {
        char line[64];
        (void)snprintf(line, sizeof line, "\n  %s: ", sym_token_type_name(t));
        assert_shows(r.out, line);
    }
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

static void a_person_becomes_keys(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "explain|person|Bill Smith:1980-03-02::London");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out,
                        "given        william\n"
                        "surname      smith\n"
                        "dob          1980-02-03 (of day and month the smaller first: they are "
                        "often swapped)\n"
                        "town         london\n"
                        "name_dob     bill smith:1980-03-02\n"
                        "names_dob    S530 W450 1980-02-03\n"
                        "surname_dob  SM0 1980-02-03\n"
                        "given_dob    WLM 1980-02-03\n"
                        "dob_town     1980-02-03 LNTN\n"
                        "names_town   S530 W450 LNTN\n");
    run(&r, "explain|person|Smith:1980-01-01|--json");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "\"canonical\": \"SM0 1980-01-01\"");
    assert_shows(r.out, "\"remark\": \"born on 1 January");
}

static void refuses_persons_of_whom_too_little_is_known(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "explain|person|Bill Smith:1900-01-01");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "left out  name_dob: the date of birth 1900-01-01 is a placeholder\n");
    assert_shows(r.err, "person: too little is known for a key; write NAME:YYYY-MM-DD:");
    run(&r, "explain|names_dob|S530");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "names_dob: is made of what is known of a person");
    run(&r, "explain|person|Bill Smith:1980-02-03|--nicknames|/no/such/file");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "/no/such/file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_the_steps_and_the_canonical_form),
        cmocka_unit_test(says_why_a_value_is_refused_and_fails),
        cmocka_unit_test(remarks_on_doubtful_values),
        cmocka_unit_test(a_region_makes_national_numbers_international),
        cmocka_unit_test(refuses_regions_that_do_not_exist),
        cmocka_unit_test(a_profile_brings_its_rules),
        cmocka_unit_test(a_date_of_birth_in_the_future_is_refused),
        cmocka_unit_test(refuses_profiles_that_are_wrong),
        cmocka_unit_test(refuses_types_that_do_not_exist),
        cmocka_unit_test(json_holds_the_same),
        cmocka_unit_test(json_of_a_refusal_says_why),
        cmocka_unit_test(harmful_characters_are_shown_harmless),
        cmocka_unit_test(help_lists_every_type),
        cmocka_unit_test(a_person_becomes_keys),
        cmocka_unit_test(refuses_persons_of_whom_too_little_is_known),
    };
    return cmocka_run_group_tests_name("explain", tests, setup, teardown);
}
