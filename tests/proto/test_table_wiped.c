/* Which tag is on which list is overwritten before its memory is freed. */
#include "tests/support/table_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/proto/watched_free.h"

/* The rows of each contributor, and those that the tallier has of it; no list has all the rest. */
static void an_overlap_table_wipes_its_rows(void **state)
{
    struct table_rig r;
    (void)state;
    skip_without_free();
    table_rig_make(&r, 3, 0, 7);
    table_rig_plant(&r, 7, 333);
    table_rig_open(&r, 1001);
    watch_length((size_t)1001 * SYM_TABLE_TAG_BYTES);
    for (uint32_t i = 0; i < 3; i++) {
        while (r.parties[i].list == NULL) {
            assert_true(table_rig_step(&r));
        }
        watch(r.parties[i].list->rows, (size_t)333 * SYM_TABLE_TAG_BYTES);
    }
    table_rig_run(&r);
    assert_true(table_rig_done(&r));
    table_rig_close(&r);
    assert_wiped();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_overlap_table_wipes_its_rows),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
