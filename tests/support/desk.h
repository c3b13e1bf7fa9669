/* desk.h - what a test of the codec has before it: all tables, values, bytes, and a decoder that
 * checks that a refusal leaves nothing behind. */
#ifndef SYM_TESTS_SUPPORT_DESK_H
#define SYM_TESTS_SUPPORT_DESK_H

#include "proto/codec.h"
#include "proto/limits.h"
#include "tests/support/messages.h"

#define DESK_BYTES SYM_CONTROL_BYTES_MAX

/* Every table, those inside other messages included; filled by tables_collect, a group's set-up. */
extern const struct sym_message *tables[];
extern size_t tables_count;
int tables_collect(void **state);

struct desk {
    struct sample sample;
    struct wire wire;
    uint8_t *out; /* DESK_BYTES */
    void *value;  /* where decoded values go */
};

struct desk desk_open(enum sample_size size, uint64_t seed);
void desk_close(struct desk *d);

/* The encoding of value, in d->out. */
struct sym_span desk_encode(struct desk *d, const struct sym_message *m, const void *value);
/* Decodes; a refusal must leave value and arena untouched. */
enum sym_err desk_decode(struct desk *d, const struct sym_message *m, struct sym_span bytes);
/* Decodes what is on the wire; want is what must come of it. */
void desk_refuses(struct desk *d, const struct sym_message *m, enum sym_err want, const char *field,
                  const char *what);

bool field_is_many(const struct sym_field *f);
bool field_is_number(const struct sym_field *f);

/* One encoding in which fields are present as the desk's sample says, taken apart. */
struct taken {
    struct piece *pieces;
    size_t n;
};

struct taken desk_take_apart(struct desk *d, const struct sym_message *m);
/* Puts all pieces before index i onto an emptied wire; desk_behind adds those behind it. */
void desk_before(struct desk *d, const struct taken *t, size_t i);
void desk_behind(struct desk *d, const struct taken *t, size_t i);
const struct sym_field *field_of_piece(const struct sym_message *m, const struct piece *p);

#endif
