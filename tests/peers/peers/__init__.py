"""What the peer tests share: running ade, reading its lake with other readers, comparing rows."""
