#include "cli/pictures/page.h"

/* The compiler runs in the root of the tree. */
#define PART(name, file)                                                                           \
    __asm__(".pushsection .rodata\n"                                                               \
            "sym_page_" name "_start:\n"                                                           \
            ".incbin \"build/pictures/" file "\"\n"                                                \
            "sym_page_" name "_end:\n"                                                             \
            ".popsection\n")

PART("top", "top.html");
PART("top_of_server", "top-ui.html");
PART("middle", "middle.html");
PART("bottom", "bottom.html");
PART("bottom_of_server", "bottom-ui.html");

extern const uint8_t sym_page_top_start[], sym_page_top_end[];
extern const uint8_t sym_page_top_of_server_start[], sym_page_top_of_server_end[];
extern const uint8_t sym_page_middle_start[], sym_page_middle_end[];
extern const uint8_t sym_page_bottom_start[], sym_page_bottom_end[];
extern const uint8_t sym_page_bottom_of_server_start[], sym_page_bottom_of_server_end[];

static struct sym_span between(const uint8_t *start, const uint8_t *end)
{
    // cppcheck-suppress comparePointers
    return sym_span(start, (size_t)(end - start));
}

static struct sym_page page_with(struct sym_span top, struct sym_span bottom)
{
    return (struct sym_page){
        .top = top,
        .middle = between(sym_page_middle_start, sym_page_middle_end),
        .bottom = bottom,
    };
}

struct sym_page sym_page_of_report(void)
{
    return page_with(between(sym_page_top_start, sym_page_top_end),
                     between(sym_page_bottom_start, sym_page_bottom_end));
}

struct sym_page sym_page_of_server(void)
{
    return page_with(between(sym_page_top_of_server_start, sym_page_top_of_server_end),
                     between(sym_page_bottom_of_server_start, sym_page_bottom_of_server_end));
}
