#include "cli/request_row.h"

#include "cli/exchange_id.h"
#include "cli/format.h"
#include "cli/overlap_table/asked.h"
#include "cli/table.h"
#include "cli/tabulate/outlined.h"
#include "cli/terms.h"

#include <inttypes.h>
#include <string.h>

static bool is_tabulation(const struct sym_held_request *r)
{
    return r->verb == 0 && r->kind == SYM_KIND_TABULATE && r->parameters.len > 0;
}

static bool is_table(const struct sym_held_request *r)
{
    return r->verb == 0 && r->kind == SYM_KIND_OVERLAP_TABLE && r->parameters.len > 0;
}

bool sym_request_names_nodes(const struct sym_held_request *r)
{
    return is_tabulation(r) || is_table(r);
}

static void put_question_json(struct sym_json *j, const struct sym_held_request *r,
                              const struct sym_parties *parties)
{
    struct sym_outlined o = {.outline = {.shape = 0}};
    struct sym_table_asked a = {.asked = {.suite = 0}};
    if (is_tabulation(r) && sym_outlined_read(&o, r->parameters) == SYM_OK) {
        sym_outlined_put_json(j, "question", &o, parties);
    } else if (is_table(r) && sym_table_asked_read(&a, r->parameters) == SYM_OK) {
        sym_table_asked_put_json(j, "question", &a, parties);
    } else {
        sym_json_null(j, "question");
    }
    sym_table_asked_clear(&a);
    sym_outlined_clear(&o);
}

void sym_request_put_json(struct sym_json *j, const struct sym_held_request *r,
                          const struct sym_parties *parties)
{
    sym_json_object(j, NULL);
    sym_json_hex(j, "id", r->id);
    sym_json_text(j, "peer", r->alias);
    sym_json_text(j, "dataset", r->dataset);
    sym_json_string(j, "kind", sym_kind_text(r->kind));
    sym_json_string(j, "type", sym_terms_type_text(r->type));
    sym_json_string(j, "purpose", sym_purpose_text(r->purpose));
    sym_json_string(j, "basis", sym_basis_text(r->basis));
    sym_json_number(j, "elements", r->elements);
    sym_json_time(j, "received", r->received_ms / 1000);
    sym_json_time(j, "expires", r->expires_ms / 1000);
    sym_json_string(j, "state", sym_held_state_text(r->state));
    sym_json_text(j, "decided_by", r->decided_by);
    sym_json_time(j, "decided", r->decided_ms / 1000);
    sym_json_text(j, "why", r->why);
    sym_json_hex(j, "case_commitment", r->case_hash);
    sym_json_bool(j, "own", r->verb != 0);
    sym_json_text(j, "user", r->user);
    sym_json_text(j, "what", r->what);
    sym_json_hex(j, "exchange", r->exchange);
    sym_json_text(j, "because", r->because);
    put_question_json(j, r, parties);
    sym_json_end(j);
}

enum sym_err sym_request_write_json(FILE *to, const struct sym_request_list *list,
                                    const struct sym_parties *parties)
{
    struct sym_json *j = sym_json_new(to);
    sym_json_array(j, NULL);
    for (size_t i = 0; i < list->n_requests; i++) {
        sym_request_put_json(j, &list->requests[i], parties);
    }
    sym_json_end(j);
    return sym_json_finish(j);
}

static size_t count_own(const struct sym_request_list *list)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n_requests; i++) {
        n += list->requests[i].verb != 0;
    }
    return n;
}

/* Who approved what ended all the same did not end it. */
static void put_state(struct sym_table *t, const struct sym_held_request *r)
{
    char by[SYM_FORMAT_TEXT_BYTES(SYM_ALIAS_BYTES)];
    sym_format_text(by, sizeof by, r->decided_by);
    const char *state = sym_held_state_text(r->state);
    const char *verb = "";
    if (r->state == SYM_HELD_USED) { /* an approval that served its exchange, or a command done */
        state = r->verb != 0 ? "done, approved" : "used, approved";
    } else if (r->state == SYM_HELD_CANCELLED && r->verb == 0) {
        state = "cancelled by the peer";
        verb = ", approved";
    } else if (r->state == SYM_HELD_EXPIRED) {
        verb = ", approved";
    }
    if (*by != '\0') {
        sym_table_format(t, "%s%s by %s", state, verb, by);
    } else {
        sym_table_format(t, "%s", state);
    }
}

/* Commands of own users, with a line of titles of their own. */
static enum sym_err print_own(const struct sym_request_list *list)
{
    static const struct sym_column columns[] = {{.title = "ID"},       {.title = "USER"},
                                                {.title = "RECEIVED"}, {.title = "EXPIRES"},
                                                {.title = "STATE"},    {.title = "COMMAND"}};
    struct sym_table *t = sym_table_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < list->n_requests; i++) {
        const struct sym_held_request *r = &list->requests[i];
        char id[SYM_ID_SHOWN_BYTES];
        if (r->verb == 0) {
            continue;
        }
        sym_id_show(id, r->id);
        sym_table_format(t, "%s", id);
        sym_table_text(t, r->user);
        sym_table_time(t, r->received_ms / 1000);
        sym_table_time(t, r->expires_ms / 1000);
        put_state(t, r);
        sym_table_text(t, r->what);
    }
    return sym_table_print(t, stdout);
}

const char *sym_request_kind_text(const struct sym_held_request *r)
{
    struct sym_outlined o = {.outline = {.shape = 0}};
    const char *text = sym_kind_text(r->kind);
    if (is_tabulation(r) && sym_outlined_read(&o, r->parameters) == SYM_OK) {
        text = sym_tab_shape_text(o.outline.shape);
    }
    sym_outlined_clear(&o);
    return text;
}

/* What an approver has to know of a tabulation: nothing of it fits a column. */
static enum sym_err print_question(const struct sym_held_request *r,
                                   const struct sym_parties *parties)
{
    static const struct sym_column columns[] = {{.title = NULL}, {.title = NULL}};
    struct sym_outlined o = {.outline = {.shape = 0}};
    char id[SYM_ID_SHOWN_BYTES];
    enum sym_err err = sym_outlined_read(&o, r->parameters);
    if (err == SYM_OK) {
        struct sym_table *t = sym_table_new(columns, 2);
        sym_id_show(id, r->id);
        (void)printf("\n%s: %s\n", id, sym_tab_shape_text(o.outline.shape));
        sym_outlined_put_lines(t, &o, parties);
        sym_table_format(t, "  held");
        sym_table_text(t, r->because);
        err = sym_table_print(t, stdout);
    }
    sym_outlined_clear(&o);
    return err;
}

static enum sym_err print_table_question(const struct sym_held_request *r,
                                         const struct sym_parties *parties)
{
    static const struct sym_column columns[] = {{.title = NULL}, {.title = NULL}};
    struct sym_table_asked a = {.asked = {.suite = 0}};
    char id[SYM_ID_SHOWN_BYTES];
    enum sym_err err = sym_table_asked_read(&a, r->parameters);
    if (err == SYM_OK) {
        struct sym_table *t = sym_table_new(columns, 2);
        sym_id_show(id, r->id);
        (void)printf("\n%s: %s\n", id, sym_kind_text(r->kind));
        sym_table_asked_put_lines(t, &a, parties);
        sym_table_format(t, "  held");
        sym_table_text(t, r->because);
        err = sym_table_print(t, stdout);
    }
    sym_table_asked_clear(&a);
    return err;
}

/* Of an overlap: how many identifiers it tests beside its size. */
static bool says_more(const struct sym_held_request *r)
{
    return !is_tabulation(r) && r->because.len > 0 &&
           memchr(r->because.data, ':', r->because.len) != NULL;
}

static enum sym_err print_because(const struct sym_held_request *r)
{
    static const struct sym_column columns[] = {{.title = NULL}, {.title = NULL}};
    struct sym_table *t = sym_table_new(columns, 2);
    char id[SYM_ID_SHOWN_BYTES];
    sym_id_show(id, r->id);
    (void)printf("\n%s\n", id);
    sym_table_format(t, "  held");
    sym_table_text(t, r->because);
    return sym_table_print(t, stdout);
}

static enum sym_err print_questions(const struct sym_request_list *list,
                                    const struct sym_parties *parties)
{
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < list->n_requests; i++) {
        const struct sym_held_request *r = &list->requests[i];
        if (is_tabulation(r) && r->state == SYM_HELD_WAITING) {
            err = print_question(r, parties);
        } else if (is_table(r) && r->state == SYM_HELD_WAITING) {
            err = print_table_question(r, parties);
        } else if (says_more(r) && r->state == SYM_HELD_WAITING) {
            err = print_because(r);
        }
    }
    return err;
}

static enum sym_err print_peers(const struct sym_request_list *list)
{
    static const struct sym_column columns[] = {
        {.title = "ID"},       {.title = "PEER"},
        {.title = "DATASET"},  {.title = "KIND"},
        {.title = "TYPE"},     {.title = "PURPOSE"},
        {.title = "BASIS"},    {.title = "SIZE", .right = true},
        {.title = "RECEIVED"}, {.title = "EXPIRES"},
        {.title = "STATE"}};
    struct sym_table *t = sym_table_new(columns, sizeof columns / sizeof *columns);
    sym_table_when_empty(t, "no requests yet: what an approver has to decide comes here");
    for (size_t i = 0; i < list->n_requests; i++) {
        const struct sym_held_request *r = &list->requests[i];
        char id[SYM_ID_SHOWN_BYTES];
        if (r->verb != 0) {
            continue;
        }
        sym_id_show(id, r->id);
        sym_table_format(t, "%s", id);
        sym_table_text(t, r->alias);
        sym_table_text(t, r->dataset);
        bool tabulation = r->kind == SYM_KIND_TABULATE;
        sym_table_format(t, "%s", sym_request_kind_text(r));
        sym_table_format(t, "%s", tabulation ? "-" : sym_terms_type_text(r->type));
        sym_table_format(t, "%s", sym_purpose_text(r->purpose));
        sym_table_format(t, "%s", sym_basis_text(r->basis));
        if (tabulation || r->kind == SYM_KIND_OVERLAP_TABLE) {
            sym_table_format(t, "-");
        } else {
            sym_table_format(t, "%" PRIu32, r->elements);
        }
        sym_table_time(t, r->received_ms / 1000);
        sym_table_time(t, r->expires_ms / 1000);
        put_state(t, r);
    }
    return sym_table_print(t, stdout);
}

enum sym_err sym_request_print_table(const struct sym_request_list *list,
                                     const struct sym_parties *parties)
{
    size_t own = count_own(list);
    enum sym_err err = own == 0 || own < list->n_requests ? print_peers(list) : SYM_OK;
    if (err == SYM_OK) {
        err = print_questions(list, parties);
    }
    if (err == SYM_OK && own > 0) {
        (void)fputs(own < list->n_requests ? "\n" : "", stdout);
        err = print_own(list);
    }
    return err;
}
