"""Business calendars: windows, periods and working time in a time zone of the organisation's own. Pure functions.

Not here: which calendar an indicator or a department uses, and any deadline's meaning.
"""
