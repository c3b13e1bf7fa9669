#include "node/overlap/overlap_set.h"

#include "node/memory.h"
#include "proto/sorted.h"

#include <stdlib.h>
#include <string.h>

/* Parts that one work sorts: others get their turn in between. */
#define PARTS_PER_WORK 16u
/* Digests that are moved to their parts by one piece of work. */
#define PIECE 32768u

#define LARGE_BYTES ((size_t)1 << 20)

/* Behind a digest while they are put in order, where it is wanted: the token's place in the
 * content, big-endian, so that equal digests come in the order of their tokens. */
#define PLACE_BYTES 4u
/* In a place: the digest is that of the place before. */
#define SAME       (UINT32_C(1) << 31)
#define PLACES_MAX SAME

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
    size_t stride;    /* of digests, until they are in order */
    uint32_t *places; /* of the tokens, in the order of their digests; of a set that keeps these */
    size_t n_places;
    uint64_t place;   /* of the token that is read next */
    uint64_t *tokens; /* that matched, by place: a bit each */
    size_t n_matched;
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
static void *take_array(size_t len)
{
    return len < LARGE_BYTES ? calloc(len > 0 ? len : 1, 1) : sym_memory_map(len);
}

static void give_array(void *array, size_t len)
{
    if (array == NULL) {
        return;
    }
    sym_wipe(array, len);
    if (len < LARGE_BYTES) {
        free(array);
    } else {
        sym_memory_unmap(array, len);
    }
}

static void give_digests(struct sym_overlap_set *set)
{
    give_array(set->digests, set->room * set->stride);
    set->digests = NULL;
}

static void give_places(struct sym_overlap_set *set)
{
    give_array(set->places, set->room * sizeof *set->places);
    set->places = NULL;
}

static size_t bytes_of_tokens(const struct sym_overlap_set *set)
{
    return (size_t)(set->place + 63) / 64 * sizeof *set->tokens;
}

static void destroy(struct sym_overlap_set *set)
{
    sym_segment_clear(&set->reading);
    give_digests(set);
    give_array(set->moved, set->room * set->stride);
    give_places(set);
    give_array(set->tokens, bytes_of_tokens(set));
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
    if (err == SYM_OK && set->config.keeps_content && set->place + s->n_tokens > PLACES_MAX) {
        err = SYM_LIMIT;
    }
    for (size_t i = 0; err == SYM_OK && i < s->n_tokens; i++) {
        if (set->config.type != SYM_TOKEN_NONE && s->types[i] != (uint8_t)set->config.type) {
            continue;
        }
        if (set->n == set->room) {
            err = SYM_INTERNAL;
            break;
        }
        uint8_t *item = set->digests + set->n++ * set->stride;
        memcpy(item, s->digests[i], SYM_DIGEST_BYTES);
        if (set->config.keeps_content) {
            sym_put_u32(item + SYM_DIGEST_BYTES, (uint32_t)(set->place + i));
        }
    }
    set->place += s->n_tokens;
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
    return set->digests + piece * PIECE * set->stride;
}

static enum sym_err count_pieces(void *context, size_t first, size_t n)
{
    const struct sym_overlap_set *set = context;
    for (size_t p = first; p < first + n; p++) {
        size_t some = 0;
        const uint8_t *digests = piece_of(set, p, &some);
        sym_sorted_count(set->counts[p], digests, some, set->stride);
    }
    return SYM_OK;
}

static enum sym_err move_pieces(void *context, size_t first, size_t n)
{
    const struct sym_overlap_set *set = context;
    for (size_t p = first; p < first + n; p++) {
        size_t some = 0;
        const uint8_t *digests = piece_of(set, p, &some);
        sym_sorted_move(set->moved, set->counts[p], digests, some, set->stride);
    }
    return SYM_OK;
}

static enum sym_err sort_parts(void *context, size_t first, size_t n)
{
    const struct sym_overlap_set *set = context;
    size_t base = set->parts - PARTS_PER_WORK;
    for (size_t p = base + first; p < base + first + n; p++) {
        const size_t at = set->starts[p] * set->stride;
        sym_sorted_part(set->digests + at, set->moved + at, set->starts[p + 1] - set->starts[p],
                        set->stride);
    }
    return SYM_OK;
}

static bool is_as_before(const struct sym_overlap_set *set, size_t at)
{
    const uint8_t *digest = set->digests + at * set->stride;
    return at > 0 && sym_sorted_compare(digest - set->stride, digest, SYM_DIGEST_BYTES) == 0;
}

/* Notes the runs of equal digests; with no room yet, it only counts them. */
static void note_shared(struct sym_overlap_set *set)
{
    set->n_shared = 0;
    for (size_t i = 1; i < set->n; i++) {
        bool repeats = is_as_before(set, i);
        bool begins = repeats && !is_as_before(set, i - 1);
        if (begins && set->shared != NULL) {
            memcpy(set->shared + set->n_shared * SYM_DIGEST_BYTES, set->digests + i * set->stride,
                   SYM_DIGEST_BYTES);
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
    size_t kept = 0;
    for (size_t i = 0; i < set->n; i++) {
        const uint8_t *next = set->digests + i * set->stride;
        uint8_t *to = set->digests + kept * SYM_DIGEST_BYTES;
        const bool same =
            kept > 0 && sym_sorted_compare(to - SYM_DIGEST_BYTES, next, SYM_DIGEST_BYTES) == 0;
        if (set->places != NULL) {
            set->places[i] = sym_get_u32(next + SYM_DIGEST_BYTES) | (same ? SAME : 0);
        }
        if (!same) {
            memmove(to, next, SYM_DIGEST_BYTES);
            kept++;
        }
    }
    set->n_places = set->n;
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

/* Room for the places of those that may match, where they are wanted. */
static bool has_places(struct sym_overlap_set *set)
{
    if (!set->config.keeps_content) {
        return true;
    }
    set->places = take_array(set->room * sizeof *set->places);
    set->tokens = take_array(bytes_of_tokens(set));
    return set->places != NULL && set->tokens != NULL;
}

/* All are read. */
static enum sym_err begin_order(struct sym_overlap_set *set)
{
    if (set->n == 0) {
        return give_out(set, drop_repeated, 1);
    }
    set->moved = take_array(set->room * set->stride);
    set->counts = calloc(pieces(set), sizeof *set->counts);
    if (set->moved == NULL || set->counts == NULL || !has_places(set)) {
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
    give_array(set->moved, set->room * set->stride);
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
    set->stride = SYM_DIGEST_BYTES + (config->keeps_content ? PLACE_BYTES : 0);
    set->digests = take_array(set->room * set->stride);
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

void sym_overlap_set_match(struct sym_overlap_set *set, const uint32_t *indices, size_t n)
{
    size_t at = 0;
    size_t digest = 0; /* that the place belongs to */
    for (size_t i = 0; i < set->n_places; i++) {
        digest += i > 0 && (set->places[i] & SAME) == 0;
        at += at < n && indices[at] < digest;
        if (at < n && indices[at] == digest) {
            const uint32_t place = set->places[i] & ~SAME;
            set->tokens[place / 64] |= UINT64_C(1) << place % 64;
        }
    }
    set->n_matched = n;
    set->n = 0;
    give_digests(set);
    give_places(set);
}

struct sym_matched sym_overlap_set_matched(const struct sym_overlap_set *set)
{
    return (struct sym_matched){.n = set->n_matched, .tokens = set->tokens};
}
