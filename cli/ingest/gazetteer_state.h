/* gazetteer_state.h - what a gazetteer holds in memory; for gazetteer.c, which answers, and
 * gazetteer_load.c, which fills it. Texts lie in one pool, terminated, and are named by offset;
 * countries, divisions and towns by number. SYM_GAZETTEER_NONE: there is none. */
#ifndef SYM_CLI_INGEST_GAZETTEER_STATE_H
#define SYM_CLI_INGEST_GAZETTEER_STATE_H

#include "cli/ingest/gazetteer.h"

#define SYM_GAZETTEER_NONE      UINT32_MAX
#define SYM_GAZETTEER_COUNTRIES 256u
#define SYM_GAZETTEER_DIVISIONS 8192u
#define SYM_GAZETTEER_TOWNS     262144u
#define SYM_GAZETTEER_NAMES     4096u
#define SYM_GAZETTEER_POOL      8388608u
/* Towns are looked up by name in a table of so many places, a power of two. */
#define SYM_GAZETTEER_PLACES (2u * SYM_GAZETTEER_TOWNS)
/* Cells of half a degree. */
#define SYM_GAZETTEER_ROWS    360u
#define SYM_GAZETTEER_COLUMNS 720u
#define SYM_GAZETTEER_CELLS   (SYM_GAZETTEER_ROWS * SYM_GAZETTEER_COLUMNS)

struct sym_gazetteer_country {
    char code[3], alpha3[4];
    uint32_t name;
    uint32_t first, n; /* divisions */
    uint32_t point;    /* town */
};

struct sym_gazetteer_division {
    char code[4 + SYM_ADMIN1_BYTES_MAX];
    uint32_t country;
    uint32_t name; /* of an empty text: towns of no division */
    uint32_t folded;
    uint32_t first, n; /* towns, ascending by name */
    uint32_t point;
};

struct sym_gazetteer_town {
    uint32_t name;
    uint32_t division;
    uint16_t latitude, longitude; /* hundredths of a degree from 90 south, 180 west */
};

struct sym_gazetteer_name {
    uint32_t hash, folded, country;
};

struct sym_gazetteer {
    struct sym_gazetteer_country *countries; /* ascending by code */
    struct sym_gazetteer_division *divisions;
    struct sym_gazetteer_town *towns;
    struct sym_gazetteer_name *names; /* of countries */
    uint32_t n_countries, n_divisions, n_towns, n_names;
    char *pool;
    size_t pool_len;
    uint32_t *by_name; /* towns; SYM_GAZETTEER_NONE: free */
    uint32_t *cells;   /* of each the first of its towns in by_cell; one more at the end */
    uint32_t *by_cell;
    uint16_t *land;      /* of each cell the country in which its middle lies; 65535: none */
    float (*vectors)[3]; /* of towns, in the order of by_cell, on the sphere of radius 1 */
};

/* Where the name of a town of a country begins to be looked for in by_name. */
uint32_t sym_gazetteer_slot(struct sym_span folded, uint32_t country);
void sym_gazetteer_vector(float out[3], double latitude, double longitude);

#endif
