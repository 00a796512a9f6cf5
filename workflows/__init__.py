"""The core: contracts, policy, workflows and ports. It imports nothing else of ours."""
