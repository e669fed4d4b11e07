"""The smallest change of an intent that would let a denied flow through; nothing is proposed that was not proved.

`find` is imported where a change is looked for, because it needs all that reads intents.
"""

from generator.suggest.model import Denial, Edit, Obstacle, Refusal, Suggestion

__all__ = ["Denial", "Edit", "Obstacle", "Refusal", "Suggestion"]
