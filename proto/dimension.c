#include "proto/dimension.h"

#include "crypto/text.h"

/* Where the two standards differ in detail the list has the group that both can tell, so that the
 * records of both count in the same cells. */
static const char *const exploitation[] = {
    "forced-labour",   "sexual-exploitation", "child-labour",  "forced-marriage",
    "servitude",       "forced-military",     "organ-removal", "forced-begging",
    "forced-adoption", "surrogacy",           "other",         SYM_CODE_UNKNOWN};

/* Industries after ISIC Rev. 4, sections A to U, then kinds of sexual exploitation. */
static const char *const subtype[] = {"agriculture",
                                      "mining",
                                      "manufacturing",
                                      "energy-supply",
                                      "water-and-waste",
                                      "construction",
                                      "trade-and-repair",
                                      "transport-and-storage",
                                      "hospitality",
                                      "information-and-communication",
                                      "finance-and-insurance",
                                      "real-estate",
                                      "professional-services",
                                      "administrative-services",
                                      "public-administration",
                                      "education",
                                      "health-and-social-work",
                                      "arts-and-recreation",
                                      "other-services",
                                      "domestic-work",
                                      "extraterritorial-organisations",
                                      "prostitution",
                                      "pornography",
                                      "remote-interactive-services",
                                      "private-sexual-services",
                                      "other",
                                      SYM_CODE_UNKNOWN};

static const char *const sex[] = {"female", "male", "trans-or-non-conforming", SYM_CODE_UNKNOWN};

/* The last two are for records that know no more than that. */
static const char *const age[] = {"0-8",   "9-17",  "18-20", "21-23", "24-26", "27-29",
                                  "30-38", "39-47", "48+",   "minor", "adult", SYM_CODE_UNKNOWN};

static const char *const recruitment[] = {"place-of-business",
                                          "place-of-education",
                                          "at-work",
                                          "online-social-network",
                                          "online-advertisement",
                                          "television-advertisement",
                                          "newspaper-advertisement",
                                          "intimate-partner",
                                          "family",
                                          "friends",
                                          "other",
                                          SYM_CODE_UNKNOWN};

static const char *const control[] = {"debt-or-earnings",
                                      "threats",
                                      "abuse",
                                      "false-promises",
                                      "psychoactive-substances",
                                      "denial-of-needs",
                                      "excessive-working-hours",
                                      "withheld-documents",
                                      "other",
                                      SYM_CODE_UNKNOWN};

static const char *const transport[] = {"air",   "sea",     "rail",  "bus",           "car",
                                        "lorry", "on-foot", "other", SYM_CODE_UNKNOWN};

struct words {
    const char *const *list;
    size_t n;
};

#define WORDS(list)                                                                                \
    {                                                                                              \
        list, sizeof(list) / sizeof *(list)                                                        \
    }

static const struct words fixed[SYM_DIMENSION_COUNT] = {
    [SYM_DIMENSION_EXPLOITATION] = WORDS(exploitation),
    [SYM_DIMENSION_SUBTYPE] = WORDS(subtype),
    [SYM_DIMENSION_SEX] = WORDS(sex),
    [SYM_DIMENSION_AGE] = WORDS(age),
    [SYM_DIMENSION_RECRUITMENT] = WORDS(recruitment),
    [SYM_DIMENSION_CONTROL] = WORDS(control),
    [SYM_DIMENSION_TRANSPORT] = WORDS(transport),
};

struct row {
    const char *text;
    enum sym_dimension_role role;
    enum sym_incident_field field;
};

static const struct row rows[SYM_DIMENSION_COUNT] = {
    [SYM_DIMENSION_NONE] = {"unknown", SYM_ROLE_CATEGORY, SYM_FIELD_OF_CODES},
#define ROW(name, number, text, role, field)                                                       \
    [SYM_DIMENSION_##name] = {text, SYM_ROLE_##role, SYM_FIELD_OF_##field},
    SYM_DIMENSION_LIST(ROW)
#undef ROW
};

const char *sym_dimension_text(uint32_t dimension)
{
    return rows[dimension < SYM_DIMENSION_COUNT ? dimension : SYM_DIMENSION_NONE].text;
}

enum sym_err sym_dimension_parse(enum sym_dimension *out, struct sym_span text)
{
    for (enum sym_dimension d = SYM_DIMENSION_NONE + 1; d < SYM_DIMENSION_COUNT; d++) {
        if (sym_span_equal(sym_span_text(rows[d].text), text)) {
            *out = d;
            return SYM_OK;
        }
    }
    return SYM_NOT_FOUND;
}

enum sym_dimension_role sym_dimension_role(enum sym_dimension dimension)
{
    return rows[dimension].role;
}

enum sym_incident_field sym_dimension_field(enum sym_dimension dimension)
{
    return rows[dimension].field;
}

const char *const *sym_dimension_words(enum sym_dimension dimension, size_t *n)
{
    *n = fixed[dimension].n;
    return fixed[dimension].list;
}

/* Forms --------------------------------------------------------------------------------------- */

static bool is(struct sym_span code, const char *text)
{
    return sym_span_equal(code, sym_span_text(text));
}

static bool is_capital(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_country(struct sym_span code)
{
    return code.len == 2 && is_capital(code.data[0]) && is_capital(code.data[1]);
}

/* "IT.09", or "IT.09." and more: the bytes up to there; 0: it does not begin so. */
static size_t division_bytes(struct sym_span code)
{
    size_t at = 3;
    if (code.len < 4 || !is_country(sym_span(code.data, 2)) || code.data[2] != '.') {
        return 0;
    }
    while (at < code.len && (is_capital(code.data[at]) || is_digit(code.data[at]))) {
        at++;
    }
    return at > 3 && at <= 3 + SYM_ADMIN1_BYTES_MAX ? at : 0;
}

static bool is_admin1(struct sym_span code)
{
    return code.len > 0 && division_bytes(code) == code.len;
}

static bool is_city(struct sym_span code)
{
    size_t at = division_bytes(code);
    return at > 0 && at + 1 < code.len && code.data[at] == '.' &&
           sym_text_is_name(sym_span(code.data + at + 1, code.len - at - 1));
}

static bool is_geohash(struct sym_span code, size_t n)
{
    static const char letters[] = SYM_GEOHASH_LETTERS;
    for (size_t i = 0; i < code.len; i++) {
        size_t at = 0;
        while (letters[at] != '\0' && (uint8_t)letters[at] != code.data[i]) {
            at++;
        }
        if (letters[at] == '\0') {
            return false;
        }
    }
    return code.len == n;
}

static bool is_year(struct sym_span code)
{
    unsigned year = 0;
    for (size_t i = 0; i < code.len; i++) {
        if (!is_digit(code.data[i]) || i == 4) {
            return false;
        }
        year = year * 10u + (unsigned)(code.data[i] - '0');
    }
    return code.len == 4 && year >= SYM_YEAR_MIN && year <= SYM_YEAR_MAX;
}

static bool is_quarter(struct sym_span code)
{
    return code.len == 7 && is_year(sym_span(code.data, 4)) && code.data[4] == '-' &&
           code.data[5] == 'Q' && code.data[6] >= '1' && code.data[6] <= '4';
}

static bool is_month(struct sym_span code)
{
    if (code.len != 7 || !is_year(sym_span(code.data, 4)) || code.data[4] != '-' ||
        !is_digit(code.data[5]) || !is_digit(code.data[6])) {
        return false;
    }
    int month = (code.data[5] - '0') * 10 + (code.data[6] - '0');
    return month >= 1 && month <= 12;
}

static bool is_word(enum sym_dimension dimension, struct sym_span code)
{
    for (size_t i = 0; i < fixed[dimension].n; i++) {
        if (is(code, fixed[dimension].list[i])) {
            return true;
        }
    }
    return false;
}

static bool is_place(struct sym_span code, bool (*named)(struct sym_span))
{
    return is(code, SYM_CODE_SEVERAL) || is(code, SYM_CODE_AT_SEA) || named(code);
}

static bool fits(enum sym_dimension dimension, struct sym_span code)
{
    switch (dimension) {
    case SYM_DIMENSION_COUNTRY:
    case SYM_DIMENSION_ORIGIN:
    case SYM_DIMENSION_TRANSIT:
    case SYM_DIMENSION_DESTINATION:
        return is_place(code, is_country);
    case SYM_DIMENSION_ADMIN1:
        return is_place(code, is_admin1);
    case SYM_DIMENSION_CITY:
        return is_place(code, is_city);
    case SYM_DIMENSION_GEOHASH1:
        return is_geohash(code, 1);
    case SYM_DIMENSION_GEOHASH2:
        return is_geohash(code, 2);
    case SYM_DIMENSION_GEOHASH3:
        return is_geohash(code, 3);
    case SYM_DIMENSION_GEOHASH4:
        return is_geohash(code, 4);
    case SYM_DIMENSION_YEAR:
        return is_year(code);
    case SYM_DIMENSION_QUARTER:
        return is_quarter(code);
    case SYM_DIMENSION_MONTH:
        return is_month(code);
    case SYM_DIMENSION_EXPLOITATION:
    case SYM_DIMENSION_SUBTYPE:
    case SYM_DIMENSION_SEX:
    case SYM_DIMENSION_AGE:
    case SYM_DIMENSION_RECRUITMENT:
    case SYM_DIMENSION_CONTROL:
    case SYM_DIMENSION_TRANSPORT:
        return is_word(dimension, code);
    case SYM_DIMENSION_NONE:
    case SYM_DIMENSION_COUNT:
        break;
    }
    return false;
}

enum sym_err sym_dimension_check(enum sym_dimension dimension, struct sym_span code)
{
    if ((unsigned)dimension >= SYM_DIMENSION_COUNT || code.len == 0 ||
        code.len > SYM_CODE_BYTES_MAX) {
        return SYM_BAD_VALUE;
    }
    return is(code, SYM_CODE_UNKNOWN) || fits(dimension, code) ? SYM_OK : SYM_BAD_VALUE;
}
