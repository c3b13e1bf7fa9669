/* pair.h - two sessions that talk in memory, and means to lie: for tests of sessions. The keys of
 * the parties are drawn once per program. What must not fail fails the running test. */
#ifndef SYM_TESTS_SUPPORT_PAIR_H
#define SYM_TESTS_SUPPORT_PAIR_H

#include "proto/session_state.h"

#define PAIR_NOW 1790000000000u /* milliseconds since 1970 */

enum pair_party { PAIR_A, PAIR_B, PAIR_STRANGER, PAIR_PARTIES };

/* A asks, B answers. */
struct pair {
    bool with_psk;
    uint8_t psk[SYM_PSK_BYTES];
    uint8_t exporter[SYM_HASH_BYTES];
    uint8_t exchange_id[SYM_EXCHANGE_ID_BYTES];
    struct sym_session *initiator;
    struct sym_session *responder;
    uint64_t now_ms;
    uint8_t *frame; /* the last one made, SYM_FRAME_BYTES_MAX of room */
    size_t len;
    uint8_t *inbox;                 /* where pair_give copies it to */
    struct sym_session_event event; /* of the last pair_give; borrows from session and inbox */
};

/* Sessions of a new exchange. */
void pair_open(struct pair *p, bool with_psk);
void pair_close(struct pair *p);
/* Frees both sessions and makes new ones, of another exchange when other_id. */
void pair_renew(struct pair *p, bool other_id);

const struct sym_sign_key *pair_identity(enum pair_party party);
const struct sym_node_id *pair_id(enum pair_party party);
struct sym_session_parties pair_parties(const struct pair *p, enum pair_party self,
                                        enum pair_party peer);

/* Honest steps; each leaves its frame in p->frame. */
struct sym_request pair_request(void);
void pair_ask(struct pair *p);
void pair_answer(struct pair *p, enum sym_decision decision);
void pair_seal(struct pair *p, struct sym_session *from, struct sym_span payload);
void pair_fill(struct pair *p, struct sym_session *from, size_t len);
void pair_end(struct pair *p, struct sym_session *from);
void pair_abort(struct pair *p, struct sym_session *from);
/* Gives p->frame to a session. */
SYM_MUST enum sym_err pair_give(struct pair *p, struct sym_session *to);
/* The same; must be accepted as an event of this kind. */
void pair_pass(struct pair *p, struct sym_session *to, enum sym_session_event_kind kind);
/* The same; must be refused with this, killing the session, with an event of nothing. */
void pair_refuses(struct pair *p, struct sym_session *to, enum sym_err want, const char *what);
/* Request granted and confirmed; one frame of data sent and taken, so that both are open. */
void pair_grant(struct pair *p);

/* What a liar does: seals any type and payload with from's key, whatever from's state. */
void pair_forge_sealed(struct pair *p, struct sym_session *from, uint8_t type,
                       struct sym_span payload);
/* body signed by key under domain, as a Signed message of *len bytes in out (128 KiB of room). */
void pair_sign(uint8_t *out, size_t *len, struct sym_span body, const struct sym_sign_key *key,
               const char *domain);

/* The Noise side of a liar, who may put any payload into a handshake message. */
struct liar {
    struct sym_noise *noise;
    uint8_t ephemeral[SYM_X25519_BYTES];
};
/* self plays the part of as (PAIR_A asks, PAIR_B answers) with its own exchange key; without own
 * keys it claims as's ids all the same. */
void liar_open(struct liar *l, const struct pair *p, enum pair_party as, enum pair_party self);
void liar_close(struct liar *l);
/* An ASK with this payload in p->frame; hints are those an honest A would write. */
void liar_ask(struct liar *l, struct pair *p, struct sym_span payload);
/* Reads the ASK in p->frame, then leaves an ANSWER with this payload there. */
void liar_read(struct liar *l, struct pair *p, uint8_t request_hash[SYM_HASH_BYTES]);
void liar_answer(struct liar *l, struct pair *p, struct sym_span payload);

#endif
