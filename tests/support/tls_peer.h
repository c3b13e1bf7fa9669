/* tls_peer.h - the other side of a TLS connection in tests: honest, careless or hostile, written
 * directly on OpenSSL so that it shares nothing with node/gate/tls.c. */
#ifndef SYM_TESTS_SUPPORT_TLS_PEER_H
#define SYM_TESTS_SUPPORT_TLS_PEER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

/* What it deviates in; zero-initialised is honest. */
struct tls_peer_ways {
    int max_version;  /* such as TLS1_2_VERSION; 0: TLS 1.3 only */
    const char *alpn; /* with its length in front; NULL: symbolon/1; "": none */
    bool no_certificate;
    bool chain;   /* shows a second certificate */
    bool p256;    /* a certificate for another kind of key */
    bool altered; /* the certificate does not sign itself */
    long from_s;  /* start and end of validity from now; both 0: a day each way */
    long to_s;
    bool tickets; /* as server, issues tickets that allow early data */
};

struct tls_peer {
    SSL_CTX *ctx;
    uint8_t seed[32];
    uint8_t pin[32]; /* of its certificate's key */
};

/* seed: of its Ed25519 key. */
void tls_peer_init(struct tls_peer *p, const uint8_t seed[32], bool server,
                   const struct tls_peer_ways *ways);
void tls_peer_clear(struct tls_peer *p);

/* The pin of the key that this seed makes. */
void tls_peer_pin(uint8_t pin[32], const uint8_t seed[32]);

/* Blocking, at most some seconds: a TCP connection to 127.0.0.1:port, or -1. */
int tls_peer_tcp(uint16_t port);
/* As client over fd, which it takes; NULL when the handshake fails. TLS 1.3 servers judge a
 * client's certificate later: the first read tells. */
SSL *tls_peer_connect(struct tls_peer *p, int fd, SSL_SESSION *session);
/* As server over an accepted fd. */
SSL *tls_peer_accept(struct tls_peer *p, int fd);
void tls_peer_close(SSL *ssl);

/* Both SP headers: says hello and awaits the other's; false when it does not come. */
bool tls_peer_hello(SSL *ssl);
/* The reason of the first error in OpenSSL's queue, such as SSL_R_TLSV1_ALERT_UNKNOWN_CA. */
int tls_peer_reason(void);

#endif
