"""Issues, their workflow as a table, and the decisions about them: pure values and functions."""
