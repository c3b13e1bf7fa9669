#include "proto/sp.h"

#include <string.h>

static const uint8_t hello[SYM_SP_HELLO_BYTES] = {0x00, 'S', 'P', 0x00, 0x00, 0x10, 0x00, 0x00};

void sym_sp_hello(uint8_t out[SYM_SP_HELLO_BYTES])
{
    memcpy(out, hello, sizeof hello);
}

enum sym_err sym_sp_hello_check(const uint8_t in[SYM_SP_HELLO_BYTES])
{
    if (!sym_equal(in, hello, 4)) {
        return SYM_BAD_FORMAT;
    }
    return sym_equal(in, hello, sizeof hello) ? SYM_OK : SYM_BAD_VERSION;
}

enum sym_err sym_sp_length(size_t *len, const uint8_t in[SYM_SP_LENGTH_BYTES])
{
    uint64_t claimed = sym_get_u64(in);
    if (claimed == 0) {
        return SYM_BAD_FORMAT;
    }
    if (claimed > SYM_FRAME_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    *len = (size_t)claimed;
    return SYM_OK;
}
