"""Devices in, features out: what the body did. Knows no model, no music and no service."""
