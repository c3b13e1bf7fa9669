/* dataset list, show, publish, forget and drop. */
#include "tests/cli/fake_node.h"
#include "tests/cli/json_is.h"

static const struct sym_type_count types[] = {{SYM_TOKEN_IBAN, 19000}, {SYM_TOKEN_PHONE, 1200}};

static struct sym_dataset_row suspects(void)
{
    return (struct sym_dataset_row){.name = sym_span_text("suspects"),
                                    .kind = SYM_DATASET_IDENTIFIERS,
                                    .profile = sym_span_text("accounts"),
                                    .records = 19990,
                                    .tokens = 20200,
                                    .types = types,
                                    .n_types = 2,
                                    .epoch = 2,
                                    .imported_ms = UINT64_C(1000) * FAKE_NOW_S,
                                    .published_ms = UINT64_C(1000) * (FAKE_NOW_S + 60),
                                    .imported_by = sym_span_text("alice"),
                                    .bytes = 1048576,
                                    .canon_version = SYM_CANON_VERSION};
}

/* Notes names and records, and answers what the verb asks for. */
static enum sym_err a_core(struct fake_call *call)
{
    static struct sym_dataset_row rows[2];
    static const struct sym_dataset_list list = {.datasets = rows, .n_datasets = 2};
    static const struct sym_dataset_forgotten forgotten = {.records = 1, .tokens = 3};
    rows[0] = suspects();
    rows[1] = (struct sym_dataset_row){
        .name = sym_span_text("p"), .kind = SYM_DATASET_IDENTIFIERS, .canon_version = 1};
    call->answer = &rows[0];
    if (call->verb == SYM_VERB_DATASET_LIST) {
        call->answer = &list;
    } else if (call->verb == SYM_VERB_DATASET_DROP) {
        call->answer = NULL;
    } else if (call->verb == SYM_VERB_DATASET_FORGET) {
        const struct sym_dataset_forget *wish = call->arguments;
        char note[256];
        (void)snprintf(note, sizeof note, "%.*s/%.*s", (int)wish->name.len,
                       (const char *)wish->name.data, (int)wish->record.len,
                       (const char *)wish->record.data);
        fake_note(call->node, note);
        call->answer = &forgotten;
    }
    return SYM_OK;
}

static void lists_datasets_in_columns(void **state)
{
    static struct run r;
    fake_node_start(*state, a_core);
    run(&r, "dataset|list");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out,
                        "NAME      KIND         PROFILE   RECORDS  IDENTIFIERS             EPOCH  "
                        "IMPORTED              BY       STORED\n"
                        "suspects  identifiers  accounts    19990  iban 19000, phone 1200      2  "
                        "2026-09-21T14:13:20Z  alice  1.00 MiB\n"
                        "p         identifiers                  0                              0  "
                        "-                             0 bytes\n");
}

#define SUSPECTS_JSON                                                                              \
    "{\"name\":\"suspects\",\"kind\":\"identifiers\",\"profile\":\"accounts\","                    \
    "\"records\":19990,\"tokens\":20200,\"types\":[{\"type\":\"iban\",\"tokens\":19000},"          \
    "{\"type\":\"phone\",\"tokens\":1200}],\"epoch\":2,\"imported\":\"2026-09-21T14:13:20Z\","     \
    "\"imported_by\":\"alice\",\"published\":\"2026-09-21T14:14:20Z\",\"bytes\":1048576,\"canon_"  \
    "version\":2}"

static void speaks_json(void **state)
{
    static struct run r;
    fake_node_start(*state, a_core);
    run(&r, "dataset|list|--json");
    json_is(r.out, "[" SUSPECTS_JSON ",{\"name\":\"p\",\"kind\":\"identifiers\",\"profile\":\"\","
                   "\"records\":0,\"tokens\":0,\"types\":[],\"epoch\":0,\"imported\":null,"
                   "\"imported_by\":\"\",\"published\":null,\"bytes\":0,\"canon_version\":1}]");
    run(&r, "dataset|show|suspects|--json");
    json_is(r.out, SUSPECTS_JSON);
    run(&r, "dataset|publish|suspects|--json");
    json_is(r.out, SUSPECTS_JSON);
    run(&r, "dataset|forget|suspects|--record|r1|--json");
    json_is(r.out, "{\"dataset\":\"suspects\",\"records\":1,\"tokens\":3,\"results\":0,"
                   "\"published_records\":0}");
}

static void shows_one_dataset_line_by_line(void **state)
{
    static struct run r;
    fake_node_start(*state, a_core);
    run(&r, "dataset|show|suspects");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "dataset      suspects\n"
                               "kind         identifiers\n"
                               "profile      accounts\n"
                               "records      19990\n"
                               "identifiers  20200\n"
                               "  iban       19000\n"
                               "  phone      1200\n"
                               "imported     2026-09-21T14:13:20Z by alice\n"
                               "published    2026-09-21T14:14:20Z, epoch 2\n"
                               "stored       1.00 MiB\n");
}

static enum sym_err of_older_rules(struct fake_call *call)
{
    static struct sym_dataset_row row;
    row = suspects();
    row.canon_version = SYM_CANON_VERSION - 1;
    call->answer = &row;
    return SYM_OK;
}

static void says_that_a_list_is_to_be_imported_again(void **state)
{
    static struct run r;
    fake_node_start(*state, of_older_rules);
    run(&r, "dataset|show|suspects");
    assert_shows(r.out,
                 "\nimported     2026-09-21T14:13:20Z by alice; with older rules: import its "
                 "file again\n");
}

static enum sym_err an_older_edition(struct fake_call *call)
{
    static struct sym_dataset_row row;
    row = suspects();
    row.kind = SYM_DATASET_INCIDENTS;
    row.n_types = 0;
    row.published_records = 4;
    row.imported_ms += call->verb == SYM_VERB_DATASET_PUBLISH ? 0 : 60001;
    call->answer = &row;
    return SYM_OK;
}

static void says_that_what_is_published_is_older(void **state)
{
    static struct run r;
    fake_node_start(*state, an_older_edition);
    run(&r, "dataset|show|suspects");
    assert_shows(r.out, "\npublished    2026-09-21T14:14:20Z, epoch 2, of 4 records; older than "
                        "what it holds\n");
    run(&r, "dataset|publish|suspects");
    assert_shows(r.out, "\npublished    2026-09-21T14:14:20Z, epoch 2, of 4 records\n");
    run(&r, "dataset|show|suspects|--json");
    assert_shows(r.out, "\"published_records\": 4,");
}

static void forgets_a_record_by_its_exact_id(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, a_core);
    run(&r, "dataset|forget|suspects|--record|=r 1é");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "suspects: 1 record with 3 identifiers forgotten\n");
    fake_notes(asked, *state);
    assert_string_equal(asked, "DATASET_FORGET\nsuspects/=r 1é\n");
}

/* Knows one record, by the id of an import that kept accents apart. */
static enum sym_err knows_an_id_of_old(struct fake_call *call)
{
    const struct sym_dataset_forget *wish = call->arguments;
    const bool knows = sym_span_equal(wish->record, sym_span_text("re\u0301"));
    enum sym_err err = a_core(call);
    return knows ? err : SYM_NOT_FOUND;
}

/* As an import keeps it, whichever system the terminal runs on. */
static void forgets_a_record_however_its_accents_are_typed(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, a_core);
    run(&r, "dataset|forget|suspects|--record|re\u0301");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    fake_notes(asked, *state);
    assert_string_equal(asked, "DATASET_FORGET\nsuspects/r\u00e9\n");
}

static void forgets_a_record_of_an_older_import(void **state)
{
    static struct run r;
    fake_node_start(*state, knows_an_id_of_old);
    run(&r, "dataset|forget|suspects|--record|re\u0301");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    run(&r, "dataset|forget|suspects|--record|r\u00e9");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
}

static enum sym_err forgets_in_the_published_edition(struct fake_call *call)
{
    static const struct sym_dataset_forgotten forgotten = {.published_records = 1};
    call->answer = &forgotten;
    return SYM_OK;
}

static void tells_what_it_forgot_in_the_published_edition_alone(void **state)
{
    static struct run r;
    fake_node_start(*state, forgets_in_the_published_edition);
    run(&r, "dataset|forget|cases|--record|c4");
    assert_string_equal(r.err, "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "cases: 0 records with 0 identifiers forgotten, and 1 record of the "
                               "published edition\n");
}

static enum sym_err forgets_nothing(struct fake_call *call)
{
    static const struct sym_dataset_forgotten nothing = {0};
    call->answer = &nothing;
    return SYM_OK;
}

static void a_record_that_is_not_there_is_a_failure(void **state)
{
    static struct run r;
    fake_node_start(*state, forgets_nothing);
    run(&r, "dataset|forget|suspects|--record|r1");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, "symbolon: suspects: has no record of this id\n");
    assert_string_equal(r.out, "");
}

static void a_script_drops_without_a_question(void **state)
{
    static const char *const words[] = {"dataset|drop|suspects", "dataset|drop|suspects|--yes"};
    static struct run r;
    char asked[8192];
    fake_node_start(*state, a_core);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        run(&r, words[i]);
        assert_int_equal(r.code, SYM_EXIT_DONE);
        assert_string_equal(r.out, "suspects: erased\n");
        assert_string_equal(r.err, "");
    }
    fake_notes(asked, *state);
    assert_string_equal(asked, "DATASET_DROP\nDATASET_DROP\n");
}

static enum sym_err knows_none(struct fake_call *call)
{
    (void)snprintf(call->fault, sizeof call->fault, "supsects: does not exist; see dataset list");
    return SYM_NOT_FOUND;
}

static enum sym_err with_copies(struct fake_call *call)
{
    static const struct sym_standing_copy rows[] = {
        {{(const uint8_t *)"bank-b", sizeof "bank-b" - 1},
         {(const uint8_t *)"suspects", sizeof "suspects" - 1},
         0,
         1048576,
         7340032,
         UINT64_C(1000) * FAKE_NOW_S},
        {{(const uint8_t *)"", sizeof "" - 1},
         {(const uint8_t *)"p", sizeof "p" - 1},
         SYM_TOKEN_IBAN,
         1,
         20,
         UINT64_C(1000) * FAKE_NOW_S}};
    static const struct sym_standing_copies list = {.copies = rows, .n_copies = 2};
    call->answer = NULL;
    if (call->verb == SYM_VERB_STANDING_LIST) {
        call->answer = &list;
    } else if (call->verb == SYM_VERB_STANDING_DROP) {
        const struct sym_standing_copy_name *name = call->arguments;
        char note[256];
        (void)snprintf(note, sizeof note, "%.*s of %.*s", (int)name->dataset.len,
                       (const char *)name->dataset.data, (int)name->alias.len,
                       (const char *)name->alias.data);
        fake_note(call->node, note);
    } else {
        return SYM_DENIED;
    }
    return SYM_OK;
}

static void lists_and_drops_what_peers_have_sent(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, with_copies);
    run(&r, "dataset|list|--received");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "PEER    DATASET   TYPE     SIZE  RECEIVED                STORED\n"
                               "bank-b  suspects  any   1048576  2026-09-21T14:13:20Z  7.00 MiB\n"
                               "        p         iban        1  2026-09-21T14:13:20Z  20 bytes\n");
    run(&r, "dataset|list|--received|--json");
    assert_shows(r.out, "\"type\": \"any\"");
    assert_shows(r.out, "\"bytes\": 7340032");
    run(&r, "dataset|drop|suspects|--received-from|bank-b");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "suspects: the standing list of bank-b is erased\n");
    fake_notes(asked, *state);
    assert_shows(asked, "suspects of bank-b");
    run(&r, "dataset|drop|suspects|--received-from|bank b");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
}

static void refuses_datasets_that_do_not_exist(void **state)
{
    static const char *const words[] = {"dataset|show|supsects", "dataset|publish|supsects",
                                        "dataset|forget|supsects|--record|r",
                                        "dataset|drop|supsects"};
    static struct run r;
    fake_node_start(*state, knows_none);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        run(&r, words[i]);
        assert_int_equal(r.code, SYM_EXIT_FAILED);
        assert_string_equal(r.err, "symbolon: supsects: does not exist; see dataset list\n");
        assert_string_equal(r.out, "");
    }
}

static enum sym_err denies(struct fake_call *call)
{
    (void)snprintf(call->fault, sizeof call->fault, "an auditor may not");
    return SYM_DENIED;
}

static void a_user_who_may_not_exits_3(void **state)
{
    static struct run r;
    fake_node_start(*state, denies);
    run(&r, "dataset|list");
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    run(&r, "dataset|drop|suspects");
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    assert_string_equal(r.out, "");
}

static void refuses_names_and_ids_that_cannot_be(void **state)
{
    static char words[512];
    static struct run r;
    static const char *const refused[] = {"dataset|show|../x",
                                          "dataset|show|.x",
                                          "dataset|show|",
                                          "dataset|show",
                                          "dataset|publish|a b",
                                          "dataset|forget|suspects",
                                          "dataset|forget|suspects|--record|",
                                          "dataset|drop|a/b",
                                          "dataset|drop|a|b"};
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        run(&r, refused[i]);
        assert_int_equal(r.code, SYM_EXIT_USAGE);
        assert_string_equal(r.out, "");
    }
    (void)snprintf(words, sizeof words, "dataset|forget|suspects|--record|%0129d", 1);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "--record: is not an id of 1 to 128 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(lists_datasets_in_columns),
        WITH_NODE(speaks_json),
        WITH_NODE(shows_one_dataset_line_by_line),
        WITH_NODE(says_that_a_list_is_to_be_imported_again),
        WITH_NODE(says_that_what_is_published_is_older),
        WITH_NODE(forgets_a_record_by_its_exact_id),
        WITH_NODE(forgets_a_record_however_its_accents_are_typed),
        WITH_NODE(forgets_a_record_of_an_older_import),
        WITH_NODE(tells_what_it_forgot_in_the_published_edition_alone),
        WITH_NODE(a_record_that_is_not_there_is_a_failure),
        WITH_NODE(a_script_drops_without_a_question),
        WITH_NODE(lists_and_drops_what_peers_have_sent),
        WITH_NODE(refuses_datasets_that_do_not_exist),
        WITH_NODE(a_user_who_may_not_exits_3),
        WITH_NODE(refuses_names_and_ids_that_cannot_be),
    };
    return cmocka_run_group_tests_name("dataset", tests, fake_node_start_tests, NULL);
}
