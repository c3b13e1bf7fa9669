#include "proto/table_list.h"

#include "proto/sorted.h"
#include "proto/table_list_state.h"

#include <stdlib.h>
#include <string.h>

#define PARTS_GRAIN 16u

struct list_slot *sym_table_slot(struct sym_table_list *l, uint32_t frame)
{
    return &l->slots[frame % SYM_TABLE_WINDOW];
}

enum sym_err sym_table_list_fail(struct sym_table_list *l, enum sym_err err, uint32_t place,
                                 enum sym_table_cause cause)
{
    if (err != SYM_OK && l->stage != LIST_FAILED) {
        l->stage = LIST_FAILED;
        l->failure = sym_table_failure_of(err, l->config.agreed->place, place, cause);
    }
    return err;
}

/* Beginning and end ----------------------------------------------------------------------------
 */

static enum sym_err draw_scalars(struct sym_table_list *l)
{
    struct sym_scalar *pair;
    enum sym_err err = sym_secret_new(&l->scalars, 2 * SYM_SCALAR_BYTES);
    if (err != SYM_OK) {
        return err;
    }
    pair = (struct sym_scalar *)l->scalars.data;
    sym_scalar_random(&pair[0]);
    return sym_scalar_invert(&pair[1], &pair[0]);
}

/* In each slot a frame, and as many answers to it as there are others. */
static enum sym_err make_frames(struct sym_table_list *l)
{
    uint32_t n = l->config.agreed->question->n;
    uint32_t slots = l->frames < SYM_TABLE_WINDOW ? l->frames : SYM_TABLE_WINDOW;
    size_t items = l->total < SYM_OVERLAP_ITEMS_MAX ? l->total : SYM_OVERLAP_ITEMS_MAX;
    l->frames_memory = malloc(slots > 0 ? slots * n * items * sizeof *l->frames_memory : 1);
    if (l->frames_memory == NULL) {
        return SYM_NO_MEMORY;
    }
    struct sym_element *at = l->frames_memory;
    for (uint32_t s = 0; s < slots; s++) {
        l->slots[s].asked = at;
        at += items;
        for (uint32_t i = 0; i < n; i++) {
            if (i != l->config.agreed->place) {
                l->slots[s].answers[i].elements = at;
                at += items;
            }
        }
    }
    return SYM_OK;
}

static enum sym_err set_up(struct sym_table_list *l)
{
    const struct sym_table_list_config *c = &l->config;
    l->total = c->agreed->consented[c->agreed->place].elements;
    l->frames = sym_table_frame_count(l->total, SYM_OVERLAP_ITEMS_MAX);
    l->order = malloc(l->total > 0 ? l->total * sizeof *l->order : 1);
    l->rows = malloc(c->n > 0 ? c->n * SYM_TABLE_TAG_BYTES : 1);
    if (l->order == NULL || l->rows == NULL) {
        return SYM_NO_MEMORY;
    }
    enum sym_err err = make_frames(l);
    if (err == SYM_OK) {
        err = draw_scalars(l);
    }
    if (l->total == 0) {
        l->stage = LIST_SPLITS;
    }
    return err;
}

enum sym_err sym_table_list_new(struct sym_table_list **out,
                                const struct sym_table_list_config *config)
{
    const struct sym_table_agreed *a = config->agreed;
    if (a->place >= a->question->n || config->n > a->consented[a->place].elements ||
        config->with == NULL || (config->digests == NULL && config->n > 0)) {
        return SYM_BAD_VALUE;
    }
    if (config->n > 0 &&
        sym_sorted_break(config->digests, config->n, SYM_HASH_BYTES, true) < config->n) {
        return SYM_INTERNAL;
    }
    struct sym_table_list *l = calloc(1, sizeof *l);
    if (l == NULL) {
        return SYM_NO_MEMORY;
    }
    l->config = *config;
    l->failure = (struct sym_table_failure){.place = SYM_TABLE_NOBODY, .said_by = SYM_TABLE_NOBODY};
    enum sym_err err = set_up(l);
    if (err != SYM_OK) {
        sym_table_list_free(l);
        return err;
    }
    *out = l;
    return SYM_OK;
}

void sym_table_list_free(struct sym_table_list *l)
{
    if (l == NULL) {
        return;
    }
    for (size_t s = 0; s < SYM_TABLE_WINDOW; s++) {
        for (size_t i = 0; i < SYM_TABLE_LISTS_MAX; i++) {
            sym_tab_bytes_clear(&l->slots[s].answers[i].said);
        }
    }
    sym_secret_clear(&l->scalars);
    sym_tab_bytes_clear(&l->exhibit);
    free(l->frames_memory);
    sym_wipe_free(l->order, l->total * sizeof *l->order);
    sym_wipe_free(l->rows, l->config.n * SYM_TABLE_TAG_BYTES);
    free(l);
}

bool sym_table_list_is_complete(const struct sym_table_list *l)
{
    return l->stage == LIST_COMPLETE;
}

const uint8_t *sym_table_list_rows(const struct sym_table_list *l, size_t *n)
{
    *n = l->config.n;
    return l->rows;
}

struct sym_table_failure sym_table_list_failure(const struct sym_table_list *l)
{
    return l->failure;
}

struct sym_span sym_table_list_exhibit(const struct sym_table_list *l)
{
    return sym_tab_bytes_span(&l->exhibit);
}

uint32_t sym_table_list_checked(const struct sym_table_list *l, uint32_t place)
{
    return l->checked[place];
}

/* Works ----------------------------------------------------------------------------------------
 */

static void shuffled(struct sym_table_list *l, struct list_job *job)
{
    (void)job;
    l->task_out = false;
    l->stage = LIST_ASKS;
}

static void blinded(struct sym_table_list *l, struct list_job *job)
{
    struct list_slot *slot = job->slot;
    enum sym_err err = sym_dleq_hash(slot->asked_hash, slot->asked, slot->n);
    slot->state = SLOT_OPEN;
    (void)sym_table_list_fail(l, err, l->config.agreed->place, SYM_TABLE_CAUSE_OTHER);
}

static void checked(struct sym_table_list *l, struct list_job *job)
{
    struct list_answer *answer = &job->slot->answers[job->place];
    answer->state = ANSWER_GOOD;
    sym_tab_bytes_clear(&answer->said);
    l->checked[job->place]++;
}

static void finished(struct sym_table_list *l, struct list_job *job)
{
    struct list_slot *slot = job->slot;
    slot->state = SLOT_FREE;
    for (size_t i = 0; i < SYM_TABLE_LISTS_MAX; i++) {
        slot->answers[i].state = ANSWER_NONE;
    }
    l->finished++;
    if (l->finished == l->frames) {
        l->stage = LIST_SPLITS;
    }
}

static void was_split(struct sym_table_list *l, struct list_job *job)
{
    (void)job;
    l->task_out = false;
    l->stage = LIST_SORTS;
}

static void sorted(struct sym_table_list *l, struct list_job *job)
{
    (void)job;
    l->task_out = false;
    l->stage = LIST_COMPLETE;
}

/* The work of a stage that has one. */
static bool offer_task(struct sym_table_list *l, struct list_job *job)
{
    if (l->task_out) {
        return false;
    }
    if (l->stage == LIST_SHUFFLES) {
        job->piece = sym_table_piece_shuffle;
        job->done = shuffled;
    } else if (l->stage == LIST_SPLITS) {
        job->piece = sym_table_piece_split;
        job->done = was_split;
    } else if (l->stage == LIST_SORTS) {
        job->piece = sym_table_piece_sort;
        job->done = sorted;
        job->n = SYM_SORTED_PARTS;
        job->grain = PARTS_GRAIN;
    } else {
        return false;
    }
    l->task_out = true;
    return true;
}

static bool all_good(const struct sym_table_list *l, const struct list_slot *slot)
{
    for (uint32_t i = 0; i < l->config.agreed->question->n; i++) {
        if (i != l->config.agreed->place && slot->answers[i].state != ANSWER_GOOD) {
            return false;
        }
    }
    return true;
}

static bool offer_finish(struct sym_table_list *l, struct list_slot *slot, struct list_job *job)
{
    if (!all_good(l, slot)) {
        return false;
    }
    slot->state = SLOT_FINISHING;
    job->piece = sym_table_piece_finish;
    job->done = finished;
    job->slot = slot;
    job->n = slot->n;
    job->grain = TABLE_GRAIN;
    return true;
}

static bool offer_check(struct sym_table_list *l, struct list_slot *slot, struct list_job *job)
{
    for (uint32_t i = 0; i < l->config.agreed->question->n; i++) {
        if (slot->answers[i].state == ANSWER_HERE) {
            slot->answers[i].state = ANSWER_CHECKING;
            job->piece = sym_table_piece_check;
            job->done = checked;
            job->cause = SYM_TABLE_CAUSE_PROOF;
            job->place = i;
            job->slot = slot;
            return true;
        }
    }
    return false;
}

static bool offer_blind(struct sym_table_list *l, struct list_job *job)
{
    struct list_slot *slot = sym_table_slot(l, l->blinded);
    if (l->blinded == l->frames || slot->state != SLOT_FREE) {
        return false;
    }
    slot->state = SLOT_BLINDING;
    slot->frame = l->blinded;
    slot->n = sym_table_frame_items(l->total, SYM_OVERLAP_ITEMS_MAX, l->blinded);
    l->blinded++;
    job->piece = sym_table_piece_blind;
    job->done = blinded;
    job->slot = slot;
    job->n = slot->n;
    job->grain = TABLE_GRAIN;
    return true;
}

/* What lets others go on comes first: a frame that is done makes room for one to be asked. */
static bool describe(struct sym_table_list *l, struct list_job *job)
{
    if (l->stage != LIST_ASKS) {
        return offer_task(l, job);
    }
    for (size_t s = 0; s < SYM_TABLE_WINDOW; s++) {
        if (l->slots[s].state == SLOT_OPEN && offer_finish(l, &l->slots[s], job)) {
            return true;
        }
    }
    if (offer_blind(l, job)) {
        return true;
    }
    for (size_t s = 0; s < SYM_TABLE_WINDOW; s++) {
        if (l->slots[s].state == SLOT_OPEN && offer_check(l, &l->slots[s], job)) {
            return true;
        }
    }
    return false;
}

static enum sym_err run_piece(void *context, size_t first, size_t n)
{
    const struct list_job *job = context;
    return job->piece(job, first, n);
}

bool sym_table_list_work(struct sym_table_list *l, struct sym_work *out)
{
    for (size_t i = 0; i < SYM_WORKS_OUT_MAX; i++) {
        struct list_job *job = &l->jobs[i];
        if (job->out) {
            continue;
        }
        *job = (struct list_job){.list = l,
                                 .n = 1,
                                 .grain = 1,
                                 .place = l->config.agreed->place,
                                 .cause = SYM_TABLE_CAUSE_OTHER};
        if (!describe(l, job)) {
            return false;
        }
        job->out = true;
        l->out++;
        *out =
            (struct sym_work){.run = run_piece, .context = job, .n = job->n, .grain = job->grain};
        return true;
    }
    return false;
}

enum sym_err sym_table_list_worked(struct sym_table_list *l, void *context, enum sym_err err)
{
    struct list_job *job = context;
    job->out = false;
    l->out--;
    if (l->stage == LIST_FAILED) {
        return SYM_OK;
    }
    bool proves =
        job->cause == SYM_TABLE_CAUSE_PROOF && (err == SYM_BAD_TAG || err == SYM_BAD_ELEMENT);
    if (proves) {
        enum sym_err made = sym_table_exhibit_new(&l->exhibit, l, job->slot, job->place);
        return sym_table_list_fail(l, made == SYM_OK ? err : made, job->place, job->cause);
    }
    if (err != SYM_OK) {
        return sym_table_list_fail(l, err, l->config.agreed->place, SYM_TABLE_CAUSE_OTHER);
    }
    job->done(l, job);
    return SYM_OK;
}
