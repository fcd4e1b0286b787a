"""The ledger: what every run intended, did and proved."""

from seawall.ledger.ledger import Ledger, install, versions, who

__all__ = ["Ledger", "install", "versions", "who"]
