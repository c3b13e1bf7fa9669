#include "crypto/text.h"

/* How the first byte of a character says how many follow; the smallest character that needs them.
 */
static const struct form {
    uint8_t mask, mark;
    size_t following;
    uint32_t smallest;
} forms[] = {
    {0x80, 0x00, 0, 0},
    {0xe0, 0xc0, 1, 0x80},
    {0xf0, 0xe0, 2, 0x800},
    {0xf8, 0xf0, 3, 0x10000},
};

static const struct form *form_of(uint8_t first)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if ((first & forms[i].mask) == forms[i].mark) {
            return &forms[i];
        }
    }
    return NULL;
}

bool sym_text_next(uint32_t *character, struct sym_span *rest)
{
    if (rest->data[0] < 0x80) {
        *character = rest->data[0];
        *rest = sym_span(rest->data + 1, rest->len - 1);
        return true;
    }
    const struct form *form = form_of(rest->data[0]);
    if (form == NULL || rest->len <= form->following) {
        return false;
    }
    uint32_t c = rest->data[0] & (uint8_t)~form->mask;
    for (size_t i = 1; i <= form->following; i++) {
        if ((rest->data[i] & 0xc0) != 0x80) {
            return false;
        }
        c = c << 6 | (rest->data[i] & 0x3fu);
    }
    if (c < form->smallest || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        return false;
    }
    *character = c;
    *rest = sym_span(rest->data + form->following + 1, rest->len - form->following - 1);
    return true;
}

/* Unicode categories Cc, Cf, Zs (but U+0020), Zl, Zp and Co, fillers that show as nothing, the
 * blank of Braille, and noncharacters; each row from, to. Variation selectors stay: emoji and
 * Mongolian need them. */
static const uint32_t refused[][2] = {
    {0x0000, 0x001f},   {0x007f, 0x00a0},   {0x00ad, 0x00ad},    {0x034f, 0x034f},
    {0x0600, 0x0605},   {0x061c, 0x061c},   {0x06dd, 0x06dd},    {0x070f, 0x070f},
    {0x0890, 0x0891},   {0x08e2, 0x08e2},   {0x115f, 0x1160},    {0x1680, 0x1680},
    {0x17b4, 0x17b5},   {0x180e, 0x180e},   {0x2000, 0x200f},    {0x2028, 0x202f},
    {0x205f, 0x206f},   {0x2800, 0x2800},   {0x3000, 0x3000},    {0x3164, 0x3164},
    {0xe000, 0xf8ff},   {0xfdd0, 0xfdef},   {0xfeff, 0xfeff},    {0xffa0, 0xffa0},
    {0xfff0, 0xfffb},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd},  {0x13430, 0x1343f},
    {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
};

static bool is_refused(uint32_t c)
{
    if (c >= ' ' && c < 0x7f) {
        return false;
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (c >= refused[i][0] && c <= refused[i][1]) {
            return true;
        }
    }
    return (c & 0xfffe) == 0xfffe;
}

bool sym_text_is_name(struct sym_span text)
{
    if (text.len == 0 || text.data[0] == ' ' || text.data[text.len - 1] == ' ') {
        return false;
    }
    while (text.len > 0) {
        uint32_t c = 0;
        if (!sym_text_next(&c, &text) || is_refused(c)) {
            return false;
        }
    }
    return true;
}

bool sym_text_is_typed(struct sym_span text)
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
    unsigned others = text.len >= sizeof mark && sym_equal(text.data, mark, sizeof mark);
    for (size_t i = 0; i < text.len; i++) {
        others |= (unsigned)(text.data[i] < ' ') | (unsigned)(text.data[i] == 0x7f);
    }
    return others == 0;
}

bool sym_text_is_alias(struct sym_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool mark = c == '.' || c == '_' || c == '-';
        if (!letter && !(mark && i > 0)) {
            return false;
        }
    }
    return text.len > 0;
}
