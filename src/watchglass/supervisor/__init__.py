"""Many streams on one machine: a process for each, watched over, begun anew, and no incident lost."""
