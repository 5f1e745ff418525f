"""Where time passes: sensors are read, sessions stepped, bars composed, logs written."""
