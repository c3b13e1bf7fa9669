/* A peer that brings releases it has promised needs no grant for that: what it can do with it. */
#include "tests/node/exchange_rig.c"

#include "node/tabulation/releases.h"
#include "proto/codec.h"
#include "proto/outline.h"
#include "proto/tabulation.h"
#include "tests/node/asking_peer.h"

#define OTHERS 3u

static struct exchange_rig *rig;
static struct partner others[OTHERS];
static uint8_t cohort[(OTHERS + 2) * SYM_HASH_BYTES];
static uint8_t parameters[SYM_PARAMETERS_BYTES_MAX];
static uint8_t tabulation[SYM_EXCHANGE_ID_BYTES];

static enum sym_err put_owed(struct sym_transaction *t, void *context)
{
    const struct sym_tab_owed owed = {.agreed = {7}};
    enum sym_err err =
        sym_withheld_put(t, tabulation, &rig->sides[1].self.id, sym_wall_ms() + 900000);
    (void)context;
    return err == SYM_OK ? sym_withheld_owe(t, tabulation, &owed) : err;
}

static void pin(struct partner *p, const char *name)
{
    struct rig_side *s = &rig->sides[0];
    struct sym_peer *peer = NULL;
    struct sym_node_id replaced;
    struct sym_fault fault = {.text = ""};
    int64_t now_s = (int64_t)(sym_wall_ms() / 1000);
    partner_open(p, name, NULL);
    p->card.issued_s = now_s - 60;
    p->card.expires_s = now_s + 86400;
    partner_sign(p, NULL);
    const struct sym_peer_addition add = {
        .card = partner_text(p), .alias = sym_span_text(name), .self = &s->self.id, .now_s = now_s};
    if (sym_peers_add(&s->peers, &peer, &replaced, &add, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

static int by_id(const void *a, const void *b)
{
    return memcmp(a, b, SYM_HASH_BYTES);
}

static void gather(void)
{
    static const char *const names[OTHERS] = {"bank-c", "bank-d", "bank-e"};
    memcpy(cohort, rig->sides[0].self.id.bytes, SYM_HASH_BYTES);
    memcpy(cohort + SYM_HASH_BYTES, rig->sides[1].self.id.bytes, SYM_HASH_BYTES);
    for (unsigned i = 0; i < OTHERS; i++) {
        pin(&others[i], names[i]);
        memcpy(cohort + (i + 2) * SYM_HASH_BYTES, others[i].id.bytes, SYM_HASH_BYTES);
    }
    qsort(cohort, OTHERS + 2, SYM_HASH_BYTES, by_id);
}

/* The request that brings the release of a tabulation. */
static struct sym_span request(void)
{
    static const uint8_t hash[SYM_HASH_BYTES] = {1};
    uint8_t outline[SYM_TAB_OUTLINE_BYTES_MAX];
    size_t outline_len = 0;
    size_t len = 0;
    const struct sym_span code = sym_span_text("north");
    const struct sym_tab_outlined dimension = {
        .dimension = 1, .codes = 1, .some = &code, .n_some = 1};
    const struct sym_tab_outline o = {
        .persons_max = 1, .cells_per_incident = 1, .dimensions = &dimension, .n_dimensions = 1};
    assert_int_equal(sym_encode(outline, sizeof outline, &outline_len, &sym_msg_tab_outline, &o),
                     SYM_OK);
    const struct sym_tabulate t = {.suite = SYM_TAB_SUITE,
                                   .tabulation = sym_span(tabulation, sizeof tabulation),
                                   .query_hash = sym_span(hash, sizeof hash),
                                   .cohort = sym_span(cohort, sizeof cohort),
                                   .epsilon_nano = 1000000000u,
                                   .cells = 10,
                                   .outline = sym_span(outline, outline_len),
                                   .answered = sym_span(tabulation, sizeof tabulation)};
    assert_int_equal(sym_encode(parameters, sizeof parameters, &len, &sym_msg_tabulate, &t),
                     SYM_OK);
    return sym_span(parameters, len);
}

/* Side 0 waits for the release of a tabulation of the peer. */
static void promise(uint8_t number)
{
    memset(tabulation, number, sizeof tabulation);
    assert_int_equal(sym_store_write(rig->sides[0].room.store, put_owed, NULL), SYM_OK);
    asking_begin(SYM_KIND_TABULATE, request(), ASKING_CANCELS);
}

static int set_up(void **state)
{
    (void)state;
    rig = exchange_rig_open(NULL);
    rig->sides[0].verdict =
        (struct sym_policy_verdict){.decision = SYM_DECISION_DENIED, .reason = SYM_REASON_POLICY};
    gather();
    promise(1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    asking_clear();
    for (unsigned i = 0; i < OTHERS; i++) {
        partner_close(&others[i]);
    }
    exchange_rig_close(rig);
    return 0;
}

static void expect_denied(enum sym_reason reason, const char *words)
{
    asking_times(rig, 1);
    assert_int_equal(asking.denied, 1);
    assert_int_equal(asking.reason, reason);
    if (strstr(asking.remark, words) == NULL) {
        fail_msg("%s", asking.remark);
    }
}

static void let_the_pause_pass(void)
{
    struct sym_delivery_pauses *p = &rig->sides[0].exchanges->delivery_pauses;
    for (size_t i = 0; i < p->n; i++) {
        p->rows[i].until_ms = 0;
    }
}

static void a_release_that_was_promised_needs_no_grant(void **state)
{
    (void)state;
    asking_times(rig, 1);
    assert_int_equal(asking.granted, 1);
    memset(tabulation, 2, sizeof tabulation);
    asking.parameters = request();
    expect_denied(SYM_REASON_TERMS, "waits for no release");
}

static void one_that_was_broken_off_is_let_in_again_after_a_pause(void **state)
{
    (void)state;
    asking_times(rig, 1);
    assert_int_equal(asking.granted, 1);
    expect_denied(SYM_REASON_BUSY, "a moment ago");
    let_the_pause_pass();
    asking_times(rig, 1);
    assert_int_equal(asking.granted, 1);
}

static void a_peer_brings_one_at_a_time(void **state)
{
    (void)state;
    asking.end = ASKING_HANGS;
    asking_times(rig, 1);
    assert_int_equal(asking.granted, 1);
    let_the_pause_pass();
    expect_denied(SYM_REASON_BUSY, "is being brought");
    promise(2);
    asking.end = ASKING_HANGS;
    expect_denied(SYM_REASON_BUSY, "is being brought");
}

static void who_hangs_keeps_its_place_for_a_short_time_only(void **state)
{
    (void)state;
    asking.end = ASKING_HANGS;
    asking_times(rig, 1);
    const struct sym_exchange_table *t = &rig->sides[0].exchanges->table;
    bool found = false;
    for (size_t i = 0; i < t->n; i++) {
        if (!sym_exchange_ended(t->items[i])) {
            found = true;
            assert_true(t->items[i]->deadline_ms <= sym_now_ms() + SYM_DELIVERY_EACH_MS);
        }
    }
    assert_true(found);
}

/* What needs no grant has one allowance. */
static void what_is_beyond_the_allowance_is_denied_and_not_recorded(void **state)
{
    (void)state;
    struct sym_allowance *a = &rig->sides[0].exchanges->allowance;
    uint64_t left_out = 0;
    while (sym_allowance_take(a, &rig->sides[1].self.id, sym_now_ms(), &left_out)) {
    }
    size_t before = exchange_rig_count(rig, 0, 0);
    expect_denied(SYM_REASON_LIMIT, "too often");
    assert_int_equal(exchange_rig_count(rig, 0, 0), before);
    assert_int_equal(exchange_rig_entries(rig, 0), 0);
}

static void a_flood_fills_no_log(void **state)
{
    (void)state;
    uint64_t start_ms = sym_now_ms();
    asking_times(rig, 2 * SYM_ALLOWANCE_BURST);
    uint64_t took_ms = sym_now_ms() - start_ms; /* on a busy machine */
    assert_in_range(asking.granted, 1, 1 + took_ms / SYM_DELIVERY_PAUSE_MS);
    uint64_t allowed = SYM_ALLOWANCE_BURST + took_ms / SYM_ALLOWANCE_EACH_MS;
    assert_true(exchange_rig_count(rig, 0, 0) <= 2 * allowed + 20);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_release_that_was_promised_needs_no_grant),
        TEST(one_that_was_broken_off_is_let_in_again_after_a_pause),
        TEST(a_peer_brings_one_at_a_time),
        TEST(who_hangs_keeps_its_place_for_a_short_time_only),
        TEST(what_is_beyond_the_allowance_is_denied_and_not_recorded),
        TEST(a_flood_fills_no_log),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
