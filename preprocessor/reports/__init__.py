"""Reports for people and for programs: data in, text out. Nothing here prints."""
