"""The page that people read: one self-contained HTML file."""

from tailprobe.report.page.run import RunTables
from tailprobe.report.page.write import write_page

__all__ = ["RunTables", "write_page"]
