/* session.h - one exchange between two cores: Noise handshake, signed request and receipt, sealed
 * frames, close and abort. A sans-IO state machine: frames in, frames and events out, the clock is
 * an argument.
 *
 *     initiator                                 responder
 *     ask      -- ASK: request -------------->  SYM_EVENT_REQUESTED, the caller decides
 *     SYM_EVENT_ANSWERED  <----- ANSWER: receipt --  answer
 *     (the caller logs the receipt) confirm
 *     seal     -- SEALED: data -------------->  SYM_EVENT_DATA          and back, any number
 *     close    -- SEALED: close ------------->  SYM_EVENT_CLOSED        each side closes once
 *
 * A close says how many data frames its signer sent and received, so it comes when the traffic of
 * both directions has arrived; after the first close nothing but the second one follows. Either
 * side may abort at any time after the receipt, once. What one side says at the end is a statement
 * (statement.h): the caller logs it before the frame leaves (stop or give_up, statement, then close
 * or abort), and who has aborted still reads the other side's.
 *
 * Checked here: signatures, both ids, the exchange id, the Noise ephemeral, the TLS exporter,
 * times (clocks may differ by SYM_CLOCK_SKEW_MS), the hash of the request in the receipt, of both
 * in what follows, the transcript counts and hashes in a close. Left to the caller: whether the
 * exchange id was seen before, policy, durable evidence before `answer` and `confirm`, the end of
 * the time that a receipt grants.
 *
 * A call that does not fit the state is refused with SYM_WRONG_STATE and changes nothing. Any other
 * error, and any received frame that is refused, kills the session unless it had ended: nothing is
 * sent in answer to a bad handshake (drop it silently); with transport keys a dead session may
 * still send one signed abort. Keys are wiped when the session ends, and after an abort when both
 * sides have made their statement. Events borrow from the session and from the received frame until
 * the next call. Errors: those of noise.h and codec.h, SYM_WRONG_STATE, SYM_BAD_SIGNATURE,
 * SYM_BAD_VALUE (an id, hash, count or life time that does not fit), SYM_STALE (a time),
 * SYM_EXPIRED (request or grant).
 */
#ifndef SYM_PROTO_SESSION_H
#define SYM_PROTO_SESSION_H

#include "proto/envelope.h"
#include "proto/statement.h"

enum sym_session_state {
    SYM_SESSION_NEW,      /* initiator has not asked, responder has not read */
    SYM_SESSION_ASKED,    /* initiator: waits for the answer */
    SYM_SESSION_DECIDING, /* responder: the caller decides */
    SYM_SESSION_ANSWERED, /* initiator: granted, the caller has not confirmed yet */
    SYM_SESSION_GRANTED,  /* responder: receipt sent, waits for the first sealed frame */
    SYM_SESSION_OPEN,
    SYM_SESSION_CLOSED_HERE,   /* waits for the other side's close */
    SYM_SESSION_CLOSED_THERE,  /* the other side has closed, this one has not */
    SYM_SESSION_ABORTED_HERE,  /* takes the other side's close or abort, ignores what was on its way
                                */
    SYM_SESSION_ABORTED_THERE, /* may still send its own abort */
    SYM_SESSION_ENDED,         /* closed by both, or not granted */
    SYM_SESSION_DEAD,          /* aborted by both, or failed */
    SYM_SESSION_STATE_COUNT
};

enum sym_session_role { SYM_SESSION_INITIATOR, SYM_SESSION_RESPONDER };

/* Who takes part; keys are borrowed for the life of the session, the rest is copied. */
struct sym_session_parties {
    struct sym_node_id self;
    struct sym_node_id peer;
    const struct sym_sign_key *identity;     /* own */
    const struct sym_exchange_key *exchange; /* own, the slot in use */
    uint8_t peer_identity[SYM_ED25519_BYTES];
    uint8_t peer_exchange[SYM_X25519_BYTES];
    struct sym_span psk;              /* 32 bytes, or none */
    uint8_t exporter[SYM_HASH_BYTES]; /* of the TLS link */
};

enum sym_session_event_kind {
    SYM_EVENT_REQUESTED, /* request */
    SYM_EVENT_ANSWERED,  /* receipt: granted, held or denied */
    SYM_EVENT_DATA,      /* data */
    SYM_EVENT_FILLER,    /* data, meaningless */
    SYM_EVENT_CLOSED,    /* close */
    SYM_EVENT_ABORTED    /* abort */
};

struct sym_session_event {
    enum sym_session_event_kind kind;
    struct sym_span data;         /* payload of a data frame, inside the received frame */
    struct sym_span signed_bytes; /* of the others: the exact Signed message that travelled */
    struct sym_request request;
    struct sym_receipt receipt;
    struct sym_close close;
    struct sym_abort abort;
};

struct sym_session; /* opaque */

/* One side of one exchange. SYM_NO_MEMORY; those of noise.h. */
SYM_MUST enum sym_err sym_session_new(struct sym_session **out, enum sym_session_role role,
                                      const struct sym_session_parties *parties,
                                      const uint8_t exchange_id[SYM_EXCHANGE_ID_BYTES]);
void sym_session_free(struct sym_session *s);
enum sym_session_state sym_session_state(const struct sym_session *s);

/* The key hints of an ASK body: which of the sender's and of the receiver's exchange keys it uses.
 */
SYM_MUST enum sym_err sym_session_hints(uint8_t sender[SYM_KEY_HINT_BYTES],
                                        uint8_t receiver[SYM_KEY_HINT_BYTES], struct sym_span body);

/* Each writes one frame of *len bytes; SYM_SIGNED_BYTES_MAX + 256 bytes of room always suffice. */
#define SYM_SESSION_FRAME_BYTES (SYM_SIGNED_BYTES_MAX + 256u)

/* The caller fills kind, purpose, basis, dataset, parameters, commitments and evidence of request;
 * the session fills the rest. life_ms: how long the request may be answered, at most
 * SYM_REQUEST_LIFE_MS_MAX. */
SYM_MUST enum sym_err sym_session_ask(struct sym_session *s, struct sym_request *request,
                                      uint64_t now_ms, uint64_t life_ms, uint8_t *frame, size_t max,
                                      size_t *len);
/* The caller fills decision, reason, remark, parameters, commitments, evidence and expires_ms. */
SYM_MUST enum sym_err sym_session_answer(struct sym_session *s, struct sym_receipt *receipt,
                                         uint64_t now_ms, uint8_t *frame, size_t max, size_t *len);
/* The initiator's caller has logged the receipt: sending may begin. */
SYM_MUST enum sym_err sym_session_confirm(struct sym_session *s);
/* A responder that has granted may not send before it has heard the initiator, who logs the receipt
 * first. */
bool sym_session_awaits_initiator(const struct sym_session *s);
/* Seals the payload that lies at frame[SYM_FRAME_HEAD_BYTES], len bytes, in place; the frame has
 * room for SYM_FRAME_TAIL_BYTES behind it and is complete afterwards: len + head + tail bytes. */
SYM_MUST enum sym_err sym_session_seal(struct sym_session *s, uint8_t *frame, size_t len);
/* The same for filler: bytes that mean nothing and stay outside the transcript, for measuring a
 * link. */
SYM_MUST enum sym_err sym_session_fill(struct sym_session *s, uint8_t *frame, size_t len);
/* Neither takes nor seals data from now on, so that the transcripts stay as they are until the
 * close; more than once is fine. */
SYM_MUST enum sym_err sym_session_stop(struct sym_session *s);
/* The initiator waits no longer for the answer: it is taken however late it comes, so that a grant
 * can be aborted; nothing else can be done with it. */
void sym_session_abandon(struct sym_session *s);
/* This side will abort: what still comes stays outside of the transcripts, but for the other side's
 * statement. SYM_WRONG_STATE without keys. */
SYM_MUST enum sym_err sym_session_give_up(struct sym_session *s);
/* What the own close or abort will say of ids, hashes and transcripts; without time and reason.
 * SYM_WRONG_STATE before there is a request. */
SYM_MUST enum sym_err sym_session_statement(struct sym_session *s, struct sym_statement *out);
/* The Signed message that the latest ask, answer, close or abort has written: the exact bytes that
 * travel. Valid until the next call that sends or receives. */
struct sym_span sym_session_signed(const struct sym_session *s);
/* The caller fills consents_hash, release_hash and evidence. */
SYM_MUST enum sym_err sym_session_close(struct sym_session *s, struct sym_close *close,
                                        uint64_t now_ms, uint8_t *frame, size_t max, size_t *len);
/* The caller fills reason, remark and evidence. Possible from the receipt of a grant until the end,
 * also after a failure, but not after an abort of either side. */
SYM_MUST enum sym_err sym_session_abort(struct sym_session *s, struct sym_abort *abort,
                                        uint64_t now_ms, uint8_t *frame, size_t max, size_t *len);

/* Takes one received frame, envelope included; it is decrypted in place. event is zero after an
 * error. */
SYM_MUST enum sym_err sym_session_receive(struct sym_session *s, uint8_t *frame, size_t len,
                                          uint64_t now_ms, struct sym_session_event *event);

#endif
