/* Shares that do not fit together. A share carries no proof of its own; what t of them give is
 * checked against the commitment to the secret. So subsets of t are tried until one fits: of k
 * unmaskings k - t may be wrong where there are at most TRIES subsets (any tabulation of up to 20
 * participants); of more subsets some are drawn, which finds three wrong ones of any number, and
 * more with luck. Each secret is looked for by itself, so that nobody is left out of all for what
 * it said of one: those who lie together can make an honest share look wrong. */
#include "proto/tab_lead_state.h"

#include <stdlib.h>
#include <string.h>

#define PIECES          16u
#define TRIES_PER_PIECE 1024u
#define TRIES           (PIECES * TRIES_PER_PIECE)

void sym_lead_search_clear(struct sym_tab_lead *l)
{
    free(l->search);
    l->search = NULL;
}

enum sym_err sym_lead_search(struct sym_tab_lead *l, uint32_t index)
{
    l->misfit = index;
    l->misfits = true;
    l->unmasking = UNMASK_WAITS;
    sym_lead_search_clear(l);
    if (l->tried == l->rules.quorum) {
        return SYM_OK; /* more may come */
    }
    l->search = calloc(PIECES, sizeof *l->search);
    if (l->search == NULL) {
        return SYM_NO_MEMORY;
    }
    l->unmasking = UNMASK_SEARCHES;
    return SYM_OK;
}

/* Which of k are left out: `spare` of them, ascending. */
struct subset {
    uint32_t out[SYM_TAB_MEMBERS_MAX];
    uint32_t k;
    uint32_t spare;
    bool all; /* every subset in turn; otherwise drawn ones */
    uint64_t state;
};

/* Is the number of subsets at most TRIES? */
static bool are_few(uint32_t k, uint32_t spare)
{
    uint64_t n = 1;
    for (uint32_t i = 1; i <= spare && n <= TRIES; i++) {
        n = n * (k - spare + i) / i;
    }
    return n <= TRIES;
}

/* The next in order; false: there is none. */
static bool step(struct subset *s)
{
    uint32_t i = s->spare;
    while (i > 0 && s->out[i - 1] == s->k - s->spare + i - 1) {
        i--;
    }
    if (i == 0) {
        return false;
    }
    s->out[i - 1]++;
    for (; i < s->spare; i++) {
        s->out[i] = s->out[i - 1] + 1;
    }
    return true;
}

/* Nobody is to be surprised by it: xorshift, by Marsaglia. */
static uint32_t draw(struct subset *s, uint32_t below)
{
    s->state ^= s->state << 13;
    s->state ^= s->state >> 7;
    s->state ^= s->state << 17;
    return (uint32_t)((s->state >> 32) % below);
}

/* Floyd's way to `spare` different ones of k, in order. */
static void draw_all(struct subset *s)
{
    bool out[SYM_TAB_MEMBERS_MAX] = {false};
    uint32_t n = 0;
    for (uint32_t i = s->k - s->spare; i < s->k; i++) {
        uint32_t at = draw(s, i + 1);
        out[out[at] ? i : at] = true;
    }
    for (uint32_t i = 0; i < s->k; i++) {
        if (out[i]) {
            s->out[n++] = i;
        }
    }
}

static void begin(struct subset *s, const struct sym_tab_lead *l, size_t piece)
{
    *s = (struct subset){.k = l->tried, .spare = l->tried - l->rules.quorum};
    s->all = are_few(s->k, s->spare);
    s->state = sym_get_u64(l->consents_hash) ^ (piece + 1) * UINT64_C(0x9e3779b97f4a7c15);
    s->state |= s->state == 0;
    for (uint32_t i = 0; i < s->spare; i++) {
        s->out[i] = i;
    }
    for (size_t i = 0; s->all && i < piece * TRIES_PER_PIECE; i++) {
        if (!step(s)) {
            s->k = 0; /* those before have tried all */
            break;
        }
    }
}

/* Do the shares of these t fit together? */
static enum sym_err fit(const struct sym_tab_lead *l, const uint8_t *places)
{
    uint8_t weights[SYM_TAB_MEMBERS_MAX];
    struct sym_share secret;
    enum sym_err err = sym_lead_weights(weights, places, l->rules.quorum);
    if (err == SYM_OK) {
        err = sym_lead_combine(l, &secret, l->misfit, places, weights);
        sym_wipe(&secret, sizeof secret);
    }
    return err;
}

/* It fits: does each of the others fit in the place of the first? */
static enum sym_err accuse(const struct sym_tab_lead *l, struct lead_search *found,
                           const struct subset *s)
{
    enum sym_err err = SYM_OK;
    uint8_t places[SYM_TAB_MEMBERS_MAX];
    memcpy(places, found->inside, l->rules.quorum);
    for (uint32_t i = 0; err == SYM_OK && i < s->spare; i++) {
        places[0] = l->helpers[s->out[i]];
        err = fit(l, places);
        found->misfits[places[0]] = err == SYM_BAD_VALUE;
        err = err == SYM_BAD_VALUE ? SYM_OK : err;
    }
    return err;
}

static void without(uint8_t *inside, const uint8_t *places, const struct subset *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0, o = 0; i < s->k; i++) {
        if (o < s->spare && s->out[o] == i) {
            o++;
        } else {
            inside[n++] = places[i];
        }
    }
}

static enum sym_err look(const struct sym_tab_lead *l, struct lead_search *found, size_t piece)
{
    struct subset s;
    begin(&s, l, piece);
    for (uint32_t tried = 0; s.k > 0 && tried < TRIES_PER_PIECE; tried++) {
        if (!s.all) {
            draw_all(&s);
        }
        without(found->inside, l->helpers, &s);
        enum sym_err err = fit(l, found->inside);
        if (err == SYM_OK) {
            return accuse(l, found, &s);
        }
        if (err != SYM_BAD_VALUE || (s.all && !step(&s))) {
            return err == SYM_BAD_VALUE ? SYM_AGAIN : err;
        }
    }
    return SYM_AGAIN;
}

static enum sym_err search(const struct tab_job *job, size_t first, size_t n)
{
    struct sym_tab_lead *l = job->owner;
    for (size_t i = first; i < first + n; i++) {
        l->search[i].err = look(l, &l->search[i], i);
    }
    return SYM_OK;
}

/* Those that fit come first from now on. */
static enum sym_err prefer(struct sym_tab_lead *l, const struct lead_search *found)
{
    uint8_t others[SYM_TAB_MEMBERS_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->tried; i++) {
        bool inside = false;
        for (uint32_t j = 0; j < l->rules.quorum; j++) {
            inside = inside || found->inside[j] == l->helpers[i];
        }
        if (!inside) {
            others[n++] = l->helpers[i];
        }
    }
    memcpy(l->helpers, found->inside, l->rules.quorum);
    // cppcheck-suppress uninitvar
    memcpy(l->helpers + l->rules.quorum, others, n);
    for (uint32_t i = 0; i < l->rules.n; i++) {
        l->legs[i].misfits = l->legs[i].misfits || found->misfits[i];
    }
    l->misfits = false;
    l->unmasking = UNMASK_RECOVERS;
    return sym_lead_weights(l->weights, l->helpers, l->rules.quorum);
}

static enum sym_err searched(const struct tab_job *job, enum sym_err err)
{
    struct sym_tab_lead *l = job->owner;
    size_t i = 0;
    l->task_out = false;
    l->unmasking = UNMASK_WAITS;
    while (i < PIECES && l->search[i].err == SYM_AGAIN) {
        i++;
    }
    if (err == SYM_OK && i < PIECES) {
        err = l->search[i].err == SYM_OK ? prefer(l, &l->search[i]) : l->search[i].err;
    }
    sym_lead_search_clear(l);
    return err;
}

void sym_lead_job_search(struct sym_tab_lead *l, struct tab_job *job)
{
    (void)l;
    job->piece = search;
    job->done = searched;
    job->n = PIECES;
}

void sym_lead_fail_misfit(struct sym_tab_lead *l)
{
    char id[2 * 8 + 1];
    uint32_t k = l->tried;
    uint32_t place = l->consenting[l->misfit].place;
    sym_hex(id, l->config.question.cohort[place].id, 8);
    sym_lead_fail(l,
                  "shares of the masks do not fit together: of %u participants that gave them at "
                  "least %u gave wrong ones, or node %s sealed such; %u are needed that fit",
                  k, k - l->rules.quorum + 1, id, l->rules.quorum);
}
