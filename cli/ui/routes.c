#include "cli/ui/routes.h"

#include "cli/answers.h"
#include "cli/json.h"
#include "cli/pictures/page.h"
#include "cli/ui/views.h"

#include <stdlib.h>
#include <string.h>

#define POLICY_NOTHING "default-src 'none'; frame-ancestors 'none'"
/* The page brings its own policy, with hashes; this is what only a header can say. */
#define POLICY_PAGE       "frame-ancestors 'none'"
#define COMPARE_TIMEOUT_S 600u

/* One question of the page. */
struct asked {
    struct sym_ui *ui;
    const struct sym_http_request *request;
    struct sym_span id; /* of the path; none for most */
};

typedef enum sym_err route_fn(FILE *to, const struct asked *a, struct sym_fault *fault);

/* Routes ------------------------------------------------------------------------------------- */

static enum sym_err get_session(FILE *to, const struct asked *a, struct sym_fault *fault)
{
    return sym_ui_session(to, a->ui->client, a->ui->may_decide, fault);
}

static enum sym_err get_status(FILE *to, const struct asked *a, struct sym_fault *fault)
{
    return sym_status_answer(to, a->ui->client, fault);
}

static enum sym_err get_peers(FILE *to, const struct asked *a, struct sym_fault *fault)
{
    return sym_peers_answer(to, a->ui->client, fault);
}

static enum sym_err get_grants(FILE *to, const struct asked *a, struct sym_fault *fault)
{
    return sym_grants_answer(to, a->ui->client, fault);
}

static enum sym_err get_requests(FILE *to, const struct asked *a, struct sym_fault *fault)
{
    return sym_requests_answer(to, a->ui->client, fault);
}

static enum sym_err get_budgets(FILE *to, const struct asked *a, struct sym_fault *fault)
{
    return sym_budgets_answer(to, a->ui->client, sym_span_text(""), fault);
}

static enum sym_err get_exchanges(FILE *to, const struct asked *a, struct sym_fault *fault)
{
    return sym_ui_exchanges(to, a->ui->client, sym_http_query(a->request, "before"), fault);
}

static enum sym_err get_exchange(FILE *to, const struct asked *a, struct sym_fault *fault)
{
    return sym_ui_exchange(to, a->ui->client, a->id, fault);
}

static enum sym_err get_progress(FILE *to, const struct asked *a, struct sym_fault *fault)
{
    return sym_ui_progress(to, a->ui->client, a->id, fault);
}

static enum sym_err get_report(FILE *to, const struct asked *a, struct sym_fault *fault)
{
    return sym_ui_report(to, a->ui->client, sym_http_query(a->request, "exchange"),
                         sym_http_query(a->request, "lang"), fault);
}

static enum sym_err get_log(FILE *to, const struct asked *a, struct sym_fault *fault)
{
    return sym_ui_log(to, a->ui->client, sym_http_query(a->request, "before"), fault);
}

static enum sym_err get_verify(FILE *to, const struct asked *a, struct sym_fault *fault)
{
    return sym_log_verify_answer(to, a->ui->client, fault);
}

static enum sym_err get_partners(FILE *to, const struct asked *a, struct sym_fault *fault)
{
    return sym_witnesses_answer(to, a->ui->client, fault);
}

static enum sym_err peer_of(const char **alias, const struct asked *a, struct sym_fault *fault)
{
    *alias = sym_http_query(a->request, "peer");
    if (*alias == NULL || **alias == '\0') {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "peer: none is named to compare with; choose a partner, or give its alias, "
                        "which \"symbolon log witnesses\" lists");
    }
    return sym_alias_check(sym_span_text(*alias)) == SYM_OK
               ? SYM_OK
               : sym_fail(fault, SYM_BAD_VALUE,
                          "peer: is no alias, which is letters, digits, \".\", \"_\" and \"-\"; "
                          "\"symbolon log witnesses\" lists those of partners");
}

static enum sym_err begin_compare(FILE *to, const struct asked *a, struct sym_fault *fault)
{
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    const char *alias = NULL;
    enum sym_err err = peer_of(&alias, a, fault);
    if (err == SYM_OK) {
        err = sym_compare_begin(id, a->ui->client, alias, COMPARE_TIMEOUT_S, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    struct sym_json *j = sym_json_new(to);
    sym_json_object(j, NULL);
    sym_json_hex(j, "id", sym_span(id, sizeof id));
    sym_json_end(j);
    err = sym_json_finish(j);
    return err == SYM_OK ? err : sym_fail(fault, err, "the answer %s", sym_err_text(err));
}

static enum sym_err get_compare(FILE *to, const struct asked *a, struct sym_fault *fault)
{
    const char *alias = NULL;
    enum sym_err err = peer_of(&alias, a, fault);
    return err != SYM_OK ? err : sym_compare_answer(to, a->ui->client, alias, a->id, fault);
}

static enum sym_err approve(FILE *to, const struct asked *a, struct sym_fault *fault)
{
    return sym_ui_approve(to, a->ui->client, a->id, a->request->body, fault);
}

static enum sym_err deny(FILE *to, const struct asked *a, struct sym_fault *fault)
{
    return sym_ui_deny(to, a->ui->client, a->id, a->request->body, fault);
}

/* In a path, * stands for an id of 32 hex digits. */
struct route {
    const char *method, *path;
    route_fn *run;
    bool decides;
};

static const struct route routes[] = {
    {"GET", "/api/session", get_session, false},
    {"GET", "/api/status", get_status, false},
    {"GET", "/api/peers", get_peers, false},
    {"GET", "/api/grants", get_grants, false},
    {"GET", "/api/requests", get_requests, false},
    {"GET", "/api/budgets", get_budgets, false},
    {"GET", "/api/exchanges", get_exchanges, false},
    {"GET", "/api/exchanges/*", get_exchange, false},
    {"GET", "/api/exchanges/*/progress", get_progress, false},
    {"GET", "/api/report", get_report, false},
    {"GET", "/api/partners", get_partners, false},
    {"GET", "/api/log", get_log, false},
    {"GET", "/api/log/verify", get_verify, false},
    {"POST", "/api/log/compare", begin_compare, false},
    {"GET", "/api/log/compare/*", get_compare, false},
    {"POST", "/api/requests/*/approve", approve, true},
    {"POST", "/api/requests/*/deny", deny, true},
};

/* Finding one -------------------------------------------------------------------------------- */

static bool path_fits(const char *pattern, const char *path, uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    const size_t digits = 2u * SYM_EXCHANGE_ID_BYTES;
    const size_t before = strcspn(pattern, "*");
    if (strncmp(pattern, path, before) != 0) {
        return false;
    }
    if (pattern[before] == '\0') {
        return path[before] == '\0';
    }
    path += before;
    return strlen(path) >= digits && strcmp(path + digits, pattern + before + 1) == 0 &&
           sym_unhex(id, SYM_EXCHANGE_ID_BYTES, sym_span((const uint8_t *)path, digits)) == SYM_OK;
}

/* NULL: none; then *known says whether the path is there for another method. */
static const struct route *find_route(bool *known, uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                      const struct sym_http_request *r)
{
    *known = false;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (path_fits(routes[i].path, r->path, id)) {
            *known = true;
            if (strcmp(routes[i].method, r->method) == 0) {
                return &routes[i];
            }
        }
    }
    return NULL;
}

/* Replies ------------------------------------------------------------------------------------ */

static void refuse(struct sym_http_reply *reply, unsigned status, const char *why)
{
    char *text = NULL;
    size_t len = 0;
    *reply = (struct sym_http_reply){
        .status = status, .type = "application/json", .policy = POLICY_NOTHING};
    FILE *to = open_memstream(&text, &len);
    if (to == NULL) {
        return;
    }
    struct sym_json *j = sym_json_new(to);
    sym_json_object(j, NULL);
    sym_json_string(j, "error", why);
    sym_json_end(j);
    enum sym_err err = sym_json_finish(j);
    if (fclose(to) != 0 || err != SYM_OK) {
        free(text);
        return;
    }
    reply->body = text;
    reply->len = len;
}

static void refuse_entry(struct sym_http_reply *reply, unsigned status)
{
    const char *why = "This page is not yours: open the one that \"symbolon ui\" opened, or start "
                      "it again.";
    switch (status) {
    case 400:
        why = "A header that says who asks is there more than once.";
        break;
    case 403:
        why = "Another page asked for this; only the page of \"symbolon ui\" may.";
        break;
    case 421:
        why = "This server goes by the number 127.0.0.1 and its port alone.";
        break;
    default:
        break;
    }
    refuse(reply, status, why);
}

static unsigned status_of(enum sym_err err)
{
    if (err == SYM_DENIED || err == SYM_HELD) {
        return 403;
    }
    if (err == SYM_NOT_FOUND) {
        return 404;
    }
    if (err == SYM_EXISTS || err == SYM_WRONG_STATE) {
        return 409;
    }
    if (err == SYM_BAD_VALUE) {
        return 422;
    }
    bool away = err == SYM_CLOSED || err == SYM_UNREACHABLE || err == SYM_TIMEOUT;
    return away || err == SYM_CANCELLED ? 503 : 500;
}

static void run_route(struct sym_http_reply *reply, const struct route *route,
                      const struct asked *a)
{
    struct sym_fault fault;
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    if (to == NULL) {
        refuse(reply, 500, sym_err_text(SYM_NO_MEMORY));
        return;
    }
    fault.err = SYM_OK;
    if (a->ui->lost) {
        fault.err = sym_client_connect(a->ui->client, &fault);
    }
    if (fault.err == SYM_OK) {
        fault.err = route->run(to, a, &fault);
    }
    a->ui->lost = fault.err == SYM_CLOSED;
    a->ui->interrupted = a->ui->interrupted || fault.err == SYM_CANCELLED;
    if (fclose(to) != 0 && fault.err == SYM_OK) {
        fault.err = sym_fail(&fault, SYM_NO_MEMORY, "the answer %s", sym_err_text(SYM_NO_MEMORY));
    }
    if (fault.err != SYM_OK) {
        free(text);
        refuse(reply, status_of(fault.err), fault.text);
        return;
    }
    *reply = (struct sym_http_reply){.status = 200,
                                     .type = "application/json",
                                     .policy = POLICY_NOTHING,
                                     .body = text,
                                     .len = len};
}

static void send_page(struct sym_http_reply *reply)
{
    const struct sym_page page = sym_page_of_server();
    const struct sym_span parts[] = {page.top, page.middle, sym_span_text("null"), page.bottom};
    size_t len = 0;
    for (size_t i = 0; i < 4; i++) {
        len += parts[i].len;
    }
    char *text = malloc(len);
    if (text == NULL) {
        refuse(reply, 500, sym_err_text(SYM_NO_MEMORY));
        return;
    }
    *reply = (struct sym_http_reply){
        .status = 200, .type = "text/html; charset=utf-8", .policy = POLICY_PAGE, .body = text};
    for (size_t i = 0; i < 4; i++) {
        memcpy(text + reply->len, parts[i].data, parts[i].len);
        reply->len += parts[i].len;
    }
}

static void send_session(struct sym_http_reply *reply, struct sym_ui *ui,
                         const struct sym_http_request *request)
{
    unsigned status = sym_door_take_token(&ui->door, request);
    if (status != 0) {
        refuse_entry(reply, status);
        return;
    }
    ui->came = true;
    char *text = malloc(ui->door.session.len);
    if (text == NULL) {
        refuse(reply, 500, sym_err_text(SYM_NO_MEMORY));
        return;
    }
    memcpy(text, ui->door.session.data, ui->door.session.len);
    *reply = (struct sym_http_reply){.status = 200,
                                     .type = "text/plain",
                                     .policy = POLICY_NOTHING,
                                     .body = text,
                                     .len = ui->door.session.len,
                                     .secret = true};
}

static bool is(const struct sym_http_request *r, const char *method, const char *path)
{
    return strcmp(r->method, method) == 0 && strcmp(r->path, path) == 0;
}

static void answer_api(struct sym_http_reply *reply, struct sym_ui *ui,
                       const struct sym_http_request *request)
{
    uint8_t id[SYM_EXCHANGE_ID_BYTES] = {0};
    bool known = false;
    const struct route *route = find_route(&known, id, request);
    if (route == NULL) {
        refuse(reply, known ? 405 : 404,
               known
                   ? "This address is not asked in this way; the page at / knows how."
                   : "There is nothing at this address; the page at / knows those that there are.");
    } else if (route->decides && !ui->may_decide) {
        refuse(reply, 403, "This page only shows: start \"symbolon ui --approve\" to decide here.");
    } else {
        const struct asked a = {.ui = ui, .request = request, .id = sym_span(id, sizeof id)};
        run_route(reply, route, &a);
    }
}

void sym_ui_answer(void *context, const struct sym_http_request *request,
                   struct sym_http_reply *reply)
{
    struct sym_ui *ui = context;
    unsigned status = sym_door_check_origin(&ui->door, request);
    if (status != 0) {
        refuse_entry(reply, status);
    } else if (is(request, "GET", "/")) {
        send_page(reply);
    } else if (is(request, "GET", "/favicon.ico")) { /* browsers ask by themselves */
        *reply =
            (struct sym_http_reply){.status = 204, .type = "image/png", .policy = POLICY_NOTHING};
    } else if (is(request, "POST", "/session")) {
        send_session(reply, ui, request);
    } else if ((status = sym_door_check_session(&ui->door, request)) != 0) {
        refuse_entry(reply, status);
    } else {
        answer_api(reply, ui, request);
    }
}
