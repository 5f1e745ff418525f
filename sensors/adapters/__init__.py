"""One file per device family; the file is the registration. Each holds a class `Sensor`."""
