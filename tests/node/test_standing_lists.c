#include "node/data/standing.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BLOCKS 3u

struct fixture {
    struct room room;
    struct sym_disk dir;
    struct sym_vault *vault;
    struct sym_standings s;
    struct sym_fault fault;
};

static void open_all(struct fixture *f)
{
    if (sym_vault_open(&f->vault, SYM_VAULT_DATA, f->room.store, &f->dir,
                       sym_span(f->room.master, 32), &f->fault) != SYM_OK) {
        fail_msg("%s", f->fault.text);
    }
    f->s = (struct sym_standings){.store = f->room.store, .vault = f->vault};
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return -1;
    }
    room_open(&f->room);
    assert_int_equal(sym_disk_open(&f->dir, f->room.dir, NULL), SYM_OK);
    open_all(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    room_fill_disk(false);
    sym_vault_close(f->vault);
    sym_disk_close(&f->dir);
    room_close(&f->room);
    free(f);
    return 0;
}

static void restart(struct fixture *f)
{
    sym_vault_close(f->vault);
    room_reopen(&f->room);
    open_all(f);
}

static struct sym_node_id peer_of(uint8_t number)
{
    return (struct sym_node_id){.bytes = {number}};
}

static struct sym_standing_row row_of(bool own, uint8_t peer, const char *dataset, uint32_t type,
                                      uint8_t epoch)
{
    struct sym_standing_row row = {.own = own,
                                   .peer = peer_of(peer),
                                   .type = type,
                                   .epoch = {epoch},
                                   .basis = {7, epoch},
                                   .made_ms = 1000u + epoch,
                                   .expires_ms = 5000,
                                   .list = {.n = 2 * SYM_TAG_BLOCK + 1, .bits = 70}};
    (void)snprintf(row.dataset, sizeof row.dataset, "%s", dataset);
    return row;
}

static enum sym_err put(struct fixture *f, struct sym_standing_row *row)
{
    uint8_t blocks[BLOCKS][40];
    struct sym_span spans[BLOCKS];
    memset(blocks, row->epoch[0], sizeof blocks);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        blocks[i][0] = (uint8_t)i;
        spans[i] = sym_span(blocks[i], sizeof blocks[i]);
    }
    return sym_standings_put(&f->s, row, sym_span_text("the head"), spans, &f->fault);
}

static enum sym_err find(struct fixture *f, struct sym_standing_row *out, bool own, uint8_t peer,
                         const char *dataset, uint32_t type)
{
    const struct sym_node_id id = peer_of(peer);
    const struct sym_standing_name name = {
        .own = own, .peer = &id, .dataset = sym_span_text(dataset), .type = type};
    return sym_standings_find(&f->s, out, &name);
}

static size_t count(struct fixture *f)
{
    struct sym_standing_row *rows = NULL;
    size_t n = 0;
    assert_int_equal(sym_standings_list(&f->s, &rows, &n), SYM_OK);
    free(rows);
    return n;
}

static void expect_block(struct fixture *f, const struct sym_standing_row *row, uint32_t number)
{
    SYM_SECRET_AUTO block = {0};
    assert_int_equal(sym_standings_block(&f->s, row, number, &block), SYM_OK);
    assert_int_equal(block.len, 40);
    assert_int_equal(block.data[0], number);
    assert_int_equal(block.data[39], row->epoch[0]);
}

static void expect_gone(struct fixture *f, const struct sym_standing_row *row)
{
    SYM_SECRET_AUTO value = {0};
    assert_int_equal(sym_standings_block(&f->s, row, 1, &value), SYM_NOT_FOUND);
    assert_int_equal(sym_standings_head(&f->s, row, &value), SYM_NOT_FOUND);
}

static void keeps_a_list_over_a_restart(void **state)
{
    struct fixture *f = *state;
    struct sym_standing_row row = row_of(true, 1, "phones", 4, 9);
    struct sym_standing_row got;
    SYM_SECRET_AUTO head = {0};
    assert_int_equal(put(f, &row), SYM_OK);
    assert_int_equal(row.bytes, 120);
    restart(f);
    assert_int_equal(find(f, &got, true, 1, "phones", 4), SYM_OK);
    assert_memory_equal(&got, &row, sizeof row);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        expect_block(f, &got, i);
    }
    assert_int_equal(sym_standings_head(&f->s, &got, &head), SYM_OK);
    assert_true(sym_span_equal(sym_secret_span(&head), sym_span_text("the head")));
}

static void knows_no_list_of_another_name(void **state)
{
    struct fixture *f = *state;
    struct sym_standing_row row = row_of(true, 1, "phones", 4, 9);
    struct sym_standing_row got;
    assert_int_equal(put(f, &row), SYM_OK);
    assert_int_equal(find(f, &got, false, 1, "phones", 4), SYM_NOT_FOUND);
    assert_int_equal(find(f, &got, true, 2, "phones", 4), SYM_NOT_FOUND);
    assert_int_equal(find(f, &got, true, 1, "phone", 4), SYM_NOT_FOUND);
    assert_int_equal(find(f, &got, true, 1, "phones", 0), SYM_NOT_FOUND);
}

static void has_no_block_beyond_the_last(void **state)
{
    struct fixture *f = *state;
    struct sym_standing_row row = row_of(true, 1, "phones", 4, 9);
    SYM_SECRET_AUTO value = {0};
    assert_int_equal(put(f, &row), SYM_OK);
    assert_int_equal(sym_standings_block(&f->s, &row, BLOCKS, &value), SYM_NOT_FOUND);
    assert_int_equal(sym_standings_block(&f->s, &row, UINT32_MAX, &value), SYM_NOT_FOUND);
}

static void a_new_epoch_replaces_the_old_one(void **state)
{
    struct fixture *f = *state;
    struct sym_standing_row old = row_of(false, 1, "phones", 4, 9);
    struct sym_standing_row other = row_of(false, 1, "phones", 5, 9);
    struct sym_standing_row fresh = row_of(false, 1, "phones", 4, 10);
    struct sym_standing_row got;
    assert_int_equal(put(f, &old), SYM_OK);
    assert_int_equal(put(f, &other), SYM_OK);
    assert_int_equal(put(f, &fresh), SYM_OK);
    assert_int_equal(count(f), 2);
    assert_int_equal(find(f, &got, false, 1, "phones", 4), SYM_OK);
    assert_int_equal(got.epoch[0], 10);
    expect_block(f, &got, 2);
    expect_block(f, &other, 2);
    expect_gone(f, &old);
}

static void a_list_that_cannot_be_written_leaves_the_old_one(void **state)
{
    struct fixture *f = *state;
    struct sym_standing_row old = row_of(false, 1, "phones", 4, 9);
    struct sym_standing_row fresh = row_of(false, 1, "phones", 4, 10);
    struct sym_standing_row got;
    assert_int_equal(put(f, &old), SYM_OK);
    room_fill_disk(true);
    assert_int_not_equal(put(f, &fresh), SYM_OK);
    room_fill_disk(false);
    restart(f);
    assert_int_equal(find(f, &got, false, 1, "phones", 4), SYM_OK);
    assert_int_equal(got.epoch[0], 9);
    expect_block(f, &got, 0);
}

static void the_oldest_received_list_makes_room(void **state)
{
    struct fixture *f = *state;
    struct sym_standing_row got;
    for (uint32_t i = 0; i <= SYM_STANDING_KEPT_MAX; i++) {
        struct sym_standing_row row = row_of(false, 1, "phones", i, (uint8_t)(1 + i));
        assert_int_equal(put(f, &row), SYM_OK);
    }
    assert_int_equal(count(f), SYM_STANDING_KEPT_MAX);
    assert_int_equal(find(f, &got, false, 1, "phones", 0), SYM_NOT_FOUND);
    assert_int_equal(find(f, &got, false, 1, "phones", 1), SYM_OK);
    assert_int_equal(find(f, &got, false, 1, "phones", SYM_STANDING_KEPT_MAX), SYM_OK);
}

static void refuses_more_own_lists_than_there_can_be(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 0; i < SYM_STANDING_KEPT_MAX; i++) {
        struct sym_standing_row row = row_of(true, 1, "phones", i, 1);
        assert_int_equal(put(f, &row), SYM_OK);
    }
    struct sym_standing_row more = row_of(true, 2, "phones", 0, 1);
    struct sym_standing_row again = row_of(true, 1, "phones", 0, 2);
    assert_int_equal(put(f, &more), SYM_LIMIT);
    assert_int_equal(put(f, &again), SYM_OK);
    assert_int_equal(count(f), SYM_STANDING_KEPT_MAX);
}

static void a_removed_peer_takes_its_lists_along(void **state)
{
    struct fixture *f = *state;
    struct sym_standing_row own = row_of(true, 1, "phones", 4, 1);
    struct sym_standing_row received = row_of(false, 1, "calls", 4, 2);
    struct sym_standing_row other = row_of(true, 2, "phones", 4, 3);
    const struct sym_node_id id = peer_of(1);
    assert_int_equal(put(f, &own), SYM_OK);
    assert_int_equal(put(f, &received), SYM_OK);
    assert_int_equal(put(f, &other), SYM_OK);
    assert_int_equal(sym_standings_drop_peer(&f->s, &id, &f->fault), SYM_OK);
    expect_gone(f, &own);
    expect_gone(f, &received);
    expect_block(f, &other, 1);
    assert_int_equal(count(f), 1);
    assert_int_equal(sym_standings_drop_peer(&f->s, &id, &f->fault), SYM_OK);
}

static enum sym_err forget(struct sym_transaction *t, void *context)
{
    struct fixture *f = context;
    return sym_standings_forget_of(&f->s, t, sym_span_text("phones"));
}

static void forgetting_of_a_dataset_erases_own_lists_of_it(void **state)
{
    struct fixture *f = *state;
    struct sym_standing_row own = row_of(true, 1, "phones", 4, 1);
    struct sym_standing_row another = row_of(true, 1, "calls", 4, 1);
    struct sym_standing_row received = row_of(false, 1, "phones", 4, 2);
    assert_int_equal(put(f, &own), SYM_OK);
    assert_int_equal(put(f, &another), SYM_OK);
    assert_int_equal(put(f, &received), SYM_OK);
    assert_int_equal(sym_store_write(f->room.store, forget, f), SYM_OK);
    expect_gone(f, &own);
    assert_int_equal(sym_vault_sweep(f->vault, &f->fault), SYM_OK);
    expect_block(f, &another, 1);
    expect_block(f, &received, 1);
}

static void refuses_a_damaged_row(void **state)
{
    struct fixture *f = *state;
    struct sym_standing_row own = row_of(true, 1, "phones", 4, 1);
    struct sym_standing_row got;
    assert_int_equal(put(f, &own), SYM_OK);
    assert_int_equal(room_put(&f->room, SYM_TABLE_STANDING, "0123456789abcdef", "x"), SYM_OK);
    assert_int_equal(find(f, &got, true, 1, "phones", 4), SYM_BAD_FORMAT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_a_list_over_a_restart),
        TEST(knows_no_list_of_another_name),
        TEST(has_no_block_beyond_the_last),
        TEST(a_new_epoch_replaces_the_old_one),
        TEST(a_list_that_cannot_be_written_leaves_the_old_one),
        TEST(the_oldest_received_list_makes_room),
        TEST(refuses_more_own_lists_than_there_can_be),
        TEST(a_removed_peer_takes_its_lists_along),
        TEST(forgetting_of_a_dataset_erases_own_lists_of_it),
        TEST(refuses_a_damaged_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
