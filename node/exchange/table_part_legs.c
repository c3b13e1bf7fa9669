/* What is said and heard on the exchanges of one part of an overlap table. */
#include "node/exchange/table_part_state.h"

#include <string.h>

static struct sym_table_leg *of(const struct sym_leg *leg)
{
    return (struct sym_table_leg *)(uintptr_t)leg;
}

static enum sym_tab_step as_step(enum sym_table_step step)
{
    return step == SYM_TABLE_DATA    ? SYM_TAB_DATA
           : step == SYM_TABLE_CLOSE ? SYM_TAB_CLOSE
                                     : SYM_TAB_WAIT;
}

static bool is_close(const uint8_t *payload, size_t len)
{
    return payload == NULL && len == 0;
}

static void close_nothing(const struct sym_leg *leg, struct sym_statement *word)
{
    const struct sym_table_agreed *a = sym_table_member_agreed(of(leg)->part->member);
    if (a != NULL) {
        word->has_consents = true;
        memcpy(word->consents_hash, a->consents_hash, sizeof word->consents_hash);
    }
}

static void close_release(const struct sym_leg *leg, struct sym_statement *word)
{
    struct sym_span release = sym_table_member_release(of(leg)->part->member);
    close_nothing(leg, word);
    if (release.len > 0) {
        word->has_release = sym_table_release_hash(word->release_hash, release) == SYM_OK;
    }
}

static const char *fault_of(const struct sym_leg *leg)
{
    return of(leg)->part->fault;
}

/* A machine refused what came: whose doing it was it knows itself, as far as that can be known.
 * What another has spoiled refuses whatever comes next: who sent that is not to blame, and its
 * exchange ends with the part. */
static enum sym_err refused(struct sym_table_leg *l, enum sym_err err,
                            struct sym_table_failure failure)
{
    if (err != SYM_OK) {
        if (failure.cause == SYM_TABLE_CAUSE_NONE) {
            failure = (struct sym_table_failure){
                .place = l->place, .cause = SYM_TABLE_CAUSE_PROTOCOL, .said_by = SYM_TABLE_NOBODY};
        }
        sym_table_part_fail(l->part, failure, "");
    }
    sym_table_part_turn_soon(l->part);
    failure = l->part->failure;
    bool another = failure.cause != SYM_TABLE_CAUSE_NONE && failure.place != l->place;
    return another && err != SYM_NO_MEMORY ? SYM_OK : err;
}

/* With who asks -------------------------------------------------------------------------------- */

static enum sym_tab_step asker_step(const struct sym_leg *leg, size_t *len)
{
    return as_step(sym_table_member_step(of(leg)->part->member, len));
}

static enum sym_err asker_write(struct sym_leg *leg, uint8_t *payload, size_t len)
{
    sym_table_part_turn_soon(of(leg)->part);
    return is_close(payload, len) ? SYM_OK
                                  : sym_table_member_write(of(leg)->part->member, payload, len);
}

static enum sym_err asker_take(struct sym_leg *leg, struct sym_span payload)
{
    struct sym_table_leg *l = of(leg);
    enum sym_err err = sym_table_member_take(l->part->member, payload);
    struct sym_table_failure failure = sym_table_member_failure(l->part->member);
    if (err == SYM_OK && failure.cause != SYM_TABLE_CAUSE_NONE) {
        sym_table_part_fail(l->part, failure, ""); /* the abort that follows may be here already */
    }
    return refused(l, err, failure);
}

/* From the start on, others have their lists evaluated here. */
static bool asker_is_unspent(const struct sym_leg *leg)
{
    const struct sym_table_part *p = of(leg)->part;
    return p->started_ms == 0 && !p->is_debited;
}

static const struct sym_leg_calls asker_calls = {.step = asker_step,
                                                 .write = asker_write,
                                                 .take = asker_take,
                                                 .closing = close_release,
                                                 .fault = fault_of,
                                                 .is_unspent = asker_is_unspent};

/* overlap:evaluate, own list ------------------------------------------------------------------- */

static struct sym_table_owner *owner_of(const struct sym_leg *leg)
{
    return of(leg)->part->owners[of(leg)->place];
}

static enum sym_tab_step owner_step(const struct sym_leg *leg, size_t *len)
{
    return as_step(sym_table_owner_step(owner_of(leg), len));
}

static enum sym_err owner_write(struct sym_leg *leg, uint8_t *payload, size_t len)
{
    of(leg)->done = of(leg)->done || is_close(payload, len);
    sym_table_part_turn_soon(of(leg)->part);
    return is_close(payload, len) ? SYM_OK : sym_table_owner_write(owner_of(leg), payload, len);
}

static enum sym_err owner_take(struct sym_leg *leg, struct sym_span payload)
{
    enum sym_err err = sym_table_owner_take(owner_of(leg), payload);
    return refused(of(leg), err, sym_table_list_failure(of(leg)->part->list));
}

static enum sym_err owner_closed(struct sym_leg *leg)
{
    return sym_table_owner_closed(owner_of(leg));
}

static const struct sym_leg_calls owner_calls = {.step = owner_step,
                                                 .write = owner_write,
                                                 .take = owner_take,
                                                 .closing = close_nothing,
                                                 .closed = owner_closed,
                                                 .fault = fault_of};

/* overlap:evaluate, for another ---------------------------------------------------------------- */

static struct sym_table_evaluator *evaluator_of(const struct sym_leg *leg)
{
    return of(leg)->part->evaluators[of(leg)->place];
}

static enum sym_tab_step evaluator_step(const struct sym_leg *leg, size_t *len)
{
    return as_step(sym_table_evaluator_step(evaluator_of(leg), len));
}

static enum sym_err evaluator_write(struct sym_leg *leg, uint8_t *payload, size_t len)
{
    of(leg)->done = of(leg)->done || is_close(payload, len);
    sym_table_part_turn_soon(of(leg)->part);
    return is_close(payload, len) ? SYM_OK
                                  : sym_table_evaluator_write(evaluator_of(leg), payload, len);
}

static enum sym_err evaluator_take(struct sym_leg *leg, struct sym_span payload)
{
    enum sym_err err = sym_table_evaluator_take(evaluator_of(leg), payload);
    return refused(of(leg), err, sym_table_evaluator_failure(evaluator_of(leg)));
}

static enum sym_err evaluator_closed(struct sym_leg *leg)
{
    return sym_table_evaluator_closed(evaluator_of(leg));
}

static const struct sym_leg_calls evaluator_calls = {.step = evaluator_step,
                                                     .write = evaluator_write,
                                                     .take = evaluator_take,
                                                     .closing = close_nothing,
                                                     .closed = evaluator_closed,
                                                     .fault = fault_of};

/* overlap:rows, given -------------------------------------------------------------------------- */

static enum sym_tab_step rows_step(const struct sym_leg *leg, size_t *len)
{
    return as_step(sym_table_rows_step(of(leg)->part->rows, len));
}

static enum sym_err rows_write(struct sym_leg *leg, uint8_t *payload, size_t len)
{
    of(leg)->done = of(leg)->done || is_close(payload, len);
    sym_table_part_turn_soon(of(leg)->part);
    return is_close(payload, len) ? SYM_OK
                                  : sym_table_rows_write(of(leg)->part->rows, payload, len);
}

static enum sym_err rows_take(struct sym_leg *leg, struct sym_span payload)
{
    enum sym_err err = sym_table_rows_take(of(leg)->part->rows, payload);
    return refused(of(leg), err, sym_table_member_failure(of(leg)->part->member));
}

static enum sym_err rows_closed(struct sym_leg *leg)
{
    return sym_table_rows_closed(of(leg)->part->rows);
}

static const struct sym_leg_calls rows_calls = {.step = rows_step,
                                                .write = rows_write,
                                                .take = rows_take,
                                                .closing = close_release,
                                                .closed = rows_closed,
                                                .fault = fault_of};

/* overlap:rows, counted ------------------------------------------------------------------------ */

static enum sym_tab_step tally_step(const struct sym_leg *leg, size_t *len)
{
    return as_step(sym_table_tally_step(of(leg)->part->tally, of(leg)->place, len));
}

static enum sym_err tally_write(struct sym_leg *leg, uint8_t *payload, size_t len)
{
    of(leg)->done = of(leg)->done || is_close(payload, len);
    sym_table_part_turn_soon(of(leg)->part);
    return is_close(payload, len)
               ? SYM_OK
               : sym_table_tally_write(of(leg)->part->tally, of(leg)->place, payload, len);
}

static enum sym_err tally_take(struct sym_leg *leg, struct sym_span payload)
{
    enum sym_err err = sym_table_tally_take(of(leg)->part->tally, of(leg)->place, payload);
    return refused(of(leg), err, sym_table_tally_failure(of(leg)->part->tally));
}

static enum sym_err tally_closed(struct sym_leg *leg)
{
    return sym_table_tally_closed(of(leg)->part->tally, of(leg)->place);
}

static const struct sym_leg_calls tally_calls = {.step = tally_step,
                                                 .write = tally_write,
                                                 .take = tally_take,
                                                 .closing = close_release,
                                                 .closed = tally_closed,
                                                 .fault = fault_of};

/* All of them ------------------------------------------------------------------------------------
 */

static void make(struct sym_table_leg *l, struct sym_table_part *p, uint32_t place,
                 const struct sym_leg_calls *calls)
{
    *l = (struct sym_table_leg){.leg = {.calls = calls, .place = place}, .part = p, .place = place};
}

void sym_table_part_make_answer(struct sym_table_part *p, uint32_t place)
{
    make(&p->answers[place], p, place, &evaluator_calls);
}

void sym_table_part_make_legs(struct sym_table_part *p)
{
    make(&p->with_asker, p, SYM_TABLE_ASKER, &asker_calls);
    make(&p->sends, p, p->question.n, &rows_calls);
    for (uint32_t i = 0; i < SYM_TABLE_LISTS_MAX; i++) {
        make(&p->asks[i], p, i, &owner_calls);
        sym_table_part_make_answer(p, i);
        make(&p->tallies[i], p, i, &tally_calls);
    }
}
