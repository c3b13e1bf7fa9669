#include "tests/support/grants_rig.h"

#include "proto/overlap_agree.h"
#include "proto/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t clock_ms;

void grants_rig_set_clock(uint64_t wall_ms)
{
    clock_ms = wall_ms;
}

uint64_t grants_rig_clock(void)
{
    return clock_ms;
}

enum sym_err grants_rig_open(struct grants_rig *r)
{
    struct sym_grants_config config = {.store = r->room.store,
                                       .log = room_log(&r->room),
                                       .peers = &r->peers,
                                       .wall_ms = grants_rig_clock,
                                       .restored_ms = &r->restored_ms};
    r->fault.text[0] = '\0';
    return sym_grants_open(&r->grants, &config, &r->fault);
}

int grants_rig_set_up(void **state)
{
    struct grants_rig *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return -1;
    }
    grants_rig_set_clock(RIG_NOW);
    room_open(&r->room);
    for (size_t i = 0; i < RIG_PEERS; i++) {
        r->peer[i].id.bytes[0] = (uint8_t)(i + 1);
        (void)snprintf(r->peer[i].alias, sizeof r->peer[i].alias, "peer-%zu", i);
        r->items[i] = &r->peer[i];
    }
    r->peers = (struct sym_peers){.store = r->room.store, .items = r->items, .n = RIG_PEERS};
    r->operator_ = (struct sym_author){.user = "olga", .roles = SYM_USER_OPERATOR};
    r->approver = (struct sym_author){.user = "anna", .roles = SYM_USER_APPROVER};
    if (grants_rig_open(r) != SYM_OK) {
        fail_msg("%s", r->fault.text);
    }
    *state = r;
    return 0;
}

int grants_rig_tear_down(void **state)
{
    struct grants_rig *r = *state;
    room_fill_disk(false);
    sym_grants_close(r->grants);
    room_close(&r->room);
    free(r);
    return 0;
}

void grants_rig_restart(struct grants_rig *r)
{
    sym_grants_close(r->grants);
    r->grants = NULL;
    room_reopen(&r->room);
    if (grants_rig_open(r) != SYM_OK) {
        fail_msg("%s", r->fault.text);
    }
}

struct sym_grant grants_rig_row(void)
{
    return (struct sym_grant){.alias = sym_span_text("peer-0"),
                              .dataset = sym_span_text("suspects"),
                              .kind = SYM_KIND_OVERLAP_MATCHES,
                              .min_elements = 10,
                              .max_elements = 1000,
                              .per_day = 5,
                              .purposes = 1u << SYM_PURPOSE_AML,
                              .types = UINT64_C(1) << SYM_TOKEN_IBAN,
                              .engines = 1u << SYM_OVERLAP_ENGINE_DH};
}

void grants_rig_add(struct grants_rig *r, const struct sym_grant *row)
{
    struct sym_grant out;
    struct sym_grant before;
    if (sym_grants_add(r->grants, &out, &before, row, &r->operator_, &r->fault) != SYM_OK) {
        fail_msg("%s", r->fault.text);
    }
}

void grants_rig_ask(struct grants_rig *r, struct rig_ask *out, size_t peer)
{
    *out = (struct rig_ask){.request = {.kind = SYM_KIND_OVERLAP_MATCHES,
                                        .purpose = SYM_PURPOSE_AML,
                                        .basis = SYM_BASIS_314B,
                                        .dataset = sym_span_text("suspects")},
                            .ask = {.peer = &r->peer[peer],
                                    .engines = 1u << SYM_OVERLAP_ENGINE_DH,
                                    .type = SYM_TOKEN_IBAN,
                                    .elements = 100,
                                    .dataset_known = true}};
    r->number++;
    out->id[0] = 0xab; /* a random id does not begin with zeros */
    sym_put_u64(out->id + 8, r->number);
    sym_put_u64(out->case_ref, r->number);
}

void grants_rig_fill(struct rig_ask *ask)
{
    ask->request.exchange_id = sym_span(ask->id, sizeof ask->id);
    ask->commitments.case_ref = sym_span(ask->case_ref, sizeof ask->case_ref);
    ask->request.commitments = &ask->commitments;
    ask->ask.request = &ask->request;
    ask->ask.wall_ms = clock_ms;
}

enum sym_err grants_rig_decide(struct grants_rig *r, struct rig_ask *ask)
{
    grants_rig_fill(ask);
    return sym_grants_decide(r->grants, &r->verdict, &r->approval, &ask->ask);
}

enum sym_decision grants_rig_decision(struct grants_rig *r, size_t peer)
{
    struct rig_ask ask;
    grants_rig_ask(r, &ask, peer);
    assert_int_equal(grants_rig_decide(r, &ask), SYM_OK);
    return r->verdict.decision;
}

enum sym_err grants_rig_resolve(struct grants_rig *r, struct sym_held_request *out,
                                const uint8_t id[SYM_EXCHANGE_ID_BYTES], bool approve)
{
    struct sym_request_decision d = {.id = sym_span(id, SYM_EXCHANGE_ID_BYTES),
                                     .approve = approve,
                                     .why = sym_span_text(approve ? "" : "why")};
    r->fault.text[0] = '\0';
    enum sym_err err = sym_grants_resolve(r->grants, out, &d, &r->approver, &r->fault);
    assert_int_equal(err == SYM_OK, r->fault.text[0] == '\0');
    return err;
}

struct dropping {
    struct grants_rig *rig;
    size_t peer;
};

static enum sym_err put_dropped(struct sym_transaction *t, void *context)
{
    const struct dropping *d = context;
    return sym_grants_put_dropped(d->rig->grants, t, &d->rig->peer[d->peer].id, NULL);
}

enum sym_err grants_rig_drop(struct grants_rig *r, size_t peer)
{
    struct dropping d = {.rig = r, .peer = peer};
    enum sym_err err = sym_store_write(r->room.store, put_dropped, &d);
    if (err == SYM_OK) {
        sym_grants_forget_peer(r->grants, &r->peer[peer].id);
    }
    return err;
}

size_t grants_rig_lines(struct grants_rig *r, const char *text)
{
    return room_lines(&r->room, text).found;
}

uint32_t grants_rig_asked(struct grants_rig *r)
{
    const struct sym_grant *rows;
    assert_true(sym_grants_list(r->grants, &rows) > 0);
    return rows[0].asked;
}
