/* What an own user may not do alone: which commands that are, and what an approver decides. */
#include "node/core/verbs.h"
#include "node/loop.h"
#include "proto/codec.h"
#include "proto/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ARGUMENTS_BYTES 512u

#define SPAN(s) (int)(s).len, (s).len > 0 ? (const char *)(s).data : ""

enum own_approval { OWN_NONE, OWN_MATCHES, OWN_ALL };

/* Is there an approver beside this user? */
static bool has_other_approver(const struct sym_core *core, const char *user)
{
    for (size_t i = 0; i < core->users.n; i++) {
        const struct sym_user *u = &core->users.items[i];
        if ((u->roles & SYM_USER_APPROVER) != 0 && strcmp(u->name, user) != 0) {
            return true;
        }
    }
    return false;
}

static bool is_approver(const struct sym_author *author)
{
    return (author->roles & SYM_USER_APPROVER) != 0;
}

static bool overlap_needs(const struct sym_core *core, const struct sym_overlap_start *o)
{
    unsigned asks = sym_settings_word(&core->settings, SYM_SETTING_OWN_APPROVAL);
    return asks == OWN_ALL || (asks == OWN_MATCHES && o->kind != SYM_KIND_OVERLAP_COUNT);
}

static struct sym_span describe_overlap(char *out, size_t size, const struct sym_overlap_start *o)
{
    const char *type = o->type == SYM_TOKEN_NONE ? "any"
                       : o->type < SYM_TOKEN_TYPE_COUNT
                           ? sym_token_type_name((enum sym_token_type)o->type)
                           : "unknown";
    return sym_log_words(
        out, size, "%s of %.*s with %.*s of %.*s, type %s, for %s, on %s, case %.*s",
        sym_kind_text(o->kind), SPAN(o->mine), SPAN(o->theirs), SPAN(o->alias), type,
        sym_purpose_text(o->purpose), sym_basis_text(o->basis), SPAN(o->case_ref));
}

/* Only an approver makes and removes approvers, once there is one. Who exists is refused at once.
 */
static bool user_add_needs(const struct sym_core *core, const struct sym_author *author,
                           const struct sym_user_add *a)
{
    bool exists = sym_users_by_name(&core->users, a->name) != NULL ||
                  sym_users_by_key(&core->users, a->key) != NULL;
    return !exists && (a->roles & SYM_USER_APPROVER) != 0 && !is_approver(author) &&
           has_other_approver(core, author->user);
}

static bool user_remove_needs(const struct sym_core *core, const struct sym_author *author,
                              const struct sym_user_name *a)
{
    const struct sym_user *gone = sym_users_by_name(&core->users, a->name);
    return gone != NULL && (gone->roles & SYM_USER_APPROVER) != 0 && !is_approver(author) &&
           has_other_approver(core, author->user);
}

static bool is_setting(const struct sym_setting *s, enum sym_setting_name name)
{
    return sym_span_equal(s->name, sym_span_text(sym_setting_text(name)));
}

/* Who could weaken it alone would need no approval at all. */
static bool weakens_approval(const struct sym_core *core, struct sym_span value)
{
    struct sym_span now = sym_span_text(core->settings.value[SYM_SETTING_OWN_APPROVAL]);
    return !sym_span_equal(value, now) && !sym_span_equal(value, sym_span_text("all")) &&
           !sym_span_equal(now, sym_span_text("none"));
}

/* A plain decimal; what is none is refused when it is set. */
static bool read_number(uint64_t *out, struct sym_span text)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || *out > UINT32_MAX) {
            return false;
        }
        *out = *out * 10 + (uint64_t)(text.data[i] - '0');
    }
    return text.len > 0;
}

/* Joint tabulations may tell more of the records here than before. */
static bool widens_tabulation(const struct sym_core *core, const struct sym_setting *s)
{
    uint64_t wish = 0;
    if (!read_number(&wish, s->value)) {
        return false;
    }
    return (is_setting(s, SYM_SETTING_EPSILON) &&
            wish > sym_settings_number(&core->settings, SYM_SETTING_EPSILON)) ||
           (is_setting(s, SYM_SETTING_MINIMUM) &&
            wish < sym_settings_number(&core->settings, SYM_SETTING_MINIMUM));
}

static bool setting_needs(const struct sym_core *core, const struct sym_author *author,
                          const struct sym_setting *s)
{
    bool widens = is_setting(s, SYM_SETTING_OWN_APPROVAL) ? weakens_approval(core, s->value)
                                                          : widens_tabulation(core, s);
    return widens && sym_setting_check(s->name, s->value) && !is_approver(author) &&
           has_other_approver(core, author->user);
}

/* What is erased does not come back. A date to come is refused at once. */
static bool erasing_needs(const struct sym_core *core, const struct sym_author *author,
                          const struct sym_log_erase *a)
{
    bool refused = a->before_ms != SYM_LOG_ERASE_ALL && a->before_ms > sym_wall_ms();
    return !refused && has_other_approver(core, author->user);
}

static struct sym_span describe_erasing(char *out, size_t size, const struct sym_log_erase *a)
{
    if (a->before_ms == SYM_LOG_ERASE_ALL) {
        return sym_span_text("log erase-bodies --all");
    }
    time_t before = (time_t)(a->before_ms / 1000);
    struct tm at = {0};
    char day[32] = "";
    (void)gmtime_r(&before, &at);
    (void)strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%SZ", &at);
    return sym_log_words(out, size, "log erase-bodies --before %s", day);
}

enum sym_err sym_verb_needs_approval(bool *needed, char what[SYM_DETAIL_BYTES_MAX + 1u],
                                     const struct sym_core *core, enum sym_verb verb,
                                     const struct sym_author *author, const void *arguments,
                                     struct sym_fault *fault)
{
    char text[SYM_DETAIL_BYTES_MAX + 1u] = "";
    struct sym_span said = sym_span_text(text);
    *needed = false;
    if (verb == SYM_VERB_OVERLAP_START) {
        *needed = overlap_needs(core, arguments);
        said = describe_overlap(text, sizeof text, arguments);
    } else if (verb == SYM_VERB_USER_ADD) {
        const struct sym_user_add *a = arguments;
        char roles[64];
        *needed = user_add_needs(core, author, a);
        sym_user_roles_text(roles, sizeof roles, a->roles & SYM_USER_ANY);
        said = sym_log_words(text, sizeof text, "user add %.*s as %s", SPAN(a->name), roles);
    } else if (verb == SYM_VERB_USER_REMOVE) {
        const struct sym_user_name *a = arguments;
        *needed = user_remove_needs(core, author, a);
        said = sym_log_words(text, sizeof text, "user remove %.*s", SPAN(a->name));
    } else if (verb == SYM_VERB_SETTING_SET) {
        const struct sym_setting *s = arguments;
        *needed = setting_needs(core, author, s);
        said = sym_log_words(text, sizeof text, "settings set %.*s %.*s", SPAN(s->name),
                             SPAN(s->value));
    } else if (verb == SYM_VERB_LOG_ERASE) {
        *needed = erasing_needs(core, author, arguments);
        said = describe_erasing(text, sizeof text, arguments);
    } else if (verb == SYM_VERB_LOG_RESTORE) {
        /* A log that is whole is refused at once. */
        *needed = sym_log_is_frozen(core->log, NULL) && has_other_approver(core, author->user);
        said = sym_span_text("a new evidence log after a restore");
    }
    (void)snprintf(what, SYM_DETAIL_BYTES_MAX + 1u, "%.*s", SPAN(said));
    if (*needed && !has_other_approver(core, author->user)) {
        return sym_fail(fault, SYM_DENIED,
                        "overlap: the setting own-approval asks for an approver, and no other user "
                        "has that role; an operator adds one: \"symbolon user add NAME --role "
                        "approver\"");
    }
    return SYM_OK;
}

static bool is_in_flight(const struct sym_core *core, struct sym_span exchange)
{
    struct sym_exchange_row row;
    return sym_exchanges_row(core->exchanges, exchange, &row, NULL) == SYM_OK &&
           (row.state == SYM_EXCHANGE_WAITING || row.state == SYM_EXCHANGE_RUNNING ||
            row.state == SYM_EXCHANGE_HELD);
}

enum sym_err sym_verb_hold(struct sym_core *core, const struct sym_author *author,
                           enum sym_verb verb, const char *what, struct sym_answer *answer,
                           struct sym_fault *fault)
{
    uint8_t id[SYM_EXCHANGE_ID_BYTES] = {0};
    const struct sym_exchange_name name = {.id = sym_span(id, sizeof id)};
    if (verb == SYM_VERB_OVERLAP_START &&
        sym_proposals_began(core->proposals, id, author) == SYM_OK &&
        (is_in_flight(core, name.id) ||
         sym_proposals_collect(core->proposals, id, author) == SYM_OK)) {
        return sym_answer_write(answer, &name);
    }
    return sym_proposals_hold(core->proposals, author, sym_span_text(what), fault);
}

/* Doing what was approved -----------------------------------------------------------------------
 */

struct running {
    struct sym_arena outer, inner, arguments_arena, answer_arena;
    struct sym_control_body body;
    const struct sym_verb_row *row;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    bool began;
    union {
        uint8_t bytes[ARGUMENTS_BYTES];
        max_align_t aligned;
    } arguments;
};

static enum sym_err read_command(struct running *r, struct sym_span command)
{
    struct sym_control_request request;
    enum sym_err err = sym_decode(&r->outer, &request, &sym_msg_control_request, command);
    if (err == SYM_OK) {
        err = sym_decode(&r->inner, &r->body, &sym_msg_control_body, request.body);
    }
    r->row = err == SYM_OK ? sym_verb_row(r->body.verb) : NULL;
    if (err == SYM_OK && (r->row == NULL || r->row->arguments->size > sizeof r->arguments)) {
        err = SYM_INTERNAL;
    }
    return err == SYM_OK ? sym_decode(&r->arguments_arena, r->arguments.bytes, r->row->arguments,
                                      r->body.arguments)
                         : err;
}

/* Expiry and nonce were looked at when it came. */
static enum sym_err run_command(struct sym_core *core, struct running *r,
                                const struct sym_approved *approved,
                                const struct sym_author *approver, struct sym_fault *fault)
{
    uint8_t *bytes = malloc(SYM_CONTROL_BYTES_MAX);
    enum sym_err err = bytes == NULL ? SYM_NO_MEMORY : read_command(r, approved->command);
    if (err != SYM_OK) {
        free(bytes);
        return sym_fail(fault, err, "the command that was kept %s", sym_err_text(err));
    }
    struct sym_answer answer = {.message = r->row->answer, .bytes = bytes};
    const struct sym_author author = {.log = approver->log,
                                      .user = approved->user.name,
                                      .roles = approved->user.roles,
                                      .command = approved->command,
                                      .approver = approver->user,
                                      .approval = approver->command};
    err = sym_verb_run(core, (enum sym_verb)r->body.verb, &author, r->arguments.bytes, &answer,
                       fault);
    if (err == SYM_OK && r->body.verb == SYM_VERB_OVERLAP_START) {
        struct sym_exchange_name name;
        err =
            sym_decode(&r->answer_arena, &name, r->row->answer, sym_span(answer.bytes, answer.len));
        r->began = err == SYM_OK;
        if (r->began) {
            memcpy(r->id, name.id.data, sizeof r->id);
        }
    }
    free(bytes);
    return err;
}

static void running_clear(struct running *r)
{
    sym_arena_clear(&r->outer);
    sym_arena_clear(&r->inner);
    sym_arena_clear(&r->arguments_arena);
    sym_arena_clear(&r->answer_arena);
}

static enum sym_err decide_own(struct sym_core *core, const struct sym_author *author,
                               const struct sym_request_decision *decision,
                               struct sym_answer *answer, struct sym_fault *fault)
{
    struct sym_held_request row;
    struct sym_approved approved;
    struct running r = {.began = false};
    struct sym_fault why = {.text = ""};
    enum sym_err err =
        sym_proposals_decide(core->proposals, &row, &approved, decision, author, fault);
    if (err != SYM_OK || !decision->approve) {
        return err == SYM_OK ? sym_answer_write(answer, &row) : err;
    }
    err = run_command(core, &r, &approved, author, &why);
    sym_proposals_done(core->proposals, &row, decision->id,
                       r.began ? sym_span(r.id, sizeof r.id) : sym_span(NULL, 0), why.text);
    running_clear(&r);
    return err == SYM_OK ? sym_answer_write(answer, &row)
                         : sym_fail(fault, err, "approved, but not done: %.250s", why.text);
}

static enum sym_err verb_request_decide(struct sym_core *core, const struct sym_author *author,
                                        const void *arguments, struct sym_answer *answer,
                                        struct sym_fault *fault)
{
    const struct sym_request_decision *decision = arguments;
    struct sym_held_request row;
    if (sym_proposals_has(core->proposals, decision->id)) {
        return decide_own(core, author, decision, answer, fault);
    }
    enum sym_err err = sym_grants_resolve(core->grants, &row, decision, author, fault);
    return err == SYM_OK ? sym_answer_write(answer, &row) : err;
}

/* Those that wait keep what describes them, the others as far as the answer has room. */
static void leave_out_the_long(struct sym_held_request *rows, size_t n)
{
    size_t room = SYM_CONTROL_BYTES_MAX / 2;
    for (unsigned waiting = 2; waiting-- > 0;) {
        for (size_t i = 0; i < n; i++) {
            if ((rows[i].state == SYM_HELD_WAITING) != waiting) {
                continue;
            }
            if (rows[i].parameters.len > room) {
                rows[i].parameters = sym_span(NULL, 0);
            }
            room -= rows[i].parameters.len;
        }
    }
}

/* Own commands come behind the requests of peers; who is an analyst only sees own ones. */
static enum sym_err verb_request_list(struct sym_core *core, const struct sym_author *author,
                                      const void *arguments, struct sym_answer *answer,
                                      struct sym_fault *fault)
{
    bool all = (author->roles & (SYM_USER_APPROVER | SYM_USER_OPERATOR)) != 0;
    const struct sym_held_request *held = NULL;
    size_t n = all ? sym_grants_requests(core->grants, &held) : 0;
    struct sym_held_request *rows = calloc(n + SYM_PROPOSALS_MAX, sizeof *rows);
    (void)arguments;
    if (rows == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "requests: no memory for the answer");
    }
    if (n > 0) {
        memcpy(rows, held, n * sizeof *rows);
    }
    leave_out_the_long(rows, n);
    n +=
        sym_proposals_list(core->proposals, rows + n, SYM_PROPOSALS_MAX, all ? NULL : author->user);
    struct sym_request_list list = {.requests = rows, .n_requests = n};
    enum sym_err err = sym_answer_write(answer, &list);
    free(rows);
    return err;
}

sym_verb_fn *const sym_verbs_approve[SYM_VERB_COUNT] = {
    [SYM_VERB_REQUEST_LIST] = verb_request_list,
    [SYM_VERB_REQUEST_DECIDE] = verb_request_decide,
};
