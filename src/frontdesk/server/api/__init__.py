"""The HTTP API, one module per audience: customers' channels, OpenAI clients, staff."""
