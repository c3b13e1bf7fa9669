/* What a gate keeps and whom it lets in while others waste its time.
 * runner: clock, timeout=180 */
#include "node/loop.h"
#include "tests/support/gate_rig.h"
#include "tests/support/tls_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define GATE 0x10
#define PEER 0x40
#define IDLE 1000
#define HALF 200
#define MANY 200

#define FLOOD_KIB_MAX (64 * 1024)
#define LINK_KIB_MAX  (16 * 1024)

static const size_t mib = 1048576;

/* One try ends before the crowd's time is up; a refusal is quicker by far, so that many tries tell
 * of a peer that is kept out until then. */
#define TRY_MS_MAX  (RIG_MEASURES ? SYM_HANDSHAKE_MS - 1000 : 20000)
#define PATIENCE_MS (RIG_MEASURES ? 2000 : 20000)
#define TRIES_MAX   50
#define ROUNDS      5

struct scene {
    struct gate_rig gate;
    struct tls_peer peer;
    long idle_kib;
    int crowd[IDLE];
    size_t n;
};

static int set_up(void **state)
{
    static const struct tls_peer_ways honest = {0};
    uint8_t seed[32];
    struct rlimit files;
    struct scene *s = calloc(1, sizeof *s);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    memset(seed, PEER, sizeof seed);
    tls_peer_init(&s->peer, seed, false, &honest);
    gate_rig_start(&s->gate, GATE, 0);
    gate_rig_pin(&s->gate, PEER, s->peer.pin);
    gate_rig_settle(&s->gate);
    s->idle_kib = rig_memory_kib(s->gate.pid);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    while (s->n > 0) {
        (void)close(s->crowd[--s->n]);
    }
    tls_peer_clear(&s->peer);
    int code = gate_rig_stop(&s->gate);
    free(s);
    return code;
}

/* One more connection of the crowd, from 127.0.0.party. */
static int crowd_in(struct scene *s, uint8_t party)
{
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(0x7f000000u + party)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(s->gate.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&from, sizeof from), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    s->crowd[s->n++] = fd;
    return fd;
}

static void expect_memory_bounded(struct scene *s)
{
    long grown_kib = rig_memory_kib(s->gate.pid) - s->idle_kib;
    if (RIG_MEASURES && grown_kib > FLOOD_KIB_MAX) {
        fail_msg("grown by %ld KiB", grown_kib);
    }
    print_message("gate has grown by %ld KiB\n", grown_kib);
}

/* One try of the pinned peer. */
static bool gets_in(struct scene *s)
{
    struct rig_event event;
    const uint64_t start_ms = sym_now_ms();
    int fd = tls_peer_tcp(s->gate.port);
    SSL *ssl = fd < 0 ? NULL : tls_peer_connect(&s->peer, fd, NULL);
    bool in = ssl != NULL && tls_peer_hello(ssl);
    assert_true(sym_now_ms() - start_ms < TRY_MS_MAX);
    if (in) {
        gate_rig_expect(&s->gate, &event, SYM_LOCAL_LINK_UP);
        rig_event_clear(&event);
    }
    tls_peer_close(ssl);
    return in;
}

/* The pinned peer, dialling again and again as a node would, gets its link: within two seconds, or
 * where everything is slow with few tries. */
static void expect_peer_gets_in(struct scene *s)
{
    const uint64_t start_ms = sym_now_ms();
    unsigned tries = 1;
    while (!gets_in(s)) {
        tries++;
        assert_true(sym_now_ms() - start_ms < PATIENCE_MS || tries < TRIES_MAX);
    }
    print_message("in after %u tries and %llu ms\n", tries,
                  (unsigned long long)(sym_now_ms() - start_ms));
}

static unsigned count_closed(const int *fds, size_t n)
{
    unsigned closed = 0;
    for (size_t i = 0; i < n; i++) {
        closed += rig_ready(fds[i], 0);
    }
    return closed;
}

static void a_thousand_idle_connections_keep_nobody_out(void **state)
{
    struct scene *s = *state;
    for (int i = 0; i < IDLE; i++) {
        (void)crowd_in(s, 1);
    }
    expect_peer_gets_in(s);
    expect_memory_bounded(s);
    struct rig_event event;
    while (gate_rig_next(&s->gate, &event, 1300)) {
        rig_event_clear(&event);
    }
    assert_true(s->gate.counters.accepted >= IDLE);
    assert_true(s->gate.counters.half_open <= SYM_HALF_OPEN_PER_ADDRESS_MAX);
    assert_true(s->gate.counters.refused >= IDLE - SYM_HALF_OPEN_PER_ADDRESS_MAX);
}

static void a_thousand_idle_connections_from_many_addresses_keep_nobody_out(void **state)
{
    struct scene *s = *state;
    for (int i = 0; i < IDLE; i++) {
        (void)crowd_in(s, (uint8_t)(2 + i % 200));
    }
    expect_peer_gets_in(s);
    expect_memory_bounded(s);
    struct rig_event event;
    while (gate_rig_next(&s->gate, &event, 1300)) {
        rig_event_clear(&event);
    }
    assert_in_range(s->gate.counters.half_open, SYM_HALF_OPEN_PER_ADDRESS_MAX, SYM_HALF_OPEN_MAX);
}

/* How many of those that fill the place are left when as many have come again; false when time has
 * ended some of them. */
static bool newcomers_leave(struct scene *s, unsigned *left)
{
    const uint64_t start_ms = sym_now_ms();
    for (unsigned i = 0; i < 2 * SYM_HALF_OPEN_PER_ADDRESS_MAX; i++) {
        (void)crowd_in(s, 1);
    }
    while (count_closed(s->crowd, s->n) < SYM_HALF_OPEN_PER_ADDRESS_MAX &&
           sym_now_ms() - start_ms < RIG_WAIT_MS) {
        (void)usleep(10000);
    }
    *left = SYM_HALF_OPEN_PER_ADDRESS_MAX - count_closed(s->crowd, SYM_HALF_OPEN_PER_ADDRESS_MAX);
    while (s->n > 0) {
        (void)close(s->crowd[--s->n]);
    }
    return sym_now_ms() - start_ms < SYM_HANDSHAKE_MS;
}

static void newcomers_replace_connections_at_random(void **state)
{
    struct scene *s = *state;
    unsigned left = 0;
    bool in_time = newcomers_leave(s, &left);
    for (unsigned i = 1; i < ROUNDS && !in_time; i++) {
        in_time = newcomers_leave(s, &left);
    }
    assert_true(in_time);
    /* Neither the oldest ones only, nor the newest. About 35 of 96 are expected. */
    print_message("%u of the first %u are left\n", left, SYM_HALF_OPEN_PER_ADDRESS_MAX);
    assert_in_range(left, 8, 70);
}

static void idle_connections_end_at_the_handshake_deadline(void **state)
{
    struct scene *s = *state;
    const uint64_t start_ms = sym_now_ms();
    for (int i = 0; i < 20; i++) {
        (void)crowd_in(s, 1);
    }
    for (size_t i = 0; i < s->n; i++) {
        char byte;
        assert_int_equal(read(s->crowd[i], &byte, 1), 0);
    }
    assert_in_range(sym_now_ms() - start_ms, SYM_HANDSHAKE_MS, 4 * SYM_HANDSHAKE_MS);
}

/* A client that has sent its hello and takes the server's answer no further. */
static void begin_handshake(struct scene *s, uint8_t party)
{
    SSL *ssl = SSL_new(s->peer.ctx);
    BIO *answer = BIO_new(BIO_s_mem());
    BIO *hello = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    SSL_set_bio(ssl, answer, hello);
    assert_int_equal(SSL_get_error(ssl, SSL_connect(ssl)), SSL_ERROR_WANT_READ);
    long len = BIO_get_mem_data(hello, &bytes);
    assert_int_equal(send(crowd_in(s, party), bytes, (size_t)len, MSG_NOSIGNAL), len);
    SSL_free(ssl);
}

static void two_hundred_half_finished_handshakes_keep_nobody_out(void **state)
{
    struct scene *s = *state;
    for (int i = 0; i < HALF; i++) {
        begin_handshake(s, (uint8_t)(1 + i % 4));
    }
    expect_peer_gets_in(s);
    expect_memory_bounded(s);
}

/* A TLS record whose ClientHello claims 128 KiB, of which most is sent. */
static void huge_hellos_keep_memory_bounded(void **state)
{
    struct scene *s = *state;
    static uint8_t record[5 + 16384];
    for (int i = 0; i < HALF; i++) {
        int fd = crowd_in(s, (uint8_t)(1 + i % 4));
        assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
        for (int r = 0; r < 7; r++) {
            static const uint8_t head[] = {22, 3, 1, 0x40, 0x00, 1, 0x01, 0xff, 0x00};
            memset(record, 0, sizeof record);
            memcpy(record, head, r == 0 ? 9 : 5);
            (void)!send(fd, record, sizeof record, MSG_NOSIGNAL);
        }
    }
    (void)usleep(300000);
    expect_memory_bounded(s);
    expect_peer_gets_in(s);
}

static void senders_of_a_byte_per_second_keep_nobody_out(void **state)
{
    struct scene *s = *state;
    static const uint8_t hello[] = {22, 3, 1, 0, 200};
    for (int i = 0; i < 300; i++) {
        (void)crowd_in(s, 1);
    }
    for (size_t second = 0; second < sizeof hello; second++) {
        for (size_t i = 0; i < s->n; i++) {
            (void)!send(s->crowd[i], hello + second, 1, MSG_NOSIGNAL);
        }
        (void)usleep(second == 2 ? 0 : 1000000);
        if (second == 2) {
            expect_peer_gets_in(s);
        }
    }
    expect_memory_bounded(s);
}

static void gets_in_while_strangers_connect_without_end(void **state)
{
    struct scene *s = *state;
    int report[2];
    assert_int_equal(pipe(report), 0);
    pid_t crowd = fork();
    if (crowd == 0) {
        /* Replaces its connections as fast as it can. */
        static int fds[256];
        struct sockaddr_in to = {.sin_family = AF_INET,
                                 .sin_port = htons(s->gate.port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        (void)!write(report[1], "x", 1);
        for (size_t i = 0;; i = (i + 1) % 256) {
            if (fds[i] > 0) {
                (void)close(fds[i]);
            }
            fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
            (void)connect(fds[i], (const struct sockaddr *)&to, sizeof to);
            (void)usleep(300);
        }
    }
    char byte;
    assert_int_equal(read(report[0], &byte, 1), 1);
    (void)usleep(300000);
    expect_peer_gets_in(s);
    (void)kill(crowd, SIGKILL);
    expect_memory_bounded(s);
    (void)close(report[0]);
    (void)close(report[1]);
}

static void huge_claims_allocate_nothing(void **state)
{
    struct scene *s = *state;
    static const uint64_t claims[] = {1ull << 62, 1ull << 40, 1048577};
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        uint8_t head[8];
        struct sym_bus pair = SYM_BUS_CLOSED;
        SSL *ssl = tls_peer_connect(&s->peer, tls_peer_tcp(s->gate.port), NULL);
        assert_true(tls_peer_hello(ssl));
        uint64_t link = gate_rig_link(&s->gate, &pair);
        sym_put_u64(head, claims[i]);
        assert_int_equal(SSL_write(ssl, head, 8), 8);
        gate_rig_down(&s->gate, link, SYM_TOO_LONG);
        tls_peer_close(ssl);
        sym_bus_close(&pair);
    }
    expect_memory_bounded(s);
}

/* A link that cannot move must not keep the loop turning. */
static void expect_rest(struct scene *s)
{
    unsigned long ticks = ULONG_MAX;
    for (int i = 0; i < ROUNDS && ticks > 5; i++) {
        unsigned long before = rig_cpu_ticks(s->gate.pid);
        (void)usleep(500000);
        ticks = rig_cpu_ticks(s->gate.pid) - before;
    }
    assert_true(ticks <= 5);
}

static void a_core_that_does_not_read_bounds_the_link(void **state)
{
    struct scene *s = *state;
    struct sym_bus pair = SYM_BUS_CLOSED;
    uint8_t *frame = calloc(1, 8 + mib);
    size_t taken = 0;
    size_t read_back = 0;
    SSL *ssl = tls_peer_connect(&s->peer, tls_peer_tcp(s->gate.port), NULL);
    assert_true(tls_peer_hello(ssl));
    (void)gate_rig_link(&s->gate, &pair);
    sym_put_u64(frame, mib);
    int fd = SSL_get_fd(ssl);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    (void)SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
    size_t at = 0;
    for (int stuck = 0; stuck < 50;) {
        size_t n = 0;
        if (SSL_write_ex(ssl, frame + at, 8 + mib - at, &n) == 1) {
            taken += n;
            at = (at + n) % (8 + mib);
            stuck = 0;
            assert_true(taken < 64 * mib);
        } else {
            stuck++;
            (void)usleep(10000);
        }
    }
    long grown_kib = rig_memory_kib(s->gate.pid) - s->idle_kib;
    print_message("%zu MiB taken, gate has grown by %ld KiB\n", taken / mib, grown_kib);
    assert_true(!RIG_MEASURES || grown_kib < LINK_KIB_MAX);
    expect_rest(s);
    while (read_back < taken / (8 + mib)) {
        rig_frame_expect(&pair, mib, 0);
        read_back++;
    }
    tls_peer_close(ssl);
    sym_bus_close(&pair);
    free(frame);
}

static void a_peer_that_does_not_read_bounds_the_link(void **state)
{
    struct scene *s = *state;
    struct sym_bus pair = SYM_BUS_CLOSED;
    size_t taken = 0;
    SSL *ssl = tls_peer_connect(&s->peer, tls_peer_tcp(s->gate.port), NULL);
    assert_true(tls_peer_hello(ssl));
    (void)gate_rig_link(&s->gate, &pair);
    while (rig_ready(sym_bus_send_fd(&pair), 500)) {
        rig_frame_send(&pair, mib, (uint8_t)taken);
        assert_true(++taken < 64);
    }
    long grown_kib = rig_memory_kib(s->gate.pid) - s->idle_kib;
    print_message("%zu MiB taken, gate has grown by %ld KiB\n", taken, grown_kib);
    assert_true(!RIG_MEASURES || grown_kib < LINK_KIB_MAX);
    expect_rest(s);
    uint8_t *got = calloc(1, 8 + mib);
    for (size_t i = 0; i < taken; i++) {
        for (size_t have = 0; have < 8 + mib;) {
            int n = SSL_read(ssl, got + have, (int)(8 + mib - have));
            assert_true(n > 0);
            have += (size_t)n;
        }
        assert_int_equal(sym_get_u64(got), mib);
        assert_int_equal(got[8], (uint8_t)i);
        assert_int_equal(got[7 + mib], (uint8_t)i);
    }
    free(got);
    tls_peer_close(ssl);
    sym_bus_close(&pair);
}

static void a_busy_link_does_not_starve_another(void **state)
{
    struct scene *s = *state;
    struct tls_peer second;
    static const struct tls_peer_ways honest = {0};
    static const uint8_t seed[32] = {50};
    struct sym_bus busy = SYM_BUS_CLOSED;
    struct sym_bus calm = SYM_BUS_CLOSED;
    tls_peer_init(&second, seed, false, &honest);
    gate_rig_pin(&s->gate, 50, second.pin);
    gate_rig_settle(&s->gate);
    SSL *a = tls_peer_connect(&s->peer, tls_peer_tcp(s->gate.port), NULL);
    assert_true(tls_peer_hello(a));
    (void)gate_rig_link(&s->gate, &busy);
    SSL *b = tls_peer_connect(&second, tls_peer_tcp(s->gate.port), NULL);
    assert_true(tls_peer_hello(b));
    (void)gate_rig_link(&s->gate, &calm);

    /* One process sends what it can, and this one takes it, between frames of the calm link. */
    pid_t sender = fork();
    if (sender == 0) {
        uint8_t *frame = calloc(1, 8 + mib);
        sym_put_u64(frame, mib);
        while (SSL_write(a, frame, (int)(8 + mib)) > 0) {
        }
        _exit(0);
    }
    uint64_t worst_ms = 0;
    for (int i = 0; i < 30; i++) {
        uint64_t start_ms = sym_now_ms();
        static const uint8_t frame[9] = {0, 0, 0, 0, 0, 0, 0, 1, 3};
        assert_int_equal(SSL_write(b, frame, 9), 9);
        while (!rig_ready(sym_bus_receive_fd(&calm), 0)) {
            uint8_t *bytes = NULL;
            size_t len = 0;
            if (sym_bus_receive(&busy, &bytes, &len) == SYM_OK) {
                sym_bus_release(bytes);
            }
            assert_true(sym_now_ms() - start_ms < RIG_WAIT_MS);
        }
        rig_frame_expect(&calm, 1, 3);
        uint64_t took_ms = sym_now_ms() - start_ms;
        worst_ms = took_ms > worst_ms ? took_ms : worst_ms;
    }
    print_message("slowest frame beside a busy link: %llu ms\n", (unsigned long long)worst_ms);
    assert_true(worst_ms < PATIENCE_MS / 4);
    (void)kill(sender, SIGKILL);
    tls_peer_close(a);
    tls_peer_close(b);
    tls_peer_clear(&second);
    sym_bus_close(&busy);
    sym_bus_close(&calm);
}

/* The n-th of many peers that are pinned at the gate. */
static void pin_one_of_many(struct scene *s, struct tls_peer *peer, size_t n)
{
    static const struct tls_peer_ways honest = {0};
    uint8_t seed[32] = {1, (uint8_t)n, (uint8_t)(n >> 8)};
    tls_peer_init(peer, seed, false, &honest);
    const struct sym_span pins[] = {sym_span(peer->pin, 32)};
    const struct sym_pinned_peer pinned = {.id = sym_span(seed, 32), .pins = pins, .n_pins = 1};
    gate_rig_send(&s->gate, SYM_LOCAL_PIN, &(struct sym_gate_pin){.peer = &pinned});
    gate_rig_settle(&s->gate);
}

static void two_hundred_peers_have_live_links(void **state)
{
    struct scene *s = *state;
    static struct tls_peer peers[MANY];
    static SSL *links[MANY];
    static struct sym_bus pairs[MANY];
    for (size_t i = 0; i < MANY; i++) {
        pin_one_of_many(s, &peers[i], i);
    }
    for (size_t i = 0; i < MANY; i++) {
        links[i] = tls_peer_connect(&peers[i], tls_peer_tcp(s->gate.port), NULL);
        assert_non_null(links[i]);
        assert_true(tls_peer_hello(links[i]));
        (void)gate_rig_link(&s->gate, &pairs[i]);
    }
    for (size_t i = 0; i < MANY; i++) {
        static const uint8_t frame[10] = {0, 0, 0, 0, 0, 0, 0, 2, 4, 4};
        uint8_t got[9];
        assert_int_equal(SSL_write(links[i], frame, 10), 10);
        rig_frame_expect(&pairs[i], 2, 4);
        rig_frame_send(&pairs[i], 1, 5);
        assert_int_equal(SSL_read(links[i], got, 9), 9);
    }
    print_message("%d links: gate has grown by %ld KiB\n", MANY,
                  rig_memory_kib(s->gate.pid) - s->idle_kib);
    for (size_t i = 0; i < MANY; i++) {
        tls_peer_close(links[i]);
        tls_peer_clear(&peers[i]);
        sym_bus_close(&pairs[i]);
    }
}

static void one_link_more_than_the_limit_is_refused(void **state)
{
    struct scene *s = *state;
    static SSL *links[SYM_LINKS_MAX];
    struct rig_event event;
    uint64_t last = 0;
    for (size_t i = 0; i < SYM_LINKS_MAX; i++) {
        struct tls_peer peer;
        pin_one_of_many(s, &peer, i);
        links[i] = tls_peer_connect(&peer, tls_peer_tcp(s->gate.port), NULL);
        assert_non_null(links[i]);
        assert_true(tls_peer_hello(links[i]));
        gate_rig_expect(&s->gate, &event, SYM_LOCAL_LINK_UP);
        last = event.as.up.link;
        rig_event_clear(&event);
        gate_rig_send(&s->gate, SYM_LOCAL_ACCEPT, &(struct sym_gate_accept){.link = last});
        tls_peer_clear(&peer);
    }
    SSL *more = tls_peer_connect(&s->peer, tls_peer_tcp(s->gate.port), NULL);
    assert_false(tls_peer_hello(more));
    tls_peer_close(more);
    gate_rig_dial(&s->gate, PEER, 9);
    gate_rig_expect(&s->gate, &event, SYM_LOCAL_DIAL_FAILED);
    assert_int_equal(event.as.failed.result, SYM_LIMIT);
    rig_event_clear(&event);

    gate_rig_hang_up(&s->gate, last);
    gate_rig_down(&s->gate, last, SYM_CANCELLED);
    more = tls_peer_connect(&s->peer, tls_peer_tcp(s->gate.port), NULL);
    assert_true(tls_peer_hello(more));
    tls_peer_close(more);
    for (size_t i = 0; i < SYM_LINKS_MAX; i++) {
        tls_peer_close(links[i]);
    }
}

static void no_link_comes_up_while_core_does_not_listen(void **state)
{
    struct scene *s = *state;
    struct rig_event event;
    unsigned up = 0;
    for (bool in = true; in; up += in) {
        assert_true(up < 3000);
        SSL *ssl = tls_peer_connect(&s->peer, tls_peer_tcp(s->gate.port), NULL);
        in = ssl != NULL && tls_peer_hello(ssl);
        tls_peer_close(ssl);
    }
    print_message("refused after %u links that core did not hear of\n", up);
    /* What it did hear of, it hears in order. */
    uint64_t last = 0;
    while (gate_rig_next(&s->gate, &event, 500)) {
        bool comes = event.type == SYM_LOCAL_LINK_UP;
        uint64_t link = comes ? event.as.up.link : event.as.down.link;
        assert_int_equal(link, comes ? last + 1 : last);
        last = link;
        rig_event_clear(&event);
    }
    assert_int_equal(last, up);
    SSL *again = tls_peer_connect(&s->peer, tls_peer_tcp(s->gate.port), NULL);
    assert_true(tls_peer_hello(again));
    tls_peer_close(again);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    gate_rig_become(argc, argv);
    const struct CMUnitTest tests[] = {
        TEST(a_thousand_idle_connections_keep_nobody_out),
        TEST(a_thousand_idle_connections_from_many_addresses_keep_nobody_out),
        TEST(newcomers_replace_connections_at_random),
        TEST(idle_connections_end_at_the_handshake_deadline),
        TEST(two_hundred_half_finished_handshakes_keep_nobody_out),
        TEST(huge_hellos_keep_memory_bounded),
        TEST(senders_of_a_byte_per_second_keep_nobody_out),
        TEST(gets_in_while_strangers_connect_without_end),
        TEST(huge_claims_allocate_nothing),
        TEST(a_core_that_does_not_read_bounds_the_link),
        TEST(a_peer_that_does_not_read_bounds_the_link),
        TEST(two_hundred_peers_have_live_links),
        TEST(one_link_more_than_the_limit_is_refused),
        TEST(no_link_comes_up_while_core_does_not_listen),
        TEST(a_busy_link_does_not_starve_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
