"""Withholding as data: rates by country, kind of income and date."""
