"""A control chart drawn as SVG: readable in grey, with texts as texts, so that the server needs no font.

`picture.py` is the way in; importing it loads the drawing library, so it is imported by whoever draws, when they draw.

Not here: limits, signals, and anything else that is computed.
"""
