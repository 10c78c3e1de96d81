"""Recorded chains as training data: features that were known at their time, targets that were not, and a data card."""

from desk.lake.export.run import Report, export

__all__ = ["Report", "export"]
