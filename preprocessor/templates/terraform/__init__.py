"""Terraform: single files in both syntaxes, and modules with the local modules they call."""
