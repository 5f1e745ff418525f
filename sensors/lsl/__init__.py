"""What the Lab Streaming Layer's adapter is made of."""
