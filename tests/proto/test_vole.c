/* Two machines of engine vole agree: with plain intersection, at every size where the geometry
 * changes, in any order of works, and on what they tell. */
/* runner: timeout=300 */
#include "crypto/vole/batch.h"
#include "proto/sorted.h"

#include "tests/support/vole_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* Two sets and how they are compared. */
struct bout {
    struct token_set x, y;
    struct vole_rig rig;
};

static void bout_open(struct bout *t, size_t x, size_t y, size_t common,
                      const struct vole_terms *terms)
{
    token_set_make(&t->x, x + y, common, x - common, 0);
    token_set_make(&t->y, x + y, common, y - common, 1);
    vole_rig_open(&t->rig, &t->x, &t->y, terms);
}

static void bout_close(struct bout *t)
{
    vole_rig_close(&t->rig);
    token_set_free(&t->x);
    token_set_free(&t->y);
}

static void assert_agrees(struct bout *t, size_t common)
{
    struct sym_vole_result result;
    uint32_t *want = calloc(t->x.n + 1, sizeof *want);
    assert_non_null(want);
    assert_int_equal(token_set_meet(&t->x, &t->y, want), common);
    vole_rig_run(&t->rig);
    assert_string_equal(sym_vole_fault(t->rig.runs[t->rig.failed]), "");
    assert_int_equal(t->rig.err, SYM_OK);
    assert_true(vole_rig_done(&t->rig));
    assert_int_equal(sym_vole_result(t->rig.runs[VOLE_R], &result), SYM_OK);
    assert_int_equal(result.common, common);
    assert_memory_equal(result.matches, want, common * sizeof *want);
    for (int side = 0; side < 2; side++) {
        struct sym_vole_progress p = sym_vole_progress(t->rig.runs[side]);
        assert_int_equal(p.done, p.total);
        assert_int_equal(sym_vole_works_out(t->rig.runs[side]), 0);
    }
    free(want);
}

static void meet(size_t x, size_t y, size_t common, const struct vole_terms *terms)
{
    struct bout t;
    bout_open(&t, x, y, common, terms);
    assert_agrees(&t, common);
    bout_close(&t);
}

/* Sizes ----------------------------------------------------------------------------------------
 */

static void agrees_with_plain_intersection_at_small_sizes(void **state)
{
    (void)state;
    static const size_t sizes[][3] = {{1, 1, 0}, {1, 1, 1}, {2, 1, 1},    {1, 9, 1},
                                      {7, 7, 3}, {5, 5, 5}, {63, 65, 17}, {100, 1000, 50}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        meet(sizes[i][0], sizes[i][1], sizes[i][2], NULL);
    }
}

static void agrees_on_both_sides_of_every_tier(void **state)
{
    (void)state;
    static const size_t tiers[] = {1024, 2048, 4096, 8192, 16384};
    for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++) {
        meet(tiers[i] - 1, 300, 100, NULL);
        meet(tiers[i], tiers[i], tiers[i] / 3, NULL);
        meet(tiers[i] + 1, 500, 499, NULL);
    }
}

static void agrees_at_two_batches_and_one_item_less(void **state)
{
    (void)state;
    meet(262144, 1000, 400, NULL);
    meet(262145, 1000, 400, NULL);
}

/* More batches than either side has room for at once. */
static void agrees_when_rooms_are_used_again(void **state)
{
    (void)state;
    struct vole_terms terms = {.r_size = 1100000};
    struct sym_vole_geometry g;
    assert_int_equal(sym_vole_geometry_for(&g, terms.r_size), SYM_OK);
    assert_true(g.batches > VOLE_S_ROOMS && g.batches > 2 * VOLE_R_ROOMS);
    if (getenv("SYMBOLON_WRAP") != NULL) {
        print_message("SKIP: a million items take minutes under valgrind\n");
        skip();
    }
    meet(2000, 1000, 400, &terms);
}

static void agrees_at_65536_by_65536(void **state)
{
    (void)state;
    meet(65536, 65536, 21845, NULL);
}

static void agrees_when_nothing_is_in_common(void **state)
{
    (void)state;
    meet(3000, 20000, 0, NULL);
}

static void agrees_when_everything_is_in_common(void **state)
{
    (void)state;
    meet(20000, 20000, 20000, NULL);
    meet(3000, 20000, 3000, NULL);
    meet(20000, 3000, 3000, NULL);
}

/* Sizes that are evenly distributed by magnitude, with nothing, all, or anything between in common;
 * up to 2^20 where there is time. */
static void agrees_at_twenty_random_shapes(void **state)
{
    (void)state;
    const unsigned most_bits = getenv("SYMBOLON_LONG") != NULL ? 20 : 14;
    uint64_t seed = 2026;
    for (unsigned i = 0; i < 20; i++) {
        size_t n[2];
        for (unsigned side = 0; side < 2; side++) {
            const size_t most = (size_t)1 << rig_draw(&seed) % (most_bits + 1);
            n[side] = most - rig_draw(&seed) % ((most + 1) / 2);
        }
        const size_t all = n[0] < n[1] ? n[0] : n[1];
        const size_t common[] = {0, all, rig_draw(&seed) % (all + 1)};
        meet(n[0], n[1], common[i % 3], NULL);
    }
    meet((size_t)1 << most_bits, (size_t)1 << most_bits, 12345, NULL);
}

static void agrees_when_one_list_is_far_longer(void **state)
{
    (void)state;
    meet(10, 200000, 10, NULL);
    meet(200000, 10, 5, NULL);
}

static void agrees_in_the_group_of_the_product(void **state)
{
    (void)state;
    struct vole_terms terms = {0};
    assert_int_equal(sym_ristretto_choose(&terms.group, NULL), SYM_OK);
    meet(1000, 1000, 333, &terms);
}

static void agrees_on_every_kernel(void **state)
{
    (void)state;
    for (size_t i = 0; sym_vole_kernel_name_at(i) != NULL; i++) {
        const struct sym_vole_kernel *kernel = NULL;
        struct vole_terms terms = {.kernel = sym_vole_kernel_name_at(i)};
        if (sym_vole_kernel_choose(&kernel, terms.kernel) == SYM_OK) {
            meet(5000, 5000, 1234, &terms);
        }
    }
}

/* Padding --------------------------------------------------------------------------------------
 */

static void padding_changes_no_answer(void **state)
{
    (void)state;
    struct vole_terms terms = {.r_size = 4096, .s_size = 8192};
    meet(700, 900, 333, &terms);
    meet(1, 1, 1, &terms);
    meet(4096, 8192, 4000, &terms);
}

static void empty_sets_hide_behind_padding(void **state)
{
    (void)state;
    struct vole_terms terms = {.r_size = 64, .s_size = 32};
    meet(0, 0, 0, &terms);
    meet(9, 0, 0, &terms);
    meet(0, 9, 0, &terms);
}

static void what_is_sent_depends_on_the_padded_sizes_only(void **state)
{
    (void)state;
    static const size_t own[][3] = {{1, 1, 0}, {5000, 20000, 5000}, {4000, 10, 3}};
    struct vole_terms terms = {.r_size = 5000, .s_size = 20000};
    struct sym_vole_geometry g;
    assert_int_equal(sym_vole_geometry_for(&g, 5000), SYM_OK);
    for (size_t i = 0; i < 3; i++) {
        struct bout t;
        bout_open(&t, own[i][0], own[i][1], own[i][2], &terms);
        assert_agrees(&t, own[i][2]);
        size_t m4 = sym_vole_m4_bytes(&g);
        size_t m6 = sym_vole_m6_bytes(&g, 0);
        assert_int_equal(t.rig.payloads[VOLE_R], 1 + 3 + 1 + 1);
        assert_int_equal(t.rig.bytes[VOLE_R], 6 + 64 + m4 + m6 + 32);
        assert_int_equal(t.rig.payloads[VOLE_S], 1 + 1 + 1 + 1 + 2);
        assert_int_equal(t.rig.bytes[VOLE_S], 6 + 64 + 8192 + sym_vole_m5_bytes(&g) + 64 + 320000);
        bout_close(&t);
    }
}

/* Threads, and what the masks tell ----------------------------------------------------------------
 */

static void threads_change_no_answer(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 5; threads += 2) {
        struct bout t;
        bout_open(&t, 70000, 70000, 7777, NULL);
        t.rig.crew = crew_new(threads);
        assert_agrees(&t, 7777);
        struct crew *crew = t.rig.crew;
        bout_close(&t);
        crew_free(crew);
    }
}

/* S's list as it went by. */
struct record {
    uint8_t *bytes;
    size_t len;
};

static void keep_masks(void *context, int from, struct rig_payload *p)
{
    struct record *record = context;
    if (from == VOLE_S && p->len > 0 && p->bytes[0] == VOLE_M9) {
        record->bytes = realloc(record->bytes, record->len + p->len);
        assert_non_null(record->bytes);
        memcpy(record->bytes + record->len, p->bytes + 1, p->len - 1);
        record->len += p->len - 1;
    }
}

/* Masks that are sorted and random tell nothing about the order or the bins of S's items. */
static void the_masks_ascend_and_use_their_range_evenly(void **state)
{
    (void)state;
    enum { N = 40000 };
    struct record record = {0};
    struct bout t;
    size_t low = 0;
    bout_open(&t, 2000, N, 1000, NULL);
    t.rig.tap = keep_masks;
    t.rig.context = &record;
    assert_agrees(&t, 1000);
    assert_int_equal(record.len, N * 16);
    for (size_t i = 0; i < N; i++) {
        low += (record.bytes[16 * i] & 0x80) == 0;
        assert_true(i == 0 || memcmp(record.bytes + 16 * (i - 1), record.bytes + 16 * i, 16) < 0);
    }
    assert_in_range(low, N / 2 - 1000, N / 2 + 1000); /* 10 standard deviations */
    free(record.bytes);
    bout_close(&t);
}

/* What S is to send, and does. */
struct stream {
    struct record record; /* first, for keep_masks */
    struct sym_block *want;
};

static int compare_masks(const void *a, const void *b)
{
    return memcmp(a, b, SYM_VOLE_MASK_BYTES);
}

/* Before S's items are masked their masks are noted, and their order is turned around. */
static void turn_around(void *context, const struct vole_moment *m)
{
    struct stream *stream = context;
    struct vole_list *l = &m->run->list;
    if (m->side != VOLE_S || stream->want != NULL || l->stage != LIST_MASKS) {
        return;
    }
    size_t n = m->run->config.own_size;
    struct sym_block *acc = (struct sym_block *)(void *)l->room.at;
    struct sym_okvs_item *items = (struct sym_okvs_item *)(void *)l->binned.at;
    stream->want = malloc(n * sizeof *stream->want);
    assert_non_null(stream->want);
    memcpy(stream->want, acc, n * sizeof *acc);
    sym_match_masks(stream->want, m->run->config.kernel, &l->prefix, items, n);
    qsort(stream->want, n, sizeof *stream->want, compare_masks);
    for (size_t i = 0; i < n / 2; i++) {
        struct sym_block a = acc[i];
        struct sym_okvs_item b = items[i];
        acc[i] = acc[n - 1 - i];
        items[i] = items[n - 1 - i];
        acc[n - 1 - i] = a;
        items[n - 1 - i] = b;
    }
}

static void the_masks_do_not_depend_on_the_order_of_the_items(void **state)
{
    (void)state;
    enum { N = 30000 };
    struct stream stream = {.want = NULL};
    struct bout t;
    bout_open(&t, 2000, N, 1000, NULL);
    t.rig.hook = turn_around;
    t.rig.tap = keep_masks;
    t.rig.context = &stream;
    assert_agrees(&t, 1000);
    assert_non_null(stream.want);
    assert_int_equal(stream.record.len, (size_t)N * SYM_VOLE_MASK_BYTES);
    assert_memory_equal(stream.record.bytes, stream.want, stream.record.len);
    free(stream.record.bytes);
    free(stream.want);
    bout_close(&t);
}

/* Session --------------------------------------------------------------------------------------
 */

static void two_sessions_of_the_same_sets_share_no_mask(void **state)
{
    (void)state;
    struct record records[2] = {{0}};
    for (size_t i = 0; i < 2; i++) {
        struct bout t;
        bout_open(&t, 500, 500, 500, NULL);
        t.rig.tap = keep_masks;
        t.rig.context = &records[i];
        assert_agrees(&t, 500);
        bout_close(&t);
    }
    for (size_t i = 0; i < 500; i++) {
        assert_false(sym_sorted_has(records[0].bytes, 500, 16, records[1].bytes + 16 * i));
    }
    free(records[0].bytes);
    free(records[1].bytes);
}

struct vectors {
    struct sym_block *p; /* as R has encoded it */
    unsigned seen;
};

/* P, before U is added to it. */
static void keep_encoded(struct vectors *kept, const struct vole_moment *m)
{
    const struct vole_room *r = m->job->room;
    const size_t n = sym_vole_batch_columns(&m->run->g, r->batch);
    free(kept->p);
    kept->p = malloc(n * sizeof *kept->p);
    assert_non_null(kept->p);
    memcpy(kept->p, r->m6.at + SYM_BLOCK_BYTES, n * sizeof *kept->p);
}

/* S is about to shift its V, and R has its W still; U is A + P. */
static void check_vectors(void *context, const struct vole_moment *m)
{
    struct vectors *kept = context;
    if (!m->after && m->side == VOLE_R && m->job->room != NULL && m->job->room->stage == R_CLAIMS) {
        keep_encoded(kept, m);
    }
    const struct sym_vole_run *r_run = m->rig->runs[VOLE_R];
    const struct vole_room *s = m->job->room;
    if (m->after || m->side != VOLE_S || s == NULL || s->stage != S_ANSWERS) {
        return;
    }
    const struct vole_vectors *v_r =
        r_run->spare.leaves.at != NULL ? &r_run->spare : &r_run->rooms[0].v;
    const struct sym_block *delta = &sym_vole_secrets(m->run)->delta;
    size_t n = sym_vole_batch_columns(&m->run->g, s->batch);
    struct sym_block *v = malloc(n * sizeof *v);
    assert_non_null(v);
    memcpy(v, s->v.leaves.at, n * sizeof *v);
    for (size_t i = 0; i < n; i++) {
        const struct sym_block a = sym_block_load(s->m6.at + (1 + i) * SYM_BLOCK_BYTES);
        kept->p[i] = sym_block_add(kept->p[i], a);
    }
    sym_batch_shift(v, m->run->config.kernel, delta, (const uint8_t *)kept->p, n);
    assert_memory_equal(v, v_r->leaves.at, n * sizeof *v);
    free(v);
    kept->seen++;
}

static void the_vectors_of_both_sides_are_correlated(void **state)
{
    (void)state;
    struct vectors kept = {.seen = 0};
    static const size_t sizes[] = {1, 5000, 16385, 40000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct bout t;
        bout_open(&t, sizes[i], 100, 1, NULL);
        t.rig.hook = check_vectors;
        t.rig.context = &kept;
        assert_agrees(&t, 1);
        bout_close(&t);
    }
    assert_int_equal(kept.seen, 4);
    free(kept.p);
}

/* The room that pieces work in, zeroed: what is there afterwards a piece has left. */
struct left {
    const uint8_t *at;
    unsigned seen;
};

static void assert_wiped(struct left *left, const struct vole_moment *m)
{
    const struct vole_buffer *room = &m->run->scratch->of[0].room;
    if (room->at != NULL && room->at == left->at) {
        for (size_t i = 0; i < room->len; i++) {
            assert_int_equal(room->at[i], 0);
        }
        left->seen++;
    }
}

/* The last search gives all room back, so it is done once more before. */
static void check_scratch(void *context, const struct vole_moment *m)
{
    struct left *left = &((struct left *)context)[m->side];
    if (m->after) {
        assert_wiped(left, m);
        return;
    }
    const struct vole_buffer *room = &m->run->scratch->of[0].room;
    left->at = room->at;
    if (room->at != NULL) {
        memset(room->at, 0, room->len);
    }
    if (m->side == VOLE_R && m->run->list.stage == LIST_SEARCHES) {
        unsigned seen = left->seen;
        assert_int_equal(m->job->piece(m->job, 0, m->job->n), SYM_OK);
        assert_wiped(left, m);
        assert_int_equal(left->seen, seen + 1);
    }
}

static void pieces_leave_nothing_in_the_room_that_they_share(void **state)
{
    (void)state;
    struct left left[2] = {{.seen = 0}};
    struct bout t;
    bout_open(&t, 20000, 3000, 1000, NULL);
    t.rig.prompt = true;
    t.rig.hook = check_scratch;
    t.rig.context = left;
    assert_agrees(&t, 1000);
    assert_true(left[VOLE_R].seen > 0 && left[VOLE_S].seen > 0);
    bout_close(&t);
}

static int set_up(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_plain_intersection_at_small_sizes),
        cmocka_unit_test(agrees_on_both_sides_of_every_tier),
        cmocka_unit_test(agrees_at_two_batches_and_one_item_less),
        cmocka_unit_test(agrees_when_rooms_are_used_again),
        cmocka_unit_test(agrees_at_65536_by_65536),
        cmocka_unit_test(agrees_when_nothing_is_in_common),
        cmocka_unit_test(agrees_when_everything_is_in_common),
        cmocka_unit_test(agrees_at_twenty_random_shapes),
        cmocka_unit_test(agrees_when_one_list_is_far_longer),
        cmocka_unit_test(agrees_in_the_group_of_the_product),
        cmocka_unit_test(agrees_on_every_kernel),
        cmocka_unit_test(padding_changes_no_answer),
        cmocka_unit_test(empty_sets_hide_behind_padding),
        cmocka_unit_test(what_is_sent_depends_on_the_padded_sizes_only),
        cmocka_unit_test(threads_change_no_answer),
        cmocka_unit_test(the_masks_ascend_and_use_their_range_evenly),
        cmocka_unit_test(the_masks_do_not_depend_on_the_order_of_the_items),
        cmocka_unit_test(two_sessions_of_the_same_sets_share_no_mask),
        cmocka_unit_test(the_vectors_of_both_sides_are_correlated),
        cmocka_unit_test(pieces_leave_nothing_in_the_room_that_they_share),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
