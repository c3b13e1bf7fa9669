/* words.h - what the plain tables of a report say, by language. */
#ifndef SYM_CLI_REPORT_WORDS_H
#define SYM_CLI_REPORT_WORDS_H

#include "crypto/bytes.h"

enum sym_language { SYM_LANGUAGE_EN, SYM_LANGUAGE_FR, SYM_LANGUAGE_COUNT };

#define SYM_REPORT_WORD_LIST(X)                                                                     \
    X(REPORT, "Symbolon report", "Rapport Symbolon")                                                \
    X(MADE, "made", "établi le")                                                                    \
    X(PLAIN,                                                                                        \
      "Tables without pictures: this browser runs no scripts, or the program was built without "    \
      "the page that draws.",                                                                       \
      "Tableaux sans figures : ce navigateur n’exécute pas de scripts, ou le programme a été " \
      "construit sans la page qui dessine.")                                                        \
    X(HOTSPOTS, "Hotspots", "Points chauds")                                                        \
    X(ROUTES, "Routes", "Routes")                                                                   \
    X(TRENDS, "Trends", "Évolution")                                                                \
    X(TABULATE, "Counts", "Nombres")                                                                \
    X(OVERLAP, "Overlap", "Recoupement")                                                            \
    X(OVERLAP_TABLE, "Overlap of lists", "Recoupement de listes")                                   \
    X(OTHER, "Result", "Résultat")                                                                  \
    X(ASKED, "Asked by", "Demandé par")                                                             \
    X(TYPE, "Identifier", "Identifiant")                                                            \
    X(TALLIER, "Counted by", "Compté par")                                                          \
    X(PURPOSE, "Purpose, basis", "Finalité, base")                                                  \
    X(RELEASED, "Released", "Publié")                                                               \
    X(NODES, "Nodes", "Nœuds")                                                                      \
    X(OF, "of", "sur")                                                                              \
    X(NOISE, "Noise on a count", "Bruit d’un nombre")                                               \
    X(EXACT, "none, exact counts", "aucun, nombres exacts")                                         \
    X(HIDDEN, "Cells not shown", "Cases non montrées")                                              \
    X(BELOW, "below", "moins de")                                                                   \
    X(OR_NONE, "or none", "ou rien")                                                                \
    X(FALSE_CELLS, "False cells", "Cases fausses")                                                  \
    X(AT_MOST, "at most", "au plus")                                                                \
    X(EXPECTED, "expected: empty, and shown by noise",                                              \
      "attendues : vides, et montrées par le bruit")                                                \
    X(UNSURE, "perhaps noise alone", "peut-être du bruit seul")                                     \
    X(EPSILON, "Privacy spent", "Budget de confidentialité")                                        \
    X(QUERY, "Query", "Requête")                                                                    \
    X(EXCHANGE, "Exchange", "Échange")                                                              \
    X(EVIDENCE, "Evidence", "Preuve")                                                               \
    X(IN_LOG, "in the log, entry", "au journal, entrée")                                            \
    X(IN_EARLIER_LOG, "in the log of before a restore, entry",                                      \
      "au journal d’avant une restauration, entrée")                                                \
    X(NOT_IN_LOG, "not in a signed log yet", "pas encore dans un journal signé")                    \
    X(WRONG, "WRONG: the log does not prove it", "FAUX : le journal ne le prouve pas")              \
    X(COUNT, "Count", "Nombre")                                                                     \
    X(INCIDENTS, "Incidents", "Incidents")                                                          \
    X(PERSONS, "Persons", "Personnes")                                                              \
    X(BETWEEN, "95 of 100 true counts lie in", "95 nombres vrais sur 100 sont dans")                \
    X(TO, "to", "à")                                                                                \
    X(MORE_HIDDEN, "further cells are not shown", "autres cases ne sont pas montrées")              \
    X(MORE_ROWS, "further rows are only in the data at the end of this file",                       \
      "autres lignes ne sont que dans les données à la fin de ce fichier")                          \
    X(LIST, "List", "Liste")                                                                        \
    X(DATASET, "Dataset", "Jeu de données")                                                         \
    X(SIZE, "Identifiers", "Identifiants")                                                          \
    X(COMMON, "In common", "En commun")                                                             \
    X(ON_LIST, "on this list", "sur cette liste")                                                   \
    X(NOT_ON_LIST, "not", "non")                                                                    \
    X(TOTALS, "All records of a list", "Tous les enregistrements d’une liste")                      \
    X(PAIRS, "On both of two lists", "Sur deux listes à la fois")                                   \
    X(ESTIMATE, "How many are on none of the lists", "Combien ne sont sur aucune liste")            \
    X(LISTED, "On at least one list", "Sur une liste au moins")                                     \
    X(UNLISTED, "On none of them, estimated", "Sur aucune, estimation")                             \
    X(TOGETHER, "Together, estimated", "En tout, estimation")                                       \
    X(INTERVAL, "95 % interval", "Intervalle à 95 %")                                               \
    X(HOLDS_IF, "This holds if", "Cela vaut si")                                                    \
    X(NOTES, "Notes", "Remarques")

enum sym_report_word {
#define SYM_REPORT_WORD_ENUM(name, en, fr) SYM_WORD_##name,
    SYM_REPORT_WORD_LIST(SYM_REPORT_WORD_ENUM)
#undef SYM_REPORT_WORD_ENUM
};

/* "en", "fr"; SYM_BAD_VALUE. */
SYM_MUST enum sym_err sym_language_parse(enum sym_language *out, const char *text);
const char *sym_language_text(enum sym_language language);

const char *sym_report_word(enum sym_language language, enum sym_report_word word);

#endif
