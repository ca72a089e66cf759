"""Results of the demo run that a change must keep, or change on purpose."""
