/* What users can ask about grants and requests, as the control socket hands it over. */
#include "node/core/verbs.h"
#include "proto/codec.h"
#include "proto/incident.h"
#include "proto/table_mode.h"
#include "tests/support/grants_rig.h"
#include "tests/support/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t bytes[SYM_CONTROL_BYTES_MAX];

static void open_datasets(struct grants_rig *r, struct shelf *s)
{
    *s = (struct shelf){.alice = {.user = "alice"}};
    assert_int_equal(sym_disk_open(&s->dir, r->room.dir, NULL), SYM_OK);
    assert_int_equal(sym_vault_open(&s->vault, SYM_VAULT_DATA, r->room.store, &s->dir,
                                    sym_span(r->room.master, 32), &r->fault),
                     SYM_OK);
    const struct sym_datasets_config c = {
        .store = r->room.store, .vault = s->vault, .log = room_log(&r->room)};
    assert_int_equal(sym_datasets_open(&s->datasets, &c, &r->fault), SYM_OK);
}

static void close_datasets(struct shelf *s)
{
    sym_datasets_close(s->datasets);
    sym_vault_close(s->vault);
    sym_disk_close(&s->dir);
}

/* Runs a verb; value and arena take the answer when SYM_OK. */
static enum sym_err run(struct grants_rig *r, enum sym_verb verb, const struct sym_author *author,
                        const void *arguments, struct sym_arena *arena, void *value)
{
    struct sym_core *core = calloc(1, sizeof *core);
    assert_non_null(core);
    const struct sym_proposals_config c = {
        .store = r->room.store, .log = room_log(&r->room), .users = &core->users};
    struct shelf shelf;
    assert_int_equal(sym_proposals_open(&core->proposals, &c, NULL), SYM_OK);
    open_datasets(r, &shelf);
    core->datasets = shelf.datasets;
    core->grants = r->grants;
    memcpy(core->settings.value[SYM_SETTING_EPSILON], "8", 2);
    const struct sym_verb_row *row = sym_verb_row((uint32_t)verb);
    struct sym_answer answer = {.message = row->answer, .bytes = bytes};
    r->fault.text[0] = '\0';
    enum sym_err err = sym_core_run_verb(core, verb, author, arguments, &answer, &r->fault);
    sym_proposals_close(core->proposals);
    close_datasets(&shelf);
    free(core);
    assert_int_equal(err == SYM_OK, r->fault.text[0] == '\0');
    if (err == SYM_OK) {
        assert_int_equal(sym_decode(arena, value, row->answer, sym_span(bytes, answer.len)),
                         SYM_OK);
    }
    return err;
}

static size_t count_grants(struct grants_rig *r)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_grant_list list;
    struct sym_empty none = {0};
    assert_int_equal(run(r, SYM_VERB_GRANT_LIST, &r->operator_, &none, &arena, &list), SYM_OK);
    return list.n_grants;
}

static void adds_lists_and_revokes_a_grant(void **state)
{
    struct grants_rig *r = *state;
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO more = {0};
    struct sym_grant row = grants_rig_row();
    struct sym_grant_added added;
    struct sym_empty none = {0};
    assert_int_equal(run(r, SYM_VERB_GRANT_ADD, &r->operator_, &row, &arena, &added), SYM_OK);
    assert_true(sym_span_equal(added.grant->alias, row.alias));
    assert_true(sym_span_equal(added.grant->added_by, sym_span_text("olga")));
    assert_int_equal(added.grant->max_elements, 1000);
    assert_null(added.replaced);
    assert_int_equal(count_grants(r), 1);
    struct sym_grant_name name = {.alias = row.alias, .dataset = row.dataset, .kind = row.kind};
    assert_int_equal(run(r, SYM_VERB_GRANT_REVOKE, &r->operator_, &name, &more, &none), SYM_OK);
    assert_int_equal(count_grants(r), 0);
    assert_int_equal(run(r, SYM_VERB_GRANT_REVOKE, &r->operator_, &name, &more, &none),
                     SYM_NOT_FOUND);
}

static enum sym_err allow(struct grants_rig *r, const char *alias, uint32_t kind,
                          const char *dataset, uint32_t epsilon_micro)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_grant_added added;
    struct sym_grant row = grants_rig_row();
    row.alias = sym_span_text(alias);
    row.dataset = sym_span_text(dataset);
    row.kind = kind;
    row.epsilon_micro = epsilon_micro;
    row.modes = kind == SYM_KIND_OVERLAP_TABLE ? 1u << SYM_TABLE_DP : 0;
    return run(r, SYM_VERB_GRANT_ADD, &r->operator_, &row, &arena, &added);
}

static void the_budgets_of_all_peers_fit_into_that_of_the_dataset(void **state)
{
    struct grants_rig *r = *state;
    assert_int_equal(allow(r, "peer-0", SYM_KIND_TABULATE, "cases", 5000000), SYM_OK);
    assert_int_equal(allow(r, "peer-1", SYM_KIND_TABULATE, "cases", 3000001), SYM_LIMIT);
    assert_non_null(strstr(r->fault.text, "; 3 is left to grant"));
    assert_int_equal(count_grants(r), 1);
    assert_int_equal(allow(r, "peer-1", SYM_KIND_TABULATE, "cases", 3000000), SYM_OK);
    assert_int_equal(allow(r, "peer-2", SYM_KIND_TABULATE, "cases", 1), SYM_LIMIT);
    /* Without an amount of its own a peer shares what there is. */
    assert_int_equal(allow(r, "peer-2", SYM_KIND_TABULATE, "cases", 0), SYM_OK);
    assert_int_equal(allow(r, "peer-2", SYM_KIND_TABULATE, "others", 8000000), SYM_OK);
    assert_int_equal(allow(r, "peer-2", SYM_KIND_OVERLAP_MATCHES, "cases", 9000000), SYM_OK);
    /* Tables spend of the same. */
    assert_int_equal(allow(r, "peer-2", SYM_KIND_OVERLAP_TABLE, "cases", 1), SYM_LIMIT);
    /* A grant that is replaced does not count twice. */
    assert_int_equal(allow(r, "peer-0", SYM_KIND_TABULATE, "cases", 5000001), SYM_LIMIT);
    assert_int_equal(allow(r, "peer-0", SYM_KIND_TABULATE, "cases", 4000000), SYM_OK);
    assert_int_equal(allow(r, "peer-1", SYM_KIND_TABULATE, "cases", 4000000), SYM_OK);
    assert_int_equal(allow(r, "peer-3", SYM_KIND_TABULATE, "third", 8000001), SYM_LIMIT);
}

static void tells_what_a_grant_replaces(void **state)
{
    struct grants_rig *r = *state;
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO more = {0};
    struct sym_grant row = grants_rig_row();
    struct sym_author other = {.user = "otto", .roles = SYM_USER_OPERATOR};
    struct sym_grant_added added;
    row.approval = true;
    assert_int_equal(run(r, SYM_VERB_GRANT_ADD, &r->operator_, &row, &arena, &added), SYM_OK);
    row.approval = false;
    row.max_elements = 2000;
    assert_int_equal(run(r, SYM_VERB_GRANT_ADD, &other, &row, &more, &added), SYM_OK);
    assert_int_equal(added.grant->max_elements, 2000);
    assert_true(sym_span_equal(added.grant->added_by, sym_span_text("otto")));
    assert_non_null(added.replaced);
    assert_int_equal(added.replaced->max_elements, 1000);
    assert_true(added.replaced->approval);
    assert_true(sym_span_equal(added.replaced->added_by, sym_span_text("olga")));
    assert_true(sym_span_equal(added.replaced->alias, row.alias));
    assert_true(sym_span_equal(added.replaced->dataset, row.dataset));
    assert_int_equal(grants_rig_lines(r, "grant-added user=olga peer=peer-0"), 1);
    assert_int_equal(grants_rig_lines(r, "grant-replaced user=otto peer=peer-0 subject=suspects "
                                         "kind=overlap:matches min-size=10 max-size=2000"),
                     1);
}

/* One record: an identifier, or an incident. */
static void import(struct grants_rig *r, char letter, const char *dataset, uint32_t kind)
{
    struct shelf s;
    struct sym_dataset_row row;
    uint64_t next = 0;
    uint8_t id[SYM_IMPORT_ID_BYTES];
    uint8_t incident[64];
    uint8_t length[2] = {0, 0};
    static const uint8_t no_tokens[1] = {0};
    const struct sym_incident i = {.count = 1, .persons = 1};
    size_t len = 0;
    shelf_id(id, letter);
    open_datasets(r, &s);
    const struct sym_import_begin begin = {.id = sym_span(id, sizeof id),
                                           .dataset = sym_span_text(dataset),
                                           .profile = sym_span_text("any"),
                                           .kind = kind};
    struct sym_import_chunk chunk = shelf_chunk(id, 0, 0, 1, 1);
    if (kind == SYM_DATASET_INCIDENTS) {
        assert_int_equal(sym_incident_write(incident, sizeof incident, &len, &i), SYM_OK);
        length[1] = (uint8_t)len;
        chunk.token_counts = sym_span(no_tokens, 1);
        chunk.types = chunk.digests = sym_span(NULL, 0);
        chunk.row_lengths = sym_span(length, sizeof length);
        chunk.rows = sym_span(incident, len);
    }
    const struct sym_import_end end = {.id = sym_span(id, sizeof id), .keep = true, .chunks = 1};
    assert_int_equal(sym_datasets_import_begin(s.datasets, &next, &begin, &s.alice, &r->fault),
                     SYM_OK);
    assert_int_equal(sym_datasets_import_chunk(s.datasets, &next, &chunk, &s.alice, &r->fault),
                     SYM_OK);
    assert_int_equal(sym_datasets_import_end(s.datasets, &row, &end, &s.alice, &r->fault), SYM_OK);
    close_datasets(&s);
}

static void refuses_what_the_dataset_could_never_be_asked(void **state)
{
    static const uint32_t overlaps[] = {SYM_KIND_OVERLAP_MATCHES, SYM_KIND_OVERLAP_COUNT,
                                        SYM_KIND_OVERLAP_TABLE};
    struct grants_rig *r = *state;
    import(r, 'a', "numbers", SYM_DATASET_IDENTIFIERS);
    import(r, 'b', "cases", SYM_DATASET_INCIDENTS);
    assert_int_equal(allow(r, "peer-0", SYM_KIND_TABULATE, "numbers", 0), SYM_UNSUPPORTED);
    assert_string_equal(r->fault.text,
                        "dataset numbers: holds identifiers, which are never tabulated; to have "
                        "them compared run: \"symbolon grant peer-0 numbers overlap:count\" (or "
                        "overlap:matches)");
    for (size_t i = 0; i < sizeof overlaps / sizeof *overlaps; i++) {
        assert_int_equal(allow(r, "peer-0", overlaps[i], "cases", 0), SYM_UNSUPPORTED);
        assert_string_equal(r->fault.text,
                            "dataset cases: holds incidents, which have no identifiers to be "
                            "compared; to have them counted run: \"symbolon grant peer-0 cases "
                            "tabulate\"");
        assert_int_equal(allow(r, "peer-0", overlaps[i], "numbers", 0), SYM_OK);
    }
    assert_int_equal(allow(r, "peer-0", SYM_KIND_TABULATE, "cases", 0), SYM_OK);
    assert_int_equal(count_grants(r), 4);
}

static void refuses_what_the_room_refuses_and_says_why(void **state)
{
    struct grants_rig *r = *state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_grant row = grants_rig_row();
    struct sym_grant_added added;
    row.alias = sym_span_text("nobody");
    assert_int_equal(run(r, SYM_VERB_GRANT_ADD, &r->operator_, &row, &arena, &added),
                     SYM_NOT_FOUND);
    row = grants_rig_row();
    row.purposes = 0;
    assert_int_equal(run(r, SYM_VERB_GRANT_ADD, &r->operator_, &row, &arena, &added),
                     SYM_BAD_VALUE);
    assert_int_equal(count_grants(r), 0);
}

static void lists_and_decides_requests(void **state)
{
    struct grants_rig *r = *state;
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO more = {0};
    SYM_ARENA_AUTO rest = {0};
    struct sym_grant row = grants_rig_row();
    struct sym_request_list list;
    struct sym_held_request decided;
    struct sym_empty none = {0};
    struct rig_ask ask;
    row.approval = true;
    grants_rig_add(r, &row);
    grants_rig_ask(r, &ask, 0);
    assert_int_equal(grants_rig_decide(r, &ask), SYM_OK);
    assert_int_equal(run(r, SYM_VERB_REQUEST_LIST, &r->approver, &none, &arena, &list), SYM_OK);
    assert_int_equal(list.n_requests, 1);
    assert_int_equal(list.requests[0].state, SYM_HELD_WAITING);
    struct sym_request_decision d = {.id = list.requests[0].id, .why = sym_span_text("not now")};
    assert_int_equal(run(r, SYM_VERB_REQUEST_DECIDE, &r->operator_, &d, &more, &decided),
                     SYM_DENIED);
    assert_int_equal(run(r, SYM_VERB_REQUEST_DECIDE, &r->approver, &d, &more, &decided), SYM_OK);
    assert_int_equal(decided.state, SYM_HELD_DENIED);
    assert_true(sym_span_equal(decided.why, d.why));
    assert_int_equal(run(r, SYM_VERB_REQUEST_DECIDE, &r->approver, &d, &rest, &decided),
                     SYM_WRONG_STATE);
}

static void the_longest_lists_fit_one_answer(void **state)
{
    struct grants_rig *r = *state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_grant row = grants_rig_row();
    struct sym_request_list list;
    struct sym_empty none = {0};
    char name[SYM_ALIAS_BYTES];
    row.approval = true;
    row.expires_s = row.types = UINT64_MAX;
    row.purposes = UINT32_MAX;
    row.max_elements = SYM_SET_MAX;
    row.per_day = SYM_EXCHANGES_PER_DAY_MAX;
    char approver[SYM_ALIAS_BYTES] = "";
    char operator_[SYM_ALIAS_BYTES] = "";
    memset(approver, 'u', SYM_ALIAS_BYTES - 1);
    memset(operator_, 'o', SYM_ALIAS_BYTES - 1);
    r->approver.user = approver;
    r->operator_.user = operator_;
    for (unsigned i = 0; i < SYM_GRANTS_MAX; i++) {
        struct sym_peer *peer = &r->peer[i / 16];
        memset(peer->alias, 'p', SYM_ALIAS_BYTES - 1);
        peer->alias[0] = (char)('a' + i / 16 % 26);
        peer->alias[1] = (char)('a' + i / 16 / 26);
        (void)snprintf(name, sizeof name, "%063u", i);
        row.dataset = sym_span_text(name);
        row.alias = sym_span_text(peer->alias);
        grants_rig_add(r, &row);
        struct rig_ask ask;
        struct sym_held_request decided;
        char why[SYM_REASON_BYTES_MAX];
        memset(why, 'w', sizeof why);
        grants_rig_ask(r, &ask, i / 16);
        ask.request.dataset = row.dataset;
        ask.ask.elements = SYM_SET_MAX;
        assert_int_equal(grants_rig_decide(r, &ask), SYM_OK);
        struct sym_request_decision d = {.id = sym_span(ask.id, sizeof ask.id),
                                         .why = sym_span(why, sizeof why)};
        assert_int_equal(sym_grants_resolve(r->grants, &decided, &d, &r->approver, &r->fault),
                         SYM_OK);
    }
    assert_int_equal(count_grants(r), SYM_GRANTS_MAX);
    assert_int_equal(run(r, SYM_VERB_REQUEST_LIST, &r->approver, &none, &arena, &list), SYM_OK);
    assert_int_equal(list.n_requests, SYM_HELD_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, grants_rig_set_up, grants_rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(adds_lists_and_revokes_a_grant),
        TEST(tells_what_a_grant_replaces),
        TEST(refuses_what_the_dataset_could_never_be_asked),
        TEST(refuses_what_the_room_refuses_and_says_why),
        TEST(the_budgets_of_all_peers_fit_into_that_of_the_dataset),
        TEST(lists_and_decides_requests),
        TEST(the_longest_lists_fit_one_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
