# The local page: who may come in; and which program a command becomes.
# Each: what is broken, the test that must fail, and edits of (file, text, replacement).
DOOR = "cli/ui/door.c"

MUTANTS = [
    (
        "any host will do",
        "cli/test_door:refuses_another_host",
        (DOOR, "if (r->host == NULL || strcmp(r->host, d->host) != 0) {",
         "if (r->host == NULL) {"),
    ),
    (
        "a host that begins as the own one will do",
        "cli/test_door:refuses_another_host",
        (DOOR, "strcmp(r->host, d->host) != 0", "strncmp(r->host, d->host, strlen(d->host)) != 0"),
    ),
    (
        "any origin will do",
        "cli/test_door:refuses_another_origin",
        (DOOR, "strcmp(r->origin, d->origin) != 0", "false"),
    ),
    (
        "another site may do what this page does",
        "cli/test_door:another_site_may_open_the_page_and_no_more",
        (DOOR, "return own || opens ? 0 : 403;", "(void)own;\n    (void)opens;\n    return 0;"),
    ),
    (
        "another site may send to the page",
        "cli/test_door:another_site_may_open_the_page_and_no_more",
        (DOOR, 'strcmp(r->method, "GET") == 0 && strcmp', "strcmp"),
    ),
    (
        "the first of two headers counts",
        "cli/test_door:refuses_a_header_that_came_twice",
        (DOOR, "if (r->repeated) {", "if (false) {"),
    ),
    (
        "a token works again",
        "cli/test_door:the_token_is_good_for_one_session",
        (DOOR, "    sym_secret_clear(&d->token);\n    return 0;", "    return 0;"),
    ),
    (
        "the token is as good as the session",
        "cli/test_door:the_token_is_good_for_one_session",
        (DOOR, "return carries(r, &d->session) ? 0 : 401;",
         "return carries(r, &d->session) || carries(r, &d->token) ? 0 : 401;"),
    ),
    (
        "half of the session is compared",
        "cli/test_door:refuses_what_is_not_the_session",
        (DOOR, "sym_equal(given + before, secret->data, SYM_DOOR_DIGITS)",
         "sym_equal(given + before, secret->data, SYM_DOOR_DIGITS / 2)"),
    ),
    (
        "what follows the session is passed over",
        "cli/test_door:refuses_what_is_not_the_session",
        (DOOR, "strlen(given) == before + SYM_DOOR_DIGITS", "strlen(given) >= before + SYM_DOOR_DIGITS"),
    ),
    (
        "a program of the present directory gets the keys",
        "cli/test_command:refuses_a_daemon_in_a_directory_that_is_not_named_from_the_root",
        ("cli/beside.c", "if (*at == '/' && written > 0", "if (written > 0"),
    ),
]
