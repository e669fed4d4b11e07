"""The one door to Kubernetes: requests to an API server, and what comes of them."""
