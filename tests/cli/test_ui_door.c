/* door: which request may come in to the local page, by its host, its origin, and what it carries.
 */
#include "cli/ui/door.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define PORT   4711
#define HOST   "127.0.0.1:4711"
#define ORIGIN "http://127.0.0.1:4711"

static int open_door(void **state)
{
    static struct sym_door door;
    door = (struct sym_door){.host = ""};
    *state = &door;
    return sym_door_open(&door, PORT) == SYM_OK ? 0 : -1;
}

static int close_door(void **state)
{
    sym_door_clear(*state);
    return 0;
}

/* What the page itself asks. */
static struct sym_http_request asked(const char *path)
{
    return (struct sym_http_request){.method = "GET", .path = path, .host = HOST};
}

struct header {
    char text[2 * SYM_DOOR_DIGITS];
};

static struct header bearer(const struct sym_secret *secret)
{
    struct header h;
    (void)snprintf(h.text, sizeof h.text, "Bearer %.*s", (int)secret->len,
                   (const char *)secret->data);
    return h;
}

/* Host and origin ---------------------------------------------------------------------------- */

static void lets_in_what_the_page_and_the_person_ask(void **state)
{
    static const char *const sites[] = {NULL, "none", "same-origin"};
    static const char *const origins[] = {NULL, ORIGIN};
    for (size_t i = 0; i < sizeof sites / sizeof *sites; i++) {
        for (size_t o = 0; o < sizeof origins / sizeof *origins; o++) {
            struct sym_http_request r = asked("/api/status");
            r.site = sites[i];
            r.origin = origins[o];
            assert_int_equal(sym_door_check_origin(*state, &r), 0);
        }
    }
}

static void refuses_every_other_host(void **state)
{
    static const char *const hosts[] = {NULL,
                                        "",
                                        "127.0.0.1",
                                        "127.0.0.1:4712",
                                        "localhost:4711",
                                        "127.1:4711",
                                        "[::1]:4711",
                                        "127.0.0.1:4711.",
                                        "127.0.0.1:04711",
                                        " 127.0.0.1:4711",
                                        "evil.example",
                                        "127.0.0.1:4711\t"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct sym_http_request r = asked("/");
        r.host = hosts[i];
        assert_int_equal(sym_door_check_origin(*state, &r), 421);
    }
}

static void refuses_every_other_origin(void **state)
{
    static const char *const origins[] = {"",
                                          "null",
                                          "http://localhost:4711",
                                          "https://127.0.0.1:4711",
                                          "http://127.0.0.1:4712",
                                          "http://127.0.0.1:4711/",
                                          "HTTP://127.0.0.1:4711",
                                          "http://evil.example"};
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        struct sym_http_request r = asked("/");
        r.origin = origins[i];
        assert_int_equal(sym_door_check_origin(*state, &r), 403);
    }
}

static void refuses_what_another_site_caused_but_for_the_empty_page(void **state)
{
    static const char *const sites[] = {"cross-site", "same-site", "", "None", "evil"};
    for (size_t i = 0; i < sizeof sites / sizeof *sites; i++) {
        struct sym_http_request page = asked("/");
        page.site = sites[i];
        assert_int_equal(sym_door_check_origin(*state, &page), 0);
        page.method = "POST";
        assert_int_equal(sym_door_check_origin(*state, &page), 403);
        struct sym_http_request api = asked("/api/status");
        api.site = sites[i];
        assert_int_equal(sym_door_check_origin(*state, &api), 403);
    }
}

static void refuses_a_header_that_is_there_twice_before_all_else(void **state)
{
    struct sym_http_request r = asked("/");
    r.repeated = true;
    assert_int_equal(sym_door_check_origin(*state, &r), 400);
    r.host = "evil.example";
    assert_int_equal(sym_door_check_origin(*state, &r), 400);
}

/* Token and session -------------------------------------------------------------------------- */

static void gives_a_session_for_the_token_once(void **state)
{
    struct sym_door *door = *state;
    struct header token = bearer(&door->token);
    struct sym_http_request r = asked("/session");
    r.authorization = token.text;
    assert_int_equal(sym_door_take_token(door, &r), 0);
    assert_int_equal(door->token.len, 0);
    assert_int_equal(door->session.len, SYM_DOOR_DIGITS);
    struct header session = bearer(&door->session);
    assert_int_equal(sym_door_take_token(door, &r), 401);
    assert_int_equal(sym_door_check_session(door, &r), 401);
    r.authorization = session.text;
    assert_int_equal(sym_door_check_session(door, &r), 0);
    assert_int_equal(sym_door_take_token(door, &r), 401);
}

static void a_session_is_not_the_token_and_no_two_are_alike(void **state)
{
    struct sym_door *door = *state;
    struct sym_door other = {.host = ""};
    assert_int_equal(sym_door_open(&other, PORT), SYM_OK);
    assert_memory_not_equal(door->token.data, other.token.data, SYM_DOOR_DIGITS);
    struct header token = bearer(&door->token);
    struct sym_http_request r = asked("/session");
    r.authorization = token.text;
    assert_int_equal(sym_door_take_token(&other, &r), 401);
    assert_int_equal(sym_door_take_token(door, &r), 0);
    assert_memory_not_equal(door->session.data, token.text + strlen("Bearer "), SYM_DOOR_DIGITS);
    sym_door_clear(&other);
}

/* Each differs from the token in one way. */
static void refuses_all_but_the_very_token(void **state)
{
    struct sym_door *door = *state;
    const char *hex = (const char *)door->token.data;
    const int digits = (int)SYM_DOOR_DIGITS;
    char wrong[9][2 * SYM_DOOR_DIGITS];
    (void)snprintf(wrong[0], sizeof wrong[0], "bearer %.*s", digits, hex);
    (void)snprintf(wrong[1], sizeof wrong[1], "Bearer  %.*s", digits, hex);
    (void)snprintf(wrong[2], sizeof wrong[2], "%.*s", digits, hex);
    (void)snprintf(wrong[3], sizeof wrong[3], "Bearer %.*s", digits - 1, hex);
    (void)snprintf(wrong[4], sizeof wrong[4], "Bearer %.*s0", digits, hex);
    (void)snprintf(wrong[5], sizeof wrong[5], "Bearer %.*s ", digits, hex);
    (void)snprintf(wrong[6], sizeof wrong[6], "Bearer %.*s", digits, hex);
    wrong[6][strlen(wrong[6]) - 1] ^= 1;
    (void)snprintf(wrong[7], sizeof wrong[7], "Bearer ");
    wrong[8][0] = '\0';
    struct sym_http_request r = asked("/session");
    assert_int_equal(sym_door_take_token(door, &r), 401); /* none at all */
    for (size_t i = 0; i < 9; i++) {
        r.authorization = wrong[i];
        assert_int_equal(sym_door_take_token(door, &r), 401);
        assert_int_equal(sym_door_check_session(door, &r), 401);
    }
    assert_int_equal(door->token.len, SYM_DOOR_DIGITS);
    assert_int_equal(door->session.len, 0);
}

static void before_there_is_a_session_nobody_has_it(void **state)
{
    struct sym_http_request r = asked("/api/status");
    static const char *const given[] = {"Bearer ", "Bearer", ""};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        r.authorization = given[i];
        assert_int_equal(sym_door_check_session(*state, &r), 401);
    }
}

static void leaves_no_secret_behind(void **state)
{
    struct sym_door *door = *state;
    sym_door_clear(door);
    assert_int_equal(door->token.len, 0);
    assert_int_equal(door->session.len, 0);
    sym_door_clear(door);
}

#define WITH_DOOR(test) cmocka_unit_test_setup_teardown(test, open_door, close_door)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DOOR(lets_in_what_the_page_and_the_person_ask),
        WITH_DOOR(refuses_every_other_host),
        WITH_DOOR(refuses_every_other_origin),
        WITH_DOOR(refuses_what_another_site_caused_but_for_the_empty_page),
        WITH_DOOR(refuses_a_header_that_is_there_twice_before_all_else),
        WITH_DOOR(gives_a_session_for_the_token_once),
        WITH_DOOR(a_session_is_not_the_token_and_no_two_are_alike),
        WITH_DOOR(refuses_all_but_the_very_token),
        WITH_DOOR(before_there_is_a_session_nobody_has_it),
        WITH_DOOR(leaves_no_secret_behind),
    };
    return sym_crypto_init() == SYM_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
