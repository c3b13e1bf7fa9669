/* work.h - pure computation that a protocol machine leaves to its caller, who may have processors
 * to spare.
 *
 * A work is a range of n items. The caller cuts it into pieces, best of `grain` items, and calls
 * run for each piece once: on any thread, in any order, at the same time as others and as the
 * machine's own functions. When all pieces have ended it reports the first error to the machine, on
 * the machine's thread, with `context` to say which work it was. Pieces touch nothing but their own
 * items.
 */
#ifndef SYM_PROTO_WORK_H
#define SYM_PROTO_WORK_H

#include "crypto/result.h"

#include <stddef.h>

struct sym_work {
    enum sym_err (*run)(void *context, size_t first, size_t n); /* items first … first + n - 1 */
    void *context;
    size_t n;
    size_t grain;
};

#endif
