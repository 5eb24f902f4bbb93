"""`andon demo`: the main job on real flights, with every figure checked against a recomputation that uses no code of Andon.

`flights` reads and sends, `expectation` recomputes, `observation` reads what Andon says, `agreement` compares, `report` shows,
`run` puts them together.
"""
