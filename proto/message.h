/* message.h - plain C structs for messages, described by tables, so that the schema, the limits
 * and the codec each stand in one place.
 *
 * A struct sym_message lists the fields of one schema message in the order of its field numbers,
 * which begin at one and leave none out.
 * Member types by kind: SYM_U32 uint32_t, SYM_U64 uint64_t, SYM_BOOL bool, SYM_BYTES and SYM_TEXT
 * struct sym_span (text is UTF-8 without control characters except LF and TAB), SYM_SUB a pointer
 * to the struct of the sub-message (NULL when absent), and for SYM_MANY_BYTES, SYM_MANY_TEXT,
 * SYM_MANY_SUB a pointer to an array with a size_t count beside it. Spans and pointers of a decoded
 * message borrow from its arena.
 */
#ifndef SYM_PROTO_MESSAGE_H
#define SYM_PROTO_MESSAGE_H

#include "crypto/bytes.h"

enum sym_field_kind {
    SYM_U32,
    SYM_U64,
    SYM_BOOL,
    SYM_BYTES,
    SYM_TEXT,
    SYM_SUB,
    SYM_MANY_BYTES,
    SYM_MANY_TEXT,
    SYM_MANY_SUB,
};

struct sym_message;

struct sym_field {
    const char *name; /* as in the schema */
    enum sym_field_kind kind;
    size_t offset;       /* of the member */
    size_t count_offset; /* of the count, for the MANY kinds */
    uint64_t min;        /* smallest value or length; an absent span has length 0 */
    uint64_t max;        /* largest value or length */
    size_t max_count;    /* elements, for the MANY kinds */
    bool or_absent;      /* length 0 is fine although min is larger */
    const struct sym_message *sub;
};

struct sym_message {
    const char *name; /* as in the schema, with its package */
    size_t size;      /* of the C struct, bytes */
    const struct sym_field *fields;
    size_t n_fields;
};

/* Rows of a table. */
#define SYM_FIELD_U32(type, member, least, most)                                                   \
    {                                                                                              \
        .name = #member, .kind = SYM_U32, .offset = offsetof(type, member), .min = least,          \
        .max = most                                                                                \
    }
#define SYM_FIELD_U64(type, member, least, most)                                                   \
    {                                                                                              \
        .name = #member, .kind = SYM_U64, .offset = offsetof(type, member), .min = least,          \
        .max = most                                                                                \
    }
#define SYM_FIELD_BOOL(type, member)                                                               \
    {                                                                                              \
        .name = #member, .kind = SYM_BOOL, .offset = offsetof(type, member), .max = 1              \
    }
#define SYM_FIELD_BYTES(type, member, least, most)                                                 \
    {                                                                                              \
        .name = #member, .kind = SYM_BYTES, .offset = offsetof(type, member), .min = least,        \
        .max = most                                                                                \
    }
#define SYM_FIELD_EXACT(type, member, length) SYM_FIELD_BYTES(type, member, length, length)
#define SYM_FIELD_EXACT_OR_ABSENT(type, member, length)                                            \
    {                                                                                              \
        .name = #member, .kind = SYM_BYTES, .offset = offsetof(type, member), .min = length,       \
        .max = length, .or_absent = true                                                           \
    }
#define SYM_FIELD_TEXT(type, member, least, most)                                                  \
    {                                                                                              \
        .name = #member, .kind = SYM_TEXT, .offset = offsetof(type, member), .min = least,         \
        .max = most                                                                                \
    }
#define SYM_FIELD_SUB(type, member, message)                                                       \
    {                                                                                              \
        .name = #member, .kind = SYM_SUB, .offset = offsetof(type, member), .min = 1,              \
        .sub = message                                                                             \
    }
#define SYM_FIELD_SUB_OR_ABSENT(type, member, message)                                             \
    {                                                                                              \
        .name = #member, .kind = SYM_SUB, .offset = offsetof(type, member), .or_absent = true,     \
        .sub = message                                                                             \
    }
#define SYM_FIELD_MANY(many_kind, type, member, least, most, most_items, message)                  \
    {                                                                                              \
        .name = #member, .kind = many_kind, .offset = offsetof(type, member),                      \
        .count_offset = offsetof(type, n_##member), .min = least, .max = most,                     \
        .max_count = most_items, .sub = message                                                    \
    }

#define SYM_MESSAGE(schema_name, type, table)                                                      \
    {                                                                                              \
        .name = "symbolon." schema_name, .size = sizeof(type), .fields = table,                    \
        .n_fields = sizeof table / sizeof *(table)                                                 \
    }

#endif
