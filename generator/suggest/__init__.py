"""The smallest change of an intent that would let a denied flow through; nothing is proposed that was not proved."""

from generator.suggest.find import Prospect, find_suggestion
from generator.suggest.model import Edit, Obstacle, Refusal, Suggestion

__all__ = ["Edit", "Obstacle", "Prospect", "Refusal", "Suggestion", "find_suggestion"]
