/* The verbs about imports and datasets, as control.c calls them: arguments decoded, answers bytes.
 */
#include "node/core/verbs.h"
#include "node/tabulation/ledger.h"
#include "proto/codec.h"
#include "tests/support/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RESTORED_MS UINT64_C(1790000099999)
#define CAP         UINT64_C(8000000000)

struct counter {
    struct shelf shelf;
    struct sym_core *core;
    uint8_t *bytes;
    struct sym_arena arena;
    struct sym_fault fault;
};

static int set_up(void **state)
{
    static struct counter c;
    shelf_open(&c.shelf);
    c.core = calloc(1, sizeof *c.core);
    c.bytes = malloc(SYM_CONTROL_BYTES_MAX);
    assert_non_null(c.core);
    assert_non_null(c.bytes);
    c.core->datasets = c.shelf.datasets;
    c.core->store = c.shelf.room.store;
    *state = &c;
    return 0;
}

static int tear_down(void **state)
{
    struct counter *c = *state;
    sym_arena_clear(&c->arena);
    free(c->bytes);
    free(c->core);
    shelf_close(&c->shelf);
    return 0;
}

/* The answer in *value, which lasts until the next question. */
static enum sym_err ask(struct counter *c, enum sym_verb verb, const void *arguments,
                        const struct sym_message *message, void *value)
{
    struct sym_answer answer = {.message = message, .bytes = c->bytes};
    c->fault = (struct sym_fault){.text = ""};
    enum sym_err err =
        sym_core_run_verb(c->core, verb, &c->shelf.alice, arguments, &answer, &c->fault);
    if (err == SYM_OK) {
        sym_arena_clear(&c->arena);
        assert_int_equal(sym_decode(&c->arena, value, message, sym_span(c->bytes, answer.len)),
                         SYM_OK);
    }
    return err;
}

static enum sym_err ask_name(struct counter *c, enum sym_verb verb, const char *name,
                             const struct sym_message *message, void *value)
{
    struct sym_dataset_name asked = {.name = sym_span_text(name)};
    return ask(c, verb, &asked, message, value);
}

static enum sym_err end(struct counter *c, const uint8_t *id, bool keep, uint64_t chunks,
                        struct sym_dataset_row *row)
{
    struct sym_import_end asked = {
        .id = sym_span(id, SYM_IMPORT_ID_BYTES), .keep = keep, .chunks = chunks};
    return ask(c, SYM_VERB_IMPORT_END, &asked, &sym_msg_dataset, row);
}

static void begin(struct counter *c, const uint8_t *id)
{
    struct sym_import_next next = {.chunk = 99};
    struct sym_import_begin asked = {.id = sym_span(id, SYM_IMPORT_ID_BYTES),
                                     .dataset = sym_span_text("suspects"),
                                     .profile = sym_span_text("accounts")};
    assert_int_equal(ask(c, SYM_VERB_IMPORT_BEGIN, &asked, &sym_msg_import_next, &next), SYM_OK);
    assert_int_equal(next.chunk, 0);
}

static void an_import_is_begun_filled_and_ended(void **state)
{
    struct counter *c = *state;
    uint8_t id[SYM_IMPORT_ID_BYTES] = "sixteen letters";
    struct sym_import_next next = {.chunk = 99};
    struct sym_dataset_row row;
    begin(c, id);
    struct sym_import_chunk chunk = shelf_chunk(id, 0, 0, 8000, SHELF_PER_RECORD);
    assert_int_equal(ask(c, SYM_VERB_IMPORT_CHUNK, &chunk, &sym_msg_import_next, &next), SYM_OK);
    assert_int_equal(next.chunk, 1);
    assert_int_equal(end(c, id, true, 1, &row), SYM_OK);
    assert_int_equal(row.records, 8000);
    assert_int_equal(row.n_types, 3);
    assert_true(sym_span_equal(row.imported_by, sym_span_text("alice")));
}

static void an_import_that_is_given_up_is_answered_with_its_name(void **state)
{
    struct counter *c = *state;
    uint8_t id[SYM_IMPORT_ID_BYTES] = "sixteen letters";
    struct sym_dataset_row row;
    begin(c, id);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(end(c, id, false, 0, &row), SYM_OK);
        assert_true(sym_span_equal(row.name, sym_span_text("suspects")));
        assert_int_equal(row.records, 0);
    }
}

static void all_datasets_that_there_can_be_fit_into_one_list(void **state)
{
    struct counter *c = *state;
    struct sym_dataset_list list;
    for (unsigned i = 0; i < SYM_DATASETS_MAX; i++) {
        char name[SYM_ALIAS_BYTES];
        (void)snprintf(name, sizeof name, "%063u", i);
        assert_int_equal(shelf_import(&c->shelf, (char)i, name, false, 0, 3), SYM_OK);
    }
    assert_int_equal(
        ask(c, SYM_VERB_DATASET_LIST, &(struct sym_empty){0}, &sym_msg_dataset_list, &list),
        SYM_OK);
    assert_int_equal(list.n_datasets, SYM_DATASETS_MAX);
    assert_int_equal(list.datasets[127].name.len, 63);
    assert_int_equal(list.datasets[127].types[2].tokens, 1);
}

static void a_dataset_is_shown_published_reduced_and_dropped(void **state)
{
    struct counter *c = *state;
    struct sym_dataset_row row;
    struct sym_dataset_forgotten gone;
    struct sym_empty empty;
    struct sym_dataset_forget forget = {.name = sym_span_text("suspects"),
                                        .record = sym_span_text("r2")};
    assert_int_equal(shelf_import(&c->shelf, 'a', "suspects", false, 0, 10), SYM_OK);
    assert_int_equal(ask_name(c, SYM_VERB_DATASET_SHOW, "suspects", &sym_msg_dataset, &row),
                     SYM_OK);
    assert_int_equal(row.epoch, 0);
    assert_int_equal(ask_name(c, SYM_VERB_DATASET_PUBLISH, "suspects", &sym_msg_dataset, &row),
                     SYM_OK);
    assert_int_equal(row.epoch, 1);
    assert_int_equal(ask(c, SYM_VERB_DATASET_FORGET, &forget, &sym_msg_dataset_forgotten, &gone),
                     SYM_OK);
    assert_int_equal(gone.records, 1);
    assert_int_equal(gone.tokens, 3);
    assert_int_equal(ask_name(c, SYM_VERB_DATASET_DROP, "suspects", &sym_msg_empty, &empty),
                     SYM_OK);
    assert_false(shelf_has(&c->shelf, "suspects"));
}

/* What was published since the backup has numbers that partners may hold releases of. */
static void after_a_restore_no_edition_has_the_number_of_one_that_was_lost(void **state)
{
    struct counter *c = *state;
    struct sym_dataset_row row;
    assert_int_equal(shelf_import(&c->shelf, 'a', "suspects", false, 0, 10), SYM_OK);
    for (uint64_t epoch = 1; epoch <= 2; epoch++) {
        assert_int_equal(ask_name(c, SYM_VERB_DATASET_PUBLISH, "suspects", &sym_msg_dataset, &row),
                         SYM_OK);
        assert_int_equal(row.epoch, epoch);
    }
    c->core->restored.restored_ms = RESTORED_MS;
    for (uint64_t epoch = 1; epoch <= 2; epoch++) {
        assert_int_equal(ask_name(c, SYM_VERB_DATASET_PUBLISH, "suspects", &sym_msg_dataset, &row),
                         SYM_OK);
        assert_int_equal(row.epoch, RESTORED_MS + epoch);
    }
    assert_int_equal(shelf_import(&c->shelf, 'b', "others", false, 0, 10), SYM_OK);
    assert_int_equal(ask_name(c, SYM_VERB_DATASET_PUBLISH, "others", &sym_msg_dataset, &row),
                     SYM_OK);
    assert_int_equal(row.epoch, RESTORED_MS + 1);
}

static enum sym_err spend(struct sym_transaction *t, void *context)
{
    struct counter *c = context;
    const struct sym_ledger ledger = {.log = room_log(&c->shelf.room)};
    const struct sym_node_id *self = &c->core->card.id;
    const uint8_t qid[SYM_HASH_BYTES] = {1};
    const struct sym_ledger_ask asked = {
        .dataset = sym_span_text("cases"), .peer = self, .cap_nano = CAP, .now_ms = sym_wall_ms()};
    const struct sym_ledger_exchange x = {
        .id = qid, .initiator = self, .responder = self, .alias = ""};
    enum sym_err err = sym_ledger_reserve(&ledger, t, qid, &asked, 1, asked.now_ms + 60000);
    return err == SYM_OK ? sym_ledger_debit(&ledger, t, qid, &x, asked.now_ms) : err;
}

static void budgets_say_what_the_ledger_would_let_through(void **state)
{
    struct counter *c = *state;
    const struct sym_budget_query every = {.dataset = {NULL, 0}};
    struct sym_budget_list list;
    (void)snprintf(c->core->settings.value[SYM_SETTING_EPSILON],
                   sizeof c->core->settings.value[SYM_SETTING_EPSILON], "8");
    c->core->log = room_log(&c->shelf.room);
    c->core->card.id.bytes[0] = 1;
    assert_int_equal(sym_store_write(c->shelf.room.store, spend, c), SYM_OK);
    for (int restored = 0; restored < 2; restored++) {
        c->core->restored.restored_ms = restored ? sym_wall_ms() : 0;
        assert_int_equal(ask(c, SYM_VERB_BUDGET_LIST, &every, &sym_msg_budget_list, &list), SYM_OK);
        assert_int_equal(list.n_budgets, 2); /* the dataset, and what this node asked itself */
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(list.budgets[i].spent_nano, 1);
            assert_int_equal(list.budgets[i].left_nano, restored ? 0 : CAP - 1);
            assert_int_equal(list.budgets[i].restored, restored);
        }
    }
}

static void what_does_not_exist_is_named(void **state)
{
    struct counter *c = *state;
    const enum sym_verb verbs[] = {SYM_VERB_DATASET_SHOW, SYM_VERB_DATASET_PUBLISH,
                                   SYM_VERB_DATASET_DROP};
    struct sym_dataset_row row;
    struct sym_dataset_forgotten gone;
    struct sym_dataset_forget forget = {.name = sym_span_text("nobody"),
                                        .record = sym_span_text("r2")};
    uint8_t id[SYM_IMPORT_ID_BYTES] = "sixteen letters";
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ask_name(c, verbs[i], "nobody", &sym_msg_dataset, &row), SYM_NOT_FOUND);
        assert_non_null(strstr(c->fault.text, "dataset nobody: does not exist"));
    }
    assert_int_equal(ask(c, SYM_VERB_DATASET_FORGET, &forget, &sym_msg_dataset_forgotten, &gone),
                     SYM_NOT_FOUND);
    assert_int_equal(end(c, id, true, 0, &row), SYM_NOT_FOUND);
    assert_non_null(strstr(c->fault.text, "import: is not known"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_import_is_begun_filled_and_ended),
        TEST(an_import_that_is_given_up_is_answered_with_its_name),
        TEST(all_datasets_that_there_can_be_fit_into_one_list),
        TEST(a_dataset_is_shown_published_reduced_and_dropped),
        TEST(after_a_restore_no_edition_has_the_number_of_one_that_was_lost),
        TEST(budgets_say_what_the_ledger_would_let_through),
        TEST(what_does_not_exist_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
