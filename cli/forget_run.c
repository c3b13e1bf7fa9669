#include "cli/client.h"
#include "cli/ingest/unicode.h"
#include "cli/json.h"
#include "cli/runs.h"
#include "proto/dataset.h"

#include <inttypes.h>
#include <stdio.h>

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static enum sym_err print_forgotten(const struct sym_call *call,
                                    const struct sym_dataset_forgotten *forgotten)
{
    const char *name = call->args.operands[0];
    if (!sym_args_has(&call->args, "json")) {
        (void)printf("%s: %" PRIu64 " record%s with %" PRIu64 " identifier%s forgotten", name,
                     forgotten->records, plural(forgotten->records), forgotten->tokens,
                     plural(forgotten->tokens));
        if (forgotten->published_records > 0) {
            (void)printf(", and %" PRIu64 " record%s of the published edition",
                         forgotten->published_records, plural(forgotten->published_records));
        }
        if (forgotten->results > 0) {
            (void)printf(", and taken out of %" PRIu64 " result%s", forgotten->results,
                         plural(forgotten->results));
        }
        (void)putchar('\n');
        return SYM_OK;
    }
    struct sym_json *j = sym_json_new(stdout);
    sym_json_object(j, NULL);
    sym_json_string(j, "dataset", name);
    sym_json_number(j, "records", forgotten->records);
    sym_json_number(j, "tokens", forgotten->tokens);
    sym_json_number(j, "results", forgotten->results);
    sym_json_number(j, "published_records", forgotten->published_records);
    sym_json_end(j);
    return sym_json_finish(j);
}

/* By the form in which an import keeps the id, and else as it was typed. */
static enum sym_err forget(struct sym_dataset_forgotten *out, struct sym_client *client,
                           struct sym_arena *arena, struct sym_dataset_forget wish,
                           struct sym_fault *fault)
{
    uint8_t composed[SYM_RECORD_ID_BYTES_MAX];
    const struct sym_span typed = wish.record;
    struct sym_writer w = sym_writer(composed, sizeof composed);
    if (sym_unicode_compose(&w, typed) == SYM_OK && w.err == SYM_OK) {
        wish.record = sym_span(composed, w.len);
    }
    enum sym_err err = sym_client_ask(client, SYM_VERB_DATASET_FORGET, &wish, arena, out, fault);
    if (err == SYM_NOT_FOUND && !sym_span_equal(wish.record, typed)) {
        wish.record = typed;
        err = sym_client_ask(client, SYM_VERB_DATASET_FORGET, &wish, arena, out, fault);
    }
    return err;
}

enum sym_exit sym_forget_run(const struct sym_call *call)
{
    SYM_CLIENT_AUTO client = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_dataset_forgotten forgotten;
    struct sym_fault fault;
    const struct sym_dataset_forget wish = {
        .name = sym_span_text(call->args.operands[0]),
        .record = sym_span_text(sym_args_value(&call->args, "record"))};
    fault.err = sym_client_open(&client, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = forget(&forgotten, &client, &arena, wish, &fault);
    }
    if (fault.err == SYM_OK && forgotten.records == 0 && forgotten.results == 0 &&
        forgotten.published_records == 0) {
        fault.err =
            sym_fail(&fault, SYM_NOT_FOUND, "%s: has no record of this id", call->args.operands[0]);
    }
    return fault.err != SYM_OK ? sym_command_failed(&fault)
                               : sym_command_printed(print_forgotten(call, &forgotten));
}
