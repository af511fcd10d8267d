"""The page that people read: one self-contained HTML file."""

from tailprobe.report.page.write import write_page

__all__ = ["write_page"]
