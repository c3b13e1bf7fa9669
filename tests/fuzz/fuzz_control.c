/* Control: the first byte says what the rest is: a whole request, the body of one, a reply to a
 * verb, arguments of a verb, the name of roles, an alias. Requests are followed down to their
 * arguments; what is accepted must encode to the same bytes again. */
#include "proto/codec.h"
#include "proto/control.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

union any {
    struct sym_control_request request;
    struct sym_control_body body;
    struct sym_control_reply reply;
    struct sym_empty empty;
    struct sym_peer_add peer_add;
    struct sym_peer_name peer_name;
    struct sym_peer_secret peer_secret;
    struct sym_peer_list peer_list;
    struct sym_ping_start ping_start;
    struct sym_exchange_name exchange_name;
    struct sym_exchange_row exchange_state;
    struct sym_user_add user_add;
    struct sym_user_name user_name;
    struct sym_user_list user_list;
    struct sym_card_renew card_renew;
    struct sym_card_text card_text;
    struct sym_setting setting;
    struct sym_setting_list setting_list;
    struct sym_status status;
};

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Decodes into value, and back. */
static bool read_message(struct sym_arena *arena, union any *value, const struct sym_message *m,
                         struct sym_span bytes)
{
    insist(m->size <= sizeof *value);
    if (sym_decode(arena, value, m, bytes) != SYM_OK) {
        return false;
    }
    size_t len = 0;
    uint8_t *again = malloc(bytes.len + 1);
    insist(again != NULL);
    insist(sym_encode(again, bytes.len, &len, m, value) == SYM_OK);
    insist(sym_span_equal(sym_span(again, len), bytes));
    free(again);
    return true;
}

static void read_verb(const struct sym_message *m, struct sym_span bytes)
{
    SYM_ARENA_AUTO arena = {0};
    union any value;
    (void)read_message(&arena, &value, m, bytes);
}

static void read_body(struct sym_span bytes)
{
    SYM_ARENA_AUTO arena = {0};
    union any value;
    if (read_message(&arena, &value, &sym_msg_control_body, bytes)) {
        const struct sym_verb_row *row = sym_verb_row(value.body.verb);
        insist(row != NULL);
        read_verb(row->arguments, value.body.arguments);
    }
}

static void read_request(struct sym_span bytes)
{
    SYM_ARENA_AUTO arena = {0};
    union any value;
    if (read_message(&arena, &value, &sym_msg_control_request, bytes)) {
        read_body(value.request.body);
    }
}

static void read_reply(const struct sym_verb_row *row, struct sym_span bytes)
{
    SYM_ARENA_AUTO arena = {0};
    union any value;
    if (read_message(&arena, &value, &sym_msg_control_reply, bytes)) {
        insist(value.reply.result < SYM_ERR_COUNT);
        read_verb(row->answer, value.reply.answer);
    }
}

static void read_roles(struct sym_span text)
{
    char again[64];
    unsigned roles = 0;
    unsigned same = 0;
    if (sym_user_roles_parse(&roles, text) == SYM_OK) {
        insist(roles != 0 && (roles & ~SYM_USER_ANY) == 0);
        sym_user_roles_text(again, sizeof again, roles);
        insist(sym_user_roles_parse(&same, sym_span_text(again)) == SYM_OK && same == roles);
    }
}

static void read_alias(struct sym_span text)
{
    if (sym_alias_check(text) == SYM_OK) {
        insist(text.len >= 1 && text.len < SYM_ALIAS_BYTES);
        insist(memchr(text.data, '/', text.len) == NULL && text.data[0] != '.');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    const struct sym_verb_row *row = sym_verb_row(1 + data[1] % (SYM_VERB_COUNT - 1));
    struct sym_span rest = sym_span(data + 2, size - 2);
    switch (data[0] % 7) {
    case 0:
        read_request(rest);
        break;
    case 1:
        read_body(rest);
        break;
    case 2:
        read_reply(row, rest);
        break;
    case 3:
        read_verb(row->arguments, rest);
        break;
    case 4:
        read_verb(row->answer, rest);
        break;
    case 5:
        read_roles(rest);
        break;
    case 6:
        read_alias(rest);
        break;
    }
    return 0;
}
