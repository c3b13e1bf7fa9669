#include "node/tabulation/contribution.h"

#include <stdlib.h>

struct sym_contribution {
    struct sym_contribution_config config;
    sym_contribution_fn *done;
    void *owner;
    struct sym_timer *turn;
    size_t segment; /* next to be read */
    struct sym_segment reading;
    struct sym_segment counting;
    uint64_t *cells;
    uint64_t counted;
    uint64_t left_out;
    bool working;        /* a work is out, over `counting` */
    bool waits;          /* `reading` is full, for that */
    enum sym_err failed; /* of reading, while a work was out: told when that is back */
    bool given_up;
};

static void wipe_cells(struct sym_contribution *c)
{
    if (c->cells != NULL) {
        sym_wipe(c->cells, sym_cube_cells(c->config.cube) * sizeof *c->cells);
        free(c->cells);
        c->cells = NULL;
    }
}

static void destroy(struct sym_contribution *c)
{
    sym_segment_clear(&c->reading);
    sym_segment_clear(&c->counting);
    wipe_cells(c);
    sym_cube_free(c->config.cube);
    free(c);
}

static void release_content(struct sym_contribution *c)
{
    if (c->config.content != NULL) {
        sym_content_release(c->config.content);
        c->config.content = NULL;
    }
}

void sym_contribution_free(struct sym_contribution *c)
{
    if (c == NULL) {
        return;
    }
    sym_timer_remove(&c->turn);
    release_content(c);
    c->given_up = true;
    if (!c->working) {
        destroy(c);
    }
}

static void report(struct sym_contribution *c, enum sym_err err)
{
    release_content(c);
    c->done(c->owner, c, err);
}

/* One worker for each segment: cells are one array. */
static enum sym_err count_segment(void *context, size_t first, size_t n)
{
    struct sym_contribution *c = context;
    struct sym_reader rows = sym_reader(c->counting.rows);
    enum sym_err err = SYM_OK;
    (void)first;
    (void)n;
    for (size_t i = 0; err == SYM_OK && i < c->counting.n_records; i++) {
        struct sym_incident incident;
        size_t hit = 0;
        err = sym_incident_read(&incident,
                                sym_read_span(&rows, sym_segment_row_length(&c->counting, i)));
        if (err == SYM_OK) {
            err = sym_cube_count(c->cells, &hit, c->config.cube, &incident,
                                 c->config.records_per_incident);
        }
        c->counted += hit > 0;
        c->left_out += hit == 0;
    }
    return err == SYM_OK ? sym_read_end(&rows) : err;
}

static void worked(void *owner, void *subject, void *context, enum sym_err err);

/* The segment that was read goes to a worker, and the next is read meanwhile. */
static enum sym_err give_out(struct sym_contribution *c)
{
    struct sym_work work = {.run = count_segment, .context = c, .n = 1, .grain = 1};
    struct sym_errand_report to = {.fn = worked, .owner = c};
    sym_segment_clear(&c->counting);
    c->counting = c->reading;
    c->reading = (struct sym_segment){0};
    c->waits = false;
    enum sym_err err = sym_errands_run(c->config.errands, &work, &to);
    c->working = err == SYM_OK;
    return err;
}

static bool all_read(const struct sym_contribution *c)
{
    return c->segment == sym_content_segments(c->config.content);
}

static void worked(void *owner, void *subject, void *context, enum sym_err err)
{
    struct sym_contribution *c = owner;
    (void)subject;
    (void)context;
    c->working = false;
    if (c->given_up) {
        destroy(c);
        return;
    }
    if (c->failed != SYM_OK) {
        report(c, c->failed);
        return;
    }
    if (err == SYM_OK && c->waits) {
        err = give_out(c);
        if (err == SYM_OK) {
            sym_timer_set(c->turn, 0);
            return;
        }
    }
    if (err != SYM_OK || all_read(c)) {
        sym_timer_remove(&c->turn);
        report(c, err);
    }
}

static void on_turn(void *owner)
{
    struct sym_contribution *c = owner;
    if (all_read(c) || c->waits) {
        if (!c->working && !c->waits) {
            sym_timer_remove(&c->turn);
            report(c, SYM_OK);
        }
        return;
    }
    enum sym_err err = sym_content_segment(c->config.content, c->segment, &c->reading);
    if (err == SYM_OK) {
        c->segment++;
        c->waits = true;
        err = c->working ? SYM_OK : give_out(c);
    }
    if (err != SYM_OK) {
        sym_timer_remove(&c->turn);
        c->failed = err;
        if (!c->working) {
            report(c, err);
        }
        return;
    }
    if (!c->waits) {
        sym_timer_set(c->turn, 0);
    }
}

enum sym_err sym_contribution_new(struct sym_contribution **out,
                                  const struct sym_contribution_config *config,
                                  sym_contribution_fn *done, void *owner)
{
    struct sym_contribution *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return SYM_NO_MEMORY;
    }
    c->config = *config;
    c->config.cube = sym_cube_share(config->cube);
    c->done = done;
    c->owner = owner;
    c->cells = calloc(sym_cube_cells(config->cube), sizeof *c->cells);
    enum sym_err err = c->cells == NULL ? SYM_NO_MEMORY : SYM_OK;
    if (err == SYM_OK) {
        err = sym_loop_timer(config->loop, &c->turn, 0, on_turn, c);
    }
    if (err != SYM_OK) {
        destroy(c);
        return err;
    }
    *out = c;
    return SYM_OK;
}

uint64_t *sym_contribution_take(struct sym_contribution *c)
{
    uint64_t *cells = c->cells;
    c->cells = NULL;
    return cells;
}

void sym_contribution_records(const struct sym_contribution *c, uint64_t *counted,
                              uint64_t *left_out)
{
    *counted = c->counted;
    *left_out = c->left_out;
}
