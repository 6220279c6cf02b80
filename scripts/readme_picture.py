"""Draw the picture of README and of the site's first page from the archive: python scripts/readme_picture.py"""

from pathlib import Path

from lth_teach.experiments import archive
from lth_teach.lab import arms_plots
from lth_teach.lab.plots import Picture

TARGET = Path(__file__).resolve().parent.parent / "docs" / "ticket.png"
ARMS = ("dense", "ticket", "sign-constant", "re-initialised", "random")


def picture() -> Picture:
    """The five arms on both data sets, trained long."""
    rows = archive.load("imp", study="arms", budget="long")
    return arms_plots.arms(rows[rows["arm"].isin(ARMS)], title="A ticket, and four ways to break or replace it")


if __name__ == "__main__":
    TARGET.write_bytes(picture().png())
