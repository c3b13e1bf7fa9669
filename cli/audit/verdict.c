#include "cli/audit/verdict.h"

#include "cli/format.h"
#include "cli/table.h"

#include <inttypes.h>

static const char *root_text(enum sym_audit_root state)
{
    switch (state) {
    case SYM_ROOT_UNCHECKED:
        break;
    case SYM_ROOT_FITS:
        return "make its root";
    case SYM_ROOT_DIFFERS:
        return "make another root";
    }
    return "were not compared with it";
}

static const char *root_word(enum sym_audit_root state)
{
    return state == SYM_ROOT_FITS      ? "fits"
           : state == SYM_ROOT_DIFFERS ? "contradicts"
                                       : "unchecked";
}

static void put_log_lines(struct sym_table *t, const struct sym_audit_verdict *v,
                          const struct sym_audit_head *head)
{
    const struct sym_log_head *log = &head->head;
    char root[2 * SYM_HASH_BYTES + 1];
    sym_hex(root, log->root.data, log->root.len);
    sym_table_format(t, "log");
    sym_table_text(t, log->origin);
    sym_table_format(t, "entries");
    sym_table_format(t, "%" PRIu64, log->size);
    sym_table_format(t, "root");
    sym_table_format(t, "%s", root);
    sym_table_format(t, "checkpoint");
    if (head->is_signed) {
        sym_table_format(t, "of %" PRIu64 " entries, signed by this node's log key; the entries %s",
                         head->checkpoint.size, root_text(v->checkpoint_root));
    } else {
        sym_table_format(t, "none that is signed");
    }
    sym_table_format(t, "cosigned");
    char which[64] = "";
    char compared[96] = "";
    if (head->has_cosigned && head->cosigned.size != log->size) {
        (void)snprintf(which, sizeof which, "the head of %" PRIu64 " entries, ",
                       head->cosigned.size);
        (void)snprintf(compared, sizeof compared, "; the first %" PRIu64 " entries %s",
                       head->cosigned.size, root_text(v->cosigned_root));
    }
    sym_table_format(
        t, "%sby %" PRIu64 " %s%s%s", which, v->cosigned, v->cosigned == 1 ? "partner" : "partners",
        v->unknown_cosigners > 0 ? ", and by some whose cards are not known here (--card)" : "",
        compared);
}

enum sym_err sym_audit_verdict_print(const struct sym_audit_verdict *v,
                                     const struct sym_audit_head *head,
                                     const struct sym_audit_findings *findings)
{
    static const struct sym_column columns[] = {{.title = NULL}, {.title = NULL}};
    struct sym_table *t = sym_table_new(columns, 2);
    put_log_lines(t, v, head);
    sym_table_format(t, "bodies");
    if (v->tree_only) {
        sym_table_format(t, "left out (--tree-only)");
    } else {
        sym_table_format(t, "%" PRIu64 " fit their entries, %" PRIu64 " are erased", v->fits,
                         v->erased);
        sym_table_format(t, "signatures");
        sym_table_format(
            t, "%" PRIu64 " good, %" PRIu64 " bad, %" PRIu64 " by keys that are not known here",
            v->good, v->bad, v->unchecked);
    }
    enum sym_err err = sym_table_print(t, stdout);
    (void)fputc('\n', stdout);
    sym_audit_findings_print(stdout, findings);
    if (v->ahead_s > 0) {
        char ahead[SYM_FORMAT_BYTES];
        sym_format_duration(ahead, v->ahead_s);
        (void)printf(
            "the newest entry is ahead of the clock by %s: the clock is wrong, or was when "
            "that was written; the times of these entries are not to be relied on\n",
            ahead);
    }
    if (findings->n == 0) {
        (void)printf("the log is whole: every entry is in the tree that its checkpoint signs%s\n",
                     v->tree_only ? "; bodies were not looked at" : "");
    }
    return err;
}

enum sym_err sym_audit_verdict_json(FILE *to, const struct sym_audit_verdict *v,
                                    const struct sym_audit_head *head,
                                    const struct sym_audit_findings *findings)
{
    const struct sym_log_head *log = &head->head;
    struct sym_json *j = sym_json_new(to);
    sym_json_object(j, NULL);
    sym_json_bool(j, "good", findings->n == 0);
    sym_json_text(j, "origin", log->origin);
    sym_json_number(j, "entries", log->size);
    sym_json_hex(j, "root", log->root);
    sym_json_bool(j, "checkpoint_signed", head->is_signed);
    sym_json_number(j, "checkpoint_entries", head->is_signed ? head->checkpoint.size : 0);
    sym_json_number(j, "cosigned_entries", head->has_cosigned ? head->cosigned.size : 0);
    sym_json_string(j, "checkpoint_head", root_word(v->checkpoint_root));
    sym_json_string(j, "cosigned_head", root_word(v->cosigned_root));
    sym_json_number(j, "cosigned", v->cosigned);
    sym_json_number(j, "unknown_cosigners", v->unknown_cosigners);
    sym_json_bool(j, "tree_only", v->tree_only);
    sym_json_number(j, "bodies", v->fits);
    sym_json_number(j, "bodies_erased", v->erased);
    sym_json_number(j, "signatures_good", v->good);
    sym_json_number(j, "signatures_bad", v->bad);
    sym_json_number(j, "signatures_unchecked", v->unchecked);
    sym_json_number(j, "ahead_seconds", v->ahead_s);
    sym_audit_findings_json(j, findings);
    sym_json_end(j);
    return sym_json_finish(j);
}
