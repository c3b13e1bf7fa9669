#include "proto/tab_lead_state.h"

#include <stdlib.h>

/* Room -----------------------------------------------------------------------------------------
 */

static size_t slots_for(const struct sym_tab_lead *l)
{
    size_t fit = SYM_TAB_HELD_BYTES_MAX / ((size_t)l->cells * sizeof(uint64_t));
    fit = fit > 0 ? fit : 1;
    return fit < l->n_consents ? fit : l->n_consents;
}

enum sym_err sym_lead_sum_new(struct sym_tab_lead *l)
{
    l->n_slots = slots_for(l);
    l->slots = calloc(l->n_slots, sizeof *l->slots);
    l->sum = calloc(l->cells, sizeof *l->sum);
    return l->slots == NULL || l->sum == NULL ? SYM_NO_MEMORY : SYM_OK;
}

void sym_lead_slots_clear(struct sym_tab_lead *l)
{
    for (size_t i = 0; l->slots != NULL && i < l->n_slots; i++) {
        free(l->slots[i].packed);
        sym_hash_clear(&l->slots[i].hash);
    }
    free(l->slots);
    l->slots = NULL;
    l->n_slots = 0;
}

void sym_lead_sum_clear(struct sym_tab_lead *l)
{
    sym_lead_slots_clear(l);
    sym_wipe_free(l->sum, l->cells * sizeof *l->sum);
    l->sum = NULL;
    sym_secret_clear(&l->secrets);
    sym_secret_clear(&l->keys);
    free(l->signs);
    l->signs = NULL;
}

struct lead_slot *sym_lead_slot(struct sym_tab_lead *l)
{
    for (size_t i = 0; i < l->n_slots; i++) {
        struct lead_slot *slot = &l->slots[i];
        if (slot->state != SLOT_FREE) {
            continue;
        }
        if (slot->packed == NULL) {
            slot->packed = malloc((size_t)l->cells * sizeof(uint64_t));
        }
        if (slot->packed == NULL || sym_hash_init(&slot->hash) != SYM_OK) {
            return NULL;
        }
        slot->got = 0;
        slot->state = SLOT_FILLS;
        return slot;
    }
    return NULL;
}

bool sym_lead_adds(const struct sym_tab_lead *l)
{
    for (size_t i = 0; i < l->n_slots; i++) {
        if (l->slots[i].state != SLOT_FREE) {
            return true;
        }
    }
    return false;
}

/* Adding: one work at a time, for all vectors that are complete --------------------------------
 */

static enum sym_err add(const struct tab_job *job, size_t first, size_t n)
{
    struct sym_tab_lead *l = job->owner;
    size_t start = first * SYM_TAB_TILE_CELLS;
    size_t left = l->cells - start;
    size_t len = n * SYM_TAB_TILE_CELLS < left ? n * SYM_TAB_TILE_CELLS : left;
    for (size_t i = 0; i < l->n_slots; i++) {
        if (l->slots[i].state == SLOT_ADDED) {
            sym_tab_cells_add(l->sum + start, l->slots[i].packed + start * sizeof(uint64_t), len);
        }
    }
    return SYM_OK;
}

static enum sym_err added(const struct tab_job *job, enum sym_err err)
{
    struct sym_tab_lead *l = job->owner;
    for (size_t i = 0; i < l->n_slots; i++) {
        if (l->slots[i].state == SLOT_ADDED) {
            l->slots[i].state = SLOT_FREE;
        }
    }
    l->adding = false;
    return err;
}

static bool offer_add(struct sym_tab_lead *l, struct tab_job *job)
{
    bool any = false;
    for (size_t i = 0; !l->adding && i < l->n_slots; i++) {
        if (l->slots[i].state == SLOT_FULL) {
            l->slots[i].state = SLOT_ADDED;
            any = true;
        }
    }
    if (any) {
        l->adding = true;
        job->piece = add;
        job->done = added;
        job->n = (l->cells + SYM_TAB_TILE_CELLS - 1) / SYM_TAB_TILE_CELLS;
    }
    return any;
}

bool sym_lead_offer(struct sym_tab_lead *l, struct tab_job *job)
{
    if (l->phase == SYM_TAB_VECTORS) {
        return offer_add(l, job);
    }
    if (l->phase != SYM_TAB_UNMASKING || l->task_out || l->unmasking == UNMASK_WAITS ||
        l->unmasking == UNMASK_DONE) {
        return false;
    }
    l->task_out = true;
    if (l->unmasking == UNMASK_RELEASES) {
        sym_lead_job_release(l, job);
    } else {
        sym_lead_job_unmask(l, job);
    }
    return true;
}
