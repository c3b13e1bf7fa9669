#include "cli/ingest/place_name.h"

#include "crypto/text.h"

#include <string.h>

/* Base letters of U+00C0 to U+024F and of U+1E00 to U+1EFF; a dot: none, or more than one. */
static const char latin[] =
    /* clang-format off */
    "aaaaaa.ceeeeiiiidnooooo.ouuuuy..aaaaaa.ceeeeiiiidnooooo.ouuuuy.y"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkkkllllll."
    ".llnnnnnn.nnoooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"
    "bb....occdd....ee.f....ikkl..n.ooo.............uu..yyzz........."
    ".............aaiioouuuuuuuuuueaaaa....ggkkoooo..j...gg..nnaa...."
    "aaaaeeeeiiiioooorrrruuuusstt..hh......aaeeooooooooyy......a..l.."
    "...bu.eejj..rryy";
static const char latin_additional[] =
    "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmm"
    "mmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv"
    "wwwwwwwwwwxxxxyyzzzzzzhtwy.s....aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee"
    "eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy......";
/* clang-format on */

struct sink {
    char *out;
    size_t len, max;
};

static void put(struct sink *to, const void *bytes, size_t n)
{
    if (n <= to->max - to->len) {
        memcpy(to->out + to->len, bytes, n);
        to->len += n;
    }
}

static const char *letters(uint32_t c)
{
    switch (c) {
    case 0xdf:
    case 0x1e9e:
        return "ss";
    case 0xc6:
    case 0xe6:
        return "ae";
    case 0x152:
    case 0x153:
        return "oe";
    case 0xde:
    case 0xfe:
        return "th";
    default:
        return NULL;
    }
}

static bool is_mark(uint32_t c)
{
    return (c >= 0x80 && c <= 0xbf) || (c >= 0x2b0 && c <= 0x36f) || (c >= 0x2000 && c <= 0x206f);
}

static char base_letter(uint32_t c)
{
    char letter = '.';
    if (c >= 0xc0 && c <= 0x24f) {
        letter = latin[c - 0xc0];
    } else if (c >= 0x1e00 && c <= 0x1eff) {
        letter = latin_additional[c - 0x1e00];
    }
    return letter;
}

static void put_ascii(struct sink *to, uint8_t c)
{
    char letter = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    bool kept = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
    if (kept && to->len < to->max) {
        to->out[to->len++] = letter;
    }
}

size_t sym_place_name_fold(char *out, size_t max, struct sym_span text)
{
    struct sink to = {.out = out, .max = max};
    uint32_t c = 0;
    while (text.len > 0) {
        const uint8_t *start = text.data;
        if (start[0] < 0x80) {
            put_ascii(&to, start[0]);
            text = (struct sym_span){start + 1, text.len - 1};
            continue;
        }
        if (!sym_text_next(&c, &text)) {
            break;
        }
        char letter = base_letter(c);
        if (letters(c) != NULL) {
            put(&to, letters(c), 2);
        } else if (letter != '.') {
            put(&to, &letter, 1);
        } else if (!is_mark(c)) {
            put(&to, start, (size_t)(text.data - start));
        }
    }
    return to.len;
}

uint32_t sym_place_name_hash(struct sym_span folded, uint32_t seed)
{
    uint32_t hash = 2166136261u ^ seed;
    for (size_t i = 0; i < folded.len; i++) {
        hash = (hash ^ folded.data[i]) * 16777619u;
    }
    return hash ^ hash >> 15;
}
