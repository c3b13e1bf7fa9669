"""Maps that tabulations write are GeoJSON, and their points lie where they say."""

import csv
import json
import unittest

import geojson
from nodes import NodeTest


class Validator(unittest.TestCase):
    def collection(self, geometry, **more):
        return json.dumps({"type": "FeatureCollection", **more, "features": [
            {"type": "Feature", "geometry": geometry, "properties": {}}]})

    def test_takes_what_is_right(self):
        for geometry in (None, {"type": "Point", "coordinates": [-180, 90]},
                         {"type": "LineString", "coordinates": [[0, 1], [2.5, 3, 400]]}):
            geojson.check(self.collection(geometry, count=3))

    def test_refuses_what_is_not(self):
        for geometry in ({"type": "Point", "coordinates": [45, 181]}, {"type": "Point", "coordinates": [181, 45]},
                         {"type": "Point", "coordinates": ["1", 2]}, {"type": "Point", "coordinates": [1]},
                         {"type": "Point", "coordinates": [True, 2]}, {"type": "Dot", "coordinates": [1, 2]},
                         {"type": "LineString", "coordinates": [[1, 2]]}, {"type": "LineString", "coordinates": [1, 2]},
                         {"type": "Point", "coordinates": [float("nan"), 2]}, [1, 2]):
            with self.assertRaises(ValueError, msg=geometry):
                geojson.check(self.collection(geometry))
        for text in (self.collection(None, crs={}), "[]", '{"type": "FeatureCollection"}',
                     '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}}]}',
                     '{"type": "FeatureCollection", "features": [], "features": []}', "{"):
            with self.assertRaises(ValueError, msg=text):
                geojson.check(text)


class Maps(NodeTest):
    def setUp(self):
        super().setUp()
        self.countries = geojson.borders()

    def need_borders(self):
        if self.countries is None:
            self.skipTest("there are no borders to compare with: SYMBOLON_SHARED has no data/places")

    def preview(self, node, dataset, command, by):
        return geojson.check(node.do(command, "--by", by, "--dataset", dataset, "--preview", "--format", "geojson"))

    def counted(self, node, dataset, columns, rows):
        path = self.home / f"{dataset}.csv"
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([[*columns, "count"], *([*row, 7] for row in rows)])
        node.do("import", path, "--dataset", dataset, "--profile", "aggregates", "--cells-per-incident", 1,
                "--persons-max", 1)
        node.do("dataset", "publish", dataset)

    def test_distances_are_right(self):
        self.need_borders()
        for code, longitude, latitude, least, most in (
                ("IT", 12.5, 41.9, 0, 0), ("FR", 2.35, 48.85, 0, 0), ("MT", 14.51, 35.9, 0, 5),
                ("FR", -0.1278, 51.5074, 100, 160),  # from London
                ("NZ", -176.5, -44, 0, 25), ("FJ", 180, -16.8, 0, 60), ("LY", 12.5, 41.9, 900, 1100)):
            distance = self.countries.distance_km(code, longitude, latitude)
            self.assertTrue(least <= distance <= most, (code, distance))
        self.assertIsNone(self.countries.distance_km("XX", 0, 0))

    def test_every_country_is_where_it_says(self):
        self.need_borders()
        node = self.node()
        self.counted(node, "all", ["country"], [[code] for code in sorted(self.countries.rings)])
        document = self.preview(node, "all", "tabulate", "country")
        said = {feature["properties"]["country"] for feature in document["features"]}
        self.assertGreater(len(said), 225, sorted(set(self.countries.rings) - said))
        off, borderless = geojson.far(document, self.countries)
        self.assertEqual((off, borderless), ([], set()))

    def test_divisions_and_routes_are_where_they_say(self):
        self.need_borders()
        node = self.node()
        node.do("import", "tests/data/iom-europe.csv", "--dataset", "incidents", "--profile", "iom-missing-migrants")
        node.do("dataset", "publish", "incidents")
        words = ("hotspots", "--by", "country,admin1", "--only", "country=LY,IT,ES,GR,DZ,MA,TN,TR,FR,EG", "--levels",
                 "country/admin1")
        divisions = geojson.check(node.do(*words, "--dataset", "incidents", "--preview", "--format", "geojson"))
        self.assertGreater(len(divisions["features"]), 60)
        routes = self.preview(node, "incidents", "routes", "origin,country")
        kinds = {feature["geometry"]["type"] for feature in routes["features"]}
        self.assertEqual(kinds, {"Point", "LineString"})
        self.assertGreater(routes["without_point"], 0)
        for document in (divisions, routes):
            self.assertEqual(geojson.far(document, self.countries), ([], set()))

    def test_a_point_elsewhere_is_noticed(self):
        self.need_borders()
        lost = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [34.9, 3.49]},
                "properties": {"country": "DZ", "name": "Algeria"}}
        self.assertEqual([row[0] for row in geojson.far({"features": [lost]}, self.countries)[0]], ["DZ"])
