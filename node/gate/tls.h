/* tls.h - TLS 1.3 between nodes; the only user of libssl and of certificates.
 *
 * Both sides show a self-signed Ed25519 certificate that is made in memory from the node's TLS key
 * and names nobody. A peer is accepted only when the SHA-256 of its SubjectPublicKeyInfo is
 * pinned, the certificate is in its time, signs itself, and comes alone. ALPN symbolon/1 on both
 * sides; no earlier version, no tickets, no resumption, no early data, no renegotiation, no
 * keylog; no configuration file and no environment is read.
 *
 * Nothing here blocks: SYM_AGAIN means call again when sym_tls_wants is ready. A session borrows
 * its descriptor and its context; the process ignores SIGPIPE. After any other error a session can
 * only be freed. Errors: SYM_AGAIN, SYM_CLOSED (ended by the other side), SYM_TIMEOUT (it stopped
 * answering), SYM_DENIED (no certificate, or a key that is not pinned; either side), SYM_EXPIRED,
 * SYM_BAD_SIGNATURE, SYM_BAD_VERSION, SYM_UNSUPPORTED (ALPN), SYM_REPLAY (resumption or early
 * data), SYM_BAD_FORMAT (not TLS), SYM_NO_MEMORY, SYM_INTERNAL; sym_tls_fault has a line about it.
 */
#ifndef SYM_NODE_GATE_TLS_H
#define SYM_NODE_GATE_TLS_H

#include "crypto/identity.h"

#define SYM_EXPORTER_BYTES 32u
/* How long a certificate is valid after it was made, and how often a new one is made, seconds.
 * It starts a day early, for a partner whose clock is slow. */
#define SYM_CERTIFICATE_LIFE_S  (30u * 86400u)
#define SYM_CERTIFICATE_EARLY_S 86400u
#define SYM_CERTIFICATE_RENEW_S 86400u

struct sym_tls;
struct sym_tls_session;

/* Whether a peer with this pin may connect; owner is that of the session. */
typedef bool sym_tls_pinned_fn(void *owner, const uint8_t pin[SYM_PIN_BYTES]);

/* seed: SYM_SEED_BYTES of the TLS key, copied. now_s: seconds since 1970. */
SYM_MUST enum sym_err sym_tls_new(struct sym_tls **out, struct sym_span seed, uint64_t now_s);
/* NULL is fine. */
void sym_tls_free(struct sym_tls *tls);
/* A new certificate for sessions that start from now on. */
SYM_MUST enum sym_err sym_tls_renew(struct sym_tls *tls, uint64_t now_s);

/* fd: a connected non-blocking socket; dials: this side opened the connection. */
SYM_MUST enum sym_err sym_tls_session_new(struct sym_tls_session **out, struct sym_tls *tls, int fd,
                                          bool dials, sym_tls_pinned_fn *pinned, void *owner);
void sym_tls_session_free(struct sym_tls_session *s);

/* SYM_OK: the peer has proved to hold a pinned key. When this side dialled, the other one may still
 * refuse ours, which the first read tells. */
SYM_MUST enum sym_err sym_tls_handshake(struct sym_tls_session *s);
/* At most max bytes, at least one on SYM_OK. Never more than one record of 16 KiB. */
SYM_MUST enum sym_err sym_tls_read(struct sym_tls_session *s, uint8_t *out, size_t max,
                                   size_t *len);
/* Part of data, up to one record of 16 KiB. After SYM_AGAIN the next write starts with the same
 * bytes. */
SYM_MUST enum sym_err sym_tls_write(struct sym_tls_session *s, const uint8_t *data, size_t max,
                                    size_t *len);
/* True when a read would yield bytes without the socket being ready. */
bool sym_tls_pending(const struct sym_tls_session *s);
/* POLLIN or POLLOUT: what the call that returned SYM_AGAIN waits for. */
short sym_tls_wants(const struct sym_tls_session *s);
/* Tells the other side that nothing follows, if that can be done without waiting. */
void sym_tls_goodbye(struct sym_tls_session *s);

/* After the handshake: the pin of the peer, and the exporter of this connection
 * (EXPORTER-Channel-Binding, RFC 9266). */
void sym_tls_pin(const struct sym_tls_session *s, uint8_t out[SYM_PIN_BYTES]);
SYM_MUST enum sym_err sym_tls_exporter(struct sym_tls_session *s, uint8_t out[SYM_EXPORTER_BYTES]);

/* Why the last call failed. */
const struct sym_fault *sym_tls_fault(const struct sym_tls_session *s);

#endif
