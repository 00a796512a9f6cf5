"""One module a surface: what Slack sends in, turned into one gateway call."""
