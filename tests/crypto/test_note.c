#include "crypto/note.h"
#include "tests/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DASH      "\xe2\x80\x94 "
#define ORIGIN    "symbolon/00112233/evidence"
#define TEXT_MAX  4096u
#define NOTE_SIZE 42u

static struct sym_sign_key log_key;
static struct sym_sign_key witness_key;

static int make_keys(void **state)
{
    (void)state;
    const uint8_t one[SYM_SEED_BYTES] = {1};
    const uint8_t two[SYM_SEED_BYTES] = {2};
    if (sym_crypto_init() != SYM_OK) {
        return -1;
    }
    return sym_sign_key_from(&log_key, sym_span(one, sizeof one)) == SYM_OK &&
                   sym_sign_key_from(&witness_key, sym_span(two, sizeof two)) == SYM_OK
               ? 0
               : -1;
}

static int drop_keys(void **state)
{
    (void)state;
    sym_sign_key_clear(&log_key);
    sym_sign_key_clear(&witness_key);
    return 0;
}

static struct sym_note_key key_of(const struct sym_sign_key *from, const char *name,
                                  enum sym_note_key_type type)
{
    struct sym_note_key key = {.type = type};
    (void)snprintf(key.name, sizeof key.name, "%s", name);
    memcpy(key.key, from->public_key, sizeof key.key);
    return key;
}

static struct sym_note_key log_vkey(void)
{
    return key_of(&log_key, ORIGIN, SYM_NOTE_ED25519);
}

static struct sym_note_key witness_vkey(void)
{
    return key_of(&witness_key, "symbolon/44/witness", SYM_NOTE_COSIGNATURE);
}

/* A checkpoint that the log has signed; with room behind it. */
struct text {
    char bytes[TEXT_MAX];
    size_t len;
};

static void sign_checkpoint(struct text *out)
{
    struct sym_checkpoint c = {.origin = sym_span_text(ORIGIN), .size = NOTE_SIZE, .root = {7, 8}};
    assert_int_equal(sym_checkpoint_sign(out->bytes, sizeof out->bytes, &out->len, &c, &log_key),
                     SYM_OK);
}

static void append(struct text *out, const char *more)
{
    size_t len = strlen(more);
    assert_true(len <= sizeof out->bytes - out->len);
    memcpy(out->bytes + out->len, more, len);
    out->len += len;
}

static struct sym_span span_of(const struct text *text)
{
    return sym_span(text->bytes, text->len);
}

static void cosign(struct text *out, uint64_t time_s)
{
    char line[SYM_SIGNATURE_LINE_BYTES];
    struct sym_note note;
    assert_int_equal(sym_note_parse(&note, span_of(out)), SYM_OK);
    assert_int_equal(sym_note_sign(line, note.text, "symbolon/44/witness", SYM_NOTE_COSIGNATURE,
                                   &witness_key, time_s),
                     SYM_OK);
    append(out, line);
}

static enum sym_err parse(const char *text)
{
    struct sym_note note;
    return sym_note_parse(&note, sym_span_text(text));
}

/* The vectors ---------------------------------------------------------------------------------- */

static void verifies_the_notes_of_the_vectors(void **state)
{
    (void)state;
    cJSON *file = vectors_load("c2sp-signed-note.json");
    const cJSON *notes = vectors_get(file, "notes");
    const cJSON *test;
    assert_int_equal(cJSON_GetArraySize(notes), 2);
    cJSON_ArrayForEach(test, notes)
    {
        struct sym_note_key key;
        struct sym_note note;
        char again[SYM_VKEY_BYTES];
        const char *vkey = vectors_text(test, "vkey");
        assert_int_equal(sym_vkey_read(&key, sym_span_text(vkey)), SYM_OK);
        assert_int_equal(sym_vkey_write(again, &key), SYM_OK);
        assert_string_equal(again, vkey);
        assert_int_equal(sym_note_parse(&note, sym_span_text(vectors_text(test, "note"))), SYM_OK);
        assert_int_equal(note.n_signatures, 1);
        assert_int_equal(sym_note_verify(&note, &key, NULL), SYM_OK);
    }
    cJSON_Delete(file);
}

static void signs_the_note_of_the_vectors_the_same_way(void **state)
{
    (void)state;
    cJSON *file = vectors_load("c2sp-signed-note.json");
    const cJSON *test = cJSON_GetArrayItem(vectors_get(file, "notes"), 0);
    struct sym_span skey =
        sym_span_text(vectors_text(test, "skey") + strlen("PRIVATE+KEY+PeterNeumann+c74f20a3+"));
    uint8_t seed[1 + SYM_SEED_BYTES];
    size_t len = sizeof seed;
    assert_int_equal(sym_unbase64(seed, &len, skey), SYM_OK);
    assert_int_equal(len, sizeof seed);
    struct sym_sign_key key = {.seed = {.len = 0}};
    assert_int_equal(sym_sign_key_from(&key, sym_span(seed + 1, SYM_SEED_BYTES)), SYM_OK);
    struct sym_note note;
    char line[SYM_SIGNATURE_LINE_BYTES];
    assert_int_equal(sym_note_parse(&note, sym_span_text(vectors_text(test, "note"))), SYM_OK);
    assert_int_equal(sym_note_sign(line, note.text, "PeterNeumann", SYM_NOTE_ED25519, &key, 0),
                     SYM_OK);
    assert_true(sym_span_equal(note.signatures, sym_span_text(line)));
    sym_sign_key_clear(&key);
    cJSON_Delete(file);
}

static void refuses_the_notes_of_the_vectors_with_any_bit_flipped(void **state)
{
    (void)state;
    cJSON *file = vectors_load("c2sp-signed-note.json");
    const cJSON *test;
    cJSON_ArrayForEach(test, vectors_get(file, "notes"))
    {
        struct sym_note_key key;
        struct text t = {.len = 0};
        assert_int_equal(sym_vkey_read(&key, sym_span_text(vectors_text(test, "vkey"))), SYM_OK);
        append(&t, vectors_text(test, "note"));
        for (size_t bit = 0; bit < t.len * 8; bit++) {
            struct sym_note note;
            t.bytes[bit / 8] ^= (char)(1u << (bit % 8));
            enum sym_err err = sym_note_parse(&note, span_of(&t));
            assert_true(err != SYM_OK || sym_note_verify(&note, &key, NULL) != SYM_OK);
            t.bytes[bit / 8] ^= (char)(1u << (bit % 8));
        }
    }
    cJSON_Delete(file);
}

/* Keys ----------------------------------------------------------------------------------------- */

static void refuses_a_verifier_key_with_any_bit_flipped(void **state)
{
    (void)state;
    struct sym_note_key key = witness_vkey();
    char text[SYM_VKEY_BYTES];
    assert_int_equal(sym_vkey_write(text, &key), SYM_OK);
    size_t len = strlen(text);
    for (size_t bit = 0; bit < len * 8; bit++) {
        text[bit / 8] ^= (char)(1u << (bit % 8));
        assert_int_not_equal(sym_vkey_read(&key, sym_span(text, len)), SYM_OK);
        text[bit / 8] ^= (char)(1u << (bit % 8));
    }
    assert_int_equal(sym_vkey_read(&key, sym_span(text, len)), SYM_OK);
}

static void refuses_verifier_keys_that_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", /* type 2 */
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy1w==",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sym_note_key key;
        assert_int_not_equal(sym_vkey_read(&key, sym_span_text(bad[i])), SYM_OK);
    }
    struct sym_note_key key = key_of(&log_key, "two words", SYM_NOTE_ED25519);
    char text[SYM_VKEY_BYTES];
    assert_int_equal(sym_vkey_write(text, &key), SYM_BAD_FORMAT);
}

static void names_logs_and_witnesses_by_the_id_of_their_node(void **state)
{
    (void)state;
    struct sym_node_id id = {{0xab, 0xcd}};
    char name[SYM_KEY_NAME_BYTES];
#define ZEROS "000000000000000000000000000000000000000000000000000000000000"
    sym_log_origin(name, &id, 1);
    assert_string_equal(name, "symbolon/abcd" ZEROS "/evidence");
    sym_log_origin(name, &id, 2);
    assert_string_equal(name, "symbolon/abcd" ZEROS "/evidence/2");
    sym_log_origin(name, &id, UINT32_MAX);
    assert_string_equal(name, "symbolon/abcd" ZEROS "/evidence/4294967295");
    sym_witness_name(name, &id);
    assert_string_equal(name, "symbolon/abcd" ZEROS "/witness");
}

/* Notes ---------------------------------------------------------------------------------------- */

static void accepts_text_that_holds_empty_lines_and_many_signers(void **state)
{
    (void)state;
    struct sym_note note;
    const char *text = "one\n\ntwo\n\n" DASH "a AAAAAAA=\n" DASH "\xc3\xbc/b AAAAAAA=\n";
    assert_int_equal(sym_note_parse(&note, sym_span_text(text)), SYM_OK);
    assert_true(sym_span_equal(note.text, sym_span_text("one\n\ntwo\n")));
    assert_int_equal(note.n_signatures, 2);
    struct sym_note_line line;
    struct sym_span rest = note.signatures;
    assert_int_equal(sym_note_next(&line, &rest), SYM_OK);
    assert_int_equal(sym_note_next(&line, &rest), SYM_OK);
    assert_true(sym_span_equal(line.name, sym_span_text("\xc3\xbc/b")));
    assert_int_equal(sym_note_next(&line, &rest), SYM_NOT_FOUND);
}

static void refuses_notes_that_are_malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "\n",
        "text\n",
        "text\n\n",                                 /* nobody signed */
        "text\n" DASH "a AAAAAAA=\n",               /* no empty line */
        "text\n\n" DASH "a AAAAAAA=",               /* no LF at the end */
        "text\n\n" DASH "a AAAAAAA=\n\n",           /* an empty line more */
        "text\n\n" DASH "a AAAAAAA=\nmore\n",       /* not a signature */
        "text\n\n- a AAAAAAA=\n",                   /* hyphen */
        "text\n\n" DASH "a b AAAAAAA=\n",           /* a name with a space */
        "text\n\n" DASH "a+b AAAAAAA=\n",           /* with a plus sign */
        "text\n\n" DASH " AAAAAAA=\n",              /* without a name */
        "text\n\n" DASH "a\n",                      /* without a signature */
        "text\n\n" DASH "a  AAAAAAA=\n",            /* two spaces */
        "text\n\n" DASH "a AAAAAAA= \n",            /* one at the end */
        "text\n\n" DASH "a AAAAAA==\n",             /* nothing behind the key id */
        "text\n\n" DASH "a AAAAAAA\n",              /* no padding */
        "text\n\n" DASH "a AAAAAAB=\n",             /* bits behind the end */
        "text\n\n" DASH "a\xe2\x80\xaf AAAAAAA=\n", /* a space that is not U+0020 */
        "text\r\n\n" DASH "a AAAAAAA=\n",           /* CR */
        "text\n\n" DASH "a AAAAAAA=\r\n",
        "te\txt\n\n" DASH "a AAAAAAA=\n", /* control characters */
        "te\x1bxt\n\n" DASH "a AAAAAAA=\n",
        "te\xffxt\n\n" DASH "a AAAAAAA=\n",     /* not UTF-8 */
        "te\xc0\x80xt\n\n" DASH "a AAAAAAA=\n", /* overlong */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (parse(bad[i]) == SYM_OK) {
            fail_msg("accepts note %zu", i);
        }
    }
    struct sym_note note;
    assert_int_equal(sym_note_parse(&note, sym_span("te\0xt\n\n" DASH "a AAAAAAA=\n", 23)),
                     SYM_BAD_FORMAT);
}

static void refuses_notes_that_are_huge(void **state)
{
    (void)state;
    size_t len = SYM_SIGNED_NOTE_BYTES_MAX + 1;
    char *text = malloc(len);
    struct sym_note note;
    assert_non_null(text);
    memset(text, 'a', len);
    assert_int_equal(sym_note_parse(&note, sym_span(text, len)), SYM_TOO_LONG);
    /* One signer too many. */
    size_t at = 0;
    memcpy(text, "a\n\n", 3);
    at = 3;
    for (size_t i = 0; i <= SYM_NOTE_SIGNERS_MAX; i++) {
        memcpy(text + at, DASH "a AAAAAAA=\n", 15);
        at += 15;
    }
    assert_int_equal(sym_note_parse(&note, sym_span(text, at)), SYM_TOO_LONG);
    assert_int_equal(sym_note_parse(&note, sym_span(text, at - 15)), SYM_OK);
    assert_int_equal(note.n_signatures, SYM_NOTE_SIGNERS_MAX);
    /* A signature that no algorithm has. */
    memcpy(text, "a\n\n" DASH "a ", 9);
    memset(text + 9, 'A', 20000);
    text[20009] = '\n';
    assert_int_equal(sym_note_parse(&note, sym_span(text, 20010)), SYM_TOO_LONG);
    /* A name that is too long. */
    memset(text + 7, 'n', SYM_KEY_NAME_BYTES);
    memcpy(text + 7 + SYM_KEY_NAME_BYTES, " AAAAAAA=\n", 10);
    assert_int_equal(sym_note_parse(&note, sym_span(text, 17 + SYM_KEY_NAME_BYTES)),
                     SYM_BAD_FORMAT);
    free(text);
}

static void a_line_of_the_key_that_does_not_verify_is_an_error(void **state)
{
    (void)state;
    struct text t;
    struct sym_note note;
    struct sym_checkpoint c;
    sign_checkpoint(&t);
    assert_int_equal(sym_checkpoint_open(&c, &note, span_of(&t), log_key.public_key), SYM_OK);
    t.bytes[strlen(ORIGIN) + 1] = '7'; /* another size under the same signature */
    assert_int_equal(sym_checkpoint_open(&c, &note, span_of(&t), log_key.public_key),
                     SYM_BAD_SIGNATURE);
}

static void refuses_two_lines_of_one_key(void **state)
{
    (void)state;
    struct text t;
    struct sym_note note;
    struct sym_note_key key = witness_vkey();
    sign_checkpoint(&t);
    cosign(&t, 1000);
    cosign(&t, 2000);
    assert_int_equal(sym_note_parse(&note, span_of(&t)), SYM_OK);
    assert_int_equal(sym_note_verify(&note, &key, NULL), SYM_EXISTS);
}

static void passes_over_lines_of_other_keys(void **state)
{
    (void)state;
    struct text t;
    struct sym_note note;
    struct sym_checkpoint c;
    struct sym_note_key stranger = key_of(&witness_key, "else", SYM_NOTE_ED25519);
    sign_checkpoint(&t);
    append(&t, DASH ORIGIN " AAAAAAA=\n"); /* the log's name, another key id */
    append(&t, DASH "else AAAAAAA=\n");
    assert_int_equal(sym_checkpoint_open(&c, &note, span_of(&t), log_key.public_key), SYM_OK);
    assert_int_equal(note.n_signatures, 3);
    assert_int_equal(sym_note_verify(&note, &stranger, NULL), SYM_NOT_FOUND);
}

static void refuses_a_signature_of_the_wrong_length(void **state)
{
    (void)state;
    struct sym_note_key key = log_vkey();
    uint8_t value[SYM_NOTE_KEY_ID_BYTES + SYM_SIGNATURE_BYTES + 1] = {0};
    char value_text[SYM_BASE64_BYTES(sizeof value)];
    assert_int_equal(sym_note_key_id(value, &key), SYM_OK);
    for (size_t less = 0; less <= 2; less += 2) {
        struct text t = {.len = 0};
        struct sym_note note;
        sym_base64(value_text, value, sizeof value - less);
        append(&t, "text\n\n" DASH ORIGIN " ");
        append(&t, value_text);
        append(&t, "\n");
        assert_int_equal(sym_note_parse(&note, span_of(&t)), SYM_OK);
        assert_int_equal(sym_note_verify(&note, &key, NULL), SYM_BAD_FORMAT);
    }
}

static void refuses_to_sign_what_would_not_parse(void **state)
{
    (void)state;
    char line[SYM_SIGNATURE_LINE_BYTES];
    static const char *const bad[] = {"", "no end", "te\rxt\n", "te\xffxt\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(
            sym_note_sign(line, sym_span_text(bad[i]), "name", SYM_NOTE_ED25519, &log_key, 0),
            SYM_BAD_FORMAT);
    }
    assert_int_equal(
        sym_note_sign(line, sym_span_text("text\n"), "a name", SYM_NOTE_ED25519, &log_key, 0),
        SYM_BAD_FORMAT);
    assert_int_equal(sym_note_sign(line, sym_span_text("text\n"), "name", SYM_NOTE_COSIGNATURE,
                                   &log_key, (uint64_t)INT64_MAX + 1),
                     SYM_BAD_VALUE);
}

/* Cosignatures --------------------------------------------------------------------------------- */

static void cosigns_as_c2sp_has_it(void **state)
{
    (void)state;
    struct text t;
    struct sym_note note;
    struct sym_note_key key = witness_vkey();
    uint64_t time_s = 0;
    sign_checkpoint(&t);
    cosign(&t, 1700000000);
    assert_int_equal(sym_note_parse(&note, span_of(&t)), SYM_OK);
    assert_int_equal(sym_note_verify(&note, &key, &time_s), SYM_OK);
    assert_int_equal(time_s, 1700000000);
    /* The same bytes, put together by hand. */
    struct text over = {.len = 0};
    append(&over, "cosignature/v1\ntime 1700000000\n");
    memcpy(over.bytes + over.len, note.text.data, note.text.len);
    over.len += note.text.len;
    uint8_t want[SYM_SIGNATURE_BYTES];
    uint8_t value[SYM_NOTE_KEY_ID_BYTES + 8 + SYM_SIGNATURE_BYTES];
    size_t len = sizeof value;
    char value_text[SYM_BASE64_BYTES(sizeof value)];
    assert_int_equal(sym_sign(want, &witness_key, "", span_of(&over)), SYM_OK);
    memcpy(value_text, t.bytes + t.len - sizeof value_text, sizeof value_text - 1);
    assert_int_equal(sym_unbase64(value, &len, sym_span(value_text, sizeof value_text - 1)),
                     SYM_OK);
    assert_int_equal(len, sizeof value);
    assert_int_equal(sym_get_u64(value + SYM_NOTE_KEY_ID_BYTES), 1700000000);
    assert_memory_equal(value + SYM_NOTE_KEY_ID_BYTES + 8, want, sizeof want);
}

static void refuses_a_cosignature_with_any_bit_flipped(void **state)
{
    (void)state;
    struct text t;
    struct sym_note_key key = witness_vkey();
    sign_checkpoint(&t);
    size_t before = t.len;
    cosign(&t, 1700000000);
    for (size_t bit = before * 8; bit < t.len * 8; bit++) {
        struct sym_note note;
        t.bytes[bit / 8] ^= (char)(1u << (bit % 8));
        enum sym_err err = sym_note_parse(&note, span_of(&t));
        assert_true(err != SYM_OK || sym_note_verify(&note, &key, NULL) != SYM_OK);
        t.bytes[bit / 8] ^= (char)(1u << (bit % 8));
    }
}

static void a_signature_of_one_type_is_none_of_the_other(void **state)
{
    (void)state;
    struct text t;
    struct sym_note note;
    struct sym_note_key key = key_of(&log_key, ORIGIN, SYM_NOTE_COSIGNATURE);
    sign_checkpoint(&t);
    assert_int_equal(sym_note_parse(&note, span_of(&t)), SYM_OK);
    assert_int_equal(sym_note_verify(&note, &key, NULL), SYM_NOT_FOUND);
}

/* Checkpoints ---------------------------------------------------------------------------------- */

static void opens_the_checkpoint_it_has_signed(void **state)
{
    (void)state;
    struct text t;
    struct sym_note note;
    struct sym_checkpoint c;
    const uint8_t root[SYM_HASH_BYTES] = {7, 8};
    sign_checkpoint(&t);
    assert_int_equal(sym_checkpoint_open(&c, &note, span_of(&t), log_key.public_key), SYM_OK);
    assert_int_equal(c.size, NOTE_SIZE);
    assert_true(sym_span_equal(c.origin, sym_span_text(ORIGIN)));
    assert_memory_equal(c.root, root, sizeof root);
}

static void refuses_a_checkpoint_of_another_key(void **state)
{
    (void)state;
    struct text t;
    struct sym_note note;
    struct sym_checkpoint c;
    sign_checkpoint(&t);
    assert_int_equal(sym_checkpoint_open(&c, &note, span_of(&t), witness_key.public_key),
                     SYM_NOT_FOUND);
}

static void refuses_checkpoints_that_are_malformed(void **state)
{
    (void)state;
#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    static const char *const bad[] = {
        "",
        "o\n1\n",
        "o\n1\n" ROOT,
        "\n1\n" ROOT "\n",
        "o p\n1\n" ROOT "\n",
        "o\n\n" ROOT "\n",
        "o\n01\n" ROOT "\n",
        "o\n-1\n" ROOT "\n",
        "o\n+1\n" ROOT "\n",
        "o\n1 \n" ROOT "\n",
        "o\n0x1\n" ROOT "\n",
        "o\n9223372036854775808\n" ROOT "\n",
        "o\n99999999999999999999999999\n" ROOT "\n",
        "o\n1\n" ROOT "\nmore\n",
        "o\n1\n" ROOT "\n\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2K=\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
    };
    struct sym_checkpoint c;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (sym_checkpoint_read(&c, sym_span_text(bad[i])) == SYM_OK) {
            fail_msg("accepts checkpoint %zu", i);
        }
    }
    assert_int_equal(sym_checkpoint_read(&c, sym_span_text("o\n9223372036854775807\n" ROOT "\n")),
                     SYM_OK);
    assert_int_equal(c.size, INT64_MAX);
    assert_int_equal(sym_checkpoint_read(&c, sym_span_text("o\n0\n" ROOT "\n")), SYM_OK);
}

static void refuses_to_write_a_checkpoint_that_would_not_be_read(void **state)
{
    (void)state;
    char out[512];
    size_t len = 77;
    struct sym_checkpoint c = {.origin = sym_span_text("two words")};
    assert_int_equal(sym_checkpoint_write(out, sizeof out, &len, &c), SYM_BAD_FORMAT);
    c = (struct sym_checkpoint){.origin = sym_span_text("o"), .size = (uint64_t)INT64_MAX + 1};
    assert_int_equal(sym_checkpoint_write(out, sizeof out, &len, &c), SYM_BAD_VALUE);
    c.size = 5;
    assert_int_equal(sym_checkpoint_write(out, 48, &len, &c), SYM_TOO_LONG);
    assert_int_equal(sym_checkpoint_sign(out, 100, &len, &c, &log_key), SYM_TOO_LONG);
    assert_int_equal(len, 77);
    assert_int_equal(sym_checkpoint_write(out, 49, &len, &c), SYM_OK);
    assert_int_equal(len, 49);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verifies_the_notes_of_the_vectors),
        cmocka_unit_test(signs_the_note_of_the_vectors_the_same_way),
        cmocka_unit_test(refuses_the_notes_of_the_vectors_with_any_bit_flipped),
        cmocka_unit_test(refuses_a_verifier_key_with_any_bit_flipped),
        cmocka_unit_test(refuses_verifier_keys_that_are_none),
        cmocka_unit_test(names_logs_and_witnesses_by_the_id_of_their_node),
        cmocka_unit_test(accepts_text_that_holds_empty_lines_and_many_signers),
        cmocka_unit_test(refuses_notes_that_are_malformed),
        cmocka_unit_test(refuses_notes_that_are_huge),
        cmocka_unit_test(a_line_of_the_key_that_does_not_verify_is_an_error),
        cmocka_unit_test(refuses_two_lines_of_one_key),
        cmocka_unit_test(passes_over_lines_of_other_keys),
        cmocka_unit_test(refuses_a_signature_of_the_wrong_length),
        cmocka_unit_test(refuses_to_sign_what_would_not_parse),
        cmocka_unit_test(cosigns_as_c2sp_has_it),
        cmocka_unit_test(refuses_a_cosignature_with_any_bit_flipped),
        cmocka_unit_test(a_signature_of_one_type_is_none_of_the_other),
        cmocka_unit_test(opens_the_checkpoint_it_has_signed),
        cmocka_unit_test(refuses_a_checkpoint_of_another_key),
        cmocka_unit_test(refuses_checkpoints_that_are_malformed),
        cmocka_unit_test(refuses_to_write_a_checkpoint_that_would_not_be_read),
    };
    return cmocka_run_group_tests_name("note", tests, make_keys, drop_keys);
}
