#include "cli/ingest/vocabulary.h"

#include "cli/ingest/place_name.h"

#include <string.h>

struct meaning {
    enum sym_dimension dimension;
    const char *folded; /* as place_name.h folds */
    const char *code;
};

#define E SYM_DIMENSION_EXPLOITATION
#define S SYM_DIMENSION_SUBTYPE
#define X SYM_DIMENSION_SEX
#define A SYM_DIMENSION_AGE
#define R SYM_DIMENSION_RECRUITMENT
#define C SYM_DIMENSION_CONTROL
#define T SYM_DIMENSION_TRANSPORT

/* Beside the codes themselves, folded. */
static const struct meaning meanings[] = {
    {E, "forcedlabor", "forced-labour"},
    {E, "labour", "forced-labour"},
    {E, "labourexploitation", "forced-labour"},
    {E, "laborexploitation", "forced-labour"},
    {E, "sexual", "sexual-exploitation"},
    {E, "childlabor", "child-labour"},
    {E, "domesticservitude", "servitude"},
    {E, "forcedmilitarybynonstateactors", "forced-military"},
    {E, "organharvesting", "organ-removal"},
    {E, "otherexploit", "other"},

    {S, "aagricultureforestryandfishing", "agriculture"},
    {S, "agricultureforestryandfishing", "agriculture"},
    {S, "bminingandquarrying", "mining"},
    {S, "miningandquarrying", "mining"},
    {S, "cmanufacturing", "manufacturing"},
    {S, "delectricitygassteamandairconditioningsupply", "energy-supply"},
    {S, "electricitygassteamandairconditioningsupply", "energy-supply"},
    {S, "ewatersupplyseweragewastemanagement", "water-and-waste"},
    {S, "watersupplyseweragewastemanagementandremediation", "water-and-waste"},
    {S, "fconstruction", "construction"},
    {S, "gwholesaleandretailtraderepairofmotorvehicles", "trade-and-repair"},
    {S, "wholesaleandretailtraderepairofmotorvehiclesandmotorcycles", "trade-and-repair"},
    {S, "htransportationandstorage", "transport-and-storage"},
    {S, "transportationandstorage", "transport-and-storage"},
    {S, "iaccommodationandfoodserviceactivities", "hospitality"},
    {S, "accommodationandfoodserviceactivities", "hospitality"},
    {S, "jinformationandcommunication", "information-and-communication"},
    {S, "kfinancialandinsuranceactivities", "finance-and-insurance"},
    {S, "financialandinsuranceactivities", "finance-and-insurance"},
    {S, "lrealestateactivities", "real-estate"},
    {S, "realestateactivities", "real-estate"},
    {S, "mprofessionalscientificandtechnicalactivities", "professional-services"},
    {S, "professionalscientificandtechnicalactivities", "professional-services"},
    {S, "nadministrativeandsupportserviceactivities", "administrative-services"},
    {S, "administrativeandsupportserviceactivities", "administrative-services"},
    {S, "opublicadministrationanddefence", "public-administration"},
    {S, "publicadministrationanddefencecompulsorysocialsecurity", "public-administration"},
    {S, "peducation", "education"},
    {S, "qhumanhealthandsocialworkactivities", "health-and-social-work"},
    {S, "humanhealthandsocialworkactivities", "health-and-social-work"},
    {S, "rartsentertainmentandrecreation", "arts-and-recreation"},
    {S, "artsentertainmentandrecreation", "arts-and-recreation"},
    {S, "sotherserviceactivities", "other-services"},
    {S, "otherserviceactivities", "other-services"},
    {S, "tactivitiesofhouseholdsasemployers", "domestic-work"},
    {S,
     "activitiesofhouseholdsasemployersundifferentiatedgoodsandservicesproducing"
     "activitiesofhouseholdsforownuse",
     "domestic-work"},
    {S, "uactivitiesofextraterritorialorganizations", "extraterritorial-organisations"},
    {S, "activitiesofextraterritorialorganizationsandbodies", "extraterritorial-organisations"},

    {X, "feminine", "female"},
    {X, "woman", "female"},
    {X, "women", "female"},
    {X, "girl", "female"},
    {X, "f", "female"},
    {X, "masculine", "male"},
    {X, "man", "male"},
    {X, "men", "male"},
    {X, "boy", "male"},
    {X, "m", "male"},
    {X, "transgenderfeminine", "trans-or-non-conforming"},
    {X, "transgendermasculine", "trans-or-non-conforming"},
    {X, "nonconforming", "trans-or-non-conforming"},
    {X, "transtransgendernonconforming", "trans-or-non-conforming"},
    {X, "transnonconforming", "trans-or-non-conforming"},
    {X, "transgender", "trans-or-non-conforming"},
    {X, "nonspecifiedunknown", "unknown"},
    {X, "notspecifiedunknown", "unknown"},

    {A, "48plus", "48+"},
    {A, "48orover", "48+"},
    {A, "child", "minor"},
    {A, "under18", "minor"},

    {R, "ataplaceofbusiness", "place-of-business"},
    {R, "ataneducationalinstitution", "place-of-education"},
    {R, "throughonlinesocialnetworks", "online-social-network"},
    {R, "throughanonlineadvertisement", "online-advertisement"},
    {R, "throughatelevisionadvert", "television-advertisement"},
    {R, "throughanewspaperadvert", "newspaper-advertisement"},
    {R, "throughfamilyorfamilyevents", "family"},
    {R, "throughfriendsorsocialevents", "friends"},
    {R, "friend", "friends"},

    {C, "debtbondage", "debt-or-earnings"},
    {C, "takesearnings", "debt-or-earnings"},
    {C, "physicalthreats", "threats"},
    {C, "threatslawenforcement", "threats"},
    {C, "threatsoflawenforcement", "threats"},
    {C, "threatenschildrenfamily", "threats"},
    {C, "physicalabuse", "abuse"},
    {C, "sexualabuse", "abuse"},
    {C, "psychologicalabuse", "abuse"},
    {C, "psychoactivesubstance", "psychoactive-substances"},
    {C, "drugsalcohol", "psychoactive-substances"},
    {C, "restrictsfinancialaccess", "denial-of-needs"},
    {C, "restrictsmedicalcare", "denial-of-needs"},
    {C, "withholdsnecessities", "denial-of-needs"},
    {C, "restrictsmovement", "denial-of-needs"},
    {C, "withholdsdocuments", "withheld-documents"},

    {T, "plane", "air"},
    {T, "aeroplane", "air"},
    {T, "airplane", "air"},
    {T, "flight", "air"},
    {T, "boat", "sea"},
    {T, "ship", "sea"},
    {T, "ferry", "sea"},
    {T, "train", "rail"},
    {T, "coach", "bus"},
    {T, "taxi", "car"},
    {T, "truck", "lorry"},
    {T, "foot", "on-foot"},
    {T, "walking", "on-foot"},
};

#undef E
#undef S
#undef X
#undef A
#undef R
#undef C
#undef T

static struct sym_span fold(char room[SYM_PLACE_NAME_BYTES], struct sym_span text)
{
    return sym_span(room, sym_place_name_fold(room, SYM_PLACE_NAME_BYTES, text));
}

static bool is_one_of(struct sym_span folded, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (sym_span_equal(folded, sym_span_text(list[i]))) {
            return true;
        }
    }
    return false;
}

bool sym_vocabulary_is_blank(struct sym_span text)
{
    static const char *const blanks[] = {"unknown",  "na",           "null",        "none",
                                         "notknown", "notspecified", "notrecorded", "unspecified",
                                         "99",       "notavailable"};
    char room[SYM_PLACE_NAME_BYTES];
    if (text.len == 0) {
        return true;
    }
    struct sym_span folded = fold(room, text);
    if (sym_span_equal(folded, sym_span_text("99"))) {
        return text.data[0] == '-';
    }
    /* "-" and "?" as well. */
    return (folded.len == 0 && text.data[0] < 0x80) ||
           is_one_of(folded, blanks, sizeof blanks / sizeof *blanks);
}

bool sym_vocabulary_is_several(struct sym_span text)
{
    static const char *const words[] = {"several", "mixed", "mixedunknown", "multiple", "various"};
    char room[SYM_PLACE_NAME_BYTES];
    return is_one_of(fold(room, text), words, sizeof words / sizeof *words);
}

/* As if a code, which is small letters, digits and hyphens, were folded. */
static bool is_folded(struct sym_span folded, const char *code)
{
    size_t at = 0;
    for (; *code != '\0'; code++) {
        if (*code == '-' || *code == '+') {
            continue;
        }
        if (at == folded.len || folded.data[at] != (uint8_t)*code) {
            return false;
        }
        at++;
    }
    return at == folded.len;
}

/* Bands are compared with one kind of dash. */
static const char *band(struct sym_span text)
{
    char room[16];
    size_t n = 0;
    for (size_t i = 0; i < text.len && n + 1 < sizeof room; i++) {
        bool dash = i + 2 < text.len && text.data[i] == 0xe2 && text.data[i + 1] == 0x80;
        if (text.data[i] != ' ') {
            room[n++] = dash ? '-' : (char)text.data[i];
        }
        i += dash ? 2 : 0;
    }
    size_t words = 0;
    const char *const *list = sym_dimension_words(SYM_DIMENSION_AGE, &words);
    for (size_t i = 0; i < words; i++) {
        if (sym_span_equal(sym_span(room, n), sym_span_text(list[i]))) {
            return list[i];
        }
    }
    return NULL;
}

const char *sym_vocabulary_code(enum sym_dimension dimension, struct sym_span text)
{
    char room[SYM_PLACE_NAME_BYTES];
    size_t n = 0;
    const char *const *words = sym_dimension_words(dimension, &n);
    const char *code = dimension == SYM_DIMENSION_AGE ? band(text) : NULL;
    struct sym_span folded = fold(room, text);
    for (size_t i = 0; i < n && code == NULL; i++) {
        bool is_band = words[i][0] >= '0' && words[i][0] <= '9';
        if (!is_band && is_folded(folded, words[i])) {
            code = words[i];
        }
    }
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings && code == NULL; i++) {
        if (meanings[i].dimension == dimension && is_folded(folded, meanings[i].folded)) {
            code = meanings[i].code;
        }
    }
    return code;
}

const char *sym_vocabulary_age(unsigned years)
{
    static const struct {
        unsigned below;
        const char *band;
    } bands[] = {{9, "0-8"},    {18, "9-17"},  {21, "18-20"}, {24, "21-23"},
                 {27, "24-26"}, {30, "27-29"}, {39, "30-38"}, {48, "39-47"}};
    for (size_t i = 0; i < sizeof bands / sizeof *bands; i++) {
        if (years < bands[i].below) {
            return bands[i].band;
        }
    }
    return "48+";
}
