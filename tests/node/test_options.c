#include "node/supervisor/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 32
#define TEXT_MAX  2048

/* Words separated by single spaces; "_" stands for a space in a word. */
static enum sym_err parse(struct sym_options *o, const char *line, struct sym_fault *fault)
{
    static char text[TEXT_MAX];
    static char program[] = "symbolond";
    char *argv[WORDS_MAX + 1] = {program};
    char *rest = NULL;
    int argc = 1;
    (void)snprintf(text, sizeof text, "%s", line);
    for (char *w = strtok_r(text, " ", &rest); w != NULL; w = strtok_r(NULL, " ", &rest)) {
        assert_in_range(argc, 1, WORDS_MAX - 1);
        for (char *c = w; *c != '\0'; c++) {
            *c = *c == '_' ? ' ' : *c;
        }
        argv[argc++] = w;
    }
    memset(o, 0, sizeof *o);
    return sym_options_parse(o, argc, argv, fault);
}

static void accepted(struct sym_options *o, const char *line)
{
    struct sym_fault fault = {.text = ""};
    if (parse(o, line, &fault) != SYM_OK) {
        fail_msg("%s: %s", line, fault.text);
    }
}

static void refused(const char *line, const char *reason)
{
    struct sym_options o;
    struct sym_fault fault = {.text = ""};
    if (parse(&o, line, &fault) != SYM_BAD_VALUE || strstr(fault.text, reason) == NULL) {
        fail_msg("%s: \"%s\" does not say \"%s\"", line, fault.text, reason);
    }
}

static void reads_how_a_node_is_run(void **state)
{
    struct sym_options o;
    (void)state;
    accepted(&o, "--dir node");
    assert_int_equal(o.mode, SYM_MODE_RUN);
    assert_string_equal(o.init.dir, "node");
    assert_null(o.init.from.passphrase_file);
    assert_null(o.init.from.key_file);
    accepted(&o, "--passphrase-file secret --dir=node");
    assert_string_equal(o.init.from.passphrase_file, "secret");
    accepted(&o, "--key-file secret --dir node");
    assert_string_equal(o.init.from.key_file, "secret");
    assert_null(o.listen);
    accepted(&o, "--dir node --listen [::]:7702"); /* its card has an endpoint already */
    assert_int_equal(o.mode, SYM_MODE_RUN);
    assert_string_equal(o.listen, "[::]:7702");
    refused("--dir node --listen localhost:7702", "--listen: \"localhost:7702\" is not a numeric");
}

static void reads_how_a_node_is_made(void **state)
{
    struct sym_options o;
    (void)state;
    accepted(&o, "--init --dir node --name Bank_A --role police --listen 192.0.2.7:7701");
    assert_int_equal(o.mode, SYM_MODE_INIT);
    assert_string_equal(o.init.name, "Bank A");
    assert_int_equal(o.init.role, SYM_ROLE_POLICE);
    assert_string_equal(o.init.listen, "192.0.2.7:7701");
    assert_int_equal(o.init.n_endpoint, 0);
    assert_int_equal(o.init.days, SYM_INIT_DAYS);
    accepted(&o, "--init --dir n --name A --role bank --listen [::]:7701 --days 1096"
                 " --endpoint a.example:1 --endpoint [2001:db8::1]:2 --endpoint 192.0.2.1:3"
                 " --endpoint b:65535");
    assert_int_equal(o.init.n_endpoint, 4);
    assert_string_equal(o.init.endpoint[3], "b:65535");
    assert_int_equal(o.init.days, 1096);
    /* What follows an option is its value, whatever it looks like. */
    accepted(&o, "--init --dir --init --name --dir --role bank --listen 127.0.0.1:1");
    assert_string_equal(o.init.dir, "--init");
    assert_string_equal(o.init.name, "--dir");
}

static void reads_each_rotation(void **state)
{
    static const char *const words[] = {"tls", "exchange", "log", "cosign", "identity", "finish"};
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct sym_options o;
        char line[64];
        (void)snprintf(line, sizeof line, "--rotate %s --dir node", words[i]);
        accepted(&o, line);
        assert_int_equal(o.mode, SYM_MODE_ROTATE);
        assert_int_equal(o.what, i);
    }
}

static void help_and_version_need_nothing_else(void **state)
{
    struct sym_options o;
    (void)state;
    accepted(&o, "--help");
    assert_int_equal(o.mode, SYM_MODE_HELP);
    accepted(&o, "--init --help");
    assert_int_equal(o.mode, SYM_MODE_HELP);
    accepted(&o, "--version");
    assert_int_equal(o.mode, SYM_MODE_VERSION);
}

static void reads_how_a_node_is_restored(void **state)
{
    struct sym_options o;
    (void)state;
    accepted(&o, "--restore file --dir node --passphrase-file p");
    assert_int_equal(o.mode, SYM_MODE_RESTORE);
    assert_string_equal(o.backup, "file");
    assert_string_equal(o.init.dir, "node");
    assert_string_equal(o.init.from.passphrase_file, "p");
    refused("--restore file", "--dir: is missing");
    refused("--dir node --restore", "--restore: needs a value");
}

static void help_names_every_option(void **state)
{
    static const char *const names[] = {
        "--dir",    "--passphrase-file", "--key-file", "--init",   "--name",    "--role",
        "--listen", "--endpoint",        "--days",     "--rotate", "--restore", "--help",
        "--version"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_non_null(strstr(sym_options_help, names[i]));
    }
}

static void refuses_what_it_does_not_know(void **state)
{
    (void)state;
    refused("--dir node --rest f", "--rest: there is no such option; did you mean --restore?");
    refused("--dir node --key=f", "--key: there is no such option; did you mean --key-file?");
    refused("--dir node --verbose", "--verbose: there is no such option");
    refused("--dir node -v", "-v: there is no such option");
    refused("--dir node more", "more: belongs to no option");
    refused("--dir", "--dir: needs a value");
    refused("--dir node --init=yes", "--init: takes no value");
}

static void refuses_what_is_missing(void **state)
{
    (void)state;
    refused("", "--dir: is missing");
    refused("--dir=", "--dir: is missing");
    refused("--init --name A --role bank --listen 127.0.0.1:1", "--dir: is missing");
    refused("--init --dir n --role bank --listen 127.0.0.1:1", "--name: is missing");
    refused("--init --dir n --name A --listen 127.0.0.1:1", "--role: is missing");
    refused("--init --dir n --name A --role bank", "--listen: is missing");
}

static void refuses_what_does_not_go_together(void **state)
{
    (void)state;
    refused("--dir a --dir b", "--dir: is given twice");
    refused("--dir a --key-file k --passphrase-file p", "not together with --passphrase-file");
    refused("--dir a --init --rotate tls", "not together with --init");
    refused("--dir a --restore f --init", "--restore: takes a passphrase only");
    refused("--dir a --restore f --rotate tls", "--restore: takes a passphrase only");
    refused("--dir a --restore f --key-file k", "--restore: takes a passphrase only");
    refused("--dir a --restore f --name A", "--name: only together with --init");
    refused("--dir a --name A", "--name: only together with --init");
    refused("--dir a --rotate tls --listen 127.0.0.1:1", "--listen: not together with --rotate");
    refused("--dir a --restore f --listen 127.0.0.1:1", "or --restore");
    refused("--dir a --endpoint a:1", "--endpoint: only together with --init");
}

#define INIT "--init --dir n "

static void refuses_names_and_roles_that_are_none(void **state)
{
    (void)state;
    refused(INIT "--role bank --listen 127.0.0.1:1 --name=", "--name: is not 1 to 64 bytes");
    refused(INIT "--role bank --listen 127.0.0.1:1 --name A_", "--name: is not");
    refused(INIT "--role bank --listen 127.0.0.1:1 --name A\nB", "--name: is not");
    refused(INIT "--role bank --listen 127.0.0.1:1 --name A\xff", "--name: is not");
    refused(INIT "--role bank --listen 127.0.0.1:1 --name "
                 "12345678901234567890123456789012345678901234567890123456789012345",
            "--name: is not");
    refused(INIT "--name A --listen 127.0.0.1:1 --role Bank", "--role: \"Bank\" is not one of");
}

static void refuses_addresses_that_are_not_numeric(void **state)
{
    static const char *const addresses[] = {"localhost:7701",  "127.0.0.1",     "127.0.0.1:0",
                                            "127.0.0.1:65536", "127.0.0.1:",    ":7701",
                                            "[::1:7701",       "::1:7701",      "[::1]7701",
                                            "[127.0.0.1]:1",   "[]:7701",       "[fe80::1%lo]:77",
                                            "1.2.3:77",        "127.0.0.1:77x", "0x7f.1:77"};
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        char line[128];
        (void)snprintf(line, sizeof line, INIT "--name A --role bank --listen %s", addresses[i]);
        refused(line, "is not a numeric address and port");
    }
}

static void refuses_an_address_that_partners_cannot_dial(void **state)
{
    struct sym_options o;
    (void)state;
    refused(INIT "--name A --role bank --listen 0.0.0.0:7701", "say with --endpoint");
    refused(INIT "--name A --role bank --listen [::]:7701", "say with --endpoint");
    refused(INIT "--name A --role bank --listen [0:0::0]:7701", "say with --endpoint");
    accepted(&o, INIT "--name A --role bank --listen 0.0.0.0:7701 --endpoint a.example:7701");
    accepted(&o, INIT "--name A --role bank --listen [::1]:7701");
}

static void refuses_endpoints_that_are_none(void **state)
{
    (void)state;
    refused(INIT "--name A --role bank --listen 127.0.0.1:1 --endpoint a.example",
            "--endpoint: \"a.example\" is not host:port");
    refused(INIT "--name A --role bank --listen 127.0.0.1:1 --endpoint a:1 --endpoint a:1"
                 " --endpoint a:1 --endpoint a:1 --endpoint a:1",
            "a card holds at most 4");
}

static void refuses_days_out_of_range(void **state)
{
    static const char *const days[] = {"0", "1097", "-1", "x", "1x", "10000000000000000000", "+1"};
    (void)state;
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        char line[128];
        (void)snprintf(line, sizeof line,
                       INIT "--name A --role bank --listen 127.0.0.1:1 --days=%s", days[i]);
        refused(line, "is not a number from 1 to 1096");
    }
}

static void refuses_a_directory_that_would_break_the_ready_line(void **state)
{
    (void)state;
    refused("--dir a\nready", "--dir: holds control characters");
    refused("--dir a\x1b[31m", "--dir: holds control characters");
}

static void refuses_rotations_that_are_none(void **state)
{
    (void)state;
    refused("--dir a --rotate TLS", "--rotate: \"TLS\" is not one of tls, exchange, log, cosign");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_how_a_node_is_run),
        cmocka_unit_test(reads_how_a_node_is_made),
        cmocka_unit_test(reads_each_rotation),
        cmocka_unit_test(help_and_version_need_nothing_else),
        cmocka_unit_test(reads_how_a_node_is_restored),
        cmocka_unit_test(help_names_every_option),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(refuses_what_is_missing),
        cmocka_unit_test(refuses_what_does_not_go_together),
        cmocka_unit_test(refuses_names_and_roles_that_are_none),
        cmocka_unit_test(refuses_addresses_that_are_not_numeric),
        cmocka_unit_test(refuses_an_address_that_partners_cannot_dial),
        cmocka_unit_test(refuses_endpoints_that_are_none),
        cmocka_unit_test(refuses_days_out_of_range),
        cmocka_unit_test(refuses_a_directory_that_would_break_the_ready_line),
        cmocka_unit_test(refuses_rotations_that_are_none),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
