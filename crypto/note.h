/* note.h - signed notes, checkpoints and cosignatures as text: C2SP signed-note, tlog-checkpoint,
 * tlog-cosignature (c2sp.org), and golang.org/x/mod/sumdb/note.
 *
 *     symbolon/<node id, hex>/evidence          origin
 *     20852163                                  size
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=   root
 *                                               (empty line)
 *     — <key name> <base64 of key id and signature>  one line for each signer
 *
 * A key's name is its owner's word: for a log its origin, for a witness "symbolon/<node
 * id>/witness" in hex. The key id is the first 4 bytes of SHA-256(name, LF, type, public key); type
 * 0x01 is Ed25519 over the text, 0x04 a cosignature: Ed25519 over "cosignature/v1", a line "time
 * <seconds>" and the text, its value being time (8 bytes) and signature. No domain string stands
 * before these texts: log and cosigning keys sign nothing else. Spans borrow from the text that was
 * parsed. Names hold no space and no plus sign. Errors: SYM_BAD_FORMAT, SYM_BAD_VALUE (a number out
 * of range, a key id that is not that of the key), SYM_TOO_LONG, SYM_BAD_SIGNATURE, SYM_NOT_FOUND
 * (no line of this key), SYM_EXISTS.
 */
#ifndef SYM_CRYPTO_NOTE_H
#define SYM_CRYPTO_NOTE_H

#include "crypto/identity.h"

#define SYM_KEY_NAME_BYTES        128u
#define SYM_VKEY_BYTES            256u
#define SYM_NOTE_SIGNERS_MAX      1100u /* a log and a thousand witnesses */
#define SYM_SIGNED_NOTE_BYTES_MAX 1000000u
#define SYM_NOTE_KEY_ID_BYTES     4u

enum sym_note_key_type { SYM_NOTE_ED25519 = 0x01, SYM_NOTE_COSIGNATURE = 0x04 };

/* A verifier key: who may have signed. */
struct sym_note_key {
    char name[SYM_KEY_NAME_BYTES];
    enum sym_note_key_type type;
    uint8_t key[SYM_ED25519_BYTES];
};

/* The first bytes of every signature of this key. */
SYM_MUST enum sym_err sym_note_key_id(uint8_t out[SYM_NOTE_KEY_ID_BYTES],
                                      const struct sym_note_key *key);
/* "name+hash+base64", as Go's sumdb/note reads it; one key has one text. */
SYM_MUST enum sym_err sym_vkey_write(char out[SYM_VKEY_BYTES], const struct sym_note_key *key);
SYM_MUST enum sym_err sym_vkey_read(struct sym_note_key *out, struct sym_span text);
/* The names of a node's log (generation 1: no suffix, later ones "/2" …) and of it as witness. */
void sym_log_origin(char out[SYM_KEY_NAME_BYTES], const struct sym_node_id *id,
                    uint32_t generation);
void sym_witness_name(char out[SYM_KEY_NAME_BYTES], const struct sym_node_id *id);

struct sym_note {
    struct sym_span text;       /* what is signed, its last LF included */
    struct sym_span signatures; /* the lines behind the empty one */
    size_t n_signatures;
};

/* Splits a note and checks the form of every line. */
SYM_MUST enum sym_err sym_note_parse(struct sym_note *out, struct sym_span bytes);
/* Cuts the next signature line off *rest, at first the signatures of a note. SYM_NOT_FOUND at the
 * end. */
struct sym_note_line {
    struct sym_span name;
    uint8_t key_id[SYM_NOTE_KEY_ID_BYTES];
};
SYM_MUST enum sym_err sym_note_next(struct sym_note_line *out, struct sym_span *rest);
/* SYM_OK when the one line of this key verifies; a second one is refused (SYM_EXISTS). time_s (may
 * be NULL): of a cosignature, seconds since 1970; otherwise untouched. */
SYM_MUST enum sym_err sym_note_verify(const struct sym_note *note, const struct sym_note_key *key,
                                      uint64_t *time_s);
/* One signature line, with its LF and a terminator, for the text. time_s: of a cosignature. */
#define SYM_SIGNATURE_LINE_BYTES 320u
SYM_MUST enum sym_err sym_note_sign(char out[SYM_SIGNATURE_LINE_BYTES], struct sym_span text,
                                    const char *name, enum sym_note_key_type type,
                                    const struct sym_sign_key *key, uint64_t time_s);

struct sym_checkpoint {
    struct sym_span origin;
    uint64_t size;
    uint8_t root[SYM_HASH_BYTES];
};

/* text: of a note (or more lines behind the three, which are refused). */
SYM_MUST enum sym_err sym_checkpoint_read(struct sym_checkpoint *out, struct sym_span text);
/* Writes the three lines; *len without a terminator. */
SYM_MUST enum sym_err sym_checkpoint_write(char *out, size_t max, size_t *len,
                                           const struct sym_checkpoint *c);
/* A whole note: three lines, the empty line and the signature of the log. */
SYM_MUST enum sym_err sym_checkpoint_sign(char *out, size_t max, size_t *len,
                                          const struct sym_checkpoint *c,
                                          const struct sym_sign_key *log);
/* Parses, and verifies the signature of the log with this public key and the origin as name. */
SYM_MUST enum sym_err sym_checkpoint_open(struct sym_checkpoint *out, struct sym_note *note,
                                          struct sym_span bytes,
                                          const uint8_t log_key[SYM_ED25519_BYTES]);

#endif
