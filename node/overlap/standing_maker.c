#include "node/overlap/standing_maker.h"

#include "node/log.h"
#include "node/loop.h"
#include "node/overlap/standing_making.h"
#include "node/overlap/standing_wish.h"

#include <stdlib.h>
#include <string.h>

#define DAY_MS UINT64_C(86400000)
/* How long one that could not be made is left for the others, and how many are. */
#define AGAIN_MS    60000u
#define PUT_OFF_MAX 64u

/* A list that could not be made. */
struct put_off {
    uint8_t basis[SYM_DIGEST_BYTES];
    uint64_t until_ms; /* monotonic; 0: none */
};

struct sym_standing_maker {
    struct sym_standing_maker_config config;
    struct sym_errands errands;
    struct sym_timer *turn;
    struct sym_timer *again;            /* what was put off */
    struct sym_standing_making *making; /* NULL: none */
    struct sym_standing_wish wish;      /* of what is made */
    struct put_off off[PUT_OFF_MAX];
    size_t n_off; /* ever, the oldest of which are forgotten */
};

static uint64_t now_of(const struct sym_standing_maker *m)
{
    return m->config.wall_ms != NULL ? m->config.wall_ms() : sym_wall_ms();
}

/* Searching ------------------------------------------------------------------------------------
 */

struct search {
    struct sym_standing_maker *maker;
    const struct sym_standing_row *rows;
    size_t n;
    const struct sym_node_id *peer;
    struct sym_span dataset;
    uint32_t type;
    struct sym_standing_wish wish;
    uint64_t until_ms;
    uint32_t made;
    uint32_t due;
    bool found;
};

static void each_wish(const struct sym_standing_maker *m, sym_standing_wish_fn *fn, void *context)
{
    sym_standing_wishes(m->config.grants, m->config.datasets, fn, context);
}

static bool fits(const struct search *s, const struct sym_standing_row *row,
                 const struct sym_standing_wish *wish)
{
    return sym_standing_fits(row, wish, now_of(s->maker));
}

static bool is_for(void *context, const struct sym_standing_wish *wish)
{
    struct search *s = context;
    s->found = sym_node_id_equal(s->peer, &wish->peer) && s->type == wish->type &&
               sym_span_equal(s->dataset, sym_span_text(wish->dataset));
    s->wish = *wish;
    return s->found;
}

/* It could not be made a moment ago. */
static bool is_put_off(const struct sym_standing_maker *m, const struct sym_standing_wish *wish)
{
    uint64_t now_ms = sym_now_ms();
    for (size_t i = 0; i < PUT_OFF_MAX; i++) {
        if (m->off[i].until_ms > now_ms &&
            sym_equal(m->off[i].basis, wish->basis, sizeof wish->basis)) {
            return true;
        }
    }
    return false;
}

static bool is_missing(void *context, const struct sym_standing_wish *wish)
{
    struct search *s = context;
    bool there = is_put_off(s->maker, wish);
    for (size_t i = 0; i < s->n; i++) {
        there = there || fits(s, &s->rows[i], wish);
    }
    s->wish = *wish;
    s->found = !there;
    return s->found;
}

static bool is_there(void *context, const struct sym_standing_wish *wish)
{
    struct search *s = context;
    s->found = fits(s, s->rows, wish);
    return s->found;
}

static bool is_wanted(void *context, const struct sym_standing_wish *wish)
{
    struct search *s = context;
    s->found = sym_equal(s->wish.basis, wish->basis, sizeof wish->basis);
    return s->found;
}

/* Own lists that nothing asks for. */
static bool goes(void *context, const struct sym_standing_row *row)
{
    struct search s = {.maker = context, .rows = row};
    if (row->own) {
        each_wish(context, is_there, &s);
    }
    return row->own && !s.found;
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
    if (err == SYM_NOT_FOUND || (err == SYM_OK && !fits(&s, out, &s.wish))) {
        return SYM_AGAIN;
    }
    return err;
}

static bool note_until(void *context, const struct sym_standing_wish *wish)
{
    struct search *s = context;
    if (!sym_node_id_equal(s->peer, &wish->peer) ||
        !sym_span_equal(s->dataset, sym_span_text(wish->dataset))) {
        return false;
    }
    uint64_t until_ms = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (fits(s, &s->rows[i], wish)) {
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

static bool count(void *context, const struct sym_standing_wish *wish)
{
    struct search *s = context;
    bool there = false;
    for (size_t i = 0; i < s->n; i++) {
        there = there || fits(s, &s->rows[i], wish);
    }
    s->made += there;
    s->due += !there;
    return false;
}

void sym_standing_maker_count(struct sym_standing_maker *m, uint32_t *made, uint32_t *due)
{
    struct sym_standing_row *rows = NULL;
    struct search s = {.maker = m};
    if (m != NULL && sym_standings_list(m->config.standings, &rows, &s.n) == SYM_OK) {
        s.rows = rows;
        each_wish(m, count, &s);
        free(rows);
    }
    *made = s.made;
    *due = s.due;
}

/* Making ---------------------------------------------------------------------------------------
 */

/* Whatever stands in the way of this one: those behind it are made first. */
static void put_off(struct sym_standing_maker *m, const char *why)
{
    struct put_off *p = &m->off[m->n_off++ % PUT_OFF_MAX];
    p->until_ms = sym_now_ms() + AGAIN_MS;
    memcpy(p->basis, m->wish.basis, sizeof p->basis);
    sym_log(SYM_LEVEL_WARN, "standing-list-not-made", "dataset", m->wish.dataset, "reason", why,
            NULL);
    sym_timer_set(m->again, AGAIN_MS + 1);
}

static void give_up(struct sym_standing_maker *m)
{
    sym_standing_making_free(m->making);
    m->making = NULL;
}

/* Is what is made still what there should be? */
static bool is_still_wanted(struct sym_standing_maker *m)
{
    struct search s = {.maker = m, .wish = m->wish};
    each_wish(m, is_wanted, &s);
    return s.found;
}

static enum sym_err keep(struct sym_standing_maker *m, struct sym_fault *fault)
{
    struct sym_standing_made made;
    struct sym_standing_row row = {
        .own = true, .peer = m->wish.peer, .type = m->wish.type, .made_ms = now_of(m)};
    sym_standing_making_result(m->making, &made);
    row.list = made.list;
    row.most = m->wish.most;
    row.expires_ms = row.made_ms + DAY_MS * m->wish.days;
    memcpy(row.dataset, m->wish.dataset, sizeof row.dataset);
    memcpy(row.basis, m->wish.basis, sizeof row.basis);
    sym_random(row.epoch, sizeof row.epoch);
    return sym_standings_put(m->config.standings, &row, made.key, made.blocks, fault);
}

static void on_made(void *owner, enum sym_err err)
{
    struct sym_standing_maker *m = owner;
    struct sym_fault fault = {.text = ""};
    bool changed = err == SYM_CANCELLED || (err == SYM_OK && !is_still_wanted(m));
    if (err == SYM_OK && !changed) {
        err = keep(m, &fault);
    }
    give_up(m);
    if (err != SYM_OK && !changed) {
        put_off(m, fault.text[0] != '\0' ? fault.text : sym_err_text(err));
    }
    sym_standing_maker_look(m); /* the next one, or the same again */
}

static enum sym_err begin(struct sym_standing_maker *m)
{
    struct sym_standing_making_config c = {
        .loop = m->config.loop,
        .errands = &m->errands,
        .ristretto = m->config.ristretto,
        .type = (enum sym_token_type)m->wish.type,
        .padding = (enum sym_padding)sym_settings_word(m->config.settings, SYM_SETTING_PADDING),
        .most = m->wish.most};
    enum sym_err err =
        sym_content_hold(&c.content, m->config.datasets, sym_span_text(m->wish.dataset), NULL);
    if (err == SYM_OK) {
        err = sym_standing_making_new(&m->making, &c, on_made, m);
        if (err != SYM_OK) {
            sym_content_release(c.content);
        }
    }
    return err;
}

/* Looking --------------------------------------------------------------------------------------
 */

static enum sym_err begin_next(struct sym_standing_maker *m)
{
    struct sym_standing_row *rows = NULL;
    struct search s = {.maker = m};
    enum sym_err err = sym_standings_list(m->config.standings, &rows, &s.n);
    if (err == SYM_OK) {
        s.rows = rows;
        each_wish(m, is_missing, &s);
    }
    free(rows);
    if (err == SYM_OK && s.found) {
        m->wish = s.wish;
        enum sym_err unable = begin(m);
        if (unable != SYM_OK) {
            put_off(m, sym_err_text(unable));
            sym_standing_maker_look(m);
        }
    }
    return err;
}

static void look(void *owner)
{
    struct sym_standing_maker *m = owner;
    struct sym_fault fault = {.text = ""};
    size_t n = 0;
    if (m->making != NULL && !is_still_wanted(m)) {
        give_up(m);
    }
    enum sym_err err = sym_standings_erase(m->config.standings, goes, m, &n, &fault);
    if (err == SYM_OK && m->making == NULL) {
        err = begin_next(m);
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
    if (err == SYM_OK) {
        err = sym_loop_timer(config->loop, &m->again, 0, look, m);
    }
    if (err != SYM_OK) {
        sym_timer_remove(&m->turn);
        free(m);
        return err;
    }
    sym_timer_stop(m->again);
    *out = m;
    return SYM_OK;
}

void sym_standing_maker_free(struct sym_standing_maker *m)
{
    if (m != NULL) {
        sym_timer_remove(&m->turn);
        sym_timer_remove(&m->again);
        give_up(m);
        sym_errands_clear(&m->errands);
        free(m);
    }
}
