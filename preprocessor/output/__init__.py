"""The output tree: where variants go, what stands there already, the manifest, and pruning.

A run first looks at everything (`plan_writes`), then records in the manifest what it is about to write,
writes each file under a temporary name and renames it, removes what is no longer produced, and records
the result. Killed at any moment it leaves every file old or new, and the next run knows each of them.
"""
