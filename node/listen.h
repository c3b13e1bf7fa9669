/* listen.h - where a node takes connections, as people write it.
 *
 * "address:port" or "[v6]:port", numeric, with a port from 1 to 65535: names are not looked up, for
 * gate could not, and what is listened at should not depend on somebody else's answer.
 */
#ifndef SYM_NODE_LISTEN_H
#define SYM_NODE_LISTEN_H

#include "crypto/bytes.h"

/* wildcard (or NULL): it is all addresses of the machine, 0.0.0.0 or [::], which partners cannot
 * dial. SYM_BAD_VALUE: text is not such an address. */
SYM_MUST enum sym_err sym_listen_check(bool *wildcard, struct sym_span text);

#endif
