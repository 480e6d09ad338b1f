"""The first line of what the programs here print: which versions printed it."""


def said(script, *modules):
    """`# by SCRIPT, with NAME VERSION, …`, for modules such as `numpy`."""
    versions = (f"{module.__name__} {module.__version__.split('+')[0]}" for module in modules)
    return f"# by {script}, with {', '.join(versions)}"
