#include "crypto/sharebox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define PLAIN 64u
#define BOX   (PLAIN + SYM_SHAREBOX_OVERHEAD_BYTES)

static struct sym_exchange_key alice, bob, eve;
static const uint8_t psk[SYM_PSK_BYTES] = {1, 2, 3};
static const struct sym_sharebox_route there = {.qid = {4}, .consents = {5}, .from = 6, .to = 7};
static uint8_t plain[PLAIN];
static uint8_t box[BOX];
static uint8_t opened[PLAIN];

static struct sym_span with_psk(void)
{
    return sym_span(psk, sizeof psk);
}

static enum sym_err seal_as(const struct sym_exchange_key *own, const uint8_t *remote,
                            struct sym_span key, struct sym_sharebox_route route)
{
    uint8_t shared[SYM_X25519_BYTES];
    const struct sym_sharebox_pair pair = {shared, own->public_key, remote};
    assert_int_equal(sym_exchange_key_agree(shared, own, remote), SYM_OK);
    return sym_sharebox_seal(box, &pair, key, &route, sym_span(plain, sizeof plain));
}

static void seal(void)
{
    memset(plain, 0x5a, sizeof plain);
    assert_int_equal(seal_as(&alice, bob.public_key, with_psk(), there), SYM_OK);
}

static enum sym_err open_some(size_t len, const struct sym_exchange_key *own, const uint8_t *remote,
                              struct sym_span key, struct sym_sharebox_route route)
{
    uint8_t shared[SYM_X25519_BYTES];
    const struct sym_sharebox_pair pair = {shared, own->public_key, remote};
    assert_int_equal(sym_exchange_key_agree(shared, own, remote), SYM_OK);
    return sym_sharebox_open(opened, &pair, key, &route, sym_span(box, len));
}

static enum sym_err open_as(const struct sym_exchange_key *own, const uint8_t *remote,
                            struct sym_span key, struct sym_sharebox_route route)
{
    return open_some(BOX, own, remote, key, route);
}

static void opens_at_the_receiver(void **state)
{
    (void)state;
    seal();
    assert_int_equal(open_as(&bob, alice.public_key, with_psk(), there), SYM_OK);
    assert_memory_equal(opened, plain, sizeof plain);
}

static void without_a_preshared_key_there_are_32_zero_bytes(void **state)
{
    (void)state;
    static const uint8_t zero[SYM_PSK_BYTES];
    assert_int_equal(seal_as(&alice, bob.public_key, sym_span(NULL, 0), there), SYM_OK);
    assert_int_equal(open_as(&bob, alice.public_key, sym_span(zero, sizeof zero), there), SYM_OK);
    assert_int_equal(open_as(&bob, alice.public_key, with_psk(), there), SYM_BAD_TAG);
}

static void two_boxes_of_the_same_shares_differ(void **state)
{
    (void)state;
    uint8_t first[BOX];
    seal();
    memcpy(first, box, sizeof first);
    seal();
    assert_memory_not_equal(first, box, sizeof first);
}

static void refuses_a_box_that_was_altered(void **state)
{
    (void)state;
    for (size_t i = 0; i < BOX; i++) {
        seal();
        box[i] ^= 1;
        assert_int_equal(open_as(&bob, alice.public_key, with_psk(), there), SYM_BAD_TAG);
    }
}

static void refuses_a_box_of_another_query_cohort_or_place(void **state)
{
    (void)state;
    struct sym_sharebox_route routes[4] = {there, there, there, there};
    routes[0].qid[31] ^= 1;
    routes[1].consents[31] ^= 1;
    routes[2].from ^= 2;
    routes[3].to ^= 8;
    seal();
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(open_as(&bob, alice.public_key, with_psk(), routes[i]), SYM_BAD_TAG);
    }
}

static void refuses_a_box_that_is_sent_back(void **state)
{
    (void)state;
    struct sym_sharebox_route back = there;
    back.from = there.to;
    back.to = there.from;
    seal();
    assert_int_equal(open_as(&alice, bob.public_key, with_psk(), there), SYM_BAD_TAG);
    assert_int_equal(open_as(&alice, bob.public_key, with_psk(), back), SYM_BAD_TAG);
    assert_int_equal(open_as(&bob, alice.public_key, with_psk(), back), SYM_BAD_TAG);
}

static void refuses_other_keys(void **state)
{
    (void)state;
    uint8_t other[SYM_PSK_BYTES] = {1, 2, 4};
    seal();
    assert_int_equal(open_as(&eve, alice.public_key, with_psk(), there), SYM_BAD_TAG);
    assert_int_equal(open_as(&bob, eve.public_key, with_psk(), there), SYM_BAD_TAG);
    assert_int_equal(open_as(&bob, alice.public_key, sym_span(other, sizeof other), there),
                     SYM_BAD_TAG);
}

static void refuses_who_knows_all_but_the_shared_secret(void **state)
{
    (void)state;
    uint8_t shared[SYM_X25519_BYTES];
    const struct sym_sharebox_pair pair = {shared, bob.public_key, alice.public_key};
    assert_int_equal(sym_exchange_key_agree(shared, &bob, alice.public_key), SYM_OK);
    for (unsigned bit = 0; bit < 8 * sizeof shared; bit++) {
        seal();
        shared[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(
            sym_sharebox_open(opened, &pair, with_psk(), &there, sym_span(box, sizeof box)),
            SYM_BAD_TAG);
        shared[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    seal();
    assert_int_equal(
        sym_sharebox_open(opened, &pair, with_psk(), &there, sym_span(box, sizeof box)), SYM_OK);
}

static void refuses_a_box_that_is_too_short(void **state)
{
    (void)state;
    seal();
    assert_int_equal(
        open_some(SYM_SHAREBOX_OVERHEAD_BYTES - 1, &bob, alice.public_key, with_psk(), there),
        SYM_SHORT);
    assert_int_equal(open_some(BOX - 1, &bob, alice.public_key, with_psk(), there), SYM_BAD_TAG);
}

static void refuses_keys_and_routes_out_of_form(void **state)
{
    (void)state;
    struct sym_sharebox_route to_itself = there;
    to_itself.to = there.from;
    seal();
    assert_int_equal(seal_as(&alice, bob.public_key, sym_span(psk, 31), there), SYM_BAD_FORMAT);
    assert_int_equal(open_as(&bob, alice.public_key, sym_span(psk, 31), there), SYM_BAD_FORMAT);
    assert_int_equal(seal_as(&alice, bob.public_key, with_psk(), to_itself), SYM_BAD_VALUE);
    assert_int_equal(open_as(&bob, alice.public_key, with_psk(), to_itself), SYM_BAD_VALUE);
}

static int start(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK && sym_exchange_key_new(&alice) == SYM_OK &&
                   sym_exchange_key_new(&bob) == SYM_OK && sym_exchange_key_new(&eve) == SYM_OK
               ? 0
               : -1;
}

static int stop(void **state)
{
    (void)state;
    sym_exchange_key_clear(&alice);
    sym_exchange_key_clear(&bob);
    sym_exchange_key_clear(&eve);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_at_the_receiver),
        cmocka_unit_test(without_a_preshared_key_there_are_32_zero_bytes),
        cmocka_unit_test(two_boxes_of_the_same_shares_differ),
        cmocka_unit_test(refuses_a_box_that_was_altered),
        cmocka_unit_test(refuses_a_box_of_another_query_cohort_or_place),
        cmocka_unit_test(refuses_a_box_that_is_sent_back),
        cmocka_unit_test(refuses_other_keys),
        cmocka_unit_test(refuses_who_knows_all_but_the_shared_secret),
        cmocka_unit_test(refuses_a_box_that_is_too_short),
        cmocka_unit_test(refuses_keys_and_routes_out_of_form),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
