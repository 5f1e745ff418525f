"""One file per tradition, data only; the file is the registration. Each holds a value `TRADITION`."""
