/* Whoever cheats in engine vole is caught as section 12 of its specification says: each row of that
 * table is a test here. A cheater is an honest machine whose state is changed between two of its
 * works, or the bytes that it hashes; it goes on as a cheater would, with challenges and answers
 * that fit its lie. Every row is run in a session of one batch (5,000 items) and in one of two.
 *
 * The test is linked with --wrap=sym_prefix_hash_once: the hash that R takes of the rows of its COT
 * matrix, inside crypto/vole, is where rows can be changed before they are bound. */
/* runner: timeout=300 */
#include "crypto/vole/batch.h"
#include "crypto/vole/prefix.h"

#include "tests/support/vole_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 40

/* One cheated session, and what came of it. */
struct cheat {
    void (*hook)(struct cheat *c, const struct vole_moment *m);
    void (*tap)(struct cheat *c, int from, struct rig_payload *p);
    void (*rows)(struct cheat *c, uint8_t *rows, uint64_t batch); /* R's, before they are hashed */
    uint32_t r_size;                                              /* 0: 5,000 */
    uint32_t batches;                                             /* of the session */
    struct vole_terms terms;
    bool done;               /* the lie was told */
    size_t place;            /* what a cheat needs to remember */
    struct vole_buffer kept; /* on the heap */
    struct sym_block saved;
    uint64_t seed;
    /* Afterwards. */
    enum sym_err err;
    int failed;
    char fault[SYM_FAULT_BYTES];
    uint32_t common;
};

static struct cheat *current; /* whose rows are hashed */
static int working = -1;      /* the side whose work runs */

void __real_sym_prefix_hash_once(uint8_t out[32], const struct sym_vole_kernel *with,
                                 const uint8_t c[32], const char *label, uint64_t a, uint64_t b,
                                 const struct sym_span *parts, size_t n);
void __wrap_sym_prefix_hash_once(uint8_t out[32], const struct sym_vole_kernel *with,
                                 const uint8_t c[32], const char *label, uint64_t a, uint64_t b,
                                 const struct sym_span *parts, size_t n);

void __wrap_sym_prefix_hash_once(uint8_t out[32], const struct sym_vole_kernel *with,
                                 const uint8_t c[32], const char *label, uint64_t a, uint64_t b,
                                 const struct sym_span *parts, size_t n)
{
    if (current != NULL && working == VOLE_R && current->rows != NULL &&
        strcmp(label, "ot-chi") == 0) {
        current->rows(current, (uint8_t *)(uintptr_t)parts[0].data, a);
    }
    __real_sym_prefix_hash_once(out, with, c, label, a, b, parts, n);
}

static void keep(struct vole_buffer *b, const struct vole_buffer *message)
{
    *b = (struct vole_buffer){.at = malloc(message->len), .len = message->len};
    assert_non_null(b->at);
    memcpy(b->at, message->at, message->len);
}

static void drop(struct vole_buffer *b)
{
    free(b->at);
    *b = (struct vole_buffer){0};
}

static void hook(void *context, const struct vole_moment *m)
{
    struct cheat *c = context;
    working = m->after ? -1 : m->side;
    if (c->hook != NULL) {
        c->hook(c, m);
    }
}

static void tap(void *context, int from, struct rig_payload *p)
{
    struct cheat *c = context;
    if (c->tap != NULL && p->len > 0) {
        c->tap(c, from, p);
    }
}

static void play(struct cheat *c)
{
    struct token_set x;
    struct token_set y;
    struct vole_rig rig;
    struct sym_vole_result result;
    token_set_make(&x, 1, 100, 200, 0);
    token_set_make(&y, 1, 100, 500, 1);
    c->terms.r_size = c->r_size > 0 ? c->r_size : 5000;
    vole_rig_open(&rig, &x, &y, &c->terms);
    rig.prompt = true;
    rig.seed += c->seed++;
    rig.hook = hook;
    rig.tap = tap;
    rig.context = c;
    c->batches = rig.runs[VOLE_R]->g.batches;
    c->done = false;
    current = c;
    vole_rig_run(&rig);
    current = NULL;
    c->err = rig.err;
    c->failed = rig.failed;
    (void)strcpy(c->fault, sym_vole_fault(rig.runs[rig.failed]));
    c->common = 0;
    if (rig.err == SYM_OK) {
        assert_true(vole_rig_done(&rig));
        assert_int_equal(sym_vole_result(rig.runs[VOLE_R], &result), SYM_OK);
        c->common = result.common;
    }
    vole_rig_close(&rig);
    token_set_free(&x);
    token_set_free(&y);
    drop(&c->kept);
}

static void assert_caught(const struct cheat *c, int by, enum sym_err err, const char *words)
{
    assert_true(c->done);
    assert_int_equal(c->err, err);
    assert_int_equal(c->failed, by);
    assert_non_null(strstr(c->fault, words));
}

static const uint32_t sizes[] = {5000, 262145};

static bool long_form(void)
{
    return getenv("SYMBOLON_WRAP") == NULL;
}

static size_t n_sizes(void)
{
    return long_form() ? 2 : 1;
}

/* Always, at each size. */
static void always(struct cheat *c, int by, enum sym_err err, const char *words)
{
    for (size_t i = 0; i < n_sizes(); i++) {
        c->r_size = sizes[i];
        for (size_t round = 0; round < (i == 0 ? 4 : 1); round++) {
            play(c);
            assert_caught(c, by, err, words);
        }
    }
}

/* Sometimes: how often in ROUNDS rounds; otherwise nothing is changed by it. */
static size_t often(struct cheat *c, int by, enum sym_err err, const char *words)
{
    size_t caught = 0;
    for (size_t i = 0; i < ROUNDS; i++) {
        play(c);
        assert_true(c->done);
        if (c->err == SYM_OK) {
            assert_int_equal(c->common, 100);
        } else {
            assert_caught(c, by, err, words);
            caught++;
        }
    }
    return caught;
}

#define OT_CHECK   SYM_BAD_TAG, "OT check"
#define VOLE_CHECK SYM_BAD_TAG, "VOLE check"

static void an_honest_session_passes(void **state)
{
    (void)state;
    struct cheat c = {0};
    for (size_t i = 0; i < n_sizes(); i++) {
        c.r_size = sizes[i];
        play(&c);
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
    always(&c, VOLE_S, OT_CHECK);
}

static void r_that_changes_64_rows_of_noise_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.rows = noise_rows};
    always(&c, VOLE_S, OT_CHECK);
}

static void r_that_changes_one_row_guesses_one_bit_of_delta(void **state)
{
    (void)state;
    struct cheat c = {.rows = one_row};
    size_t caught = often(&c, VOLE_S, OT_CHECK);
    assert_in_range(caught, 5, ROUNDS - 5);
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
    always(&c, VOLE_S, OT_CHECK);
}

static void r_that_changes_one_tau_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = tau};
    always(&c, VOLE_S, OT_CHECK);
}

/* Takes the bytes of this message in the first batch and sends them in the last. */
static void replay(struct cheat *c, struct vole_buffer *message, bool first, bool last)
{
    if (first && c->kept.at == NULL) {
        keep(&c->kept, &(struct vole_buffer){message->at, message->len});
    } else if (last && c->kept.at != NULL) {
        memcpy(message->at, c->kept.at, message->len);
        c->done = true;
    }
}

static void replay_m4(struct cheat *c, const struct vole_moment *m)
{
    bool sent = m->run->cots == NULL || m->run->cots[m->job->batch].m4.at == NULL;
    if (m->after && m->side == VOLE_R && m->run->state == VOLE_R_RUNS && m->job->room == NULL &&
        !sent) {
        replay(c, &m->run->cots[m->job->batch].m4, m->job->batch == 0, m->job->batch == 1);
    }
}

static void r_that_sends_m4_of_batch_0_as_batch_1_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = replay_m4, .r_size = 262145};
    play(&c);
    assert_caught(&c, VOLE_S, OT_CHECK);
}

/* From an earlier session: kept over two plays. */
static struct vole_buffer old;

static void old_m4(struct cheat *c, const struct vole_moment *m)
{
    if (matrix_made(c, m)) {
        struct vole_buffer *m4 = &m->run->cots[c->batches - 1].m4;
        if (old.at == NULL) {
            keep(&old, &(struct vole_buffer){m4->at, m4->len});
        } else {
            memcpy(m4->at, old.at, m4->len);
        }
        c->done = true;
    }
}

static void r_that_sends_m4_of_another_session_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = old_m4};
    play(&c);
    assert_int_equal(c.err, SYM_OK);
    play(&c);
    assert_caught(&c, VOLE_S, OT_CHECK);
    drop(&old);
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
    always(&c, VOLE_R, VOLE_CHECK);
    assert_int_equal(c.place, 1 + 64);
}

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
    always(&c, VOLE_R, VOLE_CHECK);
}

static void s_that_spoils_one_correction_guesses_one_bit_of_alpha(void **state)
{
    (void)state;
    struct cheat c = {.hook = one_of_the_last_level};
    size_t caught = often(&c, VOLE_R, VOLE_CHECK);
    assert_in_range(caught, 5, ROUNDS - 5);
}

/* L = 80: in a fifth of the cases the sibling on level 3 has been dropped. */
static void s_that_spoils_level_3_is_caught_but_where_the_sibling_is_dropped(void **state)
{
    (void)state;
    struct cheat c = {.hook = both_of_level_3};
    size_t caught = often(&c, VOLE_R, VOLE_CHECK);
    assert_in_range(caught, 21, ROUNDS - 1);
}

static void s_that_spoils_a_leaf_sum_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = a_leaf_sum};
    always(&c, VOLE_R, VOLE_CHECK);
}

static void s_that_uses_the_base_of_another_tree_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = the_base_of_another_tree};
    always(&c, VOLE_R, VOLE_CHECK);
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
    always(&c, VOLE_R, VOLE_CHECK);
}

static void s_that_uses_another_delta_in_the_check_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = other_delta_in_the_check};
    always(&c, VOLE_R, VOLE_CHECK);
}

static void replay_m5(struct cheat *c, const struct vole_moment *m)
{
    const struct vole_room *room = m->job->room;
    if (m->after && m->side == VOLE_S && room != NULL && room->stage == S_CHALLENGES) {
        struct vole_buffer m5 = room->m5;
        replay(c, &m5, room->batch == 0, room->batch == 1);
    }
}

static void s_that_sends_m5_of_batch_0_as_batch_1_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = replay_m5, .r_size = 262145};
    play(&c);
    assert_caught(&c, VOLE_R, VOLE_CHECK);
}

static void old_m5(struct cheat *c, const struct vole_moment *m)
{
    const struct vole_room *room = m->job->room;
    if (m->after && m->side == VOLE_S && room != NULL && room->stage == S_CHALLENGES) {
        if (old.at == NULL) {
            keep(&old, &(struct vole_buffer){room->m5.at, room->m5.len});
        } else {
            memcpy(room->m5.at, old.at, room->m5.len);
        }
        c->done = true;
    }
}

static void s_that_sends_m5_of_another_session_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.hook = old_m5};
    play(&c);
    assert_int_equal(c.err, SYM_OK);
    play(&c);
    assert_caught(&c, VOLE_R, VOLE_CHECK);
    drop(&old);
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
    always(&c, VOLE_S, OT_CHECK);
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
    always(&c, VOLE_R, SYM_BAD_TAG, "commitment");
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
    always(&c, VOLE_R, VOLE_CHECK);
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
    always(&c, VOLE_R, SYM_BAD_FORMAT, "ascend");
}

static void s_that_sends_a_mask_twice_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.tap = repeated_mask};
    always(&c, VOLE_R, SYM_BAD_FORMAT, "ascend");
}

static void s_that_leaves_a_mask_out_is_caught(void **state)
{
    (void)state;
    struct cheat c = {.tap = missing_mask};
    always(&c, VOLE_R, SYM_BAD_VALUE, "length");
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
    play(&c);
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
        play(&c);
        assert_caught(&c, VOLE_S, SYM_BAD_ELEMENT, "base OTs");
        c.tap = bad_pair;
        play(&c);
        assert_caught(&c, VOLE_R, SYM_BAD_ELEMENT, "base OTs");
    }
}

/* Two sides that do not agree on what they do ----------------------------------------------------
 */

static void assert_disagree(struct cheat *c)
{
    play(c);
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
            play(&c);
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
            play(&c);
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
        cmocka_unit_test(sides_that_mean_other_sizes_fail_at_the_first_check),
        cmocka_unit_test(sides_that_mean_other_exchanges_fail_at_the_first_check),
        cmocka_unit_test(a_flipped_bit_in_m1_to_m5_x_star_m7_or_m8_ends_the_session),
        cmocka_unit_test(a_flipped_bit_in_a_or_a_mask_loses_matches_at_most),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
