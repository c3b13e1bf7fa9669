/* Envelope: a frame from the network. Header and body must be the frame again; the key hints of a
 * request are read from what follows. */
#include "proto/envelope.h"
#include "proto/session.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sym_envelope e;
    struct sym_span body;
    uint8_t again[SYM_ENVELOPE_BYTES];
    uint8_t hints[2][SYM_KEY_HINT_BYTES];
    enum sym_err err = sym_envelope_read(&e, &body, sym_span(data, size));
    if (err != SYM_OK) {
        insist((err == SYM_SHORT) == (size < SYM_ENVELOPE_BYTES));
        return 0;
    }
    sym_envelope_write(again, &e);
    insist(memcmp(again, data, sizeof again) == 0);
    insist(body.data == data + sizeof again && body.len == size - sizeof again);
    if (sym_session_hints(hints[0], hints[1], body) == SYM_OK) {
        insist(memcmp(hints, body.data, sizeof hints) == 0);
    } else {
        insist(body.len < SYM_KEY_HINTS_BYTES);
    }
    return 0;
}
