"""Bluetooth Low Energy: the radio, and what heart-rate straps and Polar devices say, parsed and built side by side."""
