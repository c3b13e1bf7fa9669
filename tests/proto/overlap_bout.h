/* overlap_bout.h - two sets, two machines that compare them, and what both are to find: for the
 * tests of overlaps. */
#ifndef SYM_TESTS_PROTO_OVERLAP_BOUT_H
#define SYM_TESTS_PROTO_OVERLAP_BOUT_H

#include "proto/overlap_state.h"

#include "tests/support/overlap_rig.h"
#include "tests/support/toy_group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const enum sym_kind kinds[] = {SYM_KIND_OVERLAP_MATCHES, SYM_KIND_OVERLAP_COUNT};
static const struct rig_sizes unpadded = {0, 0};

static inline const struct sym_ristretto *ristretto(void)
{
    const struct sym_ristretto *with = NULL;
    assert_int_equal(sym_ristretto_choose(&with, NULL), SYM_OK);
    return with;
}

/* Two sets and how they are compared. */
struct bout {
    struct token_set a, b;
    struct rig rig;
};

static inline void bout_open(struct bout *t, enum sym_kind kind, size_t a, size_t b, size_t common,
                             struct rig_sizes sizes)
{
    token_set_make(&t->a, a + b, common, a - common, 0);
    token_set_make(&t->b, a + b, common, b - common, 1);
    rig_open(&t->rig, kind, &toy_group, &t->a, &t->b, sizes);
}

static inline void bout_close(struct bout *t)
{
    rig_close(&t->rig);
    token_set_free(&t->a);
    token_set_free(&t->b);
}

static inline void assert_agrees(struct bout *t, size_t common)
{
    struct sym_overlap_result result;
    uint32_t *want = calloc(t->a.n + 1, sizeof *want);
    assert_non_null(want);
    assert_int_equal(token_set_meet(&t->a, &t->b, want), common);
    rig_run(&t->rig);
    assert_int_equal(t->rig.err, SYM_OK);
    assert_true(rig_done(&t->rig));
    assert_int_equal(sym_overlap_result(t->rig.runs[RIG_INITIATOR], &result), SYM_OK);
    assert_int_equal(result.common, common);
    if (t->rig.runs[RIG_INITIATOR]->matches) {
        assert_memory_equal(result.matches, want, common * sizeof *want);
    } else {
        assert_null(result.matches);
    }
    free(want);
}

static inline void agrees(size_t a, size_t b, size_t common)
{
    for (size_t k = 0; k < 2; k++) {
        struct bout t;
        bout_open(&t, kinds[k], a, b, common, unpadded);
        assert_agrees(&t, common);
        bout_close(&t);
    }
}

static inline int set_up(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

#endif
