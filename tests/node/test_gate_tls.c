#include "node/gate/tls.h"

#include "tests/support/tls_peer.h"

#include <openssl/err.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define DAY_S  86400L
#define ROUNDS 50

static const uint8_t our_seed[32] = {1};
static const uint8_t their_seed[32] = {2};

/* Our session at one end of a socket pair, a peer written on OpenSSL at the other, stepped in turn.
 */
struct meeting {
    struct sym_tls *tls;
    struct sym_tls_session *ours;
    SSL *theirs;
    int ends[2];
    uint8_t pinned[32];
    unsigned asked;
    enum sym_err err; /* of our handshake */
    int rc;           /* of theirs */
    int reason;       /* if that failed */
};

static bool is_pinned(void *owner, const uint8_t pin[SYM_PIN_BYTES])
{
    struct meeting *m = owner;
    m->asked++;
    return memcmp(pin, m->pinned, 32) == 0;
}

static uint64_t now_s(void)
{
    return (uint64_t)time(NULL);
}

static void begin(struct meeting *m, bool we_dial)
{
    memset(m, 0, sizeof *m);
    tls_peer_pin(m->pinned, their_seed);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, m->ends),
                     0);
    assert_int_equal(sym_tls_new(&m->tls, sym_span(our_seed, 32), now_s()), SYM_OK);
    assert_int_equal(sym_tls_session_new(&m->ours, m->tls, m->ends[0], we_dial, is_pinned, m),
                     SYM_OK);
}

static void shake_hands(struct meeting *m, struct tls_peer *peer, bool we_dial)
{
    m->theirs = SSL_new(peer->ctx);
    assert_int_equal(SSL_set_fd(m->theirs, m->ends[1]), 1);
    if (we_dial) {
        SSL_set_accept_state(m->theirs);
    } else {
        SSL_set_connect_state(m->theirs);
    }
    m->err = SYM_AGAIN;
    m->rc = 0;
    for (int i = 0; i < ROUNDS && (m->err == SYM_AGAIN || m->rc != 1); i++) {
        if (m->rc != 1) {
            m->rc = SSL_do_handshake(m->theirs);
            m->reason = m->reason == 0 ? tls_peer_reason() : m->reason;
        }
        if (m->err == SYM_AGAIN) {
            m->err = sym_tls_handshake(m->ours);
        }
    }
}

static void finish(struct meeting *m, struct tls_peer *peer)
{
    SSL_free(m->theirs);
    sym_tls_session_free(m->ours);
    sym_tls_free(m->tls);
    tls_peer_clear(peer);
    (void)close(m->ends[0]);
    (void)close(m->ends[1]);
}

/* A peer that connects to us, or that we dial, in these ways: our handshake ends in err. */
static void expect(bool we_dial, const struct tls_peer_ways *ways, enum sym_err err)
{
    struct meeting m;
    struct tls_peer peer;
    begin(&m, we_dial);
    tls_peer_init(&peer, their_seed, we_dial, ways);
    memcpy(m.pinned, ways->no_certificate ? m.pinned : peer.pin, 32);
    shake_hands(&m, &peer, we_dial);
    if (m.err != err) {
        fail_msg("%s instead of %s: %s", sym_err_name(m.err), sym_err_name(err),
                 sym_tls_fault(m.ours)->text);
    }
    if (err != SYM_OK) {
        assert_true(sym_tls_fault(m.ours)->text[0] != '\0');
    }
    finish(&m, &peer);
}

static void expect_both_ways(const struct tls_peer_ways *ways, enum sym_err err)
{
    expect(false, ways, err);
    expect(true, ways, err);
}

static void accepts_and_dials_an_honest_peer(void **state)
{
    (void)state;
    expect_both_ways(&(struct tls_peer_ways){0}, SYM_OK);
}

static void refuses_tls_1_2(void **state)
{
    (void)state;
    expect_both_ways(&(struct tls_peer_ways){.max_version = TLS1_2_VERSION}, SYM_BAD_VERSION);
}

static void refuses_another_protocol_than_ours(void **state)
{
    (void)state;
    static const char *const others[] = {"\x0asymbolon/2", "\x08http/1.1", "\x0bsymbolon/10",
                                         "\x09symbolon/", "\x0aSymbolon/1"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        expect(false, &(struct tls_peer_ways){.alpn = others[i]}, SYM_UNSUPPORTED);
        /* A choice that was not offered breaks TLS itself. */
        expect(true, &(struct tls_peer_ways){.alpn = others[i]}, SYM_BAD_FORMAT);
    }
}

static void refuses_a_peer_that_names_no_protocol(void **state)
{
    (void)state;
    static const struct tls_peer_ways ways = {.alpn = ""};
    struct meeting m;
    struct tls_peer peer;
    expect_both_ways(&ways, SYM_UNSUPPORTED);
    begin(&m, false);
    tls_peer_init(&peer, their_seed, false, &ways);
    shake_hands(&m, &peer, false);
    assert_int_equal(m.reason, SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
    finish(&m, &peer);
}

static void refuses_a_client_without_certificate(void **state)
{
    (void)state;
    expect(false, &(struct tls_peer_ways){.no_certificate = true}, SYM_DENIED);
}

static void refuses_a_certificate_that_has_expired(void **state)
{
    (void)state;
    expect_both_ways(&(struct tls_peer_ways){.from_s = -2 * DAY_S, .to_s = -1}, SYM_EXPIRED);
    expect_both_ways(&(struct tls_peer_ways){.from_s = -2 * DAY_S, .to_s = 3}, SYM_OK);
}

static void refuses_a_certificate_from_the_future(void **state)
{
    (void)state;
    expect_both_ways(&(struct tls_peer_ways){.from_s = 60, .to_s = DAY_S}, SYM_EXPIRED);
}

static void refuses_a_certificate_that_does_not_sign_itself(void **state)
{
    (void)state;
    expect_both_ways(&(struct tls_peer_ways){.altered = true}, SYM_BAD_SIGNATURE);
}

static void refuses_a_chain_of_certificates(void **state)
{
    (void)state;
    expect_both_ways(&(struct tls_peer_ways){.chain = true}, SYM_BAD_FORMAT);
}

static void refuses_another_kind_of_key(void **state)
{
    (void)state;
    /* We ask for Ed25519 signatures, which it cannot make. */
    expect(false, &(struct tls_peer_ways){.p256 = true}, SYM_DENIED);
    expect(true, &(struct tls_peer_ways){.p256 = true}, SYM_BAD_FORMAT);
}

static void refuses_a_key_that_is_not_pinned(void **state)
{
    (void)state;
    static const uint8_t other[32] = {3};
    for (int we_dial = 0; we_dial < 2; we_dial++) {
        struct meeting m;
        struct tls_peer peer;
        begin(&m, we_dial);
        tls_peer_init(&peer, other, we_dial, &(struct tls_peer_ways){0});
        shake_hands(&m, &peer, we_dial);
        assert_int_equal(m.err, SYM_DENIED);
        assert_int_equal(m.asked, 1);
        /* The other side learns why: the alert that stands for "I do not know you". */
        if (!we_dial) {
            char byte;
            (void)SSL_read(m.theirs, &byte, 1);
            m.reason = tls_peer_reason();
        }
        assert_int_equal(m.reason, SSL_R_TLSV1_ALERT_UNKNOWN_CA);
        finish(&m, &peer);
    }
}

static void says_when_the_other_side_does_not_know_us(void **state)
{
    (void)state;
    struct meeting m;
    struct meeting n;
    static const uint8_t nobody[32] = {9};
    begin(&m, true);
    memset(&n, 0, sizeof n);
    memcpy(n.pinned, nobody, 32);
    assert_int_equal(sym_tls_new(&n.tls, sym_span(their_seed, 32), now_s()), SYM_OK);
    assert_int_equal(sym_tls_session_new(&n.ours, n.tls, m.ends[1], false, is_pinned, &n), SYM_OK);
    enum sym_err dialler = SYM_AGAIN;
    enum sym_err acceptor = SYM_AGAIN;
    for (int i = 0; i < ROUNDS && (dialler == SYM_AGAIN || acceptor == SYM_AGAIN); i++) {
        dialler = dialler == SYM_AGAIN ? sym_tls_handshake(m.ours) : dialler;
        acceptor = acceptor == SYM_AGAIN ? sym_tls_handshake(n.ours) : acceptor;
    }
    assert_int_equal(dialler, SYM_OK);
    assert_int_equal(acceptor, SYM_DENIED);
    uint8_t byte;
    size_t len = 0;
    assert_int_equal(sym_tls_read(m.ours, &byte, 1, &len), SYM_DENIED);
    assert_non_null(strstr(sym_tls_fault(m.ours)->text, "does not know our card"));
    sym_tls_session_free(n.ours);
    sym_tls_free(n.tls);
    struct tls_peer none = {.ctx = NULL};
    finish(&m, &none);
}

static void two_sessions_agree_on_pins_and_exporter_and_carry_bytes(void **state)
{
    (void)state;
    struct meeting m;
    struct tls_peer peer;
    uint8_t ours[SYM_EXPORTER_BYTES];
    uint8_t theirs[SYM_EXPORTER_BYTES];
    uint8_t pin[32];
    begin(&m, false);
    tls_peer_init(&peer, their_seed, false, &(struct tls_peer_ways){0});
    shake_hands(&m, &peer, false);
    assert_int_equal(m.err, SYM_OK);
    sym_tls_pin(m.ours, pin);
    assert_memory_equal(pin, m.pinned, 32);
    assert_int_equal(sym_tls_exporter(m.ours, ours), SYM_OK);
    assert_int_equal(SSL_export_keying_material(m.theirs, theirs, sizeof theirs,
                                                "EXPORTER-Channel-Binding", 24,
                                                (const unsigned char *)"", 0, 1),
                     1);
    assert_memory_equal(ours, theirs, sizeof ours);

    uint8_t bytes[16] = "sixteen bytes ok";
    uint8_t got[16];
    size_t len = 0;
    assert_int_equal(sym_tls_read(m.ours, got, sizeof got, &len), SYM_AGAIN);
    assert_int_equal(SSL_write(m.theirs, bytes, 16), 16);
    assert_int_equal(sym_tls_read(m.ours, got, 4, &len), SYM_OK);
    assert_int_equal(len, 4);
    assert_true(sym_tls_pending(m.ours));
    assert_int_equal(sym_tls_read(m.ours, got + 4, 12, &len), SYM_OK);
    assert_false(sym_tls_pending(m.ours));
    assert_memory_equal(got, bytes, 16);
    finish(&m, &peer);
}

static void offers_no_ticket(void **state)
{
    (void)state;
    struct meeting m;
    struct tls_peer peer;
    char byte;
    size_t len = 0;
    begin(&m, false);
    tls_peer_init(&peer, their_seed, false, &(struct tls_peer_ways){0});
    shake_hands(&m, &peer, false);
    assert_int_equal(m.err, SYM_OK);
    assert_int_equal(sym_tls_write(m.ours, (const uint8_t *)"x", 1, &len), SYM_OK);
    assert_int_equal(SSL_read(m.theirs, &byte, 1), 1);
    assert_int_equal(SSL_SESSION_is_resumable(SSL_get_session(m.theirs)), 0);
    finish(&m, &peer);
}

/* A session with tickets, from a server that is not ours. */
static SSL_SESSION *foreign_session(void)
{
    int ends[2];
    struct tls_peer server;
    struct tls_peer client;
    char byte = 0;
    tls_peer_init(&server, our_seed, true, &(struct tls_peer_ways){.tickets = true});
    tls_peer_init(&client, their_seed, false, &(struct tls_peer_ways){0});
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    SSL *a = SSL_new(server.ctx);
    SSL *b = SSL_new(client.ctx);
    assert_int_equal(SSL_set_fd(a, ends[0]), 1);
    assert_int_equal(SSL_set_fd(b, ends[1]), 1);
    SSL_set_accept_state(a);
    SSL_set_connect_state(b);
    for (int i = 0; i < ROUNDS; i++) {
        (void)SSL_do_handshake(b);
        (void)SSL_do_handshake(a);
    }
    assert_int_equal(SSL_write(a, "x", 1), 1);
    assert_int_equal(SSL_read(b, &byte, 1), 1);
    SSL_SESSION *session = SSL_get1_session(b);
    assert_int_equal(SSL_SESSION_is_resumable(session), 1);
    /* Freed without a shutdown it would count as broken and not be resumed. */
    SSL_set_shutdown(b, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(a);
    SSL_free(b);
    tls_peer_clear(&server);
    tls_peer_clear(&client);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return session;
}

static void refuses_a_client_that_resumes_or_sends_early_data(void **state)
{
    (void)state;
    for (int early = 0; early < 2; early++) {
        struct meeting m;
        struct tls_peer peer;
        SSL_SESSION *session = foreign_session();
        begin(&m, false);
        tls_peer_init(&peer, their_seed, false, &(struct tls_peer_ways){0});
        m.theirs = SSL_new(peer.ctx);
        assert_int_equal(SSL_set_fd(m.theirs, m.ends[1]), 1);
        SSL_set_connect_state(m.theirs);
        assert_int_equal(SSL_set_session(m.theirs, session), 1);
        size_t sent = 0;
        if (early == 1) {
            assert_int_equal(SSL_write_early_data(m.theirs, "early", 5, &sent), 1);
        } else {
            (void)SSL_do_handshake(m.theirs);
        }
        assert_int_equal(sym_tls_handshake(m.ours), SYM_REPLAY);
        SSL_SESSION_free(session);
        finish(&m, &peer);
    }
}

static void does_not_resume_with_a_server_that_offers_it(void **state)
{
    (void)state;
    struct meeting m;
    struct tls_peer peer;
    uint8_t byte;
    size_t len = 0;
    begin(&m, true);
    tls_peer_init(&peer, their_seed, true, &(struct tls_peer_ways){.tickets = true});
    shake_hands(&m, &peer, true);
    assert_int_equal(m.err, SYM_OK);
    assert_int_equal(SSL_write(m.theirs, "x", 1), 1);
    enum sym_err err = SYM_AGAIN;
    for (int i = 0; i < ROUNDS && err == SYM_AGAIN; i++) {
        err = sym_tls_read(m.ours, &byte, 1, &len);
    }
    assert_int_equal(err, SYM_OK);
    for (int again = 0; again < 2; again++) {
        sym_tls_session_free(m.ours);
        SSL_free(m.theirs);
        (void)close(m.ends[0]);
        (void)close(m.ends[1]);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, m.ends),
                         0);
        assert_int_equal(sym_tls_session_new(&m.ours, m.tls, m.ends[0], true, is_pinned, &m),
                         SYM_OK);
        shake_hands(&m, &peer, true);
        assert_int_equal(m.err, SYM_OK);
        assert_int_equal(SSL_session_reused(m.theirs), 0);
    }
    finish(&m, &peer);
}

static void refuses_bytes_that_are_not_tls(void **state)
{
    (void)state;
    static const char noises[][24] = {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\xff\xff\x01",
                                      "\x80\x0a\x01\x00\x02", "\x15\x03\x03\x00\x02\x02\x28"};
    for (size_t i = 0; i < sizeof noises / sizeof *noises; i++) {
        struct meeting m;
        struct tls_peer none = {.ctx = NULL};
        begin(&m, false);
        assert_true(write(m.ends[1], noises[i], sizeof noises[i]) > 0);
        enum sym_err err = sym_tls_handshake(m.ours);
        assert_int_not_equal(err, SYM_OK);
        assert_int_not_equal(err, SYM_AGAIN);
        finish(&m, &none);
    }
}

static void says_that_the_other_side_left(void **state)
{
    (void)state;
    struct meeting m;
    struct tls_peer peer;
    uint8_t byte;
    size_t len = 0;
    begin(&m, false);
    assert_int_equal(shutdown(m.ends[1], SHUT_RDWR), 0);
    assert_int_equal(sym_tls_handshake(m.ours), SYM_CLOSED);
    struct tls_peer none = {.ctx = NULL};
    finish(&m, &none);

    begin(&m, false);
    tls_peer_init(&peer, their_seed, false, &(struct tls_peer_ways){0});
    shake_hands(&m, &peer, false);
    (void)SSL_shutdown(m.theirs);
    assert_int_equal(sym_tls_read(m.ours, &byte, 1, &len), SYM_CLOSED);
    finish(&m, &peer);

    /* Without a word, which could be a truncation. */
    begin(&m, false);
    tls_peer_init(&peer, their_seed, false, &(struct tls_peer_ways){0});
    shake_hands(&m, &peer, false);
    assert_int_equal(shutdown(m.ends[1], SHUT_RDWR), 0);
    assert_int_equal(sym_tls_read(m.ours, &byte, 1, &len), SYM_CLOSED);
    finish(&m, &peer);
}

static const ASN1_TIME *end_of(const struct meeting *m)
{
    return X509_get0_notAfter(SSL_get0_peer_certificate(m->theirs));
}

static void renews_its_certificate_which_names_nobody(void **state)
{
    (void)state;
    struct meeting m;
    struct tls_peer peer;
    int days = 0;
    int seconds = 0;
    begin(&m, false);
    tls_peer_init(&peer, their_seed, false, &(struct tls_peer_ways){0});
    assert_int_equal(sym_tls_renew(m.tls, now_s() + 10 * DAY_S), SYM_OK);
    sym_tls_session_free(m.ours);
    assert_int_equal(sym_tls_session_new(&m.ours, m.tls, m.ends[0], false, is_pinned, &m), SYM_OK);
    shake_hands(&m, &peer, false);
    assert_int_equal(m.err, SYM_OK);
    X509 *cert = SSL_get0_peer_certificate(m.theirs);
    assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(cert)), 0);
    assert_int_equal(X509_NAME_entry_count(X509_get_issuer_name(cert)), 0);
    assert_int_equal(ASN1_TIME_diff(&days, &seconds, NULL, end_of(&m)), 1);
    assert_in_range(days, 39, 40);
    finish(&m, &peer);
}

static void a_fresh_certificate_is_valid_from_yesterday_for_thirty_days(void **state)
{
    (void)state;
    struct meeting m;
    struct tls_peer peer;
    int days = 0;
    int seconds = 0;
    begin(&m, false);
    tls_peer_init(&peer, their_seed, false, &(struct tls_peer_ways){0});
    shake_hands(&m, &peer, false);
    assert_int_equal(ASN1_TIME_diff(&days, &seconds, NULL, end_of(&m)), 1);
    assert_in_range(days, 29, 30);
    const ASN1_TIME *start = X509_get0_notBefore(SSL_get0_peer_certificate(m.theirs));
    assert_int_equal(ASN1_TIME_diff(&days, &seconds, start, NULL), 1);
    assert_int_equal(days, 1);
    finish(&m, &peer);
}

static void refuses_a_seed_of_another_length(void **state)
{
    (void)state;
    struct sym_tls *tls = NULL;
    assert_int_equal(sym_tls_new(&tls, sym_span(our_seed, 31), now_s()), SYM_INTERNAL);
    assert_null(tls);
    sym_tls_free(NULL);
    sym_tls_session_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_and_dials_an_honest_peer),
        cmocka_unit_test(refuses_tls_1_2),
        cmocka_unit_test(refuses_another_protocol_than_ours),
        cmocka_unit_test(refuses_a_peer_that_names_no_protocol),
        cmocka_unit_test(refuses_a_client_without_certificate),
        cmocka_unit_test(refuses_a_certificate_that_has_expired),
        cmocka_unit_test(refuses_a_certificate_from_the_future),
        cmocka_unit_test(refuses_a_certificate_that_does_not_sign_itself),
        cmocka_unit_test(refuses_a_chain_of_certificates),
        cmocka_unit_test(refuses_another_kind_of_key),
        cmocka_unit_test(refuses_a_key_that_is_not_pinned),
        cmocka_unit_test(says_when_the_other_side_does_not_know_us),
        cmocka_unit_test(two_sessions_agree_on_pins_and_exporter_and_carry_bytes),
        cmocka_unit_test(offers_no_ticket),
        cmocka_unit_test(refuses_a_client_that_resumes_or_sends_early_data),
        cmocka_unit_test(does_not_resume_with_a_server_that_offers_it),
        cmocka_unit_test(refuses_bytes_that_are_not_tls),
        cmocka_unit_test(says_that_the_other_side_left),
        cmocka_unit_test(renews_its_certificate_which_names_nobody),
        cmocka_unit_test(a_fresh_certificate_is_valid_from_yesterday_for_thirty_days),
        cmocka_unit_test(refuses_a_seed_of_another_length),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
