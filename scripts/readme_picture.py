"""Draw the picture of README and of the site's first page from the archive: python scripts/readme_picture.py"""

from pathlib import Path

from lth_teach.experiments import archive
from lth_teach.lab.pictures import arms
from lth_teach.lab.plots import Picture

TARGET = Path(__file__).resolve().parent.parent / "docs" / "ticket.png"
ARMS = ("dense", "ticket", "random")


def picture() -> Picture:
    """The whole network, its tickets, and as many weights at random places, on MNIST-1D, trained long."""
    rows = archive.load("imp", study="arms", data="mnist1d", budget="long")
    return arms.arms(rows[rows["arm"].isin(ARMS)], title="A ticket, a random cut, and the whole network")


if __name__ == "__main__":
    TARGET.write_bytes(picture().png())
