"""The boundary table of windows: until when an event counts, worked out by hand from
`docs/segments.md`. Instants are UTC."""

BERLIN, NEW_YORK, KOLKATA = "Europe/Berlin", "America/New_York", "Asia/Kolkata"
SAO_PAULO, APIA, LORD_HOWE = "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe"

TABLE: list[tuple[str, str, str, str, str]] = [
    # up to an hour: seconds
    ("a second's edge is exact", "1m", "UTC", "2024-05-01T12:00:00", "2024-05-01T12:01:00"),
    ("just after it, a second more", "1m", "UTC", "2024-05-01T12:00:00.001", "2024-05-01T12:01:01"),
    ("just before the next, the same", "1m", "UTC", "2024-05-01T12:00:00.999", "2024-05-01T12:01:01"),
    ("an hour is still seconds", "1h", "UTC", "2024-05-01T11:59:59.500", "2024-05-01T13:00:00"),
    ("the last second of a year", "90s", "UTC", "2023-12-31T23:59:59.999", "2024-01-01T00:01:30"),
    ("before 1970 edges are edges too", "1m", "UTC", "1969-12-31T23:59:58.001", "1970-01-01T00:00:59"),
    # to 48 hours: minutes
    ("a second above an hour is minutes", "3601s", "UTC", "2024-05-01T12:00:00", "2024-05-01T13:00:01"),
    ("a minute's edge is exact", "61m", "UTC", "2024-05-01T12:00:00", "2024-05-01T13:01:00"),
    ("just after it, a minute more", "61m", "UTC", "2024-05-01T12:00:00.001", "2024-05-01T13:02:00"),
    ("48 hours are still minutes", "48h", "UTC", "2023-02-28T12:00:00", "2023-03-02T12:00:00"),
    ("48 hours over a leap day", "2d", "UTC", "2024-02-28T12:00:00.001", "2024-03-01T12:01:00"),
    ("48 hours over the spring day are 48 hours", "48h", BERLIN, "2024-03-30T12:00:00", "2024-04-01T12:00:00"),
    # to 60 days: hours since 1970 UTC
    ("an hour above 48 is hours", "49h", "UTC", "2024-05-01T10:00:00", "2024-05-03T11:00:00"),
    ("just after the hour, an hour more", "49h", "UTC", "2024-05-01T10:00:00.001", "2024-05-03T12:00:00"),
    ("hours of UTC in a half-hour zone", "3d", KOLKATA, "2024-05-01T10:30:00", "2024-05-04T11:00:00"),
    ("a half-hour zone's full hour is no edge", "3d", KOLKATA, "2024-05-01T11:30:00", "2024-05-04T12:00:00"),
    ("60 days are still hours", "60d", "UTC", "2024-01-31T23:30:00", "2024-04-01T00:00:00"),
    ("60 days over the spring day are 1,440 hours", "60d", BERLIN, "2024-03-01T00:00:00", "2024-04-30T00:00:00"),
    ("60 days over the autumn day are 1,440 hours", "60d", NEW_YORK, "2024-10-31T12:00:00", "2024-12-30T12:00:00"),
    # above: calendar days
    ("61 days count calendar days", "61d", "UTC", "2024-01-01T10:00:00", "2024-03-03T00:00:00"),
    ("an hour above 60 days is 61 days", "1441h", "UTC", "2024-01-01T10:00:00", "2024-03-03T00:00:00"),
    ("exactly at midnight the day before counts", "61d", "UTC", "2024-01-01T00:00:00", "2024-03-02T00:00:00"),
    ("just after midnight the new day does", "61d", "UTC", "2024-01-01T00:00:00.001", "2024-03-03T00:00:00"),
    ("just before midnight, the old day", "61d", "UTC", "2023-12-31T23:59:59.999", "2024-03-02T00:00:00"),
    ("from a leap day, a year", "365d", "UTC", "2024-02-29T12:00:00", "2025-03-01T00:00:00"),
    ("to a leap day, a year", "365d", "UTC", "2023-02-28T12:00:00", "2024-02-29T00:00:00"),
    ("two years and a day from a leap day", "731d", "UTC", "2024-02-29T12:00:00", "2026-03-02T00:00:00"),
    ("a leap year from the year's last day", "366d", "UTC", "2023-12-31T12:00:00", "2025-01-01T00:00:00"),
    ("from the 31st over a short month", "61d", "UTC", "2023-01-31T12:00:00", "2023-04-03T00:00:00"),
    ("61 days ending after the spring change", "61d", BERLIN, "2024-01-29T23:30:00", "2024-03-31T22:00:00"),
    ("61 days ending on the morning of the spring change", "61d", BERLIN, "2024-01-29T23:00:00", "2024-03-30T23:00:00"),
    ("61 days ending on the morning of the autumn change", "61d", BERLIN, "2024-08-26T10:00:00", "2024-10-26T22:00:00"),
    ("61 days ending after the autumn change", "61d", BERLIN, "2024-08-27T10:00:00", "2024-10-27T23:00:00"),
    ("in the hour that comes twice, first", "61d", BERLIN, "2024-10-27T00:30:00", "2024-12-27T23:00:00"),
    ("in the hour that comes twice, again", "61d", BERLIN, "2024-10-27T01:30:00", "2024-12-27T23:00:00"),
    ("the last millisecond of the day of 25 hours", "61d", BERLIN, "2024-10-27T22:59:59.999", "2024-12-27T23:00:00"),
    ("the midnight that ends it", "61d", BERLIN, "2024-10-27T23:00:00", "2024-12-27T23:00:00"),
    ("the first millisecond after it", "61d", BERLIN, "2024-10-27T23:00:00.001", "2024-12-28T23:00:00"),
    ("the last millisecond of the day of 23 hours", "61d", BERLIN, "2024-03-31T21:59:59.999", "2024-05-31T22:00:00"),
    ("New York on the day of the spring change", "61d", NEW_YORK, "2024-01-08T12:00:00", "2024-03-10T05:00:00"),
    ("New York a day after the spring change", "61d", NEW_YORK, "2024-01-09T12:00:00", "2024-03-11T04:00:00"),
    ("New York on the day of the autumn change", "61d", NEW_YORK, "2024-09-02T12:00:00", "2024-11-03T04:00:00"),
    ("New York a day after the autumn change", "61d", NEW_YORK, "2024-09-03T12:00:00", "2024-11-04T05:00:00"),
    ("Kolkata's midnight is at half past", "61d", KOLKATA, "2024-01-01T18:29:59.999", "2024-03-02T18:30:00"),
    ("Kolkata's midnight belongs to the day before", "61d", KOLKATA, "2024-01-01T18:30:00", "2024-03-02T18:30:00"),
    ("just after Kolkata's midnight", "61d", KOLKATA, "2024-01-01T18:30:00.001", "2024-03-03T18:30:00"),
    ("expiry at a midnight that the clock skips", "61d", SAO_PAULO, "2018-09-03T15:00:00", "2018-11-04T03:00:00"),
    ("an event when the day without midnight begins", "61d", SAO_PAULO, "2018-11-04T03:00:00", "2019-01-04T02:00:00"),
    ("just after it", "61d", SAO_PAULO, "2018-11-04T03:00:00.001", "2019-01-05T02:00:00"),
    ("in the last hour, which comes twice, again", "61d", SAO_PAULO, "2018-02-18T02:30:00", "2018-04-20T03:00:00"),
    ("expiry on a day that the calendar skips", "61d", APIA, "2011-10-29T20:00:00", "2011-12-30T10:00:00"),
    ("expiry on the day after it, the same instant", "61d", APIA, "2011-10-30T20:00:00", "2011-12-30T10:00:00"),
    ("half an hour back, the day before", "61d", LORD_HOWE, "2024-02-05T00:00:00", "2024-04-06T13:00:00"),
    ("half an hour back, the day after", "61d", LORD_HOWE, "2024-02-06T00:00:00", "2024-04-07T13:30:00"),
]  # fmt: skip
"""(what it shows, window, time zone, event, instant at which it counts no more)"""
