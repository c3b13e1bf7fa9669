#include "proto/codec.h"
#include "proto/table_frames.h"
#include "proto/tabulate.h"

#include "crypto/laplace.h"

#include <stdlib.h>

enum sym_err sym_table_counts(uint64_t *counts, size_t n_counts, const struct sym_table_release *r)
{
    size_t n = 0;
    enum sym_err err = sym_cells_read(counts, n_counts, &n, r->counts);
    return err == SYM_OK && n != n_counts ? SYM_BAD_VALUE : err;
}

static uint32_t lists_of(const struct sym_table_release *r)
{
    return (uint32_t)(r->cohort.len / SYM_HASH_BYTES);
}

static uint32_t elements_of(const struct sym_table_release *r, uint32_t place)
{
    struct sym_reader reader = sym_reader(r->elements);
    (void)sym_read_span(&reader, (size_t)4 * place);
    return sym_read_u32(&reader);
}

/* Exact: no list has more records than it announced. */
static enum sym_err check_exact(const struct sym_table_release *r, const uint64_t *counts,
                                uint32_t cells)
{
    if (r->epsilon_nano != 0 || r->sensitivity != 0 || r->half_width != 0 || r->threshold != 0 ||
        r->ghosts_per_million != 0 || r->suppressed != 0) {
        return SYM_BAD_VALUE;
    }
    for (uint32_t i = 0; i < lists_of(r); i++) {
        uint64_t left = elements_of(r, i);
        for (uint32_t cell = 0; cell < cells; cell++) {
            uint64_t count = ((cell + 1) >> i & 1) != 0 ? counts[cell] : 0;
            if (count > left) {
                return SYM_BAD_VALUE;
            }
            left -= count;
        }
    }
    return SYM_OK;
}

/* What it says of its noise follows from what was asked. */
static enum sym_err check_noise(const struct sym_table_release *r, uint32_t cells)
{
    struct sym_laplace_release noise;
    const struct sym_laplace_params p = {
        .epsilon_nano = r->epsilon_nano, .sensitivity = SYM_TABLE_SENSITIVITY, .shares = 1};
    if (r->sensitivity != SYM_TABLE_SENSITIVITY) {
        return SYM_BAD_VALUE;
    }
    enum sym_err err = sym_laplace_release(&noise, &p, 1, cells);
    bool same = err == SYM_OK && r->threshold == noise.threshold &&
                r->half_width == noise.half_width &&
                r->ghosts_per_million == sym_laplace_ghosts_per_million(&noise);
    return err == SYM_OK && !same ? SYM_BAD_VALUE : err;
}

static enum sym_err check_noisy(const struct sym_table_release *r, const uint64_t *counts,
                                uint32_t cells)
{
    uint32_t suppressed = 0;
    enum sym_err err = check_noise(r, cells);
    if (err != SYM_OK) {
        return err;
    }
    for (uint32_t cell = 0; cell < cells; cell++) {
        if (counts[cell] != 0 && counts[cell] < r->threshold) {
            return SYM_BAD_VALUE;
        }
        suppressed += counts[cell] == 0;
    }
    return suppressed == r->suppressed ? SYM_OK : SYM_BAD_VALUE;
}

static enum sym_err check_counts(const struct sym_table_release *r)
{
    uint32_t cells = sym_table_cells(lists_of(r));
    uint64_t *counts = malloc(cells * sizeof *counts);
    enum sym_err err = counts == NULL ? SYM_NO_MEMORY : sym_table_counts(counts, cells, r);
    if (err == SYM_OK) {
        err = r->mode == SYM_TABLE_EXACT ? check_exact(r, counts, cells)
                                         : check_noisy(r, counts, cells);
    }
    free(counts);
    return err;
}

/* Signature and inner consistency alone. */
static enum sym_err read_signed(struct sym_arena *arena, struct sym_table_release *out,
                                struct sym_span bytes, const uint8_t tallier[SYM_ED25519_BYTES])
{
    if (bytes.len > SYM_TABLE_RELEASE_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    enum sym_err err = sym_table_signed_open(arena, out, &sym_msg_table_release, bytes, tallier);
    if (err != SYM_OK) {
        return err;
    }
    uint32_t n = lists_of(out);
    if (out->version != 1) {
        err = SYM_BAD_VERSION;
    } else if (out->cohort.len % SYM_HASH_BYTES != 0 || out->elements.len != 4 * (size_t)n ||
               out->epochs.len != 8 * (size_t)n) {
        err = SYM_BAD_VALUE;
    } else {
        err = check_counts(out);
    }
    if (err != SYM_OK) {
        sym_arena_clear(arena);
    }
    return err;
}

/* What was asked, and what all have consented to. */
static bool fits(const struct sym_table_release *r, const struct sym_table_agreed *a)
{
    const struct sym_table_question *q = a->question;
    uint8_t cohort[SYM_TABLE_LISTS_MAX * SYM_HASH_BYTES];
    struct sym_overlap_table p;
    struct sym_reader elements = sym_reader(r->elements);
    struct sym_reader epochs = sym_reader(r->epochs);
    sym_table_parameters(&p, cohort, q);
    bool same = sym_span_equal(r->table, p.table) && sym_span_equal(r->cohort, p.cohort) &&
                sym_span_equal(r->tallier, p.tallier) &&
                table_same(r->qid.data, a->qid, SYM_HASH_BYTES) &&
                table_same(r->asker.data, q->asker, SYM_HASH_BYTES) &&
                table_same(r->consents_hash.data, a->consents_hash, SYM_HASH_BYTES) &&
                sym_span_equal(r->dataset, sym_span_text(q->dataset)) && r->purpose == q->purpose &&
                r->basis == q->basis && r->type == q->type && r->type_version == q->type_version &&
                r->canon_version == q->canon_version && r->mode == q->mode &&
                r->epsilon_nano == q->epsilon_nano;
    for (uint32_t i = 0; same && i < q->n; i++) {
        same = sym_read_u32(&elements) == a->consented[i].elements &&
               sym_read_u64(&epochs) == a->consented[i].epoch;
    }
    return same;
}

enum sym_err sym_table_release_open(struct sym_arena *arena, struct sym_table_release *out,
                                    struct sym_span bytes, const struct sym_table_agreed *agreed)
{
    const struct sym_table_question *q = agreed->question;
    enum sym_err err = read_signed(arena, out, bytes, q->parties[q->n].identity);
    if (err == SYM_OK && !fits(out, agreed)) {
        sym_arena_clear(arena);
        err = SYM_BAD_VALUE;
    }
    return err;
}

enum sym_err sym_table_release_hash(uint8_t out[SYM_HASH_BYTES], struct sym_span bytes)
{
    struct tab_signed s;
    enum sym_err err = sym_tab_signed_read(&s, bytes);
    return err == SYM_OK ? sym_sha256(out, s.message) : err;
}
