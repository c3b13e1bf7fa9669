/* told.h - a signed message of an exchange as evidence: whatever of request, receipt, close or
 * abort it is, who signed it, what it says, and whether the evidence in it proves what it claims.
 *
 * Its checkpoint must be signed by the log key of the same card, under the origin of that node; the
 * entry it rests on must be in that tree and tell of the same exchange; the tree that it says it
 * extends must lead to it. Signatures are checked first. Spans borrow from the arenas: whoever read
 * a message calls sym_told_clear, also after an error. Errors: those of codec.h and note.h,
 * SYM_BAD_VALUE (it names another signer, or another exchange than its entry), SYM_BAD_TAG.
 */
#ifndef SYM_PROTO_TOLD_H
#define SYM_PROTO_TOLD_H

#include "crypto/card.h"
#include "crypto/merkle.h"
#include "crypto/note.h"
#include "proto/evidence.h"

#define SYM_TOLD_LIST(X)                                                                           \
    X(REQUEST, "request") X(RECEIPT, "receipt") X(CLOSE, "close") X(ABORT, "abort")

/* A kind of signed message. */
enum sym_told {
#define SYM_TOLD_ENUM(name, text) SYM_TOLD_##name,
    SYM_TOLD_LIST(SYM_TOLD_ENUM)
#undef SYM_TOLD_ENUM
        SYM_TOLD_COUNT
};
const char *sym_told_text(enum sym_told kind);

/* What a signed message says, and its evidence proves. */
struct sym_told_message {
    enum sym_told kind;
    struct sym_span exchange_id;
    struct sym_span initiator;
    struct sym_span responder;
    struct sym_span request_hash; /* none of a request */
    uint64_t time_ms;
    uint32_t exchange_kind;            /* of a request; otherwise 0 */
    uint32_t purpose;                  /* of a request */
    uint32_t basis;                    /* of a request */
    uint32_t decision;                 /* of a receipt */
    uint32_t reason;                   /* of a receipt or abort */
    const struct sym_transcript *sent; /* of a close or abort */
    const struct sym_transcript *received;
    const struct sym_evidence *evidence; /* NULL: none */
    struct sym_checkpoint head;          /* size 0 and no origin: it shows none */
    bool rests;                          /* on the entry below, which head contains */
    struct sym_leaf leaf;
    struct sym_arena arena[2];
};
void sym_told_clear(struct sym_told_message *m);
/* Decodes and verifies one message of the owner of this card, which must be the signer that the
 * message names, and whatever its evidence claims. m is empty. The fault, a reason without a place,
 * may be NULL. */
SYM_MUST enum sym_err sym_told_read(struct sym_told_message *m, enum sym_told kind,
                                    struct sym_span signed_bytes, const struct sym_card *card,
                                    struct sym_fault *fault);

/* The generation of a checkpoint's origin, where it is this node's. SYM_BAD_VALUE otherwise. */
SYM_MUST enum sym_err sym_origin_generation(uint32_t *generation, struct sym_span origin,
                                            const struct sym_node_id *id);
/* Is this the origin of a log of this node, whatever its generation? */
bool sym_origin_is_of(struct sym_span origin, const struct sym_node_id *id);

#endif
