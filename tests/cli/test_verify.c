/* symbolon verify: what it says of good files and of altered ones. */
#include "tests/cli/run.h"

#include "crypto/tlog_proof.h"
#include "proto/exhibit.h"
#include "proto/tile_path.h"
#include "tests/support/exported.h"
#include "tests/support/scratch.h"

#include <cjson/cJSON.h>
#include <ftw.h>
#include <sys/stat.h>

#define ENTRIES   600u
#define FILES_MAX 64

static struct scratch scratch;
static struct exported node;
static struct exported witnesses[2];
static char dir[PATH_MAX];

static int set_up(void **state)
{
    (void)state;
    scratch_new(&scratch);
    exported_new(&node, 1, ENTRIES);
    exported_new(&witnesses[0], 2, 0);
    exported_new(&witnesses[1], 3, 0);
    scratch_join(dir, scratch.path, "log");
    exported_write(&node, dir, witnesses, 2);
    scratch_write(scratch.path, "node.card", 0644, exported_card(&node));
    scratch_write(scratch.path, "witness.card", 0644, exported_card(&witnesses[0]));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    exported_free(&node);
    exported_free(&witnesses[0]);
    exported_free(&witnesses[1]);
    return 0;
}

/* symbolon verify on a file of the scratch directory, with more words (may be ""). */
static void verify(struct run *r, const char *name, const char *more)
{
    char words[3 * PATH_MAX];
    (void)snprintf(words, sizeof words, "verify|%s/%s%s", scratch.path, name, more);
    run(r, words);
}

static const char *with_card(const char *name)
{
    static char words[PATH_MAX];
    (void)snprintf(words, sizeof words, "|--card|%s/%s", scratch.path, name);
    return words;
}

static void put_text(const char *name, const char *text, size_t len)
{
    char path[PATH_MAX];
    scratch_join(path, scratch.path, name);
    (void)unlink(path);
    scratch_write(scratch.path, name, 0644, sym_span(text, len));
}

/* An exported log -------------------------------------------------------------------------------
 */

static void an_exported_log_is_good_and_told_in_one_line(void **state)
{
    (void)state;
    static struct run r;
    verify(&r, "log", "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_string_equal(r.err, "");
    assert_shows(r.out,
                 " log   good     600 entries, 515 bodies, 85 erased, cosigned by 0 of the keys "
                 "given, 2 other signatures; signed by Node 1 (");
    assert_shows(r.out, "not compared with a key you trust");
    verify(&r, "log", with_card("node.card"));
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows_not(r.out, "not compared");
}

static void a_log_of_another_node_than_the_trusted_one_is_wrong(void **state)
{
    (void)state;
    static struct run r;
    verify(&r, "log", with_card("witness.card"));
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "none of the keys and cards given; where it may be, give its card, too");
    assert_shows(r.out, "unknown key");
    assert_shows_not(r.out, "WRONG"); /* that is said of what was altered */
}

static void logs_of_all_shapes_are_good(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, 1, 255, 256, 257, 511, 512, 513};
    static struct run r;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct exported e;
        char name[32];
        char path[PATH_MAX];
        exported_new(&e, 4, sizes[i]);
        (void)snprintf(name, sizeof name, "log-%zu", i);
        scratch_join(path, scratch.path, name);
        exported_write(&e, path, NULL, 0);
        verify(&r, name, "");
        assert_string_equal(r.err, "");
        if (r.code != SYM_EXIT_DONE) {
            fail_msg("%s", r.out);
        }
        scratch_remove_tree(path);
        exported_free(&e);
    }
}

static char found[FILES_MAX][PATH_MAX];
static size_t n_found;

static int note_file(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)at;
    if (type == FTW_F) {
        assert_true(n_found < FILES_MAX);
        (void)snprintf(found[n_found++], PATH_MAX, "%s", path);
    }
    return 0;
}

static void find_files(void)
{
    n_found = 0;
    assert_int_equal(nftw(dir, note_file, 8, FTW_PHYS), 0);
    assert_int_equal(n_found, 4 + 3 + 3 + 1); /* card …; entries; level 0; level 1 */
}

static long size_of(FILE *f)
{
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    return ftell(f);
}

static void flip(const char *path, long bit)
{
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, bit / 8, SEEK_SET), 0);
    int c = fgetc(f);
    assert_int_equal(fseek(f, bit / 8, SEEK_SET), 0);
    (void)fputc(c ^ (1 << (bit % 8)), f);
    assert_int_equal(fclose(f), 0);
}

static void any_bit_flipped_in_any_file_is_found_and_the_file_named(void **state)
{
    (void)state;
    static struct run r;
    uint32_t draw = 12345;
    find_files();
    for (size_t i = 0; i < n_found; i++) {
        FILE *f = fopen(found[i], "rb");
        assert_non_null(f);
        long bits = 8 * size_of(f);
        (void)fclose(f);
        /* All kinds of places: the first and last bytes, and 30 that are drawn. */
        for (int k = 0; k < 46; k++) {
            draw = draw * 1664525u + 1013904223u;
            long bit = k < 8 ? k : k < 16 ? bits - 1 - (k - 8) : (long)(draw % (uint32_t)bits);
            flip(found[i], bit);
            verify(&r, "log", "");
            flip(found[i], bit);
            if (r.code != SYM_EXIT_FAILED || strstr(r.out, "WRONG") == NULL) {
                fail_msg("bit %ld of %s: %s%s", bit, found[i], r.out, r.err);
            }
        }
    }
    verify(&r, "log", "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

/* What was read from a file, so that it can be put back. */
static char kept[1 << 20];

static size_t keep(const char *path)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t len = fread(kept, 1, sizeof kept, f);
    (void)fclose(f);
    assert_true(len > 0 && len < sizeof kept);
    return len;
}

static void put(const char *path, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(kept, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void a_byte_more_or_less_in_any_file_is_found(void **state)
{
    (void)state;
    static struct run r;
    find_files();
    for (size_t i = 0; i < n_found; i++) {
        size_t len = keep(found[i]);
        put(found[i], len - 1);
        verify(&r, "log", "");
        assert_int_equal(r.code, SYM_EXIT_FAILED);
        kept[len] = '\n';
        put(found[i], len + 1);
        verify(&r, "log", "");
        if (r.code != SYM_EXIT_FAILED) {
            fail_msg("%s: %s", found[i], r.out);
        }
        put(found[i], len);
    }
}

static void refuses_keys_that_are_not_those_of_the_checkpoint(void **state)
{
    (void)state;
    static struct run r;
    char path[PATH_MAX];
    scratch_join(path, dir, "keys");
    size_t len = keep(path);
    char *second = memchr(kept, '\n', len);
    assert_non_null(second);
    size_t first_len = (size_t)(second + 1 - kept);
    char *third = memchr(second + 1, '\n', len - first_len);
    assert_non_null(third);
    put(path, (size_t)(third + 1 - kept)); /* without the last cosigner */
    verify(&r, "log", "");
    assert_shows(r.out, "log/keys: names 2 keys, but the checkpoint has 3 signatures");
    memmove(third + 1, second + 1, (size_t)(third - second)); /* the first cosigner twice */
    put(path, (size_t)(third + 1 - kept) + (size_t)(third - second));
    verify(&r, "log", "");
    assert_shows(r.out, "log/keys:3: this key stands here twice");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    scratch_remove_tree(dir);
    exported_write(&node, dir, witnesses, 2);
    /* A key that comes again behind another one vouches for a line that is nobody's. */
    len = keep(path);
    second = memchr(kept, '\n', len);
    third = memchr(second + 1, '\n', len - (size_t)(second + 1 - kept));
    size_t one = (size_t)(third - second);
    memcpy(kept + len, second + 1, one);
    put(path, len + one);
    char checkpoint[PATH_MAX];
    scratch_join(checkpoint, dir, "checkpoint");
    FILE *f = fopen(checkpoint, "ab");
    assert_non_null(f);
    (void)fprintf(f, "\xe2\x80\x94 nobody AAAAAAAAAAAAAAAA\n");
    assert_int_equal(fclose(f), 0);
    verify(&r, "log", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "log/keys:4: this key stands here twice");
    scratch_remove_tree(dir);
    exported_write(&node, dir, witnesses, 2);
}

static void names_the_entry_and_the_file_at_fault(void **state)
{
    (void)state;
    static struct run r;
    char path[PATH_MAX];
    scratch_join(path, dir, "tile/0/001");
    flip(path, 8 * 32 * 10);
    verify(&r, "log", "");
    assert_shows(r.out, "log/tile/0/001: hash 10 is not that of the entries: entry 266");
    flip(path, 8 * 32 * 10);
    scratch_join(path, dir, "bodies.jsonl");
    flip(path, 8 * 60 + 2);
    verify(&r, "log", "");
    assert_shows(r.out, "log/bodies.jsonl:1: entry 0: ");
    flip(path, 8 * 60 + 2);
    scratch_join(path, dir, "keys");
    flip(path, 8 * 30);
    verify(&r, "log", "");
    assert_shows(r.out, "log/keys:1: ");
    flip(path, 8 * 30);
}

static void refuses_files_that_are_missing_or_too_many(void **state)
{
    (void)state;
    static struct run r;
    char from[PATH_MAX];
    char to[PATH_MAX];
    scratch_join(to, scratch.path, "aside");
    find_files();
    for (size_t i = 0; i < n_found; i++) {
        memcpy(from, found[i], sizeof from);
        assert_int_equal(rename(from, to), 0);
        verify(&r, "log", "");
        assert_int_equal(rename(to, from), 0);
        if (strstr(from, "bodies.jsonl") != NULL) {
            assert_shows(r.out, "without bodies");
            assert_int_equal(r.code, SYM_EXIT_DONE);
        } else {
            assert_int_equal(r.code, SYM_EXIT_FAILED);
            assert_shows(r.out, strrchr(from, '/'));
        }
    }
    static const char *const extra[] = {
        "more",      "tile/0/003", "tile/0/002.p/87", "tile/2", "tile/entries/x000/001",
        "tile/0/00", "tile/0/000~"};
    for (size_t i = 0; i < sizeof extra / sizeof extra[0]; i++) {
        scratch_join(to, dir, extra[i]);
        char *slash = strrchr(to, '/');
        *slash = '\0';
        bool made = mkdir(to, 0755) == 0;
        *slash = '/';
        scratch_write(dir, extra[i], 0644, sym_span_text("x"));
        verify(&r, "log", "");
        assert_int_equal(unlink(to), 0);
        *slash = '\0';
        if (made) {
            (void)rmdir(to);
        }
        assert_int_equal(r.code, SYM_EXIT_FAILED);
        assert_shows(r.out, "does not belong");
    }
}

static void refuses_a_log_that_is_shorter_than_its_checkpoint(void **state)
{
    (void)state;
    static struct run r;
    struct exported longer;
    char other[PATH_MAX];
    char from[PATH_MAX];
    char to[PATH_MAX];
    exported_new(&longer, 1, ENTRIES + 1);
    scratch_join(other, scratch.path, "longer");
    exported_write(&longer, other, witnesses, 2);
    scratch_join(from, other, "checkpoint");
    scratch_join(to, scratch.path, "checkpoint-before");
    char checkpoint[PATH_MAX];
    scratch_join(checkpoint, dir, "checkpoint");
    assert_int_equal(rename(checkpoint, to), 0);
    assert_int_equal(link(from, checkpoint), 0);
    verify(&r, "log", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_int_equal(unlink(checkpoint), 0);
    assert_int_equal(rename(to, checkpoint), 0);
    scratch_remove_tree(other);
    exported_free(&longer);
}

static void refuses_a_signed_log_in_which_time_goes_back(void **state)
{
    (void)state;
    static struct run r;
    struct exported e;
    char path[PATH_MAX];
    exported_new_early(&e, 4, 9, 5);
    scratch_join(path, scratch.path, "early");
    exported_write(&e, path, NULL, 0);
    verify(&r, "early", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "early/tile/entries/000.p/9: entry 5 carries an earlier time than the one");
    scratch_remove_tree(path);
    exported_free(&e);
}

/* Who hands out a log may not leave out what it does not like. */
static void refuses_bodies_that_nothing_says_were_erased(void **state)
{
    (void)state;
    static struct run r;
    struct exported e;
    char path[PATH_MAX];
    exported_new_silent(&e, 4, 120);
    scratch_join(path, scratch.path, "silent");
    exported_write(&e, path, NULL, 0);
    verify(&r, "silent", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "silent/bodies.jsonl: entry 94 has no body, and no entry of the log says");
    scratch_remove_tree(path);
    exported_free(&e);
}

static void refuses_a_body_that_is_younger_than_what_was_erased(void **state)
{
    (void)state;
    static struct run r;
    char path[PATH_MAX];
    scratch_join(path, dir, "bodies.jsonl");
    size_t len = keep(path);
    char *at = kept;
    for (int i = 0; i < 599; i++) {
        at = (char *)memchr(at, '\n', len) + 1;
    }
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(kept, 1, (size_t)(at - kept), f), at - kept);
    (void)fprintf(f, "{\"index\":599,\"erased\":true}\n");
    assert_int_equal(fclose(f), 0);
    verify(&r, "log", "");
    put(path, len);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "bodies.jsonl: entry 599 has no body, and no entry of the log says");
}

static void refuses_an_endless_line_and_what_is_no_file(void **state)
{
    (void)state;
    static struct run r;
    char path[PATH_MAX];
    char aside[PATH_MAX];
    scratch_join(path, dir, "bodies.jsonl");
    scratch_join(aside, scratch.path, "aside");
    assert_int_equal(rename(path, aside), 0);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), (off_t)1 << 36), 0); /* more than there is memory */
    assert_int_equal(fclose(f), 0);
    verify(&r, "log", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "log/bodies.jsonl:1: entry 0: the line is not in its one form");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/zero", path), 0);
    verify(&r, "log", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "log/bodies.jsonl: is not an ordinary file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0644), 0);
    verify(&r, "log", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "log/bodies.jsonl: is not an ordinary file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rename(aside, path), 0);
}

/* Proofs and checkpoints ------------------------------------------------------------------------
 */

static size_t write_proof(char *out, size_t max, uint64_t index, uint64_t entry_of)
{
    static struct sym_tlog_proof proof;
    char note[EXPORTED_NOTE_BYTES];
    struct exported_entry entry;
    size_t len = 0;
    exported_entry(&entry, &node, entry_of);
    proof = (struct sym_tlog_proof){.index = index, .extra_len = entry.leaf_len};
    memcpy(proof.extra, entry.leaf, entry.leaf_len);
    assert_int_equal(sym_merkle_prove_inclusion(&proof.path, index, ENTRIES, exported_read, &node),
                     SYM_OK);
    proof.checkpoint = sym_span(note, exported_checkpoint(note, &node, ENTRIES));
    assert_int_equal(sym_tlog_proof_write(out, max, &len, &proof), SYM_OK);
    return len;
}

static void a_proof_is_good_with_the_card_of_its_node(void **state)
{
    (void)state;
    static struct run r;
    char text[16384];
    put_text("entry.tlog-proof", text, write_proof(text, sizeof text, 17, 17));
    verify(&r, "entry.tlog-proof", with_card("node.card"));
    assert_string_equal(r.err, "");
    assert_shows(r.out, "good     entry 17 of 600: decided, 2026-");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    verify(&r, "entry.tlog-proof", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "signed by an unknown key");
    verify(&r, "entry.tlog-proof", with_card("witness.card"));
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "none of the keys and cards given");
}

static void put_body(const char *name, uint64_t index, uint64_t body_of)
{
    char line[1024];
    struct exported_entry entry;
    char salt[SYM_BASE64_BYTES(SYM_HASH_BYTES)];
    char body[SYM_BASE64_BYTES(sizeof entry.body)];
    exported_entry(&entry, &node, body_of);
    sym_base64(salt, entry.salt, sizeof entry.salt);
    sym_base64(body, entry.body, entry.body_len);
    int len = snprintf(line, sizeof line, "{\"index\":%llu,\"salt\":\"%s\",\"body\":\"%s\"}\n",
                       (unsigned long long)index, salt, body);
    put_text(name, line, (size_t)len);
}

static void the_body_of_an_entry_is_checked_against_the_proof_beside_it(void **state)
{
    (void)state;
    static struct run r;
    char text[16384];
    put_text("entry-17.tlog-proof", text, write_proof(text, sizeof text, 17, 17));
    put_body("entry-17.body.jsonl", 17, 17);
    verify(&r, "entry-17.body.jsonl", with_card("node.card"));
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "body  good     what entry 17 says");
    put_body("entry-17.body.jsonl", 17, 18);
    verify(&r, "entry-17.body.jsonl", with_card("node.card"));
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "entry-17.body.jsonl:1: entry 17: this is not the body");
    put_body("entry-17.body.jsonl", 16, 17);
    verify(&r, "entry-17.body.jsonl", with_card("node.card"));
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    verify(&r, "entry-17.body.jsonl", "");
    assert_shows(r.out, "signed by an unknown key");
    put_text("entry-17.body.jsonl", "{\"index\":17,\"erased\":true}\n", 27);
    verify(&r, "entry-17.body.jsonl", with_card("node.card"));
    assert_shows(r.out, "entry-17.body.jsonl: shows no body");
    put_text("entry-17.body.jsonl", "", 0);
    verify(&r, "entry-17.body.jsonl", with_card("node.card"));
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    put_body("entry-99.body.jsonl", 99, 99);
    verify(&r, "entry-99.body.jsonl", with_card("node.card"));
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "entry-99.tlog-proof: No such file");
}

static void a_proof_for_another_entry_is_wrong(void **state)
{
    (void)state;
    static struct run r;
    char text[16384];
    put_text("other.tlog-proof", text, write_proof(text, sizeof text, 17, 18));
    verify(&r, "other.tlog-proof", with_card("node.card"));
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "entry 17: the proof does not lead from this entry");
}

static void any_bit_flipped_in_a_proof_is_found(void **state)
{
    (void)state;
    static struct run r;
    char text[16384];
    char path[PATH_MAX];
    size_t len = write_proof(text, sizeof text, 300, 300);
    put_text("flipped.tlog-proof", text, len);
    scratch_join(path, scratch.path, "flipped.tlog-proof");
    for (long bit = 0; bit < (long)(8 * len); bit += 37) {
        flip(path, bit);
        verify(&r, "flipped.tlog-proof", with_card("node.card"));
        flip(path, bit);
        if (r.code != SYM_EXIT_FAILED) {
            fail_msg("bit %ld: %s", bit, r.out);
        }
    }
}

static void a_checkpoint_counts_the_cosigners_that_are_trusted(void **state)
{
    (void)state;
    static struct run r;
    verify(&r, "log/checkpoint", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "signed by an unknown key: symbolon/");
    verify(&r, "log/checkpoint", with_card("node.card"));
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "600 entries, cosigned by 0 of the keys given, 2 other signatures");
    char both[2 * PATH_MAX];
    (void)snprintf(both, sizeof both, "|--card|%s/node.card|--card|%s/witness.card", scratch.path,
                   scratch.path);
    verify(&r, "log/checkpoint", both);
    assert_shows(r.out, "cosigned by 1 of the keys given, 1 other signature");
}

/* Who makes an export can invent as many cosigners as he likes. */
static void a_log_counts_the_cosigners_that_are_trusted(void **state)
{
    (void)state;
    static struct run r;
    char both[2 * PATH_MAX];
    (void)snprintf(both, sizeof both, "|--card|%s/node.card|--card|%s/witness.card", scratch.path,
                   scratch.path);
    verify(&r, "log", both);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "cosigned by 1 of the keys given, 1 other signature");
}

static void a_cosigner_that_is_given_twice_counts_once(void **state)
{
    (void)state;
    static struct run r;
    char keys[1024];
    char more[2 * PATH_MAX];
    ssize_t len = scratch_read(dir, "keys", keys, sizeof keys - 1);
    assert_true(len > 0);
    keys[len] = '\0';
    char *second = strchr(keys, '\n') + 1;
    *strchr(second, '\n') = '\0';
    (void)snprintf(more, sizeof more, "|--card|%s/node.card|--card|%s/witness.card|--key|%s",
                   scratch.path, scratch.path, second);
    static const char *const names[] = {"log", "log/checkpoint"};
    for (size_t i = 0; i < 2; i++) {
        verify(&r, names[i], more);
        assert_int_equal(r.code, SYM_EXIT_DONE);
        assert_shows(r.out, "cosigned by 1 of the keys given, 1 other signature");
    }
}

static void verifier_keys_of_the_export_are_keys_to_trust(void **state)
{
    (void)state;
    static struct run r;
    char keys[1024];
    char more[1100];
    ssize_t len = scratch_read(dir, "keys", keys, sizeof keys - 1);
    assert_true(len > 0);
    keys[len] = '\0';
    *strchr(keys, '\n') = '\0';
    (void)snprintf(more, sizeof more, "|--key|%s", keys);
    verify(&r, "log/checkpoint", more);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    verify(&r, "log", more);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows_not(r.out, "not compared");
    keys[10] ^= 1;
    (void)snprintf(more, sizeof more, "|--key|%s", keys);
    verify(&r, "log", more);
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.err, "--key 1: is not a verifier key");
}

/* The rest --------------------------------------------------------------------------------------
 */

static void a_report_is_good_and_an_edited_one_is_not(void **state)
{
    (void)state;
    static struct run r;
    char text[16384];
    char note[EXPORTED_NOTE_BYTES];
    char path[PATH_MAX];
    size_t len = 0;
    struct sym_span head = sym_span(note, exported_checkpoint(note, &node, ENTRIES));
    assert_int_equal(sym_report_write(text, sizeof text, &len, sym_span_text("{\"a\":1}\n"), head,
                                      exported_card(&node), &node.keys.identity),
                     SYM_OK);
    put_text("report", text, len);
    verify(&r, "report", with_card("node.card"));
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(
        r.out,
        "report  good     report of 8 bytes on a log of 600 entries, SHA-256 e346432021b041");
    scratch_join(path, scratch.path, "report");
    for (long bit = 0; bit < (long)(8 * len); bit += 53) {
        flip(path, bit);
        verify(&r, "report", "");
        flip(path, bit);
        if (r.code != SYM_EXIT_FAILED) {
            fail_msg("bit %ld: %s", bit, r.out);
        }
    }
}

static void cards_are_recognised_and_other_files_refused(void **state)
{
    (void)state;
    static struct run r;
    verify(&r, "node.card", "");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    put_text("anything", "hello\n", 6);
    put_text("nothing", "", 0);
    verify(&r, "anything", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "anything:1: is no proof");
    verify(&r, "nothing", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    verify(&r, "absent", "");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    run(&r, "verify");
    assert_int_equal(r.code, SYM_EXIT_USAGE);
}

static void json_has_one_object_for_each_file(void **state)
{
    (void)state;
    static struct run r;
    char more[PATH_MAX];
    (void)snprintf(more, sizeof more, "|%s/anything|--json", scratch.path);
    put_text("anything", "hello\n", 6);
    verify(&r, "log", more);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    cJSON *all = cJSON_Parse(r.out);
    assert_int_equal(cJSON_GetArraySize(all), 2);
    const cJSON *log = cJSON_GetArrayItem(all, 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(log, "kind")), "log");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(log, "good")));
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(log, "trusted")));
    assert_int_equal(cJSON_GetObjectItem(log, "size")->valueint, 600);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(cJSON_GetArrayItem(all, 1), "good")));
    cJSON_Delete(all);
}

static void paths_of_tiles_are_those_of_c2sp(void **state)
{
    (void)state;
    char path[SYM_TILE_PATH_BYTES];
    sym_tile_path(path, 0, 1234067, 256);
    assert_string_equal(path, "tile/0/x001/x234/067");
    sym_tile_path(path, SYM_TILE_ENTRIES, 273, 112);
    assert_string_equal(path, "tile/entries/273.p/112");
    /* The example of the specification. */
    assert_true(sym_tile_path_is("tile/0/272", 70000));
    assert_true(sym_tile_path_is("tile/0/273.p/112", 70000));
    assert_true(sym_tile_path_is("tile/1/000", 70000));
    assert_true(sym_tile_path_is("tile/1/001.p/17", 70000));
    assert_true(sym_tile_path_is("tile/2/000.p/1", 70000));
    static const char *const wrong[] = {
        "tile/0/273",
        "tile/0/273.p/111",
        "tile/0/274.p/112",
        "tile/0/272.p/256",
        "tile/0/0272",
        "tile/1/001",
        "tile/2/000",
        "tile/3/000.p/1",
        "tile/8/000",
        "tile/00/000",
        "tile/x/000",
        "tile/0/x000/000",
        "tile/entries/274",
        "tile/entries",
        "tile/",
        "tile//000",
        "tile/0/",
        "tile/0/000.p/",
        "tile/0/99999999999999999999999",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (sym_tile_path_is(wrong[i], 70000)) {
            fail_msg("accepts %s", wrong[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exported_log_is_good_and_told_in_one_line),
        cmocka_unit_test(a_log_of_another_node_than_the_trusted_one_is_wrong),
        cmocka_unit_test(logs_of_all_shapes_are_good),
        cmocka_unit_test(any_bit_flipped_in_any_file_is_found_and_the_file_named),
        cmocka_unit_test(a_byte_more_or_less_in_any_file_is_found),
        cmocka_unit_test(refuses_keys_that_are_not_those_of_the_checkpoint),
        cmocka_unit_test(names_the_entry_and_the_file_at_fault),
        cmocka_unit_test(refuses_files_that_are_missing_or_too_many),
        cmocka_unit_test(refuses_a_log_that_is_shorter_than_its_checkpoint),
        cmocka_unit_test(refuses_a_signed_log_in_which_time_goes_back),
        cmocka_unit_test(refuses_bodies_that_nothing_says_were_erased),
        cmocka_unit_test(refuses_a_body_that_is_younger_than_what_was_erased),
        cmocka_unit_test(refuses_an_endless_line_and_what_is_no_file),
        cmocka_unit_test(a_log_counts_the_cosigners_that_are_trusted),
        cmocka_unit_test(a_proof_is_good_with_the_card_of_its_node),
        cmocka_unit_test(the_body_of_an_entry_is_checked_against_the_proof_beside_it),
        cmocka_unit_test(a_proof_for_another_entry_is_wrong),
        cmocka_unit_test(any_bit_flipped_in_a_proof_is_found),
        cmocka_unit_test(a_checkpoint_counts_the_cosigners_that_are_trusted),
        cmocka_unit_test(a_cosigner_that_is_given_twice_counts_once),
        cmocka_unit_test(verifier_keys_of_the_export_are_keys_to_trust),
        cmocka_unit_test(a_report_is_good_and_an_edited_one_is_not),
        cmocka_unit_test(cards_are_recognised_and_other_files_refused),
        cmocka_unit_test(json_has_one_object_for_each_file),
        cmocka_unit_test(paths_of_tiles_are_those_of_c2sp),
    };
    return cmocka_run_group_tests_name("verify", tests, set_up, tear_down);
}
