#include "node/grant/proposals_state.h"
#include "node/loop.h"

#include <stdlib.h>
#include <string.h>

#define LIFE_MS 86400000u

struct sym_proposals {
    struct sym_proposals_config config;
    struct sym_proposal *items[SYM_PROPOSALS_MAX]; /* the oldest first */
    size_t n;
};

static uint64_t now(const struct sym_proposals *p)
{
    return p->config.wall_ms != NULL ? p->config.wall_ms() : sym_wall_ms();
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
    struct sym_proposal *item = calloc(1, sizeof *item);
    if (item == NULL) {
        return SYM_NO_MEMORY;
    }
    p->items[p->n++] = item;
    return sym_proposal_read(item, key, value);
}

static enum sym_err load(struct sym_transaction *t, void *context)
{
    return sym_store_each(t, SYM_TABLE_PROPOSALS, load_one, context);
}

static int by_time(const void *a, const void *b)
{
    uint64_t first = (*(struct sym_proposal *const *)a)->terms.received_ms;
    uint64_t second = (*(struct sym_proposal *const *)b)->terms.received_ms;
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

static void free_item(struct sym_proposal *item)
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
    const struct sym_proposal *item;
    const struct sym_proposal *gone; /* is deleted; NULL: none */
    const char *event;               /* NULL: no entry */
    const struct sym_author *author; /* of the entry */
};

static enum sym_err put_change(struct sym_transaction *t, void *context)
{
    const struct change *c = context;
    char id[2 * SYM_EXCHANGE_ID_BYTES + 1];
    enum sym_err err = sym_proposal_put(t, c->item);
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

static bool waits(const struct sym_proposals *p, const struct sym_proposal *item)
{
    return item->terms.state == SYM_HELD_WAITING && now(p) < item->terms.expires_ms;
}

static bool has_expired(const struct sym_proposals *p, const struct sym_proposal *item)
{
    return item->terms.state == SYM_HELD_WAITING && now(p) >= item->terms.expires_ms;
}

static struct sym_proposal *find(const struct sym_proposals *p, struct sym_span id)
{
    for (size_t i = 0; i < p->n; i++) {
        if (sym_span_equal(id, sym_span(p->items[i]->id, SYM_EXCHANGE_ID_BYTES))) {
            return p->items[i];
        }
    }
    return NULL;
}

/* The oldest that waits no more, when there is no room beside it; NULL: none, or none is needed. */
static struct sym_proposal *victim(const struct sym_proposals *p)
{
    for (size_t i = 0; p->n == SYM_PROPOSALS_MAX && i < p->n; i++) {
        if (!waits(p, p->items[i])) {
            return p->items[i];
        }
    }
    return NULL;
}

static void remove_item(struct sym_proposals *p, const struct sym_proposal *gone)
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

static struct sym_proposal *find_same(const struct sym_proposals *p,
                                      const struct sym_proposal *wish)
{
    for (size_t i = p->n; i-- > 0;) {
        if (sym_equal(p->items[i]->same, wish->same, sizeof wish->same)) {
            return p->items[i];
        }
    }
    return NULL;
}

static enum sym_err fail_held(const struct sym_proposal *item, struct sym_fault *fault)
{
    char id[2 * SYM_EXCHANGE_ID_BYTES + 1];
    sym_hex(id, item->id, sizeof item->id);
    return sym_fail(fault, SYM_HELD,
                    "held as %s: another user, who is an approver, has to let it be done "
                    "(\"symbolon approve %.8s\"); \"symbolon requests\" shows it",
                    id, id);
}

static enum sym_err new_item(struct sym_proposal **out, const struct sym_author *author,
                             struct sym_span what, uint64_t now_ms)
{
    struct sym_proposal *item = calloc(1, sizeof *item);
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
    sym_proposal_text(item->user, sizeof item->user, sym_span_text(author->user));
    sym_proposal_text(item->what, sizeof item->what, what);
    item->terms = (struct sym_held_request){
        .received_ms = now_ms, .expires_ms = now_ms + LIFE_MS, .state = SYM_HELD_WAITING};
    enum sym_err err = sym_proposal_identify(item);
    if (err != SYM_OK) {
        free_item(item);
        return err;
    }
    *out = item;
    return SYM_OK;
}

static bool has_room(const struct sym_proposals *p, const struct sym_proposal *wish)
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
    struct sym_proposal *item = NULL;
    enum sym_err err = new_item(&item, author, what, now(p));
    if (err != SYM_OK) {
        return sym_fail(fault, err, "the command needs an approver, but %s", sym_err_text(err));
    }
    const struct sym_proposal *same = find_same(p, item);
    if (same != NULL && waits(p, same)) {
        free_item(item);
        return fail_held(same, fault);
    }
    if (!has_room(p, item)) {
        free_item(item);
        return sym_fail(fault, SYM_LIMIT,
                        "the command needs an approver, and too many wait already; "
                        "\"symbolon requests\" shows them");
    }
    struct sym_proposal *gone = victim(p);
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

static struct sym_proposal *find_begun(const struct sym_proposals *p,
                                       const struct sym_author *author)
{
    struct sym_proposal *wish = NULL;
    if (new_item(&wish, author, sym_span_text(""), now(p)) != SYM_OK) {
        return NULL;
    }
    struct sym_proposal *item = find_same(p, wish);
    free_item(wish);
    bool fits = item != NULL && item->began && !item->collected &&
                now(p) < item->terms.decided_ms + LIFE_MS;
    return fits ? item : NULL;
}

enum sym_err sym_proposals_began(struct sym_proposals *p, uint8_t exchange[SYM_EXCHANGE_ID_BYTES],
                                 const struct sym_author *author)
{
    const struct sym_proposal *item = find_begun(p, author);
    if (item == NULL) {
        return SYM_NOT_FOUND;
    }
    memcpy(exchange, item->exchange, sizeof item->exchange);
    return SYM_OK;
}

enum sym_err sym_proposals_collect(struct sym_proposals *p, uint8_t exchange[SYM_EXCHANGE_ID_BYTES],
                                   const struct sym_author *author)
{
    struct sym_proposal *item = find_begun(p, author);
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
        const struct sym_proposal *item = p->items[i];
        uint64_t over_ms =
            item->terms.decided_ms > 0 ? item->terms.decided_ms : item->terms.expires_ms;
        if ((user != NULL && strcmp(user, item->user) != 0) ||
            (!waits(p, item) && now_ms >= over_ms + LIFE_MS)) {
            continue;
        }
        sym_proposal_row(&rows[n], item);
        if (has_expired(p, item)) {
            rows[n].state = SYM_HELD_EXPIRED;
        }
        n++;
    }
    return n;
}

/* Deciding -------------------------------------------------------------------------------------
 */

static enum sym_err check_decider(const struct sym_proposal *item, const struct sym_author *author,
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

static enum sym_err check_waits(const struct sym_proposals *p, const struct sym_proposal *item,
                                const char *id, struct sym_fault *fault)
{
    if (has_expired(p, item)) {
        return sym_fail(fault, SYM_EXPIRED,
                        "command %s: has waited for a day and expired; %s has to give it again", id,
                        item->user);
    }
    if (item->terms.state != SYM_HELD_WAITING) {
        return sym_fail(fault, SYM_WRONG_STATE, "command %s: was decided before: %s, by %s", id,
                        sym_held_state_text(item->terms.state), item->decided_by);
    }
    return SYM_OK;
}

static enum sym_err check_decision(const struct sym_proposals *p, const struct sym_proposal *item,
                                   const struct sym_request_decision *decision,
                                   const struct sym_author *author, struct sym_fault *fault)
{
    char id[2 * SYM_EXCHANGE_ID_BYTES + 1];
    sym_hex(id, item->id, sizeof item->id);
    enum sym_err err = check_decider(item, author, id, fault);
    if (err == SYM_OK) {
        err = check_waits(p, item, id, fault);
    }
    if (err != SYM_OK) {
        return err;
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
                              const struct sym_proposal *item, struct sym_fault *fault)
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

/* The item becomes what is written of it, or stays as it was. */
static enum sym_err change_to(struct sym_proposal *item, struct change *c, struct sym_fault *fault)
{
    enum sym_err err = sym_store_write(c->proposals->config.store, put_change, c);
    if (err == SYM_OK) {
        *item = *c->item;
        return SYM_OK;
    }
    return sym_fail(fault, err, "command: the decision %s; nothing was decided", sym_err_text(err));
}

enum sym_err sym_proposals_decide(struct sym_proposals *p, struct sym_held_request *out,
                                  struct sym_approved *approved,
                                  const struct sym_request_decision *decision,
                                  const struct sym_author *author, struct sym_fault *fault)
{
    struct sym_proposal *item = find(p, decision->id);
    if (item == NULL) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "command: does not exist; see: \"symbolon requests\"");
    }
    enum sym_err err = check_decision(p, item, decision, author, fault);
    if (err == SYM_OK && decision->approve) {
        err = find_user(p, &approved->user, item, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    struct sym_proposal *decided = malloc(sizeof *decided);
    if (decided == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "command: no memory; nothing was decided");
    }
    *decided = *item;
    decided->terms.state = decision->approve ? SYM_HELD_APPROVED : SYM_HELD_DENIED;
    decided->terms.decided_ms = now(p);
    sym_proposal_text(decided->decided_by, sizeof decided->decided_by, sym_span_text(author->user));
    sym_proposal_text(decided->why, sizeof decided->why, decision->why);
    const struct sym_author both = {.log = author->log,
                                    .user = item->user,
                                    .command = sym_span(item->command, item->command_len),
                                    .approver = author->user,
                                    .approval = author->command};
    struct change c = {.proposals = p,
                       .item = decided,
                       .event = decision->approve ? "command-approved" : "command-denied",
                       .author = &both};
    err = change_to(item, &c, fault);
    if (err == SYM_OK) {
        sym_proposal_row(out, item);
        approved->command = sym_span(item->command, item->command_len);
    }
    free_item(decided);
    return err;
}

enum sym_err sym_proposals_withdraw(struct sym_proposals *p, struct sym_span id,
                                    const struct sym_author *author, struct sym_fault *fault)
{
    struct sym_proposal *item = find(p, id);
    char hex[2 * SYM_EXCHANGE_ID_BYTES + 1];
    if (item == NULL) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "command: does not exist; see: \"symbolon requests\"");
    }
    sym_hex(hex, item->id, sizeof item->id);
    if (strcmp(author->user, item->user) != 0) {
        return sym_fail(fault, SYM_DENIED,
                        "command %s: is %s's, who alone takes it back; an approver can deny it",
                        hex, item->user);
    }
    enum sym_err err = check_waits(p, item, hex, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_proposal *gone = malloc(sizeof *gone);
    if (gone == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "command: no memory; nothing was decided");
    }
    *gone = *item;
    gone->terms.state = SYM_HELD_CANCELLED;
    gone->terms.decided_ms = now(p);
    sym_proposal_text(gone->decided_by, sizeof gone->decided_by, sym_span_text(author->user));
    struct change c = {
        .proposals = p, .item = gone, .event = "command-cancelled", .author = author};
    err = change_to(item, &c, fault);
    free_item(gone);
    return err;
}

void sym_proposals_done(struct sym_proposals *p, struct sym_held_request *out, struct sym_span id,
                        struct sym_span exchange, const char *why)
{
    struct sym_proposal *item = find(p, id);
    if (item == NULL) {
        return;
    }
    item->terms.state = SYM_HELD_USED;
    item->began = exchange.len == SYM_EXCHANGE_ID_BYTES;
    if (item->began) {
        memcpy(item->exchange, exchange.data, sizeof item->exchange);
    }
    sym_proposal_text(item->why, sizeof item->why, sym_span_text(why));
    struct change c = {.proposals = p, .item = item};
    enum sym_err err = sym_store_write(p->config.store, put_change, &c);
    (void)err; /* the entry of what was done stands in the log */
    sym_proposal_row(out, item);
}
