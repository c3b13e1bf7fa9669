#include "cli/ingest/country.h"

#include <string.h>

/* ISO 3166-1: alpha-2, then alpha-3, in the order of alpha-2. */
static const char iso_3166[][6] = {
    /* clang-format off */
    "ADAND", "AEARE", "AFAFG", "AGATG", "AIAIA", "ALALB", "AMARM", "AOAGO", "AQATA", "ARARG",
    "ASASM", "ATAUT", "AUAUS", "AWABW", "AXALA", "AZAZE", "BABIH", "BBBRB", "BDBGD", "BEBEL",
    "BFBFA", "BGBGR", "BHBHR", "BIBDI", "BJBEN", "BLBLM", "BMBMU", "BNBRN", "BOBOL", "BQBES",
    "BRBRA", "BSBHS", "BTBTN", "BVBVT", "BWBWA", "BYBLR", "BZBLZ", "CACAN", "CCCCK", "CDCOD",
    "CFCAF", "CGCOG", "CHCHE", "CICIV", "CKCOK", "CLCHL", "CMCMR", "CNCHN", "COCOL", "CRCRI",
    "CUCUB", "CVCPV", "CWCUW", "CXCXR", "CYCYP", "CZCZE", "DEDEU", "DJDJI", "DKDNK", "DMDMA",
    "DODOM", "DZDZA", "ECECU", "EEEST", "EGEGY", "EHESH", "ERERI", "ESESP", "ETETH", "FIFIN",
    "FJFJI", "FKFLK", "FMFSM", "FOFRO", "FRFRA", "GAGAB", "GBGBR", "GDGRD", "GEGEO", "GFGUF",
    "GGGGY", "GHGHA", "GIGIB", "GLGRL", "GMGMB", "GNGIN", "GPGLP", "GQGNQ", "GRGRC", "GSSGS",
    "GTGTM", "GUGUM", "GWGNB", "GYGUY", "HKHKG", "HMHMD", "HNHND", "HRHRV", "HTHTI", "HUHUN",
    "IDIDN", "IEIRL", "ILISR", "IMIMN", "ININD", "IOIOT", "IQIRQ", "IRIRN", "ISISL", "ITITA",
    "JEJEY", "JMJAM", "JOJOR", "JPJPN", "KEKEN", "KGKGZ", "KHKHM", "KIKIR", "KMCOM", "KNKNA",
    "KPPRK", "KRKOR", "KWKWT", "KYCYM", "KZKAZ", "LALAO", "LBLBN", "LCLCA", "LILIE", "LKLKA",
    "LRLBR", "LSLSO", "LTLTU", "LULUX", "LVLVA", "LYLBY", "MAMAR", "MCMCO", "MDMDA", "MEMNE",
    "MFMAF", "MGMDG", "MHMHL", "MKMKD", "MLMLI", "MMMMR", "MNMNG", "MOMAC", "MPMNP", "MQMTQ",
    "MRMRT", "MSMSR", "MTMLT", "MUMUS", "MVMDV", "MWMWI", "MXMEX", "MYMYS", "MZMOZ", "NANAM",
    "NCNCL", "NENER", "NFNFK", "NGNGA", "NINIC", "NLNLD", "NONOR", "NPNPL", "NRNRU", "NUNIU",
    "NZNZL", "OMOMN", "PAPAN", "PEPER", "PFPYF", "PGPNG", "PHPHL", "PKPAK", "PLPOL", "PMSPM",
    "PNPCN", "PRPRI", "PSPSE", "PTPRT", "PWPLW", "PYPRY", "QAQAT", "REREU", "ROROU", "RSSRB",
    "RURUS", "RWRWA", "SASAU", "SBSLB", "SCSYC", "SDSDN", "SESWE", "SGSGP", "SHSHN", "SISVN",
    "SJSJM", "SKSVK", "SLSLE", "SMSMR", "SNSEN", "SOSOM", "SRSUR", "SSSSD", "STSTP", "SVSLV",
    "SXSXM", "SYSYR", "SZSWZ", "TCTCA", "TDTCD", "TFATF", "TGTGO", "THTHA", "TJTJK", "TKTKL",
    "TLTLS", "TMTKM", "TNTUN", "TOTON", "TRTUR", "TTTTO", "TVTUV", "TWTWN", "TZTZA", "UAUKR",
    "UGUGA", "UMUMI", "USUSA", "UYURY", "UZUZB", "VAVAT", "VCVCT", "VEVEN", "VGVGB", "VIVIR",
    "VNVNM", "VUVUT", "WFWLF", "WSWSM", "YEYEM", "YTMYT", "ZAZAF", "ZMZMB", "ZWZWE",
    /* clang-format on */
};

struct alias {
    const char *code;
    const char *meaning;
};

/* What is written on documents beside ISO 3166-1 and means one of its countries, or Kosovo. */
static const struct alias aliases[] = {
    {"UK", "GB"},  {"EL", "GR"},  {"D", "DE"},   {"XK", "XK"},  {"XKX", "XK"},
    {"XKK", "XK"}, {"RKS", "XK"}, {"UNK", "XK"}, {"GBD", "GB"}, {"GBN", "GB"},
    {"GBO", "GB"}, {"GBP", "GB"}, {"GBS", "GB"}, {"ROM", "RO"},
};

/* Issuers that are no country and nationalities that are none, one after the other, each of three
 * letters and standing for itself (ICAO 9303 part 3 section 5). */
static const char no_countries[] = "UNOUNAEUEXAAXBAXCCXCEXCOXECXESXIMXMPXOMXPOXXAXXBXXCXXX";
#define CODE_LETTERS 3u

#define ISO_ROWS (sizeof iso_3166 / sizeof *iso_3166)

/* Capital letters; false when it is anything else. */
static bool read_code(char out[SYM_COUNTRY_BYTES], struct sym_span code)
{
    if (code.len == 0 || code.len >= SYM_COUNTRY_BYTES) {
        return false;
    }
    for (size_t i = 0; i < code.len; i++) {
        uint8_t c = code.data[i];
        bool small = c >= 'a' && c <= 'z';
        if (!small && (c < 'A' || c > 'Z')) {
            return false;
        }
        out[i] = (char)(small ? c - 'a' + 'A' : c);
    }
    out[code.len] = '\0';
    return true;
}

static const char *find_alpha2(const char *code)
{
    size_t low = 0;
    size_t high = ISO_ROWS;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strncmp(code, iso_3166[middle], 2);
        if (order == 0) {
            return iso_3166[middle];
        }
        low = order > 0 ? middle + 1 : low;
        high = order < 0 ? middle : high;
    }
    return NULL;
}

static const char *find_alpha3(const char *code)
{
    for (size_t i = 0; i < ISO_ROWS; i++) {
        if (strcmp(code, iso_3166[i] + 2) == 0) {
            return iso_3166[i];
        }
    }
    return NULL;
}

enum sym_err sym_country_parse(char out[SYM_COUNTRY_BYTES], struct sym_span code)
{
    char text[SYM_COUNTRY_BYTES];
    if (!read_code(text, code)) {
        return SYM_NOT_FOUND;
    }
    const char *row = code.len == 2 ? find_alpha2(text) : find_alpha3(text);
    if (row != NULL) {
        memcpy(out, (const char[]){row[0], row[1], '\0'}, 3);
        return SYM_OK;
    }
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        if (strcmp(text, aliases[i].code) == 0) {
            memcpy(out, aliases[i].meaning, strlen(aliases[i].meaning) + 1);
            return SYM_OK;
        }
    }
    for (const char *at = no_countries; code.len == CODE_LETTERS && *at != '\0';
         at += CODE_LETTERS) {
        if (strncmp(text, at, CODE_LETTERS) == 0) {
            memcpy(out, text, CODE_LETTERS + 1);
            return SYM_OK;
        }
    }
    return SYM_NOT_FOUND;
}

bool sym_country_is_alpha2(struct sym_span code)
{
    char text[SYM_COUNTRY_BYTES];
    if (code.len != 2 || !read_code(text, code) || text[0] != (char)code.data[0] ||
        text[1] != (char)code.data[1]) {
        return false;
    }
    return find_alpha2(text) != NULL || strcmp(text, "XK") == 0;
}
