#include "cli/proof.h"

#include "crypto/merkle.h"
#include "proto/codec.h"
#include "proto/evidence.h"
#include "proto/tabulate.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of a Release beside its query, cohort, epochs and survivors. */
#define RELEASE_BYTES 1024u

static const char *state_text(enum sym_proof_state state)
{
    static const char *const texts[SYM_PROOF_STATE_COUNT] = {
#define SYM_PROOF_STATE_ROW(name, text) [SYM_PROOF_##name] = text,
        SYM_PROOF_STATE_LIST(SYM_PROOF_STATE_ROW)
#undef SYM_PROOF_STATE_ROW
    };
    return state < SYM_PROOF_STATE_COUNT ? texts[state] : "";
}

/* The message has one encoding only. */
static enum sym_err hash_release(uint8_t out[SYM_HASH_BYTES], const struct sym_release *r)
{
    size_t max = RELEASE_BYTES + r->query.len + r->cohort.len + r->epochs.len + r->survivors.len;
    uint8_t *bytes = malloc(max);
    size_t len = 0;
    enum sym_err err =
        bytes == NULL ? SYM_NO_MEMORY : sym_encode(bytes, max, &len, &sym_msg_release, r);
    if (err == SYM_OK) {
        err = sym_release_hash(out, sym_span(bytes, len));
    }
    free(bytes);
    return err;
}

/* The close in the entry names the release, or this exchange. */
static bool names(const struct sym_release_evidence *e, struct sym_span exchange,
                  const uint8_t *release_hash)
{
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO outer = {0};
    SYM_ARENA_AUTO inner = {0};
    struct sym_entry_body body;
    struct sym_signed word;
    struct sym_close close;
    if (sym_decode(&arena, &body, &sym_msg_entry_body, e->body) != SYM_OK ||
        sym_decode(&outer, &word, &sym_msg_signed, body.statement) != SYM_OK ||
        sym_decode(&inner, &close, &sym_msg_close, word.body) != SYM_OK) {
        return false;
    }
    return release_hash != NULL
               ? sym_span_equal(close.release_hash, sym_span(release_hash, SYM_HASH_BYTES))
               : sym_span_equal(body.handle.len > 0 ? body.handle : close.exchange_id, exchange);
}

static bool is_committed(const struct sym_release_evidence *e)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf;
    uint8_t commitment[SYM_HASH_BYTES];
    return sym_decode(&arena, &leaf, &sym_msg_leaf, e->leaf) == SYM_OK &&
           leaf.kind == SYM_ENTRY_CLOSED &&
           sym_body_commit(commitment, e->salt.data, e->body) == SYM_OK &&
           sym_span_equal(leaf.commitment, sym_span(commitment, sizeof commitment));
}

static bool is_in_tree(const struct sym_release_evidence *e, const struct sym_checkpoint *c)
{
    uint8_t hash[SYM_HASH_BYTES];
    return c->size == e->size && e->index < e->size && e->n_inclusion <= SYM_MERKLE_PROOF_MAX &&
           sym_merkle_leaf(hash, e->leaf) == SYM_OK &&
           sym_merkle_check_inclusion(c->root, hash, e->index, e->size, e->inclusion,
                                      e->n_inclusion) == SYM_OK;
}

/* From the signature down to the words. */
static void judge(struct sym_proof *out, const struct sym_client *client,
                  const struct sym_release_evidence *e, struct sym_span exchange,
                  const uint8_t *release_hash)
{
    struct sym_checkpoint checkpoint;
    struct sym_note note;
    out->state = SYM_PROOF_WRONG;
    if (sym_checkpoint_open(&checkpoint, &note, e->checkpoint, client->card.log) != SYM_OK ||
        !is_in_tree(e, &checkpoint) || !is_committed(e) || !names(e, exchange, release_hash) ||
        checkpoint.origin.len >= sizeof out->log) {
        return;
    }
    out->state = SYM_PROOF_FITS;
    out->entry = e->index;
    out->size = e->size;
    out->earlier = e->generation != 0;
    out->cosignatures = note.n_signatures - 1;
    memcpy(out->log, checkpoint.origin.data, checkpoint.origin.len);
}

enum sym_err sym_proof_check(struct sym_proof *out, struct sym_client *client,
                             struct sym_span exchange, const uint8_t release_hash[SYM_HASH_BYTES],
                             struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_release_evidence evidence;
    const struct sym_exchange_name name = {.id = exchange};
    *out = (struct sym_proof){.state = SYM_PROOF_ABSENT, .checked_s = (uint64_t)time(NULL)};
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_RELEASE_EVIDENCE, &name, &arena, &evidence, fault);
    if (err == SYM_OK) {
        judge(out, client, &evidence, exchange, release_hash);
    }
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

enum sym_err sym_proof_release(struct sym_proof *out, struct sym_client *client,
                               struct sym_span exchange, const struct sym_release *release,
                               struct sym_fault *fault)
{
    uint8_t hash[SYM_HASH_BYTES];
    enum sym_err err = hash_release(hash, release);
    return err == SYM_OK ? sym_proof_check(out, client, exchange, hash, fault)
                         : sym_fail(fault, err, "the release %s", sym_err_text(err));
}

static void put_known(struct sym_json *j, const char *key, bool known, uint64_t number)
{
    if (known) {
        sym_json_number(j, key, number);
    } else {
        sym_json_null(j, key);
    }
}

void sym_proof_put_json(struct sym_json *j, const struct sym_proof *p)
{
    bool fits = p->state == SYM_PROOF_FITS;
    sym_json_object(j, "evidence");
    if (fits) {
        sym_json_string(j, "log", p->log);
        sym_json_bool(j, "earlier", p->earlier);
    } else {
        sym_json_null(j, "log");
        sym_json_null(j, "earlier");
    }
    put_known(j, "entry", fits, p->entry);
    put_known(j, "checkpoint_size", fits, p->size);
    put_known(j, "cosignatures", fits, p->cosignatures);
    sym_json_string(j, "state", state_text(p->state));
    sym_json_time(j, "checked", p->checked_s);
    sym_json_end(j);
}
