#include "tests/support/tab_owed.h"

#include <stdlib.h>

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

void tab_owed_open(struct tab_owed *o)
{
    struct sym_span head;
    struct sym_span cells;
    *o = (struct tab_owed){.giver = NULL};
    tab_rig_open(&o->rig, 3, 6, 12);
    tab_rig_begin(&o->rig);
    tab_rig_run(&o->rig);
    insist(tab_rig_keepers(&o->rig) == 3);
    insist(sym_tab_lead_release(o->rig.lead, &head, &cells, 5) == SYM_OK);
    insist(sym_tab_bytes_copy(&o->head, head) == SYM_OK);
    insist(sym_tab_bytes_copy(&o->cells, cells) == SYM_OK);
    insist(sym_tab_member_owed(o->rig.members[TAB_OWED_PLACE], &o->owed) == SYM_OK);
}

static void drop(struct tab_owed *o)
{
    sym_tab_giver_free(o->giver);
    sym_tab_member_free(o->late);
    o->giver = NULL;
    o->late = NULL;
}

void tab_owed_close(struct tab_owed *o)
{
    drop(o);
    sym_tab_bytes_clear(&o->head);
    sym_tab_bytes_clear(&o->cells);
    tab_rig_close(&o->rig);
}

static void do_works(struct tab_owed *o, enum sym_err *err)
{
    struct sym_work work;
    while (sym_tab_member_work(o->late, &work)) {
        enum sym_err done = SYM_OK;
        for (size_t i = 0; i < work.n; i++) {
            enum sym_err piece = work.run(work.context, i, 1);
            done = done == SYM_OK ? piece : done;
        }
        done = sym_tab_member_worked(o->late, work.context, done);
        *err = *err == SYM_OK ? done : *err;
    }
}

void tab_owed_begin(struct tab_owed *o, struct sym_span head, struct sym_span cells,
                    const struct sym_tab_owed *owed)
{
    struct tab_rig *r = &o->rig;
    const struct sym_tab_member_config c = {.question = r->question,
                                            .place = TAB_OWED_PLACE,
                                            .identity = &r->keys[TAB_OWED_PLACE],
                                            .query_hash = sym_span(r->query_hash, SYM_HASH_BYTES),
                                            .outline = sym_span(r->outline, r->outline_len),
                                            .epsilon_nano = r->epsilon_nano,
                                            .cells = r->cells,
                                            .minimum = r->minimum,
                                            .owed = owed};
    drop(o);
    insist(sym_tab_giver_new(&o->giver, head, cells, r->parties[TAB_OWED_PLACE].identity) ==
           SYM_OK);
    insist(sym_tab_member_new(&o->late, &c) == SYM_OK);
}

bool tab_owed_says(struct tab_owed *o, bool giver, struct tab_bytes *out)
{
    size_t len = 0;
    enum sym_tab_step step =
        giver ? sym_tab_giver_step(o->giver, &len) : sym_tab_member_step(o->late, &len);
    if (step != SYM_TAB_DATA) {
        return false;
    }
    insist(sym_tab_bytes_new(out, len) == SYM_OK);
    insist((giver ? sym_tab_giver_write(o->giver, out->data, len)
                  : sym_tab_member_write(o->late, out->data, len)) == SYM_OK);
    return true;
}

enum sym_err tab_owed_takes(struct tab_owed *o, bool giver, struct sym_span payload)
{
    if (giver) {
        return sym_tab_giver_take(o->giver, payload);
    }
    enum sym_err err = sym_tab_member_take(o->late, payload, o->rig.now_ms);
    do_works(o, &err);
    return err;
}

bool tab_owed_has_it(const struct tab_owed *o)
{
    struct sym_span head;
    struct sym_span cells;
    if (sym_tab_member_wants(o->late) != SYM_TAB_WANTS_KEEP) {
        return false;
    }
    sym_tab_member_release(o->late, &head, &cells);
    return sym_span_equal(head, sym_tab_bytes_span(&o->head)) &&
           sym_span_equal(cells, sym_tab_bytes_span(&o->cells));
}

enum sym_err tab_owed_run(struct tab_owed *o)
{
    enum sym_err err = SYM_OK;
    for (bool any = true; any && err == SYM_OK;) {
        any = false;
        for (unsigned giver = 0; giver < 2 && err == SYM_OK; giver++) {
            struct tab_bytes said = {0};
            if (tab_owed_says(o, giver == 1, &said)) {
                any = true;
                err = tab_owed_takes(o, giver == 0, sym_tab_bytes_span(&said));
                sym_tab_bytes_clear(&said);
            }
        }
        if (err == SYM_OK && sym_tab_member_wants(o->late) == SYM_TAB_WANTS_KEEP &&
            tab_owed_has_it(o)) {
            any = true;
            err = sym_tab_member_kept(o->late);
        }
    }
    return err;
}
