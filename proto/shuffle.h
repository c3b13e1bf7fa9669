/* shuffle.h - a random order, which hides what is sent in it: drawn uniformly, kept by who drew it.
 */
#ifndef SYM_PROTO_SHUFFLE_H
#define SYM_PROTO_SHUFFLE_H

#include <stdint.h>

/* order becomes the numbers 0 … n - 1 in an order drawn from the operating system's generator. */
void sym_shuffle(uint32_t *order, uint32_t n);

#endif
