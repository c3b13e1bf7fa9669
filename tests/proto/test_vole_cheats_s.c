/* S cheats in engine vole, and is caught as section 12 of its specification says; or either side
 * sends points that are none. */
/* runner: timeout=300 */
#include "crypto/vole/batch.h"

#include "tests/support/vole_cheat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* S cheats in the trees --------------------------------------------------------------------------
 */

/* The trees of the last batch have been made, and are not hashed yet. */
static struct sym_block *grown(struct cheat *c, const struct vole_moment *m, size_t tree)
{
    const struct vole_room *room = m->job->room;
    if (!m->after || m->side != VOLE_S || room == NULL || room->stage != S_CHALLENGES ||
        room->batch != c->batches - 1) {
        return NULL;
    }
    c->done = true;
    return sym_vole_blocks(&room->m5) + tree * (2 * m->run->g.depth + 1);
}

static void both_of_the_last_level(struct cheat *c, const struct vole_moment *m)
{
    struct sym_block *tree = grown(c, m, 100);
    if (tree != NULL) {
        tree[2 * m->run->g.depth - 2].low ^= 1;
        tree[2 * m->run->g.depth - 1].low ^= 1;
    }
}

static void one_of_the_last_level(struct cheat *c, const struct vole_moment *m)
{
    struct sym_block *tree = grown(c, m, 100);
    if (tree != NULL) {
        tree[2 * m->run->g.depth - 2].low ^= 1;
    }
}

static void both_of_level_3(struct cheat *c, const struct vole_moment *m)
{
    struct sym_block *tree = grown(c, m, 100);
    if (tree != NULL) {
        tree[4].low ^= 1;
        tree[5].low ^= 1;
    }
}

static void a_leaf_sum(struct cheat *c, const struct vole_moment *m)
{
    struct sym_block *tree = grown(c, m, 7);
    if (tree != NULL) {
        tree[2 * m->run->g.depth].high ^= 1;
    }
}

static void the_base_of_another_tree(struct cheat *c, const struct vole_moment *m)
{
    struct sym_block *tree = grown(c, m, 7);
    if (tree != NULL) {
        const struct sym_block *base = m->run->cots[m->job->batch].base;
        struct sym_block *z = &tree[2 * m->run->g.depth];
        *z = sym_block_add(*z, sym_block_add(base[7], base[8]));
    }
}

static void s_that_spoils_both_corrections_of_the_last_level_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = both_of_the_last_level};
    assert_always_caught(&c, VOLE_R, VOLE_CHECK);
}

static void s_that_spoils_one_correction_guesses_one_bit_of_alpha(void **state)
{
    (void)state;
    struct cheat c = {.hook = one_of_the_last_level};
    size_t caught = times_caught(&c, VOLE_R, VOLE_CHECK);
    assert_in_range(caught, 5, CHEAT_ROUNDS - 5);
}

/* L = 80: in a fifth of the cases the sibling on level 3 has been dropped. */
static void s_that_spoils_level_3_is_caught_but_where_the_sibling_is_dropped(void **state)
{
    (void)state;
    struct cheat c = {.hook = both_of_level_3};
    size_t caught = times_caught(&c, VOLE_R, VOLE_CHECK);
    assert_in_range(caught, 21, CHEAT_ROUNDS - 1);
}

static void s_that_spoils_a_leaf_sum_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = a_leaf_sum};
    assert_always_caught(&c, VOLE_R, VOLE_CHECK);
}

static void s_that_uses_the_base_of_another_tree_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = the_base_of_another_tree};
    assert_always_caught(&c, VOLE_R, VOLE_CHECK);
}

/* S has another delta for the time of one work. */
static void other_delta_in_the_trees(struct cheat *c, const struct vole_moment *m)
{
    if (m->side == VOLE_S && m->job->room != NULL) {
        struct sym_block *delta = &sym_vole_secrets(m->run)->delta;
        if (!m->after && m->job->room->stage == S_GROWS) {
            c->saved = *delta;
            delta->low ^= 4;
            c->done = true;
        } else if (m->after && m->job->room->stage == S_CHALLENGES) {
            *delta = c->saved;
        }
    }
}

static void other_delta_in_the_check(struct cheat *c, const struct vole_moment *m)
{
    const struct vole_room *room = m->job->room;
    struct sym_vole_run *run = m->run;
    if (m->side == VOLE_S && !m->after && room != NULL && room->stage == S_ANSWERS) {
        struct sym_block other = sym_vole_secrets(run)->delta;
        other.low ^= 1;
        sym_vole_blocks(&run->end)[room->batch] =
            sym_batch_end_s(run->config.kernel, sym_vole_sum(room), run->cots[room->batch].base,
                            &other, room->m6.at);
        if (run->state == VOLE_S_ANSWERS) {
            sym_vole_equality(run->m8, run);
        }
        c->done = true;
    }
}

static void s_that_uses_another_delta_in_the_trees_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = other_delta_in_the_trees};
    assert_always_caught(&c, VOLE_R, VOLE_CHECK);
}

static void s_that_uses_another_delta_in_the_check_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = other_delta_in_the_check};
    assert_always_caught(&c, VOLE_R, VOLE_CHECK);
}

static void replay_m5(struct cheat *c, const struct vole_moment *m)
{
    const struct vole_room *room = m->job->room;
    if (m->after && m->side == VOLE_S && room != NULL && room->stage == S_CHALLENGES) {
        struct vole_buffer m5 = room->m5;
        cheat_replay(c, &m5, room->batch == 0, room->batch == 1);
    }
}

static void s_that_sends_m5_of_batch_0_as_batch_1_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = replay_m5, .r_size = 262145};
    cheat_play(&c);
    assert_caught(&c, VOLE_R, VOLE_CHECK);
}

static void old_m5(struct cheat *c, const struct vole_moment *m)
{
    if (m->after && m->side == VOLE_S && m->job->room != NULL &&
        m->job->room->stage == S_CHALLENGES) {
        struct vole_buffer m5 = m->job->room->m5;
        cheat_replay_session(c, &m5);
    }
}

static void s_that_sends_m5_of_another_session_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = old_m5};
    cheat_play(&c);
    assert_int_equal(c.err, SYM_OK);
    cheat_play(&c);
    assert_caught(&c, VOLE_R, VOLE_CHECK);
}

/* S cheats elsewhere -----------------------------------------------------------------------------
 */

/* S has chosen its base OTs. */
static bool chosen(struct cheat *c, const struct vole_moment *m)
{
    bool now = m->after && m->side == VOLE_S && m->run->state == VOLE_S_OFFERS && !c->done;
    c->done = c->done || now;
    return now;
}

static void swap_a_pair(struct cheat *c, const struct vole_moment *m)
{
    if (chosen(c, m)) {
        uint8_t *pair = m->run->m3.at + 5 * 64;
        uint8_t kept[32];
        memcpy(kept, pair, 32);
        memcpy(pair, pair + 32, 32);
        memcpy(pair + 32, kept, 32);
        sym_vole_name_context(m->run);
    }
}

static void s_that_swaps_a_pair_of_base_ots_fails_its_own_check(void **state)
{
    (void)state;
    struct cheat c = {.hook = swap_a_pair};
    assert_always_caught(&c, VOLE_S, OT_CHECK);
}

static void other_w(struct cheat *c, const struct vole_moment *m)
{
    if (chosen(c, m)) {
        sym_vole_secrets(m->run)->w[0] ^= 1;
    }
}

static void s_that_opens_another_w_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = other_w};
    assert_always_caught(&c, VOLE_R, SYM_BAD_TAG, "commitment");
}

static void wrong_eq(struct cheat *c, int from, struct rig_payload *p)
{
    if (from == VOLE_S && p->bytes[0] == VOLE_M8) {
        p->bytes[1 + 3] ^= 1;
        c->done = true;
    }
}

static void s_that_sends_a_wrong_eq_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.tap = wrong_eq};
    assert_always_caught(&c, VOLE_R, VOLE_CHECK);
}

/* The list of 600 masks, before it leaves. */
static uint8_t *list_of(struct cheat *c, int from, struct rig_payload *p)
{
    if (from != VOLE_S || p->bytes[0] != VOLE_M9) {
        return NULL;
    }
    c->done = true;
    assert_int_equal(p->len, 1 + 600 * 16);
    return p->bytes + 1;
}

static void unsorted_masks(struct cheat *c, int from, struct rig_payload *p)
{
    uint8_t *list = list_of(c, from, p);
    uint8_t kept[16];
    if (list != NULL) {
        memcpy(kept, list + 8 * 16, 16);
        memcpy(list + 8 * 16, list + 9 * 16, 16);
        memcpy(list + 9 * 16, kept, 16);
    }
}

static void repeated_mask(struct cheat *c, int from, struct rig_payload *p)
{
    uint8_t *list = list_of(c, from, p);
    if (list != NULL) {
        memcpy(list + 8 * 16, list + 9 * 16, 16);
    }
}

static void missing_mask(struct cheat *c, int from, struct rig_payload *p)
{
    p->len -= list_of(c, from, p) != NULL ? 16 : 0;
}

static void s_that_sends_masks_out_of_order_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.tap = unsorted_masks};
    assert_always_caught(&c, VOLE_R, SYM_BAD_FORMAT, "ascend");
}

static void s_that_sends_a_mask_twice_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.tap = repeated_mask};
    assert_always_caught(&c, VOLE_R, SYM_BAD_FORMAT, "ascend");
}

static void s_that_leaves_a_mask_out_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.tap = missing_mask};
    assert_always_caught(&c, VOLE_R, SYM_BAD_VALUE, "length");
}

/* Not caught, and S gains nothing by it: its own masks are wrong. */
static void other_delta_in_k(struct cheat *c, const struct vole_moment *m)
{
    if (m->side == VOLE_S && m->job->room != NULL) {
        struct sym_block *delta = &sym_vole_secrets(m->run)->delta;
        if (!m->after && m->job->room->stage == S_ANSWERS) {
            c->saved = *delta;
            delta->low ^= 1;
            c->done = true;
        } else if (m->after && (c->saved.low ^ 1) == delta->low) {
            *delta = c->saved;
        }
    }
}

static void s_that_uses_another_delta_for_k_only_spoils_the_result(void **state)
{
    (void)state;
    struct cheat c = {.hook = other_delta_in_k};
    cheat_play(&c);
    assert_true(c.done);
    assert_int_equal(c.err, SYM_OK);
    assert_int_equal(c.common, 0);
}

/* Points -----------------------------------------------------------------------------------------
 */

static const struct sym_ristretto *ristretto(void)
{
    const struct sym_ristretto *group = NULL;
    assert_int_equal(sym_ristretto_choose(&group, NULL), SYM_OK);
    return group;
}

static void spoil_point(struct cheat *c, uint8_t *point)
{
    static const uint8_t identity[32];
    if (c->place == 0) {
        memcpy(point, identity, 32);
    } else if (c->place == 1) {
        point[31] |= 0x80;
    } else {
        memset(point, 0xff, 32);
    }
    c->done = true;
}

static void bad_y(struct cheat *c, int from, struct rig_payload *p)
{
    if (from == VOLE_R && p->bytes[0] == VOLE_M2) {
        spoil_point(c, p->bytes + 1 + 32);
    }
}

static void bad_pair(struct cheat *c, int from, struct rig_payload *p)
{
    if (from == VOLE_S && p->bytes[0] == VOLE_M3) {
        spoil_point(c, p->bytes + 1 + 11 * 32);
    }
}

static void points_that_are_none_are_refused_before_a_key_is_used(void **state)
{
    (void)state;
    struct cheat c = {.terms.group = ristretto()};
    for (c.place = 0; c.place < 3; c.place++) {
        c.tap = bad_y;
        cheat_play(&c);
        assert_caught(&c, VOLE_S, SYM_BAD_ELEMENT, "base OTs");
        c.tap = bad_pair;
        cheat_play(&c);
        assert_caught(&c, VOLE_R, SYM_BAD_ELEMENT, "base OTs");
    }
}

static int set_up(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s_that_spoils_both_corrections_of_the_last_level_is_caught),
        cmocka_unit_test(s_that_spoils_one_correction_guesses_one_bit_of_alpha),
        cmocka_unit_test(s_that_spoils_level_3_is_caught_but_where_the_sibling_is_dropped),
        cmocka_unit_test(s_that_spoils_a_leaf_sum_is_caught),
        cmocka_unit_test(s_that_uses_the_base_of_another_tree_is_caught),
        cmocka_unit_test(s_that_uses_another_delta_in_the_trees_is_caught),
        cmocka_unit_test(s_that_uses_another_delta_in_the_check_is_caught),
        cmocka_unit_test(s_that_sends_m5_of_batch_0_as_batch_1_is_caught),
        cmocka_unit_test(s_that_sends_m5_of_another_session_is_caught),
        cmocka_unit_test(s_that_swaps_a_pair_of_base_ots_fails_its_own_check),
        cmocka_unit_test(s_that_opens_another_w_is_caught),
        cmocka_unit_test(s_that_sends_a_wrong_eq_is_caught),
        cmocka_unit_test(s_that_sends_masks_out_of_order_is_caught),
        cmocka_unit_test(s_that_sends_a_mask_twice_is_caught),
        cmocka_unit_test(s_that_leaves_a_mask_out_is_caught),
        cmocka_unit_test(s_that_uses_another_delta_for_k_only_spoils_the_result),
        cmocka_unit_test(points_that_are_none_are_refused_before_a_key_is_used),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
