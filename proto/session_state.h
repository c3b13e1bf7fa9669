/* session_state.h - what session.c (sending) and session_receive.c share; nobody else includes it
 * but tests that play a peer who holds the keys and lies.
 */
#ifndef SYM_PROTO_SESSION_STATE_H
#define SYM_PROTO_SESSION_STATE_H

#include "crypto/noise.h"
#include "proto/session.h"
#include "proto/transcript.h"

/* What the first byte inside a sealed frame says. */
enum inner_type { INNER_DATA = 1, INNER_CLOSE = 2, INNER_ABORT = 3, INNER_FILLER = 4, INNER_COUNT };

struct sym_session {
    enum sym_session_role role;
    enum sym_session_state state;
    struct sym_session_parties parties;
    uint8_t exchange_id[SYM_EXCHANGE_ID_BYTES];
    struct sym_noise *noise; /* during the handshake */
    bool has_keys;           /* of the transport: from the receipt until the session is over */
    struct sym_channel sending;
    struct sym_channel receiving;
    struct sym_tally sent;
    struct sym_tally received;
    uint8_t ephemeral[SYM_X25519_BYTES]; /* own */
    uint8_t request_hash[SYM_HASH_BYTES];
    uint8_t receipt_hash[SYM_HASH_BYTES];
    bool has_receipt;
    uint64_t request_issued_ms;
    uint64_t request_expires_ms;
    struct sym_arena arena; /* of the last event */
    uint8_t *scratch;       /* SYM_SIGNED_BYTES_MAX: a signed message on its way out or in */
    size_t signed_len;      /* of the one in scratch that was sent last */
    bool aborted;           /* by this side */
    bool abandoned;         /* by the initiator, before there was an answer */
    bool stopped;           /* no data any more, either way */
};

/* The two parties by their part in the exchange. */
const struct sym_node_id *sym_session_initiator(const struct sym_session *s);
const struct sym_node_id *sym_session_responder(const struct sym_session *s);

/* Any failure kills a session that has not ended yet; returns err. */
SYM_MUST enum sym_err sym_session_die(struct sym_session *s, enum sym_err err);

/* a_ms lies behind b_ms by more than two clocks may differ. */
bool sym_session_later(uint64_t a_ms, uint64_t b_ms);

/* Both handshake messages have passed: transport keys, and the handshake is forgotten. */
SYM_MUST enum sym_err sym_session_take_keys(struct sym_session *s);
/* Nothing more will be sealed or opened. */
void sym_session_forget_keys(struct sym_session *s);

#endif
