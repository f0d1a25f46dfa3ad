//! Passwords' hashes, tokens and keys.

/// Beginnings that only such texts have: crypt (bcrypt, SHA-512), Argon2, PBKDF2, JWT, keys of well-known services, PEM.
const STARTS: [&str; 19] = [
    "$2a$",
    "$2b$",
    "$2y$",
    "$argon2",
    "$pbkdf2",
    "$6$",
    "$5$",
    "$scrypt$",
    "eyJ",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "ghp_",
    "gho_",
    "github_pat_",
    "glpat-",
    "xox",
    "AKIA",
    "-----BEGIN ",
];

/// Whether the text begins as only passwords' hashes, tokens and keys do.
pub(super) fn is_secret(text: &str) -> bool {
    text.len() >= 20 && STARTS.iter().any(|start| text.starts_with(start))
}
