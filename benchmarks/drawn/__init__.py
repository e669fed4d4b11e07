"""Clusters drawn at random, what is true of them, and how processes over them are measured."""
