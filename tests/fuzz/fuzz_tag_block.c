/* What is read as a block is written as the same bytes. */
#include "proto/tag_block.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t tags[SYM_TAG_BLOCK * 16];
    static uint8_t out[SYM_TAG_BLOCK_BYTES_MAX];
    struct sym_tag_code code;
    size_t len = 0;
    if (size < 4) {
        return 0;
    }
    size_t n = data[2] % 64u + 1;
    if (sym_tag_code_for(&code, 64 + data[0] % 65u, 1u << data[1] % 32) != SYM_OK) {
        abort();
    }
    struct sym_span block = sym_span(data + 3, size - 3);
    if (sym_tag_block_read(tags, n, &code, block) == SYM_OK &&
        (sym_tag_block_write(out, sizeof out, &len, &code, tags, n) != SYM_OK ||
         !sym_span_equal(sym_span(out, len), block))) {
        abort();
    }
    return 0;
}
