/* Bytes: the input is a list of reads; then hex and base64 read it, and must write it back. */
#include "crypto/bytes.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* The first byte says how many steps there are; each step then reads as its own byte says. */
static void read_steps(struct sym_span input)
{
    struct sym_reader r = sym_reader(input);
    uint8_t copy[256];
    bool failed = false;
    for (uint8_t steps = sym_read_u8(&r); steps > 0; steps--) {
        size_t before = r.left;
        uint8_t step = sym_read_u8(&r);
        switch (step % 6) {
        case 0:
            (void)sym_read_u16(&r);
            break;
        case 1:
            (void)sym_read_u32(&r);
            break;
        case 2:
            (void)sym_read_u64(&r);
            break;
        case 3:
            sym_read_bytes(&r, copy, step);
            break;
        case 4: {
            struct sym_span got = sym_read_span(&r, (size_t)sym_read_u64(&r));
            insist(got.len <= before);
            break;
        }
        case 5:
            insist(sym_read_span(&r, 0).len == 0);
            break;
        }
        insist(r.left <= before);
        insist(!failed || (r.err == SYM_SHORT && r.left == before));
        failed = r.err != SYM_OK;
    }
    enum sym_err err = sym_read_end(&r);
    insist(err == (failed || r.err != SYM_OK ? SYM_SHORT : r.left > 0 ? SYM_TRAILING : SYM_OK));
}

/* What is read from writes must be what was written, or the writer must have refused. */
static void write_back(struct sym_span input)
{
    uint8_t out[64];
    struct sym_writer w = sym_writer(out, sizeof out);
    sym_write_u64(&w, input.len);
    sym_write_span(&w, input);
    struct sym_span written;
    if (sym_write_end(&w, &written) != SYM_OK) {
        insist(input.len > sizeof out - 8);
        return;
    }
    struct sym_reader r = sym_reader(written);
    struct sym_span again = sym_read_span(&r, (size_t)sym_read_u64(&r));
    insist(sym_read_end(&r) == SYM_OK && sym_span_equal(again, input));
}

static void read_texts(struct sym_span input)
{
    uint8_t out[128];
    char text[SYM_BASE64_BYTES(sizeof out) + sizeof out];
    if (input.len / 2 <= sizeof out && sym_unhex(out, input.len / 2, input) == SYM_OK) {
        sym_hex(text, out, input.len / 2);
        insist(strlen(text) == input.len &&
               strncasecmp(text, (const char *)input.data, input.len) == 0);
    }
    size_t len = sizeof out;
    if (sym_unbase64(out, &len, input) == SYM_OK) {
        sym_base64(text, out, len);
        insist(sym_span_equal(sym_span_text(text), input)); /* one text only for the same bytes */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sym_span input = sym_span(data, size);
    read_steps(input);
    write_back(input);
    read_texts(input);
    return 0;
}
