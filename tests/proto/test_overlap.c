/* Two machines agree: with plain intersection, in any order of works, and on what they tell. */
#include "proto/overlap_state.h"

#include "tests/support/overlap_rig.h"
#include "tests/support/pair.h"
#include "tests/support/toy_group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static const enum sym_kind kinds[] = {SYM_KIND_OVERLAP_MATCHES, SYM_KIND_OVERLAP_COUNT};
static const struct rig_sizes unpadded = {0, 0};

static const struct sym_ristretto *ristretto(void)
{
    const struct sym_ristretto *with = NULL;
    assert_int_equal(sym_ristretto_choose(&with, NULL), SYM_OK);
    return with;
}

/* Two sets and how they are compared. */
struct bout {
    struct token_set a, b;
    struct rig rig;
};

static void bout_open(struct bout *t, enum sym_kind kind, size_t a, size_t b, size_t common,
                      struct rig_sizes sizes)
{
    token_set_make(&t->a, a + b, common, a - common, 0);
    token_set_make(&t->b, a + b, common, b - common, 1);
    rig_open(&t->rig, kind, &toy_group, &t->a, &t->b, sizes);
}

static void bout_close(struct bout *t)
{
    rig_close(&t->rig);
    token_set_free(&t->a);
    token_set_free(&t->b);
}

static void assert_agrees(struct bout *t, size_t common)
{
    struct sym_overlap_result result;
    uint32_t *want = calloc(t->a.n + 1, sizeof *want);
    assert_non_null(want);
    assert_int_equal(token_set_meet(&t->a, &t->b, want), common);
    rig_run(&t->rig);
    assert_int_equal(t->rig.err, SYM_OK);
    assert_true(rig_done(&t->rig));
    assert_int_equal(sym_overlap_result(t->rig.runs[RIG_INITIATOR], &result), SYM_OK);
    assert_int_equal(result.common, common);
    if (t->rig.runs[RIG_INITIATOR]->matches) {
        assert_memory_equal(result.matches, want, common * sizeof *want);
    } else {
        assert_null(result.matches);
    }
    free(want);
}

static void agrees(size_t a, size_t b, size_t common)
{
    for (size_t k = 0; k < 2; k++) {
        struct bout t;
        bout_open(&t, kinds[k], a, b, common, unpadded);
        assert_agrees(&t, common);
        bout_close(&t);
    }
}

/* Agreement ------------------------------------------------------------------------------------
 */

static void small_sets_meet_as_they_should(void **state)
{
    (void)state;
    for (size_t a = 1; a < 6; a++) {
        for (size_t b = 0; b < 6; b++) {
            for (size_t common = 0; common <= (a < b ? a : b); common++) {
                agrees(a, b, common);
            }
        }
    }
}

static void none_one_and_all_in_common(void **state)
{
    (void)state;
    agrees(2000, 3000, 0);
    agrees(2000, 3000, 1);
    agrees(2000, 2000, 2000);
    agrees(3000, 5000, 1234);
}

static void one_against_many_and_many_against_one(void **state)
{
    (void)state;
    agrees(1, 20000, 0);
    agrees(1, 20000, 1);
    agrees(20000, 1, 0);
    agrees(20000, 1, 1);
}

static void sets_that_just_fill_frames_and_windows(void **state)
{
    (void)state;
    size_t frame = SYM_OVERLAP_ITEMS_MAX;
    size_t window = frame * SYM_OVERLAP_WINDOW;
    agrees(frame - 1, frame + 1, 100);
    agrees(frame, frame, 100);
    agrees(frame + 1, 2 * frame, frame);
    agrees(window, 10, 5);
    agrees(window + 1, 10, 5);
    agrees(window + 2 * frame + 7, 2 * frame + 9, 77);
}

static void the_real_group_gives_the_same_answers(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct bout t = {.rig.seed = 0};
        token_set_make(&t.a, 7, 41, 59, 0);
        token_set_make(&t.b, 7, 41, 109, 1);
        rig_open(&t.rig, kinds[k], ristretto(), &t.a, &t.b, unpadded);
        assert_agrees(&t, 41);
        bout_close(&t);
    }
}

static void threads_give_the_same_answers(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct bout t;
        bout_open(&t, kinds[k], 9000, 13000, 777, unpadded);
        t.rig.crew = crew_new(3);
        assert_agrees(&t, 777);
        struct crew *crew = t.rig.crew;
        bout_close(&t);
        crew_free(crew);
    }
}

/* Two links, each with room for one payload, shared by an exchange in either direction. */
static void exchanges_in_opposite_directions_do_not_lock_each_other_up(void **state)
{
    (void)state;
    struct bout t[2];
    struct {
        bool full;
        size_t bout;
        struct rig_payload payload;
    } links[2] = {{.full = false}};
    uint8_t *room[2] = {malloc(RIG_PAYLOAD_BYTES), malloc(RIG_PAYLOAD_BYTES)};
    assert_true(room[0] != NULL && room[1] != NULL);
    for (size_t i = 0; i < 2; i++) {
        bout_open(&t[i], SYM_KIND_OVERLAP_MATCHES, 40000, 100, 50, unpadded);
    }
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t turn = 0; turn < 4; turn++) {
            size_t i = turn >> 1;
            int side = (int)(turn & 1);
            size_t link = (size_t)side ^ i; /* the node that holds this side */
            struct sym_overlap_run *run = t[i].rig.runs[side];
            assert_int_equal(rig_work(run), SYM_OK);
            size_t len = 0;
            enum sym_overlap_step step = sym_overlap_step(run, &len);
            if (step != SYM_OVERLAP_WAIT && !links[link].full) {
                links[link].full = moved = true;
                links[link].bout = i;
                links[link].payload.kind =
                    step == SYM_OVERLAP_CLOSE ? SYM_EVENT_CLOSED : SYM_EVENT_DATA;
                links[link].payload.len = len;
                assert_int_equal(sym_overlap_write(run, room[link], len), SYM_OK);
            }
        }
        for (size_t link = 0; link < 2; link++) {
            if (links[link].full) {
                struct rig *r = &t[links[link].bout].rig;
                struct sym_overlap_run *to = r->runs[1 - (link ^ links[link].bout)];
                assert_int_equal(sym_overlap_take(to, links[link].payload.kind,
                                                  sym_span(room[link], links[link].payload.len)),
                                 SYM_OK);
                links[link].full = false;
                moved = true;
            }
        }
    }
    for (size_t i = 0; i < 2; i++) {
        assert_agrees(&t[i], 50);
        bout_close(&t[i]);
        free(room[i]);
    }
}

/* Inside two sessions, as a node runs it. */
static void an_overlap_runs_inside_two_sessions(void **state)
{
    (void)state;
    struct bout t;
    struct pair p;
    bout_open(&t, SYM_KIND_OVERLAP_MATCHES, 5000, 6000, 42, unpadded);
    pair_open(&p, true);
    pair_ask(&p);
    pair_pass(&p, p.responder, SYM_EVENT_REQUESTED);
    pair_answer(&p, SYM_DECISION_GRANTED);
    pair_pass(&p, p.initiator, SYM_EVENT_ANSWERED);
    assert_int_equal(sym_session_confirm(p.initiator), SYM_OK);
    struct sym_session *sessions[2] = {p.initiator, p.responder};
    for (int side = 0, idle = 0; idle < 2; side = 1 - side) {
        struct sym_overlap_run *run = t.rig.runs[side];
        size_t len = 0;
        assert_int_equal(rig_work(run), SYM_OK);
        enum sym_overlap_step step = sym_overlap_step(run, &len);
        idle = step == SYM_OVERLAP_WAIT ? idle + 1 : 0;
        if (step == SYM_OVERLAP_WAIT) {
            continue;
        }
        assert_int_equal(sym_overlap_write(run, p.frame + SYM_FRAME_HEAD_BYTES, len), SYM_OK);
        if (step == SYM_OVERLAP_CLOSE) {
            pair_end(&p, sessions[side]);
        } else {
            assert_int_equal(sym_session_seal(sessions[side], p.frame, len), SYM_OK);
            p.len = SYM_FRAME_HEAD_BYTES + len + SYM_FRAME_TAIL_BYTES;
        }
        assert_int_equal(pair_give(&p, sessions[1 - side]), SYM_OK);
        assert_int_equal(sym_overlap_take(t.rig.runs[1 - side], p.event.kind, p.event.data),
                         SYM_OK);
    }
    assert_int_equal(sym_session_state(p.initiator), SYM_SESSION_ENDED);
    assert_int_equal(sym_session_state(p.responder), SYM_SESSION_ENDED);
    assert_agrees(&t, 42);
    pair_close(&p);
    bout_close(&t);
}

/* Padding --------------------------------------------------------------------------------------
 */

static void padding_changes_no_answer(void **state)
{
    (void)state;
    static const struct rig_sizes sizes[] = {{4096, 0}, {0, 4096}, {4096, 4096}, {5000, 10000}};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            struct bout t;
            bout_open(&t, kinds[k], 700, 900, 333, sizes[i]);
            assert_agrees(&t, 333);
            bout_close(&t);
        }
    }
}

static void empty_sets_hide_behind_padding(void **state)
{
    (void)state;
    struct rig_sizes sizes = {64, 32};
    for (size_t k = 0; k < 2; k++) {
        for (size_t full = 0; full < 4; full++) {
            struct bout t;
            bout_open(&t, kinds[k], (full & 1) * 9, (full >> 1) * 9, full == 3 ? 5 : 0, sizes);
            assert_agrees(&t, full == 3 ? 5 : 0);
            assert_int_equal(t.rig.bytes[RIG_INITIATOR], 5 + 64 * 32);
            assert_int_equal(t.rig.bytes[RIG_RESPONDER], 5 + 64 * 32 + 5 + 32 * 8);
            bout_close(&t);
        }
    }
}

static void what_is_sent_depends_on_the_padded_sizes_only(void **state)
{
    (void)state;
    struct rig_sizes sizes = {9000, 5000};
    static const size_t own[][3] = {{1, 1, 0}, {9000, 5000, 5000}, {4000, 10, 3}};
    for (size_t i = 0; i < 3; i++) {
        struct bout t;
        bout_open(&t, SYM_KIND_OVERLAP_MATCHES, own[i][0], own[i][1], own[i][2], sizes);
        assert_agrees(&t, own[i][2]);
        assert_int_equal(t.rig.payloads[RIG_INITIATOR], 3);
        assert_int_equal(t.rig.payloads[RIG_RESPONDER], 3 + 2);
        assert_int_equal(t.rig.bytes[RIG_INITIATOR], 3 * 5 + 9000 * 32);
        assert_int_equal(t.rig.bytes[RIG_RESPONDER], 3 * 5 + 9000 * 32 + 2 * 5 + 5000 * 9);
        bout_close(&t);
    }
}

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

/* Works ----------------------------------------------------------------------------------------
 */

static void works_are_few_and_short(void **state)
{
    (void)state;
    struct bout t;
    bout_open(&t, SYM_KIND_OVERLAP_MATCHES, 50000, 70000, 5, unpadded);
    for (int side = 0; side < 2; side++) {
        struct sym_overlap_run *run = t.rig.runs[side];
        struct sym_work works[SYM_WORKS_OUT_MAX];
        size_t n = 0;
        while (n < SYM_WORKS_OUT_MAX && sym_overlap_work(run, &works[n])) {
            assert_true(works[n].n > 0 && works[n].n <= 65536 && works[n].grain > 0);
            n++;
            assert_int_equal(sym_overlap_works_out(run), n);
        }
        /* shuffling is alone; half of the works are left for answers */
        assert_int_equal(n, side == RIG_INITIATOR ? 1 : OVERLAP_OWN_WORKS_MAX);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(works[i].run(works[i].context, 0, works[i].n), SYM_OK);
            assert_int_equal(sym_overlap_worked(run, works[i].context, SYM_OK), SYM_OK);
        }
    }
    struct sym_work work;
    for (size_t i = 0; i < SYM_WORKS_OUT_MAX; i++) {
        assert_true(sym_overlap_work(t.rig.runs[RIG_INITIATOR], &work));
    }
    assert_false(sym_overlap_work(t.rig.runs[RIG_INITIATOR], &work));
    bout_close(&t);
}

/* The last of three frames is done first, and leaves last. */
static void frames_leave_in_order_whatever_the_order_of_works(void **state)
{
    (void)state;
    struct bout t;
    struct sym_work works[3];
    size_t len = 0;
    bout_open(&t, SYM_KIND_OVERLAP_MATCHES, 8193, 1, 0, unpadded);
    struct sym_overlap_run *run = t.rig.runs[RIG_INITIATOR];
    assert_true(sym_overlap_work(run, &works[0]));
    assert_int_equal(works[0].run(works[0].context, 0, 1), SYM_OK);
    assert_int_equal(sym_overlap_worked(run, works[0].context, SYM_OK), SYM_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_true(sym_overlap_work(run, &works[i]));
        assert_int_equal(works[i].run(works[i].context, 0, works[i].n), SYM_OK);
    }
    for (size_t i = 3; i-- > 0;) {
        assert_int_equal(sym_overlap_step(run, &len), SYM_OVERLAP_WAIT);
        assert_int_equal(sym_overlap_worked(run, works[i].context, SYM_OK), SYM_OK);
    }
    for (size_t i = 0; i < 3; i++) {
        uint8_t *payload = malloc(RIG_PAYLOAD_BYTES);
        assert_non_null(payload);
        assert_int_equal(sym_overlap_step(run, &len), SYM_OVERLAP_DATA);
        assert_int_equal(len, i < 2 ? 5 + 4096 * 32 : 5 + 32);
        assert_int_equal(sym_overlap_write(run, payload, len), SYM_OK);
        assert_memory_equal(payload, i < 2 ? "\1\0\0\x10\0" : "\1\0\0\0\1", 5);
        assert_memory_equal(payload + 5, run->window + i * 4096, len - 5);
        free(payload);
    }
    bout_close(&t);
}

static void no_more_than_a_window_is_on_its_way_unanswered(void **state)
{
    (void)state;
    struct bout t;
    uint8_t *payload = malloc(RIG_PAYLOAD_BYTES);
    size_t sent[2] = {0, 0};
    assert_non_null(payload);
    for (size_t k = 0; k < 2; k++) {
        bout_open(&t, kinds[k], (SYM_OVERLAP_WINDOW + 3) * SYM_OVERLAP_ITEMS_MAX, 1, 0, unpadded);
        struct sym_overlap_run *run = t.rig.runs[RIG_INITIATOR];
        size_t len = 0;
        for (;; sent[k]++) {
            assert_int_equal(rig_work(run), SYM_OK);
            if (sym_overlap_step(run, &len) == SYM_OVERLAP_WAIT) {
                break;
            }
            assert_int_equal(sym_overlap_write(run, payload, len), SYM_OK);
        }
        bout_close(&t);
    }
    assert_int_equal(sent[0], SYM_OVERLAP_WINDOW);
    assert_int_equal(sent[1], SYM_OVERLAP_WINDOW + 3); /* in count the responder holds them all */
    free(payload);
}

/* Memory, time, endings ------------------------------------------------------------------------
 */

static size_t allocated(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* Sanitizers and valgrind have allocators of their own, which tell nothing: then 0 is compared. */
static void memory_stays_within_what_the_header_says(void **state)
{
    (void)state;
    size_t n = 1u << 16;
    size_t window = SYM_OVERLAP_WINDOW * SYM_OVERLAP_ITEMS_MAX * 32;
    for (size_t k = 0; k < 2; k++) {
        for (int side = 0; side < 2; side++) {
            struct token_set own;
            struct sym_overlap_run *run = NULL;
            token_set_make(&own, 1, n, 0, 0);
            struct sym_overlap_config c = {.kind = kinds[k],
                                           .role = side == RIG_INITIATOR ? SYM_SESSION_INITIATOR
                                                                         : SYM_SESSION_RESPONDER,
                                           .with = &toy_group,
                                           .digests = own.digests[0],
                                           .n = n,
                                           .own_size = (uint32_t)n,
                                           .peer_size = (uint32_t)n};
            size_t fixed = k == 0 ? window + 65536 : 65536;
            size_t before = allocated();
            assert_int_equal(sym_overlap_new(&run, &c), SYM_OK);
            size_t per_element = side == RIG_INITIATOR ? (k == 0 ? 25 : 36) : (k == 0 ? 20 : 32);
            size_t tags = side == RIG_INITIATOR && k == 0 ? 2 * 9 : 9;
            assert_true(allocated() - before <= (per_element + tags) * n + fixed);
            assert_true(per_element + tags <= 100);
            sym_overlap_free(run);
            token_set_free(&own);
        }
    }
}

static void a_run_allocates_nothing_more_but_its_result(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct bout t;
        size_t len = 0;
        bout_open(&t, kinds[k], 9000, 9000, 4000, unpadded);
        uint8_t *payload = malloc(RIG_PAYLOAD_BYTES);
        assert_non_null(payload);
        size_t before = allocated();
        for (int side = 0, idle = 0; idle < 2; side = 1 - side) {
            struct sym_overlap_run *run = t.rig.runs[side];
            assert_int_equal(rig_work(run), SYM_OK);
            enum sym_overlap_step step = sym_overlap_step(run, &len);
            idle = step == SYM_OVERLAP_WAIT ? idle + 1 : 0;
            if (step != SYM_OVERLAP_WAIT) {
                assert_int_equal(sym_overlap_write(run, payload, len), SYM_OK);
                assert_int_equal(
                    sym_overlap_take(t.rig.runs[1 - side],
                                     step == SYM_OVERLAP_DATA ? SYM_EVENT_DATA : SYM_EVENT_CLOSED,
                                     sym_span(payload, len)),
                    SYM_OK);
            }
            assert_true(allocated() <= before + 4000 * sizeof(uint32_t) + 64);
        }
        free(payload);
        assert_agrees(&t, 4000);
        bout_close(&t);
    }
}

static void progress_grows_to_its_total(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct bout t;
        uint64_t done[2] = {0, 0};
        bout_open(&t, kinds[k], 5000, 6000, 1000, unpadded);
        do {
            for (int side = 0; side < 2; side++) {
                struct sym_overlap_progress p = sym_overlap_progress(t.rig.runs[side]);
                assert_int_equal(p.total, side == 0 ? 3 * 5000 + 6000 : 2 * 5000 + 2 * 6000);
                assert_true(p.done >= done[side] && p.done <= p.total);
                done[side] = p.done;
            }
        } while (rig_step(&t.rig));
        assert_int_equal(done[0], 3 * 5000 + 6000);
        assert_int_equal(done[1], 2 * 5000 + 2 * 6000);
        bout_close(&t);
    }
}

static void secrets_go_before_the_run_does(void **state)
{
    (void)state;
    struct bout t;
    bout_open(&t, SYM_KIND_OVERLAP_MATCHES, 10, 10, 3, unpadded);
    assert_int_equal(t.rig.runs[0]->scalar.len, SYM_SCALAR_BYTES);
    assert_int_equal(t.rig.runs[1]->scalar.len, SYM_SCALAR_BYTES);
    assert_false(sym_equal(t.rig.runs[0]->scalar.data, t.rig.runs[1]->scalar.data, 32));
    assert_agrees(&t, 3);
    assert_int_equal(t.rig.runs[0]->scalar.len, 0);
    assert_int_equal(t.rig.runs[1]->scalar.len, 0);
    bout_close(&t);
}

/* Each prefix of a whole exchange; leaks and late touches are what the sanitizers look for. */
static void can_be_stopped_after_every_step(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        bool done = false;
        for (size_t steps = 0; !done; steps++) {
            struct bout t;
            bout_open(&t, kinds[k], 6, 5, 3, unpadded);
            for (size_t i = 0; i < steps && rig_step(&t.rig); i++) {
            }
            done = rig_done(&t.rig);
            assert_int_equal(t.rig.err, SYM_OK);
            assert_true(steps < 1000);
            bout_close(&t);
        }
    }
}

static void can_be_stopped_while_threads_work(void **state)
{
    (void)state;
    struct crew *crew = crew_new(2);
    for (size_t steps = 0; steps < 60; steps += 3) {
        struct bout t;
        bout_open(&t, kinds[steps & 1], 9000, 9000, 3, unpadded);
        t.rig.crew = crew;
        for (size_t i = 0; i < steps && rig_step(&t.rig); i++) {
        }
        bout_close(&t);
    }
    crew_free(crew);
}

static int set_up(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_sets_meet_as_they_should),
        cmocka_unit_test(none_one_and_all_in_common),
        cmocka_unit_test(one_against_many_and_many_against_one),
        cmocka_unit_test(sets_that_just_fill_frames_and_windows),
        cmocka_unit_test(the_real_group_gives_the_same_answers),
        cmocka_unit_test(threads_give_the_same_answers),
        cmocka_unit_test(exchanges_in_opposite_directions_do_not_lock_each_other_up),
        cmocka_unit_test(an_overlap_runs_inside_two_sessions),
        cmocka_unit_test(padding_changes_no_answer),
        cmocka_unit_test(empty_sets_hide_behind_padding),
        cmocka_unit_test(what_is_sent_depends_on_the_padded_sizes_only),
        cmocka_unit_test(the_answers_of_a_count_do_not_depend_on_the_order_of_the_questions),
        cmocka_unit_test(tags_are_those_of_the_oprf_in_order),
        cmocka_unit_test(an_initiator_sends_in_random_order),
        cmocka_unit_test(in_a_count_nothing_comes_back_before_all_was_asked),
        cmocka_unit_test(works_are_few_and_short),
        cmocka_unit_test(frames_leave_in_order_whatever_the_order_of_works),
        cmocka_unit_test(no_more_than_a_window_is_on_its_way_unanswered),
        cmocka_unit_test(memory_stays_within_what_the_header_says),
        cmocka_unit_test(a_run_allocates_nothing_more_but_its_result),
        cmocka_unit_test(progress_grows_to_its_total),
        cmocka_unit_test(secrets_go_before_the_run_does),
        cmocka_unit_test(can_be_stopped_after_every_step),
        cmocka_unit_test(can_be_stopped_while_threads_work),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
