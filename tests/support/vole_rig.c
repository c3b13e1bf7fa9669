#include "tests/support/vole_rig.h"

#include "tests/support/toy_group.h"

#include <stdlib.h>

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

static struct sym_vole_run *open_run(const struct vole_terms *terms, const struct token_set *own,
                                     bool is_r, uint32_t own_size, uint32_t peer_size)
{
    struct sym_vole_config c = {.role = is_r ? SYM_SESSION_INITIATOR : SYM_SESSION_RESPONDER,
                                .with = terms->group != NULL ? terms->group : &toy_group,
                                .digests = own->digests[0],
                                .n = own->n,
                                .own_size = own_size,
                                .peer_size = peer_size,
                                .context = {1, 2, 3}};
    struct sym_vole_run *run = NULL;
    c.context[31] = !is_r && terms->other_context;
    insist(sym_vole_kernel_choose(&c.kernel, terms->kernel) == SYM_OK);
    insist(sym_vole_new(&run, &c) == SYM_OK);
    return run;
}

static uint32_t or_else(uint32_t size, size_t usual)
{
    return size > 0 ? size : (uint32_t)usual;
}

void vole_rig_open(struct vole_rig *r, const struct token_set *x, const struct token_set *y,
                   const struct vole_terms *terms)
{
    static const struct vole_terms usual = {0};
    const struct vole_terms *t = terms != NULL ? terms : &usual;
    uint32_t n_r = or_else(t->r_size, x->n);
    uint32_t n_s = or_else(t->s_size, y->n);
    *r = (struct vole_rig){.seed = x->n * 31 + y->n};
    r->runs[VOLE_R] = open_run(t, x, true, n_r, n_s);
    r->runs[VOLE_S] =
        open_run(t, y, false, or_else(t->s_thinks_s_size, n_s), or_else(t->s_thinks_r_size, n_r));
}

static void note(struct vole_rig *r, int side, enum sym_err err)
{
    if (r->err == SYM_OK && err != SYM_OK) {
        r->err = err;
        r->failed = side;
    }
}

static void tell(struct vole_rig *r, int side, const struct vole_job *job, bool after)
{
    struct vole_moment m = {
        .rig = r, .side = side, .run = r->runs[side], .job = job, .after = after};
    if (r->hook != NULL) {
        r->hook(r->context, &m);
    }
}

static void end_work(struct vole_rig *r, int side, const struct sym_work *work, enum sym_err err)
{
    struct vole_job job = *(const struct vole_job *)work->context;
    note(r, side, sym_vole_worked(r->runs[side], work->context, err));
    tell(r, side, &job, true);
}

static bool give_works(struct vole_rig *r, int side)
{
    struct sym_work work;
    if (!sym_vole_work(r->runs[side], &work)) {
        return false;
    }
    tell(r, side, work.context, false);
    if (r->crew != NULL) {
        crew_give(r->crew, &work, r->runs[side]);
    } else if (r->prompt) {
        end_work(r, side, &work, work.run(work.context, 0, work.n));
    } else {
        insist(r->n_works[side] < SYM_WORKS_OUT_MAX);
        r->works[side][r->n_works[side]++] = (struct rig_work){.work = work};
    }
    return true;
}

/* One piece of one of the works, of any size. */
static bool work_piece(struct vole_rig *r, int side)
{
    if (r->n_works[side] == 0) {
        return false;
    }
    size_t i = rig_draw(&r->seed) % r->n_works[side];
    struct rig_work *w = &r->works[side][i];
    size_t n = 1 + rig_draw(&r->seed) % (w->work.n - w->at);
    enum sym_err err = w->work.run(w->work.context, w->at, n);
    w->err = w->err == SYM_OK ? err : w->err;
    w->at += n;
    if (w->at == w->work.n) {
        struct rig_work ended = *w;
        *w = r->works[side][--r->n_works[side]];
        end_work(r, side, &ended.work, ended.err);
    }
    return true;
}

static bool collect(struct vole_rig *r, bool wait)
{
    struct sym_work work;
    void *run = NULL;
    enum sym_err err = SYM_OK;
    if (r->crew == NULL || !crew_take(r->crew, wait, &work, &run, &err)) {
        return false;
    }
    end_work(r, run == r->runs[VOLE_R] ? VOLE_R : VOLE_S, &work, err);
    return true;
}

static bool send(struct vole_rig *r, int side)
{
    size_t len = 0;
    if (r->on_way[side] == VOLE_RIG_ROOM) {
        return false;
    }
    enum sym_vole_step step = sym_vole_step(r->runs[side], &len);
    if (step == SYM_VOLE_WAIT) {
        return false;
    }
    struct rig_payload *p = &r->links[side][r->on_way[side]++];
    *p = (struct rig_payload){.kind = step == SYM_VOLE_CLOSE ? SYM_EVENT_CLOSED : SYM_EVENT_DATA,
                              .bytes = malloc(len > 0 ? len : 1),
                              .len = len};
    insist(p->bytes != NULL && len <= VOLE_PAYLOAD_BYTES);
    note(r, side, sym_vole_write(r->runs[side], p->bytes, len));
    r->payloads[side] += step == SYM_VOLE_DATA;
    r->bytes[side] += len;
    return true;
}

static bool deliver(struct vole_rig *r, int from)
{
    if (r->on_way[from] == 0) {
        return false;
    }
    struct rig_payload p = r->links[from][0];
    r->on_way[from]--;
    memmove(r->links[from], r->links[from] + 1, r->on_way[from] * sizeof p);
    if (r->tap != NULL) {
        r->tap(r->context, from, &p);
    }
    /* At its exact size, so that sanitizers see the first byte too far. */
    uint8_t *bytes = malloc(p.len > 0 ? p.len : 1);
    insist(bytes != NULL);
    memcpy(bytes, p.bytes, p.len);
    note(r, 1 - from, sym_vole_take(r->runs[1 - from], p.kind, sym_span(bytes, p.len)));
    free(bytes);
    free(p.bytes);
    return true;
}

static bool act(struct vole_rig *r, unsigned what)
{
    int side = (int)(what & 1);
    switch (what >> 1) {
    case 0:
        return give_works(r, side);
    case 1:
        return work_piece(r, side);
    case 2:
        return send(r, side);
    case 3:
        return deliver(r, side);
    default:
        return collect(r, false);
    }
}

#define ACTS 10u

bool vole_rig_step(struct vole_rig *r)
{
    unsigned first = (unsigned)(rig_draw(&r->seed) % ACTS);
    for (unsigned i = 0; r->err == SYM_OK && i < ACTS; i++) {
        if (act(r, (first + i) % ACTS)) {
            return true;
        }
    }
    return r->err == SYM_OK && collect(r, true);
}

void vole_rig_run(struct vole_rig *r)
{
    while (vole_rig_step(r)) {
    }
}

bool vole_rig_done(const struct vole_rig *r)
{
    return r->err == SYM_OK && r->runs[0]->state == VOLE_DONE && r->runs[1]->state == VOLE_DONE;
}

void vole_rig_close(struct vole_rig *r)
{
    r->hook = NULL;
    while (collect(r, true)) {
    }
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < r->on_way[side]; i++) {
            free(r->links[side][i].bytes);
        }
        sym_vole_free(r->runs[side]);
    }
}

enum sym_err vole_rig_work(struct sym_vole_run *run)
{
    struct sym_work work;
    while (sym_vole_work(run, &work)) {
        enum sym_err err = work.run(work.context, 0, work.n);
        err = sym_vole_worked(run, work.context, err);
        if (err != SYM_OK) {
            return err;
        }
    }
    return SYM_OK;
}
