/* fake_auditing.h - a core that shows the log of fake_log.h, truthfully or not. */
#ifndef SYM_TESTS_CLI_FAKE_AUDITING_H
#define SYM_TESTS_CLI_FAKE_AUDITING_H

#include "tests/cli/fake_log.h"

static unsigned fake_heads_shown;

static inline enum sym_err fake_serve_head(struct fake_call *call)
{
    static struct sym_log_head head;
    static char origin[SYM_KEY_NAME_BYTES];
    struct fake_log *l = &fake_log;
    fake_heads_shown++;
    sym_log_origin(origin, &l->self, l->lies.origin ? 2 : 1);
    head = (struct sym_log_head){.origin = fake_text(origin),
                                 .generation = l->lies.no_later ? 2 : 1,
                                 .size = l->lies.shorter ? l->n - 1 : l->n,
                                 .root = sym_span(l->lies.root ? fake_zero : l->root, 32),
                                 .checkpoint = fake_text(l->checkpoint),
                                 .cosigned = fake_text(l->cosigned),
                                 .node = fake_id(&l->self),
                                 .log_key = sym_span(l->keys.log.public_key, 32),
                                 .cosign_key = sym_span(l->keys.cosign.public_key, 32),
                                 .frozen = l->lies.frozen,
                                 .fault = fake_text(l->lies.frozen ? "bank-b holds a head" : "")};
    call->answer = &head;
    return SYM_OK;
}

static inline struct sym_log_row fake_row(size_t index, bool bodies)
{
    struct fake_log *l = &fake_log;
    struct fake_entry *e = &l->entries[index];
    struct sym_log_row row = {
        .index = index, .leaf = sym_span(e->leaf, e->leaf_len), .erased = e->erased};
    if (bodies && !e->erased) {
        row.salt = sym_span(e->salt, sizeof e->salt);
        row.body = sym_span(e->body, e->body_len);
    }
    if (l->lies.reorder && (index == 20 || index == 21)) {
        e = &l->entries[41 - index];
        row.leaf = sym_span(e->leaf, e->leaf_len);
    }
    return row;
}

static inline enum sym_err fake_serve_list(struct fake_call *call)
{
    static struct sym_log_row rows[64];
    static struct sym_log_list list;
    struct fake_log *l = &fake_log;
    const struct sym_log_query *q = call->arguments;
    list = (struct sym_log_list){.rows = rows, .size = l->n, .next = q->first};
    size_t at = (size_t)q->first;
    for (; at < l->n && list.n_rows < l->page; at++) {
        if (!(l->lies.missing && at == 30)) {
            rows[list.n_rows++] = fake_row(at, q->bodies);
        }
    }
    list.next = l->lies.no_end ? q->first : at;
    list.more = at < l->n;
    call->answer = &list;
    return SYM_OK;
}

static inline enum sym_err fake_serve_tile(struct fake_call *call)
{
    static uint8_t hashes[SYM_TILE_WIDTH * SYM_HASH_BYTES];
    static struct sym_tile tile;
    const struct sym_tile_query *q = call->arguments;
    struct fake_log *l = &fake_log;
    for (size_t i = 0; i < q->width; i++) {
        enum sym_err err = fake_read_hash(l, hashes + i * SYM_HASH_BYTES, 8 * q->level,
                                          q->number * SYM_TILE_WIDTH + i);
        if (err != SYM_OK) {
            return err;
        }
    }
    if (l->lies.tile && q->level == 0 && q->number == 1) {
        hashes[3 * SYM_HASH_BYTES] ^= 1;
    }
    if (l->lies.upper_tile && q->level == 1) {
        hashes[SYM_HASH_BYTES] ^= 1;
    }
    tile.hashes = sym_span(hashes, (q->width - (l->lies.short_tile ? 1u : 0u)) * SYM_HASH_BYTES);
    call->answer = &tile;
    return SYM_OK;
}

static inline enum sym_err fake_serve_witnesses(struct fake_call *call)
{
    static struct sym_witness_row row;
    static struct sym_witness_list list;
    struct fake_log *l = &fake_log;
    row = (struct sym_witness_row){.alias = fake_text("bank-b"),
                                   .peer = fake_id(&l->peer),
                                   .checkpoint = fake_text(l->checkpoint),
                                   .size = 44,
                                   .cosigned = 40,
                                   .ours = l->lies.ours                            ? l->n + 5
                                           : l->lies.grows && fake_heads_shown > 0 ? l->n + 1
                                                                                   : l->n,
                                   .state = l->lies.ours ? SYM_WITNESS_SPLIT : SYM_WITNESS_GOOD,
                                   .fault = fake_text(l->lies.ours ? "two heads of 44" : ""),
                                   .since_ms = FAKE_NOW_MS,
                                   .open = 1};
    list = (struct sym_witness_list){.witnesses = &row, .n_witnesses = 1};
    call->answer = &list;
    return SYM_OK;
}

static inline enum sym_err fake_serve_proof(struct fake_call *call)
{
    static struct sym_merkle_proof path;
    static struct sym_span hashes[SYM_MERKLE_PROOF_MAX];
    static struct sym_log_proof proof;
    struct fake_log *l = &fake_log;
    const struct sym_proof_query *q = call->arguments;
    const struct fake_entry *e = &l->entries[q->index];
    enum sym_err err = sym_merkle_prove_inclusion(&path, q->index, q->size, fake_read_hash, l);
    for (size_t i = 0; i < path.n; i++) {
        hashes[i] = sym_span(path.hash[i], SYM_HASH_BYTES);
    }
    path.hash[0][0] ^= l->lies.proof ? 1 : 0;
    proof = (struct sym_log_proof){.index = q->index,
                                   .size = q->size,
                                   .leaf = sym_span(e->leaf, e->leaf_len),
                                   .inclusion = hashes,
                                   .n_inclusion = path.n};
    call->answer = &proof;
    return err;
}

/* The report, signed by the node, which is an entry. */
static inline enum sym_err fake_serve_report(struct fake_call *call)
{
    static char text[SYM_EXHIBIT_BYTES_MAX];
    static char card[SYM_CARD_BYTES_MAX];
    static struct sym_exhibit answer;
    struct fake_log *l = &fake_log;
    const struct sym_exhibit *asked = call->arguments;
    const struct sym_entry_body b = {.event = fake_text("report-signed")};
    char path[512];
    size_t len = 0;
    (void)snprintf(path, sizeof path, "%s/node.card", call->node->dir);
    FILE *file = fopen(path, "r");
    run_read(card, sizeof card, file);
    (void)fake_log_add(SYM_ENTRY_REPORT, NULL, false, &b);
    fake_log_sign(&l->keys.log);
    const char *end = strstr(l->checkpoint, "\n\n");
    const char *line = strchr(end + 2, '\n');
    struct sym_span checkpoint = sym_span(l->checkpoint, (size_t)(line + 1 - l->checkpoint));
    enum sym_err err = sym_report_write(text, sizeof text, &len,
                                        l->lies.other_report ? fake_text("{}\n") : asked->text,
                                        checkpoint, fake_text(card), &l->keys.identity);
    answer.text = sym_span(text, len);
    call->answer = &answer;
    return err;
}

/* Two heads of one size. */
static inline enum sym_err fake_serve_exhibit(struct fake_call *call)
{
    static char text[SYM_EXHIBIT_BYTES_MAX];
    static struct sym_exhibit answer;
    struct fake_log *l = &fake_log;
    char heads[2][1024];
    size_t lens[2] = {0, 0};
    char origin[SYM_KEY_NAME_BYTES];
    struct sym_checkpoint c = {.size = 44};
    size_t len = 0;
    sym_log_origin(origin, &l->peer, 1);
    c.origin = fake_text(origin);
    for (size_t i = 0; i < 2; i++) {
        c.root[0] = l->lies.proof ? 1 : (uint8_t)i;
        if (sym_checkpoint_sign(heads[i], sizeof heads[i], &lens[i], &c, &l->peer_keys.log) !=
            SYM_OK) {
            return SYM_INTERNAL;
        }
    }
    const struct sym_split split = {.rule = SYM_SPLIT_SAME_SIZE,
                                    .first = sym_span(heads[0], lens[0]),
                                    .second = sym_span(heads[1], lens[1])};
    enum sym_err err = sym_split_write(text, sizeof text, &len, &split, fake_text(l->peer_card));
    answer.text = sym_span(text, len);
    call->answer = &answer;
    return err;
}

/* More than are asked for in three seconds. */
#define WAITING_ANSWERS 35u

static inline enum sym_err fake_serve_compare(struct fake_call *call)
{
    static struct sym_finding findings[8];
    static struct sym_compare_page page;
    static const struct sym_exchange_name name = {.id = {fake_first, SYM_EXCHANGE_ID_BYTES}};
    static unsigned asked;
    if (call->verb == SYM_VERB_COMPARE_START) {
        call->answer = &name;
        return SYM_OK;
    }
    const struct sym_compare_query *q = call->arguments;
    page = (struct sym_compare_page){.done = asked++ > 1,
                                     .exchanges = 12,
                                     .entries = 48,
                                     .untold = fake_log.lies.untold,
                                     .lost_there = fake_log.lies.lost,
                                     .lost_here = fake_log.lies.lost / 2,
                                     .unrecorded = fake_log.lies.lost,
                                     .denied = fake_log.lies.lost / 2,
                                     .generation_there = 3,
                                     .findings = findings};
    for (size_t at = (size_t)q->first; page.done && at < fake_log.lies.findings; at++) {
        if (page.n_findings == 2) {
            page.more = true;
            break;
        }
        findings[page.n_findings++] =
            (struct sym_finding){.code = fake_log.lies.cut_off ? SYM_FINDING_PREFIX
                                         : at == 0             ? SYM_FINDING_MISSING_THERE
                                                               : SYM_FINDING_TRANSCRIPT,
                                 .exchange_id = sym_span(fake_first, SYM_EXCHANGE_ID_BYTES),
                                 .index_here = at + 1,
                                 .index_there = at == 0 ? 0 : 9,
                                 .text = fake_text("no entry there")};
    }
    if (fake_log.lies.waiting != NULL && asked < WAITING_ANSWERS) {
        page.waiting = fake_text(fake_log.lies.waiting);
        page.done = false;
    }
    if (fake_log.lies.endless && page.done) {
        page.n_findings = 0;
        page.more = true;
    }
    call->answer = &page;
    return SYM_OK;
}

static inline enum sym_err fake_serve_erase(struct fake_call *call)
{
    static const struct sym_log_erased erased = {.bodies = 17};
    const struct sym_log_erase *erase = call->arguments;
    char line[64];
    (void)snprintf(line, sizeof line, "before %llu", (unsigned long long)erase->before_ms);
    fake_note(call->node, line);
    call->answer = &erased;
    return SYM_OK;
}

static inline enum sym_err fake_serve_peers(struct fake_call *call)
{
    static struct sym_peer_row peer;
    static const struct sym_peer_list list = {.peers = &peer, .n_peers = 1};
    peer = (struct sym_peer_row){.alias = fake_text("bank-b"),
                                 .name = fake_text("Bank B"),
                                 .role = SYM_ROLE_BANK,
                                 .id = fake_id(&fake_log.peer),
                                 .serial = 1};
    call->answer = &list;
    return SYM_OK;
}

static inline enum sym_err fake_serve_other(struct fake_call *call)
{
    if (call->verb == SYM_VERB_PEER_LIST) {
        return fake_serve_peers(call);
    }
    if (call->verb == SYM_VERB_LOG_PROOF) {
        return fake_serve_proof(call);
    }
    if (call->verb == SYM_VERB_LOG_SIGN_REPORT) {
        return fake_serve_report(call);
    }
    if (call->verb == SYM_VERB_LOG_EXHIBIT) {
        return fake_serve_exhibit(call);
    }
    if (call->verb == SYM_VERB_COMPARE_START || call->verb == SYM_VERB_COMPARE_RESULT) {
        return fake_serve_compare(call);
    }
    if (call->verb == SYM_VERB_LOG_ERASE) {
        return fake_serve_erase(call);
    }
    if (call->verb == SYM_VERB_LOG_RESTORE) {
        return fake_serve_head(call);
    }
    return call->verb == SYM_VERB_LOG_ACCEPT ? SYM_OK : SYM_UNSUPPORTED;
}

#define FAKE_PATIENCE 100u /* calls, of who should have stopped asking */

static inline enum sym_err fake_log_serve(struct fake_call *call)
{
    static unsigned calls;
    if (fake_log.lies.no_later && ++calls > FAKE_PATIENCE) {
        return SYM_LIMIT;
    }
    if (call->verb == SYM_VERB_LOG_HEAD) {
        return fake_serve_head(call);
    }
    if (call->verb == SYM_VERB_LOG_LIST) {
        return fake_serve_list(call);
    }
    if (call->verb == SYM_VERB_LOG_TILE) {
        return fake_serve_tile(call);
    }
    return call->verb == SYM_VERB_LOG_WITNESSES ? fake_serve_witnesses(call)
                                                : fake_serve_other(call);
}

#endif
