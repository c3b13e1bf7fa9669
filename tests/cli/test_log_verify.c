/* log verify: what is whole is called whole, and every lie of the node is caught and named. */
#include "tests/cli/fake_auditing.h"

#include <cjson/cJSON.h>

static void a_whole_log_is_called_whole(void **state)
{
    static struct run r;
    fake_log_make(*state);
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|verify");
    assert_string_equal(r.err, "");
    assert_shows(r.out, "entries     600\n");
    assert_shows(r.out, "checkpoint  of 600 entries, signed by this node's log key; the entries "
                        "make its root\n");
    assert_shows(r.out, "cosigned    by 1 partner\n");
    assert_shows(r.out, "bodies      599 fit their entries, 1 are erased\n");
    assert_shows(r.out, "signatures  9 good, 0 bad, 0 by keys that are not known here\n");
    assert_shows(r.out,
                 "\nthe log is whole: every entry is in the tree that its checkpoint signs\n");
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

static void the_tree_alone_can_be_looked_at(void **state)
{
    static struct run r;
    fake_log_make(*state);
    fake_log.entries[5].body[9] ^= 1;
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|verify|--tree-only");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "bodies      left out (--tree-only)\n");
    assert_shows(r.out, "bodies were not looked at\n");
}

static void speaks_json(void **state)
{
    static struct run r;
    fake_log_make(*state);
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|verify|--json");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    cJSON *json = cJSON_Parse(r.out);
    assert_non_null(json);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(json, "good")));
    assert_int_equal(cJSON_GetObjectItem(json, "entries")->valueint, 600);
    assert_int_equal(cJSON_GetObjectItem(json, "bodies_erased")->valueint, 1);
    assert_int_equal(cJSON_GetObjectItem(json, "cosigned")->valueint, 1);
    assert_int_equal(cJSON_GetObjectItem(json, "ahead_seconds")->valueint, 0);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "findings")), 0);
    cJSON_Delete(json);
}

/* The log was changed, or the core lies: exit code 1 and this finding. */
static void finds(struct fake_node *node, const char *finding, const char *verdict)
{
    static struct run r;
    fake_node_start(node, fake_log_serve);
    run(&r, "log|verify");
    fake_node_stop(node);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.out, finding);
    assert_shows_not(r.out, "is whole");
    assert_shows(r.err, verdict);
}

static void catches_a_body_that_was_changed(void **state)
{
    fake_log_make(*state);
    fake_log.entries[5].body[9] ^= 1;
    finds(*state, "entry 5: has another body than the one the log has committed to\n",
          "symbolon: the log is wrong: 1 finding, the first at entry 5\n");
    fake_log_make(*state);
    fake_log.entries[5].salt[9] ^= 1;
    finds(*state, "entry 5: has another body than the one the log has committed to\n", "entry 5");
    fake_log_make(*state);
    fake_log.entries[300].body_len = 0;
    finds(*state, "entry 300: has another body", "entry 300");
}

static void catches_a_leaf_that_was_changed(void **state)
{
    fake_log_make(*state);
    fake_log.entries[300].leaf[5] ^= 1; /* the time */
    finds(*state, "the entries do not make the root of the signed checkpoint\n", "findings");
    fake_log_make(*state);
    fake_log.entries[300].leaf[fake_log.entries[300].leaf_len - 1] ^= 1; /* the commitment */
    finds(*state, "entry 300: has another body than the one the log has committed to\n", "");
    fake_log_make(*state);
    fake_log.entries[300].leaf[0] ^= 1;
    finds(*state, "entry 300: has a leaf that cannot be read\n", "entry 300");
}

static void catches_a_leaf_that_is_encoded_in_another_way(void **state)
{
    fake_log_make(*state);
    struct fake_entry *e = &fake_log.entries[300];
    /* version = 1 with a needless byte: the same value in another form */
    memmove(e->leaf + 3, e->leaf + 2, e->leaf_len - 2);
    e->leaf[1] = 0x81;
    e->leaf[2] = 0x00;
    e->leaf_len++;
    fake_log_sign(&fake_log.keys.log);
    finds(*state, "entry 300: has a leaf that", "the first at entry 300\n");
}

static void catches_tiles_that_differ(void **state)
{
    fake_log_make(*state);
    fake_log.lies.tile = true;
    finds(*state, "entry 259: its leaf is not the one in the tree: tile 0/001, hash 3, differs\n",
          "1 finding, the first at entry 259\n");
    fake_log_make(*state);
    fake_log.lies.upper_tile = true;
    finds(*state, "entry 256: tile 1/000, hash 1, is not the one of the tiles below it\n",
          "1 finding, the first at entry 256\n");
    fake_log_make(*state);
    fake_log.lies.short_tile = true;
    finds(*state, "entry 0: tile 0/000 has 8160 bytes, not 256 hashes\n", "");
}

static void catches_a_wrong_root_and_a_wrong_origin(void **state)
{
    fake_log_make(*state);
    fake_log.lies.root = true;
    finds(*state, "the entries do not make the root that the node shows\n",
          "symbolon: the log is wrong: 1 finding\n");
    fake_log_make(*state);
    fake_log.lies.origin = true;
    finds(*state, "the origin of the log is not the one of this node", "");
}

static void catches_a_checkpoint_signed_by_an_unknown_key(void **state)
{
    fake_log_make(*state);
    fake_log_sign(&fake_log.peer_keys.log);
    finds(*state, "the checkpoint is not signed by the log key of this node's card", "1 finding\n");
    fake_log_make(*state);
    fake_log.checkpoint[120] ^= 1;
    finds(*state, "the checkpoint ", "");
}

static void catches_a_log_shorter_than_its_checkpoint(void **state)
{
    fake_log_make(*state);
    fake_log.lies.shorter = true;
    finds(*state, "the log is shorter than its checkpoint: 599 entries, 600 were signed\n", "");
    fake_log_make(*state);
    fake_log.lies.ours = true;
    finds(*state,
          "bank-b holds a head of 605 entries of this log, which has only 600: it is shorter", "");
}

static void a_log_that_grows_meanwhile_is_sound(void **state)
{
    static struct run r;
    fake_log_make(*state);
    fake_log.lies.grows = true;
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|verify");
    assert_shows_not(r.out, "shorter than it was");
    assert_int_equal(r.code, SYM_EXIT_DONE);
}

static void catches_entries_behind_the_checkpoint(void **state)
{
    fake_log_make(*state);
    fake_log.n--;
    fake_log_sign(&fake_log.keys.log);
    char checkpoint[sizeof fake_log.checkpoint];
    memcpy(checkpoint, fake_log.checkpoint, sizeof checkpoint);
    fake_log.n++;
    fake_log_sign(&fake_log.keys.log);
    memcpy(fake_log.checkpoint, checkpoint, sizeof checkpoint);
    finds(*state, "the newest 1 entries are in no checkpoint\n", "1 finding\n");
}

static void catches_entries_that_are_missing_or_exchanged(void **state)
{
    fake_log_make(*state);
    fake_log.lies.missing = true;
    finds(*state, "entry 30: is missing, as are all before entry 31\n", "the first at entry 30\n");
    fake_log_make(*state);
    fake_log.lies.reorder = true;
    finds(*state, "entry 21: is older than the entry before it\n", "the first at entry 20\n");
}

static void catches_a_cosignature_that_is_wrong(void **state)
{
    fake_log_make(*state);
    char *line = strrchr(fake_log.checkpoint, ' ');
    line[20] = line[20] == 'A' ? 'B' : 'A';
    finds(*state, "the cosignature of Bank B under the checkpoint is wrong\n", "1 finding\n");
}

/* The partner has an older head than the newest. */
static void cosign(size_t size)
{
    size_t n = fake_log.n;
    fake_log.n = size;
    fake_log_sign(&fake_log.keys.log);
    memcpy(fake_log.cosigned, fake_log.checkpoint, sizeof fake_log.cosigned);
    fake_log.n = n;
    fake_log_sign(&fake_log.keys.log);
}

static void looks_at_the_head_that_partners_have(void **state)
{
    static struct run r;
    fake_log_make(*state);
    cosign(400);
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|verify");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "cosigned    the head of 400 entries, by 1 partner; the first 400 entries "
                        "make its root\n");
    run(&r, "log|verify|--json");
    assert_shows(r.out, "\"checkpoint_head\": \"fits\"");
    assert_shows(r.out, "\"cosigned_head\": \"fits\"");
}

static void catches_entries_that_do_not_make_the_head_that_partners_have(void **state)
{
    fake_log_make(*state);
    fake_log.entries[5].leaf[9] ^= 1;
    cosign(400);
    fake_log.entries[5].leaf[9] ^= 1;
    fake_log_sign(&fake_log.keys.log);
    finds(*state,
          "the entries do not make the root of the checkpoint of 400 entries that a partner has "
          "cosigned\n",
          "1 finding\n");
    finds(*state, "by 1 partner; the first 400 entries make another root\n", "1 finding\n");
}

static void catches_a_log_that_is_shorter_than_the_head_that_partners_have(void **state)
{
    fake_log_make(*state);
    cosign(fake_log.n);
    fake_log.n--;
    fake_log_sign(&fake_log.keys.log);
    finds(*state, "599 entries, 600 were cosigned\n", "1 finding\n");
    finds(*state, "; the first 600 entries were not compared with it\n", "1 finding\n");
}

static void catches_a_frozen_log(void **state)
{
    fake_log_make(*state);
    fake_log.lies.frozen = true;
    finds(*state, "the log is frozen: bank-b holds a head\n", "1 finding\n");
}

/* The entry with this number gets another body, and the log is signed anew. */
static void rewrite(size_t index, const struct sym_entry_body *body, enum sym_entry_kind kind)
{
    size_t n = fake_log.n;
    fake_log.n = index;
    (void)fake_log_add(kind, fake_first, true, body);
    fake_log.n = n;
    fake_log_sign(&fake_log.keys.log);
}

static void says_that_the_log_is_ahead_of_the_clock(void **state)
{
    static struct run r;
    const struct sym_entry_body body = {.event = sym_span_text("changed")};
    fake_log_make(*state);
    fake_log.lies.ahead_ms = UINT64_C(86400000) * 365 * 300;
    rewrite(fake_log.n - 1, &body, SYM_ENTRY_SETTING);
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|verify");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "the newest entry is ahead of the clock by 109");
    assert_shows(r.out, "the log is whole");
}

static void catches_signed_messages_that_do_not_belong_there(void **state)
{
    uint8_t request[4096];
    uint8_t receipt[4096];
    struct sym_entry_body b = {.event = fake_text("requested")};
    fake_log_make(*state);
    b.request = sym_span(request, fake_request(request, sizeof request, fake_second, true));
    rewrite(4, &b, SYM_ENTRY_REQUESTED);
    finds(*state, "entry 4: its request: signed by Bank A, but of another exchange\n", "entry 4");
    b.request = sym_span(request, fake_request(request, sizeof request, fake_first, false));
    rewrite(4, &b, SYM_ENTRY_REQUESTED);
    finds(*state, "entry 4: its request: the request is not signed by the identity of the card\n",
          "");
    b.request = sym_span(request, fake_request(request, sizeof request, fake_first, true));
    b.receipt = sym_span(receipt, fake_receipt(receipt, sizeof receipt, fake_first, true,
                                               fake_text("another"), SYM_DECISION_GRANTED));
    rewrite(4, &b, SYM_ENTRY_DECIDED);
    finds(*state, "entry 4: its receipt: signed by Bank B, but answers another request\n", "");
}

static void catches_commands_that_the_named_user_did_not_sign(void **state)
{
    uint8_t command[4096];
    uint8_t approval[4096];
    const struct sym_log_erase erase = {.before_ms = 5};
    struct sym_entry_body b = {.event = fake_text("erased"), .user = fake_text("auditor")};
    fake_log_make(*state);
    b.command = sym_span(command, fake_command(command, sizeof command, &fake_log.operator_key,
                                               SYM_VERB_LOG_ERASE, &erase));
    rewrite(40, &b, SYM_ENTRY_ERASED);
    finds(*state,
          "entry 40: its command: LOG_ERASE, signed by the key of operator, but the entry names "
          "auditor\n",
          "entry 40");
    b.user = fake_text("operator");
    b.approver = fake_text("operator");
    b.approval = sym_span(approval, fake_command(approval, sizeof approval, &fake_log.operator_key,
                                                 SYM_VERB_LOG_ERASE, &erase));
    rewrite(40, &b, SYM_ENTRY_ERASED);
    finds(*state, "entry 40: its approval: signed by the same user as the command\n", "");
    command[b.command.len - 1] ^= 1;
    b.approval = sym_span(NULL, 0);
    rewrite(40, &b, SYM_ENTRY_ERASED);
    finds(*state, "entry 40: its command: LOG_ERASE does not carry a valid signature\n", "");
}

static void catches_bodies_that_are_gone_and_nothing_says_were_erased(void **state)
{
    struct sym_entry_body b = {.event = fake_text("imported")};
    fake_log_make(*state);
    fake_log.entries[FAKE_ANNOUNCED + 1].erased = true;
    finds(*state,
          "entry 13: has no body, and no entry of the log says that those of its time were erased",
          "entry 13");
    fake_log.entries[FAKE_ANNOUNCED + 1].erased = false;
    rewrite(FAKE_ANNOUNCED, &b, SYM_ENTRY_IMPORTED);
    finds(*state, "entry 11: has no body, and no entry of the log says", "entry 11");
}

static void catches_a_case_that_its_commitment_does_not_open(void **state)
{
    struct sym_span salts;
    struct sym_entry_body b = {.event = fake_text("requested"), .case_ref = fake_text("C-18")};
    fake_log_make(*state);
    b.commitments = fake_commit(&salts, "C-17");
    b.salts = salts;
    rewrite(4, &b, SYM_ENTRY_REQUESTED);
    finds(*state, "entry 4: names another case than its commitment\n", "entry 4");
}

static void refuses_a_list_that_does_not_come_to_an_end(void **state)
{
    static struct run r;
    fake_log_make(*state);
    fake_log.lies.no_end = true;
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|verify");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "the list of entries that the node answers makes no sense");
}

static void refuses_a_node_that_does_not_name_its_logs_in_order(void **state)
{
    static struct run r;
    fake_log_make(*state);
    fake_log.lies.no_later = true;
    fake_node_start(*state, fake_log_serve);
    run(&r, "log|verify");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_shows(r.err, "does not say which log came after generation 1");
}

static enum sym_err denies(struct fake_call *call)
{
    (void)snprintf(call->fault, sizeof call->fault, "alice may not do this: auditor");
    return SYM_DENIED;
}

static void a_user_who_is_no_auditor_is_told_so(void **state)
{
    static struct run r;
    fake_node_start(*state, denies);
    run(&r, "log|verify");
    assert_int_equal(r.code, SYM_EXIT_DENIED);
    assert_string_equal(r.err, "symbolon: alice may not do this: auditor\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_NODE(a_whole_log_is_called_whole),
        WITH_NODE(the_tree_alone_can_be_looked_at),
        WITH_NODE(speaks_json),
        WITH_NODE(catches_a_body_that_was_changed),
        WITH_NODE(catches_a_leaf_that_was_changed),
        WITH_NODE(catches_a_leaf_that_is_encoded_in_another_way),
        WITH_NODE(catches_tiles_that_differ),
        WITH_NODE(catches_a_wrong_root_and_a_wrong_origin),
        WITH_NODE(catches_a_checkpoint_signed_by_an_unknown_key),
        WITH_NODE(catches_a_log_shorter_than_its_checkpoint),
        WITH_NODE(a_log_that_grows_meanwhile_is_sound),
        WITH_NODE(catches_entries_behind_the_checkpoint),
        WITH_NODE(catches_entries_that_are_missing_or_exchanged),
        WITH_NODE(catches_a_cosignature_that_is_wrong),
        WITH_NODE(looks_at_the_head_that_partners_have),
        WITH_NODE(catches_entries_that_do_not_make_the_head_that_partners_have),
        WITH_NODE(catches_a_log_that_is_shorter_than_the_head_that_partners_have),
        WITH_NODE(catches_a_frozen_log),
        WITH_NODE(says_that_the_log_is_ahead_of_the_clock),
        WITH_NODE(catches_signed_messages_that_do_not_belong_there),
        WITH_NODE(catches_commands_that_the_named_user_did_not_sign),
        WITH_NODE(catches_bodies_that_are_gone_and_nothing_says_were_erased),
        WITH_NODE(catches_a_case_that_its_commitment_does_not_open),
        WITH_NODE(refuses_a_list_that_does_not_come_to_an_end),
        WITH_NODE(refuses_a_node_that_does_not_name_its_logs_in_order),
        WITH_NODE(a_user_who_is_no_auditor_is_told_so),
    };
    return cmocka_run_group_tests_name("log_verify", tests, fake_node_start_tests, NULL);
}
