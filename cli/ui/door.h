/* door.h - who may come in to the local page.
 *
 * Whoever can reach 127.0.0.1 can knock: other users of this machine, other programs, and through
 * the browser every web page. So three things are asked of a request: that it names this very
 * address as its host (a foreign name that resolves to 127.0.0.1 would make another site's page
 * the same origin as this one), that no other page caused it, and that it carries the session.
 * The session is handed out once, for the token that only the browser was told, in the fragment of
 * the address, which browsers send to nobody. Neither is a cookie: those are shared among all
 * ports. Token and session are compared in constant time and wiped.
 */
#ifndef SYM_CLI_UI_DOOR_H
#define SYM_CLI_UI_DOOR_H

#include "cli/ui/http.h"
#include "crypto/secret.h"

/* Of token and session: 32 random bytes in hex. */
#define SYM_DOOR_DIGITS 64u

struct sym_door {
    char host[32];           /* "127.0.0.1:4711" */
    char origin[48];         /* "http://127.0.0.1:4711" */
    struct sym_secret token; /* none once it was used */
    struct sym_secret session;
};

/* d is zero-initialised. SYM_NO_MEMORY. Clear it in every case. */
SYM_MUST enum sym_err sym_door_open(struct sym_door *d, uint16_t port);
void sym_door_clear(struct sym_door *d);

/* 0, or the status to refuse with: 400 a header that is there twice, 421 another host, 403 another
 * page's doing. */
unsigned sym_door_check_origin(const struct sym_door *d, const struct sym_http_request *r);
/* 0, or 401: it does not carry the session. */
unsigned sym_door_check_session(const struct sym_door *d, const struct sym_http_request *r);
/* Takes the token for a session, once: 0, or 401. */
unsigned sym_door_take_token(struct sym_door *d, const struct sym_http_request *r);

#endif
