"""Writes sheets of tables as PDF, with ReportLab."""

from __future__ import annotations

import io
from html import escape
from typing import Any

from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from tallystick.core.sheets import Section, Sheet
from tallystick.gateways.pdf import BODY, FAINT, HEADINGS, INK, MARGIN, TITLE, require_letters

RULE = colors.HexColor("#c9d1d9")
BAND = colors.HexColor("#f3f5f7")
LINE = ParagraphStyle("line", parent=BODY, fontSize=9, leading=12.5, spaceAfter=0, textColor=FAINT)
CELL = ParagraphStyle("cell", parent=BODY, fontSize=8.6, leading=11, spaceAfter=0)
FIGURE = ParagraphStyle("figure", parent=CELL, alignment=TA_RIGHT)
HEAD = ParagraphStyle("head", parent=CELL, fontName="Helvetica-Bold", textColor=FAINT)
HEAD_RIGHT = ParagraphStyle("head-right", parent=HEAD, alignment=TA_RIGHT)
BOLD = ParagraphStyle("bold", parent=CELL, fontName="Helvetica-Bold")
BOLD_RIGHT = ParagraphStyle("bold-right", parent=BOLD, alignment=TA_RIGHT)
# Of the width, a column of words takes this times what one of figures does.
WORDS_WIDER = 1.7


def sheet_pdf(sheet: Sheet) -> bytes:
    """A sheet as the bytes of a PDF; the same sheet gives the same bytes.

    Raises `Invalid` for letters that the built-in fonts lack.
    """
    for text in sheet.texts:
        require_letters(text)
    target = io.BytesIO()
    page = SimpleDocTemplate(
        target, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN,
        bottomMargin=MARGIN, title=sheet.title, author="", invariant=1,
    )  # fmt: skip
    story: list[Any] = [Paragraph(escape(sheet.title), TITLE), Spacer(1, 2 * mm)]
    story += [Paragraph(escape(line), LINE) for line in sheet.lines]
    for section in sheet.sections:
        story.append(Paragraph(escape(section.heading), HEADINGS[2]))
        story += [Paragraph(escape(text), BODY) for text in section.said]
        if section.columns:
            story += [_table(section, page.width), Spacer(1, 2 * mm)]

    def foot(canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont("Helvetica", 8)
        canvas.setFillColor(FAINT)
        canvas.drawString(MARGIN, 12 * mm, sheet.foot)
        canvas.drawRightString(A4[0] - MARGIN, 12 * mm, f"{document.page}")
        canvas.restoreState()

    page.build(story, onFirstPage=foot, onLaterPages=foot)
    return target.getvalue()


def _table(section: Section, width: float) -> LongTable:
    columns, words = len(section.columns), section.figures
    parts = [WORDS_WIDER if at < words else 1.0 for at in range(columns)]
    rows = [_row(section.columns, words, HEAD, HEAD_RIGHT)]
    rows += [_row(row, words, CELL, FIGURE) for row in section.rows]
    if section.total:
        rows.append(_row(section.total, words, BOLD, BOLD_RIGHT))
    style: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, 0), 0.8, RULE),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, BAND]),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]  # fmt: skip
    if section.total:
        style += [("LINEABOVE", (0, -1), (-1, -1), 0.8, INK),
                  ("BACKGROUND", (0, -1), (-1, -1), colors.white)]  # fmt: skip
    return LongTable(rows, colWidths=[width * part / sum(parts) for part in parts],
                     repeatRows=1, style=TableStyle(style))  # fmt: skip


def _row(
    cells: tuple[str, ...], words: int, left: ParagraphStyle, right: ParagraphStyle
) -> list[Paragraph]:
    return [Paragraph(escape(cell), left if at < words else right)
            for at, cell in enumerate(cells)]  # fmt: skip
