"""ringfence: from an intent file to a layered Calico policy set, its difference from what is live, and a plan."""

__version__ = "0.1.0"
