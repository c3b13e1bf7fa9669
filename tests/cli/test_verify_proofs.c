/* symbolon verify on proofs, checkpoints, reports and cards. */
#include "tests/cli/verify_files.h"

#include "crypto/tlog_proof.h"
#include "proto/tile_path.h"

#include <cjson/cJSON.h>

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
    assert_int_equal(r.code, SYM_EXIT_USAGE);
    assert_shows(r.out, "entry-99.tlog-proof: does not exist");
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
    assert_shows(r.out, "report  good     report of 8 bytes, signed in a log of 600 entries, "
                        "SHA-256 e346432021b041");
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

/* verify of the log and of another file beside it. */
static void verify_with_log(struct run *run_of, const char *name)
{
    char more[2 * PATH_MAX];
    (void)snprintf(more, sizeof more, "|%s%s", dir, with_card("node.card"));
    verify(run_of, name, more);
}

static void a_head_is_compared_with_the_export_that_is_given_with_it(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 255, 256, 599, 600};
    static struct run r;
    char note[EXPORTED_NOTE_BYTES];
    char text[128];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        put_text("kept", note, exported_checkpoint(note, &node, sizes[i]));
        verify_with_log(&r, "kept");
        (void)snprintf(text, sizeof text, "; the first %llu entries of ",
                       (unsigned long long)sizes[i]);
        assert_int_equal(r.code, SYM_EXIT_DONE);
        assert_shows(r.out, text);
        assert_shows(r.out, "make its root");
    }
    verify(&r, "kept", with_card("node.card"));
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out,
                 "; not compared with the entries of its log, of which no good export was given");
}

static void a_head_of_a_log_that_was_rewritten_is_wrong(void **state)
{
    (void)state;
    static struct run r;
    char note[EXPORTED_NOTE_BYTES];
    uint8_t kept = node.hashes[17][0];
    node.hashes[17][0] ^= 1;
    put_text("kept", note, exported_checkpoint(note, &node, 300));
    node.hashes[17][0] = kept;
    verify(&r, "kept", with_card("node.card"));
    assert_int_equal(r.code, SYM_EXIT_DONE); /* by itself */
    verify_with_log(&r, "kept");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "WRONG");
    assert_shows(r.out, "; but the first 300 entries of ");
    assert_shows(r.out, "make another root: the log was rewritten");
    char more[3 * PATH_MAX];
    (void)snprintf(more, sizeof more, "|%s%s|--json", dir, with_card("node.card"));
    verify(&r, "kept", more);
    assert_shows(r.out, "\"head\": \"contradicts\"");
    assert_shows(r.out, "\"head\": \"fits\"");
}

/* Without any export, and beyond the end of one. */
static void heads_of_one_size_and_two_roots_contradict_each_other(void **state)
{
    (void)state;
    static struct run r;
    char note[EXPORTED_NOTE_BYTES];
    char more[3 * PATH_MAX];
    uint8_t kept = node.hashes[17][0];
    put_text("one", note, exported_checkpoint(note, &node, 300));
    node.hashes[17][0] ^= 1;
    put_text("two", note, exported_checkpoint(note, &node, 300));
    node.hashes[17][0] = kept;
    (void)snprintf(more, sizeof more, "|%s/two%s", scratch.path, with_card("node.card"));
    verify(&r, "one", more);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "WRONG");
    assert_shows_not(r.out, "checkpoint  good");
    assert_shows(r.out, "/two, which is signed as well, has another root of 300 entries");
    assert_shows(r.out, "/one, which is signed as well, has another root of 300 entries");
    (void)snprintf(more, sizeof more, "|%s/two|%s%s", scratch.path, dir, with_card("node.card"));
    verify(&r, "one", more);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "make its root"); /* the export knows which of them is its head */
    assert_shows_not(r.out, "has another root");
    (void)snprintf(more, sizeof more, "|%s/one%s", scratch.path, with_card("node.card"));
    verify(&r, "one", more);
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

/* However many exports are named before the one that tells. */
static void what_is_wrong_with_a_head_is_always_told(void **state)
{
    (void)state;
    static struct run r;
    static struct exported shorter;
    static char words[64 * PATH_MAX];
    char note[EXPORTED_NOTE_BYTES];
    char path[PATH_MAX];
    uint8_t kept = node.hashes[17][0];
    exported_new(&shorter, 1, 20);
    scratch_join(path, scratch.path, "shorter");
    exported_write(&shorter, path, NULL, 0);
    node.hashes[17][0] ^= 1;
    put_text("kept", note, exported_checkpoint(note, &node, 300));
    node.hashes[17][0] = kept;
    int len =
        snprintf(words, sizeof words, "verify|%s/kept%s", scratch.path, with_card("node.card"));
    size_t end = (size_t)len;
    for (size_t i = 0; i < 24; i++) {
        end += (size_t)snprintf(words + end, sizeof words - end, "|%s", path);
    }
    (void)snprintf(words + end, sizeof words - end, "|%s", dir);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "make another root: the log was rewritten");
    scratch_remove_tree(path);
    exported_free(&shorter);
}

static void a_head_that_could_not_be_compared_is_told(void **state)
{
    (void)state;
    static struct run r;
    static struct exported longer;
    char note[EXPORTED_NOTE_BYTES];
    exported_new(&longer, 1, ENTRIES + 60);
    put_text("kept", note, exported_checkpoint(note, &longer, ENTRIES + 60));
    verify_with_log(&r, "kept");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "; not compared with ");
    assert_shows(r.out, ", which ends before it, at 600 entries");
    /* An older export, in whichever order: its head is one of the longer log. */
    char path[PATH_MAX];
    char more[3 * PATH_MAX];
    scratch_join(path, scratch.path, "longer");
    exported_write(&longer, path, NULL, 0);
    (void)snprintf(more, sizeof more, "|%s%s", dir, with_card("node.card"));
    verify(&r, "longer", more);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "; the first 600 entries of ");
    assert_shows_not(r.out, "not compared");
    scratch_remove_tree(path);
    exported_free(&longer);
}

static void a_head_is_not_compared_with_another_log_or_one_that_is_wrong(void **state)
{
    (void)state;
    static struct run r;
    char note[EXPORTED_NOTE_BYTES];
    char more[3 * PATH_MAX];
    char path[PATH_MAX];
    struct exported other;
    put_text("kept", note, exported_checkpoint(note, &node, 300));
    exported_new(&other, 7, 400);
    scratch_join(path, scratch.path, "other");
    exported_write(&other, path, NULL, 0);
    (void)snprintf(more, sizeof more, "|%s%s", path, with_card("node.card"));
    verify(&r, "kept", more);
    assert_shows(r.out, "; not compared with the entries of its log");
    scratch_remove_tree(path);
    exported_free(&other);
    scratch_join(path, dir, "stranger");
    scratch_write(dir, "stranger", 0644, sym_span_text("?"));
    verify_with_log(&r, "kept");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, "does not belong to the export");
    assert_shows(r.out, "; not compared with the entries of its log");
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
    static const char *const absent[] = {"absent", "absent.body.jsonl"};
    for (size_t i = 0; i < 2; i++) {
        verify(&r, absent[i], "");
        assert_int_equal(r.code, SYM_EXIT_USAGE);
        assert_shows(r.out, "  missing  ");
        assert_null(strstr(r.out, "WRONG"));
    }
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
        cmocka_unit_test(a_log_counts_the_cosigners_that_are_trusted),
        cmocka_unit_test(a_proof_is_good_with_the_card_of_its_node),
        cmocka_unit_test(the_body_of_an_entry_is_checked_against_the_proof_beside_it),
        cmocka_unit_test(a_proof_for_another_entry_is_wrong),
        cmocka_unit_test(any_bit_flipped_in_a_proof_is_found),
        cmocka_unit_test(a_checkpoint_counts_the_cosigners_that_are_trusted),
        cmocka_unit_test(a_cosigner_that_is_given_twice_counts_once),
        cmocka_unit_test(verifier_keys_of_the_export_are_keys_to_trust),
        cmocka_unit_test(a_report_is_good_and_an_edited_one_is_not),
        cmocka_unit_test(a_head_is_compared_with_the_export_that_is_given_with_it),
        cmocka_unit_test(a_head_of_a_log_that_was_rewritten_is_wrong),
        cmocka_unit_test(heads_of_one_size_and_two_roots_contradict_each_other),
        cmocka_unit_test(what_is_wrong_with_a_head_is_always_told),
        cmocka_unit_test(a_head_that_could_not_be_compared_is_told),
        cmocka_unit_test(a_head_is_not_compared_with_another_log_or_one_that_is_wrong),
        cmocka_unit_test(cards_are_recognised_and_other_files_refused),
        cmocka_unit_test(json_has_one_object_for_each_file),
        cmocka_unit_test(paths_of_tiles_are_those_of_c2sp),
    };
    return cmocka_run_group_tests_name("verify", tests, set_up, tear_down);
}
