"""Parts of scripts/release.py: what each package is built from, how it is tried, and where it is published."""
