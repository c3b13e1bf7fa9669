/* Encoding by peeling (design of overlap-vole-1, section 8; Raghuraman and Rindal, CCS 2022):
 * whenever a sparse column belongs to one item only, that item can be satisfied last, through this
 * column. What is left when no such column is, goes aside one by one, and is solved through the
 * dense columns. */
#include "crypto/vole/kernel_table.h"
#include "crypto/vole/okvs_place.h"

#define NONE UINT32_MAX

/* The columns of an item; the fourth number says whether the item is still to be peeled. */
struct spot {
    uint16_t column[3];
    uint16_t left;
};

/* In the order of peeling: this item through this column. */
struct step {
    uint16_t item;
    uint16_t column;
};

struct peeling {
    struct spot *spots; /* of items */
    uint32_t *columns;  /* 2^16 times the number of items, and all their numbers by exclusive or */
    struct step *steps;
    uint16_t *queue; /* columns that had one item */
    uint32_t n;      /* items */
    uint32_t sparse;
    uint32_t n_steps;
    uint32_t queued;
    uint32_t taken; /* from the queue */
    uint32_t n_aside;
    uint32_t aside[SYM_VOLE_DENSE];
};

#define ONE_ITEM 0x10000u

static size_t align_up(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

size_t sym_okvs_scratch_bytes(const struct sym_vole_geometry *g)
{
    /* A column is queued once, when its count becomes 1; writing without a branch may touch one
     * more. */
    return align_up(g->capacity * sizeof(struct spot)) + align_up(g->sparse * sizeof(uint32_t)) +
           align_up(g->capacity * sizeof(struct step)) +
           align_up((g->sparse + 1) * sizeof(uint16_t));
}

static void lay_out(struct peeling *s, const struct sym_vole_geometry *g, size_t n, void *scratch)
{
    uint8_t *at = scratch;
    *s = (struct peeling){.n = (uint32_t)n, .sparse = g->sparse};
    s->spots = (struct spot *)(void *)at;
    at += align_up(g->capacity * sizeof *s->spots);
    s->columns = (uint32_t *)(void *)at;
    at += align_up(g->sparse * sizeof *s->columns);
    s->steps = (struct step *)(void *)at;
    at += align_up(g->capacity * sizeof *s->steps);
    s->queue = (uint16_t *)(void *)at;
}

static void place_all(struct peeling *s, const struct sym_okvs_item *items)
{
    memset(s->columns, 0, s->sparse * sizeof *s->columns);
    for (uint32_t i = 0; i < s->n; i++) {
        uint32_t column[3];
        sym_okvs_columns(column, &items[i], s->sparse);
        for (unsigned k = 0; k < 3; k++) {
            s->spots[i].column[k] = (uint16_t)column[k];
            s->columns[column[k]] = (s->columns[column[k]] + ONE_ITEM) ^ i;
        }
        s->spots[i].left = 1;
    }
    for (uint32_t c = 0; c < s->sparse; c++) {
        s->queue[s->queued] = (uint16_t)c;
        s->queued += s->columns[c] / ONE_ITEM == 1;
    }
}

/* Takes an item out of its columns and queues those that then have one. */
static inline void take_out(struct peeling *s, uint32_t item)
{
    struct spot *spot = &s->spots[item];
    spot->left = 0;
    for (unsigned k = 0; k < 3; k++) {
        uint32_t now = (s->columns[spot->column[k]] - ONE_ITEM) ^ item;
        s->columns[spot->column[k]] = now;
        s->queue[s->queued] = spot->column[k];
        s->queued += now / ONE_ITEM == 1;
    }
}

static void peel(struct peeling *s)
{
    while (s->taken < s->queued) {
        uint16_t column = s->queue[s->taken++];
        uint32_t state = s->columns[column];
        if (state / ONE_ITEM == 1) {
            uint16_t item = (uint16_t)(state % ONE_ITEM);
            s->steps[s->n_steps++] = (struct step){item, column};
            take_out(s, item);
        }
    }
}

/* An item of a column with the fewest items, among those that have any. */
static uint32_t stuck_item(const struct peeling *s)
{
    uint32_t best = NONE;
    for (uint32_t c = 0; c < s->sparse; c++) {
        uint32_t items = s->columns[c] / ONE_ITEM;
        if (items > 0 && (best == NONE || items < s->columns[best] / ONE_ITEM)) {
            best = c;
        }
    }
    for (uint32_t i = 0; i < s->n; i++) {
        const uint16_t *c = s->spots[i].column;
        if (s->spots[i].left && (c[0] == best || c[1] == best || c[2] == best)) {
            return i;
        }
    }
    return NONE;
}

static enum sym_err peel_all(struct peeling *s)
{
    peel(s);
    while (s->n_steps + s->n_aside < s->n) {
        uint32_t item = stuck_item(s);
        if (item == NONE || s->n_aside == SYM_VOLE_DENSE) {
            return SYM_LIMIT;
        }
        s->aside[s->n_aside++] = item;
        take_out(s, item);
        peel(s);
    }
    return SYM_OK;
}

static struct sym_block sparse_sum(const struct sym_block *p, const struct spot *spot)
{
    const uint16_t *c = spot->column;
    return sym_block_add(sym_block_add(p[c[0]], p[c[1]]), p[c[2]]);
}

/* dense[0] eta + dense[1] eta^2 + dense[2] eta^3 */
static struct sym_block dense_sum(const struct sym_vole_kernel *with,
                                  const struct sym_okvs_item *item,
                                  const struct sym_block dense[SYM_VOLE_DENSE])
{
    struct sym_block sum = {0, 0};
    with->dense(&sum, (const struct sym_block *)item, 1, dense, NULL);
    return sum;
}

/* Sets the sparse columns so that each peeled item gets its value. */
static void satisfy(struct sym_block *p, const struct peeling *s, const struct sym_okvs_item *items)
{
    memset(p, 0, s->sparse * sizeof *p);
    for (uint32_t t = s->n_steps; t-- > 0;) {
        const struct step *step = &s->steps[t];
        p[step->column] =
            sym_block_add(items[step->item].value, sparse_sum(p, &s->spots[step->item]));
    }
}

/* The same so that each gets its value, if valued, plus what these dense columns give it. */
static void satisfy_dense(struct sym_block *p, const struct sym_vole_kernel *with,
                          const struct peeling *s, const struct sym_okvs_item *items, bool valued,
                          const struct sym_block dense[SYM_VOLE_DENSE])
{
    memset(p, 0, s->sparse * sizeof *p);
    for (uint32_t t = s->n_steps; t-- > 0;) {
        const struct sym_okvs_item *item = &items[s->steps[t].item];
        struct sym_block value = dense_sum(with, item, dense);
        if (valued) {
            value = sym_block_add(value, item->value);
        }
        p[s->steps[t].column] = sym_block_add(value, sparse_sum(p, &s->spots[s->steps[t].item]));
    }
}

/* a^(2^128 - 2) */
static struct sym_block invert(const struct sym_vole_kernel *with, struct sym_block a)
{
    struct sym_block result = {1, 0};
    struct sym_block square = a;
    for (unsigned i = 1; i < 128; i++) {
        square = with->multiply(square, square);
        result = with->multiply(result, square);
    }
    return result;
}

#define EQUATION (SYM_VOLE_DENSE + 1u) /* the right side last */

/* Gauss and Jordan; the solution is the last column. */
static enum sym_err solve(struct sym_block a[SYM_VOLE_DENSE][EQUATION],
                          const struct sym_vole_kernel *with, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++) {
        uint32_t pivot = k;
        while (pivot < n && (a[pivot][k].low | a[pivot][k].high) == 0) {
            pivot++;
        }
        if (pivot == n) {
            return SYM_LIMIT;
        }
        struct sym_block inverse = invert(with, a[pivot][k]);
        for (uint32_t c = 0; c < EQUATION; c++) {
            struct sym_block swapped = with->multiply(a[pivot][c], inverse);
            a[pivot][c] = a[k][c];
            a[k][c] = swapped;
        }
        for (uint32_t r = 0; r < n; r++) {
            struct sym_block factor = a[r][k];
            for (uint32_t c = 0; c < EQUATION && r != k; c++) {
                a[r][c] = sym_block_add(a[r][c], with->multiply(factor, a[k][c]));
            }
        }
    }
    return SYM_OK;
}

/* P is P_0 plus the sum of d_k P_k: P_0 gives peeled items their values, P_k the powers eta^k that
 * column k takes from them when it is d_k = 1. What is asked of the items aside determines the d_k.
 */
static enum sym_err use_dense(struct sym_block *p, const struct sym_vole_kernel *with,
                              const struct peeling *s, const struct sym_okvs_item *items)
{
    struct sym_block a[SYM_VOLE_DENSE][EQUATION] = {{{0, 0}}};
    struct sym_block dense[SYM_VOLE_DENSE] = {{0, 0}};
    for (uint32_t k = 0; k <= s->n_aside; k++) {
        struct sym_block unit[SYM_VOLE_DENSE] = {{0, 0}};
        const bool values = k == s->n_aside;
        if (!values) {
            unit[k].low = 1;
        }
        satisfy_dense(p, with, s, items, values, unit);
        for (uint32_t r = 0; r < s->n_aside; r++) {
            const struct sym_okvs_item *item = &items[s->aside[r]];
            struct sym_block own = values ? item->value : dense_sum(with, item, unit);
            a[r][values ? SYM_VOLE_DENSE : k] =
                sym_block_add(own, sparse_sum(p, &s->spots[s->aside[r]]));
        }
    }
    enum sym_err err = solve(a, with, s->n_aside);
    if (err == SYM_OK) {
        for (uint32_t k = 0; k < s->n_aside; k++) {
            dense[k] = a[k][SYM_VOLE_DENSE];
        }
        satisfy_dense(p, with, s, items, true, dense);
        memcpy(p + s->sparse, dense, sizeof dense);
    }
    sym_wipe(a, sizeof a);
    sym_wipe(dense, sizeof dense);
    return err;
}

enum sym_err sym_okvs_encode(struct sym_block *p, unsigned *aside,
                             const struct sym_vole_kernel *with, const struct sym_vole_geometry *g,
                             const struct sym_okvs_item *items, size_t n, void *scratch)
{
    struct peeling s;
    if (n > g->capacity) {
        return SYM_LIMIT;
    }
    lay_out(&s, g, n, scratch);
    place_all(&s, items);
    enum sym_err err = peel_all(&s);
    if (err == SYM_OK && s.n_aside == 0) {
        satisfy(p, &s, items);
        memset(p + g->sparse, 0, SYM_VOLE_DENSE * sizeof *p);
    } else if (err == SYM_OK) {
        err = use_dense(p, with, &s, items);
    }
    if (aside != NULL) {
        *aside = s.n_aside;
    }
    sym_wipe(scratch, sym_okvs_scratch_bytes(g));
    return err;
}
