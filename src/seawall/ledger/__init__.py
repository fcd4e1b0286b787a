"""The ledger: what every run intended, did and proved."""

from seawall.ledger.ledger import Ledger, install, installed_version, versions, who

__all__ = ["Ledger", "install", "installed_version", "versions", "who"]
