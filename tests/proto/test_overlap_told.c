/* What the payloads of an overlap tell: tags, orders, and when anything comes back. */
#include "tests/proto/overlap_bout.h"

/* What the payloads tell -----------------------------------------------------------------------
 */

/* Everything that one side sent, one behind the other. */
struct record {
    int from;
    uint8_t *bytes;
    size_t len;
    uint64_t payloads[2]; /* sent when the other side's first one was on its way */
    bool others_began;
};

static void keep(void *context, int from, struct rig_payload *p)
{
    struct record *record = context;
    if (from == record->from) {
        record->bytes = realloc(record->bytes, record->len + p->len + 1);
        assert_non_null(record->bytes);
        memcpy(record->bytes + record->len, p->bytes, p->len);
        record->len += p->len;
    }
}

/* A responder's scalar and inputs are set; everything it sends is recorded. */
static struct record answers_to(enum sym_kind kind, const uint8_t *blinded, size_t n,
                                const struct sym_scalar *k, const struct token_set *own)
{
    struct record record = {.from = RIG_RESPONDER};
    struct sym_overlap_run *run = NULL;
    struct sym_overlap_config c = {.kind = kind,
                                   .role = SYM_SESSION_RESPONDER,
                                   .with = &toy_group,
                                   .digests = own->digests[0],
                                   .n = own->n,
                                   .own_size = (uint32_t)own->n,
                                   .peer_size = (uint32_t)n};
    assert_int_equal(sym_overlap_new(&run, &c), SYM_OK);
    *sym_scalar_in(&run->scalar) = *k;
    for (size_t at = 0, due = 0; at < n; at += due) {
        uint8_t *payload = malloc(RIG_PAYLOAD_BYTES);
        assert_non_null(payload);
        due = n - at < SYM_OVERLAP_ITEMS_MAX ? n - at : SYM_OVERLAP_ITEMS_MAX;
        struct overlap_payload p = {OVERLAP_BLINDED, (uint32_t)due, blinded + at * 32};
        sym_overlap_put(payload, &p, 32);
        assert_int_equal(sym_overlap_take(run, SYM_EVENT_DATA, sym_span(payload, 5 + 32 * due)),
                         SYM_OK);
        free(payload);
    }
    assert_int_equal(rig_work(run), SYM_OK);
    size_t len = 0;
    while (sym_overlap_step(run, &len) == SYM_OVERLAP_DATA) {
        struct rig_payload p = {.bytes = malloc(len), .len = len};
        assert_non_null(p.bytes);
        assert_int_equal(sym_overlap_write(run, p.bytes, len), SYM_OK);
        keep(&record, RIG_RESPONDER, &p);
        free(p.bytes);
        assert_int_equal(rig_work(run), SYM_OK);
    }
    assert_int_equal(run->state, OVERLAP_AWAITS_CLOSE);
    sym_overlap_free(run);
    return record;
}

#define ASKED 4500u

static void make_blinded(uint8_t (*blinded)[32])
{
    struct sym_scalar e;
    for (size_t i = 0; i < ASKED; i++) {
        sym_scalar_random(&e);
        memcpy(blinded[i], e.bytes, 32);
    }
}

static int compare_elements(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

/* The same questions in another order get the same bytes. */
static void the_answers_of_a_count_do_not_depend_on_the_order_of_the_questions(void **state)
{
    (void)state;
    struct token_set own;
    struct sym_scalar k;
    uint8_t(*blinded)[32] = calloc(ASKED, 32);
    assert_non_null(blinded);
    token_set_make(&own, 3, 0, 50, 1);
    sym_scalar_random(&k);
    make_blinded(blinded);
    struct record first = answers_to(SYM_KIND_OVERLAP_COUNT, blinded[0], ASKED, &k, &own);
    qsort(blinded, ASKED, 32, compare_elements);
    struct record second = answers_to(SYM_KIND_OVERLAP_COUNT, blinded[0], ASKED, &k, &own);
    assert_int_equal(first.len, second.len);
    assert_memory_equal(first.bytes, second.bytes, first.len);
    free(first.bytes);
    free(second.bytes);
    /* In matches they follow the order. */
    struct record third = answers_to(SYM_KIND_OVERLAP_MATCHES, blinded[0], ASKED, &k, &own);
    struct sym_element *want = calloc(ASKED, sizeof *want);
    assert_non_null(want);
    assert_int_equal(
        sym_oprf_evaluate(want, NULL, &toy_group, (const struct sym_element *)blinded, ASKED, &k),
        SYM_OK);
    assert_memory_equal(third.bytes + 5, want, SYM_OVERLAP_ITEMS_MAX * 32);
    free(want);
    free(third.bytes);
    free(blinded);
    token_set_free(&own);
}

static void tags_are_those_of_the_oprf_in_order(void **state)
{
    (void)state;
    struct token_set own;
    struct sym_scalar k;
    uint8_t blinded[1][32];
    struct sym_span inputs[5000];
    token_set_make(&own, 3, 0, 5000, 1);
    sym_scalar_random(&k);
    memcpy(blinded[0], k.bytes, 32);
    sym_oprf_spans(inputs, own.n, own.digests, 32);
    for (size_t i = 0; i < 2; i++) {
        uint8_t *want = malloc(own.n * 8);
        assert_non_null(want);
        struct sym_oprf_tags tags = {.data = want, .len = 8};
        assert_int_equal(sym_oprf_evaluate_own(tags, NULL, &toy_group, inputs, own.n, &k,
                                               i == 0 ? SYM_OPRF_INPUT : SYM_OPRF_NO_INPUT),
                         SYM_OK);
        sym_sorted_sort(want, own.n, 8);
        struct record got = answers_to(kinds[i], blinded[0], 1, &k, &own);
        const uint8_t *first = got.bytes + 5 + 32;
        assert_int_equal(got.len, 5 + 32 + 5 + 4096 * 8 + 5 + 904 * 8);
        assert_memory_equal(first, "\x03\x00\x00\x10\x00", 5);
        assert_memory_equal(first + 5, want, 4096 * 8);
        assert_memory_equal(first + 5 + 4096 * 8, "\x03\x00\x00\x03\x88", 5);
        assert_memory_equal(first + 10 + 4096 * 8, want + 4096 * 8, 904 * 8);
        free(got.bytes);
        free(want);
    }
    token_set_free(&own);
}

/* Every order of four comes about equally often. */
static void an_initiator_sends_in_random_order(void **state)
{
    (void)state;
    struct token_set own;
    unsigned seen[256] = {0};
    unsigned different = 0;
    token_set_make(&own, 3, 0, 4, 1);
    for (unsigned i = 0; i < 4800; i++) {
        struct sym_overlap_run *run = NULL;
        struct sym_overlap_config c = {.kind = SYM_KIND_OVERLAP_MATCHES,
                                       .with = &toy_group,
                                       .digests = own.digests[0],
                                       .n = 4,
                                       .own_size = 4,
                                       .peer_size = 1};
        struct sym_work work;
        assert_int_equal(sym_overlap_new(&run, &c), SYM_OK);
        assert_true(sym_overlap_work(run, &work));
        assert_int_equal(work.run(work.context, 0, work.n), SYM_OK);
        assert_int_equal(sym_overlap_worked(run, work.context, SYM_OK), SYM_OK);
        const uint32_t *order = run->initiator.order;
        unsigned code = order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3];
        different += seen[code]++ == 0;
        sym_overlap_free(run);
    }
    assert_int_equal(different, 24);
    for (unsigned code = 0; code < 256; code++) {
        assert_true(seen[code] == 0 || (seen[code] > 110 && seen[code] < 290));
    }
    token_set_free(&own);
}

static void watch_count(void *context, int from, struct rig_payload *p)
{
    struct record *record = context;
    record->payloads[from] += p->kind == SYM_EVENT_DATA;
    if (from == RIG_RESPONDER) {
        assert_int_equal(record->payloads[RIG_INITIATOR], 3);
        record->others_began = true;
    }
}

static void in_a_count_nothing_comes_back_before_all_was_asked(void **state)
{
    (void)state;
    struct bout t;
    struct record record = {.from = -1};
    bout_open(&t, SYM_KIND_OVERLAP_COUNT, 9000, 100, 50, unpadded);
    t.rig.tap = watch_count;
    t.rig.tap_context = &record;
    assert_agrees(&t, 50);
    assert_true(record.others_began);
    bout_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answers_of_a_count_do_not_depend_on_the_order_of_the_questions),
        cmocka_unit_test(tags_are_those_of_the_oprf_in_order),
        cmocka_unit_test(an_initiator_sends_in_random_order),
        cmocka_unit_test(in_a_count_nothing_comes_back_before_all_was_asked),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
