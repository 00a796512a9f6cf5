"""The test kit: an agent's approvals, decided in a test. `pytest_plugins = ["bot.testing.fixtures"]` brings its fixtures."""
