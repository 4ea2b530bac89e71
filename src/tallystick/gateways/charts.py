"""Charts as files, PDF or SVG, drawn with reportlab."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from reportlab.graphics import renderPDF, renderSVG
from reportlab.graphics.shapes import Drawing, Line, Polygon, Rect, String
from reportlab.lib.colors import Color, HexColor

from tallystick.core.errors import Invalid
from tallystick.core.units import show_money
from tallystick.securities.liquidation.waterfall import Claim, breakpoints, divide

WIDTH, HEIGHT = 640, 380
LEFT, RIGHT, BOTTOM, TOP = 70, 150, 46, 44
TICKS = 4
POINTS = 60
FONT = "Helvetica"
INK, FAINT = HexColor("#1f2933"), HexColor("#9aa5b1")
# Told apart by lightness as well, for who sees no colours.
PALETTE = ("#0b3c5d", "#328cc1", "#d9b310", "#8c4646", "#5b8c5a", "#a89c94", "#6b4e9b", "#e07a5f")


def breakpoint_chart(
    claims: Sequence[Claim], proceeds: int, decimals: int, cash: str, path: Path
) -> bytes:  # fmt: skip
    """Who gets what of which proceeds, one area above the other; a line marks the proceeds asked.

    Raises `Invalid` if the name of the file ends neither in .pdf nor in .svg.
    """
    render = {".pdf": renderPDF.drawToString, ".svg": renderSVG.drawToString}.get(path.suffix)
    if render is None:
        raise Invalid("chart-format", "A chart is drawn as PDF or SVG", where=str(path),
                      cure="Let its name end in .pdf or .svg.")  # fmt: skip
    kinks = [each.proceeds for each in breakpoints(claims)]
    ends = [Fraction(2 * proceeds), *(kink * Fraction(5, 4) for kink in kinks)]
    step = _round_step(int(max(ends)))
    most = step * -(-int(max(ends)) // step)
    drawing = Drawing(WIDTH, HEIGHT)
    drawing.add(Rect(0, 0, WIDTH, HEIGHT, fillColor=Color(1, 1, 1), strokeColor=None))
    _areas(drawing, claims, _samples(most, kinks), most)
    _axes(drawing, most, step, decimals, cash)
    at = LEFT + _scaled(proceeds, most, WIDTH - LEFT - RIGHT)
    drawing.add(Line(at, BOTTOM, at, HEIGHT - TOP, strokeColor=INK, strokeDashArray=[3, 3]))
    drawing.add(_text(at, HEIGHT - TOP + 6, show_money(proceeds, decimals), anchor="middle"))
    made = render(drawing)
    return made if isinstance(made, bytes) else str(made).encode()


def _samples(most: int, kinks: Sequence[Fraction]) -> list[int]:
    """Proceeds at which the areas are drawn: evenly, and at each kink."""
    even = {most * at // POINTS for at in range(1, POINTS + 1)}
    return sorted({0} | even | {int(kink) for kink in kinks if 0 < kink < most})


def _scaled(amount: int | Fraction, most: int, length: float) -> float:
    return float(Fraction(amount) / most) * length


def _areas(drawing: Drawing, claims: Sequence[Claim], samples: list[int], most: int) -> None:
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - BOTTOM - TOP
    shares = [[each.exact for each in divide(proceeds, claims).shares] for proceeds in samples]
    below = [Fraction(0)] * len(samples)
    for number, claim in enumerate(claims):
        above = [low + share[number] for low, share in zip(below, shares, strict=True)]
        xs = [LEFT + _scaled(proceeds, most, width) for proceeds in samples]
        up = [(x, BOTTOM + _scaled(y, most, height)) for x, y in zip(xs, above, strict=True)]
        down = [(x, BOTTOM + _scaled(y, most, height)) for x, y in zip(xs, below, strict=True)]
        points = [value for pair in [*up, *reversed(down)] for value in pair]
        colour = HexColor(PALETTE[number % len(PALETTE)])
        drawing.add(Polygon(points, fillColor=colour, strokeColor=Color(1, 1, 1), strokeWidth=0.5))
        top = HEIGHT - TOP - 12 - 18 * (len(claims) - 1 - number)
        drawing.add(Rect(WIDTH - RIGHT + 14, top, 10, 10, fillColor=colour, strokeColor=None))
        drawing.add(_text(WIDTH - RIGHT + 30, top + 1, claim.name))
        below = above


def _axes(drawing: Drawing, most: int, step: int, decimals: int, cash: str) -> None:
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - BOTTOM - TOP
    for amount in range(0, most + 1, step):
        x = LEFT + _scaled(amount, most, width)
        y = BOTTOM + _scaled(amount, most, height)
        drawing.add(Line(x, BOTTOM, x, BOTTOM - 4, strokeColor=FAINT))
        drawing.add(Line(LEFT, y, LEFT - 4, y, strokeColor=FAINT))
        drawing.add(_text(x, BOTTOM - 16, _short(amount, decimals), anchor="middle"))
        drawing.add(_text(LEFT - 8, y - 3, _short(amount, decimals), anchor="end"))
    drawing.add(Line(LEFT, BOTTOM, LEFT + width, BOTTOM, strokeColor=FAINT))
    drawing.add(Line(LEFT, BOTTOM, LEFT, BOTTOM + height, strokeColor=FAINT))
    drawing.add(_text(LEFT, HEIGHT - 18, f"Who gets what of the proceeds ({cash})", size=12))
    drawing.add(_text(LEFT + width / 2, 10, "proceeds", anchor="middle"))


def _round_step(most: int) -> int:
    """A round distance between ticks, of which a few reach so far."""
    least = max(1, most // TICKS)
    size: int = 10 ** (len(str(least)) - 1)
    return next(step for step in (size, 2 * size, 5 * size, 10 * size) if step >= least)


def _short(units: int, decimals: int) -> str:
    """An amount of money on an axis, such as 2.5M."""
    whole = units / 10**decimals
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if whole >= size:
            return f"{whole / size:.3g}{letter}"
    return f"{whole:.3g}"


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: float = 9) -> String:
    return String(x, y, text, textAnchor=anchor, fontName=FONT, fontSize=size, fillColor=INK)
