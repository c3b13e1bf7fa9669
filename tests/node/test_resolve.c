/* The C library's look-up is replaced, so that names can hang and fail as a name server would have
 * it. */
#include "node/supervisor/resolve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/limits.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS   20000u /* not to be used up */
#define SHORT_MS      200u   /* to be waited for */
#define AFTER_TIMEOUT 1000u

static pthread_mutex_t hold = PTHREAD_MUTEX_INITIALIZER; /* what hanging names wait for */
static bool holding;
static atomic_uint hanging; /* names that were asked for and not let go */

struct entry {
    struct addrinfo info;
    struct sockaddr_storage address;
};

static void chain(struct addrinfo **list, int family, const char *address, const char *port)
{
    struct entry *e = calloc(1, sizeof *e);
    e->info.ai_family = family;
    e->info.ai_addr = (struct sockaddr *)&e->address;
    e->info.ai_next = *list;
    if (family == AF_INET6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&e->address;
        (void)inet_pton(AF_INET6, address, &v6->sin6_addr);
        v6->sin6_port = htons((uint16_t)atoi(port));
    } else if (family == AF_INET) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&e->address;
        (void)inet_pton(AF_INET, address, &v4->sin_addr);
        v4->sin_port = htons((uint16_t)atoi(port));
    }
    *list = &e->info;
}

static int answer(const char *host, const char *port, struct addrinfo **list)
{
    if (strcmp(host, "both.example") == 0) {
        chain(list, AF_INET, "192.0.2.1", port);
        chain(list, AF_INET6, "2001:db8::1", port);
    } else if (strcmp(host, "many.example") == 0) {
        for (int i = 0; i < 40; i++) {
            chain(list, AF_INET6, "2001:db8:1111:2222:3333:4444:5555:6666", port);
        }
    } else if (strcmp(host, "odd.example") == 0) {
        chain(list, AF_UNIX, "", port);
    } else if (strcmp(host, "2001:db8::7") == 0) {
        chain(list, AF_INET6, host, port);
    } else if (strcmp(host, "broken.example") == 0) {
        return EAI_AGAIN;
    } else if (strcmp(host, "hangs.example") == 0) {
        (void)pthread_mutex_lock(&hold);
        (void)pthread_mutex_unlock(&hold);
        chain(list, AF_INET, "192.0.2.9", port);
        atomic_fetch_sub(&hanging, 1);
    } else {
        return EAI_NONAME;
    }
    return 0;
}

int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                struct addrinfo **list)
{
    sigset_t blocked;
    (void)pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    if (hints->ai_socktype != SOCK_STREAM || sigismember(&blocked, SIGTERM) != 1) {
        return EAI_SYSTEM;
    }
    *list = NULL;
    return answer(host, port, list);
}

void freeaddrinfo(struct addrinfo *list)
{
    while (list != NULL) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

/* What has been answered. */

#define ANSWERS_MAX 64

struct heard {
    uint32_t number;
    enum sym_err err;
    char text[1024];
    size_t len;
};

static struct sym_loop *loop;
static struct sym_resolver *resolver;
static struct heard heard[ANSWERS_MAX];
static size_t n_heard;
static size_t n_wanted;
static uint32_t relay;            /* each answer asks once more, so often */
static const char *after_timeout; /* asked once after SYM_TIMEOUT, as AFTER_TIMEOUT */
static bool release_at_timeout;   /* lets hanging names go on */

static void hang(void)
{
    assert_int_equal(pthread_mutex_lock(&hold), 0);
    holding = true;
}

static void let_go(void)
{
    if (holding) {
        holding = false;
        (void)pthread_mutex_unlock(&hold);
    }
}

static void ask(uint32_t number, const char *endpoint)
{
    if (strncmp(endpoint, "hangs", 5) == 0) {
        atomic_fetch_add(&hanging, 1);
    }
    sym_resolver_ask(resolver, number, sym_span_text(endpoint));
}

static void on_resolved(void *owner, uint32_t number, enum sym_err err, struct sym_span addresses)
{
    struct heard *h = &heard[n_heard++];
    assert_ptr_equal(owner, &heard);
    assert_in_range(addresses.len, 0, sizeof h->text - 1);
    *h = (struct heard){.number = number, .err = err, .len = addresses.len};
    memcpy(h->text, addresses.data == NULL ? (const uint8_t *)"" : addresses.data, addresses.len);
    if (err == SYM_TIMEOUT && release_at_timeout) {
        let_go();
    }
    if (err == SYM_TIMEOUT && after_timeout != NULL) {
        const char *next = after_timeout;
        after_timeout = NULL;
        ask(AFTER_TIMEOUT, next);
    }
    if (relay > 0) {
        ask(--relay, "both.example:1");
    }
    if (n_heard == n_wanted) {
        sym_loop_stop(loop);
    }
}

static int prepare_patience(unsigned patience_ms)
{
    n_heard = 0;
    n_wanted = 0;
    relay = 0;
    after_timeout = NULL;
    release_at_timeout = false;
    return sym_loop_new(&loop) == SYM_OK &&
                   sym_resolver_new(&resolver, loop, patience_ms, on_resolved, &heard) == SYM_OK
               ? 0
               : -1;
}

static int prepare(void **state)
{
    (void)state;
    return prepare_patience(PATIENCE_MS);
}

static int prepare_short(void **state)
{
    (void)state;
    return prepare_patience(SHORT_MS);
}

static int sweep(void **state)
{
    (void)state;
    let_go(); /* where a check failed */
    sym_resolver_free(resolver);
    sym_loop_free(loop);
    while (atomic_load(&hanging) > 0) {
        (void)usleep(1000);
    }
    return 0;
}

/* Once per loop: one that was stopped stays so. */
static void await(size_t n)
{
    n_wanted = n;
    if (n_heard < n) {
        assert_int_equal(sym_loop_run(loop), SYM_OK);
    }
    assert_int_equal(n_heard, n);
}

static void one_answer(const char *endpoint, enum sym_err err, const char *text)
{
    ask(7, endpoint);
    await(1);
    assert_int_equal(heard[0].number, 7);
    assert_int_equal(heard[0].err, err);
    assert_string_equal(heard[0].text, text);
}

static void both_families_are_written_as_gate_reads_them(void **state)
{
    (void)state;
    one_answer("both.example:7701", SYM_OK, "[2001:db8::1]:7701\n192.0.2.1:7701\n");
}

static void a_numeric_address_passes(void **state)
{
    (void)state;
    one_answer("[2001:db8::7]:65535", SYM_OK, "[2001:db8::7]:65535\n");
}

static void no_more_addresses_than_the_limit(void **state)
{
    size_t lines = 0;
    (void)state;
    ask(1, "many.example:12345");
    await(1);
    for (size_t i = 0; i < heard[0].len; i++) {
        lines += heard[0].text[i] == '\n';
    }
    assert_int_equal(lines, SYM_ADDRESSES_MAX);
    assert_int_equal(heard[0].text[heard[0].len - 1], '\n');
}

static void a_name_that_does_not_exist_is_not_found(void **state)
{
    (void)state;
    one_answer("nowhere.example:1", SYM_NOT_FOUND, "");
}

static void a_name_without_an_address_that_gate_speaks_is_not_found(void **state)
{
    (void)state;
    one_answer("odd.example:1", SYM_NOT_FOUND, "");
}

static void a_name_server_that_fails_is_unreachable(void **state)
{
    (void)state;
    one_answer("broken.example:1", SYM_UNREACHABLE, "");
}

static void refuses_what_is_no_endpoint(void **state)
{
    const char *const texts[] = {"", "host", "host:", "host:0", ":1", "host:65536", "[::1:1"};
    const size_t n = sizeof texts / sizeof texts[0];
    (void)state;
    for (size_t i = 0; i < n; i++) {
        ask((uint32_t)i, texts[i]);
        assert_int_equal(n_heard, i + 1);
        assert_int_equal(heard[i].err, SYM_BAD_FORMAT);
    }
}

static void a_name_server_that_is_silent_delays_nobody_else(void **state)
{
    (void)state;
    hang();
    ask(1, "hangs.example:1");
    ask(2, "both.example:2");
    await(1);
    assert_int_equal(heard[0].number, 2);
    assert_int_equal(heard[0].err, SYM_OK);
    let_go();
}

static void patience_ends(void **state)
{
    uint64_t began_ms = sym_now_ms();
    (void)state;
    hang();
    ask(1, "hangs.example:1");
    await(1);
    assert_int_equal(heard[0].err, SYM_TIMEOUT);
    assert_true(sym_now_ms() - began_ms >= SHORT_MS);
    let_go();
}

static void patience_ends_again(void **state)
{
    (void)state;
    hang();
    after_timeout = "hangs.example:2";
    ask(1, "hangs.example:1");
    await(2);
    assert_int_equal(heard[0].err, SYM_TIMEOUT);
    assert_int_equal(heard[1].number, AFTER_TIMEOUT);
    assert_int_equal(heard[1].err, SYM_TIMEOUT);
    let_go();
}

static struct sym_timer *after;
static unsigned quiet_looks;

/* Stops the loop some looks after the last hanging name was let go. */
static void look_after(void *owner)
{
    (void)owner;
    quiet_looks += atomic_load(&hanging) == 0;
    if (quiet_looks == 10) {
        sym_loop_stop(loop);
    }
    sym_timer_set(after, 10);
}

static void an_answer_that_comes_too_late_is_not_heard(void **state)
{
    (void)state;
    hang();
    release_at_timeout = true;
    ask(1, "hangs.example:1");
    assert_int_equal(sym_loop_timer(loop, &after, 0, look_after, NULL), SYM_OK);
    assert_int_equal(sym_loop_run(loop), SYM_OK);
    assert_int_equal(n_heard, 1);
    assert_int_equal(heard[0].err, SYM_TIMEOUT);
}

static void refuses_more_than_the_limit_at_once(void **state)
{
    (void)state;
    hang();
    for (uint32_t i = 0; i < SYM_LOOKUPS_MAX; i++) {
        ask(i, "hangs.example:1");
    }
    assert_int_equal(n_heard, 0);
    ask(99, "both.example:1");
    assert_int_equal(n_heard, 1);
    assert_int_equal(heard[0].number, 99);
    assert_int_equal(heard[0].err, SYM_LIMIT);
    let_go();
    await(1 + SYM_LOOKUPS_MAX);
    for (size_t i = 1; i < n_heard; i++) {
        assert_int_equal(heard[i].err, SYM_OK);
        assert_string_equal(heard[i].text, "192.0.2.9:1\n");
    }
}

static void a_place_is_free_again_after_its_answer(void **state)
{
    (void)state;
    relay = 3 * SYM_LOOKUPS_MAX;
    ask(0, "both.example:1");
    await(1 + 3 * SYM_LOOKUPS_MAX);
    for (size_t i = 0; i < n_heard; i++) {
        assert_int_equal(heard[i].err, SYM_OK);
    }
}

static void the_end_does_not_wait_for_a_silent_name_server(void **state)
{
    (void)state;
    hang();
    ask(1, "hangs.example:1");
    sym_resolver_free(resolver);
    resolver = NULL;
    assert_int_equal(atomic_load(&hanging), 1);
    let_go();
    while (atomic_load(&hanging) > 0) {
        (void)usleep(1000);
    }
    assert_int_equal(n_heard, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_families_are_written_as_gate_reads_them, prepare,
                                        sweep),
        cmocka_unit_test_setup_teardown(a_numeric_address_passes, prepare, sweep),
        cmocka_unit_test_setup_teardown(no_more_addresses_than_the_limit, prepare, sweep),
        cmocka_unit_test_setup_teardown(a_name_that_does_not_exist_is_not_found, prepare, sweep),
        cmocka_unit_test_setup_teardown(a_name_without_an_address_that_gate_speaks_is_not_found,
                                        prepare, sweep),
        cmocka_unit_test_setup_teardown(a_name_server_that_fails_is_unreachable, prepare, sweep),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_endpoint, prepare, sweep),
        cmocka_unit_test_setup_teardown(a_name_server_that_is_silent_delays_nobody_else, prepare,
                                        sweep),
        cmocka_unit_test_setup_teardown(patience_ends, prepare_short, sweep),
        cmocka_unit_test_setup_teardown(patience_ends_again, prepare_short, sweep),
        cmocka_unit_test_setup_teardown(an_answer_that_comes_too_late_is_not_heard, prepare_short,
                                        sweep),
        cmocka_unit_test_setup_teardown(refuses_more_than_the_limit_at_once, prepare, sweep),
        cmocka_unit_test_setup_teardown(a_place_is_free_again_after_its_answer, prepare, sweep),
        cmocka_unit_test_setup_teardown(the_end_does_not_wait_for_a_silent_name_server, prepare,
                                        sweep),
    };
    return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
