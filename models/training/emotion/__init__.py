"""Where the estimators of affect are fitted: people, their distances from their usual, weights, calibration."""
