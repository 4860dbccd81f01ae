"""What the model does when it is steered: items, detectors, a provider for Inspect AI, and a sandbox."""
