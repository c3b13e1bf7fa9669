#include "cli/ingest/id_check.h"

#include <string.h>

#define NUMBER_BYTES_MAX 18u
#define ZEROS_MAX        3u

/* number is a string of the row's shape. True when its check digits match. */
typedef bool check_fn(const char *number);

struct id_row {
    char country[3];
    const char *shape; /* 9: digit, A: letter, *: either, other characters: themselves */
    const char *kind;
    check_fn *check;
};

static unsigned digit(char c)
{
    return (unsigned)(c - '0');
}

static unsigned number_of(const char *text, size_t len)
{
    unsigned v = 0;
    for (size_t i = 0; i < len; i++) {
        v = 10 * v + digit(text[i]);
    }
    return v;
}

/* Sum of digit times weight, one weight each; weights are digits, ':' is ten. */
static unsigned weighed(const char *number, const char *weights)
{
    unsigned sum = 0;
    for (size_t i = 0; weights[i] != '\0'; i++) {
        sum += digit(number[i]) * digit(weights[i]);
    }
    return sum;
}

static unsigned modulo_of(const char *text, size_t len, unsigned modulus)
{
    unsigned rest = 0;
    for (size_t i = 0; i < len; i++) {
        rest = (10 * rest + digit(text[i])) % modulus;
    }
    return rest;
}

static bool all_equal(const char *number)
{
    return strspn(number, (const char[]){number[0], '\0'}) == strlen(number);
}

static bool luhn(const char *number)
{
    unsigned sum = 0;
    size_t len = strlen(number);
    for (size_t i = 0; i < len; i++) {
        unsigned d = digit(number[len - 1 - i]) * (i % 2 == 0 ? 1 : 2);
        sum += d > 9 ? d - 9 : d;
    }
    return sum % 10 == 0;
}

/* Born before 2000, or later: then the number continues a 2. */
static bool check_be(const char *n)
{
    unsigned before = modulo_of(n, 9, 97);
    unsigned later = (2 * (1000000000u % 97) + before) % 97;
    unsigned check = number_of(n + 9, 2);
    return check == 97 - before || check == 97 - later;
}

/* A foreigner's number (LNCh) has the same shape and other weights. */
static bool check_bg(const char *n)
{
    static const unsigned foreigner[9] = {21, 19, 17, 13, 11, 9, 7, 3, 1};
    unsigned sum = 0;
    for (size_t i = 0; i < 9; i++) {
        sum += digit(n[i]) * foreigner[i];
    }
    return weighed(n, "2485:9736") % 11 % 10 == digit(n[9]) || sum % 10 == digit(n[9]);
}

static bool check_br(const char *n)
{
    unsigned first = 0;
    unsigned second = 0;
    for (unsigned i = 0; i < 9; i++) {
        first += digit(n[i]) * (10 - i);
        second += digit(n[i]) * (11 - i);
    }
    second += 2 * digit(n[9]);
    return !all_equal(n) && first * 10 % 11 % 10 == digit(n[9]) &&
           second * 10 % 11 % 10 == digit(n[10]);
}

static bool check_cl(const char *n)
{
    unsigned sum = 0;
    size_t len = strlen(n) - 1;
    for (size_t i = 0; i < len; i++) {
        sum += digit(n[len - 1 - i]) * (unsigned)(2 + i % 6);
    }
    return "0K987654321"[sum % 11] == n[len];
}

static bool check_cn(const char *n)
{
    static const unsigned weights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    unsigned sum = 0;
    for (size_t i = 0; i < 17; i++) {
        sum += digit(n[i]) * weights[i];
    }
    return "10X98765432"[sum % 11] == n[17];
}

/* Until 1985 some got 0 where the remainder was 10. */
static bool check_cz(const char *n)
{
    return modulo_of(n, 10, 11) == 0 || (modulo_of(n, 9, 11) == 10 && n[9] == '0');
}

static bool check_ee(const char *n)
{
    unsigned check = weighed(n, "1234567891") % 11;
    if (check == 10) {
        check = weighed(n, "3456789123") % 11 % 10;
    }
    return check == digit(n[10]);
}

static bool check_es(const char *n)
{
    return "TRWAGMYFPDXBNJZSQVHLCKE"[number_of(n, 8) % 23] == n[8];
}

/* A foreigner's number starts with X, Y or Z, for 0, 1 or 2. */
static bool check_nie(const char *n)
{
    char dni[] = {(char)(n[0] - 'X' + '0'), n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], '\0'};
    return check_es(dni);
}

static bool check_fi_digits(const char *day, const char *rest)
{
    unsigned v = number_of(day, 6) * 1000 + number_of(rest, 3);
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[v % 31] == rest[3];
}

static bool check_fi_1900(const char *n)
{
    return check_fi_digits(n, n + 6);
}

static bool check_fi_later(const char *n)
{
    return check_fi_digits(n, n + 7);
}

static bool check_fr(const char *n)
{
    return 97 - modulo_of(n, 13, 97) == number_of(n + 13, 2);
}

/* Corsica: departments 2A and 2B count as 19 and 18. */
static bool check_fr_corsica(const char *n)
{
    char plain[16];
    memcpy(plain, n, sizeof plain);
    plain[5] = '1';
    plain[6] = n[6] == 'A' ? '9' : '8';
    return (n[6] == 'A' || n[6] == 'B') && check_fr(plain);
}

/* ISO 7064 MOD 11,10 */
static bool check_hr(const char *n)
{
    unsigned p = 10;
    for (size_t i = 0; i < 10; i++) {
        p = (p + digit(n[i])) % 10;
        p = (p == 0 ? 10 : p) * 2 % 11;
    }
    return (p + digit(n[10])) % 10 == 1;
}

static bool check_it(const char *n)
{
    static const unsigned odd[26] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                     20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
    unsigned sum = 0;
    for (size_t i = 0; i < 15; i++) {
        unsigned v = n[i] <= '9' ? digit(n[i]) : (unsigned)(n[i] - 'A');
        sum += i % 2 == 0 ? odd[v] : v;
    }
    return (char)('A' + sum % 26) == n[15];
}

/* The letter Ñ stands in this alphabet, though no number shows it. */
static bool check_mx(const char *n)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < 17; i++) {
        unsigned v = n[i] <= '9' ? digit(n[i]) : (unsigned)(n[i] - 'A') + 10 + (n[i] > 'N' ? 1 : 0);
        sum += v * (18 - i);
    }
    return (10 - sum % 10) % 10 == digit(n[17]);
}

static bool check_nl(const char *n)
{
    return !all_equal(n) && weighed(n, "98765432") % 11 == digit(n[8]);
}

static bool check_no(const char *n)
{
    return (weighed(n, "376189452") + digit(n[9])) % 11 == 0 &&
           (weighed(n, "5432765432") + digit(n[10])) % 11 == 0;
}

static bool check_pl(const char *n)
{
    return (weighed(n, "1379137913") + digit(n[10])) % 10 == 0;
}

static bool check_ro(const char *n)
{
    unsigned check = weighed(n, "279146358279") % 11;
    return (check == 10 ? 1 : check) == digit(n[12]);
}

/* The century in front of the 10 digits takes no part. */
static bool check_se(const char *n)
{
    return luhn(n + (strlen(n) - 10));
}

static bool check_tr(const char *n)
{
    unsigned odd = digit(n[0]) + digit(n[2]) + digit(n[4]) + digit(n[6]) + digit(n[8]);
    unsigned even = digit(n[1]) + digit(n[3]) + digit(n[5]) + digit(n[7]);
    return n[0] != '0' && (odd * 7 + 9 * even) % 10 == digit(n[9]) &&
           (odd + even + digit(n[9])) % 10 == digit(n[10]);
}

static const struct id_row rows[] = {
    {"BE", "99999999999", "national register number", check_be},
    {"BG", "9999999999", "EGN or LNCh", check_bg},
    {"BR", "99999999999", "CPF", check_br},
    {"CL", "9999999*", "RUT", check_cl},
    {"CL", "99999999*", "RUT", check_cl},
    {"CN", "99999999999999999*", "resident identity number", check_cn},
    {"CZ", "9999999999", "birth number", check_cz},
    {"EE", "99999999999", "personal code", check_ee},
    {"ES", "99999999A", "DNI", check_es},
    {"ES", "X9999999A", "NIE", check_nie},
    {"ES", "Y9999999A", "NIE", check_nie},
    {"ES", "Z9999999A", "NIE", check_nie},
    {"FI", "999999999*", "HETU", check_fi_1900},
    {"FI", "999999A999*", "HETU", check_fi_later},
    {"FR", "999999999999999", "NIR", check_fr},
    {"FR", "999992A99999999", "NIR", check_fr_corsica},
    {"FR", "999992B99999999", "NIR", check_fr_corsica},
    {"HR", "99999999999", "OIB", check_hr},
    {"IT", "AAAAAA**A**A***A", "codice fiscale", check_it},
    {"LT", "99999999999", "personal code", check_ee},
    {"MX", "AAAA999999AAAAAA*9", "CURP", check_mx},
    {"NL", "999999999", "BSN", check_nl},
    {"NO", "99999999999", "birth number", check_no},
    {"PL", "99999999999", "PESEL", check_pl},
    {"RO", "9999999999999", "CNP", check_ro},
    {"SE", "9999999999", "personnummer", check_se},
    {"SE", "999999999999", "personnummer", check_se},
    {"SK", "9999999999", "birth number", check_cz},
    {"TR", "99999999999", "identity number", check_tr},
    {"ZA", "9999999999999", "identity number", luhn},
};

static bool has_shape(struct sym_span number, const char *shape)
{
    if (number.len != strlen(shape)) {
        return false;
    }
    for (size_t i = 0; i < number.len; i++) {
        uint8_t c = number.data[i];
        bool is_digit = c >= '0' && c <= '9';
        bool fits = shape[i] == '9'   ? is_digit
                    : shape[i] == 'A' ? !is_digit
                    : shape[i] == '*' ? true
                                      : c == (uint8_t)shape[i];
        if (!fits) {
            return false;
        }
    }
    return true;
}

enum sym_id_check sym_id_check(const char **kind, const char *country, struct sym_span number)
{
    char text[NUMBER_BYTES_MAX + 1];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(country, rows[i].country) == 0 && has_shape(number, rows[i].shape)) {
            memcpy(text, number.data, number.len);
            text[number.len] = '\0';
            *kind = rows[i].kind;
            return rows[i].check(text) ? SYM_ID_MATCHES : SYM_ID_DIFFERS;
        }
    }
    return SYM_ID_UNCHECKED;
}

bool sym_id_lacks_zeros(const char *country, struct sym_span number)
{
    char text[NUMBER_BYTES_MAX + 1];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const size_t len = strlen(rows[i].shape);
        if (strcmp(country, rows[i].country) != 0 || number.len >= len ||
            number.len + ZEROS_MAX < len) {
            continue;
        }
        const size_t zeros = len - number.len;
        memset(text, '0', zeros);
        memcpy(text + zeros, number.data, number.len);
        text[len] = '\0';
        if (has_shape(sym_span(text, len), rows[i].shape) && rows[i].check(text)) {
            return true;
        }
    }
    return false;
}
