#include "cli/file.h"
#include "cli/format.h"
#include "cli/handover.h"
#include "cli/import_report.h"
#include "cli/incident_report.h"
#include "cli/ingest/date.h"
#include "cli/ingest/nicknames.h"
#include "cli/pause.h"
#include "cli/progress.h"
#include "cli/runs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One run of the command. */
struct job {
    const struct sym_call *call;
    const char *dataset;
    struct sym_profile *profile;
    struct sym_nicknames *nicknames; /* for keys of persons; NULL: the profile has none */
    char file[SYM_FAULT_BYTES];      /* harmless */
    bool dry_run;
    bool append;
    bool replaced;
    bool force;
    uint64_t held;                 /* records of what would be replaced */
    struct sym_handover *handover; /* NULL in a dry run */
    struct sym_import_counts counts;
    struct sym_remarks remarks;
    struct sym_repeats held_ids;  /* prints of ids of what incidents are added to */
    struct sym_unknowns unknowns; /* of incidents */
    struct sym_spare spare;
    struct sym_incident_preview preview; /* of incidents, in a dry run */
    uint64_t published_records;          /* of incidents, what is counted of the dataset */
    uint64_t edition;
    struct sym_progress progress;
};

/* What the command line says about the profile ------------------------------------------------ */

struct part {
    const char *option; /* also what canon.h calls the part */
    size_t offset;      /* of its room in the profile */
};

static const struct part parts[] = {{"bank", offsetof(struct sym_profile, bank)},
                                    {"issuer", offsetof(struct sym_profile, issuer)},
                                    {"platform", offsetof(struct sym_profile, platform)}};

static bool maps_part(const struct sym_profile *p, const char *part)
{
    for (size_t i = 0; i < p->n_columns; i++) {
        const char *of = sym_canon_part(p->columns[i].type);
        if (of != NULL && strcmp(of, part) == 0) {
            return true;
        }
    }
    return false;
}

static enum sym_err set_part(struct sym_profile *p, const struct part *part, const char *value,
                             struct sym_fault *fault)
{
    if (strlen(value) >= SYM_PROFILE_NAME_BYTES || *value == '\0') {
        return sym_fail(fault, SYM_BAD_VALUE, "--%s: is not a text of 1 to %u bytes", part->option,
                        SYM_PROFILE_NAME_BYTES - 1);
    }
    if (!maps_part(p, part->option)) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--%s: the profile %.128s maps no column to which that belongs",
                        part->option, p->source);
    }
    memcpy((char *)p + part->offset, value, strlen(value) + 1);
    return SYM_OK;
}

static const struct {
    const char *word;
    char delimiter;
} delimiters[] = {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}};

static enum sym_err set_delimiter(struct sym_profile *p, const char *word, struct sym_fault *fault)
{
    for (size_t i = 0; i < sizeof delimiters / sizeof *delimiters; i++) {
        const char shown[2] = {delimiters[i].delimiter, '\0'};
        if (strcmp(word, delimiters[i].word) == 0 || strcmp(word, shown) == 0) {
            p->delimiter = delimiters[i].delimiter;
            return SYM_OK;
        }
    }
    return sym_fail(fault, SYM_BAD_VALUE, "--delimiter: has to be comma, semicolon or tab");
}

static const struct {
    const char *option;
    size_t offset; /* in the profile */
} bounds[] = {{"cells-per-incident", offsetof(struct sym_profile, fields.cells_per_incident)},
              {"persons-max", offsetof(struct sym_profile, fields.persons_max)}};

/* How far one incident can reach into counts is known to who made them, and to nobody else. */
static enum sym_err apply_bounds(struct sym_profile *p, const struct sym_args *args,
                                 struct sym_fault *fault)
{
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        uint32_t *bound = (uint32_t *)(void *)((char *)p + bounds[i].offset);
        const char *value = sym_args_value(args, bounds[i].option);
        if (p->kind != SYM_DATASET_AGGREGATES) {
            if (value != NULL) {
                return sym_fail(fault, SYM_BAD_VALUE, "--%s: belongs to a profile of aggregates",
                                bounds[i].option);
            }
            *bound = 0;
            continue;
        }
        if (value != NULL && sym_profile_bound_parse(bound, value) != SYM_OK) {
            return sym_fail(fault, SYM_BAD_VALUE, "--%s: has to be a number from 1 to %u",
                            bounds[i].option, SYM_PROFILE_BOUND_MAX);
        }
        if (*bound == 0) {
            return sym_fail(fault, SYM_BAD_VALUE,
                            "--%s is missing: aggregates have to declare in how many cells one "
                            "incident counts, and of how many persons at most",
                            bounds[i].option);
        }
    }
    return SYM_OK;
}

static enum sym_err apply_options(struct sym_profile *p, const struct sym_args *args,
                                  struct sym_fault *fault)
{
    const char *region = sym_args_value(args, "region");
    enum sym_err err = SYM_OK;
    p->rules.today_yyyymmdd = sym_date_today();
    if (region != NULL) {
        err = sym_canon_set_region(&p->rules, region, fault);
    }
    const char *delimiter = sym_args_value(args, "delimiter");
    if (err == SYM_OK && delimiter != NULL) {
        err = set_delimiter(p, delimiter, fault);
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts && err == SYM_OK; i++) {
        const char *value = sym_args_value(args, parts[i].option);
        err = value != NULL ? set_part(p, &parts[i], value, fault) : SYM_OK;
    }
    return err == SYM_OK ? apply_bounds(p, args, fault) : err;
}

static bool maps_persons(const struct sym_profile *p)
{
    for (size_t i = 0; i < p->n_columns; i++) {
        if (p->columns[i].person != SYM_PERSON_NONE) {
            return true;
        }
    }
    return false;
}

static enum sym_err load_nicknames(struct job *job, struct sym_fault *fault)
{
    const char *path = sym_args_value(&job->call->args, "nicknames");
    if (!maps_persons(job->profile)) {
        return path == NULL ? SYM_OK
                            : sym_fail(fault, SYM_BAD_VALUE,
                                       "--nicknames: the profile %.128s makes no keys of persons",
                                       job->profile->source);
    }
    enum sym_err err = sym_nicknames_load(&job->nicknames, path, fault);
    job->profile->rules.nicknames = job->nicknames;
    return err;
}

/* Running it ---------------------------------------------------------------------------------- */

static void tell(void *context, const struct sym_import_remark *remark)
{
    struct job *job = context;
    sym_progress_end(&job->progress);
    sym_remarks_add(&job->remarks, remark);
}

static enum sym_err take(void *context, const struct sym_import_batch *batch,
                         struct sym_fault *fault)
{
    struct job *job = context;
    return sym_handover_add(job->handover, batch, fault);
}

static enum sym_err show(void *context, const struct sym_import_batch *batch,
                         struct sym_fault *fault)
{
    struct job *job = context;
    (void)fault;
    sym_incident_preview_add(&job->preview, batch);
    return SYM_OK;
}

static bool holds_incidents(const struct job *job)
{
    return job->profile->kind != SYM_DATASET_IDENTIFIERS;
}

static bool go_on(void *context, uint64_t done, uint64_t total,
                  const struct sym_import_counts *counts)
{
    struct job *job = context;
    (void)counts;
    sym_progress_update(&job->progress, done, total, sym_steady_us());
    return !sym_pause(0);
}

/* A dataset that would hold nothing, or lose most, is rather a wrong profile than what somebody
 * wants. */
static enum sym_err check_counts(const struct job *job, struct sym_fault *fault)
{
    const struct sym_import_counts *c = &job->counts;
    if (job->replaced && !job->force && c->rejected > c->rows / 2 && job->held > c->records) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "%.128s: most rows are rejected, and dataset %s holds %" PRIu64
                        " %s now; nothing was changed: look with --dry-run, or say --force",
                        job->file, job->dataset, job->held, job->held == 1 ? "record" : "records");
    }
    if (c->records > 0) {
        return SYM_OK;
    }
    if (c->taken > 0) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "%.128s: nothing to import: %" PRIu64 " of %" PRIu64
                        " rows have an id that dataset %s has already",
                        job->file, c->taken, c->rows, job->dataset);
    }
    return job->counts.rows == 0
               ? sym_fail(fault, SYM_BAD_VALUE, "%.256s: has no rows behind its first", job->file)
               : sym_fail(fault, SYM_BAD_VALUE, "%.256s: no row has %s that can be used", job->file,
                          holds_incidents(job) ? "anything" : "an identifier");
}

static enum sym_err read_file(struct job *job, struct sym_fault *fault)
{
    const struct sym_import_source source = {.path = job->call->args.operands[0],
                                             .profile = job->profile,
                                             .held = &job->held_ids,
                                             .unknowns = &job->unknowns,
                                             .spare = &job->spare,
                                             .rejects =
                                                 sym_args_value(&job->call->args, "rejects")};
    const struct sym_import_calls calls = {.context = job,
                                           .batch = !job->dry_run          ? take
                                                    : holds_incidents(job) ? show
                                                                           : NULL,
                                           .remark = tell,
                                           .progress = go_on};
    job->progress = sym_progress(job->dataset, SYM_PROGRESS_BYTES, sym_steady_us());
    enum sym_err err = sym_import(&job->counts, &source, &calls, fault);
    sym_progress_end(&job->progress);
    sym_remarks_end(&job->remarks, source.rejects != NULL);
    return err == SYM_OK ? check_counts(job, fault) : err;
}

/* Is there a dataset of that name, whose content goes? */
static enum sym_err look(struct job *job, struct sym_client *client, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_dataset_row row;
    const struct sym_dataset_name name = {.name = sym_span_text(job->dataset)};
    enum sym_err err = sym_client_ask(client, SYM_VERB_DATASET_SHOW, &name, &arena, &row, fault);
    job->replaced = err == SYM_OK && !job->append;
    job->held = job->replaced ? row.records : 0;
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

static bool adds_incidents(const struct job *job)
{
    return job->append && holds_incidents(job);
}

static enum sym_err import_into_node(struct job *job, struct sym_fault *fault)
{
    SYM_CLIENT_AUTO client = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_dataset_row row;
    const struct sym_handover_terms terms = {.dataset = job->dataset,
                                             .profile = job->profile->name,
                                             .kind = job->profile->kind,
                                             .cells_per_incident =
                                                 job->profile->fields.cells_per_incident,
                                             .persons_max = job->profile->fields.persons_max,
                                             .append = job->append,
                                             .held = adds_incidents(job) ? &job->held_ids : NULL,
                                             .patience = sym_handover_patience};
    enum sym_err err = sym_client_open(&client, job->call, fault);
    if (err == SYM_OK) {
        err = look(job, &client, fault);
    }
    if (err == SYM_OK) {
        err = sym_handover_begin(&job->handover, &client, &terms, fault);
    }
    if (err == SYM_OK) {
        err = read_file(job, fault);
    }
    if (err == SYM_OK) {
        err = sym_handover_keep(job->handover, &arena, &row, fault);
    }
    if (err == SYM_OK) {
        job->published_records = row.published_records;
        job->edition = row.epoch;
    }
    sym_handover_end(job->handover);
    return err;
}

static enum sym_exit finish(struct job *job, struct sym_fault *fault)
{
    const struct sym_import_report report = {.dataset = job->dataset,
                                             .file = job->file,
                                             .profile = job->profile->name,
                                             .dry_run = job->dry_run,
                                             .append = job->append,
                                             .replaced = job->replaced,
                                             .counts = &job->counts,
                                             .kind = job->profile->kind,
                                             .unknowns = &job->unknowns,
                                             .spare = &job->spare,
                                             .preview = &job->preview,
                                             .published_records = job->published_records,
                                             .edition = job->edition};
    sym_unknowns_sort(&job->unknowns);
    bool json = sym_args_has(&job->call->args, "json");
    /* A dry run that finds nothing to import still tells what it found. */
    bool told = fault->err == SYM_OK || (job->dry_run && job->counts.rows > 0);
    enum sym_err shown = told ? sym_import_report_print(&report, json) : SYM_OK;
    return fault->err != SYM_OK ? sym_command_failed(fault) : sym_command_printed(shown);
}

/* A profile without a name is called after its file. */
static void name_profile(struct sym_profile *p)
{
    const char *file = strrchr(p->source, '/');
    file = file != NULL ? file + 1 : p->source;
    size_t len = strcspn(file, ".");
    if (p->name[0] != '\0') {
        return;
    }
    bool fits = sym_alias_check(sym_span((const uint8_t *)file, len)) == SYM_OK;
    (void)snprintf(p->name, sizeof p->name, "%.*s", fits ? (int)len : 6, fits ? file : "custom");
}

static enum sym_exit run_job(struct job *job)
{
    const struct sym_args *args = &job->call->args;
    struct sym_fault fault;
    fault.err = sym_profile_load(job->profile, sym_args_value(args, "profile"), &fault);
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    name_profile(job->profile);
    if (apply_options(job->profile, args, &fault) != SYM_OK) {
        return sym_command_usage(job->call, "%s", fault.text);
    }
    if (load_nicknames(job, &fault) != SYM_OK) {
        return sym_command_failed(&fault);
    }
    sym_pause_begin();
    fault.err = job->dry_run ? read_file(job, &fault) : import_into_node(job, &fault);
    return finish(job, &fault);
}

enum sym_exit sym_import_run(const struct sym_call *call)
{
    const char *dataset = sym_args_value(&call->args, "dataset");
    if (dataset == NULL || !sym_args_has(&call->args, "profile")) {
        return sym_command_usage(call, "--%s is missing", dataset == NULL ? "dataset" : "profile");
    }
    if (sym_alias_check(sym_span_text(dataset)) != SYM_OK) {
        return sym_command_usage(call,
                                 "--dataset: \"%s\" is not 1 to 63 characters a-z A-Z 0-9 . _ "
                                 "-, the first a letter or digit",
                                 dataset);
    }
    struct job job = {.call = call,
                      .dataset = dataset,
                      .dry_run = sym_args_has(&call->args, "dry-run"),
                      .append = sym_args_has(&call->args, "append"),
                      .force = sym_args_has(&call->args, "force"),
                      .held_ids = sym_repeats(2, SYM_IMPORT_ROWS_MAX)};
    const char *file = call->args.operands[0];
    (void)sym_file_show(job.file, strcmp(file, "-") == 0 ? "standard input" : file);
    job.remarks.file = job.file;
    job.profile = malloc(sizeof *job.profile);
    if (job.profile == NULL) {
        return sym_command_printed(SYM_NO_MEMORY);
    }
    enum sym_exit code = run_job(&job);
    sym_unknowns_clear(&job.unknowns);
    sym_spare_clear(&job.spare);
    sym_repeats_clear(&job.held_ids);
    sym_nicknames_free(job.nicknames);
    free(job.profile);
    return code;
}
