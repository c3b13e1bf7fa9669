#include "node/memory.h"

#include <malloc.h>

/* Blocks below this stay in the heap: the largest control message is 2 MiB. */
#define IN_HEAP_BYTES  (32 << 20)
#define TOP_KEPT_BYTES (8 << 20)
#define TOP_STEP_BYTES (1 << 20)

void sym_memory_tune(void)
{
    (void)mallopt(M_ARENA_MAX, 1);
    (void)mallopt(M_MMAP_THRESHOLD, IN_HEAP_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, TOP_KEPT_BYTES);
    (void)mallopt(M_TOP_PAD, TOP_STEP_BYTES);
}
