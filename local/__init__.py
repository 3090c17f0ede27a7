"""What a laptop needs: embedded servers, their supervisor, platform sandboxes, simulated traffic."""
