#include "node/grant/proposals.h"

#include "node/loop.h"
#include "proto/codec.h"

#include <stdlib.h>
#include <string.h>

#define RECORD_VERSION 1u
#define RECORD_BYTES   (SYM_PROPOSAL_BYTES_MAX + 2048u)
#define LIFE_MS        86400000u

struct item {
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    struct sym_held_request terms; /* without the spans */
    char user[SYM_ALIAS_BYTES];
    uint8_t key[SYM_ED25519_BYTES]; /* that signed it */
    char what[SYM_DETAIL_BYTES_MAX + 1u];
    char decided_by[SYM_ALIAS_BYTES];
    char why[SYM_REASON_BYTES_MAX + 1u];
    uint8_t exchange[SYM_EXCHANGE_ID_BYTES];
    bool began;                   /* exchange is one */
    bool collected;               /* and was told */
    uint8_t same[SYM_HASH_BYTES]; /* of verb, user and arguments */
    size_t command_len;
    uint8_t command[SYM_PROPOSAL_BYTES_MAX];
};

struct sym_proposals {
    struct sym_proposals_config config;
    struct item *items[SYM_PROPOSALS_MAX]; /* the oldest first */
    size_t n;
};

static uint64_t now(const struct sym_proposals *p)
{
    return p->config.wall_ms != NULL ? p->config.wall_ms() : sym_wall_ms();
}

static void copy_text(char *to, size_t size, struct sym_span text)
{
    size_t len = text.len < size ? text.len : size - 1;
    if (len > 0) {
        memcpy(to, text.data, len);
    }
    to[len] = '\0';
}

static void row_of(struct sym_held_request *row, const struct item *item)
{
    *row = item->terms;
    row->id = sym_span(item->id, sizeof item->id);
    row->user = sym_span_text(item->user);
    row->what = sym_span_text(item->what);
    row->decided_by = sym_span_text(item->decided_by);
    row->why = sym_span_text(item->why);
    if (item->began) {
        row->exchange = sym_span(item->exchange, sizeof item->exchange);
    }
}

/* In the store ---------------------------------------------------------------------------------
 */

/* Record: version | flags | key | length of the row (4) | the row | the command. */
static enum sym_err put_item(struct sym_transaction *t, const struct item *item)
{
    uint8_t bytes[RECORD_BYTES];
    uint8_t row_bytes[1536];
    struct sym_held_request row;
    struct sym_span record;
    size_t len = 0;
    row_of(&row, item);
    enum sym_err err = sym_encode(row_bytes, sizeof row_bytes, &len, &sym_msg_held_request, &row);
    struct sym_writer w = sym_writer(bytes, sizeof bytes);
    sym_write_u8(&w, RECORD_VERSION);
    sym_write_u8(&w, item->collected);
    sym_write_bytes(&w, item->key, sizeof item->key);
    sym_write_u32(&w, (uint32_t)len);
    sym_write_bytes(&w, row_bytes, len);
    sym_write_bytes(&w, item->command, item->command_len);
    if (err == SYM_OK) {
        err = sym_write_end(&w, &record);
    }
    if (err == SYM_OK) {
        err = sym_store_put(t, SYM_TABLE_PROPOSALS, sym_span(item->id, sizeof item->id), record);
    }
    sym_wipe(bytes, sizeof bytes); /* case and note */
    sym_wipe(row_bytes, sizeof row_bytes);
    return err;
}

/* What makes two commands the same, whenever they were signed; the verb as well. */
static enum sym_err identify(struct item *item)
{
    SYM_ARENA_AUTO outer = {0};
    SYM_ARENA_AUTO inner = {0};
    struct sym_control_request request;
    struct sym_control_body body;
    uint8_t verb[8];
    enum sym_err err = sym_decode(&outer, &request, &sym_msg_control_request,
                                  sym_span(item->command, item->command_len));
    if (err == SYM_OK) {
        err = sym_decode(&inner, &body, &sym_msg_control_body, request.body);
    }
    if (err != SYM_OK) {
        return err;
    }
    memcpy(item->key, request.user.data, sizeof item->key);
    item->terms.verb = body.verb;
    sym_put_u64(verb, body.verb);
    const struct sym_span parts[] = {sym_span(verb, sizeof verb), request.user, body.arguments};
    return sym_sha256_parts(item->same, parts, sizeof parts / sizeof *parts);
}

static enum sym_err read_row(struct item *item, struct sym_span id, struct sym_span message)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_held_request row;
    enum sym_err err = sym_decode(&arena, &row, &sym_msg_held_request, message);
    if (err != SYM_OK) {
        return err;
    }
    if (!sym_span_equal(id, row.id)) {
        return SYM_BAD_FORMAT;
    }
    memcpy(item->id, id.data, sizeof item->id);
    copy_text(item->user, sizeof item->user, row.user);
    copy_text(item->what, sizeof item->what, row.what);
    copy_text(item->decided_by, sizeof item->decided_by, row.decided_by);
    copy_text(item->why, sizeof item->why, row.why);
    item->began = row.exchange.len > 0;
    if (item->began) {
        memcpy(item->exchange, row.exchange.data, sizeof item->exchange);
    }
    item->terms = (struct sym_held_request){.received_ms = row.received_ms,
                                            .expires_ms = row.expires_ms,
                                            .state = row.state,
                                            .decided_ms = row.decided_ms,
                                            .verb = row.verb};
    return SYM_OK;
}

static enum sym_err read_item(struct item *item, struct sym_span id, struct sym_span value)
{
    struct sym_reader r = sym_reader(value);
    uint8_t key[SYM_ED25519_BYTES];
    uint8_t version = sym_read_u8(&r);
    item->collected = sym_read_u8(&r) != 0;
    sym_read_bytes(&r, key, sizeof key);
    struct sym_span row = sym_read_span(&r, sym_read_u32(&r));
    struct sym_span command = sym_read_span(&r, r.left);
    if (sym_read_end(&r) != SYM_OK || command.len > sizeof item->command) {
        return SYM_BAD_FORMAT;
    }
    if (version != RECORD_VERSION) {
        return SYM_BAD_VERSION;
    }
    enum sym_err err = read_row(item, id, row);
    if (err == SYM_OK) {
        memcpy(item->command, command.data, command.len);
        item->command_len = command.len;
        err = identify(item);
    }
    return err == SYM_OK && !sym_equal(key, item->key, sizeof key) ? SYM_BAD_FORMAT : err;
}

static enum sym_err load_one(void *context, struct sym_span key, struct sym_span value)
{
    struct sym_proposals *p = context;
    if (key.len != SYM_EXCHANGE_ID_BYTES) {
        return SYM_BAD_FORMAT;
    }
    if (p->n >= SYM_PROPOSALS_MAX) {
        return SYM_LIMIT;
    }
    struct item *item = calloc(1, sizeof *item);
    if (item == NULL) {
        return SYM_NO_MEMORY;
    }
    p->items[p->n++] = item;
    return read_item(item, key, value);
}

static enum sym_err load(struct sym_transaction *t, void *context)
{
    return sym_store_each(t, SYM_TABLE_PROPOSALS, load_one, context);
}

static int by_time(const void *a, const void *b)
{
    uint64_t first = (*(struct item *const *)a)->terms.received_ms;
    uint64_t second = (*(struct item *const *)b)->terms.received_ms;
    return first < second ? -1 : first > second;
}

enum sym_err sym_proposals_open(struct sym_proposals **out,
                                const struct sym_proposals_config *config, struct sym_fault *fault)
{
    struct sym_proposals *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "proposals: no memory");
    }
    p->config = *config;
    enum sym_err err = sym_store_read(config->store, load, p);
    if (err != SYM_OK) {
        sym_proposals_close(p);
        return sym_fail(fault, err, "proposals: the stored table %s; restore a backup",
                        sym_err_text(err));
    }
    qsort(p->items, p->n, sizeof *p->items, by_time);
    *out = p;
    return SYM_OK;
}

static void free_item(struct item *item)
{
    if (item != NULL) {
        sym_wipe(item, sizeof *item);
        free(item);
    }
}

void sym_proposals_close(struct sym_proposals *p)
{
    for (size_t i = 0; p != NULL && i < p->n; i++) {
        free_item(p->items[i]);
    }
    free(p);
}

/* Changes --------------------------------------------------------------------------------------
 */

struct change {
    struct sym_proposals *proposals;
    const struct item *item;
    const struct item *gone;         /* is deleted; NULL: none */
    const char *event;               /* NULL: no entry */
    const struct sym_author *author; /* of the entry */
};

static enum sym_err put_change(struct sym_transaction *t, void *context)
{
    const struct change *c = context;
    char id[2 * SYM_EXCHANGE_ID_BYTES + 1];
    enum sym_err err = put_item(t, c->item);
    if (err == SYM_OK && c->gone != NULL) {
        err = sym_store_delete(t, SYM_TABLE_PROPOSALS, sym_span(c->gone->id, sizeof c->gone->id));
    }
    if (err != SYM_OK || c->event == NULL) {
        return err;
    }
    sym_hex(id, c->item->id, sizeof c->item->id);
    const struct sym_entry_body body = {.event = sym_span_text(c->event),
                                        .subject = sym_span_text(id),
                                        .detail = sym_span_text(c->item->what)};
    const struct sym_entry entry = {.kind = SYM_ENTRY_APPROVAL, .author = c->author, .body = &body};
    return sym_log_append(c->proposals->config.log, t, &entry, NULL);
}

static bool waits(const struct sym_proposals *p, const struct item *item)
{
    return item->terms.state == SYM_HELD_WAITING && now(p) < item->terms.expires_ms;
}

static bool has_expired(const struct sym_proposals *p, const struct item *item)
{
    return item->terms.state == SYM_HELD_WAITING && now(p) >= item->terms.expires_ms;
}

static struct item *find(const struct sym_proposals *p, struct sym_span id)
{
    for (size_t i = 0; i < p->n; i++) {
        if (sym_span_equal(id, sym_span(p->items[i]->id, SYM_EXCHANGE_ID_BYTES))) {
            return p->items[i];
        }
    }
    return NULL;
}

/* The oldest that waits no more, when there is no room beside it; NULL: none, or none is needed. */
static struct item *victim(const struct sym_proposals *p)
{
    for (size_t i = 0; p->n == SYM_PROPOSALS_MAX && i < p->n; i++) {
        if (!waits(p, p->items[i])) {
            return p->items[i];
        }
    }
    return NULL;
}

static void remove_item(struct sym_proposals *p, const struct item *gone)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->items[i] == gone) {
            free_item(p->items[i]);
            p->n--;
            memmove(&p->items[i], &p->items[i + 1], (p->n - i) * sizeof *p->items);
            return;
        }
    }
}

static struct item *find_same(const struct sym_proposals *p, const struct item *wish)
{
    for (size_t i = p->n; i-- > 0;) {
        if (sym_equal(p->items[i]->same, wish->same, sizeof wish->same)) {
            return p->items[i];
        }
    }
    return NULL;
}

static enum sym_err fail_held(const struct item *item, struct sym_fault *fault)
{
    char id[2 * SYM_EXCHANGE_ID_BYTES + 1];
    sym_hex(id, item->id, sizeof item->id);
    return sym_fail(fault, SYM_HELD,
                    "held as %s: another user, who is an approver, has to let it be done "
                    "(symbolon approve %.8s); `symbolon requests` shows it",
                    id, id);
}

static enum sym_err new_item(struct item **out, const struct sym_author *author,
                             struct sym_span what, uint64_t now_ms)
{
    struct item *item = calloc(1, sizeof *item);
    if (item == NULL) {
        return SYM_NO_MEMORY;
    }
    if (author->command.len == 0 || author->command.len > sizeof item->command) {
        free(item);
        return SYM_TOO_LONG;
    }
    sym_random(item->id, sizeof item->id);
    memcpy(item->command, author->command.data, author->command.len);
    item->command_len = author->command.len;
    copy_text(item->user, sizeof item->user, sym_span_text(author->user));
    copy_text(item->what, sizeof item->what, what);
    item->terms = (struct sym_held_request){
        .received_ms = now_ms, .expires_ms = now_ms + LIFE_MS, .state = SYM_HELD_WAITING};
    enum sym_err err = identify(item);
    if (err != SYM_OK) {
        free_item(item);
        return err;
    }
    *out = item;
    return SYM_OK;
}

static bool has_room(const struct sym_proposals *p, const struct item *wish)
{
    size_t waiting = 0;
    for (size_t i = 0; i < p->n; i++) {
        waiting += waits(p, p->items[i]) && strcmp(p->items[i]->user, wish->user) == 0;
    }
    return waiting < SYM_PROPOSALS_PER_USER_MAX && (p->n < SYM_PROPOSALS_MAX || victim(p) != NULL);
}

enum sym_err sym_proposals_hold(struct sym_proposals *p, const struct sym_author *author,
                                struct sym_span what, struct sym_fault *fault)
{
    struct item *item = NULL;
    enum sym_err err = new_item(&item, author, what, now(p));
    if (err != SYM_OK) {
        return sym_fail(fault, err, "the command needs an approver, but %s", sym_err_text(err));
    }
    const struct item *same = find_same(p, item);
    if (same != NULL && waits(p, same)) {
        free_item(item);
        return fail_held(same, fault);
    }
    if (!has_room(p, item)) {
        free_item(item);
        return sym_fail(fault, SYM_LIMIT,
                        "the command needs an approver, and too many wait already; "
                        "`symbolon requests` shows them");
    }
    struct item *gone = victim(p);
    struct change c = {
        .proposals = p, .item = item, .gone = gone, .event = "command-held", .author = author};
    err = sym_store_write(p->config.store, put_change, &c);
    if (err != SYM_OK) {
        free_item(item);
        return sym_fail(fault, err, "the command needs an approver, but could not be kept: it %s",
                        sym_err_text(err));
    }
    if (gone != NULL) {
        remove_item(p, gone);
    }
    p->items[p->n++] = item;
    return fail_held(item, fault);
}

static struct item *find_begun(const struct sym_proposals *p, const struct sym_author *author)
{
    struct item *wish = NULL;
    if (new_item(&wish, author, sym_span_text(""), now(p)) != SYM_OK) {
        return NULL;
    }
    struct item *item = find_same(p, wish);
    free_item(wish);
    bool fits = item != NULL && item->began && !item->collected &&
                now(p) < item->terms.decided_ms + LIFE_MS;
    return fits ? item : NULL;
}

enum sym_err sym_proposals_began(struct sym_proposals *p, uint8_t exchange[SYM_EXCHANGE_ID_BYTES],
                                 const struct sym_author *author)
{
    const struct item *item = find_begun(p, author);
    if (item == NULL) {
        return SYM_NOT_FOUND;
    }
    memcpy(exchange, item->exchange, sizeof item->exchange);
    return SYM_OK;
}

enum sym_err sym_proposals_collect(struct sym_proposals *p, uint8_t exchange[SYM_EXCHANGE_ID_BYTES],
                                   const struct sym_author *author)
{
    struct item *item = find_begun(p, author);
    if (item == NULL) {
        return SYM_NOT_FOUND;
    }
    item->collected = true;
    struct change c = {.proposals = p, .item = item};
    enum sym_err err = sym_store_write(p->config.store, put_change, &c);
    if (err != SYM_OK) {
        item->collected = false;
        return err;
    }
    memcpy(exchange, item->exchange, sizeof item->exchange);
    return SYM_OK;
}

/* Looking --------------------------------------------------------------------------------------
 */

bool sym_proposals_has(struct sym_proposals *p, struct sym_span id)
{
    return find(p, id) != NULL;
}

size_t sym_proposals_list(struct sym_proposals *p, struct sym_held_request *rows, size_t max,
                          const char *user)
{
    size_t n = 0;
    uint64_t now_ms = now(p);
    for (size_t i = 0; i < p->n && n < max; i++) {
        const struct item *item = p->items[i];
        uint64_t over_ms =
            item->terms.decided_ms > 0 ? item->terms.decided_ms : item->terms.expires_ms;
        if ((user != NULL && strcmp(user, item->user) != 0) ||
            (!waits(p, item) && now_ms >= over_ms + LIFE_MS)) {
            continue;
        }
        row_of(&rows[n], item);
        if (has_expired(p, item)) {
            rows[n].state = SYM_HELD_EXPIRED;
        }
        n++;
    }
    return n;
}

/* Deciding -------------------------------------------------------------------------------------
 */

static enum sym_err check_decider(const struct item *item, const struct sym_author *author,
                                  const char *id, struct sym_fault *fault)
{
    if ((author->roles & SYM_USER_APPROVER) == 0) {
        return sym_fail(fault, SYM_DENIED,
                        "command %s: %s has not the approver role; ask somebody who has", id,
                        author->user);
    }
    if (strcmp(author->user, item->user) == 0) {
        return sym_fail(fault, SYM_DENIED,
                        "command %s: is %s's own; another approver has to decide", id,
                        author->user);
    }
    return SYM_OK;
}

static enum sym_err check_decision(const struct sym_proposals *p, const struct item *item,
                                   const struct sym_request_decision *decision,
                                   const struct sym_author *author, struct sym_fault *fault)
{
    char id[2 * SYM_EXCHANGE_ID_BYTES + 1];
    sym_hex(id, item->id, sizeof item->id);
    enum sym_err err = check_decider(item, author, id, fault);
    if (err != SYM_OK) {
        return err;
    }
    if (has_expired(p, item)) {
        return sym_fail(fault, SYM_EXPIRED,
                        "command %s: has waited for a day and expired; %s has to give it again", id,
                        item->user);
    }
    if (item->terms.state != SYM_HELD_WAITING) {
        return sym_fail(fault, SYM_WRONG_STATE, "command %s: was decided before: %s, by %s", id,
                        sym_held_state_text(item->terms.state), item->decided_by);
    }
    if (decision->why.len > SYM_REASON_BYTES_MAX ||
        (!decision->approve && decision->why.len == 0)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "command %s: a denial needs a reason of 1 to %u bytes; give one with --why",
                        id, SYM_REASON_BYTES_MAX);
    }
    return SYM_OK;
}

/* Who gave it must still be a user, under that key, and may have lost a role. */
static enum sym_err find_user(const struct sym_proposals *p, struct sym_user *out,
                              const struct item *item, struct sym_fault *fault)
{
    const struct sym_user *user =
        sym_users_by_key(p->config.users, sym_span(item->key, sizeof item->key));
    const struct sym_verb_row *row = sym_verb_row(item->terms.verb);
    if (user == NULL || strcmp(user->name, item->user) != 0 || row == NULL ||
        (user->roles & row->roles) == 0) {
        return sym_fail(fault, SYM_DENIED,
                        "the command was given by %s, who is no user with the role for it any more",
                        item->user);
    }
    *out = *user;
    return SYM_OK;
}

enum sym_err sym_proposals_decide(struct sym_proposals *p, struct sym_held_request *out,
                                  struct sym_approved *approved,
                                  const struct sym_request_decision *decision,
                                  const struct sym_author *author, struct sym_fault *fault)
{
    struct item *item = find(p, decision->id);
    if (item == NULL) {
        return sym_fail(fault, SYM_NOT_FOUND, "command: does not exist; see: symbolon requests");
    }
    enum sym_err err = check_decision(p, item, decision, author, fault);
    if (err == SYM_OK && decision->approve) {
        err = find_user(p, &approved->user, item, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    struct item *decided = malloc(sizeof *decided);
    if (decided == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "command: no memory; nothing was decided");
    }
    *decided = *item;
    decided->terms.state = decision->approve ? SYM_HELD_APPROVED : SYM_HELD_DENIED;
    decided->terms.decided_ms = now(p);
    copy_text(decided->decided_by, sizeof decided->decided_by, sym_span_text(author->user));
    copy_text(decided->why, sizeof decided->why, decision->why);
    const struct sym_author both = {.log = author->log,
                                    .user = item->user,
                                    .command = sym_span(item->command, item->command_len),
                                    .approver = author->user,
                                    .approval = author->command};
    struct change c = {.proposals = p,
                       .item = decided,
                       .event = decision->approve ? "command-approved" : "command-denied",
                       .author = &both};
    err = sym_store_write(p->config.store, put_change, &c);
    if (err == SYM_OK) {
        *item = *decided;
        row_of(out, item);
        approved->command = sym_span(item->command, item->command_len);
    } else {
        (void)sym_fail(fault, err, "command: the decision %s; nothing was decided",
                       sym_err_text(err));
    }
    free_item(decided);
    return err;
}

void sym_proposals_done(struct sym_proposals *p, struct sym_held_request *out, struct sym_span id,
                        struct sym_span exchange, const char *why)
{
    struct item *item = find(p, id);
    if (item == NULL) {
        return;
    }
    item->terms.state = SYM_HELD_USED;
    item->began = exchange.len == SYM_EXCHANGE_ID_BYTES;
    if (item->began) {
        memcpy(item->exchange, exchange.data, sizeof item->exchange);
    }
    copy_text(item->why, sizeof item->why, sym_span_text(why));
    struct change c = {.proposals = p, .item = item};
    enum sym_err err = sym_store_write(p->config.store, put_change, &c);
    (void)err; /* the entry of what was done stands in the log */
    row_of(out, item);
}
