//! Classify columns and obfuscate Arrow batches under an environment's key.
