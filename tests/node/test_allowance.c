#include "node/exchange/allowance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#define NOW 5000000u

static const struct sym_node_id bank = {.bytes = {1}};
static const struct sym_node_id police = {.bytes = {2}};

static size_t take_all(struct sym_allowance *a, const struct sym_node_id *peer, uint64_t now_ms)
{
    uint64_t left_out = 0;
    size_t n = 0;
    while (n < 1000 && sym_allowance_take(a, peer, now_ms, &left_out)) {
        n++;
    }
    return n;
}

static void set_up(struct sym_allowance **a)
{
    *a = calloc(1, sizeof **a);
    assert_non_null(*a);
}

static void allows_a_burst_and_no_more(void **state)
{
    struct sym_allowance *a;
    (void)state;
    set_up(&a);
    assert_int_equal(take_all(a, &bank, NOW), SYM_ALLOWANCE_BURST);
    assert_int_equal(take_all(a, &bank, NOW), 0);
    assert_int_equal(take_all(a, &bank, NOW + SYM_ALLOWANCE_EACH_MS - 1), 0);
    assert_int_equal(take_all(a, &bank, NOW + SYM_ALLOWANCE_EACH_MS), 1);
    assert_int_equal(take_all(a, &bank, NOW + 11 * SYM_ALLOWANCE_EACH_MS), 10);
    free(a);
}

static void is_full_again_and_never_fuller(void **state)
{
    struct sym_allowance *a;
    (void)state;
    set_up(&a);
    (void)take_all(a, &bank, NOW);
    assert_int_equal(take_all(a, &bank, NOW + 1000u * SYM_ALLOWANCE_EACH_MS), SYM_ALLOWANCE_BURST);
    free(a);
}

static void one_peer_does_not_use_up_another_ones(void **state)
{
    struct sym_allowance *a;
    (void)state;
    set_up(&a);
    (void)take_all(a, &bank, NOW);
    assert_int_equal(take_all(a, &police, NOW), SYM_ALLOWANCE_BURST);
    free(a);
}

static void says_once_how_many_were_left_out(void **state)
{
    struct sym_allowance *a;
    uint64_t left_out = 9;
    (void)state;
    set_up(&a);
    assert_true(sym_allowance_take(a, &bank, NOW, &left_out));
    assert_int_equal(left_out, 0);
    (void)take_all(a, &bank, NOW);
    assert_false(sym_allowance_take(a, &bank, NOW, &left_out));
    assert_true(sym_allowance_take(a, &bank, NOW + SYM_ALLOWANCE_EACH_MS, &left_out));
    assert_int_equal(left_out, 2);
    assert_true(sym_allowance_take(a, &bank, NOW + 9 * SYM_ALLOWANCE_EACH_MS, &left_out));
    assert_int_equal(left_out, 0);
    free(a);
}

static void more_peers_than_there_can_be_take_the_place_of_the_idlest(void **state)
{
    struct sym_allowance *a;
    uint64_t left_out = 0;
    (void)state;
    set_up(&a);
    (void)take_all(a, &bank, NOW);
    for (uint32_t i = 0; i < SYM_PEERS_MAX + 10; i++) {
        struct sym_node_id other = {.bytes = {3}};
        sym_put_u64(other.bytes + 8, i);
        assert_true(sym_allowance_take(a, &other, NOW, &left_out));
    }
    assert_int_equal(a->n, SYM_PEERS_MAX);
    assert_int_equal(take_all(a, &bank, NOW), 0);
    free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allows_a_burst_and_no_more),
        cmocka_unit_test(is_full_again_and_never_fuller),
        cmocka_unit_test(one_peer_does_not_use_up_another_ones),
        cmocka_unit_test(says_once_how_many_were_left_out),
        cmocka_unit_test(more_peers_than_there_can_be_take_the_place_of_the_idlest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
