"""GeoJSON as RFC 7946 wants it, and where countries are: for the tests of what maps are made of."""

import json
import math
import os
import pathlib

KM_PER_DEGREE = 6371.0088 * math.pi / 180
COORDINATES = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
NEAR_KM = 25
# Where the borders of Natural Earth at 1:50 million are not those of ISO 3166: of Western Sahara they
# draw what lies east of the berm, the rest with Morocco; they leave out Melilla and Pitcairn's main island.
ALSO = {"EH": "MA"}
NOT_DRAWN = ("Melilla", "Pitcairn")


def positions(value, depth):
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is no array of coordinates")
    if depth > 0:
        return [position for part in value for position in positions(part, depth - 1)]
    if not 2 <= len(value) <= 3 or not all(type(number) in (int, float) and math.isfinite(number) for number in value):
        raise ValueError(f"{value!r} is no position")
    longitude, latitude = value[:2]
    if abs(longitude) > 180 or abs(latitude) > 90:
        raise ValueError(f"{value!r} is nowhere on Earth: longitude comes first")
    return [value]


def check_geometry(geometry):
    if geometry is None:
        return
    if not isinstance(geometry, dict) or geometry.get("type") not in COORDINATES:
        raise ValueError(f"{geometry!r} is no geometry")
    found = positions(geometry["coordinates"], COORDINATES[geometry["type"]])
    if geometry["type"] == "LineString" and len(found) < 2:
        raise ValueError("a line has two positions at least")
    for member in ("features", "geometry", "properties"):
        if member in geometry:
            raise ValueError(f"a geometry has no {member}")


def check(text):
    """The document, which is a FeatureCollection; ValueError if RFC 7946 does not allow it."""
    def once(pairs):
        if len({name for name, _ in pairs}) < len(pairs):
            raise ValueError(f"a name comes twice: {[name for name, _ in pairs]}")
        return dict(pairs)

    def refuse(word):
        raise ValueError(f"{word} is no JSON")

    document = json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise ValueError("no FeatureCollection")
    for member in ("crs", "coordinates", "geometries", "geometry", "properties"):
        if member in document:
            raise ValueError(f"a FeatureCollection has no {member}")
    if not isinstance(document.get("features"), list):
        raise ValueError("features is no array")
    for feature in document["features"]:
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise ValueError(f"{feature!r} is no Feature")
        if "geometry" not in feature or not isinstance(feature.get("properties", 0), (dict, type(None))):
            raise ValueError(f"{feature!r} lacks geometry or properties")
        if "features" in feature or "coordinates" in feature or "crs" in feature:
            raise ValueError(f"{feature!r} has what only others have")
        check_geometry(feature["geometry"])
    return document


class Countries:
    """Borders of Natural Earth, 1:50 million, as TopoJSON of world-atlas; codes by Debian's iso-codes."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        topology = json.loads((folder / "countries-50m.json").read_text("utf-8"))
        rows = json.loads((folder / "iso_3166-1.json").read_text("utf-8"))["3166-1"]
        codes = {row["numeric"]: row["alpha_2"] for row in rows}
        arcs = [self.arc(topology["transform"], arc) for arc in topology["arcs"]]
        self.rings = {}
        for shape in topology["objects"]["countries"]["geometries"]:
            code = codes.get(str(shape.get("id", "")).zfill(3))
            polygons = {"Polygon": lambda one: [one], "MultiPolygon": lambda many: many}
            if code is not None and shape["type"] in polygons:
                for polygon in polygons[shape["type"]](shape["arcs"]):
                    self.rings.setdefault(code, []).extend(self.ring(arcs, ring) for ring in polygon)

    @staticmethod
    def arc(transform, deltas):
        x = y = 0
        points = []
        for dx, dy in deltas:
            x, y = x + dx, y + dy
            points.append((x * transform["scale"][0] + transform["translate"][0],
                           y * transform["scale"][1] + transform["translate"][1]))
        return points

    @staticmethod
    def ring(arcs, parts):
        points = []
        for part in parts:
            points += arcs[part] if part >= 0 else arcs[~part][::-1]
        return points

    def distance_km(self, code, longitude, latitude):
        """From a point to a country, 0 inside of it; None: there are no borders of that country. On a
        plane around the point, good for short distances."""
        if code not in self.rings:
            return None
        shrink = math.cos(math.radians(latitude))
        nearest, inside = math.inf, False
        for ring in self.rings[code]:
            plane = [(((x - longitude + 180) % 360 - 180) * shrink, y - latitude) for x, y in ring]
            for (ax, ay), (bx, by) in zip(plane, plane[1:] + plane[:1]):
                if abs(ax - bx) > 180 * shrink:  # around the back of the Earth
                    continue
                if (ay > 0) != (by > 0) and ax + (bx - ax) * ay / (ay - by) > 0:
                    inside = not inside
                length = (bx - ax) ** 2 + (by - ay) ** 2
                along = 0 if length == 0 else min(1, max(0, -(ax * (bx - ax) + ay * (by - ay)) / length))
                nearest = min(nearest, math.hypot(ax + along * (bx - ax), ay + along * (by - ay)))
        return 0 if inside else nearest * KM_PER_DEGREE


def ends(feature):
    """[(code of the country, longitude, latitude)] of a feature that a tabulation wrote."""
    said, geometry = feature["properties"], feature["geometry"]
    place = said.get("admin1", said.get("city", said.get("country")))
    if "origin" not in said or said["origin"] == said.get("destination", place):
        points = [(place or said.get("origin"), geometry["coordinates"])]
    else:
        points = list(zip((said["origin"], said.get("destination", place)), geometry["coordinates"], strict=True))
    return [(code.partition(".")[0], *point[:2]) for code, point in points]


def borders():
    """None where the material is absent."""
    folder = pathlib.Path(os.environ.get("SYMBOLON_SHARED", "")) / "data/places"
    return Countries(folder) if (folder / "countries-50m.json").exists() else None


def far(document, countries):
    """What is not within 25 km of the country that it names, and codes of countries without borders."""
    off, borderless = [], set()
    for feature in document["features"]:
        for code, longitude, latitude in ends(feature):
            distance = countries.distance_km(code, longitude, latitude)
            if code in ALSO:
                distance = min(distance, countries.distance_km(ALSO[code], longitude, latitude))
            if distance is None:
                borderless.add(code)
            elif distance > NEAR_KM and feature["properties"]["name"] not in NOT_DRAWN:
                off.append((code, feature["properties"]["name"], longitude, latitude, round(distance)))
    return off, borderless
