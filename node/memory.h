/* memory.h - how the heap of the node's processes behaves.
 */
#ifndef SYM_NODE_MEMORY_H
#define SYM_NODE_MEMORY_H

/* One heap for all threads, which keeps frames of a MiB (each would otherwise be mapped and
 * unmapped) and gives back what a burst has left. Blocks of less than in_heap_mib lie in the heap;
 * more than kept_mib free at its top goes back to the system. Before the first thread; children
 * inherit it. */
void sym_memory_tune(unsigned in_heap_mib, unsigned kept_mib);
/* Gives back what is free anywhere in the heap, also below blocks in use. */
void sym_memory_return(void);

#endif
