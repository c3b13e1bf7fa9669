/* Tabulations whose release never came, and those that nobody can be blamed for. */
#include "node/tabulation/releases.h"

#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW_MS 1790000000000u

struct fixture {
    struct room room;
    struct sym_node_id initiator;
};

static int set_up(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof f);
    room_open(&f.room);
    memset(f.initiator.bytes, 0x17, sizeof f.initiator.bytes);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    room_close(&f->room);
    return 0;
}

struct step {
    const struct fixture *f;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint64_t ms;
};

static enum sym_err put(struct sym_transaction *t, void *context)
{
    const struct step *s = context;
    return sym_withheld_put(t, s->id, &s->f->initiator, s->ms);
}

static enum sym_err forget(struct sym_transaction *t, void *context)
{
    const struct step *s = context;
    return sym_withheld_forget(t, s->ms);
}

static enum sym_err find(struct sym_transaction *t, void *context)
{
    struct step *s = context;
    return sym_withheld_find(t, s->id, &s->f->initiator, s->ms);
}

static void withhold(struct fixture *f, uint8_t id, uint64_t due_ms)
{
    struct step s = {.f = f, .ms = due_ms};
    memset(s.id, id, sizeof s.id);
    assert_int_equal(sym_store_write(f->room.store, put, &s), SYM_OK);
}

static void start_again(struct fixture *f)
{
    struct step s = {.f = f, .ms = NOW_MS};
    assert_int_equal(sym_store_write(f->room.store, forget, &s), SYM_OK);
}

/* The first byte of the id; 0: none. */
static uint8_t found(struct fixture *f, uint64_t now_ms)
{
    struct step s = {.f = f, .ms = now_ms};
    enum sym_err err = sym_store_read(f->room.store, find, &s);
    assert_true(err == SYM_OK || err == SYM_NOT_FOUND);
    return err == SYM_OK ? s.id[0] : 0;
}

static void a_tabulation_that_an_own_crash_cut_off_is_forgotten(void **state)
{
    struct fixture *f = *state;
    withhold(f, 1, NOW_MS + 1);
    withhold(f, 2, NOW_MS + 600000);
    assert_int_equal(found(f, NOW_MS + 600000), 1);
    start_again(f);
    assert_int_equal(found(f, UINT64_MAX), 0);
}

static void one_that_was_due_before_stays_withheld(void **state)
{
    struct fixture *f = *state;
    withhold(f, 1, NOW_MS + 600000);
    withhold(f, 2, NOW_MS);
    withhold(f, 3, NOW_MS + 1);
    start_again(f);
    assert_int_equal(found(f, UINT64_MAX), 2);
    start_again(f);
    assert_int_equal(found(f, NOW_MS), 2);
}

static void no_rows_are_fine(void **state)
{
    struct fixture *f = *state;
    start_again(f);
    assert_int_equal(found(f, UINT64_MAX), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_tabulation_that_an_own_crash_cut_off_is_forgotten),
        TEST(one_that_was_due_before_stays_withheld),
        TEST(no_rows_are_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
