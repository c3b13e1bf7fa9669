#include "node/exchange/sightings.h"

#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW     UINT64_C(1790000000123)
#define KEPT_MS ((uint64_t)SYM_REQUEST_LIFE_MS_MAX + 2u * SYM_CLOCK_SKEW_MS)
#define MANY    300u

struct sighting {
    const uint8_t *id;
    uint64_t when_ms;
};

static enum sym_err put(struct sym_transaction *t, void *context)
{
    const struct sighting *s = context;
    return sym_sightings_put(t, s->id, s->when_ms);
}

/* Both ways of asking agree. */
static enum sym_err add(struct sym_store *store, const uint8_t *id, uint64_t when_ms)
{
    struct sighting s = {.id = id, .when_ms = when_ms};
    enum sym_err before = sym_sightings_check(store, id);
    enum sym_err err = sym_store_write(store, put, &s);
    assert_int_equal(before, err);
    return err;
}

static void see(struct room *s, uint32_t number, uint64_t when_ms, enum sym_err expected)
{
    uint8_t id[SYM_EXCHANGE_ID_BYTES] = {0};
    memcpy(id, &number, sizeof number);
    assert_int_equal(add(s->store, id, when_ms), expected);
}

static void refuses_an_id_that_was_seen(void **state)
{
    struct room *s = *state;
    see(s, 1, NOW, SYM_OK);
    see(s, 2, NOW, SYM_OK);
    see(s, 1, NOW, SYM_REPLAY);
    see(s, 1, NOW + KEPT_MS, SYM_REPLAY);
    room_reopen(s);
    see(s, 2, NOW, SYM_REPLAY);
}

/* Else a peer could write over what is remembered of an exchange that ended long ago. */
static void refuses_the_id_of_an_exchange_in_the_history_for_good(void **state)
{
    struct room *s = *state;
    static const char id[] = "0123456789abcdef";
    assert_int_equal(room_put(s, SYM_TABLE_HISTORY, id, "an entry"), SYM_OK);
    assert_int_equal(add(s->store, (const uint8_t *)id, NOW), SYM_REPLAY);
}

/* All of it; how many calls that took. */
static unsigned prune(struct room *s)
{
    struct sym_sightings_place place = {.more = false};
    unsigned calls = 0;
    do {
        assert_int_equal(sym_sightings_prune(s->store, &place, NOW), SYM_OK);
        calls++;
    } while (place.more);
    return calls;
}

static void forgets_what_is_stale_and_nothing_else(void **state)
{
    struct room *s = *state;
    see(s, 1, NOW - KEPT_MS - 1, SYM_OK);
    see(s, 2, NOW - KEPT_MS, SYM_OK);
    see(s, 3, NOW, SYM_OK);
    see(s, 4, NOW + 100 * KEPT_MS, SYM_OK);
    (void)prune(s);
    assert_int_equal(room_count(s, SYM_TABLE_EXCHANGES), 3);
    see(s, 1, NOW, SYM_OK);
    for (uint32_t i = 2; i <= 4; i++) {
        see(s, i, NOW, SYM_REPLAY);
    }
}

static void forgets_many_at_once_between_others(void **state)
{
    struct room *s = *state;
    for (uint32_t i = 0; i < MANY; i++) {
        see(s, i, i % 3 == 0 ? NOW : NOW - 2 * KEPT_MS, SYM_OK);
    }
    (void)prune(s);
    assert_int_equal(room_count(s, SYM_TABLE_EXCHANGES), MANY / 3);
    (void)prune(s);
    assert_int_equal(room_count(s, SYM_TABLE_EXCHANGES), MANY / 3);
}

static enum sym_err put_many(struct sym_transaction *t, void *context)
{
    enum sym_err err = SYM_OK;
    const uint32_t *n = context;
    for (uint32_t i = 0; err == SYM_OK && i < *n; i++) {
        uint8_t id[SYM_EXCHANGE_ID_BYTES] = {0};
        memcpy(id, &i, sizeof i);
        err = sym_sightings_put(t, id, NOW - 2 * KEPT_MS);
    }
    return err;
}

static void forgets_a_portion_at_a_time(void **state)
{
    struct room *s = *state;
    struct sym_sightings_place place = {.more = false};
    uint32_t n = 2 * SYM_SIGHTINGS_PORTION + 1;
    assert_int_equal(sym_store_write(s->store, put_many, &n), SYM_OK);
    assert_int_equal(sym_sightings_prune(s->store, &place, NOW), SYM_OK);
    assert_true(place.more);
    assert_int_equal(room_count(s, SYM_TABLE_EXCHANGES), n - SYM_SIGHTINGS_PORTION);
    assert_int_equal(prune(s), 2);
    assert_int_equal(room_count(s, SYM_TABLE_EXCHANGES), 0);
}

static void goes_on_behind_what_it_keeps(void **state)
{
    struct room *s = *state;
    struct sym_sightings_place place = {.more = false};
    uint32_t n = SYM_SIGHTINGS_PORTION + 1;
    assert_int_equal(sym_store_write(s->store, put_many, &n), SYM_OK);
    assert_int_equal(sym_sightings_prune(s->store, &place, NOW - 2 * KEPT_MS), SYM_OK);
    assert_true(place.more);
    assert_int_equal(room_count(s, SYM_TABLE_EXCHANGES), n);
    assert_int_equal(sym_sightings_prune(s->store, &place, NOW), SYM_OK);
    assert_false(place.more);
    assert_int_equal(room_count(s, SYM_TABLE_EXCHANGES), n - 1);
    assert_int_equal(prune(s), 1);
    assert_int_equal(room_count(s, SYM_TABLE_EXCHANGES), 0);
}

static void refuses_a_sighting_that_it_did_not_write(void **state)
{
    struct room *s = *state;
    struct sym_sightings_place place = {.more = false};
    see(s, 1, NOW - 2 * KEPT_MS, SYM_OK);
    assert_int_equal(room_put(s, SYM_TABLE_EXCHANGES, "an id of another", "no time"), SYM_OK);
    assert_int_equal(sym_sightings_prune(s->store, &place, NOW), SYM_BAD_FORMAT);
    see(s, 1, NOW, SYM_REPLAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refuses_an_id_that_was_seen, room_set_up, room_tear_down),
        cmocka_unit_test_setup_teardown(refuses_the_id_of_an_exchange_in_the_history_for_good,
                                        room_set_up, room_tear_down),
        cmocka_unit_test_setup_teardown(forgets_what_is_stale_and_nothing_else, room_set_up,
                                        room_tear_down),
        cmocka_unit_test_setup_teardown(forgets_many_at_once_between_others, room_set_up,
                                        room_tear_down),
        cmocka_unit_test_setup_teardown(forgets_a_portion_at_a_time, room_set_up, room_tear_down),
        cmocka_unit_test_setup_teardown(goes_on_behind_what_it_keeps, room_set_up, room_tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_sighting_that_it_did_not_write, room_set_up,
                                        room_tear_down),
    };
    return cmocka_run_group_tests_name("sightings", tests, NULL, NULL);
}
