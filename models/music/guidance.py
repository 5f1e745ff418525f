"""From the felt state to where the music should go: three strategies as pure functions."""

STRATEGIES = ("match-guide-hold", "compensatory", "fixed")
