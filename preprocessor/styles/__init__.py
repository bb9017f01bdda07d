"""How a variant carries its images: replacements in, edits out. Pure."""
