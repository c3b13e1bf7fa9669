#include "cli/follow.h"

#include "cli/format.h"
#include "cli/pause.h"
#include "proto/table.h"

#include <string.h>
#include <time.h>

#define PAUSE_MIN_US 1000u
#define PAUSE_MAX_US 200000u
/* Parts of the time that it has taken so far: how long to pause, and how long near its end. */
#define PAUSES        8u
#define PAUSES_AT_END 64u
#define ID_DIGITS     8

static enum sym_err cancel(const struct sym_follow *f, struct sym_span id, struct sym_fault *fault)
{
    struct sym_exchange_name name = {.id = id};
    struct sym_fault why;
    if (sym_client_do(f->client, SYM_VERB_EXCHANGE_CANCEL, &name, &why) != SYM_OK) {
        return sym_fail(fault, SYM_CANCELLED, "%s: interrupted; %.200s", f->alias, why.text);
    }
    return sym_fail(fault, SYM_CANCELLED, "%s: cancelled", f->alias);
}

/* What an ended exchange says. */
static enum sym_err conclude(const struct sym_follow *f, const struct sym_exchange_row *row,
                             struct sym_fault *fault)
{
    enum sym_err err = (enum sym_err)row->result;
    if (row->state == SYM_EXCHANGE_DONE && err == SYM_OK) {
        return SYM_OK;
    }
    if (err == SYM_OK) {
        err = row->state == SYM_EXCHANGE_DENIED ? SYM_DENIED : SYM_CLOSED;
    }
    if (row->fault.len == 0) {
        return sym_fail(fault, err, "%s: %s", f->alias, sym_err_text(err));
    }
    char text[SYM_FAULT_BYTES];
    sym_format_text(text, sizeof text, row->fault);
    bool names_peer = strncmp(text, f->alias, strlen(f->alias)) == 0;
    return names_peer ? sym_fail(fault, err, "%s", text)
                      : sym_fail(fault, err, "%s: %s", f->alias, text);
}

static enum sym_err held(const struct sym_follow *f, struct sym_span id, struct sym_fault *fault)
{
    char hex[2 * SYM_EXCHANGE_ID_BYTES + 1];
    sym_hex(hex, id.data, id.len);
    return sym_fail(
        fault, SYM_AGAIN,
        "%s: the request waits for an approver; \"symbolon exchange show %.*s\" follows it, "
        "\"symbolon exchange result %.*s\" fetches the result",
        f->alias, ID_DIGITS, hex, ID_DIGITS, hex);
}

static bool has_ended(const struct sym_exchange_row *row)
{
    return row->state == SYM_EXCHANGE_DONE || row->state == SYM_EXCHANGE_DENIED ||
           row->state == SYM_EXCHANGE_ABORTED;
}

/* In proportion to the time so far, so that long ones cost few questions, and short ones little
 * time: most of all once all is counted, as only writing is left then. */
static uint64_t pause_us(const struct sym_exchange_row *row, uint64_t elapsed_us)
{
    const bool counted = row->total > 0 && row->done >= row->total;
    const uint64_t pause = elapsed_us / (counted ? PAUSES_AT_END : PAUSES);
    return pause < PAUSE_MIN_US ? PAUSE_MIN_US : pause > PAUSE_MAX_US ? PAUSE_MAX_US : pause;
}

/* Asks until it has ended, or is held for too long. */
static enum sym_err follow(struct sym_exchange_row *out, const struct sym_follow *f,
                           struct sym_span id, struct sym_progress *progress,
                           struct sym_fault *fault)
{
    struct sym_exchange_name name = {.id = id};
    uint64_t began_us = sym_steady_us();
    uint64_t until_s = (uint64_t)time(NULL) + f->tries_s;
    for (;;) {
        SYM_ARENA_AUTO arena = {0};
        struct sym_exchange_row row;
        enum sym_err err =
            sym_client_ask(f->client, SYM_VERB_EXCHANGE_STATE, &name, &arena, &row, fault);
        if (err != SYM_OK) {
            return err;
        }
        if (has_ended(&row)) {
            err = conclude(f, &row, fault);
            row.id = row.alias = row.fault = (struct sym_span){NULL, 0};
            *out = row;
            return err;
        }
        uint64_t now_us = sym_steady_us();
        if (row.state == SYM_EXCHANGE_HELD && now_us - began_us >= f->hold_us) {
            return held(f, id, fault);
        }
        if (f->shown && row.state == SYM_EXCHANGE_RUNNING) {
            char label[SYM_PROGRESS_BYTES_MAX];
            const char *stage = sym_table_stage_text(row.stage);
            (void)snprintf(label, sizeof label, "%s%s%s", f->alias, *stage != '\0' ? ": " : "",
                           stage);
            progress->label = label;
            progress->bytes = row.bytes_sent + row.bytes_received;
            sym_progress_update(progress, row.done, row.total, now_us);
            progress->label = f->alias;
        }
        if (f->tries_s > 0 && row.state == SYM_EXCHANGE_WAITING && row.fault.len > 0) {
            char why[SYM_FAULT_BYTES];
            sym_format_text(why, sizeof why, row.fault);
            sym_progress_stalled(progress, why, until_s, now_us);
        }
        if (sym_pause(pause_us(&row, now_us - began_us))) {
            return cancel(f, id, fault);
        }
    }
}

enum sym_err sym_follow(struct sym_exchange_row *out, const struct sym_follow *f,
                        struct sym_span id, struct sym_fault *fault)
{
    struct sym_progress progress = sym_progress(f->alias, f->unit, sym_steady_us());
    enum sym_err err = follow(out, f, id, &progress, fault);
    sym_progress_end(&progress);
    return err;
}
