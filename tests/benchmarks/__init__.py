"""Measures, as ratios against other tools in the same run. Not part of the test suite."""
