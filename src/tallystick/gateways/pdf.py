"""Writes documents as PDF, with ReportLab."""

from __future__ import annotations

import io
from html import escape

from reportlab.lib import colors
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import ListFlowable, ListItem, Paragraph, SimpleDocTemplate, Spacer

from tallystick.core.errors import Invalid
from tallystick.securities.assessment.memo import Memo

MARGIN = 22 * mm
INK = colors.HexColor("#1d2733")
FAINT = colors.HexColor("#6b7785")
TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=20, leading=25, textColor=INK)
HEADINGS = {
    2: ParagraphStyle("h2", fontName="Helvetica-Bold", fontSize=12.5, leading=17, spaceBefore=12,
                      spaceAfter=3, textColor=INK, keepWithNext=True),
    3: ParagraphStyle("h3", fontName="Helvetica-Bold", fontSize=10, leading=14, spaceBefore=5,
                      textColor=FAINT, keepWithNext=True),
}  # fmt: skip
BODY = ParagraphStyle(
    "body", fontName="Helvetica", fontSize=9.8, leading=14, spaceAfter=4, alignment=TA_LEFT,
    textColor=INK,
)  # fmt: skip


def as_pdf(document: Memo) -> bytes:
    """A document as the bytes of a PDF; the same document gives the same bytes.

    Raises `Invalid` for letters that the built-in fonts lack.
    """
    texts = [document.title]
    for block in document.blocks:
        texts += [block.heading, *block.paragraphs, *block.points]
    for text in texts:
        require_letters(text)
    target = io.BytesIO()
    page = SimpleDocTemplate(
        target, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN,
        bottomMargin=MARGIN, title=document.title, author="", invariant=1,
    )  # fmt: skip
    story = [Paragraph(escape(document.title), TITLE), Spacer(1, 4 * mm)]
    for block in document.blocks:
        story.append(Paragraph(escape(block.heading), HEADINGS[block.depth]))
        story += [Paragraph(escape(text), BODY) for text in block.paragraphs]
        if block.points:
            items = [ListItem(Paragraph(escape(point), BODY)) for point in block.points]
            story.append(ListFlowable(items, bulletType="bullet", start="–", leftIndent=12))
    page.build(story, onFirstPage=_footer, onLaterPages=_footer)
    return target.getvalue()


def require_letters(text: str) -> None:
    """Raise `Invalid` for a letter that the built-in fonts lack."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError as error:
        raise Invalid(
            "pdf-letters",
            f"The PDF cannot show {text[error.start]!r}: it has Latin letters alone",
            cure="Write it as Markdown or CSV, or spell it with Latin letters.",
        ) from error


def _footer(canvas: object, page: object) -> None:
    drawn = canvas
    drawn.saveState()  # type: ignore[attr-defined]
    drawn.setFont("Helvetica", 8)  # type: ignore[attr-defined]
    drawn.setFillColor(FAINT)  # type: ignore[attr-defined]
    drawn.drawRightString(A4[0] - MARGIN, 12 * mm, f"{page.page}")  # type: ignore[attr-defined]
    drawn.restoreState()  # type: ignore[attr-defined]
