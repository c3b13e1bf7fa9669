#include "node/core/verbs.h"
#include "node/grant/breaches.h"

#include <stdlib.h>
#include <string.h>

static struct sym_witnessed witnessed(const struct sym_peer *peer)
{
    struct sym_witnessed out;
    sym_peer_witnessed(&out, peer);
    return out;
}

/* All cards of one answer together, bytes: those of a thousand peers with short cards fit. */
#define CARDS_BYTES_MAX (SYM_CONTROL_BYTES_MAX / 2)

/* Auditors check signatures of partners with them: commands that add a peer may hold a secret, and
 * are in the log by their hash only. */
static enum sym_err add_card(struct sym_witness_row *row, const struct sym_peers *peers,
                             const struct sym_peer *peer, char *cards, size_t *used)
{
    char text[SYM_CARD_BYTES_MAX];
    size_t len = 0;
    enum sym_err err = sym_peers_card_text(peers, text, sizeof text, &len, &peer->id);
    if (err == SYM_OK && len <= CARDS_BYTES_MAX - *used) {
        memcpy(cards + *used, text, len);
        row->card = sym_span(cards + *used, len);
        *used += len;
    }
    return err;
}

static enum sym_err verb_log_witnesses(struct sym_core *core, const struct sym_author *author,
                                       const void *arguments, struct sym_answer *answer,
                                       struct sym_fault *fault)
{
    (void)author;
    (void)arguments;
    struct sym_witness_row *rows = calloc(SYM_PEERS_MAX, sizeof *rows);
    char *cards = malloc(CARDS_BYTES_MAX);
    size_t used = 0;
    enum sym_err err = SYM_OK;
    if (rows == NULL || cards == NULL) {
        free(rows);
        free(cards);
        return sym_fail(fault, SYM_NO_MEMORY, "log: no memory");
    }
    for (size_t i = 0; err == SYM_OK && i < core->peers.n; i++) {
        const struct sym_peer *peer = core->peers.items[i];
        sym_witness_row(core->witness, &rows[i], &peer->id);
        rows[i].alias = sym_span_text(peer->alias);
        rows[i].open = (uint32_t)sym_opens_count(core->opens, &peer->id);
        err = add_card(&rows[i], &core->peers, peer, cards, &used);
    }
    struct sym_witness_list list = {.witnesses = rows, .n_witnesses = core->peers.n};
    if (err != SYM_OK) {
        (void)sym_fail(fault, err, "peers: a stored card %s; restore a backup", sym_err_text(err));
    } else {
        err = sym_answer_write(answer, &list);
    }
    free(cards);
    free(rows);
    return err;
}

struct breach {
    const struct sym_node_id *peer;
    struct sym_secret *out;
};

static enum sym_err get_breach(struct sym_transaction *t, void *context)
{
    const struct breach *b = context;
    sym_secret_clear(b->out);
    return sym_breach_proof(t, b->out, b->peer);
}

static enum sym_err has_breach(struct sym_transaction *t, void *context)
{
    const char *what = NULL;
    return sym_breach_has(t, &what, context);
}

static enum sym_err forget_breach(struct sym_transaction *t, void *context)
{
    return sym_breach_forget(t, context);
}

static enum sym_err verb_log_exhibit(struct sym_core *core, const struct sym_author *author,
                                     const void *arguments, struct sym_answer *answer,
                                     struct sym_fault *fault)
{
    SYM_SECRET_AUTO text = {0};
    const struct sym_witness_query *asked = arguments;
    const struct sym_peer *peer = sym_verb_peer(core, asked->alias, fault);
    (void)author;
    if (peer == NULL) {
        return SYM_NOT_FOUND;
    }
    enum sym_err err = sym_witness_exhibit(core->witness, &text, &peer->id);
    if (err == SYM_NOT_FOUND) {
        struct breach b = {.peer = &peer->id, .out = &text};
        err = sym_store_read(core->store, get_breach, &b);
    }
    if (err == SYM_NOT_FOUND) {
        return sym_fail(fault, err,
                        "peer %s: its log has never contradicted itself here, and nothing proves "
                        "that it broke an overlap table",
                        peer->alias);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "log: the kept exhibit %s; restore a backup",
                        sym_err_text(err));
    }
    struct sym_exhibit exhibit = {.text = sym_secret_span(&text)};
    return sym_answer_write(answer, &exhibit);
}

static enum sym_err answer_head(struct sym_core *core, struct sym_answer *answer)
{
    const struct sym_head *head = sym_log_head(core->log);
    const char *why = NULL;
    char *texts = malloc(2 * SYM_CHECKPOINT_SHOWN_BYTES_MAX);
    size_t len = 0;
    size_t cosigned_len = 0;
    if (texts == NULL) {
        return SYM_NO_MEMORY;
    }
    char *cosigned = texts + SYM_CHECKPOINT_SHOWN_BYTES_MAX;
    enum sym_err err =
        sym_witness_checkpoint(core->witness, texts, SYM_CHECKPOINT_SHOWN_BYTES_MAX, &len);
    if (err == SYM_OK) {
        err = sym_witness_cosigned(core->witness, cosigned, SYM_CHECKPOINT_SHOWN_BYTES_MAX,
                                   &cosigned_len);
    }
    struct sym_log_head row = {.origin = sym_span_text(head->origin),
                               .generation = head->generation,
                               .size = head->size,
                               .root = sym_span(head->root, sizeof head->root),
                               .checkpoint = sym_span(texts, len),
                               .cosigned = sym_span(cosigned, cosigned_len),
                               .node = sym_span(core->card.id.bytes, SYM_NODE_ID_BYTES),
                               .log_key = sym_span(core->keys.log.public_key, SYM_ED25519_BYTES),
                               .cosign_key =
                                   sym_span(core->keys.cosign.public_key, SYM_ED25519_BYTES),
                               .frozen = sym_log_is_frozen(core->log, &why)};
    row.fault = sym_span_text(row.frozen && why != NULL ? why : "");
    if (err == SYM_OK) {
        err = sym_answer_write(answer, &row);
    }
    free(texts);
    return err;
}

/* With the cosignatures of partners. */
static enum sym_err verb_log_head(struct sym_core *core, const struct sym_author *author,
                                  const void *arguments, struct sym_answer *answer,
                                  struct sym_fault *fault)
{
    (void)author;
    (void)arguments;
    (void)fault;
    return answer_head(core, answer);
}

static enum sym_err verb_log_restore(struct sym_core *core, const struct sym_author *author,
                                     const void *arguments, struct sym_answer *answer,
                                     struct sym_fault *fault)
{
    (void)arguments;
    if (!sym_log_is_frozen(core->log, NULL)) {
        return sym_fail(fault, SYM_WRONG_STATE,
                        "log: is not frozen: no partner holds a head that it does not lead to");
    }
    enum sym_err err = sym_restored_note(&core->restored, core->store, sym_wall_ms(), fault);
    if (err == SYM_OK) {
        err = sym_witness_begin_again(core->witness, author, fault);
    }
    sym_standing_maker_look(core->maker);
    return err == SYM_OK ? answer_head(core, answer) : err;
}

static enum sym_err verb_log_accept(struct sym_core *core, const struct sym_author *author,
                                    const void *arguments, struct sym_answer *answer,
                                    struct sym_fault *fault)
{
    const struct sym_witness_query *asked = arguments;
    const struct sym_peer *peer = sym_verb_peer(core, asked->alias, fault);
    if (peer == NULL) {
        return SYM_NOT_FOUND;
    }
    struct sym_node_id id = peer->id;
    struct sym_witnessed from = witnessed(peer);
    enum sym_err err = SYM_NOT_FOUND;
    if (sym_store_read(core->store, has_breach, &id) == SYM_OK) {
        err = sym_log_change(author, core->store, SYM_ENTRY_PEER, "breach-accepted",
                             sym_span_text(peer->alias), forget_breach, &id);
        err = err == SYM_OK
                  ? err
                  : sym_fail(fault, err, "peer %s: it %s", peer->alias, sym_err_text(err));
    } else {
        err = sym_witness_accept(core->witness, &from, author, fault);
    }
    return err == SYM_OK ? sym_answer_write(answer, &(struct sym_empty){0}) : err;
}

/* Comparing ------------------------------------------------------------------------------------
 */

/* That its log contradicts itself is what a comparison is to find, and no denial. */
static enum sym_err found_already(const struct sym_core *core, struct sym_span alias,
                                  enum sym_err err)
{
    struct sym_witness_row row = {.state = 0};
    const struct sym_peer *peer = sym_peers_by_alias(&core->peers, alias);
    if (peer == NULL) {
        return err;
    }
    sym_witness_row(core->witness, &row, &peer->id);
    bool alarm = row.state == SYM_WITNESS_SPLIT || row.state == SYM_WITNESS_SHORTER;
    return err == SYM_DENIED && alarm ? SYM_BAD_TAG : err;
}

static enum sym_err verb_compare_start(struct sym_core *core, const struct sym_author *author,
                                       const void *arguments, struct sym_answer *answer,
                                       struct sym_fault *fault)
{
    const struct sym_compare_start *asked = arguments;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    struct sym_exchange_plan plan = {.peer = sym_verb_peer(core, asked->alias, fault),
                                     .kind = SYM_KIND_COMPARE,
                                     .timeout_ms = asked->timeout_ms,
                                     .user = author->user};
    if (plan.peer == NULL) {
        return SYM_NOT_FOUND;
    }
    enum sym_err err = sym_exchanges_start(core->exchanges, id, &plan, fault);
    if (err != SYM_OK) {
        return found_already(core, asked->alias, err);
    }
    struct sym_exchange_name name = {.id = sym_span(id, sizeof id)};
    return sym_answer_write(answer, &name);
}

/* Not there yet, or it never will be. */
static enum sym_err answer_unfinished(struct sym_core *core, struct sym_span id,
                                      struct sym_answer *answer, struct sym_fault *fault)
{
    struct sym_exchange_row row;
    enum sym_err err = sym_exchanges_row(core->exchanges, id, &row, fault);
    if (err != SYM_OK || row.kind != SYM_KIND_COMPARE) {
        return sym_fail(fault, SYM_NOT_FOUND, "compare: does not exist, or ended long ago");
    }
    if (row.state != SYM_EXCHANGE_WAITING && row.state != SYM_EXCHANGE_RUNNING) {
        err = row.result != SYM_OK ? (enum sym_err)row.result : SYM_CANCELLED;
        return sym_fail(fault, found_already(core, row.alias, err), "compare: %.*s",
                        (int)row.fault.len, row.fault.len > 0 ? (const char *)row.fault.data : "");
    }
    struct sym_compare_page page = {
        .entries = row.done,
        .waiting = row.state == SYM_EXCHANGE_WAITING ? row.fault : sym_span(NULL, 0)};
    return sym_answer_write(answer, &page);
}

static enum sym_err verb_compare_result(struct sym_core *core, const struct sym_author *author,
                                        const void *arguments, struct sym_answer *answer,
                                        struct sym_fault *fault)
{
    const struct sym_compare_query *asked = arguments;
    struct sym_compare_page page;
    (void)author;
    struct sym_finding *rows = calloc(SYM_FINDINGS_MAX, sizeof *rows);
    if (rows == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "compare: no memory");
    }
    enum sym_err err = sym_compares_page(&core->compares, &page, rows, asked->id, asked->first);
    err = err == SYM_OK ? sym_answer_write(answer, &page)
                        : answer_unfinished(core, asked->id, answer, fault);
    free(rows);
    return err;
}

sym_verb_fn *const sym_verbs_witness[SYM_VERB_COUNT] = {
    [SYM_VERB_LOG_HEAD] = verb_log_head,
    [SYM_VERB_LOG_WITNESSES] = verb_log_witnesses,
    [SYM_VERB_LOG_EXHIBIT] = verb_log_exhibit,
    [SYM_VERB_LOG_RESTORE] = verb_log_restore,
    [SYM_VERB_LOG_ACCEPT] = verb_log_accept,
    [SYM_VERB_COMPARE_START] = verb_compare_start,
    [SYM_VERB_COMPARE_RESULT] = verb_compare_result,
};
