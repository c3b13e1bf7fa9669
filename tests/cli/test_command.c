/* Finding commands, their help, completion and manual, and exit codes that need no node. */
#include "cli/client.h"
#include "proto/dimension.h"
#include "tests/cli/run.h"

#include <ctype.h>
#include <limits.h>
#include <sys/stat.h>

static void every_command_is_complete_and_sorted_into_its_table(void **state)
{
    (void)state;
    for (size_t i = 0; sym_command_at(i) != NULL; i++) {
        const struct sym_command *c = sym_command_at(i);
        assert_non_null(c->run);
        assert_true(strlen(c->name) > 0 && strlen(c->name) <= 16);
        assert_true(islower((unsigned char)c->summary[0]));
        assert_true(strlen(c->summary) <= 72);
        assert_non_null(c->usage[0]);
        assert_true(c->min_operands <= c->max_operands);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(sym_command_at(k)->name, c->name);
        }
    }
}

static void no_command_has_two_options_of_one_name(void **state)
{
    (void)state;
    for (size_t i = 0; sym_command_at(i) != NULL; i++) {
        struct sym_args args = {0};
        sym_command_options(&args, sym_command_at(i));
        for (size_t a = 0; a < args.n_known; a++) {
            assert_true(strlen(args.known[a]->help) > 0);
            for (size_t b = 0; b < a; b++) {
                assert_string_not_equal(args.known[a]->name, args.known[b]->name);
            }
        }
    }
}

static void with_bars(char out[128], const char *name)
{
    (void)snprintf(out, 128, "%s", name);
    for (char *at = out; (at = strchr(at, ' ')) != NULL;) {
        *at = '|';
    }
}

static void every_command_explains_itself_and_all_its_options(void **state)
{
    (void)state;
    static struct run r;
    static struct run by_help;
    for (size_t i = 0; sym_command_at(i) != NULL; i++) {
        const struct sym_command *c = sym_command_at(i);
        struct sym_args args = {0};
        char name[128];
        char words[256];
        with_bars(name, c->name);
        (void)snprintf(words, sizeof words, "%s|--help", name);
        run(&r, words);
        assert_int_equal(r.code, SYM_EXIT_DONE);
        assert_string_equal(r.err, "");
        assert_shows(r.out, c->summary);
        sym_command_options(&args, c);
        for (size_t k = 0; k < args.n_known; k++) {
            (void)snprintf(words, sizeof words, "\n  --%s ", args.known[k]->name);
            assert_shows(r.out, words);
        }
        (void)snprintf(words, sizeof words, "help|%s", name);
        run(&by_help, words);
        assert_int_equal(by_help.code, SYM_EXIT_DONE);
        assert_string_equal(by_help.out, r.out);
    }
}

static void usage_lines_name_every_option_of_the_command(void **state)
{
    (void)state;
    for (size_t i = 0; sym_command_at(i) != NULL; i++) {
        const struct sym_command *c = sym_command_at(i);
        char all[2048] = "";
        for (size_t k = 0; k < 4 && c->usage[k] != NULL; k++) {
            strcat(all, c->usage[k]);
            strcat(all, " ");
        }
        for (const struct sym_option *o = c->options; o != NULL && o->name != NULL; o++) {
            char name[64];
            (void)snprintf(name, sizeof name, "--%s", o->name);
            assert_shows(all, name);
        }
    }
}

/* What somebody types who is told to, with quotation marks for values that hold spaces. */
static void split_example(char out[512], const char *example)
{
    bool quoted = false;
    size_t len = 0;
    for (const char *c = example; *c != '\0'; c++) {
        quoted ^= *c == '"';
        if (*c != '"') {
            out[len++] = (char)(*c == ' ' && !quoted ? '|' : *c);
        }
        assert_true(len < 500);
    }
    out[len] = '\0';
    char *redirected = strstr(out, "|>|");
    if (redirected != NULL) {
        *redirected = '\0';
    }
}

static void every_command_that_takes_something_shows_an_example_that_can_be_typed(void **state)
{
    static struct run r;
    (void)state;
    for (size_t i = 0; sym_command_at(i) != NULL; i++) {
        const struct sym_command *c = sym_command_at(i);
        char words[512];
        if (c->example == NULL) {
            assert_int_equal(c->min_operands, 0);
            continue;
        }
        assert_memory_equal(c->example, c->name, strlen(c->name));
        split_example(words, c->example);
        strcat(words, "|--help"); /* parsed, and not run */
        run(&r, words);
        assert_int_equal(r.code, SYM_EXIT_DONE);
        assert_string_equal(r.err, "");
        assert_shows(r.out, c->example);
    }
}

static void help_lists_all_commands(void **state)
{
    (void)state;
    static struct run r;
    static const char *const ways[] = {"help", "--help", "-h"};
    for (size_t w = 0; w < 3; w++) {
        run(&r, ways[w]);
        assert_int_equal(r.code, SYM_EXIT_DONE);
        for (size_t i = 0; sym_command_at(i) != NULL; i++) {
            char row[64];
            (void)snprintf(row, sizeof row, "\n  %s ", sym_command_at(i)->name);
            assert_shows(r.out, row);
        }
    }
}

static void help_of_a_first_word_lists_its_commands_only(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "peer|--help");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "peer ping");
    assert_shows_not(r.out, "user add");
    run(&r, "help|user");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "user add");
}

static void version_is_shown_by_command_and_option(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "version");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_true(strncmp(r.out, "symbolon ", 9) == 0);
    run(&r, "--version");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_true(strncmp(r.out, "symbolon ", 9) == 0);
}

static void refuse(const char *words, const char *shown)
{
    static struct run r;
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_string_equal(r.out, "");
    assert_shows(r.err, "symbolon: ");
    assert_shows(r.err, shown);
}

static void refuses_commands_that_do_not_exist(void **state)
{
    (void)state;
    refuse("", "no command was given");
    refuse("--json", "no command was given");
    refuse("stauts", "did you mean \"symbolon status\"?");
    refuse("peer|lst", "did you mean \"symbolon peer list\"?");
    refuse("help|stauts", "did you mean \"symbolon status\"?");
    refuse("frobnicate|it",
           "frobnicate it: there is no such command; \"symbolon help\" lists them");
    refuse("\033[31mred", "symbolon: \\x1b[31mred: there is no such command");
    refuse("peer", "peer: is not a command by itself");
    refuse("log|--dir|bank-a", "log: is not a command by itself");
    refuse("--bogus|status", "--bogus: there is no such option");
}

static void refuses_what_a_command_does_not_take(void **state)
{
    (void)state;
    refuse("version|extra", "version: \"extra\" is too much\nusage: symbolon version\n");
    refuse("version|\033[31mred", "version: \"\\x1b[31mred\" is too much\n");
    refuse("version|--json", "version: --json: there is no such option");
    refuse("--json|version", "version: --json: there is no such option");
    refuse("peer|add", "peer add: FILE is missing\nusage: symbolon peer add FILE");
    refuse("revoke|bank-b", "revoke: DATASET is missing\nusage: ");
    refuse("status|--jsn", "did you mean --json?");
    refuse("completion|zsh", "only bash is known");
    refuse("rotate|everything|--dir|/nonexistent", "is not one of tls");
}

static void refuses_to_guess_the_directory(void **state)
{
    (void)state;
    (void)unsetenv("SYMBOLON_DIR");
    refuse("status", "status: which node? Give --dir DIR, or set SYMBOLON_DIR");
    refuse("card", "which node?");
    refuse("init", "which node?");
    refuse("status|--dir|", "--dir: needs a value");
    assert_int_equal(setenv("SYMBOLON_DIR", "", 1), 0);
    refuse("status", "which node?");
    (void)unsetenv("SYMBOLON_DIR");
}

static void refuses_a_time_to_wait_that_is_none(void **state)
{
    (void)state;
    refuse("status|--dir|/nonexistent|--wait|0", "is not a whole number from 1 to 3600");
    refuse("status|--dir|/nonexistent|--wait|soon", "is not a whole number from 1 to 3600");
}

static void refuses_an_init_that_lacks_something(void **state)
{
    (void)state;
    refuse("init|--dir|D", "--name is missing");
    refuse("init|--dir|D|--name|A", "--role is missing");
    refuse("init|--dir|D|--name|A|--role|bank", "--listen is missing");
    refuse("init|--dir|D|--name|A|--role|banker|--listen|a:1", "\"banker\" is not one of bank");
    refuse("init|--dir|D|--name|A|--role|bank|--listen|a:1|--passphrase-file|F|--key-file|F",
           "exclude each other");
    refuse("init|--dir|D|--name|A|--role|bank|--listen|a:1|--days|1097", "from 1 to 1096");
    refuse("init|--dir|D|--name|A|--role|bank|--listen|a:1|--endpoint|a:1|--endpoint|b:1"
           "|--endpoint|c:1|--endpoint|d:1|--endpoint|e:1",
           "at most 4");
}

/* A stand-in for symbolond, first in PATH, that shows its arguments and exits with 7. */
static void put_daemon_into_path(char dir[128])
{
    static const char script[] = "#!/bin/sh\nfor a; do echo \"[$a]\"; done\nexit 7\n";
    char path[256];
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(dir, 128, "%.80s/binXXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/symbolond", dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(script, 1, sizeof script - 1, file), sizeof script - 1);
    assert_int_equal(fchmod(fileno(file), 0755), 0);
    (void)fclose(file);
    (void)snprintf(path, sizeof path, "%s:/bin:/usr/bin", dir);
    assert_int_equal(setenv("PATH", path, 1), 0);
}

static void init_and_rotate_become_the_daemon_with_the_same_flags(void **state)
{
    (void)state;
    static struct run r;
    char dir[128];
    char path[256];
    put_daemon_into_path(dir);
    run(&r, "init|--days|30|--dir|D|--name|Bank A|--role|bank|--listen|127.0.0.1:7701|--endpoint"
            "|a:1|--endpoint|b:2|--key-file|K");
    assert_int_equal(r.code, 7);
    assert_string_equal(r.out, "[--init]\n[--dir]\n[D]\n[--name]\n[Bank A]\n[--role]\n[bank]\n"
                               "[--listen]\n[127.0.0.1:7701]\n[--endpoint]\n[a:1]\n[--endpoint]\n"
                               "[b:2]\n[--key-file]\n[K]\n[--days]\n[30]\n");
    run(&r, "rotate|tls|--dir|D|--passphrase-file|P");
    assert_int_equal(r.code, 7);
    assert_string_equal(r.out, "[--rotate]\n[tls]\n[--dir]\n[D]\n[--passphrase-file]\n[P]\n");
    (void)snprintf(path, sizeof path, "%s/symbolond", dir);
    (void)unlink(path);
    run(&r, "rotate|finish|--dir|D");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "symbolond: No such file or directory; it must lie beside symbolon");
    (void)rmdir(dir);
}

/* Where a command is called must not say which program gets its keys. */
static void refuses_a_daemon_in_a_directory_that_is_not_named_from_the_root(void **state)
{
    static const char *const paths[] = {"", ".", ":", "./", ":/nowhere:", "..:."};
    (void)state;
    static struct run r;
    char dir[128];
    char path[256];
    char here[PATH_MAX];
    put_daemon_into_path(dir);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(dir), 0);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(setenv("PATH", paths[i], 1), 0);
        run(&r, "rotate|finish|--dir|D");
        assert_int_equal(r.code, SYM_EXIT_FAILED);
        assert_string_equal(r.out, "");
        assert_shows(r.err, "a directory of PATH that is named from the root");
    }
    (void)snprintf(path, sizeof path, ".:%s:/bin:/usr/bin", dir);
    assert_int_equal(setenv("PATH", path, 1), 0);
    run(&r, "rotate|finish|--dir|D");
    assert_int_equal(r.code, 7);
    assert_int_equal(chdir(here), 0);
    (void)snprintf(path, sizeof path, "%s/symbolond", dir);
    (void)unlink(path);
    (void)rmdir(dir);
}

/* Whether bash accepts the script on its own, and with lines behind it. */
static int bash(const char *script, const char *more, char *out, size_t size)
{
    char path[256];
    char command[512];
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(path, sizeof path, "%.100s/completionXXXXXX", tmp != NULL ? tmp : "/tmp");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    (void)fprintf(file, "%s\n%s\n", script, more);
    (void)fclose(file);
    (void)snprintf(command, sizeof command, "bash --norc -u %s %s 2>&1", *more ? "" : "-n", path);
    FILE *from = popen(command, "r");
    assert_non_null(from);
    out[fread(out, 1, size - 1, from)] = '\0';
    int status = pclose(from);
    (void)unlink(path);
    return WEXITSTATUS(status);
}

static void completion_is_a_script_that_bash_accepts(void **state)
{
    (void)state;
    static struct run r;
    char out[4096];
    run(&r, "completion|bash");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_int_equal(bash(r.out, "", out, sizeof out), 0);
    assert_string_equal(out, "");
}

/* What is offered behind these words, separated by blanks; the last word is being typed. */
static void completes(const char *script, const char *words, const char *offered)
{
    char more[1024];
    char out[4096];
    (void)snprintf(more, sizeof more,
                   "COMP_WORDS=(symbolon %s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _symbolon\n"
                   "echo \"${COMPREPLY[*]-}\"",
                   words);
    assert_int_equal(bash(script, more, out, sizeof out), 0);
    out[strcspn(out, "\n")] = '\0';
    if (strcmp(out, offered) != 0) {
        print_error("after: %s\n", words);
    }
    assert_string_equal(out, offered);
}

static void completion_offers_what_fits(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "completion|bash");
    completes(r.out, "sta", "status");
    completes(r.out, "peer p", "ping psk");
    completes(r.out, "--dir /x peer p", "ping psk");
    completes(r.out, "user add --ro", "--role");
    completes(r.out, "user add --role a", "analyst approver auditor");
    completes(r.out, "init --role p", "police");
    completes(r.out, "rotate f", "finish");
    completes(r.out, "completion ''", "bash");
    completes(r.out, "peer add README.m", "README.md");
    completes(r.out, "peer add --alias ''", "");
    completes(r.out, "status --j", "--json");
    completes(r.out, "nonsense ''", "");
    completes(r.out, "import README.m", "README.md");
    completes(r.out, "import --dataset d README.m", "README.md");
    completes(r.out, "import f --profile acc", "accounts");
    completes(r.out, "import f --profile README.m", "README.md");
    completes(r.out, "grant ''", "");
    completes(r.out, "grant bank-b suspects overlap:c", "overlap:count");
    completes(r.out, "grant bank-b suspects overlap : c", "count"); /* as bash splits it */
    completes(r.out, "grant bank-b suspects overlap :", "matches count table");
    completes(r.out, "grant --min-size 5 bank-b suspects t", "tabulate");
    completes(r.out, "grant bank-b suspects --expires n", "never");
    completes(r.out, "grants ''", "list");
    completes(r.out, "revoke b d overlap:m", "overlap:matches");
    completes(r.out, "overlap --purpose sa", "safeguarding");
    completes(r.out, "overlap --basis 3", "314b");
    completes(r.out, "overlap --reveal ''", "matches count");
    completes(r.out, "overlap --out README.m", "README.md");
    completes(r.out, "exchange r", "result");
    completes(r.out, "hotspots --format g", "geojson");
    completes(r.out, "hotspots --purpose tr", "trafficking");
    completes(r.out, "trends --unit ''", "incidents persons");
    completes(r.out, "routes --population README.m", "README.md");
    completes(r.out, "dataset forget d --r", "--record");
    completes(r.out, "log w", "witnesses");
    completes(r.out, "log list --decision d", "denied");
    completes(r.out, "log list --kind bod", "bodies-erased");
    completes(r.out, "log list --purpose cf", "cft");
    completes(r.out, "log verify --card README.m", "README.md");
    completes(r.out, "log report --format ''", "md json");
}

static void read_file(char *out, size_t size, const char *path)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    out[fread(out, 1, size - 1, file)] = '\0';
    (void)fclose(file);
}

/* The part of the manual from ".It Cm NAME" to the next of its kind, or the end of the section. */
static void manual_of(char *out, size_t size, const char *manual, const char *name)
{
    char heading[64];
    (void)snprintf(heading, sizeof heading, "\n.It Cm %s\n", name);
    const char *from = strstr(manual, heading);
    if (from == NULL) {
        (void)snprintf(heading, sizeof heading, "\n.It Cm %s ", name);
        from = strstr(manual, heading);
    }
    if (from == NULL) {
        print_error("symbolon.1 lacks %s\n", name);
    }
    assert_non_null(from);
    const char *next = strstr(from + 1, "\n.It Cm ");
    const char *section = strstr(from + 1, "\n.Sh ");
    const char *to = next != NULL && next < section ? next : section;
    assert_non_null(to);
    assert_true((size_t)(to - from) < size);
    memcpy(out, from, (size_t)(to - from));
    out[to - from] = '\0';
}

static void the_manual_has_every_command_with_its_options(void **state)
{
    (void)state;
    static char manual[131072];
    static char part[16384];
    read_file(manual, sizeof manual, "cli/man/symbolon.1");
    char *end = strstr(manual, "\n.Sh ENVIRONMENT");
    assert_non_null(end);
    end[strlen("\n.Sh ")] = '\0';
    for (size_t i = 0; sym_command_at(i) != NULL; i++) {
        const struct sym_command *c = sym_command_at(i);
        manual_of(part, sizeof part, manual, c->name);
        for (const struct sym_option *o = c->options; o != NULL && o->name != NULL; o++) {
            char flag[64];
            (void)snprintf(flag, sizeof flag, "Fl -%s", o->name);
            assert_shows(part, flag);
        }
    }
    static const char *const shared[] = {"\n.It Fl -dir ", "\n.It Fl -as ", "\n.It Fl -wait ",
                                         "\n.It Fl -json\n", "\n.It Fl -help\n"};
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
        assert_shows(manual, shared[i]);
    }
}

static void every_command_with_json_says_so_in_the_manual(void **state)
{
    (void)state;
    static char manual[131072];
    static char part[16384];
    read_file(manual, sizeof manual, "cli/man/symbolon.1");
    const char *json = strstr(manual, "\n.Sh JSON OUTPUT\n");
    assert_non_null(json);
    for (size_t i = 0; sym_command_at(i) != NULL; i++) {
        if ((sym_command_at(i)->takes & SYM_TAKES_JSON) != 0) {
            manual_of(part, sizeof part, json, sym_command_at(i)->name);
        }
    }
}

/* In the list of dimensions, not anywhere else. */
static void the_manual_has_every_dimension(void **state)
{
    (void)state;
    static char manual[65536];
    read_file(manual, sizeof manual, "cli/man/symbolon-tabulate.7");
    char *list = strstr(manual, "\n.Ss Dimensions and their codes\n");
    assert_non_null(list);
    char *end = strstr(list + 1, "\n.Ss ");
    assert_non_null(end);
    *end = '\0';
    for (uint32_t d = SYM_DIMENSION_NONE + 1; d < SYM_DIMENSION_COUNT; d++) {
        char first[64];
        char later[64];
        (void)snprintf(first, sizeof first, ".It Cm %s", sym_dimension_text(d));
        (void)snprintf(later, sizeof later, ", %s", sym_dimension_text(d));
        if (strstr(list, first) == NULL && strstr(list, later) == NULL) {
            fail_msg("symbolon-tabulate.7 lacks %s", sym_dimension_text(d));
        }
    }
}

static void exit_codes_follow_the_kind_of_failure(void **state)
{
    (void)state;
    assert_int_equal(sym_exit_of(SYM_OK), 0);
    assert_int_equal(sym_exit_of(SYM_BAD_FORMAT), 1);
    assert_int_equal(sym_exit_of(SYM_CANCELLED), 1);
    assert_int_equal(sym_exit_of(SYM_CLOSED), 1);
    assert_int_equal(sym_exit_of(SYM_DENIED), 3);
    assert_int_equal(sym_exit_of(SYM_UNREACHABLE), 4);
    assert_int_equal(sym_exit_of(SYM_TIMEOUT), 4);
}

static void a_full_disk_under_standard_output_is_a_failure(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char *argv[] = {(char[]){"symbolon"}, (char[]){"help"}, NULL};
        int full = open("/dev/full", O_WRONLY);
        int null = open("/dev/null", O_WRONLY);
        (void)dup2(full, 1);
        (void)dup2(null, 2);
        exit((int)sym_dispatch(2, argv));
    }
    assert_int_equal(run_code(child), SYM_EXIT_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_complete_and_sorted_into_its_table),
        cmocka_unit_test(no_command_has_two_options_of_one_name),
        cmocka_unit_test(every_command_explains_itself_and_all_its_options),
        cmocka_unit_test(usage_lines_name_every_option_of_the_command),
        cmocka_unit_test(every_command_that_takes_something_shows_an_example_that_can_be_typed),
        cmocka_unit_test(help_lists_all_commands),
        cmocka_unit_test(help_of_a_first_word_lists_its_commands_only),
        cmocka_unit_test(version_is_shown_by_command_and_option),
        cmocka_unit_test(refuses_commands_that_do_not_exist),
        cmocka_unit_test(refuses_what_a_command_does_not_take),
        cmocka_unit_test(refuses_to_guess_the_directory),
        cmocka_unit_test(refuses_a_time_to_wait_that_is_none),
        cmocka_unit_test(refuses_an_init_that_lacks_something),
        cmocka_unit_test(init_and_rotate_become_the_daemon_with_the_same_flags),
        cmocka_unit_test(refuses_a_daemon_in_a_directory_that_is_not_named_from_the_root),
        cmocka_unit_test(completion_is_a_script_that_bash_accepts),
        cmocka_unit_test(completion_offers_what_fits),
        cmocka_unit_test(the_manual_has_every_command_with_its_options),
        cmocka_unit_test(every_command_with_json_says_so_in_the_manual),
        cmocka_unit_test(the_manual_has_every_dimension),
        cmocka_unit_test(exit_codes_follow_the_kind_of_failure),
        cmocka_unit_test(a_full_disk_under_standard_output_is_a_failure),
    };
    return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
