"""Offline preparation and training; the service never imports this package."""
