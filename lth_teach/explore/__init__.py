"""What there is to click on: the ticket panel, sliders over pictures, predictions; all readable without a kernel."""

from .. import on_first_use

__getattr__ = on_first_use(__name__)
