#include "node/exchange/standing_maker.h"

#include "crypto/oprf.h"
#include "node/exchange/overlap_set.h"
#include "node/log.h"
#include "proto/sorted.h"

#include <stdlib.h>
#include <string.h>

/* Elements of one work, and of one piece of it. */
#define PER_WORK 16384u
#define GRAIN    128u

/* A list as it should be. */
struct wish {
    struct sym_node_id peer;
    char dataset[SYM_ALIAS_BYTES];
    uint32_t type;
    uint32_t days;
    uint64_t most; /* elements in the whole epoch */
    uint8_t basis[SYM_DIGEST_BYTES];
};

/* The list that is being made. */
struct making {
    struct sym_standing_maker *maker;
    struct wish wish;
    struct sym_overlap_set *set;
    const uint8_t *digests;
    size_t n;
    struct sym_standing_list list;
    struct sym_tag_code code;
    size_t tag_len;
    struct sym_secret key;
    uint8_t *tags;
    size_t done;  /* elements evaluated */
    size_t first; /* of the work that is out */
    struct sym_span *blocks;
    enum sym_err (*stage)(void *context, size_t first, size_t n);
    bool working;
    bool given_up;
};

struct sym_standing_maker {
    struct sym_standing_maker_config config;
    struct sym_errands errands;
    struct sym_timer *turn;
    struct making *making; /* NULL: none */
};

static uint64_t now_of(const struct sym_standing_maker *m)
{
    return m->config.wall_ms != NULL ? m->config.wall_ms() : sym_wall_ms();
}

/* What there should be -------------------------------------------------------------------------
 */

typedef bool each_fn(void *context, const struct wish *wish);

static void wish_for(struct wish *out, const struct sym_standing_maker *m,
                     const struct sym_standing_offer *offer, size_t at, uint32_t type)
{
    uint8_t numbers[40];
    uint8_t content[SYM_DIGEST_BYTES];
    struct sym_writer w = sym_writer(numbers, sizeof numbers);
    *out = (struct wish){.peer = offer->peer,
                         .type = type,
                         .days = offer->days,
                         .most = (uint64_t)offer->days * offer->elements_per_day};
    memcpy(out->dataset, offer->dataset.data, offer->dataset.len);
    sym_datasets_basis(m->config.datasets, at, content);
    sym_write_u64(&w, type);
    sym_write_u64(&w, offer->days);
    sym_write_u64(&w, offer->elements_per_day);
    sym_write_u64(&w, offer->number);
    sym_write_u64(&w, offer->given_s);
    const struct sym_span parts[] = {sym_span(offer->peer.bytes, SYM_NODE_ID_BYTES),
                                     sym_span(numbers, sizeof numbers),
                                     sym_span(content, sizeof content)};
    sym_digest(out->basis, "symbolon-stands1", parts, 3);
}

/* Every list that should be, until one is answered with true. */
static void each_wish(const struct sym_standing_maker *m, each_fn *fn, void *context)
{
    struct sym_standing_offer offers[SYM_STANDING_KEPT_MAX];
    size_t n = sym_grants_offers(m->config.grants, offers, SYM_STANDING_KEPT_MAX);
    size_t wishes = 0; /* no more than there can be */
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        if (sym_datasets_find(m->config.datasets, &at, offers[i].dataset, NULL) != SYM_OK) {
            continue;
        }
        for (uint32_t type = 0; type < SYM_TOKEN_TYPE_COUNT; type++) {
            uint64_t tokens =
                sym_datasets_tokens(m->config.datasets, at, (enum sym_token_type)type);
            struct wish wish;
            if ((offers[i].types >> type & 1u) == 0 || tokens == 0 ||
                tokens > SYM_STANDING_LIST_MAX) {
                continue;
            }
            wish_for(&wish, m, &offers[i], at, type);
            if (wishes++ == SYM_STANDING_KEPT_MAX || fn(context, &wish)) {
                return;
            }
        }
    }
}

static bool fits(const struct sym_standing_maker *m, const struct sym_standing_row *row,
                 const struct wish *wish)
{
    uint64_t now_ms = now_of(m);
    return sym_equal(row->basis, wish->basis, sizeof row->basis) && now_ms < row->expires_ms &&
           row->made_ms <= now_ms + 86400000u; /* a clock that was set back makes none last */
}

struct search {
    struct sym_standing_maker *maker;
    const struct sym_standing_row *rows;
    size_t n;
    const struct sym_standing_row *row;
    const struct sym_node_id *peer;
    struct sym_span dataset;
    uint32_t type;
    struct wish wish;
    uint64_t until_ms;
    bool found;
};

static bool is_for(void *context, const struct wish *wish)
{
    struct search *s = context;
    s->found = sym_node_id_equal(s->peer, &wish->peer) && s->type == wish->type &&
               sym_span_equal(s->dataset, sym_span_text(wish->dataset));
    s->wish = *wish;
    return s->found;
}

static bool is_row(void *context, const struct wish *wish)
{
    struct search *s = context;
    s->found = s->found || fits(s->maker, s->row, wish);
    return s->found;
}

static bool goes(void *context, const struct sym_standing_row *row)
{
    struct search s = {.maker = context, .row = row};
    if (row->own) {
        each_wish(context, is_row, &s);
    }
    return row->own && !s.found;
}

static bool is_missing(void *context, const struct wish *wish)
{
    struct search *s = context;
    bool there = false;
    for (size_t i = 0; i < s->n; i++) {
        there = there || (s->rows[i].own && fits(s->maker, &s->rows[i], wish));
    }
    s->wish = *wish;
    s->found = !there;
    return s->found;
}

static bool is_wanted(void *context, const struct wish *wish)
{
    struct search *s = context;
    s->found = sym_equal(s->wish.basis, wish->basis, sizeof wish->basis);
    return s->found;
}

enum sym_err sym_standing_maker_find(struct sym_standing_maker *m, struct sym_standing_row *out,
                                     const struct sym_node_id *peer, struct sym_span dataset,
                                     uint32_t type)
{
    struct search s = {.maker = m, .peer = peer, .dataset = dataset, .type = type};
    const struct sym_standing_name name = {
        .own = true, .peer = peer, .dataset = dataset, .type = type};
    each_wish(m, is_for, &s);
    if (!s.found) {
        return SYM_NOT_FOUND;
    }
    enum sym_err err = sym_standings_find(m->config.standings, out, &name);
    if (err == SYM_NOT_FOUND || (err == SYM_OK && !fits(m, out, &s.wish))) {
        return SYM_AGAIN;
    }
    return err;
}

static bool note_until(void *context, const struct wish *wish)
{
    struct search *s = context;
    if (!sym_node_id_equal(s->peer, &wish->peer) ||
        !sym_span_equal(s->dataset, sym_span_text(wish->dataset))) {
        return false;
    }
    uint64_t until_ms = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (s->rows[i].own && fits(s->maker, &s->rows[i], wish)) {
            until_ms = s->rows[i].expires_ms;
        }
    }
    s->until_ms = !s->found || until_ms < s->until_ms ? until_ms : s->until_ms;
    s->found = true;
    return false;
}

uint64_t sym_standing_maker_until(struct sym_standing_maker *m, const struct sym_node_id *peer,
                                  struct sym_span dataset)
{
    struct sym_standing_row *rows = NULL;
    struct search s = {.maker = m, .peer = peer, .dataset = dataset};
    if (m != NULL && sym_standings_list(m->config.standings, &rows, &s.n) == SYM_OK) {
        s.rows = rows;
        each_wish(m, note_until, &s);
        free(rows);
    }
    return s.until_ms;
}

/* Making one -----------------------------------------------------------------------------------
 */

static void destroy(struct making *g)
{
    for (size_t i = 0; g->blocks != NULL && i < sym_standing_blocks(g->list.n); i++) {
        free((uint8_t *)(uintptr_t)g->blocks[i].data);
    }
    free(g->blocks);
    free(g->tags);
    sym_secret_clear(&g->key);
    sym_overlap_set_free(g->set);
    free(g);
}

static void give_up(struct sym_standing_maker *m)
{
    struct making *g = m->making;
    m->making = NULL;
    if (g != NULL) {
        g->given_up = true;
        if (!g->working) {
            destroy(g);
        }
    }
}

static enum sym_err evaluate(void *context, size_t first, size_t n)
{
    struct making *g = context;
    struct sym_span inputs[GRAIN];
    enum sym_err err = SYM_OK;
    for (size_t m = 0; err == SYM_OK && n > 0; first += m, n -= m) {
        m = n < GRAIN ? n : GRAIN;
        size_t at = g->first + first;
        sym_oprf_spans(inputs, m, g->digests + at * SYM_DIGEST_BYTES, SYM_DIGEST_BYTES);
        struct sym_oprf_tags tags = {.data = g->tags + at * g->tag_len, .len = g->tag_len};
        err = sym_oprf_evaluate_own(tags, NULL, g->maker->config.ristretto, inputs, m,
                                    sym_scalar_in(&g->key), SYM_OPRF_INPUT);
    }
    return err;
}

/* Tags of padding are random, as all are. */
static enum sym_err sort(void *context, size_t first, size_t n)
{
    struct making *g = context;
    (void)first;
    (void)n;
    sym_random(g->tags + g->n * g->tag_len, (g->list.n - g->n) * g->tag_len);
    sym_tag_trim(g->tags, g->list.n, g->list.bits);
    sym_sorted_sort(g->tags, g->list.n, g->tag_len);
    return SYM_OK;
}

static enum sym_err encode(void *context, size_t first, size_t n)
{
    struct making *g = context;
    uint8_t *room = malloc(SYM_TAG_BLOCK_BYTES_MAX);
    enum sym_err err = room == NULL ? SYM_NO_MEMORY : SYM_OK;
    for (size_t i = first; err == SYM_OK && i < first + n; i++) {
        size_t len = 0;
        err = sym_tag_block_write(room, SYM_TAG_BLOCK_BYTES_MAX, &len, &g->code,
                                  g->tags + i * SYM_TAG_BLOCK * g->tag_len,
                                  sym_standing_block_tags(g->list.n, (uint32_t)i));
        uint8_t *copy = err == SYM_OK ? malloc(len) : NULL;
        if (err == SYM_OK && copy == NULL) {
            err = SYM_NO_MEMORY;
        }
        if (err == SYM_OK) {
            memcpy(copy, room, len);
            g->blocks[i] = sym_span(copy, len);
        }
    }
    free(room);
    return err;
}

static void on_worked(void *owner, void *subject, void *context, enum sym_err err);

static enum sym_err give_out(struct making *g,
                             enum sym_err (*stage)(void *context, size_t first, size_t n), size_t n,
                             size_t grain)
{
    struct sym_work work = {.run = stage, .context = g, .n = n, .grain = grain};
    struct sym_errand_report report = {.fn = on_worked, .owner = g->maker, .subject = g};
    enum sym_err err = sym_errands_run(&g->maker->errands, &work, &report);
    g->working = err == SYM_OK;
    g->stage = stage;
    return err;
}

static enum sym_err evaluate_more(struct making *g)
{
    size_t left = g->n - g->done;
    g->first = g->done;
    g->done += left < PER_WORK ? left : PER_WORK;
    return give_out(g, evaluate, g->done - g->first, GRAIN);
}

static enum sym_err keep(struct making *g, struct sym_fault *fault)
{
    struct sym_standing_maker *m = g->maker;
    struct sym_standing_row row = {.own = true,
                                   .peer = g->wish.peer,
                                   .type = g->wish.type,
                                   .made_ms = now_of(m),
                                   .list = g->list};
    struct search s = {.maker = m, .wish = g->wish};
    each_wish(m, is_wanted, &s);
    if (!s.found) {
        return SYM_OK; /* something has changed meanwhile: it is made again */
    }
    row.expires_ms = row.made_ms + UINT64_C(86400000) * g->wish.days;
    memcpy(row.dataset, g->wish.dataset, sizeof row.dataset);
    memcpy(row.basis, g->wish.basis, sizeof row.basis);
    sym_random(row.epoch, sizeof row.epoch);
    return sym_standings_put(m->config.standings, &row, sym_secret_span(&g->key), g->blocks, fault);
}

static void end(struct making *g, enum sym_err err, const char *why)
{
    struct sym_standing_maker *m = g->maker;
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_WARN, "standing-list-not-made", "dataset", g->wish.dataset, "reason",
                why[0] != '\0' ? why : sym_err_text(err), NULL);
    } else {
        sym_standing_maker_look(m);
    }
    give_up(m);
}

static void on_worked(void *owner, void *subject, void *context, enum sym_err err)
{
    struct making *g = subject;
    struct sym_fault fault = {.text = ""};
    (void)owner;
    (void)context;
    g->working = false;
    if (g->given_up) {
        destroy(g);
        return;
    }
    if (err == SYM_OK && g->stage == evaluate && g->done < g->n) {
        err = evaluate_more(g);
    } else if (err == SYM_OK && g->stage == evaluate) {
        err = give_out(g, sort, 1, 1);
    } else if (err == SYM_OK && g->stage == sort) {
        err = give_out(g, encode, sym_standing_blocks(g->list.n), 1);
    } else {
        end(g, err == SYM_OK ? keep(g, &fault) : err, fault.text);
        return;
    }
    if (err != SYM_OK) {
        end(g, err, "");
    }
}

static enum sym_err begin_evaluating(struct making *g)
{
    g->digests = sym_overlap_set_digests(g->set, &g->n);
    g->list.n = sym_overlap_set_size(g->set);
    if (g->n == 0 || g->list.n > SYM_STANDING_LIST_MAX) {
        return SYM_LIMIT;
    }
    g->list.bits = sym_standing_bits(g->list.n, g->wish.most);
    g->tag_len = sym_tag_bytes(g->list.bits);
    enum sym_err err = sym_tag_code_for(&g->code, g->list.bits, g->list.n);
    if (err == SYM_OK) {
        err = sym_secret_new(&g->key, SYM_SCALAR_BYTES);
    }
    if (err == SYM_OK) {
        sym_scalar_random(sym_scalar_in(&g->key));
        g->tags = malloc(g->list.n * g->tag_len);
        g->blocks = calloc(sym_standing_blocks(g->list.n), sizeof *g->blocks);
        err = g->tags == NULL || g->blocks == NULL ? SYM_NO_MEMORY : evaluate_more(g);
    }
    return err;
}

static void on_read(void *owner, struct sym_overlap_set *set, enum sym_err err)
{
    struct making *g = owner;
    (void)set;
    if (err == SYM_OK) {
        err = begin_evaluating(g);
    }
    if (err == SYM_CANCELLED) {
        end(g, SYM_OK, ""); /* the dataset has changed: looks again */
    } else if (err != SYM_OK) {
        end(g, err, "");
    }
}

static enum sym_err begin(struct sym_standing_maker *m, const struct wish *wish)
{
    struct sym_content *content = NULL;
    struct making *g = calloc(1, sizeof *g);
    if (g == NULL) {
        return SYM_NO_MEMORY;
    }
    *g = (struct making){.maker = m, .wish = *wish};
    enum sym_err err =
        sym_content_hold(&content, m->config.datasets, sym_span_text(wish->dataset), NULL);
    struct sym_overlap_set_config c = {
        .loop = m->config.loop,
        .errands = &m->errands,
        .content = content,
        .type = (enum sym_token_type)wish->type,
        .padding = (enum sym_padding)sym_settings_word(m->config.settings, SYM_SETTING_PADDING)};
    if (err == SYM_OK) {
        err = sym_overlap_set_new(&g->set, &c, on_read, g);
        if (err != SYM_OK) {
            sym_content_release(content);
        }
    }
    if (err != SYM_OK) {
        free(g);
        return err;
    }
    m->making = g;
    return SYM_OK;
}

/* Looking --------------------------------------------------------------------------------------
 */

static void look(void *owner)
{
    struct sym_standing_maker *m = owner;
    struct sym_fault fault = {.text = ""};
    struct sym_standing_row *rows = NULL;
    size_t n = 0;
    if (m->making != NULL) {
        struct search made = {.maker = m, .wish = m->making->wish};
        each_wish(m, is_wanted, &made);
        if (!made.found) {
            give_up(m);
        }
    }
    enum sym_err err = sym_standings_erase(m->config.standings, goes, m, &n, &fault);
    if (err == SYM_OK && m->making == NULL) {
        err = sym_standings_list(m->config.standings, &rows, &n);
        struct search s = {.maker = m, .rows = rows, .n = n};
        if (err == SYM_OK) {
            each_wish(m, is_missing, &s);
        }
        if (err == SYM_OK && s.found) {
            err = begin(m, &s.wish);
        }
        free(rows);
    }
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_WARN, "standing-lists-not-seen-to", "reason",
                fault.text[0] != '\0' ? fault.text : sym_err_text(err), NULL);
    }
}

void sym_standing_maker_look(struct sym_standing_maker *m)
{
    if (m != NULL) {
        sym_timer_set(m->turn, 0);
    }
}

enum sym_err sym_standing_maker_new(struct sym_standing_maker **out,
                                    const struct sym_standing_maker_config *config)
{
    struct sym_standing_maker *m = calloc(1, sizeof *m);
    if (m == NULL) {
        return SYM_NO_MEMORY;
    }
    m->config = *config;
    m->errands.workers = config->workers;
    enum sym_err err = sym_loop_timer(config->loop, &m->turn, 0, look, m);
    if (err != SYM_OK) {
        free(m);
        return err;
    }
    *out = m;
    return SYM_OK;
}

void sym_standing_maker_free(struct sym_standing_maker *m)
{
    if (m != NULL) {
        sym_timer_remove(&m->turn);
        give_up(m);
        sym_errands_clear(&m->errands);
        free(m);
    }
}
