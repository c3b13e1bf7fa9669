#include "node/exchange/overlap_find.h"

#include "proto/sorted.h"

#include <stdlib.h>

struct sym_overlap_find {
    struct sym_overlap_find_config config;
    sym_overlap_find_fn *done;
    void *owner;
    struct sym_timer *turn;
    struct sym_sorted_index index;
    uint32_t *starts; /* of the index */
    struct sym_sorted_index shared;
    uint32_t *shared_starts;
    struct sym_shared_keys counts;
    size_t segment; /* next to be read */
    uint64_t records;
    struct sym_result_rows rows;   /* of the page that is being filled */
    struct sym_result_pages pages; /* that are full */
};

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

/* Which tokens of a segment are in an index: so many at once, from `first` on. */
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

/* A digest names its type, so there is no need to ask for the type of the overlap. */
static uint64_t types_that_match(struct hits *h, const struct sym_segment *s, size_t first,
                                 size_t n)
{
    uint64_t types = 0;
    for (size_t i = first; i < first + n; i++) {
        if (is_hit(h, s, i) && s->types[i] <= SYM_TOKEN_TYPES_MAX) {
            types |= 1ull << s->types[i];
        }
    }
    return types;
}

/* How many own records have a digest that several have. */
static uint32_t times(const struct sym_overlap_find *f, const uint8_t digest[SYM_DIGEST_BYTES])
{
    const struct sym_shared_digests *all = &f->config.shared;
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

static void count_keys(struct hits *h, struct sym_overlap_find *f, const struct sym_segment *s,
                       size_t first, size_t n)
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
    sym_shared_keys_add(&f->counts, types, held_by, keys);
}

static enum sym_err search_segment(struct sym_overlap_find *f)
{
    struct sym_segment s = {0};
    struct hits hits = {.index = &f->index};
    struct hits shared = {.index = &f->shared};
    size_t token = 0;
    enum sym_err err = sym_content_segment(f->config.content, f->segment, &s);
    if (err != SYM_OK) {
        return err;
    }
    const uint8_t *id = s.ids;
    for (size_t i = 0; err == SYM_OK && i < s.n_records; i++) {
        uint64_t types = types_that_match(&hits, &s, token, s.token_counts[i]);
        if (f->config.keys != 0) {
            count_keys(&shared, f, &s, token, s.token_counts[i]);
        }
        if (sym_overlap_rule_keeps(f->config.rule, types)) {
            err = keep_row(f, sym_span(id, s.id_lengths[i]), types);
        }
        token += s.token_counts[i];
        id += s.id_lengths[i];
    }
    sym_segment_clear(&s);
    f->segment++;
    return err;
}

static void on_turn(void *owner)
{
    struct sym_overlap_find *f = owner;
    enum sym_err err = SYM_OK;
    bool looks = f->config.n > 0 || f->config.keys != 0;
    size_t segments = looks ? sym_content_segments(f->config.content) : 0;
    if (f->segment < segments) {
        err = search_segment(f);
    }
    if (err == SYM_OK && f->segment < segments) {
        sym_timer_set(f->turn, 0);
        return;
    }
    if (err == SYM_OK) {
        err = keep_page(f);
    }
    if (err == SYM_OK) {
        err = keep_pages(f);
    }
    f->done(f->owner, err);
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
    f->starts = calloc(sym_sorted_index_room(config->n), sizeof *f->starts);
    f->shared_starts = calloc(sym_sorted_index_room(config->shared.n), sizeof *f->shared_starts);
    enum sym_err err = f->starts == NULL || f->shared_starts == NULL ? SYM_NO_MEMORY : SYM_OK;
    if (err == SYM_OK) {
        sym_sorted_index_make(&f->index, f->starts, config->digests, config->n, SYM_DIGEST_BYTES);
        sym_sorted_index_make(&f->shared, f->shared_starts, config->shared.digests,
                              config->shared.n, SYM_DIGEST_BYTES);
        err = sym_loop_timer(config->loop, &f->turn, 0, on_turn, f);
    }
    if (err != SYM_OK) {
        free(f->starts);
        free(f->shared_starts);
        free(f);
        return err;
    }
    *out = f;
    return SYM_OK;
}

void sym_overlap_find_free(struct sym_overlap_find *f)
{
    if (f != NULL) {
        sym_timer_remove(&f->turn);
        sym_wipe(&f->rows, sizeof f->rows);
        sym_result_pages_clear(&f->pages);
        free(f->starts);
        free(f->shared_starts);
        free(f);
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
