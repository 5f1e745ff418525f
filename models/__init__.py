"""Learned and musical things: affect from features, music from affect. Knows sensors, not the service."""
