"""Where map entries come from: results of a distribution that ran elsewhere.

One module for each kind, all of them a :class:`~preprocessor.sources.base.Source`, in one table
(:mod:`preprocessor.sources.table`). An installed package adds one through the entry point group
`region_image.sources`.
"""
