"""The policy file: read with its lines, checked, compiled to plans, matched to requests, explained."""
