/* backup.h - the file of a backup: a header in the clear, then chunks sealed one after the other
 * (libsodium's secretstream, XChaCha20-Poly1305), under a key from a passphrase of its own
 * (Argon2id, RFC 9106, libsodium's "moderate": 256 MiB, 3 passes).
 *
 *     "symbolon-backup/1" LF | memory in bytes (4) | passes (4) | salt (16) | node id (32) |
 *     milliseconds since 1970 (8) | start of the stream (24)
 *
 * Integers are big-endian. The header is bound to the first chunk. Each chunk but the last holds
 * SYM_BACKUP_CHUNK_BYTES of content, the last at least one, and only the last is marked as such: a
 * file that was cut, put in another order, altered or continued opens up to that place and not
 * further. Parameters that are read are bounded before they are used, as those of the key file are
 * (seal.h). What the content is made of is in proto/backup.h.
 * Errors: SYM_BAD_TAG (wrong passphrase, or altered), SYM_BAD_FORMAT, SYM_BAD_VERSION,
 * SYM_BAD_VALUE, SYM_SHORT, SYM_TRAILING, SYM_WRONG_STATE, SYM_NO_MEMORY.
 */
#ifndef SYM_CRYPTO_BACKUP_H
#define SYM_CRYPTO_BACKUP_H

#include "crypto/identity.h"

#define SYM_BACKUP_HEADER_BYTES   106u
#define SYM_BACKUP_CHUNK_BYTES    262144u
#define SYM_BACKUP_OVERHEAD_BYTES 17u
#define SYM_BACKUP_KEY_BYTES      32u

/* What anybody who holds the file can read, and what is certain once the first chunk was opened. */
struct sym_backup_about {
    struct sym_node_id node;
    uint64_t time_ms;
};

/* A header with a new salt; its last part is written by sym_backup_write. */
void sym_backup_header(uint8_t out[SYM_BACKUP_HEADER_BYTES], const struct sym_backup_about *about);
/* What a header says, when this program can use it. */
SYM_MUST enum sym_err sym_backup_about(struct sym_backup_about *out,
                                       const uint8_t header[SYM_BACKUP_HEADER_BYTES]);
/* Derives the key that header and passphrase make; key must be empty, and stays so on failure.
 * Takes 256 MiB of memory and about a second. */
SYM_MUST enum sym_err sym_backup_key(struct sym_secret *key,
                                     const uint8_t header[SYM_BACKUP_HEADER_BYTES],
                                     struct sym_span passphrase);

/* One direction of one file. */
struct sym_backup;

/* key: SYM_BACKUP_KEY_BYTES, not kept. Completes the header. */
SYM_MUST enum sym_err sym_backup_write(struct sym_backup **out,
                                       uint8_t header[SYM_BACKUP_HEADER_BYTES],
                                       const struct sym_secret *key);
SYM_MUST enum sym_err sym_backup_read(struct sym_backup **out,
                                      const uint8_t header[SYM_BACKUP_HEADER_BYTES],
                                      const struct sym_secret *key);
/* NULL is fine. */
void sym_backup_free(struct sym_backup *b);

/* Seals the next chunk into out (content.len + SYM_BACKUP_OVERHEAD_BYTES, no overlap).
 * SYM_BAD_VALUE for a length that its place does not allow; SYM_WRONG_STATE behind the last. */
SYM_MUST enum sym_err sym_backup_seal(struct sym_backup *b, uint8_t *out, struct sym_span content,
                                      bool last);
/* Opens the next chunk into out (sealed.len - SYM_BACKUP_OVERHEAD_BYTES, no overlap). SYM_TRAILING
 * behind the last; SYM_BAD_FORMAT for a length that its place does not allow. After a refusal
 * nothing more is opened: SYM_WRONG_STATE. */
SYM_MUST enum sym_err sym_backup_unseal(struct sym_backup *b, uint8_t *out, bool *last,
                                        struct sym_span sealed);
/* Chunks that were sealed or opened so far; the number, from 0, of the one that was refused. */
uint64_t sym_backup_chunks(const struct sym_backup *b);

#endif
