"""Terraform: single files in both syntaxes, and modules with the local modules they call."""

from preprocessor.templates.terraform.files import is_terraform, is_values, looks_like_hcl
from preprocessor.templates.terraform.gather import (
    EXTENSIONS,
    called_modules,
    is_module,
    read_module,
    read_values_file,
)
from preprocessor.templates.terraform.read import read_terraform, read_values

__all__ = [
    "EXTENSIONS",
    "called_modules",
    "is_module",
    "is_terraform",
    "is_values",
    "looks_like_hcl",
    "read_module",
    "read_terraform",
    "read_values",
    "read_values_file",
]
