#include "cli/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#include <string.h>

#define OUT_BYTES 4096

struct document {
    FILE *to;
    struct sym_json *j;
    char out[OUT_BYTES];
};

static void begin(struct document *d)
{
    d->to = tmpfile();
    assert_non_null(d->to);
    d->j = sym_json_new(d->to);
    assert_non_null(d->j);
}

static enum sym_err end(struct document *d)
{
    enum sym_err err = sym_json_finish(d->j);
    rewind(d->to);
    d->out[fread(d->out, 1, OUT_BYTES - 1, d->to)] = '\0';
    (void)fclose(d->to);
    return err;
}

static void nests_objects_and_arrays(void **state)
{
    (void)state;
    struct document d;
    begin(&d);
    sym_json_object(d.j, NULL);
    sym_json_string(d.j, "name", "Bank A");
    sym_json_array(d.j, "peers");
    sym_json_object(d.j, NULL);
    sym_json_bool(d.j, "live", true);
    sym_json_end(d.j);
    sym_json_number(d.j, NULL, 7);
    sym_json_end(d.j);
    sym_json_array(d.j, "none");
    sym_json_end(d.j);
    sym_json_end(d.j);
    assert_int_equal(end(&d), SYM_OK);
    cJSON *read = cJSON_Parse(d.out);
    assert_non_null(read);
    char *compact = cJSON_PrintUnformatted(read);
    assert_string_equal(compact, "{\"name\":\"Bank A\",\"peers\":[{\"live\":true},7],\"none\":[]}");
    cJSON_free(compact);
    cJSON_Delete(read);
    assert_int_equal(d.out[strlen(d.out) - 1], '\n');
}

static void text_of_any_kind_is_read_back_unchanged(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "plain", "quote \" backslash \\ slash /", "\x01\x1b\x1f\t\r\n\x7f",
        "\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x8c\x8d \xe2\x80\xa8 \xe2\x80\xae"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct document d;
        begin(&d);
        sym_json_object(d.j, NULL);
        sym_json_string(d.j, "text", texts[i]);
        sym_json_end(d.j);
        assert_int_equal(end(&d), SYM_OK);
        cJSON *read = cJSON_Parse(d.out);
        assert_non_null(read);
        assert_string_equal(cJSON_GetObjectItem(read, "text")->valuestring, texts[i]);
        cJSON_Delete(read);
    }
}

static void only_value(const char *key_and_value, void (*put)(struct sym_json *j))
{
    struct document d;
    char expected[256];
    begin(&d);
    sym_json_object(d.j, NULL);
    put(d.j);
    sym_json_end(d.j);
    assert_int_equal(end(&d), SYM_OK);
    (void)snprintf(expected, sizeof expected, "{\n  %s\n}\n", key_and_value);
    assert_string_equal(d.out, expected);
}

static void put_control(struct sym_json *j)
{
    sym_json_text(j, "t", sym_span("a\x1b\0b", 4));
}

static void put_broken(struct sym_json *j)
{
    sym_json_string(j, "t", "a\xff\xe2\x82z\xed\xa0\x80");
}

static void put_largest(struct sym_json *j)
{
    sym_json_number(j, "n", UINT64_MAX);
}

static void put_hex(struct sym_json *j)
{
    sym_json_hex(j, "h", sym_span("\x00\xab\xff", 3));
}

static void put_time(struct sym_json *j)
{
    sym_json_time(j, "t", 1790000000);
}

static void put_no_time(struct sym_json *j)
{
    sym_json_time(j, "t", 0);
}

static void control_characters_are_escaped(void **state)
{
    (void)state;
    only_value("\"t\": \"a\\u001B\\u0000b\"", put_control);
}

static void bytes_that_are_not_utf8_are_replaced(void **state)
{
    (void)state;
    only_value(
        "\"t\": \"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
        put_broken);
}

static void numbers_lose_nothing(void **state)
{
    (void)state;
    only_value("\"n\": 18446744073709551615", put_largest);
}

static void bytes_are_hex_and_times_iso_8601_or_null(void **state)
{
    (void)state;
    only_value("\"h\": \"00abff\"", put_hex);
    only_value("\"t\": \"2026-09-21T14:13:20Z\"", put_time);
    only_value("\"t\": null", put_no_time);
}

static void refuses_a_document_that_is_not_closed(void **state)
{
    (void)state;
    struct document d;
    begin(&d);
    sym_json_object(d.j, NULL);
    assert_int_equal(end(&d), SYM_INTERNAL);
}

static void refuses_to_close_what_is_not_open(void **state)
{
    (void)state;
    struct document d;
    begin(&d);
    sym_json_array(d.j, NULL);
    sym_json_end(d.j);
    sym_json_end(d.j);
    assert_int_equal(end(&d), SYM_INTERNAL);
}

static void refuses_a_value_without_a_key_in_an_object(void **state)
{
    (void)state;
    struct document d;
    begin(&d);
    sym_json_object(d.j, NULL);
    sym_json_number(d.j, NULL, 1);
    sym_json_end(d.j);
    assert_int_equal(end(&d), SYM_INTERNAL);
}

static void refuses_to_nest_too_deeply(void **state)
{
    (void)state;
    struct document d;
    begin(&d);
    for (int i = 0; i < 100; i++) {
        sym_json_array(d.j, NULL);
    }
    for (int i = 0; i < 100; i++) {
        sym_json_end(d.j);
    }
    assert_int_equal(end(&d), SYM_INTERNAL);
}

static void a_writer_without_memory_is_an_error_not_a_crash(void **state)
{
    (void)state;
    sym_json_object(NULL, NULL);
    sym_json_string(NULL, "a", "b");
    sym_json_hex(NULL, "a", sym_span("b", 1));
    sym_json_time(NULL, "a", 0);
    sym_json_end(NULL);
    assert_int_equal(sym_json_finish(NULL), SYM_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nests_objects_and_arrays),
        cmocka_unit_test(text_of_any_kind_is_read_back_unchanged),
        cmocka_unit_test(control_characters_are_escaped),
        cmocka_unit_test(bytes_that_are_not_utf8_are_replaced),
        cmocka_unit_test(numbers_lose_nothing),
        cmocka_unit_test(bytes_are_hex_and_times_iso_8601_or_null),
        cmocka_unit_test(refuses_a_document_that_is_not_closed),
        cmocka_unit_test(refuses_to_close_what_is_not_open),
        cmocka_unit_test(refuses_a_value_without_a_key_in_an_object),
        cmocka_unit_test(refuses_to_nest_too_deeply),
        cmocka_unit_test(a_writer_without_memory_is_an_error_not_a_crash),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
