#include "cli/command.h"
#include "cli/format.h"
#include "cli/ingest/date.h"
#include "cli/ingest/nicknames.h"
#include "cli/ingest/profile.h"
#include "cli/json.h"
#include "cli/nearest.h"
#include "cli/runs.h"
#include "cli/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything about one value. */
struct explanation {
    enum sym_token_type type;
    struct sym_span value;
    struct sym_canon_steps steps;
    struct sym_canonical canonical;
    struct sym_fault refused; /* SYM_OK: it was not */
};

static enum sym_err read_rules(struct sym_canon_rules *rules, const struct sym_call *call,
                               struct sym_fault *fault)
{
    const char *name = sym_args_value(&call->args, "profile");
    const char *region = sym_args_value(&call->args, "region");
    *rules = (struct sym_canon_rules){.region = ""};
    if (name != NULL) {
        struct sym_profile *profile = malloc(sizeof *profile);
        if (profile == NULL) {
            return sym_fail(fault, SYM_NO_MEMORY, "the profile %s", sym_err_text(SYM_NO_MEMORY));
        }
        enum sym_err err = sym_profile_load(profile, name, fault);
        *rules = err == SYM_OK ? profile->rules : *rules;
        free(profile);
        if (err != SYM_OK) {
            return err;
        }
    }
    rules->today_yyyymmdd = sym_date_today();
    return region != NULL ? sym_canon_set_region(rules, region, fault) : SYM_OK;
}

static enum sym_exit unknown_type(const struct sym_call *call, const char *given)
{
    char name[SYM_FAULT_BYTES];
    struct sym_nearest nearest = sym_nearest(given);
    sym_format_text(name, sizeof name, sym_span_text(given));
    for (enum sym_token_type t = SYM_TOKEN_NONE + 1; t < SYM_TOKEN_TYPE_COUNT; t++) {
        sym_nearest_try(&nearest, sym_token_type_name(t), sym_token_type_name(t));
    }
    if (nearest.best == NULL) {
        return sym_command_usage(call, "there is no identifier type \"%s\"; --help lists them",
                                 name);
    }
    return sym_command_usage(call, "there is no identifier type \"%s\"; did you mean %s?", name,
                             nearest.best);
}

static enum sym_err show_table(const struct explanation *e)
{
    static const struct sym_column columns[] = {{.title = NULL}, {.title = NULL}};
    struct sym_table *t = sym_table_new(columns, 2);
    for (size_t i = 0; i < e->steps.n; i++) {
        sym_table_format(t, "%s", e->steps.step[i].what);
        sym_table_text(t, sym_span_text(e->steps.step[i].text));
    }
    if (e->refused.err == SYM_OK) {
        sym_table_format(t, "canonical");
        sym_table_text(t, sym_span(e->canonical.text, e->canonical.len));
    }
    if (e->refused.err == SYM_OK && e->canonical.remark != NULL) {
        sym_table_format(t, "remark");
        sym_table_format(t, "%s", e->canonical.remark);
    }
    return sym_table_print(t, stdout);
}

static enum sym_err show_json(const struct explanation *e)
{
    struct sym_json *j = sym_json_new(stdout);
    sym_json_object(j, NULL);
    sym_json_string(j, "type", sym_token_type_name(e->type));
    sym_json_number(j, "version", SYM_CANON_VERSION);
    sym_json_text(j, "value", e->value);
    sym_json_array(j, "steps");
    for (size_t i = 0; i < e->steps.n; i++) {
        sym_json_object(j, NULL);
        sym_json_string(j, "what", e->steps.step[i].what);
        sym_json_string(j, "text", e->steps.step[i].text);
        sym_json_end(j);
    }
    sym_json_end(j);
    if (e->refused.err != SYM_OK) {
        sym_json_string(j, "refused", e->refused.text);
    } else {
        sym_json_text(j, "canonical", sym_span(e->canonical.text, e->canonical.len));
        if (e->canonical.remark != NULL) {
            sym_json_string(j, "remark", e->canonical.remark);
        }
    }
    sym_json_end(j);
    return sym_json_finish(j);
}

static enum sym_exit explain(struct explanation *e, const struct sym_call *call)
{
    struct sym_canon_rules rules;
    struct sym_canon *canon = NULL;
    struct sym_fault fault;
    fault.err = read_rules(&rules, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err = sym_canon_new(&canon, &rules, &fault);
    }
    if (fault.err != SYM_OK) {
        return sym_command_failed(&fault);
    }
    const struct sym_canon_value value = {.value = e->value};
    e->refused.err = sym_canon(&e->canonical, &e->steps, canon, e->type, value, &e->refused);
    sym_canon_free(canon);
    enum sym_err shown = sym_args_has(&call->args, "json") ? show_json(e) : show_table(e);
    return e->refused.err != SYM_OK ? sym_command_failed(&e->refused) : sym_command_printed(shown);
}

/* Persons ------------------------------------------------------------------------------------- */

/* "NAME:DATE:POSTCODE:TOWN", of which any may be empty and the last ones missing. */
static void cut_person(struct sym_person *out, struct sym_span text)
{
    static const enum sym_person_part order[] = {SYM_PERSON_NAME, SYM_PERSON_DOB,
                                                 SYM_PERSON_POSTCODE, SYM_PERSON_TOWN};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const uint8_t *colon = text.len > 0 ? memchr(text.data, ':', text.len) : NULL;
        bool last = i + 1 == sizeof order / sizeof *order || colon == NULL;
        size_t len = last ? text.len : (size_t)(colon - text.data);
        out->part[order[i]] = sym_span(text.data, len);
        len += last ? 0 : 1;
        text = sym_span(text.data + len, text.len - len);
    }
}

static enum sym_err show_keys_table(const struct sym_person_keys *k)
{
    static const struct sym_column columns[] = {{.title = NULL}, {.title = NULL}};
    struct sym_table *t = sym_table_new(columns, 2);
    for (size_t i = 0; i < k->n_made; i++) {
        sym_table_format(t, "%s", sym_person_part_text(k->made[i].part));
        sym_table_format(t, "%s%s", k->made[i].text,
                         k->made[i].part == SYM_PERSON_DOB
                             ? " (of day and month the smaller first: they are often swapped)"
                             : "");
    }
    for (size_t i = 0; i < k->n; i++) {
        sym_table_format(t, "%s", sym_token_type_name(k->key[i].type));
        sym_table_text(t, sym_span_text(k->key[i].text));
    }
    for (size_t i = 0; i < k->n_refused; i++) {
        sym_table_format(t, "left out");
        sym_table_text(t, sym_span_text(k->refused[i].text));
    }
    if (k->remark != NULL) {
        sym_table_format(t, "remark");
        sym_table_format(t, "%s", k->remark);
    }
    return sym_table_print(t, stdout);
}

static enum sym_err show_keys_json(const struct sym_person_keys *k, struct sym_span value)
{
    struct sym_json *j = sym_json_new(stdout);
    sym_json_object(j, NULL);
    sym_json_string(j, "type", "person");
    sym_json_number(j, "version", SYM_CANON_VERSION);
    sym_json_text(j, "value", value);
    sym_json_object(j, "parts");
    for (size_t i = 0; i < k->n_made; i++) {
        sym_json_string(j, sym_person_part_text(k->made[i].part), k->made[i].text);
    }
    sym_json_end(j);
    sym_json_array(j, "keys");
    for (size_t i = 0; i < k->n; i++) {
        sym_json_object(j, NULL);
        sym_json_string(j, "type", sym_token_type_name(k->key[i].type));
        sym_json_string(j, "canonical", k->key[i].text);
        sym_json_end(j);
    }
    sym_json_end(j);
    sym_json_array(j, "refused");
    for (size_t i = 0; i < k->n_refused; i++) {
        sym_json_string(j, NULL, k->refused[i].text);
    }
    sym_json_end(j);
    if (k->remark != NULL) {
        sym_json_string(j, "remark", k->remark);
    }
    sym_json_end(j);
    return sym_json_finish(j);
}

static enum sym_exit show_keys(const struct sym_call *call, const struct sym_person_keys *k)
{
    struct sym_span value = sym_span_text(call->args.operands[1]);
    bool json = sym_args_has(&call->args, "json");
    enum sym_exit code = sym_command_printed(json ? show_keys_json(k, value) : show_keys_table(k));
    if (code == SYM_EXIT_DONE && k->n == 0) {
        struct sym_fault fault;
        (void)sym_fail(&fault, SYM_BAD_VALUE,
                       "person: too little is known for a key; write "
                       "NAME:YYYY-MM-DD:POSTCODE:TOWN, two of them at least");
        code = sym_command_failed(&fault);
    }
    return code;
}

static enum sym_exit explain_person(const struct sym_call *call)
{
    struct sym_canon_rules rules;
    struct sym_canon *canon = NULL;
    struct sym_nicknames *nicknames = NULL;
    struct sym_person person = {.part = {{NULL, 0}}};
    struct sym_fault fault;
    enum sym_exit code = SYM_EXIT_DONE;
    struct sym_person_keys *keys = calloc(1, sizeof *keys);
    if (keys == NULL) {
        return sym_command_printed(SYM_NO_MEMORY);
    }
    fault.err = read_rules(&rules, call, &fault);
    if (fault.err == SYM_OK) {
        fault.err =
            sym_nicknames_load(&nicknames, sym_args_value(&call->args, "nicknames"), &fault);
        rules.nicknames = nicknames;
    }
    if (fault.err == SYM_OK) {
        fault.err = sym_canon_new(&canon, &rules, &fault);
    }
    if (fault.err == SYM_OK) {
        cut_person(&person, sym_span_text(call->args.operands[1]));
        fault.err = sym_person_keys(keys, canon, &person);
        (void)snprintf(fault.text, sizeof fault.text, "person: %s", sym_err_text(fault.err));
    }
    code = fault.err == SYM_OK ? show_keys(call, keys) : sym_command_failed(&fault);
    sym_canon_free(canon);
    sym_nicknames_free(nicknames);
    free(keys);
    return code;
}

enum sym_exit sym_explain_run(const struct sym_call *call)
{
    enum sym_token_type type = SYM_TOKEN_NONE;
    const char *name = call->args.operands[0];
    if (strcmp(name, "person") == 0) {
        return explain_person(call);
    }
    if (sym_token_type_parse(&type, sym_span_text(name)) != SYM_OK) {
        return unknown_type(call, name);
    }
    struct explanation *e = calloc(1, sizeof *e);
    if (e == NULL) {
        return sym_command_printed(SYM_NO_MEMORY);
    }
    e->type = type;
    e->value = sym_span_text(call->args.operands[1]);
    enum sym_exit code = explain(e, call);
    free(e);
    return code;
}
