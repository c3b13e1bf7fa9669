/* import: how it ends badly. */
#include "tests/cli/import_core.h"

static enum sym_err starts_again_meanwhile(struct fake_call *call)
{
    enum sym_err err = takes(call, false);
    const struct sym_import_chunk *chunk = call->arguments;
    if (call->verb == SYM_VERB_IMPORT_CHUNK && chunk->number > 0) {
        (void)snprintf(call->fault, sizeof call->fault, "there is no such import");
        return SYM_NOT_FOUND;
    }
    return err;
}

static void a_node_that_was_started_again_ends_the_import(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_many(node);
    fake_node_start(node, starts_again_meanwhile);
    import(&r, node, "|--bank|200001");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, "symbolon: suspects: the node no longer knows this import: it was "
                               "started again meanwhile; nothing of it was kept: import the file "
                               "again\n");
    assert_string_equal(r.out, "");
}

static enum sym_err starts_again_before_the_end(struct fake_call *call)
{
    enum sym_err err = takes(call, false);
    return call->verb == SYM_VERB_IMPORT_END ? SYM_NOT_FOUND : err;
}

static void does_not_claim_to_know_how_an_end_went_that_was_lost(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    write_csv(node, small);
    fake_node_start(node, starts_again_before_the_end);
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "look with \"symbolon dataset show\" whether it was kept\n");
}

static enum sym_err miscounts(struct fake_call *call)
{
    static struct sym_import_next wrong = {.chunk = 7};
    enum sym_err err = takes(call, false);
    call->answer = call->verb == SYM_VERB_IMPORT_CHUNK ? &wrong : call->answer;
    return err;
}

static void a_node_that_loses_count_gets_no_end_that_keeps(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    write_csv(node, small);
    fake_node_start(node, miscounts);
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "suspects: the node lost count of this import");
    fake_notes(asked, node);
    assert_shows(asked, "keep=0");
    assert_shows_not(asked, "keep=1");
}

static enum sym_err has_no_space(struct fake_call *call)
{
    enum sym_err err = takes(call, false);
    if (call->verb == SYM_VERB_IMPORT_CHUNK) {
        (void)snprintf(call->fault, sizeof call->fault, "the store does not fit on the disk");
        return SYM_NO_SPACE;
    }
    return err;
}

static void a_refusal_of_the_node_ends_the_import_at_once(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    write_many(node);
    fake_node_start(node, has_no_space);
    import(&r, node, "|--bank|200001");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, "symbolon: the store does not fit on the disk\n");
    fake_notes(asked, node);
    assert_shows(asked, "IMPORT_CHUNK\n");
    assert_null(strstr(strstr(asked, "IMPORT_CHUNK") + 1, "IMPORT_CHUNK"));
    assert_shows(asked, "keep=0");
}

static enum sym_err denies(struct fake_call *call)
{
    (void)snprintf(call->fault, sizeof call->fault, "import: only an analyst may");
    return SYM_DENIED;
}

static void refuses_users_who_may_not(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    write_csv(node, small);
    fake_node_start(node, denies);
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    assert_string_equal(r.err, "symbolon: import: only an analyst may\n");
    fake_notes(asked, node);
    assert_shows_not(asked, "IMPORT_CHUNK");
}

/* The answer to the second chunk waits for the file DIR/go. */
static enum sym_err holds_a_chunk(struct fake_call *call)
{
    enum sym_err err = takes(call, false);
    const struct sym_import_chunk *chunk = call->arguments;
    char go[512];
    (void)snprintf(go, sizeof go, "%s/go", call->node->dir);
    while (call->verb == SYM_VERB_IMPORT_CHUNK && chunk->number == 1 && access(go, F_OK) != 0) {
        (void)usleep(1000);
    }
    return err;
}

/* An import of many rows that has handed over two chunks and waits so long for an answer. */
struct running {
    pid_t child;
    FILE *out, *err;
};

static void begin_and_wait(struct running *p, const struct fake_node *node, unsigned wait_s)
{
    char words[512];
    char asked[8192] = "";
    p->out = tmpfile();
    p->err = tmpfile();
    (void)snprintf(words, sizeof words,
                   "import|%s/s.csv|--dataset|suspects|--profile|accounts|--bank|200001|--wait|%u",
                   node->dir, wait_s);
    (void)fflush(NULL);
    p->child = fork();
    assert_true(p->child >= 0);
    if (p->child == 0) {
        run_child(words, p->out, p->err);
    }
    for (int i = 0; i < 10000 && strstr(asked, "chunk 1: ") == NULL; i++) {
        (void)usleep(10000);
        fake_notes(asked, node);
    }
    assert_shows(asked, "chunk 1: ");
}

static int end_of(struct running *p, char err_text[2048])
{
    int code = run_code(p->child);
    run_read(err_text, 2048, p->err);
    (void)fclose(p->out);
    return code;
}

static void ctrl_c_gives_the_import_up(void **state)
{
    struct fake_node *node = *state;
    struct running import_of;
    char err_text[2048];
    char asked[8192];
    write_many(node);
    fake_node_start(node, holds_a_chunk);
    begin_and_wait(&import_of, node, 60);
    assert_int_equal(kill(import_of.child, SIGINT), 0);
    fake_write(node->dir, "go", sym_span_text(""), 0600);
    assert_int_equal(end_of(&import_of, err_text), SYM_EXIT_FAILED);
    assert_shows(err_text, "the import was cancelled\n");
    fake_notes(asked, node);
    assert_shows(asked, "keep=0");
    assert_shows_not(asked, "keep=1");
}

static void finds_a_node_that_listens_elsewhere_after_a_start(void **state)
{
    struct fake_node *node = *state;
    struct running import_of;
    char err_text[2048];
    char path[512];
    char link[512];
    write_many(node);
    fake_node_start(node, holds_a_chunk);
    begin_and_wait(&import_of, node, 1);
    struct fake_node before = *node;
    (void)snprintf(path, sizeof path, "%s/run", node->dir);
    (void)snprintf(link, sizeof link, "%s/run.new", node->dir);
    (void)snprintf(node->run, sizeof node->run, "%s/r2", node->dir);
    assert_int_equal(mkdir(node->run, 0700), 0);
    assert_int_equal(symlink(node->run, link), 0);
    fake_node_start(node, starts_again_meanwhile);
    assert_int_equal(rename(link, path), 0);
    fake_node_stop(&before);
    assert_int_equal(end_of(&import_of, err_text), SYM_EXIT_FAILED);
    assert_string_equal(err_text, "symbolon: suspects: the node no longer knows this import: it "
                                  "was started again meanwhile; nothing of it was kept: import "
                                  "the file again\n");
}

static void a_file_that_breaks_off_is_not_kept(void **state)
{
    struct fake_node *node = *state;
    static struct run r;
    char asked[8192];
    fake_node_start(node, a_new_dataset);
    write_csv(node, "id,iban,bic\nr1,GB82WEST12345698765432,\nr2,GB82WE");
    import(&r, node, "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "the file ends in the middle of this row");
    fake_notes(asked, node);
    assert_shows(asked, "keep=0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(a_node_that_was_started_again_ends_the_import),
        WITH_NODE(does_not_claim_to_know_how_an_end_went_that_was_lost),
        WITH_NODE(a_node_that_loses_count_gets_no_end_that_keeps),
        WITH_NODE(a_refusal_of_the_node_ends_the_import_at_once),
        WITH_NODE(refuses_users_who_may_not),
        WITH_NODE(ctrl_c_gives_the_import_up),
        WITH_NODE(finds_a_node_that_listens_elsewhere_after_a_start),
        WITH_NODE(a_file_that_breaks_off_is_not_kept),
    };
    return cmocka_run_group_tests_name("import command, ends", tests, fake_node_start_tests, NULL);
}
