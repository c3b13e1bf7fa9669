/* The machine of an own tabulation: its works, whether the question is answered already, and the
 * release that it keeps. */
#include "node/exchange/tabulations_state.h"
#include "node/log.h"
#include "node/loop.h"

#include <string.h>

static void on_lead_work(void *owner, void *subject, void *context, enum sym_err err)
{
    struct sym_tabulation *t = owner;
    (void)subject;
    t->works--;
    err = sym_tab_lead_worked(t->lead, context, t->given_up ? SYM_CANCELLED : err, sym_now_ms());
    if (t->given_up) {
        sym_tabulation_destroy(t);
        return;
    }
    if (err != SYM_OK && !t->ends) {
        sym_tabulation_fail(t, err, "the tabulation could not be computed");
    }
    sym_tabulation_turn_soon(t);
}

struct looking {
    struct sym_tabulation *t;
    bool asked;    /* the participants as asked are too close to others, */
    bool consents; /* or those who consented */
};

static enum sym_err look_for_release(struct sym_transaction *tr, void *context)
{
    struct looking *l = context;
    struct sym_tabulation *t = l->t;
    uint64_t epochs[SYM_TAB_MEMBERS_MAX];
    for (uint32_t i = 0; i < t->cohort.n; i++) {
        epochs[i] = sym_tab_lead_epoch(t->lead, i);
    }
    enum sym_err err =
        sym_release_find(tr, t->released, sym_tab_lead_question_id(t->lead), epochs, t->cohort.n);
    t->has_release = err == SYM_OK;
    if (err != SYM_NOT_FOUND || t->cohort.own == SYM_TAB_NO_PLACE) {
        return err == SYM_NOT_FOUND ? SYM_OK : err;
    }
    uint8_t places[SYM_TAB_MEMBERS_MAX];
    uint8_t ids[SYM_TAB_MEMBERS_MAX * SYM_HASH_BYTES];
    uint32_t n = sym_tab_lead_consenting(t->lead, places);
    for (uint32_t i = 0; i < n; i++) {
        memcpy(ids + i * SYM_HASH_BYTES, t->cohort.ids + places[i] * SYM_HASH_BYTES,
               SYM_HASH_BYTES);
    }
    struct sym_cohort c = {.dataset = sym_span_text(t->dataset),
                           .epoch = sym_tab_lead_epoch(t->lead, t->cohort.own),
                           .ids = sym_span(t->cohort.ids, t->cohort.n * SYM_HASH_BYTES)};
    err = sym_cohort_too_close(tr, &l->asked, &c);
    c.ids = sym_span(ids, n * SYM_HASH_BYTES);
    return err == SYM_OK ? sym_cohort_too_close(tr, &l->consents, &c) : err;
}

/* Is the question answered already? If not, would the others refuse it? Those who agreed to what
 * was asked have not agreed to what came of it. */
static enum sym_err look(struct sym_tabulation *t)
{
    if (t->again) {
        return SYM_OK;
    }
    struct looking l = {.t = t};
    enum sym_err err = sym_store_read(t->x->config.store, look_for_release, &l);
    if (err == SYM_OK && t->confirms && !t->has_release) {
        t->again = true; /* somebody has published since: it is computed */
        return SYM_OK;
    }
    if (err == SYM_OK && l.consents && !l.asked) {
        sym_tabulation_end(t, SYM_EXCHANGE_ABORTED, SYM_DENIED,
                           "those who can take part now are almost those of another question "
                           "about the same edition, and the difference would tell of who is in one "
                           "alone: ask again when all are there, or name those who are with "
                           "--peers, to which their approvers may have to agree");
        return SYM_OK;
    }
    return err == SYM_OK
               ? sym_tab_lead_looked(t->lead, t->has_release ? t->released : NULL, sym_now_ms())
               : err;
}

/* Who gave shares that were left out: it, or some of the others lie. */
static void tell_of_misfits(const struct sym_tabulation *t)
{
    for (uint32_t i = 0; i < t->cohort.n; i++) {
        if (sym_tab_lead_misfits(t->lead, i)) {
            sym_log(SYM_LEVEL_WARN, "shares-do-not-fit", "participant", t->cohort.names[i], NULL);
        }
    }
}

static enum sym_err keep(struct sym_tabulation *t)
{
    struct sym_span head;
    struct sym_span cells;
    enum sym_err err = sym_tab_lead_release(t->lead, &head, &cells, sym_wall_ms());
    if (err == SYM_OK) {
        err = sym_release_hash(t->release_hash, head);
    }
    if (err != SYM_OK) {
        return err;
    }
    t->has_release = true;
    memcpy(t->released, t->id, sizeof t->released);
    tell_of_misfits(t);
    return sym_tabulation_write_row(t, false, head, cells);
}

enum sym_err sym_tabulation_drive_lead(struct sym_tabulation *t)
{
    struct sym_errand_report to = {.fn = on_lead_work, .owner = t};
    struct sym_work work;
    enum sym_err err = SYM_OK;
    while (err == SYM_OK && sym_tab_lead_work(t->lead, &work)) {
        err = sym_errands_run(&t->x->errands, &work, &to);
        t->works += err == SYM_OK;
    }
    if (err != SYM_OK || t->writes) {
        return err;
    }
    switch (sym_tab_lead_wants(t->lead)) {
    case SYM_TAB_LEAD_WANTS_NOTHING:
        break;
    case SYM_TAB_LEAD_WANTS_LOOK:
        return look(t);
    case SYM_TAB_LEAD_WANTS_KEEP:
        return keep(t);
    }
    return SYM_OK;
}
