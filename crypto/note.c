#include "crypto/note.h"

#include "crypto/aead.h"
#include "crypto/lines.h"
#include "crypto/text.h"

#include <stdio.h>
#include <string.h>

#define MARK             "\xe2\x80\x94 " /* em dash and space: begins a signature line */
#define PUBLIC_BYTES     (1 + SYM_ED25519_BYTES)
#define TIME_BYTES       8u
#define VALUE_BYTES_MAX  8192u /* of any algorithm; the largest ML-DSA needs 4,631 */
#define KEY_ID_HEX_BYTES (2 * SYM_NOTE_KEY_ID_BYTES)
#define ROOT_TEXT_BYTES  (SYM_BASE64_BYTES(SYM_HASH_BYTES) - 1)
#define SIZE_DIGITS_MAX  19u /* 2^63 - 1 */

static bool is_key_name(struct sym_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] == ' ' || name.data[i] == '+') {
            return false;
        }
    }
    return name.len < SYM_KEY_NAME_BYTES && sym_text_is_name(name);
}

/* Cuts what stands before the first `end` off *rest, and `end` itself. */
static bool cut(struct sym_span *out, struct sym_span *rest, char end)
{
    const uint8_t *at = rest->len == 0 ? NULL : memchr(rest->data, end, rest->len);
    if (at == NULL) {
        return false;
    }
    size_t len = (size_t)(at - rest->data);
    *out = sym_span(rest->data, len);
    *rest = sym_span(at + 1, rest->len - len - 1);
    return true;
}

/* Keys ---------------------------------------------------------------------------------------- */

enum sym_err sym_note_key_id(uint8_t out[SYM_NOTE_KEY_ID_BYTES], const struct sym_note_key *key)
{
    uint8_t hash[SYM_HASH_BYTES];
    const uint8_t middle[] = {'\n', (uint8_t)key->type};
    const struct sym_span parts[] = {sym_span_text(key->name), sym_span(middle, sizeof middle),
                                     sym_span(key->key, sizeof key->key)};
    enum sym_err err = sym_sha256_parts(hash, parts, 3);
    if (err == SYM_OK) {
        memcpy(out, hash, SYM_NOTE_KEY_ID_BYTES);
    }
    return err;
}

enum sym_err sym_vkey_write(char out[SYM_VKEY_BYTES], const struct sym_note_key *key)
{
    uint8_t id[SYM_NOTE_KEY_ID_BYTES];
    uint8_t public_key[PUBLIC_BYTES] = {(uint8_t)key->type};
    char id_text[KEY_ID_HEX_BYTES + 1];
    char key_text[SYM_BASE64_BYTES(PUBLIC_BYTES)];
    if (!is_key_name(sym_span_text(key->name))) {
        return SYM_BAD_FORMAT;
    }
    enum sym_err err = sym_note_key_id(id, key);
    if (err != SYM_OK) {
        return err;
    }
    memcpy(public_key + 1, key->key, sizeof key->key);
    sym_hex(id_text, id, sizeof id);
    sym_base64(key_text, public_key, sizeof public_key);
    (void)snprintf(out, SYM_VKEY_BYTES, "%s+%s+%s", key->name, id_text, key_text);
    return SYM_OK;
}

enum sym_err sym_vkey_read(struct sym_note_key *out, struct sym_span text)
{
    struct sym_span rest = text;
    struct sym_span name;
    struct sym_span id;
    uint8_t public_key[PUBLIC_BYTES];
    size_t len = sizeof public_key;
    char again[SYM_VKEY_BYTES];
    if (!cut(&name, &rest, '+') || !cut(&id, &rest, '+') || !is_key_name(name) ||
        sym_unbase64(public_key, &len, rest) != SYM_OK || len != sizeof public_key) {
        return SYM_BAD_FORMAT;
    }
    if (public_key[0] != SYM_NOTE_ED25519 && public_key[0] != SYM_NOTE_COSIGNATURE) {
        return SYM_BAD_FORMAT;
    }
    struct sym_note_key key = {.type = (enum sym_note_key_type)public_key[0]};
    memcpy(key.name, name.data, name.len);
    memcpy(key.key, public_key + 1, sizeof key.key);
    enum sym_err err = sym_vkey_write(again, &key);
    if (err != SYM_OK) {
        return err;
    }
    if (!sym_span_equal(sym_span_text(again), text)) {
        return SYM_BAD_VALUE;
    }
    *out = key;
    return SYM_OK;
}

static void write_name(char out[SYM_KEY_NAME_BYTES], const struct sym_node_id *id, const char *what)
{
    char hex[2 * SYM_NODE_ID_BYTES + 1];
    sym_hex(hex, id->bytes, sizeof id->bytes);
    (void)snprintf(out, SYM_KEY_NAME_BYTES, "symbolon/%s/%s", hex, what);
}

void sym_log_origin(char out[SYM_KEY_NAME_BYTES], const struct sym_node_id *id, uint32_t generation)
{
    char what[32] = "evidence";
    if (generation > 1) {
        (void)snprintf(what, sizeof what, "evidence/%lu", (unsigned long)generation);
    }
    write_name(out, id, what);
}

void sym_witness_name(char out[SYM_KEY_NAME_BYTES], const struct sym_node_id *id)
{
    write_name(out, id, "witness");
}

/* Notes --------------------------------------------------------------------------------------- */

static bool is_note_text(struct sym_span text)
{
    while (text.len > 0) {
        uint32_t c = 0;
        if (!sym_text_next(&c, &text) || (c < 0x20 && c != '\n')) {
            return false;
        }
    }
    return true;
}

/* One signature line, cut off *rest, and what it holds; value has room for VALUE_BYTES_MAX. */
static enum sym_err next_line(struct sym_span *name, uint8_t *value, size_t *len,
                              struct sym_span *rest)
{
    struct sym_span line;
    struct sym_span mark = sym_span_text(MARK);
    if (rest->len == 0) {
        return SYM_NOT_FOUND;
    }
    if (!cut(&line, rest, '\n') || line.len < mark.len ||
        !sym_span_equal(sym_span(line.data, mark.len), mark)) {
        return SYM_BAD_FORMAT;
    }
    line = sym_span(line.data + mark.len, line.len - mark.len);
    if (!cut(name, &line, ' ') || !is_key_name(*name)) {
        return SYM_BAD_FORMAT;
    }
    if (line.len >= SYM_BASE64_BYTES(VALUE_BYTES_MAX)) {
        return SYM_TOO_LONG;
    }
    *len = VALUE_BYTES_MAX;
    enum sym_err err = sym_unbase64(value, len, line);
    return err == SYM_OK && *len <= SYM_NOTE_KEY_ID_BYTES ? SYM_BAD_FORMAT : err;
}

enum sym_err sym_note_next(struct sym_note_line *out, struct sym_span *rest)
{
    uint8_t value[VALUE_BYTES_MAX];
    size_t len = 0;
    struct sym_span name;
    struct sym_span left = *rest;
    enum sym_err err = next_line(&name, value, &len, &left);
    if (err == SYM_OK) {
        out->name = name;
        memcpy(out->key_id, value, sizeof out->key_id);
        *rest = left;
    }
    return err;
}

/* The last empty line ends the text: the text may hold empty lines itself. */
static bool split(struct sym_note *out, struct sym_span bytes)
{
    for (size_t i = bytes.len; i >= 2; i--) {
        if (bytes.data[i - 1] == '\n' && bytes.data[i - 2] == '\n') {
            out->text = sym_span(bytes.data, i - 1);
            out->signatures = sym_span(bytes.data + i, bytes.len - i);
            return true;
        }
    }
    return false;
}

enum sym_err sym_note_parse(struct sym_note *out, struct sym_span bytes)
{
    struct sym_note note = {.n_signatures = 0};
    struct sym_note_line line;
    if (bytes.len > SYM_SIGNED_NOTE_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    if (!is_note_text(bytes) || !split(&note, bytes) || note.signatures.len == 0) {
        return SYM_BAD_FORMAT;
    }
    struct sym_span rest = note.signatures;
    enum sym_err err = sym_note_next(&line, &rest);
    while (err == SYM_OK) {
        if (note.n_signatures == SYM_NOTE_SIGNERS_MAX) {
            return SYM_TOO_LONG;
        }
        note.n_signatures++;
        err = sym_note_next(&line, &rest);
    }
    if (err != SYM_NOT_FOUND) {
        return err;
    }
    *out = note;
    return SYM_OK;
}

/* What a cosignature is over, before the text; its length. */
static size_t cosigned_head(char out[64], uint64_t time_s)
{
    return (size_t)snprintf(out, 64, "cosignature/v1\ntime %llu\n", (unsigned long long)time_s);
}

/* value: behind the key id. */
static enum sym_err verify_value(struct sym_span text, const struct sym_note_key *key,
                                 struct sym_span value, uint64_t *time_s)
{
    char head[64] = "";
    uint64_t time = 0;
    struct sym_reader r = sym_reader(value);
    if (key->type == SYM_NOTE_COSIGNATURE) {
        time = sym_read_u64(&r);
        (void)cosigned_head(head, time);
    }
    struct sym_span signature = sym_read_span(&r, SYM_SIGNATURE_BYTES);
    if (sym_read_end(&r) != SYM_OK || time > INT64_MAX) {
        return SYM_BAD_FORMAT;
    }
    enum sym_err err = sym_verify(signature.data, key->key, head, text);
    if (err == SYM_OK && key->type == SYM_NOTE_COSIGNATURE && time_s != NULL) {
        *time_s = time;
    }
    return err;
}

enum sym_err sym_note_verify(const struct sym_note *note, const struct sym_note_key *key,
                             uint64_t *time_s)
{
    uint8_t id[SYM_NOTE_KEY_ID_BYTES];
    uint8_t value[VALUE_BYTES_MAX];
    uint8_t found[VALUE_BYTES_MAX];
    size_t found_len = 0;
    size_t len = 0;
    struct sym_span name;
    struct sym_span rest = note->signatures;
    enum sym_err err = sym_note_key_id(id, key);
    if (err != SYM_OK) {
        return err;
    }
    for (err = next_line(&name, value, &len, &rest); err == SYM_OK;
         err = next_line(&name, value, &len, &rest)) {
        if (!sym_span_equal(name, sym_span_text(key->name)) ||
            !sym_span_equal(sym_span(value, sizeof id), sym_span(id, sizeof id))) {
            continue;
        }
        if (found_len > 0) {
            return SYM_EXISTS;
        }
        memcpy(found, value, len);
        found_len = len;
    }
    if (err != SYM_NOT_FOUND || found_len == 0) {
        return err;
    }
    return verify_value(note->text, key, sym_span(found + sizeof id, found_len - sizeof id),
                        time_s);
}

enum sym_err sym_note_sign(char out[SYM_SIGNATURE_LINE_BYTES], struct sym_span text,
                           const char *name, enum sym_note_key_type type,
                           const struct sym_sign_key *key, uint64_t time_s)
{
    char head[64] = "";
    uint8_t value[SYM_NOTE_KEY_ID_BYTES + TIME_BYTES + SYM_SIGNATURE_BYTES];
    char value_text[SYM_BASE64_BYTES(sizeof value)];
    struct sym_note_key public_key = {.type = type};
    if (!is_key_name(sym_span_text(name)) || text.len == 0 || text.data[text.len - 1] != '\n' ||
        !is_note_text(text)) {
        return SYM_BAD_FORMAT;
    }
    if (time_s > INT64_MAX) {
        return SYM_BAD_VALUE;
    }
    (void)snprintf(public_key.name, sizeof public_key.name, "%s", name);
    memcpy(public_key.key, key->public_key, sizeof public_key.key);
    enum sym_err err = sym_note_key_id(value, &public_key);
    size_t at = SYM_NOTE_KEY_ID_BYTES;
    if (type == SYM_NOTE_COSIGNATURE) {
        (void)cosigned_head(head, time_s);
        sym_put_u64(value + at, time_s);
        at += TIME_BYTES;
    }
    if (err == SYM_OK) {
        err = sym_sign(value + at, key, head, text);
    }
    if (err == SYM_OK) {
        sym_base64(value_text, value, at + SYM_SIGNATURE_BYTES);
        (void)snprintf(out, SYM_SIGNATURE_LINE_BYTES, MARK "%s %s\n", name, value_text);
    }
    return err;
}

/* Checkpoints --------------------------------------------------------------------------------- */

enum sym_err sym_checkpoint_read(struct sym_checkpoint *out, struct sym_span text)
{
    struct sym_checkpoint c = {.size = 0};
    struct sym_span rest = text;
    struct sym_span size;
    struct sym_span root;
    size_t len = sizeof c.root;
    if (!cut(&c.origin, &rest, '\n') || !cut(&size, &rest, '\n') || !cut(&root, &rest, '\n') ||
        rest.len != 0 || !is_key_name(c.origin)) {
        return SYM_BAD_FORMAT;
    }
    if (!sym_text_number(&c.size, size)) {
        return SYM_BAD_VALUE;
    }
    if (root.len != ROOT_TEXT_BYTES || sym_unbase64(c.root, &len, root) != SYM_OK ||
        len != sizeof c.root) {
        return SYM_BAD_FORMAT;
    }
    *out = c;
    return SYM_OK;
}

enum sym_err sym_checkpoint_write(char *out, size_t max, size_t *len,
                                  const struct sym_checkpoint *c)
{
    char root[SYM_BASE64_BYTES(SYM_HASH_BYTES)];
    char size[SIZE_DIGITS_MAX + 3];
    struct sym_span written;
    if (!is_key_name(c->origin)) {
        return SYM_BAD_FORMAT;
    }
    if (c->size > INT64_MAX) {
        return SYM_BAD_VALUE;
    }
    sym_base64(root, c->root, sizeof c->root);
    (void)snprintf(size, sizeof size, "\n%llu\n", (unsigned long long)c->size);
    struct sym_writer w = sym_writer((uint8_t *)out, max);
    sym_write_span(&w, c->origin);
    sym_write_span(&w, sym_span_text(size));
    sym_write_span(&w, sym_span_text(root));
    sym_write_u8(&w, '\n');
    enum sym_err err = sym_write_end(&w, &written);
    if (err == SYM_OK) {
        *len = written.len;
    }
    return err;
}

/* The key of a log is known by its origin. */
static void log_key_of(struct sym_note_key *out, struct sym_span origin,
                       const uint8_t key[SYM_ED25519_BYTES])
{
    *out = (struct sym_note_key){.type = SYM_NOTE_ED25519};
    memcpy(out->name, origin.data, origin.len);
    memcpy(out->key, key, sizeof out->key);
}

enum sym_err sym_checkpoint_sign(char *out, size_t max, size_t *len, const struct sym_checkpoint *c,
                                 const struct sym_sign_key *log)
{
    char line[SYM_SIGNATURE_LINE_BYTES];
    struct sym_note_key key;
    size_t text_len = 0;
    struct sym_span written;
    enum sym_err err = sym_checkpoint_write(out, max, &text_len, c);
    if (err != SYM_OK) {
        return err;
    }
    log_key_of(&key, c->origin, log->public_key);
    err = sym_note_sign(line, sym_span(out, text_len), key.name, SYM_NOTE_ED25519, log, 0);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_writer w = sym_writer((uint8_t *)out + text_len, max - text_len);
    sym_write_u8(&w, '\n');
    sym_write_span(&w, sym_span_text(line));
    err = sym_write_end(&w, &written);
    if (err == SYM_OK) {
        *len = text_len + written.len;
    }
    return err;
}

enum sym_err sym_checkpoint_open(struct sym_checkpoint *out, struct sym_note *note,
                                 struct sym_span bytes, const uint8_t log_key[SYM_ED25519_BYTES])
{
    struct sym_checkpoint c;
    struct sym_note n;
    struct sym_note_key key;
    enum sym_err err = sym_note_parse(&n, bytes);
    if (err == SYM_OK) {
        err = sym_checkpoint_read(&c, n.text);
    }
    if (err != SYM_OK) {
        return err;
    }
    log_key_of(&key, c.origin, log_key);
    err = sym_note_verify(&n, &key, NULL);
    if (err == SYM_OK) {
        *out = c;
        *note = n;
    }
    return err;
}
