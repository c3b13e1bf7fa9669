/* R cheats in engine vole, and is caught as section 12 of its specification says: each row of that
 * table is a test here or in test_vole_cheats_s.c. Also two sides that do not agree on what they
 * do, and bits that flip on the way. */
/* runner: timeout=300 */
#include "tests/support/vole_cheat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void an_honest_session_passes(void **state)
{
    (void)state;
    struct cheat c = {0};
    for (size_t i = 0; i < cheat_n_sizes(); i++) {
        c.r_size = cheat_sizes[i];
        cheat_play(&c);
        assert_int_equal(c.err, SYM_OK);
        assert_int_equal(c.common, 100);
        assert_int_equal(c.batches, i + 1);
    }
}

/* R cheats in its COT matrix -------------------------------------------------------------------
 */

static size_t row_bytes(const struct cheat *c)
{
    struct sym_vole_geometry g;
    assert_int_equal(sym_vole_geometry_for(&g, c->terms.r_size), SYM_OK);
    return g.row_blocks * (size_t)SYM_BLOCK_BYTES;
}

static void change_rows(struct cheat *c, uint8_t *rows, uint64_t batch, size_t block, size_t n)
{
    if (batch == c->batches - 1) {
        for (size_t i = 0; i < n; i++) {
            rows[i * row_bytes(c) + block * SYM_BLOCK_BYTES] ^= (uint8_t)(i + 1);
        }
        c->done = true;
    }
}

static void choice_rows(struct cheat *c, uint8_t *rows, uint64_t batch)
{
    change_rows(c, rows, batch, 3, 64);
}

static void noise_rows(struct cheat *c, uint8_t *rows, uint64_t batch)
{
    struct sym_vole_geometry g;
    assert_int_equal(sym_vole_geometry_for(&g, c->terms.r_size), SYM_OK);
    change_rows(c, rows, batch, g.choice_blocks + 5, 64);
}

static void one_row(struct cheat *c, uint8_t *rows, uint64_t batch)
{
    if (batch == 0) {
        rows[9 * row_bytes(c)] ^= 1;
        c->done = true;
    }
}

static void r_that_changes_64_rows_of_choice_bits_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.rows = choice_rows};
    assert_always_caught(&c, VOLE_S, OT_CHECK);
}

static void r_that_changes_64_rows_of_noise_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.rows = noise_rows};
    assert_always_caught(&c, VOLE_S, OT_CHECK);
}

static void r_that_changes_one_row_guesses_one_bit_of_delta(void **state)
{
    (void)state;
    struct cheat c = {.rows = one_row};
    size_t caught = times_caught(&c, VOLE_S, OT_CHECK);
    assert_in_range(caught, 5, CHEAT_ROUNDS - 5);
}

/* A matrix of the last batch is there. */
static bool matrix_made(const struct cheat *c, const struct vole_moment *m)
{
    return m->after && !c->done && m->side == VOLE_R && m->run->state == VOLE_R_RUNS &&
           m->job->room == NULL && m->run->cots_made == c->batches &&
           m->run->cots[c->batches - 1].m4.at != NULL;
}

static void change_answer(struct cheat *c, const struct vole_moment *m, size_t element)
{
    if (matrix_made(c, m)) {
        struct vole_buffer *m4 = &m->run->cots[c->batches - 1].m4;
        m4->at[SYM_VOLE_ROWS * row_bytes(c) + element * SYM_BLOCK_BYTES + 3] ^= 0x10;
        c->done = true;
    }
}

static void x_tilde(struct cheat *c, const struct vole_moment *m)
{
    change_answer(c, m, 0);
}

static void tau(struct cheat *c, const struct vole_moment *m)
{
    change_answer(c, m, 78);
}

static void r_that_changes_x_tilde_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = x_tilde};
    assert_always_caught(&c, VOLE_S, OT_CHECK);
}

static void r_that_changes_one_tau_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = tau};
    assert_always_caught(&c, VOLE_S, OT_CHECK);
}

static void replay_m4(struct cheat *c, const struct vole_moment *m)
{
    bool sent = m->run->cots == NULL || m->run->cots[m->job->batch].m4.at == NULL;
    if (m->after && m->side == VOLE_R && m->run->state == VOLE_R_RUNS && m->job->room == NULL &&
        !sent) {
        cheat_replay(c, &m->run->cots[m->job->batch].m4, m->job->batch == 0, m->job->batch == 1);
    }
}

static void r_that_sends_m4_of_batch_0_as_batch_1_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = replay_m4, .r_size = 262145};
    cheat_play(&c);
    assert_caught(&c, VOLE_S, OT_CHECK);
}

static void old_m4(struct cheat *c, const struct vole_moment *m)
{
    if (matrix_made(c, m)) {
        cheat_replay_session(c, &m->run->cots[c->batches - 1].m4);
    }
}

static void r_that_sends_m4_of_another_session_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = old_m4};
    cheat_play(&c);
    assert_int_equal(c.err, SYM_OK);
    cheat_play(&c);
    assert_caught(&c, VOLE_S, OT_CHECK);
}

/* R cheats in the VOLE check -------------------------------------------------------------------
 */

static void wrong_x_star(struct cheat *c, const struct vole_moment *m)
{
    if (m->after && m->side == VOLE_R && m->job->room != NULL && m->job->room->stage == R_FOLLOWS &&
        m->job->room->batch == c->batches - 1) {
        m->job->room->m6.at[0] ^= 1;
        c->done = true;
    }
}

static void keep_eq(struct cheat *c, int from, struct rig_payload *p)
{
    if (from == VOLE_S && p->bytes[0] == VOLE_M8 && c->kept.at == NULL) {
        c->place = p->len;
    }
}

static void r_that_sends_a_wrong_x_star_learns_only_a_hash(void **state)
{
    (void)state;
    struct cheat c = {.hook = wrong_x_star, .tap = keep_eq};
    assert_always_caught(&c, VOLE_R, VOLE_CHECK);
    assert_int_equal(c.place, 1 + 64);
}

/* Two sides that do not agree on what they do ----------------------------------------------------
 */

static void assert_disagree(struct cheat *c)
{
    cheat_play(c);
    assert_int_equal(c->err, SYM_BAD_TAG);
    assert_int_equal(c->failed, VOLE_S);
    assert_non_null(strstr(c->fault, "OT check"));
}

static void sides_that_mean_other_sizes_fail_at_the_first_check(void **state)
{
    (void)state;
    struct cheat r = {.terms = {.s_thinks_r_size = 5001}};
    struct cheat s = {.terms = {.s_thinks_s_size = 601}};
    assert_disagree(&r);
    assert_disagree(&s);
}

static void sides_that_mean_other_exchanges_fail_at_the_first_check(void **state)
{
    (void)state;
    struct cheat c = {.terms = {.other_context = true}};
    assert_disagree(&c);
}

/* One flipped bit ------------------------------------------------------------------------------ */

struct flip {
    int from;
    uint8_t type;
    size_t first; /* bytes of the payload, from its second on */
    size_t n;
};

static struct flip flip;

static void flip_a_bit(struct cheat *c, int from, struct rig_payload *p)
{
    if (from == flip.from && p->bytes[0] == flip.type && !c->done) {
        size_t n = flip.n > 0 ? flip.n : p->len - 1;
        p->bytes[1 + flip.first + rig_draw(&c->seed) % n] ^= (uint8_t)(1u << (c->seed & 7));
        c->done = true;
    }
}

static void a_flipped_bit_in_m1_to_m5_x_star_m7_or_m8_ends_the_session(void **state)
{
    (void)state;
    static const struct flip flips[] = {{VOLE_S, VOLE_M1, 0, 0}, {VOLE_R, VOLE_M2, 0, 0},
                                        {VOLE_S, VOLE_M3, 0, 0}, {VOLE_R, VOLE_M4, 0, 0},
                                        {VOLE_S, VOLE_M5, 0, 0}, {VOLE_R, VOLE_M6, 0, 16},
                                        {VOLE_R, VOLE_M7, 0, 0}, {VOLE_S, VOLE_M8, 0, 0}};
    for (size_t i = 0; i < sizeof flips / sizeof *flips; i++) {
        struct cheat c = {.tap = flip_a_bit, .seed = i * 1000};
        flip = flips[i];
        for (size_t round = 0; round < 16; round++) {
            cheat_play(&c);
            assert_true(c.done);
            assert_int_not_equal(c.err, SYM_OK);
        }
    }
}

static void a_flipped_bit_in_a_or_a_mask_loses_matches_at_most(void **state)
{
    (void)state;
    static const struct flip flips[] = {{VOLE_R, VOLE_M6, 16, 0}, {VOLE_S, VOLE_M9, 0, 0}};
    for (size_t i = 0; i < 2; i++) {
        struct cheat c = {.tap = flip_a_bit, .seed = i * 1000};
        flip = flips[i];
        flip.n = i == 0 ? 10000 : 0;
        for (size_t round = 0; round < 16; round++) {
            cheat_play(&c);
            assert_true(c.done);
            if (c.err == SYM_OK) {
                assert_in_range(c.common, 90, 100);
            } else {
                assert_caught(&c, VOLE_R, SYM_BAD_FORMAT, "ascend");
            }
        }
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
        cmocka_unit_test(an_honest_session_passes),
        cmocka_unit_test(r_that_changes_64_rows_of_choice_bits_is_caught),
        cmocka_unit_test(r_that_changes_64_rows_of_noise_is_caught),
        cmocka_unit_test(r_that_changes_one_row_guesses_one_bit_of_delta),
        cmocka_unit_test(r_that_changes_x_tilde_is_caught),
        cmocka_unit_test(r_that_changes_one_tau_is_caught),
        cmocka_unit_test(r_that_sends_m4_of_batch_0_as_batch_1_is_caught),
        cmocka_unit_test(r_that_sends_m4_of_another_session_is_caught),
        cmocka_unit_test(r_that_sends_a_wrong_x_star_learns_only_a_hash),
        cmocka_unit_test(sides_that_mean_other_sizes_fail_at_the_first_check),
        cmocka_unit_test(sides_that_mean_other_exchanges_fail_at_the_first_check),
        cmocka_unit_test(a_flipped_bit_in_m1_to_m5_x_star_m7_or_m8_ends_the_session),
        cmocka_unit_test(a_flipped_bit_in_a_or_a_mask_loses_matches_at_most),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
