"""One file per generator; the file is the registration. Each holds a class `Generator`."""
