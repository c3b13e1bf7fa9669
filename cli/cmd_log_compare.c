#include "cli/answers.h"
#include "cli/format.h"
#include "cli/json.h"
#include "cli/pause.h"
#include "cli/progress.h"
#include "cli/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POLL_FIRST_US     5000u
#define POLL_MAX_US       200000u
#define TIMEOUT_DEFAULT_S 600u
#define TIMEOUT_MAX_S     (SYM_EXCHANGE_MS_MAX / 1000u)

struct finding {
    uint32_t code;
    char exchange[2 * SYM_EXCHANGE_ID_BYTES + 1];
    uint64_t here, there; /* entry + 1; 0: none */
    uint32_t log_here;    /* generation of the own log; 0: the present one */
    char text[SYM_FAULT_TEXT_MAX + 1];
};

struct comparison {
    const char *alias;
    uint64_t exchanges, entries;
    uint64_t untold; /* exchanges whose transcripts could not be compared */
    uint64_t lost_here, lost_there, unrecorded, denied; /* see compare.h */
    uint32_t log_there;                                 /* generation */
    struct finding *findings;
    size_t n;
    size_t cut_off; /* of them: no contradiction, and a note only */
};

static enum sym_err keep(struct comparison *c, const struct sym_compare_page *page,
                         struct sym_fault *fault)
{
    if (page->n_findings == 0) {
        return SYM_OK;
    }
    struct finding *grown = reallocarray(c->findings, c->n + page->n_findings, sizeof *c->findings);
    if (grown == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "the findings: %s", sym_err_text(SYM_NO_MEMORY));
    }
    c->findings = grown;
    for (size_t i = 0; i < page->n_findings; i++) {
        const struct sym_finding *from = &page->findings[i];
        struct finding *to = &c->findings[c->n++];
        *to = (struct finding){.code = from->code,
                               .here = from->index_here,
                               .there = from->index_there,
                               .log_here = from->generation_here};
        c->cut_off += to->code == SYM_FINDING_PREFIX ? 1 : 0;
        sym_hex(to->exchange, from->exchange_id.data, from->exchange_id.len);
        (void)snprintf(to->text, sizeof to->text, "%.*s", (int)from->text.len,
                       (const char *)from->text.data);
    }
    return SYM_OK;
}

/* How far it has come. */
static void take_counts(struct comparison *c, const struct sym_compare_page *page)
{
    c->exchanges = page->exchanges;
    c->entries = page->entries;
    c->untold = page->untold;
    c->lost_here = page->lost_here;
    c->lost_there = page->lost_there;
    c->unrecorded = page->unrecorded;
    c->denied = page->denied;
    c->log_there = page->generation_there;
}

/* Asks until the comparison has ended. */
static enum sym_err await(struct comparison *c, struct sym_client *client, struct sym_span id,
                          uint64_t until_s, struct sym_progress *progress, struct sym_fault *fault)
{
    const struct sym_compare_query query = {.id = id};
    for (uint64_t pause_us = POLL_FIRST_US;;) {
        SYM_ARENA_AUTO arena = {0};
        struct sym_compare_page page;
        enum sym_err err =
            sym_client_ask(client, SYM_VERB_COMPARE_RESULT, &query, &arena, &page, fault);
        if (err != SYM_OK) {
            return err;
        }
        take_counts(c, &page);
        if (page.done) {
            return SYM_OK;
        }
        if (page.waiting.len > 0) {
            char why[SYM_FAULT_BYTES];
            sym_format_text(why, sizeof why, page.waiting);
            sym_progress_stalled(progress, why, until_s, sym_steady_us());
        } else {
            sym_progress_update(progress, page.entries, 0, sym_steady_us());
        }
        if (sym_pause(pause_us)) {
            return sym_fail(fault, SYM_CANCELLED,
                            "%s: not waited for; the node goes on comparing until its time is up",
                            c->alias);
        }
        pause_us = pause_us * 3 / 2 < POLL_MAX_US ? pause_us * 3 / 2 : POLL_MAX_US;
    }
}

static enum sym_err fetch(struct comparison *c, struct sym_client *client, struct sym_span id,
                          struct sym_fault *fault)
{
    for (bool more = true; more;) {
        SYM_ARENA_AUTO arena = {0};
        struct sym_compare_page page;
        const struct sym_compare_query query = {.id = id, .first = c->n};
        enum sym_err err =
            sym_client_ask(client, SYM_VERB_COMPARE_RESULT, &query, &arena, &page, fault);
        if (err == SYM_OK && page.more && page.n_findings == 0) {
            err = sym_fail(fault, SYM_BAD_FORMAT,
                           "%s: the findings that the node answers do not come to an end; are "
                           "symbolon and symbolond of the same version?",
                           c->alias);
        }
        if (err == SYM_OK) {
            err = keep(c, &page, fault);
        }
        if (err != SYM_OK) {
            return err;
        }
        more = page.more;
    }
    return SYM_OK;
}

enum sym_err sym_compare_begin(uint8_t id[SYM_EXCHANGE_ID_BYTES], struct sym_client *client,
                               const char *alias, uint64_t timeout_s, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_name name;
    const struct sym_compare_start start = {.alias = sym_span_text(alias),
                                            .timeout_ms = (uint32_t)timeout_s * 1000u};
    enum sym_err err = sym_client_ask(client, SYM_VERB_COMPARE_START, &start, &arena, &name, fault);
    if (err == SYM_OK && name.id.len != SYM_EXCHANGE_ID_BYTES) {
        err = sym_fail(fault, SYM_BAD_FORMAT, "%s: the comparison: %s", alias,
                       sym_err_text(SYM_BAD_FORMAT));
    }
    if (err == SYM_OK) {
        memcpy(id, name.id.data, SYM_EXCHANGE_ID_BYTES);
    }
    return err;
}

static enum sym_err compare(struct comparison *c, struct sym_client *client, uint64_t timeout_s,
                            struct sym_fault *fault)
{
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    struct sym_progress progress = sym_progress(c->alias, SYM_PROGRESS_ELEMENTS, sym_steady_us());
    enum sym_err err = sym_compare_begin(id, client, c->alias, timeout_s, fault);
    if (err != SYM_OK) {
        return err;
    }
    uint64_t reach_s = SYM_COMPARE_REACH_MS / 1000u;
    uint64_t tries_s = timeout_s < reach_s ? timeout_s : reach_s;
    const struct sym_span name = sym_span(id, sizeof id);
    err = await(c, client, name, (uint64_t)time(NULL) + tries_s, &progress, fault);
    sym_progress_end(&progress);
    return err == SYM_OK ? fetch(c, client, name, fault) : err;
}

/* log: an earlier one; 0: the present one. */
static void put_index(struct sym_table *t, uint64_t index, uint32_t log)
{
    if (index > 0 && log > 0) {
        sym_table_format(t, "%" PRIu64 " (log %" PRIu32 ")", index - 1, log);
    } else if (index > 0) {
        sym_table_format(t, "%" PRIu64, index - 1);
    } else {
        sym_table_format(t, "-");
    }
}

static enum sym_err print_findings(const struct comparison *c)
{
    static const struct sym_column columns[] = {{.title = "EXCHANGE"},
                                                {.title = "HERE", .right = true},
                                                {.title = "THERE", .right = true},
                                                {.title = "FINDING"},
                                                {.title = "DETAIL"}};
    struct sym_table *t = sym_table_new(columns, 5);
    for (size_t i = 0; i < c->n; i++) {
        const struct finding *f = &c->findings[i];
        sym_table_format(t, "%.12s", f->exchange);
        put_index(t, f->here, f->log_here);
        put_index(t, f->there, 0);
        sym_table_format(t, "%s", sym_finding_text(f->code));
        bool repeats = strstr(f->text, sym_finding_text(f->code)) != NULL;
        sym_table_text(t, sym_span_text(repeats ? "-" : f->text));
    }
    return sym_table_print(t, stdout);
}

static enum sym_err write_json(FILE *to, const struct comparison *c)
{
    struct sym_json *j = sym_json_new(to);
    sym_json_object(j, NULL);
    sym_json_string(j, "peer", c->alias);
    sym_json_bool(j, "agree", c->n == c->cut_off);
    sym_json_number(j, "exchanges", c->exchanges);
    sym_json_number(j, "entries", c->entries);
    sym_json_number(j, "untold", c->untold);
    sym_json_number(j, "lost_here", c->lost_here);
    sym_json_number(j, "lost_there", c->lost_there);
    sym_json_number(j, "generation_there", c->log_there);
    sym_json_number(j, "unrecorded", c->unrecorded);
    sym_json_number(j, "denied_unrecorded", c->denied);
    sym_json_array(j, "findings");
    for (size_t i = 0; i < c->n; i++) {
        const struct finding *f = &c->findings[i];
        sym_json_object(j, NULL);
        sym_json_string(j, "finding", sym_finding_text(f->code));
        sym_json_number(j, "code", f->code);
        sym_json_bool(j, "note", f->code == SYM_FINDING_PREFIX);
        sym_json_string(j, "exchange", f->exchange);
        if (f->here > 0) {
            sym_json_number(j, "entry_here", f->here - 1);
        }
        if (f->log_here > 0) {
            sym_json_number(j, "generation_here", f->log_here);
        }
        if (f->there > 0) {
            sym_json_number(j, "entry_there", f->there - 1);
        }
        sym_json_string(j, "text", f->text);
        sym_json_end(j);
    }
    sym_json_end(j);
    sym_json_end(j);
    return sym_json_finish(j);
}

static enum sym_err write_unfinished(FILE *to, const struct comparison *c,
                                     const struct sym_compare_page *page)
{
    struct sym_json *j = sym_json_new(to);
    sym_json_object(j, NULL);
    sym_json_string(j, "peer", c->alias);
    sym_json_bool(j, "done", false);
    sym_json_number(j, "entries", page->entries);
    sym_json_text(j, "waiting", page->waiting);
    sym_json_end(j);
    return sym_json_finish(j);
}

enum sym_err sym_compare_answer(FILE *to, struct sym_client *client, const char *alias,
                                struct sym_span id, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct comparison c = {.alias = alias};
    struct sym_compare_page page;
    const struct sym_compare_query query = {.id = id};
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_COMPARE_RESULT, &query, &arena, &page, fault);
    if (err != SYM_OK) {
        return err;
    }
    take_counts(&c, &page);
    if (page.done) {
        err = fetch(&c, client, id, fault);
    }
    if (err == SYM_OK) {
        err = page.done ? write_json(to, &c) : write_unfinished(to, &c, &page);
        err = err == SYM_OK ? err : sym_fail(fault, err, "the answer %s", sym_err_text(err));
    }
    free(c.findings);
    return err;
}

/* One line for each thing that was not compared, and why. */
static void print_left_out(const struct comparison *c)
{
    if (c->lost_there > 0) {
        (void)printf("%s: %" PRIu64 " %s that this log has %s not compared, from before %s began "
                     "its log%s, and it shows no earlier one; \"symbolon log compare\" there looks "
                     "at what it still has\n",
                     c->alias, c->lost_there, c->lost_there == 1 ? "exchange" : "exchanges",
                     c->lost_there == 1 ? "was" : "were", c->alias,
                     c->log_there > 1 ? " again" : "");
    }
    if (c->lost_here > 0) {
        (void)printf("%s: %" PRIu64 " %s not compared: this node lost entries of %s when it began "
                     "its log again; what it still has of its earlier logs was compared\n",
                     c->alias, c->lost_here, c->lost_here == 1 ? "exchange was" : "exchanges were",
                     c->lost_here == 1 ? "it" : "them");
    }
    if (c->unrecorded > 0) {
        (void)printf("%s: %" PRIu64 " %s of %s, of which it shows no end, %s not in this "
                     "log: those that are denied too often are counted, and not recorded one by "
                     "one (%" PRIu64 " %s counted)\n",
                     c->alias, c->unrecorded, c->unrecorded == 1 ? "request" : "requests", c->alias,
                     c->unrecorded == 1 ? "is" : "are", c->denied, c->denied == 1 ? "is" : "are");
    }
}

static enum sym_exit conclude(const struct comparison *c, bool json)
{
    struct sym_fault fault;
    size_t contradictions = c->n - c->cut_off;
    if (json) {
        enum sym_exit code = sym_command_printed(write_json(stdout, c));
        return code == SYM_EXIT_DONE && contradictions > 0 ? SYM_EXIT_FAILED : code;
    }
    enum sym_exit code = c->n > 0 ? sym_command_printed(print_findings(c)) : SYM_EXIT_DONE;
    if (code != SYM_EXIT_DONE) {
        return code;
    }
    print_left_out(c);
    if (contradictions == 0) {
        (void)printf("%s: %" PRIu64 " %s (%" PRIu64 " entries there, each proven in the tree)",
                     c->alias, c->exchanges,
                     c->exchanges == 1 ? "exchange agrees" : "exchanges agree", c->entries);
        if (c->cut_off > 0) {
            (void)printf("; %zu of them %s cut off", c->cut_off, c->cut_off == 1 ? "was" : "were");
        }
        if (c->untold > 0) {
            (void)printf("; of %" PRIu64 " one side has no signed word any more (erased?): their "
                         "transcripts were not compared",
                         c->untold);
        }
        (void)putchar('\n');
        return SYM_EXIT_DONE;
    }
    fault.err =
        sym_fail(&fault, SYM_BAD_TAG, "%s: %zu %s in %" PRIu64 " exchanges", c->alias,
                 contradictions, contradictions == 1 ? "finding" : "findings", c->exchanges);
    return sym_command_failed(&fault);
}

static enum sym_exit run_compare(const struct sym_call *call)
{
    SYM_CLIENT_AUTO client = {0};
    struct comparison c = {.alias = call->args.operands[0]};
    struct sym_fault fault;
    uint64_t timeout_s = TIMEOUT_DEFAULT_S;
    if (sym_alias_check(sym_span_text(call->args.operands[0])) != SYM_OK) {
        return sym_command_usage(call, "\"%s\" is not the alias of a peer", call->args.operands[0]);
    }
    if (sym_args_number(&timeout_s, &call->args, "timeout", 1, TIMEOUT_MAX_S, &fault) != SYM_OK) {
        return sym_command_usage(call, "%s", fault.text);
    }
    sym_pause_begin();
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = compare(&c, &client, timeout_s, &fault);
    }
    enum sym_exit code = fault.err != SYM_OK ? sym_command_failed(&fault)
                                             : conclude(&c, sym_args_has(&call->args, "json"));
    free(c.findings);
    return code;
}

static const struct sym_option compare_options[] = {
    {.name = "timeout", .argument = "SECONDS", .help = "give up after this long; default: 600"},
    {0},
};

const struct sym_command sym_cmd_log_compare = {
    .name = "log compare",
    .summary = "compare the log with a partner's, exchange by exchange",
    .usage = {"ALIAS [--timeout SECONDS] [--json]"},
    .example = "log compare bank-b --as anna",
    .options = compare_options,
    .takes = SYM_TAKES_NODE | SYM_TAKES_JSON,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_compare,
};
