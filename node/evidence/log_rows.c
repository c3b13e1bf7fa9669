/* Rows of leaves and bodies. What one commit appends to a tile lies in one row, as long as it is
 * short enough: sealing and storing a row takes a few microseconds, however much is in it. */
#include "node/evidence/log_state.h"

#include <stdlib.h>
#include <string.h>

#define LENGTH_BYTES 4u
/* A row that is longer takes nothing more. */
#define ROW_BYTES 32768u

enum sym_err sym_log_rows_open(struct sym_log_run *run, enum sym_log_part part, size_t longest)
{
    run->part = part;
    run->room = longest + LENGTH_BYTES > ROW_BYTES ? longest + LENGTH_BYTES : ROW_BYTES;
    run->bytes = malloc(run->room);
    return run->bytes == NULL ? SYM_NO_MEMORY : SYM_OK;
}

void sym_log_rows_forget(struct sym_log_run *run)
{
    sym_wipe(run->bytes, run->used);
    run->used = 0;
    run->n = 0;
}

void sym_log_rows_close(struct sym_log_run *run)
{
    if (run->bytes != NULL) {
        sym_log_rows_forget(run);
        free(run->bytes);
        run->bytes = NULL;
    }
}

/* How many of the run stand before the index; what is not in it is more than that. */
static size_t before(const struct sym_log_run *run, uint64_t index)
{
    return run->n > 0 && index <= run->last && run->last - index < run->n
               ? run->n - 1 - (size_t)(run->last - index)
               : SIZE_MAX;
}

bool sym_log_rows_find(const struct sym_log_run *run, struct sym_span *out, uint32_t generation,
                       uint64_t index)
{
    size_t i = before(run, index);
    if (i == SIZE_MAX || run->generation != generation) {
        return false;
    }
    size_t begin = run->begin[i];
    size_t end = i + 1 < run->n ? run->begin[i + 1] - LENGTH_BYTES : run->used;
    *out = sym_span(run->bytes + begin, end - begin);
    return true;
}

uint8_t *sym_log_rows_room(const struct sym_log_run *run, uint32_t generation, uint64_t index,
                           size_t *max)
{
    bool follows = run->n == 0 || (run->generation == generation && run->last + 1 == index &&
                                   index % SYM_TILE_WIDTH != 0);
    size_t end = run->n == 0 ? run->room : ROW_BYTES;
    if (!follows || run->used >= end || end - run->used < LENGTH_BYTES) {
        return NULL;
    }
    *max = end - run->used - LENGTH_BYTES;
    return run->bytes + run->used + LENGTH_BYTES;
}

void sym_log_rows_took(struct sym_log_run *run, uint32_t generation, uint64_t index, size_t len)
{
    struct sym_writer w = sym_writer(run->bytes + run->used, LENGTH_BYTES);
    sym_write_u32(&w, (uint32_t)len);
    run->generation = generation;
    run->last = index;
    run->begin[run->n++] = run->used + LENGTH_BYTES;
    run->used += LENGTH_BYTES + len;
}

bool sym_log_rows_add(struct sym_log_run *run, uint32_t generation, uint64_t index,
                      struct sym_span part)
{
    size_t max = 0;
    uint8_t *room = sym_log_rows_room(run, generation, index, &max);
    if (room == NULL || part.len > max) {
        return false;
    }
    memcpy(room, part.data, part.len);
    sym_log_rows_took(run, generation, index, part.len);
    return true;
}

void sym_log_row_key(uint8_t out[SYM_LOG_ROW_BYTES], uint32_t generation, uint64_t last,
                     enum sym_log_part part)
{
    sym_log_place(out, generation, last);
    out[SYM_LOG_KEY_BYTES] = (uint8_t)part;
}

enum sym_err sym_log_rows_put(struct sym_log_run *run, struct sym_transaction *t,
                              const struct sym_secret *under)
{
    uint8_t key[SYM_LOG_ROW_BYTES];
    sym_log_row_key(key, run->generation, run->last, run->part);
    enum sym_err err = sym_store_append(t, SYM_TABLE_LOG, sym_span(key, sizeof key), under,
                                        sym_span(run->bytes, run->used));
    sym_log_rows_forget(run);
    return err;
}

/* Where each part begins. */
static enum sym_err parse(struct sym_log_run *run)
{
    struct sym_reader r = sym_reader(sym_span(run->bytes, run->used));
    while (r.left > 0 && r.err == SYM_OK) {
        if (run->n == SYM_TILE_WIDTH) {
            return SYM_BAD_FORMAT;
        }
        size_t len = sym_read_u32(&r);
        run->begin[run->n++] = run->used - r.left;
        (void)sym_read_span(&r, len);
    }
    return run->n == 0 ? SYM_BAD_FORMAT : sym_read_end(&r);
}

enum sym_err sym_log_rows_next(struct sym_transaction *t, enum sym_log_part part,
                               uint8_t key[SYM_STORE_KEY_BYTES], size_t *len, uint32_t *generation,
                               uint64_t *last)
{
    for (;;) {
        enum sym_err err = sym_store_next(t, SYM_TABLE_LOG, sym_span(key, *len), key, len);
        if (err != SYM_OK) {
            return err;
        }
        struct sym_reader r = sym_reader(sym_span(key, *len));
        *generation = sym_read_u32(&r);
        *last = sym_read_u64(&r);
        bool wanted = sym_read_u8(&r) == part;
        if (sym_read_end(&r) != SYM_OK) {
            return SYM_BAD_FORMAT;
        }
        if (wanted) {
            return SYM_OK;
        }
    }
}

/* The number of the row behind the index that holds it, if any does: one in its tile. */
static enum sym_err seek(struct sym_transaction *t, enum sym_log_part part, uint32_t generation,
                         uint64_t index, uint64_t *last)
{
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = SYM_LOG_ROW_BYTES;
    uint32_t found = 0;
    sym_log_row_key(key, generation, index, part);
    enum sym_err err = sym_log_rows_next(t, part, key, &len, &found, last);
    bool same = found == generation && *last / SYM_TILE_WIDTH == index / SYM_TILE_WIDTH;
    return err == SYM_OK && !same ? SYM_NOT_FOUND : err;
}

static enum sym_err read_row(struct sym_log_run *run, struct sym_transaction *t,
                             const struct sym_secret *under, uint64_t last)
{
    uint8_t key[SYM_LOG_ROW_BYTES];
    sym_log_row_key(key, run->generation, last, run->part);
    run->last = last;
    return sym_store_get_into(t, SYM_TABLE_LOG, sym_span(key, sizeof key), under, run->bytes,
                              run->room, &run->used);
}

enum sym_err sym_log_rows_get(struct sym_log_run *run, struct sym_transaction *t,
                              const struct sym_secret *under, uint32_t generation, uint64_t index)
{
    uint64_t last = 0;
    sym_log_rows_forget(run);
    run->generation = generation;
    enum sym_err err = read_row(run, t, under, index);
    if (err == SYM_NOT_FOUND) {
        err = seek(t, run->part, generation, index, &last);
        err = err == SYM_OK ? read_row(run, t, under, last) : err;
    }
    if (err == SYM_OK) {
        err = parse(run);
    }
    if (err == SYM_OK && before(run, index) == SIZE_MAX) {
        err = SYM_NOT_FOUND;
    }
    if (err != SYM_OK) {
        sym_log_rows_forget(run);
    }
    return err == SYM_TOO_LONG || err == SYM_SHORT ? SYM_BAD_FORMAT : err;
}
