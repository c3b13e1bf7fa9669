/* backup: what it fetches and writes, and nodes that answer with something else. */
#include "crypto/backup.h"
#include "tests/cli/fake_node.h"

#define PASSPHRASE "correct horse battery"
#define STORE      700000u

static const struct sym_backup_member members[] = {
    {{(const uint8_t *)"format", 6}, 11},
    {{(const uint8_t *)"node.card", 9}, 400},
    {{(const uint8_t *)"node.keys", 9}, 500},
    {{(const uint8_t *)"master.key", 10}, 72},
    {{(const uint8_t *)"erasure.keys", 12}, 8192},
    {{(const uint8_t *)"store/data.mdb", 14}, STORE}};
#define MEMBERS (sizeof members / sizeof *members)

/* Member i is made of bytes i, in parts of at most 300000. */
static enum sym_err give(struct fake_call *call)
{
    static uint8_t bytes[300000];
    static struct sym_backup_bytes part;
    static const struct sym_backup_begun begun = {members, MEMBERS, 1790000000000u};
    const struct sym_backup_query *q = call->arguments;
    if (call->verb == SYM_VERB_BACKUP_BEGIN) {
        call->answer = &begun;
        return SYM_OK;
    }
    if (call->verb == SYM_VERB_BACKUP_END) {
        fake_note(call->node,
                  ((const struct sym_backup_ended *)call->arguments)->whole ? "whole" : "given up");
        return SYM_OK;
    }
    if (q->member >= MEMBERS || q->at >= members[q->member].bytes) {
        return sym_fail(NULL, SYM_LIMIT, " ");
    }
    uint64_t left = members[q->member].bytes - q->at;
    memset(bytes, (int)q->member, sizeof bytes);
    part.bytes = sym_span(bytes, left < sizeof bytes ? (size_t)left : sizeof bytes);
    call->answer = &part;
    return SYM_OK;
}

static void words(char out[512], const struct fake_node *node, const char *more)
{
    fake_write(node->dir, "passphrase", sym_span_text(PASSPHRASE "\n"), 0600);
    (void)snprintf(out, 512, "backup|%s/backup|--passphrase-file|%s/passphrase%s", node->dir,
                   node->dir, more);
}

static size_t read_backup(const struct fake_node *node, uint8_t *out, size_t max)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/backup", node->dir);
    FILE *file = fopen(path, "r");
    size_t len = file == NULL ? 0 : fread(out, 1, max, file);
    if (file != NULL) {
        (void)fclose(file);
    }
    return len;
}

/* Files in the directory whose name begins with "backup". */
static void assert_nothing_is_left(const struct fake_node *node)
{
    char path[512];
    (void)snprintf(path, sizeof path, "ls %.200s | grep -c ^backup >/dev/null", node->dir);
    assert_int_not_equal(system(path), 0);
}

/* Content of the members in order, as the parser tells it. */
static unsigned check_members(const uint8_t *content, size_t len)
{
    struct sym_backup_parser p = {.open = false};
    struct sym_span in = sym_span(content, len);
    enum sym_backup_part part = SYM_BACKUP_BYTES;
    unsigned n = 0;
    while (part != SYM_BACKUP_MORE) {
        assert_int_equal(sym_backup_next(&p, &part, &in), SYM_OK);
        if (part == SYM_BACKUP_BYTES && n < MEMBERS) {
            for (size_t i = 0; i < p.span.len; i++) {
                assert_int_equal(p.span.data[i], n);
            }
        } else if (part == SYM_BACKUP_DONE) {
            n++;
        }
    }
    assert_int_equal(sym_backup_end(&p), SYM_OK);
    return n;
}

static unsigned open_backup(const struct fake_node *node)
{
    static uint8_t file[1u << 20];
    static uint8_t content[1u << 20];
    SYM_SECRET_AUTO key = {0};
    struct sym_backup *b = NULL;
    struct sym_backup_about about;
    size_t len = read_backup(node, file, sizeof file);
    size_t at = SYM_BACKUP_HEADER_BYTES;
    size_t got = 0;
    bool last = false;
    assert_true(len > at);
    assert_int_equal(sym_backup_about(&about, file), SYM_OK);
    assert_true(sym_node_id_equal(&about.node, &node->id));
    assert_int_equal(about.time_ms, 1790000000000u);
    assert_int_equal(sym_backup_key(&key, file, sym_span_text(PASSPHRASE)), SYM_OK);
    assert_int_equal(sym_backup_read(&b, file, &key), SYM_OK);
    while (!last) {
        size_t most = SYM_BACKUP_CHUNK_BYTES + SYM_BACKUP_OVERHEAD_BYTES;
        size_t n = len - at < most ? len - at : most;
        assert_int_equal(sym_backup_unseal(b, content + got, &last, sym_span(file + at, n)),
                         SYM_OK);
        at += n;
        got += n - SYM_BACKUP_OVERHEAD_BYTES;
    }
    assert_int_equal(at, len);
    sym_backup_free(b);
    return check_members(content, got);
}

static void writes_all_that_the_node_gives(void **state)
{
    struct run r;
    char line[512];
    char asked[8192];
    words(line, *state, "");
    fake_node_start(*state, give);
    run(&r, line);
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "sealed under its own passphrase");
    assert_shows(r.out, "--with-user-keys");
    assert_int_equal(open_backup(*state), MEMBERS);
    fake_notes(asked, *state);
    assert_shows(asked, "BACKUP_BEGIN\n");
    assert_shows(asked, "BACKUP_END\nwhole\n");
}

static void puts_users_keys_behind_when_asked(void **state)
{
    struct run r;
    char line[512];
    words(line, *state, "|--with-user-keys|--json");
    fake_user(*state, "ann");
    fake_user(*state, "ann.b");
    fake_node_start(*state, give);
    fake_write(((struct fake_node *)*state)->dir, "users/note.txt", sym_span_text("x"), 0600);
    (void)strncat(line, "|--as|operator", sizeof line - strlen(line) - 1);
    run(&r, line);
    assert_string_equal(r.err, "");
    assert_shows(r.out, "\"user_keys\": 3");
    assert_int_equal(open_backup(*state), MEMBERS + 3);
}

static void is_refused(void **state, fake_serve *serve, const char *why)
{
    struct run r;
    char line[512];
    char asked[8192];
    words(line, *state, "");
    fake_node_start(*state, serve);
    run(&r, line);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "");
    assert_shows(r.err, why);
    assert_nothing_is_left(*state);
    fake_notes(asked, *state);
    assert_shows(asked, "given up\n");
}

static enum sym_err give_too_much(struct fake_call *call)
{
    static uint8_t bytes[20];
    static const struct sym_backup_bytes part = {{bytes, sizeof bytes}};
    enum sym_err err = give(call);
    call->answer = call->verb == SYM_VERB_BACKUP_CHUNK ? (const void *)&part : call->answer;
    return err;
}

static void refuses_more_than_was_announced(void **state)
{
    is_refused(state, give_too_much, "sent more than it has announced");
}

static enum sym_err give_other_names(struct fake_call *call)
{
    static const struct sym_backup_member other[] = {{{(const uint8_t *)"../elsewhere", 12}, 11}};
    static const struct sym_backup_begun begun = {other, 1, 1790000000000u};
    enum sym_err err = give(call);
    call->answer = call->verb == SYM_VERB_BACKUP_BEGIN ? (const void *)&begun : call->answer;
    return err;
}

static void refuses_members_that_no_node_has(void **state)
{
    is_refused(state, give_other_names, "../elsewhere of 11 bytes does not belong into it");
}

static enum sym_err forget_it(struct fake_call *call)
{
    const struct sym_backup_query *q = call->arguments;
    if (call->verb == SYM_VERB_BACKUP_CHUNK && q->member == 5 && q->at > 0) {
        (void)snprintf(call->fault, sizeof call->fault, "backup: the node knows of none");
        return SYM_NOT_FOUND;
    }
    return give(call);
}

static void says_what_the_node_says(void **state)
{
    is_refused(state, forget_it, "symbolon: backup: the node knows of none\n");
}

/* Somebody else's file comes into the way after the first look. */
static enum sym_err give_and_be_overtaken(struct fake_call *call)
{
    if (call->verb == SYM_VERB_BACKUP_BEGIN) {
        fake_write(call->node->dir, "backup", sym_span_text("there"), 0600);
    }
    return give(call);
}

static void a_backup_that_finds_no_place_is_not_told_as_taken(void **state)
{
    struct run r;
    char line[512];
    char asked[8192];
    uint8_t file[16];
    words(line, *state, "");
    fake_node_start(*state, give_and_be_overtaken);
    run(&r, line);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "/backup: exists already and is not overwritten");
    fake_notes(asked, *state);
    assert_shows(asked, "given up\n");
    assert_shows_not(asked, "whole");
    assert_int_equal(read_backup(*state, file, sizeof file), 5);
    assert_memory_equal(file, "there", 5);
}

static enum sym_err give_without_an_entry(struct fake_call *call)
{
    if (call->verb == SYM_VERB_BACKUP_END) {
        (void)snprintf(call->fault, sizeof call->fault, "backup: the store is full");
        return SYM_NO_SPACE;
    }
    return give(call);
}

static void a_backup_that_could_not_be_told_is_kept(void **state)
{
    struct run r;
    char line[512];
    words(line, *state, "");
    fake_node_start(*state, give_without_an_entry);
    run(&r, line);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "");
    assert_shows(r.err, "/backup: is a whole backup, but the log of the node may have no entry "
                        "about it: backup: the store is full\n");
    assert_int_equal(open_backup(*state), MEMBERS);
}

static enum sym_err give_slowly(struct fake_call *call)
{
    /* As a node does that has too many requests to remember. */
    if (call->verb == SYM_VERB_BACKUP_CHUNK && call->number == 3) {
        (void)snprintf(call->fault, sizeof call->fault, "too many");
        return SYM_LIMIT;
    }
    return give(call);
}

static void asks_again_when_the_node_is_busy(void **state)
{
    struct run r;
    char line[512];
    words(line, *state, "");
    fake_node_start(*state, give_slowly);
    run(&r, line);
    assert_string_equal(r.err, "");
    assert_int_equal(open_backup(*state), MEMBERS);
}

static void asks_nothing_when_the_file_or_the_passphrase_will_not_do(void **state)
{
    struct run r;
    char line[512];
    char asked[8192];
    const struct fake_node *node = *state;
    fake_node_start(*state, give);
    words(line, node, "");
    fake_write(node->dir, "passphrase", sym_span_text("too short\n"), 0600);
    run(&r, line);
    assert_shows(r.err, "at least 12 characters");
    fake_write(node->dir, "passphrase", sym_span_text(PASSPHRASE "\r\n"), 0600);
    run(&r, line);
    assert_shows(r.err, "passphrase: the passphrase in it could never be typed");
    fake_write(node->dir, "passphrase", sym_span_text(PASSPHRASE "\n"), 0644);
    run(&r, line);
    assert_shows(r.err, "others than its owner");
    words(line, node, "");
    fake_write(node->dir, "backup", sym_span_text("there"), 0600);
    run(&r, line);
    assert_shows(r.err, "exists already; choose another name, or --force");
    (void)snprintf(line, sizeof line, "backup|%s/other", node->dir);
    run(&r, line);
    assert_shows(r.err, "no terminal to ask at: give --passphrase-file");
    run(&r, "backup");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    fake_notes(asked, node);
    assert_string_equal(asked, "");
}

static void replaces_a_file_only_when_told_to(void **state)
{
    struct run r;
    char line[512];
    const struct fake_node *node = *state;
    fake_node_start(*state, give);
    fake_write(node->dir, "backup", sym_span_text("there"), 0644);
    words(line, node, "|--force");
    run(&r, line);
    assert_string_equal(r.err, "");
    assert_int_equal(open_backup(node), MEMBERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(writes_all_that_the_node_gives),
        WITH_NODE(puts_users_keys_behind_when_asked),
        WITH_NODE(refuses_more_than_was_announced),
        WITH_NODE(refuses_members_that_no_node_has),
        WITH_NODE(says_what_the_node_says),
        WITH_NODE(a_backup_that_finds_no_place_is_not_told_as_taken),
        WITH_NODE(a_backup_that_could_not_be_told_is_kept),
        WITH_NODE(asks_again_when_the_node_is_busy),
        WITH_NODE(asks_nothing_when_the_file_or_the_passphrase_will_not_do),
        WITH_NODE(replaces_a_file_only_when_told_to),
    };
    return cmocka_run_group_tests(tests, fake_node_start_tests, NULL);
}
