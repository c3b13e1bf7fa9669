#include "node/core/preview.h"

#include "proto/tabulate.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_MS 60000u
/* Who asks for it comes again so soon, and others wait so long. */
#define WAITS_MS 1000u

static void forget(struct sym_preview *p)
{
    sym_contribution_free(p->counting);
    if (p->cells != NULL) {
        sym_wipe(p->cells, sym_cube_cells(p->cube) * sizeof *p->cells);
        free(p->cells);
    }
    sym_cube_free(p->cube);
    p->counting = NULL;
    p->cells = NULL;
    p->cube = NULL;
    p->unread = false;
    p->err = SYM_NOT_FOUND;
}

void sym_preview_init(struct sym_preview *p, struct sym_loop *loop, struct sym_workers *workers,
                      struct sym_datasets *datasets)
{
    *p = (struct sym_preview){
        .loop = loop, .errands = {.workers = workers}, .datasets = datasets, .err = SYM_NOT_FOUND};
}

void sym_preview_clear(struct sym_preview *p)
{
    forget(p);
    sym_errands_clear(&p->errands);
}

void sym_preview_tidy(struct sym_preview *p, uint64_t now_ms)
{
    if (p->cube != NULL && now_ms - p->asked_ms > KEPT_MS) {
        forget(p);
    }
}

static enum sym_err basis_of(uint8_t out[SYM_DIGEST_BYTES], const struct sym_preview *p,
                             struct sym_span dataset, struct sym_fault *fault)
{
    size_t at = 0;
    enum sym_err err = sym_datasets_find(p->datasets, &at, dataset, fault);
    if (err == SYM_OK) {
        sym_datasets_basis(p->datasets, at, out);
    }
    return err;
}

void sym_preview_look(struct sym_preview *p)
{
    uint8_t now[SYM_DIGEST_BYTES];
    if (p->cube != NULL && (basis_of(now, p, sym_span_text(p->dataset), NULL) != SYM_OK ||
                            !sym_equal(now, p->basis, sizeof now))) {
        forget(p);
    }
}

static void on_counted(void *owner, struct sym_contribution *c, enum sym_err err)
{
    struct sym_preview *p = owner;
    p->err = err;
    if (err == SYM_OK) {
        p->cells = sym_contribution_take(c);
        sym_contribution_records(c, &p->counted, &p->left_out);
    }
}

static enum sym_err begin(struct sym_preview *p, const struct sym_tabulate_start *start,
                          struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_tab_query query;
    struct sym_dataset_row row;
    struct sym_contribution_config c = {.loop = p->loop, .errands = &p->errands};
    forget(p);
    enum sym_err err = sym_decode(&arena, &query, &sym_msg_tab_query, start->query);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "query: it %s", sym_err_text(err));
    }
    err = sym_cube_new(&p->cube, &query, fault);
    if (err == SYM_OK) {
        err = sym_snapshot_hold(&c.content, &row, p->datasets, start->dataset, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    c.cube = p->cube;
    c.records_per_incident = sym_dataset_records_per_incident(&row);
    err = sym_dataset_check_bounds(&row, p->cube, fault);
    if (err == SYM_OK && (err = sym_contribution_new(&p->counting, &c, on_counted, p)) != SYM_OK) {
        (void)sym_fail(fault, err, "preview: no memory to count");
    }
    if (err != SYM_OK) {
        sym_content_release(c.content);
        return err;
    }
    p->unread = true;
    p->err = SYM_AGAIN;
    return SYM_OK;
}

/* Another question's: two that drove each other out at each look would never be counted. */
static bool is_taken(const struct sym_preview *p)
{
    return p->unread && sym_now_ms() - p->asked_ms < WAITS_MS;
}

static enum sym_err hash_of(uint8_t out[SYM_HASH_BYTES], const struct sym_tabulate_start *start)
{
    const struct sym_span parts[] = {start->dataset, sym_span("", 1), start->query};
    return sym_sha256_parts(out, parts, sizeof parts / sizeof *parts);
}

/* Pages of one question are of one content. */
static bool has_moved(const struct sym_preview *p, const uint8_t hash[SYM_HASH_BYTES],
                      const uint8_t basis[SYM_DIGEST_BYTES])
{
    return sym_equal(hash, p->hash, sizeof p->hash) && !sym_equal(basis, p->basis, sizeof p->basis);
}

enum sym_err sym_preview_page(struct sym_preview *p, struct sym_cells_page *out, uint8_t *room,
                              const struct sym_tabulate_start *start, uint32_t first,
                              struct sym_fault *fault)
{
    uint8_t hash[SYM_HASH_BYTES];
    uint8_t basis[SYM_DIGEST_BYTES];
    sym_preview_look(p);
    enum sym_err err = basis_of(basis, p, start->dataset, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = hash_of(hash, start);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "preview: the question %s", sym_err_text(err));
    }
    if (first > 0 && has_moved(p, hash, basis)) {
        return sym_fail(fault, SYM_CANCELLED,
                        "preview: the dataset has changed since the first page; ask again");
    }
    bool is_same = p->cube != NULL && sym_equal(hash, p->hash, sizeof hash);
    if (!is_same && is_taken(p)) {
        return sym_fail(fault, SYM_AGAIN, "preview: another is being counted");
    }
    /* One whose dataset went while it was counted is counted again, of the dataset as it is now. */
    if (!is_same || p->err == SYM_CANCELLED) {
        memcpy(p->hash, hash, sizeof hash);
        memcpy(p->basis, basis, sizeof basis);
        memcpy(p->dataset, start->dataset.data, start->dataset.len);
        p->dataset[start->dataset.len] = '\0';
        err = begin(p, start, fault);
        if (err != SYM_OK) {
            forget(p);
            return err;
        }
    }
    p->asked_ms = sym_now_ms();
    err = p->err;
    if (err != SYM_OK && err != SYM_AGAIN) {
        forget(p);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "preview: the dataset %s", sym_err_text(err));
    }
    size_t n = sym_cube_cells(p->cube);
    size_t len = 0;
    size_t done = 0;
    if (first >= n) {
        return sym_fail(fault, SYM_NOT_FOUND, "preview: the query has no such cell");
    }
    sym_cells_write(room, SYM_CELLS_PAGE_BYTES, &len, p->cells + first, n - first, &done);
    p->unread = first + done < n;
    *out = (struct sym_cells_page){.first = first,
                                   .cells = sym_span(room, len),
                                   .next = first + done < n ? first + (uint32_t)done : 0,
                                   .total = (uint32_t)n,
                                   .records = p->counted,
                                   .left_out = p->left_out};
    return SYM_OK;
}
