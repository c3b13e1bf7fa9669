/* What tells which own elements matched is overwritten before its memory is freed. */
#include "proto/overlap_state.h"
#include "proto/standing_state.h"
#include "proto/vole_state.h"
#include "tests/support/overlap_rig.h"
#include "tests/support/toy_group.h"
#include "tests/support/vole_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/proto/watched_free.h"

static struct token_set mine;
static struct token_set theirs;

#define OWN    500u
#define PEER   700u
#define COMMON 200u

static void watch_run(const struct sym_overlap_run *run)
{
    const struct overlap_initiator *a = &run->initiator;
    if (run->window != NULL) {
        watch(run->window, OWN * sizeof *run->window);
    } else {
        watch(run->elements, OWN * sizeof *run->elements);
    }
    watch(run->tags, PEER * run->tag_len);
    if (a->order != NULL) {
        watch(a->order, OWN * sizeof *a->order);
    }
    if (run->matches && run->config.role == SYM_SESSION_INITIATOR) {
        watch(a->own_tags, OWN * run->tag_len);
        watch(a->hits, OWN);
    }
}

static void an_overlap_wipes_what_matched(void **state)
{
    static const enum sym_kind kinds[] = {SYM_KIND_OVERLAP_MATCHES, SYM_KIND_OVERLAP_COUNT};
    (void)state;
    skip_without_free();
    for (size_t k = 0; k < 2; k++) {
        struct rig r;
        forget_watched();
        rig_open(&r, kinds[k], &toy_group, &mine, &theirs, (struct rig_sizes){0, 0});
        watch_run(r.runs[RIG_INITIATOR]);
        watch_run(r.runs[RIG_RESPONDER]);
        rig_run(&r);
        assert_true(rig_done(&r));
        if (k == 0) {
            watch(r.runs[RIG_INITIATOR]->initiator.matches, COMMON * sizeof(uint32_t));
        }
        rig_close(&r);
        assert_wiped();
    }
}

/* Whenever it ends. */
static void an_overlap_that_is_given_up_wipes_as_much(void **state)
{
    (void)state;
    skip_without_free();
    for (size_t steps = 0; steps < 60; steps += 5) {
        struct rig r;
        forget_watched();
        rig_open(&r, SYM_KIND_OVERLAP_MATCHES, &toy_group, &mine, &theirs,
                 (struct rig_sizes){0, 0});
        watch_run(r.runs[RIG_INITIATOR]);
        for (size_t i = 0; i < steps && rig_step(&r); i++) {
        }
        rig_close(&r);
        assert_wiped();
    }
}

static void vole_wipes_what_matched(void **state)
{
    struct vole_rig r;
    (void)state;
    skip_without_free();
    vole_rig_open(&r, &mine, &theirs, NULL);
    vole_rig_run(&r);
    assert_true(vole_rig_done(&r));
    assert_int_equal(r.runs[VOLE_R]->list.common, COMMON);
    watch(r.runs[VOLE_R]->list.matches, COMMON * sizeof(uint32_t));
    vole_rig_close(&r);
    assert_wiped();
}

/* A query whose tags are known, and one that ended before. */
static void a_query_of_a_standing_list_wipes_what_matched(void **state)
{
    static uint8_t firsts[32];
    const struct sym_standing_config c = {.role = SYM_SESSION_INITIATOR,
                                          .with = &toy_group,
                                          .list = {.n = PEER, .bits = 64},
                                          .query_size = OWN,
                                          .digests = mine.digests[0],
                                          .n = OWN,
                                          .firsts = firsts};
    (void)state;
    skip_without_free();
    for (unsigned known = 0; known < 2; known++) {
        struct sym_standing_run *run = NULL;
        struct sym_work work;
        forget_watched();
        assert_int_equal(sym_standing_new(&run, &c), SYM_OK);
        assert_true(sym_standing_work(run, &work));
        assert_int_equal(work.run(work.context, 0, work.n), SYM_OK);
        assert_int_equal(sym_standing_worked(run, work.context, SYM_OK), SYM_OK);
        memset(run->tags, known != 0 ? 0xff : 0, OWN * sizeof *run->tags);
        memset(run->matches, 0xff, OWN * sizeof *run->matches);
        watch(run->order, OWN * sizeof *run->order);
        watch(run->tags, OWN * sizeof *run->tags);
        watch(run->matches, OWN * sizeof *run->matches);
        watch(run->elements, OWN * sizeof *run->elements);
        sym_standing_free(run);
        assert_wiped();
    }
}

static int set_up(void **state)
{
    (void)state;
    token_set_make(&mine, 5, COMMON, OWN - COMMON, 0);
    token_set_make(&theirs, 5, COMMON, PEER - COMMON, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    token_set_free(&mine);
    token_set_free(&theirs);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_overlap_wipes_what_matched),
        cmocka_unit_test(an_overlap_that_is_given_up_wipes_as_much),
        cmocka_unit_test(vole_wipes_what_matched),
        cmocka_unit_test(a_query_of_a_standing_list_wipes_what_matched),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
