#include "cli/audit/signed.h"

#include "crypto/aead.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *sym_signed_state_text(enum sym_signed_state state)
{
    switch (state) {
    case SYM_SIGNED_GOOD:
        return "good";
    case SYM_SIGNED_BAD:
        return "bad";
    case SYM_SIGNED_UNCHECKED:
        break;
    }
    return "unchecked";
}

static SYM_PRINTF(3, 4) void say(struct sym_audit_signed *s, enum sym_signed_state state,
                                 const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(s->text, sizeof s->text, format, args);
    va_end(args);
    s->state = state;
}

/* Commands of users -------------------------------------------------------------------------- */

/* name: the user that the body names; empty: none. */
static void judge_user(struct sym_audit_signed *s, const struct sym_audit_keys *keys,
                       const struct sym_control_request *request, const char *verb,
                       struct sym_span name)
{
    const struct sym_audit_user *user = sym_audit_keys_user(keys, request->user);
    char key[17];
    sym_hex(key, request->user.data, 8);
    if (user == NULL) {
        say(s, SYM_SIGNED_UNCHECKED,
            "%s, signed by the key %s…, which no entry of the log introduces; named %.*s", verb,
            key, name.len > 0 ? (int)name.len : 6,
            name.len > 0 ? (const char *)name.data : "nobody");
    } else if (name.len > 0 && !sym_span_equal(name, sym_span_text(user->name))) {
        say(s, SYM_SIGNED_BAD, "%s, signed by the key of %s, but the entry names %.*s", verb,
            user->name, (int)name.len, (const char *)name.data);
    } else {
        say(s, SYM_SIGNED_GOOD, "%s, signed by %s (key %s…, added with entry %" PRIu64 "%s)", verb,
            user->name, key, user->index, user->earlier ? " of an earlier log" : "");
    }
}

static void check_command(struct sym_audit_signed *s, const struct sym_audit_keys *keys,
                          const struct sym_node_id *node, struct sym_span name)
{
    SYM_ARENA_AUTO outer = {0};
    SYM_ARENA_AUTO inner = {0};
    struct sym_control_request request;
    struct sym_control_body body;
    if (sym_decode(&outer, &request, &sym_msg_control_request, s->bytes) != SYM_OK ||
        sym_decode(&inner, &body, &sym_msg_control_body, request.body) != SYM_OK) {
        say(s, SYM_SIGNED_BAD, "cannot be read");
        return;
    }
    const struct sym_verb_row *row = sym_verb_row(body.verb);
    const char *verb = row != NULL ? row->name : "a command of another version";
    if (sym_verify(request.signature.data, request.user.data, SYM_DOMAIN_CONTROL, request.body) !=
        SYM_OK) {
        say(s, SYM_SIGNED_BAD, "%s does not carry a valid signature", verb);
    } else if (!sym_span_equal(body.node, sym_span(node->bytes, sizeof node->bytes))) {
        say(s, SYM_SIGNED_BAD, "%s was signed for another node", verb);
    } else {
        judge_user(s, keys, &request, verb, name);
    }
}

/* Who approves must be somebody else. */
static bool is_same_signer(struct sym_span a, struct sym_span b)
{
    SYM_ARENA_AUTO one = {0};
    SYM_ARENA_AUTO two = {0};
    struct sym_control_request first;
    struct sym_control_request second;
    return sym_decode(&one, &first, &sym_msg_control_request, a) == SYM_OK &&
           sym_decode(&two, &second, &sym_msg_control_request, b) == SYM_OK &&
           sym_span_equal(first.user, second.user);
}

/* Messages of an exchange -------------------------------------------------------------------- */

struct context {
    const struct sym_audit_entry *entry;
    const struct sym_audit_keys *keys;
};

/* Is hash, where there is one, that of these bytes, where they are here? */
static bool names(struct sym_span hash, struct sym_span bytes)
{
    uint8_t digest[SYM_HASH_BYTES];
    return hash.len == 0 || bytes.len == 0 ||
           (sym_sha256(digest, bytes) == SYM_OK &&
            sym_span_equal(hash, sym_span(digest, sizeof digest)));
}

static void judge_message(struct sym_audit_signed *s, const struct context *c,
                          const struct sym_told_message *m, const struct sym_card *card)
{
    const struct sym_leaf *leaf = &c->entry->leaf;
    if (!sym_span_equal(m->exchange_id, leaf->exchange_id)) {
        say(s, SYM_SIGNED_BAD, "signed by %s, but of another exchange", card->name);
    } else if (!sym_span_equal(m->initiator, leaf->initiator) ||
               !sym_span_equal(m->responder, leaf->responder)) {
        say(s, SYM_SIGNED_BAD, "signed by %s, but names other nodes than the entry", card->name);
    } else if (!names(m->request_hash, c->entry->body.request)) {
        say(s, SYM_SIGNED_BAD, "signed by %s, but answers another request", card->name);
    } else {
        say(s, SYM_SIGNED_GOOD, "signed by %s", card->name);
    }
}

/* signer: node id of who must have signed; a statement that is no close is read as an abort. */
static void check_message(struct sym_audit_signed *s, const struct context *c,
                          struct sym_span signer, enum sym_told kind)
{
    struct sym_told_message m = {.kind = kind};
    struct sym_fault fault;
    const struct sym_audit_node *node = sym_audit_keys_node(c->keys, signer);
    if (node == NULL) {
        char id[17] = "-";
        sym_hex(id, signer.data, signer.len < 8 ? signer.len : 8);
        say(s, SYM_SIGNED_UNCHECKED, "by the node %s…, whose card is not in the log; give --card",
            id);
        return;
    }
    enum sym_err err = sym_told_read(&m, kind, s->bytes, &node->card, &fault);
    if (err == SYM_OK) {
        judge_message(s, c, &m, &node->card);
        s->card = sym_span(node->text, node->len);
        s->kind = kind;
    } else {
        say(s, SYM_SIGNED_BAD, "%.200s", fault.text);
    }
    sym_told_clear(&m);
    if (err != SYM_OK && kind == SYM_TOLD_CLOSE) {
        struct sym_audit_signed abort = {.what = "abort", .bytes = s->bytes};
        check_message(&abort, c, signer, SYM_TOLD_ABORT);
        *s = abort.state == SYM_SIGNED_BAD ? *s : abort;
    }
}

static struct sym_audit_signed *next(struct sym_audit_signed *out, size_t *n, const char *what,
                                     struct sym_span bytes)
{
    if (bytes.len == 0) {
        return NULL;
    }
    out[*n] = (struct sym_audit_signed){.what = what, .bytes = bytes};
    return &out[(*n)++];
}

/* Which side of the exchange is whose: the node's own is told by its id, not by its word. */
static void check_messages(struct sym_audit_signed *out, size_t *n, const struct context *c,
                           const struct sym_node_id *node)
{
    const struct sym_leaf *leaf = &c->entry->leaf;
    const struct sym_entry_body *b = &c->entry->body;
    bool initiated = sym_span_equal(leaf->initiator, sym_span(node->bytes, sizeof node->bytes));
    struct sym_span self = initiated ? leaf->initiator : leaf->responder;
    struct sym_span peer = initiated ? leaf->responder : leaf->initiator;
    struct sym_audit_signed *s = next(out, n, "request", b->request);
    if (s != NULL) {
        check_message(s, c, leaf->initiator, SYM_TOLD_REQUEST);
    }
    if ((s = next(out, n, "receipt", b->receipt)) != NULL) {
        check_message(s, c, leaf->responder, SYM_TOLD_RECEIPT);
    }
    if ((s = next(out, n, "close", b->statement)) != NULL) {
        check_message(s, c, self, SYM_TOLD_CLOSE);
    }
    if ((s = next(out, n, "close", b->peer_statement)) != NULL) {
        check_message(s, c, peer, SYM_TOLD_CLOSE);
    }
}

size_t sym_audit_signed(struct sym_audit_signed out[SYM_SIGNED_MAX],
                        const struct sym_audit_entry *entry, const struct sym_audit_keys *keys,
                        const struct sym_node_id *node)
{
    const struct sym_entry_body *b = &entry->body;
    const struct context c = {.entry = entry, .keys = keys};
    size_t n = 0;
    struct sym_audit_signed *s = next(out, &n, "command", b->command);
    if (s != NULL) {
        check_command(s, keys, node, b->user);
    }
    if ((s = next(out, &n, "approval", b->approval)) != NULL) {
        check_command(s, keys, node, b->approver);
        if (s->state != SYM_SIGNED_BAD && b->command.len > 0 &&
            is_same_signer(b->command, b->approval)) {
            say(s, SYM_SIGNED_BAD, "signed by the same user as the command");
        }
    }
    check_messages(out, &n, &c, node);
    return n;
}
