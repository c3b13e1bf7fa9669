/* exchange: what is listed, named by its first digits, cancelled and forgotten. */
#include "tests/cli/fake_overlap.h"

/* Exchanges ------------------------------------------------------------------------------------ */

/* 300 exchanges in pages of 128; all of them, but for ten, started in one of 30 milliseconds. */
static enum sym_err many_exchanges(struct fake_call *call)
{
    static struct sym_exchange_entry all[300];
    static uint8_t all_ids[300][SYM_EXCHANGE_ID_BYTES];
    static struct sym_exchange_list list;
    const struct sym_exchange_query *query = call->arguments;
    if (call->verb != SYM_VERB_EXCHANGE_LIST) {
        return matches(call);
    }
    size_t first = 300;
    for (size_t i = 300; i-- > 0;) {
        all[i] = entry(SYM_KIND_OVERLAP_COUNT, SYM_EXCHANGE_DONE);
        all_ids[i][0] = (uint8_t)(i >> 8);
        all_ids[i][1] = (uint8_t)i;
        all[i].id = sym_span(all_ids[i], SYM_EXCHANGE_ID_BYTES);
        all[i].started_ms = 1000 - i / 10;
        first = query->before_ms == 0 || all[i].started_ms < query->before_ms ? i : first;
    }
    size_t n = 300 - first < SYM_EXCHANGE_ROWS_MAX ? 300 - first : SYM_EXCHANGE_ROWS_MAX;
    list = (struct sym_exchange_list){
        .exchanges = all + first, .n_exchanges = n, .more = first + n < 300};
    call->answer = &list;
    return SYM_OK;
}

static void lists_every_exchange_once_over_all_pages(void **state)
{
    static struct run r;
    unsigned lines = 0;
    fake_node_start(*state, many_exchanges);
    run(&r, "exchange|list");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    for (const char *at = r.out; *at != '\0'; at++) {
        lines += *at == '\n' ? 1 : 0;
    }
    assert_int_equal(lines, 301);
    assert_shows(r.out, "\n012b00000000  bank-b  initiator  overlap:count  done      20000      "
                        "18000       3  -        C-17\n");
    run(&r, "exchange|show|0129");
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

static enum sym_err the_same_page_for_ever(struct fake_call *call)
{
    enum sym_err err = matches(call);
    static struct sym_exchange_list list;
    if (call->verb == SYM_VERB_EXCHANGE_LIST) {
        list = *(const struct sym_exchange_list *)call->answer;
        list.more = true;
        call->answer = &list;
    }
    return err;
}

static void a_list_without_end_is_refused(void **state)
{
    static struct run r;
    fake_node_start(*state, the_same_page_for_ever);
    run(&r, "exchange|list|--json");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "does not come to an end");
    assert_string_equal(r.out, "");
}

static enum sym_err of_one_peer(struct fake_call *call)
{
    if (call->verb == SYM_VERB_EXCHANGE_LIST) {
        const struct sym_exchange_query *query = call->arguments;
        char line[128];
        (void)snprintf(line, sizeof line, "peer=%.*s", (int)query->alias.len,
                       (const char *)query->alias.data);
        fake_note(call->node, line);
    }
    if (call->verb == SYM_VERB_PEER_LIST) {
        static struct sym_peer_row row;
        static const struct sym_peer_list pinned = {.peers = &row, .n_peers = 1};
        static const uint8_t bank_b[SYM_NODE_ID_BYTES] = {1};
        row = (struct sym_peer_row){.alias = sym_span_text("bank-b"),
                                    .name = sym_span_text("Bank B"),
                                    .role = SYM_ROLE_BANK,
                                    .id = sym_span(bank_b, sizeof bank_b),
                                    .serial = 1};
        call->answer = &pinned;
        return SYM_OK;
    }
    return matches(call);
}

static enum sym_err of_nobody_else(struct fake_call *call)
{
    static const struct sym_exchange_list none = {.n_exchanges = 0};
    enum sym_err err = of_one_peer(call);
    if (call->verb == SYM_VERB_EXCHANGE_LIST) {
        call->answer = &none;
    }
    return err;
}

static void a_mistyped_alias_is_not_a_peer_without_exchanges(void **state)
{
    static struct run r;
    fake_node_start(*state, of_nobody_else);
    run(&r, "exchange|list|--peer|bnak-b");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "");
    assert_shows(r.err, "peer bnak-b: is not pinned, and no exchange was with it");
    run(&r, "exchange|list|--peer|bank-b");
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

static void lists_the_exchanges_of_one_peer(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, of_one_peer);
    run(&r, "exchange|list|--peer|bank-b");
    assert_string_equal(
        r.out, "ID            PEER    ROLE       KIND             STATE  OWN SIZE  PEER SIZE  "
               "COMMON  STARTED               CASE\n"
               "4f1caa010000  bank-b  initiator  overlap:matches  done      20000      18000       "
               "3  2026-09-21T14:13:20Z  C-17\n");
    fake_notes(asked, *state);
    assert_shows(asked, "peer=bank-b\n");
}

/* A request of a peer, and a command of an own user, which wait for an approver. */
static enum sym_err with_commands(struct fake_call *call)
{
    static const uint8_t ids[2][SYM_EXCHANGE_ID_BYTES] = {{0x77}, {0x5e, 0x11}};
    static struct sym_held_request rows[2];
    static struct sym_request_list list = {.requests = rows, .n_requests = 2};
    enum sym_err err = matches(call);
    if (call->verb == SYM_VERB_REQUEST_LIST) {
        for (size_t i = 0; i < 2; i++) {
            rows[i] = (struct sym_held_request){.id = sym_span(ids[i], sizeof ids[i])};
        }
        rows[1].verb = SYM_VERB_USER_ADD;
        call->answer = &list;
        return SYM_OK;
    }
    return err;
}

static void cancels_and_forgets_by_the_first_digits(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, with_commands);
    run(&r, "exchange|cancel|4f1c");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "4f1caa010000: cancelled\n");
    run(&r, "exchange|cancel|5e11");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "5e1100000000: cancelled\n");
    run(&r, "exchange|cancel|7700");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "7700: no exchange begins with these digits");
    run(&r, "exchange|forget|4F1CAA01");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.out, "4f1caa010000: its result is forgotten\n");
    fake_notes(asked, *state);
    assert_string_equal(asked, "EXCHANGE_LIST\nREQUEST_LIST\nEXCHANGE_CANCEL\n"
                               "EXCHANGE_LIST\nREQUEST_LIST\nEXCHANGE_CANCEL\n"
                               "EXCHANGE_LIST\nREQUEST_LIST\nEXCHANGE_LIST\nEXCHANGE_FORGET\n");
}

static enum sym_err two_that_begin_alike(struct fake_call *call)
{
    static struct sym_exchange_entry two[2];
    static const struct sym_exchange_list list = {.exchanges = two, .n_exchanges = 2};
    two[0] = entry(SYM_KIND_OVERLAP_COUNT, SYM_EXCHANGE_DONE);
    two[1] = two[0];
    two[1].id = sym_span(other_id, sizeof other_id);
    call->answer = &list;
    return SYM_OK;
}

static void refuses_digits_that_name_none_or_several(void **state)
{
    static struct run r;
    char asked[8192];
    fake_node_start(*state, two_that_begin_alike);
    run(&r, "exchange|forget|4f1c");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "4f1c: 2 exchanges begin with these digits; give more of them");
    run(&r, "exchange|show|ffff");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "ffff: no exchange begins with these digits; see \"symbolon exchange list");
    fake_notes(asked, *state);
    assert_shows_not(asked, "FORGET");
}

static void refuses_ids_that_are_none(void **state)
{
    static const char *const refused[] = {"exchange|show|4f1",       "exchange|show|hello",
                                          "exchange|result|4f 1",    "exchange|cancel|-1",
                                          "exchange|forget",         "exchange|show|4f1c|4f1d",
                                          "exchange|list|--peer|a b"};
    static struct run r;
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        run(&r, refused[i]);
        assert_int_equal(r.code, SYM_EXIT_USAGE);
        assert_string_equal(r.out, "");
    }
}

static enum sym_err was_forgotten(struct fake_call *call)
{
    static struct sym_exchange_entry e;
    e = entry(SYM_KIND_OVERLAP_MATCHES, SYM_EXCHANGE_DONE);
    e.has_result = false;
    return serve(call, SYM_EXCHANGE_DONE, &e);
}

static enum sym_err was_asked_by_the_peer(struct fake_call *call)
{
    static struct sym_exchange_entry e;
    e = entry(SYM_KIND_OVERLAP_MATCHES, SYM_EXCHANGE_DONE);
    e.role = SYM_AS_PARTICIPANT;
    return serve(call, SYM_EXCHANGE_DONE, &e);
}

static void says_why_there_is_no_result(void **state)
{
    static struct run r;
    fake_node_start(*state, was_forgotten);
    run(&r, "exchange|result|4f1c");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.err, "symbolon: 4f1caa010000: its result was forgotten\n");
    fake_node_stop(*state);
    fake_node_start(*state, was_asked_by_the_peer);
    run(&r, "exchange|result|4f1c");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "has no result here: the peer asked, and has it\n");
    run(&r, "exchange|show|4f1c");
    assert_shows(r.out, "overlap:matches, asked by the peer;");
    assert_shows(r.out, "this node learned  how many identifiers the peer has\n"
                        "the peer learned   which of its own records this node has, too, and how "
                        "many identifiers this node has\n");
}

static enum sym_err made_a_table(struct fake_call *call)
{
    static const uint8_t table[SYM_EXCHANGE_ID_BYTES] = {0x7a, 0xb1};
    static struct sym_exchange_entry e;
    static struct sym_exchange_list list;
    e = entry(SYM_KIND_OVERLAP_TABLE, SYM_EXCHANGE_DONE);
    e.alias = sym_span_text("");
    e.tabulation = sym_span(table, sizeof table);
    e.participants = 6;
    e.cells = 63;
    list = (struct sym_exchange_list){.exchanges = &e, .n_exchanges = 1};
    enum sym_err err = serve(call, SYM_EXCHANGE_DONE, &e);
    if (call->verb == SYM_VERB_EXCHANGE_LIST) {
        call->answer = &list;
    }
    return err;
}

static void a_table_is_told_by_its_id_and_its_lists(void **state)
{
    static struct run r;
    fake_node_start(*state, made_a_table);
    run(&r, "exchange|list");
    assert_shows(r.out, "  6 lists  initiator  overlap:table  done ");
    run(&r, "exchange|show|4f1c");
    assert_shows(r.out, "\ntable     7ab10000000000000000000000000000\n");
    assert_shows(r.out, "\nlists     6\nown list  20000 identifiers\ncells     63\nepsilon   none: "
                        "exact counts\nmode      exact\n");
}

static enum sym_err was_answered_before(struct fake_call *call)
{
    static struct sym_exchange_entry e;
    e = entry(SYM_KIND_TABULATE, SYM_EXCHANGE_DONE);
    e.participants = 6;
    e.cells = 63;
    e.epsilon_nano = 1500000000;
    e.answered_before = true;
    return serve(call, SYM_EXCHANGE_DONE, &e);
}

static void a_question_that_was_answered_before_has_cost_nothing(void **state)
{
    static struct run r;
    fake_node_start(*state, was_answered_before);
    run(&r, "exchange|show|4f1c");
    assert_shows(r.out, "  1.5 when it was first answered, and nothing here\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(lists_every_exchange_once_over_all_pages),
        WITH_NODE(a_list_without_end_is_refused),
        WITH_NODE(a_mistyped_alias_is_not_a_peer_without_exchanges),
        WITH_NODE(lists_the_exchanges_of_one_peer),
        WITH_NODE(cancels_and_forgets_by_the_first_digits),
        WITH_NODE(refuses_digits_that_name_none_or_several),
        WITH_NODE(refuses_ids_that_are_none),
        WITH_NODE(says_why_there_is_no_result),
        WITH_NODE(a_table_is_told_by_its_id_and_its_lists),
        WITH_NODE(a_question_that_was_answered_before_has_cost_nothing),
    };
    return cmocka_run_group_tests_name("overlap command", tests, fake_node_start_tests, NULL);
}
