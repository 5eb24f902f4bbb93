"""Goals, goal sets as a table, decomposition and attainment: pure values and functions."""
