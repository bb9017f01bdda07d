"""The rules of `check`, one generator each. Pure."""
