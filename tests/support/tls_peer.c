#include "tests/support/tls_peer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_S 8
#define DAY_S      86400L

static EVP_PKEY *ed25519(const uint8_t seed[32])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    assert_non_null(key);
    return key;
}

static void pin_of_key(uint8_t pin[32], EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    assert_true(len > 0);
    assert_int_equal(EVP_Digest(der, (size_t)len, pin, NULL, EVP_sha256(), NULL), 1);
    OPENSSL_free(der);
}

void tls_peer_pin(uint8_t pin[32], const uint8_t seed[32])
{
    EVP_PKEY *key = ed25519(seed);
    pin_of_key(pin, key);
    EVP_PKEY_free(key);
}

static X509 *certificate(EVP_PKEY *key, EVP_PKEY *signer, const struct tls_peer_ways *ways)
{
    bool usual = ways->from_s == 0 && ways->to_s == 0;
    X509 *cert = X509_new();
    assert_non_null(cert);
    assert_int_equal(X509_set_version(cert, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), 1), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert), usual ? -DAY_S : ways->from_s));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(cert), usual ? DAY_S : ways->to_s));
    assert_int_equal(X509_set_pubkey(cert, key), 1);
    const EVP_MD *hash = EVP_PKEY_get_id(signer) == EVP_PKEY_EC ? EVP_sha256() : NULL;
    assert_true(X509_sign(cert, signer, hash) > 0);
    return cert;
}

static void show_certificate(struct tls_peer *p, const struct tls_peer_ways *ways)
{
    EVP_PKEY *key = ways->p256 ? EVP_EC_gen("P-256") : ed25519(p->seed);
    EVP_PKEY *other = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    X509 *cert = certificate(key, ways->altered ? other : key, ways);
    pin_of_key(p->pin, key);
    assert_int_equal(SSL_CTX_use_certificate(p->ctx, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(p->ctx, key), 1);
    if (ways->chain) {
        X509 *second = certificate(other, other, ways);
        assert_int_equal(SSL_CTX_add_extra_chain_cert(p->ctx, second), 1);
    }
    X509_free(cert);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}

static int trust_all(X509_STORE_CTX *store, void *arg)
{
    (void)store;
    (void)arg;
    return 1;
}

static int choose(SSL *ssl, const unsigned char **out, unsigned char *len,
                  const unsigned char *offered, unsigned offered_len, void *arg)
{
    const unsigned char *wanted = arg;
    (void)ssl;
    (void)offered;
    (void)offered_len;
    *out = wanted + 1;
    *len = wanted[0];
    return wanted[0] == 0 ? SSL_TLSEXT_ERR_NOACK : SSL_TLSEXT_ERR_OK;
}

void tls_peer_init(struct tls_peer *p, const uint8_t seed[32], bool server,
                   const struct tls_peer_ways *ways)
{
    static unsigned char alpns[8][32];
    static size_t next;
    unsigned char *alpn = alpns[next++ % 8];
    const char *wanted = ways->alpn != NULL ? ways->alpn : "\x0asymbolon/1";

    memset(p, 0, sizeof *p);
    memcpy(p->seed, seed, 32);
    p->ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
    assert_non_null(p->ctx);
    (void)SSL_CTX_set_min_proto_version(p->ctx, ways->max_version == 0 ? TLS1_3_VERSION : 0);
    (void)SSL_CTX_set_max_proto_version(p->ctx, ways->max_version);
    SSL_CTX_set_verify(p->ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(p->ctx, trust_all, NULL);
    (void)strncpy((char *)alpn, wanted, 31);
    if (server) {
        SSL_CTX_set_alpn_select_cb(p->ctx, choose, alpn);
        assert_int_equal(SSL_CTX_set_num_tickets(p->ctx, ways->tickets ? 2 : 0), 1);
        assert_int_equal(SSL_CTX_set_session_id_context(p->ctx, alpn, 4), 1);
        if (ways->tickets) {
            assert_int_equal(SSL_CTX_set_max_early_data(p->ctx, 1000), 1);
        }
    } else if (alpn[0] != 0) {
        assert_int_equal(SSL_CTX_set_alpn_protos(p->ctx, alpn, 1u + alpn[0]), 0);
    }
    if (!ways->no_certificate) {
        show_certificate(p, ways);
    }
}

void tls_peer_clear(struct tls_peer *p)
{
    SSL_CTX_free(p->ctx);
    p->ctx = NULL;
}

static void set_patience(int fd)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int tls_peer_tcp(uint16_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    set_patience(fd);
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static SSL *handshake(struct tls_peer *p, int fd, bool server, SSL_SESSION *session)
{
    ERR_clear_error();
    set_patience(fd);
    SSL *ssl = SSL_new(p->ctx);
    assert_non_null(ssl);
    assert_int_equal(SSL_set_fd(ssl, fd), 1);
    if (session != NULL) {
        assert_int_equal(SSL_set_session(ssl, session), 1);
    }
    if ((server ? SSL_accept(ssl) : SSL_connect(ssl)) != 1) {
        SSL_free(ssl);
        (void)close(fd);
        return NULL;
    }
    return ssl;
}

SSL *tls_peer_connect(struct tls_peer *p, int fd, SSL_SESSION *session)
{
    return handshake(p, fd, false, session);
}

SSL *tls_peer_accept(struct tls_peer *p, int fd)
{
    return handshake(p, fd, true, NULL);
}

void tls_peer_close(SSL *ssl)
{
    if (ssl != NULL) {
        int fd = SSL_get_fd(ssl);
        SSL_free(ssl);
        (void)close(fd);
    }
}

bool tls_peer_hello(SSL *ssl)
{
    static const uint8_t hello[8] = {0x00, 'S', 'P', 0x00, 0x00, 0x10, 0x00, 0x00};
    uint8_t got[8];
    size_t have = 0;

    ERR_clear_error();
    /* Where this fails, the read finds the alert that says why. */
    (void)SSL_write(ssl, hello, sizeof hello);
    while (have < sizeof got) {
        int n = SSL_read(ssl, got + have, (int)(sizeof got - have));
        if (n <= 0) {
            return false;
        }
        have += (size_t)n;
    }
    return memcmp(got, hello, sizeof got) == 0;
}

int tls_peer_reason(void)
{
    return ERR_GET_REASON(ERR_peek_error());
}
