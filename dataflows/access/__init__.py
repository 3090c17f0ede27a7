"""Writes archives of access: everything that is held of one person, as a ZIP.

| file | what it does |
|---|---|
| `job` | takes up requests, writes their archives, removes files that may not be there |
| `archive` | one archive: JSON and CSV of each section, the dictionary, the page |
| `gathering` | who the person is, in one instant of the database |
| `section` | what a section is |
| `sections/` | the table of sections, and what fills each |
| `spelling` | rows as JSON, as CSV, as cells |
| `dictionary` | every column, explained |
| `page` | the page that opens the archive |
"""
