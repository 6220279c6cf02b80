"""The pictures of the chapters: each takes results and returns a figure that tells in words what it shows.

- 00: ``start`` (data, the loop, the map of the course)
- 01: ``matching`` (two weights, a margin, power), ``hypothesis`` (runs and archive), ``hypothesis_tables``
- 02: ``arms`` (against density and cost, 2 × 2), ``weights`` (before and after training), ``animation`` (they move)
- 03: ``stability`` and ``stable_tickets`` (barriers, as ``stability_dots``), ``landscape`` (lines and planes)
- 03b: ``explanations`` (movement, places, noise), ``explanations_gaps`` (capacity), made of ``explanations_parts``
- 04: ``linear_view`` (by width, several formulas, one run), ``masks_by_kernel`` (heat maps, promises, built masks)
- 05: ``late_reset`` (against k, against density), ``late_reset_maps`` (ways, stability), ``late_reset_tables``
- 06: ``malach`` (widths, digits, Lueker's constant), ``malach_networks`` (gadget, a network to prune by hand, images)
- 09: ``gradient_flow`` (accuracy against cos², cos² along the run, pace, descents), ``gradient_flow_tables``
- 10: ``generalisation`` (training against test error, coins, prices), ``certificates``, ``generalisation_tables``
- 11: ``lemma`` (densities and two rules, the staircase, the valley)
- everywhere: ``classroom`` (a class's seeds beside the archive's)

Several chapters share ``arm_rows`` (what a table must hold, how an arm looks) and ``labels`` (names beside lines). The
figure itself and its plain kinds are in ``lab/plots.py``, which the checks and the explorers use as well.
"""

from ... import on_first_use

__getattr__ = on_first_use(__name__)
