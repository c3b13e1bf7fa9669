/* Whole overlap tables in memory: counts, whatever the lists, and what each party gets to see. */
#include "crypto/digest.h"
#include "crypto/oprf.h"
#include "proto/codec.h"
#include "tests/support/table_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct table_rig rig;
static uint64_t counts[SYM_TABLE_CELLS_MAX];

static int compare_rows(const void *a, const void *b)
{
    return memcmp(a, b, SYM_TABLE_TAG_BYTES);
}

static void assert_counts(void)
{
    assert_true(table_rig_done(&rig));
    assert_int_equal(sym_table_lead_failure(rig.lead).cause, SYM_TABLE_CAUSE_NONE);
    table_rig_counts(counts, &rig);
    for (uint32_t cell = 0; cell < sym_table_cells(rig.n); cell++) {
        assert_int_equal(counts[cell], rig.counts[cell]);
    }
}

/* All have the same release, byte for byte. */
static void assert_same_release(void)
{
    struct sym_span said = sym_table_lead_release(rig.lead);
    assert_true(said.len > 0);
    for (uint32_t i = 0; i <= rig.n; i++) {
        assert_true(sym_span_equal(sym_table_member_release(rig.parties[i].member), said));
    }
}

/* Lists of 0 to `most`, most records on few lists. */
static void plant_some(uint32_t most)
{
    for (uint32_t cell = 1; cell <= sym_table_cells(rig.n); cell++) {
        uint32_t lists = (uint32_t)__builtin_popcount(cell);
        uint32_t bound = most >> (2 * lists - 1);
        if (table_rig_below(&rig, 3) > 0 && bound > 0) {
            table_rig_plant(&rig, cell, table_rig_below(&rig, bound + 1));
        }
    }
}

static void check_random(uint32_t n, uint32_t most, uint64_t seed)
{
    table_rig_make(&rig, n, seed % 2 == 0 ? SYM_TABLE_NOBODY : (uint32_t)(seed % n), seed);
    plant_some(most);
    table_rig_open(&rig, seed % 3 == 0 ? most / 2 : 0);
    table_rig_run(&rig);
    assert_counts();
    assert_same_release();
    table_rig_close(&rig);
}

static void a_table_is_what_was_planted(void **state)
{
    (void)state;
    for (uint32_t n = 3; n <= 8; n++) {
        for (uint64_t seed = 1; seed <= 2; seed++) {
            check_random(n, 120, 10 * n + seed);
        }
    }
}

static void lists_of_thousands_are_counted(void **state)
{
    (void)state;
    check_random(4, 1500, 7);
    check_random(8, 400, 8);
    table_rig_make(&rig, 3, 0, 9);
    table_rig_plant(&rig, 1, 4096);
    table_rig_plant(&rig, 7, 901);
    table_rig_plant(&rig, 6, 3);
    table_rig_open(&rig, 0);
    table_rig_run(&rig);
    assert_counts();
    table_rig_close(&rig);
}

static void sixteen_lists_are_counted(void **state)
{
    (void)state;
    table_rig_make(&rig, 16, 3, 16);
    table_rig_plant(&rig, 0xffff, 3);
    table_rig_plant(&rig, 0x8001, 2);
    table_rig_plant(&rig, 0x7fff, 1);
    for (uint32_t i = 0; i < 16; i++) {
        table_rig_plant(&rig, 1u << i, i);
    }
    table_rig_open(&rig, 0);
    table_rig_run(&rig);
    assert_counts();
    assert_same_release();
    table_rig_close(&rig);
}

static void empty_lists_make_a_table_of_zeros(void **state)
{
    (void)state;
    table_rig_make(&rig, 3, SYM_TABLE_NOBODY, 5);
    table_rig_open(&rig, 0);
    table_rig_run(&rig);
    assert_counts();
    table_rig_close(&rig);
    table_rig_make(&rig, 4, SYM_TABLE_NOBODY, 6);
    table_rig_plant(&rig, 2, 10);
    table_rig_open(&rig, 64);
    table_rig_run(&rig);
    assert_counts();
    table_rig_close(&rig);
}

/* Six lists of people in the United Kingdom, 2013: source in NOTICE. */
static void the_table_of_the_united_kingdom_is_reproduced(void **state)
{
    (void)state;
    char line[128];
    uint32_t cells = 0;
    FILE *file = fopen("tests/data/uk-lists.csv", "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    table_rig_make(&rig, 6, 2, 2013);
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned on[6];
        unsigned count = 0;
        uint32_t lists = 0;
        assert_int_equal(sscanf(line, "%u,%u,%u,%u,%u,%u,%u", &on[0], &on[1], &on[2], &on[3],
                                &on[4], &on[5], &count),
                         7);
        for (uint32_t i = 0; i < 6; i++) {
            lists |= on[i] << i;
        }
        table_rig_plant(&rig, lists, count);
        cells++;
    }
    (void)fclose(file);
    assert_int_equal(cells, 25);
    assert_int_equal(rig.planted, 2744);
    table_rig_open(&rig, 0);
    table_rig_run(&rig);
    assert_counts();
    table_rig_close(&rig);
}

/* By hand: SHA-512 of label, query id, digest and K * H(digest), of which 16 bytes are left. */
static void a_row_is_made_of_query_digest_and_element(void **state)
{
    (void)state;
    struct sym_scalar all;
    uint8_t want[5 * SYM_TABLE_TAG_BYTES];
    size_t n = 0;
    table_rig_make(&rig, 3, SYM_TABLE_NOBODY, 31);
    table_rig_plant(&rig, 7, 5);
    table_rig_open(&rig, 40);
    table_rig_run(&rig);
    assert_true(table_rig_done(&rig));
    for (uint32_t i = 0; i < 3; i++) {
        const struct sym_table_agreed *a = sym_table_member_agreed(rig.parties[i].member);
        const struct sym_scalar *k = sym_scalar_in(&a->secret);
        if (i == 0) {
            all = *k;
        } else {
            assert_int_equal(sym_scalar_add(&all, &all, k), SYM_OK);
        }
    }
    for (size_t i = 0; i < 5; i++) {
        const uint8_t *digest = rig.parties[1].digests[i];
        const struct sym_span input = sym_span(digest, SYM_HASH_BYTES);
        struct sym_element e;
        uint8_t text[16 + 3 * 32];
        uint8_t full[crypto_hash_sha512_BYTES];
        assert_int_equal(sym_oprf_blind(&e, NULL, rig.with, &input, 1, &all), SYM_OK);
        memcpy(text, "symbolon-table-1", 16);
        memcpy(text + 16, sym_table_member_agreed(rig.parties[1].member)->qid, 32);
        memcpy(text + 48, digest, 32);
        memcpy(text + 80, e.bytes, 32);
        (void)crypto_hash_sha512(full, text, sizeof text);
        memcpy(want + i * SYM_TABLE_TAG_BYTES, full, SYM_TABLE_TAG_BYTES);
    }
    qsort(want, 5, SYM_TABLE_TAG_BYTES, compare_rows);
    for (uint32_t i = 0; i < 3; i++) {
        const uint8_t *rows = sym_table_list_rows(rig.parties[i].list, &n);
        assert_int_equal(n, 5);
        assert_memory_equal(rows, want, sizeof want);
    }
    table_rig_close(&rig);
}

/* Noise ------------------------------------------------------------------------------------------
 */

static void release_of_lead(struct sym_arena *arena, struct sym_table_release *out)
{
    assert_int_equal(sym_table_release_open(arena, out, sym_table_lead_release(rig.lead),
                                            sym_table_member_agreed(rig.parties[0].member)),
                     SYM_OK);
}

static void a_noisy_table_shows_large_cells_and_no_small_ones(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_table_release r;
    table_rig_make(&rig, 3, 1, 77);
    table_rig_noisy(&rig, 2000000000u);
    table_rig_plant(&rig, 1, 500);
    table_rig_plant(&rig, 7, 200);
    table_rig_plant(&rig, 2, 1);
    table_rig_open(&rig, 1024);
    table_rig_run(&rig);
    assert_true(table_rig_done(&rig));
    assert_same_release();
    release_of_lead(&arena, &r);
    table_rig_counts(counts, &rig);
    assert_int_equal(r.sensitivity, 4);
    assert_true(r.threshold >= 11);
    assert_int_equal(r.suppressed, 5);
    assert_in_range(counts[0], 460, 540);
    assert_in_range(counts[6], 160, 240);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(rig.parties[i].debited);
    }
    table_rig_close(&rig);
}

/* List 0 holds one record in place of another, each on these of the other lists; sizes stay. */
static uint64_t moved_by(uint32_t one, uint32_t other)
{
    uint64_t before[7];
    uint64_t sum = 0;
    for (uint32_t world = 0; world < 2; world++) {
        table_rig_make(&rig, 3, 0, 76);
        table_rig_plant(&rig, 7, 2);
        uint32_t cells[] = {world == 0 ? one | 1 : one, world == 0 ? other : other | 1};
        for (size_t i = 0; i < 2; i++) {
            if (cells[i] != 0) {
                table_rig_plant(&rig, cells[i], 1);
            }
        }
        table_rig_open(&rig, 0);
        table_rig_run(&rig);
        assert_counts();
        table_rig_close(&rig);
        if (world == 0) {
            memcpy(before, counts, sizeof before);
        }
    }
    for (size_t i = 0; i < 7; i++) {
        sum += before[i] > counts[i] ? before[i] - counts[i] : counts[i] - before[i];
    }
    return sum;
}

static void
a_record_in_the_place_of_another_moves_all_cells_by_the_sensitivity_at_most(void **state)
{
    (void)state;
    uint64_t most = 0;
    for (uint32_t one = 0; one <= 6; one += 2) {
        for (uint32_t other = 0; other <= 6; other += 2) {
            uint64_t sum = moved_by(one, other);
            most = sum > most ? sum : most;
        }
    }
    assert_int_equal(most, SYM_TABLE_SENSITIVITY);
}

static void empty_lists_release_nothing_in_a_noisy_table(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_table_release r;
    table_rig_make(&rig, 8, SYM_TABLE_NOBODY, 78);
    table_rig_noisy(&rig, 1000000000u);
    table_rig_open(&rig, 16);
    table_rig_run(&rig);
    assert_true(table_rig_done(&rig));
    release_of_lead(&arena, &r);
    assert_int_equal(r.suppressed, 255);
    for (uint32_t i = 0; i <= 8; i++) {
        assert_true(i == 8 || rig.parties[i].debited);
    }
    table_rig_close(&rig);
}

static void no_row_leaves_before_the_debit(void **state)
{
    (void)state;
    struct sym_table_rows *early = NULL;
    table_rig_make(&rig, 3, 1, 79);
    table_rig_noisy(&rig, 1000000000u);
    table_rig_plant(&rig, 7, 4);
    table_rig_open(&rig, 0);
    rig.parties[0].holds = false;
    while (sym_table_member_wants(rig.parties[0].member) != SYM_TABLE_WANTS_DEBIT) {
        rig.parties[0].holds = rig.parties[0].list != NULL;
        assert_true(table_rig_step(&rig));
    }
    assert_true(sym_table_list_is_complete(rig.parties[0].list));
    assert_int_equal(sym_table_rows_new(&early, rig.parties[0].member, rig.parties[0].list),
                     SYM_WRONG_STATE);
    table_rig_run(&rig);
    assert_int_equal(sym_table_lead_tallied(rig.lead).done, 2);
    assert_null(rig.rows[0].rows);
    rig.parties[0].holds = false;
    table_rig_run(&rig);
    assert_true(table_rig_done(&rig));
    table_rig_close(&rig);
}

/* One table that the tallier makes of rows that are made up: `each` in each cell of 5 lists. */
#define MADE_LISTS 5u
#define MADE_CELLS 31u

static void give_rows(uint32_t place, uint32_t each)
{
    static uint8_t payload[1 + SYM_TABLE_TAG_BYTES * 4096];
    size_t n = 0;
    payload[0] = TABLE_ROWS;
    for (uint32_t cell = 1; cell <= MADE_CELLS; cell++) {
        for (uint32_t i = 0; (cell >> place & 1) != 0 && i < each; i++) {
            const uint8_t name[] = {(uint8_t)cell, (uint8_t)(i >> 8), (uint8_t)i};
            const struct sym_span part = sym_span(name, sizeof name);
            uint8_t digest[SYM_DIGEST_BYTES];
            sym_digest(digest, "symbolon-record2", &part, 1);
            memcpy(payload + 1 + n++ * SYM_TABLE_TAG_BYTES, digest, SYM_TABLE_TAG_BYTES);
        }
    }
    qsort(payload + 1, n, SYM_TABLE_TAG_BYTES, compare_rows);
    assert_int_equal(sym_table_tally_begin(rig.tally, place), SYM_OK);
    assert_int_equal(
        sym_table_tally_take(rig.tally, place, sym_span(payload, 1 + n * SYM_TABLE_TAG_BYTES)),
        SYM_OK);
    const uint8_t end[] = {TABLE_END, 0, 0, (uint8_t)(n >> 8), (uint8_t)n};
    assert_int_equal(sym_table_tally_take(rig.tally, place, sym_span(end, sizeof end)), SYM_OK);
}

static void make_up(uint64_t epsilon_nano, uint32_t each)
{
    struct sym_work w;
    table_rig_make(&rig, MADE_LISTS, SYM_TABLE_NOBODY, 80);
    table_rig_noisy(&rig, epsilon_nano);
    rig.stops_at_start = true;
    table_rig_open(&rig, 4096);
    table_rig_run(&rig);
    assert_int_equal(sym_table_member_started(rig.parties[MADE_LISTS].member), SYM_OK);
    assert_int_equal(sym_table_tally_new(&rig.tally, rig.parties[MADE_LISTS].member), SYM_OK);
    for (uint32_t i = 0; i < MADE_LISTS; i++) {
        assert_false(sym_table_tally_work(rig.tally, &w));
        give_rows(i, each);
    }
    assert_true(sym_table_tally_work(rig.tally, &w));
    assert_int_equal(w.run(w.context, 0, 1), SYM_OK);
    assert_int_equal(sym_table_tally_worked(rig.tally, w.context, SYM_OK), SYM_OK);
    assert_true(sym_table_tally_is_counted(rig.tally));
    assert_int_equal(sym_table_tally_release(rig.tally, 1), SYM_OK);
    SYM_ARENA_AUTO arena = {0};
    struct sym_table_release r;
    assert_int_equal(
        sym_table_release_open(&arena, &r, sym_table_member_release(rig.parties[MADE_LISTS].member),
                               sym_table_member_agreed(rig.parties[0].member)),
        SYM_OK);
    assert_int_equal(sym_table_counts(counts, MADE_CELLS, &r), SYM_OK);
    table_rig_close(&rig);
}

#define HALF_BINS 6
#define BINS      (2 * HALF_BINS + 1)
#define TABLES    60u

/* The noise of each cell is discrete Laplace with scale 4 / epsilon: P(x) = (1 - q) / (1 + q)
 * q^|x|, q = e^(-epsilon / 4). The outermost bins take what lies beyond. */
static void the_noise_of_a_table_is_the_announced_one(void **state)
{
    (void)state;
    const uint32_t each = 100;
    const double q = 0.77880078307140487; /* e^-0.25: epsilon 1 */
    double seen[BINS] = {0};
    for (uint32_t t = 0; t < TABLES; t++) {
        make_up(1000000000u, each);
        for (uint32_t cell = 0; cell < MADE_CELLS; cell++) {
            int x = (int)counts[cell] - (int)each;
            x = x < -HALF_BINS ? -HALF_BINS : x > HALF_BINS ? HALF_BINS : x;
            seen[x + HALF_BINS] += 1;
        }
    }
    double chi = 0;
    double power = 1;
    for (int x = 0; x <= HALF_BINS; x++, power *= q) {
        double p = x == HALF_BINS ? power / (1 + q) : (1 - q) / (1 + q) * power;
        double want = p * TABLES * MADE_CELLS;
        double right = seen[HALF_BINS + x] - want;
        double left = seen[HALF_BINS - x] - want;
        chi += right * right / want + (x > 0 ? left * left / want : 0);
    }
    assert_true(chi < 45.0); /* 12 degrees of freedom: exceeded once in 100,000 */
}

/* What each party gets to see --------------------------------------------------------------------
 */

#define SEEN_MAX 40000u

/* All elements that a party has received, of whichever list. */
struct recorder {
    uint8_t (*items)[SYM_ELEMENT_BYTES];
    size_t n;
};

static struct recorder seen[SYM_TABLE_PARTIES_MAX];
static size_t tags;

static bool record(struct table_rig *r, struct table_sent *s)
{
    struct recorder *at = &seen[s->to == SYM_TABLE_ASKER ? r->n : s->to];
    size_t from = s->len;
    if (s->type == TABLE_ASK) {
        assert_int_equal(s->link, TABLE_LINK_EVALUATE);
        from = 5;
    } else if (s->type == TABLE_ANSWER) {
        from = 3 + ((size_t)s->bytes[1] << 8 | s->bytes[2]);
    } else if (s->type == TABLE_ROWS) {
        assert_int_equal(s->to, r->n);
        tags += (s->len - 1) / SYM_TABLE_TAG_BYTES;
    }
    size_t n = (s->len - from) / SYM_ELEMENT_BYTES;
    assert_true(at->n + n <= SEEN_MAX);
    memcpy(at->items[at->n], s->bytes + from, n * SYM_ELEMENT_BYTES);
    at->n += n;
    return true;
}

static int compare_items(const void *a, const void *b)
{
    return memcmp(a, b, SYM_ELEMENT_BYTES);
}

static size_t repeats(const struct recorder *at)
{
    size_t n = 0;
    qsort(at->items, at->n, SYM_ELEMENT_BYTES, compare_items);
    for (size_t i = 1; i < at->n; i++) {
        n += memcmp(at->items[i - 1], at->items[i], SYM_ELEMENT_BYTES) == 0;
    }
    return n;
}

static void record_table(void)
{
    table_rig_make(&rig, 4, SYM_TABLE_NOBODY, 123);
    table_rig_plant(&rig, 15, 300);
    table_rig_plant(&rig, 3, 200);
    table_rig_plant(&rig, 8, 50);
    rig.tap = record;
    table_rig_open(&rig, 600);
    table_rig_run(&rig);
    assert_true(table_rig_done(&rig));
}

static void no_element_repeats_at_a_party_between_lists_owners_or_tables(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < SYM_TABLE_PARTIES_MAX; i++) {
        seen[i] = (struct recorder){.items = malloc(SEEN_MAX * SYM_ELEMENT_BYTES)};
        assert_non_null(seen[i].items);
    }
    tags = 0;
    for (int table = 0; table < 2; table++) {
        record_table(); /* the same lists twice */
        table_rig_close(&rig);
    }
    assert_int_equal(tags, 2u * (500 + 500 + 300 + 350));
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(seen[i].n, 2u * 6 * 600); /* asked by three, answered by three */
        assert_int_equal(repeats(&seen[i]), 0);
    }
    assert_int_equal(seen[4].n, 0); /* tallier and asker see none */
    for (uint32_t i = 0; i < SYM_TABLE_PARTIES_MAX; i++) {
        free(seen[i].items);
    }
}

static uint32_t sent_places[600];
static size_t n_sent;

/* The order in which own records leave is unlike that in which they lie: their rank correlation is
 * that of chance. */
static void no_order_is_preserved(void **state)
{
    (void)state;
    double apart = 0;
    table_rig_make(&rig, 3, SYM_TABLE_NOBODY, 124);
    table_rig_plant(&rig, 7, 600);
    rig.stops_at_start = false;
    table_rig_open(&rig, 0);
    table_rig_run(&rig);
    assert_true(table_rig_done(&rig));
    n_sent = 600;
    for (size_t i = 0; i < n_sent; i++) {
        sent_places[i] = rig.parties[0].list->order[i];
        double d = (double)sent_places[i] - (double)i;
        apart += d * d;
    }
    double n = (double)n_sent;
    double rho = 1 - 6 * apart / (n * (n * n - 1));
    assert_true(rho < 0.2 && rho > -0.2); /* standard deviation 0.041 */
    size_t same = 0;
    for (size_t i = 0; i < n_sent; i++) {
        same += rig.parties[1].list->order[i] == sent_places[i];
    }
    assert_true(same < 12);
    table_rig_close(&rig);
}

/* The same people on two lists: before the tallier nothing of them is alike, there all is. */
static size_t common_rows;

static void rows_of_two_owners_meet_at_the_tallier_alone(void **state)
{
    (void)state;
    size_t n[2];
    table_rig_make(&rig, 3, SYM_TABLE_NOBODY, 125);
    table_rig_plant(&rig, 7, 100);
    table_rig_open(&rig, 0);
    table_rig_run(&rig);
    assert_true(table_rig_done(&rig));
    const uint8_t *rows[2] = {sym_table_list_rows(rig.parties[0].list, &n[0]),
                              sym_table_list_rows(rig.parties[1].list, &n[1])};
    assert_int_equal(n[0], 100);
    assert_memory_equal(rows[0], rows[1], 100 * SYM_TABLE_TAG_BYTES);
    table_rig_close(&rig);
    /* Without the digest in it a row would be a matter of the element alone, and of another table.
     */
    common_rows = 0;
    uint8_t before[100 * SYM_TABLE_TAG_BYTES];
    memset(before, 0, sizeof before);
    for (int table = 0; table < 2; table++) {
        table_rig_make(&rig, 3, SYM_TABLE_NOBODY, 125);
        table_rig_plant(&rig, 7, 100);
        table_rig_open(&rig, 0);
        table_rig_run(&rig);
        const uint8_t *now = sym_table_list_rows(rig.parties[0].list, &n[0]);
        for (size_t i = 0; i < 100; i++) {
            for (size_t j = 0; j < 100; j++) {
                common_rows += memcmp(now + 16 * i, before + 16 * j, 16) == 0;
            }
        }
        memcpy(before, now, sizeof before);
        table_rig_close(&rig);
    }
    assert_int_equal(common_rows, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_what_was_planted),
        cmocka_unit_test(lists_of_thousands_are_counted),
        cmocka_unit_test(sixteen_lists_are_counted),
        cmocka_unit_test(empty_lists_make_a_table_of_zeros),
        cmocka_unit_test(the_table_of_the_united_kingdom_is_reproduced),
        cmocka_unit_test(a_row_is_made_of_query_digest_and_element),
        cmocka_unit_test(a_noisy_table_shows_large_cells_and_no_small_ones),
        cmocka_unit_test(
            a_record_in_the_place_of_another_moves_all_cells_by_the_sensitivity_at_most),
        cmocka_unit_test(empty_lists_release_nothing_in_a_noisy_table),
        cmocka_unit_test(no_row_leaves_before_the_debit),
        cmocka_unit_test(the_noise_of_a_table_is_the_announced_one),
        cmocka_unit_test(no_element_repeats_at_a_party_between_lists_owners_or_tables),
        cmocka_unit_test(no_order_is_preserved),
        cmocka_unit_test(rows_of_two_owners_meet_at_the_tallier_alone),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
