"""The smallest change of an intent that would let a denied flow through; nothing is proposed that was not proved."""

from generator.suggest.find import Prospect, find_suggestion
from generator.suggest.model import Denial, Edit, Obstacle, Refusal, Suggestion

__all__ = ["Denial", "Edit", "Obstacle", "Prospect", "Refusal", "Suggestion", "find_suggestion"]
