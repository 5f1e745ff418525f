"""Offline: measures what the models do. Never imported by the service."""
