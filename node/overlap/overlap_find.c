#include "node/overlap/overlap_find.h"

#include "proto/sorted.h"

#include <stdlib.h>

/* Segments that are searched, or wait to be kept in their order, at the same time. */
#define PARTS 8u

/* A segment from its reading until its records were kept. */
struct part {
    struct sym_overlap_find *find;
    struct sym_segment segment;
    uint64_t place;                          /* of its first token */
    uint64_t types[SYM_SEGMENT_RECORDS_MAX]; /* that matched, by record */
    struct sym_shared_keys counts;           /* of all segments that were here */
    bool searched;
};

struct sym_overlap_find {
    struct sym_overlap_find_config config;
    sym_overlap_find_fn *done;
    void *owner;
    struct sym_timer *turn;
    struct sym_matched matched;
    struct sym_shared_digests counted;
    struct sym_sorted_index shared; /* of those */
    uint32_t *starts;               /* of the index */
    struct sym_shared_keys counts;
    struct part parts[PARTS]; /* segment i is in parts[i % PARTS] */
    size_t segments;          /* that are to be searched */
    size_t read;
    uint64_t place; /* of the token that is read next */
    size_t kept;
    size_t out; /* works */
    bool given_up;
    uint64_t records;
    struct sym_result_rows rows;   /* of the page that is being filled */
    struct sym_result_pages pages; /* that are full */
};

/* Keeping ----------------------------------------------------------------------------------------
 */

static enum sym_err keep_pages(struct sym_overlap_find *f)
{
    return sym_results_put(f->config.results, sym_span(f->config.id, sizeof f->config.id),
                           &f->pages);
}

static enum sym_err keep_page(struct sym_overlap_find *f)
{
    if (f->rows.n == 0) {
        return SYM_OK;
    }
    enum sym_err err = f->pages.n == SYM_RESULT_PAGES_MAX ? keep_pages(f) : SYM_OK;
    if (err == SYM_OK) {
        err = sym_result_pages_add(&f->pages, &f->rows);
    }
    sym_wipe(&f->rows, sizeof f->rows);
    return err;
}

static enum sym_err keep_row(struct sym_overlap_find *f, struct sym_span id, uint64_t types)
{
    enum sym_err err = f->rows.n == SYM_RESULT_ROWS_MAX ? keep_page(f) : SYM_OK;
    if (err == SYM_OK) {
        err = sym_result_rows_add(&f->rows, id, types);
    }
    f->records += err == SYM_OK;
    return err;
}

/* Searching, on any thread ------------------------------------------------------------------------
 */

/* The types of n tokens that matched, from this place in the content and this one in the segment
 * on. */
static uint64_t types_that_match(const struct sym_overlap_find *f, uint64_t place,
                                 const uint8_t *types, size_t n)
{
    uint64_t found = 0;
    for (size_t i = 0; i < n; i++) {
        const uint64_t at = place + i;
        if ((f->matched.tokens[at / 64] >> at % 64 & 1) != 0 && types[i] <= SYM_TOKEN_TYPES_MAX) {
            found |= 1ull << types[i];
        }
    }
    return found;
}

/* Which tokens of a segment several records have: so many at once, from `first` on. */
struct hits {
    const struct sym_sorted_index *index;
    size_t first;
    size_t n;
    bool is_there[SYM_SORTED_WANTED_MAX];
};

static bool is_hit(struct hits *h, const struct sym_segment *s, size_t token)
{
    if (token >= h->first + h->n) {
        size_t left = s->n_tokens - token;
        h->first = token;
        h->n = left < SYM_SORTED_WANTED_MAX ? left : SYM_SORTED_WANTED_MAX;
        sym_sorted_index_has(h->is_there, h->index, s->digests[token], h->n);
    }
    return h->is_there[token - h->first];
}

/* How many own records have a digest that several have. */
static uint32_t times(const struct sym_overlap_find *f, const uint8_t digest[SYM_DIGEST_BYTES])
{
    const struct sym_shared_digests *all = &f->counted;
    size_t first = 0;
    for (size_t n = all->n; n > 1;) {
        size_t half = n / 2;
        const uint8_t *middle = all->digests + (first + half) * SYM_DIGEST_BYTES;
        bool behind = sym_sorted_compare(middle, digest, SYM_DIGEST_BYTES) <= 0;
        first += behind ? half : 0;
        n = behind ? n - half : half;
    }
    return all->times[first];
}

static void count_keys(struct sym_shared_keys *counts, struct hits *h,
                       const struct sym_overlap_find *f, const struct sym_segment *s, size_t first,
                       size_t n)
{
    uint8_t types[SYM_TOKENS_PER_RECORD_MAX];
    uint32_t held_by[SYM_TOKENS_PER_RECORD_MAX];
    size_t keys = 0;
    for (size_t i = first; i < first + n && keys < SYM_TOKENS_PER_RECORD_MAX; i++) {
        if (s->types[i] < SYM_TOKEN_TYPE_COUNT && (f->config.keys >> s->types[i] & 1) != 0) {
            types[keys] = s->types[i];
            held_by[keys++] = is_hit(h, s, i) ? times(f, s->digests[i]) : 1;
        }
    }
    sym_shared_keys_add(counts, types, held_by, keys);
}

static enum sym_err search_part(void *context, size_t first, size_t n)
{
    struct part *p = context;
    const struct sym_overlap_find *f = p->find;
    const struct sym_segment *s = &p->segment;
    struct hits shared = {.index = &f->shared};
    size_t token = 0;
    (void)first;
    (void)n;
    for (size_t i = 0; i < s->n_records; i++) {
        p->types[i] = f->matched.n == 0 ? 0
                                        : types_that_match(f, p->place + token, s->types + token,
                                                           s->token_counts[i]);
        if (f->config.keys != 0) {
            count_keys(&p->counts, &shared, f, s, token, s->token_counts[i]);
        }
        token += s->token_counts[i];
    }
    return SYM_OK;
}

/* From segment to segment ------------------------------------------------------------------------
 */

/* What was forgotten since it was read is not kept. */
static enum sym_err keep_part(struct sym_overlap_find *f, struct part *p)
{
    const uint8_t *id = p->segment.ids;
    enum sym_err err =
        sym_content_is_cancelled(sym_overlap_set_content(f->config.set)) ? SYM_CANCELLED : SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < p->segment.n_records; i++) {
        if (sym_overlap_rule_keeps(f->config.rule, p->types[i])) {
            err = keep_row(f, sym_span(id, p->segment.id_lengths[i]), p->types[i]);
        }
        id += p->segment.id_lengths[i];
    }
    p->searched = false;
    f->kept++;
    return err;
}

static void worked(void *owner, void *subject, void *context, enum sym_err err);

static enum sym_err begin_part(struct sym_overlap_find *f)
{
    struct part *p = &f->parts[f->read % PARTS];
    const struct sym_work work = {.run = search_part, .context = p, .n = 1, .grain = 1};
    const struct sym_errand_report report = {.fn = worked, .owner = f};
    enum sym_err err =
        sym_content_segment(sym_overlap_set_content(f->config.set), f->read, &p->segment);
    if (err != SYM_OK) {
        return err;
    }
    p->place = f->place;
    if (f->config.keys == 0) { /* quicker than to hand it over */
        err = search_part(p, 0, 1);
        p->searched = true;
    } else {
        err = sym_errands_run(f->config.errands, &work, &report);
        f->out += err == SYM_OK;
    }
    if (err == SYM_OK) {
        f->read++;
        f->place += p->segment.n_tokens;
    }
    return err;
}

static enum sym_err end(struct sym_overlap_find *f)
{
    for (size_t i = 0; i < PARTS; i++) {
        sym_shared_keys_join(&f->counts, &f->parts[i].counts);
    }
    enum sym_err err = keep_page(f);
    return err == SYM_OK ? keep_pages(f) : err;
}

static bool can_keep(const struct sym_overlap_find *f)
{
    return f->kept < f->read && f->parts[f->kept % PARTS].searched;
}

static bool can_read(const struct sym_overlap_find *f)
{
    return f->read < f->segments && f->read < f->kept + PARTS;
}

static void on_turn(void *owner)
{
    struct sym_overlap_find *f = owner;
    enum sym_err err = SYM_OK;
    while (err == SYM_OK && can_keep(f)) {
        err = keep_part(f, &f->parts[f->kept % PARTS]);
    }
    if (err == SYM_OK && can_read(f)) {
        err = begin_part(f);
    }
    if (err == SYM_OK && f->kept < f->segments) {
        if (can_keep(f) || can_read(f)) {
            sym_timer_set(f->turn, 0);
        }
        return;
    }
    err = err == SYM_OK ? end(f) : err;
    f->done(f->owner, err);
}

static void destroy(struct sym_overlap_find *f)
{
    for (size_t i = 0; i < PARTS; i++) {
        sym_segment_clear(&f->parts[i].segment);
    }
    sym_overlap_set_free(f->config.set);
    sym_result_pages_clear(&f->pages);
    free(f->starts);
    sym_wipe_free(f, sizeof *f);
}

static void worked(void *owner, void *subject, void *context, enum sym_err err)
{
    struct sym_overlap_find *f = owner;
    struct part *p = context;
    (void)subject;
    f->out--;
    if (f->given_up) {
        if (f->out == 0) {
            destroy(f);
        }
    } else if (err == SYM_OK) {
        p->searched = true;
        sym_timer_set(f->turn, 0);
    } else {
        f->done(f->owner, err);
    }
}

static enum sym_err make_index(struct sym_overlap_find *f)
{
    const struct sym_overlap_set *set = f->config.set;
    f->matched = sym_overlap_set_matched(set);
    f->counted = sym_overlap_set_shared(set);
    f->segments = f->matched.n > 0 || f->config.keys != 0
                      ? sym_content_segments(sym_overlap_set_content(set))
                      : 0;
    f->starts = calloc(sym_sorted_index_room(f->counted.n), sizeof *f->starts);
    if (f->starts == NULL) {
        return SYM_NO_MEMORY;
    }
    sym_sorted_index_make(&f->shared, f->starts, f->counted.digests, f->counted.n,
                          SYM_DIGEST_BYTES);
    return SYM_OK;
}

enum sym_err sym_overlap_find_new(struct sym_overlap_find **out,
                                  const struct sym_overlap_find_config *config,
                                  sym_overlap_find_fn *done, void *owner)
{
    struct sym_overlap_find *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return SYM_NO_MEMORY;
    }
    f->config = *config;
    f->done = done;
    f->owner = owner;
    sym_overlap_set_hold(f->config.set);
    for (size_t i = 0; i < PARTS; i++) {
        f->parts[i].find = f;
    }
    enum sym_err err = make_index(f);
    if (err == SYM_OK) {
        err = sym_loop_timer(config->loop, &f->turn, 0, on_turn, f);
    }
    if (err != SYM_OK) {
        destroy(f);
        return err;
    }
    *out = f;
    return SYM_OK;
}

void sym_overlap_find_free(struct sym_overlap_find *f)
{
    if (f == NULL) {
        return;
    }
    sym_timer_remove(&f->turn);
    f->given_up = true;
    if (f->out == 0) {
        destroy(f);
    }
}

const struct sym_shared_keys *sym_overlap_find_shared(const struct sym_overlap_find *f)
{
    return &f->counts;
}

uint64_t sym_overlap_find_records(const struct sym_overlap_find *f)
{
    return f->records;
}
