"""What the estimators of affect reach on people they were not trained on, beside floors."""
