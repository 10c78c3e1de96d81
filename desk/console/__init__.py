"""What people see: tables in the terminal, health as JSON, the live view of a run."""
