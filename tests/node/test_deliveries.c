/* Releases that are owed to several participants: one that does not take its own keeps nobody else
 * waiting. The peer of the rig, bank-b, is owed several; another one, which is never reached, is
 * owed the last. */
#include "tests/node/exchange_rig.c"

#include "proto/codec.h"
#include "proto/tabulation.h"
#include "tests/support/tab_owed.h"

#define OWED  3u /* to bank-b */
#define HEARD 8u

static struct exchange_rig *rig;
static struct tab_owed owed;
static struct partner absent;
static uint8_t *frame;
static bool grants;
static bool silent;
static enum sym_reason reason; /* of the next denials */
static struct {
    uint8_t tabulations[HEARD]; /* first byte of the id, in turn */
    unsigned n;
} asked;

/* What is owed ---------------------------------------------------------------------------------
 */

struct putting {
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    const struct sym_node_id *participant;
    struct sym_span head;
};

static enum sym_err put_row(struct sym_transaction *t, void *context)
{
    const struct putting *p = context;
    uint8_t question[SYM_HASH_BYTES] = {p->id[0]};
    enum sym_err err =
        sym_release_put(t, p->id, question, p->head, sym_tab_bytes_span(&owed.cells));
    return err == SYM_OK ? sym_delivery_put(t, p->id, p->participant->bytes, sym_wall_ms()) : err;
}

/* The release of the rig of tabulations, under another id. */
static void owe(uint8_t number, const struct sym_node_id *participant)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_release r;
    struct putting p = {.id = {number}, .participant = participant};
    uint8_t head[8192];
    size_t len = 0;
    assert_int_equal(sym_decode(&arena, &r, &sym_msg_release, sym_tab_bytes_span(&owed.head)),
                     SYM_OK);
    r.tabulation = sym_span(p.id, sizeof p.id);
    assert_int_equal(sym_encode(head, sizeof head, &len, &sym_msg_release, &r), SYM_OK);
    p.head = sym_span(head, len);
    assert_int_equal(sym_store_write(rig->sides[0].room.store, put_row, &p), SYM_OK);
}

static void pin_absent(void)
{
    struct sym_peer *peer = NULL;
    struct sym_node_id replaced;
    struct sym_fault fault = {.text = ""};
    struct rig_side *s = &rig->sides[0];
    int64_t now_s = (int64_t)(sym_wall_ms() / 1000);
    partner_open(&absent, "absent", NULL);
    absent.card.issued_s = now_s - 60;
    absent.card.expires_s = now_s + 86400;
    partner_sign(&absent, NULL);
    const struct sym_peer_addition add = {.card = partner_text(&absent),
                                          .alias = sym_span_text("absent"),
                                          .self = &s->self.id,
                                          .now_s = now_s};
    if (sym_peers_add(&s->peers, &peer, &replaced, &add, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

/* Bank-b ---------------------------------------------------------------------------------------
 */

static void note_request(const struct sym_request *request)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_tabulate t;
    assert_int_equal(request->kind, SYM_KIND_TABULATE);
    assert_int_equal(sym_decode(&arena, &t, &sym_msg_tabulate, request->parameters), SYM_OK);
    assert_true(asked.n < HEARD);
    asked.tabulations[asked.n++] = t.tabulation.data[0];
}

static void deny(struct exchange_rig *r, uint8_t *bytes, size_t len)
{
    struct sym_envelope envelope;
    struct sym_span body;
    struct sym_session_parties parties;
    struct sym_session_event event;
    struct sym_session *s = NULL;
    size_t n = 0;
    if (sym_envelope_read(&envelope, &body, sym_span(bytes, len)) != SYM_OK ||
        envelope.type != SYM_FRAME_ASK) {
        return;
    }
    exchange_rig_parties(r, &parties);
    assert_int_equal(sym_session_new(&s, SYM_SESSION_RESPONDER, &parties, envelope.exchange_id),
                     SYM_OK);
    assert_int_equal(sym_session_receive(s, bytes, len, sym_wall_ms(), &event), SYM_OK);
    note_request(&event.request);
    struct sym_receipt receipt = {
        .decision = grants ? SYM_DECISION_GRANTED : SYM_DECISION_DENIED,
        .reason = grants ? SYM_REASON_NONE : (uint32_t)reason,
        .expires_ms = sym_wall_ms() + 60000,
        .evidence = exchange_rig_evidence(r, SYM_ENTRY_DECIDED, envelope.exchange_id, false)};
    if (!silent) {
        assert_int_equal(
            sym_session_answer(s, &receipt, sym_wall_ms(), frame, SYM_SESSION_FRAME_BYTES, &n),
            SYM_OK);
        exchange_rig_send(r, frame, n);
    }
    sym_session_free(s);
}

static int set_up(void **state)
{
    (void)state;
    rig = exchange_rig_open(NULL);
    tab_owed_open(&owed);
    pin_absent();
    frame = malloc(SYM_FRAME_BYTES_MAX);
    assert_non_null(frame);
    for (uint8_t i = 1; i <= OWED; i++) {
        owe(i, &rig->sides[1].self.id);
    }
    owe(OWED + 1, &absent.id);
    rig->liar = deny;
    silent = false;
    grants = false;
    reason = SYM_REASON_BUSY;
    memset(&asked, 0, sizeof asked);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    exchange_rig_close(rig);
    tab_owed_close(&owed);
    partner_close(&absent);
    free(frame);
    return 0;
}

/* Time -----------------------------------------------------------------------------------------
 */

/* One pass over all rows, without the pauses between them. */
static bool has_passed(struct exchange_rig *r)
{
    struct sym_exchanges *x = r->sides[0].exchanges;
    bool between = x->delivery_last.released_ms != 0 || x->delivery_looks > 0;
    r->step |= between;
    x->delivery_ms = between ? 0 : x->delivery_ms;
    return r->step != 0 && !between && x->delivery == NULL && exchange_rig_quiet(r);
}

static void pass(void)
{
    rig->step = 0;
    rig->sides[0].exchanges->delivery_ms = 0;
    rig->sides[0].exchanges->delivery_late_ms = 0;
    exchange_rig_run(rig, has_passed);
}

static void expect_asked(const uint8_t *tabulations, unsigned n)
{
    assert_int_equal(asked.n, n);
    assert_memory_equal(asked.tabulations, tabulations, n);
}

static void whom_it_failed_with_comes_last(void **state)
{
    (void)state;
    pass();
    expect_asked((const uint8_t[]){1}, 1);
    pass(); /* behind all, and so on */
    expect_asked((const uint8_t[]){1, 2}, 2);
    pass();
    expect_asked((const uint8_t[]){1, 2, 3}, 3);
    pass();
    expect_asked((const uint8_t[]){1, 2, 3, 1}, 4);
}

static void whom_it_failed_with_is_left_alone_for_longer_each_time(void **state)
{
    struct sym_exchanges *x = rig->sides[0].exchanges;
    (void)state;
    for (uint64_t wait_ms = 10000; wait_ms <= 40000; wait_ms *= 2) {
        uint64_t before_ms = sym_now_ms();
        pass();
        assert_in_range(x->delivery_late_ms, before_ms + wait_ms, sym_now_ms() + wait_ms);
        rig->step = 0;
        x->delivery_ms = 0;
        exchange_rig_run(rig, has_passed); /* too early */
    }
    assert_int_equal(asked.n, 3);
}

static void who_takes_a_release_comes_as_others_again(void **state)
{
    (void)state;
    pass();
    reason = SYM_REASON_TERMS; /* it has it already */
    pass();
    expect_asked((const uint8_t[]){1, 2}, 2);
    pass();
    expect_asked((const uint8_t[]){1, 2, 1, 3}, 4);
    pass();
    assert_int_equal(asked.n, 4);
    assert_int_equal(rig->sides[0].exchanges->n_deliveries_late, 0);
}

static bool has_looked(struct exchange_rig *r)
{
    return r->sides[0].exchanges->delivery_looks > 0;
}

static bool has_begun_behind_all(struct exchange_rig *r)
{
    r->sides[0].exchanges->delivery_ms = 0;
    return r->sides[0].exchanges->delivery != NULL;
}

static bool has_asked(struct exchange_rig *r)
{
    r->sides[0].exchanges->delivery_ms = 0;
    return asked.n > r->step;
}

/* It would be closed by the time that all others have had their turn. */
static void a_link_that_comes_up_is_used_at_once(void **state)
{
    (void)state;
    exchange_rig_cut(rig, "idle");
    rig->sides[0].exchanges->delivery_ms = 0;
    exchange_rig_run(rig, has_looked);
    exchange_rig_relink(rig);
    rig->step = 0;
    exchange_rig_run(rig, has_asked);
    expect_asked((const uint8_t[]){1}, 1);
}

static void who_has_no_link_keeps_the_others_waiting_for_some_seconds_only(void **state)
{
    (void)state;
    exchange_rig_cut(rig, "idle");
    pass();
    assert_int_equal(asked.n, 0);
    assert_int_equal(rig->sides[0].exchanges->n_deliveries_late, 0);
}

static void who_comes_last_is_asked_as_soon_as_there_is_a_link(void **state)
{
    (void)state;
    pass();
    expect_asked((const uint8_t[]){1}, 1);
    exchange_rig_cut(rig, "idle");
    rig->sides[0].exchanges->delivery_late_ms = 0;
    rig->step = 1;
    exchange_rig_run(rig, has_begun_behind_all);
    exchange_rig_relink(rig);
    exchange_rig_run(rig, has_asked);
    expect_asked((const uint8_t[]){1, 2}, 2);
}

/* As that of a peer whose card has expired, which nothing can be begun with. */
static void who_cannot_even_be_asked_comes_last_and_makes_nobody_wait(void **state)
{
    struct sym_exchanges *x = rig->sides[0].exchanges;
    (void)state;
    rig->sides[0].peers.items[0]->card.expires_s = 1;
    for (unsigned i = 0; i < 5; i++) {
        pass();
        assert_true(x->delivery_ms < sym_now_ms() + 11000);
    }
    assert_int_equal(asked.n, 0);
    assert_int_equal(x->n_deliveries_late, 1);
    assert_true(x->delivery_late_ms > sym_now_ms() + 100000);
}

static struct sym_exchange *under_way(void)
{
    const struct sym_exchange_table *t = &rig->sides[0].exchanges->table;
    for (size_t i = 0; i < t->n; i++) {
        if (!sym_exchange_ended(t->items[i])) {
            return t->items[i];
        }
    }
    return NULL;
}

static bool after_ticks(struct exchange_rig *r)
{
    return r->step++ > 300;
}

static void who_does_not_answer_holds_up_nobody(void **state)
{
    (void)state;
    silent = true;
    rig->sides[0].exchanges->delivery_ms = 0;
    exchange_rig_run(rig, after_ticks);
    struct sym_exchange *e = under_way();
    if (e == NULL) {
        fail_msg("nothing is under way");
        return;
    }
    assert_int_equal(e->phase, SYM_PHASE_ASKED);
    e->started_us -= 11000000; /* the time that an answer has */
    rig->step = 0;
    exchange_rig_run(rig, after_ticks);
    assert_true(sym_exchange_ended(e));
    assert_int_equal(e->reason, SYM_REASON_TIMEOUT);
    assert_string_equal(e->fault.text, "bank-b did not answer in time");
    assert_int_equal(rig->sides[0].exchanges->n_deliveries_late, 1);
    expect_asked((const uint8_t[]){1}, 1);
}

static void who_answers_and_then_stalls_holds_up_nobody_for_long(void **state)
{
    (void)state;
    grants = true;
    rig->sides[0].exchanges->delivery_ms = 0;
    exchange_rig_run(rig, after_ticks);
    struct sym_exchange *e = under_way();
    if (e == NULL) {
        fail_msg("nothing is under way");
        return;
    }
    assert_int_equal(e->phase, SYM_PHASE_RUNNING);
    e->started_us -= 15000000; /* more than an answer may take */
    rig->step = 0;
    exchange_rig_run(rig, after_ticks);
    assert_false(sym_exchange_ended(e));
    e->started_us -= 10000000;
    rig->step = 0;
    exchange_rig_run(rig, after_ticks);
    assert_true(sym_exchange_ended(e));
    assert_string_equal(e->fault.text, "bank-b did not take it in time");
    assert_int_equal(rig->sides[0].exchanges->n_deliveries_late, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(whom_it_failed_with_comes_last),
        TEST(whom_it_failed_with_is_left_alone_for_longer_each_time),
        TEST(who_takes_a_release_comes_as_others_again),
        TEST(a_link_that_comes_up_is_used_at_once),
        TEST(who_has_no_link_keeps_the_others_waiting_for_some_seconds_only),
        TEST(who_comes_last_is_asked_as_soon_as_there_is_a_link),
        TEST(who_cannot_even_be_asked_comes_last_and_makes_nobody_wait),
        TEST(who_does_not_answer_holds_up_nobody),
        TEST(who_answers_and_then_stalls_holds_up_nobody_for_long),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
