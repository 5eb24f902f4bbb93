"""How well the seasonal detector finds what people have labelled, how often it is wrong on quiet series, and what a point costs."""
