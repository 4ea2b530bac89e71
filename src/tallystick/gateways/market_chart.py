"""A chart of a market: its prices, how far apart bids and offers were, and what was traded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor, log10
from pathlib import Path

import msgspec
from reportlab.graphics import renderPDF, renderSVG
from reportlab.graphics.shapes import Drawing, Line, PolyLine, Rect, String
from reportlab.lib.colors import Color, HexColor

from tallystick.core.errors import Invalid
from tallystick.core.times import show_time

WIDTH, HEIGHT = 900, 520
LEFT, RIGHT, TOP, BOTTOM, GAP = 74, 20, 46, 34, 26
# Shares of the height: prices, spread, volume.
PANELS = (0.56, 0.2, 0.24)
TICKS, HOURS_SHOWN = 5, 6
# A panel of more than this share has room for many lines.
MANY = 0.3
FONT = "Helvetica"
INK, FAINT, GRID = HexColor("#1f2933"), HexColor("#7b8794"), HexColor("#e4e7eb")
UP, DOWN, LINE, BAR = HexColor("#2f7d5b"), HexColor("#b5473c"), HexColor("#0b3c5d"), HexColor(
    "#9fb3c8")  # fmt: skip


class Candle(msgspec.Struct, frozen=True):
    """A stretch of time: prices as numbers, the volume in units, the spread in basis points."""

    start_s: int
    first: float
    high: float
    low: float
    last: float
    volume: float
    spread_bps: float | None


class _Panel(msgspec.Struct, frozen=True):
    """Part of a chart: where it is, the least and the most that it shows, in which steps."""

    bottom: float
    height: float
    least: float
    most: float
    step: float

    def y(self, value: float) -> float:
        """Where a value is."""
        return self.bottom + (value - self.least) / ((self.most - self.least) or 1) * self.height


def market_chart(symbol: str, candles: Sequence[Candle], seconds: int, path: Path) -> bytes:
    """A day, say, of a market.

    Raises `Invalid` if nothing was traded, or the name of the file ends neither in .pdf nor .svg.
    """
    render = {".pdf": renderPDF.drawToString, ".svg": renderSVG.drawToString}.get(path.suffix)
    if render is None:
        raise Invalid("chart-format", "A chart is drawn as PDF or SVG", where=str(path),
                      cure="Let its name end in .pdf or .svg.")  # fmt: skip
    traded = [each for each in candles if each.volume]
    if not traded:
        raise Invalid("chart-of-nothing", "Nothing was traded in that time", where=symbol,
                      cure="Name an earlier time, or wait for a trade.")  # fmt: skip
    drawing = Drawing(WIDTH, HEIGHT)
    drawing.add(Rect(0, 0, WIDTH, HEIGHT, fillColor=Color(1, 1, 1), strokeColor=None))
    drawing.add(_text(LEFT, HEIGHT - 26, symbol, size=15))
    trades = f"{show_time(candles[0].start_s)} to {show_time(candles[-1].start_s + seconds)}"
    drawing.add(_text(WIDTH - RIGHT, HEIGHT - 24, trades, anchor="end", colour=FAINT))
    prices, spread, volume = _panels(candles, traded)
    first, last = candles[0].start_s, candles[-1].start_s + seconds
    step = (WIDTH - LEFT - RIGHT) / ((last - first) / seconds)

    def x(at_s: float) -> float:
        return LEFT + (at_s - first) / seconds * step

    for panel, title in ((prices, "price"), (spread, "spread, bps"), (volume, "volume")):
        _axis(drawing, panel, title)
    for each in traded:
        _candle(drawing, each, prices, x(each.start_s), step)
        drawing.add(Rect(x(each.start_s) + step * 0.15, volume.bottom, step * 0.7,
                         volume.y(each.volume) - volume.bottom, fillColor=BAR, strokeColor=None)
                    )  # fmt: skip
    points = [value for each in candles if each.spread_bps is not None
              for value in (x(each.start_s + seconds / 2), spread.y(each.spread_bps))]  # fmt: skip
    if points:
        drawing.add(PolyLine(points, strokeColor=LINE, strokeWidth=1.2))
    _hours(drawing, first, last, x)
    made = render(drawing)
    return made if isinstance(made, bytes) else str(made).encode()


def _panels(candles: Sequence[Candle], traded: Sequence[Candle]) -> list[_Panel]:
    """Prices on top, then the spread, then the volume."""
    room = HEIGHT - TOP - BOTTOM - GAP * (len(PANELS) - 1)
    spreads = [each.spread_bps for each in candles if each.spread_bps is not None]
    low, high = min(each.low for each in traded), max(each.high for each in traded)
    margin = (high - low) * 0.06 or high * 0.01
    bounds = ((low - margin, high + margin), (0.0, max(spreads, default=1.0) * 1.08),
              (0.0, max(each.volume for each in traded) * 1.08))  # fmt: skip
    found: list[_Panel] = []
    above = float(HEIGHT - TOP)
    for share, (least, most) in zip(PANELS, bounds, strict=True):
        above -= room * share
        step = _round_step((most - least) / (TICKS if share > MANY else 2))
        down, up = step * floor(least / step + 1e-9), step * ceil(most / step - 1e-9)
        found.append(_Panel(above, room * share, down, up, step))
        above -= GAP
    return found


def _axis(drawing: Drawing, panel: _Panel, title: str) -> None:
    for at in range(round((panel.most - panel.least) / panel.step) + 1):
        value = panel.least + panel.step * at
        y = panel.y(value)
        drawing.add(Line(LEFT, y, WIDTH - RIGHT, y, strokeColor=GRID, strokeWidth=0.6))
        places = max(0, -floor(log10(panel.step)))
        places += round(panel.step * 10**places, 6) % 1 != 0
        drawing.add(_text(LEFT - 8, y - 3, f"{value:,.{places}f}", anchor="end", colour=FAINT))
    drawing.add(_text(LEFT, panel.bottom + panel.height + 5, title, colour=FAINT))


def _round_step(rough: float) -> float:
    """The next of 1, 2, 2.5 and 5 times a power of ten."""
    power = 10.0 ** floor(log10(rough or 1.0))
    return next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= rough * (1 - 1e-9))


def _candle(drawing: Drawing, each: Candle, panel: _Panel, left: float, step: float) -> None:
    colour = UP if each.last >= each.first else DOWN
    middle = left + step / 2
    drawing.add(Line(middle, panel.y(each.low), middle, panel.y(each.high), strokeColor=colour,
                     strokeWidth=0.8))  # fmt: skip
    bottom, top = sorted((panel.y(each.first), panel.y(each.last)))
    drawing.add(Rect(left + step * 0.2, bottom, step * 0.6, max(top - bottom, 0.8),
                     fillColor=colour, strokeColor=None))  # fmt: skip


def _hours(drawing: Drawing, first: int, last: int, x: Callable[[float], float]) -> None:
    """Times along the bottom: whole hours, or minutes where less than some hours are shown."""
    span = last - first
    step = next(each for each in (60, 300, 900, 3_600, 10_800, 14_400, 86_400, 10**9)
                if span / each <= HOURS_SHOWN or each == 10**9)  # fmt: skip
    at = -(-first // step) * step
    while at <= last:
        place = x(at)
        drawing.add(Line(place, BOTTOM, place, HEIGHT - TOP, strokeColor=GRID, strokeWidth=0.4))
        drawing.add(_text(place, BOTTOM - 16, show_time(at)[11:16], anchor="middle", colour=FAINT))
        at += step


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", size: int = 9, colour: Color = INK
) -> String:
    return String(x, y, text, textAnchor=anchor, fontName=FONT, fontSize=size, fillColor=colour)
