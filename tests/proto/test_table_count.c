/* runner: clock
 *
 * Counts of an overlap table, against counting them one by one; and that their time does not tell
 * them. */
#include "proto/table.h"
#include "proto/table_count.h"
#include "tests/support/overlap_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LISTS 3u
#define CELLS 7u
#define MANY  200000u

static int compare_rows(const void *a, const void *b)
{
    return memcmp(a, b, SYM_TABLE_TAG_BYTES);
}

struct lists {
    uint8_t *rows[LISTS];
    struct sym_table_counted of[LISTS];
};

static void lists_open(struct lists *l, size_t room)
{
    for (size_t i = 0; i < LISTS; i++) {
        l->rows[i] = malloc((room + 1) * SYM_TABLE_TAG_BYTES);
        assert_non_null(l->rows[i]);
        l->of[i] = (struct sym_table_counted){.rows = l->rows[i]};
    }
}

static void lists_close(struct lists *l)
{
    for (size_t i = 0; i < LISTS; i++) {
        free(l->rows[i]);
    }
}

static void lists_sort(struct lists *l)
{
    for (size_t i = 0; i < LISTS; i++) {
        qsort(l->rows[i], l->of[i].n, SYM_TABLE_TAG_BYTES, compare_rows);
    }
}

/* One tag on the lists whose bits are set. */
static void put(struct lists *l, uint32_t on, const uint8_t tag[SYM_TABLE_TAG_BYTES])
{
    for (uint32_t i = 0; i < LISTS; i++) {
        if ((on >> i & 1) != 0) {
            memcpy(l->rows[i] + (size_t)l->of[i].n++ * SYM_TABLE_TAG_BYTES, tag,
                   SYM_TABLE_TAG_BYTES);
        }
    }
}

static void draw(uint8_t tag[SYM_TABLE_TAG_BYTES], uint64_t *seed)
{
    for (size_t at = 0; at < SYM_TABLE_TAG_BYTES; at += 8) {
        sym_put_u64(tag + at, rig_draw(seed));
    }
}

static void counts_each_combination_of_lists(void **state)
{
    uint64_t seed = 1;
    (void)state;
    for (size_t n = 0; n < 200; n++) {
        struct lists l;
        uint64_t want[CELLS] = {0};
        uint64_t got[CELLS] = {0};
        lists_open(&l, n);
        for (size_t i = 0; i < n; i++) {
            uint8_t tag[SYM_TABLE_TAG_BYTES];
            uint32_t on = 1 + (uint32_t)(rig_draw(&seed) % CELLS);
            draw(tag, &seed);
            put(&l, on, tag);
            want[on - 1]++;
        }
        lists_sort(&l);
        sym_table_count(got, l.of, LISTS);
        assert_memory_equal(got, want, sizeof want);
        lists_close(&l);
    }
}

/* First and last of all tags, tags that differ in their last bit, and lists that end early. */
static void counts_tags_at_the_edges(void **state)
{
    static const uint8_t ends[] = {0x00, 0x01, 0xfe, 0xff};
    (void)state;
    for (uint32_t choice = 0; choice < 8 * 8 * 8 * 8; choice++) {
        struct lists l;
        uint64_t want[CELLS] = {0};
        uint64_t got[CELLS] = {0};
        lists_open(&l, 4);
        for (uint32_t i = 0; i < 4; i++) {
            uint8_t tag[SYM_TABLE_TAG_BYTES];
            uint32_t on = choice >> 3 * i & 7;
            memset(tag, i < 2 ? 0x00 : 0xff, sizeof tag);
            tag[sizeof tag - 1] = ends[i];
            put(&l, on, tag);
            if (on != 0) {
                want[on - 1]++;
            }
        }
        sym_table_count(got, l.of, LISTS);
        assert_memory_equal(got, want, sizeof want);
        lists_close(&l);
    }
}

static double cpu_ms(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now), 0);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double count_ms(const struct lists *l)
{
    double best = 1e9;
    for (int turn = 0; turn < 9; turn++) {
        uint64_t cells[CELLS] = {0};
        double began = cpu_ms();
        sym_table_count(cells, l->of, LISTS);
        double ms = cpu_ms() - began;
        best = ms < best ? ms : best;
    }
    return best;
}

/* All lists alike, and nothing in common: a walk from tag to tag has a third of the steps in one of
 * the two, and took a quarter of the time. */
static void the_time_does_not_tell_the_counts(void **state)
{
    double ms[2];
    uint64_t seed = 7;
    (void)state;
    for (int alike = 0; alike < 2; alike++) {
        struct lists l;
        lists_open(&l, MANY);
        for (uint32_t i = 0; i < MANY; i++) {
            uint8_t tag[SYM_TABLE_TAG_BYTES];
            draw(tag, &seed);
            for (uint32_t k = 0; k < LISTS; k++) {
                tag[SYM_TABLE_TAG_BYTES - 1] = (uint8_t)(alike != 0 ? 0 : k);
                tag[0] = (uint8_t)(alike != 0 ? tag[0] : (unsigned)rig_draw(&seed) & 0xffu);
                put(&l, 1u << k, tag);
            }
        }
        lists_sort(&l);
        ms[alike] = count_ms(&l);
        lists_close(&l);
    }
    print_message("%.1f ms of lists that have nothing in common, %.1f ms of lists alike\n", ms[0],
                  ms[1]);
    assert_true(ms[0] < 1.7 * ms[1] && ms[1] < 1.7 * ms[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_each_combination_of_lists),
        cmocka_unit_test(counts_tags_at_the_edges),
        cmocka_unit_test(the_time_does_not_tell_the_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
