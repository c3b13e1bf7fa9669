#include "tests/support/table_rig_links.h"

#include <stdlib.h>

void table_rig_insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Of what the machine itself tells, too. */
static void ignore(enum sym_err err)
{
    (void)err;
}

/* What the tap makes of it; false: it is not delivered. */
static bool tapped(struct table_rig *r, struct table_sent *s)
{
    r->payloads++;
    r->bytes += s->len;
    s->type = s->len > 0 ? (enum table_type)s->bytes[0] : TABLE_NO_TYPE;
    return r->tap == NULL || r->tap(r, s);
}

static uint8_t *room(size_t len)
{
    uint8_t *bytes = malloc(len > 0 ? len : 1);
    table_rig_insist(bytes != NULL);
    return bytes;
}

/* A member that has failed has its session aborted once the asker has been told. */
static void abort_leg(struct table_rig *r, uint32_t place)
{
    struct table_party *p = &r->parties[place];
    if (!p->over) {
        p->over = true;
        sym_table_lead_lost(r->lead, place, SYM_TABLE_CAUSE_GONE);
    }
}

static bool member_to_lead(struct table_rig *r, uint32_t place)
{
    struct table_party *p = &r->parties[place];
    struct table_sent s = {.link = TABLE_LINK_LEG, .from = place, .to = SYM_TABLE_ASKER};
    if (p->over) {
        return false;
    }
    enum sym_table_step step = sym_table_member_step(p->member, &s.len);
    if (step == SYM_TABLE_WAIT) {
        if (sym_table_member_failure(p->member).cause != SYM_TABLE_CAUSE_NONE) {
            abort_leg(r, place);
            return true;
        }
        return false;
    }
    s.bytes = room(s.len);
    table_rig_insist(sym_table_member_write(p->member, s.bytes, s.len) == SYM_OK);
    if (step == SYM_TABLE_CLOSE) {
        p->closed = true;
    } else if (tapped(r, &s) &&
               sym_table_lead_take(r->lead, place, sym_span(s.bytes, s.len), r->now_ms) != SYM_OK) {
        p->over = true;
    }
    free(s.bytes);
    return true;
}

static bool lead_to_member(struct table_rig *r, uint32_t place)
{
    struct table_party *p = &r->parties[place];
    struct table_sent s = {.link = TABLE_LINK_LEG, .from = SYM_TABLE_ASKER, .to = place};
    enum sym_table_step step = sym_table_lead_step(r->lead, place, &s.len);
    if (step == SYM_TABLE_WAIT) {
        return false;
    }
    s.bytes = room(s.len);
    table_rig_insist(sym_table_lead_write(r->lead, place, s.bytes, s.len) == SYM_OK);
    if (step == SYM_TABLE_DATA && !p->over && tapped(r, &s)) {
        ignore(sym_table_member_take(p->member, sym_span(s.bytes, s.len)));
    }
    free(s.bytes);
    return true;
}

bool table_rig_alive(const struct table_rig *r, uint32_t place)
{
    const struct table_party *p = &r->parties[place];
    return !p->over && sym_table_member_failure(p->member).cause == SYM_TABLE_CAUSE_NONE;
}

void table_rig_fail(struct table_rig *r, uint32_t place, struct sym_table_failure failure)
{
    table_rig_insist(failure.cause != SYM_TABLE_CAUSE_NONE);
    sym_table_member_fail(r->parties[place].member, failure);
}

void table_rig_list_failed(struct table_rig *r, uint32_t place)
{
    table_rig_fail(r, place, sym_table_list_failure(r->parties[place].list));
}

static bool owner_to_evaluator(struct table_rig *r, uint32_t i, uint32_t j)
{
    struct table_pair *p = &r->pairs[i][j];
    struct table_sent s = {.link = TABLE_LINK_EVALUATE, .from = i, .to = j};
    if (p->owner == NULL || p->evaluator == NULL || !table_rig_alive(r, i)) {
        return false;
    }
    enum sym_table_step step = sym_table_owner_step(p->owner, &s.len);
    if (step == SYM_TABLE_WAIT) {
        return false;
    }
    s.bytes = room(s.len);
    table_rig_insist(sym_table_owner_write(p->owner, s.bytes, s.len) == SYM_OK);
    if (step == SYM_TABLE_CLOSE) {
        p->closed[0] = true;
        table_rig_insist(!table_rig_alive(r, j) ||
                         sym_table_evaluator_closed(p->evaluator) == SYM_OK);
    } else if (table_rig_alive(r, j) && tapped(r, &s) &&
               sym_table_evaluator_take(p->evaluator, sym_span(s.bytes, s.len)) != SYM_OK) {
        table_rig_fail(r, j, sym_table_evaluator_failure(p->evaluator));
    }
    free(s.bytes);
    return true;
}

static bool evaluator_to_owner(struct table_rig *r, uint32_t i, uint32_t j)
{
    struct table_pair *p = &r->pairs[i][j];
    struct table_sent s = {.link = TABLE_LINK_EVALUATE, .from = j, .to = i};
    if (p->evaluator == NULL || !table_rig_alive(r, j)) {
        return false;
    }
    enum sym_table_step step = sym_table_evaluator_step(p->evaluator, &s.len);
    if (step == SYM_TABLE_WAIT) {
        return false;
    }
    s.bytes = room(s.len);
    table_rig_insist(sym_table_evaluator_write(p->evaluator, s.bytes, s.len) == SYM_OK);
    if (step == SYM_TABLE_CLOSE) {
        p->closed[1] = true;
        table_rig_insist(!table_rig_alive(r, i) || sym_table_owner_closed(p->owner) == SYM_OK);
    } else if (table_rig_alive(r, i) && tapped(r, &s) &&
               sym_table_owner_take(p->owner, sym_span(s.bytes, s.len)) != SYM_OK) {
        table_rig_list_failed(r, i);
    }
    free(s.bytes);
    return true;
}

static bool rows_to_tally(struct table_rig *r, uint32_t i)
{
    struct table_rows_link *l = &r->rows[i];
    struct table_sent s = {.link = TABLE_LINK_ROWS, .from = i, .to = r->n};
    enum sym_table_step step =
        l->rows == NULL ? SYM_TABLE_WAIT : sym_table_rows_step(l->rows, &s.len);
    if (step == SYM_TABLE_WAIT || r->tally == NULL) {
        return false;
    }
    s.bytes = room(s.len);
    table_rig_insist(sym_table_rows_write(l->rows, s.bytes, s.len) == SYM_OK);
    if (step == SYM_TABLE_CLOSE) {
        l->closed[0] = true;
        table_rig_insist(!table_rig_alive(r, r->n) ||
                         sym_table_tally_closed(r->tally, i) == SYM_OK);
    } else if (table_rig_alive(r, r->n) && tapped(r, &s) &&
               sym_table_tally_take(r->tally, i, sym_span(s.bytes, s.len)) != SYM_OK) {
        table_rig_fail(r, r->n, sym_table_tally_failure(r->tally));
    }
    free(s.bytes);
    return true;
}

static bool tally_to_rows(struct table_rig *r, uint32_t i)
{
    struct table_rows_link *l = &r->rows[i];
    struct table_sent s = {.link = TABLE_LINK_ROWS, .from = r->n, .to = i};
    enum sym_table_step step = r->tally == NULL || l->rows == NULL
                                   ? SYM_TABLE_WAIT
                                   : sym_table_tally_step(r->tally, i, &s.len);
    if (step == SYM_TABLE_WAIT) {
        return false;
    }
    s.bytes = room(s.len);
    table_rig_insist(sym_table_tally_write(r->tally, i, s.bytes, s.len) == SYM_OK);
    if (step == SYM_TABLE_CLOSE) {
        l->closed[1] = true;
        table_rig_insist(!table_rig_alive(r, i) || sym_table_rows_closed(l->rows) == SYM_OK);
    } else if (table_rig_alive(r, i) && tapped(r, &s)) {
        ignore(sym_table_rows_take(l->rows, sym_span(s.bytes, s.len)));
    }
    free(s.bytes);
    return true;
}

bool table_rig_carry_leg(struct table_rig *r, uint32_t place)
{
    bool any = member_to_lead(r, place);
    return lead_to_member(r, place) || any;
}

bool table_rig_carry_rest(struct table_rig *r)
{
    bool any = false;
    for (uint32_t i = 0; i < r->n; i++) {
        any |= rows_to_tally(r, i);
        any |= tally_to_rows(r, i);
        for (uint32_t j = 0; j < r->n; j++) {
            any |= owner_to_evaluator(r, i, j);
            any |= evaluator_to_owner(r, i, j);
        }
    }
    return any;
}
