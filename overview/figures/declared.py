"""All modules that declare figures, in the order in which dashboards and reports show them."""
