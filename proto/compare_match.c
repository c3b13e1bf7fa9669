#include "proto/compare_state.h"

#include <stdlib.h>
#include <string.h>

/* An end that is this fresh may still be on its way to the other side, milliseconds. */
#define FRESH_MS 3000u

static struct sym_tale *tales_of(const struct sym_compare *c)
{
    return (struct sym_tale *)(void *)c->tales.items;
}

static struct sym_compare_proof *proofs_of(const struct sym_compare *c)
{
    return (struct sym_compare_proof *)(void *)c->proofs.items;
}

static int order(const uint8_t a[SYM_EXCHANGE_ID_BYTES], const uint8_t b[SYM_EXCHANGE_ID_BYTES])
{
    return sym_span_compare(sym_span(a, SYM_EXCHANGE_ID_BYTES), sym_span(b, SYM_EXCHANGE_ID_BYTES));
}

/* Tales ----------------------------------------------------------------------------------------
 */

static void add_to_part(struct sym_compare_part *p, const struct sym_compared *e, bool has_word)
{
    if (p->first == 0) {
        p->first = e->index + 1;
        p->first_ms = e->time_ms;
        p->self_asked = e->self_asked;
        p->generation = e->generation;
    }
    p->newest = e->index + 1;
    p->newest_ms = e->time_ms;
    if (e->kind == SYM_ENTRY_DECIDED) {
        p->decided = true;
    } else if (e->kind == SYM_ENTRY_CLOSED || e->kind == SYM_ENTRY_ABORTED) {
        p->end = e->index + 1;
        p->has_word = has_word;
    }
}

static void add_own(struct sym_tale *t, const struct sym_compared *e)
{
    add_to_part(&t->here, e, e->word != 0);
    if (e->kind == SYM_ENTRY_DECIDED) {
        t->granted = e->granted;
        t->unproven = e->unproven;
    } else if (t->here.end == e->index + 1) {
        t->word = e->word;
    }
}

static int by_exchange(const void *a, const void *b)
{
    const struct sym_compared *x = a;
    const struct sym_compared *y = b;
    int o = order(x->id, y->id);
    /* The present one is the last. */
    uint32_t of_x = x->generation - 1u;
    uint32_t of_y = y->generation - 1u;
    if (o == 0 && of_x != of_y) {
        return of_x < of_y ? -1 : 1;
    }
    return o != 0 ? o : x->index < y->index ? -1 : x->index > y->index;
}

static int by_index(const void *a, const void *b)
{
    const struct sym_compare_proof *x = a;
    const struct sym_compare_proof *y = b;
    return x->index < y->index ? -1 : x->index > y->index;
}

enum sym_err sym_compare_make_tales(struct sym_compare *c)
{
    struct sym_compared *all = (struct sym_compared *)(void *)c->own.items;
    enum sym_err err = SYM_OK;
    if (c->own.n > 0) {
        qsort(all, c->own.n, sizeof *all, by_exchange);
    }
    if (c->proofs.n > 0) {
        qsort(c->proofs.items, c->proofs.n, sizeof(struct sym_compare_proof), by_index);
    }
    for (size_t i = 0; err == SYM_OK && i < c->own.n; i++) {
        if (i == 0 || order(all[i].id, all[i - 1].id) != 0) {
            struct sym_tale t = {.word = 0};
            memcpy(t.id, all[i].id, sizeof t.id);
            err = sym_compare_append(&c->tales, &t, sizeof t, SYM_COMPARED_MAX);
        }
        if (err == SYM_OK) {
            add_own(&tales_of(c)[c->tales.n - 1], &all[i]);
        }
    }
    sym_compare_forget(&c->own);
    return err;
}

static struct sym_tale *find_tale(const struct sym_compare *c,
                                  const uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    size_t low = 0;
    size_t high = c->tales.n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int o = order(tales_of(c)[mid].id, id);
        if (o == 0) {
            return &tales_of(c)[mid];
        }
        if (o < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}

/* What was proven to be there before, among the proofs by their index. */
static void check_proofs(const struct sym_compare *c, const struct sym_compare_told *told)
{
    size_t low = 0;
    size_t high = c->proofs.n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (proofs_of(c)[mid].index < told->entry.index) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    for (size_t i = low; i < c->proofs.n && proofs_of(c)[i].index == told->entry.index; i++) {
        proofs_of(c)[i].was_shown = true;
        proofs_of(c)[i].differs = !sym_equal(told->leaf, proofs_of(c)[i].leaf, SYM_HASH_BYTES);
    }
}

/* One direction: what one side says to have sent, and the other to have received. */
static enum sym_finding_code match_direction(const struct sym_compare_word *sender,
                                             const struct sym_compare_word *receiver)
{
    if (sender->frames[0] == receiver->frames[1]) {
        return sym_equal(sender->hash[0], receiver->hash[1], SYM_HASH_BYTES)
                   ? 0
                   : SYM_FINDING_TRANSCRIPT;
    }
    bool cut_off = sender->is_abort || receiver->is_abort;
    return cut_off ? SYM_FINDING_PREFIX : SYM_FINDING_TRANSCRIPT;
}

static enum sym_finding_code match_words(const struct sym_compare_word *own,
                                         const struct sym_compare_word *theirs)
{
    enum sym_finding_code out = match_direction(own, theirs);
    enum sym_finding_code in = match_direction(theirs, own);
    if (out == SYM_FINDING_TRANSCRIPT || in == SYM_FINDING_TRANSCRIPT) {
        return SYM_FINDING_TRANSCRIPT;
    }
    return out == SYM_FINDING_PREFIX ? out : in;
}

/* Matching -------------------------------------------------------------------------------------
 */

bool sym_compare_is_to_come(const struct sym_compare *c, uint64_t time_ms)
{
    return time_ms > c->plan.began_ms && time_ms - c->plan.began_ms > SYM_CLOCK_SKEW_MS;
}

/* In what the own log lost. The other side's clock may go before, and so may what it tells of. */
static bool was_lost_here(const struct sym_compare *c, uint64_t time_ms)
{
    for (size_t i = 0; i < c->plan.n_gaps; i++) {
        const struct sym_compare_gap *g = &c->plan.gaps[i];
        if (time_ms + SYM_CLOCK_SKEW_MS >= g->from_ms && time_ms < g->until_ms) {
            return true;
        }
    }
    return time_ms < c->plan.since_ms;
}

static enum sym_err find(struct sym_compare *c, const struct sym_tale *t,
                         enum sym_finding_code code, uint64_t index_here, uint64_t index_there,
                         const char *text)
{
    struct sym_compared_finding f = {.code = code,
                                     .index_here = index_here,
                                     .index_there = index_there,
                                     .generation_here = t->here.generation,
                                     .text = text};
    memcpy(f.exchange_id, t->id, sizeof f.exchange_id);
    return sym_compare_find(c, &f);
}

static enum sym_err find_proof(struct sym_compare *c, const struct sym_compare_proof *p,
                               enum sym_finding_code code, const char *text)
{
    struct sym_compared_finding f = {.code = code,
                                     .index_here = p->index_here + 1,
                                     .index_there = p->index + 1,
                                     .generation_here = p->generation_here,
                                     .text = text};
    memcpy(f.exchange_id, p->id, sizeof f.exchange_id);
    return sym_compare_find(c, &f);
}

/* Its end may be on its way still. */
static bool is_fresh(const struct sym_compare *c, uint64_t newest_ms)
{
    return newest_ms + FRESH_MS > c->plan.began_ms && !sym_compare_is_to_come(c, newest_ms);
}

static enum sym_err match_both_ends(struct sym_compare *c, const struct sym_tale *t)
{
    if (!t->here.has_word || !t->there.has_word) {
        c->counts.untold++;
        return SYM_OK;
    }
    if (t->words == 0) {
        return SYM_OK;
    }
    return find(c, t, t->words, t->here.end, t->there.end,
                t->words == SYM_FINDING_TRANSCRIPT
                    ? "the two sides have signed different transcripts"
                    : "it was cut off: one side saw the beginning of what the other "
                      "sent");
}

static enum sym_err match_ends(struct sym_compare *c, const struct sym_tale *t)
{
    bool ended_here = t->here.end != 0;
    bool ended_there = t->there.end != 0;
    if (ended_here && ended_there) {
        return match_both_ends(c, t);
    }
    /* The word of a side that was granted nothing is owed to nobody. */
    if ((ended_here && !t->here.has_word) || (ended_there && !t->there.has_word)) {
        return SYM_OK;
    }
    if (!ended_here && !ended_there && !t->granted) {
        return SYM_OK;
    }
    if (is_fresh(c, t->here.newest_ms) || is_fresh(c, t->there.newest_ms)) {
        return SYM_OK;
    }
    return find(c, t, SYM_FINDING_OPEN, t->here.end, t->there.end,
                !ended_here && !ended_there ? "neither side has closed it"
                : ended_there               ? "this side has not closed it"
                                            : "the other side has not closed it");
}

/* Nothing shows that it reached the other side, or was written down there. A signed word is of what
 * was granted. */
static bool is_lonely(const struct sym_tale *t)
{
    if (t->here.first != 0) {
        return t->there.first == 0 && t->here.self_asked && (!t->here.decided || t->unproven);
    }
    return !t->there.self_asked && !t->there.decided && !t->there.has_word;
}

/* A request of the other side that came to nothing, as far as it says: what is granted ends with a
 * signed word. */
static bool is_unrecorded(const struct sym_tale *t)
{
    return t->here.first == 0 && !t->there.self_asked && t->there.decided && !t->there.has_word;
}

/* Only one side knows of it. */
static enum sym_err match_alone(struct sym_compare *c, const struct sym_tale *t)
{
    if (is_lonely(t)) {
        return SYM_OK;
    }
    if (t->here.first != 0) {
        return find(c, t, SYM_FINDING_MISSING_THERE, t->here.first, 0,
                    "this side has entries of it, the other shows none");
    }
    return find(c, t, SYM_FINDING_MISSING_HERE, 0, t->there.first,
                "the other side has entries of it, this one has none");
}

/* What this side knows of, and whose end it has or the other side has not, was lost there, if that
 * log began later; a log that began before has lost nothing. */
static void count_lost(struct sym_compare *c, const struct sym_tale *t)
{
    if (is_lonely(t)) {
        return;
    }
    bool end_is_there_alone = t->here.end == 0 && t->there.end != 0;
    if (t->here.first != 0 && !end_is_there_alone && t->here.first_ms < c->there_since_ms) {
        c->counts.lost_there++;
    } else {
        c->counts.lost_here++;
    }
}

/* Something of it is missing, and that may be because a log was begun again. */
static bool is_of_a_lost_part(const struct sym_compare *c, const struct sym_tale *t)
{
    uint64_t first_ms = t->here.first != 0 ? t->here.first_ms : t->there.first_ms;
    bool ended_there_alone = t->here.first != 0 && t->here.end == 0 && t->there.end != 0;
    return first_ms < c->there_since_ms || was_lost_here(c, first_ms) ||
           (ended_there_alone && was_lost_here(c, t->there.newest_ms));
}

static enum sym_err match(struct sym_compare *c, const struct sym_tale *t)
{
    bool goes_on = t->here.generation == 0 && t->here.newest > c->plan.own_size;
    if (sym_equal(t->id, c->own_id, sizeof t->id) || goes_on) {
        return SYM_OK;
    }
    bool alone = t->here.first == 0 || t->there.first == 0;
    bool over = !alone && !t->granted && t->here.end == 0 && t->there.end == 0;
    if (!over && (alone || t->here.end == 0 || t->there.end == 0) && is_of_a_lost_part(c, t)) {
        count_lost(c, t);
        return SYM_OK;
    }
    if (is_unrecorded(t)) {
        c->counts.unrecorded++;
        return SYM_OK;
    }
    c->counts.exchanges++;
    if (alone) {
        return match_alone(c, t);
    }
    if (t->here.self_asked != t->there.self_asked) {
        return find(c, t, SYM_FINDING_DIFFERENT, t->here.first, t->there.first,
                    "the two sides disagree on who asked");
    }
    return match_ends(c, t);
}

/* Strangers ------------------------------------------------------------------------------------
 */

/* Among those that have a place; NULL: none has this id. */
static struct sym_tale *find_stranger(struct sym_compare *c,
                                      const uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    uint64_t start = sym_get_u64(id);
    size_t n = c->n_strangers < SYM_COMPARE_STRANGERS ? c->n_strangers : SYM_COMPARE_STRANGERS;
    for (size_t i = 0; i < n; i++) {
        if (c->stranger_starts[i] == start && order(c->strangers[i].id, id) == 0) {
            return &c->strangers[i];
        }
    }
    return NULL;
}

/* The oldest makes place for it, and is judged by what was told of it so far. */
static enum sym_err new_stranger(struct sym_compare *c, struct sym_tale **out,
                                 const uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    size_t at = c->n_strangers % SYM_COMPARE_STRANGERS;
    struct sym_tale *t = &c->strangers[at];
    enum sym_err err = c->n_strangers >= SYM_COMPARE_STRANGERS ? match(c, t) : SYM_OK;
    *t = (struct sym_tale){.word = 0};
    memcpy(t->id, id, sizeof t->id);
    c->stranger_starts[at] = sym_get_u64(id);
    c->n_strangers++;
    *out = t;
    return err;
}

enum sym_err sym_compare_tell(struct sym_compare *c, const struct sym_compare_told *told)
{
    const struct sym_compared *e = &told->entry;
    struct sym_tale *t = find_tale(c, e->id);
    enum sym_err err = SYM_OK;
    check_proofs(c, told);
    if (t == NULL) {
        t = find_stranger(c, e->id);
    }
    if (t == NULL) {
        err = new_stranger(c, &t, e->id);
    }
    add_to_part(&t->there, e, told->has_word);
    if (t->there.end == e->index + 1 && told->has_word && t->word != 0) {
        const struct sym_compare_word *words = (const void *)c->words.items;
        t->words = match_words(&words[t->word - 1], &told->word);
    }
    return err;
}

/* The end --------------------------------------------------------------------------------------
 */

static enum sym_err match_proof(struct sym_compare *c, const struct sym_compare_proof *p)
{
    /* Later than the head that was shown, or of a log before this one. */
    if (p->index >= c->size || p->generation != c->generation) {
        return SYM_OK;
    }
    if (!p->was_shown) {
        return find_proof(c, p, SYM_FINDING_MISSING_THERE,
                          "a signed message proves an entry there that is not shown any "
                          "more");
    }
    return p->differs ? find_proof(c, p, SYM_FINDING_DIFFERENT,
                                   "the entry there is not the one that a signed message "
                                   "proves")
                      : SYM_OK;
}

enum sym_err sym_compare_match_all(struct sym_compare *c)
{
    size_t strangers =
        c->n_strangers < SYM_COMPARE_STRANGERS ? c->n_strangers : SYM_COMPARE_STRANGERS;
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < c->tales.n; i++) {
        err = match(c, &tales_of(c)[i]);
    }
    for (size_t i = 0; err == SYM_OK && i < strangers; i++) {
        err = match(c, &c->strangers[i]);
    }
    for (size_t i = 0; err == SYM_OK && i < c->proofs.n; i++) {
        err = match_proof(c, &proofs_of(c)[i]);
    }
    return err;
}
