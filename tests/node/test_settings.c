#include "node/party/settings.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sym_settings load(struct room *s)
{
    struct sym_settings settings;
    assert_int_equal(sym_settings_load(&settings, s->store, NULL), SYM_OK);
    return settings;
}

static enum sym_err set(struct sym_settings *settings, const char *name, const char *value,
                        struct sym_fault *fault)
{
    return sym_settings_set(settings, sym_span_text(name), sym_span_text(value), NULL, fault);
}

static void begins_with_its_defaults(void **state)
{
    struct sym_settings settings = load(*state);
    assert_string_equal(settings.value[SYM_SETTING_LISTEN], "127.0.0.1:7700");
    assert_int_equal(sym_settings_number(&settings, SYM_SETTING_IDLE), 120);
    assert_string_equal(sym_setting_text(SYM_SETTING_LISTEN), "listen");
    assert_string_equal(sym_setting_text(SYM_SETTING_IDLE), "link-idle-seconds");
}

static void keeps_a_change_over_a_restart(void **state)
{
    struct room *s = *state;
    struct sym_settings settings = load(s);
    assert_int_equal(set(&settings, "link-idle-seconds", "7", NULL), SYM_OK);
    assert_int_equal(set(&settings, "listen", "[::1]:1", NULL), SYM_OK);
    assert_int_equal(set(&settings, "listen", "0.0.0.0:65535", NULL), SYM_OK);
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(sym_settings_number(&settings, SYM_SETTING_IDLE), 7);
        assert_string_equal(settings.value[SYM_SETTING_LISTEN], "0.0.0.0:65535");
        room_reopen(s);
        settings = load(s);
    }
}

static void takes_the_ends_of_a_range(void **state)
{
    struct sym_settings settings = load(*state);
    assert_int_equal(set(&settings, "link-idle-seconds", "1", NULL), SYM_OK);
    assert_int_equal(sym_settings_number(&settings, SYM_SETTING_IDLE), 1);
    assert_int_equal(set(&settings, "link-idle-seconds", "86400", NULL), SYM_OK);
    assert_int_equal(sym_settings_number(&settings, SYM_SETTING_IDLE), 86400);
}

static void takes_a_word_of_its_list(void **state)
{
    struct sym_settings settings = load(*state);
    assert_int_equal(sym_settings_word(&settings, SYM_SETTING_PADDING), 0);
    assert_int_equal(set(&settings, "overlap-padding", "power-of-two", NULL), SYM_OK);
    assert_int_equal(sym_settings_word(&settings, SYM_SETTING_PADDING), 1);
    assert_int_equal(set(&settings, "overlap-padding", "none", NULL), SYM_OK);
    assert_int_equal(sym_settings_word(&settings, SYM_SETTING_PADDING), 0);
}

static void refuses_other_words_and_names_those_it_knows(void **state)
{
    struct sym_settings settings = load(*state);
    const char *const bad[] = {"", " ", "non", "none ", "none power-of-two", "power", "None"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sym_fault fault = {.text = ""};
        assert_int_equal(set(&settings, "overlap-padding", bad[i], &fault), SYM_BAD_VALUE);
        assert_non_null(strstr(fault.text, "overlap-padding: "));
        assert_int_equal(sym_settings_word(&settings, SYM_SETTING_PADDING), 0);
    }
    struct sym_fault fault = {.text = ""};
    assert_int_equal(set(&settings, "overlap-engines", "vole", &fault), SYM_BAD_VALUE);
    assert_string_equal(
        fault.text, "overlap-engines: must be dh or dh,vole or dh,standing or dh,vole,standing");
}

static void refuses_what_is_no_number_of_the_range_and_names_it(void **state)
{
    struct sym_settings settings = load(*state);
    const char *const bad[] = {"",
                               "0",
                               "86401",
                               "864000",
                               "18446744073709551617",
                               "99999999999999999999999999999999999999",
                               "-1",
                               "+1",
                               " 1",
                               "1 ",
                               "1.0",
                               "0x10",
                               "ten",
                               "1\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sym_fault fault = {.text = ""};
        assert_int_equal(set(&settings, "link-idle-seconds", bad[i], &fault), SYM_BAD_VALUE);
        assert_non_null(strstr(fault.text, "link-idle-seconds: "));
        assert_int_equal(sym_settings_number(&settings, SYM_SETTING_IDLE), 120);
    }
    struct sym_fault fault = {.text = ""};
    assert_int_equal(set(&settings, "link-idle-seconds", "0", &fault), SYM_BAD_VALUE);
    assert_non_null(strstr(fault.text, "from 1 to 86400"));
}

/* A node that listens at what it cannot listen at does not start, and then cannot be told another
 * place. */
static void refuses_what_is_no_numeric_address_with_a_port(void **state)
{
    struct room *s = *state;
    struct sym_settings settings = load(s);
    const char *const bad[] = {"",
                               "127.0.0.1",
                               "127.0.0.1:",
                               ":7700",
                               "127.0.0.1:0",
                               "127.0.0.1:65536",
                               "a b:1",
                               "::1:7700",
                               "127.0.0.1:77 ",
                               "localhost:7700",
                               "127.0.0:7700",
                               "bank-a.example:7700"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sym_fault fault = {.text = ""};
        assert_int_equal(set(&settings, "listen", bad[i], &fault), SYM_BAD_VALUE);
        assert_non_null(strstr(fault.text, "listen: "));
        assert_string_equal(settings.value[SYM_SETTING_LISTEN], "127.0.0.1:7700");
    }
    assert_int_equal(room_count(s, SYM_TABLE_SETTINGS), 0);
}

static void refuses_a_value_that_is_too_long(void **state)
{
    struct sym_settings settings = load(*state);
    char value[SYM_SETTING_BYTES_MAX + 2];
    memset(value, '0', sizeof value);
    value[sizeof value - 1] = '\0';
    value[sizeof value - 2] = '5';
    assert_int_equal(set(&settings, "link-idle-seconds", value, NULL), SYM_BAD_VALUE);
    /* One less is long, and a number. */
    assert_int_equal(set(&settings, "link-idle-seconds", value + 1, NULL), SYM_OK);
    assert_int_equal(sym_settings_number(&settings, SYM_SETTING_IDLE), 5);
}

static void refuses_a_name_that_does_not_exist(void **state)
{
    struct room *s = *state;
    struct sym_settings settings = load(s);
    const char *const bad[] = {"", "listen ", "liste", "LISTEN", "link-idle"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sym_fault fault = {.text = ""};
        assert_int_equal(set(&settings, bad[i], "5", &fault), SYM_NOT_FOUND);
        assert_non_null(strstr(fault.text, "does not exist"));
    }
    assert_int_equal(room_count(s, SYM_TABLE_SETTINGS), 0);
}

static void keeps_the_old_value_when_the_disk_is_full(void **state)
{
    struct room *s = *state;
    struct sym_fault fault = {.text = ""};
    struct sym_settings settings = load(s);
    room_fill_disk(true);
    enum sym_err err = set(&settings, "link-idle-seconds", "7", &fault);
    room_fill_disk(false);
    assert_int_equal(err, SYM_NO_SPACE);
    assert_non_null(strstr(fault.text, "it keeps its value"));
    assert_int_equal(sym_settings_number(&settings, SYM_SETTING_IDLE), 120);
    settings = load(s);
    assert_int_equal(sym_settings_number(&settings, SYM_SETTING_IDLE), 120);
}

/* Such as a newer version leaves behind. */
static void passes_over_stored_names_and_values_that_it_does_not_know(void **state)
{
    struct room *s = *state;
    assert_int_equal(room_put(s, SYM_TABLE_SETTINGS, "from-the-future", "x"), SYM_OK);
    assert_int_equal(room_put(s, SYM_TABLE_SETTINGS, "link-idle-seconds", "never"), SYM_OK);
    struct sym_settings settings = load(s);
    assert_int_equal(sym_settings_number(&settings, SYM_SETTING_IDLE), 120);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(begins_with_its_defaults),
        TEST(keeps_a_change_over_a_restart),
        TEST(takes_the_ends_of_a_range),
        TEST(takes_a_word_of_its_list),
        TEST(refuses_other_words_and_names_those_it_knows),
        TEST(refuses_what_is_no_number_of_the_range_and_names_it),
        TEST(refuses_what_is_no_numeric_address_with_a_port),
        TEST(refuses_a_value_that_is_too_long),
        TEST(refuses_a_name_that_does_not_exist),
        TEST(keeps_the_old_value_when_the_disk_is_full),
        TEST(passes_over_stored_names_and_values_that_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
