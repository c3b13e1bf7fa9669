#include "node/leash.h"
#include "node/link/dials.h"
#include "tests/support/partner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Time is what the test says it is: these take the place of the event loop's. */
struct sym_timer {
    uint64_t due_ms;
    bool set;
    sym_timer_fn *fn;
    void *owner;
};

#define TIMERS 8
static struct sym_timer timers[TIMERS];
static uint64_t now_ms;
static bool no_timers;

uint64_t sym_now_ms(void)
{
    return now_ms;
}

void sym_timer_set(struct sym_timer *t, uint64_t delay_ms)
{
    t->due_ms = now_ms + delay_ms;
    t->set = true;
}

void sym_timer_stop(struct sym_timer *t)
{
    t->set = false;
}

enum sym_err sym_loop_timer(struct sym_loop *loop, struct sym_timer **out, uint64_t delay_ms,
                            sym_timer_fn *fn, void *owner)
{
    (void)loop;
    for (size_t i = 0; i < TIMERS && !no_timers; i++) {
        if (timers[i].fn == NULL) {
            timers[i].fn = fn;
            timers[i].owner = owner;
            *out = &timers[i];
            sym_timer_set(*out, delay_ms);
            return SYM_OK;
        }
    }
    return SYM_NO_MEMORY;
}

void sym_timer_remove(struct sym_timer **t)
{
    if (*t != NULL) {
        memset(*t, 0, sizeof **t);
        *t = NULL;
    }
}

static void pass_time(uint64_t ms)
{
    uint64_t until_ms = now_ms + ms;
    for (;;) {
        struct sym_timer *next = NULL;
        for (size_t i = 0; i < TIMERS; i++) {
            bool sooner = next == NULL || timers[i].due_ms < next->due_ms;
            next = timers[i].set && timers[i].due_ms <= until_ms && sooner ? &timers[i] : next;
        }
        if (next == NULL) {
            break;
        }
        now_ms = next->due_ms > now_ms ? next->due_ms : now_ms;
        next->set = false;
        next->fn(next->owner);
    }
    now_ms = until_ms;
}

static struct {
    struct partner b;
    struct sym_peer peer;
    struct sym_dials *dials;
    int leash[2];
    bool wanted;
    unsigned dialled;
    enum sym_err dial_result;
    char addresses[SYM_ADDRESSES_MAX][64];
    size_t n_addresses;
    unsigned failed;
    char reason[512];
} f;

static enum sym_err on_dial(void *owner, const struct sym_node_id *id,
                            const struct sym_span *addresses, size_t n)
{
    assert_ptr_equal(owner, &f);
    assert_true(sym_node_id_equal(id, &f.b.id));
    f.dialled++;
    f.n_addresses = n;
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(f.addresses[i], sizeof f.addresses[i], "%.*s", (int)addresses[i].len,
                       (const char *)addresses[i].data);
    }
    return f.dial_result;
}

static void on_failed(void *owner, const struct sym_node_id *id, struct sym_span reason)
{
    assert_ptr_equal(owner, &f);
    assert_true(sym_node_id_equal(id, &f.b.id));
    f.failed++;
    (void)snprintf(f.reason, sizeof f.reason, "%.*s", (int)reason.len, (const char *)reason.data);
}

static bool on_wanted(void *owner, const struct sym_node_id *id)
{
    assert_ptr_equal(owner, &f);
    assert_true(sym_node_id_equal(id, &f.b.id));
    return f.wanted;
}

static void set_endpoints(size_t n)
{
    static const char *const endpoints[] = {"b.example:1", "b.example:2", "b.example:3"};
    f.peer.card.n_endpoint = n;
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(f.peer.card.endpoint[i], SYM_ENDPOINT_BYTES, "%s", endpoints[i]);
    }
}

static int set_up(void **state)
{
    (void)state;
    memset(timers, 0, sizeof timers);
    memset(&f, 0, sizeof f);
    now_ms = 1000;
    no_timers = false;
    partner_open(&f.b, "Bank B", NULL);
    f.peer = (struct sym_peer){.id = f.b.id, .card = f.b.card};
    f.wanted = true;
    set_endpoints(2);
    assert_int_equal(sym_leash_new(f.leash), SYM_OK);
    struct sym_dials_config config = {.leash = f.leash[0],
                                      .owner = &f,
                                      .dial = on_dial,
                                      .failed = on_failed,
                                      .wanted = on_wanted};
    assert_int_equal(sym_dials_new(&f.dials, &config), SYM_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sym_dials_free(f.dials);
    partner_close(&f.b);
    (void)close(f.leash[0]);
    (void)close(f.leash[1]);
    for (size_t i = 0; i < TIMERS; i++) {
        assert_null(timers[i].fn);
    }
    return 0;
}

/* The number of the look-up that waits at the supervisor; 0 when there is none. */
static uint32_t asked(const char *endpoint)
{
    uint8_t bytes[SYM_LEASH_BYTES_MAX];
    enum sym_leash_type type;
    size_t len = 0;
    if (sym_leash_receive(f.leash[1], &type, bytes, sizeof bytes, &len) != SYM_OK) {
        return 0;
    }
    assert_int_equal(type, SYM_LEASH_RESOLVE);
    struct sym_reader r = sym_reader(sym_span(bytes, len));
    uint32_t number = sym_read_u32(&r);
    assert_true(sym_span_equal(sym_read_span(&r, r.left), sym_span_text(endpoint)));
    assert_int_not_equal(number, 0);
    return number;
}

static void answer(uint32_t number, enum sym_err result, const char *lines)
{
    uint8_t bytes[1024];
    struct sym_span payload;
    struct sym_writer w = sym_writer(bytes, sizeof bytes);
    sym_write_u32(&w, number);
    sym_write_u8(&w, (uint8_t)result);
    sym_write_span(&w, sym_span_text(lines));
    assert_int_equal(sym_write_end(&w, &payload), SYM_OK);
    sym_dials_resolved(f.dials, payload);
}

static void start(void)
{
    sym_dials_start(f.dials, &f.peer);
}

static bool dialling(void)
{
    return sym_dials_has(f.dials, &f.b.id);
}

static void has_names_looked_up_and_then_asks_for_a_connection(void **state)
{
    (void)state;
    assert_false(dialling());
    start();
    assert_true(dialling());
    uint32_t number = asked("b.example:1");
    assert_int_equal(asked(""), 0);
    assert_int_equal(f.dialled, 0);
    answer(number, SYM_OK, "192.0.2.1:1\n[2001:db8::1]:1\n");
    assert_int_equal(f.dialled, 1);
    assert_int_equal(f.n_addresses, 2);
    assert_string_equal(f.addresses[0], "192.0.2.1:1");
    assert_string_equal(f.addresses[1], "[2001:db8::1]:1");
    sym_dials_forget(f.dials, &f.b.id);
    assert_false(dialling());
    pass_time(1000000);
    assert_int_equal(f.failed, 0);
}

static void starts_once_for_many_who_want_the_peer(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        start();
    }
    assert_int_not_equal(asked("b.example:1"), 0);
    assert_int_equal(asked(""), 0);
}

static void asks_for_no_more_addresses_than_the_limit(void **state)
{
    (void)state;
    char lines[512] = "";
    for (size_t i = 0; i < SYM_ADDRESSES_MAX + 3; i++) {
        (void)strcat(lines, "192.0.2.1:1\n");
    }
    start();
    answer(asked("b.example:1"), SYM_OK, lines);
    assert_int_equal(f.n_addresses, SYM_ADDRESSES_MAX);
}

static void pauses_longer_each_time_and_tries_the_endpoints_in_turn(void **state)
{
    (void)state;
    const char *const endpoints[] = {"b.example:1", "b.example:2"};
    uint64_t pause_ms = SYM_DIAL_PAUSE_MS;
    start();
    for (unsigned i = 0; i < 12; i++) {
        uint32_t number = asked(endpoints[i % 2]);
        assert_int_not_equal(number, 0);
        answer(number, SYM_OK, "192.0.2.1:1\n");
        assert_int_equal(f.dialled, i + 1);
        sym_dials_failed(f.dials, &f.b.id);
        pass_time(pause_ms / 2 - 1);
        assert_int_equal(asked(""), 0);
        assert_true(dialling());
        pass_time(pause_ms / 2 + 1);
        pause_ms = pause_ms * 2 < SYM_DIAL_PAUSE_MAX_MS ? pause_ms * 2 : SYM_DIAL_PAUSE_MAX_MS;
    }
    assert_int_equal(pause_ms, SYM_DIAL_PAUSE_MAX_MS);
}

static void pauses_for_different_times(void **state)
{
    (void)state;
    uint64_t first = 0;
    bool differ = false;
    for (int i = 0; i < 30; i++) {
        start();
        assert_int_not_equal(asked("b.example:1"), 0);
        sym_dials_failed(f.dials, &f.b.id);
        uint64_t began = now_ms;
        f.wanted = false; /* so that it ends with the pause */
        while (dialling()) {
            pass_time(1);
        }
        f.wanted = true;
        uint64_t took = now_ms - began;
        assert_true(took >= SYM_DIAL_PAUSE_MS / 2 && took <= SYM_DIAL_PAUSE_MS);
        differ = differ || (first != 0 && took != first);
        first = took;
    }
    assert_true(differ);
}

static void does_not_wait_for_a_pause_that_grew_before_somebody_asked(void **state)
{
    (void)state;
    start();
    for (unsigned i = 0; i < 10; i++) {
        assert_int_not_equal(asked(i % 2 == 0 ? "b.example:1" : "b.example:2"), 0);
        sym_dials_failed(f.dials, &f.b.id);
        pass_time(i < 9 ? SYM_DIAL_PAUSE_MAX_MS : 0);
    }
    start();
    pass_time(SYM_DIAL_PAUSE_MS);
    assert_int_not_equal(asked("b.example:1"), 0);
}

/* Connected, and hung up after so long. */
static void is_linked_for(uint64_t ms)
{
    sym_dials_linked(f.dials, &f.b.id);
    assert_false(dialling());
    pass_time(ms);
    sym_dials_unlinked(f.dials, &f.b.id);
    sym_dials_go_on(f.dials, &f.peer);
}

static void pauses_longer_each_time_where_each_link_ends_at_once(void **state)
{
    (void)state;
    uint64_t pause_ms = SYM_DIAL_PAUSE_MS;
    start();
    for (unsigned i = 0; i < 12; i++) {
        assert_int_not_equal(asked(i % 2 == 0 ? "b.example:1" : "b.example:2"), 0);
        is_linked_for(1);
        pass_time(pause_ms / 2 - 1);
        assert_int_equal(asked(""), 0);
        pass_time(pause_ms / 2 + 1);
        pause_ms = pause_ms * 2 < SYM_DIAL_PAUSE_MAX_MS ? pause_ms * 2 : SYM_DIAL_PAUSE_MAX_MS;
    }
    assert_int_equal(pause_ms, SYM_DIAL_PAUSE_MAX_MS);
}

static void goes_on_at_once_after_a_link_that_lasted(void **state)
{
    (void)state;
    start();
    assert_int_not_equal(asked("b.example:1"), 0);
    is_linked_for(SYM_DIAL_PAUSE_MS);
    assert_int_not_equal(asked("b.example:1"), 0);
    is_linked_for(60 * 60 * 1000); /* no patience runs out meanwhile */
    assert_int_equal(f.failed, 0);
    assert_int_not_equal(asked("b.example:1"), 0);
    f.wanted = false;
    is_linked_for(SYM_DIAL_PAUSE_MS);
    assert_false(dialling());
    assert_int_equal(asked(""), 0);
}

static void late_news_of_a_dial_do_not_concern_a_link(void **state)
{
    (void)state;
    start();
    uint32_t number = asked("b.example:1");
    sym_dials_linked(f.dials, &f.b.id); /* the peer has dialled */
    answer(number, SYM_OK, "192.0.2.1:1\n");
    sym_dials_failed(f.dials, &f.b.id);
    pass_time(1000000);
    assert_int_equal(f.dialled, 0);
    assert_int_equal(f.failed, 0);
    assert_int_equal(asked(""), 0);
    sym_dials_unlinked(f.dials, &f.b.id);
    sym_dials_unlinked(f.dials, &f.b.id);
    assert_false(dialling());
}

static void takes_the_endpoints_of_a_newer_card(void **state)
{
    (void)state;
    start();
    assert_int_not_equal(asked("b.example:1"), 0);
    sym_dials_failed(f.dials, &f.b.id);
    pass_time(SYM_DIAL_PAUSE_MS);
    assert_int_not_equal(asked("b.example:2"), 0);
    sym_dials_failed(f.dials, &f.b.id);
    memset(&f.peer.card.endpoint, 0, sizeof f.peer.card.endpoint);
    f.peer.card.n_endpoint = 1;
    (void)snprintf(f.peer.card.endpoint[0], SYM_ENDPOINT_BYTES, "new.example:9");
    start();
    pass_time(SYM_DIAL_PAUSE_MS);
    assert_int_not_equal(asked("new.example:9"), 0);
}

static void tells_of_an_endpoint_that_the_card_names_now(void **state)
{
    (void)state;
    start();
    assert_int_not_equal(asked("b.example:1"), 0);
    sym_dials_failed(f.dials, &f.b.id);
    pass_time(SYM_DIAL_PAUSE_MS);
    uint32_t second = asked("b.example:2");
    f.peer.card.n_endpoint = 1;
    f.peer.card.endpoint[1][0] = '\0';
    start();
    answer(second, SYM_NOT_FOUND, "");
    assert_non_null(strstr(f.reason, "b.example:1"));
}

static void stops_when_nobody_wants_the_peer_any_more(void **state)
{
    (void)state;
    start();
    assert_int_not_equal(asked("b.example:1"), 0);
    sym_dials_failed(f.dials, &f.b.id);
    f.wanted = false;
    pass_time(SYM_DIAL_PAUSE_MS);
    assert_false(dialling());
    assert_int_equal(asked(""), 0);
    f.wanted = true;
    start();
    assert_int_not_equal(asked("b.example:1"), 0);
    f.wanted = false;
    sym_dials_failed(f.dials, &f.b.id);
    assert_false(dialling());
}

static void tells_of_a_name_that_could_not_be_found_and_tries_again(void **state)
{
    (void)state;
    const char *const none[] = {"", "no line feed"};
    start();
    for (unsigned i = 0; i < 3; i++) {
        uint32_t number = asked(i % 2 == 0 ? "b.example:1" : "b.example:2");
        answer(number, i == 0 ? SYM_NOT_FOUND : SYM_OK, i == 0 ? "192.0.2.1:1\n" : none[i - 1]);
        assert_int_equal(f.failed, i + 1);
        assert_non_null(strstr(f.reason, i % 2 == 0 ? "b.example:1" : "b.example:2"));
        assert_int_equal(f.dialled, 0);
        pass_time(SYM_DIAL_PAUSE_MAX_MS);
    }
}

static void tells_of_a_card_without_endpoints(void **state)
{
    (void)state;
    set_endpoints(0);
    f.wanted = false;
    start();
    assert_int_equal(f.failed, 1);
    assert_non_null(strstr(f.reason, "names no endpoint"));
    assert_false(dialling());
    f.wanted = true;
    start();
    assert_true(dialling());
    set_endpoints(1);
    start();
    pass_time(SYM_DIAL_PAUSE_MS);
    assert_int_not_equal(asked("b.example:1"), 0);
}

static void tells_of_a_supervisor_that_is_gone(void **state)
{
    (void)state;
    (void)close(f.leash[1]);
    f.leash[1] = -1;
    start();
    assert_int_equal(f.failed, 1);
    assert_non_null(strstr(f.reason, "could not be looked up"));
    pass_time(SYM_DIAL_PAUSE_MS);
    assert_int_equal(f.failed, 2);
}

static void tells_of_a_gate_that_takes_no_order_and_tries_again(void **state)
{
    (void)state;
    start();
    f.dial_result = SYM_AGAIN;
    answer(asked("b.example:1"), SYM_OK, "192.0.2.1:1\n");
    assert_int_equal(f.failed, 1);
    assert_non_null(strstr(f.reason, "gate could not be told"));
    assert_true(dialling());
    f.dial_result = SYM_OK;
    pass_time(SYM_DIAL_PAUSE_MS);
    answer(asked("b.example:2"), SYM_OK, "192.0.2.1:1\n");
    assert_int_equal(f.dialled, 2);
    assert_int_equal(f.failed, 1);
    f.wanted = false;
    f.dial_result = SYM_CLOSED;
    sym_dials_failed(f.dials, &f.b.id);
    assert_false(dialling());
}

static void gives_up_on_an_answer_that_does_not_come_and_tries_again(void **state)
{
    (void)state;
    start();
    assert_int_not_equal(asked("b.example:1"), 0);
    pass_time(59999);
    assert_int_equal(f.failed, 0);
    pass_time(1);
    assert_int_equal(f.failed, 1);
    assert_non_null(strstr(f.reason, "no answer"));
    pass_time(SYM_DIAL_PAUSE_MS);
    uint32_t number = asked("b.example:2");
    pass_time(50000);
    answer(number, SYM_OK, "192.0.2.1:1\n");
    pass_time(59999);
    assert_int_equal(f.failed, 1);
    pass_time(1);
    assert_int_equal(f.failed, 2);
    pass_time(2 * SYM_DIAL_PAUSE_MS);
    assert_int_not_equal(asked("b.example:1"), 0);
    pass_time(60000);
    assert_int_equal(f.failed, 3);
}

static void passes_over_answers_to_questions_that_are_over(void **state)
{
    (void)state;
    start();
    uint32_t first = asked("b.example:1");
    pass_time(60000);
    answer(first, SYM_OK, "192.0.2.1:1\n");
    assert_int_equal(f.dialled, 0);
    pass_time(SYM_DIAL_PAUSE_MS);
    uint32_t second = asked("b.example:2");
    assert_int_not_equal(first, second);
    answer(first, SYM_OK, "192.0.2.1:1\n");
    assert_int_equal(f.dialled, 0);
    answer(second, SYM_OK, "192.0.2.1:1\n");
    answer(second, SYM_OK, "192.0.2.1:1\n");
    assert_int_equal(f.dialled, 1);
    /* During a pause, and for nobody. */
    sym_dials_failed(f.dials, &f.b.id);
    answer(second, SYM_OK, "192.0.2.1:1\n");
    answer(0, SYM_OK, "192.0.2.1:1\n");
    answer(77777, SYM_OK, "192.0.2.1:1\n");
    assert_int_equal(f.dialled, 1);
    assert_int_equal(f.failed, 1);
}

static void passes_over_answers_that_are_too_short(void **state)
{
    (void)state;
    start();
    uint32_t number = asked("b.example:1");
    const uint8_t bytes[] = {0, 0, 0, (uint8_t)number};
    for (size_t i = 0; i <= sizeof bytes; i++) {
        sym_dials_resolved(f.dials, sym_span(bytes, i));
    }
    assert_int_equal(f.dialled + f.failed, 0);
    assert_true(dialling());
}

static void passes_over_failures_of_peers_that_are_not_dialled(void **state)
{
    (void)state;
    sym_dials_failed(f.dials, &f.b.id);
    sym_dials_forget(f.dials, &f.b.id);
    assert_false(dialling());
}

static void starts_nothing_without_memory_for_a_timer(void **state)
{
    (void)state;
    no_timers = true;
    start();
    assert_false(dialling());
    assert_int_equal(asked(""), 0);
    sym_dials_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(has_names_looked_up_and_then_asks_for_a_connection),
        TEST(starts_once_for_many_who_want_the_peer),
        TEST(asks_for_no_more_addresses_than_the_limit),
        TEST(pauses_longer_each_time_and_tries_the_endpoints_in_turn),
        TEST(pauses_for_different_times),
        TEST(does_not_wait_for_a_pause_that_grew_before_somebody_asked),
        TEST(pauses_longer_each_time_where_each_link_ends_at_once),
        TEST(goes_on_at_once_after_a_link_that_lasted),
        TEST(late_news_of_a_dial_do_not_concern_a_link),
        TEST(takes_the_endpoints_of_a_newer_card),
        TEST(tells_of_an_endpoint_that_the_card_names_now),
        TEST(stops_when_nobody_wants_the_peer_any_more),
        TEST(tells_of_a_name_that_could_not_be_found_and_tries_again),
        TEST(tells_of_a_card_without_endpoints),
        TEST(tells_of_a_supervisor_that_is_gone),
        TEST(tells_of_a_gate_that_takes_no_order_and_tries_again),
        TEST(gives_up_on_an_answer_that_does_not_come_and_tries_again),
        TEST(passes_over_answers_to_questions_that_are_over),
        TEST(passes_over_answers_that_are_too_short),
        TEST(passes_over_failures_of_peers_that_are_not_dialled),
        TEST(starts_nothing_without_memory_for_a_timer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
