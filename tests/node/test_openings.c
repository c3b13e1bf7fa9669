#include "node/exchange/openings.h"

#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW     UINT64_C(1790000000123)
#define KEPT_MS UINT64_C(172800000)

static const struct sym_node_id PEER = {{7}};

static int set_up(void **state)
{
    struct room *s = calloc(1, sizeof *s);
    assert_non_null(s);
    room_open(s);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    room_close(*state);
    free(*state);
    return 0;
}

/* An own wish, with salts that are all of this byte. */
static struct sym_exchange_matter wish(uint8_t salt)
{
    struct sym_exchange_matter m = {.purpose = 1, .basis = 2, .type = 3};
    strcpy(m.user, "ada");
    strcpy(m.approver, "bob");
    strcpy(m.mine, "list");
    strcpy(m.theirs, "suspects");
    strcpy(m.case_ref, "case 7");
    strcpy(m.note, "a note");
    memset(m.salts, salt, sizeof m.salts);
    assert_int_equal(sym_opening_wish(&m, 4, &PEER, sym_span_text("")), SYM_OK);
    return m;
}

struct keeping {
    const struct sym_exchange_matter *matter;
    uint64_t when_ms;
    bool drops;
};

static enum sym_err keep_or_drop(struct sym_transaction *t, void *context)
{
    const struct keeping *k = context;
    return k->drops ? sym_opening_drop(t, k->matter) : sym_opening_put(t, k->matter, k->when_ms);
}

static void keep(struct room *s, const struct sym_exchange_matter *m, uint64_t when_ms)
{
    struct keeping k = {.matter = m, .when_ms = when_ms};
    assert_int_equal(sym_store_write(s->store, keep_or_drop, &k), SYM_OK);
}

static void drop(struct room *s, const struct sym_exchange_matter *m)
{
    struct keeping k = {.matter = m, .drops = true};
    assert_int_equal(sym_store_write(s->store, keep_or_drop, &k), SYM_OK);
}

/* The byte that all salts are which are kept of this wish; 0: none are. */
static unsigned kept(struct room *s, const struct sym_exchange_matter *of, uint64_t now_ms)
{
    struct sym_exchange_matter m = *of;
    memset(m.salts, 0, sizeof m.salts);
    assert_int_equal(sym_opening_find(s->store, &m, now_ms), SYM_OK);
    for (size_t i = 0; i < sizeof m.salts; i++) {
        assert_int_equal(m.salts[0][0], (&m.salts[0][0])[i]);
    }
    return m.salts[0][0];
}

static void keeps_the_salts_of_a_wish_until_it_is_dropped(void **state)
{
    struct room *s = *state;
    struct sym_exchange_matter m = wish(5);
    assert_int_equal(kept(s, &m, NOW), 0);
    keep(s, &m, NOW);
    for (int restart = 0; restart < 2; restart++) {
        assert_int_equal(kept(s, &m, NOW), 5);
        room_reopen(s);
    }
    m = wish(6);
    keep(s, &m, NOW + 1);
    assert_int_equal(kept(s, &m, NOW + 1), 6);
    drop(s, &m);
    drop(s, &m);
    assert_int_equal(kept(s, &m, NOW), 0);
}

static void forgets_them_after_two_days(void **state)
{
    struct room *s = *state;
    struct sym_exchange_matter old = wish(5);
    struct sym_exchange_matter newer = wish(6);
    strcpy(newer.case_ref, "case 8");
    assert_int_equal(sym_opening_wish(&newer, 4, &PEER, sym_span_text("")), SYM_OK);
    keep(s, &old, NOW);
    keep(s, &newer, NOW + 1);
    assert_int_equal(kept(s, &old, NOW + KEPT_MS), 5);
    assert_int_equal(kept(s, &old, NOW + KEPT_MS + 1), 0);
    assert_int_equal(sym_openings_prune(s->store, NOW + KEPT_MS), SYM_OK);
    assert_int_equal(room_count(s, SYM_TABLE_OPENINGS), 2);
    assert_int_equal(sym_openings_prune(s->store, NOW + KEPT_MS + 1), SYM_OK);
    assert_int_equal(room_count(s, SYM_TABLE_OPENINGS), 1);
    assert_int_equal(kept(s, &newer, NOW), 6);
}

static void whatever_differs_is_another_wish(void **state)
{
    struct room *s = *state;
    struct sym_exchange_matter m = wish(5);
    struct sym_node_id other_peer = {{8}};
    keep(s, &m, NOW);
    for (unsigned change = 0; change < 14; change++) {
        struct sym_exchange_matter o = wish(0);
        char *texts[] = {o.user, o.approver, o.mine, o.theirs, o.case_ref, o.note};
        if (change < 6) {
            texts[change][0] ^= 1;
        }
        o.type += change == 6;
        o.purpose += change == 7;
        o.basis += change == 8;
        if (change == 9) { /* the same letters, divided otherwise */
            strcpy(o.user, "ad");
            strcpy(o.approver, "abob");
        }
        if (change == 10) {
            strcpy(o.approver, "");
        }
        assert_int_equal(sym_opening_wish(&o, change == 11 ? 5 : 4,
                                          change == 12 ? &other_peer : &PEER,
                                          sym_span_text(change == 13 ? "bound" : "")),
                         SYM_OK);
        if (kept(s, &o, NOW) != 0) {
            fail_msg("change %u finds it", change);
        }
    }
    m = wish(0);
    assert_int_equal(kept(s, &m, NOW), 5);
}

/* Who has an answer asks first whether it still is one, in the words of the question: that is
 * granted at once, and must not take along what the question that waits will be known by. */
static void asking_whether_an_answer_still_is_one_is_another_wish(void **state)
{
    uint8_t hash[SYM_HASH_BYTES] = {1};
    uint8_t cohort[2 * SYM_HASH_BYTES] = {2};
    uint8_t id[SYM_EXCHANGE_ID_BYTES] = {3};
    uint8_t bound[2][SYM_DIGEST_BYTES];
    struct sym_tabulate asked = {.suite = SYM_TAB_SUITE,
                                 .query_hash = sym_span(hash, sizeof hash),
                                 .cohort = sym_span(cohort, sizeof cohort),
                                 .cells = 4,
                                 .epsilon_nano = 5};
    (void)state;
    sym_joint_bound(bound[0], &asked);
    asked.answered = sym_span(id, sizeof id);
    sym_joint_bound(bound[1], &asked);
    assert_memory_not_equal(bound[0], bound[1], sizeof bound[0]);
}

static void the_longest_texts_fit(void **state)
{
    struct sym_exchange_matter m = wish(0);
    uint8_t bound[SYM_DIGEST_BYTES] = {0};
    char *texts[] = {m.user, m.approver, m.mine, m.theirs, m.case_ref, m.note};
    size_t sizes[] = {sizeof m.user,   sizeof m.approver, sizeof m.mine,
                      sizeof m.theirs, sizeof m.case_ref, sizeof m.note};
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        memset(texts[i], 'x', sizes[i] - 1);
    }
    assert_int_equal(sym_opening_wish(&m, 4, &PEER, sym_span(bound, sizeof bound)), SYM_OK);
}

static void refuses_an_opening_that_was_altered(void **state)
{
    struct room *s = *state;
    struct sym_exchange_matter m = wish(5);
    char key[sizeof m.wish + 1] = "";
    memset(m.wish, 'k', sizeof m.wish);
    memset(key, 'k', sizeof m.wish);
    assert_int_equal(room_put(s, SYM_TABLE_OPENINGS, key, "short"), SYM_OK);
    assert_int_equal(sym_opening_find(s->store, &m, NOW), SYM_BAD_FORMAT);
    assert_int_equal(sym_openings_prune(s->store, NOW), SYM_BAD_FORMAT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_the_salts_of_a_wish_until_it_is_dropped),
        TEST(forgets_them_after_two_days),
        TEST(whatever_differs_is_another_wish),
        TEST(asking_whether_an_answer_still_is_one_is_another_wish),
        TEST(the_longest_texts_fit),
        TEST(refuses_an_opening_that_was_altered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
