"""`therapy evaluate music`: control, quality, likelihood, form, originality and speed, each beside its floors."""
