"""What all benchmarks share. Standard library only: this process stays small, the peers run in their own."""
