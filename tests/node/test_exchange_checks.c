/* Who fails the checks of engine vole again and again is no longer asked with it, and waits for an
 * approver, until an operator accepts that. */
#include "tests/node/exchange_rig.c"

#include "node/grant/breaches.h"
#include "proto/vole_state.h"

#define RECORDS 40u

static struct exchange_rig *rig;
static uint8_t id[SYM_EXCHANGE_ID_BYTES];

/* What this side computes of the other's messages comes out wrong, once a run, after which it is
 * dead; 2: of neither. */
static unsigned suspicious;
static const struct sym_vole_run *dead;

enum sym_err __real_sym_vole_worked(struct sym_vole_run *run, void *context, enum sym_err err);
enum sym_err __wrap_sym_vole_worked(struct sym_vole_run *run, void *context, enum sym_err err);

enum sym_err __wrap_sym_vole_worked(struct sym_vole_run *run, void *context, enum sym_err err)
{
    err = __real_sym_vole_worked(run, context, err);
    if (err != SYM_OK || run == dead || suspicious != (sym_vole_is_r(run) ? 0u : 1u)) {
        return err;
    }
    dead = run;
    return SYM_BAD_TAG;
}

static int set_up(void **state)
{
    (void)state;
    suspicious = 2;
    rig = exchange_rig_open(NULL);
    rig->sides[1].engines = 1u << SYM_OVERLAP_ENGINE_DH | 1u << SYM_OVERLAP_ENGINE_VOLE;
    exchange_rig_fill(rig, 0, 0, RECORDS);
    exchange_rig_fill(rig, 1, RECORDS / 2, RECORDS);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    exchange_rig_close(rig);
    return 0;
}

/* One overlap that side 0 asks for with this engine, and how it ends there. */
static uint32_t overlap(enum sym_overlap_engine engine)
{
    SYM_ARENA_AUTO arena = {0};
    rig->engine = engine;
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    return exchange_rig_entry(rig, 0, &arena, id).state;
}

static void fail_checks_of(unsigned side, unsigned times)
{
    for (suspicious = side; times > 0; times--) {
        dead = NULL;
        assert_int_equal(overlap(SYM_OVERLAP_ENGINE_VOLE), SYM_EXCHANGE_ABORTED);
    }
    suspicious = 2;
}

static uint32_t engines_for(enum sym_overlap_engine engine)
{
    const struct sym_overlap_start o = {.kind = SYM_KIND_OVERLAP_MATCHES, .engine = engine};
    struct rig_side *s = &rig->sides[0];
    assert_int_equal(sym_settings_set(&s->settings, sym_span_text("overlap-engines"),
                                      sym_span_text("dh,vole,standing"), NULL,
                                      &(struct sym_fault){.text = ""}),
                     SYM_OK);
    return sym_exchange_engines(s->exchanges, &o, &rig->sides[1].self.id);
}

static bool has_vole(uint32_t engines)
{
    return (engines >> SYM_OVERLAP_ENGINE_VOLE & 1u) != 0;
}

static enum sym_err accept(struct sym_transaction *t, void *context)
{
    return sym_breach_forget(t, context);
}

static void who_asks_and_fails_three_checks_waits_for_an_approver(void **state)
{
    (void)state;
    fail_checks_of(1, SYM_BREACH_CHECKS - 1);
    exchange_rig_kill(rig, 1);
    exchange_rig_relink(rig);
    assert_int_equal(overlap(SYM_OVERLAP_ENGINE_VOLE), SYM_EXCHANGE_DONE);
    assert_int_equal(rig->sides[1].held_back, 0);
    fail_checks_of(1, 1);
    struct rig_logged l;
    assert_true(exchange_rig_logged(rig, 1, SYM_ENTRY_REFUSED, NULL, 0, &l));
    assert_true(sym_span_equal(l.body.event, sym_span_text("checks-failed")));
    rig_logged_clear(&l);
    (void)overlap(SYM_OVERLAP_ENGINE_DH);
    assert_int_equal(rig->sides[1].held_back, 1);
    assert_int_equal(exchange_rig_count(rig, 1, SYM_ENTRY_REFUSED), 1);
    assert_int_equal(sym_store_write(rig->sides[1].room.store, accept, &rig->sides[0].self.id),
                     SYM_OK);
    assert_int_equal(overlap(SYM_OVERLAP_ENGINE_VOLE), SYM_EXCHANGE_DONE);
    assert_int_equal(rig->sides[1].held_back, 1);
}

static void who_answers_and_fails_three_checks_is_asked_with_vole_no_more(void **state)
{
    (void)state;
    struct sym_fault fault = {.text = ""};
    fail_checks_of(0, SYM_BREACH_CHECKS - 1);
    assert_true(has_vole(engines_for(SYM_OVERLAP_ENGINE_AUTO)));
    fail_checks_of(0, 1);
    uint32_t left = engines_for(SYM_OVERLAP_ENGINE_AUTO);
    assert_true(left != 0 && !has_vole(left));
    assert_int_equal(engines_for(SYM_OVERLAP_ENGINE_VOLE), 0);
    const struct sym_overlap_start o = {.mine = sym_span_text("list"),
                                        .theirs = sym_span_text("list"),
                                        .kind = SYM_KIND_OVERLAP_MATCHES,
                                        .engine = SYM_OVERLAP_ENGINE_VOLE,
                                        .case_ref = sym_span_text("case 7"),
                                        .note = sym_span_text("")};
    const struct sym_exchange_plan plan = {.peer = rig->sides[0].peers.items[0],
                                           .kind = SYM_KIND_OVERLAP_MATCHES,
                                           .timeout_ms = 30000,
                                           .user = "ada",
                                           .overlap = &o};
    assert_int_equal(sym_exchanges_start(rig->sides[0].exchanges, id, &plan, &fault), SYM_DENIED);
    assert_non_null(strstr(fault.text, "three of its overlaps have failed a check; ask with "
                                       "--engine dh, or once that is explained: \"symbolon log "
                                       "accept "));
    assert_int_equal(overlap(SYM_OVERLAP_ENGINE_DH), SYM_EXCHANGE_DONE);
}

static void what_fails_for_another_reason_is_not_counted(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SYM_BREACH_CHECKS; i++) {
        exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
        exchange_rig_cancel(rig, 0);
        exchange_rig_run(rig, NULL);
    }
    assert_true(has_vole(engines_for(SYM_OVERLAP_ENGINE_VOLE)));
    assert_int_equal(exchange_rig_count(rig, 1, SYM_ENTRY_REFUSED), 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(who_asks_and_fails_three_checks_waits_for_an_approver),
        TEST(who_answers_and_fails_three_checks_is_asked_with_vole_no_more),
        TEST(what_fails_for_another_reason_is_not_counted),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
