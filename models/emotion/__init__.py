"""One file per estimator; the file is the registration. Each holds a class `Estimator`."""
