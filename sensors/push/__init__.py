"""What pushes its samples over a network: a phone or watch, an MQTT broker, an OSC program."""
