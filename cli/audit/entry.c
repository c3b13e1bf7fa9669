#include "cli/audit/entry.h"

#include "crypto/aead.h"

static struct sym_span committed(const struct sym_commitments *c, enum sym_opened what)
{
    switch (what) {
    case SYM_OPENED_CASE:
        return c->case_ref;
    case SYM_OPENED_NOTE:
        return c->note;
    case SYM_OPENED_USER:
        return c->user;
    case SYM_OPENED_APPROVER:
        break;
    }
    return c->approver;
}

bool sym_audit_opens(const struct sym_entry_body *body, enum sym_opened what, struct sym_span text)
{
    uint8_t hash[SYM_HASH_BYTES];
    if (body->commitments == NULL || body->salts.len != 4 * (size_t)SYM_HASH_BYTES) {
        return false;
    }
    const struct sym_span parts[] = {
        sym_span(body->salts.data + (size_t)what * SYM_HASH_BYTES, SYM_HASH_BYTES), text};
    return sym_sha256_parts(hash, parts, 2) == SYM_OK &&
           sym_span_equal(sym_span(hash, sizeof hash), committed(body->commitments, what));
}

/* A text in the body that is not the one whose commitment travelled. */
static const char *text_that_does_not_open(const struct sym_entry_body *body)
{
    static const char *const faults[] = {
        "names another case than its commitment", "holds another note than its commitment",
        "names another user than its commitment", "names another approver than its commitment"};
    const struct sym_span texts[] = {body->case_ref, body->note, body->user, body->approver};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        enum sym_opened what = (enum sym_opened)i;
        bool both = body->commitments != NULL && body->salts.len > 0 && texts[i].len > 0 &&
                    committed(body->commitments, what).len > 0;
        if (both && !sym_audit_opens(body, what, texts[i])) {
            return faults[i];
        }
    }
    return NULL;
}

static void read_body(struct sym_audit_entry *e, bool asked)
{
    uint8_t commitment[SYM_HASH_BYTES];
    if (e->body_bytes.len == 0 && e->salt.len == 0) {
        e->state = e->state == SYM_BODY_ERASED || !asked ? e->state : SYM_BODY_WRONG;
        e->fault = e->state == SYM_BODY_WRONG ? "has no body, and none was erased" : NULL;
        return;
    }
    e->state = SYM_BODY_WRONG;
    if (e->salt.len != SYM_HASH_BYTES ||
        sym_body_commit(commitment, e->salt.data, e->body_bytes) != SYM_OK ||
        !sym_span_equal(sym_span(commitment, sizeof commitment), e->leaf.commitment)) {
        e->fault = "has another body than the one the log has committed to";
    } else if (sym_decode(&e->body_arena, &e->body, &sym_msg_entry_body, e->body_bytes) != SYM_OK) {
        e->body = (struct sym_entry_body){.role = 0};
        e->fault = "has a body that cannot be read";
    } else {
        e->state = SYM_BODY_FITS;
        e->fault = text_that_does_not_open(&e->body);
    }
}

void sym_audit_entry_read(struct sym_audit_entry *out, const struct sym_log_row *row, bool asked)
{
    *out = (struct sym_audit_entry){.index = row->index,
                                    .leaf_bytes = row->leaf,
                                    .salt = row->salt,
                                    .body_bytes = row->body,
                                    .state = row->erased ? SYM_BODY_ERASED : SYM_BODY_ABSENT};
    if (sym_decode(&out->leaf_arena, &out->leaf, &sym_msg_leaf, row->leaf) != SYM_OK) {
        out->leaf = (struct sym_leaf){.version = 0};
        out->fault = "has a leaf that cannot be read";
    } else {
        read_body(out, asked);
    }
}

void sym_audit_entry_clear(struct sym_audit_entry *e)
{
    sym_arena_clear(&e->leaf_arena);
    sym_arena_clear(&e->body_arena);
}

const char *sym_body_state_text(enum sym_body_state state)
{
    switch (state) {
    case SYM_BODY_ABSENT:
        break;
    case SYM_BODY_FITS:
        return "fits";
    case SYM_BODY_ERASED:
        return "erased";
    case SYM_BODY_WRONG:
        return "wrong";
    }
    return "";
}
