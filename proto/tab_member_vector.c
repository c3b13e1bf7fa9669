#include "proto/tab_member_state.h"

#include <stdlib.h>
#include <string.h>

static size_t cells_in(const struct sym_tab_member *m, size_t tile)
{
    size_t left = m->cells - tile * SYM_TAB_TILE_CELLS;
    return left < SYM_TAB_TILE_CELLS ? left : SYM_TAB_TILE_CELLS;
}

void sym_member_tiles_clear(struct member_tiles *tiles)
{
    sym_wipe_free(tiles->cells, tiles->n_cells * sizeof *tiles->cells);
    free(tiles->ready);
    sym_hash_clear(&tiles->hash);
    *tiles = (struct member_tiles){0};
}

/* Masking: in place, so that a count is gone once it is masked --------------------------------
 */

enum sym_err sym_tab_member_debited(struct sym_tab_member *m, uint64_t *counts, uint64_t now_ms)
{
    struct member_tiles t = {.cells = counts, .n_cells = m->cells};
    enum sym_err err = m->state == MEMBER_WANTS_DEBIT ? SYM_OK : SYM_WRONG_STATE;
    t.n = (m->cells + SYM_TAB_TILE_CELLS - 1) / SYM_TAB_TILE_CELLS;
    if (err == SYM_OK && now_ms >= m->expires_ms) {
        err = SYM_EXPIRED;
    }
    if (err == SYM_OK) {
        t.ready = calloc(t.n, sizeof *t.ready);
        err = t.ready == NULL ? SYM_NO_MEMORY : sym_hash_init(&t.hash);
    }
    if (err != SYM_OK) {
        sym_member_tiles_clear(&t);
        m->state = MEMBER_DEAD;
        return err;
    }
    m->tiles = t;
    m->state = MEMBER_SAYS_TILES;
    return SYM_OK;
}

/* Ranges of the tile at job->at. */
static enum sym_err mask(const struct tab_job *job, size_t first, size_t n)
{
    struct sym_tab_member *m = job->owner;
    struct sym_masker masker = {0};
    size_t start = job->at * SYM_TAB_TILE_CELLS;
    size_t end = start + cells_in(m, job->at);
    size_t at = start + first * TAB_RANGE_CELLS;
    size_t len = n * TAB_RANGE_CELLS < end - at ? n * TAB_RANGE_CELLS : end - at;
    enum sym_err err = sym_masker_new(&masker);
    if (err == SYM_OK) {
        err = sym_laplace_add(m->tiles.cells + at, len, at, m->noise, &masker, m->noise_key.data);
    }
    if (err == SYM_OK) {
        err = sym_mask_cells(m->tiles.cells + at, len, at, &masker, sym_secret_span(&m->keys),
                             m->signs);
    }
    sym_masker_clear(&masker);
    return err;
}

static enum sym_err masked(const struct tab_job *job, enum sym_err err)
{
    struct sym_tab_member *m = job->owner;
    m->tiles.ready[job->at] = err == SYM_OK;
    m->tiles.masked++;
    if (m->tiles.masked == m->tiles.n) {
        sym_secret_clear(&m->keys);
        sym_secret_clear(&m->noise_key);
        sym_laplace_free(m->noise);
        m->noise = NULL;
    }
    return err;
}

bool sym_member_offer_tile(struct sym_tab_member *m, struct tab_job *job)
{
    if (m->tiles.given == m->tiles.n) {
        return false;
    }
    job->at = m->tiles.given++;
    job->piece = mask;
    job->done = masked;
    job->n = (cells_in(m, job->at) + TAB_RANGE_CELLS - 1) / TAB_RANGE_CELLS;
    return true;
}

/* Sending --------------------------------------------------------------------------------------
 */

size_t sym_member_tile_bytes(const struct sym_tab_member *m)
{
    const struct member_tiles *t = &m->tiles;
    bool due = t->said < t->n && t->ready[t->said];
    return due ? 1 + sizeof(uint64_t) * cells_in(m, t->said) : 0;
}

static enum sym_err finish(struct sym_tab_member *m)
{
    enum sym_err err = sym_hash_value(m->vector_hash, &m->tiles.hash);
    const struct sym_tab_vector vector = {
        .qid = sym_span(m->qid, sizeof m->qid),
        .consents_hash = sym_span(m->consents_hash, sizeof m->consents_hash),
        .member = m->config.place,
        .vector_hash = sym_span(m->vector_hash, sizeof m->vector_hash),
    };
    sym_member_tiles_clear(&m->tiles);
    if (err == SYM_OK) {
        err = sym_tab_signed_new(&m->due, TAB_VECTOR, m->config.identity, &sym_msg_tab_vector,
                                 &vector, 0);
    }
    if (err == SYM_OK) {
        m->state = MEMBER_SAYS_VECTOR;
    }
    return err;
}

enum sym_err sym_member_write_tile(struct sym_tab_member *m, uint8_t *payload)
{
    struct member_tiles *t = &m->tiles;
    size_t n = cells_in(m, t->said);
    payload[0] = TAB_TILE;
    sym_tab_cells_pack(payload + 1, t->cells + t->said * SYM_TAB_TILE_CELLS, n);
    sym_hash_update(&t->hash, sym_span(payload + 1, sizeof(uint64_t) * n));
    t->said++;
    return t->said == t->n ? finish(m) : SYM_OK;
}
