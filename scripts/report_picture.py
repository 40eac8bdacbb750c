"""Makes docs/images/report.png: the report of a generated clip with several defects, as a browser shows it.

    python scripts/report_picture.py [chromium]

Needs Debian's chromium; run it when the report has changed.
"""

import shutil
import subprocess
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

from watchglass.config.examine import check
from watchglass.faults.channel import write_clip
from watchglass.faults.defects import Defect, Kind
from watchglass.model.report import RunReport
from watchglass.reports import html

TARGET = Path(__file__).parent.parent / "docs/images/report.png"
DEFECTS = (
    Defect(Kind.FREEZE, 3.0, 4.2, 0.3),
    Defect(Kind.BLACK, 17.5, 2.0, 16.0),
    Defect(Kind.SILENCE, 31.0, 4.0, -200.0),
    Defect(Kind.GREEN, 41.5, 1.8, 0.0),
    Defect(Kind.IMBALANCE, 51.0, 7.0, 60.0),
    Defect(Kind.TICKER_FREEZE, 70.0, 4.0, 0.0),
)


def main() -> None:
    """Write the clip, examine it, let a browser draw the page."""
    browser = sys.argv[1] if len(sys.argv) > 1 else shutil.which("chromium")
    if browser is None:
        sys.exit("chromium is missing (Debian: apt install chromium)")
    with tempfile.TemporaryDirectory() as name:
        clip, page = Path(name) / "evening-news.mp4", Path(name) / "report.html"
        write_clip(clip, 80.0, DEFECTS, size=(960, 540))
        with chdir(name):  # the page shows the path as it was given
            report = check(clip.name, with_evidence=True)
        page.write_text(html.render(RunReport(files=(report,), version="0.1.0")), encoding="utf-8")
        subprocess.run(
            [
                browser,
                *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
                *("--hide-scrollbars", "--window-size=1100,2210", f"--user-data-dir={name}/profile"),
                f"--screenshot={TARGET}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    main()
