/* One batch between R and S in memory: COT matrix, trees, checks and code, honest and cheating
 * (design of overlap-vole-1, sections 6, 7 and 12). */
#include "crypto/vole/batch.h"
#include "crypto/vole/code.h"
#include "crypto/vole/cot.h"
#include "crypto/vole/kernel_table.h"
#include "crypto/vole/prefix.h"
#include "crypto/vole/trees.h"
#include "tests/support/vole_kernels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define BATCH 3u

/* Both parties. */
struct pair {
    const struct sym_vole_kernel *with;
    struct sym_vole_geometry g;
    uint8_t sid[32];
    uint8_t ctx[32];
    uint8_t keys_r[2 * SYM_VOLE_ROWS][SYM_COT_KEY_BYTES];
    uint8_t keys_s[SYM_VOLE_ROWS][SYM_COT_KEY_BYTES];
    struct sym_block delta;
    struct sym_block *row;
    uint32_t alpha[SYM_VOLE_TREES];
    struct sym_block seeds[SYM_VOLE_TREES];
    uint8_t *m4;
    uint8_t *m5;
    struct sym_block *t, *q;
    struct sym_block base_r[SYM_VOLE_BASE], base_s[SYM_VOLE_BASE];
    struct sym_block *v, *w, *u, *pairs;
    struct sym_block *scratch;
};

static void *zeroed(size_t n, size_t each)
{
    void *p = calloc(n, each);
    assert_non_null(p);
    return p;
}

static struct pair *make_pair(const struct sym_vole_kernel *with, uint64_t n_r)
{
    struct pair *p = zeroed(1, sizeof *p);
    p->with = with;
    assert_int_equal(sym_vole_geometry_for(&p->g, n_r), SYM_OK);
    size_t scratch = sym_cot_scratch_blocks(&p->g);
    if (scratch < sym_trees_scratch_blocks(&p->g)) {
        scratch = sym_trees_scratch_blocks(&p->g);
    }
    sym_random(p->sid, sizeof p->sid);
    sym_random(p->ctx, sizeof p->ctx);
    sym_random((uint8_t *)p->keys_r, sizeof p->keys_r);
    sym_random((uint8_t *)&p->delta, sizeof p->delta);
    sym_random((uint8_t *)p->seeds, sizeof p->seeds);
    for (unsigned i = 0; i < SYM_VOLE_ROWS; i++) {
        unsigned bit = sym_block_bit_mask(p->delta, i) & 1;
        memcpy(p->keys_s[i], p->keys_r[2 * i + bit], SYM_COT_KEY_BYTES);
    }
    p->row = zeroed(p->g.row_blocks, sizeof *p->row);
    p->m4 = zeroed(1, sym_vole_m4_bytes(&p->g));
    p->m5 = zeroed(1, sym_vole_m5_bytes(&p->g));
    p->t = zeroed(sym_vole_cots(&p->g), sizeof *p->t);
    p->q = zeroed(sym_vole_cots(&p->g), sizeof *p->q);
    p->v = zeroed(p->g.length, sizeof *p->v);
    p->w = zeroed(p->g.length, sizeof *p->w);
    p->u = zeroed(p->g.length, sizeof *p->u);
    p->pairs = zeroed(p->g.outputs, 2 * sizeof *p->pairs);
    p->scratch = zeroed(scratch, sizeof *p->scratch);
    return p;
}

static void free_pair(struct pair *p)
{
    void *all[] = {p->row, p->m4, p->m5, p->t, p->q, p->v, p->w, p->u, p->pairs, p->scratch, p};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]);
    }
}

static void offer(struct pair *p)
{
    sym_cot_draw(p->row, p->alpha, &p->g);
    sym_cot_offer(p->m4, p->t, p->base_r, p->with, &p->g, p->ctx, BATCH,
                  (const uint8_t(*)[SYM_COT_KEY_BYTES])p->keys_r, p->row, p->scratch);
}

static enum sym_err accept_batch(struct pair *p, const uint8_t ctx[32], uint32_t batch)
{
    return sym_cot_accept(p->q, p->base_s, p->with, &p->g, ctx, batch,
                          (const uint8_t(*)[SYM_COT_KEY_BYTES])p->keys_s, &p->delta, p->m4,
                          p->scratch);
}

static struct sym_trees trees_of(const struct pair *p)
{
    return (struct sym_trees){p->with, &p->g, p->ctx, BATCH};
}

static void grow(struct pair *p, size_t first, size_t n)
{
    struct sym_trees trees = trees_of(p);
    sym_trees_grow(p->v, p->m5, &trees, p->seeds, p->q, p->base_s, &p->delta, first, n, p->scratch);
}

static void follow(struct pair *p, size_t first, size_t n)
{
    struct sym_trees trees = trees_of(p);
    const struct sym_block *noise = sym_cot_noise(p->row, &p->g);
    sym_trees_follow(p->w, &trees, p->m5, p->alpha, p->t, p->base_r, first, n, p->scratch);
    memset(p->u, 0, p->g.length * sizeof *p->u);
    sym_trees_noise(p->u, &p->g, p->alpha, noise, false);
    sym_trees_noise(p->u + p->g.outputs, &p->g, p->alpha, noise, true);
}

/* Everything up to the leaves, honestly. */
static struct pair *correlated(const struct sym_vole_kernel *with, uint64_t n_r)
{
    struct pair *p = make_pair(with, n_r);
    offer(p);
    assert_int_equal(accept_batch(p, p->ctx, BATCH), SYM_OK);
    grow(p, 0, SYM_VOLE_TREES);
    return p;
}

static bool same(struct sym_block a, struct sym_block b)
{
    return a.low == b.low && a.high == b.high;
}

/* a = b + delta c */
static bool relates(const struct pair *p, struct sym_block a, struct sym_block b,
                    struct sym_block c)
{
    return same(a, sym_block_add(b, p->with->multiply(p->delta, c)));
}

static bool related(const struct pair *p, size_t n)
{
    bool good = true;
    for (size_t i = 0; i < n; i++) {
        good = good && relates(p, p->w[i], p->v[i], p->u[i]);
    }
    return good;
}

/* R's answer and both ends of the check; x_star is flipped by wrong. */
static bool check_agrees(const struct pair *p, uint8_t wrong)
{
    struct sym_block chi = sym_batch_challenge(p->with, &p->g, p->ctx, BATCH, p->m5);
    uint8_t x_star[SYM_BLOCK_BYTES];
    sym_block_store(x_star,
                    sym_batch_claim(p->with, &p->g, chi, p->alpha, sym_cot_noise(p->row, &p->g)));
    x_star[0] ^= wrong;
    struct sym_block r =
        sym_batch_end_r(sym_batch_sum(p->with, p->w, 0, p->g.length, chi), p->base_r);
    struct sym_block s = sym_batch_end_s(p->with, sym_batch_sum(p->with, p->v, 0, p->g.length, chi),
                                         p->base_s, &p->delta, x_star);
    return same(r, s);
}

static struct sym_block *correction(struct pair *p, size_t tree, size_t at)
{
    return (struct sym_block *)(void *)(p->m5 +
                                        (tree * (2 * p->g.depth + 1) + at) * SYM_BLOCK_BYTES);
}

static const struct sym_vole_kernel *kernels[MOST_KERNELS];
static size_t n_kernels;

static int find_kernels(void **state)
{
    (void)state;
    n_kernels = sym_crypto_init() == SYM_OK ? usable_kernels(kernels) : 0;
    return n_kernels > 0 ? 0 : -1;
}

static void correlates_what_r_chose(void **state)
{
    (void)state;
    for (size_t k = 0; k < n_kernels; k++) {
        struct pair *p = make_pair(kernels[k], 5000);
        offer(p);
        assert_int_equal(accept_batch(p, p->ctx, BATCH), SYM_OK);
        for (size_t j = 0; j < (size_t)SYM_VOLE_TREES * p->g.depth; j++) {
            uint32_t l = (uint32_t)(j % p->g.depth) + 1;
            uint32_t choice = 1 - (p->alpha[j / p->g.depth] >> (p->g.depth - l) & 1);
            assert_true(relates(p, p->q[j], p->t[j], (struct sym_block){choice, 0}));
        }
        for (size_t e = 0; e < SYM_VOLE_BASE; e++) {
            assert_true(relates(p, p->base_r[e], p->base_s[e], sym_cot_noise(p->row, &p->g)[e]));
        }
        free_pair(p);
    }
}

static void draws_positions_over_all_leaves(void **state)
{
    (void)state;
    struct pair *p = make_pair(kernels[0], 1);
    uint32_t seen[64] = {0};
    for (int i = 0; i < 20; i++) {
        sym_cot_draw(p->row, p->alpha, &p->g);
        for (size_t tree = 0; tree < SYM_VOLE_TREES; tree++) {
            assert_true(p->alpha[tree] < p->g.leaves);
            seen[p->alpha[tree]]++;
        }
    }
    for (size_t leaf = 0; leaf < p->g.leaves; leaf++) {
        assert_in_range(seen[leaf], 390 - 120, 390 + 120); /* 20 * 312 / 16, six deviations */
    }
    free_pair(p);
}

static void leaves_nothing_behind_when_the_check_fails(struct pair *p)
{
    for (size_t j = 0; j < sym_vole_cots(&p->g); j++) {
        assert_true((p->q[j].low | p->q[j].high) == 0);
    }
    for (size_t e = 0; e < SYM_VOLE_BASE; e++) {
        assert_true((p->base_s[e].low | p->base_s[e].high) == 0);
    }
}

static void refuses_rows_that_differ(void **state)
{
    (void)state;
    struct pair *p = make_pair(kernels[0], 100);
    const size_t row_bytes = (size_t)p->g.row_blocks * SYM_BLOCK_BYTES;
    const size_t places[2] = {3 * SYM_BLOCK_BYTES, ((size_t)p->g.choice_blocks + 5) * 16};
    for (size_t k = 0; k < 2; k++) {
        offer(p);
        for (size_t i = 0; i < SYM_VOLE_ROWS / 2; i++) {
            p->m4[i * row_bytes + places[k]] ^= (uint8_t)(1 + i);
        }
        assert_int_equal(accept_batch(p, p->ctx, BATCH), SYM_BAD_TAG);
        leaves_nothing_behind_when_the_check_fails(p);
    }
    free_pair(p);
}

/* That is a guess of one bit of delta, and nothing else. R finds out the hash of its changed row,
 * as a cheat would, so that only the row tells. */
static void refuses_one_changed_row_when_that_bit_of_delta_is_set(void **state)
{
    (void)state;
    struct pair *p = make_pair(kernels[0], 100);
    const size_t row_bytes = (size_t)p->g.row_blocks * SYM_BLOCK_BYTES;
    const size_t answers = SYM_VOLE_ROWS * row_bytes;
    for (size_t i = 0; i < SYM_VOLE_ROWS; i += 9) {
        for (uint64_t bit = 0; bit < 2; bit++) {
            uint64_t *word = i < 64 ? &p->delta.low : &p->delta.high;
            *word = (*word & ~((uint64_t)1 << (i % 64))) | bit << (i % 64);
            memcpy(p->keys_s[i], p->keys_r[2 * i + bit], SYM_COT_KEY_BYTES);
            offer(p);
            p->m4[i * row_bytes] ^= 1;
            uint8_t hash[32];
            const struct sym_span rows = sym_span(p->m4, answers);
            sym_prefix_hash_once(hash, p->with, p->ctx, "ot-chi", BATCH, 0, &rows, 1);
            /* With the challenge of the changed message, for the row that R had. */
            struct sym_block *stream = p->scratch;
            struct sym_block keys[SYM_AES_ROUND_KEYS];
            struct sym_block out[16];
            for (size_t r = 0; r < SYM_VOLE_ROWS; r++) {
                p->with->expand_key(keys, p->keys_r[2 * r]);
                for (size_t c = 0; c < 16; c++) {
                    p->with->counter(stream + c * p->g.row_blocks, keys, (uint64_t)BATCH << 40,
                                     p->g.row_blocks);
                }
                p->with->hash_rows(out, stream, 16, p->g.row_blocks, sym_prefix_element(hash));
                sym_block_store(p->m4 + answers + (r + 1) * SYM_BLOCK_BYTES, out[0]);
            }
            for (size_t c = 0; c < 16; c++) {
                memcpy(stream + c * p->g.row_blocks, p->row, row_bytes);
            }
            p->with->hash_rows(out, stream, 16, p->g.row_blocks, sym_prefix_element(hash));
            sym_block_store(p->m4 + answers, out[0]);
            assert_int_equal(accept_batch(p, p->ctx, BATCH), bit == 1 ? SYM_BAD_TAG : SYM_OK);
        }
    }
    free_pair(p);
}

static void refuses_every_changed_bit_of_the_answers(void **state)
{
    (void)state;
    struct pair *p = make_pair(kernels[0], 100);
    const size_t answers = sym_vole_m4_bytes(&p->g) - 129 * SYM_BLOCK_BYTES;
    offer(p);
    for (size_t bit = 0; bit < (size_t)129 * 128; bit += 61) {
        p->m4[answers + bit / 8] ^= (uint8_t)(1 << (bit % 8));
        assert_int_equal(accept_batch(p, p->ctx, BATCH), SYM_BAD_TAG);
        p->m4[answers + bit / 8] ^= (uint8_t)(1 << (bit % 8));
    }
    assert_int_equal(accept_batch(p, p->ctx, BATCH), SYM_OK);
    free_pair(p);
}

static void refuses_the_message_of_another_batch_or_session(void **state)
{
    (void)state;
    struct pair *p = make_pair(kernels[0], 100);
    uint8_t other[32] = {1};
    offer(p);
    assert_int_equal(accept_batch(p, p->ctx, BATCH + 1), SYM_BAD_TAG);
    assert_int_equal(accept_batch(p, other, BATCH), SYM_BAD_TAG);
    p->keys_s[77][3] ^= 1;
    assert_int_equal(accept_batch(p, p->ctx, BATCH), SYM_BAD_TAG);
    free_pair(p);
}

static void relates_leaves_and_outputs(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 1024, 5000, 20000};
    for (size_t i = 0; i < 4 * n_kernels; i++) {
        struct pair *p = correlated(kernels[i / 4], sizes[i % 4]);
        struct sym_code c;
        const size_t m = p->g.outputs;
        follow(p, 0, SYM_VOLE_TREES);
        assert_true(related(p, p->g.length));
        assert_true(check_agrees(p, 0));
        sym_code_init(&c, p->with, &p->g, p->sid);
        sym_code_accumulate(&c, p->v + m);
        sym_code_spread(p->v, &c, p->v + m, 0, m, code_scratch());
        sym_code_accumulate_pairs(p->pairs, &c, p->w + m, p->u + m);
        sym_code_spread_pairs(p->w, p->u, &c, p->pairs, 0, m, code_scratch());
        assert_true(related(p, m));
        p->delta.low ^= 1;
        assert_false(related(p, m));
        free_pair(p);
    }
}

static void gives_the_same_in_pieces(void **state)
{
    (void)state;
    for (size_t k = 0; k < n_kernels; k++) {
        struct pair *p = correlated(kernels[k], 5000);
        const size_t len = p->g.length * sizeof *p->v;
        const size_t m = p->g.outputs;
        struct sym_block *whole = zeroed(1, len);
        uint8_t *m5 = zeroed(1, sym_vole_m5_bytes(&p->g));
        struct sym_code c;
        memcpy(whole, p->v, len);
        memcpy(m5, p->m5, sym_vole_m5_bytes(&p->g));
        memset(p->v, 0, len);
        memset(p->m5, 0, sym_vole_m5_bytes(&p->g));
        grow(p, 100, 212);
        grow(p, 0, 1);
        grow(p, 1, 99);
        assert_memory_equal(p->v, whole, len);
        assert_memory_equal(p->m5, m5, sym_vole_m5_bytes(&p->g));
        follow(p, 200, 112);
        follow(p, 0, 200);
        assert_true(related(p, p->g.length));
        struct sym_block chi = sym_batch_challenge(p->with, &p->g, p->ctx, BATCH, p->m5);
        struct sym_block sum = sym_batch_sum(p->with, p->v, 16, 160, chi);
        sum = sym_block_add(sum, sym_batch_sum(p->with, p->v, 0, 16, chi));
        sum = sym_block_add(sum, sym_batch_sum(p->with, p->v, 176, p->g.length - 176, chi));
        assert_true(same(sum, sym_batch_sum(p->with, p->v, 0, p->g.length, chi)));
        sym_code_init(&c, p->with, &p->g, p->sid);
        sym_code_accumulate(&c, p->v + m);
        memcpy(whole, p->v, len);
        sym_code_spread(whole, &c, p->v + m, 0, m, code_scratch());
        sym_code_spread(p->v, &c, p->v + m, 64, 1000, code_scratch());
        sym_code_spread(p->v, &c, p->v + m, 0, 64, code_scratch());
        assert_memory_equal(p->v, whole, 1064 * sizeof *whole);
        assert_memory_not_equal(p->v + 1064, whole + 1064, 16);
        free(whole);
        free(m5);
        free_pair(p);
    }
}

static void notices_a_wrong_claim(void **state)
{
    (void)state;
    struct pair *p = correlated(kernels[0], 100);
    follow(p, 0, SYM_VOLE_TREES);
    assert_true(check_agrees(p, 0));
    assert_false(check_agrees(p, 1));
    free_pair(p);
}

static void notices_corrections_of_the_last_level_that_are_wrong_both(void **state)
{
    (void)state;
    struct pair *p = correlated(kernels[0], 5000);
    for (size_t b = 0; b < 2; b++) {
        correction(p, 100, 2 * p->g.depth - 2 + b)->low ^= 1;
    }
    follow(p, 0, SYM_VOLE_TREES);
    assert_false(check_agrees(p, 0));
    free_pair(p);
}

/* R uses one of the two only: whether S is found out tells it one bit of alpha, and costs it half
 * its runs. */
static void notices_one_wrong_correction_only_where_r_uses_it(void **state)
{
    (void)state;
    struct pair *p = correlated(kernels[0], 100);
    const size_t at = 2 * (size_t)p->g.depth - 2;
    unsigned noticed = 0;
    for (size_t tree = 0; tree < 40; tree++) {
        correction(p, tree, at)->low ^= 1;
        follow(p, 0, SYM_VOLE_TREES);
        assert_int_equal(check_agrees(p, 0), p->alpha[tree] % 2 == 0);
        noticed += p->alpha[tree] % 2;
        correction(p, tree, at)->low ^= 1;
    }
    assert_in_range(noticed, 1, 39);
    free_pair(p);
}

static void notices_a_wrong_sum_of_leaves(void **state)
{
    (void)state;
    struct pair *p = correlated(kernels[0], 100);
    correction(p, 7, 2 * (size_t)p->g.depth)->high ^= (uint64_t)1 << 63;
    follow(p, 0, SYM_VOLE_TREES);
    assert_false(check_agrees(p, 0));
    free_pair(p);
}

static void notices_another_delta(void **state)
{
    (void)state;
    struct pair *p = correlated(kernels[0], 100);
    p->delta.low ^= 4;
    follow(p, 0, SYM_VOLE_TREES);
    assert_false(check_agrees(p, 0));
    grow(p, 0, SYM_VOLE_TREES); /* in the masks of the corrections */
    p->delta.low ^= 4;
    follow(p, 0, SYM_VOLE_TREES);
    assert_false(check_agrees(p, 0));
    free_pair(p);
}

static void notices_the_corrections_of_another_batch(void **state)
{
    (void)state;
    struct pair *p = correlated(kernels[0], 100);
    struct sym_trees other = trees_of(p);
    other.batch = BATCH + 1;
    sym_trees_grow(p->v, p->m5, &other, p->seeds, p->q, p->base_s, &p->delta, 0, SYM_VOLE_TREES,
                   p->scratch);
    follow(p, 0, SYM_VOLE_TREES);
    assert_false(check_agrees(p, 0));
    free_pair(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(correlates_what_r_chose),
        cmocka_unit_test(draws_positions_over_all_leaves),
        cmocka_unit_test(refuses_rows_that_differ),
        cmocka_unit_test(refuses_one_changed_row_when_that_bit_of_delta_is_set),
        cmocka_unit_test(refuses_every_changed_bit_of_the_answers),
        cmocka_unit_test(refuses_the_message_of_another_batch_or_session),
        cmocka_unit_test(relates_leaves_and_outputs),
        cmocka_unit_test(gives_the_same_in_pieces),
        cmocka_unit_test(notices_a_wrong_claim),
        cmocka_unit_test(notices_corrections_of_the_last_level_that_are_wrong_both),
        cmocka_unit_test(notices_one_wrong_correction_only_where_r_uses_it),
        cmocka_unit_test(notices_a_wrong_sum_of_leaves),
        cmocka_unit_test(notices_another_delta),
        cmocka_unit_test(notices_the_corrections_of_another_batch),
    };
    return cmocka_run_group_tests(tests, find_kernels, NULL);
}
