/* The control pair between gate and core: the input is one message, type byte first. What decodes
 * is of a type that exists and encodes to the same bytes again. */
#include "proto/codec.h"
#include "proto/local.h"

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
    enum sym_local_type type = SYM_LOCAL_NONE;
    struct sym_span rest;
    SYM_ARENA_AUTO arena = {0};
    union {
        struct sym_gate_configure configure;
        struct sym_gate_pin pin;
        struct sym_gate_dial dial;
        struct sym_gate_link_up up;
        struct sym_gate_link_down down;
        uint8_t room[256];
    } value;
    uint8_t again[SYM_LOCAL_BYTES_MAX];
    size_t len = 0;

    if (size > SYM_LOCAL_BYTES_MAX ||
        sym_local_type(&type, &rest, sym_span(data, size)) != SYM_OK) {
        return 0;
    }
    insist(type > SYM_LOCAL_NONE && type < SYM_LOCAL_COUNT);
    const struct sym_message *message = sym_local_message(type);
    insist(message != NULL && message->size <= sizeof value);
    insist(rest.data == data + 1 && rest.len == size - 1);
    if (sym_decode(&arena, &value, message, rest) == SYM_OK) {
        insist(sym_local_encode(again, sizeof again, &len, type, &value) == SYM_OK);
        insist(sym_span_equal(sym_span(again, len), sym_span(data, size)));
    }
    return 0;
}
