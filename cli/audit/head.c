#include "cli/audit/head.h"

#include <inttypes.h>
#include <string.h>

static void check_keys(const struct sym_log_head *head, const struct sym_client *client,
                       struct sym_audit_findings *findings)
{
    const struct sym_card *card = &client->card;
    char origin[SYM_KEY_NAME_BYTES];
    sym_log_origin(origin, &client->node, head->generation);
    if (!sym_span_equal(head->node, sym_span(client->node.bytes, SYM_NODE_ID_BYTES))) {
        sym_audit_find(findings, SYM_NO_ENTRY,
                       "the log is of another node than the card in the node's directory");
    }
    if (!sym_span_equal(head->origin, sym_span_text(origin))) {
        sym_audit_find(findings, SYM_NO_ENTRY,
                       "the origin of the log is not the one of this node: %s expected", origin);
    }
    if (!sym_span_equal(head->log_key, sym_span(card->log, sizeof card->log)) ||
        !sym_span_equal(head->cosign_key, sym_span(card->cosign, sizeof card->cosign))) {
        sym_audit_find(findings, SYM_NO_ENTRY,
                       "the node names other keys of its log than its card does");
    }
}

static void check_checkpoint(struct sym_audit_head *h, const struct sym_client *client,
                             struct sym_audit_findings *findings)
{
    struct sym_span text = h->head.checkpoint;
    if (text.len == 0) {
        if (h->head.size > 0) {
            sym_audit_find(findings, SYM_NO_ENTRY, "the node shows no checkpoint of its log");
        }
        return;
    }
    enum sym_err err = sym_checkpoint_open(&h->checkpoint, &h->note, text, client->card.log);
    if (err == SYM_BAD_SIGNATURE || err == SYM_NOT_FOUND) {
        sym_audit_find(findings, SYM_NO_ENTRY,
                       "the checkpoint is not signed by the log key of this node's card: signed by "
                       "an unknown key, or altered");
        return;
    }
    if (err != SYM_OK) {
        sym_audit_find(findings, SYM_NO_ENTRY, "the checkpoint %s", sym_err_text(err));
        return;
    }
    h->is_signed = true;
    if (!sym_span_equal(h->checkpoint.origin, h->head.origin)) {
        sym_audit_find(findings, SYM_NO_ENTRY,
                       "the checkpoint is of another log: its origin is "
                       "not the one the node names");
    }
    if (h->checkpoint.size > h->head.size) {
        sym_audit_find(findings, SYM_NO_ENTRY,
                       "the log is shorter than its checkpoint: %" PRIu64 " entries, %" PRIu64
                       " were signed",
                       h->head.size, h->checkpoint.size);
    } else if (h->checkpoint.size < h->head.size && !h->head.frozen) {
        sym_audit_find(findings, SYM_NO_ENTRY,
                       "the newest %" PRIu64 " entries are in no checkpoint",
                       h->head.size - h->checkpoint.size);
    }
}

static void check_cosigned(struct sym_audit_head *h, struct sym_audit_findings *findings)
{
    if (h->head.cosigned.len == 0) {
        return;
    }
    enum sym_err err = sym_note_parse(&h->cosigned_note, h->head.cosigned);
    if (err == SYM_OK) {
        err = sym_checkpoint_read(&h->cosigned, h->cosigned_note.text);
    }
    if (err != SYM_OK) {
        sym_audit_find(findings, SYM_NO_ENTRY, "the cosigned checkpoint %s", sym_err_text(err));
        return;
    }
    h->has_cosigned = sym_span_equal(h->cosigned.origin, h->head.origin);
    if (h->has_cosigned && h->cosigned.size > h->head.size) {
        sym_audit_find(findings, SYM_NO_ENTRY,
                       "the log is shorter than a checkpoint that a partner has cosigned: %" PRIu64
                       " entries, %" PRIu64 " were cosigned",
                       h->head.size, h->cosigned.size);
    }
}

enum sym_err sym_audit_head_fetch(struct sym_audit_head *out, struct sym_client *client,
                                  struct sym_audit_findings *findings, struct sym_fault *fault)
{
    struct sym_empty nothing = {0};
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_LOG_HEAD, &nothing, &out->arena, &out->head, fault);
    if (err == SYM_OK) {
        check_keys(&out->head, client, findings);
        check_checkpoint(out, client, findings);
        check_cosigned(out, findings);
    }
    return err;
}

enum sym_err sym_audit_head_good(struct sym_audit_head *out, struct sym_client *client,
                                 struct sym_fault *fault)
{
    SYM_AUDIT_FINDINGS_AUTO findings = {.n = 0};
    enum sym_err err = sym_audit_head_fetch(out, client, &findings, fault);
    if (err == SYM_OK && findings.n > 0) {
        return sym_fail(fault, SYM_BAD_TAG, "%.250s; see \"symbolon log verify\"",
                        findings.shown[0].text != NULL ? findings.shown[0].text : "?");
    }
    if (err == SYM_OK && !out->is_signed) {
        return sym_fail(fault, SYM_NOT_FOUND, "the log has no entry yet");
    }
    return err;
}

void sym_audit_head_clear(struct sym_audit_head *h)
{
    sym_arena_clear(&h->arena);
}
