"""How the arguments of a request are laid out to be read: each by its type, all of them in full, page by page."""
