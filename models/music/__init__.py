"""From a felt state to notes: guidance, plan, composition, performance."""
