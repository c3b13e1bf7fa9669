/* SP: the input is what a peer sends inside TLS, a hello and then frames. What is accepted is
 * within the limits and comes back the same when it is written. */
#include "proto/sp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sym_reader r = sym_reader(sym_span(data, size));
    uint8_t hello[SYM_SP_HELLO_BYTES];
    uint8_t again[SYM_SP_LENGTH_BYTES];
    size_t len = 0;

    sym_read_bytes(&r, hello, sizeof hello);
    if (r.err != SYM_OK || sym_sp_hello_check(hello) != SYM_OK) {
        return 0;
    }
    sym_sp_hello(again);
    insist(sym_equal(again, hello, sizeof hello));
    while (r.err == SYM_OK && r.left > 0) {
        uint8_t head[SYM_SP_LENGTH_BYTES];
        sym_read_bytes(&r, head, sizeof head);
        if (r.err != SYM_OK || sym_sp_length(&len, head) != SYM_OK) {
            break;
        }
        insist(len > 0 && len <= SYM_FRAME_BYTES_MAX);
        sym_put_u64(again, len);
        insist(sym_equal(again, head, sizeof head));
        (void)sym_read_span(&r, len);
    }
    return 0;
}
