"""Elements of the picture: what drawsvg is asked for, and how each kind of thing looks.

Nothing is told by colour alone: limits are dashed, targets dash-dotted, signals have shapes of their own and a number, open windows
are hollow. Colours are those of Okabe and Ito (2008), which colour-blind people can tell apart.
"""

from collections.abc import Sequence
from typing import Any

import drawsvg

SIZE = 12
"""Of ordinary text, in pixels."""
STYLE = """
text { font-family: system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", "PingFang SC",
  "Microsoft YaHei", sans-serif; fill: #1f2933; }
.note { fill: #52606d; }
.title, .rule { font-weight: 600; }
.rule { stroke: #ffffff; stroke-width: 3; paint-order: stroke; }
.grid { stroke: #e4e7eb; stroke-width: 1; }
.axis { stroke: #7b8794; stroke-width: 1; fill: none; }
.learning { fill: #eef2f6; }
.change { stroke: #52606d; stroke-width: 1; }
.baseline { stroke: #9fb3c8; stroke-width: 4; }
.centre { stroke: #334e68; stroke-width: 1.5; fill: none; }
.limit { stroke: #334e68; stroke-width: 1.5; stroke-dasharray: 5 4; fill: none; }
.target { stroke: #a63d00; stroke-width: 2; stroke-dasharray: 12 4 2 4; fill: none; }
.values { stroke: #829ab1; stroke-width: 1.25; fill: none; }
.point { fill: #243b53; }
.open { fill: #ffffff; stroke: #243b53; stroke-width: 1.5; }
.signal { stroke: #1f2933; stroke-width: 1.25; }
.worse { fill: #d55e00; }
.better { fill: #7cc7f2; }
.unclear { fill: #f0e442; }
"""

Element = Any
Place = tuple[float, float]


def text(content: str, at: Place, style: str = "", **more: Any) -> Element:
    """Text elements, never paths. `anchor`: start, middle or end."""
    anchor, size = more.get("anchor", "start"), more.get("size", SIZE)
    return drawsvg.Text(_printable(content), size, at[0], at[1], text_anchor=anchor, class_=style)


def line(begin: Place, end: Place, style: str) -> Element:
    return drawsvg.Line(*begin, *end, class_=style)


def lines(places: Sequence[Place], style: str) -> Element:
    """One unbroken line."""
    return drawsvg.Lines(*[coordinate for place in places for coordinate in place], class_=style)


def box(corner: Place, opposite: Place, style: str) -> Element:
    return drawsvg.Rectangle(*corner, opposite[0] - corner[0], opposite[1] - corner[1], class_=style)


def dot(at: Place, style: str) -> Element:
    return drawsvg.Circle(*at, 3.2, class_=style)


def signal(at: Place, effect: str) -> Element:
    """Worse is a diamond, better a triangle, anything else a square."""
    x, y = at
    shapes: dict[str, list[Place]] = {
        "worse": [(0, -6.5), (6.5, 0), (0, 6.5), (-6.5, 0)],
        "better": [(0, -6.5), (6.5, 5), (-6.5, 5)],
        "unclear": [(-5, -5), (5, -5), (5, 5), (-5, 5)],
    }
    corners = [(round(x + right, 1), round(y + down, 1)) for right, down in shapes[effect]]
    coordinates = [coordinate for corner in corners for coordinate in corner]
    return drawsvg.Lines(*coordinates, close=True, class_=f"signal {effect}")


def told(element: Element, content: str) -> Element:
    """The element with a text that a reader sees when pointing at it, or hears."""
    element.append_title(_printable(content))
    return element


def group(style: str, elements: Sequence[Element]) -> Element:
    made = drawsvg.Group(class_=style)
    made.extend(elements)
    return made


def document(width: int, height: int, elements: Sequence[Element], *, title: str, language: str) -> str:
    """The whole SVG."""
    drawing = drawsvg.Drawing(width, height, role="img", lang=language)
    drawing.append_title(_printable(title))
    drawing.append_css(STYLE)
    drawing.append(drawsvg.Rectangle(0, 0, width, height, fill="#ffffff"))
    drawing.extend(elements)
    svg: str = drawing.as_svg()
    return svg


def _printable(content: str) -> str:
    """XML holds no control characters."""
    return "".join(character if character.isprintable() else " " for character in content)
