/* Proofs of one entry: what is accepted is written again byte for byte, and a refusal names a line.
 */
#include "crypto/tlog_proof.h"

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
    static struct sym_tlog_proof proof;
    static char again[1 << 16];
    struct sym_fault fault = {.err = SYM_OK, .text = ""};
    struct sym_checkpoint c;
    const uint8_t zeros[SYM_HASH_BYTES] = {0};
    size_t len = 0;
    struct sym_span input = sym_span(data, size);
    insist(sym_crypto_init() == SYM_OK);
    enum sym_err err = sym_tlog_proof_read(&proof, input, "file", &fault);
    if (err != SYM_OK) {
        insist(err == fault.err && strncmp(fault.text, "file:", 5) == 0);
        return 0;
    }
    if (size <= sizeof again) {
        insist(sym_tlog_proof_write(again, sizeof again, &len, &proof) == SYM_OK);
        insist(sym_span_equal(sym_span(again, len), input));
    }
    insist(sym_tlog_proof_verify(&c, &proof, zeros, zeros, NULL) != SYM_OK);
    return 0;
}
