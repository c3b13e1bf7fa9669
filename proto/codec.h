/* codec.h - plain structs to bytes and back, within limits. The only user of protobuf-c.
 *
 * Decoding refuses what the tables of message.h do not allow: unknown or repeated singular fields,
 * lengths and values outside their range, too many elements, text that is not clean UTF-8. All
 * memory comes from one caller-owned arena whose size is a small multiple of the input, so that no
 * message can make the decoder grow. Encoding checks the same tables, and takes no memory.
 * Errors: SYM_BAD_FORMAT, SYM_BAD_VALUE, SYM_TOO_LONG, SYM_LIMIT, SYM_NO_MEMORY.
 */
#ifndef SYM_PROTO_CODEC_H
#define SYM_PROTO_CODEC_H

#include "proto/message.h"

/* Memory of one decoded message; zero-initialised means empty. */
struct sym_arena {
    uint8_t *block;
    size_t used;
    size_t max;
    bool full; /* something did not fit */
};

void sym_arena_clear(struct sym_arena *a);
#define SYM_ARENA_AUTO __attribute__((cleanup(sym_arena_clear))) struct sym_arena

/* Decodes at most SYM_CONTROL_BYTES_MAX bytes into *value (message->size bytes). The arena must be
 * empty; it owns what the value points to, and holds nothing after an error. The input is copied,
 * not borrowed. */
SYM_MUST enum sym_err sym_decode(struct sym_arena *arena, void *value,
                                 const struct sym_message *message, struct sym_span bytes);

/* Encodes into out[0..max), at most SYM_CONTROL_BYTES_MAX bytes: what no decoder takes is not made,
 * and what was written of it is wiped. */
SYM_MUST enum sym_err sym_encode(uint8_t *out, size_t max, size_t *len,
                                 const struct sym_message *message, const void *value);

/* SYM_OK when the table agrees with the schema: same fields, same order, fitting kinds. */
SYM_MUST enum sym_err sym_message_check(const struct sym_message *message, struct sym_fault *fault);

#endif
