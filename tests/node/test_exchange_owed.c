/* What a peer leaves open at this node: how much there can be of it, how much is told at once, and
 * that a peer which says its words is answered again. */
#include "tests/node/exchange_rig.c"

#include "proto/codec.h"
#include "proto/evidence.h"
#include "proto/ping.h"
#include "tests/node/asking_peer.h"

/* More than is told or heard at one meeting. */
#define MANY (2u * SYM_OPENS_HEARD_MAX)

static struct exchange_rig *rig;
static unsigned from;
static unsigned to;

static int set_up(void **state)
{
    static uint8_t parameters[64];
    size_t len = 0;
    const struct sym_ping p = {.bytes = 0};
    (void)state;
    rig = exchange_rig_open(NULL);
    assert_int_equal(sym_encode(parameters, sizeof parameters, &len, &sym_msg_ping, &p), SYM_OK);
    asking_begin(SYM_KIND_PING, sym_span(parameters, len), ASKING_BREAKS);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    asking_clear();
    exchange_rig_close(rig);
    return 0;
}

/* Rows of exchanges that side 1 has asked for, number i of them, with the word of `signer`. */
static struct sym_statement word_of(unsigned i, unsigned signer)
{
    struct sym_statement st = {.is_abort = true,
                               .initiator = rig->sides[1].self.id,
                               .responder = rig->sides[0].self.id,
                               .signer = rig->sides[signer].self.id,
                               .request_hash = {2},
                               .time_ms = sym_wall_ms(),
                               .reason = SYM_REASON_CANCELLED};
    assert_int_equal(sym_statement_forget(&st), SYM_OK);
    sym_put_u64(st.exchange_id, i);
    sym_put_u64(st.request_hash, i);
    return st;
}

static enum sym_err put_opens(struct sym_transaction *t, void *context)
{
    struct rig_side *s = context;
    enum sym_err err = SYM_OK;
    for (unsigned i = from; err == SYM_OK && i < to; i++) {
        const struct sym_statement st = word_of(i, 0);
        const struct sym_open o = {.id = st.exchange_id,
                                   .handle = st.exchange_id,
                                   .peer = &rig->sides[1].self.id,
                                   .request_hash = st.request_hash};
        err = sym_opens_begin(s->opens, t, &o);
        if (err == SYM_OK) {
            err = sym_opens_state(s->opens, t, &st);
        }
    }
    return err;
}

static void leave_open(unsigned first, unsigned n)
{
    from = first;
    to = first + n;
    assert_int_equal(sym_store_write(rig->sides[0].room.store, put_opens, &rig->sides[0]), SYM_OK);
}

static size_t owed(void)
{
    return sym_opens_count(rig->sides[0].opens, &rig->sides[1].self.id);
}

/* The peer's word about number i, signed. */
static struct sym_span their_word(uint8_t out[SYM_STATEMENT_BYTES], unsigned i)
{
    const struct sym_statement st = word_of(i, 1);
    size_t len = 0;
    assert_int_equal(
        sym_statement_write(out, SYM_STATEMENT_BYTES, &len, &st, &rig->sides[1].self.keys.identity),
        SYM_OK);
    return sym_span(out, len);
}

static void say_word(unsigned i)
{
    uint8_t bytes[SYM_STATEMENT_BYTES];
    struct sym_fault fault = {.text = ""};
    struct sym_span answer;
    const struct partner *peer = &rig->sides[1].self;
    assert_int_equal(sym_opens_take(rig->sides[0].opens, &peer->id, peer->card.identity,
                                    their_word(bytes, i), &answer, &fault),
                     SYM_OK);
}

static void a_peer_that_never_says_its_words_is_denied(void **state)
{
    (void)state;
    asking_times(rig, 100);
    assert_true(asking.granted <= SYM_OPEN_PER_PEER_MAX + 1);
    assert_int_equal(asking.granted + asking.denied, 100);
    assert_int_equal(asking.reason, SYM_REASON_LIMIT);
    assert_non_null(strstr(asking.remark, "how they ended"));
    assert_int_equal(owed(), asking.granted);
}

static void a_peer_that_says_its_words_is_answered_again(void **state)
{
    (void)state;
    leave_open(0, SYM_OPEN_PER_PEER_MAX + 1);
    asking.end = ASKING_CANCELS;
    asking_times(rig, 1);
    assert_int_equal(asking.denied, 1);
    for (unsigned i = 0; i < SYM_OPEN_PER_PEER_MAX / 2; i++) {
        say_word(i);
    }
    asking_times(rig, 100);
    assert_int_equal(asking.granted, 100);
}

static bool until_granted(struct exchange_rig *r)
{
    return r->frames[0] > 0 && owed() < room_count(&r->sides[0].room, SYM_TABLE_OPENS);
}

/* As often as that happens: all that is open is told over the next link, before anything is asked.
 */
static void a_peer_that_loses_its_link_again_and_again_is_not_locked_out(void **state)
{
    (void)state;
    const struct sym_exchange_plan ping = {.peer = rig->sides[1].peers.items[0],
                                           .kind = SYM_KIND_PING,
                                           .parameters = asking.parameters,
                                           .timeout_ms = 30000};
    struct sym_fault fault = {.text = ""};
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    unsigned n = SYM_OPEN_PER_PEER_MAX + 6;
    for (unsigned i = 0; i < n; i++) {
        rig->frames[0] = 0;
        assert_int_equal(sym_exchanges_start(rig->sides[1].exchanges, id, &ping, &fault), SYM_OK);
        exchange_rig_run(rig, until_granted);
        exchange_rig_cut(rig, "was cut");
        exchange_rig_run(rig, NULL);
        assert_int_equal(owed(), 1);
        exchange_rig_relink(rig);
        exchange_rig_tell(rig, 0);
        assert_int_equal(owed(), 0);
    }
    assert_int_equal(exchange_rig_count(rig, 0, SYM_ENTRY_ABORTED), n);
}

/* Telling --------------------------------------------------------------------------------------
 */

static struct {
    unsigned times[MANY]; /* that each was told */
    size_t n;             /* in this turn */
} told;

static void note(struct sym_span statement)
{
    struct sym_statement st;
    assert_int_equal(sym_statement_read(&st, statement, rig->sides[0].self.card.identity), SYM_OK);
    uint64_t i = sym_get_u64(st.exchange_id);
    assert_true(i < MANY);
    told.times[i]++;
    told.n++;
}

static enum sym_err note_told(void *context, struct sym_span statement)
{
    (void)context;
    note(statement);
    return SYM_OK;
}

static void tell(void)
{
    told.n = 0;
    assert_int_equal(sym_opens_each(rig->sides[0].opens, &rig->sides[1].self.id, note_told, NULL),
                     SYM_OK);
}

static void tells_some_at_a_time_and_goes_on_behind_them(void **state)
{
    (void)state;
    memset(&told, 0, sizeof told);
    leave_open(0, MANY);
    for (unsigned round = 1; round <= 2; round++) {
        for (unsigned i = 0; i < MANY / SYM_OPENS_TOLD_MAX; i++) {
            tell();
            assert_int_equal(told.n, SYM_OPENS_TOLD_MAX);
        }
        for (unsigned i = 0; i < MANY; i++) {
            assert_int_equal(told.times[i], round);
        }
    }
}

static void tells_all_of_few_each_time(void **state)
{
    (void)state;
    memset(&told, 0, sizeof told);
    leave_open(0, SYM_OPENS_TOLD_MAX + 1);
    tell();
    say_word(0);
    for (unsigned i = 0; i < 2; i++) { /* one behind where it is, and the others before */
        tell();
        assert_int_equal(told.n, SYM_OPENS_TOLD_MAX);
    }
}

/* A meeting ------------------------------------------------------------------------------------
 */

static struct sym_run *open_meeting(void)
{
    static struct sym_exchange e;
    struct rig_side *s = &rig->sides[0];
    struct sym_run *run = NULL;
    struct sym_run_evidence ev = sym_exchange_run_evidence(s->exchanges, &e, s->peers.items[0]);
    const struct sym_run_plan plan = {
        .kind = SYM_KIND_WITNESS, .role = SYM_SESSION_RESPONDER, .evidence = &ev};
    assert_int_equal(sym_run_new(&run, &plan), SYM_OK);
    return run;
}

static enum sym_err take(struct sym_run *run, const struct sym_telling *t)
{
    static uint8_t bytes[SYM_FRAME_BYTES_MAX];
    size_t len = 0;
    assert_int_equal(sym_encode(bytes, sizeof bytes, &len, &sym_msg_telling, t), SYM_OK);
    return sym_run_take(run, false, sym_span(bytes, len), 0);
}

/* What the run has to say until it listens again. */
static void hear_all(struct sym_run *run)
{
    static uint8_t bytes[SYM_FRAME_BYTES_MAX];
    size_t len = 0;
    told.n = 0;
    while (sym_run_step(run, &len) == SYM_STEP_DATA) {
        SYM_ARENA_AUTO arena = {0};
        struct sym_telling t;
        assert_int_equal(sym_run_write(run, bytes, len, 0), SYM_OK);
        assert_int_equal(sym_decode(&arena, &t, &sym_msg_telling, sym_span(bytes, len)), SYM_OK);
        if (t.statement.len > 0) {
            note(t.statement);
        }
    }
}

static const struct sym_telling last = {.last = true};

static void a_meeting_tells_no_more_than_some(void **state)
{
    (void)state;
    struct sym_run *run = open_meeting();
    memset(&told, 0, sizeof told);
    leave_open(0, MANY);
    assert_int_equal(take(run, &last), SYM_OK);
    hear_all(run);
    assert_int_equal(told.n, SYM_OPENS_TOLD_MAX);
    sym_run_free(run);
}

static void a_meeting_hears_no_more_than_some_and_the_next_one_the_rest(void **state)
{
    (void)state;
    memset(&told, 0, sizeof told);
    leave_open(0, MANY);
    for (unsigned heard = 0; heard <= MANY; heard += SYM_OPENS_HEARD_MAX) {
        struct sym_run *run = open_meeting();
        assert_int_equal(owed(), MANY - heard);
        for (unsigned i = heard; i < MANY; i++) {
            uint8_t bytes[SYM_STATEMENT_BYTES];
            const struct sym_telling t = {.statement = their_word(bytes, i)};
            assert_int_equal(take(run, &t), SYM_OK);
        }
        assert_int_equal(take(run, &last), SYM_OK);
        hear_all(run);
        assert_true(told.n <= SYM_OPENS_HEARD_MAX + SYM_OPENS_TOLD_MAX);
        sym_run_free(run);
    }
    assert_int_equal(owed(), 0);
}

/* Wants ---------------------------------------------------------------------------------------- */

/* Asks for n proofs in one frame. */
static enum sym_err want(struct sym_run *run, unsigned n)
{
    uint8_t sizes[8 * SYM_WITNESS_WANTS_MAX];
    for (unsigned i = 0; i < n; i++) {
        sym_put_u64(sizes + 8 * (size_t)i, 1 + i);
    }
    const struct sym_telling t = {.wants = sym_span(sizes, 8 * (size_t)n)};
    return take(run, &t);
}

static void a_meeting_proves_what_one_node_may_want_and_no_more(void **state)
{
    (void)state;
    struct sym_run *run = open_meeting();
    assert_int_equal(want(run, SYM_WITNESS_WANTS_MAX - 1), SYM_OK);
    assert_int_equal(want(run, 1), SYM_OK);
    assert_int_equal(want(run, 1), SYM_LIMIT);
    sym_run_free(run);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_peer_that_never_says_its_words_is_denied),
        TEST(a_peer_that_says_its_words_is_answered_again),
        TEST(a_peer_that_loses_its_link_again_and_again_is_not_locked_out),
        TEST(tells_some_at_a_time_and_goes_on_behind_them),
        TEST(tells_all_of_few_each_time),
        TEST(a_meeting_tells_no_more_than_some),
        TEST(a_meeting_hears_no_more_than_some_and_the_next_one_the_rest),
        TEST(a_meeting_proves_what_one_node_may_want_and_no_more),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
