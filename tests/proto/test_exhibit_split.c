/* Exhibits of a node that tells two stories: what proves it, and what does not. */
#include "tests/proto/exhibit_case.h"

/* Splits --------------------------------------------------------------------------------------- */

static void write_split(struct text *out, const struct sym_split *split, const struct exported *of)
{
    assert_int_equal(
        sym_split_write(out->bytes, sizeof out->bytes, &out->len, split, exported_card(of)),
        SYM_OK);
}

static enum sym_err read_split(const struct text *t, struct sym_fault *fault)
{
    struct sym_split_exhibit e = {.memory = NULL};
    enum sym_err err = sym_split_read(&e, span_of(t), "file", fault);
    sym_split_clear(&e);
    return err;
}

static void judge_two(struct sym_fault *fault, enum sym_err want, struct exported *a,
                      uint64_t a_size, struct exported *b, uint64_t b_size)
{
    static struct text t;
    char first[EXPORTED_NOTE_BYTES];
    char second[EXPORTED_NOTE_BYTES];
    const struct sym_split split = {
        .rule = SYM_SPLIT_SAME_SIZE,
        .first = sym_span(first, exported_checkpoint(first, a, a_size)),
        .second = sym_span(second, exported_checkpoint(second, b, b_size)),
    };
    write_split(&t, &split, &node);
    assert_int_equal(read_split(&t, fault), want);
}

static void two_roots_of_one_size_are_a_split(void **state)
{
    (void)state;
    struct sym_fault fault = {.text = ""};
    judge_two(&fault, SYM_OK, &node, SIZE, &twin, SIZE);
}

static void refuses_two_heads_that_prove_nothing(void **state)
{
    (void)state;
    struct sym_fault fault;
    judge_two(&fault, SYM_BAD_VALUE, &node, SIZE, &node, SIZE);
    assert_string_equal(fault.text, "file:4: the two trees are the same: this proves nothing");
    judge_two(&fault, SYM_BAD_VALUE, &node, 5, &twin, 5); /* they part later */
    judge_two(&fault, SYM_BAD_VALUE, &node, SIZE, &node, SIZE - 1);
    assert_string_equal(fault.text, "file:4: the two trees are not of the same size");
    judge_two(&fault, SYM_NOT_FOUND, &node, SIZE, &other, SIZE);
    assert_string_equal(fault.text,
                        "file:4: the checkpoint is not signed by the log key of the card");
    /* A log that was begun again has another origin. */
    struct exported again = twin;
    sym_log_origin(again.origin, &again.id, 2);
    judge_two(&fault, SYM_BAD_VALUE, &node, SIZE, &again, SIZE);
    assert_string_equal(fault.text, "file:4: the two are of different logs (origins)");
}

/* The twin's newest head, with its proof from the size that the node's head has. */
static void write_prefix(struct text *out, struct exported *first, uint64_t from,
                         struct exported *second, size_t spoil)
{
    char a[EXPORTED_NOTE_BYTES];
    char b[EXPORTED_NOTE_BYTES];
    struct sym_merkle_proof proof;
    struct sym_span hashes[SYM_MERKLE_PROOF_MAX];
    struct sym_split split = {.rule = SYM_SPLIT_PREFIX, .consistency = hashes};
    assert_int_equal(sym_merkle_prove_consistency(&proof, from, SIZE, exported_read, second),
                     SYM_OK);
    assert_int_equal(sym_merkle_root(split.prefix_root, from, exported_read, second), SYM_OK);
    if (spoil > 0) {
        proof.hash[spoil - 1][0] ^= 1;
    }
    split.n_consistency = spans(hashes, &proof);
    split.first = sym_span(a, exported_checkpoint(a, first, from));
    split.second = sym_span(b, exported_checkpoint(b, second, SIZE));
    write_split(out, &split, &node);
}

static void a_head_that_does_not_extend_an_older_one_is_a_split(void **state)
{
    (void)state;
    static struct text t;
    for (uint64_t from = 8; from < SIZE; from++) {
        write_prefix(&t, &node, from, &twin, 0);
        assert_int_equal(read_split(&t, NULL), SYM_OK);
    }
}

static void refuses_a_prefix_that_fits_or_is_not_proven(void **state)
{
    (void)state;
    static struct text t;
    struct sym_fault fault;
    write_prefix(&t, &node, 9, &node, 0);
    assert_int_equal(read_split(&t, &fault), SYM_BAD_VALUE);
    assert_string_equal(fault.text, "file:5: the second tree extends the first: this proves "
                                    "nothing");
    write_prefix(&t, &node, 9, &twin, 2);
    assert_int_equal(read_split(&t, &fault), SYM_BAD_TAG);
    assert_string_equal(fault.text,
                        "file:5: the proof does not lead from this root to the second tree");
}

/* The node has shown a log of sizes[0] entries at times[0], then another. index: of the entry that
 * a message rests on; the size for none. */
static enum sym_err judge_shorter(struct sym_fault *fault, const uint64_t sizes[2],
                                  const uint64_t times[2], const uint64_t index[2],
                                  struct exported *second)
{
    static struct text t;
    static struct text message[2];
    struct shown s;
    show(&s, &node, sizes[0], index[0]);
    sign_close(&message[0], &node, &s, times[0]);
    show(&s, second, sizes[1], index[1]);
    sign_request(&message[1], &node, &s, times[1]);
    const struct sym_split split = {.rule = SYM_SPLIT_SHORTER,
                                    .first = span_of(&message[0]),
                                    .second = span_of(&message[1]),
                                    .first_kind = SYM_TOLD_CLOSE,
                                    .second_kind = SYM_TOLD_REQUEST};
    write_split(&t, &split, &node);
    return read_split(&t, fault);
}

static void a_log_that_became_shorter_is_told_by_two_messages(void **state)
{
    (void)state;
    const uint64_t sizes[] = {15, 10};
    const uint64_t times[] = {5000, 6000};
    assert_int_equal(judge_shorter(NULL, sizes, times, sizes, &node), SYM_OK);
    /* The node's times of entries 2 and 9 do not fit a log in which 9 comes first. */
    const uint64_t back[] = {6000, 5000};
    const uint64_t index[] = {9, 2};
    struct exported restored;
    exported_new(&restored, 1, SIZE);
    struct exported_entry entry;
    exported_entry_at(&entry, &restored, 2, EXPORTED_TIME_MS + 1000);
    assert_int_equal(sym_merkle_leaf(restored.hashes[2], sym_span(entry.leaf, entry.leaf_len)),
                     SYM_OK);
    late = EXPORTED_TIME_MS + 1000;
    assert_int_equal(judge_shorter(NULL, sizes, back, index, &restored), SYM_OK);
    late = 0;
    exported_free(&restored);
}

static void refuses_messages_that_fit_each_other(void **state)
{
    (void)state;
    const uint64_t grown[] = {10, 15};
    const uint64_t same[] = {10, 10};
    const uint64_t shrunk[] = {15, 10};
    const uint64_t times[] = {5000, 6000};
    const uint64_t back[] = {6000, 5000};
    struct sym_fault fault;
    assert_int_equal(judge_shorter(&fault, grown, times, grown, &node), SYM_BAD_VALUE);
    assert_string_equal(fault.text, "file:4: the second log is not shorter than the first");
    assert_int_equal(judge_shorter(&fault, same, times, same, &node), SYM_BAD_VALUE);
    assert_int_equal(judge_shorter(&fault, shrunk, back, shrunk, &node), SYM_BAD_VALUE);
    assert_string_equal(fault.text, "file:4: the second message is not later than the first");
    /* The clock went back between two honest messages: their entries tell the order. */
    const uint64_t index[] = {12, 3};
    assert_int_equal(judge_shorter(&fault, shrunk, times, shrunk, &node), SYM_OK);
    assert_int_equal(judge_shorter(&fault, shrunk, times, index, &node), SYM_BAD_VALUE);
    /* A new log after a restore is another one. */
    struct exported again = node;
    sym_log_origin(again.origin, &again.id, 2);
    assert_int_equal(judge_shorter(&fault, shrunk, times, shrunk, &again), SYM_BAD_VALUE);
    assert_string_equal(fault.text, "file:4: the two are of different logs (origins)");
}

static void refuses_a_split_with_any_bit_flipped(void **state)
{
    (void)state;
    static struct text t;
    write_prefix(&t, &node, 9, &twin, 0);
    for (size_t bit = 0; bit < 8 * t.len; bit += 3) {
        t.bytes[bit / 8] ^= (char)(1u << (bit % 8));
        if (read_split(&t, NULL) == SYM_OK) {
            fail_msg("bit %zu", bit);
        }
        t.bytes[bit / 8] ^= (char)(1u << (bit % 8));
    }
    assert_int_equal(read_split(&t, NULL), SYM_OK);
}

static void refuses_a_split_whose_heads_have_more_signatures(void **state)
{
    (void)state;
    static struct text t;
    char first[EXPORTED_NOTE_BYTES];
    char second[EXPORTED_NOTE_BYTES];
    static const char more[] = "\xe2\x80\x94 a AAAAAAA=\n";
    struct sym_fault fault;
    size_t len = exported_checkpoint(first, &node, SIZE);
    memcpy(first + len, more, sizeof more - 1);
    const struct sym_split split = {
        .rule = SYM_SPLIT_SAME_SIZE,
        .first = sym_span(first, len + sizeof more - 1),
        .second = sym_span(second, exported_checkpoint(second, &twin, SIZE)),
    };
    write_split(&t, &split, &node);
    assert_int_equal(read_split(&t, &fault), SYM_BAD_FORMAT);
    assert_string_equal(fault.text, "file:3: the checkpoint has more signatures than its log's");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_roots_of_one_size_are_a_split),
        cmocka_unit_test(refuses_two_heads_that_prove_nothing),
        cmocka_unit_test(a_head_that_does_not_extend_an_older_one_is_a_split),
        cmocka_unit_test(refuses_a_prefix_that_fits_or_is_not_proven),
        cmocka_unit_test(a_log_that_became_shorter_is_told_by_two_messages),
        cmocka_unit_test(refuses_messages_that_fit_each_other),
        cmocka_unit_test(refuses_a_split_with_any_bit_flipped),
        cmocka_unit_test(refuses_a_split_whose_heads_have_more_signatures),
    };
    return cmocka_run_group_tests_name("exhibit", tests, make, drop);
}
