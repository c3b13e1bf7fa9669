/* memory.h - how the heap of the node's processes behaves.
 */
#ifndef SYM_NODE_MEMORY_H
#define SYM_NODE_MEMORY_H

#include <stddef.h>

/* One heap for all threads, which keeps frames of a MiB (each would otherwise be mapped and
 * unmapped) and gives back what a burst has left. Blocks of less than in_heap_mib lie in the heap;
 * more than kept_mib free at its top goes back to the system. Before the first thread; children
 * inherit it. */
void sym_memory_tune(unsigned in_heap_mib, unsigned kept_mib);
/* Gives back what is free anywhere in the heap, also below blocks in use. */
void sym_memory_return(void);

/* Large arrays beside the heap, zeroed, in huge pages where the system has them: entering them one
 * small page after the other takes longer than much of what is done in them. Any thread. NULL when
 * there is no memory left. */
void *sym_memory_map(size_t len);
/* Gives one back; len as it was taken. */
void sym_memory_unmap(void *at, size_t len);

#endif
