"""PostgreSQL: the unit of work of UNIFY, read models per noun, and the migrations.

All SQL of the project lives here.
"""
