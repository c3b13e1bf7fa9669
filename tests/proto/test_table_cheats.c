/* Contributors, talliers and askers that cheat: each is refused and named, or moves the count of no
 * honest record by more than one. */
#include "proto/codec.h"
#include "tests/support/table_lies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define CHEAT 1u
#define N     3u
#define T     N

static struct table_rig rig;
static uint64_t counts[SYM_TABLE_CELLS_MAX];
static size_t lies; /* told so far */
static uint32_t announced;

/* Three lists of `each`, of which five records are on all. */
static void make(uint32_t each)
{
    lies = 0;
    table_rig_make(&rig, N, SYM_TABLE_NOBODY, each);
    table_rig_plant(&rig, 7, 5);
    table_rig_plant(&rig, 3, 2);
    for (uint32_t i = 0; i < N; i++) {
        table_rig_plant(&rig, 1u << i, each - rig.parties[i].n);
    }
}

static void run(uint32_t each, table_tap_fn *tap)
{
    make(each);
    rig.tap = tap;
    table_rig_open(&rig, announced);
    table_rig_run(&rig);
    assert_true(lies > 0);
}

static void assert_failure(struct sym_table_failure f, uint32_t place, enum sym_table_cause cause)
{
    assert_int_equal(f.place, place);
    assert_int_equal(f.cause, cause);
}

/* The asker knows who it was, and all hear it; nothing is released. */
static void assert_caught(uint32_t place, enum sym_table_cause cause)
{
    assert_int_equal(sym_table_lead_phase(rig.lead), SYM_TABLE_FAILED);
    assert_failure(sym_table_lead_failure(rig.lead), place, cause);
    assert_int_equal(sym_table_lead_release(rig.lead).len, 0);
    for (uint32_t i = 0; i <= rig.n; i++) {
        struct sym_table_failure f = sym_table_member_failure(rig.parties[i].member);
        assert_int_not_equal(f.cause, SYM_TABLE_CAUSE_NONE);
        assert_int_equal(sym_table_member_release(rig.parties[i].member).len, 0);
        if (i != place && place <= rig.n) {
            assert_failure(f, place, cause);
        }
    }
}

/* Of this list nothing has gone to the tallier. */
static void assert_no_rows(uint32_t place)
{
    assert_null(rig.rows[place].rows);
}

/* Answers ----------------------------------------------------------------------------------------
 */

static bool is_answer(const struct table_sent *s)
{
    return s->type == TABLE_ANSWER && s->from == CHEAT && s->to == 0;
}

static void answer_one_otherwise(struct sym_table_answer *said, struct sym_element *elements,
                                 const struct sym_element *asked)
{
    struct sym_scalar other;
    size_t at = said->elements / 2;
    sym_scalar_random(&other);
    assert_int_equal(sym_ristretto_multiply(&elements[at], NULL, rig.with, &asked[at], 1, &other),
                     SYM_OK);
    lies++;
}

static bool tap_one_otherwise(struct table_rig *r, struct table_sent *s)
{
    if (is_answer(s)) {
        table_lie_answer(r, s, answer_one_otherwise, true);
    }
    return true;
}

static void assert_exhibit_convicts(void)
{
    struct sym_span exhibit = sym_table_list_exhibit(rig.parties[0].list);
    assert_true(exhibit.len > 0);
    assert_true(exhibit.len <= SYM_TABLE_EXHIBIT_BYTES_MAX);
    for (uint32_t i = 0; i <= N; i++) {
        enum sym_err err =
            sym_table_exhibit_check(exhibit, rig.question.parties[i].identity, rig.with);
        assert_int_equal(err, i == CHEAT ? SYM_OK : SYM_BAD_SIGNATURE);
    }
}

static void one_answer_among_a_thousand_with_another_secret_is_found(void **state)
{
    (void)state;
    run(1000, tap_one_otherwise);
    assert_int_equal(rig.parties[0].n, 1000);
    assert_caught(CHEAT, SYM_TABLE_CAUSE_PROOF);
    assert_no_rows(0);
    assert_exhibit_convicts();
    table_rig_close(&rig);
}

static void answer_nothing(struct sym_table_answer *said, struct sym_element *elements,
                           const struct sym_element *asked)
{
    (void)said;
    (void)asked;
    memset(&elements[0], 0, sizeof elements[0]);
    lies++;
}

static bool tap_identity(struct table_rig *r, struct table_sent *s)
{
    if (is_answer(s)) {
        table_lie_answer(r, s, answer_nothing, true);
    }
    return true;
}

static void an_answer_that_is_the_identity_is_found(void **state)
{
    (void)state;
    run(20, tap_identity);
    assert_caught(CHEAT, SYM_TABLE_CAUSE_PROOF);
    assert_exhibit_convicts();
    table_rig_close(&rig);
}

static void answer_rightly(struct sym_table_answer *said, struct sym_element *elements,
                           const struct sym_element *asked)
{
    (void)said;
    (void)elements;
    (void)asked;
    lies++;
}

static struct tab_bytes kept;

/* Keeps an exhibit of an answer that is right. */
static bool tap_right(struct table_rig *r, struct table_sent *s)
{
    if (is_answer(s) && kept.len == 0) {
        table_lie_answer(r, s, answer_rightly, true);
        size_t len = (size_t)s->bytes[1] << 8 | s->bytes[2];
        const struct list_slot *slot = sym_table_slot(r->parties[0].list, 0);
        const struct sym_table_exhibit e = {
            .consent = sym_table_member_agreed(r->parties[0].member)->signed_consents[CHEAT],
            .answer = sym_span(s->bytes + 3, len),
            .asked = sym_span(slot->asked, slot->n * sizeof *slot->asked),
            .answers = sym_span(s->bytes + 3 + len, s->len - 3 - len),
        };
        assert_int_equal(sym_tab_encode(&kept, &sym_msg_table_exhibit, &e, 2 * s->len), SYM_OK);
    }
    return true;
}

static void nobody_is_convicted_of_a_right_answer(void **state)
{
    (void)state;
    run(30, tap_right);
    assert_true(table_rig_done(&rig));
    struct sym_span bytes = sym_tab_bytes_span(&kept);
    const uint8_t *identity = rig.question.parties[CHEAT].identity;
    assert_int_equal(sym_table_exhibit_check(bytes, identity, rig.with), SYM_DENIED);
    /* Other elements than it signed prove nothing either. */
    kept.data[kept.len - 40] ^= 1;
    assert_int_equal(sym_table_exhibit_check(bytes, identity, rig.with), SYM_BAD_VALUE);
    bytes.len--;
    assert_int_not_equal(sym_table_exhibit_check(bytes, identity, rig.with), SYM_OK);
    sym_tab_bytes_clear(&kept);
    table_rig_close(&rig);
}

static bool tap_flip_answer(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_answer(s)) {
        s->bytes[s->len - 7] ^= 1;
        lies++;
    }
    return true;
}

static bool tap_flip_signed(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_answer(s)) {
        s->bytes[100] ^= 1;
        lies++;
    }
    return true;
}

static bool tap_cut_answer(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_answer(s)) {
        s->len -= SYM_ELEMENT_BYTES;
        lies++;
    }
    return true;
}

static void answer_for_another(struct sym_table_answer *said, struct sym_element *elements,
                               const struct sym_element *asked)
{
    (void)elements;
    (void)asked;
    said->owner = 2;
    lies++;
}

static void answer_as_another(struct sym_table_answer *said, struct sym_element *elements,
                              const struct sym_element *asked)
{
    (void)elements;
    (void)asked;
    said->frame = 1;
    lies++;
}

static uint8_t other_hash[SYM_HASH_BYTES];

static void answer_of_another_table(struct sym_table_answer *said, struct sym_element *elements,
                                    const struct sym_element *asked)
{
    (void)elements;
    (void)asked;
    said->qid = sym_span(other_hash, sizeof other_hash);
    lies++;
}

static void answer_under_other_consents(struct sym_table_answer *said, struct sym_element *elements,
                                        const struct sym_element *asked)
{
    (void)elements;
    (void)asked;
    said->consents_hash = sym_span(other_hash, sizeof other_hash);
    lies++;
}

static table_answer_lie_fn *answer_lie;

static bool tap_answer_lie(struct table_rig *r, struct table_sent *s)
{
    if (is_answer(s)) {
        table_lie_answer(r, s, answer_lie, false);
    }
    return true;
}

static void answers_that_are_not_what_was_signed_or_asked_are_refused(void **state)
{
    (void)state;
    static const struct {
        table_tap_fn *tap;
        table_answer_lie_fn *lie;
        enum sym_table_cause cause;
    } cases[] = {
        {tap_flip_answer, NULL, SYM_TABLE_CAUSE_SIGNATURE},
        {tap_flip_signed, NULL, SYM_TABLE_CAUSE_SIGNATURE},
        {tap_cut_answer, NULL, SYM_TABLE_CAUSE_COUNT},
        {tap_answer_lie, answer_for_another, SYM_TABLE_CAUSE_PROTOCOL},
        {tap_answer_lie, answer_as_another, SYM_TABLE_CAUSE_PROTOCOL},
        {tap_answer_lie, answer_of_another_table, SYM_TABLE_CAUSE_PROTOCOL},
        {tap_answer_lie, answer_under_other_consents, SYM_TABLE_CAUSE_PROTOCOL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        answer_lie = cases[i].lie;
        run(20, cases[i].tap);
        assert_caught(CHEAT, cases[i].cause);
        assert_no_rows(0);
        assert_int_equal(sym_table_list_exhibit(rig.parties[0].list).len, 0);
        table_rig_close(&rig);
    }
}

/* Questions --------------------------------------------------------------------------------------
 */

static bool is_question(const struct table_sent *s)
{
    return s->type == TABLE_ASK && s->from == CHEAT;
}

static bool tap_repeat(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_question(s)) {
        memcpy(s->bytes + 5, s->bytes + 5 + 32 * 9, 32);
        lies++;
    }
    return true;
}

static bool tap_no_element(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_question(s)) {
        memset(s->bytes + 5, lies % 2 == 0 ? 0 : 0xff, 32);
        lies++;
    }
    return true;
}

static bool tap_one_less(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_question(s)) {
        s->len -= 32;
        lies++;
    }
    return true;
}

static bool tap_one_more(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_question(s)) {
        s->bytes = realloc(s->bytes, s->len + 32);
        assert_non_null(s->bytes);
        memcpy(s->bytes + s->len, sym_ristretto_generator.bytes, 32);
        s->len += 32;
        lies++;
    }
    return true;
}

static bool tap_other_frame(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_question(s)) {
        s->bytes[4]++;
        lies++;
    }
    return true;
}

static void questions_that_are_not_as_announced_are_refused(void **state)
{
    (void)state;
    static const struct {
        table_tap_fn *tap;
        enum sym_table_cause cause;
    } cases[] = {
        {tap_repeat, SYM_TABLE_CAUSE_REPEATED},      {tap_no_element, SYM_TABLE_CAUSE_ELEMENT},
        {tap_one_less, SYM_TABLE_CAUSE_COUNT},       {tap_one_more, SYM_TABLE_CAUSE_COUNT},
        {tap_other_frame, SYM_TABLE_CAUSE_PROTOCOL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run(20, cases[i].tap);
        assert_caught(CHEAT, cases[i].cause);
        assert_no_rows(CHEAT);
        table_rig_close(&rig);
    }
}

/* All have agreed, and nobody has begun. */
static void agree(uint32_t each)
{
    make(each);
    rig.stops_at_start = true;
    table_rig_open(&rig, 0);
    table_rig_run(&rig);
    for (uint32_t i = 0; i <= N; i++) {
        assert_int_equal(sym_table_member_wants(rig.parties[i].member), SYM_TABLE_WANTS_START);
    }
}

static const struct sym_table_agreed *agreed_of(uint32_t place)
{
    return sym_table_member_agreed(rig.parties[place].member);
}

static void fill_frame(uint8_t *payload, uint32_t frame, uint32_t n)
{
    static struct sym_uniform uniform[SYM_OVERLAP_ITEMS_MAX];
    static struct sym_element elements[SYM_OVERLAP_ITEMS_MAX];
    struct sym_writer w = sym_writer(payload, 5 + (size_t)n * 32);
    sym_random_many(uniform[0].bytes, n * sizeof *uniform);
    assert_int_equal(sym_ristretto_derive(elements, NULL, rig.with, uniform, n), SYM_OK);
    sym_write_u8(&w, TABLE_ASK);
    sym_write_u32(&w, frame);
    sym_write_bytes(&w, elements, n * sizeof *elements);
}

static void evaluations_beyond_the_announced_number_are_refused(void **state)
{
    (void)state;
    static uint8_t payload[5 + 32 * SYM_OVERLAP_ITEMS_MAX];
    struct sym_table_evaluator *e = NULL;
    agree(20);
    assert_int_equal(sym_table_evaluator_new(&e, agreed_of(0), rig.with, CHEAT, 21), SYM_BAD_VALUE);
    assert_int_equal(sym_table_evaluator_new(&e, agreed_of(0), rig.with, 0, 20), SYM_BAD_VALUE);
    assert_int_equal(sym_table_evaluator_new(&e, agreed_of(0), rig.with, T, 0), SYM_BAD_VALUE);
    assert_int_equal(sym_table_evaluator_new(&e, agreed_of(T), rig.with, 0, 20), SYM_BAD_VALUE);
    assert_int_equal(sym_table_evaluator_new(&e, agreed_of(0), rig.with, CHEAT, 20), SYM_OK);
    fill_frame(payload, 0, 20);
    assert_int_equal(sym_table_evaluator_take(e, sym_span(payload, 5 + 32 * 20)), SYM_OK);
    fill_frame(payload, 1, 1);
    assert_int_equal(sym_table_evaluator_take(e, sym_span(payload, 5 + 32)), SYM_LIMIT);
    assert_failure(sym_table_evaluator_failure(e), CHEAT, SYM_TABLE_CAUSE_COUNT);
    size_t len = 0;
    assert_int_equal(sym_table_evaluator_step(e, &len), SYM_TABLE_WAIT);
    sym_table_evaluator_free(e);
    table_rig_close(&rig);
}

static void more_frames_than_may_be_unanswered_are_refused(void **state)
{
    (void)state;
    static uint8_t payload[5 + 32 * SYM_OVERLAP_ITEMS_MAX];
    struct sym_table_evaluator *e = NULL;
    agree((SYM_TABLE_WINDOW + 1) * SYM_OVERLAP_ITEMS_MAX);
    assert_int_equal(sym_table_evaluator_new(&e, agreed_of(0), rig.with, CHEAT,
                                             (SYM_TABLE_WINDOW + 1) * SYM_OVERLAP_ITEMS_MAX),
                     SYM_OK);
    for (uint32_t frame = 0; frame <= SYM_TABLE_WINDOW; frame++) {
        fill_frame(payload, frame, SYM_OVERLAP_ITEMS_MAX);
        assert_int_equal(sym_table_evaluator_take(e, sym_span(payload, sizeof payload)),
                         frame < SYM_TABLE_WINDOW ? SYM_OK : SYM_LIMIT);
    }
    sym_table_evaluator_free(e);
    table_rig_close(&rig);
}

static void an_owner_or_evaluator_that_closes_early_is_named(void **state)
{
    (void)state;
    struct sym_table_evaluator *e = NULL;
    struct sym_table_list *l = NULL;
    struct sym_table_owner *o = NULL;
    agree(20);
    const struct sym_table_list_config c = {
        .agreed = agreed_of(0), .with = rig.with, .digests = rig.parties[0].digests[0], .n = 20};
    assert_int_equal(sym_table_evaluator_new(&e, agreed_of(0), rig.with, CHEAT, 20), SYM_OK);
    assert_int_equal(sym_table_evaluator_closed(e), SYM_WRONG_STATE);
    assert_failure(sym_table_evaluator_failure(e), CHEAT, SYM_TABLE_CAUSE_GONE);
    assert_int_equal(sym_table_list_new(&l, &c), SYM_OK);
    assert_int_equal(sym_table_owner_new(&o, l, 0), SYM_BAD_VALUE);
    assert_int_equal(sym_table_owner_new(&o, l, T), SYM_BAD_VALUE);
    assert_int_equal(sym_table_owner_new(&o, l, CHEAT), SYM_OK);
    struct sym_table_owner *again = NULL;
    assert_int_equal(sym_table_owner_new(&again, l, CHEAT), SYM_EXISTS);
    assert_int_equal(sym_table_owner_closed(o), SYM_WRONG_STATE);
    assert_failure(sym_table_list_failure(l), CHEAT, SYM_TABLE_CAUSE_GONE);
    sym_table_owner_free(o);
    sym_table_list_free(l);
    sym_table_evaluator_free(e);
    table_rig_close(&rig);
}

static void a_list_that_was_not_announced_is_refused(void **state)
{
    (void)state;
    struct sym_table_list *l = NULL;
    agree(20);
    struct sym_table_list_config c = {
        .agreed = agreed_of(0), .with = rig.with, .digests = rig.parties[0].digests[0], .n = 21};
    assert_int_equal(sym_table_list_new(&l, &c), SYM_BAD_VALUE);
    c.n = 20;
    memcpy(rig.parties[0].digests[4], rig.parties[0].digests[5], SYM_HASH_BYTES);
    assert_int_equal(sym_table_list_new(&l, &c), SYM_INTERNAL);
    c.agreed = agreed_of(T);
    c.n = 0;
    assert_int_equal(sym_table_list_new(&l, &c), SYM_BAD_VALUE);
    table_rig_close(&rig);
}

/* What nobody can notice, and what it does to the table ------------------------------------------
 */

static uint8_t relayed[5 + 32 * 64];
static size_t relayed_len;

/* The cheat has evaluated what the first owner asks it, as if it were its own. */
static bool tap_relay(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (s->type == TABLE_ASK && s->from == 0 && s->to == CHEAT) {
        memcpy(relayed, s->bytes, s->len);
        relayed_len = s->len;
    }
    if (is_question(s)) {
        assert_int_equal(s->len, relayed_len);
        memcpy(s->bytes, relayed, s->len);
        memcpy(sym_table_slot(rig.parties[CHEAT].list, 0)->asked, relayed + 5, s->len - 5);
        assert_int_equal(sym_dleq_hash(sym_table_slot(rig.parties[CHEAT].list, 0)->asked_hash,
                                       (const struct sym_element *)(relayed + 5),
                                       (s->len - 5) / 32),
                         SYM_OK);
        lies++;
    }
    return true;
}

/* What the cheat's own records were counted as now lacks the cheat; its rows are on no other list.
 */
static void assert_only_the_cheat_is_missing(void)
{
    uint64_t want[7] = {0};
    for (uint32_t cell = 1; cell <= 7; cell++) {
        uint32_t without = cell & ~(1u << CHEAT);
        if (without != 0) {
            want[without - 1] += rig.counts[cell - 1];
        }
    }
    want[(1u << CHEAT) - 1] += rig.parties[CHEAT].n;
    assert_true(table_rig_done(&rig));
    table_rig_counts(counts, &rig);
    for (uint32_t cell = 0; cell < 7; cell++) {
        assert_int_equal(counts[cell], want[cell]);
    }
}

static void relayed_elements_count_for_nobody(void **state)
{
    (void)state;
    relayed_len = 0;
    make(30);
    rig.tap = tap_relay;
    table_rig_open(&rig, 0);
    while (sym_table_lead_phase(rig.lead) != SYM_TABLE_COMPUTING) {
        assert_true(table_rig_step(&rig));
    }
    rig.parties[CHEAT].holds = true; /* until it has heard what to relay */
    table_rig_run(&rig);
    rig.parties[CHEAT].holds = false;
    table_rig_run(&rig);
    assert_true(lies > 0);
    assert_only_the_cheat_is_missing();
    table_rig_close(&rig);
}

/* Multiples of one sampled record, so that it would be counted once for each of them. */
static void ask_multiples(struct list_slot *slot)
{
    for (uint32_t i = 1; i < slot->n; i++) {
        assert_int_equal(sym_ristretto_add(&slot->asked[i], NULL, rig.with, &slot->asked[i - 1],
                                           &slot->asked[0], 1),
                         SYM_OK);
    }
    assert_int_equal(sym_dleq_hash(slot->asked_hash, slot->asked, slot->n), SYM_OK);
}

static bool tap_multiples(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_question(s)) {
        struct list_slot *slot = sym_table_slot(rig.parties[CHEAT].list, 0);
        if (lies++ == 0) {
            ask_multiples(slot);
        }
        memcpy(s->bytes + 5, slot->asked, s->len - 5);
    }
    return true;
}

static void multiples_of_a_record_count_for_nobody(void **state)
{
    (void)state;
    run(30, tap_multiples);
    assert_true(table_rig_done(&rig));
    table_rig_counts(counts, &rig);
    uint64_t own = 0;
    uint64_t others = 0;
    for (uint32_t cell = 1; cell <= 7; cell++) {
        own += (cell >> CHEAT & 1) != 0 ? counts[cell - 1] : 0;
        others += (cell & 1) != 0 ? counts[cell - 1] : 0;
    }
    assert_int_equal(own, 30);
    assert_int_equal(others, 30);
    /* One true element is left, so that one honest record at most still meets it. */
    assert_true(counts[6] + counts[2] + counts[5] <= 1);
    table_rig_close(&rig);
}

/* Rows -------------------------------------------------------------------------------------------
 */

static bool is_rows(const struct table_sent *s)
{
    return s->type == TABLE_ROWS && s->from == CHEAT;
}

static bool tap_row_twice(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_rows(s)) {
        memcpy(s->bytes + 1 + 16, s->bytes + 1, 16);
        lies++;
    }
    return true;
}

static bool tap_rows_descend(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_rows(s)) {
        memset(s->bytes + 1, 0xff, 16);
        lies++;
    }
    return true;
}

static bool tap_row_more(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_rows(s)) {
        s->bytes = realloc(s->bytes, s->len + 16);
        assert_non_null(s->bytes);
        memset(s->bytes + s->len, 0xff, 16);
        s->len += 16;
        lies++;
    }
    return true;
}

static bool tap_half_a_row(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_rows(s)) {
        s->len -= 8;
        lies++;
    }
    return true;
}

static bool tap_rows_lost(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    lies += is_rows(s);
    return !is_rows(s);
}

static bool tap_rows_after_the_end(struct table_rig *r, struct table_sent *s)
{
    if (s->type == TABLE_END && s->from == CHEAT) {
        assert_int_equal(sym_table_tally_take(r->tally, CHEAT, sym_span(s->bytes, s->len)), SYM_OK);
        lies++;
    }
    return true;
}

static void rows_that_are_not_in_order_or_not_as_announced_are_refused(void **state)
{
    (void)state;
    static const struct {
        table_tap_fn *tap;
        enum sym_table_cause cause;
    } cases[] = {
        {tap_row_twice, SYM_TABLE_CAUSE_REPEATED},
        {tap_rows_descend, SYM_TABLE_CAUSE_ROWS},
        {tap_row_more, SYM_TABLE_CAUSE_COUNT},
        {tap_half_a_row, SYM_TABLE_CAUSE_PROTOCOL},
        {tap_rows_lost, SYM_TABLE_CAUSE_COUNT},
        {tap_rows_after_the_end, SYM_TABLE_CAUSE_PROTOCOL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run(20, cases[i].tap);
        assert_caught(CHEAT, cases[i].cause);
        table_rig_close(&rig);
    }
}

static void a_row_repeated_in_the_next_frame_is_refused(void **state)
{
    (void)state;
    static uint8_t rows[1 + 16 * 3];
    struct sym_table_tally *t = NULL;
    agree(20);
    assert_int_equal(sym_table_tally_new(&t, rig.parties[0].member), SYM_WRONG_STATE);
    assert_int_equal(sym_table_member_started(rig.parties[T].member), SYM_OK);
    assert_int_equal(sym_table_tally_new(&t, rig.parties[T].member), SYM_OK);
    assert_int_equal(sym_table_tally_begin(t, T), SYM_BAD_VALUE);
    assert_int_equal(sym_table_tally_begin(t, 0), SYM_OK);
    assert_int_equal(sym_table_tally_begin(t, 0), SYM_EXISTS);
    rows[0] = TABLE_ROWS;
    for (size_t i = 0; i < 3; i++) {
        rows[1 + 16 * i] = (uint8_t)(i + 1);
    }
    assert_int_equal(sym_table_tally_take(t, 0, sym_span(rows, sizeof rows)), SYM_OK);
    assert_int_equal(sym_table_tally_missing(t), 0);
    memmove(rows + 1, rows + 1 + 32, 16);
    assert_int_equal(sym_table_tally_take(t, 0, sym_span(rows, 1 + 16)), SYM_REPLAY);
    assert_failure(sym_table_tally_failure(t), 0, SYM_TABLE_CAUSE_REPEATED);
    sym_table_tally_free(t);
    table_rig_close(&rig);
}

static bool tap_no_end(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    bool is_end = s->type == TABLE_END && s->from == CHEAT;
    lies += is_end;
    return !is_end;
}

static void whose_rows_are_missing_is_known(void **state)
{
    (void)state;
    run(20, tap_no_end);
    assert_int_equal(sym_table_tally_missing(rig.tally), CHEAT);
    assert_int_equal(sym_table_lead_phase(rig.lead), SYM_TABLE_COMPUTING);
    sym_table_member_fail(rig.parties[T].member,
                          (struct sym_table_failure){.place = sym_table_tally_missing(rig.tally),
                                                     .cause = SYM_TABLE_CAUSE_LATE,
                                                     .said_by = SYM_TABLE_NOBODY});
    table_rig_run(&rig);
    assert_caught(CHEAT, SYM_TABLE_CAUSE_LATE);
    assert_int_equal(sym_table_lead_failure(rig.lead).said_by, T);
    table_rig_close(&rig);
}

/* Releases ---------------------------------------------------------------------------------------
 */

static uint8_t other_counts[7];

static void count_one_more(struct sym_table_release *r)
{
    assert_int_equal(r->counts.len, sizeof other_counts);
    memcpy(other_counts, r->counts.data, sizeof other_counts);
    other_counts[3]++; /* on the third list alone */
    r->counts = sym_span(other_counts, sizeof other_counts);
    lies++;
}

static bool is_release(const struct table_sent *s, uint32_t to)
{
    return s->type == TABLE_RELEASE && s->from == T && s->to == to;
}

static bool tap_release_other(struct table_rig *r, struct table_sent *s)
{
    if (is_release(s, 0)) {
        table_lie_release(r, s, count_one_more);
    }
    return true;
}

static bool tap_release_to_third(struct table_rig *r, struct table_sent *s)
{
    if (is_release(s, 2)) {
        table_lie_release(r, s, count_one_more);
    }
    return true;
}

static void a_tallier_that_releases_two_tables_is_named(void **state)
{
    (void)state;
    announced = 64;
    run(20, tap_release_other);
    announced = 0;
    assert_int_equal(sym_table_lead_phase(rig.lead), SYM_TABLE_FAILED);
    assert_failure(sym_table_lead_failure(rig.lead), T, SYM_TABLE_CAUSE_RELEASES);
    table_rig_close(&rig);
}

static void an_exact_table_shows_each_its_own_number(void **state)
{
    (void)state;
    announced = 64;
    run(20, tap_release_to_third);
    announced = 0;
    assert_int_equal(sym_table_lead_phase(rig.lead), SYM_TABLE_FAILED);
    assert_failure(sym_table_lead_failure(rig.lead), T, SYM_TABLE_CAUSE_RELEASE);
    assert_int_equal(sym_table_lead_failure(rig.lead).said_by, 2);
    table_rig_close(&rig);
}

static size_t release_lie_at;

static void change_release(struct sym_table_release *r)
{
    static uint8_t bytes[1024];
    memset(bytes, 1, sizeof bytes);
    lies++;
    switch (release_lie_at) {
    case 0:
        r->version = 2;
        break;
    case 1:
        r->qid = sym_span(bytes, 32);
        break;
    case 2:
        r->cohort = sym_span(bytes, r->cohort.len);
        break;
    case 3:
        r->tallier = sym_span(bytes, 32);
        break;
    case 4:
        r->dataset = sym_span_text("others");
        break;
    case 5:
        r->purpose++;
        break;
    case 6:
        r->basis++;
        break;
    case 7:
        r->type++;
        break;
    case 8:
        r->type_version++;
        break;
    case 9:
        r->canon_version++;
        break;
    case 10:
        r->mode = SYM_TABLE_DP;
        break;
    case 11:
        r->epsilon_nano = 1;
        break;
    case 12:
        r->elements = sym_span(bytes, r->elements.len);
        break;
    case 13:
        r->epochs = sym_span(bytes, r->epochs.len);
        break;
    case 14:
        r->consents_hash = sym_span(bytes, 32);
        break;
    case 15:
        r->suppressed = 1;
        break;
    case 16:
        r->counts = sym_span(bytes, r->counts.len - 1);
        break;
    case 17:
        r->counts = sym_span(bytes, r->counts.len + 1);
        break;
    case 18:
        memset(bytes, 19, sizeof bytes);
        r->counts = sym_span(bytes, 7);
        break;
    case 19:
        r->asker = sym_span(bytes, 32);
        break;
    case 20:
        r->table = sym_span(bytes, 16);
        break;
    case 21:
        r->elements = sym_span(bytes, r->elements.len + 4);
        break;
    case 22:
        r->threshold = 11;
        break;
    default:
        lies = 0;
        break;
    }
}

static bool tap_release_lie(struct table_rig *r, struct table_sent *s)
{
    if (is_release(s, 0)) {
        table_lie_release(r, s, change_release);
    }
    return true;
}

static bool tap_release_flip(struct table_rig *r, struct table_sent *s)
{
    (void)r;
    if (is_release(s, 0)) {
        s->bytes[s->len - 1] ^= 1;
        lies++;
    }
    return true;
}

static void releases_that_do_not_fit_what_was_agreed_are_refused(void **state)
{
    (void)state;
    for (release_lie_at = 0; release_lie_at < 23; release_lie_at++) {
        run(10, tap_release_lie);
        assert_int_equal(sym_table_member_failure(rig.parties[0].member).cause,
                         SYM_TABLE_CAUSE_RELEASE);
        assert_failure(sym_table_lead_failure(rig.lead), T, SYM_TABLE_CAUSE_RELEASE);
        table_rig_close(&rig);
    }
    run(10, tap_release_flip);
    assert_failure(sym_table_lead_failure(rig.lead), T, SYM_TABLE_CAUSE_RELEASE);
    table_rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_answer_among_a_thousand_with_another_secret_is_found),
        cmocka_unit_test(an_answer_that_is_the_identity_is_found),
        cmocka_unit_test(nobody_is_convicted_of_a_right_answer),
        cmocka_unit_test(answers_that_are_not_what_was_signed_or_asked_are_refused),
        cmocka_unit_test(questions_that_are_not_as_announced_are_refused),
        cmocka_unit_test(evaluations_beyond_the_announced_number_are_refused),
        cmocka_unit_test(more_frames_than_may_be_unanswered_are_refused),
        cmocka_unit_test(an_owner_or_evaluator_that_closes_early_is_named),
        cmocka_unit_test(a_list_that_was_not_announced_is_refused),
        cmocka_unit_test(relayed_elements_count_for_nobody),
        cmocka_unit_test(multiples_of_a_record_count_for_nobody),
        cmocka_unit_test(rows_that_are_not_in_order_or_not_as_announced_are_refused),
        cmocka_unit_test(a_row_repeated_in_the_next_frame_is_refused),
        cmocka_unit_test(whose_rows_are_missing_is_known),
        cmocka_unit_test(a_tallier_that_releases_two_tables_is_named),
        cmocka_unit_test(an_exact_table_shows_each_its_own_number),
        cmocka_unit_test(releases_that_do_not_fit_what_was_agreed_are_refused),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
