"""The annual report and periodic reports: what is counted, what is said of it, paper and table (G3, G7)."""
