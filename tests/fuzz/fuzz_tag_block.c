/* What is read as a block is written as the same bytes, and each of its tags is found in it. */
#include "proto/tag_block.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of a block that may be none: looks for what was read of it. */
static void look(const uint8_t *tags, size_t n, const struct sym_tag_code *code,
                 struct sym_span block, bool whole)
{
    struct sym_tag_reader r;
    bool found = false;
    enum sym_err err = sym_tag_reader_open(&r, n, code, block);
    for (size_t i = 0; err == SYM_OK && i < n; i++) {
        err = sym_tag_reader_seek(&found, &r, tags + i * sym_tag_bytes(code->bits));
        if (whole && !found) {
            abort();
        }
    }
    if (whole && err != SYM_OK) {
        abort();
    }
}

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
    enum sym_err err = sym_tag_block_read(tags, n, &code, block);
    look(tags, n, &code, block, err == SYM_OK);
    if (err == SYM_OK && (sym_tag_block_write(out, sizeof out, &len, &code, tags, n) != SYM_OK ||
                          !sym_span_equal(sym_span(out, len), block))) {
        abort();
    }
    return 0;
}
