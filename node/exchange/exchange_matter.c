#include "node/exchange/exchange_matter.h"

#include "crypto/aead.h"
#include "node/loop.h"

#include <stdlib.h>
#include <string.h>

enum sym_err sym_matter_new(struct sym_exchange_matter **out, void *owner)
{
    struct sym_exchange_matter *m = calloc(1, sizeof *m);
    if (m == NULL) {
        return SYM_NO_MEMORY;
    }
    m->owner = owner;
    m->started_ms = sym_wall_ms();
    *out = m;
    return SYM_OK;
}

void sym_matter_drop_lists(struct sym_exchange_matter *m)
{
    sym_overlap_find_free(m->find);
    m->find = NULL;
    sym_overlap_set_free(m->set);
    m->set = NULL;
}

void sym_matter_free(struct sym_exchange_matter *m)
{
    if (m != NULL) {
        sym_matter_drop_lists(m);
        sym_wipe(m, sizeof *m);
        free(m);
    }
}

void sym_matter_text(char *to, size_t size, struct sym_span text)
{
    size_t len = text.len < size ? text.len : size - 1;
    if (len > 0) {
        memcpy(to, text.data, len);
    }
    to[len] = '\0';
}

void sym_matter_parties(struct sym_exchange_matter *m, const struct sym_table_question *q)
{
    m->n_parties = q->n + 1;
    for (uint32_t i = 0; i <= q->n; i++) {
        memcpy(m->parties + i * SYM_HASH_BYTES, q->parties[i].id, SYM_HASH_BYTES);
    }
}

void sym_joint_matter(struct sym_exchange_matter *m, const struct sym_joint *joint)
{
    m->is_joint = true;
    memcpy(m->tabulation, joint->tabulation, sizeof m->tabulation);
    m->purpose = joint->purpose;
    m->basis = joint->basis;
    m->participants = joint->participants;
    m->cells = joint->cells;
    m->epsilon_nano = joint->epsilon_nano;
    m->shape = joint->shape;
    m->own_size = joint->own_size;
    if (joint->table != NULL) {
        m->type = joint->table->type;
        sym_matter_parties(m, joint->table);
    }
    sym_matter_text(m->case_ref, sizeof m->case_ref, sym_span_text(joint->case_ref));
    sym_matter_text(m->note, sizeof m->note, sym_span_text(joint->note));
    sym_matter_text(m->user, sizeof m->user, sym_span_text(joint->user));
    sym_matter_text(m->theirs, sizeof m->theirs, sym_span_text(joint->dataset));
}

void sym_joint_bound(uint8_t out[SYM_DIGEST_BYTES], const struct sym_tabulate *asked)
{
    uint8_t numbers[24];
    sym_put_u64(numbers, asked->suite);
    sym_put_u64(numbers + 8, asked->cells);
    sym_put_u64(numbers + 16, asked->epsilon_nano);
    /* Whether an answer still is one is another wish than the question itself. */
    const struct sym_span parts[] = {sym_span(numbers, sizeof numbers), asked->query_hash,
                                     asked->cohort, asked->answered};
    sym_digest(out, "symbolon-joint-1", parts, sizeof parts / sizeof *parts);
}

static enum sym_err commit_to(struct sym_exchange_matter *m, enum sym_committed what,
                              const char *text, struct sym_span *out)
{
    static const uint8_t none[SYM_HASH_BYTES] = {0};
    uint8_t bytes[SYM_HASH_BYTES + SYM_NOTE_BYTES_MAX];
    struct sym_writer w = sym_writer(bytes, sizeof bytes);
    struct sym_span all;
    if (text[0] == '\0') {
        return SYM_OK;
    }
    if (sym_equal(m->salts[what], none, sizeof none)) {
        sym_random(m->salts[what], SYM_HASH_BYTES);
    }
    sym_write_bytes(&w, m->salts[what], SYM_HASH_BYTES);
    sym_write_span(&w, sym_span_text(text));
    enum sym_err err = sym_write_end(&w, &all);
    if (err == SYM_OK) {
        err = sym_sha256(m->hashes[what], all);
    }
    if (err == SYM_OK) {
        *out = sym_span(m->hashes[what], SYM_HASH_BYTES);
    }
    sym_wipe(bytes, sizeof bytes);
    return err;
}

enum sym_err sym_matter_commit(struct sym_exchange_matter *m)
{
    struct sym_commitments *c = &m->commitments;
    enum sym_err err = commit_to(m, SYM_COMMIT_CASE, m->case_ref, &c->case_ref);
    if (err == SYM_OK) {
        err = commit_to(m, SYM_COMMIT_NOTE, m->note, &c->note);
    }
    if (err == SYM_OK) {
        err = commit_to(m, SYM_COMMIT_USER, m->user, &c->user);
    }
    if (err == SYM_OK) {
        err = commit_to(m, SYM_COMMIT_APPROVER, m->approver, &c->approver);
    }
    return err;
}
