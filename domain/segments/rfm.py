"""The eleven customary RFM segments, and which scores make which: one table.

Source: the segmentation that Putler made customary (https://www.putler.com/rfm-analysis, "customer
segmentation"): names over ranges of the recency score R and of FM, the mean of the frequency and
the monetary score. Its ranges overlap and leave gaps; the table chooses one name for every cell,
always one whose ranges hold the cell there.
"""

from typing import Final

RFM_SEGMENTS: Final = (
    "champions",
    "loyal_customers",
    "potential_loyalists",
    "recent_customers",
    "promising",
    "needing_attention",
    "about_to_sleep",
    "at_risk",
    "cannot_lose_them",
    "hibernating",
    "lost",
)
"""All names, from the best customers down."""

RFM_GRID: Final = (
    ("lost", "hibernating", "at_risk", "cannot_lose_them", "cannot_lose_them"),
    ("hibernating", "hibernating", "at_risk", "at_risk", "at_risk"),
    ("about_to_sleep", "about_to_sleep", "needing_attention", "loyal_customers", "loyal_customers"),
    ("promising", "potential_loyalists", "potential_loyalists", "loyal_customers", "champions"),
    ("recent_customers", "potential_loyalists", "potential_loyalists", "champions", "champions"),
)
"""Rows: recency score 1 to 5.

Columns: FM 1 to 5, the mean of frequency and monetary score, halves rounded up.
"""
