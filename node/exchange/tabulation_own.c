#include "node/exchange/tabulations_state.h"
#include "node/loop.h"

#include <stdio.h>
#include <stdlib.h>

/* The own part --------------------------------------------------------------------------------- */

static void on_own_work(void *owner, void *subject, void *context, enum sym_err err)
{
    struct sym_tabulation *t = owner;
    (void)subject;
    t->works--;
    err = sym_tab_member_worked(sym_tab_part_member(t->part), context,
                                t->given_up ? SYM_CANCELLED : err);
    if (t->given_up) {
        sym_tabulation_destroy(t);
        return;
    }
    if (err != SYM_OK) {
        t->part_over = true;
    }
    sym_tabulation_turn_soon(t);
}

static void on_part_made(void *context, enum sym_err err)
{
    struct sym_tabulation *t = context;
    t->part_writes = false;
    if (t->given_up) {
        sym_tabulation_destroy(t);
        return;
    }
    if (sym_tab_part_made(t->part, err) != SYM_OK) {
        t->part_over = true;
    }
    sym_tabulation_turn_soon(t);
}

static enum sym_err put_part(struct sym_transaction *tr, void *context)
{
    struct sym_tabulation *t = context;
    return sym_tab_part_put(t->part, tr);
}

enum sym_err sym_tabulation_put_part_end(struct sym_transaction *tr, void *context)
{
    struct sym_tabulation *t = context;
    return sym_tab_part_put_end(t->part, tr);
}

/* Nothing is left to be said between the two. */
static enum sym_err close_own(struct sym_tabulation *t)
{
    uint8_t none[1] = {0}; /* a close has no payload */
    struct sym_tab_member *m = sym_tab_part_member(t->part);
    uint32_t own = t->cohort.own;
    size_t len = 0;
    enum sym_err err = SYM_OK;
    if (sym_tab_member_step(m, &len) == SYM_TAB_CLOSE) {
        err = sym_tab_member_write(m, none, 0);
    }
    if (err == SYM_OK && sym_tab_lead_step(t->lead, own, &len) == SYM_TAB_CLOSE) {
        err = sym_tab_lead_write(t->lead, own, none, 0);
    }
    return err;
}

/* Moves one payload each way, if there is one. */
static enum sym_err move_own(struct sym_tabulation *t, bool *moved)
{
    struct sym_tab_member *m = sym_tab_part_member(t->part);
    uint32_t own = t->cohort.own;
    size_t len = 0;
    enum sym_err err = SYM_OK;
    if (sym_tab_lead_step(t->lead, own, &len) == SYM_TAB_DATA) {
        uint8_t *payload = malloc(len);
        err = payload == NULL ? SYM_NO_MEMORY : sym_tab_lead_write(t->lead, own, payload, len);
        if (err == SYM_OK) {
            err = sym_tab_member_take(m, sym_span(payload, len), sym_wall_ms());
        }
        free(payload);
        *moved = true;
    }
    if (err == SYM_OK && sym_tab_member_step(m, &len) == SYM_TAB_DATA) {
        uint8_t *payload = malloc(len);
        err = payload == NULL ? SYM_NO_MEMORY : sym_tab_member_write(m, payload, len);
        if (err == SYM_OK) {
            err = sym_tab_lead_take(t->lead, own, sym_span(payload, len), sym_now_ms());
        }
        free(payload);
        *moved = true;
    }
    return err == SYM_OK ? close_own(t) : err;
}

static enum sym_err drive_own(struct sym_tabulation *t)
{
    struct sym_errand_report to = {.fn = on_own_work, .owner = t};
    struct sym_work work;
    bool moved = true;
    enum sym_err err = SYM_OK;
    while (err == SYM_OK && moved && !t->part_writes) {
        moved = false;
        if (sym_tab_part_is_due(t->part)) {
            t->part_writes = true;
            err = sym_group_write(t->x->config.group, put_part, t, on_part_made);
            t->part_writes = err == SYM_OK;
            break;
        }
        while (err == SYM_OK && sym_tab_member_work(sym_tab_part_member(t->part), &work)) {
            err = sym_errands_run(&t->x->errands, &work, &to);
            t->works += err == SYM_OK;
        }
        if (err == SYM_OK) {
            err = move_own(t, &moved);
        }
    }
    return err;
}

void sym_tabulation_drive_part(struct sym_tabulation *t)
{
    uint32_t own = t->cohort.own;
    if (t->part == NULL || t->told[own]) {
        return;
    }
    if (!t->part_over) {
        t->part_over = drive_own(t) != SYM_OK;
    }
    if (t->part_over) {
        const char *why = sym_tab_part_fault(t->part);
        struct sym_leg *leg = &t->legs[own];
        leg->over = true;
        leg->state = SYM_EXCHANGE_ABORTED;
        (void)snprintf(leg->fault, sizeof leg->fault, "this node: %s",
                       why[0] != '\0' ? why : "its part failed");
    }
}

void sym_tabulation_wake(void *owner)
{
    sym_tabulation_turn_soon(owner);
}
