#include "node/gate/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One Ed25519 certificate takes 250 bytes; a chain is refused. */
#define CERTIFICATES_BYTES_MAX 2048

/* The first is the fastest by measurement where AES is in hardware; the last needs none. */
static const char suites[] =
    "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";
static const unsigned char alpn[] = "\x0asymbolon/1";
#define ALPN_BYTES (sizeof alpn - 1)
static const char exporter_label[] = "EXPORTER-Channel-Binding";

struct sym_tls {
    SSL_CTX *ctx;
    EVP_PKEY *key;
};

struct sym_tls_session {
    SSL *ssl;
    sym_tls_pinned_fn *pinned;
    void *owner;
    uint8_t pin[SYM_PIN_BYTES];
    short wants;
    bool dials;
    struct sym_fault fault;
};

static bool fill_certificate(X509 *cert, EVP_PKEY *key, uint64_t now_s)
{
    uint8_t serial[8];
    time_t now = (time_t)now_s;

    sym_random(serial, sizeof serial);
    uint64_t number = sym_get_u64(serial) >> 1;
    return X509_set_version(cert, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), number | 1) == 1 &&
           X509_time_adj_ex(X509_getm_notBefore(cert), 0, -(long)SYM_CERTIFICATE_EARLY_S, &now) !=
               NULL &&
           X509_time_adj_ex(X509_getm_notAfter(cert), 0, (long)SYM_CERTIFICATE_LIFE_S, &now) !=
               NULL &&
           X509_set_pubkey(cert, key) == 1 && X509_sign(cert, key, NULL) > 0;
}

enum sym_err sym_tls_renew(struct sym_tls *tls, uint64_t now_s)
{
    X509 *cert = X509_new();
    bool done = cert != NULL && fill_certificate(cert, tls->key, now_s) &&
                SSL_CTX_use_certificate(tls->ctx, cert) == 1 &&
                SSL_CTX_use_PrivateKey(tls->ctx, tls->key) == 1;
    X509_free(cert);
    ERR_clear_error();
    return done ? SYM_OK : SYM_INTERNAL;
}

static bool pin_of(uint8_t out[SYM_PIN_BYTES], X509 *cert)
{
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    bool done = len > 0 && EVP_Digest(der, (size_t)len, out, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    return done;
}

/* The text is for this side's log; the alert that OpenSSL makes of *alert goes to the other. */
static enum sym_err judge(struct sym_tls_session *s, X509 *cert, size_t n_certs, int *alert)
{
    EVP_PKEY *key = X509_get0_pubkey(cert);

    *alert = X509_V_ERR_CERT_REJECTED;
    if (n_certs != 1) {
        return sym_fail(&s->fault, SYM_BAD_FORMAT, "sent a chain of certificates");
    }
    if (key == NULL || !pin_of(s->pin, cert)) {
        return sym_fail(&s->fault, SYM_BAD_FORMAT, "its certificate holds no key");
    }
    if (!s->pinned(s->owner, s->pin)) {
        *alert = X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT;
        return sym_fail(&s->fault, SYM_DENIED,
                        s->dials ? "answers with another key than its card says: ask for its "
                                   "newest card, or check the address"
                                 : "its key is not pinned");
    }
    if (X509_cmp_current_time(X509_get0_notBefore(cert)) >= 0) {
        *alert = X509_V_ERR_CERT_NOT_YET_VALID;
        return sym_fail(&s->fault, SYM_EXPIRED,
                        "its certificate is not valid yet: compare the clocks of both sides");
    }
    if (X509_cmp_current_time(X509_get0_notAfter(cert)) <= 0) {
        *alert = X509_V_ERR_CERT_HAS_EXPIRED;
        return sym_fail(&s->fault, SYM_EXPIRED,
                        "its certificate has expired: compare the clocks of both sides");
    }
    if (X509_verify(cert, key) != 1) {
        *alert = X509_V_ERR_CERT_SIGNATURE_FAILURE;
        return sym_fail(&s->fault, SYM_BAD_SIGNATURE, "its certificate does not sign itself");
    }
    return SYM_OK;
}

/* In place of OpenSSL's search for a chain of trust. */
static int verify(X509_STORE_CTX *store, void *arg)
{
    (void)arg;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct sym_tls_session *s = SSL_get_app_data(ssl);
    int n = sk_X509_num(X509_STORE_CTX_get0_untrusted(store));
    int alert = X509_V_OK;

    if (judge(s, X509_STORE_CTX_get0_cert(store), (size_t)n, &alert) != SYM_OK) {
        X509_STORE_CTX_set_error(store, alert);
        return 0;
    }
    return 1;
}

/* Honest nodes never resume and never send early data: who tries is refused before any work. */
static int on_client_hello(SSL *ssl, int *alert, void *arg)
{
    static const unsigned unwanted[] = {TLSEXT_TYPE_psk, TLSEXT_TYPE_early_data};
    struct sym_tls_session *s = SSL_get_app_data(ssl);
    const unsigned char *ext = NULL;
    size_t len = 0;
    (void)arg;

    for (size_t i = 0; i < sizeof unwanted / sizeof *unwanted; i++) {
        if (SSL_client_hello_get0_ext(ssl, unwanted[i], &ext, &len) == 1) {
            (void)sym_fail(&s->fault, SYM_REPLAY, "tried to resume a session");
            *alert = SSL_AD_ILLEGAL_PARAMETER;
            return SSL_CLIENT_HELLO_ERROR;
        }
    }
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_versions, &ext, &len) != 1) {
        (void)sym_fail(&s->fault, SYM_BAD_VERSION, "does not offer TLS 1.3");
        *alert = SSL_AD_PROTOCOL_VERSION;
        return SSL_CLIENT_HELLO_ERROR;
    }
    /* OpenSSL asks for a choice only when there is something to choose from. */
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &ext,
                                  &len) != 1) {
        (void)sym_fail(&s->fault, SYM_UNSUPPORTED, "does not speak symbolon/1");
        *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
        return SSL_CLIENT_HELLO_ERROR;
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                       const unsigned char *offered, unsigned offered_len, void *arg)
{
    struct sym_tls_session *s = SSL_get_app_data(ssl);
    (void)arg;

    for (unsigned at = 0; at < offered_len; at += 1u + offered[at]) {
        if (offered_len - at >= ALPN_BYTES && memcmp(offered + at, alpn, ALPN_BYTES) == 0) {
            *out = alpn + 1;
            *out_len = (unsigned char)(ALPN_BYTES - 1);
            return SSL_TLSEXT_ERR_OK;
        }
    }
    (void)sym_fail(&s->fault, SYM_UNSUPPORTED, "does not speak symbolon/1");
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static bool set_rules(SSL_CTX *ctx)
{
    /* Not constant only because OpenSSL's macros say so. */
    char group[] = "X25519";
    char signature[] = "ed25519";

    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    /* Writes give way after each record, and reads after each message that is not data, so that
     * one peer cannot hold the loop; buffers go back while a link is quiet. */
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, verify, NULL);
    SSL_CTX_set_client_hello_cb(ctx, on_client_hello, NULL);
    SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
    SSL_CTX_set_max_cert_list(ctx, CERTIFICATES_BYTES_MAX);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(ctx, suites) == 1 &&
           SSL_CTX_set1_groups_list(ctx, group) == 1 &&
           SSL_CTX_set1_sigalgs_list(ctx, signature) == 1 &&
           SSL_CTX_set1_client_sigalgs_list(ctx, signature) == 1 &&
           SSL_CTX_set_num_tickets(ctx, 0) == 1 && SSL_CTX_set_max_early_data(ctx, 0) == 1 &&
           SSL_CTX_set_recv_max_early_data(ctx, 0) == 1 &&
           SSL_CTX_set_alpn_protos(ctx, alpn, ALPN_BYTES) == 0;
}

enum sym_err sym_tls_new(struct sym_tls **out, struct sym_span seed, uint64_t now_s)
{
    if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_LOAD_SSL_STRINGS |
                             OPENSSL_INIT_LOAD_CRYPTO_STRINGS,
                         NULL) != 1) {
        return SYM_INTERNAL;
    }
    struct sym_tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL) {
        return SYM_NO_MEMORY;
    }
    tls->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed.data, seed.len);
    tls->ctx = SSL_CTX_new(TLS_method());
    enum sym_err err = SYM_INTERNAL;
    if (tls->key != NULL && tls->ctx != NULL && set_rules(tls->ctx)) {
        err = sym_tls_renew(tls, now_s);
    }
    if (err != SYM_OK) {
        sym_tls_free(tls);
        return err;
    }
    *out = tls;
    return SYM_OK;
}

void sym_tls_free(struct sym_tls *tls)
{
    if (tls != NULL) {
        SSL_CTX_free(tls->ctx);
        EVP_PKEY_free(tls->key);
        free(tls);
    }
}

enum sym_err sym_tls_session_new(struct sym_tls_session **out, struct sym_tls *tls, int fd,
                                 bool dials, sym_tls_pinned_fn *pinned, void *owner)
{
    struct sym_tls_session *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return SYM_NO_MEMORY;
    }
    *s = (struct sym_tls_session){
        .pinned = pinned, .owner = owner, .dials = dials, .ssl = SSL_new(tls->ctx)};
    if (s->ssl == NULL || SSL_set_fd(s->ssl, fd) != 1 || SSL_set_app_data(s->ssl, s) != 1) {
        sym_tls_session_free(s);
        ERR_clear_error();
        return SYM_NO_MEMORY;
    }
    if (dials) {
        SSL_set_connect_state(s->ssl);
    } else {
        SSL_set_accept_state(s->ssl);
    }
    *out = s;
    return SYM_OK;
}

void sym_tls_session_free(struct sym_tls_session *s)
{
    if (s != NULL) {
        SSL_free(s->ssl);
        free(s);
    }
}

/* What OpenSSL's first error means to a person. */
static enum sym_err explain(struct sym_tls_session *s, unsigned long error)
{
    switch (ERR_GET_REASON(error)) {
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
        return sym_fail(&s->fault, SYM_DENIED,
                        "the other side does not know our card: have it added there");
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        return sym_fail(&s->fault, SYM_EXPIRED,
                        "the other side holds our certificate for expired: compare the clocks");
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
        return sym_fail(&s->fault, SYM_UNSUPPORTED, "the other side does not speak symbolon/1");
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
        return sym_fail(&s->fault, SYM_BAD_VERSION, "does not offer TLS 1.3");
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    case SSL_R_NO_CERTIFICATE_SET:
        return sym_fail(&s->fault, SYM_DENIED, "showed no certificate");
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        return sym_fail(&s->fault, SYM_CLOSED, "closed the connection");
    default:
        return sym_fail(&s->fault, SYM_BAD_FORMAT, "TLS failed: %s",
                        ERR_reason_error_string(error) == NULL ? "no reason"
                                                               : ERR_reason_error_string(error));
    }
}

static enum sym_err from_system(struct sym_tls_session *s, int code)
{
    switch (code) {
    case 0:
    case EPIPE:
    case ECONNRESET:
        return sym_fail(&s->fault, SYM_CLOSED, "closed the connection");
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
        return sym_fail(&s->fault, SYM_TIMEOUT, "stopped answering");
    default:
        return sym_fail(&s->fault, SYM_IO, "the connection failed: %s", strerror(code));
    }
}

/* The meaning of rc, which the last call on s returned; system is errno right after it. */
static enum sym_err outcome(struct sym_tls_session *s, int rc, int system)
{
    switch (SSL_get_error(s->ssl, rc)) {
    case SSL_ERROR_NONE:
        return SYM_OK;
    case SSL_ERROR_WANT_READ:
        s->wants = POLLIN;
        return SYM_AGAIN;
    case SSL_ERROR_WANT_WRITE:
        s->wants = POLLOUT;
        return SYM_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return sym_fail(&s->fault, SYM_CLOSED, "closed the connection");
    case SSL_ERROR_SYSCALL:
        return from_system(s, system);
    default:
        break;
    }
    /* A callback of ours knows better than OpenSSL why it said no. */
    unsigned long error = ERR_get_error();
    ERR_clear_error();
    return s->fault.err != SYM_OK ? s->fault.err : explain(s, error);
}

static void begin_call(struct sym_tls_session *s)
{
    ERR_clear_error();
    errno = 0;
    s->fault.err = SYM_OK;
}

static enum sym_err check_alpn(struct sym_tls_session *s)
{
    const unsigned char *chosen = NULL;
    unsigned len = 0;
    SSL_get0_alpn_selected(s->ssl, &chosen, &len);
    if (len != ALPN_BYTES - 1 || memcmp(chosen, alpn + 1, len) != 0) {
        return sym_fail(&s->fault, SYM_UNSUPPORTED, "the other side does not speak symbolon/1");
    }
    return SYM_OK;
}

enum sym_err sym_tls_handshake(struct sym_tls_session *s)
{
    begin_call(s);
    int rc = SSL_do_handshake(s->ssl);
    enum sym_err err = outcome(s, rc, errno);
    return err == SYM_OK ? check_alpn(s) : err;
}

enum sym_err sym_tls_read(struct sym_tls_session *s, uint8_t *out, size_t max, size_t *len)
{
    begin_call(s);
    int rc = SSL_read_ex(s->ssl, out, max, len);
    return outcome(s, rc, errno);
}

enum sym_err sym_tls_write(struct sym_tls_session *s, const uint8_t *data, size_t max, size_t *len)
{
    begin_call(s);
    int rc = SSL_write_ex(s->ssl, data, max, len);
    return outcome(s, rc, errno);
}

bool sym_tls_pending(const struct sym_tls_session *s)
{
    return SSL_pending(s->ssl) > 0;
}

short sym_tls_wants(const struct sym_tls_session *s)
{
    return s->wants;
}

void sym_tls_goodbye(struct sym_tls_session *s)
{
    ERR_clear_error();
    /* One attempt; a peer that does not take it learns from the end of the connection. */
    (void)SSL_shutdown(s->ssl);
    ERR_clear_error();
}

void sym_tls_pin(const struct sym_tls_session *s, uint8_t out[SYM_PIN_BYTES])
{
    memcpy(out, s->pin, SYM_PIN_BYTES);
}

enum sym_err sym_tls_exporter(struct sym_tls_session *s, uint8_t out[SYM_EXPORTER_BYTES])
{
    int rc = SSL_export_keying_material(s->ssl, out, SYM_EXPORTER_BYTES, exporter_label,
                                        sizeof exporter_label - 1, (const unsigned char *)"", 0, 1);
    return rc == 1 ? SYM_OK : SYM_INTERNAL;
}

const struct sym_fault *sym_tls_fault(const struct sym_tls_session *s)
{
    return &s->fault;
}
