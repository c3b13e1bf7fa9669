/* What is remembered of tabulations: who asks chooses their ids, and gains nothing by it. */
#include "node/tabulation/releases.h"

#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t id[SYM_EXCHANGE_ID_BYTES] = {7};
static const struct sym_node_id police = {.bytes = {1}};

struct put {
    uint8_t question[SYM_HASH_BYTES];
    const char *head;
};

static enum sym_err put_release(struct sym_transaction *t, void *context)
{
    const struct put *p = context;
    return sym_release_put(t, id, p->question, sym_span_text(p->head), sym_span("\x0c\x00", 2));
}

static enum sym_err put_withheld(struct sym_transaction *t, void *context)
{
    (void)context;
    return sym_withheld_put(t, id, &police, 5);
}

static enum sym_err clear_withheld(struct sym_transaction *t, void *context)
{
    (void)context;
    return sym_withheld_clear(t, id);
}

static enum sym_err is_new(struct sym_transaction *t, void *context)
{
    (void)context;
    return sym_tabulation_is_new(t, id);
}

static enum sym_err read_head(struct sym_transaction *t, void *context)
{
    return sym_release_head(t, context, sym_span(id, sizeof id));
}

static void a_release_is_never_replaced_by_another_of_its_id(void **state)
{
    struct room *room = *state;
    SYM_SECRET_AUTO head = {0};
    struct put p = {.question = {1}, .head = "the first"};
    assert_int_equal(sym_store_write(room->store, put_release, &p), SYM_OK);
    assert_int_equal(sym_store_write(room->store, put_release, &p), SYM_OK);
    struct put other = {.question = {2}, .head = "another"};
    assert_int_equal(sym_store_write(room->store, put_release, &other), SYM_REPLAY);
    assert_int_equal(sym_store_read(room->store, read_head, &head), SYM_OK);
    assert_true(sym_span_equal(sym_secret_span(&head), sym_span_text("the first")));
}

static void an_id_is_new_once(void **state)
{
    struct room *room = *state;
    struct put p = {.question = {1}, .head = "the first"};
    assert_int_equal(sym_store_read(room->store, is_new, NULL), SYM_OK);
    assert_int_equal(sym_store_write(room->store, put_withheld, NULL), SYM_OK);
    assert_int_equal(sym_store_read(room->store, is_new, NULL), SYM_REPLAY);
    assert_int_equal(sym_store_write(room->store, put_release, &p), SYM_OK);
    assert_int_equal(sym_store_write(room->store, clear_withheld, NULL), SYM_OK);
    assert_int_equal(sym_store_read(room->store, is_new, NULL), SYM_REPLAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_release_is_never_replaced_by_another_of_its_id,
                                        room_set_up, room_tear_down),
        cmocka_unit_test_setup_teardown(an_id_is_new_once, room_set_up, room_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
