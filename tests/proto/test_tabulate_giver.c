/* The late delivery of a release: to whom it is owed, and to nobody who only says so. */
#include "tests/support/tab_owed.h"

#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct tab_owed o;

static int open_all(void **state)
{
    (void)state;
    tab_owed_open(&o);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    tab_owed_close(&o);
    return 0;
}

static void begin(void)
{
    tab_owed_begin(&o, sym_tab_bytes_span(&o.head), sym_tab_bytes_span(&o.cells), &o.owed);
}

/* Passes so many payloads, in turns, beginning with the giver's. */
static void pass(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct tab_bytes said = {0};
        bool giver = i != 1 && i != 4; /* PROPOSE, SEND, RELEASE, CELLS, KEPT */
        if (i == 4) {
            assert_true(tab_owed_has_it(&o));
            assert_int_equal(sym_tab_member_kept(o.late), SYM_OK);
        }
        assert_true(tab_owed_says(&o, giver, &said));
        assert_int_equal(tab_owed_takes(&o, !giver, sym_tab_bytes_span(&said)), SYM_OK);
        sym_tab_bytes_clear(&said);
    }
}

static enum sym_err tell(bool giver, enum tab_type type, struct sym_span content)
{
    struct tab_bytes payload = {0};
    assert_int_equal(sym_tab_payload_new(&payload, type, content), SYM_OK);
    enum sym_err err = tab_owed_takes(&o, giver, sym_tab_bytes_span(&payload));
    sym_tab_bytes_clear(&payload);
    return err;
}

/* Says nothing more and takes nothing. */
static void assert_giver_dead(void)
{
    size_t len = 1;
    uint8_t byte = 0;
    assert_int_equal(sym_tab_giver_step(o.giver, &len), SYM_TAB_WAIT);
    assert_int_equal(len, 0);
    assert_int_equal(sym_tab_giver_write(o.giver, &byte, 0), SYM_WRONG_STATE);
    assert_int_equal(tell(true, TAB_SEND, sym_span(NULL, 0)), SYM_WRONG_STATE);
}

static void gives_what_is_owed_and_has_the_word_of_the_participant(void **state)
{
    uint8_t hash[SYM_HASH_BYTES];
    uint8_t byte = 0;
    size_t len = 1;
    (void)state;
    begin();
    pass(4);
    assert_true(tab_owed_has_it(&o));
    assert_false(sym_tab_giver_is_kept(o.giver));
    assert_int_equal(tab_owed_run(&o), SYM_OK);
    assert_true(sym_tab_giver_is_kept(o.giver));
    assert_int_equal(sym_release_hash(hash, sym_tab_bytes_span(&o.head)), SYM_OK);
    assert_memory_equal(sym_tab_giver_hash(o.giver), hash, sizeof hash);
    assert_int_equal(sym_tab_giver_step(o.giver, &len), SYM_TAB_CLOSE);
    assert_int_equal(sym_tab_giver_write(o.giver, &byte, 0), SYM_OK);
    assert_int_equal(sym_tab_giver_step(o.giver, &len), SYM_TAB_WAIT);
    assert_true(sym_tab_giver_is_kept(o.giver));
}

/* It adds no noise, so it computes no table of it. */
static void who_is_owed_computes_nothing_to_be_ready(void **state)
{
    struct tab_bytes query = {0};
    struct sym_work work;
    size_t len = 0;
    (void)state;
    begin();
    assert_true(tab_owed_says(&o, true, &query));
    assert_int_equal(sym_tab_member_take(o.late, sym_tab_bytes_span(&query), 0), SYM_OK);
    assert_false(sym_tab_member_work(o.late, &work));
    assert_int_equal(sym_tab_member_step(o.late, &len), SYM_TAB_DATA);
    assert_int_equal(len, 1);
    sym_tab_bytes_clear(&query);
}

/* It was cut off before it knew who survived. */
static void gives_it_to_one_who_does_not_know_the_outcome(void **state)
{
    struct sym_tab_owed less = o.owed;
    (void)state;
    assert_true(less.has_outcome);
    less.has_outcome = false;
    memset(less.outcome, 0, sizeof less.outcome);
    tab_owed_begin(&o, sym_tab_bytes_span(&o.head), sym_tab_bytes_span(&o.cells), &less);
    assert_int_equal(tab_owed_run(&o), SYM_OK);
    assert_true(sym_tab_giver_is_kept(o.giver));
}

/* Three bytes each, so that no page ends where it could at most. */
static void pages_hold_whole_numbers(void **state)
{
    size_t n = SYM_CELLS_PAGE_BYTES / 3 + 2;
    uint8_t *cells = malloc(3 * n);
    size_t at = 0;
    (void)state;
    assert_non_null(cells);
    for (size_t i = 0; i < n; i++) {
        memcpy(cells + 3 * i, "\xff\xff\x01", 3);
    }
    tab_owed_begin(&o, sym_tab_bytes_span(&o.head), sym_span(cells, 3 * n), &o.owed);
    pass(3);
    for (struct tab_bytes page = {0}; tab_owed_says(&o, true, &page); sym_tab_bytes_clear(&page)) {
        assert_int_equal(page.data[0], TAB_CELLS);
        assert_true(page.len - 1 <= SYM_CELLS_PAGE_BYTES && (page.len - 1) % 3 == 0);
        assert_memory_equal(page.data + 1, cells + at, page.len - 1);
        at += page.len - 1;
    }
    assert_int_equal(at, 3 * n);
    free(cells);
}

static void refuses_to_give_what_is_no_release(void **state)
{
    static const uint8_t endless[] = {1,    2,    0x80, 0x80, 0x80, 0x80, 0x80,
                                      0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1};
    const uint8_t *identity = o.rig.parties[TAB_OWED_PLACE].identity;
    struct sym_span head = sym_tab_bytes_span(&o.head);
    struct sym_span cells = sym_tab_bytes_span(&o.cells);
    struct sym_tab_giver *g = NULL;
    (void)state;
    assert_int_equal(sym_tab_giver_new(&g, sym_span(head.data, head.len - 1), cells, identity),
                     SYM_BAD_FORMAT);
    assert_int_equal(sym_tab_giver_new(&g, head, sym_span(NULL, 0), identity), SYM_BAD_FORMAT);
    assert_int_equal(sym_tab_giver_new(&g, head, sym_span("\x05\x80", 2), identity),
                     SYM_BAD_FORMAT);
    assert_int_equal(sym_tab_giver_new(&g, head, sym_span(endless, sizeof endless), identity),
                     SYM_BAD_FORMAT);
    assert_null(g);
}

static void a_giver_takes_nothing_but_what_is_due_and_dies_of_the_rest(void **state)
{
    uint8_t zeros[SYM_SIGNATURE_BYTES] = {0};
    (void)state;
    for (unsigned passed = 0; passed <= 5; passed++) {
        for (unsigned type = 0; type <= TAB_TYPE_COUNT; type++) {
            begin();
            pass(passed);
            uint8_t payload[1 + sizeof zeros] = {(uint8_t)type};
            bool waits = passed == 1 && type == TAB_SEND;
            size_t len = waits ? 1 : sizeof payload;
            enum sym_err err = tab_owed_takes(&o, true, sym_span(payload, len));
            if (waits) {
                assert_int_equal(err, SYM_OK);
                continue;
            }
            assert_int_not_equal(err, SYM_OK);
            assert_giver_dead();
            assert_int_equal(sym_tab_giver_is_kept(o.giver), passed == 5);
        }
        begin();
        pass(passed);
        assert_int_equal(tab_owed_takes(&o, true, sym_span(NULL, 0)), SYM_BAD_FORMAT);
        assert_giver_dead();
    }
}

static void refuses_a_participant_that_is_ready_with_words(void **state)
{
    (void)state;
    begin();
    pass(1);
    assert_int_equal(tell(true, TAB_SEND, sym_span("x", 1)), SYM_BAD_FORMAT);
    assert_giver_dead();
}

static void sign(uint8_t out[SYM_SIGNATURE_BYTES], uint32_t signer, const char *domain,
                 const uint8_t hash[SYM_HASH_BYTES])
{
    assert_int_equal(sym_sign(out, &o.rig.keys[signer], domain, sym_span(hash, SYM_HASH_BYTES)),
                     SYM_OK);
}

/* Each is a signature, but not that of this participant over this release. */
static void refuses_another_word_than_that_of_the_participant(void **state)
{
    uint8_t words[6][SYM_SIGNATURE_BYTES + 1] = {{0}};
    size_t lens[6];
    const uint8_t *hash = NULL;
    uint8_t other[SYM_HASH_BYTES];
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        begin();
        hash = sym_tab_giver_hash(o.giver);
        memcpy(other, hash, sizeof other);
        other[0] ^= 1;
        lens[i] = SYM_SIGNATURE_BYTES - (i == 0) + (i == 1);
        sign(words[i], i == 2 ? 1 : TAB_OWED_PLACE,
             i == 3 ? SYM_DOMAIN_REQUEST : SYM_DOMAIN_TABULATE, i == 4 ? other : hash);
        words[i][0] ^= i == 5;
        pass(4);
        assert_int_equal(tell(true, TAB_KEPT, sym_span(words[i], lens[i])),
                         i < 2 ? SYM_BAD_FORMAT : SYM_BAD_SIGNATURE);
        assert_giver_dead();
        assert_false(sym_tab_giver_is_kept(o.giver));
    }
}

static void a_giver_writes_what_its_step_says(void **state)
{
    static uint8_t room[65536];
    size_t len = 0;
    (void)state;
    begin();
    assert_int_equal(sym_tab_giver_step(o.giver, &len), SYM_TAB_DATA);
    assert_int_equal(sym_tab_giver_write(o.giver, room, len - 1), SYM_WRONG_STATE);
    assert_int_equal(sym_tab_giver_write(o.giver, room, len + 1), SYM_WRONG_STATE);
    assert_int_equal(sym_tab_giver_write(o.giver, room, len), SYM_OK);
    assert_int_equal(sym_tab_giver_write(o.giver, room, 0), SYM_WRONG_STATE);
}

/* The other side ---------------------------------------------------------------------------------
 */

/* A release that says one thing otherwise. */
static struct sym_release changed;
static uint8_t bytes[SYM_HASH_BYTES * 3];

static void alter_bytes(struct sym_span *s)
{
    assert_true(s->len > 0 && s->len <= sizeof bytes);
    memcpy(bytes, s->data, s->len);
    bytes[s->len - 1] ^= 1;
    s->data = bytes;
}

static struct sym_span *const spans[] = {
    &changed.tabulation,     &changed.qid,       &changed.initiator, &changed.dataset,
    &changed.epochs,         &changed.survivors, &changed.cohort,    &changed.consents_hash,
    &changed.survivors_hash, &changed.cells_hash};
static uint32_t *const numbers[] = {
    &changed.purpose,   &changed.basis,        &changed.quorum,
    &changed.colluders, &changed.noise_shares, &changed.sensitivity,
    &changed.cells,     &changed.suppressed,   &changed.ghosts_per_million};
static uint64_t *const numbers_64[] = {&changed.threshold, &changed.half_width};
#define SPANS      (sizeof spans / sizeof *spans)
#define NUMBERS    (sizeof numbers / sizeof *numbers)
#define NUMBERS_64 (sizeof numbers_64 / sizeof *numbers_64)

static void change(size_t which)
{
    if (which < SPANS) {
        alter_bytes(spans[which]);
    } else if (which < SPANS + NUMBERS) {
        *numbers[which - SPANS] += 1;
    } else if (which < SPANS + NUMBERS + NUMBERS_64) {
        *numbers_64[which - SPANS - NUMBERS] += 1;
    } else {
        changed.survivors.len--;
    }
}

static void assert_nothing_kept(void)
{
    size_t len = 0;
    assert_int_equal(sym_tab_member_wants(o.late), SYM_TAB_WANTS_NOTHING);
    assert_int_equal(sym_tab_member_step(o.late, &len), SYM_TAB_WAIT);
    assert_non_null(strstr(sym_tab_member_fault(o.late), "node "));
    assert_false(sym_tab_giver_is_kept(o.giver));
}

static void who_is_owed_one_release_takes_no_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < SPANS + NUMBERS + NUMBERS_64 + 1; i++) {
        SYM_ARENA_AUTO arena = {0};
        struct tab_bytes head = {0};
        assert_int_equal(
            sym_decode(&arena, &changed, &sym_msg_release, sym_tab_bytes_span(&o.head)), SYM_OK);
        change(i);
        assert_int_equal(sym_tab_encode(&head, &sym_msg_release, &changed, o.head.len), SYM_OK);
        tab_owed_begin(&o, sym_tab_bytes_span(&head), sym_tab_bytes_span(&o.cells), &o.owed);
        if (tab_owed_run(&o) != SYM_BAD_VALUE) {
            fail_msg("change %zu", i);
        }
        assert_nothing_kept();
        sym_tab_bytes_clear(&head);
    }
}

static void who_is_owed_what_another_tabulation_gave_takes_nothing(void **state)
{
    (void)state;
    for (unsigned outcome = 0; outcome < 2; outcome++) {
        struct sym_tab_owed other = o.owed;
        (outcome ? other.outcome : other.agreed)[0] ^= 1;
        tab_owed_begin(&o, sym_tab_bytes_span(&o.head), sym_tab_bytes_span(&o.cells), &other);
        assert_int_equal(tab_owed_run(&o), SYM_BAD_VALUE);
        assert_nothing_kept();
    }
}

static void refuses_cells_that_are_missing_altered_too_many_or_sent_twice(void **state)
{
    struct sym_span whole = sym_tab_bytes_span(&o.cells);
    uint8_t *more = malloc(whole.len + 1);
    (void)state;
    assert_non_null(more);
    memcpy(more, whole.data, whole.len);
    more[whole.len] = 7;

    begin();
    pass(3);
    assert_int_equal(tell(false, TAB_CELLS, sym_span(more, whole.len + 1)), SYM_LIMIT);
    assert_nothing_kept();

    begin();
    pass(3);
    more[0] ^= 1;
    assert_int_equal(tell(false, TAB_CELLS, sym_span(more, whole.len)), SYM_BAD_VALUE);
    assert_nothing_kept();

    begin();
    pass(3);
    assert_int_equal(tell(false, TAB_CELLS, sym_span(whole.data, 1)), SYM_OK);
    assert_int_equal(sym_tab_member_wants(o.late), SYM_TAB_WANTS_NOTHING);
    assert_int_equal(tell(false, TAB_CELLS, whole), SYM_LIMIT);
    assert_nothing_kept();

    begin();
    pass(4);
    assert_int_equal(tell(false, TAB_CELLS, whole), SYM_WRONG_STATE);
    assert_nothing_kept();
    free(more);
}

static void refuses_a_query_or_a_head_that_is_cut_off_sent_twice_or_not_due(void **state)
{
    struct sym_span head = sym_tab_bytes_span(&o.head);
    struct sym_span query = sym_tab_bytes_span(&o.rig.query);
    (void)state;
    begin();
    assert_int_not_equal(tell(false, TAB_PROPOSE, sym_span(query.data, query.len - 1)), SYM_OK);
    assert_nothing_kept();

    begin();
    assert_int_equal(tell(false, TAB_RELEASE, head), SYM_WRONG_STATE);
    assert_nothing_kept();

    for (size_t len = 0; len < head.len; len++) {
        begin();
        pass(2);
        assert_int_not_equal(tell(false, TAB_RELEASE, sym_span(head.data, len)), SYM_OK);
        assert_nothing_kept();
    }

    begin();
    pass(3);
    assert_int_equal(tell(false, TAB_RELEASE, head), SYM_WRONG_STATE);
    assert_nothing_kept();
}

/* It would take part in a second tabulation of the same secrets. */
static void who_is_owed_a_release_answers_nothing_else(void **state)
{
    (void)state;
    for (unsigned passed = 0; passed <= 3; passed++) {
        for (unsigned type = 0; type <= TAB_TYPE_COUNT; type++) {
            static const unsigned due[] = {TAB_PROPOSE, TAB_NO_TYPE, TAB_RELEASE, TAB_CELLS};
            const uint8_t payload[] = {(uint8_t)type, 0};
            if (type == due[passed]) {
                continue;
            }
            begin();
            pass(passed);
            assert_int_not_equal(tab_owed_takes(&o, false, sym_span(payload, sizeof payload)),
                                 SYM_OK);
            assert_nothing_kept();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_what_is_owed_and_has_the_word_of_the_participant),
        cmocka_unit_test(who_is_owed_computes_nothing_to_be_ready),
        cmocka_unit_test(gives_it_to_one_who_does_not_know_the_outcome),
        cmocka_unit_test(pages_hold_whole_numbers),
        cmocka_unit_test(refuses_to_give_what_is_no_release),
        cmocka_unit_test(a_giver_takes_nothing_but_what_is_due_and_dies_of_the_rest),
        cmocka_unit_test(refuses_a_participant_that_is_ready_with_words),
        cmocka_unit_test(refuses_another_word_than_that_of_the_participant),
        cmocka_unit_test(a_giver_writes_what_its_step_says),
        cmocka_unit_test(who_is_owed_one_release_takes_no_other),
        cmocka_unit_test(who_is_owed_what_another_tabulation_gave_takes_nothing),
        cmocka_unit_test(refuses_cells_that_are_missing_altered_too_many_or_sent_twice),
        cmocka_unit_test(refuses_a_query_or_a_head_that_is_cut_off_sent_twice_or_not_due),
        cmocka_unit_test(who_is_owed_a_release_answers_nothing_else),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, open_all, close_all);
}
