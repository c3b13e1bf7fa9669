#include "node/evidence/witness_state.h"
#include "proto/exhibit.h"

static enum sym_err fill_shorter(struct sym_split *s, const struct sym_witness_peer *p,
                                 struct sym_span signed_bytes)
{
    uint64_t time_ms = 0;
    s->rule = SYM_SPLIT_SHORTER;
    s->first = sym_span(p->message, p->message_len);
    s->second = signed_bytes;
    enum sym_err err = sym_signed_time(&time_ms, &s->first_kind, s->first);
    return err == SYM_OK ? sym_signed_time(&time_ms, &s->second_kind, s->second) : err;
}

enum sym_err sym_witness_write_exhibit(char *out, size_t max, size_t *len,
                                       const struct sym_witness *w,
                                       const struct sym_witness_peer *p,
                                       const struct sym_judgement *j, struct sym_span signed_bytes)
{
    char card[SYM_CARD_BYTES_MAX];
    size_t card_len = 0;
    struct sym_span proof[SYM_MERKLE_PROOF_MAX];
    struct sym_split split = {.rule = SYM_SPLIT_SAME_SIZE,
                              .first = sym_span(j->before.note, j->before.note_len),
                              .second = sym_span(j->after.head.note, j->after.head.note_len)};
    struct sym_split_exhibit read = {.memory = NULL};
    enum sym_err err = w->config.card(w->config.owner, card, sizeof card, &card_len, &p->id);
    if (j->verdict == SYM_VERDICT_SHORTER && err == SYM_OK) {
        err = fill_shorter(&split, p, signed_bytes);
    } else if (j->after.from > 0) {
        split.rule = SYM_SPLIT_PREFIX;
        split.consistency = proof;
        split.n_consistency = j->after.proof.n;
        for (size_t i = 0; i < SYM_HASH_BYTES; i++) {
            split.prefix_root[i] = j->after.prefix_root[i];
        }
        for (size_t i = 0; i < j->after.proof.n; i++) {
            proof[i] = sym_span(j->after.proof.hash[i], SYM_HASH_BYTES);
        }
    }
    if (err == SYM_OK) {
        err = sym_split_write(out, max, len, &split, sym_span(card, card_len));
    }
    if (err == SYM_OK) {
        err = sym_split_read(&read, sym_span(out, *len), "exhibit", NULL);
        sym_split_clear(&read);
    }
    return err;
}

struct find {
    const struct sym_node_id *id;
    struct sym_secret *out;
};

static enum sym_err get_exhibit(struct sym_transaction *t, void *context)
{
    const struct find *f = context;
    sym_secret_clear(f->out);
    return sym_store_get(t, SYM_TABLE_EXHIBITS, sym_span(f->id->bytes, SYM_NODE_ID_BYTES), f->out);
}

enum sym_err sym_witness_exhibit(struct sym_witness *w, struct sym_secret *out,
                                 const struct sym_node_id *peer)
{
    struct find f = {.id = peer, .out = out};
    return sym_store_read(w->config.store, get_exhibit, &f);
}
