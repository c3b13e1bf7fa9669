#include "node/exchange/run_kind.h"
#include "node/grant/grants.h"
#include "node/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What two nodes tell each other before anything else over a new link. The heads themselves travel
 * in request and receipt. Then the initiator tells, the responder tells, the initiator answers, and
 * both close; each of the three ends with a frame that says so:
 *     proofs that the other side has asked for, because a head waits for them here;
 *     the first entry of a log that begins after a restore;
 *     own statements about exchanges of which the other side's word is missing, and those that the
 *     other side asks for by telling its own again;
 *     own aborts of requests that wait at the other side for an approver, and were cancelled.
 */

/* Frames that one side may send, so that nobody is kept busy without end. */
#define FRAMES_MAX 4096u
#define FRAME_ROOM (SYM_BODY_BYTES_MAX + SYM_SIGNED_BYTES_MAX)

enum phase { PHASE_TELLS, PHASE_LISTENS, PHASE_ANSWERS, PHASE_CLOSES, PHASE_CLOSED, PHASE_DONE };

enum item_kind { ITEM_WANTS, ITEM_PROOF, ITEM_RESTORE, ITEM_STATEMENT, ITEM_NOTHING };

struct item {
    enum item_kind kind;
    uint8_t *bytes; /* of a statement, or a whole frame with a proof; owned */
    size_t len;
};

struct witness_run {
    enum sym_session_role role;
    enum phase phase;
    struct sym_run_evidence with;
    char alias[SYM_ALIAS_BYTES];
    bool has_told; /* what it has to say of itself */
    bool heard_close;
    struct item *items; /* to be told */
    size_t n;
    size_t at;
    size_t heard;                          /* frames */
    size_t statements;                     /* in them */
    size_t wanted;                         /* proofs, likewise */
    uint64_t asked[SYM_WITNESS_WANTS_MAX]; /* the proofs that were asked for */
    size_t n_asked;
    uint8_t *frame;
    size_t frame_len;
};

static enum sym_err add_item(struct witness_run *run, enum item_kind kind, struct sym_span bytes)
{
    if (run->n >= FRAMES_MAX) {
        return SYM_OK; /* the next time */
    }
    struct item *grown = reallocarray(run->items, run->n + 1, sizeof *grown);
    if (grown == NULL) {
        return SYM_NO_MEMORY;
    }
    run->items = grown;
    struct item item = {.kind = kind, .len = bytes.len};
    if (bytes.len > 0) {
        item.bytes = malloc(bytes.len);
        if (item.bytes == NULL) {
            return SYM_NO_MEMORY;
        }
        memcpy(item.bytes, bytes.data, bytes.len);
    }
    run->items[run->n++] = item;
    return SYM_OK;
}

/* Each is told once: what is owed has no answer yet, and what is answered is owed no more. */
static enum sym_err add_statement(void *context, struct sym_span statement)
{
    return add_item(context, ITEM_STATEMENT, statement);
}

/* What this side has to say of itself. */
static enum sym_err add_own(struct witness_run *run)
{
    const struct sym_node_id *peer = &run->with.peer.id;
    enum sym_err err = SYM_OK;
    run->n_asked = sym_witness_wants(run->with.witness, peer, run->asked);
    if (run->n_asked > 0) {
        err = add_item(run, ITEM_WANTS, sym_span(NULL, 0));
    }
    if (err == SYM_OK && sym_witness_owes_restore(run->with.witness, peer)) {
        err = add_item(run, ITEM_RESTORE, sym_span(NULL, 0));
    }
    return err == SYM_OK ? sym_opens_each(run->with.opens, peer, add_statement, run) : err;
}

/* Frames out -----------------------------------------------------------------------------------
 */

static void fill_wants(const struct witness_run *run, struct sym_telling *t,
                       uint8_t out[8 * SYM_WITNESS_WANTS_MAX])
{
    for (size_t i = 0; i < run->n_asked; i++) {
        sym_put_u64(out + 8 * i, run->asked[i]);
    }
    t->wants = sym_span(out, 8 * run->n_asked);
}

static enum sym_err fill_item(struct witness_run *run, const struct item *item,
                              struct sym_telling *t, uint8_t wants[8 * SYM_WITNESS_WANTS_MAX],
                              uint8_t salt[SYM_HASH_BYTES], struct sym_secret *body)
{
    enum sym_err err = SYM_OK;
    switch (item->kind) {
    case ITEM_WANTS:
        fill_wants(run, t, wants);
        break;
    case ITEM_RESTORE:
        err = sym_log_body(run->with.log, salt, body, 0);
        if (err == SYM_OK) {
            err = sym_witness_prove(run->with.witness, &t->evidence, &run->with.peer, 0, 0);
        }
        t->salt = sym_span(salt, SYM_HASH_BYTES);
        t->body = sym_secret_span(body);
        break;
    case ITEM_STATEMENT:
        t->statement = sym_span(item->bytes, item->len);
        break;
    case ITEM_PROOF: /* is a frame already */
    case ITEM_NOTHING:
        break;
    }
    return err;
}

/* The next frame, ready to be sent: its length is told before it is written. */
static enum sym_err prepare(struct witness_run *run)
{
    SYM_SECRET_AUTO body = {0};
    uint8_t wants[8 * SYM_WITNESS_WANTS_MAX];
    uint8_t salt[SYM_HASH_BYTES];
    struct sym_telling t = {.last = run->at + 1 >= run->n};
    if (run->at < run->n && run->items[run->at].kind == ITEM_PROOF) {
        memcpy(run->frame, run->items[run->at].bytes, run->items[run->at].len);
        run->frame_len = run->items[run->at].len;
        return SYM_OK;
    }
    enum sym_err err =
        run->at < run->n ? fill_item(run, &run->items[run->at], &t, wants, salt, &body) : SYM_OK;
    return err == SYM_OK ? sym_encode(run->frame, FRAME_ROOM, &run->frame_len, &sym_msg_telling, &t)
                         : err;
}

static bool is_speaking(const struct witness_run *run)
{
    return run->phase == PHASE_TELLS || run->phase == PHASE_ANSWERS;
}

static void forget_items(struct witness_run *run)
{
    for (size_t i = 0; i < run->n; i++) {
        free(run->items[i].bytes);
    }
    run->n = 0;
    run->at = 0;
}

static enum sym_step step_witness(const void *machine, size_t *len)
{
    const struct witness_run *run = machine;
    if (is_speaking(run)) {
        *len = run->frame_len;
        return SYM_STEP_DATA;
    }
    return run->phase == PHASE_CLOSES ? SYM_STEP_CLOSE : SYM_STEP_WAIT;
}

static enum sym_err write_witness(void *machine, uint8_t *payload, size_t len, uint64_t now_us)
{
    struct witness_run *run = machine;
    (void)now_us;
    if (run->phase == PHASE_CLOSES && len == 0) {
        run->phase = run->heard_close ? PHASE_DONE : PHASE_CLOSED;
        return SYM_OK;
    }
    if (!is_speaking(run) || len != run->frame_len) {
        return SYM_WRONG_STATE;
    }
    memcpy(payload, run->frame, len);
    if (++run->at < run->n) {
        return prepare(run);
    }
    forget_items(run);
    run->phase = run->phase == PHASE_ANSWERS ? PHASE_CLOSES : PHASE_LISTENS;
    return SYM_OK;
}

/* Frames in ------------------------------------------------------------------------------------
 */

static enum sym_err take_evidence(struct witness_run *run, const struct sym_telling *t)
{
    struct sym_fault fault = {.text = ""};
    enum sym_err err;
    if (t->salt.len > 0) {
        err = sym_witness_take_restore(run->with.witness, &run->with.peer, t->evidence, t->salt,
                                       t->body, &fault);
        /* An operator may still accept it. */
        err = err == SYM_DENIED || err == SYM_BAD_VALUE || err == SYM_BAD_TAG ? SYM_OK : err;
    } else {
        err = sym_witness_take(run->with.witness, &run->with.peer, t->evidence, sym_span(NULL, 0),
                               false, NULL, &fault);
    }
    if (fault.text[0] != '\0' && sym_witness_may_complain(run->with.witness, &run->with.peer.id)) {
        sym_log(SYM_LEVEL_WARN, "evidence-refused", "peer", run->alias, "reason", fault.text, NULL);
    }
    return err;
}

/* Of no exchange, but of a request that waits here, which the peer takes back. */
static enum sym_err take_withdrawal(struct witness_run *run, struct sym_span statement)
{
    struct sym_statement st;
    enum sym_err err = sym_statement_read(&st, statement, run->with.peer.identity);
    bool withdraws = err == SYM_OK && st.is_abort && st.reason == SYM_REASON_CANCELLED &&
                     sym_node_id_equal(&st.initiator, &run->with.peer.id) &&
                     sym_node_id_equal(&st.responder, &run->with.self);
    return withdraws ? sym_grants_withdraw(run->with.grants, &run->with.peer.id, st.exchange_id)
                     : SYM_NOT_FOUND;
}

static enum sym_err take_statement(struct witness_run *run, struct sym_span statement)
{
    struct sym_fault fault = {.text = ""};
    struct sym_span answer = {.len = 0};
    if (run->statements == SYM_OPENS_HEARD_MAX) {
        return SYM_OK; /* told again the next time */
    }
    run->statements++;
    enum sym_err err = sym_opens_take(run->with.opens, &run->with.peer.id, run->with.peer.identity,
                                      statement, &answer, &fault);
    if (err == SYM_NOT_FOUND && take_withdrawal(run, statement) == SYM_OK) {
        return SYM_OK;
    }
    if (err != SYM_OK) {
        /* One that cannot be kept must not keep the others from being told. */
        if (sym_witness_may_complain(run->with.witness, &run->with.peer.id)) {
            sym_log(SYM_LEVEL_WARN, "statement-refused", "peer", run->alias, "reason",
                    fault.text[0] != '\0' ? fault.text : sym_err_text(err), NULL);
        }
        return SYM_OK;
    }
    return answer.len > 0 ? add_statement(run, answer) : SYM_OK;
}

static enum sym_err add_proof(struct witness_run *run, uint64_t from)
{
    struct sym_telling t = {.last = false};
    size_t len = 0;
    enum sym_err err =
        sym_witness_prove(run->with.witness, &t.evidence, &run->with.peer, SYM_NO_LEAF, from);
    if (err == SYM_OK) {
        err = sym_encode(run->frame, FRAME_ROOM, &len, &sym_msg_telling, &t);
    }
    return err == SYM_OK ? add_item(run, ITEM_PROOF, sym_span(run->frame, len)) : err;
}

/* All proofs are made now, and lead to one head: it may grow before they are sent, and each would
 * bring another head to be proven. */
static enum sym_err take_wants(struct witness_run *run, struct sym_span wants)
{
    if (wants.len % 8 != 0) {
        return SYM_BAD_FORMAT;
    }
    run->wanted += wants.len / 8;
    if (run->wanted > SYM_WITNESS_WANTS_MAX) {
        return SYM_LIMIT; /* before any is made: a proof is work, and is kept */
    }
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < wants.len; i += 8) {
        err = add_proof(run, sym_get_u64(wants.data + i));
    }
    return err;
}

/* The other side has said all: what is told now, if it is this side's turn. */
static enum sym_err on_last(struct witness_run *run)
{
    enum sym_err err = SYM_OK;
    bool has_told = run->has_told;
    run->has_told = true;
    if (has_told) {
        sym_witness_answered(run->with.witness, &run->with.peer.id, run->asked, run->n_asked);
    } else {
        err = add_own(run);
    }
    if (run->role == SYM_SESSION_RESPONDER && has_told) {
        run->phase = PHASE_CLOSES;
        return err;
    }
    if (err == SYM_OK && run->n > 0 && run->items[run->n - 1].kind == ITEM_PROOF) {
        err = add_item(run, ITEM_NOTHING, sym_span(NULL, 0));
    }
    run->phase = run->role == SYM_SESSION_INITIATOR ? PHASE_ANSWERS : PHASE_TELLS;
    return err == SYM_OK ? prepare(run) : err;
}

static enum sym_err take_witness(void *machine, bool filler, struct sym_span payload,
                                 uint64_t now_us)
{
    SYM_ARENA_AUTO arena = {0};
    struct witness_run *run = machine;
    struct sym_telling t;
    (void)now_us;
    if (filler || run->phase != PHASE_LISTENS || ++run->heard > FRAMES_MAX) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = sym_decode(&arena, &t, &sym_msg_telling, payload);
    if (err == SYM_OK && t.evidence != NULL) {
        err = take_evidence(run, &t);
    }
    if (err == SYM_OK && t.statement.len > 0) {
        err = take_statement(run, t.statement);
    }
    if (err == SYM_OK && t.wants.len > 0) {
        err = take_wants(run, t.wants);
    }
    return err == SYM_OK && t.last ? on_last(run) : err;
}

static enum sym_err close_witness(void *machine)
{
    struct witness_run *run = machine;
    if (run->phase != PHASE_CLOSES && run->phase != PHASE_CLOSED) {
        return SYM_WRONG_STATE;
    }
    run->heard_close = true;
    run->phase = run->phase == PHASE_CLOSED ? PHASE_DONE : run->phase;
    return SYM_OK;
}

/* ---------------------------------------------------------------------------------------------
 */

static void free_witness(void *machine)
{
    struct witness_run *run = machine;
    if (run != NULL) {
        forget_items(run);
        free(run->items);
        free(run->frame);
        free(run);
    }
}

static enum sym_err open_witness(void **machine, const struct sym_run_plan *plan)
{
    if (plan->evidence == NULL || plan->parameters.len != 0) {
        return SYM_BAD_VALUE;
    }
    struct witness_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return SYM_NO_MEMORY;
    }
    run->role = plan->role;
    run->with = *plan->evidence;
    run->phase = PHASE_LISTENS;
    (void)snprintf(run->alias, sizeof run->alias, "%s", plan->evidence->peer.alias);
    run->with.peer.alias = run->alias;
    run->frame = malloc(FRAME_ROOM);
    enum sym_err err = run->frame == NULL ? SYM_NO_MEMORY : SYM_OK;
    if (err == SYM_OK && run->role == SYM_SESSION_INITIATOR) {
        run->phase = PHASE_TELLS;
        run->has_told = true;
        err = add_own(run);
        if (err == SYM_OK) {
            err = prepare(run);
        }
    }
    if (err != SYM_OK) {
        free_witness(run);
        return err;
    }
    *machine = run;
    return SYM_OK;
}

static struct sym_run_progress progress_of_witness(const void *machine)
{
    const struct witness_run *run = machine;
    return (struct sym_run_progress){.done = run->heard, .total = 0};
}

const struct sym_run_kind sym_run_kind_witness = {
    .open = open_witness,
    .free = free_witness,
    .step = step_witness,
    .write = write_witness,
    .take = take_witness,
    .closed = close_witness,
    .progress = progress_of_witness,
};
