"""Pages of incidents: filing, drafts, the list and the detail."""
