"""What drives a real Chromium."""
