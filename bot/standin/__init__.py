"""A small local Slack, strict where Slack is strict: for the demo and the tests."""
