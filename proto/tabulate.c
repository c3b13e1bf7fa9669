#include "proto/tabulate.h"

#include "crypto/aead.h"

#include <string.h>

/* A varint of 64 bits. */
#define VARINT_BYTES_MAX 10u

struct sym_tab_rules sym_tab_rules(uint32_t n)
{
    struct sym_tab_rules r = {.n = n, .quorum = (4u * n + 4u) / 5u};
    r.colluders = n / 5u > 1u ? n / 5u : 1u;
    r.noise_shares = r.quorum - r.colluders;
    return r;
}

/* Cohorts --------------------------------------------------------------------------------------
 */

/* Public ids: < 0, 0 or > 0. */
static int order(const uint8_t *a, const uint8_t *b)
{
    for (size_t i = 0; i < SYM_HASH_BYTES; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

enum sym_err sym_tab_cohort_check(struct sym_span cohort)
{
    size_t n = cohort.len / SYM_HASH_BYTES;
    if (cohort.len % SYM_HASH_BYTES != 0 || n < SYM_TAB_MEMBERS_MIN || n > SYM_TAB_MEMBERS_MAX) {
        return SYM_BAD_VALUE;
    }
    for (size_t i = 1; i < n; i++) {
        const uint8_t *at = cohort.data + i * SYM_HASH_BYTES;
        if (order(at - SYM_HASH_BYTES, at) >= 0) {
            return SYM_BAD_VALUE;
        }
    }
    return SYM_OK;
}

enum sym_err sym_tab_place(uint32_t *out, struct sym_span cohort, const uint8_t id[SYM_HASH_BYTES])
{
    for (size_t i = 0; i < cohort.len / SYM_HASH_BYTES; i++) {
        if (order(cohort.data + i * SYM_HASH_BYTES, id) == 0) {
            *out = (uint32_t)i;
            return SYM_OK;
        }
    }
    return SYM_NOT_FOUND;
}

bool sym_tab_too_close(struct sym_span a, struct sym_span b)
{
    size_t apart = 0;
    size_t i = 0;
    size_t j = 0;
    while (i < a.len / SYM_HASH_BYTES || j < b.len / SYM_HASH_BYTES) {
        int by = 0;
        if (i == a.len / SYM_HASH_BYTES) {
            by = 1;
        } else if (j == b.len / SYM_HASH_BYTES) {
            by = -1;
        } else {
            by = order(a.data + i * SYM_HASH_BYTES, b.data + j * SYM_HASH_BYTES);
        }
        apart += by != 0;
        i += by <= 0;
        j += by >= 0;
    }
    return apart > 0 && apart < SYM_TAB_APART_MIN;
}

/* Ids ------------------------------------------------------------------------------------------
 */

struct digests {
    uint8_t query[SYM_HASH_BYTES];
    uint8_t cohort[SYM_HASH_BYTES];
    uint8_t dataset[SYM_HASH_BYTES];
    uint8_t n[4];
    uint8_t use[8]; /* purpose and basis */
};

static enum sym_err digest(struct digests *d, const struct sym_tab_question *q)
{
    struct sym_span ids[SYM_TAB_MEMBERS_MAX];
    if (q->n > SYM_TAB_MEMBERS_MAX) {
        return SYM_BAD_VALUE;
    }
    for (uint32_t i = 0; i < q->n; i++) {
        ids[i] = sym_span(q->cohort[i].id, SYM_HASH_BYTES);
    }
    enum sym_err err = sym_sha256_parts(d->cohort, ids, q->n);
    if (err == SYM_OK) {
        err = sym_sha256(d->query, q->query);
    }
    if (err == SYM_OK) {
        err = sym_sha256(d->dataset, q->dataset);
    }
    struct sym_writer w = sym_writer(d->n, sizeof d->n);
    sym_write_u32(&w, q->n);
    w = sym_writer(d->use, sizeof d->use);
    sym_write_u32(&w, q->purpose);
    sym_write_u32(&w, q->basis);
    return err;
}

enum sym_err sym_tab_qid(uint8_t out[SYM_HASH_BYTES], const struct sym_tab_question *q,
                         const struct sym_cube *cube)
{
    struct digests d;
    enum sym_err err = digest(&d, q);
    const struct sym_span parts[] = {
        sym_span_text("symbolon-qid-1"),
        sym_span(q->tabulation, sizeof q->tabulation),
        sym_span(d.query, sizeof d.query),
        sym_span(d.cohort, sizeof d.cohort),
        sym_span(sym_cube_hash(cube), SYM_HASH_BYTES),
        sym_span(q->initiator, sizeof q->initiator),
        sym_span(d.n, sizeof d.n),
        sym_span(d.dataset, sizeof d.dataset),
        sym_span(d.use, sizeof d.use),
    };
    return err == SYM_OK ? sym_sha256_parts(out, parts, sizeof parts / sizeof *parts) : err;
}

enum sym_err sym_tab_question_id(uint8_t out[SYM_HASH_BYTES], const struct sym_tab_question *q)
{
    struct digests d;
    enum sym_err err = digest(&d, q);
    const struct sym_span parts[] = {sym_span_text("symbolon-question-2"),
                                     sym_span(d.query, sizeof d.query),
                                     sym_span(d.cohort, sizeof d.cohort), sym_span(d.n, sizeof d.n),
                                     sym_span(d.dataset, sizeof d.dataset)};
    return err == SYM_OK ? sym_sha256_parts(out, parts, sizeof parts / sizeof *parts) : err;
}

enum sym_err sym_release_hash(uint8_t out[SYM_HASH_BYTES], struct sym_span head)
{
    return sym_sha256(out, head);
}

/* Cells as varints -----------------------------------------------------------------------------
 */

void sym_cells_write(uint8_t *out, size_t max, size_t *len, const uint64_t *cells, size_t n,
                     size_t *done)
{
    size_t at = 0;
    size_t i = 0;
    for (; i < n; i++) {
        uint8_t bytes[VARINT_BYTES_MAX];
        size_t k = 0;
        uint64_t v = cells[i];
        while (v >= 0x80u) {
            bytes[k++] = (uint8_t)(0x80u | (v & 0x7fu));
            v >>= 7;
        }
        bytes[k++] = (uint8_t)v;
        if (k > max - at) {
            break;
        }
        memcpy(out + at, bytes, k);
        at += k;
    }
    *len = at;
    *done = i;
}

bool sym_cells_are_whole(struct sym_span packed)
{
    size_t run = 0;
    for (size_t i = 0; i < packed.len && run < VARINT_BYTES_MAX; i++) {
        run = packed.data[i] < 0x80u ? 0 : run + 1;
    }
    return packed.len > 0 && run == 0;
}

struct sym_span sym_cells_page(struct sym_span left)
{
    size_t len = left.len < SYM_CELLS_PAGE_BYTES ? left.len : SYM_CELLS_PAGE_BYTES;
    while (len < left.len && left.data[len - 1] >= 0x80u) {
        len--;
    }
    return sym_span(left.data, len);
}

static enum sym_err read_varint(uint64_t *out, struct sym_reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = sym_read_u8(r);
        if (r->err != SYM_OK) {
            return SYM_BAD_FORMAT;
        }
        if (shift == 63 && byte > 1) {
            return SYM_BAD_VALUE;
        }
        v |= (uint64_t)(byte & 0x7fu) << shift;
        if (byte < 0x80u) {
            *out = v;
            return byte == 0 && shift > 0 ? SYM_BAD_FORMAT : SYM_OK;
        }
    }
    return SYM_BAD_FORMAT;
}

enum sym_err sym_cells_read(uint64_t *cells, size_t max, size_t *n, struct sym_span from)
{
    struct sym_reader r = sym_reader(from);
    size_t got = 0;
    while (r.left > 0) {
        if (got == max) {
            return SYM_LIMIT;
        }
        enum sym_err err = read_varint(&cells[got], &r);
        if (err != SYM_OK) {
            return err;
        }
        got++;
    }
    *n = got;
    return SYM_OK;
}
