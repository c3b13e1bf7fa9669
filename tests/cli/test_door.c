/* Who may come in to the local page; tests/e2e/test_ui.py knocks at a real one. */
#include "cli/ui/door.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ADDRESS "127.0.0.1:4711"

struct rig {
    struct sym_door door;
    char bearer[16 + SYM_DOOR_DIGITS];
    struct sym_http_request request;
};

static int set_up(void **state)
{
    static struct rig r;
    r = (struct rig){.request = {.method = "GET", .path = "/status", .host = ADDRESS}};
    assert_int_equal(sym_crypto_init(), SYM_OK);
    assert_int_equal(sym_door_open(&r.door, 4711), SYM_OK);
    *state = &r;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *r = *state;
    sym_door_clear(&r->door);
    return 0;
}

/* Lets the request carry this secret. */
static void carry(struct rig *r, const struct sym_secret *secret)
{
    (void)snprintf(r->bearer, sizeof r->bearer, "Bearer %.*s", (int)secret->len,
                   secret->len > 0 ? (const char *)secret->data : "");
    r->request.authorization = r->bearer;
}

static unsigned origin(const struct rig *r)
{
    return sym_door_check_origin(&r->door, &r->request);
}

static void lets_in_the_own_page_and_the_person(void **state)
{
    static const char *const sites[] = {NULL, "same-origin", "none"};
    struct rig *r = *state;
    for (size_t i = 0; i < sizeof sites / sizeof *sites; i++) {
        r->request.site = sites[i];
        r->request.origin = NULL;
        assert_int_equal(origin(r), 0);
        r->request.origin = "http://" ADDRESS;
        assert_int_equal(origin(r), 0);
    }
}

static void refuses_another_host(void **state)
{
    static const char *const hosts[] = {NULL,        "",          "localhost:4711",
                                        "127.0.0.1", ADDRESS "0", "evil.example:4711"};
    struct rig *r = *state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        r->request.host = hosts[i];
        assert_int_equal(origin(r), 421);
    }
}

static void refuses_another_origin(void **state)
{
    static const char *const origins[] = {"", "null", "https://" ADDRESS, "http://" ADDRESS "/",
                                          "http://127.0.0.1:4712"};
    struct rig *r = *state;
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        r->request.origin = origins[i];
        assert_int_equal(origin(r), 403);
    }
}

static void another_site_may_open_the_page_and_no_more(void **state)
{
    struct rig *r = *state;
    r->request.site = "cross-site";
    assert_int_equal(origin(r), 403);
    r->request.path = "/";
    assert_int_equal(origin(r), 0);
    r->request.method = "POST";
    assert_int_equal(origin(r), 403);
    r->request.method = "GET";
    r->request.site = "same-site"; /* another port of this machine */
    r->request.path = "/requests";
    assert_int_equal(origin(r), 403);
}

static void refuses_a_header_that_came_twice(void **state)
{
    struct rig *r = *state;
    r->request.repeated = true;
    assert_int_equal(origin(r), 400);
}

static void the_token_is_good_for_one_session(void **state)
{
    struct rig *r = *state;
    carry(r, &r->door.token);
    assert_int_equal(sym_door_check_session(&r->door, &r->request), 401);
    assert_int_equal(sym_door_take_token(&r->door, &r->request), 0);
    assert_int_equal(sym_door_check_session(&r->door, &r->request), 401);
    assert_int_equal(sym_door_take_token(&r->door, &r->request), 401);
    carry(r, &r->door.session);
    assert_int_equal(sym_door_check_session(&r->door, &r->request), 0);
    assert_int_equal(sym_door_take_token(&r->door, &r->request), 401);
}

static void refuses_what_is_not_the_session(void **state)
{
    struct rig *r = *state;
    carry(r, &r->door.token);
    assert_int_equal(sym_door_take_token(&r->door, &r->request), 0);
    carry(r, &r->door.session);
    for (size_t i = strlen("Bearer "); i < strlen(r->bearer); i++) {
        char was = r->bearer[i];
        r->bearer[i] = was == '0' ? '1' : '0';
        assert_int_equal(sym_door_check_session(&r->door, &r->request), 401);
        r->bearer[i] = was;
    }
    strcat(r->bearer, "0");
    assert_int_equal(sym_door_check_session(&r->door, &r->request), 401);
    r->bearer[strlen(r->bearer) - 2] = '\0';
    assert_int_equal(sym_door_check_session(&r->door, &r->request), 401);
    r->request.authorization = NULL;
    assert_int_equal(sym_door_check_session(&r->door, &r->request), 401);
}

static void nothing_carries_a_session_before_there_is_one(void **state)
{
    static const char *const none[] = {"", "Bearer ", "Bearer"};
    struct rig *r = *state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        r->request.authorization = none[i];
        assert_int_equal(sym_door_check_session(&r->door, &r->request), 401);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lets_in_the_own_page_and_the_person, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_another_host, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_another_origin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_site_may_open_the_page_and_no_more, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_header_that_came_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_token_is_good_for_one_session, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_not_the_session, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_carries_a_session_before_there_is_one, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
