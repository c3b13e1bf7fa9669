#include "node/listen.h"

#include "crypto/card.h"

#include <arpa/inet.h>
#include <string.h>

enum sym_err sym_listen_check(bool *wildcard, struct sym_span text)
{
    static const struct in6_addr any;
    struct in6_addr address; /* the larger one */
    char host[INET6_ADDRSTRLEN];

    if (sym_endpoint_check(text) != SYM_OK) {
        return SYM_BAD_VALUE;
    }
    bool v6 = text.data[0] == '[';
    size_t start = v6 ? 1 : 0;
    size_t end = text.len;
    while (text.data[end - 1] != ':') {
        end--;
    }
    size_t len = end - 1 - start - start; /* without the colon, and both brackets */
    if (len >= sizeof host) {
        return SYM_BAD_VALUE;
    }
    memcpy(host, text.data + start, len);
    host[len] = '\0';
    if (inet_pton(v6 ? AF_INET6 : AF_INET, host, &address) != 1) {
        return SYM_BAD_VALUE;
    }
    if (wildcard != NULL) {
        *wildcard = sym_equal(&address, &any, v6 ? sizeof address : sizeof(struct in_addr));
    }
    return SYM_OK;
}
