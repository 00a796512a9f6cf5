"""Addresses in Slack, as Slack itself forms them."""

from workflows.contracts import MessageRef


def card_link(team_url: str, card: MessageRef) -> str:
    """The permanent address of a message; `team_url` is the workspace's, ending in a slash."""
    link = f"{team_url}archives/{card.channel_id}/p{card.ts.replace('.', '')}"
    return f"{link}?thread_ts={card.thread_ts}&cid={card.channel_id}" if card.thread_ts else link
