#include "proto/codec.h"
#include "proto/shuffle.h"
#include "proto/sorted.h"
#include "proto/table_list_state.h"

#include "crypto/digest.h"
#include "crypto/oprf.h"

#include <string.h>

static const struct sym_scalar *scalars_of(const struct sym_table_list *l)
{
    return (const struct sym_scalar *)l->scalars.data;
}

enum sym_err sym_table_piece_shuffle(const struct list_job *job, size_t first, size_t n)
{
    (void)first;
    (void)n;
    sym_shuffle(job->list->order, job->list->total);
    return SYM_OK;
}

/* Blinding -------------------------------------------------------------------------------------
 */

/* Padding is digests drawn at random, which nobody has. */
static enum sym_err blind_some(const struct sym_table_list *l, struct sym_element *out, size_t at,
                               size_t n)
{
    struct sym_span inputs[TABLE_GRAIN];
    uint8_t padding[TABLE_GRAIN][SYM_HASH_BYTES];
    if (l->config.n < l->total) {
        sym_random(padding[0], n * SYM_HASH_BYTES);
    }
    for (size_t i = 0; i < n; i++) {
        size_t index = l->order[at + i];
        inputs[i] =
            sym_span(index < l->config.n ? l->config.digests + index * SYM_HASH_BYTES : padding[i],
                     SYM_HASH_BYTES);
    }
    return sym_oprf_blind(out, NULL, l->config.with, inputs, n, &scalars_of(l)[0]);
}

enum sym_err sym_table_piece_blind(const struct list_job *job, size_t first, size_t n)
{
    const struct list_slot *slot = job->slot;
    size_t from = (size_t)slot->frame * SYM_OVERLAP_ITEMS_MAX;
    enum sym_err err = SYM_OK;
    for (size_t m = 0; err == SYM_OK && n > 0; first += m, n -= m) {
        m = n < TABLE_GRAIN ? n : TABLE_GRAIN;
        err = blind_some(job->list, slot->asked + first, from + first, m);
    }
    return err;
}

/* Proofs ---------------------------------------------------------------------------------------
 */

enum sym_err sym_table_piece_check(const struct list_job *job, size_t first, size_t n)
{
    const struct sym_table_agreed *a = job->list->config.agreed;
    const struct list_slot *slot = job->slot;
    const struct list_answer *answer = &slot->answers[job->place];
    uint8_t context[TABLE_CONTEXT_BYTES];
    const struct sym_table_answer said = {
        .qid = sym_span(a->qid, sizeof a->qid),
        .consents_hash = sym_span(a->consents_hash, sizeof a->consents_hash),
        .owner = a->place,
        .member = job->place,
        .frame = slot->frame,
    };
    struct sym_dleq st = {
        .key = &a->consented[job->place].key,
        .asked = slot->asked,
        .answers = answer->elements,
        .n = slot->n,
        .context = sym_table_context(context, &said),
    };
    (void)first;
    (void)n;
    memcpy(st.asked_hash, slot->asked_hash, sizeof st.asked_hash);
    memcpy(st.answers_hash, answer->hash, sizeof st.answers_hash);
    return sym_dleq_verify(answer->proof, job->list->config.with, &st);
}

enum sym_err sym_table_exhibit_new(struct tab_bytes *out, const struct sym_table_list *l,
                                   const struct list_slot *slot, uint32_t place)
{
    const struct list_answer *answer = &slot->answers[place];
    size_t len = slot->n * sizeof *slot->asked;
    const struct sym_table_exhibit e = {
        .consents = l->config.agreed->consents,
        .answer = sym_tab_bytes_span(&answer->said),
        .asked = sym_span(slot->asked, len),
        .answers = sym_span(answer->elements, len),
    };
    return sym_tab_encode(out, &sym_msg_table_exhibit, &e, 2 * len + e.consents.len + e.answer.len);
}

/* Rows -----------------------------------------------------------------------------------------
 */

/* Own elements of a frame, without its padding. */
struct some {
    uint32_t index[TABLE_GRAIN]; /* in digests */
    uint32_t at[TABLE_GRAIN];    /* in the frame */
    size_t n;
};

static void find_own(struct some *s, const struct sym_table_list *l, const struct list_slot *slot,
                     size_t first, size_t n)
{
    const uint32_t *order = l->order + (size_t)slot->frame * SYM_OVERLAP_ITEMS_MAX;
    s->n = 0;
    for (size_t at = first; at < first + n; at++) {
        if (order[at] < l->config.n) {
            s->index[s->n] = order[at];
            s->at[s->n] = (uint32_t)at;
            s->n++;
        }
    }
}

static void gather(struct sym_element *out, const struct some *s, const struct sym_element *from)
{
    for (size_t i = 0; i < s->n; i++) {
        out[i] = from[s->at[i]];
    }
}

/* out = 1/r * (k * asked + all answers), which is K * H(x). */
static enum sym_err join(struct sym_element *out, const struct sym_table_list *l,
                         const struct list_slot *slot, const struct some *s)
{
    const struct sym_table_agreed *a = l->config.agreed;
    struct sym_element gathered[SYM_TABLE_LISTS_MAX][TABLE_GRAIN];
    const struct sym_element *sets[SYM_TABLE_LISTS_MAX];
    gather(out, s, slot->asked);
    enum sym_err err =
        sym_ristretto_multiply(out, NULL, l->config.with, out, s->n, sym_scalar_in(&a->secret));
    for (uint32_t i = 0; i < a->question->n; i++) {
        sets[i] = i == a->place ? out : gathered[i];
        if (i != a->place) {
            gather(gathered[i], s, slot->answers[i].elements);
        }
    }
    return err == SYM_OK ? sym_ristretto_add_multiply(out, NULL, l->config.with, sets,
                                                      a->question->n, s->n, &scalars_of(l)[1])
                         : err;
}

static void make_row(uint8_t row[SYM_TABLE_TAG_BYTES], const struct sym_table_list *l,
                     const uint8_t digest[SYM_HASH_BYTES], const struct sym_element *e)
{
    uint8_t full[SYM_SHA512_BYTES];
    const struct sym_span parts[] = {
        sym_span_text("symbolon-table-1"),
        sym_span(l->config.agreed->qid, SYM_HASH_BYTES),
        sym_span(digest, SYM_HASH_BYTES),
        sym_span(e->bytes, sizeof e->bytes),
    };
    sym_sha512(full, parts, sizeof parts / sizeof *parts);
    memcpy(row, full, SYM_TABLE_TAG_BYTES);
    sym_wipe(full, sizeof full);
}

static enum sym_err finish_some(const struct sym_table_list *l, const struct list_slot *slot,
                                size_t first, size_t n)
{
    struct sym_element joined[TABLE_GRAIN];
    struct some s;
    find_own(&s, l, slot, first, n);
    enum sym_err err = join(joined, l, slot, &s);
    for (size_t i = 0; err == SYM_OK && i < s.n; i++) {
        make_row(l->rows + (size_t)s.index[i] * SYM_TABLE_TAG_BYTES, l,
                 l->config.digests + (size_t)s.index[i] * SYM_HASH_BYTES, &joined[i]);
    }
    sym_wipe(joined, sizeof joined);
    return err;
}

enum sym_err sym_table_piece_finish(const struct list_job *job, size_t first, size_t n)
{
    enum sym_err err = SYM_OK;
    for (size_t m = 0; err == SYM_OK && n > 0; first += m, n -= m) {
        m = n < TABLE_GRAIN ? n : TABLE_GRAIN;
        err = finish_some(job->list, job->slot, first, m);
    }
    return err;
}

/* Sorting --------------------------------------------------------------------------------------
 */

enum sym_err sym_table_piece_split(const struct list_job *job, size_t first, size_t n)
{
    struct sym_table_list *l = job->list;
    (void)first;
    (void)n;
    sym_sorted_split(l->starts, l->rows, l->config.n, SYM_TABLE_TAG_BYTES);
    return SYM_OK;
}

enum sym_err sym_table_piece_sort(const struct list_job *job, size_t first, size_t n)
{
    const struct sym_table_list *l = job->list;
    for (size_t part = first; part < first + n; part++) {
        uint8_t *items = l->rows + l->starts[part] * SYM_TABLE_TAG_BYTES;
        size_t count = l->starts[part + 1] - l->starts[part];
        sym_sorted_sort(items, count, SYM_TABLE_TAG_BYTES);
        if (sym_sorted_break(items, count, SYM_TABLE_TAG_BYTES, true) < count) {
            return SYM_INTERNAL;
        }
    }
    return SYM_OK;
}
