//! Names of settings that hold secrets.

/// Words that a secret's name has.
const WORDS: [&str; 9] =
    ["password", "passwd", "secret", "token", "api_key", "apikey", "private_key", "credential", "access_key"];
/// How names end that only say where a secret is, or what it is like.
const ABOUT: [&str; 9] = ["_url", "_uri", "_endpoint", "_path", "_type", "_name", "_in", "_field", "_header"];

/// Whether a setting that another program understands holds a secret, by its name.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    WORDS.iter().any(|word| name.contains(word)) && !ABOUT.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in ["password", "client_secret", "refresh_token", "apiKey", "AWS_ACCESS_KEY_ID", "credentials_json"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["site", "token_url", "api_key_header", "key_properties", "start_date", "secret_name"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
