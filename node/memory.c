#include "node/memory.h"

#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>

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

#define HUGE_PAGE ((size_t)2 << 20)

static size_t whole_pages(size_t len)
{
    return (len + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

void *sym_memory_map(size_t len)
{
    const size_t whole = whole_pages(len);
    uint8_t *room =
        mmap(NULL, whole + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) {
        return NULL;
    }
    const size_t before = (HUGE_PAGE - (uintptr_t)room % HUGE_PAGE) % HUGE_PAGE;
    if (before > 0) {
        (void)munmap(room, before);
    }
    if (before < HUGE_PAGE) {
        (void)munmap(room + before + whole, HUGE_PAGE - before);
    }
    (void)madvise(room + before, whole, MADV_HUGEPAGE);
    return room + before;
}

void sym_memory_unmap(void *at, size_t len)
{
    (void)munmap(at, whole_pages(len));
}
