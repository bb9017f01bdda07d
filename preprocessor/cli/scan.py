"""`region-image scan`: list the image fields."""
