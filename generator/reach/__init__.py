"""The engine: what Calico would do with a packet, in one flow, in all pairs, and between two snapshots (calico.md 0-5).

Every policy kind is lowered once into one ordered view of rules; each question is asked of that view.
"""
