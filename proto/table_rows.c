#include "proto/table_rows.h"

#include "proto/table_frames.h"

#include <stdlib.h>
#include <string.h>

#define END_BYTES 5u

enum rows_state { ROWS_SENDS, ROWS_ENDS, ROWS_AWAITS, ROWS_CLOSES, ROWS_OVER, ROWS_DEAD };

struct sym_table_rows {
    struct sym_table_member *member;
    const uint8_t *rows;
    uint32_t n;
    uint32_t frame; /* that goes next */
    enum rows_state state;
};

enum sym_err sym_table_rows_new(struct sym_table_rows **out, struct sym_table_member *member,
                                const struct sym_table_list *list)
{
    size_t n = 0;
    if (!sym_table_list_is_complete(list) || !sym_table_member_sends_rows(member)) {
        return SYM_WRONG_STATE;
    }
    struct sym_table_rows *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return SYM_NO_MEMORY;
    }
    r->member = member;
    r->rows = sym_table_list_rows(list, &n);
    r->n = (uint32_t)n;
    r->state = n > 0 ? ROWS_SENDS : ROWS_ENDS;
    *out = r;
    return SYM_OK;
}

void sym_table_rows_free(struct sym_table_rows *r)
{
    free(r);
}

static uint32_t due(const struct sym_table_rows *r)
{
    return sym_table_frame_items(r->n, SYM_TABLE_ROWS_FRAME, r->frame);
}

enum sym_table_step sym_table_rows_step(const struct sym_table_rows *r, size_t *len)
{
    *len = 0;
    if (r->state == ROWS_SENDS || r->state == ROWS_ENDS) {
        if (!sym_table_member_sends_rows(r->member)) {
            return SYM_TABLE_WAIT; /* the table has failed meanwhile */
        }
        *len = r->state == ROWS_SENDS ? 1 + (size_t)due(r) * SYM_TABLE_TAG_BYTES : END_BYTES;
        return SYM_TABLE_DATA;
    }
    return r->state == ROWS_CLOSES ? SYM_TABLE_CLOSE : SYM_TABLE_WAIT;
}

enum sym_err sym_table_rows_write(struct sym_table_rows *r, uint8_t *payload, size_t len)
{
    size_t wanted = 0;
    enum sym_table_step step = sym_table_rows_step(r, &wanted);
    if (step == SYM_TABLE_CLOSE) {
        r->state = ROWS_OVER;
        return SYM_OK;
    }
    if (step == SYM_TABLE_WAIT || len != wanted) {
        return step == SYM_TABLE_WAIT ? SYM_WRONG_STATE : SYM_TOO_LONG;
    }
    struct sym_writer w = sym_writer(payload, len);
    if (r->state == ROWS_SENDS) {
        size_t from = (size_t)r->frame * SYM_TABLE_ROWS_FRAME * SYM_TABLE_TAG_BYTES;
        sym_write_u8(&w, TABLE_ROWS);
        sym_write_bytes(&w, r->rows + from, len - 1);
        r->frame++;
        r->state = due(r) > 0 ? ROWS_SENDS : ROWS_ENDS;
    } else {
        sym_write_u8(&w, TABLE_END);
        sym_write_u32(&w, r->n);
        r->state = ROWS_AWAITS;
    }
    return w.err;
}

static enum sym_err die(struct sym_table_rows *r, enum sym_err err, enum sym_table_cause cause)
{
    if (err != SYM_OK) {
        r->state = ROWS_DEAD;
        const struct sym_table_agreed *a = sym_table_member_agreed(r->member);
        sym_table_member_fail(r->member,
                              sym_table_failure_of(err, a->place, a->question->n, cause));
    }
    return err;
}

enum sym_err sym_table_rows_take(struct sym_table_rows *r, struct sym_span payload)
{
    enum table_type type = TABLE_NO_TYPE;
    struct sym_span content = {0};
    if (r->state == ROWS_DEAD) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = sym_table_payload_read(&type, &content, payload);
    if (err == SYM_OK && (type != TABLE_RELEASE || r->state != ROWS_AWAITS)) {
        err = SYM_WRONG_STATE;
    }
    if (err != SYM_OK) {
        return die(r, err, SYM_TABLE_CAUSE_PROTOCOL);
    }
    err = sym_table_member_released(r->member, content, r->n);
    if (err == SYM_OK) {
        r->state = ROWS_CLOSES;
    }
    return die(r, err, SYM_TABLE_CAUSE_RELEASE);
}

enum sym_err sym_table_rows_closed(struct sym_table_rows *r)
{
    bool late = r->state == ROWS_CLOSES || r->state == ROWS_OVER;
    return die(r, late ? SYM_OK : SYM_WRONG_STATE, SYM_TABLE_CAUSE_GONE);
}
