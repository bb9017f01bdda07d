"""Template formats, one module each: text in, image fields with places out."""
