#include "tests/support/table_rig.h"

#include "crypto/digest.h"
#include "proto/codec.h"
#include "tests/support/table_rig_links.h"

#include <stdlib.h>
#include <string.h>

uint64_t table_rig_draw(struct table_rig *r)
{
    uint64_t z = (r->seed += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t table_rig_below(struct table_rig *r, uint32_t bound)
{
    return (uint32_t)(table_rig_draw(r) % bound);
}

/* Making -----------------------------------------------------------------------------------------
 */

static int compare_digests(const void *a, const void *b)
{
    return memcmp(a, b, SYM_HASH_BYTES);
}

static int compare_keys(const void *a, const void *b)
{
    const struct sym_sign_key *x = a;
    const struct sym_sign_key *y = b;
    struct sym_node_id i;
    struct sym_node_id j;
    sym_node_id_of(&i, x->public_key);
    sym_node_id_of(&j, y->public_key);
    return memcmp(i.bytes, j.bytes, sizeof i.bytes);
}

static void make_party(struct sym_table_party *out, const struct sym_sign_key *key)
{
    struct sym_node_id id;
    sym_node_id_of(&id, key->public_key);
    memcpy(out->id, id.bytes, sizeof out->id);
    memcpy(out->identity, key->public_key, sizeof out->identity);
}

void table_rig_make(struct table_rig *r, uint32_t n, uint32_t asker, uint64_t seed)
{
    struct sym_sign_key keys[SYM_TABLE_PARTIES_MAX] = {0};
    *r = (struct table_rig){.n = n, .asker = asker, .seed = seed};
    table_rig_insist(sym_ristretto_choose(&r->with, NULL) == SYM_OK);
    for (uint32_t i = 0; i <= n; i++) {
        uint8_t secret[SYM_SEED_BYTES];
        for (size_t at = 0; at < sizeof secret; at += 8) {
            sym_put_u64(secret + at, table_rig_draw(r));
        }
        table_rig_insist(sym_sign_key_from(&keys[i], sym_span(secret, sizeof secret)) == SYM_OK);
    }
    qsort(keys, n, sizeof *keys, compare_keys);
    r->question = (struct sym_table_question){.n = n,
                                              .type = 3,
                                              .type_version = 1,
                                              .canon_version = 1,
                                              .mode = SYM_TABLE_EXACT,
                                              .dataset = "lists",
                                              .purpose = SYM_PURPOSE_STATISTICS,
                                              .basis = SYM_BASIS_PUBLIC_TASK};
    for (uint32_t i = 0; i <= n; i++) {
        r->parties[i].key = keys[i];
        make_party(&r->question.parties[i], &keys[i]);
    }
    memset(r->question.table, 0x5a, sizeof r->question.table);
    memset(r->question.asker, 0xa5, sizeof r->question.asker);
    if (asker < n) {
        memcpy(r->question.asker, r->question.parties[asker].id, SYM_HASH_BYTES);
    }
}

void table_rig_noisy(struct table_rig *r, uint64_t epsilon_nano)
{
    r->question.mode = SYM_TABLE_DP;
    r->question.epsilon_nano = epsilon_nano;
}

void table_rig_plant(struct table_rig *r, uint32_t lists, uint32_t count)
{
    r->counts[lists - 1] += count;
    for (uint32_t i = 0; i < r->n; i++) {
        struct table_party *p = &r->parties[i];
        if ((lists >> i & 1) == 0) {
            continue;
        }
        p->digests = realloc(p->digests, (p->n + count + 1) * sizeof *p->digests);
        table_rig_insist(p->digests != NULL);
        for (uint32_t c = 0; c < count; c++) {
            uint8_t number[8];
            sym_put_u64(number, r->planted + c);
            const struct sym_span part = sym_span(number, sizeof number);
            sym_digest(p->digests[p->n++], "symbolon-record1", &part, 1);
        }
    }
    r->planted += count;
}

static void open_member(struct table_rig *r, uint32_t place, uint32_t announced)
{
    struct table_party *p = &r->parties[place];
    const struct sym_table_member_config c = {
        .question = r->question, .place = place, .identity = &p->key, .with = r->with};
    if (p->n > 0) {
        qsort(p->digests, p->n, sizeof *p->digests, compare_digests);
    }
    p->elements = place == r->n ? 0 : p->n > announced ? p->n : announced;
    table_rig_insist(sym_table_member_new(&p->member, &c) == SYM_OK);
}

void table_rig_open(struct table_rig *r, uint32_t announced)
{
    const struct sym_table_lead_config c = {.question = r->question,
                                            .with = r->with,
                                            .phase_ms = TABLE_RIG_PHASE_MS,
                                            .compute_ms = TABLE_RIG_COMPUTE_MS,
                                            .own = r->asker};
    for (uint32_t i = 0; i <= r->n; i++) {
        open_member(r, i, announced);
    }
    table_rig_insist(sym_table_lead_new(&r->lead, &c, r->now_ms) == SYM_OK);
}

static void finish_works(struct table_rig *r);

void table_rig_close(struct table_rig *r)
{
    finish_works(r);
    for (uint32_t i = 0; i < r->n; i++) {
        sym_table_rows_free(r->rows[i].rows);
        for (uint32_t j = 0; j < r->n; j++) {
            sym_table_owner_free(r->pairs[i][j].owner);
            sym_table_evaluator_free(r->pairs[i][j].evaluator);
        }
        sym_table_list_free(r->parties[i].list);
    }
    sym_table_tally_free(r->tally);
    for (uint32_t i = 0; i <= r->n; i++) {
        sym_table_member_free(r->parties[i].member);
        sym_sign_key_clear(&r->parties[i].key);
        free(r->parties[i].digests);
    }
    sym_table_lead_free(r->lead);
}

/* What machines want -----------------------------------------------------------------------------
 */

/* Every contributor begins with every other; who is asked is open by then, as all were ready. */
static void begin_evaluating(struct table_rig *r, uint32_t i)
{
    struct table_party *p = &r->parties[i];
    const struct sym_table_agreed *a = sym_table_member_agreed(p->member);
    const struct sym_table_list_config c = {.agreed = a,
                                            .with = r->with,
                                            .digests = p->digests != NULL ? p->digests[0] : NULL,
                                            .n = p->n};
    table_rig_insist(sym_table_list_new(&p->list, &c) == SYM_OK);
    for (uint32_t j = 0; j < r->n; j++) {
        const struct sym_table_member *other = r->parties[j].member;
        if (j != i) {
            table_rig_insist(sym_table_owner_new(&r->pairs[i][j].owner, p->list, j) == SYM_OK);
        }
        if (j != i && table_rig_alive(r, j)) {
            table_rig_insist(sym_table_member_is_open(other));
            table_rig_insist(sym_table_evaluator_new(&r->pairs[i][j].evaluator,
                                                     sym_table_member_agreed(other), r->with, i,
                                                     a->consented[i].elements) == SYM_OK);
        }
    }
}

static void begin_rows(struct table_rig *r, uint32_t i)
{
    table_rig_insist(
        sym_table_rows_new(&r->rows[i].rows, r->parties[i].member, r->parties[i].list) == SYM_OK);
    if (r->tally != NULL) {
        table_rig_insist(sym_table_tally_begin(r->tally, i) == SYM_OK);
    }
}

static void begin_tally(struct table_rig *r)
{
    table_rig_insist(sym_table_tally_new(&r->tally, r->parties[r->n].member) == SYM_OK);
    for (uint32_t i = 0; i < r->n; i++) {
        if (r->rows[i].rows != NULL) {
            table_rig_insist(sym_table_tally_begin(r->tally, i) == SYM_OK);
        }
    }
}

static bool satisfy(struct table_rig *r, uint32_t i)
{
    struct table_party *p = &r->parties[i];
    bool tallies = i == r->n;
    if (p->over || p->holds) {
        return false;
    }
    switch (sym_table_member_wants(p->member)) {
    case SYM_TABLE_WANTS_NOTHING:
        return false;
    case SYM_TABLE_WANTS_CONSENT:
        table_rig_insist(sym_table_member_consent(p->member, p->elements,
                                                  tallies ? 0 : TABLE_RIG_EPOCH) == SYM_OK);
        return true;
    case SYM_TABLE_WANTS_AGREE:
        table_rig_insist(sym_table_member_agree(p->member) == SYM_OK);
        return true;
    case SYM_TABLE_WANTS_START:
        if (r->stops_at_start) {
            return false;
        }
        table_rig_insist(sym_table_member_started(p->member) == SYM_OK);
        if (tallies) {
            begin_tally(r);
        } else {
            begin_evaluating(r, i);
        }
        return true;
    case SYM_TABLE_WANTS_DEBIT:
        p->debited = true;
        table_rig_insist(sym_table_member_debited(p->member) == SYM_OK);
        return true;
    case SYM_TABLE_WANTS_ROWS:
        table_rig_insist(r->question.mode == SYM_TABLE_EXACT || p->debited);
        begin_rows(r, i);
        table_rig_insist(sym_table_member_sending(p->member) == SYM_OK);
        return true;
    case SYM_TABLE_WANTS_KEEP:
        table_rig_insist(sym_table_member_kept(p->member) == SYM_OK);
        return true;
    }
    return false;
}

/* Works ------------------------------------------------------------------------------------------
 */

static void worked(struct table_rig *r, struct table_work *w, enum sym_err err)
{
    w->used = false;
    r->n_works--;
    if (w->kind == TABLE_WORK_TALLY) {
        err = sym_table_tally_worked(r->tally, w->work.context, err);
        if (err != SYM_OK) {
            table_rig_fail(r, r->n, sym_table_tally_failure(r->tally));
        } else if (sym_table_tally_is_counted(r->tally)) {
            table_rig_insist(sym_table_tally_release(r->tally, TABLE_RIG_RELEASED) == SYM_OK);
        }
        return;
    }
    if (w->kind == TABLE_WORK_EVALUATOR) {
        struct sym_table_evaluator *e = r->pairs[w->i][w->j].evaluator;
        if (sym_table_evaluator_worked(e, w->work.context, err) != SYM_OK) {
            table_rig_fail(r, w->j, sym_table_evaluator_failure(e));
        }
        return;
    }
    struct table_party *p = &r->parties[w->i];
    err = sym_table_list_worked(p->list, w->work.context, err);
    for (uint32_t i = 0; i < r->n; i++) {
        sym_table_member_came(p->member, i, sym_table_list_checked(p->list, i));
    }
    if (err != SYM_OK) {
        table_rig_list_failed(r, w->i);
    } else if (sym_table_list_is_complete(p->list) && table_rig_alive(r, w->i)) {
        table_rig_insist(sym_table_member_evaluated(p->member) == SYM_OK);
    }
}

static bool fetch(struct table_rig *r, struct table_work *w)
{
    if (w->kind == TABLE_WORK_TALLY) {
        return r->tally != NULL && sym_table_tally_work(r->tally, &w->work);
    }
    if (w->kind == TABLE_WORK_LIST) {
        return r->parties[w->i].list != NULL && table_rig_alive(r, w->i) &&
               sym_table_list_work(r->parties[w->i].list, &w->work);
    }
    struct sym_table_evaluator *e = r->pairs[w->i][w->j].evaluator;
    return e != NULL && table_rig_alive(r, w->j) && sym_table_evaluator_work(e, &w->work);
}

static bool add_works(struct table_rig *r, struct table_work from)
{
    bool any = false;
    for (size_t i = 0; i < TABLE_RIG_WORKS_MAX; i++) {
        struct table_work *w = &r->works[i];
        if (w->used) {
            continue;
        }
        *w = from;
        if (!fetch(r, w)) {
            return any;
        }
        w->used = true;
        r->n_works++;
        any = true;
        if (r->crew != NULL) {
            crew_give(r->crew, &w->work, w);
        }
    }
    return any;
}

static bool gather_works(struct table_rig *r)
{
    bool any = add_works(r, (struct table_work){.kind = TABLE_WORK_TALLY});
    for (uint32_t i = 0; i < r->n; i++) {
        any |= add_works(r, (struct table_work){.kind = TABLE_WORK_LIST, .i = i});
        for (uint32_t j = 0; j < r->n; j++) {
            any |= add_works(r, (struct table_work){.kind = TABLE_WORK_EVALUATOR, .i = i, .j = j});
        }
    }
    return any;
}

/* All pieces of one work, from a place on that is drawn. */
static enum sym_err do_pieces(struct table_rig *r, const struct sym_work *w)
{
    size_t pieces = (w->n + w->grain - 1) / w->grain;
    size_t from = table_rig_below(r, (uint32_t)pieces);
    enum sym_err err = SYM_OK;
    for (size_t i = 0; i < pieces; i++) {
        size_t first = (from + i) % pieces * w->grain;
        size_t n = w->n - first < w->grain ? w->n - first : w->grain;
        enum sym_err e = w->run(w->context, first, n);
        err = err == SYM_OK ? e : err;
    }
    return err;
}

static bool do_work(struct table_rig *r, bool wait)
{
    if (r->crew != NULL) {
        struct sym_work work;
        void *owner;
        enum sym_err err;
        if (!crew_take(r->crew, wait, &work, &owner, &err)) {
            return false;
        }
        worked(r, owner, err);
        return true;
    }
    if (r->n_works == 0) {
        return false;
    }
    size_t skip = table_rig_below(r, (uint32_t)r->n_works);
    for (size_t i = 0; i < TABLE_RIG_WORKS_MAX; i++) {
        if (r->works[i].used && skip-- == 0) {
            worked(r, &r->works[i], do_pieces(r, &r->works[i].work));
            return true;
        }
    }
    return false;
}

static void finish_works(struct table_rig *r)
{
    while (do_work(r, true)) {
    }
}

/* Running ----------------------------------------------------------------------------------------
 */

bool table_rig_step(struct table_rig *r)
{
    bool any = false;
    for (uint32_t i = 0; i <= r->n; i++) {
        any |= satisfy(r, i);
        any |= table_rig_carry_leg(r, i);
    }
    any |= table_rig_carry_rest(r);
    if (sym_table_lead_phase(r->lead) == SYM_TABLE_RELEASING) {
        table_rig_insist(sym_table_lead_kept(r->lead) == SYM_OK);
        any = true;
    }
    any |= gather_works(r);
    any |= do_work(r, !any);
    return any;
}

void table_rig_run(struct table_rig *r)
{
    while (table_rig_step(r)) {
    }
}

bool table_rig_done(const struct table_rig *r)
{
    bool done = sym_table_lead_phase(r->lead) == SYM_TABLE_DONE;
    for (uint32_t i = 0; i <= r->n; i++) {
        done = done && r->parties[i].closed;
    }
    return done;
}

void table_rig_counts(uint64_t *counts, const struct table_rig *r)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_table_release release;
    table_rig_insist(sym_table_release_open(&arena, &release, sym_table_lead_release(r->lead),
                                            sym_table_member_agreed(r->parties[0].member)) ==
                     SYM_OK);
    table_rig_insist(sym_table_counts(counts, sym_table_cells(r->n), &release) == SYM_OK);
}
