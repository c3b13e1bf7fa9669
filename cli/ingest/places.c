#include "cli/ingest/places.h"

/* The compiler runs in the root of the tree. */
__asm__(".pushsection .rodata\n"
        ".balign 16\n"
        "sym_places_start:\n"
        ".incbin \"cli/ingest/places.bin\"\n"
        "sym_places_end:\n"
        ".popsection\n");

extern const uint8_t sym_places_start[];
extern const uint8_t sym_places_end[];

struct sym_span sym_places(void)
{
    // cppcheck-suppress comparePointers
    return sym_span(sym_places_start, (size_t)(sym_places_end - sym_places_start));
}
