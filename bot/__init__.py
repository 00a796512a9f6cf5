"""What listens and wires: the Bolt app, the gateway to Temporal, the worker and the command line."""
