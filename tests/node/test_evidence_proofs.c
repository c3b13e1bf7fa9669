/* Proofs of the log in the store: of entries and of heads, of all sizes. */
#include "tests/node/evidence_room.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

/* Proofs -------------------------------------------------------------------------------------
 */

static void proves_entries_and_heads_of_all_sizes(void **state)
{
    struct room *s = *state;
    uint8_t naive[SYM_HASH_BYTES];
    uint8_t root[SYM_HASH_BYTES];
    assert_int_equal(try_many(s, 600, SYM_OK, NULL), SYM_OK);
    for (uint64_t size = 1; size <= 600; size += size < 20 || (size > 250 && size < 262) ? 1 : 29) {
        assert_int_equal(sym_log_root(s->log, root, size), SYM_OK);
        naive_root(s, naive, size);
        assert_memory_equal(root, naive, sizeof root);
        for (uint64_t i = 0; i < size; i += 1 + size / 17) {
            check_inclusion(s, i, size);
            check_consistency(s, i + 1, size);
        }
        check_inclusion(s, size - 1, size);
    }
}

static void proves_across_three_levels_of_tiles(void **state)
{
    struct room *s = *state;
    assert_int_equal(try_many(s, 70000, SYM_OK, NULL), SYM_OK);
    static const uint64_t sizes[] = {255, 256, 257, 65535, 65536, 65537, 65792, 69999, 70000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_inclusion(s, 0, sizes[i]);
        check_inclusion(s, sizes[i] - 1, sizes[i]);
        check_inclusion(s, sizes[i] / 3, sizes[i]);
        check_consistency(s, sizes[i] / 2 + 1, sizes[i]);
        check_consistency(s, sizes[i], 70000);
    }
    uint8_t hashes[SYM_TILE_WIDTH][SYM_HASH_BYTES];
    struct sym_tile_query q = {.level = 2, .number = 0, .width = 1};
    assert_int_equal(sym_log_tile(s->log, hashes, &q), SYM_OK);
    uint8_t root[SYM_HASH_BYTES];
    assert_int_equal(sym_log_root(s->log, root, 65536), SYM_OK);
    assert_memory_equal(hashes[0], root, sizeof root);
    q.width = 2;
    assert_int_equal(sym_log_tile(s->log, hashes, &q), SYM_BAD_VALUE);
}

static void refuses_proofs_of_what_is_not_there(void **state)
{
    struct room *s = *state;
    struct sym_merkle_proof p;
    uint8_t root[SYM_HASH_BYTES];
    uint8_t leaf[SYM_LEAF_BYTES_MAX];
    uint8_t hashes[SYM_TILE_WIDTH][SYM_HASH_BYTES];
    size_t len = 0;
    add(s, 10);
    assert_int_equal(sym_log_prove_inclusion(s->log, &p, 10, 10), SYM_BAD_VALUE);
    assert_int_equal(sym_log_prove_inclusion(s->log, &p, 0, 0), SYM_BAD_VALUE);
    assert_int_equal(sym_log_prove_inclusion(s->log, &p, 3, 11), SYM_BAD_VALUE);
    assert_int_equal(sym_log_prove_consistency(s->log, &p, 5, 11), SYM_BAD_VALUE);
    assert_int_equal(sym_log_prove_consistency(s->log, &p, 7, 5), SYM_BAD_VALUE);
    assert_int_equal(sym_log_prove_consistency(s->log, &p, 12, 12), SYM_BAD_VALUE);
    assert_int_equal(sym_log_root(s->log, root, 11), SYM_BAD_VALUE);
    assert_int_equal(sym_log_leaf(s->log, leaf, &len, 10), SYM_BAD_VALUE);
    const struct sym_tile_query none[] = {
        {.level = 0, .number = 0, .width = 11}, {.level = 0, .number = 1, .width = 1},
        {.level = 1, .number = 0, .width = 1},  {.level = 8, .number = 0, .width = 1},
        {.level = 0, .number = 0, .width = 0},  {.level = 7, .number = INT64_MAX, .width = 1}};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(sym_log_tile(s->log, hashes, &none[i]), SYM_BAD_VALUE);
    }
    struct sym_head head;
    assert_int_equal(sym_log_head_of(s->log, &head, 2), SYM_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(proves_entries_and_heads_of_all_sizes),
        TEST(proves_across_three_levels_of_tiles),
        TEST(refuses_proofs_of_what_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
