"""Reads recordings from files: `open_recording` picks the reader by what the path is."""

from sensors.recordings.readers import open_recording
from sensors.recordings.recording import Piece, Recording, RecordingError, Signal

__all__ = ["Piece", "Recording", "RecordingError", "Signal", "open_recording"]
