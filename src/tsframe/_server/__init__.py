"""The endpoint: Amazon Timestream's protocol over HTTP, with a service of tsframe behind it."""
