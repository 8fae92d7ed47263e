"""The command line: one command for each verb; it reads arguments, calls, and prints."""
