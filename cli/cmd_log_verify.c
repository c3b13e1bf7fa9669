#include "cli/answers.h"
#include "cli/audit/erasures.h"
#include "cli/audit/head.h"
#include "cli/audit/pages.h"
#include "cli/audit/signed.h"
#include "cli/audit/tree.h"
#include "cli/audit/verdict.h"
#include "cli/format.h"
#include "cli/pause.h"
#include "cli/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AHEAD_S 3600u /* that clocks may differ by */

/* One run. Some hundred KiB, so it is allocated. */
struct check {
    struct sym_client *client;
    struct sym_audit_head head;
    struct sym_witness_list witnesses; /* as they were before the head; borrows from arena */
    struct sym_arena arena;
    struct sym_audit_keys keys;
    struct sym_audit_findings findings;
    struct sym_audit_tree tree;
    struct sym_audit_verdict verdict;
    struct sym_erasures erasures;
    bool quiet;                                          /* no progress at a terminal */
    bool gap;                                            /* the tree cannot be computed */
    bool explained[SYM_TILE_LEVELS_MAX][SYM_TILE_WIDTH]; /* wrong because of a tile below */
    uint64_t next;
    uint64_t last_ms;
    uint8_t checkpoint_root[SYM_HASH_BYTES];
    bool has_checkpoint_root;
    uint8_t cosigned_root[SYM_HASH_BYTES];
    bool has_cosigned_root;
    struct sym_fault fault; /* what ended the run */
};

/* Tiles -------------------------------------------------------------------------------------- */

static void tile_differs(struct check *c, unsigned level, uint64_t number, size_t at)
{
    char name[SYM_TILE_NUMBER_BYTES];
    sym_tile_number(name, number);
    uint64_t index = number * SYM_TILE_WIDTH + at;
    if (level == 0) {
        sym_audit_find(&c->findings, index,
                       "its leaf is not the one in the tree: tile 0/%s, hash %zu, differs", name,
                       at);
    } else if (!c->explained[level][at]) {
        sym_audit_find(&c->findings, index << (8 * level),
                       "tile %u/%s, hash %zu, is not the one of the tiles below it", level, name,
                       at);
    }
    if (level + 1 < SYM_TILE_LEVELS_MAX) {
        c->explained[level + 1][number % SYM_TILE_WIDTH] = true;
    }
}

static enum sym_err compare_tile(void *context, unsigned level, uint64_t number,
                                 const uint8_t *hashes, size_t width)
{
    struct check *c = context;
    SYM_ARENA_AUTO arena = {0};
    struct sym_tile tile;
    const struct sym_tile_query query = {.level = level,
                                         .number = number,
                                         .width = (uint32_t)width,
                                         .generation = c->head.head.generation};
    enum sym_err err =
        sym_client_ask(c->client, SYM_VERB_LOG_TILE, &query, &arena, &tile, &c->fault);
    if (err != SYM_OK) {
        return err;
    }
    size_t n = tile.hashes.len / SYM_HASH_BYTES < width ? tile.hashes.len / SYM_HASH_BYTES : width;
    for (size_t i = 0; i < n; i++) {
        if (memcmp(tile.hashes.data + i * SYM_HASH_BYTES, hashes + i * SYM_HASH_BYTES,
                   SYM_HASH_BYTES) != 0) {
            tile_differs(c, level, number, i);
        }
    }
    if (tile.hashes.len != width * SYM_HASH_BYTES) {
        char name[SYM_TILE_NUMBER_BYTES];
        sym_tile_number(name, number);
        sym_audit_find(&c->findings, number << (8 * level + 8),
                       "tile %u/%s has %zu bytes, not %zu hashes", level, name, tile.hashes.len,
                       width);
    }
    memset(c->explained[level], 0, sizeof c->explained[level]);
    return SYM_OK;
}

/* Entries ------------------------------------------------------------------------------------ */

static void check_signed(struct check *c, const struct sym_audit_entry *e)
{
    struct sym_audit_signed all[SYM_SIGNED_MAX];
    sym_audit_keys_learn(&c->keys, e);
    size_t n = sym_audit_signed(all, e, &c->keys, &c->client->node);
    for (size_t i = 0; i < n; i++) {
        c->verdict.good += all[i].state == SYM_SIGNED_GOOD ? 1 : 0;
        c->verdict.unchecked += all[i].state == SYM_SIGNED_UNCHECKED ? 1 : 0;
        if (all[i].state == SYM_SIGNED_BAD) {
            c->verdict.bad++;
            sym_audit_find(&c->findings, e->index, "its %s: %s", all[i].what, all[i].text);
        }
    }
}

static void check_order(struct check *c, const struct sym_audit_entry *e)
{
    if (e->index != c->next) {
        sym_audit_find(&c->findings, c->next, "is missing, as are all before entry %" PRIu64,
                       e->index);
        c->gap = true;
    }
    if (e->leaf.version != 0 && e->leaf.time_ms < c->last_ms) {
        sym_audit_find(&c->findings, e->index, "is older than the entry before it");
    }
    c->last_ms = e->leaf.version != 0 ? e->leaf.time_ms : c->last_ms;
    c->next = e->index + 1;
}

static enum sym_err add_leaf(struct check *c, const struct sym_audit_entry *e)
{
    uint8_t hash[SYM_HASH_BYTES];
    enum sym_err err = sym_merkle_leaf(hash, e->leaf_bytes);
    if (err == SYM_OK) {
        err = sym_audit_tree_add(&c->tree, hash);
    }
    if (err == SYM_OK && c->head.is_signed && c->tree.size == c->head.checkpoint.size) {
        err = sym_audit_tree_root(c->checkpoint_root, &c->tree);
        c->has_checkpoint_root = err == SYM_OK;
    }
    if (err == SYM_OK && c->head.has_cosigned && c->tree.size == c->head.cosigned.size) {
        err = sym_audit_tree_root(c->cosigned_root, &c->tree);
        c->has_cosigned_root = err == SYM_OK;
    }
    if (err != SYM_OK && c->fault.err == SYM_OK) {
        c->fault.err = sym_fail(&c->fault, err, "the tree of the log: %s", sym_err_text(err));
    }
    return err;
}

static bool take(void *context, const struct sym_audit_entry *e)
{
    struct check *c = context;
    if (e->index >= c->head.head.size) {
        return false; /* came while we looked */
    }
    check_order(c, e);
    if (e->fault != NULL) {
        sym_audit_find(&c->findings, e->index, "%s", e->fault);
    }
    if (e->state == SYM_BODY_ERASED) {
        c->verdict.erased++;
        sym_erasures_take(&c->erasures, e->index, &e->leaf, NULL);
    }
    if (e->state == SYM_BODY_FITS) {
        c->verdict.fits++;
        sym_erasures_take(&c->erasures, e->index, &e->leaf, &e->body);
        check_signed(c, e);
    }
    return c->gap || add_leaf(c, e) == SYM_OK;
}

/* The log as a whole ------------------------------------------------------------------------- */

static enum sym_audit_root compare_root(bool computed, const uint8_t root[SYM_HASH_BYTES],
                                        const struct sym_checkpoint *head)
{
    return !computed                                       ? SYM_ROOT_UNCHECKED
           : memcmp(root, head->root, SYM_HASH_BYTES) == 0 ? SYM_ROOT_FITS
                                                           : SYM_ROOT_DIFFERS;
}

static void check_roots(struct check *c)
{
    uint8_t root[SYM_HASH_BYTES];
    const struct sym_log_head *head = &c->head.head;
    if (c->next < head->size) {
        sym_audit_find(&c->findings, c->next,
                       "is missing: the log ends here, but its head counts %" PRIu64 " entries",
                       head->size);
        return;
    }
    if (c->gap) {
        return;
    }
    if (sym_audit_tree_root(root, &c->tree) != SYM_OK ||
        !sym_span_equal(sym_span(root, sizeof root), head->root)) {
        sym_audit_find(&c->findings, SYM_NO_ENTRY,
                       "the entries do not make the root that the node shows");
    }
    if (c->head.is_signed && c->head.checkpoint.size == 0 && head->size == 0) {
        c->has_checkpoint_root = sym_audit_tree_root(c->checkpoint_root, &c->tree) == SYM_OK;
    }
    struct sym_audit_verdict *v = &c->verdict;
    v->checkpoint_root =
        compare_root(c->has_checkpoint_root, c->checkpoint_root, &c->head.checkpoint);
    v->cosigned_root = compare_root(c->has_cosigned_root, c->cosigned_root, &c->head.cosigned);
    if (v->checkpoint_root == SYM_ROOT_DIFFERS) {
        sym_audit_find(&c->findings, SYM_NO_ENTRY,
                       "the entries do not make the root of the signed checkpoint");
    }
    if (v->cosigned_root == SYM_ROOT_DIFFERS) {
        sym_audit_find(&c->findings, SYM_NO_ENTRY,
                       "the entries do not make the root of the checkpoint of %" PRIu64
                       " entries that a partner has cosigned",
                       c->head.cosigned.size);
    }
}

/* The newest checkpoint is rarely the one that partners have: each exchange adds entries. */
static const struct sym_note *cosigned_note(const struct check *c)
{
    return c->head.has_cosigned ? &c->head.cosigned_note : &c->head.note;
}

static void check_cosigner(struct check *c, const struct sym_audit_node *node)
{
    struct sym_note_key key = {.type = SYM_NOTE_COSIGNATURE};
    uint64_t time_s = 0;
    sym_witness_name(key.name, &node->id);
    memcpy(key.key, node->card.cosign, sizeof key.key);
    enum sym_err err = sym_note_verify(cosigned_note(c), &key, &time_s);
    if (err == SYM_OK) {
        c->verdict.cosigned++;
    } else if (err != SYM_NOT_FOUND) {
        sym_audit_find(&c->findings, SYM_NO_ENTRY,
                       "the cosignature of %s under the checkpoint is wrong", node->card.name);
    }
}

static void check_cosignatures(struct check *c)
{
    size_t signatures = cosigned_note(c)->n_signatures;
    for (size_t i = 0; signatures > 0 && i < c->keys.n_nodes; i++) {
        const struct sym_audit_node *node = &c->keys.nodes[i];
        struct sym_span id = sym_span(node->id.bytes, sizeof node->id.bytes);
        if (sym_audit_keys_node(&c->keys, id) == node) {
            check_cosigner(c, node);
        }
    }
    if (signatures > 1 + c->verdict.cosigned) {
        c->verdict.unknown_cosigners = signatures - 1 - c->verdict.cosigned;
    }
}

/* Before the head: a log that grows meanwhile is longer than what partners held then. */
static enum sym_err fetch_heads(struct check *c)
{
    struct sym_empty nothing = {0};
    enum sym_err err = sym_client_ask(c->client, SYM_VERB_LOG_WITNESSES, &nothing, &c->arena,
                                      &c->witnesses, &c->fault);
    return err == SYM_OK ? sym_audit_head_fetch(&c->head, c->client, &c->findings, &c->fault) : err;
}

/* What partners hold of this log. */
static void check_witnesses(struct check *c)
{
    for (size_t i = 0; i < c->witnesses.n_witnesses; i++) {
        const struct sym_witness_row *w = &c->witnesses.witnesses[i];
        if (w->ours > c->head.head.size) {
            sym_audit_find(
                &c->findings, SYM_NO_ENTRY,
                "%.*s holds a head of %" PRIu64 " entries of this log, which has only %" PRIu64
                ": it is shorter than it was",
                (int)w->alias.len, (const char *)w->alias.data, w->ours, c->head.head.size);
        }
    }
}

static uint64_t seconds_ahead(uint64_t last_ms)
{
    uint64_t now_s = (uint64_t)time(NULL);
    uint64_t last_s = last_ms / 1000;
    return last_s > now_s + AHEAD_S ? last_s - now_s : 0;
}

static enum sym_err check(struct check *c, const struct sym_args *args)
{
    enum sym_err err = sym_audit_keys_begin(&c->keys, c->client, args, &c->fault);
    if (err == SYM_OK) {
        err = fetch_heads(c);
    }
    if (err == SYM_OK && !c->verdict.tree_only) {
        err = sym_audit_keys_earlier(&c->keys, c->client, c->head.head.generation, &c->fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    const struct sym_audit_walk walk = {
        .query = {.bodies = !c->verdict.tree_only, .generation = c->head.head.generation},
        .label = c->quiet ? NULL : "verifying",
        .total = c->head.head.size};
    struct sym_fault fault;
    c->fault.err = SYM_OK;
    err = sym_audit_walk(c->client, &walk, take, c, &fault);
    if (err != SYM_OK || c->fault.err != SYM_OK) {
        c->fault = c->fault.err != SYM_OK ? c->fault : fault;
        return c->fault.err;
    }
    if (!c->gap && (err = sym_audit_tree_end(&c->tree)) != SYM_OK) {
        return c->fault.err != SYM_OK
                   ? err
                   : sym_fail(&c->fault, err, "the tree of the log: %s", sym_err_text(err));
    }
    if (c->erasures.open && !c->verdict.tree_only) {
        sym_audit_find(&c->findings, c->erasures.index, SYM_ERASURES_FAULT);
    }
    c->verdict.ahead_s = seconds_ahead(c->last_ms);
    check_roots(c);
    check_cosignatures(c);
    if (c->head.head.frozen) {
        sym_audit_find(&c->findings, SYM_NO_ENTRY, "the log is frozen: %.*s",
                       (int)c->head.head.fault.len, (const char *)c->head.head.fault.data);
    }
    check_witnesses(c);
    return SYM_OK;
}

/* The verdict -------------------------------------------------------------------------------- */

static enum sym_exit conclude(const struct check *c, bool json)
{
    struct sym_fault fault;
    enum sym_exit code = sym_command_printed(
        json ? sym_audit_verdict_json(stdout, &c->verdict, &c->head, &c->findings)
             : sym_audit_verdict_print(&c->verdict, &c->head, &c->findings));
    if (code != SYM_EXIT_DONE || c->findings.n == 0) {
        return code;
    }
    const char *findings = c->findings.n == 1 ? "finding" : "findings";
    if (c->findings.first == SYM_NO_ENTRY) {
        fault.err = sym_fail(&fault, SYM_BAD_TAG, "the log is wrong: %" PRIu64 " %s", c->findings.n,
                             findings);
    } else {
        fault.err = sym_fail(&fault, SYM_BAD_TAG,
                             "the log is wrong: %" PRIu64 " %s, the first at entry %" PRIu64,
                             c->findings.n, findings, c->findings.first);
    }
    return sym_command_failed(&fault);
}

static const struct sym_option options[] = {
    {.name = "tree-only",
     .help = "leave out the bodies of the entries, and what is signed in them"},
    SYM_AUDIT_CARD_OPTION,
    {0},
};

static struct check *check_new(struct sym_client *client)
{
    struct check *c = calloc(1, sizeof *c);
    if (c != NULL) {
        c->client = client;
        c->tree.tile = compare_tile;
        c->tree.context = c;
    }
    return c;
}

static void check_free(struct check *c)
{
    sym_audit_head_clear(&c->head);
    sym_arena_clear(&c->arena);
    sym_audit_keys_clear(&c->keys);
    sym_audit_findings_clear(&c->findings);
    free(c);
}

/* All of it; the error is that of the fault. */
static enum sym_err check_whole(struct check *c, const struct sym_args *args)
{
    enum sym_err err = check(c, args);
    if (err == SYM_OK && (c->keys.failed || c->findings.failed)) {
        err = sym_fail(&c->fault, SYM_NO_MEMORY, "the log %s", sym_err_text(SYM_NO_MEMORY));
    }
    c->fault.err = err;
    return err;
}

enum sym_err sym_log_verify_answer(FILE *to, struct sym_client *client, struct sym_fault *fault)
{
    struct sym_args none = {.n_given = 0};
    struct check *c = check_new(client);
    if (c == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "the log %s", sym_err_text(SYM_NO_MEMORY));
    }
    sym_args_know(&none, options);
    c->quiet = true;
    enum sym_err err = check_whole(c, &none);
    if (err != SYM_OK) {
        *fault = c->fault;
    } else if ((err = sym_audit_verdict_json(to, &c->verdict, &c->head, &c->findings)) != SYM_OK) {
        err = sym_fail(fault, err, "the answer %s", sym_err_text(err));
    }
    check_free(c);
    return err;
}

static enum sym_exit run(const struct sym_call *call)
{
    SYM_CLIENT_AUTO client = {0};
    struct check *c = check_new(&client);
    if (c == NULL) {
        return sym_command_printed(SYM_NO_MEMORY);
    }
    c->verdict.tree_only = sym_args_has(&call->args, "tree-only");
    sym_pause_begin();
    c->fault.err = sym_client_open(&client, call, &c->fault);
    enum sym_exit code = c->fault.err != SYM_OK || check_whole(c, &call->args) != SYM_OK
                             ? sym_command_failed(&c->fault)
                             : conclude(c, sym_args_has(&call->args, "json"));
    check_free(c);
    return code;
}

static const char *const notes[] = {
    "The whole tree is computed here, from all entries, and compared with the tiles, the root and",
    "the newest checkpoint that the node shows, and that with the newest which a partner cosigned; "
    "the",
    "keys are those of the card in the node's directory. Exit status 1 and a list of findings when",
    "something is wrong.",
    NULL,
};

const struct sym_command sym_cmd_log_verify = {
    .name = "log verify",
    .summary = "check the whole evidence log against its newest checkpoint",
    .usage = {"[--tree-only] [--card FILE]... [--json]"},
    .example = "log verify --card bank-b.card --as anna",
    .notes = notes,
    .options = options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .run = run,
};
