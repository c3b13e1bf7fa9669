#include "tests/support/overlap_rig.h"

#include "proto/overlap_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

uint64_t rig_draw(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Token sets -----------------------------------------------------------------------------------
 */

static int compare_digests(const void *a, const void *b)
{
    return memcmp(a, b, SYM_HASH_BYTES);
}

static void fill(uint8_t (*digests)[SYM_HASH_BYTES], size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t at = 0; at < SYM_HASH_BYTES; at += 8) {
            sym_put_u64(digests[i] + at, rig_draw(&seed));
        }
    }
}

void token_set_make(struct token_set *s, uint64_t seed, size_t common, size_t others, int side)
{
    s->n = common + others;
    s->digests = malloc(s->n > 0 ? s->n * sizeof *s->digests : 1);
    insist(s->digests != NULL);
    fill(s->digests, common, seed);
    fill(s->digests + common, others, seed ^ (0x1234567800000000u << side));
    qsort(s->digests, s->n, sizeof *s->digests, compare_digests);
}

void token_set_free(struct token_set *s)
{
    free(s->digests);
    *s = (struct token_set){0};
}

bool token_set_sizes(size_t sizes[2], const char *word, unsigned most)
{
    char *end = NULL;
    unsigned long a = strtoul(word, &end, 10);
    unsigned long b = *end == 'x' && end != word ? strtoul(end + 1, &end, 10) : a;
    if (end == word || *end != 0 || a == 0 || b == 0 || a > most || b > most) {
        return false;
    }
    sizes[0] = (size_t)1 << a;
    sizes[1] = (size_t)1 << b;
    return true;
}

size_t peak_kib(void)
{
    char line[256];
    size_t kib = 0;
    FILE *status = fopen("/proc/self/status", "re");
    while (status != NULL && kib == 0 && fgets(line, sizeof line, status) != NULL) {
        kib = strncmp(line, "VmHWM:", 6) == 0 ? strtoul(line + 6, NULL, 10) : 0;
    }
    if (status != NULL) {
        (void)fclose(status);
    }
    return kib;
}

size_t token_set_meet(const struct token_set *a, const struct token_set *b, uint32_t *indices)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++) {
        if (b->n > 0 &&
            bsearch(a->digests[i], b->digests, b->n, sizeof *b->digests, compare_digests) != NULL) {
            indices[n++] = (uint32_t)i;
        }
    }
    return n;
}

/* Two machines ---------------------------------------------------------------------------------
 */

void rig_open(struct rig *r, enum sym_kind kind, const struct sym_ristretto *with,
              const struct token_set *a, const struct token_set *b, struct rig_sizes sizes)
{
    *r = (struct rig){.seed = a->n * 31 + b->n};
    struct sym_overlap_config c = {
        .kind = kind,
        .role = SYM_SESSION_INITIATOR,
        .with = with,
        .digests = a->digests[0],
        .n = a->n,
        .own_size = sizes.initiator > 0 ? sizes.initiator : (uint32_t)a->n,
        .peer_size = sizes.responder > 0 ? sizes.responder : (uint32_t)b->n};
    insist(sym_overlap_new(&r->runs[RIG_INITIATOR], &c) == SYM_OK);
    uint32_t own_size = c.peer_size;
    c.role = SYM_SESSION_RESPONDER;
    c.digests = b->digests[0];
    c.n = b->n;
    c.peer_size = c.own_size;
    c.own_size = own_size;
    insist(sym_overlap_new(&r->runs[RIG_RESPONDER], &c) == SYM_OK);
}

static void note(struct rig *r, enum sym_err err)
{
    if (r->err == SYM_OK) {
        r->err = err;
    }
}

static bool give_works(struct rig *r, int side)
{
    struct sym_work work;
    if (!sym_overlap_work(r->runs[side], &work)) {
        return false;
    }
    if (r->crew != NULL) {
        crew_give(r->crew, &work, r->runs[side]);
    } else {
        insist(r->n_works[side] < SYM_WORKS_OUT_MAX);
        r->works[side][r->n_works[side]++] = (struct rig_work){.work = work};
    }
    return true;
}

/* One piece of one of the works, of any size. */
static bool work_piece(struct rig *r, int side)
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
        note(r, sym_overlap_worked(r->runs[side], ended.work.context, ended.err));
    }
    return true;
}

static bool collect(struct rig *r, bool wait)
{
    struct sym_work work;
    void *run = NULL;
    enum sym_err err = SYM_OK;
    if (r->crew == NULL || !crew_take(r->crew, wait, &work, &run, &err)) {
        return false;
    }
    note(r, sym_overlap_worked(run, work.context, err));
    return true;
}

static bool send(struct rig *r, int side)
{
    size_t len = 0;
    if (r->on_way[side] == RIG_ROOM) {
        return false;
    }
    enum sym_overlap_step step = sym_overlap_step(r->runs[side], &len);
    if (step == SYM_OVERLAP_WAIT) {
        return false;
    }
    struct rig_payload *p = &r->links[side][r->on_way[side]++];
    *p = (struct rig_payload){.kind = step == SYM_OVERLAP_CLOSE ? SYM_EVENT_CLOSED : SYM_EVENT_DATA,
                              .bytes = malloc(RIG_PAYLOAD_BYTES),
                              .len = len};
    insist(p->bytes != NULL && len <= RIG_PAYLOAD_BYTES);
    note(r, sym_overlap_write(r->runs[side], p->bytes, len));
    r->payloads[side] += step == SYM_OVERLAP_DATA;
    r->bytes[side] += len;
    return true;
}

static bool deliver(struct rig *r, int from)
{
    if (r->on_way[from] == 0) {
        return false;
    }
    struct rig_payload p = r->links[from][0];
    r->links[from][0] = r->links[from][1];
    r->on_way[from]--;
    if (r->tap != NULL) {
        r->tap(r->tap_context, from, &p);
    }
    /* At its exact size, so that sanitizers see the first byte too far. */
    uint8_t *bytes = malloc(p.len > 0 ? p.len : 1);
    insist(bytes != NULL);
    memcpy(bytes, p.bytes, p.len);
    note(r, sym_overlap_take(r->runs[1 - from], p.kind, sym_span(bytes, p.len)));
    free(bytes);
    free(p.bytes);
    return true;
}

static bool act(struct rig *r, unsigned what)
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

bool rig_step(struct rig *r)
{
    unsigned first = (unsigned)(rig_draw(&r->seed) % ACTS);
    for (unsigned i = 0; r->err == SYM_OK && i < ACTS; i++) {
        if (act(r, (first + i) % ACTS)) {
            return true;
        }
    }
    return r->err == SYM_OK && collect(r, true);
}

void rig_run(struct rig *r)
{
    while (rig_step(r)) {
    }
}

bool rig_done(const struct rig *r)
{
    return r->err == SYM_OK && r->runs[0]->state == OVERLAP_DONE &&
           r->runs[1]->state == OVERLAP_DONE;
}

void rig_close(struct rig *r)
{
    while (collect(r, true)) {
    }
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < r->on_way[side]; i++) {
            free(r->links[side][i].bytes);
        }
        sym_overlap_free(r->runs[side]);
    }
}

enum sym_err rig_work(struct sym_overlap_run *run)
{
    struct sym_work work;
    while (sym_overlap_work(run, &work)) {
        enum sym_err err = work.run(work.context, 0, work.n);
        err = sym_overlap_worked(run, work.context, err);
        if (err != SYM_OK) {
            return err;
        }
    }
    return SYM_OK;
}
