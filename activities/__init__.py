"""What touches the world: Slack, the ledger, the rendering of cards."""
