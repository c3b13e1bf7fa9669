#include "node/overlap/overlap_set.h"
#include "proto/sorted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A content in the place of datasets.h: tokens that the test lists, some to a segment. */
struct sym_content {
    const uint8_t *types;
    const uint8_t (*digests)[SYM_DIGEST_BYTES];
    size_t n;
    size_t per_segment;
    size_t announced; /* tokens that it says it has, of each type */
    size_t fails_at;  /* segment */
    unsigned released;
};

size_t sym_content_segments(const struct sym_content *c)
{
    return (c->n + c->per_segment - 1) / c->per_segment;
}

uint64_t sym_content_tokens(const struct sym_content *c, enum sym_token_type type)
{
    uint64_t n = 0;
    for (size_t i = 0; c->announced == 0 && i < c->n; i++) {
        n += type == SYM_TOKEN_NONE || c->types[i] == (uint8_t)type;
    }
    return c->announced > 0 ? c->announced : n;
}

enum sym_err sym_content_segment(const struct sym_content *c, size_t at, struct sym_segment *out)
{
    size_t first = at * c->per_segment;
    size_t left = c->n - first;
    if (at == c->fails_at) {
        return SYM_CANCELLED;
    }
    out->n_tokens = left < c->per_segment ? left : c->per_segment;
    out->types = c->types + first;
    out->digests = c->digests + first;
    return SYM_OK;
}

void sym_segment_clear(struct sym_segment *s)
{
    memset(s, 0, sizeof *s);
}

void sym_content_release(struct sym_content *c)
{
    c->released++;
}

static struct sym_loop *loop;
static struct sym_workers *workers;
static struct sym_errands errands;
static struct sym_content content;
static unsigned ended;
static enum sym_err result;

static void open_loop(void)
{
    memset(&errands, 0, sizeof errands);
    ended = 0;
    assert_int_equal(sym_loop_new(&loop), SYM_OK);
    assert_int_equal(sym_workers_new(&workers, loop, 2), SYM_OK);
    errands.workers = workers;
}

static void close_loop(void)
{
    sym_workers_free(workers);
    sym_errands_clear(&errands);
    assert_null(errands.first);
    sym_loop_free(loop);
}

/* A loop that was stopped runs no more. */
static void another_loop(void)
{
    close_loop();
    open_loop();
}

static int set_up(void **state)
{
    (void)state;
    memset(&content, 0, sizeof content);
    content.fails_at = SIZE_MAX;
    open_loop();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_loop();
    return 0;
}

static void on_ready(void *owner, struct sym_overlap_set *set, enum sym_err err)
{
    assert_ptr_equal(owner, &ended);
    assert_non_null(set);
    ended++;
    result = err;
    sym_loop_stop(loop);
}

static bool counts_shared;

static enum sym_err begin(struct sym_overlap_set **set, enum sym_token_type type,
                          enum sym_padding padding, bool keeps)
{
    struct sym_overlap_set_config c = {.loop = loop,
                                       .errands = &errands,
                                       .content = &content,
                                       .type = type,
                                       .padding = padding,
                                       .keeps_content = keeps,
                                       .counts_shared = counts_shared};
    return sym_overlap_set_new(set, &c, on_ready, &ended);
}

static struct sym_overlap_set *prepare(enum sym_token_type type, enum sym_err wanted)
{
    struct sym_overlap_set *set = NULL;
    assert_int_equal(begin(&set, type, SYM_PADDING_NONE, false), SYM_OK);
    assert_int_equal(ended, 0);
    assert_int_equal(sym_loop_run(loop), SYM_OK);
    assert_int_equal(ended, 1);
    assert_int_equal(result, wanted);
    return set;
}

/* n tokens of types 1 and 2 in turn, of which only `distinct` differ. */
static void fill(uint8_t *types, uint8_t (*digests)[SYM_DIGEST_BYTES], size_t n, size_t distinct)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t number[8];
        types[i] = (uint8_t)(i % distinct % 2 + 1);
        sym_put_u64(number, i % distinct);
        struct sym_span part = sym_span(number, sizeof number);
        sym_digest(digests[i], "symbolon-tests-1", &part, 1);
    }
    content.types = types;
    content.digests = (const uint8_t(*)[SYM_DIGEST_BYTES])digests;
    content.n = n;
    content.per_segment = 4096;
}

static bool holds(const uint8_t *digests, size_t n, const uint8_t *wanted)
{
    return sym_sorted_has(digests, n, SYM_DIGEST_BYTES, wanted);
}

static void holds_each_token_once_ascending(void **state)
{
    (void)state;
    enum { N = 30000, DISTINCT = 20000 };
    uint8_t *types = malloc(N);
    uint8_t(*digests)[SYM_DIGEST_BYTES] = malloc((size_t)N * SYM_DIGEST_BYTES);
    fill(types, digests, N, DISTINCT);
    struct sym_overlap_set *set = prepare(SYM_TOKEN_NONE, SYM_OK);
    size_t n = 0;
    const uint8_t *got = sym_overlap_set_digests(set, &n);
    assert_int_equal(n, DISTINCT);
    assert_int_equal(sym_overlap_set_size(set), DISTINCT);
    assert_int_equal(sym_sorted_break(got, n, SYM_DIGEST_BYTES, true), n);
    for (size_t i = 0; i < N; i++) {
        assert_true(holds(got, n, digests[i]));
    }
    assert_int_equal(content.released, 1);
    sym_overlap_set_free(set);
    assert_int_equal(content.released, 1);
    free(types);
    free(digests);
}

static void counts_tokens_that_several_records_have(void **state)
{
    (void)state;
    enum { N = 25000, DISTINCT = 10000 }; /* half of them three times, half twice */
    uint8_t *types = malloc(N);
    uint8_t(*digests)[SYM_DIGEST_BYTES] = malloc((size_t)N * SYM_DIGEST_BYTES);
    fill(types, digests, N, DISTINCT);
    memset(digests[0], 0x77, SYM_DIGEST_BYTES); /* one each of these */
    memset(digests[DISTINCT], 0x78, SYM_DIGEST_BYTES);
    memset(digests[(size_t)2 * DISTINCT], 0x79, SYM_DIGEST_BYTES);
    counts_shared = true;
    struct sym_overlap_set *set = prepare(SYM_TOKEN_NONE, SYM_OK);
    counts_shared = false;
    struct sym_shared_digests shared = sym_overlap_set_shared(set);
    assert_int_equal(shared.n, DISTINCT - 1);
    assert_int_equal(sym_sorted_break(shared.digests, shared.n, SYM_DIGEST_BYTES, true), shared.n);
    size_t total = 0;
    for (size_t i = 0; i < shared.n; i++) {
        assert_in_range(shared.times[i], 2, 3);
        total += shared.times[i];
    }
    assert_int_equal(total, N - 3);
    assert_false(holds(shared.digests, shared.n, digests[0]));
    assert_true(holds(shared.digests, shared.n, digests[1]));
    sym_overlap_set_free(set);
    free(types);
    free(digests);
}

static void counts_none_unless_asked(void **state)
{
    (void)state;
    enum { N = 100 };
    uint8_t types[N];
    static uint8_t digests[N][SYM_DIGEST_BYTES];
    fill(types, digests, N, 10);
    struct sym_overlap_set *set = prepare(SYM_TOKEN_NONE, SYM_OK);
    assert_int_equal(sym_overlap_set_shared(set).n, 0);
    sym_overlap_set_free(set);
    fill(types, digests, N, N);
    another_loop();
    counts_shared = true;
    set = prepare(SYM_TOKEN_NONE, SYM_OK);
    counts_shared = false;
    assert_int_equal(sym_overlap_set_shared(set).n, 0);
    sym_overlap_set_free(set);
}

static void holds_tokens_of_the_type_that_was_chosen_only(void **state)
{
    (void)state;
    enum { N = 5000 };
    uint8_t types[N];
    static uint8_t digests[N][SYM_DIGEST_BYTES];
    fill(types, digests, N, N);
    struct sym_overlap_set *set = prepare(SYM_TOKEN_ACCOUNT, SYM_OK);
    size_t n = 0;
    const uint8_t *got = sym_overlap_set_digests(set, &n);
    assert_int_equal(n, N / 2);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(holds(got, n, digests[i]), types[i] == SYM_TOKEN_ACCOUNT);
    }
    sym_overlap_set_free(set);
}

static void may_be_empty_or_hold_one(void **state)
{
    (void)state;
    uint8_t types[1];
    uint8_t digests[1][SYM_DIGEST_BYTES];
    size_t n = 7;
    fill(types, digests, 1, 1);
    struct sym_overlap_set *set = prepare(SYM_TOKEN_WALLET, SYM_OK);
    assert_non_null(sym_overlap_set_digests(set, &n));
    assert_int_equal(n, 0);
    assert_int_equal(sym_overlap_set_size(set), 0);
    sym_overlap_set_free(set);
    another_loop();
    set = prepare(SYM_TOKEN_NONE, SYM_OK);
    assert_memory_equal(sym_overlap_set_digests(set, &n), digests[0], SYM_DIGEST_BYTES);
    assert_int_equal(n, 1);
    sym_overlap_set_free(set);
    another_loop();
    content.n = 0;
    set = prepare(SYM_TOKEN_NONE, SYM_OK);
    assert_int_equal(sym_overlap_set_size(set), 0);
    sym_overlap_set_free(set);
}

static void keeps_the_content_when_asked_to(void **state)
{
    (void)state;
    uint8_t types[3];
    uint8_t digests[3][SYM_DIGEST_BYTES];
    struct sym_overlap_set *set = NULL;
    fill(types, digests, 3, 3);
    assert_int_equal(begin(&set, SYM_TOKEN_NONE, SYM_PADDING_POWER_OF_TWO, true), SYM_OK);
    assert_int_equal(sym_loop_run(loop), SYM_OK);
    assert_ptr_equal(sym_overlap_set_content(set), &content);
    assert_int_equal(content.released, 0);
    assert_int_equal(sym_overlap_set_size(set), 4);
    sym_overlap_set_free(set);
    assert_int_equal(content.released, 1);
}

static void pads_to_the_next_power_of_two(void **state)
{
    (void)state;
    const uint32_t cases[][2] = {
        {0, 1}, {1, 1}, {2, 2}, {3, 4}, {4096, 4096}, {4097, 8192}, {SYM_SET_MAX, SYM_SET_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(sym_padded_size(cases[i][0], SYM_PADDING_POWER_OF_TWO), cases[i][1]);
        assert_int_equal(sym_padded_size(cases[i][0], SYM_PADDING_NONE), cases[i][0]);
    }
}

/* Is a token whose digest stands at one of these indices marked, and no other? */
static void marks(const struct sym_overlap_set *set, const uint8_t *own, const uint32_t *indices,
                  size_t n, size_t tokens)
{
    struct sym_matched matched = sym_overlap_set_matched(set);
    assert_int_equal(matched.n, n);
    for (size_t i = 0; i < tokens; i++) {
        bool wanted = false;
        for (size_t k = 0; k < n && !wanted; k++) {
            wanted = memcmp(own + indices[k] * SYM_DIGEST_BYTES, content.digests[i],
                            SYM_DIGEST_BYTES) == 0;
        }
        assert_int_equal(matched.tokens[i / 64] >> i % 64 & 1, wanted);
    }
}

/* Of 250 tokens over four segments some digests come three times, and only some types count. */
static void notes_which_tokens_matched(void **state)
{
    (void)state;
    enum { N = 250, DISTINCT = 100 };
    static const uint32_t some[] = {0, 1, 2, 17, 48, 49};
    const enum sym_token_type chosen[] = {SYM_TOKEN_NONE, SYM_TOKEN_NONE, SYM_TOKEN_ACCOUNT};
    const size_t wanted[] = {6, 0, 6};
    uint8_t types[N];
    static uint8_t digests[N][SYM_DIGEST_BYTES];
    fill(types, digests, N, DISTINCT);
    content.per_segment = 70;
    for (size_t i = 0; i < 3; i++) {
        struct sym_overlap_set *set = NULL;
        size_t n = 0;
        another_loop();
        assert_int_equal(begin(&set, chosen[i], SYM_PADDING_NONE, true), SYM_OK);
        assert_int_equal(sym_loop_run(loop), SYM_OK);
        assert_int_equal(result, SYM_OK);
        const uint8_t *own = sym_overlap_set_digests(set, &n);
        assert_int_equal(n, chosen[i] == SYM_TOKEN_NONE ? DISTINCT : DISTINCT / 2);
        assert_int_equal(sym_sorted_break(own, n, SYM_DIGEST_BYTES, true), n);
        uint8_t *kept = malloc(n * SYM_DIGEST_BYTES);
        assert_non_null(kept);
        memcpy(kept, own, n * SYM_DIGEST_BYTES);
        sym_overlap_set_match(set, some, wanted[i]);
        marks(set, kept, some, wanted[i], N);
        (void)sym_overlap_set_digests(set, &n);
        assert_int_equal(n, 0);
        sym_overlap_set_free(set);
        free(kept);
    }
}

static void fails_when_a_record_is_forgotten_meanwhile(void **state)
{
    (void)state;
    uint8_t types[10];
    uint8_t digests[10][SYM_DIGEST_BYTES];
    fill(types, digests, 10, 10);
    content.per_segment = 4;
    content.fails_at = 1;
    struct sym_overlap_set *set = prepare(SYM_TOKEN_NONE, SYM_CANCELLED);
    sym_overlap_set_free(set);
    assert_int_equal(content.released, 1);
}

static void refuses_more_than_an_exchange_may_have(void **state)
{
    (void)state;
    struct sym_overlap_set *set = NULL;
    content.per_segment = 1;
    content.announced = (size_t)SYM_SET_MAX + 1;
    assert_int_equal(begin(&set, SYM_TOKEN_NONE, SYM_PADDING_NONE, false), SYM_LIMIT);
    assert_null(set);
    assert_int_equal(content.released, 0);
}

static void refuses_a_content_with_more_tokens_than_it_said(void **state)
{
    (void)state;
    uint8_t types[10];
    uint8_t digests[10][SYM_DIGEST_BYTES];
    fill(types, digests, 10, 10);
    content.announced = 9;
    sym_overlap_set_free(prepare(SYM_TOKEN_NONE, SYM_INTERNAL));
}

static void stop_soon(void *owner)
{
    (void)owner;
    sym_loop_stop(loop);
}

/* Also while a work is out, and when the pool never finishes it. */
static void can_be_freed_at_any_time(void **state)
{
    (void)state;
    enum { N = 60000 };
    uint8_t *types = malloc(N);
    uint8_t(*digests)[SYM_DIGEST_BYTES] = malloc((size_t)N * SYM_DIGEST_BYTES);
    fill(types, digests, N, N);
    for (uint64_t delay_ms = 0; delay_ms < 24; delay_ms++) {
        struct sym_overlap_set *set = NULL;
        struct sym_timer *timer = NULL;
        another_loop();
        assert_int_equal(begin(&set, SYM_TOKEN_NONE, SYM_PADDING_NONE, false), SYM_OK);
        assert_int_equal(sym_loop_timer(loop, &timer, delay_ms, stop_soon, NULL), SYM_OK);
        assert_int_equal(sym_loop_run(loop), SYM_OK);
        sym_overlap_set_free(set);
        sym_timer_remove(&timer);
    }
    free(types);
    free(digests);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(holds_each_token_once_ascending, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_tokens_that_several_records_have, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_none_unless_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(holds_tokens_of_the_type_that_was_chosen_only, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(may_be_empty_or_hold_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_the_content_when_asked_to, set_up, tear_down),
        cmocka_unit_test(pads_to_the_next_power_of_two),
        cmocka_unit_test_setup_teardown(notes_which_tokens_matched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fails_when_a_record_is_forgotten_meanwhile, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(refuses_more_than_an_exchange_may_have, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_content_with_more_tokens_than_it_said, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(can_be_freed_at_any_time, set_up, tear_down),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
