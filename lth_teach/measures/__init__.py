"""What one measures on a network or a mask: barriers, tangent kernels, overlap, symmetry, bounds, sparse storage."""

from .. import on_first_use

__getattr__ = on_first_use(__name__)
