"""The contract, asked of the mock, of a fake or of the real service."""
