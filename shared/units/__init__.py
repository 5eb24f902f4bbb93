"""Units of measurement, as `pint` writes them: whether there is one of a name, and how numbers in one become numbers in another.

Not here: which unit a measure or a definition has, and what is refused because of it.
"""
