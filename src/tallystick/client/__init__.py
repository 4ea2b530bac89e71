"""The Python client of a Tallystick server."""

from tallystick.client.problems import Problem
from tallystick.client.signing import KeySigner, Signer
from tallystick.client.trading import Trader, instructions_of
from tallystick.client.venue import VenueClient

__all__ = ["KeySigner", "Problem", "Signer", "Trader", "VenueClient", "instructions_of"]
