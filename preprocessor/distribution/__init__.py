"""The distribution stage: makes an artifact version available in its target regions."""
