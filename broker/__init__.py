"""What a reviewer must trust: wire format, signing, directory, policy, the checklist, and the bus."""
