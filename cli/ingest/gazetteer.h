/* gazetteer.h - places by name, code and point: countries, their first-order divisions (admin1) and
 * 170,000 towns, built into the command line.
 *
 * Names, divisions and points are GeoNames' (CC BY 4.0), borders on a coarse map Natural Earth's;
 * codes of countries ISO 3166-1. gazetteer.py makes places.bin from them and says how. Names are
 * found whatever the case of their letters, their accents and their punctuation. A point of a
 * country or a division is that of its town nearest to the middle of all its towns; towns have
 * points to a hundredth of a degree. A gazetteer does not change once it is made: threads may share
 * one. Errors: SYM_NOT_FOUND, SYM_EXISTS (several have this name), SYM_NO_MEMORY, SYM_BAD_FORMAT.
 */
#ifndef SYM_CLI_INGEST_GAZETTEER_H
#define SYM_CLI_INGEST_GAZETTEER_H

#include "proto/dimension.h"

struct sym_gazetteer;

/* 10 MiB, in some 20 ms. */
SYM_MUST enum sym_err sym_gazetteer_new(struct sym_gazetteer **out);
/* NULL is fine. */
void sym_gazetteer_free(struct sym_gazetteer *g);

struct sym_place {
    char code[SYM_CODE_BYTES_MAX + 1];     /* "IT", "IT.09" or "IT.09.Milan" */
    char country[3];                       /* "IT" */
    char admin1[4 + SYM_ADMIN1_BYTES_MAX]; /* "IT.09"; "": a country, or a town of no division */
    const char *name;                      /* "Italy", "Lombardy", "Milan"; of the gazetteer */
    bool has_point;
    int32_t latitude_e6;
    int32_t longitude_e6;
};

/* text: alpha-2, alpha-3 or a name: that of GeoNames or CLDR, the United Nations' ("Iran (Islamic
 * Republic of)"), and some others in use ("Ivory Coast"). SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_gazetteer_country(struct sym_place *out, const struct sym_gazetteer *g,
                                            struct sym_span text);
/* text: "IT.09", or with a country (alpha-2, or "") also "09" or "Lombardy". SYM_NOT_FOUND,
 * SYM_EXISTS. */
SYM_MUST enum sym_err sym_gazetteer_admin1(struct sym_place *out, const struct sym_gazetteer *g,
                                           const char *country, struct sym_span text);
/* A town by name within a country, and within a division of it unless admin1 ("IT.09") is "".
 * SYM_NOT_FOUND, SYM_EXISTS. */
SYM_MUST enum sym_err sym_gazetteer_city(struct sym_place *out, const struct sym_gazetteer *g,
                                         const char *country, const char *admin1,
                                         struct sym_span text);

/* The place with this code, of any of the three kinds. SYM_NOT_FOUND: none, "unknown", … */
SYM_MUST enum sym_err sym_gazetteer_find(struct sym_place *out, const struct sym_gazetteer *g,
                                         struct sym_span code);

/* The town nearest to a point, by great circle, within limit_km of it; *km: how far. SYM_NOT_FOUND.
 * Some microseconds. km may be NULL. */
SYM_MUST enum sym_err sym_gazetteer_nearest(struct sym_place *out, double *km,
                                            const struct sym_gazetteer *g, int32_t latitude_e6,
                                            int32_t longitude_e6, double limit_km);
/* The country in which a point lies, on a map of half-degree cells: for points far from all towns.
 * SYM_NOT_FOUND: at sea, or in no country. */
SYM_MUST enum sym_err sym_gazetteer_land(struct sym_place *out, const struct sym_gazetteer *g,
                                         int32_t latitude_e6, int32_t longitude_e6);
/* Kilometres between two points on a sphere of 6371.009 km. */
double sym_gazetteer_km(int32_t latitude_e6, int32_t longitude_e6, int32_t to_latitude_e6,
                        int32_t to_longitude_e6);

/* Number `at` of all countries, of the divisions of a country, and of the towns of a division, in
 * the order of their codes. SYM_NOT_FOUND: there are not so many. */
SYM_MUST enum sym_err sym_gazetteer_country_at(struct sym_place *out, const struct sym_gazetteer *g,
                                               size_t at);
SYM_MUST enum sym_err sym_gazetteer_admin1_at(struct sym_place *out, const struct sym_gazetteer *g,
                                              const char *country, size_t at);
SYM_MUST enum sym_err sym_gazetteer_city_at(struct sym_place *out, const struct sym_gazetteer *g,
                                            const char *admin1, size_t at);

#endif
