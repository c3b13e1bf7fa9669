/* json_is.h - is what a command shows this JSON? Expected texts have no white space. */
#ifndef SYM_TESTS_CLI_JSON_IS_H
#define SYM_TESTS_CLI_JSON_IS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

/* The item at this place of a list; negative: all that is shown. */
static inline void json_at(const char *shown, int at, const char *expected)
{
    cJSON *json = cJSON_Parse(shown);
    char *text = cJSON_PrintUnformatted(at < 0 ? json : cJSON_GetArrayItem(json, at));
    assert_non_null(text);
    assert_string_equal(text, expected);
    cJSON_free(text);
    cJSON_Delete(json);
}

static inline void json_is(const char *shown, const char *expected)
{
    json_at(shown, -1, expected);
}

#endif
