#include "proto/sorted.h"
#include "proto/vole_state.h"

#include <stdlib.h>

/* Digests of padding that are drawn and hashed at once. */
#define PADDING 64u

/* Section 8. The memory of an item: 32 bytes in `room` and 32 in `binned`; what passes between them
 * is named at struct vole_list. */

static size_t own(const struct sym_vole_run *run)
{
    return run->config.own_size;
}

static uint32_t pieces(const struct sym_vole_run *run)
{
    return (uint32_t)((own(run) + VOLE_LIST_PIECE - 1) / VOLE_LIST_PIECE);
}

/* Items of one piece. */
static size_t extent(const struct sym_vole_run *run, size_t piece, size_t *first)
{
    *first = piece * VOLE_LIST_PIECE;
    size_t left = own(run) - *first;
    return left < VOLE_LIST_PIECE ? left : VOLE_LIST_PIECE;
}

static struct sym_okvs_item *hashed(const struct vole_list *l)
{
    return (struct sym_okvs_item *)(void *)l->room.at;
}

static struct sym_okvs_item *binned(const struct vole_list *l)
{
    return (struct sym_okvs_item *)(void *)l->binned.at;
}

/* What becomes of them: accumulated values, which become masks. */
static struct sym_block *masks(const struct vole_list *l)
{
    return sym_vole_blocks(&l->room);
}

static struct sym_match_record *records(const struct sym_vole_run *run)
{
    return (struct sym_match_record *)(void *)(masks(&run->list) + own(run));
}

static uint32_t *words(const struct vole_buffer *b)
{
    return (uint32_t *)(void *)b->at;
}

static size_t buckets(const struct vole_list *l)
{
    return (size_t)1 << l->bits;
}

/* Hashing and binning ---------------------------------------------------------------------------
 */

/* The digests of these items, and the one before, ascend. */
static bool own_ascend(const struct sym_vole_config *c, size_t first, size_t n)
{
    size_t from = first > 0 ? first - 1 : 0;
    size_t end = first + n < c->n ? first + n : c->n;
    return end <= from || sym_sorted_break(c->digests + from * SYM_HASH_BYTES, end - from,
                                           SYM_HASH_BYTES, true) == end - from;
}

static void hash_some(const struct sym_vole_run *run, uint32_t *row, const uint8_t *digests,
                      size_t first, size_t n)
{
    const struct vole_list *l = &run->list;
    sym_okvs_hash(hashed(l) + first, row, run->config.kernel, &run->g, &l->prefix, digests, n);
}

static enum sym_err hash_piece(const struct sym_vole_run *run, size_t piece)
{
    const struct sym_vole_config *c = &run->config;
    uint8_t padding[PADDING][SYM_HASH_BYTES];
    uint32_t *row = words(&run->list.counts) + piece * run->g.bins;
    size_t first = 0;
    size_t n = extent(run, piece, &first);
    size_t real = first < c->n ? c->n - first : 0;
    real = real < n ? real : n;
    if (!own_ascend(c, first, n)) {
        return SYM_INTERNAL;
    }
    if (real > 0) {
        hash_some(run, row, c->digests + first * SYM_HASH_BYTES, first, real);
    }
    for (size_t at = real, m = 0; at < n; at += m) {
        m = n - at < PADDING ? n - at : PADDING;
        sym_random(padding[0], m * SYM_HASH_BYTES);
        hash_some(run, row, padding[0], first + at, m);
    }
    return SYM_OK;
}

static enum sym_err bins_piece(const struct sym_vole_run *run, size_t piece)
{
    const struct vole_list *l = &run->list;
    (void)piece;
    sym_okvs_offsets(words(&l->offsets), words(&l->counts), &run->g, pieces(run));
    return SYM_OK;
}

static enum sym_err scatter_piece(const struct sym_vole_run *run, size_t piece)
{
    const struct vole_list *l = &run->list;
    size_t first = 0;
    size_t n = extent(run, piece, &first);
    sym_okvs_scatter(binned(l), words(&l->index), words(&l->counts) + piece * run->g.bins, &run->g,
                     hashed(l) + first, first, n);
    return SYM_OK;
}

/* Masks ----------------------------------------------------------------------------------------
 */

static enum sym_err mask_piece(const struct sym_vole_run *run, size_t piece)
{
    const struct vole_list *l = &run->list;
    size_t first = 0;
    size_t n = extent(run, piece, &first);
    sym_match_masks(masks(l) + first, run->config.kernel, &l->prefix, binned(l) + first, n);
    sym_match_count(words(&l->counts) + piece * buckets(l), l->bits, masks(l) + first, n);
    sym_wipe(binned(l) + first, n * sizeof(struct sym_okvs_item));
    return SYM_OK;
}

static enum sym_err buckets_piece(const struct sym_vole_run *run, size_t piece)
{
    const struct vole_list *l = &run->list;
    (void)piece;
    sym_match_offsets(words(&l->offsets), words(&l->counts), l->bits, pieces(run));
    return SYM_OK;
}

static enum sym_err partition_piece(const struct sym_vole_run *run, size_t piece)
{
    const struct vole_list *l = &run->list;
    size_t first = 0;
    size_t n = extent(run, piece, &first);
    sym_match_scatter(records(run), words(&l->counts) + piece * buckets(l), l->bits, masks(l),
                      first, n, sym_vole_is_r(run));
    return SYM_OK;
}

/* The buckets of one part of S's list. */
static size_t first_bucket(const struct vole_list *l, size_t part)
{
    return buckets(l) * part / VOLE_SORT_PARTS;
}

static enum sym_err sort_piece(const struct sym_vole_run *run, size_t piece)
{
    const struct vole_list *l = &run->list;
    size_t first = first_bucket(l, piece);
    size_t n = first_bucket(l, piece + 1) - first;
    size_t len = sym_match_sort_bytes(words(&l->offsets), l->bits);
    struct vole_buffer scratch = sym_vole_scratch(run, len);
    if (scratch.at == NULL) {
        return SYM_NO_MEMORY;
    }
    if (n > 0) {
        sym_match_sort(records(run), words(&l->offsets), l->bits, first, n, scratch.at);
        sym_wipe(scratch.at, len);
    }
    sym_vole_scratch_back(run, &scratch);
    return SYM_OK;
}

static enum sym_err search(const struct sym_vole_run *run, uint32_t *found, void *table, size_t at,
                           size_t n)
{
    const struct vole_list *l = &run->list;
    struct sym_match_search s = {.records = records(run),
                                 .offsets = words(&l->offsets),
                                 .masks = masks(l),
                                 .index = words(&l->index),
                                 .bits = l->bits,
                                 .left = n,
                                 .table = table};
    size_t n_found = 0;
    enum sym_err err =
        sym_match_next(found, &n_found, &s, l->masks.at + at * SYM_VOLE_MASK_BYTES, n);
    for (size_t i = 0; err == SYM_OK && i < n_found; i++) {
        l->hits.at[found[i]] = 1;
    }
    return err;
}

static enum sym_err search_piece(const struct sym_vole_run *run, size_t piece)
{
    const struct vole_list *l = &run->list;
    size_t at = piece * VOLE_SEARCH_MASKS;
    size_t n = run->n_s - at < VOLE_SEARCH_MASKS ? run->n_s - at : VOLE_SEARCH_MASKS;
    size_t table = sym_match_search_bytes(words(&l->offsets), l->bits);
    size_t found = (n * sizeof(uint32_t) + 63) / 64 * 64;
    struct vole_buffer scratch = sym_vole_scratch(run, found + table);
    if (scratch.at == NULL) {
        return SYM_NO_MEMORY;
    }
    enum sym_err err = search(run, words(&scratch), scratch.at + found, at, n);
    sym_wipe(scratch.at, found + table);
    sym_vole_scratch_back(run, &scratch);
    return err;
}

/* From stage to stage ----------------------------------------------------------------------------
 */

static void enter(struct vole_list *l, enum vole_list_stage stage, uint32_t total)
{
    l->stage = stage;
    l->total = total;
    l->given = 0;
    l->done = 0;
}

enum sym_err sym_vole_list_begin(struct sym_vole_run *run)
{
    struct vole_list *l = &run->list;
    size_t n = own(run);
    enum sym_err err = sym_vole_buffer_make(run, &l->room, n * sizeof(struct sym_okvs_item));
    if (err == SYM_OK) {
        err = sym_vole_buffer_make(run, &l->binned, n * sizeof(struct sym_okvs_item));
    }
    if (err == SYM_OK && sym_vole_is_r(run)) {
        err = sym_vole_buffer_make(run, &l->index, n * sizeof(uint32_t));
    }
    if (err == SYM_OK) {
        err = sym_vole_buffer_make(run, &l->offsets, ((size_t)run->g.bins + 1) * sizeof(uint32_t));
    }
    if (err == SYM_OK) {
        size_t rows = (size_t)pieces(run) * run->g.bins;
        err = sym_vole_buffer_zero(run, &l->counts, rows * sizeof(uint32_t));
    }
    sym_prefix_init(&l->prefix, run->config.kernel, run->sid, "item", 0, 0);
    enter(l, LIST_HASHES, pieces(run));
    return err;
}

static bool has_closed(const struct sym_vole_run *run)
{
    return run->state == VOLE_CLOSED || run->state == VOLE_DONE;
}

/* Own items have acc, and c_2 is known. */
static bool may_make_masks(const struct sym_vole_run *run)
{
    bool r = run->state == VOLE_R_MATCHES || run->state == VOLE_CLOSES || has_closed(run);
    return run->list.stage == LIST_READY && run->list.batches == run->g.batches &&
           (r || run->state == VOLE_S_ANSWERS || run->state == VOLE_S_LISTS);
}

enum sym_err sym_vole_list_came(struct sym_vole_run *run, size_t masks)
{
    struct vole_list *l = &run->list;
    size_t first = l->masks_come > 0 ? l->masks_come - 1 : 0;
    const uint8_t *at = l->masks.at + first * SYM_VOLE_MASK_BYTES;
    if (sym_sorted_break(at, masks - first, SYM_VOLE_MASK_BYTES, true) < masks - first) {
        return sym_vole_blame(run, SYM_BAD_FORMAT, "the other side's masks do not ascend");
    }
    l->masks_come = (uint32_t)masks;
    return SYM_OK;
}

enum sym_err sym_vole_list_go_on(struct sym_vole_run *run)
{
    struct vole_list *l = &run->list;
    if (!may_make_masks(run)) {
        return SYM_OK;
    }
    l->bits = sym_match_bits(own(run));
    sym_vole_buffer_free(run, &l->offsets);
    enum sym_err err = sym_vole_buffer_make(run, &l->offsets, (buckets(l) + 1) * sizeof(uint32_t));
    if (err == SYM_OK) {
        size_t rows = (size_t)pieces(run) * buckets(l);
        err = sym_vole_buffer_zero(run, &l->counts, rows * sizeof(uint32_t));
    }
    if (err == SYM_OK && sym_vole_is_r(run)) {
        err = sym_vole_buffer_zero(run, &l->hits, own(run));
    }
    sym_prefix_init(&l->prefix, run->config.kernel, sym_vole_secrets(run)->c2, "mask", 0, 0);
    enter(l, LIST_MASKS, pieces(run));
    return err;
}

/* Padding does not match but by an accident that the length of masks makes rare. */
static enum sym_err list_matches(struct sym_vole_run *run)
{
    struct vole_list *l = &run->list;
    for (size_t i = 0; i < run->config.n; i++) {
        l->common += l->hits.at[i];
    }
    /* One more is written than counted: who matches is as good as random to a branch. */
    l->matches = malloc(((size_t)l->common + 1) * sizeof *l->matches);
    for (size_t i = 0, found = 0; l->matches != NULL && i < run->config.n; i++) {
        l->matches[found] = (uint32_t)i;
        found += l->hits.at[i];
    }
    return l->matches == NULL ? SYM_NO_MEMORY : SYM_OK;
}

static enum sym_err searched(struct sym_vole_run *run)
{
    enum sym_err err = list_matches(run);
    enter(&run->list, err == SYM_OK ? LIST_DONE : LIST_LATER, 0);
    if (err == SYM_OK) {
        sym_vole_release(run);
    }
    return err;
}

static enum sym_err next_stage(struct sym_vole_run *run)
{
    struct vole_list *l = &run->list;
    switch (l->stage) {
    case LIST_HASHES:
        enter(l, LIST_BINS, 1);
        break;
    case LIST_BINS:
        enter(l, LIST_SCATTERS, pieces(run));
        break;
    case LIST_SCATTERS:
        sym_vole_buffer_free(run, &l->counts);
        enter(l, LIST_READY, 0);
        return sym_vole_list_go_on(run);
    case LIST_MASKS:
        sym_vole_buffer_free(run, &l->binned);
        enter(l, LIST_BUCKETS, 1);
        break;
    case LIST_BUCKETS:
        enter(l, LIST_PARTITIONS, pieces(run));
        break;
    case LIST_PARTITIONS:
        sym_vole_buffer_free(run, &l->counts);
        if (sym_vole_is_r(run)) {
            enter(l, LIST_SEARCHES, (run->n_s + VOLE_SEARCH_MASKS - 1) / VOLE_SEARCH_MASKS);
        } else {
            enter(l, LIST_SORTS, VOLE_SORT_PARTS);
        }
        break;
    case LIST_SORTS:
        enter(l, LIST_DONE, 0);
        break;
    case LIST_SEARCHES:
        return searched(run);
    case LIST_LATER:
    case LIST_READY:
    case LIST_DONE:
    case LIST_STAGE_COUNT:
        return SYM_INTERNAL;
    }
    return SYM_OK;
}

/* Works ----------------------------------------------------------------------------------------
 */

static const struct {
    enum sym_err (*piece)(const struct sym_vole_run *run, size_t piece);
    const char *fault;
} stages[LIST_STAGE_COUNT] = {
    [LIST_HASHES] = {hash_piece, "own digests do not ascend"},
    [LIST_BINS] = {bins_piece, "own items could not be put into bins"},
    [LIST_SCATTERS] = {scatter_piece, "own items could not be put into bins"},
    [LIST_MASKS] = {mask_piece, "own masks could not be made"},
    [LIST_BUCKETS] = {buckets_piece, "own masks could not be put into buckets"},
    [LIST_PARTITIONS] = {partition_piece, "own masks could not be put into buckets"},
    [LIST_SORTS] = {sort_piece, "own masks could not be sorted"},
    [LIST_SEARCHES] = {search_piece, "own masks could not be looked for"},
};

static enum sym_err list_piece(const struct vole_job *job, size_t first, size_t n)
{
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < n; i++) {
        err = stages[job->run->list.stage].piece(job->run, job->at + first + i);
    }
    return err;
}

/* Items that have passed a stage with some of its pieces. */
static uint64_t passed(const struct sym_vole_run *run, const struct vole_job *job)
{
    const struct vole_list *l = &run->list;
    bool searches = l->stage == LIST_SEARCHES;
    uint64_t size = searches ? VOLE_SEARCH_MASKS : VOLE_LIST_PIECE;
    uint64_t all = searches ? run->n_s : own(run);
    if (l->stage == LIST_BINS || l->stage == LIST_BUCKETS) {
        return 0;
    }
    if (l->stage == LIST_SORTS) {
        return all * (job->at + job->n) / VOLE_SORT_PARTS - all * job->at / VOLE_SORT_PARTS;
    }
    uint64_t end = (job->at + job->n) * size;
    return (end < all ? end : all) - job->at * size;
}

static enum sym_err list_done(struct sym_vole_run *run, const struct vole_job *job)
{
    struct vole_list *l = &run->list;
    l->passed += passed(run, job);
    l->done += (uint32_t)job->n;
    for (size_t i = 0; l->stage == LIST_SORTS && i < job->n; i++) {
        l->part_done[job->at + i] = true;
    }
    return l->done == l->total ? next_stage(run) : SYM_OK;
}

/* Pieces of this stage that can be done now. */
static uint32_t possible(const struct sym_vole_run *run)
{
    const struct vole_list *l = &run->list;
    return l->stage != LIST_SEARCHES || has_closed(run) ? l->total : l->given;
}

bool sym_vole_offer_list(struct sym_vole_run *run, struct vole_job *job)
{
    struct vole_list *l = &run->list;
    uint32_t left = possible(run) - l->given;
    if (left == 0) {
        return false;
    }
    job->piece = list_piece;
    job->done = list_done;
    job->fault = stages[l->stage].fault;
    job->at = l->given;
    job->n = left < VOLE_LIST_WORK_PIECES ? left : VOLE_LIST_WORK_PIECES;
    l->given += (uint32_t)job->n;
    return true;
}

/* What others ask -------------------------------------------------------------------------------
 */

struct sym_block *sym_vole_list_acc(const struct sym_vole_run *run, uint32_t bin)
{
    return masks(&run->list) + words(&run->list.offsets)[bin];
}

const struct sym_okvs_item *sym_vole_list_bin(const struct sym_vole_run *run, uint32_t bin,
                                              size_t *n)
{
    const uint32_t *offsets = words(&run->list.offsets);
    *n = offsets[bin + 1] - offsets[bin];
    return binned(&run->list) + offsets[bin];
}

void sym_vole_list_passed(struct sym_vole_run *run, uint32_t batch)
{
    const uint32_t first = sym_vole_first_bin(&run->g, batch);
    for (uint32_t i = 0; i < sym_vole_batch_bins(&run->g, batch); i++) {
        size_t items = 0;
        (void)sym_vole_list_bin(run, first + i, &items);
        run->list.passed += items;
    }
    run->list.batches++;
}

const uint8_t *sym_vole_list_sorted(const struct sym_vole_run *run, size_t *ready)
{
    const struct vole_list *l = &run->list;
    size_t part = 0;
    if (l->stage != LIST_SORTS && l->stage != LIST_DONE) {
        *ready = 0;
        return NULL;
    }
    while (part < VOLE_SORT_PARTS && l->part_done[part]) {
        part++;
    }
    *ready = words(&l->offsets)[first_bucket(l, part)] * (size_t)SYM_VOLE_MASK_BYTES;
    return (const uint8_t *)records(run);
}

void sym_vole_list_release(struct sym_vole_run *run)
{
    struct vole_list *l = &run->list;
    sym_vole_buffer_wipe(run, &l->room);
    sym_vole_buffer_wipe(run, &l->binned);
    sym_vole_buffer_wipe(run, &l->index);
    sym_vole_buffer_free(run, &l->counts);
    sym_vole_buffer_free(run, &l->offsets);
    sym_vole_buffer_free(run, &l->masks);
    sym_vole_buffer_wipe(run, &l->hits);
    sym_wipe(&l->prefix, sizeof l->prefix);
}
