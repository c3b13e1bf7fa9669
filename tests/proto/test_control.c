#include "proto/control.h"

#include "crypto/card.h"
#include "crypto/secret.h"
#include "proto/codec.h"
#include "tests/support/messages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct sym_sign_key user;
static struct sym_node_id node = {.bytes = {0x11, 0x22}};
static const uint8_t nonce[SYM_NONCE_BYTES] = {0x33, 0x44};
static uint8_t *out;

static int set_up(void **state)
{
    (void)state;
    out = malloc(2 * (size_t)SYM_CONTROL_BYTES_MAX);
    return out != NULL && sym_crypto_init() == SYM_OK && sym_sign_key_new(&user) == SYM_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    sym_sign_key_clear(&user);
    free(out);
    return 0;
}

/* Verbs -----------------------------------------------------------------------------------------
 */

static void every_verb_has_a_row(void **state)
{
    (void)state;
    for (uint32_t verb = SYM_VERB_NONE + 1; verb < SYM_VERB_COUNT; verb++) {
        const struct sym_verb_row *row = sym_verb_row(verb);
        assert_non_null(row);
        assert_non_null(row->name);
        assert_int_equal(sym_message_check(row->arguments, NULL), SYM_OK);
        assert_int_equal(sym_message_check(row->answer, NULL), SYM_OK);
        assert_true(row->roles != 0 && (row->roles & ~SYM_USER_ANY) == 0);
    }
}

static void a_verb_that_does_not_exist_has_none(void **state)
{
    (void)state;
    assert_null(sym_verb_row(SYM_VERB_NONE));
    assert_null(sym_verb_row(SYM_VERB_COUNT));
    assert_null(sym_verb_row(UINT32_MAX));
}

/* What changes a node is for its operator alone: nobody gains a verb by an oversight. */
static void only_an_operator_changes_the_node(void **state)
{
    (void)state;
    static const enum sym_verb changing[] = {
        SYM_VERB_CARD_RENEW, SYM_VERB_PEER_ADD,    SYM_VERB_PEER_REMOVE, SYM_VERB_PEER_SECRET,
        SYM_VERB_USER_ADD,   SYM_VERB_USER_REMOVE, SYM_VERB_SETTING_SET};
    for (size_t i = 0; i < sizeof changing / sizeof *changing; i++) {
        assert_int_equal(sym_verb_row(changing[i])->roles, SYM_USER_OPERATOR);
    }
    unsigned exchanging = SYM_USER_OPERATOR | SYM_USER_ANALYST;
    assert_int_equal(sym_verb_row(SYM_VERB_PING_START)->roles, exchanging);
    assert_int_equal(sym_verb_row(SYM_VERB_EXCHANGE_CANCEL)->roles, exchanging);
    assert_int_equal(sym_verb_row(SYM_VERB_STATUS)->roles, SYM_USER_ANY);
    assert_string_equal(sym_verb_row(SYM_VERB_PEER_ADD)->name, "PEER_ADD");
    assert_ptr_equal(sym_verb_row(SYM_VERB_PEER_ADD)->arguments, &sym_msg_peer_add);
    assert_ptr_equal(sym_verb_row(SYM_VERB_PEER_ADD)->answer, &sym_msg_peer_list);
}

/* Roles -----------------------------------------------------------------------------------------
 */

static void roles_are_read_and_written_alike(void **state)
{
    (void)state;
    for (unsigned roles = 1; roles <= SYM_USER_ANY; roles++) {
        char text[64];
        unsigned got = 0;
        sym_user_roles_text(text, sizeof text, roles);
        assert_int_equal(sym_user_roles_parse(&got, sym_span_text(text)), SYM_OK);
        assert_int_equal(got, roles);
    }
    char text[64];
    sym_user_roles_text(text, sizeof text, SYM_USER_ANALYST | SYM_USER_OPERATOR);
    assert_string_equal(text, "analyst,operator");
    sym_user_roles_text(text, sizeof text, 0);
    assert_string_equal(text, "");
    assert_string_equal(sym_user_role_text(SYM_USER_AUDITOR_BIT), "auditor");
    assert_string_equal(sym_user_role_text(SYM_USER_ROLE_COUNT), "unknown");
}

static void roles_come_in_any_order(void **state)
{
    (void)state;
    unsigned got = 0;
    assert_int_equal(sym_user_roles_parse(&got, sym_span_text("operator,analyst,operator")),
                     SYM_OK);
    assert_int_equal(got, SYM_USER_ANALYST | SYM_USER_OPERATOR);
}

static void refuses_roles_that_are_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"",          ",",        "analyst,", ",analyst",
                                        "Analyst",   "analysts", "analys",   "analyst operator",
                                        "analyst, ", " analyst", "root",     "analyst,,auditor",
                                        "analyst;",  "analyst\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        unsigned got = 99;
        assert_int_equal(sym_user_roles_parse(&got, sym_span_text(texts[i])), SYM_BAD_VALUE);
        assert_int_equal(got, 99);
    }
    unsigned got = 99;
    assert_int_equal(sym_user_roles_parse(&got, sym_span("analyst\0", 8)), SYM_BAD_VALUE);
}

static void a_text_of_roles_stops_where_its_room_ends(void **state)
{
    (void)state;
    for (size_t size = 1; size < 64; size++) {
        char text[65];
        memset(text, 'x', sizeof text);
        sym_user_roles_text(text, size, SYM_USER_ANY);
        assert_true(strlen(text) < size);
        assert_int_equal(text[size], 'x');
    }
}

/* Aliases ---------------------------------------------------------------------------------------
 */

static void takes_an_alias_of_letters_digits_and_marks(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a",
        "0",
        "bank-b",
        "Bank_B.2",
        "9-",
        "a..b",
        "123456789012345678901234567890123456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(sym_alias_check(sym_span_text(good[i])), SYM_OK);
    }
}

static void refuses_an_alias_of_anything_else(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",    "-a",  ".a",
        "_a",  "..",  "a b",
        "a/b", "a:b", "\xc3\xa4",
        "a\n", "a@",  "a[",
        "a`",  "a{",  "1234567890123456789012345678901234567890123456789012345678901234"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(sym_alias_check(sym_span_text(bad[i])), SYM_BAD_VALUE);
    }
    assert_int_equal(sym_alias_check(sym_span("a\0b", 3)), SYM_BAD_VALUE);
}

/* Requests --------------------------------------------------------------------------------------
 */

static void a_signed_request_holds_all_it_should(void **state)
{
    (void)state;
    struct sym_peer_name arguments = {.alias = sym_span_text("bank-b")};
    size_t len = 0;
    assert_int_equal(sym_control_sign(out, SYM_CONTROL_BYTES_MAX, &len, &user, &node, nonce, 12345,
                                      SYM_VERB_PEER_REMOVE, &arguments),
                     SYM_OK);
    SYM_ARENA_AUTO outer = {0};
    SYM_ARENA_AUTO inner = {0};
    SYM_ARENA_AUTO innermost = {0};
    struct sym_control_request request;
    struct sym_control_body body;
    struct sym_peer_name got;
    assert_int_equal(sym_decode(&outer, &request, &sym_msg_control_request, sym_span(out, len)),
                     SYM_OK);
    assert_true(sym_span_equal(request.user, sym_span(user.public_key, sizeof user.public_key)));
    assert_int_equal(
        sym_verify(request.signature.data, user.public_key, SYM_DOMAIN_CONTROL, request.body),
        SYM_OK);
    assert_int_equal(
        sym_verify(request.signature.data, user.public_key, SYM_DOMAIN_REQUEST, request.body),
        SYM_BAD_SIGNATURE);
    assert_int_equal(sym_decode(&inner, &body, &sym_msg_control_body, request.body), SYM_OK);
    assert_memory_equal(body.node.data, node.bytes, sizeof node.bytes);
    assert_memory_equal(body.nonce.data, nonce, sizeof nonce);
    assert_int_equal(body.expires_ms, 12345);
    assert_int_equal(body.verb, SYM_VERB_PEER_REMOVE);
    assert_int_equal(
        sym_decode(&innermost, &got, sym_verb_row(body.verb)->arguments, body.arguments), SYM_OK);
    assert_true(sym_span_equal(got.alias, arguments.alias));
}

static void every_verb_can_be_signed_with_any_of_its_arguments(void **state)
{
    (void)state;
    for (uint32_t verb = SYM_VERB_NONE + 1; verb < SYM_VERB_COUNT; verb++) {
        struct sample sample;
        size_t len = 0;
        sample_open(&sample, SAMPLE_MOST, verb);
        void *arguments = sample_value(&sample, sym_verb_row(verb)->arguments);
        assert_int_equal(sym_control_sign(out, SYM_CONTROL_BYTES_MAX, &len, &user, &node, nonce, 1,
                                          (enum sym_verb)verb, arguments),
                         SYM_OK);
        sample_close(&sample);
    }
}

static void refuses_to_sign_what_no_node_would_take(void **state)
{
    (void)state;
    struct sym_empty empty = {0};
    struct sym_peer_name name = {.alias = sym_span_text("")};
    struct sym_sign_key absent = {0};
    size_t len = 7;
    assert_int_equal(sym_control_sign(out, SYM_CONTROL_BYTES_MAX, &len, &user, &node, nonce, 1,
                                      SYM_VERB_NONE, &empty),
                     SYM_INTERNAL);
    assert_int_equal(sym_control_sign(out, SYM_CONTROL_BYTES_MAX, &len, &user, &node, nonce, 1,
                                      SYM_VERB_COUNT, &empty),
                     SYM_INTERNAL);
    assert_int_equal(sym_control_sign(out, SYM_CONTROL_BYTES_MAX, &len, &user, &node, nonce, 0,
                                      SYM_VERB_STATUS, &empty),
                     SYM_BAD_VALUE);
    assert_int_equal(sym_control_sign(out, SYM_CONTROL_BYTES_MAX, &len, &user, &node, nonce, 1,
                                      SYM_VERB_PEER_REMOVE, &name),
                     SYM_BAD_VALUE);
    assert_int_equal(sym_control_sign(out, SYM_CONTROL_BYTES_MAX, &len, &absent, &node, nonce, 1,
                                      SYM_VERB_STATUS, &empty),
                     SYM_BAD_FORMAT);
    assert_int_equal(
        sym_control_sign(out, 100, &len, &user, &node, nonce, 1, SYM_VERB_STATUS, &empty),
        SYM_TOO_LONG);
    assert_int_equal(len, 7);
}

static void the_longest_roster_fits_a_request(void **state)
{
    (void)state;
    uint8_t *cards = calloc(1, SYM_CARDS_BYTES_MAX + 1);
    assert_non_null(cards);
    struct sym_peer_add add = {.cards = sym_span(cards, SYM_CARDS_BYTES_MAX)};
    size_t len = 0;
    assert_int_equal(sym_control_sign(out, SYM_CONTROL_BYTES_MAX, &len, &user, &node, nonce, 1,
                                      SYM_VERB_PEER_ADD, &add),
                     SYM_OK);
    add.cards.len++;
    assert_int_equal(sym_control_sign(out, SYM_CONTROL_BYTES_MAX, &len, &user, &node, nonce, 1,
                                      SYM_VERB_PEER_ADD, &add),
                     SYM_TOO_LONG);
    free(cards);
}

static void refuses_a_body_with_a_verb_that_does_not_exist(void **state)
{
    (void)state;
    struct sym_control_body body = {.node = sym_span(node.bytes, sizeof node.bytes),
                                    .nonce = sym_span(nonce, sizeof nonce),
                                    .expires_ms = 1,
                                    .verb = SYM_VERB_COUNT - 1};
    size_t len = 0;
    SYM_ARENA_AUTO arena = {0};
    assert_int_equal(sym_encode(out, 200, &len, &sym_msg_control_body, &body), SYM_OK);
    assert_int_equal(out[len - 1], SYM_VERB_COUNT - 1);
    out[len - 1]++;
    assert_int_equal(sym_decode(&arena, &body, &sym_msg_control_body, sym_span(out, len)),
                     SYM_BAD_VALUE);
    out[len - 1] = 0;
    assert_int_equal(sym_decode(&arena, &body, &sym_msg_control_body, sym_span(out, len)),
                     SYM_BAD_FORMAT);
    assert_int_equal(sym_decode(&arena, &body, &sym_msg_control_body, sym_span(out, len - 2)),
                     SYM_BAD_VALUE);
}

static void a_reply_need_not_name_a_request(void **state)
{
    (void)state;
    struct sym_control_reply reply = {.result = SYM_BAD_FORMAT, .fault = sym_span_text("no")};
    size_t len = 0;
    SYM_ARENA_AUTO arena = {0};
    assert_int_equal(sym_encode(out, 200, &len, &sym_msg_control_reply, &reply), SYM_OK);
    assert_int_equal(sym_decode(&arena, &reply, &sym_msg_control_reply, sym_span(out, len)),
                     SYM_OK);
    assert_int_equal(reply.nonce.len, 0);
    reply.result = SYM_ERR_COUNT;
    assert_int_equal(sym_encode(out, 200, &len, &sym_msg_control_reply, &reply), SYM_BAD_VALUE);
}

/* As many peers as there can be, each with the longest of everything. */
static void the_longest_list_of_peers_fits_into_a_reply(void **state)
{
    (void)state;
    static struct sym_peer_row rows[SYM_PEERS_MAX];
    static char text[SYM_ENDPOINT_BYTES];
    static const uint8_t id[SYM_NODE_ID_BYTES];
    struct sym_span endpoints[SYM_CARD_ENDPOINTS_MAX];
    size_t len = 0;
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < SYM_CARD_ENDPOINTS_MAX; i++) {
        endpoints[i] = sym_span(text, SYM_ENDPOINT_BYTES - 1);
    }
    for (size_t i = 0; i < SYM_PEERS_MAX; i++) {
        rows[i] = (struct sym_peer_row){.alias = sym_span(text, SYM_ALIAS_BYTES - 1),
                                        .name = sym_span(text, SYM_NAME_BYTES - 1),
                                        .role = 1,
                                        .id = sym_span(id, sizeof id),
                                        .serial = UINT64_MAX,
                                        .expires_s = UINT64_MAX,
                                        .link = SYM_LINK_LIVE,
                                        .has_psk = true,
                                        .link_since_ms = UINT64_MAX,
                                        .bytes_sent = UINT64_MAX,
                                        .bytes_received = UINT64_MAX,
                                        .endpoints = endpoints,
                                        .n_endpoints = SYM_CARD_ENDPOINTS_MAX,
                                        .expired = true};
    }
    struct sym_peer_list list = {.peers = rows, .n_peers = SYM_PEERS_MAX};
    assert_int_equal(sym_encode(out, SYM_CONTROL_BYTES_MAX - SYM_CONTROL_OVERHEAD_BYTES, &len,
                                &sym_msg_peer_list, &list),
                     SYM_OK);
    struct sym_control_reply reply = {.nonce = sym_span(text, SYM_NONCE_BYTES),
                                      .answer = sym_span(out, len)};
    uint8_t *whole = out + SYM_CONTROL_BYTES_MAX;
    assert_int_equal(sym_encode(whole, SYM_CONTROL_BYTES_MAX, &len, &sym_msg_control_reply, &reply),
                     SYM_OK);
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO inner = {0};
    struct sym_peer_list back;
    assert_int_equal(sym_decode(&arena, &reply, &sym_msg_control_reply, sym_span(whole, len)),
                     SYM_OK);
    assert_int_equal(sym_decode(&inner, &back, &sym_msg_peer_list, reply.answer), SYM_OK);
    assert_int_equal(back.n_peers, SYM_PEERS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verb_has_a_row),
        cmocka_unit_test(a_verb_that_does_not_exist_has_none),
        cmocka_unit_test(only_an_operator_changes_the_node),
        cmocka_unit_test(roles_are_read_and_written_alike),
        cmocka_unit_test(roles_come_in_any_order),
        cmocka_unit_test(refuses_roles_that_are_none),
        cmocka_unit_test(a_text_of_roles_stops_where_its_room_ends),
        cmocka_unit_test(takes_an_alias_of_letters_digits_and_marks),
        cmocka_unit_test(refuses_an_alias_of_anything_else),
        cmocka_unit_test(a_signed_request_holds_all_it_should),
        cmocka_unit_test(every_verb_can_be_signed_with_any_of_its_arguments),
        cmocka_unit_test(refuses_to_sign_what_no_node_would_take),
        cmocka_unit_test(the_longest_roster_fits_a_request),
        cmocka_unit_test(refuses_a_body_with_a_verb_that_does_not_exist),
        cmocka_unit_test(a_reply_need_not_name_a_request),
        cmocka_unit_test(the_longest_list_of_peers_fits_into_a_reply),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
