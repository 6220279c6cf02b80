"""The first edition's ledger of claims. It stays until the last notebook that uses it is written anew."""

from ... import on_first_use

__getattr__ = on_first_use(__name__)
