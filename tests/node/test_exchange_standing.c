#include "tests/node/exchange_rig.c"

#include "tests/support/toy_group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BOTH (1u << SYM_OVERLAP_ENGINE_DH | 1u << SYM_OVERLAP_ENGINE_STANDING)

static struct exchange_rig *rig;
static uint8_t id[SYM_EXCHANGE_ID_BYTES];

/* Side 1 offers a list of 9000, of which side 0 has 20. */
static int set_up(void **state)
{
    (void)state;
    rig = exchange_rig_open(&toy_group);
    exchange_rig_fill(rig, 0, 8980, 32);
    exchange_rig_fill(rig, 1, 0, 9000);
    rig->sides[1].engines = BOTH;
    rig->sides[1].standing_days = 30;
    rig->sides[1].elements_per_day = 100;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    exchange_rig_close(rig);
    return 0;
}

static enum sym_err find_own(struct sym_standing_row *row)
{
    return sym_standing_maker_find(rig->sides[1].maker, row, &rig->sides[0].self.id,
                                   sym_span_text("list"), SYM_TOKEN_NONE);
}

static bool is_made(struct exchange_rig *r)
{
    struct sym_standing_row row;
    (void)r;
    return find_own(&row) == SYM_OK;
}

static void make_list(struct sym_standing_row *row)
{
    sym_standing_maker_look(rig->sides[1].maker);
    exchange_rig_run(rig, is_made);
    assert_int_equal(find_own(row), SYM_OK);
}

static enum sym_err find_held(struct sym_standing_row *row)
{
    const struct sym_standing_name name = {
        .peer = &rig->sides[1].self.id, .dataset = sym_span_text("list"), .type = SYM_TOKEN_NONE};
    return sym_standings_find(&rig->sides[0].standings, row, &name);
}

/* One query; what side 0 has of it in its history. */
static struct sym_exchange_entry query(struct sym_arena *arena, uint32_t kind)
{
    exchange_rig_start(rig, 0, kind, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    return exchange_rig_entry(rig, 0, arena, id);
}

static void expect_found(const struct sym_exchange_entry *e, uint32_t engine, uint32_t why)
{
    if (e->state != SYM_EXCHANGE_DONE) {
        fail_msg("%.*s", (int)e->fault.len, (const char *)e->fault.data);
    }
    assert_int_equal(e->engine, engine);
    assert_int_equal(e->why, why);
    assert_int_equal(e->common, 20);
    assert_int_equal(e->records, 20);
    assert_int_equal(e->peer_size, 9000);
    assert_int_equal(e->own_size, 32);
}

static void expect_standing(const struct sym_exchange_entry *e, uint32_t why)
{
    expect_found(e, SYM_OVERLAP_ENGINE_STANDING, why);
}

static void downloads_once_and_then_only_asks(void **state)
{
    (void)state;
    SYM_ARENA_AUTO first = {0};
    SYM_ARENA_AUTO second = {0};
    struct sym_standing_row made;
    struct sym_standing_row held;
    make_list(&made);
    struct sym_exchange_entry a = query(&first, SYM_KIND_OVERLAP_MATCHES);
    expect_standing(&a, SYM_OVERLAP_WHY_FEW);
    assert_true(a.bytes_received > made.bytes);
    assert_int_equal(find_held(&held), SYM_OK);
    assert_memory_equal(held.epoch, made.epoch, sizeof held.epoch);
    assert_int_equal(held.bytes, made.bytes);
    struct sym_exchange_entry b = query(&second, SYM_KIND_OVERLAP_MATCHES);
    expect_standing(&b, SYM_OVERLAP_WHY_HELD);
    assert_true(b.bytes_received < 16384 && made.bytes > 50000);
    assert_int_equal(rig->sides[1].evaluated, 64);
    assert_int_equal(rig->sides[1].evaluated_put, 64);
}

static void tags_are_as_long_as_the_epoch_needs(void **state)
{
    (void)state;
    struct sym_standing_row made;
    make_list(&made);
    assert_int_equal(made.list.n, 9000);
    assert_int_equal(made.list.bits, 40 + 14 + 12); /* 9000 tags, 3000 elements */
    assert_int_equal(made.expires_ms - made.made_ms, UINT64_C(30) * 86400000);
}

static void computes_otherwise_until_the_list_is_ready(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_standing_row row;
    make_list(&row);
    rig->sides[1].content++; /* and nobody has looked */
    struct sym_exchange_entry e = query(&arena, SYM_KIND_OVERLAP_MATCHES);
    expect_found(&e, SYM_OVERLAP_ENGINE_DH, SYM_OVERLAP_WHY_PREPARING);
    assert_int_equal(find_held(&row), SYM_NOT_FOUND);
    assert_int_equal(rig->sides[1].evaluated, 0);
}

static void denies_when_only_a_list_that_is_not_ready_is_covered(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    rig->sides[1].engines = 1u << SYM_OVERLAP_ENGINE_STANDING;
    rig->sides[1].list.gone = true; /* it never will be */
    struct sym_exchange_entry e = query(&arena, SYM_KIND_OVERLAP_MATCHES);
    assert_int_equal(e.state, SYM_EXCHANGE_DENIED);
    assert_int_equal(e.reason, SYM_REASON_UNREADY);
    assert_int_equal(rig->sides[1].evaluated, 0);
}

static void counts_are_never_answered_from_a_list(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_standing_row made;
    make_list(&made);
    struct sym_exchange_entry e = query(&arena, SYM_KIND_OVERLAP_COUNT);
    assert_int_equal(e.state, SYM_EXCHANGE_DONE);
    assert_int_equal(e.engine, SYM_OVERLAP_ENGINE_DH);
    assert_int_equal(rig->sides[1].evaluated, 0);
}

static void the_day_s_elements_are_the_limit(void **state)
{
    (void)state;
    struct sym_standing_row made;
    rig->sides[1].engines = 1u << SYM_OVERLAP_ENGINE_STANDING;
    make_list(&made);
    for (unsigned i = 0; i < 3; i++) {
        SYM_ARENA_AUTO arena = {0};
        struct sym_exchange_entry e = query(&arena, SYM_KIND_OVERLAP_MATCHES);
        assert_int_equal(e.state, SYM_EXCHANGE_DONE);
    }
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry e = query(&arena, SYM_KIND_OVERLAP_MATCHES);
    assert_int_equal(e.state, SYM_EXCHANGE_DENIED);
    assert_int_equal(e.reason, SYM_REASON_LIMIT);
    assert_int_equal(rig->sides[1].evaluated, 96);
}

static bool some_came(struct exchange_rig *r)
{
    return r->frames[1] >= 3; /* receipt, evaluated, and a block */
}

static void the_epoch_s_elements_are_the_limit_too(void **state)
{
    (void)state;
    struct sym_standing_row row;
    rig->sides[1].engines = 1u << SYM_OVERLAP_ENGINE_STANDING;
    rig->sides[1].standing_days = 1;
    make_list(&row);
    assert_int_equal(row.most, 100);
    for (unsigned i = 0; i < 3; i++) {
        SYM_ARENA_AUTO arena = {0};
        rig->sides[1].evaluated = 0; /* as if the clock had gone on, and then back */
        struct sym_exchange_entry e = query(&arena, SYM_KIND_OVERLAP_MATCHES);
        assert_int_equal(e.state, SYM_EXCHANGE_DONE);
    }
    SYM_ARENA_AUTO arena = {0};
    rig->sides[1].evaluated = 0;
    struct sym_exchange_entry e = query(&arena, SYM_KIND_OVERLAP_MATCHES);
    assert_int_equal(e.state, SYM_EXCHANGE_DENIED);
    assert_int_equal(e.reason, SYM_REASON_LIMIT);
    exchange_rig_kill(rig, 1);
    assert_int_equal(find_own(&row), SYM_OK);
    assert_int_equal(row.used, 96);
}

/* Both are charged before either is written down. */
static void two_at_once_have_one_limit(void **state)
{
    (void)state;
    struct sym_standing_row row;
    uint8_t ids[2][SYM_EXCHANGE_ID_BYTES];
    uint32_t states[2];
    rig->sides[1].engines = 1u << SYM_OVERLAP_ENGINE_STANDING;
    rig->sides[1].elements_per_day = 40;
    make_list(&row);
    for (size_t i = 0; i < 2; i++) {
        exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, ids[i]);
    }
    exchange_rig_run(rig, NULL);
    for (size_t i = 0; i < 2; i++) {
        SYM_ARENA_AUTO arena = {0};
        states[i] = exchange_rig_entry(rig, 0, &arena, ids[i]).state;
    }
    assert_true(states[0] != states[1]);
    assert_int_equal(states[0] + states[1], SYM_EXCHANGE_DONE + SYM_EXCHANGE_DENIED);
    assert_int_equal(rig->sides[1].evaluated_put, 32);
    assert_int_equal(find_own(&row), SYM_OK);
    assert_int_equal(row.used, 32);
}

static bool is_answered(struct exchange_rig *r)
{
    return r->frames[1] >= 1; /* the receipt; nothing was evaluated */
}

/* What is forgotten, dropped, imported or published while an exchange is under way. */
static void a_list_that_was_erased_evaluates_no_more(void **state)
{
    (void)state;
    struct sym_standing_row row;
    SYM_ARENA_AUTO arena = {0};
    make_list(&row);
    rig->frames[1] = 0;
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, is_answered);
    assert_int_equal(
        sym_standings_drop_peer(&rig->sides[1].standings, &rig->sides[0].self.id, NULL), SYM_OK);
    exchange_rig_run(rig, NULL);
    struct sym_exchange_entry e = exchange_rig_entry(rig, 0, &arena, id);
    assert_int_equal(e.state, SYM_EXCHANGE_ABORTED);
    assert_false(e.has_result);
    assert_int_equal(find_held(&row), SYM_NOT_FOUND);
    assert_int_equal(rig->sides[1].evaluated_put, 32); /* and it stays counted */
}

static void a_list_that_was_erased_sends_no_more_of_itself(void **state)
{
    (void)state;
    struct sym_standing_row row;
    SYM_ARENA_AUTO arena = {0};
    make_list(&row);
    rig->frames[1] = 0;
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, some_came);
    assert_int_equal(
        sym_standings_drop_peer(&rig->sides[1].standings, &rig->sides[0].self.id, NULL), SYM_OK);
    exchange_rig_run(rig, NULL);
    struct sym_exchange_entry e = exchange_rig_entry(rig, 0, &arena, id);
    assert_int_equal(e.state, SYM_EXCHANGE_ABORTED);
    assert_int_equal(find_held(&row), SYM_NOT_FOUND);
}

static struct sym_standing_row outdated;

static bool outdated_is_erased(struct exchange_rig *r)
{
    return sym_standings_check(&r->sides[1].standings, &outdated) == SYM_NOT_FOUND;
}

static void an_outdated_list_is_erased(void **state)
{
    (void)state;
    struct sym_standing_row row;
    make_list(&outdated);
    rig->sides[1].list.outdated = true;
    assert_int_equal(find_own(&row), SYM_NOT_FOUND);
    sym_standing_maker_look(rig->sides[1].maker);
    exchange_rig_run(rig, outdated_is_erased);
}

static void another_content_begins_an_epoch_that_replaces_the_held_one(void **state)
{
    (void)state;
    SYM_ARENA_AUTO first = {0};
    SYM_ARENA_AUTO second = {0};
    struct sym_standing_row old;
    struct sym_standing_row fresh;
    struct sym_standing_row held;
    make_list(&old);
    struct sym_exchange_entry a = query(&first, SYM_KIND_OVERLAP_MATCHES);
    expect_standing(&a, SYM_OVERLAP_WHY_FEW);
    rig->sides[1].content++;
    assert_int_equal(find_own(&fresh), SYM_AGAIN);
    make_list(&fresh);
    assert_memory_not_equal(fresh.epoch, old.epoch, sizeof old.epoch);
    SYM_SECRET_AUTO key = {0};
    assert_int_equal(sym_standings_head(&rig->sides[1].standings, &old, &key), SYM_NOT_FOUND);
    struct sym_exchange_entry b = query(&second, SYM_KIND_OVERLAP_MATCHES);
    expect_standing(&b, SYM_OVERLAP_WHY_FEW);
    assert_true(b.bytes_received > fresh.bytes);
    assert_int_equal(find_held(&held), SYM_OK);
    assert_memory_equal(held.epoch, fresh.epoch, sizeof held.epoch);
    assert_int_equal(sym_standings_block(&rig->sides[0].standings, &old, 0, &key), SYM_NOT_FOUND);
}

static bool is_erased(struct exchange_rig *r)
{
    struct sym_standing_row *rows = NULL;
    size_t n = 1;
    assert_int_equal(sym_standings_list(&r->sides[1].standings, &rows, &n), SYM_OK);
    free(rows);
    return n == 0;
}

/* More may have been evaluated since the backup than the row says. */
static void a_list_from_before_a_restore_answers_no_more(void **state)
{
    (void)state;
    SYM_ARENA_AUTO first = {0};
    SYM_ARENA_AUTO second = {0};
    SYM_SECRET_AUTO key = {0};
    struct sym_standing_row old;
    struct sym_standing_row fresh;
    make_list(&old);
    struct sym_exchange_entry a = query(&first, SYM_KIND_OVERLAP_MATCHES);
    expect_standing(&a, SYM_OVERLAP_WHY_FEW);
    rig->sides[1].restored_ms = sym_wall_ms();
    assert_int_equal(find_own(&fresh), SYM_AGAIN);
    make_list(&fresh);
    assert_memory_not_equal(fresh.epoch, old.epoch, sizeof old.epoch);
    assert_int_equal(sym_standings_head(&rig->sides[1].standings, &old, &key), SYM_NOT_FOUND);
    struct sym_exchange_entry b = query(&second, SYM_KIND_OVERLAP_MATCHES);
    expect_standing(&b, SYM_OVERLAP_WHY_FEW);
    assert_int_equal(find_held(&old), SYM_OK);
    assert_memory_equal(old.epoch, fresh.epoch, sizeof fresh.epoch);
}

static void a_revoked_grant_erases_its_list(void **state)
{
    (void)state;
    struct sym_standing_row made;
    make_list(&made);
    rig->sides[1].standing_days = 0;
    assert_int_equal(find_own(&made), SYM_NOT_FOUND);
    sym_standing_maker_look(rig->sides[1].maker);
    exchange_rig_run(rig, is_erased);
}

static void a_broken_download_leaves_what_was_held(void **state)
{
    (void)state;
    SYM_ARENA_AUTO first = {0};
    SYM_ARENA_AUTO second = {0};
    struct sym_standing_row old;
    struct sym_standing_row fresh;
    struct sym_standing_row held;
    make_list(&old);
    struct sym_exchange_entry a = query(&first, SYM_KIND_OVERLAP_MATCHES);
    expect_standing(&a, SYM_OVERLAP_WHY_FEW);
    rig->sides[1].content++;
    make_list(&fresh);
    rig->frames[1] = 0;
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, some_came);
    exchange_rig_kill(rig, 0);
    assert_int_equal(find_held(&held), SYM_OK);
    assert_memory_equal(held.epoch, old.epoch, sizeof held.epoch);
    exchange_rig_run(rig, NULL);
    exchange_rig_relink(rig);
    exchange_rig_tell(rig, 0);
    exchange_rig_tell(rig, 1);
    struct sym_exchange_entry b = query(&second, SYM_KIND_OVERLAP_MATCHES);
    expect_standing(&b, SYM_OVERLAP_WHY_FEW);
    assert_int_equal(find_held(&held), SYM_OK);
    assert_memory_equal(held.epoch, fresh.epoch, sizeof held.epoch);
}

static void a_node_killed_while_making_makes_it_again(void **state)
{
    (void)state;
    struct sym_standing_row made;
    sym_standing_maker_look(rig->sides[1].maker);
    exchange_rig_kill(rig, 1);
    make_list(&made);
    exchange_rig_kill(rig, 1);
    assert_int_equal(find_own(&made), SYM_OK);
}

static void a_list_that_could_not_be_kept_costs_the_next_download_only(void **state)
{
    (void)state;
    SYM_ARENA_AUTO first = {0};
    struct sym_standing_row made;
    make_list(&made);
    struct sym_exchange_entry a = query(&first, SYM_KIND_OVERLAP_MATCHES);
    expect_standing(&a, SYM_OVERLAP_WHY_FEW);
    assert_int_equal(
        sym_standings_drop_peer(&rig->sides[0].standings, &rig->sides[1].self.id, NULL), SYM_OK);
    SYM_ARENA_AUTO second = {0};
    struct sym_exchange_entry b = query(&second, SYM_KIND_OVERLAP_MATCHES);
    expect_standing(&b, SYM_OVERLAP_WHY_FEW);
}

static enum sym_err find_own_of(uint32_t type)
{
    struct sym_standing_row row;
    return sym_standing_maker_find(rig->sides[1].maker, &row, &rig->sides[0].self.id,
                                   sym_span_text("list"), type);
}

static bool second_is_made(struct exchange_rig *r)
{
    (void)r;
    return find_own_of(SYM_TOKEN_ACCOUNT) == SYM_OK;
}

static void a_list_that_cannot_be_made_is_put_off_for_the_others(void **state)
{
    (void)state;
    rig->sides[1].standing_types = 1u << SYM_TOKEN_NONE | 1u << SYM_TOKEN_ACCOUNT;
    rig->sides[1].list.unreadable = 1;
    sym_standing_maker_look(rig->sides[1].maker);
    exchange_rig_run(rig, second_is_made);
    assert_int_equal(find_own_of(SYM_TOKEN_ACCOUNT), SYM_OK);
    assert_int_equal(find_own_of(SYM_TOKEN_NONE), SYM_AGAIN);
    sym_standing_maker_look(rig->sides[1].maker);
    assert_int_equal(find_own_of(SYM_TOKEN_NONE), SYM_AGAIN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_list_that_cannot_be_made_is_put_off_for_the_others),
        TEST(downloads_once_and_then_only_asks),
        TEST(tags_are_as_long_as_the_epoch_needs),
        TEST(computes_otherwise_until_the_list_is_ready),
        TEST(denies_when_only_a_list_that_is_not_ready_is_covered),
        TEST(counts_are_never_answered_from_a_list),
        TEST(the_day_s_elements_are_the_limit),
        TEST(the_epoch_s_elements_are_the_limit_too),
        TEST(two_at_once_have_one_limit),
        TEST(a_list_that_was_erased_evaluates_no_more),
        TEST(a_list_that_was_erased_sends_no_more_of_itself),
        TEST(an_outdated_list_is_erased),
        TEST(another_content_begins_an_epoch_that_replaces_the_held_one),
        TEST(a_list_from_before_a_restore_answers_no_more),
        TEST(a_revoked_grant_erases_its_list),
        TEST(a_broken_download_leaves_what_was_held),
        TEST(a_node_killed_while_making_makes_it_again),
        TEST(a_list_that_could_not_be_kept_costs_the_next_download_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
