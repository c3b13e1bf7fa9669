/* tlog_proof.h - the proof that one entry is in a log, as text: c2sp.org/tlog-proof@v1.
 *
 *     c2sp.org/tlog-proof@v1
 *     extra <base64>              (optional; here: the entry, the data of the leaf)
 *     index 73894
 *     <base64, 32 bytes>          (0 to 64 lines, RFC 6962 section 2.1.1)
 *                                 (empty line)
 *     <checkpoint>                (a signed note, verbatim)
 *
 * Every line has one form. Spans borrow from the text that was read. Errors: SYM_BAD_FORMAT,
 * SYM_BAD_VALUE, SYM_TOO_LONG, SYM_BAD_TAG (the entry is not in the tree), those of note.h; the
 * fault names the line.
 */
#ifndef SYM_CRYPTO_TLOG_PROOF_H
#define SYM_CRYPTO_TLOG_PROOF_H

#include "crypto/merkle.h"
#include "crypto/note.h"

#define SYM_TLOG_PROOF_HEAD      "c2sp.org/tlog-proof@v1"
#define SYM_TLOG_EXTRA_BYTES_MAX 4096u

struct sym_tlog_proof {
    uint8_t extra[SYM_TLOG_EXTRA_BYTES_MAX];
    size_t extra_len; /* 0: no such line */
    uint64_t index;
    struct sym_merkle_proof path;
    struct sym_span checkpoint;
};

SYM_MUST enum sym_err sym_tlog_proof_write(char *out, size_t max, size_t *len,
                                           const struct sym_tlog_proof *proof);
/* The form alone. name: of the file, for faults. After an error *out holds nothing of use. */
SYM_MUST enum sym_err sym_tlog_proof_read(struct sym_tlog_proof *out, struct sym_span text,
                                          const char *name, struct sym_fault *fault);
/* That the checkpoint, signed by this log, has an entry of this hash (sym_merkle_leaf) in this
 * place. */
SYM_MUST enum sym_err sym_tlog_proof_verify(struct sym_checkpoint *out,
                                            const struct sym_tlog_proof *proof,
                                            const uint8_t leaf[SYM_HASH_BYTES],
                                            const uint8_t log_key[SYM_ED25519_BYTES],
                                            struct sym_fault *fault);

#endif
