/* What TLS 1.3 of OpenSSL moves between two processes over loopback when nothing else is done: the
 * measure for a link between nodes, with the cipher that nodes choose.
 *
 *     bench_tls [MIB]        prints MiB and bytes per second
 */
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SUITE       "TLS_AES_256_GCM_SHA384"
#define MIB         1048576u
#define DEFAULT_MIB 1024u
#define MOST_MIB    65536u
/* As gate reads: no more than one record. */
#define RECORD_BYTES 16384u

static void must(bool done, const char *what)
{
    if (!done) {
        (void)fprintf(stderr, "bench_tls: %s failed\n", what);
        exit(1);
    }
}

static SSL_CTX *context(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    X509 *cert = X509_new();
    must(ctx != NULL && key != NULL && cert != NULL, "set-up");
    must(X509_gmtime_adj(X509_getm_notBefore(cert), 0) != NULL &&
             X509_gmtime_adj(X509_getm_notAfter(cert), 3600) != NULL &&
             X509_set_pubkey(cert, key) == 1 && X509_sign(cert, key, NULL) > 0,
         "the certificate");
    must(SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
             SSL_CTX_set_ciphersuites(ctx, SUITE) == 1 && SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
             SSL_CTX_use_certificate(ctx, cert) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1,
         "the context");
    X509_free(cert);
    EVP_PKEY_free(key);
    return ctx;
}

static int listener(struct sockaddr_in *at)
{
    socklen_t len = sizeof *at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    *at = (struct sockaddr_in){.sin_family = AF_INET};
    at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(fd >= 0 && bind(fd, (struct sockaddr *)at, len) == 0 && listen(fd, 1) == 0 &&
             getsockname(fd, (struct sockaddr *)at, &len) == 0,
         "listening");
    return fd;
}

static SSL *session(SSL_CTX *ctx, int fd, bool dials)
{
    SSL *ssl = SSL_new(ctx);
    must(ssl != NULL && SSL_set_fd(ssl, fd) == 1, "the session");
    must((dials ? SSL_connect(ssl) : SSL_accept(ssl)) == 1, "the handshake");
    return ssl;
}

/* The child: takes all of it, and says so with one byte. */
static int receive(SSL_CTX *ctx, int listening, uint64_t bytes)
{
    static unsigned char buffer[RECORD_BYTES];
    SSL *ssl = session(ctx, accept(listening, NULL, NULL), false);
    while (bytes > 0) {
        size_t len = 0;
        must(SSL_read_ex(ssl, buffer, sizeof buffer, &len) == 1 && len <= bytes, "reading");
        bytes -= len;
    }
    must(SSL_write(ssl, "x", 1) == 1, "the answer");
    SSL_free(ssl);
    return 0;
}

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double send_all(SSL *ssl, uint64_t mib)
{
    static unsigned char frame[MIB];
    char answer = 0;
    double began = now_s();
    for (uint64_t i = 0; i < mib; i++) {
        must(SSL_write(ssl, frame, sizeof frame) == (int)sizeof frame, "writing");
    }
    must(SSL_read(ssl, &answer, 1) == 1 && answer == 'x', "the receiver");
    return now_s() - began;
}

int main(int argc, char **argv)
{
    uint64_t mib = argc > 1 ? strtoull(argv[1], NULL, 10) : DEFAULT_MIB;
    struct sockaddr_in at;
    must(mib > 0 && mib <= MOST_MIB, "the number of MiB: it is not from 1 to 65536, which");
    SSL_CTX *ctx = context();
    int listening = listener(&at);
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        return receive(ctx, listening, mib * MIB);
    }
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    must(connect(fd, (struct sockaddr *)&at, sizeof at) == 0, "connecting");
    SSL *ssl = session(ctx, fd, true);
    double seconds = send_all(ssl, mib);
    int status = 0;
    must(waitpid(child, &status, 0) == child && status == 0, "the receiver");
    (void)printf("TLS alone: %" PRIu64 " MiB in %.2f s, %.0f bytes per second, %s\n", mib, seconds,
                 (double)mib * MIB / seconds, SSL_get_cipher_name(ssl));
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    return 0;
}
