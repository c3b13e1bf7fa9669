/* messages.h - for tests of messages: values for any table, comparing them, and encodings made by
 * hand, also those that no encoder would make. What does not fit fails the running test. */
#ifndef SYM_TESTS_SUPPORT_MESSAGES_H
#define SYM_TESTS_SUPPORT_MESSAGES_H

#include "proto/message.h"

enum sample_size {
    SAMPLE_LEAST, /* smallest values, optional ones absent, no elements */
    SAMPLE_MOST,  /* largest values, lengths and counts, within what one message can hold */
    SAMPLE_MIXED, /* drawn from the seed */
};

/* Owns the memory of the values it makes. */
struct sample {
    enum sample_size size;
    uint64_t seed;
    size_t longest; /* no byte string or text is made longer than this */
    uint8_t *block;
    size_t used;
};

void sample_open(struct sample *s, enum sample_size size, uint64_t seed);
void sample_close(struct sample *s);
/* A new valid value of this table: message->size bytes. */
void *sample_value(struct sample *s, const struct sym_message *message);
/* Zeroed memory from the sample. */
void *sample_take(struct sample *s, size_t size);
uint64_t sample_draw(struct sample *s);

bool message_equal(const struct sym_message *message, const void *a, const void *b);

/* Bytes on their way to a decoder. */
struct wire {
    uint8_t *bytes; /* freed by wire_close */
    size_t len;
};

enum wire_type { WIRE_VARINT, WIRE_FIXED64, WIRE_LENGTH, WIRE_START, WIRE_END, WIRE_FIXED32 };

void wire_open(struct wire *w);
void wire_close(struct wire *w);
struct sym_span wire_span(const struct wire *w);
void wire_raw(struct wire *w, struct sym_span bytes);
/* padding: how many bytes more than necessary. */
void wire_varint(struct wire *w, uint64_t v, size_t padding);
void wire_tag(struct wire *w, uint32_t field, unsigned type);
void wire_number(struct wire *w, uint32_t field, uint64_t v);
void wire_bytes(struct wire *w, uint32_t field, struct sym_span bytes);

/* One field of an encoding: its number and wire type, and where it and its value lie. */
struct piece {
    uint32_t field;
    unsigned type;
    struct sym_span all;   /* tag, length, value */
    struct sym_span value; /* of a varint, or behind the length */
};

#define PIECES_MAX 4096u

/* Takes a well-formed encoding apart; returns how many pieces. */
size_t pieces_of(struct piece *out, struct sym_span encoding);

#endif
