/* routes.h - what the local page may ask, and the answers: each reads core through the same signed
 * control requests as the commands do, in the name of the user who started it, or decides a request
 * of a partner in that name.
 *
 *     GET  /                               the page; it holds nothing
 *     POST /session                        the token for a session
 *     GET  /api/session                    who asks, what the roles allow, whether deciding is on
 *     GET  /api/status|peers|grants|requests|budgets|partners
 *     GET  /api/exchanges[?before=MS]      100 of them, the latest first
 *     GET  /api/exchanges/ID               one
 *     GET  /api/exchanges/ID/progress      how far it is
 *     GET  /api/report?exchange=ID[&lang=fr]   the figures of a result: an entry in the log
 *     GET  /api/log[?before=N]             100 entries, each checked
 *     GET  /api/log/verify                 the whole log
 *     POST /api/log/compare?peer=ALIAS     begins a comparison
 *     GET  /api/log/compare/ID?peer=ALIAS  what it has found
 *     POST /api/requests/ID/approve        body: the peer's alias, typed by the person
 *     POST /api/requests/ID/deny           body: the reason
 *
 * A refusal is {"error": a line for the person}, with a status that fits.
 */
#ifndef SYM_CLI_UI_ROUTES_H
#define SYM_CLI_UI_ROUTES_H

#include "cli/client.h"
#include "cli/ui/door.h"

struct sym_ui {
    struct sym_client *client;
    struct sym_door door;
    bool may_decide;  /* started with --approve */
    bool lost;        /* the node did not answer: connect anew */
    bool came;        /* the token was used */
    bool interrupted; /* a signal came while something was worked on: end */
};

/* A sym_http_fn; context: struct sym_ui. */
void sym_ui_answer(void *context, const struct sym_http_request *request,
                   struct sym_http_reply *reply);

#endif
