/* backup.h - what a backup holds: files of a data directory, each with its name and length, one
 * after the other; and the messages with which the command line fetches them (backup.proto).
 *
 * The content, which crypto/backup.h seals in chunks, is a sequence of members, and its end:
 *
 *     length of the name (1) | name | bytes (8) | the bytes       …       0 (1) | members (4)
 *
 * Integers are big-endian. Names are those of SYM_BACKUP_MEMBER_LIST, in this order, and those of
 * users' keys ("users/NAME.key") behind them, ascending; no other is accepted, so that a name can
 * lead nowhere. Where the chunks are cut means nothing: the parser takes any pieces.
 * Errors: SYM_BAD_FORMAT (an unknown name, a wrong order, one that is missing), SYM_TOO_LONG,
 * SYM_TRAILING.
 */
#ifndef SYM_PROTO_BACKUP_H
#define SYM_PROTO_BACKUP_H

#include "proto/limits.h"
#include "proto/message.h"

/* Name in the data directory, longest, whether each backup has it. */
#define SYM_BACKUP_MEMBER_LIST(X)                                                                  \
    X(FORMAT, "format", SYM_BACKUP_SMALL_BYTES_MAX, true)                                          \
    X(CARD, "node.card", SYM_BACKUP_SMALL_BYTES_MAX, true)                                         \
    X(KEYS, "node.keys", SYM_BACKUP_SMALL_BYTES_MAX, true)                                         \
    X(MASTER, "master.key", SYM_BACKUP_SMALL_BYTES_MAX, true)                                      \
    X(ERASURE, "erasure.keys", SYM_BACKUP_SMALL_BYTES_MAX, true)                                   \
    X(EVIDENCE, "evidence.keys", SYM_BACKUP_SMALL_BYTES_MAX, false)                                \
    X(STORE, "store/data.mdb", SYM_BACKUP_STORE_BYTES_MAX, true)

enum sym_backup_kind {
#define SYM_BACKUP_ENUM(name, text, most, always) SYM_BACKUP_##name,
    SYM_BACKUP_MEMBER_LIST(SYM_BACKUP_ENUM)
#undef SYM_BACKUP_ENUM
        SYM_BACKUP_USER,
    SYM_BACKUP_KIND_COUNT
};

#define SYM_BACKUP_USER_DIR    "users/"
#define SYM_BACKUP_USER_SUFFIX ".key"
/* "users/" a name and ".key", terminator included. */
#define SYM_BACKUP_NAME_BYTES (sizeof SYM_BACKUP_USER_DIR SYM_BACKUP_USER_SUFFIX + SYM_ALIAS_BYTES)
#define SYM_BACKUP_HEAD_BYTES (1u + SYM_BACKUP_NAME_BYTES + 8u)
#define SYM_BACKUP_TAIL_BYTES 5u

/* Name of a kind but users' keys. */
const char *sym_backup_name(enum sym_backup_kind kind);
/* What kind of member has this name? SYM_BAD_FORMAT: none has. */
SYM_MUST enum sym_err sym_backup_kind(enum sym_backup_kind *out, struct sym_span name);

/* What stands before the bytes of a member, and behind the last; *len bytes. */
SYM_MUST enum sym_err sym_backup_put_head(uint8_t out[SYM_BACKUP_HEAD_BYTES], size_t *len,
                                          struct sym_span name, uint64_t bytes);
void sym_backup_put_tail(uint8_t out[SYM_BACKUP_TAIL_BYTES], uint32_t members);

enum sym_backup_part {
    SYM_BACKUP_MORE,   /* all of the piece is taken */
    SYM_BACKUP_MEMBER, /* a member begins: name, bytes */
    SYM_BACKUP_BYTES,  /* some bytes of it: span */
    SYM_BACKUP_DONE    /* of a member: it was the last of its bytes */
};

struct sym_backup_parser {
    char name[SYM_BACKUP_NAME_BYTES]; /* of the member at hand */
    enum sym_backup_kind kind;
    uint64_t bytes;
    struct sym_span span;
    /* Its own: */
    uint64_t left; /* of the member */
    uint8_t head[SYM_BACKUP_HEAD_BYTES];
    size_t head_len;
    uint32_t members;
    unsigned seen;      /* bit k: kind k */
    bool open;          /* within a member */
    bool whole;         /* the end was there */
    enum sym_err error; /* sticky */
};

/* Zero-initialised at the start. Takes what it can from *in, which it moves on; call it until it
 * says SYM_BACKUP_MORE. span borrows from *in. */
SYM_MUST enum sym_err sym_backup_next(struct sym_backup_parser *p, enum sym_backup_part *part,
                                      struct sym_span *in);
/* Nothing is missing, when no more comes? SYM_SHORT. */
SYM_MUST enum sym_err sym_backup_end(const struct sym_backup_parser *p);

/* Messages ------------------------------------------------------------------------------------ */

struct sym_backup_begin {
    struct sym_span id; /* 16 bytes */
};

struct sym_backup_member {
    struct sym_span name;
    uint64_t bytes;
};

struct sym_backup_begun {
    const struct sym_backup_member *members;
    size_t n_members;
    uint64_t time_ms;
};

struct sym_backup_query {
    struct sym_span id;
    uint32_t member;
    uint64_t at;
};

struct sym_backup_bytes {
    struct sym_span bytes;
};

struct sym_backup_ended {
    struct sym_span id;
    bool whole;
};

extern const struct sym_message sym_msg_backup_begin;
extern const struct sym_message sym_msg_backup_begun;
extern const struct sym_message sym_msg_backup_query;
extern const struct sym_message sym_msg_backup_part;
extern const struct sym_message sym_msg_backup_end;

#endif
