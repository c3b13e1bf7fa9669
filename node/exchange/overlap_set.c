#include "node/exchange/overlap_set.h"

#include "node/memory.h"
#include "proto/sorted.h"

#include <stdlib.h>
#include <string.h>

/* Parts that one work sorts: others get their turn in between. */
#define PARTS_PER_WORK 16u
/* Digests that are moved to their parts by one piece of work. */
#define PIECE 32768u

#define LARGE_BYTES ((size_t)1 << 20)

/* How digests are put in order. */
enum order {
    ORDER_ENDS, /* nothing is left but to drop those that are repeated */
    ORDER_COUNTS,
    ORDER_MOVES,
    ORDER_SORTS,
};

struct sym_overlap_set {
    struct sym_overlap_set_config config;
    sym_overlap_set_fn *done;
    void *owner;
    struct sym_timer *turn;
    size_t segment; /* next to be read */
    struct sym_segment reading;
    uint8_t *digests;
    uint8_t *moved; /* while they are put in order: by parts */
    uint32_t (*counts)[SYM_SORTED_PARTS];
    size_t room;
    size_t n;
    uint8_t *shared; /* digests that come several times, */
    uint32_t *times; /* and how often */
    size_t n_shared;
    size_t starts[SYM_SORTED_PARTS + 1];
    enum order order;
    size_t parts; /* given out to be sorted */
    bool working; /* a work is out */
    bool given_up;
    unsigned holders;
};

uint32_t sym_padded_size(uint32_t n, enum sym_padding padding)
{
    uint32_t size = n;
    if (padding == SYM_PADDING_POWER_OF_TWO) {
        for (size = 1; size < n; size *= 2) {
        }
    }
    return size;
}

static void release_content(struct sym_overlap_set *set)
{
    sym_content_release(set->config.content);
    set->config.content = NULL;
}

/* Large arrays lie in huge pages: to enter small ones takes longer than to copy digests there. */
static uint8_t *take_digests(size_t n)
{
    size_t len = n > 0 ? n * SYM_DIGEST_BYTES : 1;
    return len < LARGE_BYTES ? malloc(len) : sym_memory_map(len);
}

/* Wipes n of them. */
static void give_digests(uint8_t *digests, size_t n)
{
    if (digests == NULL) {
        return;
    }
    sym_wipe(digests, n * SYM_DIGEST_BYTES);
    if (n * SYM_DIGEST_BYTES < LARGE_BYTES) {
        free(digests);
    } else {
        sym_memory_unmap(digests, n * SYM_DIGEST_BYTES);
    }
}

static void destroy(struct sym_overlap_set *set)
{
    sym_segment_clear(&set->reading);
    give_digests(set->digests, set->room);
    give_digests(set->moved, set->room);
    free(set->counts);
    if (set->shared != NULL) {
        sym_wipe(set->shared, set->n_shared * SYM_DIGEST_BYTES);
    }
    free(set->shared);
    free(set->times);
    free(set);
}

void sym_overlap_set_hold(struct sym_overlap_set *set)
{
    set->holders++;
}

void sym_overlap_set_free(struct sym_overlap_set *set)
{
    if (set == NULL || --set->holders > 0) {
        return;
    }
    sym_timer_remove(&set->turn);
    if (set->config.content != NULL) {
        release_content(set);
    }
    set->given_up = true;
    if (!set->working) {
        destroy(set);
    }
}

/* Reading --------------------------------------------------------------------------------------
 */

/* Has each record at most one token that counts? */
static bool has_one_each(const struct sym_overlap_set *set, const struct sym_segment *s)
{
    size_t at = 0;
    for (size_t i = 0; i < s->n_records; i++) {
        unsigned n = 0;
        for (size_t end = at + s->token_counts[i]; at < end && at < s->n_tokens; at++) {
            n += set->config.type == SYM_TOKEN_NONE || s->types[at] == (uint8_t)set->config.type;
        }
        if (n > 1) {
            return false;
        }
    }
    return true;
}

static enum sym_err add_segment(struct sym_overlap_set *set)
{
    const struct sym_segment *s = &set->reading;
    enum sym_err err = sym_content_segment(set->config.content, set->segment, &set->reading);
    if (err != SYM_OK) {
        return err;
    }
    if (set->config.one_each && !has_one_each(set, s)) {
        err = SYM_UNSUPPORTED;
    }
    for (size_t i = 0; err == SYM_OK && i < s->n_tokens; i++) {
        if (set->config.type != SYM_TOKEN_NONE && s->types[i] != (uint8_t)set->config.type) {
            continue;
        }
        if (set->n == set->room) {
            err = SYM_INTERNAL;
        } else {
            memcpy(set->digests + set->n++ * SYM_DIGEST_BYTES, s->digests[i], SYM_DIGEST_BYTES);
        }
    }
    set->segment++;
    return err;
}

/* Putting in order -----------------------------------------------------------------------------
 */

static size_t pieces(const struct sym_overlap_set *set)
{
    return (set->n + PIECE - 1) / PIECE;
}

/* The digests of one piece. */
static const uint8_t *piece_of(const struct sym_overlap_set *set, size_t piece, size_t *n)
{
    const size_t left = set->n - piece * PIECE;
    *n = left < PIECE ? left : PIECE;
    return set->digests + piece * PIECE * SYM_DIGEST_BYTES;
}

static enum sym_err count_pieces(void *context, size_t first, size_t n)
{
    const struct sym_overlap_set *set = context;
    for (size_t p = first; p < first + n; p++) {
        size_t some = 0;
        const uint8_t *digests = piece_of(set, p, &some);
        sym_sorted_count(set->counts[p], digests, some, SYM_DIGEST_BYTES);
    }
    return SYM_OK;
}

static enum sym_err move_pieces(void *context, size_t first, size_t n)
{
    const struct sym_overlap_set *set = context;
    for (size_t p = first; p < first + n; p++) {
        size_t some = 0;
        const uint8_t *digests = piece_of(set, p, &some);
        sym_sorted_move(set->moved, set->counts[p], digests, some, SYM_DIGEST_BYTES);
    }
    return SYM_OK;
}

static enum sym_err sort_parts(void *context, size_t first, size_t n)
{
    const struct sym_overlap_set *set = context;
    size_t base = set->parts - PARTS_PER_WORK;
    for (size_t p = base + first; p < base + first + n; p++) {
        const size_t at = set->starts[p] * SYM_DIGEST_BYTES;
        sym_sorted_part(set->digests + at, set->moved + at, set->starts[p + 1] - set->starts[p],
                        SYM_DIGEST_BYTES);
    }
    return SYM_OK;
}

static bool is_as_before(const struct sym_overlap_set *set, size_t at)
{
    const uint8_t *digest = set->digests + at * SYM_DIGEST_BYTES;
    return at > 0 && sym_sorted_compare(digest - SYM_DIGEST_BYTES, digest, SYM_DIGEST_BYTES) == 0;
}

/* Notes the runs of equal digests; with no room yet, it only counts them. */
static void note_shared(struct sym_overlap_set *set)
{
    set->n_shared = 0;
    for (size_t i = 1; i < set->n; i++) {
        bool repeats = is_as_before(set, i);
        bool begins = repeats && !is_as_before(set, i - 1);
        if (begins && set->shared != NULL) {
            memcpy(set->shared + set->n_shared * SYM_DIGEST_BYTES,
                   set->digests + i * SYM_DIGEST_BYTES, SYM_DIGEST_BYTES);
            set->times[set->n_shared] = 1;
        }
        set->n_shared += begins ? 1 : 0;
        if (repeats && set->shared != NULL) {
            set->times[set->n_shared - 1]++;
        }
    }
}

static enum sym_err count_shared(struct sym_overlap_set *set)
{
    note_shared(set);
    size_t room = set->n_shared > 0 ? set->n_shared : 1;
    set->times = calloc(room, sizeof *set->times);
    set->shared = set->times != NULL ? calloc(room, SYM_DIGEST_BYTES) : NULL;
    if (set->shared == NULL) {
        set->n_shared = 0;
        return SYM_NO_MEMORY;
    }
    note_shared(set);
    return SYM_OK;
}

/* Records may share an identifier. */
static enum sym_err drop_repeated(void *context, size_t first, size_t n)
{
    struct sym_overlap_set *set = context;
    (void)first;
    (void)n;
    enum sym_err err = set->config.counts_shared ? count_shared(set) : SYM_OK;
    if (err != SYM_OK) {
        return err;
    }
    size_t kept = set->n > 0 ? 1 : 0;
    for (size_t i = 1; i < set->n; i++) {
        const uint8_t *next = set->digests + i * SYM_DIGEST_BYTES;
        uint8_t *last = set->digests + (kept - 1) * SYM_DIGEST_BYTES;
        if (sym_sorted_compare(last, next, SYM_DIGEST_BYTES) != 0) {
            if (kept < i) {
                memcpy(last + SYM_DIGEST_BYTES, next, SYM_DIGEST_BYTES);
            }
            kept++;
        }
    }
    set->n = kept;
    return SYM_OK;
}

static void worked(void *owner, void *subject, void *context, enum sym_err err);

static enum sym_err give_out(struct sym_overlap_set *set,
                             enum sym_err (*run)(void *context, size_t first, size_t n), size_t n)
{
    struct sym_work work = {.run = run, .context = set, .n = n, .grain = 1};
    struct sym_errand_report report = {.fn = worked, .owner = set};
    enum sym_err err = sym_errands_run(set->config.errands, &work, &report);
    set->working = err == SYM_OK;
    return err;
}

/* All are read. */
static enum sym_err begin_order(struct sym_overlap_set *set)
{
    if (set->n == 0) {
        return give_out(set, drop_repeated, 1);
    }
    set->moved = take_digests(set->room);
    set->counts = calloc(pieces(set), sizeof *set->counts);
    if (set->moved == NULL || set->counts == NULL) {
        return SYM_NO_MEMORY;
    }
    set->order = ORDER_COUNTS;
    return give_out(set, count_pieces, pieces(set));
}

/* A work has ended: the next one, or none when all is done. */
static enum sym_err go_on(struct sym_overlap_set *set)
{
    switch (set->order) {
    case ORDER_COUNTS:
        sym_sorted_places(set->starts, set->counts, pieces(set));
        set->order = ORDER_MOVES;
        return give_out(set, move_pieces, pieces(set));
    case ORDER_MOVES:
        set->order = ORDER_SORTS;
        break;
    case ORDER_SORTS:
        break;
    case ORDER_ENDS:
        return SYM_OK;
    }
    if (set->parts < SYM_SORTED_PARTS) {
        set->parts += PARTS_PER_WORK;
        return give_out(set, sort_parts, PARTS_PER_WORK);
    }
    give_digests(set->moved, set->room);
    set->moved = NULL;
    set->order = ORDER_ENDS;
    return give_out(set, drop_repeated, 1);
}

static void worked(void *owner, void *subject, void *context, enum sym_err err)
{
    struct sym_overlap_set *set = owner;
    (void)subject;
    (void)context;
    set->working = false;
    if (set->given_up) {
        destroy(set);
        return;
    }
    err = err == SYM_OK ? go_on(set) : err;
    if (!set->working) {
        set->done(set->owner, set, err);
    }
}

static void on_turn(void *owner)
{
    struct sym_overlap_set *set = owner;
    enum sym_err err = SYM_OK;
    if (set->segment < sym_content_segments(set->config.content)) {
        err = add_segment(set);
    }
    if (err == SYM_OK && set->segment < sym_content_segments(set->config.content)) {
        sym_timer_set(set->turn, 0);
        return;
    }
    sym_segment_clear(&set->reading);
    if (err == SYM_OK && !set->config.keeps_content) {
        release_content(set);
    }
    if (err == SYM_OK) {
        err = begin_order(set);
    }
    if (err != SYM_OK) {
        set->done(set->owner, set, err);
    }
}

enum sym_err sym_overlap_set_new(struct sym_overlap_set **out,
                                 const struct sym_overlap_set_config *config,
                                 sym_overlap_set_fn *done, void *owner)
{
    uint64_t tokens = sym_content_tokens(config->content, config->type);
    if (tokens > SYM_SET_MAX) {
        return SYM_LIMIT;
    }
    struct sym_overlap_set *set = calloc(1, sizeof *set);
    if (set == NULL) {
        return SYM_NO_MEMORY;
    }
    set->config = *config;
    set->holders = 1;
    set->done = done;
    set->owner = owner;
    set->room = (size_t)tokens;
    set->digests = take_digests(set->room);
    enum sym_err err = set->digests == NULL ? SYM_NO_MEMORY : SYM_OK;
    if (err == SYM_OK) {
        err = sym_loop_timer(config->loop, &set->turn, 0, on_turn, set);
    }
    if (err != SYM_OK) {
        destroy(set);
        return err;
    }
    *out = set;
    return SYM_OK;
}

/* What it holds --------------------------------------------------------------------------------
 */

const uint8_t *sym_overlap_set_digests(const struct sym_overlap_set *set, size_t *n)
{
    *n = set->n;
    return set->digests;
}

uint32_t sym_overlap_set_size(const struct sym_overlap_set *set)
{
    return sym_padded_size((uint32_t)set->n, set->config.padding);
}

struct sym_content *sym_overlap_set_content(const struct sym_overlap_set *set)
{
    return set->config.content;
}

struct sym_shared_digests sym_overlap_set_shared(const struct sym_overlap_set *set)
{
    return (struct sym_shared_digests){
        .n = set->n_shared, .digests = set->shared, .times = set->times};
}

void sym_overlap_set_reduce(struct sym_overlap_set *set, const uint32_t *indices, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        memmove(set->digests + i * SYM_DIGEST_BYTES,
                set->digests + (size_t)indices[i] * SYM_DIGEST_BYTES, SYM_DIGEST_BYTES);
    }
    set->n = n;
}
