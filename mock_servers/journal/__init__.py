"""What was asked and answered: records, findings, where values came from."""
