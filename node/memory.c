#include "node/memory.h"

#include <malloc.h>

#define TOP_STEP_BYTES (1 << 20)

void sym_memory_tune(unsigned in_heap_mib, unsigned kept_mib)
{
    (void)mallopt(M_ARENA_MAX, 1);
    (void)mallopt(M_MMAP_THRESHOLD, (int)(in_heap_mib << 20));
    (void)mallopt(M_TRIM_THRESHOLD, (int)(kept_mib << 20));
    (void)mallopt(M_TOP_PAD, TOP_STEP_BYTES);
}

void sym_memory_return(void)
{
    (void)malloc_trim(0);
}
