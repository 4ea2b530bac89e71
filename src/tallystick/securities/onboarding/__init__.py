"""Who somebody is who wants to hold securities, and what must be shown before he may."""
