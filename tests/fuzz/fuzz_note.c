/* Signed notes: what is accepted splits into the bytes it was made of; a checkpoint and a verifier
 * key are written again byte for byte; what our keys sign verifies, whatever the text. */
#include "crypto/note.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void read_note(struct sym_span input)
{
    struct sym_note note;
    struct sym_note_line line;
    struct sym_checkpoint c;
    if (sym_note_parse(&note, input) != SYM_OK) {
        return;
    }
    insist(note.text.len + 1 + note.signatures.len == input.len);
    insist(note.text.data == input.data && note.text.data[note.text.len - 1] == '\n');
    size_t n = 0;
    struct sym_span rest = note.signatures;
    while (sym_note_next(&line, &rest) == SYM_OK) {
        insist(line.name.len > 0 && line.name.len < SYM_KEY_NAME_BYTES);
        n++;
    }
    insist(rest.len == 0 && n == note.n_signatures && n > 0);
    if (sym_checkpoint_read(&c, note.text) == SYM_OK) {
        char again[512];
        size_t len = 0;
        insist(sym_checkpoint_write(again, sizeof again, &len, &c) == SYM_OK);
        insist(sym_span_equal(sym_span(again, len), note.text));
    }
}

static void read_vkey(struct sym_span input)
{
    struct sym_note_key key;
    char again[SYM_VKEY_BYTES];
    if (sym_vkey_read(&key, input) == SYM_OK) {
        insist(sym_vkey_write(again, &key) == SYM_OK);
        insist(sym_span_equal(sym_span_text(again), input));
    }
}

/* The input as a text, signed by a fixed key as log and as witness. */
static void sign_text(struct sym_span input, enum sym_note_key_type type)
{
    static char text[1 << 16];
    char line[SYM_SIGNATURE_LINE_BYTES];
    const uint8_t seed[SYM_SEED_BYTES] = {7};
    struct sym_sign_key k = {0};
    struct sym_note_key key = {.name = "name", .type = type};
    struct sym_note note;
    uint64_t time_s = 0;
    insist(sym_sign_key_from(&k, sym_span(seed, sizeof seed)) == SYM_OK);
    memcpy(key.key, k.public_key, sizeof key.key);
    if (input.len < sizeof text - sizeof line - 1 &&
        sym_note_sign(line, input, "name", type, &k, 99) == SYM_OK) {
        memcpy(text, input.data, input.len);
        text[input.len] = '\n';
        memcpy(text + input.len + 1, line, strlen(line));
        struct sym_span all = sym_span(text, input.len + 1 + strlen(line));
        insist(sym_note_parse(&note, all) == SYM_OK);
        insist(sym_span_equal(note.text, input) && note.n_signatures == 1);
        insist(sym_note_verify(&note, &key, &time_s) == SYM_OK);
        insist(time_s == (type == SYM_NOTE_COSIGNATURE ? 99 : 0));
    }
    sym_sign_key_clear(&k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sym_span input = sym_span(data, size);
    insist(sym_crypto_init() == SYM_OK);
    read_note(input);
    read_vkey(input);
    sign_text(input, SYM_NOTE_ED25519);
    sign_text(input, SYM_NOTE_COSIGNATURE);
    return 0;
}
