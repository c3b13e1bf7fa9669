#include "cli/audit/report.h"
#include "cli/format.h"

#include <inttypes.h>

static void json_period(struct sym_json *j, const struct sym_report *r)
{
    sym_json_time(j, "since", r->from_ms / 1000);
    sym_json_time(j, "until", r->until_ms / 1000);
}

enum sym_err sym_report_json(FILE *to, const struct sym_report *r)
{
    struct sym_json *j = sym_json_new(to);
    sym_json_object(j, NULL);
    sym_json_string(j, "node", r->name);
    sym_json_hex(j, "node_id", sym_span(r->self.bytes, sizeof r->self.bytes));
    sym_json_text(j, "origin", r->head.checkpoint.origin);
    sym_json_number(j, "log_entries", r->head.checkpoint.size);
    sym_json_hex(j, "root", sym_span(r->head.checkpoint.root, SYM_HASH_BYTES));
    json_period(j, r);
    sym_json_number(j, "entries", r->entries);
    sym_json_number(j, "entries_without_body", r->erased);
    sym_tally_json(j, "exchanges", &r->exchanges);
    sym_tally_json(j, "denials", &r->denials);
    sym_tally_json(j, "approvals", &r->approvals);
    sym_tally_json(j, "budgets", &r->budgets);
    sym_tally_json(j, "changes", &r->changes);
    sym_tally_json(j, "refused", &r->refused);
    sym_tally_json(j, "alarms", &r->alarms);
    sym_json_end(j);
    return sym_json_finish(j);
}

static void put_head(FILE *to, const struct sym_report *r, const uint8_t json_hash[SYM_HASH_BYTES])
{
    char hex[2 * SYM_HASH_BYTES + 1];
    char since[SYM_FORMAT_BYTES];
    char until[SYM_FORMAT_BYTES];
    sym_format_time(since, r->from_ms / 1000);
    sym_format_time(until, r->until_ms / 1000);
    (void)fputs("# Exchanges of ", to);
    sym_markdown_text(to, sym_span_text(r->name));
    (void)fprintf(to, "\n\nFrom %s to %s (UTC).\n\n", r->from_ms > 0 ? since : "the beginning",
                  r->until_ms > 0 ? until : "the end of the log");
    sym_hex(hex, r->self.bytes, sizeof r->self.bytes);
    (void)fprintf(to, "- Node: `%s`\n", hex);
    (void)fprintf(to,
                  "- Log: `%.*s`, %" PRIu64
                  " entries; where this report is signed, that is an entry behind them\n",
                  (int)r->head.checkpoint.origin.len, (const char *)r->head.checkpoint.origin.data,
                  r->head.checkpoint.size);
    sym_hex(hex, r->head.checkpoint.root, SYM_HASH_BYTES);
    (void)fprintf(to, "- Root: `%s`\n", hex);
    (void)fprintf(
        to, "- Entries in this time: %" PRIu64 ", of which %" PRIu64 " have no body any more\n",
        r->entries, r->erased);
    sym_hex(hex, json_hash, SYM_HASH_BYTES);
    (void)fprintf(to, "- SHA-256 of this report as JSON: `%s`\n", hex);
}

void sym_report_markdown(FILE *to, const struct sym_report *r,
                         const uint8_t json_hash[SYM_HASH_BYTES])
{
    const struct {
        const char *title;
        const struct sym_tally *tally;
    } sections[] = {
        {"Who asked whom", &r->exchanges},        {"What was denied, and why", &r->denials},
        {"Who approved", &r->approvals},          {"Budgets spent", &r->budgets},
        {"Changes of the node", &r->changes},     {"Refused", &r->refused},
        {"Alarms and restored logs", &r->alarms},
    };
    put_head(to, r, json_hash);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        (void)fprintf(to, "\n## %s\n\n", sections[i].title);
        sym_tally_markdown(to, sections[i].tally);
    }
}
