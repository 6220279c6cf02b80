"""Copy the README's picture out of notebook 02, where it was measured: python scripts/readme_picture.py"""

import base64
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "ticket.png"
ALT_STARTS = "Line plot for MNIST-1D"


def stored_picture() -> bytes:
    """The PNG of the figure in notebook 02 whose alt text starts as above."""
    notebook = nbformat.read(ROOT / "notebooks" / "02_imp.ipynb", as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("data", {}).get("text/plain", "").startswith(ALT_STARTS):
                return base64.b64decode(output.data["image/png"])
    raise LookupError(f"notebook 02 has no figure whose alt text starts with {ALT_STARTS!r}")


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_bytes(stored_picture())
